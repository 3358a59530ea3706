"""Five-tier classification by days past due, with the shares of balance that a tier must hold."""

from collections.abc import Sequence
from typing import Annotated, Final, Literal

import numpy as np
from pydantic import Field, field_validator, model_validator

from simulator.provision.rule_book import (
    FAMILIES,
    REVOLVING,
    DpdLimit,
    Expected,
    Grades,
    Milestones,
    Months,
    RuleBook,
    Share,
    observed,
    uncured,
)
from simulator.situation import Situation
from simulator.units import end_of_month_dpd
from simulator.validation import Frozen
from simulator.vocabulary import DAYS_PER_MONTH, Forbearance

CLASSES: Final = ("normal", "special_mention", "substandard", "doubtful", "loss")
SPECIAL_MENTION: Final = 1
SUBSTANDARD: Final = 2
ClassName = Literal["normal", "special_mention", "substandard", "doubtful", "loss"]


class Band(Frozen):
    """Days past due of one class, both ends included; ``to_dpd`` None is open."""

    grade: ClassName
    from_dpd: int = Field(ge=0)
    to_dpd: DpdLimit | None


def _fault(bands: Sequence[Band]) -> str | None:
    """The first thing that keeps ``bands`` from dividing all days past due, field first."""
    following = 0
    for number, band in enumerate(bands):
        if band.from_dpd != following:
            what = "bands overlap" if band.from_dpd < following else "a gap between bands"
            return f"{number}.from_dpd must be {following}; got {band.from_dpd}, {what}"
        is_last = number == len(bands) - 1
        if band.to_dpd is None and not is_last:
            return f"{number}.to_dpd must be a number of days, only the last band is open; got null"
        if band.to_dpd is not None and is_last:
            return f"{number}.to_dpd must be null, the last band is open; got {band.to_dpd}"
        if band.to_dpd is not None and band.to_dpd < band.from_dpd:
            return f"{number}.to_dpd must be at least {band.from_dpd}; got {band.to_dpd}"
        following = 0 if band.to_dpd is None else band.to_dpd + 1
    return None


def _rising(shares: dict[str, float]) -> dict[str, float]:
    """``shares`` if no class has less than a better one."""
    ordered = [shares[name] for name in CLASSES if name in shares]
    if ordered != sorted(ordered):
        raise ValueError("must not fall from one class to a worse one")
    return shares


class Classes(RuleBook):
    """Classes by days past due, observation of restructured loans, upgrade only after a cure."""

    kind: Literal["classes"] = "classes"
    instalment: tuple[Band, ...]
    revolving: tuple[Band, ...]
    minimum_shares: dict[str, Share]
    """Share of balance that a class must hold, one for each class."""
    technical_days: Annotated[int, Field(ge=0, lt=DAYS_PER_MONTH)] = 7
    """Lateness by a failed payment channel up to so many days is none."""
    observation_months: Months = 12
    """Restructured loans are at least special mention while relief runs and so long after."""
    deferred_is_restructured: bool = False
    """Payments deferred in seen hardship count as restructured, not a new plan alone."""
    upgrade_months: Months = 6
    """Clean months after arrears are cleared until a loan in default is performing again."""
    impaired_shares: dict[str, Share] = Field(default_factory=dict)
    """Class -> expected lifetime loss, as a share of balance, from which an impaired loan is in
    this class or a worse one."""

    @field_validator("minimum_shares")
    @classmethod
    def _share_of_every_class(cls, shares: dict[str, float]) -> dict[str, float]:
        if set(shares) != set(CLASSES):
            raise ValueError(f"must have one share for each of {', '.join(CLASSES)}")
        return _rising(shares)

    @field_validator("impaired_shares")
    @classmethod
    def _impaired_classes_only(cls, shares: dict[str, float]) -> dict[str, float]:
        if not set(shares) <= set(CLASSES[SUBSTANDARD:]):
            raise ValueError(f"may have shares for {', '.join(CLASSES[SUBSTANDARD:])} only")
        return _rising(shares)

    @field_validator("instalment", "revolving")
    @classmethod
    def _every_class_once(cls, bands: tuple[Band, ...]) -> tuple[Band, ...]:
        if tuple(band.grade for band in bands) != CLASSES:
            raise ValueError(f"must have one band for each of {', '.join(CLASSES)}, in this order")
        return bands

    @model_validator(mode="after")
    def _bands_divide_all_days(self) -> "Classes":
        for family in FAMILIES:
            bands = self._bands(family)
            fault = _fault(bands)
            if fault:
                raise ValueError(f"{family}.{fault}")
            if bands[SUBSTANDARD].from_dpd != self.default_dpd + 1:
                raise ValueError(
                    f"{family}.{SUBSTANDARD}.from_dpd must be the day after default_dpd"
                    f" ({self.default_dpd}); got {bands[SUBSTANDARD].from_dpd}"
                )
        return self

    @property
    def excused_days(self) -> int:
        """``technical_days``."""
        return self.technical_days

    @property
    def grades(self) -> tuple[str, ...]:
        """The five classes."""
        return CLASSES

    @property
    def impaired(self) -> tuple[str, ...]:
        """Non-performing loans: substandard, doubtful, loss."""
        return CLASSES[SUBSTANDARD:]

    @property
    def milestones(self) -> Milestones:
        """End of observation and of the wait for an upgrade."""
        return Milestones(
            (self.observation_months,) if self.observation_months else (),
            (self.upgrade_months,) if self.upgrade_months else (),
        )

    def class_of_dpd(self, dpd: int, family: str) -> int:
        """Index of the class by days past due alone, exact to the day."""
        return next(
            index
            for index, band in enumerate(self._bands(family))
            if band.to_dpd is None or dpd <= band.to_dpd
        )

    def grade_of(self, situation: Situation, family: str, milestones: Milestones) -> int:
        """The worst of: days past due, wait for an upgrade, observation after restructuring."""
        unpaid = situation.unpaid
        excused = situation.technical and unpaid == 1
        # any day past due that so many unpaid instalments can mean is in the same band
        dpd = 0 if excused else end_of_month_dpd(unpaid, 1)
        found = self.class_of_dpd(dpd, family)
        if uncured(situation, self.upgrade_months, milestones):
            found = max(found, SUBSTANDARD)
        if self._restructured(situation) and observed(
            situation, self.observation_months, milestones
        ):
            found = max(found, SPECIAL_MENTION)
        return found

    def _restructured(self, situation: Situation) -> bool:
        return situation.forbearance is Forbearance.RESTRUCTURED or (
            self.deferred_is_restructured and situation.forbearance is Forbearance.DEFERRED
        )

    def _bands(self, family: str) -> tuple[Band, ...]:
        return self.revolving if family == REVOLVING else self.instalment

    def regraded(self, grades: Grades, expected: Expected) -> Grades:
        """Impaired loans in the worst class whose expected loss they reach."""
        if not self.impaired_shares:
            return grades
        impaired, loss = grades >= SUBSTANDARD, expected.loss()
        for name, share in self.impaired_shares.items():
            worse = np.maximum(grades, CLASSES.index(name))
            grades = np.where(impaired & (loss >= share), worse, grades)
        return grades

    def share(self, grade: str) -> float:
        """Its minimum share."""
        return self.minimum_shares[grade]
