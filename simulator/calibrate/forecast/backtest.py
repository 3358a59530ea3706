"""Backtests: fit to what was known at a date, predict what came after, compare with rivals.

Only targets that were known by ``fit_to`` enter the fit; macro data of the later months do enter
the prediction (it is conditional on what the economy did), for the model and its rivals alike.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from simulator.calibrate.data.moments import Evidence, Moments
from simulator.calibrate.data.panel import PanelTarget, read_panel
from simulator.calibrate.data.targets import observed
from simulator.calibrate.data.windows import between, last_month, until
from simulator.calibrate.estimate.fitted import Fit
from simulator.calibrate.forecast.benchmarks import Forecast, no_forecast
from simulator.calibrate.forecast.predict import PredictionRow
from simulator.calibrate.forecast.rivals import (
    CONSTANT,
    LAST,
    LOGIT,
    cell_rival,
    matrix_rival,
    series_rivals,
)
from simulator.calibrate.forecast.worlds import scenario_of
from simulator.calibrate.settings import (
    Backtest,
    CalibrationSettings,
    PanelPrediction,
    Prediction,
    SeriesPrediction,
    SeriesTarget,
    ShareTarget,
    Target,
)
from simulator.reading.periods import month_number, month_text
from simulator.request import ExperimentRequest
from simulator.validation import UserError

MODEL: Final = "model"
"""The calibrated model among the forecasters of a backtest."""

Refit = Callable[[CalibrationSettings, Evidence], tuple[Fit, tuple[PredictionRow, ...]]]
"""Fits to the evidence and makes the predictions of the settings."""


@dataclass(frozen=True, slots=True)
class BacktestRow:
    """One forecast beside what was seen; fractions, NaN where a rival has none."""

    backtest: str
    target: str
    label: str
    seen: float
    forecaster: str
    prediction: float
    ci_low: float
    ci_high: float


@dataclass(frozen=True, slots=True)
class BacktestScore:
    """How a forecaster did on a target; ``coverage`` is the share of its intervals that held.

    ``rmse`` and ``mean_error`` (forecast less seen) are fractions.
    """

    backtest: str
    target: str
    forecaster: str
    n: int
    rmse: float
    mean_error: float
    coverage: float


@dataclass(frozen=True, slots=True)
class BacktestResult:
    """One backtest: its forecasts, the estimates of its fit, what a reader has to know."""

    name: str
    rows: tuple[BacktestRow, ...]
    estimate: Mapping[str, float]
    warnings: tuple[str, ...]

    def scores(self) -> tuple[BacktestScore, ...]:
        """Every forecaster on every target."""
        groups: dict[tuple[str, str], list[BacktestRow]] = {}
        for row in self.rows:
            if np.isfinite(row.prediction) and np.isfinite(row.seen):
                groups.setdefault((row.target, row.forecaster), []).append(row)
        return tuple(_score(rows) for rows in groups.values())


def _score(rows: Sequence[BacktestRow]) -> BacktestScore:
    errors = np.array([row.prediction - row.seen for row in rows])
    held = [row.ci_low <= row.seen <= row.ci_high for row in rows]
    return BacktestScore(
        backtest=rows[0].backtest,
        target=rows[0].target,
        forecaster=rows[0].forecaster,
        n=len(rows),
        rmse=float(np.sqrt(np.mean(errors**2))),
        mean_error=float(errors.mean()),
        coverage=float(np.mean(held)),
    )


def check_backtests(request: ExperimentRequest, settings: CalibrationSettings) -> None:
    """``UserError`` for a backtest without anything to fit to or to predict, or read from files."""
    start = start_of_run(request)
    for name, entry in settings.backtests.items():
        for targets in _windows(name, entry, settings, start):
            observed(settings.model_copy(update={"targets": targets}))


def run_backtest(
    name: str, request: ExperimentRequest, settings: CalibrationSettings, refit: Refit
) -> BacktestResult:
    """Fit to targets cut at the backtest's ``fit_to`` and compare forecasts to ``predict_to``.

    Parameters start where ``settings`` start, never at an estimate from the whole data.
    """
    entry = settings.backtests[name]
    known, later = _windows(name, entry, settings, start_of_run(request))
    short = settings.model_copy(
        update={
            "targets": known,
            "predictions": {key: _prediction(key, target) for key, target in later.items()},
            "prediction_columns": ("item",),
            "backtests": {},
        }
    )
    evidence = observed(short)
    fit, predictions = refit(short, evidence)
    seen = observed(settings.model_copy(update={"targets": later}))
    unemployment = _unemployment(request) if _has_series(later) else {}
    rows = [
        row
        for key in later
        for row in _compare(
            name,
            seen[key],
            {row.label: row for row in predictions if row.owner == key},
            _rivals(key, entry, short, later[key], seen[key], evidence[key], unemployment),
        )
    ]
    dropped = [key for key in settings.targets if key not in known]
    warnings = [f"backtest {name}: {warning}" for warning in fit.warnings]
    if dropped:
        listed = ", ".join(dropped)
        warnings.append(f"backtest {name}: not known by {entry.fit_to} and left out: {listed}")
    return BacktestResult(name, tuple(rows), fit.estimate, tuple(warnings))


def start_of_run(request: ExperimentRequest) -> int:
    """Calendar month of the run's month 1, in months since year 0."""
    (scenario,) = request.scenarios.values()
    return month_number(scenario.start_month or request.run.start_month)


def _windows(
    name: str, entry: Backtest, settings: CalibrationSettings, start: int
) -> tuple[dict[str, Target], dict[str, Target]]:
    """Targets as known by ``fit_to``, and what came after of those that were."""
    owner = f"calibration.backtests.{name}"
    fit_to = last_month(f"{owner}.fit_to", entry.fit_to)
    predict_to = last_month(f"{owner}.predict_to", entry.predict_to)
    if predict_to <= fit_to:
        raise UserError(f"{owner}.predict_to must be after fit_to; got {entry.predict_to}")
    known = until(settings, fit_to, start)
    later = {
        key: target for key, target in between(settings, fit_to, predict_to).items() if key in known
    }
    if not later:
        raise UserError(
            f"{owner}: no target has data both until {entry.fit_to} and after it until"
            f" {entry.predict_to}"
        )
    return known, later


def _prediction(name: str, later: Target) -> Prediction:
    """The question whose answer ``later`` is."""
    if isinstance(later, SeriesTarget):
        return SeriesPrediction(kind="series", target=name, span=later.span)
    assert isinstance(later, PanelTarget)
    return PanelPrediction(kind="panel", moments=later, like=name)


def _has_series(targets: Mapping[str, Target]) -> bool:
    return any(isinstance(target, SeriesTarget) for target in targets.values())


def _unemployment(request: ExperimentRequest) -> dict[int, float]:
    """The scenario's central unemployment rate by month since year 0, fractions."""
    scenario, opening = scenario_of(request)
    path = scenario.central["unemployment_rate"]
    return {opening + month: float(rate) for month, rate in enumerate(path)}


def _rivals(
    name: str,
    entry: Backtest,
    settings: CalibrationSettings,
    later: Target,
    seen: Moments,
    window: Moments,
    unemployment: Mapping[int, float],
) -> dict[str, Forecast]:
    """Forecasts of ``seen``'s numbers by every rival that can say anything of them."""
    level = settings.level
    if isinstance(later, SeriesTarget):
        return series_rivals(later, window, seen.labels, unemployment, level)
    nothing = no_forecast(len(seen.labels))
    if isinstance(later, ShareTarget):
        panel = read_panel(later.panel, settings.panels[later.panel])
        last = month_text(last_month(f"backtests.{name}.fit_to", entry.fit_to))
        constant = matrix_rival(panel, later, last, level)
    else:
        constant = cell_rival(window, seen.labels, level)
    return {CONSTANT: constant, LAST: nothing, LOGIT: nothing}


def _compare(
    backtest: str,
    seen: Moments,
    model: Mapping[str, PredictionRow],
    rivals: Mapping[str, Forecast],
) -> Iterator[BacktestRow]:
    """Rows of one target, the model's first for each label."""
    for place, label in enumerate(seen.labels):
        value, row = float(seen.values[place]), model[label]
        numbers = {MODEL: (row.prediction, row.ci_low, row.ci_high)} | {
            rival: tuple(float(part[place]) for part in (f.values, f.low, f.high))
            for rival, f in rivals.items()
        }
        for forecaster, (middle, low, high) in numbers.items():
            yield BacktestRow(backtest, seen.name, label, value, forecaster, middle, low, high)
