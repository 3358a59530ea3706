"""Where a policy stops paying: answers of the search, in words."""

from collections.abc import Callable
from dataclasses import dataclass
from math import isnan

from xarray import Dataset

from simulator.report.kit.data import ReportData
from simulator.report.kit.language import bracketed, name, tr
from simulator.report.kit.numbers import (
    interval,
    span,
)
from simulator.report.kit.text import clean


@dataclass(frozen=True, slots=True)
class BreakEvenAnswer:
    """An answer about a break-even as results.nc has it; ``field`` and ``policy`` are ids."""

    policy: str
    scenario: str
    field: str
    verdict: str
    pays_side: str
    value: float
    ends: tuple[float, float]
    bracket: tuple[float, float]
    has_interval: bool


def break_even_answers(data: ReportData) -> tuple[BreakEvenAnswer, ...]:
    """What the run found out about break-evens; nothing where it was not asked."""
    if "break_even_verdict" not in data.dataset:
        return ()
    asked = data.dataset["break_even_verdict"].size
    return tuple(_answer(data.dataset.isel(break_even=at)) for at in range(asked))


def _answer(found: Dataset) -> BreakEvenAnswer:
    def words(key: str) -> str:
        return clean(found[f"break_even_{key}"].item(), 60)

    def value(key: str) -> float:
        return float(found[f"break_even_{key}"])

    return BreakEvenAnswer(
        policy=words("policy"),
        scenario=words("scenario"),
        field=words("field"),
        verdict=words("verdict"),
        pays_side=words("pays_side") or "below",
        value=value("value"),
        ends=(value("ci_low"), value("ci_high")),
        bracket=(value("low"), value("high")),
        has_interval=not isnan(float(found["break_even_gain_ci_low"][0])),
    )


def break_evens(data: ReportData) -> tuple[str, ...]:
    """A sentence for each break-even that the run looked for."""
    return tuple(_break_even(data, answer) for answer in break_even_answers(data))


def _break_even(data: ReportData, answer: BreakEvenAnswer) -> str:
    said = {
        "scenario": data.scenario_label(answer.scenario),
        "policy": data.policy_label(answer.policy),
        "field": field_words(answer.field),
        "span": span(*(f"{end:.3g}" for end in answer.bracket)),
    }
    if answer.verdict == "crosses":
        said |= {"value": f"{answer.value:.3g}", "interval": break_even_interval(answer)}
        if answer.pays_side == "above":
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
    if answer.verdict == "undecided":
        return tr(
            "Under {scenario}, {policy}: too few paths to say whether it pays at"
            " \u201c{field}\u201d from {span}.",
            **said,
        )
    if answer.verdict == "pays_throughout":
        return tr("Under {scenario}, {policy} pays at any \u201c{field}\u201d from {span}.", **said)
    return tr(
        "Under {scenario}, {policy} does not pay at any \u201c{field}\u201d from {span}.", **said
    )


def field_words(field: str) -> str:
    """A policy's field as words: ``take up if no need``."""
    return name(field.replace("_", " "))


def _three_digits(value: float) -> str:
    return f"{value:.3g}"


def break_even_interval(
    answer: BreakEvenAnswer, shown: Callable[[float], str] = _three_digits
) -> str:
    """The interval of one break-even in brackets, or why there is none."""
    if not answer.has_interval:
        return bracketed(tr("too few paths for an interval"))
    (low, high), (first, last) = answer.ends, answer.bracket
    lower, upper = shown(low), shown(high)
    if isnan(low):
        lower = tr("at or below {limit} (end of the bracket)", limit=shown(first))
    if isnan(high):
        upper = tr("at or above {limit} (end of the bracket)", limit=shown(last))
    return interval(span(lower, upper))
