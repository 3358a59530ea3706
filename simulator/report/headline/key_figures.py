"""The key figures of the first screen."""

from dataclasses import dataclass
from typing import Final

from simulator.report.headline.findings import decisive_metric, ranked
from simulator.report.kit.data import ReportData
from simulator.report.kit.language import tr
from simulator.report.kit.metrics import effect_metrics
from simulator.report.kit.numbers import (
    Scale,
    money_scale,
)
from simulator.report.kit.phrases import scale_for
from simulator.report.provisions.rule_books import provisions_of
from simulator.results.estimate import Estimate

MOST_FIGURES: Final = 5
"""Key figures of the first screen."""


@dataclass(frozen=True, slots=True)
class KeyFigure:
    """One number of the first screen."""

    label: str
    value: str
    interval: str
    note: str


def key_figures(data: ReportData) -> list[KeyFigure]:
    """Levels under the reference in the worst scenario, and the best policy's effect."""
    scenario, label = data.worst_scenario(), data.policy_label(data.reference)
    out, books = [], provisions_of(data)
    needed = books.needed((scenario, data.reference)) if books is not None else None
    *levels, result = effect_metrics(data)
    for metric, title, _ in levels if needed is not None else (*levels, result):
        stat = data.stat(scenario, data.reference, metric)
        if stat is not None:
            out.append(_key_figure(tr(title), scale_for(data, metric, [stat]), stat, label))
    if books is not None and needed is not None:
        note = tr(
            "{policy}, {book}, month {month}; {rates}",
            policy=label,
            book=books.label(books.accounting),
            month=f"{data.months[-1]:.0f}",
            rates=books.rates_words(books.accounting),
        )
        scale = money_scale(data.currency, needed.ends)
        out.append(_key_figure(tr("Allowance needed"), scale, needed, note))
    return [*out, *_best_change(data, scenario)][:MOST_FIGURES]


def _best_change(data: ReportData, scenario: str) -> list[KeyFigure]:
    """The best policy's change of the deciding metric; nothing where only the reference was run."""
    order = ranked(data, scenario)
    if not order:
        return []
    metric, title, _ = decisive_metric(data)
    best, stat = next((pair for pair in order if pair[0] == data.best_first[0]), order[0])
    scale = scale_for(data, f"delta_{metric}", [stat])
    label = tr("Change of {name}", name=title)
    return [_key_figure(label, scale, stat, data.policy_label(best), signed=True)]


def _key_figure(
    title: str, scale: Scale, stat: Estimate[float], note: str, *, signed: bool = False
) -> KeyFigure:
    ends = scale.span(stat.ci_low, stat.ci_high) if stat.has_interval else ""
    return KeyFigure(title, scale.full(stat.mean, signed=signed), ends, note)
