"""Where a policy stops paying: answers of the search, in words."""

from collections.abc import Callable
from math import isnan

from simulator.report.kit.data import ReportData
from simulator.report.kit.language import bracketed, name, tr
from simulator.report.kit.numbers import interval, span
from simulator.report.kit.text import clean
from simulator.results.break_even import BreakEven, Verdict


def break_evens(data: ReportData) -> tuple[str, ...]:
    """A sentence for each break-even that the run looked for."""
    return tuple(_break_even(data, answer) for answer in data.run.break_evens)


def _break_even(data: ReportData, answer: BreakEven) -> str:
    said = {
        "scenario": data.scenario_label(answer.scenario),
        "policy": data.policy_label(answer.policy),
        "field": field_words(answer.field),
        "span": span(f"{answer.low:.3g}", f"{answer.high:.3g}"),
    }
    if answer.verdict is Verdict.CROSSES:
        said |= {"value": f"{answer.value:.3g}", "interval": break_even_interval(answer)}
        if answer.pays_below is False:
            return tr(
                "Under {scenario}, {policy} pays as long as \u201c{field}\u201d stays above"
                " {value} {interval}.",
                **said,
            )
        return tr(
            "Under {scenario}, {policy} pays as long as \u201c{field}\u201d stays below"
            " {value} {interval}.",
            **said,
        )
    if answer.verdict is Verdict.UNDECIDED:
        return tr(
            "Under {scenario}, {policy}: too few paths to say whether it pays at"
            " \u201c{field}\u201d from {span}.",
            **said,
        )
    if answer.verdict is Verdict.PAYS_THROUGHOUT:
        return tr("Under {scenario}, {policy} pays at any \u201c{field}\u201d from {span}.", **said)
    return tr(
        "Under {scenario}, {policy} does not pay at any \u201c{field}\u201d from {span}.", **said
    )


def field_words(field: str) -> str:
    """A policy's field as words: ``take up if no need``."""
    return name(clean(field, 60).replace("_", " "))


def _three_digits(value: float) -> str:
    return f"{value:.3g}"


def break_even_interval(answer: BreakEven, shown: Callable[[float], str] = _three_digits) -> str:
    """The interval of one break-even in brackets, or why there is none."""
    if not answer.has_interval:
        return bracketed(tr("too few paths for an interval"))
    lower, upper = shown(answer.ci_low), shown(answer.ci_high)
    if isnan(answer.ci_low):
        lower = tr("at or below {limit} (end of the bracket)", limit=shown(answer.low))
    if isnan(answer.ci_high):
        upper = tr("at or above {limit} (end of the bracket)", limit=shown(answer.high))
    return interval(span(lower, upper))
