"""What the fit report shows, as plain numbers: anybody can fill it, nothing is simulated here.

Numbers seen, simulated and predicted are fractions; parameters are in their own units.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import isfinite, nan, sqrt
from typing import Final

from simulator.settings import LanguageCode

PINNED: Final = 0.5
"""Share of what is known that must come from the data for a parameter to count as pinned down."""
MEETS: Final = 2.0
"""Standard errors within which a number counts as met."""
MODEL: Final = "model"
"""Forecaster of a backtest that is the calibrated model; the others are its rivals."""
_DATE: Final = re.compile(r"(\d{4})(?:Q([1-4])|-(\d\d))")


@dataclass(frozen=True, slots=True)
class FittedParameter:
    """One parameter; ``information`` is the share of what is known that comes from the data.

    ``place_*`` are positions between the bounds on the scale of the search, 0 to 1;
    ``by_seed`` what each simulated world alone would have given.
    """

    name: str
    low: float
    high: float
    start: float
    estimate: float
    se: float
    ci_low: float
    ci_high: float
    information: float
    scale: str = "linear"
    prior_mean: float | None = None
    prior_sd: float | None = None
    prior_source: str = ""
    place: tuple[float, float, float] = (0.5, 0.0, 1.0)
    """Estimate and its interval between the bounds."""
    place_start: float = 0.5
    place_by_seed: tuple[float, ...] = ()

    @property
    def is_pinned(self) -> bool:
        """Whether the data, rather than prior and bounds, decide it."""
        return self.information >= PINNED


@dataclass(frozen=True, slots=True)
class FittedNumber:
    """One number of a target, seen and simulated, with their errors; fractions.

    ``z`` is simulated less observed over the errors of sampling and simulation together;
    ``discrepancy_sd`` is what the model is taken not to explain.
    """

    target: str
    label: str
    observed: float
    sampling_se: float
    simulated: float
    simulation_se: float
    discrepancy_sd: float
    z: float

    @property
    def half_band(self) -> float:
        """Half the width of the model's band: two errors of simulation and model together."""
        return MEETS * sqrt(self.simulation_se**2 + self.discrepancy_sd**2)


@dataclass(frozen=True, slots=True)
class Predicted:
    """One prediction with its interval: ``label`` is a date or a name within its ``group``."""

    group: str
    label: str
    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Trial:
    """One forecast of a backtest beside what was seen, by the model or a rival."""

    backtest: str
    target: str
    label: str
    seen: float
    forecaster: str
    value: float
    low: float
    high: float

    @property
    def group(self) -> str:
        """What belongs into one panel."""
        return f"{self.target}, {self.backtest}"

    @property
    def place(self) -> tuple[str, str, str]:
        """The number that is forecast."""
        return self.backtest, self.target, self.label

    @property
    def miss(self) -> float:
        """Forecast less seen; NaN where either is not known."""
        return self.value - self.seen

    @property
    def is_covered(self) -> bool:
        """Whether the interval holds what was seen."""
        return self.low <= self.seen <= self.high


@dataclass(frozen=True, slots=True)
class Score:
    """How a forecaster did: root mean square error (fraction) and share of intervals that held.

    ``model_error`` is the model's on the same ``n`` numbers.
    """

    forecaster: str
    n: int
    error: float
    model_error: float
    coverage: float


@dataclass(frozen=True, slots=True)
class FitReport:
    """Everything that the page shows.

    ``correlations`` are those of the estimates' errors, a row a parameter; ``kinds`` tells each
    target's kind; ``provenance`` holds sections of names and values; ``facts`` a few words for the
    head of the page.
    """

    label: str
    story: str
    level: float
    parameters: Sequence[FittedParameter]
    numbers: Sequence[FittedNumber]
    correlations: Sequence[Sequence[float]]
    kinds: dict[str, str]
    predictions: Sequence[Predicted] = ()
    backtests: Sequence[Trial] = ()
    warnings: Sequence[str] = ()
    facts: Sequence[str] = ()
    provenance: Sequence[tuple[str, Sequence[tuple[str, str]]]] = ()
    configuration: str = ""
    language: LanguageCode = "en"

    @property
    def targets(self) -> tuple[str, ...]:
        """Names of the targets, in order."""
        return tuple(dict.fromkeys(number.target for number in self.numbers))

    def numbers_of(self, target: str) -> list[FittedNumber]:
        """Numbers of a target."""
        return [number for number in self.numbers if number.target == target]

    def misfit(self, target: str) -> float:
        """Root mean square of ``z`` of a target."""
        return root_mean_square(number.z for number in self.numbers_of(target))

    def scores(self) -> list[Score]:
        """How the model and its rivals did over all backtests, the model first."""
        names = dict.fromkeys(row.forecaster for row in self.backtests)
        own = {row.place: row.miss for row in self.backtests if row.forecaster == MODEL}
        found = []
        for name in sorted(names, key=lambda name: name != MODEL):
            rows = [r for r in self.backtests if r.forecaster == name and isfinite(r.miss)]
            banded = [r for r in rows if isfinite(r.low) and isfinite(r.high)]
            if rows:
                found.append(
                    Score(
                        forecaster=name,
                        n=len(rows),
                        error=root_mean_square(r.miss for r in rows),
                        model_error=root_mean_square(own.get(r.place, nan) for r in rows),
                        coverage=sum(r.is_covered for r in banded) / len(banded) if banded else nan,
                    )
                )
        return found


def root_mean_square(values: Iterable[float]) -> float:
    """Root of the mean of squares of those that are known; NaN if none is."""
    known = [value for value in values if isfinite(value)]
    return sqrt(sum(v * v for v in known) / len(known)) if known else nan


def as_year(label: str) -> float | None:
    """Middle of ``2008Q1`` or ``2008-01`` in years; None where ``label`` is not a date."""
    found = _DATE.fullmatch(label)
    if found is None:
        return None
    year, quarter, month = found.groups()
    if quarter:
        return int(year) + (int(quarter) - 0.5) / 4.0
    return int(year) + (int(month) - 0.5) / 12.0
