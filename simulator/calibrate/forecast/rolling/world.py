"""What the run's economy gives the forecasters: the rivals' inputs, and whose standards follow."""

from dataclasses import replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from simulator.calibrate.forecast.rolling.origins import Inputs
from simulator.calibrate.forecast.worlds import scenario_of
from simulator.reading.periods import MONTHS_A_QUARTER, QUARTERS_A_YEAR
from simulator.request import ExperimentRequest

F8 = NDArray[np.float64]


def with_standards(
    request: ExperimentRequest, after: Literal["predicted", "actual"] | str
) -> ExperimentRequest:
    """``request`` with lenders' standards after the window predicted, or as the survey had them.

    A scenario without a survey stays as it is.
    """
    scenarios = {
        name: item
        if item.standards is None
        else item.model_copy(
            update={"standards": item.standards.model_copy(update={"after": after})}
        )
        for name, item in request.scenarios.items()
    }
    return replace(request, scenarios=scenarios)


def told_to_rivals(request: ExperimentRequest) -> Inputs:
    """Quarter's number to unemployment, its change over a year and lenders' standards, fractions.

    From the run's own central path, so that rivals know what the model knows. Before the run, as
    in its month 0.
    """
    scenario, opening = scenario_of(request)

    def mean(variable: str, quarter: int) -> float:
        first = MONTHS_A_QUARTER * quarter - opening
        rows = np.clip(np.arange(first, first + MONTHS_A_QUARTER), 0, scenario.horizon)
        return float(scenario.central[variable][rows].mean())

    def inputs(quarter: int) -> F8:
        now = mean("unemployment_rate", quarter)
        before = mean("unemployment_rate", quarter - QUARTERS_A_YEAR)
        return np.array([now, now - before, mean("lending_standards", quarter)])

    return inputs
