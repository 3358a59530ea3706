"""From a finished simulation to what a user holds: break-evens, dataset, summary, files, report."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import xarray as xr

from simulator.break_even.answer import FinishedRun, answer
from simulator.break_even.question import Question
from simulator.catalogue import parameters_from
from simulator.engine import thread_count
from simulator.explain.assumptions import list_warnings, try_assumptions
from simulator.explain.causes import explain_causes
from simulator.explain.underwriting import explain_underwriting
from simulator.policies import Policy
from simulator.policies.own_kinds import origins
from simulator.preparation import OTHER_OPENING
from simulator.progress import Progress
from simulator.request import ExperimentRequest
from simulator.results.assumptions import assumptions_text, with_tried
from simulator.results.break_even import (
    BreakEven,
    break_even_manifest,
    break_even_rows,
    with_break_evens,
)
from simulator.results.cause_shares import CauseShare, causes_text
from simulator.results.checks import failures, run_checks
from simulator.results.dataset import to_dataset
from simulator.results.decision import Decision, decide
from simulator.results.files import (
    ASSUMPTIONS_NAME,
    CAUSES_NAME,
    REJECTED_NAME,
    UNDERWRITING_NAME,
    UNDERWRITING_PAGE,
)
from simulator.results.history import history_table
from simulator.results.inputs import SimulationOutput
from simulator.results.manifest import RunFacts, build_manifest
from simulator.results.provisions.audit import overlay_amounts
from simulator.results.rejected import rejected_text
from simulator.results.store import write_results
from simulator.results.stored_run import with_record
from simulator.results.summary import SummaryRow, summarise
from simulator.results.underwriting import (
    Underwriting,
    UnderwritingRow,
    underwriting_rows,
    underwriting_text,
)
from simulator.results.value import value_warnings
from simulator.settings import GovernanceSettings, LanguageCode
from simulator.simulated import Simulated


@dataclass(frozen=True, slots=True)
class ExperimentOutcome:
    """Results of a run: dataset of ``results.nc``, rows of ``summary.csv``, the manifest.

    ``break_evens`` answer the questions of the request, in their order; ``causes`` are shares of
    groups of causes and ``underwriting`` rows of underwriting.csv, where the request explains them;
    ``failed_checks`` says what did not hold.
    """

    dataset: xr.Dataset
    summary: tuple[SummaryRow, ...]
    manifest: Mapping[str, object]
    break_evens: tuple[BreakEven, ...] = ()
    causes: tuple[CauseShare, ...] = ()
    failed_checks: tuple[str, ...] = ()
    suitability_warnings: tuple[str, ...] = ()
    """What belongs to another lender, country or time than the book."""
    opening_warnings: tuple[str, ...] = ()
    """Where a book opens otherwise than its source says, or a scenario in another economy than the
    one in which the book has settled."""
    value_warnings: tuple[str, ...] = ()
    """Where the run-off is too short for the value, or leaves much to it; lists for others."""
    underwriting: tuple[UnderwritingRow, ...] = ()

    @property
    def warnings(self) -> tuple[str, ...]:
        """All of them, in the order in which they are told."""
        return (*self.suitability_warnings, *self.opening_warnings, *self.value_warnings)

    @property
    def decision(self) -> Decision:
        """Which policy to take, by the rule of docs/model.md, section 14.2."""
        return decide(self.dataset, self.summary)

    def verdict(self, language: LanguageCode = "en") -> str:
        """The decision in the words of the report's first screen."""
        from simulator.report.headline.verdict import verdict
        from simulator.report.kit.data import ReportData
        from simulator.report.kit.language import speaking

        with speaking(language):
            return verdict(ReportData(self.dataset, self.summary, self.manifest))


def answer_questions(
    questions: tuple[Question, ...], simulated: Simulated, reference: Policy, watch: Progress
) -> tuple[BreakEven, ...]:
    """The break-evens that were asked for, each found by simulating one policy again."""
    if not questions:
        return ()
    finished = FinishedRun(simulated.packed, simulated.worlds, reference, simulated.output)
    answers = tuple(
        answer(question, finished, watch.start, watch.advance) for question in questions
    )
    watch.finish()
    return answers


def conclude(
    request: ExperimentRequest,
    simulated: Simulated,
    answers: tuple[BreakEven, ...],
    output: Path | None,
    watch: Progress,
) -> ExperimentOutcome:
    """Tallies to dataset, summary, manifest and report; written together to ``output``."""
    causes = explain_causes(request, simulated, watch)
    lending = explain_underwriting(request, simulated, watch)
    lending_rows = () if lending is None else tuple(underwriting_rows(lending))
    watch.start(2, "results")
    finished, simulation = simulated.output, simulated.simulation
    dataset = with_break_evens(to_dataset(finished), answers)
    checks = run_checks(finished, dataset)
    people = request.section("governance", GovernanceSettings).model_dump()
    threads = thread_count(request.run)
    facts = RunFacts(
        request.overrides, simulated.seconds, threads, checks, simulated.started, people
    )
    watch.advance(1)
    summary = (*summarise(dataset), *break_even_rows(answers))
    watch.advance(1)
    tried = try_assumptions(request, simulated, decide(dataset, summary), watch)
    dataset = with_tried(dataset, tried)
    watch.start(3, "report and files")
    manifest = {
        **build_manifest(finished, facts),
        "policy_code": origins(request.all_policies),
        "break_even": break_even_manifest(answers),
        "overlays": overlay_amounts(dataset, finished.provision),
    }
    watch.advance(1)
    pages: dict[str, str | bytes] = {}
    if output is not None and request.report.enabled:
        from simulator.report.report_files import report_pages

        pages = report_pages(dataset, summary, manifest, request.report)
        pages |= _underwriting_page(request, finished, lending, lending_rows)
    watch.advance(1)
    if output is not None:
        tables = {
            REJECTED_NAME: rejected_text(finished.book.rejected) if finished.book.rejected else "",
            CAUSES_NAME: causes_text(causes) if causes else "",
            ASSUMPTIONS_NAME: assumptions_text(tried, parameters_from({})) if tried else "",
            UNDERWRITING_NAME: underwriting_text(lending_rows) if lending_rows else "",
        }
        pages |= {name: text for name, text in tables.items() if text}
        ids = simulation.history_ids
        history = history_table(simulation.histories, *ids) if ids else None
        stored = with_record(dataset, manifest, request.report.model_dump(mode="json"))
        write_results(output, stored, summary, manifest, pages, history)
    watch.advance(1)
    watch.finish()
    moved = (w for s in finished.scenarios for w in s.warnings if OTHER_OPENING in w)
    opened = (*finished.book.warnings, *moved)
    return ExperimentOutcome(
        dataset,
        summary,
        manifest,
        answers,
        causes,
        failures(checks),
        finished.warnings,
        opened,
        (*value_warnings(finished), *list_warnings(request, tried)),
        lending_rows,
    )


def _underwriting_page(
    request: ExperimentRequest,
    finished: SimulationOutput,
    lending: Underwriting | None,
    rows: tuple[UnderwritingRow, ...],
) -> dict[str, str]:
    """The page of its own where the request explains underwriting."""
    if lending is None:
        return {}
    from simulator.report.underwriting.underwriting_page import render_underwriting

    page = render_underwriting(lending, rows, finished.scenarios, request.report)
    return {UNDERWRITING_PAGE: page}
