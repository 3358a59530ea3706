"""What a finished fit knows of its parameters: read from its folder, or of a shipped one.

A shipped fit is told by three files of its name: its estimates (``configs/parameters``), its scales
and bounds (``configs/calibration``), and the ends of its 90 % intervals with the others moved along
(``configs/assumptions``), which are its errors and their correlation.
"""

import json
from collections.abc import Mapping
from math import log
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from simulator.catalogue import catalogue, parameters_from, parameters_hash
from simulator.explain.assumption_list import SECTION
from simulator.parameter_draws import (
    SCALES,
    FittedParameter,
    ParameterDistribution,
    slope_of_scale,
    to_scale,
)
from simulator.request import ExperimentRequest
from simulator.settings import AssumptionsSettings
from simulator.shipped import read_shipped, shipped_files
from simulator.validation import UserError, check_known, clip

F8 = NDArray[np.float64]
Ends = tuple[float, float, float]
"""Lower end, estimate and upper end."""

FIT_NAME: Final = "fit.json"
KEY: Final = "run.parameter_draws"
_LEVEL: Final = 0.9
"""Of the intervals whose ends a shipped list holds."""
_SAME: Final = 1e-4
"""Relative distance within which a run's parameter is the fit's: files hold six digits."""


def read_fit(owner: str, folder: Path, numbers: tuple[str, ...]) -> dict[str, Any]:
    """Content of the fit.json in ``folder``, whose parameters have ``numbers``.

    A ``UserError`` that begins with ``owner`` where it has not.
    """
    path = folder / FIT_NAME
    try:
        told: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        rows, correlation = told["parameters"], np.array(told["correlation"], dtype=np.float64)
        str(told["label"])
        for row in rows:
            str(row["name"])
            for field in numbers:
                float(row[field])
        if correlation.shape != (len(rows), len(rows)):
            raise ValueError("correlation must have a row and a column for each parameter")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(f"{owner}: {clip(path, 200)} is no {FIT_NAME}: {clip(error)}") from None
    return told


def fit_of(wanted: str) -> ParameterDistribution:
    """The fit in the folder ``wanted``, or the shipped one of that name.

    ``UserError`` for another, or a shipped one whose errors are not known.
    """
    folder = Path(wanted)
    if (folder / FIT_NAME).exists() or folder.is_dir():
        return _distribution(read_fit(KEY, folder, ("low", "high", "estimate", "se")))
    shipped = sorted(set(shipped_files(SECTION)) & set(shipped_files("calibration")))
    check_known(f"{KEY}: a folder of a fit, or a shipped fit", shipped, wanted)
    return _shipped(wanted)


def _distribution(told: Mapping[str, Any]) -> ParameterDistribution:
    found: list[FittedParameter] = []
    for row in told["parameters"]:
        name, scale, estimate = str(row["name"]), str(row.get("scale")), float(row["estimate"])
        owner = f"{KEY}: {FIT_NAME}: {clip(name, 60)}"
        check_known(f"{KEY}: {FIT_NAME}: parameter", catalogue(), name)
        check_known(f"{KEY}: {FIT_NAME}: scale of {name}", SCALES, scale)
        low, high, se = float(row["low"]), float(row["high"]), float(row["se"])
        spec = catalogue()[name]
        if name in (each.name for each in found):
            raise UserError(f"{owner} is listed twice")
        if not spec.low <= low <= estimate <= high <= spec.high:
            raise UserError(
                f"{owner}: low, estimate and high must be in this order and within"
                f" [{spec.low:g}, {spec.high:g}]; got {low:g}, {estimate:g} and {high:g}"
            )
        if not 0.0 < se < np.inf:
            raise UserError(f"{owner}: se must be above 0 and finite; got {se:g}")
        if (scale != "linear" and low <= 0.0) or (scale == "logit" and high >= 1.0):
            raise UserError(f"{owner}: [{low:g}, {high:g}] has ends without a {scale}")
        found.append(
            FittedParameter(name, scale, low, high, estimate, se / slope_of_scale(scale, estimate))
        )
    correlation = _correlation(np.array(told["correlation"], dtype=np.float64))
    return ParameterDistribution(tuple(found), correlation, str(told["label"]))


def _correlation(found: F8) -> F8:
    """``found`` where it is a correlation; ``UserError`` where it is not."""
    rough = 1e-6
    if not (
        np.isfinite(found).all()
        and np.abs(found - found.T).max(initial=0.0) <= rough
        and np.abs(np.diag(found) - 1.0).max(initial=0.0) <= rough
        and np.linalg.eigvalsh(found).min(initial=0.0) >= -rough
    ):
        raise UserError(f"{KEY}: {FIT_NAME}: correlation must be one: symmetric, 1 on its diagonal")
    return found


def _shipped(name: str) -> ParameterDistribution:
    """The shipped fit ``name``."""
    listed = AssumptionsSettings.model_validate(read_shipped(SECTION, name))
    own = {key: float(str(value)) for key, value in read_shipped("parameters", name).items()}
    if listed.parameters_sha256 != parameters_hash(parameters_from(own)):
        raise UserError(
            f"{KEY}: the shipped list of errors of {name} was made for an earlier fit; fit again"
            f" (python -m simulator.calibrate experiment={name}) and give the fit's folder"
        )
    settings: Any = read_shipped("calibration", name)
    tried = {key: item.values for key, item in listed.tried.items() if item.kind == "fitted"}
    found = []
    for key, values in tried.items():
        free, spec = settings["free"][key], catalogue()[key]
        scale = str(free.get("scale", "linear"))
        bounds = float(free.get("low", spec.low)), float(free.get("high", spec.high))
        sd = _sd(scale, values[key], bounds)
        found.append(FittedParameter(key, scale, *bounds, values[key][1], sd))
    correlation = np.array([[_moved_along(tried, one, other) for other in tried] for one in tried])
    return ParameterDistribution(
        tuple(found), (correlation + correlation.T) / 2.0, str(settings["label"])
    )


def _sd(scale: str, values: Ends, bounds: tuple[float, float]) -> float:
    """Standard deviation on the search scale; an end at a bound was cut, the other one was not."""
    low, estimate, high = (to_scale(scale, v) for v in values)
    reach = float(ndtri(0.5 + _LEVEL / 2.0))
    if values[0] <= bounds[0] or values[2] >= bounds[1]:
        return max(high - estimate, estimate - low) / reach
    return (high - low) / (2.0 * reach)


def _moved_along(tried: Mapping[str, Mapping[str, Ends]], one: str, other: str) -> float:
    """How far ``other`` moves when ``one`` is at an end of its interval, over its own way.

    That is their correlation: the list moves in proportion (``explain.screening``). Where ``other``
    has no way to go there, for its estimate lies at a bound, the other end of ``one`` tells it.
    """
    estimate = tried[other][other][1]
    for end_of_one, sign in ((2, 1.0), (0, -1.0)):
        at = tried[one][other][end_of_one]
        if at == estimate:
            continue
        upwards = at > estimate
        end = tried[other][other][2 if upwards else 0]
        if estimate <= 0.0 or end <= 0.0:
            share = (at - estimate) / (end - estimate)
        else:
            share = log(at / estimate) / log(end / estimate)
        return sign * (share if upwards else -share)
    return 0.0


def fit_for(request: ExperimentRequest) -> ParameterDistribution | None:
    """The fit whose parameters a run draws; None where it draws none.

    ``UserError`` where there is no such fit, or where the run's parameters are not its estimates.
    """
    wanted = request.run.parameter_draws
    if wanted is None:
        return None
    found = fit_of(wanted)
    for each in found.parameters:
        own = request.parameters[each.name]
        if abs(own - each.estimate) > _SAME * max(abs(each.estimate), 1e-12):
            raise UserError(
                f"{KEY}: parameters.{each.name} must be the fit's estimate, {each.estimate:.6g};"
                f" got {own:.6g} (parameters=NAME chooses a shipped set of a fit)"
            )
    return found
