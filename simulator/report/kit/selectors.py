"""What a reader chooses once for the whole page, and what each figure then shows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from simulator.report.kit.card import ALL_SCENARIOS, Axis, Choice, FigureCard
from simulator.report.kit.data import ReportData
from simulator.report.kit.language import mark, tr
from simulator.report.kit.text import titled

Names = Mapping[Axis, Mapping[str, str]]
"""For each axis the names that a page may show, in the reader's order, with their labels."""

BETWEEN: Final = " \u00b7 "
TITLES: Final = {
    Axis.SCENARIO: mark("Scenario"),
    Axis.POLICY: mark("Policy"),
    Axis.METRIC: mark("Measure"),
    Axis.SEGMENT: mark("Segment"),
}
KNOWN: Final = {
    Axis.METRIC: {
        "overdue_rate_1": mark("1+ days past due"),
        "overdue_rate_30": mark("30+ days past due"),
        "overdue_rate_60": mark("60+ days past due"),
        "overdue_rate_90": mark("90+ days past due"),
    },
    Axis.SEGMENT: {
        "income_decile": mark("Income decile"),
        "age_band": mark("Age band"),
        "region": mark("Region"),
        "product": mark("Product"),
    },
}


@dataclass(frozen=True, slots=True)
class Selector:
    """A list of the bar: its axis, its title, its options, and which one it starts with.

    ``options`` holds a token and a label for each name; tokens are numbers, so that no name of a
    user's stands where a reader cannot see it.
    """

    axis: Axis
    title: str
    options: tuple[tuple[str, str], ...]
    start: str
    tokens: Mapping[str, str]


def names_of(data: ReportData) -> Names:
    """Scenarios, all of them first, and policies, the reference first, of a run."""
    scenarios = {s: data.scenario_label(s) for s in data.scenarios}
    policies = (data.reference, *data.best_first)
    return {
        Axis.SCENARIO: {ALL_SCENARIOS: tr("All scenarios, by weight"), **scenarios},
        Axis.POLICY: {p: data.policy_label(p) for p in policies},
    }


def selectors(cards: Sequence[FigureCard], names: Names) -> list[Selector]:
    """The lists of a page with ``cards``: each axis on which its figures show different things."""
    out = []
    for axis in Axis:
        shown = {c.at[axis]: None for card in cards for c in card.choices if axis in c.at}
        order = {name: place for place, name in enumerate(_labels(axis, names))}
        found = sorted(shown, key=lambda name: order.get(name, len(order)))
        if len(found) > 1:
            tokens = {name: str(place) for place, name in enumerate(found)}
            options = tuple((tokens[name], label(axis, name, names)) for name in found)
            start = next(iter(shown)) if axis is Axis.METRIC else found[0]
            out.append(Selector(axis, tr(TITLES[axis]), options, tokens[start], tokens))
    return out


def places(choice: Choice, lists: Sequence[Selector]) -> dict[str, str]:
    """The token of each list that ``choice`` belongs to."""
    return {s.axis.value: s.tokens[choice.at[s.axis]] for s in lists if s.axis in choice.at}


def label(axis: Axis, name: str, names: Names) -> str:
    """``name`` on ``axis`` for a reader (untrusted text: escape it)."""
    return _labels(axis, names).get(name) or titled(name)


def shows(choice: Choice, names: Names) -> str:
    """What ``choice`` shows, in a few words; empty where its figure has but one thing to show."""
    parts = [label(axis, choice.at[axis], names) for axis in Axis if axis in choice.at]
    return BETWEEN.join(parts) or choice.name


def _labels(axis: Axis, names: Names) -> Mapping[str, str]:
    known = {name: tr(words) for name, words in KNOWN.get(axis, {}).items()}
    return names.get(axis, known)
