"""What a reader of a fit has to know: sentences that name targets, parameters, series."""

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulator.calibrate.estimate.discrepancy import SeriesDiscrepancy
from simulator.calibrate.estimate.identification import CLEAR_MISS
from simulator.calibrate.estimate.parameter_transform import ParameterTransform
from simulator.calibrate.estimate.search import Search
from simulator.calibrate.estimate.weighting_matrix import (
    Discrepancy,
    StackedTargets,
    discrepancy_covariance,
)
from simulator.calibrate.settings import CalibrationSettings

F8 = NDArray[np.float64]

_AT_BOUND: Final = 0.005
"""So near to a bound, of the range, a parameter counts as at it."""


def unsettled(settled: bool, settings: CalibrationSettings) -> tuple[str, ...]:
    """A word on a search that was cut short."""
    if settled:
        return ()
    return (
        f"the search was cut short after {settings.rounds} rounds; calibration.rounds allows more",
    )


def missing(search: Search) -> tuple[str, ...]:
    """Numbers that some simulated points did not have."""
    return tuple(
        f"target {name} had no value in {count} of {len(search.worlds)} simulated points"
        f" (nobody to count there); it counted as one standard error off"
        for name, count in search.missing.items()
    )


def at_bounds(scale: ParameterTransform, point: F8) -> tuple[str, ...]:
    """Parameters at a bound of the search; ``point`` (p,) is on its scale."""
    found: list[str] = []
    for coordinate, x in zip(scale.coordinates, point, strict=True):
        if x < _AT_BOUND or x > 1.0 - _AT_BOUND:
            side, bound = ("lower", coordinate.low) if x < 0.5 else ("upper", coordinate.high)
            found.append(
                f"parameter {coordinate.name} is at its {side} bound {bound:g}: its interval is"
                f" too narrow, and the data ask for more than the bound allows"
            )
    return tuple(found)


def misses_by_target(
    numbers: StackedTargets, missed: F8, noise: F8, slopes: F8, model: Mapping[str, Discrepancy]
) -> tuple[list[str], F8, F8]:
    """Names, misses in standard errors and slopes of all numbers, a series as one: its mean.

    The error of a series' mean holds what persists in it; that of other numbers is sampling and
    simulation only.
    """
    errors = noise + discrepancy_covariance(numbers, model)
    names: list[str] = []
    z: list[float] = []
    moves: list[F8] = []
    for name, rows in numbers.rows.items():
        if isinstance(model.get(name), SeriesDiscrepancy):
            names.append(name)
            z.append(float(missed[rows].mean() / np.sqrt(errors[rows, rows].mean())))
            moves.append(slopes[rows].mean(axis=0))
            continue
        names += numbers.names[rows]
        z += list(missed[rows] / np.sqrt(np.diag(noise)[rows]))
        moves += list(slopes[rows])
    return names, np.array(z), np.array(moves)


def persistent(
    numbers: StackedTargets, missed: F8, model: Mapping[str, Discrepancy]
) -> tuple[str, ...]:
    """Sentences on series whose movements the model does not explain."""
    found = []
    for name, rows in numbers.rows.items():
        own = model.get(name)
        if not isinstance(own, SeriesDiscrepancy):
            continue
        sampling = float(np.sqrt(np.diag(numbers.sampling)[rows].mean()))
        off = float(np.sqrt(np.mean(missed[rows] ** 2)))
        if off > CLEAR_MISS * sampling:
            found.append(
                f"target {name}: the model is off by {off:.2%} (root mean square) where sampling"
                f" allows {sampling:.2%}; what it does not explain persists (autocorrelation"
                f" {own.persistence:.2f}), widens errors and is carried into predictions"
            )
    return tuple(found)
