"""From a request to its simulation: book, worlds, levers, tallies; nothing is written."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from simulator.block_names import BLOCKS
from simulator.book import build_book
from simulator.engine import BlockStore, Runner, simulate
from simulator.engine_settings import EngineSettings
from simulator.macro import draw_macro_paths
from simulator.needs import Beside, check_needs, needs_of
from simulator.packing import pack
from simulator.planning import first_look, look_at, most_paths, paths_after, plan_lines
from simulator.preparation import (
    calm_before,
    check_opening,
    lever_tables,
    load_scenarios,
    most_growth,
    risk_cells,
    with_run_off,
    world_builders,
)
from simulator.products import products_of
from simulator.progress import Progress, Silent
from simulator.request import ExperimentRequest
from simulator.settling import compile_for, donor_source
from simulator.simulated import Simulated, simulation_output
from simulator.suitability import suitability_warnings
from simulator.validation import UserError

if TYPE_CHECKING:
    from simulator.results.precision import Reached


def simulate_request(
    request: ExperimentRequest,
    progress: Progress | None = None,
    output: Path | None = None,
    beside: Sequence[Beside] = (),
) -> Simulated:
    """Book, worlds and simulation of ``request``; ``beside``: what will be simulated of it later.

    Nothing is written but blocks of paths into the folder ``output``, which the caller holds; those
    that are there are taken. Refused before the first path where memory is too small, or the disk.

    Raises ``UserError`` for anything that the user can mend.
    """
    with products_of(request.products):
        return _simulate(request, progress, output, beside)


def _simulate(
    request: ExperimentRequest,
    progress: Progress | None,
    output: Path | None,
    beside: Sequence[Beside],
) -> Simulated:
    began, watch, run = datetime.now(UTC), progress or Silent(), request.run
    calm = calm_before(request)
    store = BlockStore(output / BLOCKS) if output is not None else None
    runner = runner_of(request, store)
    compile_for(request.book, request.parameters, request.reference, request.provision, watch)

    watch.start(len(request.scenarios) + 1, "book and scenarios")
    growth = most_growth(request)
    book = build_book(request.book, run, request.parameters, donor_source(calm), growth)
    check_opening(book)
    watch.advance(1)
    request = with_run_off(request, book)
    run = first_look(request.run)
    scenarios = load_scenarios(request, book, watch.advance)
    levers = lever_tables(request, book)
    cells = risk_cells(request, book)
    packed = pack(book, request.parameters, cells)
    watch.finish()
    largest = replace(request, run=run.model_copy(update={"paths": most_paths(run)}))
    place = check_needs(largest, needs_of(largest, book, packed, beside), output, watch)
    request, run = without_limit(request), run.model_copy(update={"most_memory": None})
    for line in plan_lines(run):
        watch.tell(line)

    warnings = suitability_warnings(request, book, scenarios)
    started, simulation = perf_counter(), None
    looked: tuple[Reached, ...] = ()
    while True:
        paths = {name: draw_macro_paths(scenario, run) for name, scenario in scenarios.items()}
        worlds = world_builders(request, book, paths)
        known = 0 if simulation is None else simulation.tallies.n_paths
        watch.start((run.paths - known) * len(worlds) * len(levers), "simulating paths")
        simulation = simulate(
            packed,
            worlds,
            levers,
            run,
            watch.advance,
            earlier=simulation,
            store=store,
            room=place.room if place.in_blocks else None,
            runner=runner,
        )
        watch.finish()
        finished = simulation_output(
            replace(request, run=run), book, cells, scenarios, paths, simulation, warnings
        )
        if not run.precision:
            break
        looked = look_at(finished)
        more = paths_after(looked, run)
        if more == run.paths:
            break
        run = run.model_copy(update={"paths": more})
    seconds = perf_counter() - started
    if store is not None and store.reused:
        watch.tell(f"{store.reused} blocks of paths were there, {store.made} were made")
    return Simulated(
        finished, simulation, packed, worlds, seconds, began, looked, store, drawn=paths
    )


def without_limit(request: ExperimentRequest) -> ExperimentRequest:
    """``request`` whose memory has been looked at: small runs beside it have no limit of theirs."""
    return replace(request, run=request.run.model_copy(update={"most_memory": None}))


def runner_of(request: ExperimentRequest, store: BlockStore | None) -> Runner | None:
    """What runs the paths in place of this process's threads; None where these do."""
    settings = request.section("engine", EngineSettings)
    if settings.kind == "local":
        return None
    if store is None:
        raise UserError("engine=dask needs an output folder, where workers leave their blocks")
    from simulator.engine.on_dask import DaskRunner, check_engine

    check_engine(settings)
    return DaskRunner(settings)
