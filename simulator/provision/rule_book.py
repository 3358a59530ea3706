"""What a rule book is: grades, the grade of a situation, what a grade must hold, additions.

Fields of the shipped ones, with sources: docs/provisions.md.
"""

from abc import abstractmethod
from collections.abc import Collection, Sequence
from typing import Annotated, Final, Literal, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray
from pydantic import (
    AfterValidator,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

from simulator.products import Product
from simulator.settings import CalendarMonth
from simulator.situation import UNPAID_CAP, Situation
from simulator.units import unpaid_beyond
from simulator.validation import Frozen, UserError, clip
from simulator.vocabulary import DAYS_PER_MONTH, Amortisation, Forbearance

INSTALMENT: Final = "instalment"
REVOLVING: Final = "revolving"
FAMILIES: Final = (INSTALMENT, REVOLVING)
"""Kinds of products that rules tell apart: loans repaid by a plan, and cards or credit lines."""

Foresight = Literal["perfect", "weighted", "point_in_time"]
Horizon = Literal["12", "lifetime"]
Share = Annotated[float, Field(ge=0, le=1)]
Months = Annotated[int, Field(ge=0, le=120)]
Grades = NDArray[np.int64]
"""Index of the grade of each cell of loans, shape (cells,)."""

_WEIGHT_TOLERANCE: Final = 1e-9


def _whole_months(dpd: int) -> int:
    if dpd % DAYS_PER_MONTH:
        raise ValueError(
            f"must be a multiple of {DAYS_PER_MONTH}, because days past due at month end are"
            f" {DAYS_PER_MONTH} x unpaid instalments - due day"
        )
    return dpd


DpdLimit = Annotated[
    int,
    Field(ge=0, le=(UNPAID_CAP - 1) * DAYS_PER_MONTH),
    AfterValidator(_whole_months),
]
"""Last day past due on one side of a limit; it never falls between the due days of a month."""
DefaultDpd = Annotated[int, Field(ge=30, le=180), AfterValidator(_whole_months)]


class Expected(Protocol):
    """What is estimated of each cell of loans in a month, shape (cells,)."""

    def default(self) -> NDArray[np.float64]:
        """Chance of default of the loan's life."""

    def default_at_origin(self) -> NDArray[np.float64]:
        """That of the loan's kind when it was granted."""

    def loss(self) -> NDArray[np.float64]:
        """Lifetime loss, a share of balance."""


def family_of(product: Product) -> str:
    """Family of ``product`` in ``FAMILIES``."""
    return REVOLVING if product.amortisation is Amortisation.REVOLVING else INSTALMENT


class Milestones(NamedTuple):
    """Months that the rule books of a run count, rising: since relief, and clean since default."""

    observation: tuple[int, ...] = ()
    cure: tuple[int, ...] = ()


def observed(situation: Situation, months: int, milestones: Milestones) -> bool:
    """Whether marked relief runs, or ended less than ``months`` ago (0: only while it runs)."""
    if situation.forbearance is Forbearance.NONE:
        return False
    if situation.relief_phase == 0:
        return True
    return _last_passed(milestones.observation, situation.relief_phase - 1) < months


def uncured(situation: Situation, months: int, milestones: Milestones) -> bool:
    """Whether fewer than ``months`` clean months have passed since a default."""
    if situation.memory == 0:
        return False
    return _last_passed(milestones.cure, situation.memory - 1) < months


def _last_passed(milestones: Sequence[int], passed: int) -> int:
    """Months that surely have passed."""
    return max(milestones[:passed], default=0)


class Minima(Frozen):
    """Ratios that the lender must keep; None asks for nothing."""

    coverage_ratio: Annotated[float, Field(ge=0, le=10)] | None = None
    """Allowance over the balance of impaired loans."""
    provisions_over_loans: Share | None = None
    """Allowance over the balance of all loans."""


class Overlay(Frozen):
    """A management overlay: an addition that the rates do not see, with a reason and an end."""

    name: str = Field(min_length=1, max_length=80)
    reason: str = Field(min_length=1, max_length=500)
    proposed_by: str = Field(default="", max_length=120)
    approved_by: str = Field(default="", max_length=120)
    grade: str
    share_of_balance: float = Field(ge=0, le=1)
    """Added to the allowance, of the balance in the grade."""
    from_month: CalendarMonth | None = None
    """First month; None is the opening."""
    until: CalendarMonth
    """Last month."""

    @field_validator("until")
    @classmethod
    def _ends_after_it_begins(cls, until: str, info: ValidationInfo) -> str:
        begin = info.data.get("from_month")
        if begin is not None and until < begin:
            raise ValueError(f"must not be before from_month ({begin})")
        return until


class RuleBook(Frozen):
    """Settings that every rule book has, and what the simulator asks of it."""

    label: str = Field(min_length=1, max_length=80)
    source: str = Field(min_length=1, max_length=1000)
    default_dpd: DefaultDpd = 90
    """A loan more than so many days past due is in default; one value in a run."""
    foresight: Foresight = "weighted"
    """What is known of the future when expected losses are estimated."""
    scenario_weights: dict[str, Share] = Field(default_factory=dict)
    """Probability of each scenario, 0 where absent; empty takes the scenarios' own weights."""
    minima: Minima = Minima()
    overlays: tuple[Overlay, ...] = Field(default=(), max_length=20)

    @field_validator("scenario_weights")
    @classmethod
    def _sum_to_one(cls, weights: dict[str, float]) -> dict[str, float]:
        if weights and abs(sum(weights.values()) - 1.0) > _WEIGHT_TOLERANCE:
            raise ValueError(f"must sum to 1, not to {sum(weights.values()):g}")
        return weights

    @model_validator(mode="after")
    def _overlays_name_grades(self) -> "RuleBook":
        for number, overlay in enumerate(self.overlays):
            if overlay.grade not in self.grades:
                raise ValueError(
                    f"overlays.{number}.grade must be one of {', '.join(self.grades)};"
                    f" got {clip(overlay.grade)}"
                )
        names = [overlay.name for overlay in self.overlays]
        for number, name in enumerate(names):
            if name in names[:number]:
                raise ValueError(f"overlays.{number}.name must differ from others; got {name}")
        return self

    @property
    def default_unpaid(self) -> int:
        """Unpaid instalments at month end from which a loan is in default."""
        return unpaid_beyond(self.default_dpd)

    @property
    def excused_days(self) -> int | None:
        """Days past due up to which lateness by a failed channel is none; None: no such rule."""
        return None

    @property
    def watch_months(self) -> int | None:
        """Month ends on the early-warning list after a call; None: no such rule."""
        return None

    @property
    @abstractmethod
    def grades(self) -> tuple[str, ...]:
        """Names of the grades, the best first."""

    @property
    @abstractmethod
    def impaired(self) -> tuple[str, ...]:
        """Grades of impaired loans; empty where a loan in default counts as impaired."""

    @property
    @abstractmethod
    def milestones(self) -> Milestones:
        """Months that this rule book alone counts."""

    @abstractmethod
    def grade_of(self, situation: Situation, family: str, milestones: Milestones) -> int:
        """Index of the grade that the rules alone give; ``milestones`` are the run's."""

    def regraded(self, grades: Grades, expected: Expected) -> Grades:
        """``grades`` of cells after what the rules judge on estimated rates; here nothing."""
        return grades

    def horizon(self, grade: str) -> Horizon | None:
        """Which expected loss a grade holds; None where it holds a share of the balance."""
        return None

    def share(self, grade: str) -> float | None:
        """Share of the balance that a grade holds; None where it holds an expected loss."""
        return None


def check_weights(name: str, book: RuleBook, scenarios: Collection[str]) -> None:
    """Refuse weights for scenarios that the run does not have."""
    for scenario in book.scenario_weights:
        if scenario not in scenarios:
            raise UserError(
                f"provision.{name}.scenario_weights must name scenarios of the run"
                f" ({', '.join(sorted(scenarios))}); got {clip(scenario)};"
                f" ~provision.{name}.scenario_weights leaves them out"
            )
