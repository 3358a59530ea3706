"""What borrowers go through under each policy: months overdue, contacts, complaints."""

from collections.abc import Sequence
from typing import Final

from simulator.report.kit.data import ReportData
from simulator.report.kit.language import clauses, mark, sentences, tr
from simulator.report.kit.numbers import (
    Scale,
    Shown,
    number,
    percent,
)
from simulator.report.kit.outcome_kinds import PER
from simulator.report.kit.phrases import capital
from simulator.report.kit.table import Table
from simulator.report.policies.frontier_words import with_span
from simulator.report.policies.outcome_figures import place_label
from simulator.report.policies.outcome_words import rate_scale
from simulator.results.estimate import Estimate
from simulator.results.ranking import Frontier
from simulator.vocabulary import Burden

BURDEN_WORDS: Final = {
    Burden.OVERDUE_MONTHS: (mark("Borrower-months overdue"), mark("borrower-months overdue")),
    Burden.CONTACTS: (mark("Contacts"), mark("contacts")),
    Burden.COMPLAINTS: (mark("Complaints"), mark("complaints")),
}
"""Heading and name in a sentence of each burden, in English."""


def hardship_caption(data: ReportData, frontier: Frontier) -> str:
    """Who spares borrowers most months overdue, and who adds most complaints."""
    spares = _most(data, frontier, Burden.OVERDUE_MONTHS, -1)
    adds = _most(data, frontier, Burden.COMPLAINTS, 1)
    told = tr(
        "{place}, {told}.",
        place=capital(data.where(frontier.scenario)),
        told=clauses([spares, adds]),
    )
    return sentences(
        told,
        tr("All numbers are per {borrowers} borrowers.", borrowers=f"{PER:,.0f}"),
        tr(
            "Contacts are those about overdue or endangered loans, without reminders before the"
            " due day."
        ),
    )


def _most(data: ReportData, frontier: Frontier, burden: Burden, sign: int) -> str:
    """Which policy lowers (-1) or raises (1) a burden most, if that is told from zero."""
    words = tr(BURDEN_WORDS[burden][1])
    known = {s.policy: s.burden(burden) for s in frontier.standings}
    told = {p: s for p, s in known.items() if s.sign == sign or not s.has_interval}
    most = max(told, key=lambda p: sign * told[p].mean, default=None)
    if most is None or sign * told[most].mean <= 0:
        if sign > 0:
            return tr("no policy significantly raises the {burden}", burden=words)
        return tr("no policy significantly lowers the {burden}", burden=words)
    stat = told[most]
    scale = rate_scale(frontier, [s.burden(burden) for s in frontier.standings if s.policy == most])
    size = scale.text(abs(stat.mean))
    if stat.has_interval:
        size = scale.spanned(abs(stat.mean), *sorted((abs(stat.ci_low), abs(stat.ci_high))))
    level = frontier.reference_burdens[burden.name.lower()].mean
    if level > 0:
        share = percent(abs(stat.mean) / level)
        size = tr("{size}, {share}", size=size, share=share)
    message = mark("{policy} raises the {burden} most, by {size}")
    if sign < 0:
        message = mark("{policy} lowers the {burden} most, by {size}")
    return tr(message, policy=data.policy_label(most), burden=words, size=size)


def hardship_table(data: ReportData, frontiers: Sequence[Frontier]) -> Table:
    """What borrowers go through: the reference's own, then each policy's difference.

    The scenario is named where there are several.
    """
    rows = []
    for frontier in frontiers:
        place = (place_label(data, frontier),) if len(frontiers) > 1 else ()
        rows += [(*place, *row) for row in _hardship_rows(data, frontier)]
    names = (tr("Scenario"), tr("Policy")) if len(frontiers) > 1 else (tr("Policy"),)
    header = (tr("{title}, change", title=tr(title)) for title, _ in BURDEN_WORDS.values())
    return Table((*names, *header), tuple(rows), n_names=len(names))


def _hardship_rows(data: ReportData, frontier: Frontier) -> list[tuple[str, ...]]:
    scales = {
        b: rate_scale(frontier, [s.burden(b) for s in frontier.standings]) for b in BURDEN_WORDS
    }
    levels = {b: frontier.reference_burdens[b.name.lower()] for b in BURDEN_WORDS}
    own = (with_span(scales[b], levels[b]) for b in BURDEN_WORDS)
    rows = [(tr("{policy} (level)", policy=data.policy_label(frontier.reference)), *own)]
    for s in frontier.standings:
        cells = (_change(scales[b], s.burden(b), levels[b]) for b in BURDEN_WORDS)
        rows.append((data.policy_label(s.policy), *cells))
    return rows


def _change(scale: Scale, change: Estimate[float], level: Estimate[float]) -> str:
    if change.is_zero:
        return Shown(tr("no difference"), 0.0, 0.0, 0.0)
    text = with_span(scale, change, signed=True)
    if not level.mean:
        return text
    relative = number(100.0 * change.mean / level.mean, 1, signed=True)
    shown = clauses([tr("{number} %", number=relative), text])
    return Shown(shown, *(text.values if isinstance(text, Shown) else ()))
