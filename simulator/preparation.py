"""From a request to what the engine runs: scenarios, worlds, levers, risk cells."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from simulator.book.schema import Book
from simulator.engine import Simulation, WorldBuilder
from simulator.levers import LeverTable
from simulator.macro import MacroPaths, Scenario, load_scenario
from simulator.macro.history import SHOWN_VARIABLES
from simulator.macro.severity import severity_of
from simulator.packing import Packed
from simulator.policies import levers_for
from simulator.provision import RiskCellTable, build_risk_cells
from simulator.request import ExperimentRequest
from simulator.results.inputs import ScenarioInfo, SimulationOutput
from simulator.shocks import build_world
from simulator.timeline import Timeline
from simulator.validation import UserError


@dataclass(frozen=True, slots=True)
class Simulated:
    """A request's simulation: tallies and histories, with what they came from.

    ``seconds`` is the time of the simulation itself.
    """

    output: SimulationOutput
    simulation: Simulation
    packed: Packed
    worlds: Mapping[str, WorldBuilder]
    seconds: float


def load_scenarios(
    request: ExperimentRequest, book: Book, advance: Callable[[int], None]
) -> dict[str, Scenario]:
    """Every scenario on the book's regions; a ``UserError`` unless all share one calendar."""
    loaded: dict[str, Scenario] = {}
    for name, settings in request.scenarios.items():
        loaded[name] = load_scenario(
            name,
            settings,
            request.run.timeline.horizon,
            book.regions,
            request.run.start_month,
            request.table_folders,
        )
        advance(1)
    if not loaded:
        raise UserError("scenario: choose at least one")
    starts = {scenario.start_month for scenario in loaded.values()}
    if len(starts) > 1:
        found = ", ".join(f"{n} {s.start_month}" for n, s in loaded.items())
        raise UserError(f"scenario: scenarios of one run must start in the same month; got {found}")
    return loaded


def world_builders(
    request: ExperimentRequest, book: Book, paths: Mapping[str, MacroPaths]
) -> dict[str, WorldBuilder]:
    """What makes the world of some paths of each scenario."""
    return {
        name: partial(
            build_world,
            drawn,
            parameters=request.parameters,
            jurisdiction=book.jurisdiction,
            regions=book.regions,
        )
        for name, drawn in paths.items()
    }


def lever_tables(request: ExperimentRequest, book: Book) -> dict[str, LeverTable]:
    """Each policy's table, the reference's first; a ``UserError`` of a target names its policy."""
    tables: dict[str, LeverTable] = {}
    for name, policy in request.all_policies.items():
        try:
            tables[name] = levers_for(
                policy, request.reference, book.segments, request.run.timeline.horizon
            )
        except UserError as error:
            raise UserError(f"policy.{name}: {error}") from None
    return tables


def risk_cells(request: ExperimentRequest, book: Book) -> RiskCellTable | None:
    """What the rule books tell apart; None without any."""
    if not request.provision:
        return None
    return build_risk_cells(request.provision, book.segments, book.products)


def simulation_output(
    request: ExperimentRequest,
    book: Book,
    cells: RiskCellTable | None,
    scenarios: Mapping[str, Scenario],
    paths: Mapping[str, MacroPaths],
    simulation: Simulation,
) -> SimulationOutput:
    """The tallies of a finished simulation, with all that results need to know of the run."""
    run = request.run
    start = next(iter(scenarios.values())).start_month
    return SimulationOutput(
        tallies=simulation.tallies,
        macro_unemployment={n: p.by_path("unemployment_rate") for n, p in paths.items()},
        book=book,
        timeline=Timeline(start, run.months, run.runoff_months),
        scenarios=tuple(_scenario_info(scenario) for scenario in scenarios.values()),
        policies=tuple(request.all_policies),
        run=run,
        parameters=request.parameters,
        provision=request.provision,
        cells=cells,
        configuration=request.configuration,
    )


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
