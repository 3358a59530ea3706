"""What is drawn and told of one number: mean, interval and quantiles; median and band."""

from dataclasses import dataclass
from math import isfinite
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from simulator.results.ranking import Estimate

Array = NDArray[np.float64]

QUANTILES = (0.05, 0.5, 0.95)


class SummaryRow(Protocol):
    """A row of ``summary.csv``; absent numbers are NaN or None."""

    @property
    def scenario(self) -> str:
        """Name of the scenario."""

    @property
    def policy(self) -> str:
        """Name of the policy."""

    @property
    def metric(self) -> str:
        """Name of the metric; ``delta_`` begins a paired difference."""

    @property
    def month(self) -> int | None:
        """Month, or None for the whole horizon."""

    @property
    def mean(self) -> float | None:
        """Mean over paths."""

    @property
    def ci_low(self) -> float | None:
        """Lower end of its 95 % interval."""

    @property
    def ci_high(self) -> float | None:
        """Upper end of its 95 % interval."""

    @property
    def p05(self) -> float | None:
        """5 % quantile over paths."""

    @property
    def p95(self) -> float | None:
        """95 % quantile over paths."""


@dataclass(frozen=True, slots=True)
class Stat:
    """Mean over paths, its 95 % interval (None where there is none), 5 and 95 % quantiles."""

    mean: float
    ci_low: float | None
    ci_high: float | None
    p05: float | None
    p95: float | None

    @property
    def has_interval(self) -> bool:
        """Whether there is an interval at all."""
        return self.ci_low is not None and self.ci_high is not None

    @property
    def is_zero(self) -> bool:
        """Whether there is no difference at all: zero, with an interval of no width."""
        return self.mean == 0.0 and self.ci_low == 0.0 and self.ci_high == 0.0

    @property
    def sign(self) -> int:
        """-1 or 1 when the interval excludes zero on that side, else 0 (not distinguishable)."""
        if self.ci_low is None or self.ci_high is None:
            return 0
        return 1 if self.ci_low > 0 else -1 if self.ci_high < 0 else 0

    def values(self) -> tuple[float | None, ...]:
        """Mean and interval, for choosing a scale."""
        return (self.mean, self.ci_low, self.ci_high)


def stat_of(estimate: Estimate) -> Stat:
    """An estimate as a statistic without quantiles."""
    return Stat(estimate.mean, optional(estimate.ci_low), optional(estimate.ci_high), None, None)


@dataclass(frozen=True, slots=True)
class Fan:
    """Median and 5-95 % band over paths, each of shape (months,)."""

    low: Array
    median: Array
    high: Array


def optional(value: float | None) -> float | None:
    """``value``, or None where it is not a finite number."""
    return float(value) if value is not None and isfinite(value) else None


def fan_of(values: Array) -> Fan:
    """Quantiles of ``values`` (paths, months) over paths; NaN is left out."""
    out = np.full((3, values.shape[1]), np.nan)
    missing = np.isnan(values)
    whole = ~missing.any(axis=0)
    part = ~whole & ~missing.all(axis=0)
    if whole.any():
        out[:, whole] = np.quantile(values[:, whole], QUANTILES, axis=0)
    if part.any():  # slow in numpy, so only where it is needed
        out[:, part] = np.nanquantile(values[:, part], QUANTILES, axis=0)
    return Fan(out[0], out[1], out[2])
