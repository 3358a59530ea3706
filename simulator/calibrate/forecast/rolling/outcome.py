"""A case of series from its stored answers: fit, rolling origins, widened predictions."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator.calibrate.data.moments import Moments
from simulator.calibrate.data.series import read_series
from simulator.calibrate.estimate.parameter_transform import parameter_transform
from simulator.calibrate.forecast.predict import PredictionRow, names_of
from simulator.calibrate.forecast.responses.simulate import Responses, Variant
from simulator.calibrate.forecast.rolling.averaging import (
    averaged,
    partner_of,
    shift_to,
    shifted,
)
from simulator.calibrate.forecast.rolling.coverage import (
    Coverage,
    ForecastError,
    Widths,
    coverage,
    factor_at,
    split_origins,
    widened,
    widening,
)
from simulator.calibrate.forecast.rolling.forecasters import RIVALS
from simulator.calibrate.forecast.rolling.model import Known, fit_known, forecast_series
from simulator.calibrate.forecast.rolling.origins import (
    MODEL,
    PUBLISHED,
    Inputs,
    Rolled,
    origins_of,
    past_of,
    roll,
)
from simulator.calibrate.forecast.rolling.recovery import Recovered, planted_recovery
from simulator.calibrate.settings import CalibrationSettings, SeriesPrediction, SeriesTarget
from simulator.progress import Progress
from simulator.reading.periods import period_number, period_places, periods

F8 = NDArray[np.float64]

Forecaster = Callable[[Moments, tuple[str, ...], SeriesTarget], F8]
"""The window, later periods and their series to a rival's forecast, (h,)."""


@dataclass(frozen=True, slots=True)
class Reliability:
    """Of one series: the widening that its intervals take, and what it gave on later origins.

    ``tried`` comes from the first two thirds of the origins and is tried on the rest (``held``);
    ``used``, of all origins and never less, is what predictions take.
    """

    target: str
    tried: Widths
    held: tuple[Coverage, ...]
    used: Widths


@dataclass(frozen=True, slots=True)
class SeriesOutcome:
    """What a case of series found; ``given_standards`` predictions know the survey's answers."""

    known: Known
    rolled: Rolled
    reliability: Mapping[str, Reliability]
    predictions: tuple[PredictionRow, ...]
    given_standards: tuple[PredictionRow, ...]
    movements: Mapping[str, tuple[float, float]]
    recovered: tuple[Recovered, ...]


def series_outcome(
    settings: CalibrationSettings,
    responses: Responses,
    start: int,
    inputs: Inputs,
    watch: Progress,
) -> SeriesOutcome:
    """Fit to the whole window, roll over its origins, predict with intervals that held there.

    ``start``: calendar month of the run's month 1; ``inputs``: what rivals are told of a period.
    """
    scale = parameter_transform(settings.free)
    watch.start(1 + len(origins_of(settings)), "forecasting from every origin")
    known = fit_known(settings, settings.targets, scale, responses)
    watch.advance(1)
    rolled = roll(
        settings,
        start,
        lambda targets: fit_known(settings, targets, scale, responses),
        inputs,
        watch,
    )
    watch.finish()
    rolled = with_published(rolled)
    reliability = {
        name: reliability_of(name, rolled.errors[PUBLISHED], settings.level)
        for name, target in settings.targets.items()
        if isinstance(target, SeriesTarget)
    }
    rows: dict[str, list[PredictionRow]] = {"predicted": [], "actual": []}
    movements: dict[str, tuple[float, float]] = {}
    for owner, item in settings.predictions.items():
        if not isinstance(item, SeriesPrediction):
            continue
        partner = rolled.partners.get(item.target)
        other = None if partner is None else _rival(partner, inputs)
        own, movement = _forecast(owner, settings, item, known, other)
        found = _rows(owner, settings, item, own, reliability[item.target])
        rows[item.standards] += found
        movements.setdefault(item.target, movement)
    return SeriesOutcome(
        known,
        rolled,
        reliability,
        tuple(rows["predicted"]),
        tuple(rows["actual"]),
        movements,
        planted_recovery(settings, scale, responses),
    )


def reliability_of(target: str, errors: tuple[ForecastError, ...], level: float) -> Reliability:
    """Widening of a series by its rolling origins."""
    own = [error for error in errors if error.target == target]
    first, later = split_origins(own)
    tried = widening([e for e in own if e.origin in first], level)
    held = coverage([e for e in own if e.origin in later], tried)
    every = widening(own, level)
    return Reliability(target, tried, held, {g: max(tried[g], every[g]) for g in every})


def with_published(rolled: Rolled) -> Rolled:
    """``rolled`` with what is published among the forecasters: the model, or an average."""
    published: list[ForecastError] = []
    partners: dict[str, str] = {}
    for name in dict.fromkeys(error.target for error in rolled.errors[MODEL]):
        own = {f: [e for e in es if e.target == name] for f, es in rolled.errors.items()}
        partner = partner_of(own, MODEL)
        if partner is None:
            published += own[MODEL]
            continue
        partners[name] = partner
        published += averaged(own[MODEL], own[partner])
    return Rolled({PUBLISHED: tuple(published), **rolled.errors}, partners)


def _forecast(
    owner: str,
    settings: CalibrationSettings,
    item: SeriesPrediction,
    known: Known,
    partner: Forecaster | None,
) -> tuple[tuple[F8, F8, F8], tuple[float, float]]:
    """Point and bounds of a prediction before widening, and how much of the movement was seen.

    Where the forecast is averaged with a rival, every variant moves by what the headline does, so
    that a policy's effect stays whole.
    """
    target = settings.targets[item.target]
    assert isinstance(target, SeriesTarget)
    labels = periods(f"predictions.{owner}", item.span, target.frequency)
    found = forecast_series(known, item.target, labels, Variant(item.policy, item.standards))
    numbers = (found.values, found.low, found.high)
    if partner is not None:
        headline = forecast_series(known, item.target, labels)
        seen = known.evidence[item.target]
        shift = shift_to(headline.values, partner(seen, labels, target))
        middle, low, high = (shifted(number, shift) for number in numbers)
        numbers = (middle, low, high)
    return numbers, (found.movement, found.movement_sd)


def _rival(name: str, inputs: Inputs) -> Forecaster:
    """What a rival says of later periods, from the whole window."""

    def forecast(seen: Moments, labels: tuple[str, ...], target: SeriesTarget) -> F8:
        numbers, later = (
            np.array([period_number(label, target.frequency) for label in some])
            for some in (seen.labels, labels)
        )
        return RIVALS[name](past_of(seen.values, numbers, later - numbers[-1], inputs))

    return forecast


def _rows(
    owner: str,
    settings: CalibrationSettings,
    item: SeriesPrediction,
    numbers: tuple[F8, F8, F8],
    reliable: Reliability,
) -> list[PredictionRow]:
    """Rows of one prediction, widened by its horizon."""
    target = settings.targets[item.target]
    assert isinstance(target, SeriesTarget)
    labels = periods(f"predictions.{owner}", item.span, target.frequency)
    last = read_series(f"targets.{item.target}", target).labels[-1]
    steps = period_places((last, *labels), target.frequency)
    horizons = (steps[1:] - steps[0]).astype(int)
    factors = np.array([factor_at(reliable.used, int(h)) for h in horizons])
    low, high = widened(*numbers, factors)
    return [
        PredictionRow(
            owner=owner,
            names=names_of(owner, settings, label),
            label=label,
            prediction=float(numbers[0][i]),
            ci_low=float(low[i]),
            ci_high=float(high[i]),
        )
        for i, label in enumerate(labels)
    ]
