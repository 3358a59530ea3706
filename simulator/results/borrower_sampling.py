"""What the sampling of borrowers adds to the error of a figure, from further draws of the book.

Equations: docs/model.md, section 14.5.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

import numpy as np
import xarray as xr
from scipy.special import stdtrit

from simulator.results.compare import paired_difference, reference_index
from simulator.results.estimate import F8, Estimate
from simulator.results.intervals import CONFIDENCE, dof_of
from simulator.results.path_metrics import BY_NAME, lifetime_view, total_view
from simulator.results.sampling import Draws
from simulator.results.table import FRACTION, MONEY, unit_in
from simulator.results.two_way import (
    FIGURE,
    Components,
    FigureErrors,
    FigureSums,
    components,
    figure_variable,
)

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


def worth_values(dataset: xr.Dataset, measure: str) -> F8:
    """What ranks policies, (scenario, policy, path): the value, or the net result."""
    if measure in dataset:
        return np.asarray(dataset[measure].values, dtype=np.float64)
    view = lifetime_view if int(dataset.attrs["runoff_months"]) > 0 else total_view
    return BY_NAME[measure](view(dataset))[..., 0]


def with_book_errors(dataset: xr.Dataset, books: Iterable[xr.Dataset], measure: str) -> xr.Dataset:
    """``dataset`` with what the sampling of borrowers adds, from the results of further draws."""
    sums, worth = FigureSums(), []
    for book in books:
        worth.append(worth_values(book, measure))
        sums.add(book)
    if not worth:
        return dataset
    found = sums.components()
    arrays = {
        ERROR: np.sqrt(found.variance),
        FREEDOM: found.dof,
        WORTH: np.stack(worth, axis=2),
    }
    currency = str(dataset.attrs["currency"])
    variables = {
        name: xr.Variable(
            dims, arrays[name], {"units": unit_in(currency, unit), "long_name": meaning}
        )
        for name, (dims, unit, meaning) in VARIABLES.items()
    }
    return dataset.assign(variables).assign_coords({FIGURE: figure_variable(sums.names)})


class BookErrors(FigureErrors):
    """What the sampling of borrowers adds to each figure of a run; nothing without draws."""

    def __init__(self, dataset: xr.Dataset) -> None:
        super().__init__(dataset, ERROR, FREEDOM)


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
