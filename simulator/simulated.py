"""A request's finished simulation, with all that results need to know of the run."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from simulator.book.schema import Book
from simulator.engine import BlockStore, Simulation, WorldBuilder
from simulator.macro import MacroPaths, Scenario
from simulator.macro.history import SHOWN_VARIABLES
from simulator.macro.severity import severity_of
from simulator.packing import Packed
from simulator.provision import RiskCellTable
from simulator.request import ExperimentRequest
from simulator.results.inputs import ScenarioInfo, SimulationOutput
from simulator.settings import DecisionSettings

if TYPE_CHECKING:
    from simulator.results.precision import Reached

F8 = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Simulated:
    """A request's simulation: tallies and histories, with what they came from.

    ``seconds`` is the time of the simulation itself, with the looks between its parts; ``started``
    the moment before the book.
    """

    output: SimulationOutput
    simulation: Simulation
    packed: Packed
    worlds: Mapping[str, WorldBuilder]
    seconds: float
    started: datetime
    looked: "tuple[Reached, ...]" = ()
    """What the last look at an asked precision found; nothing without any."""
    store: BlockStore | None = None
    """Where its blocks are; None where it leaves none."""
    drawn: Mapping[str, MacroPaths] = field(default_factory=dict)
    """The economy's paths by scenario."""


def simulation_output(
    request: ExperimentRequest,
    book: Book,
    cells: RiskCellTable | None,
    scenarios: Mapping[str, Scenario],
    paths: Mapping[str, MacroPaths],
    simulation: Simulation,
    warnings: tuple[str, ...] = (),
) -> SimulationOutput:
    """The tallies of a finished simulation, with all that results need to know of the run."""
    run = request.run
    start = next(iter(scenarios.values())).start_month
    return SimulationOutput(
        tallies=simulation.tallies,
        macro_unemployment={n: p.by_path("unemployment_rate") for n, p in paths.items()},
        book=book,
        timeline=replace(run.timeline, start=start),
        scenarios=tuple(_scenario_info(scenario) for scenario in scenarios.values()),
        policies=tuple(request.all_policies),
        run=run,
        parameters=request.parameters,
        provision=request.provision,
        cells=cells,
        configuration=request.configuration,
        decision=request.section("decision", DecisionSettings),
        warnings=warnings,
        deviation=_deviation(paths.values()),
    )


def _deviation(paths: Iterable[MacroPaths]) -> F8 | None:
    """Unemployment's from month 1 in the first scenario in which it deviates, (draws, horizon).

    Scenarios share their luck, so one tells of all; None where it deviates in none.
    """
    found = (drawn.deviation[:, 1:] for drawn in paths)
    return next((deviation for deviation in found if deviation.any()), None)


def _scenario_info(scenario: Scenario) -> ScenarioInfo:
    return ScenarioInfo(
        name=scenario.name,
        label=scenario.label,
        weight=scenario.weight,
        narrative=scenario.narrative,
        source=scenario.source,
        table_sha256=scenario.table_sha256,
        warnings=scenario.warnings,
        notes=scenario.notes,
        central={name: scenario.central[name] for name in SHOWN_VARIABLES},
        history=scenario.history,
        severity=severity_of(scenario),
    )
