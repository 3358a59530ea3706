"""What forecasts ask for: worlds on demand, and the one scenario in which they run."""

from collections.abc import Mapping
from typing import Protocol

from simulator.calibrate.data.moments import Observation
from simulator.macro import Scenario, load_scenario
from simulator.reading.periods import month_number
from simulator.request import ExperimentRequest
from simulator.vocabulary import REFERENCE


class Worlds(Protocol):
    """Whatever simulates one world."""

    def observe(
        self, values: Mapping[str, float], seed: int, policy: str = REFERENCE, threads: int = 0
    ) -> Observation:
        """The world of ``seed`` with these parameters under a policy."""
        ...

    def seed_of(self, world: int) -> int:
        """Seed of world number ``world``; those from ``settings.seeds`` on saw no fit."""
        ...


def scenario_of(request: ExperimentRequest) -> tuple[Scenario, int]:
    """The run's only scenario, and the number of its month 0 (months since year 0)."""
    ((name, settings),) = request.scenarios.items()
    scenario = load_scenario(
        name,
        settings,
        request.run.timeline.horizon,
        request.book.regions,
        request.run.start_month,
        request.table_folders,
    )
    return scenario, month_number(scenario.start_month) - 1
