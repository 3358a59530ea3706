"""What the terminal says of a run beside its table: what is run, and what was asked for."""

from collections.abc import Iterator

from simulator.cli.terminal.break_evens import break_even_lines
from simulator.cli.terminal.causes import cause_lines
from simulator.cli.terminal.closing import closing_table
from simulator.cli.terminal.underwriting import underwriting_lines
from simulator.report.headline.verdict import verdict
from simulator.report.kit.data import ReportData
from simulator.report.kit.language import listed, tr
from simulator.request import ExperimentRequest
from simulator.results.run import Run


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


def tell_run(run: Run) -> None:
    """Print its closing table with the verdict, and a line for each answer it was asked for."""
    data = ReportData(run)
    closing_table(run.summary, verdict(data))
    for line in _findings(data):
        print(line)


def _findings(data: ReportData) -> Iterator[str]:
    yield from break_even_lines(data)
    yield from cause_lines(data.run.causes)
    yield from underwriting_lines(data.run.underwriting, str(data.dataset.attrs["currency"]))
