"""Break-evens in the words of the report, each with what its search warns of."""

from collections.abc import Iterator, Sequence

from simulator.report.kit.data import ReportData
from simulator.report.kit.language import clauses
from simulator.report.kit.run_messages import run_message
from simulator.report.policies.break_evens import break_evens
from simulator.results.break_even import BreakEven


def break_even_lines(data: ReportData, answers: Sequence[BreakEven]) -> Iterator[str]:
    """A line for each of ``answers``, which are those of the run ``data``."""
    for sentence, answer in zip(break_evens(data), answers, strict=True):
        yield clauses([sentence, *map(run_message, answer.warnings)])
