"""What parameters that are not known add to the error of a figure, from draws of a fit's.

Equations: docs/model.md, section 14.11.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

import numpy as np
import xarray as xr

from simulator.results.estimate import F8
from simulator.results.table import FRACTION
from simulator.results.two_way import (
    FIGURE,
    Components,
    FigureErrors,
    FigureSums,
    figure_variable,
)

ERROR, FREEDOM = "parameter_se", "parameter_dof"
LOW, HIGH = "total_low", "total_high"
DRAWN: Final = "parameter_draws"
"""Attribute of results.nc: whose parameters were drawn, which, and which stay assumptions; JSON."""
_DIMS: Final = ("scenario", "policy", FIGURE)
VARIABLES: Final = {
    ERROR: (
        _DIMS,
        "see figure",
        "standard error of the figure of summary.csv from the fit's doubt of its parameters alone",
    ),
    FREEDOM: (_DIMS, FRACTION, "degrees of freedom of that standard error"),
    LOW: (
        _DIMS,
        "see figure",
        "lower end of the 95 % interval with paths, the sampling of borrowers and the fitted"
        " parameters",
    ),
    HIGH: (_DIMS, "see figure", "upper end of that interval"),
}
"""Dimensions, unit and meaning; only with ``run.parameter_draws``."""


class Drawn(NamedTuple):
    """Whose parameters were drawn: ``source`` in words, the names, and numbers of draws and paths.

    ``assumed``: parameters of the model that stay at values which are assumptions.
    """

    source: str
    names: tuple[str, ...]
    draws: int
    paths: int
    assumed: tuple[str, ...]


def with_parameter_errors(
    dataset: xr.Dataset, results: Iterable[xr.Dataset], drawn: Drawn
) -> xr.Dataset:
    """``dataset`` with what doubt of its parameters adds.

    ``results``: those at the estimates, then those of each draw, on the same paths.
    """
    at_estimate, sums = FigureSums(), FigureSums()
    for number, each in enumerate(results):
        (sums if number else at_estimate).add(each)
    found = around_estimate(sums.components(), sums.means() - at_estimate.means(), drawn.draws)
    arrays = {ERROR: np.sqrt(found.variance), FREEDOM: found.dof}
    told = json.dumps(drawn._asdict(), ensure_ascii=False)
    dataset = dataset.assign_coords({FIGURE: figure_variable(sums.names)})
    return with_variables(dataset, arrays).assign_attrs({DRAWN: told})


def around_estimate(found: Components, drift: F8, draws: int) -> Components:
    """Mean square around the figure at the estimates: variance, and the square of the drift.

    ``drift``: mean over ``draws`` less the figure at the estimates, where a figure bends over the
    doubt of a parameter; the square of its error is taken out.
    """
    beyond = np.maximum(drift**2 - found.variance / draws, 0.0)
    return Components(found.variance + beyond, found.dof)


def with_variables(dataset: xr.Dataset, arrays: Mapping[str, F8]) -> xr.Dataset:
    """``dataset`` with some of ``VARIABLES``, (scenario, policy, figure) each."""
    return dataset.assign(
        {
            name: xr.Variable(
                VARIABLES[name][0],
                array,
                {"units": VARIABLES[name][1], "long_name": VARIABLES[name][2]},
            )
            for name, array in arrays.items()
        }
    )


class ParameterErrors(FigureErrors):
    """What doubt of parameters adds to each figure of a run; nothing without draws."""

    def __init__(self, dataset: xr.Dataset) -> None:
        super().__init__(dataset, ERROR, FREEDOM)


def drawn_in(dataset: xr.Dataset) -> Drawn | None:
    """Whose parameters were drawn in a run; None where none were."""
    if DRAWN not in dataset.attrs:
        return None
    told = json.loads(str(dataset.attrs[DRAWN]))
    return Drawn(
        str(told["source"]),
        tuple(told["names"]),
        int(told["draws"]),
        int(told["paths"]),
        tuple(told["assumed"]),
    )
