"""Captions and tables of what policies cost, whom they save and what borrowers go through."""

from collections.abc import Sequence
from math import isnan
from typing import Final, NamedTuple

import numpy as np

from simulator.report.data import ReportData, clean, stat_of
from simulator.report.fate_figures import (
    BEARING,
    FATE_KINDS,
    GROUPS,
    LENDING,
    PER,
    group_dimensions,
    group_rates,
    place_label,
)
from simulator.report.frontier_figure import frontier_scale
from simulator.report.language import clauses, listed, mark, sentences, tr
from simulator.report.numbers import (
    NONE,
    Scale,
    Shown,
    money_scale,
    number,
    percent,
    significant_decimals,
)
from simulator.report.ranking import capital, kicked_cases
from simulator.report.tables import Table
from simulator.results.ranking import Estimate, Frontier, Standing
from simulator.vocabulary import FOLLOW_UP_MONTHS, Burden, Fate

BURDEN_WORDS: Final = {
    Burden.OVERDUE_MONTHS: (mark("Borrower-months overdue"), mark("borrower-months overdue")),
    Burden.CONTACTS: (mark("Contacts"), mark("contacts")),
    Burden.COMPLAINTS: (mark("Complaints"), mark("complaints")),
}
"""Heading and name in a sentence of each burden, in English."""
LENDING_WORDS: Final = {
    **{kind.fate: kind.name for kind in LENDING},
    Fate.ADMITTED_GOOD: mark("Loan only here: pays"),
    Fate.ADMITTED_BAD: mark("Loan only here: defaults"),
}
"""Fates of those whose loan depends on the policy, in English."""


class GapWords(NamedTuple):
    """How a fate differs between groups, or that this cannot be told; English, to be said."""

    gap: str
    none: str


GAP_WORDS: Final = {
    Fate.SAVED: GapWords(
        mark("saves {most} in {where} and {least} in {elsewhere}"),
        mark(
            "among those it saves, no difference between groups can be told at this number of paths"
        ),
    ),
    Fate.HARMED: GapWords(
        mark("harms {most} in {where} and {least} in {elsewhere}"),
        mark(
            "among those it harms, no difference between groups can be told at this number of paths"
        ),
    ),
}
LATER: Final = (
    (Fate.LAPSED, Fate.SAVED, mark("Saved, of them 90+ later")),
    (Fate.HARMED_LATER, Fate.HARMED, mark("Harmed later, not among harmed")),
)
"""What happened after the months that are judged: fate, the column it follows, its title."""


def frontier_caption(data: ReportData, frontier: Frontier) -> str:
    """Which policies nobody dominates, and how to read the figure."""
    best = [s for s in frontier.standings if s.dominated_by is None]
    best.sort(key=lambda s: s.cost.mean)
    dominated = len(frontier.standings) - len(best)
    if not best:
        kept = tr(
            "No policy lies on the frontier: {policy} is best",
            policy=data.policy_label(frontier.reference),
        )
    else:
        message = mark("{n} of {all} policies lie on the frontier, cheapest first: {policies}")
        if len(best) > 6:
            message = mark(
                "{n} of {all} policies lie on the frontier, cheapest first: {policies} and {more}"
                " more"
            )
        kept = tr(
            message,
            n=len(best),
            all=len(frontier.standings),
            policies=listed([data.policy_label(s.policy) for s in best[:6]]),
            more=len(best) - 6,
        )
    hollow = [tr("the {n} hollow ones are dominated", n=dominated)] if dominated else []
    return sentences(
        tr("{place}.", place=capital(data.over(frontier))),
        tr("{told}.", told=clauses([kept, *hollow])),
        tr(
            "Above the dotted line a policy avoids more loss than it costs. Bars are 95 %"
            " intervals; numbers are ranks."
        ),
    )


def frontier_table(data: ReportData) -> Table:
    """Cost, loss avoided and net with intervals, cost per borrower saved, who dominates."""
    rows = []
    for frontier in data.frontiers:
        scale = frontier_scale(data, frontier)
        for s in frontier.standings:
            money = (with_span(scale, e) for e in (s.net, s.loss_avoided, s.cost))
            rows.append(
                (
                    place_label(data, frontier),
                    data.policy_label(s.policy),
                    str(s.rank),
                    scale.unit,
                    *money,
                    _per_saved(data, s.cost_per_saved),
                    _share(s.kicked_can_index, kicked_cases(s)),
                    _share(s.free_rider_share),
                    data.policy_label(s.dominated_by) if s.dominated_by else tr("nobody"),
                )
            )
    names = (tr("Scenario"), tr("Policy"), tr("Rank"), tr("Unit"))
    money_titles = (tr("Net"), tr("Loss avoided"), tr("Cost"))
    ratios = (
        tr("Cost per borrower saved, less those harmed"),
        tr("Kicked-can index (borrowers)"),
        tr("Free riders of those relieved"),
    )
    return Table((*names, *money_titles, *ratios, tr("Dominated by")), tuple(rows), n_names=2)


def _per_saved(data: ReportData, estimate: Estimate) -> str:
    """What a borrower saved, net of those harmed, costs; a dash unless surely above zero."""
    if isnan(estimate.mean):
        return NONE
    text = money_scale(data.currency, [estimate.mean]).full(abs(estimate.mean))
    earns = tr("earns {money} per borrower saved", money=text)
    return Shown(earns, estimate.mean) if estimate.mean < 0 else text


def _share(estimate: Estimate, cases: str = "") -> str:
    if isnan(estimate.mean):
        return NONE
    share = percent(estimate.mean, 1)
    if not cases:
        return share
    return Shown(tr("{share} ({cases})", share=share, cases=cases), 100.0 * estimate.mean)


def with_span(scale: Scale, estimate: Estimate, *, signed: bool = False) -> str:
    """Mean and interval without the unit."""
    if estimate == (0.0, 0.0, 0.0):
        return scale.text(0.0)
    return scale.spanned(*estimate, signed=signed)


def _rate_scale(frontier: Frontier, estimates: Sequence[Estimate]) -> Scale:
    """The scale of rates per ``PER`` borrowers of the reference."""
    borrowers = max(frontier.compared, 1e-9) / PER
    shown = max(1, significant_decimals([e.mean / borrowers for e in estimates], 3, most=2))
    return Scale("", borrowers, shown)


def fates_caption(data: ReportData, frontier: Frontier) -> str:
    """Who saves most and who harms most, per 1,000 borrowers."""
    per = PER / max(frontier.compared, 1e-9)
    saves, harms = mark("{policy} saves most ({n})"), mark("{policy} harms most ({n})")
    parts = []
    for fate, message in ((Fate.SAVED, saves), (Fate.HARMED, harms)):
        most = max(frontier.standings, key=lambda s: s.fate(fate).mean)
        count = most.fate(fate).mean * per
        if count > 0:
            policy = data.policy_label(most.policy)
            parts.append(tr(message, policy=policy, n=number(count, 1)))
    told = tr(
        "{place}, of {borrowers} borrowers: {told}.",
        place=capital(data.over(frontier)),
        borrowers=f"{PER:,.0f}",
        told=clauses(parts) or tr("no policy saves or harms anybody"),
    )
    return sentences(
        told,
        tr(
            "Saved: 90+ days past due under the reference, not under the policy; harmed: only under"
            " the policy; both within {months} months after relief ends; free riders: took relief"
            " and would not have been 30 days late without it.",
            months=FOLLOW_UP_MONTHS,
        ),
    )


def fates_table(data: ReportData) -> Table:
    """Borrowers of each fate per ``PER`` of the reference, with intervals, and their balance.

    Late ones only where there are any.
    """
    standings = [s for frontier in data.frontiers for s in frontier.standings]
    columns = _fate_columns(standings)
    fates = [fate for fate, _ in columns]
    balances = [_balance(s, fate) for s in standings for fate in fates]
    money = money_scale(data.currency, balances)
    rows = []
    for frontier in data.frontiers:
        scale = _rate_scale(frontier, [s.fate(f) for s in frontier.standings for f in fates])
        for s in frontier.standings:
            cells = (
                _counted(with_span(scale, s.fate(fate)), money.text(_balance(s, fate)))
                for fate in fates
            )
            rows.append((place_label(data, frontier), data.policy_label(s.policy), *cells))
    header = (
        tr("{title} (per {borrowers}; {unit})", title=title, borrowers=f"{PER:,.0f}", unit=unit)
        for _, title in columns
        for unit in (money.unit,)
    )
    return Table((tr("Scenario"), tr("Policy"), *header), tuple(rows), n_names=2)


def _counted(borrowers: str, balance: str) -> str:
    """Borrowers and their balance in one cell."""
    values = borrowers.values if isinstance(borrowers, Shown) else ()
    return Shown(clauses([borrowers, balance]), *values)


def _fate_columns(standings: Sequence[Standing]) -> list[tuple[Fate, str]]:
    """Fates of the table with their titles."""
    columns = []
    for kind in FATE_KINDS:
        columns.append((kind.fate, capital(tr(kind.name))))
        columns += [
            (fate, tr(title))
            for fate, follows, title in LATER
            if follows == kind.fate and any(s.fate(fate).mean > 0 for s in standings)
        ]
    return columns


def _balance(standing: Standing, fate: Fate) -> float:
    return standing.fate_balances[fate.name.lower()].mean


def lending_table(data: ReportData, frontier: Frontier) -> Table | None:
    """Who gets no loan, or one alone, under each policy that changes it; None without any."""
    changing = [s for s in frontier.standings if any(s.fate(f).mean > 0 for f in LENDING_WORDS)]
    if not changing:
        return None
    scales = {f: _rate_scale(frontier, [s.fate(f) for s in changing]) for f in LENDING_WORDS}
    rows = tuple(
        (
            data.policy_label(s.policy),
            *(with_span(scales[f], s.fate(f)) for f in LENDING_WORDS),
        )
        for s in changing
    )
    titles = (capital(tr(words)) for words in LENDING_WORDS.values())
    return Table((tr("Policy"), *titles), rows)


def bearing_caption(data: ReportData, policy: str) -> str:
    """Where a policy saves and harms most and least, by the dimension with the widest gap."""
    place, shown = capital(data.over(data.frontiers[0])), data.policy_label(policy)
    lines = tr("Lines are 95 % intervals.")
    gaps = [_widest_gap(data, policy, fate) for fate in GAP_WORDS]
    if not any(gaps):
        none = tr(
            "{place}, {policy}: no difference between groups can be told at this number of paths.",
            place=place,
            policy=shown,
        )
        return sentences(none, lines)
    told = [gap for gap in gaps if gap]
    told += [tr(w.none) for w, gap in zip(GAP_WORDS.values(), gaps, strict=True) if not gap]
    gap_words = tr(
        "{place}, {policy}, of {borrowers} borrowers of a group, {told}.",
        place=place,
        policy=shown,
        borrowers=f"{PER:,.0f}",
        told=clauses(told),
    )
    return sentences(gap_words, lines)


def _widest_gap(data: ReportData, policy: str, fate: Fate) -> str:
    """The groups with the highest and the lowest rate, or nothing if all intervals meet."""
    gaps = []
    for dim in group_dimensions(data):
        found = group_rates(data, dim, policy)
        rates, margins = found.rates[fate], np.nan_to_num(found.margins[fate])
        if np.isnan(rates).all():
            continue
        high, low = int(np.nanargmax(rates)), int(np.nanargmin(rates))
        if rates[high] - margins[high] > rates[low] + margins[low]:
            ends = [(number(float(rates[i]), 1), _group(dim, found.names[i])) for i in (high, low)]
            gaps.append((float(rates[high] - rates[low]), ends))
    if not gaps:
        return ""
    _, ((most, where), (least, elsewhere)) = max(gaps)
    said = {"most": most, "where": where, "least": least, "elsewhere": elsewhere}
    return tr(GAP_WORDS[fate].gap, **said)


def _group(dim: str, group: str) -> str:
    words = {
        "income_decile": mark("income decile {group}"),
        "age_band": mark("age {group}"),
        "region": mark("region {group}"),
    }
    message = words.get(dim, mark("product {group}"))
    return tr(message, group=clean(group.replace("_", " "), 24))


def bearing_table(data: ReportData) -> Table:
    """Saved and harmed per 1,000 borrowers by group, with intervals; a row a policy and group."""
    rows = []
    for policy in data.best_first:
        for dim in group_dimensions(data):
            found = group_rates(data, dim, policy)
            for i, group in enumerate(found.names):
                cells = (_rate(found.rates[k.fate][i], found.margins[k.fate][i]) for k in BEARING)
                rows.append((data.policy_label(policy), tr(GROUPS[dim]), group, *cells))
    names = (tr("Policy"), tr("Groups"), tr("Group"))
    titles = (capital(tr(kind.name)) for kind in BEARING)
    header = (tr("{title} (per 1,000)", title=title) for title in titles)
    return Table((*names, *header), tuple(rows), n_names=3)


def _rate(rate: float, margin: float) -> str:
    """A rate with its interval; ``n/a`` for a group without borrowers."""
    return Scale("", 1.0, 2).spanned(rate, rate - margin, rate + margin)


def hardship_caption(data: ReportData, frontier: Frontier) -> str:
    """Who spares borrowers most months overdue, and who adds most complaints."""
    spares = _most(data, frontier, Burden.OVERDUE_MONTHS, -1)
    adds = _most(data, frontier, Burden.COMPLAINTS, 1)
    told = tr("{place}, {told}.", place=capital(data.over(frontier)), told=clauses([spares, adds]))
    return sentences(
        told,
        tr("All numbers are per {borrowers} borrowers.", borrowers=f"{PER:,.0f}"),
        tr(
            "Contacts are those about overdue or endangered loans; reminders before the due day are"
            " not counted."
        ),
    )


def _most(data: ReportData, frontier: Frontier, burden: Burden, sign: int) -> str:
    """Which policy lowers (-1) or raises (1) a burden most, if that is told from zero."""
    words = tr(BURDEN_WORDS[burden][1])
    known = {s.policy: stat_of(s.burden(burden)) for s in frontier.standings}
    told = {p: s for p, s in known.items() if s.sign == sign or not s.has_interval}
    most = max(told, key=lambda p: sign * told[p].mean, default=None)
    if most is None or sign * told[most].mean <= 0:
        if sign > 0:
            return tr("no policy is shown to raise the {burden}", burden=words)
        return tr("no policy is shown to lower the {burden}", burden=words)
    stat = told[most]
    scale = _rate_scale(
        frontier, [s.burden(burden) for s in frontier.standings if s.policy == most]
    )
    size = scale.text(abs(stat.mean))
    if stat.ci_low is not None and stat.ci_high is not None:
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
        b: _rate_scale(frontier, [s.burden(b) for s in frontier.standings]) for b in BURDEN_WORDS
    }
    levels = {b: frontier.reference_burdens[b.name.lower()] for b in BURDEN_WORDS}
    own = (with_span(scales[b], levels[b]) for b in BURDEN_WORDS)
    rows = [(tr("{policy} (level)", policy=data.policy_label(frontier.reference)), *own)]
    for s in frontier.standings:
        cells = (_change(scales[b], s.burden(b), levels[b]) for b in BURDEN_WORDS)
        rows.append((data.policy_label(s.policy), *cells))
    return rows


def _change(scale: Scale, change: Estimate, level: Estimate) -> str:
    if change == (0.0, 0.0, 0.0):
        return Shown(tr("no difference"), 0.0, 0.0, 0.0)
    text = with_span(scale, change, signed=True)
    if not level.mean:
        return text
    relative = number(100.0 * change.mean / level.mean, 1, signed=True)
    shown = clauses([tr("{number} %", number=relative), text])
    return Shown(shown, *(text.values if isinstance(text, Shown) else ()))
