"""From a finished simulation to what a user holds: break-evens, dataset, summary, files, report."""

from pathlib import Path

from simulator.break_even.answer import FinishedRun, answer
from simulator.break_even.question import Question
from simulator.catalogue import parameters_from
from simulator.engine import thread_count
from simulator.explain.assumptions import list_warnings, try_assumptions
from simulator.explain.causes import explain_causes
from simulator.explain.underwriting import explain_underwriting
from simulator.policies import Policy
from simulator.policies.own_kinds import origins
from simulator.progress import Progress
from simulator.request import ExperimentRequest
from simulator.results.assumptions import assumptions_text, with_tried
from simulator.results.break_even import (
    BreakEven,
    break_even_manifest,
    break_even_rows,
    with_break_evens,
)
from simulator.results.cause_shares import CAUSES, causes_text
from simulator.results.checks import run_checks
from simulator.results.dataset import to_dataset
from simulator.results.decision import decide
from simulator.results.files import (
    ASSUMPTIONS_NAME,
    CAUSES_NAME,
    REJECTED_NAME,
    UNDERWRITING_NAME,
)
from simulator.results.history import history_table
from simulator.results.manifest import RunFacts, build_manifest
from simulator.results.provisions.audit import overlay_amounts
from simulator.results.rejected import rejected_text
from simulator.results.run import Run, with_record
from simulator.results.store import write_results
from simulator.results.summary import summarise
from simulator.results.underwriting import (
    CUTOFF,
    UNDERWRITING,
    underwriting_rows,
    underwriting_text,
)
from simulator.settings import GovernanceSettings
from simulator.simulated import Simulated


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
) -> Run:
    """From tallies to what a user holds; its files are written together to ``output``."""
    causes = explain_causes(request, simulated, watch)
    lending = explain_underwriting(request, simulated, watch)
    watch.start(2, "results")
    finished = simulated.output
    dataset = with_break_evens(to_dataset(finished), answers)
    checks = run_checks(finished, dataset)
    watch.advance(1)
    summary = (*summarise(dataset), *break_even_rows(answers))
    watch.advance(1)
    tried = try_assumptions(request, simulated, decide(dataset, summary), watch)
    watch.start(3, "report and files")
    dataset = CAUSES.add_to(with_tried(dataset, tried), causes)
    if lending is not None:
        dataset = UNDERWRITING.add_to(dataset, tuple(underwriting_rows(lending)))
        dataset = dataset.assign_attrs({CUTOFF: lending.cutoff})
    facts = RunFacts(
        request.overrides,
        simulated.seconds,
        thread_count(request.run),
        checks,
        simulated.started,
        request.section("governance", GovernanceSettings).model_dump(),
        list_warnings(request, tried),
    )
    manifest = {
        **build_manifest(finished, facts),
        "policy_code": origins(request.all_policies),
        "break_even": break_even_manifest(answers),
        "overlays": overlay_amounts(dataset, finished.provision),
    }
    record = with_record(dataset, manifest, request.report.model_dump(mode="json"))
    ids, histories = simulated.simulation.history_ids, simulated.simulation.histories
    run = Run(record, summary, history=history_table(histories, *ids) if ids else None)
    watch.advance(1)
    pages: dict[str, str | bytes] = {}
    if output is not None and request.report.enabled:
        from simulator.report.report_files import report_pages

        pages = report_pages(run, request.report)
    watch.advance(1)
    if output is not None:
        tables = {
            REJECTED_NAME: rejected_text(finished.book.rejected) if finished.book.rejected else "",
            CAUSES_NAME: causes_text(causes) if causes else "",
            ASSUMPTIONS_NAME: assumptions_text(tried, parameters_from({})) if tried else "",
            UNDERWRITING_NAME: underwriting_text(run.underwriting) if run.underwriting else "",
        }
        pages |= {name: text for name, text in tables.items() if text}
        write_results(output, record, summary, manifest, pages, run.history)
    watch.advance(1)
    watch.finish()
    return run
