"""The economy in results.nc: each scenario's central path, and what was observed before it."""

from typing import Final

import numpy as np
import xarray as xr

from simulator.macro.history import SHOWN_VARIABLES
from simulator.macro.variables import MACRO_VARIABLES
from simulator.results.inputs import SimulationOutput
from simulator.results.table import FRACTION

CENTRAL: Final = "macro_central"
HISTORY: Final = "macro_history"
MACRO_UNIT: Final = "see macro_unit"

MACRO_DATA: Final = {
    CENTRAL: (
        ("scenario", "month", "macro_variable"),
        "central path of the scenario, around which paths of the economy are drawn",
    ),
    HISTORY: (
        ("scenario", "history_month", "macro_variable"),
        "observed before the run: of a quarter, the same value in its three months; NaN"
        " where a scenario has no history; the variable is absent when no scenario has one",
    ),
}
"""Dimensions and meaning of each variable."""

MACRO_COORDINATES: Final = {
    "macro_variable": (FRACTION, "macro variable"),
    "macro_unit": (FRACTION, "unit of the macro variable"),
    "history_month": ("month", "month before the run, 0 is the one before the first simulated"),
    "history_date": ("", "first day of the month of history"),
}
"""Unit and meaning of every coordinate; those of history stand only beside a history."""


def macro_variables(output: SimulationOutput) -> dict[str, xr.Variable]:
    """Central paths of the reported months and, where a scenario has one, history."""
    months = output.timeline.months
    central = np.full((len(output.scenarios), months, len(SHOWN_VARIABLES)), np.nan)
    for place, scenario in enumerate(output.scenarios):
        for index, name in enumerate(SHOWN_VARIABLES):
            if name in scenario.central:
                central[place, :, index] = scenario.central[name][1 : months + 1]
    found = {CENTRAL: _variable(CENTRAL, central)}
    numbers = _history_months(output)
    if numbers.size:
        observed = np.full((len(output.scenarios), numbers.size, len(SHOWN_VARIABLES)), np.nan)
        for place, scenario in enumerate(output.scenarios):
            if scenario.history is None:
                continue
            dates, values = scenario.history.by_month()
            at = (dates - np.datetime64(output.timeline.start, "M")).astype(int) + 1 - numbers[0]
            for name, column in values.items():
                observed[place, at, SHOWN_VARIABLES.index(name)] = column
        found[HISTORY] = _variable(HISTORY, observed)
    return found


def macro_coordinates(output: SimulationOutput) -> dict[str, tuple[str, object]]:
    """Dimension and values of ``MACRO_COORDINATES``, those of history where there is one."""
    found: dict[str, tuple[str, object]] = {
        "macro_variable": ("macro_variable", list(SHOWN_VARIABLES)),
        "macro_unit": ("macro_variable", [MACRO_VARIABLES[n].unit for n in SHOWN_VARIABLES]),
    }
    numbers = _history_months(output)
    if numbers.size:
        first = np.datetime64(output.timeline.start, "M")
        found["history_month"] = ("history_month", numbers)
        dates = (first + numbers - 1).astype("datetime64[ns]")
        found["history_date"] = ("history_month", dates)
    return found


def _history_months(output: SimulationOutput) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Months of any scenario's history without a gap, as numbers of the run's calendar (<= 0)."""
    spans = [s.history.by_month()[0] for s in output.scenarios if s.history is not None]
    if not spans:
        return np.arange(0)
    start = np.datetime64(output.timeline.start, "M")
    first = min(int((months[0] - start).astype(int)) + 1 for months in spans)
    last = max(int((months[-1] - start).astype(int)) + 1 for months in spans)
    return np.arange(first, last + 1)


def _variable(name: str, values: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> xr.Variable:
    dims, meaning = MACRO_DATA[name]
    return xr.Variable(dims, values, {"units": MACRO_UNIT, "long_name": meaning})
