"""Two-way layout of draws and common paths: what draws of one kind add to the error of a figure.

Draws are of the book's borrowers (docs/model.md, section 14.5) or of parameters (14.11).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Final, NamedTuple

import numpy as np
import xarray as xr

from simulator.results.compare import PATH_AXIS, delta_of, linear_values, reference_index
from simulator.results.estimate import F8
from simulator.results.loss_distribution import loss_values
from simulator.results.metric import MetricValues
from simulator.results.net_present_value import net_present_value_values
from simulator.results.outcomes import burden_values, fate_values
from simulator.results.path_metrics import metric_values, over_current_balance
from simulator.results.table import FRACTION
from simulator.results.value import value_values

FIGURE: Final = "figure"
FIGURE_MEANING: Final = "metric of summary.csv; of a month with a colon and the month"
_COMPARED: Final = (
    metric_values,
    over_current_balance,
    burden_values,
    value_values,
    net_present_value_values,
    loss_values,
)
"""Families of metrics of which there are differences to the reference, too."""


class Components(NamedTuple):
    """Variance of a figure from the sampling of borrowers, and its degrees of freedom."""

    variance: F8
    dof: F8


def components(total: F8, squares: F8, book_squares: F8, shape: tuple[int, int]) -> Components:
    """From sums over ``shape`` = (books, paths) of a figure on each path of each draw of a book.

    ``total`` (paths, ...): sums over books; ``squares`` (...): of squares over both;
    ``book_squares`` (...): of squares of the books' means over paths.

    Two-way layout without replication: V = (MS_books - MS_rest) / paths, not below 0.
    Source: Searle, Casella and McCulloch 1992, Variance Components, section 4.3; degrees of freedom
    by Satterthwaite 1946.
    """
    n_books, n_paths = shape
    mean = total.mean(axis=0) / n_books
    between = n_paths * (book_squares - n_books * mean**2)
    rest = squares - between - (total**2).sum(axis=0) / n_books
    freedom = np.array([n_books - 1, (n_books - 1) * (n_paths - 1)], dtype=np.float64)
    freedom = freedom.reshape(-1, *(1,) * between.ndim)
    parts = np.maximum(np.stack([between, rest]), 0.0) / freedom / n_paths
    variance = np.maximum(parts[0] - parts[1], 0.0)
    doubt = (parts**2 / freedom).sum(axis=0)
    dof = np.divide(variance**2, doubt, out=np.ones_like(variance), where=variance > 0.0)
    return Components(variance, np.clip(dof, 1.0, None))


@dataclass(slots=True)
class _Sums:
    """Sums over draws of the book of one figure, less its mean over paths in the first of them."""

    start: F8
    total: F8
    squares: F8
    book_squares: F8

    def add(self, values: F8) -> None:
        """Another draw's ``values`` (paths, ...)."""
        moved = values - self.start
        self.total = self.total + moved
        self.squares = self.squares + (moved**2).sum(axis=0)
        self.book_squares = self.book_squares + moved.mean(axis=0) ** 2


def _figures(dataset: xr.Dataset) -> Iterator[tuple[MetricValues, F8]]:
    """Every metric of a draw with its numbers by path, (paths, scenario, policy, months)."""
    at, replicates = reference_index(dataset, str(dataset.attrs["reference"])), 1
    compared = chain.from_iterable(values(dataset) for values in _COMPARED)
    both = chain.from_iterable((item, delta_of(item, at, replicates)) for item in compared)
    for item in chain(both, fate_values(dataset)):
        yield item, np.moveaxis(linear_values(item, replicates), PATH_AXIS, 0)


def joined(first: Components, other: Components | None) -> Components:
    """Both, independent of each other; degrees of freedom by Satterthwaite 1946."""
    if other is None:
        return first
    variance = first.variance + other.variance
    doubt = first.variance**2 / first.dof + other.variance**2 / other.dof
    dof = np.divide(variance**2, doubt, out=np.ones_like(variance), where=doubt > 0.0)
    return Components(variance, np.clip(dof, 1.0, None))


class FigureSums:
    """Sums over draws of every figure of summary.csv, each draw on the same paths."""

    def __init__(self) -> None:
        self._sums: dict[tuple[str, int | None], _Sums] = {}
        self._shape = (0, 0)

    def add(self, dataset: xr.Dataset) -> None:
        """The results of another draw."""
        self._shape = self._shape[0] + 1, int(dataset.sizes["path"])
        for item, values in _figures(dataset):
            for place, month in enumerate(item.months):
                own, key = values[..., place], (item.name, month)
                if key not in self._sums:
                    zero = np.zeros_like(own)
                    self._sums[key] = _Sums(own.mean(axis=0), zero, zero.sum(0), zero.sum(0))
                self._sums[key].add(own)

    @property
    def names(self) -> list[str]:
        """Names of the figures."""
        return [metric if month is None else f"{metric}:{month}" for metric, month in self._sums]

    def means(self) -> F8:
        """Over draws and paths, (scenario, policy, figure)."""
        n_draws = self._shape[0]
        found = [s.start + s.total.mean(axis=0) / n_draws for s in self._sums.values()]
        return np.stack(found, axis=-1)

    def components(self) -> Components:
        """Of all figures, each (scenario, policy, figure)."""
        found = [
            components(s.total, s.squares, s.book_squares, self._shape) for s in self._sums.values()
        ]
        return Components(*(np.stack(part, axis=-1) for part in zip(*found, strict=True)))


def figure_variable(names: list[str]) -> xr.Variable:
    """The coordinate of figures."""
    return xr.Variable((FIGURE,), names, {"units": FRACTION, "long_name": FIGURE_MEANING})


class FigureErrors:
    """What draws of a kind add to each figure of a run; nothing without draws.

    ``error`` and ``freedom``: names of the variables with its standard error and their degrees of
    freedom.
    """

    def __init__(self, dataset: xr.Dataset, error: str, freedom: str) -> None:
        self._at: Mapping[str, int] = {}
        if error in dataset:
            self._at = {str(name): i for i, name in enumerate(dataset[FIGURE].values)}
            self._se, self._dof = (
                np.asarray(dataset[name].values, dtype=np.float64) for name in (error, freedom)
            )
            self._policies = [str(name) for name in dataset["policy"].values]

    def of(self, metric: str, month: int | None, policies: list[str]) -> Components | None:
        """Of a figure, each (scenario, policies); None where nothing is known."""
        at = self._at.get(metric if month is None else f"{metric}:{month}")
        if at is None:
            return None
        rows = [self._policies.index(policy) for policy in policies]
        return Components(self._se[:, rows, at] ** 2, self._dof[:, rows, at])
