"""What the terminal says of a run beside its table: what is run, and what was asked for."""

import sys
from collections.abc import Iterator, Sequence
from math import isnan
from typing import Final

from simulator.cli.terminal.closing import closing_table
from simulator.report.headline.verdict import verdict
from simulator.report.kit.data import ReportData
from simulator.report.kit.language import clauses, listed, name, speaking, tr
from simulator.report.kit.precision_words import precision_lines
from simulator.report.kit.run_messages import run_message, warning_line
from simulator.report.policies.best_settings import search_sentence
from simulator.report.policies.break_evens import break_evens
from simulator.report.reverse.cause_waterfall import waterfall_sentence
from simulator.report.reverse.reverse_words import answer_sentence, worst_sentence
from simulator.report.reverse.sensitivity_words import sensitivity_sentence
from simulator.report.sliders.emulated import emulated_sentence
from simulator.request import ExperimentRequest
from simulator.results.cause_shares import FIRST_MONTH, LAST_MONTH, NEW_90, CauseShare
from simulator.results.estimate import Estimate
from simulator.results.run import Run
from simulator.results.underwriting import UnderwritingRow
from simulator.settings import LanguageCode
from simulator.validation import clip

_WIDTH: Final = 1000
"""Characters of a warning at most."""


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
    yield from precision_lines(data)
    yield from break_even_lines(data)
    yield from (answer_sentence(data, answer) for answer in data.run.reverse)
    yield from (search_sentence(data, answer) for answer in data.run.searches)
    yield from (emulated_sentence(data, answer) for answer in data.run.emulators)
    yield from filter(None, (sensitivity_sentence(data),))
    yield from filter(None, (worst_sentence(data, scenario) for scenario in data.scenarios))
    yield from part_lines(data)
    yield from cause_lines(data.run.causes)
    yield from underwriting_lines(data.run.underwriting, str(data.dataset.attrs["currency"]))


def break_even_lines(data: ReportData) -> Iterator[str]:
    """A line for each answer of the run."""
    for sentence, answer in zip(break_evens(data), data.run.break_evens, strict=True):
        yield clauses([sentence, *map(run_message, answer.warnings)])


def part_lines(data: ReportData) -> Iterator[str]:
    """A line for each waterfall of the explained figure, and of parts of scenarios."""
    told = [row for row in data.run.cause_parts if row.metric != NEW_90 or row.against]
    for key in dict.fromkeys((row.scenario, row.against) for row in told):
        rows = [row for row in told if (row.scenario, row.against) == key]
        yield waterfall_sentence(data, rows)


def cause_lines(rows: Sequence[CauseShare]) -> Iterator[str]:
    """Each scenario's groups, largest share first, with intervals and the labels' shares beside."""
    for scenario in dict.fromkeys(row.scenario for row in rows):
        mine = sorted(
            (row for row in rows if row.scenario == scenario and not isnan(row.share)),
            key=lambda row: -row.share,
        )
        yield tr(
            "{scenario}, causes of new 90+ balance in months {first}-{last} (Shapley shares; labels"
            " beside): {shares}",
            scenario=scenario,
            first=FIRST_MONTH,
            last=LAST_MONTH,
            shares=clauses([_share(row) for row in mine]) or tr("not known, too little became 90+"),
        )


def _share(row: CauseShare) -> str:
    words = name(row.group.replace("_", " "))
    ends = "" if isnan(row.ci_low) else f" [{100 * row.ci_low:.1f}, {100 * row.ci_high:.1f}]"
    share = f"{words} {100 * row.share:.1f} %{ends}"
    if isnan(row.label_share):
        return share
    return tr("{share}, labels {label}", share=share, label=f"{100 * row.label_share:.1f}")


def underwriting_lines(rows: Sequence[UnderwritingRow], currency: str) -> Iterator[str]:
    """Worth of the lowest tenth of scores, and the cut-off at which value is largest."""
    for scenario in dict.fromkeys(row.scenario for row in rows):
        mine = [row for row in rows if row.scenario == scenario]
        worst = next(row for row in mine if row.kind == "decile")
        cutoffs = [row for row in mine if row.kind == "cutoff" and not isnan(row.change.mean)]
        if not cutoffs:
            yield tr(
                "{scenario}, new customers by score: no value, see the warnings", scenario=scenario
            )
            continue
        best = max(cutoffs, key=lambda row: row.change.mean)
        yield tr(
            "{scenario}, new customers by score: a loan to the lowest tenth is worth {worst}; value"
            " is largest with a cut-off of {cutoff}, {change} over today's",
            scenario=scenario,
            worst=_money(currency, worst.value_per_loan),
            cutoff=best.group,
            change=_money(currency, best.change),
        )


def _money(currency: str, estimate: Estimate[float]) -> str:
    mean, low, high = estimate.ends
    return f"{currency} {mean:,.0f} [{low:,.0f}, {high:,.0f}]"


def tell_warnings(warnings: Sequence[str], language: LanguageCode) -> None:
    """One line each, safe to print."""
    with speaking(language):
        for warning in warnings:
            print(clip(warning_line(warning), _WIDTH), file=sys.stderr)
