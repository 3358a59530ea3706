"""Break-evens in the words of the report, each with what its search warns of."""

from collections.abc import Iterator

from simulator.report.kit.data import ReportData
from simulator.report.kit.language import clauses
from simulator.report.kit.run_messages import run_message
from simulator.report.policies.break_evens import break_evens


def break_even_lines(data: ReportData) -> Iterator[str]:
    """A line for each answer of the run."""
    for sentence, answer in zip(break_evens(data), data.run.break_evens, strict=True):
        yield clauses([sentence, *map(run_message, answer.warnings)])
