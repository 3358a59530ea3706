"""What is drawn and told of one number: mean, interval and quantiles; median and band."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator.results.estimate import Estimate

Array = NDArray[np.float64]

QUANTILES = (0.05, 0.5, 0.95)


@dataclass(frozen=True, slots=True)
class Fan:
    """Median and 5-95 % band over paths, each of shape (months,)."""

    low: Array
    median: Array
    high: Array

    def each(self, change: Callable[[Array], Array]) -> "Fan":
        """With ``change``, which keeps the order, made to every quantile."""
        return Fan(change(self.low), change(self.median), change(self.high))

    @property
    def percent(self) -> "Fan":
        """That of a fraction in percent."""
        return self.each(lambda values: 100.0 * values)

    def at(self, month: int) -> Estimate[float]:
        """The median of the month at a position, with its band."""
        return Estimate(*(float(part[month]) for part in (self.median, self.low, self.high)))


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
