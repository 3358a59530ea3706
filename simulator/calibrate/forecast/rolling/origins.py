"""Every quarter of the later window as a date at which the rest was not known yet."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulator.calibrate.data.series import Series, read_series
from simulator.calibrate.data.windows import until
from simulator.calibrate.forecast.rolling.coverage import ForecastError
from simulator.calibrate.forecast.rolling.forecasters import RIVALS, Past
from simulator.calibrate.forecast.rolling.model import Known, forecast_series
from simulator.calibrate.settings import CalibrationSettings, SeriesTarget, Target
from simulator.progress import Progress
from simulator.reading.periods import MONTHS_OF, period_number

F8 = NDArray[np.float64]
I8 = NDArray[np.int64]

HORIZONS: Final = 12
"""Most periods ahead."""
FIRST_SHARE: Final = 1.0 / 3.0
"""Share of the window that is known at the first origin."""
LEAST_KNOWN: Final = 12
"""Least periods known at the first origin."""
MODEL: Final = "model"
"""The calibrated model among the forecasters."""
PUBLISHED: Final = "forecast"
"""What the predictions are made by: the model, or its average with a rival."""

Inputs = Callable[[int], F8]
"""Number of a period to the model's inputs in it: unemployment, its yearly change, standards."""
FitAt = Callable[[Mapping[str, Target]], Known]


@dataclass(frozen=True, slots=True)
class Rolled:
    """Errors of every forecaster by name; ``partners``: rivals that series are averaged with."""

    errors: Mapping[str, tuple[ForecastError, ...]]
    partners: Mapping[str, str] = field(default_factory=dict)

    def rmse(self, forecaster: str, target: str, horizons: tuple[int, int]) -> float:
        """Root mean square error of horizons first to last, fraction; NaN without any."""
        missed = [
            e.prediction - e.seen
            for e in self.errors[forecaster]
            if e.target == target and horizons[0] <= e.horizon <= horizons[1]
        ]
        return float(np.sqrt(np.mean(np.square(missed)))) if missed else float("nan")


def roll(
    settings: CalibrationSettings, start: int, fit_at: FitAt, inputs: Inputs, watch: Progress
) -> Rolled:
    """Forecast from every origin of the series targets of ``settings``.

    ``start``: calendar month of the run's month 1. At origin o whatever was known up to o less a
    target's embargo is fitted to, and o + 1 .. o + 12 are forecast. In the window all forecasters
    are given the actual economy, standards included.
    """
    series = _series(settings)
    seen = {name: read_series(f"targets.{name}", target) for name, target in series.items()}
    errors: dict[str, list[ForecastError]] = {MODEL: [], **{name: [] for name in RIVALS}}
    embargo = max(target.embargo for target in series.values())
    length = MONTHS_OF[next(iter(series.values())).frequency]
    for origin in origins_of(settings):
        known = fit_at(until(settings, (origin - embargo + 1) * length - 1, start))
        for name in (n for n in series if n in known.evidence):
            for forecaster, found in _from(origin, name, series[name], seen[name], known, inputs):
                errors[forecaster] += found
        watch.advance(1)
    return Rolled({name: tuple(found) for name, found in errors.items()})


def _series(settings: CalibrationSettings) -> dict[str, SeriesTarget]:
    return {n: t for n, t in settings.targets.items() if isinstance(t, SeriesTarget)}


def _from(
    origin: int, name: str, target: SeriesTarget, seen: Series, known: Known, inputs: Inputs
) -> Iterator[tuple[str, list[ForecastError]]]:
    """Errors of every forecaster of one series from one origin."""
    numbers = np.array([period_number(label, target.frequency) for label in seen.labels])
    ahead = np.flatnonzero((numbers > origin) & (numbers <= origin + HORIZONS))
    past = np.flatnonzero(numbers <= origin - target.embargo)
    if ahead.size == 0:
        return
    found = forecast_series(known, name, tuple(seen.labels[i] for i in ahead))
    made = {MODEL: (found.values, found.low, found.high)}
    steps = numbers[ahead] - numbers[past][-1]
    told = past_of(seen.values[past], numbers[past], steps, inputs)
    made |= {rival: (values,) * 3 for rival, f in RIVALS.items() for values in (f(told),)}
    for forecaster, (middle, low, high) in made.items():
        yield (
            forecaster,
            [
                ForecastError(
                    target=name,
                    origin=int(origin),
                    horizon=int(numbers[place] - origin),
                    seen=float(seen.values[place]),
                    prediction=float(middle[i]),
                    ci_low=float(low[i]),
                    ci_high=float(high[i]),
                )
                for i, place in enumerate(ahead)
            ],
        )


def past_of(rates: F8, numbers: I8, steps: I8, inputs: Inputs) -> Past:
    """What the rivals get; periods that are masked are left out of the rates only."""
    rows = np.stack([inputs(int(number)) for number in numbers])
    later = np.stack([inputs(int(numbers[-1] + step)) for step in steps])
    return Past(rates, rows, steps, later)


def origins_of(settings: CalibrationSettings) -> tuple[int, ...]:
    """Numbers of the periods from which forecasts are made, ascending."""
    series = _series(settings)
    numbers = sorted(
        {
            period_number(label, target.frequency)
            for name, target in series.items()
            for label in read_series(f"targets.{name}", target).labels
        }
    )
    embargo = max(target.embargo for target in series.values())
    first = max(LEAST_KNOWN, round(FIRST_SHARE * len(numbers))) + embargo
    return tuple(numbers[first - 1 : -1])
