"""results.nc tells the economy: central paths, and what was observed before the run."""

from dataclasses import replace

import numpy as np

from simulator.macro.history import SHOWN_VARIABLES, MacroHistory
from simulator.results.inputs import ScenarioInfo, SimulationOutput
from simulator.results.macro import macro_coordinates, macro_variables
from tests.results.outputs import output_of, zero_tallies

MONTHS, HORIZON = 3, 5


def output_with(*scenarios: ScenarioInfo) -> SimulationOutput:
    names = tuple(s.name for s in scenarios)
    tallies = {"status_quo": zero_tallies(2, HORIZON)}
    return replace(output_of(tallies, months=MONTHS, scenarios=names), scenarios=scenarios)


def quarters(first: str, *values: float) -> MacroHistory:
    months = np.datetime64(first, "M") + 3 * np.arange(len(values))
    return MacroHistory("past.csv", months, 3, {"unemployment_rate": np.array(values)})


def test_central_paths_stand_without_opening_and_run_off():
    path = np.arange(HORIZON + 1) / 100
    scenario = ScenarioInfo("a", "A", 1.0, central=dict.fromkeys(SHOWN_VARIABLES, path))
    central = macro_variables(output_with(scenario))["macro_central"]
    assert central.dims == ("scenario", "month", "macro_variable")
    np.testing.assert_array_equal(central.values[0, :, 0], [0.01, 0.02, 0.03])


def test_a_run_without_history_has_no_variable_for_it():
    output = output_with(ScenarioInfo("a", "A", 1.0))
    assert "macro_history" not in macro_variables(output)
    assert "history_date" not in macro_coordinates(output)


def test_histories_share_one_calendar_and_a_quarter_stands_for_its_months():
    output = output_with(
        ScenarioInfo("a", "A", 0.5, history=quarters("2025-07", 0.04, 0.05)),
        ScenarioInfo("b", "B", 0.3, history=quarters("2025-04", 0.06)),
        ScenarioInfo("c", "C", 0.2),
    )
    assert output.timeline.start == "2026-01"
    history = macro_variables(output)["macro_history"].values[:, :, 0]
    gap = [np.nan] * 3
    np.testing.assert_array_equal(history[0], [*gap, 0.04, 0.04, 0.04, 0.05, 0.05, 0.05])
    np.testing.assert_array_equal(history[1], [0.06, 0.06, 0.06, *gap, *gap])
    assert np.isnan(history[2]).all()
    _, numbers = macro_coordinates(output)["history_month"]
    _, dates = macro_coordinates(output)["history_date"]
    np.testing.assert_array_equal(numbers, np.arange(-8, 1))
    assert str(dates[0].astype("datetime64[D]")) == "2025-04-01"
