"""How severe a scenario is: its worst quarter and fastest year, against history where there is one.

Quarters are means of three months from month 1 on. Without a history, the yardstick is the model's
own: long-run means and the stationary spread of the scenario's deviations.
"""

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from simulator.elementary import log_odds
from simulator.macro.scenario import Scenario
from simulator.macro.variables import DEVIATING_VARIABLES, LOGIT_VARIABLES, MACRO_VARIABLES
from simulator.reading.periods import (
    MONTHS_A_QUARTER,
    QUARTERS_A_YEAR,
    Months,
    quarter_name,
)
from simulator.settings import MacroDeviation

F8 = NDArray[np.float64]

LEAST_QUARTERS: Final = 8
"""Of history, to speak of a spread of quarters or of yearly changes (assumption)."""

ROUNDING: Final = 1e-9
"""Quarters this close are equal: means of smoothed months carry rounding errors."""

WORSE: Final = {
    "unemployment_rate": 1,
    "income_growth": -1,
    "inflation": 0,
    "policy_rate": 0,
    "credit_supply": -1,
}
"""The worse direction of each variable that is compared; 0: away from the mean on either side,
since high and low rates both hurt somebody (assumption)."""

Yardstick = Literal["history", "model"]


@dataclass(frozen=True, slots=True)
class VariableSeverity:
    """One variable's worst quarter and largest change within a year.

    ``worst``, ``mean`` and ``change`` are in the variable's unit; ``distance`` and
    ``change_distance`` in standard deviations of quarters and of yearly changes (for the model's
    yardstick of a rate on the logit scale: in those of its logit), None where there is no spread.
    ``quantile``: share of history's quarters that are no higher; ``last_as_bad``: the last quarter
    of history that was; both None without a history, and the latter if there was none.
    """

    variable: str
    yardstick: Yardstick
    worst_quarter: int
    worst: float
    mean: float
    distance: float | None
    quantile: float | None
    last_as_bad: str | None
    change: float
    change_distance: float | None
    history_quarters: int


def severity_of(scenario: Scenario) -> tuple[VariableSeverity, ...]:
    """Severity of every compared variable that the scenario's table gives."""
    history = scenario.history
    first_months, observed = history.by_quarter() if history else (None, {})
    found: list[VariableSeverity] = []
    for name in scenario.driven:
        if name not in WORSE:
            continue
        path = quarters_of(scenario.central[name])
        past = observed.get(name, np.empty(0))
        known = np.isfinite(past)
        if first_months is not None and known.sum() >= LEAST_QUARTERS:
            found.append(_against_history(name, path, past, first_months))
        elif name in DEVIATING_VARIABLES:
            found.append(_against_model(name, path, scenario.deviation))
    return tuple(found)


def quarters_of(central: F8) -> F8:
    """Month 0, then the means of the quarters from month 1 on; a last part counts as a quarter."""
    starts = np.arange(1, central.size, MONTHS_A_QUARTER)
    means = [central[start : start + MONTHS_A_QUARTER].mean() for start in starts]
    return np.array([central[0], *means])


def _against_history(name: str, path: F8, past: F8, first_months: Months) -> VariableSeverity:
    known = past[np.isfinite(past)]
    mean, spread = float(known.mean()), float(known.std(ddof=1))
    worst, side = _worst(path, mean, WORSE[name])
    value = float(path[worst])
    # NaN compares as false: a blank quarter was never as bad.
    as_bad = np.flatnonzero(side * past >= side * value - ROUNDING)
    yearly = past[QUARTERS_A_YEAR:] - past[:-QUARTERS_A_YEAR]
    yearly = yearly[np.isfinite(yearly)]
    change = _largest_change(path, WORSE[name])
    return VariableSeverity(
        variable=name,
        yardstick="history",
        worst_quarter=worst,
        worst=value,
        mean=mean,
        distance=_over(value - mean, spread),
        quantile=float((known <= value + ROUNDING).mean()),
        last_as_bad=quarter_name(first_months[as_bad[-1]]) if as_bad.size else None,
        change=change,
        change_distance=_over(change, float(yearly.std(ddof=1)) if yearly.size > 1 else 0.0),
        history_quarters=int(known.size),
    )


def _against_model(name: str, path: F8, deviation: MacroDeviation) -> VariableSeverity:
    variable = MACRO_VARIABLES[name]
    mean = variable.default if variable.long_run is None else variable.long_run
    spread, yearly = _stationary_spreads(deviation, DEVIATING_VARIABLES.index(name))
    worst, _ = _worst(path, mean, WORSE[name])
    # A rate of exactly 0 has no logit; a hundredth of a percent stands for it.
    scaled = log_odds(np.maximum(path, 1e-4)) if name in LOGIT_VARIABLES else path
    centre = float(log_odds(mean)) if name in LOGIT_VARIABLES else mean
    return VariableSeverity(
        variable=name,
        yardstick="model",
        worst_quarter=worst,
        worst=float(path[worst]),
        mean=mean,
        distance=_over(float(scaled[worst]) - centre, spread),
        quantile=None,
        last_as_bad=None,
        change=_largest_change(path, WORSE[name]),
        change_distance=_over(_largest_change(scaled, WORSE[name]), yearly),
        history_quarters=0,
    )


def _stationary_spreads(deviation: MacroDeviation, index: int) -> tuple[float, float]:
    """Standard deviation of a quarter's mean deviation, and of its change over a year."""
    persistence, volatility = deviation.persistence[index], deviation.volatility[index]
    month = volatility**2 / (1 - persistence**2)
    within = np.arange(MONTHS_A_QUARTER)
    apart = within[:, None] - within
    quarter = month * float((persistence ** np.abs(apart)).mean())
    year = QUARTERS_A_YEAR * MONTHS_A_QUARTER
    together = month * float((persistence ** (year + apart)).mean())
    return float(np.sqrt(quarter)), float(np.sqrt(2 * (quarter - together)))


def _worst(path: F8, mean: float, worse: int) -> tuple[int, int]:
    """Number of the worst quarter (from 1) and the side of the mean that is worse there."""
    quarters = path[1:]
    score = worse * quarters if worse else np.abs(quarters - mean)
    worst = int(np.argmax(score)) + 1
    return worst, worse or (1 if path[worst] >= mean else -1)


def _largest_change(path: F8, worse: int) -> float:
    """Largest change for the worse between two quarters at most a year apart; 0 if there is none.

    The opening counts as the quarter before the first; without a worse direction, either counts.
    """
    changes = np.concatenate(
        [path[lag:] - path[:-lag] for lag in range(1, min(QUARTERS_A_YEAR, path.size - 1) + 1)]
    )
    score = worse * changes if worse else np.abs(changes)
    largest = int(np.argmax(score))
    return float(changes[largest]) if score[largest] > 0 else 0.0


def _over(distance: float, spread: float) -> float | None:
    return distance / spread if spread > 0 else None
