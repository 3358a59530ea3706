"""One number and how sure it is: mean, error, interval and quantiles over paths."""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from math import isfinite, nan
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

F8 = NDArray[np.float64]
T = TypeVar("T", float, F8)

_NONE: Any = nan


@dataclass(frozen=True, slots=True)
class Estimate(Generic[T]):
    """What paths tell of a quantity, a number or an array; NaN where they tell nothing.

    ``ci_low`` and ``ci_high`` are the 95 % interval, ``se`` the standard error of the mean,
    ``p05``, ``p50`` and ``p95`` quantiles over paths.
    """

    mean: T
    ci_low: T = _NONE
    ci_high: T = _NONE
    se: T = _NONE
    p05: T = _NONE
    p50: T = _NONE
    p95: T = _NONE

    @property
    def sign(self: "Estimate[float]") -> int:
        """-1 or 1 where the interval excludes zero on that side, else 0: not distinguishable."""
        return int(self.ci_low > 0.0) - int(self.ci_high < 0.0)

    @property
    def has_interval(self: "Estimate[float]") -> bool:
        """Whether there is an interval at all."""
        return isfinite(self.ci_low) and isfinite(self.ci_high)

    @property
    def is_zero(self: "Estimate[float]") -> bool:
        """Whether there is no difference at all: zero, with an interval of no width."""
        return self.mean == self.ci_low == self.ci_high == 0.0

    @property
    def ends(self) -> tuple[T, T, T]:
        """Mean and interval."""
        return self.mean, self.ci_low, self.ci_high

    def at(self: "Estimate[F8]", *place: int) -> "Estimate[float]":
        """One number of an array."""
        return Estimate(*(float(part[place]) for part in self.parts()))

    def parts(self) -> Iterator[T]:
        """The fields, in their order."""
        return (getattr(self, part.name) for part in fields(self))

    def clipped(self: "Estimate[float]") -> "Estimate[float]":
        """That of a probability: the interval cut to 0..1, none where it has no width."""
        if not self.has_interval or self.ci_low == self.ci_high:
            return Estimate(self.mean)
        low, high = (min(1.0, max(0.0, end)) for end in (self.ci_low, self.ci_high))
        return Estimate(self.mean, low, high)

    def times(self, factor: float) -> "Estimate[T]":
        """The estimate of ``factor`` times the quantity; a negative factor swaps the ends."""
        mean, low, high, se, p05, p50, p95 = (factor * part for part in self.parts())
        if factor < 0.0:
            low, high, se, p05, p95 = high, low, -se, p95, p05
        return Estimate(mean, low, high, se, p05, p50, p95)


def unknown(shape: tuple[int, ...]) -> Estimate[F8]:
    """An array of ``shape`` of which nothing is known."""
    nothing = np.full(shape, nan)
    return Estimate(*(nothing,) * len(fields(Estimate)))
