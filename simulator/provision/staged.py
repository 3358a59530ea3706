"""IFRS 9 and CAS 22: three stages; a 12-month loss in the first, a lifetime loss after it."""

from typing import Annotated, Final, Literal

import numpy as np
from pydantic import Field, model_validator

from simulator.provision.rule_book import (
    DpdLimit,
    Expected,
    Grades,
    Horizon,
    Milestones,
    Months,
    RuleBook,
    Share,
    observed,
    uncured,
)
from simulator.situation import Situation
from simulator.units import unpaid_beyond
from simulator.validation import Frozen
from simulator.vocabulary import Forbearance

STAGES: Final = ("stage_1", "stage_2", "stage_3")


class SignificantIncrease(Frozen):
    """Signs of a significant increase in credit risk, each enough for stage 2."""

    overdue_dpd: DpdLimit = 30
    """More days past due than this (the standard's backstop)."""
    pd_multiple: Annotated[float, Field(ge=1, le=100)] | None = 2.5
    """Lifetime chance of default over that of new loans of its kind; None: no such sign."""
    pd_rise: Share = 0.01
    """The rise must be at least this too."""
    forbearance_months: Months | None = 12
    """Relief in seen hardship, and so many months after it; 0: only while it runs; None: no
    sign."""
    early_warning_months: Annotated[int, Field(ge=0, le=60)] = 3
    """Month ends that a loan stays on the early-warning list after a call that reached the
    borrower; 0: no such sign."""


class Staged(RuleBook):
    """Stages by significant increase of credit risk and by default."""

    kind: Literal["staged"] = "staged"
    significant_increase: SignificantIncrease = SignificantIncrease()
    cure_months: Months = 3
    """Clean months after a default until stage 3 is left."""
    probation_months: Months = 12
    """Further clean months in stage 2."""
    restructured_is_default: bool = False
    """A re-planned loan is in stage 3 while relief runs and ``cure_months`` after it."""

    @model_validator(mode="after")
    def _backstop_before_default(self) -> "Staged":
        if self.significant_increase.overdue_dpd > self.default_dpd:
            raise ValueError(
                f"significant_increase.overdue_dpd must not be above default_dpd"
                f" ({self.default_dpd}); got {self.significant_increase.overdue_dpd}"
            )
        return self

    @property
    def grades(self) -> tuple[str, ...]:
        """Stage 1 to 3."""
        return STAGES

    @property
    def impaired(self) -> tuple[str, ...]:
        """Stage 3."""
        return STAGES[2:]

    @property
    def watch_months(self) -> int | None:
        """Length of the early-warning list; None where it is no sign."""
        return self.significant_increase.early_warning_months or None

    @property
    def milestones(self) -> Milestones:
        """End of forbearance (and of a re-plan's default), of cure and of probation."""
        watched = {self.significant_increase.forbearance_months or 0}
        watched |= {self.cure_months} if self.restructured_is_default else set()
        clean = {self.cure_months, self.cure_months + self.probation_months}
        return Milestones(tuple(sorted(watched - {0})), tuple(sorted(clean - {0})))

    def grade_of(self, situation: Situation, family: str, milestones: Milestones) -> int:
        """Stage 3 in default and until cured, stage 2 at any sign, else stage 1."""
        if self._defaulted(situation, milestones):
            return 2
        return 1 if self._increased(situation, milestones) else 0

    def _defaulted(self, situation: Situation, milestones: Milestones) -> bool:
        replanned = situation.forbearance is Forbearance.RESTRUCTURED
        return (
            situation.unpaid >= self.default_unpaid
            or uncured(situation, self.cure_months, milestones)
            or (
                self.restructured_is_default
                and replanned
                and observed(situation, self.cure_months, milestones)
            )
        )

    def _increased(self, situation: Situation, milestones: Milestones) -> bool:
        signs = self.significant_increase
        months = signs.forbearance_months
        return (
            situation.unpaid >= unpaid_beyond(signs.overdue_dpd)
            or uncured(situation, self.cure_months + self.probation_months, milestones)
            or (months is not None and observed(situation, months, milestones))
            or (signs.early_warning_months > 0 and situation.warned)
        )

    def regraded(self, grades: Grades, expected: Expected) -> Grades:
        """Stage 2 where chances of default have risen as much as is named significant."""
        signs = self.significant_increase
        if signs.pd_multiple is None:
            return grades
        chance, origin = expected.default(), expected.default_at_origin()
        risen = (chance >= signs.pd_multiple * origin) & (chance - origin >= signs.pd_rise)
        return np.where((grades == 0) & risen, 1, grades)

    def horizon(self, grade: str) -> Horizon:
        """Twelve months in stage 1, the loan's life after it."""
        return "12" if grade == STAGES[0] else "lifetime"
