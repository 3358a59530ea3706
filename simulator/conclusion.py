"""From a finished simulation to what a user holds: break-evens, dataset, summary, files, report."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
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
from simulator.results.assumptions import Tried, assumptions_text, with_tried
from simulator.results.break_even import (
    BreakEven,
    break_even_manifest,
    break_even_rows,
    with_break_evens,
)
from simulator.results.cause_shares import CauseShare, causes_text
from simulator.results.checks import CheckResult, failures, run_checks
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
from simulator.results.run_folder import NEXT, commit
from simulator.results.store import rehashed, write_files, write_results, writer_of
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
    failure: Exception | None = None
    """What ended the trials of assumptions or the pages; the data stand."""

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
    """Tallies to dataset, summary, manifest and report; whole in ``output``, which is held.

    Data first: they are kept whatever becomes of the trials of assumptions and of the pages.
    """
    causes = explain_causes(request, simulated, watch)
    lending = explain_underwriting(request, simulated, watch)
    lending_rows = () if lending is None else tuple(underwriting_rows(lending))
    results = _results(request, simulated, answers, watch)
    write = partial(_write_data, request, simulated, causes, lending_rows, output)
    write(results)
    failure: Exception | None = None
    try:
        tried = try_assumptions(request, simulated, decide(results.dataset, results.summary), watch)
        if tried is not None:
            results = _with_tried(request, simulated, answers, results, tried)
            write(results)
        if output is not None:
            page = partial(_underwriting_page, request, simulated.output, lending, lending_rows)
            _write_pages(request, results, page, output, watch)
    except Exception as error:
        failure = error
    if output is not None:
        commit(output)
    watch.finish()
    return _outcome(request, simulated, answers, results, causes, lending_rows, failure)


@dataclass(frozen=True, slots=True)
class _Results:
    """What files and pages are made from."""

    dataset: xr.Dataset
    summary: tuple[SummaryRow, ...]
    manifest: dict[str, object]
    checks: tuple[CheckResult, ...]
    tried: Tried | None = None


def _results(
    request: ExperimentRequest,
    simulated: Simulated,
    answers: tuple[BreakEven, ...],
    watch: Progress,
) -> _Results:
    """Dataset, checks, summary and manifest of a finished simulation."""
    watch.start(2, "results")
    finished = simulated.output
    dataset = with_break_evens(to_dataset(finished), answers)
    checks = tuple(run_checks(finished, dataset))
    watch.advance(1)
    summary = (*summarise(dataset), *break_even_rows(answers))
    watch.advance(1)
    manifest = _manifest(request, simulated, answers, dataset, checks)
    return _Results(dataset, summary, manifest, checks)


def _with_tried(
    request: ExperimentRequest,
    simulated: Simulated,
    answers: tuple[BreakEven, ...],
    results: _Results,
    tried: Tried,
) -> _Results:
    """``results`` with the trials of assumptions."""
    dataset = with_tried(results.dataset, tried)
    manifest = _manifest(request, simulated, answers, dataset, results.checks)
    return replace(results, dataset=dataset, manifest=manifest, tried=tried)


def _manifest(
    request: ExperimentRequest,
    simulated: Simulated,
    answers: tuple[BreakEven, ...],
    dataset: xr.Dataset,
    checks: tuple[CheckResult, ...],
) -> dict[str, object]:
    people = request.section("governance", GovernanceSettings).model_dump()
    threads = thread_count(request.run)
    facts = RunFacts(
        request.overrides, simulated.seconds, threads, checks, simulated.started, people
    )
    return {
        **build_manifest(simulated.output, facts),
        "policy_code": origins(request.all_policies),
        "break_even": break_even_manifest(answers),
        "overlays": overlay_amounts(dataset, simulated.output.provision),
    }


def _write_data(
    request: ExperimentRequest,
    simulated: Simulated,
    causes: tuple[CauseShare, ...],
    lending_rows: tuple[UnderwritingRow, ...],
    output: Path | None,
    results: _Results,
) -> None:
    """Every file but the pages into ``.next`` of ``output``, where there is one."""
    if output is None:
        return
    rejected, tried = simulated.output.book.rejected, results.tried
    tables = {
        REJECTED_NAME: rejected_text(rejected) if rejected else "",
        CAUSES_NAME: causes_text(causes) if causes else "",
        ASSUMPTIONS_NAME: assumptions_text(tried, parameters_from({})) if tried else "",
        UNDERWRITING_NAME: underwriting_text(lending_rows) if lending_rows else "",
    }
    ids = simulated.simulation.history_ids
    write_results(
        output / NEXT,
        with_record(results.dataset, results.manifest, request.report.model_dump(mode="json")),
        results.summary,
        results.manifest,
        {name: text for name, text in tables.items() if text},
        history_table(simulated.simulation.histories, *ids) if ids else None,
    )


def _write_pages(
    request: ExperimentRequest,
    results: _Results,
    underwriting_page: Callable[[], dict[str, str]],
    output: Path,
    watch: Progress,
) -> None:
    """The report beside the data in ``.next`` of ``output``, where it is asked for."""
    if not request.report.enabled:
        return
    from simulator.report.report_files import report_pages

    watch.start(2, "report and files")
    pages = report_pages(results.dataset, results.summary, results.manifest, request.report)
    pages |= underwriting_page()
    watch.advance(1)
    with rehashed(output / NEXT, pages):
        write_files(output / NEXT, {name: writer_of(page) for name, page in pages.items()})
    watch.advance(1)


def _outcome(
    request: ExperimentRequest,
    simulated: Simulated,
    answers: tuple[BreakEven, ...],
    results: _Results,
    causes: tuple[CauseShare, ...],
    lending_rows: tuple[UnderwritingRow, ...],
    failure: Exception | None,
) -> ExperimentOutcome:
    finished = simulated.output
    moved = (w for s in finished.scenarios for w in s.warnings if OTHER_OPENING in w)
    return ExperimentOutcome(
        results.dataset,
        results.summary,
        results.manifest,
        answers,
        causes,
        failures(results.checks),
        finished.warnings,
        (*finished.book.warnings, *moved),
        (*value_warnings(finished), *list_warnings(request, results.tried)),
        lending_rows,
        failure,
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
