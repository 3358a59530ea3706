"""The model from one origin: fitted to what was known by then, on the stored answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from simulator.calibrate.data.moments import Evidence
from simulator.calibrate.data.targets import observed, observed_joint
from simulator.calibrate.estimate.fit import fit_parameters
from simulator.calibrate.estimate.fitted import Fit
from simulator.calibrate.estimate.parameter_transform import ParameterTransform
from simulator.calibrate.forecast.prediction_interval import summarised
from simulator.calibrate.forecast.responses.simulate import HEADLINE, Responses, Variant
from simulator.calibrate.forecast.responses.surface import Emulator, emulator
from simulator.calibrate.forecast.rolling.deviation import continued
from simulator.calibrate.settings import CalibrationSettings, SeriesTarget, Target
from simulator.progress import Silent
from simulator.reading.periods import period_places

F8 = NDArray[np.float64]

_SEED: Final = 1
"""Of draws and noise: all forecasts share them."""


@dataclass(frozen=True, slots=True)
class ModelForecast:
    """Point and bounds of later periods, fractions, (h,) each.

    ``movement``: how much more of the model's movement the series shows (b), with its error.
    """

    values: F8
    low: F8
    high: F8
    movement: float
    movement_sd: float


@dataclass(frozen=True, slots=True)
class Known:
    """A fit to what was known at a date, and the evidence that it saw."""

    settings: CalibrationSettings
    evidence: Evidence
    fit: Fit
    answers: Emulator


def fit_known(
    settings: CalibrationSettings,
    targets: Mapping[str, Target],
    scale: ParameterTransform,
    responses: Responses,
) -> Known:
    """Fit the free parameters to ``targets`` (those of ``settings`` cut at a date)."""
    short = settings.model_copy(update={"targets": dict(targets), "predictions": {}})
    evidence = observed(short)
    labels = {name: seen.labels for name, seen in evidence.items()}
    answers = emulator(scale, responses, labels)
    joint = observed_joint(short).covariance
    fit = fit_parameters(answers, evidence, short, Silent(), joint)
    return Known(short, evidence, fit, answers)


def forecast_series(
    known: Known, target: str, labels: tuple[str, ...], variant: Variant = HEADLINE
) -> ModelForecast:
    """The model's forecast of ``labels``, all later than what was known of ``target``.

    Each draw of the parameters starts from the data: its deviation goes on and fades. Variants
    share draws and noise, so that they differ by themselves only.
    """
    kind, seen, fit = known.settings.targets[target], known.evidence[target], known.fit
    assert isinstance(kind, SeriesTarget)
    draws = fit.draws(known.settings.prediction_draws, _SEED)
    points = np.stack([fit.scale.to_search(draw) for draw in draws])
    model = known.answers.paths(target, seen.labels, points, HEADLINE)
    ahead = known.answers.paths(target, labels, points, variant)
    places = period_places((*seen.labels, *labels), kind.frequency)
    size = len(seen.labels)
    path = np.concatenate([model.mean(axis=0), ahead.mean(axis=0)])
    steps = places[size:] - places[size - 1]
    going_on = continued(seen, places[:size], steps, path)
    outcomes = np.stack(
        [
            going_on.futures(model[n], ahead[n], crc32(f"{_SEED} {n} {target}".encode()))
            for n in range(len(draws))
        ]
    )
    middle, low, high = summarised(outcomes, known.settings.level)
    return ModelForecast(middle, low, high, going_on.movement, going_on.movement_sd)
