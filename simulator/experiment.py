"""The whole story on one screen: book, worlds, simulation, results, report."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Protocol

from simulator.book import build_book
from simulator.book.schema import Book
from simulator.break_even.question import Question, ask
from simulator.catalogue import parameters_from
from simulator.engine import (
    Simulation,
    WorldBuilder,
    compile_kernels,
    simulate,
    thread_count,
)
from simulator.levers import LeverTable
from simulator.macro import MacroPaths, Scenario, draw_macro_paths, load_scenario
from simulator.packing import Packed, pack
from simulator.policies import REFERENCE, Policy, StatusQuo, levers_for
from simulator.provision import RiskCellTable, RuleBook, build_risk_cells, check_books
from simulator.results.files import remove_results
from simulator.settings import (
    BookSettings,
    BreakEvenSettings,
    ReportSettings,
    RunSettings,
    ScenarioSettings,
)
from simulator.shocks import build_world
from simulator.timeline import Timeline
from simulator.validation import UserError

if TYPE_CHECKING:
    import xarray as xr

    from simulator.results.break_even import BreakEven
    from simulator.results.inputs import ScenarioInfo, SimulationOutput
    from simulator.results.summary import SummaryRow


class Progress(Protocol):
    """How a run tells how far it is."""

    def start(self, total: int, label: str) -> None:
        """Begin a part of ``total`` steps."""
        ...

    def advance(self, n: int) -> None:
        """``n`` more steps are done."""
        ...

    def finish(self) -> None:
        """The part is over."""
        ...


class _Silent:
    """Progress of a run that nobody watches."""

    def start(self, total: int, label: str) -> None:
        """Begin nothing."""

    def advance(self, n: int) -> None:
        """Count nothing."""

    def finish(self) -> None:
        """End nothing."""


@dataclass(frozen=True, slots=True)
class ExperimentRequest:
    """Everything that decides a run's numbers, validated.

    ``table_folders`` are searched for scenario tables; ``configuration`` and ``overrides`` only
    travel into the manifest.
    """

    book: BookSettings
    book_name: str
    scenarios: Mapping[str, ScenarioSettings]
    policies: Mapping[str, Policy]
    run: RunSettings
    report: ReportSettings = field(default_factory=ReportSettings)
    parameters: Mapping[str, float] = field(default_factory=lambda: parameters_from({}))
    break_even: Mapping[str, BreakEvenSettings] = field(default_factory=dict)
    provision: Mapping[str, RuleBook] = field(default_factory=dict)
    table_folders: tuple[Path, ...] = ()
    configuration: Mapping[str, object] = field(default_factory=dict)
    overrides: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ExperimentOutcome:
    """Results of a run: dataset of ``results.nc``, rows of ``summary.csv``, the manifest.

    ``break_evens`` answer the questions of the request, in their order.
    """

    dataset: "xr.Dataset"
    summary: "tuple[SummaryRow, ...]"
    manifest: Mapping[str, object]
    break_evens: "tuple[BreakEven, ...]" = ()


def run_experiment(
    request: ExperimentRequest, output: Path | None = None, progress: Progress | None = None
) -> ExperimentOutcome:
    """Run the experiment; with ``output``, write all files there or none.

    Raises ``UserError`` for anything that the user can mend.
    """
    watch = progress or _Silent()
    if output is not None:
        remove_results(output)
    policies = _with_reference(request.policies)
    questions = ask(request.break_even, policies, tuple(request.scenarios), request.run)
    check_books(request.provision, tuple(request.scenarios))

    simulated = simulate_request(request, watch)
    answers = _answers(questions, simulated, policies[REFERENCE], watch)

    watch.start(4, "results and report")
    outcome = _conclude(request, simulated, answers, output, watch)
    watch.finish()
    return outcome


@dataclass(frozen=True, slots=True)
class Simulated:
    """A request's simulation: tallies and histories, with what they came from.

    ``seconds`` is the time of the simulation itself.
    """

    output: "SimulationOutput"
    simulation: Simulation
    packed: Packed
    worlds: Mapping[str, WorldBuilder]
    seconds: float


def simulate_request(request: ExperimentRequest, progress: Progress | None = None) -> Simulated:
    """Book, worlds and simulation of ``request``; nothing is written.

    Raises ``UserError`` for anything that the user can mend.
    """
    watch = progress or _Silent()
    run, policies = request.run, _with_reference(request.policies)
    watch.start(len(request.scenarios) + 1, "book and scenarios")
    book = build_book(request.book, run, request.parameters)
    watch.advance(1)
    scenarios = _load_scenarios(request, book, watch.advance)
    paths = {name: draw_macro_paths(scenario, run) for name, scenario in scenarios.items()}
    worlds = {name: _world_builder(request, book, drawn) for name, drawn in paths.items()}
    levers = {
        name: _levers(name, policy, policies[REFERENCE], book, run.timeline.horizon)
        for name, policy in policies.items()
    }
    cells = _cells(request.provision, book)
    packed = pack(book, request.parameters, cells)
    watch.finish()

    watch.start(1, "compiling kernels (once per version, about a minute)")
    compile_kernels(packed, worlds, levers, run)
    watch.finish()

    watch.start(run.paths * len(worlds) * len(levers), "simulating paths")
    started = perf_counter()
    simulation = simulate(packed, worlds, levers, run, watch.advance)
    seconds = perf_counter() - started
    watch.finish()

    finished = _simulation_output(request, book, cells, scenarios, paths, simulation)
    return Simulated(finished, simulation, packed, worlds, seconds)


def _with_reference(policies: Mapping[str, Policy]) -> dict[str, Policy]:
    """``policies`` with the reference first, added with its defaults when absent."""
    reference: Policy = policies.get(REFERENCE) or StatusQuo()
    return {REFERENCE: reference} | {n: p for n, p in policies.items() if n != REFERENCE}


def _levers(name: str, policy: Policy, reference: Policy, book: Book, horizon: int) -> LeverTable:
    """The policy's table; a ``UserError`` about its target names the policy."""
    try:
        return levers_for(policy, reference, book.segments, horizon)
    except UserError as error:
        raise UserError(f"policy.{name}: {error}") from None


def _cells(rule_books: Mapping[str, RuleBook], book: Book) -> RiskCellTable | None:
    """What the rule books tell apart; None without any."""
    return build_risk_cells(rule_books, book.segments, book.products) if rule_books else None


def _load_scenarios(
    request: ExperimentRequest, book: Book, advance: Callable[[int], None]
) -> dict[str, Scenario]:
    """Every scenario on the book's regions; all must share one calendar."""
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


def _world_builder(request: ExperimentRequest, book: Book, paths: MacroPaths) -> WorldBuilder:
    return partial(
        build_world,
        paths,
        parameters=request.parameters,
        jurisdiction=book.jurisdiction,
        regions=book.regions,
    )


def _answers(
    questions: tuple[Question, ...],
    simulated: Simulated,
    reference: Policy,
    watch: Progress,
) -> "tuple[BreakEven, ...]":
    """The break-evens that were asked for, each found by simulating one policy again."""
    if not questions:
        return ()
    from simulator.break_even.answer import FinishedRun, answer

    lab = FinishedRun(simulated.packed, simulated.worlds, reference, simulated.output)
    answers = tuple(answer(question, lab, watch.start, watch.advance) for question in questions)
    watch.finish()
    return answers


def _conclude(
    request: ExperimentRequest,
    simulated: Simulated,
    answers: "tuple[BreakEven, ...]",
    output: Path | None,
    watch: Progress,
) -> ExperimentOutcome:
    """Tallies to dataset, summary, manifest and report; written together."""
    # Imported here so that help and mistakes are answered without xarray and plotly.
    from simulator.results.break_even import (
        break_even_manifest,
        break_even_rows,
        with_break_evens,
    )
    from simulator.results.checks import run_checks
    from simulator.results.dataset import to_dataset
    from simulator.results.history import history_table
    from simulator.results.manifest import RunFacts, build_manifest
    from simulator.results.store import write_results
    from simulator.results.stored_run import with_record
    from simulator.results.summary import summarise

    finished, simulation = simulated.output, simulated.simulation
    dataset = with_break_evens(to_dataset(finished), answers)
    checks = run_checks(finished, dataset)
    facts = RunFacts(request.overrides, simulated.seconds, thread_count(request.run), checks)
    watch.advance(1)
    summary = (*summarise(dataset), *break_even_rows(answers))
    manifest = {**build_manifest(finished, facts), "break_even": break_even_manifest(answers)}
    watch.advance(1)
    pages: dict[str, str | bytes] = {}
    if output is not None and request.report.enabled:
        from simulator.report.pages import report_pages

        pages = report_pages(dataset, summary, manifest, request.report)
    watch.advance(1)
    if output is not None:
        ids = simulation.history_ids
        history = history_table(simulation.histories, *ids) if ids else None
        stored = with_record(dataset, manifest, request.report.model_dump(mode="json"))
        write_results(output, stored, summary, manifest, pages, history)
    watch.advance(1)
    return ExperimentOutcome(dataset, summary, manifest, answers)


def _simulation_output(
    request: ExperimentRequest,
    book: Book,
    cells: RiskCellTable | None,
    scenarios: Mapping[str, Scenario],
    paths: Mapping[str, MacroPaths],
    simulation: Simulation,
) -> "SimulationOutput":
    from simulator.results.inputs import SimulationOutput

    run = request.run
    start = next(iter(scenarios.values())).start_month
    return SimulationOutput(
        tallies=simulation.tallies,
        macro_unemployment={n: p.by_path("unemployment_rate") for n, p in paths.items()},
        book=book,
        timeline=Timeline(start, run.months, run.runoff_months),
        scenarios=tuple(_scenario_info(scenario) for scenario in scenarios.values()),
        policies=tuple(_with_reference(request.policies)),
        run=run,
        parameters=request.parameters,
        provision=request.provision,
        cells=cells,
        configuration=request.configuration,
    )


def _scenario_info(scenario: Scenario) -> "ScenarioInfo":
    from simulator.macro.history import SHOWN_VARIABLES
    from simulator.macro.severity import severity_of
    from simulator.results.inputs import ScenarioInfo

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
