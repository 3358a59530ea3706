"""From a finished simulation to what a user holds: break-evens, dataset, summary, files, report."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import xarray as xr

from simulator.break_even.answer import FinishedRun, answer
from simulator.break_even.question import Question
from simulator.catalogue import parameters_from
from simulator.engine import thread_count
from simulator.explain.assumptions import list_warnings, try_assumptions
from simulator.explain.causes import explain_causes
from simulator.explain.underwriting import explain_underwriting
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
    """What ended an explanation, the trials of assumptions or the pages; the data stand."""

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


def conclude(
    request: ExperimentRequest,
    simulated: Simulated,
    questions: tuple[Question, ...],
    output: Path | None,
    watch: Progress,
) -> ExperimentOutcome:
    """Tallies to dataset, summary, manifest and report; whole in ``output``, which is held.

    Data first: what the simulation gave is kept, and then what each explanation gave, whatever
    becomes of later ones and of the pages.
    """
    run = _Concluding(request, simulated, questions, output, watch)
    results = run.results()
    run.write(results)
    failure: Exception | None = None
    try:
        for explain in (run.break_evens, run.causes, run.underwriting, run.trials):
            found = explain(results)
            if found is not results:
                results = found
                run.write(results)
        run.write_pages(results)
    except Exception as error:
        failure = error
    if output is not None:
        commit(output)
    watch.finish()
    return run.outcome(results, failure)


@dataclass(frozen=True, slots=True)
class _Results:
    """What files and pages are made from."""

    dataset: xr.Dataset
    summary: tuple[SummaryRow, ...]
    manifest: dict[str, object]
    checks: tuple[CheckResult, ...]
    answers: tuple[BreakEven, ...] = ()
    causes: tuple[CauseShare, ...] = ()
    lending: Underwriting | None = None
    lending_rows: tuple[UnderwritingRow, ...] = ()
    tried: Tried | None = None


@dataclass(frozen=True, slots=True)
class _Concluding:
    """A finished simulation and what is asked of it; each step takes results and leaves more."""

    request: ExperimentRequest
    simulated: Simulated
    questions: tuple[Question, ...]
    output: Path | None
    watch: Progress

    def results(self) -> _Results:
        """Dataset, checks, summary and manifest of the simulation alone."""
        self.watch.start(2, "results")
        dataset = to_dataset(self.simulated.output)
        checks = tuple(run_checks(self.simulated.output, dataset))
        self.watch.advance(1)
        summary = tuple(summarise(dataset))
        self.watch.advance(1)
        return self._with_manifest(_Results(dataset, summary, {}, checks))

    def _with_manifest(self, results: _Results) -> _Results:
        """``results`` with the manifest that goes with them."""
        request, simulated = self.request, self.simulated
        facts = RunFacts(
            request.overrides,
            simulated.seconds,
            thread_count(request.run),
            results.checks,
            simulated.started,
            request.section("governance", GovernanceSettings).model_dump(),
        )
        manifest = {
            **build_manifest(simulated.output, facts),
            "policy_code": origins(request.all_policies),
            "break_even": break_even_manifest(results.answers),
            "overlays": overlay_amounts(results.dataset, simulated.output.provision),
        }
        return replace(results, manifest=manifest)

    def break_evens(self, results: _Results) -> _Results:
        """With the break-evens that were asked for, each found by simulating one policy again."""
        if not self.questions:
            return results
        simulated, watch = self.simulated, self.watch
        reference = self.request.reference
        finished = FinishedRun(simulated.packed, simulated.worlds, reference, simulated.output)
        answers = tuple(
            answer(each, finished, watch.start, watch.advance) for each in self.questions
        )
        watch.finish()
        found = replace(
            results,
            dataset=with_break_evens(results.dataset, answers),
            summary=(*results.summary, *break_even_rows(answers)),
            answers=answers,
        )
        return self._with_manifest(found)

    def causes(self, results: _Results) -> _Results:
        """With shares of causes, where the request explains them."""
        causes = explain_causes(self.request, self.simulated, self.watch)
        return replace(results, causes=causes) if causes else results

    def underwriting(self, results: _Results) -> _Results:
        """With what new customers bring, where the request explains it."""
        lending = explain_underwriting(self.request, self.simulated, self.watch)
        if lending is None:
            return results
        return replace(results, lending=lending, lending_rows=tuple(underwriting_rows(lending)))

    def trials(self, results: _Results) -> _Results:
        """With the trials of assumptions, where there is a list and a value."""
        decision = decide(results.dataset, results.summary)
        tried = try_assumptions(self.request, self.simulated, decision, self.watch)
        if tried is None:
            return results
        dataset = with_tried(results.dataset, tried)
        return self._with_manifest(replace(results, dataset=dataset, tried=tried))

    def write(self, results: _Results) -> None:
        """Every file but the pages into ``.next`` of the output, where there is one."""
        if self.output is None:
            return
        rejected, tried = self.simulated.output.book.rejected, results.tried
        rows = results.lending_rows
        tables = {
            REJECTED_NAME: rejected_text(rejected) if rejected else "",
            CAUSES_NAME: causes_text(results.causes) if results.causes else "",
            ASSUMPTIONS_NAME: assumptions_text(tried, parameters_from({})) if tried else "",
            UNDERWRITING_NAME: underwriting_text(rows) if rows else "",
        }
        simulation, report = self.simulated.simulation, self.request.report
        ids = simulation.history_ids
        write_results(
            self.output / NEXT,
            with_record(results.dataset, results.manifest, report.model_dump(mode="json")),
            results.summary,
            results.manifest,
            {name: text for name, text in tables.items() if text},
            history_table(simulation.histories, *ids) if ids else None,
        )

    def write_pages(self, results: _Results) -> None:
        """The report beside the data, where it is asked for, then the page on underwriting."""
        if self.output is None or not self.request.report.enabled:
            return
        self.watch.start(2, "report and files")
        for make in (self._report, self._underwriting_page):
            pages = make(results)
            with rehashed(self.output / NEXT, pages):
                writers = {name: writer_of(page) for name, page in pages.items()}
                write_files(self.output / NEXT, writers)
            self.watch.advance(1)

    def _report(self, results: _Results) -> dict[str, str | bytes]:
        from simulator.report.report_files import report_pages

        settings = self.request.report
        return report_pages(results.dataset, results.summary, results.manifest, settings)

    def _underwriting_page(self, results: _Results) -> dict[str, str | bytes]:
        if results.lending is None:
            return {}
        from simulator.report.underwriting.underwriting_page import render_underwriting

        page = render_underwriting(
            results.lending,
            results.lending_rows,
            self.simulated.output.scenarios,
            self.request.report,
        )
        return {UNDERWRITING_PAGE: page}

    def outcome(self, results: _Results, failure: Exception | None) -> ExperimentOutcome:
        """What a user holds; ``failure`` is what ended an explanation or the pages."""
        finished = self.simulated.output
        moved = (w for s in finished.scenarios for w in s.warnings if OTHER_OPENING in w)
        return ExperimentOutcome(
            results.dataset,
            results.summary,
            results.manifest,
            results.answers,
            results.causes,
            failures(results.checks),
            finished.warnings,
            (*finished.book.warnings, *moved),
            (*value_warnings(finished), *list_warnings(self.request, results.tried)),
            results.lending_rows,
            failure,
        )
