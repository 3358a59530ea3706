"""The files of a case of series: forecasts given standards, rolling origins, reliability."""

from collections.abc import Mapping
from typing import Final

from simulator.calibrate.forecast.predict import PredictionRow
from simulator.calibrate.forecast.rolling.averaging import MOST_RATIO, NAMED_HORIZONS
from simulator.calibrate.forecast.rolling.forecasters import LOGIT, RIVALS, TREND
from simulator.calibrate.forecast.rolling.origins import MODEL, PUBLISHED
from simulator.calibrate.forecast.rolling.outcome import Reliability, SeriesOutcome
from simulator.calibrate.settings import CalibrationSettings, SeriesTarget
from simulator.reading.periods import period_text
from simulator.results.table import Number, csv_text

GIVEN_NAME: Final = "predictions_given_standards.csv"
"""Predictions that are given the survey's own answers in the months that they predict."""
ROLLING_NAME: Final = "rolling.csv"
RELIABILITY_NAME: Final = "reliability.csv"
SERIES_NAMES: Final = (GIVEN_NAME, ROLLING_NAME, RELIABILITY_NAME)
SPANS: Final = ((1, 2), (4, 8), (9, 12), (4, 12))
"""Horizons whose errors are told together."""
_SIX_DIGITS: Final = ".6g"
_USELESS: Final = 1.0
"""An interval wider than its prediction says little more than that the number is positive."""


def series_texts(settings: CalibrationSettings, found: SeriesOutcome) -> dict[str, str]:
    """Every file by name; percent, but factors, shares of intervals and effective numbers."""
    texts = {
        ROLLING_NAME: _rolling(settings, found),
        RELIABILITY_NAME: _reliability(found.reliability),
    }
    if found.given_standards:
        header = (*settings.prediction_columns, "prediction", "ci_low", "ci_high")
        rows = [_row(row) for row in found.given_standards]
        texts[GIVEN_NAME] = csv_text(header, rows, _SIX_DIGITS)
    return texts


def _row(row: PredictionRow) -> list[str | Number]:
    return [*row.names, 100.0 * row.prediction, 100.0 * row.ci_low, 100.0 * row.ci_high]


def _rolling(settings: CalibrationSettings, found: SeriesOutcome) -> str:
    """A line an origin and horizon: what was seen, the model's forecast, each rival's."""
    lines: dict[tuple[str, int, int], list[str | Number]] = {}
    for forecaster in (PUBLISHED, MODEL, *RIVALS):
        for e in found.rolled.errors[forecaster]:
            target = settings.targets[e.target]
            assert isinstance(target, SeriesTarget)
            key = (e.target, e.origin, e.horizon)
            origin = period_text(e.origin, target.frequency)
            line = lines.setdefault(key, [e.target, origin, e.horizon, 100.0 * e.seen])
            line.append(100.0 * e.prediction)
            if forecaster == PUBLISHED:
                line += [100.0 * e.ci_low, 100.0 * e.ci_high]
    rivals = [name.replace(" ", "_") for name in RIVALS]
    header = ("target", "origin", "horizon", "seen", PUBLISHED, "ci_low", "ci_high", MODEL, *rivals)
    return csv_text(header, lines.values(), _SIX_DIGITS)


def _reliability(found: Mapping[str, Reliability]) -> str:
    """A line a series and horizon group."""
    header = (
        "target",
        "horizons",
        "widening_tried",
        "held_later",
        "effective_number",
        "held_low",
        "held_high",
        "widening_used",
    )
    rows: list[list[str | Number]] = []
    for name, reliable in found.items():
        held = {item.group: item for item in reliable.held}
        for group, factor in reliable.tried.items():
            told = held.get(group)
            numbers = (
                [float("nan")] * 4
                if told is None
                else [told.held, told.effective, told.low, told.high]
            )
            span = f"{group[0]}-{group[1]}"
            rows.append([name, span, factor, *numbers, reliable.used[group]])
    return csv_text(header, rows, _SIX_DIGITS)


def series_manifest(settings: CalibrationSettings, found: SeriesOutcome) -> dict[str, object]:
    """What fit.json tells of rolling origins: fractions, factors, the model's movement."""
    return {
        "rmse": {
            name: {
                forecaster: {
                    f"{first}-{last}": _finite(found.rolled.rmse(forecaster, name, (first, last)))
                    for first, last in SPANS
                }
                for forecaster in (PUBLISHED, MODEL, *RIVALS)
            }
            for name in found.reliability
        },
        "named_beforehand": {"1-2": TREND, "4-12": LOGIT},
        "movement": {
            name: {"more_than_the_model": mean, "sd": sd}
            for name, (mean, sd) in found.movements.items()
        },
        "averaged_with": dict(found.rolled.partners),
        "recovered": [
            {"world": r.world, "parameter": r.parameter, "z": r.z} for r in found.recovered
        ],
        "free_constants": len(settings.free),
    }


def _finite(number: float) -> float | None:
    return number if number == number else None


def series_warnings(found: SeriesOutcome) -> tuple[str, ...]:
    """What a reader of the predictions has to know first."""
    told = []
    for name in found.reliability:
        own, logit = (found.rolled.rmse(who, name, NAMED_HORIZONS) for who in (MODEL, LOGIT))
        if own > MOST_RATIO * logit:
            told.append(
                f"target {name}: from rolling origins the model errs by {own:.2%} at 4 to 12"
                f" periods, the {LOGIT} by {logit:.2%}"
            )
        if name in found.rolled.partners:
            told.append(
                f"target {name}: predictions are averages of the model and the"
                f" {found.rolled.partners[name]}"
            )
    wide = [
        row
        for row in found.predictions
        if row.ci_high - row.ci_low > _USELESS * max(row.prediction, 1e-9)
    ]
    if wide:
        told.append(
            f"{len(wide)} of {len(found.predictions)} intervals are wider than their prediction:"
            " they say little more than that the number is positive"
        )
    return tuple(told)
