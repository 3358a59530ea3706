"""What the terminal says of a run beside its table: what is run, and what was asked for."""

from collections.abc import Iterator

from simulator.cli.terminal.break_evens import break_even_lines
from simulator.cli.terminal.causes import cause_lines
from simulator.cli.terminal.underwriting import underwriting_lines
from simulator.conclusion import ExperimentOutcome
from simulator.report.kit.data import ReportData
from simulator.report.kit.language import listed, tr
from simulator.request import ExperimentRequest


def head_line(request: ExperimentRequest) -> str:
    """The line before a run."""
    return tr(
        "book {book}; scenarios {scenarios}; policies {policies}; {paths} paths of {months} months",
        book=request.book_name,
        scenarios=listed(list(request.scenarios)),
        policies=listed(list(request.policies)),
        paths=request.run.paths,
        months=request.run.months,
    )


def findings(outcome: ExperimentOutcome) -> Iterator[str]:
    """A line for each answer that the run was asked for."""
    if outcome.break_evens:
        data = ReportData(outcome.dataset, outcome.summary, outcome.manifest)
        yield from break_even_lines(data, outcome.break_evens)
    yield from cause_lines(outcome.causes)
    yield from underwriting_lines(outcome.underwriting, str(outcome.dataset.attrs["currency"]))
