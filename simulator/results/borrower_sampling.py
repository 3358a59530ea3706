"""What the sampling of borrowers adds to the error of a figure, from further draws of the book.

Equations: docs/model.md, section 14.5.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain
from typing import Final, NamedTuple

import numpy as np
import xarray as xr
from scipy.special import stdtrit

from simulator.results.compare import (
    PATH_AXIS,
    delta_of,
    linear_values,
    paired_difference,
    reference_index,
)
from simulator.results.estimate import F8, Estimate
from simulator.results.intervals import CONFIDENCE, dof_of
from simulator.results.loss_distribution import loss_values
from simulator.results.metric import MetricValues
from simulator.results.net_present_value import net_present_value_values
from simulator.results.outcomes import burden_values, fate_values
from simulator.results.path_metrics import (
    BY_NAME,
    lifetime_view,
    metric_values,
    over_current_balance,
    total_view,
)
from simulator.results.sampling import Draws
from simulator.results.table import FRACTION, MONEY, unit_in
from simulator.results.value import value_values

FIGURE: Final = "figure"
ERROR, FREEDOM, WORTH = "book_se", "book_dof", "book_worth"
VARIABLES: Final = {
    ERROR: (
        ("scenario", "policy", FIGURE),
        "see figure",
        "standard error of the figure of summary.csv from the sampling of borrowers alone",
    ),
    FREEDOM: (
        ("scenario", "policy", FIGURE),
        FRACTION,
        "degrees of freedom of that standard error",
    ),
    WORTH: (
        ("scenario", "policy", "book_draw", "book_path"),
        MONEY,
        "what ranks policies (value, without one the net result) of each further draw of the book,"
        " on the run's first paths",
    ),
}
"""Dimensions, unit and meaning; only of drawn books and sampled tapes."""
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


def worth_values(dataset: xr.Dataset, measure: str) -> F8:
    """What ranks policies, (scenario, policy, path): the value, or the net result."""
    if measure in dataset:
        return np.asarray(dataset[measure].values, dtype=np.float64)
    view = lifetime_view if int(dataset.attrs["runoff_months"]) > 0 else total_view
    return BY_NAME[measure](view(dataset))[..., 0]


def with_book_errors(dataset: xr.Dataset, books: Iterable[xr.Dataset], measure: str) -> xr.Dataset:
    """``dataset`` with what the sampling of borrowers adds, from the results of further draws."""
    sums: dict[tuple[str, int | None], _Sums] = {}
    worth = []
    for book in books:
        worth.append(worth_values(book, measure))
        for item, values in _figures(book):
            for place, month in enumerate(item.months):
                own, key = values[..., place], (item.name, month)
                if key not in sums:
                    zero = np.zeros_like(own)
                    sums[key] = _Sums(own.mean(axis=0), zero, zero.sum(0), zero.sum(0))
                sums[key].add(own)
    if not worth:
        return dataset
    shape = len(worth), worth[0].shape[-1]
    found = [components(s.total, s.squares, s.book_squares, shape) for s in sums.values()]
    arrays = {
        ERROR: np.stack([np.sqrt(each.variance) for each in found], axis=-1),
        FREEDOM: np.stack([each.dof for each in found], axis=-1),
        WORTH: np.stack(worth, axis=2),
    }
    currency = str(dataset.attrs["currency"])
    variables = {
        name: xr.Variable(
            dims, arrays[name], {"units": unit_in(currency, unit), "long_name": meaning}
        )
        for name, (dims, unit, meaning) in VARIABLES.items()
    }
    names = [metric if month is None else f"{metric}:{month}" for metric, month in sums]
    figure = xr.Variable((FIGURE,), names, {"units": FRACTION, "long_name": FIGURE_MEANING})
    return dataset.assign(variables).assign_coords({FIGURE: figure})


class BookErrors:
    """What the sampling of borrowers adds to each figure of a run; nothing without draws."""

    def __init__(self, dataset: xr.Dataset) -> None:
        self._at: Mapping[str, int] = {}
        if ERROR in dataset:
            self._at = {str(name): i for i, name in enumerate(dataset[FIGURE].values)}
            self._se, self._dof = (
                np.asarray(dataset[name].values, dtype=np.float64) for name in (ERROR, FREEDOM)
            )
            self._policies = [str(name) for name in dataset["policy"].values]

    def of(self, metric: str, month: int | None, policies: list[str]) -> Components | None:
        """Of a figure, each (scenario, policies); None where nothing is known."""
        at = self._at.get(metric if month is None else f"{metric}:{month}")
        if at is None:
            return None
        rows = [self._policies.index(policy) for policy in policies]
        return Components(self._se[:, rows, at] ** 2, self._dof[:, rows, at])


def widened(found: Estimate[F8], added: Components, draws: Draws, n_paths: int) -> Estimate[F8]:
    """``found`` with the sampling of borrowers in its interval, of the same shape.

    Both errors are independent; Student's t with degrees of freedom by Satterthwaite 1946, never
    narrower than the interval over paths. NaN where either is not known.
    """
    dof = dof_of(draws, n_paths)
    se = np.sqrt(found.se**2 + added.variance)
    doubt = found.se**4 / dof + added.variance**2 / added.dof
    freedom = np.divide(se**4, doubt, out=np.full_like(se, np.inf), where=doubt > 0.0)
    reach = _t(np.minimum(freedom, 1e9)) * se
    alone = _t(np.full_like(se, dof)) * found.se
    # Intervals of several at once are wider than Student's: that stays.
    wider = np.divide(found.ci_high - found.mean, alone, out=np.ones_like(se), where=alone > 0.0)
    reach = np.maximum(reach, alone) * wider
    return replace(found, se=se, ci_low=found.mean - reach, ci_high=found.mean + reach)


def _t(dof: F8) -> F8:
    return np.asarray(stdtrit(dof, 0.5 + CONFIDENCE / 2.0))


def worth_by_book(dataset: xr.Dataset) -> F8 | None:
    """Worth of policies by draw of the book, (scenario, policy, draw, path); None without any."""
    if WORTH not in dataset:
        return None
    at = reference_index(dataset, str(dataset.attrs["reference"]))
    return paired_difference(np.asarray(dataset[WORTH].values, dtype=np.float64), at)


def of_books(values: F8) -> Components:
    """Components of ``values`` by draw of the book and path, (..., draw, path); each (...)."""
    by_path = np.moveaxis(values, (-1, -2), (0, 1))
    centred = by_path - by_path.mean(axis=(0, 1))
    return components(
        centred.sum(axis=1),
        (centred**2).sum(axis=(0, 1)),
        (centred.mean(axis=0) ** 2).sum(axis=0),
        (by_path.shape[1], by_path.shape[0]),
    )
