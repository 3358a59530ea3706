"""What a metric of summary.csv is: name, unit, meaning, direction, spans, computation."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Flag, auto
from typing import Final, Generic, NamedTuple, TypeVar

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from simulator.results.delinquency import share
from simulator.results.table import unit_in

F8 = NDArray[np.float64]
View = TypeVar("View")
"""What a family of metrics is reckoned from."""

MONTH_AXIS: Final = 3
WHOLE_HORIZON: Final = (None,)
"""Months of a figure that has none."""
HIGHER: Final = 1
LOWER: Final = -1


class Span(Flag):
    """Which figures a metric has."""

    MONTH = auto()
    TOTAL = auto()
    """The reported months together; of a ratio that of the sums."""
    LIFETIME = auto()
    """The reported and the run-off months together, as ``lifetime_NAME``."""
    PEAK = auto()
    """Largest month of each path, as ``peak_NAME``."""
    LOWEST = auto()
    """Smallest month of each path, as ``lowest_NAME``."""
    CLOSING = auto()
    """The last reported month, as ``closing_NAME`` (so that sweeps have it)."""
    EVER = auto()
    """Share of paths with a month that is 1, as ``ever_NAME``; by month the share of paths."""
    WHOLE = auto()
    """The whole horizon alone."""


@dataclass(frozen=True, slots=True)
class Metric(Generic[View]):
    """One metric: ``top`` over ``bottom`` where it has one, each (scenario, policy, path, ...).

    Without ``top`` it is reckoned with others of its family. ``better``: ``HIGHER``, ``LOWER`` or
    0 where neither is.
    """

    name: str
    unit: str
    long_name: str
    span: Span
    top: Callable[[View], F8] | None = None
    bottom: Callable[[View], F8] | None = None
    better: int = 0

    def upper(self, view: View) -> F8:
        """Values of ``top``."""
        assert self.top is not None
        return self.top(view)

    def __call__(self, view: View) -> F8:
        """Values path by path; NaN where the bottom is zero."""
        values = self.upper(view)
        return values if self.bottom is None else share(values, self.bottom(view))


class MetricValues(NamedTuple):
    """Values of one metric, (scenario, policy, path, len(months)); month None: whole horizon.

    With ``per``, of the same shape, the metric is the ratio of the means over paths. A ``chance``
    is the share of paths whose value is 1.0, others being 0.0. Where all paths together make a
    part of each value (an estimated rate), ``spread`` of the same shape and mean is what the
    interval of the mean comes from; the quantiles are those of the values.
    """

    name: str
    unit: str
    long_name: str
    months: tuple[int | None, ...]
    values: F8
    per: F8 | None = None
    chance: bool = False
    spread: F8 | None = None

    def of_policies(self, keep: list[int]) -> "MetricValues":
        """The same of the policies at the positions ``keep``."""
        return self._each(lambda part: part[:, keep])

    def total(self) -> "MetricValues":
        """The sum of the months."""
        summed = self._each(lambda part: part.sum(axis=MONTH_AXIS, keepdims=True))
        return summed._told("", "reported months together")

    def further(self, span: Span) -> Iterator["MetricValues"]:
        """Its last month, its extremes and whether it was ever, as far as in ``span``."""
        if Span.CLOSING in span:
            yield self._each(lambda part: part[..., -1:])._told("closing_", "last reported month")
        if Span.PEAK in span:
            yield self._extreme(np.fmax)._told("peak_", "highest month")
        if Span.LOWEST in span:
            yield self._extreme(np.fmin)._told("lowest_", "lowest month")
        if Span.EVER in span:
            yield self._extreme(np.fmax)._told("ever_", "in any month")

    def _extreme(self, ufunc: np.ufunc) -> "MetricValues":
        """One month of each path, of a ratio that of the path itself; NaN left out."""
        per = self.per

        def one(part: F8) -> F8:
            by_path = part if per is None else share(part, per)
            return np.asarray(ufunc.reduce(by_path, axis=MONTH_AXIS, keepdims=True))

        return self._replace(per=None)._each(one)

    def _each(self, change: Callable[[F8], F8]) -> "MetricValues":
        """With ``change`` made to every array."""
        per, spread = (None if part is None else change(part) for part in (self.per, self.spread))
        return self._replace(values=change(self.values), per=per, spread=spread)

    def _told(self, prefix: str, words: str) -> "MetricValues":
        """As a figure of the whole horizon."""
        return self._replace(
            name=f"{prefix}{self.name}",
            long_name=f"{self.long_name}; {words}",
            months=WHOLE_HORIZON,
        )


def whole_values(metric: Metric[xr.Dataset], dataset: xr.Dataset) -> MetricValues:
    """A metric without month, whose top and bottom give (scenario, policy, path).

    With a bottom it is the ratio of the means over paths.
    """
    top, bottom = metric.upper(dataset), metric.bottom
    return MetricValues(
        metric.name,
        unit_in(str(dataset.attrs["currency"]), metric.unit),
        metric.long_name,
        WHOLE_HORIZON,
        top[..., None],
        None if bottom is None else bottom(dataset)[..., None],
    )
