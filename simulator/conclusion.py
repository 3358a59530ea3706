"""From a finished simulation to what a user holds: dataset, summary, explanations, files, pages."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import xarray as xr

from simulator.break_even.answer import FinishedRun, answer
from simulator.break_even.question import Question
from simulator.concluded import Results, tables_of, with_manifest
from simulator.explain.assumptions import try_assumptions
from simulator.explain.borrower_sampling import n_books_of, redrawn
from simulator.explain.causes import explain_causes
from simulator.explain.earlier_run import explain_earlier
from simulator.explain.emulate import emulators
from simulator.explain.emulate_question import EmulateQuestion
from simulator.explain.fit_file import fit_for
from simulator.explain.parameter_draws import drawn_of, with_drawn_parameters
from simulator.explain.reverse_question import ReverseQuestion
from simulator.explain.reverse_stress import reverse_stress
from simulator.explain.scenario_parts import explain_scenarios
from simulator.explain.search import searches
from simulator.explain.search_question import SearchQuestion
from simulator.explain.sensitivity import explain_sensitivity
from simulator.explain.shifted_tail import shifted_tail
from simulator.explain.underwriting import explain_underwriting
from simulator.explain.worst_paths import worst_paths
from simulator.progress import Progress
from simulator.request import ExperimentRequest
from simulator.results.assumptions import with_tried
from simulator.results.borrower_sampling import with_book_errors
from simulator.results.break_even import (
    break_even_rows,
    with_break_evens,
)
from simulator.results.cases import known_outlooks, outlooks_of
from simulator.results.cause_shares import CAUSES, PARTS
from simulator.results.checks import run_checks
from simulator.results.dataset import dataset_by_path, to_dataset
from simulator.results.decision import decide, worths
from simulator.results.emulation import with_emulators
from simulator.results.history import history_table
from simulator.results.parameter_errors import with_parameter_errors
from simulator.results.reverse import with_reverse
from simulator.results.run import Run, with_record
from simulator.results.run_folder import NEXT, commit
from simulator.results.search import with_searches
from simulator.results.sensitivity import SENSITIVITY
from simulator.results.store import (
    rehashed,
    write_files,
    write_results,
    write_within,
    writer_of,
)
from simulator.results.summary import summarise
from simulator.results.tail_figures import with_shifted
from simulator.results.total_intervals import with_total_intervals
from simulator.results.underwriting import (
    CUTOFF,
    UNDERWRITING,
    underwriting_rows,
)
from simulator.results.worst_paths import WORST
from simulator.simulated import Simulated
from simulator.simulating import without_limit
from simulator.validation import clip


class Asked(NamedTuple):
    """Checked questions of a run: break-evens, reverse stress, emulators, searches."""

    break_evens: tuple[Question, ...] = ()
    reverse: tuple[ReverseQuestion, ...] = ()
    emulated: tuple[EmulateQuestion, ...] = ()
    searched: tuple[SearchQuestion, ...] = ()


def conclude(
    request: ExperimentRequest,
    simulated: Simulated,
    questions: Asked,
    output: Path | None,
    watch: Progress,
) -> Run:
    """From tallies to what a user holds; its files are whole in ``output``, which is held.

    Data first: what the simulation gave is kept, and then what each explanation gave, whatever
    becomes of the others and of the pages. The manifest names those that failed.
    """
    steps = _Concluding(without_limit(request), simulated, questions, output, watch)
    results = steps.results()
    steps.write(results)
    failure: Exception | None = None
    for explain in (
        steps.parameters,
        steps.tail,
        steps.break_evens,
        steps.reverse,
        steps.emulate,
        steps.search,
        steps.causes,
        steps.underwriting,
        steps.sensitivity,
        steps.trials,
    ):
        try:
            found = explain(results)
        except Exception as error:
            failure = failure or error
            found = steps.without(results, explain.__name__, error)
        if found is not results:
            results = found
            steps.write(results)
    try:
        steps.write_pages(results)
    except Exception as error:
        failure = failure or error
    if output is not None:
        commit(output)
    if simulated.store is not None:
        simulated.store.end(keep=request.run.keep_blocks)
    watch.finish()
    return steps.run(results, failure)


@dataclass(frozen=True, slots=True)
class _Concluding:
    """A finished simulation and what is asked of it; each step takes results and leaves more."""

    request: ExperimentRequest
    simulated: Simulated
    questions: Asked
    output: Path | None
    watch: Progress

    def results(self) -> Results:
        """Dataset, checks and summary of the simulation alone."""
        self.watch.start(2, "results")
        dataset = self._with_book_errors(to_dataset(self.simulated.output))
        dataset = WORST.add_to(dataset, worst_paths(self.simulated, dataset))
        checks = tuple(run_checks(self.simulated.output, dataset))
        self.watch.advance(1)
        summary = tuple(summarise(dataset))
        self.watch.advance(1)
        return self._with_manifest(Results(dataset, summary, checks, {}))

    def _with_book_errors(self, dataset: xr.Dataset) -> xr.Dataset:
        """With what another draw of the book's borrowers would bring, where it was drawn."""
        if not n_books_of(self.simulated):
            return dataset
        self.watch.finish()
        outlooks = outlooks_of(self.simulated.output)
        outputs = redrawn(self.request, self.simulated, self.watch)
        books = (dataset_by_path(output, outlooks) for output in outputs)
        found = with_book_errors(dataset, books, worths(dataset)[0])
        self.watch.start(2, "results")
        return found

    def parameters(self, results: Results) -> Results:
        """With what doubt of a fit's parameters brings, where they are drawn."""
        fit = fit_for(self.request)
        if fit is None:
            return results
        usual = outlooks_of(self.simulated.output)
        outputs = with_drawn_parameters(self.request, self.simulated, fit, self.watch)
        draws = (
            dataset_by_path(each, known_outlooks(outlooks_of(each), usual)) for each in outputs
        )
        drawn = drawn_of(self.request, fit)
        return self._with_dataset(results, with_parameter_errors(results.dataset, draws, drawn))

    def tail(self, results: Results) -> Results:
        """With levels of losses from paths whose economy was shifted, where that is asked for."""
        if self.simulated.output.run.tail != "shifted":
            return results
        block = shifted_tail(self.request, self.simulated, results.dataset, self.watch)
        return self._with_dataset(results, with_shifted(results.dataset, block))

    def break_evens(self, results: Results) -> Results:
        """With the break-evens that were asked for, each found by simulating one policy again."""
        if not self.questions.break_evens:
            return results
        simulated, watch = self.simulated, self.watch
        reference = self.request.reference
        finished = FinishedRun(simulated.packed, simulated.worlds, reference, simulated.output)
        answers = tuple(
            answer(each, finished, watch.start, watch.advance)
            for each in self.questions.break_evens
        )
        watch.finish()
        found = replace(
            results,
            dataset=with_break_evens(results.dataset, answers),
            summary=(*results.summary, *break_even_rows(answers)),
            answers=answers,
        )
        return self._with_manifest(found)

    def reverse(self, results: Results) -> Results:
        """With what brings figures to their limits, where the request asks for it."""
        if not self.questions.reverse:
            return results
        found = reverse_stress(
            self.questions.reverse, self.request, self.simulated, results.dataset, self.watch
        )
        answers = tuple(each.answer for each in found)
        files = {name: text for each in found for name, text in each.files.items()}
        dataset = with_reverse(results.dataset, answers)
        return replace(results, dataset=dataset, reverse=answers, scenarios=files)

    def emulate(self, results: Results) -> Results:
        """With the emulators of the page's sliders, where the request asks for them."""
        if not self.questions.emulated:
            return results
        found = emulators(
            self.questions.emulated, self.request, self.simulated, results.summary, self.watch
        )
        return replace(results, dataset=with_emulators(results.dataset, found))

    def search(self, results: Results) -> Results:
        """With the best settings of policies, where the request asks for them."""
        if not self.questions.searched:
            return results
        found = searches(self.questions.searched, self.request, self.simulated, self.watch)
        return replace(results, dataset=with_searches(results.dataset, found))

    def causes(self, results: Results) -> Results:
        """With shares of causes, where the request explains them."""
        found = explain_causes(self.request, self.simulated, self.watch)
        asked = self.request, self.simulated, self.watch
        parts = (*found.parts, *explain_scenarios(*asked), *explain_earlier(*asked))
        if not parts:
            return results
        dataset = CAUSES.add_to(results.dataset, found.shares)
        return replace(results, dataset=PARTS.add_to(dataset, parts), causes=parts)

    def underwriting(self, results: Results) -> Results:
        """With what new customers bring, where the request explains it."""
        lending = explain_underwriting(self.request, self.simulated, self.watch)
        if lending is None:
            return results
        dataset = UNDERWRITING.add_to(results.dataset, tuple(underwriting_rows(lending)))
        return replace(results, dataset=dataset.assign_attrs({CUTOFF: lending.cutoff}))

    def sensitivity(self, results: Results) -> Results:
        """With which parameters move a figure, where the request asks for it."""
        rows = explain_sensitivity(self.request, self.simulated, self.watch)
        if not rows:
            return results
        return replace(results, dataset=SENSITIVITY.add_to(results.dataset, rows))

    def trials(self, results: Results) -> Results:
        """With the trials of assumptions, where there is a list and a value."""
        decision = decide(results.dataset, results.summary)
        tried = try_assumptions(self.request, self.simulated, decision, self.watch)
        if tried is None:
            return results
        dataset = with_tried(results.dataset, tried)
        return self._with_manifest(replace(results, dataset=dataset, tried=tried))

    def without(self, results: Results, name: str, error: Exception) -> Results:
        """``results`` that tell that the explanation ``name`` failed."""
        why = clip(f"{type(error).__name__}: {error}", 200)
        return self._with_manifest(replace(results, failed={**results.failed, name: why}))

    def _with_manifest(self, results: Results) -> Results:
        return with_manifest(results, self.request, self.simulated)

    def _with_dataset(self, results: Results, dataset: xr.Dataset) -> Results:
        """``results`` whose ``dataset`` has more numbers: summary and manifest follow."""
        summary = (*summarise(dataset), *break_even_rows(results.answers))
        found = replace(results, dataset=with_total_intervals(dataset, summary), summary=summary)
        return self._with_manifest(found)

    def run(self, results: Results, failure: Exception | None = None) -> Run:
        """What a user holds; ``failure`` is what ended an explanation or the pages."""
        report, simulation = self.request.report.model_dump(mode="json"), self.simulated.simulation
        ids = simulation.history_ids
        return Run(
            with_record(results.dataset, results.manifest, report),
            results.summary,
            history=history_table(simulation.histories, *ids) if ids else None,
            failure=failure,
        )

    def write(self, results: Results) -> None:
        """Every file but the pages into ``.next`` of the output, where there is one."""
        if self.output is None:
            return
        run = self.run(results)
        write_results(
            self.output / NEXT,
            run.dataset,
            run.summary,
            results.manifest,
            tables_of(results, run, self.simulated),
            run.history,
        )
        write_within(self.output / NEXT, results.scenarios)

    def write_pages(self, results: Results) -> None:
        """The report beside the data, where it is asked for."""
        if self.output is None or not self.request.report.enabled:
            return
        from simulator.report.report_files import report_pages

        self.watch.start(2, "report and files")
        pages = report_pages(self.run(results), self.request.report)
        self.watch.advance(1)
        with rehashed(self.output / NEXT, pages):
            write_files(self.output / NEXT, {name: writer_of(page) for name, page in pages.items()})
        self.watch.advance(1)
