"""Captions and tables of what policies cost, whom they save and what borrowers go through."""

from collections.abc import Sequence
from math import isnan
from typing import Final

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
)
from simulator.report.frontier_figure import frontier_scale
from simulator.report.numbers import (
    NONE,
    Scale,
    missing,
    money_scale,
    number,
    percent,
    significant_decimals,
)
from simulator.report.ranking import capital, kicked_cases
from simulator.report.tables import Table
from simulator.results.frontier import Estimate, Frontier, Standing
from simulator.vocabulary import FOLLOW_UP_MONTHS, Burden, Fate

BURDEN_WORDS: Final = {
    Burden.OVERDUE_MONTHS: ("Borrower-months overdue", "borrower-months overdue"),
    Burden.CONTACTS: ("Contacts", "contacts"),
    Burden.COMPLAINTS: ("Complaints", "complaints"),
}
LENDING_WORDS: Final = {
    **{kind.fate: capital(kind.name) for kind in LENDING},
    Fate.ADMITTED_GOOD: "Loan only here: pays",
    Fate.ADMITTED_BAD: "Loan only here: defaults",
}
NO_GAP: Final = "no difference between groups can be told at this number of paths"


LATER: Final = (
    (Fate.LAPSED, "saved", "Saved, of them 90+ later"),
    (Fate.HARMED_LATER, "harmed", "Harmed later, not among harmed"),
)
"""What happened after the months that are judged: fate, the column it follows, its title."""


def frontier_caption(data: ReportData, frontier: Frontier) -> str:
    """Which policies nobody dominates, and how to read the figure."""
    best = [s for s in frontier.standings if s.dominated_by is None]
    best.sort(key=lambda s: s.cost.mean)
    dominated = len(frontier.standings) - len(best)
    listed = ", ".join(data.policy_label(s.policy) for s in best[:6])
    more = f" and {len(best) - 6} more" if len(best) > 6 else ""
    kept = (
        f"{len(best)} of {len(frontier.standings)} policies lie on the frontier, cheapest first:"
        f" {listed}{more}"
        if best
        else f"No policy lies on the frontier: {data.policy_label(frontier.reference)} is best"
    )
    hollow = f"; the {dominated} hollow ones are dominated" if dominated else ""
    return (
        f"{capital(data.over(frontier))}. {kept}{hollow}. Above the dotted line a policy avoids"
        " more loss than it costs. Bars are 95 % intervals; numbers are ranks."
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
                    _place(data, frontier),
                    data.policy_label(s.policy),
                    str(s.rank),
                    scale.unit,
                    *money,
                    _per_saved(data, s.cost_per_saved),
                    _share(s.kicked_can_index, kicked_cases(s)),
                    _share(s.free_rider_share),
                    data.policy_label(s.dominated_by) if s.dominated_by else "nobody",
                )
            )
    header = ("Scenario", "Policy", "Rank", "Unit", "Net", "Loss avoided", "Cost")
    ratios = (
        "Cost per borrower saved, less those harmed",
        "Kicked-can index (borrowers)",
        "Free riders of those relieved",
    )
    return Table((*header, *ratios, "Dominated by"), tuple(rows), n_names=2)


def _per_saved(data: ReportData, estimate: Estimate) -> str:
    """What a borrower saved, net of those harmed, costs; a dash unless surely above zero."""
    if isnan(estimate.mean):
        return NONE
    text = money_scale(data.currency, [estimate.mean]).full(abs(estimate.mean))
    return f"earns {text} per borrower saved" if estimate.mean < 0 else text


def _share(estimate: Estimate, cases: str = "") -> str:
    if isnan(estimate.mean):
        return NONE
    return percent(estimate.mean, 1) + (f" ({cases})" if cases else "")


def _place(data: ReportData, frontier: Frontier) -> str:
    if frontier.scenario is None:
        return "All, by weight"
    return data.scenario_label(frontier.scenario)


def with_span(scale: Scale, estimate: Estimate, *, signed: bool = False) -> str:
    """Mean and interval without the unit."""
    text = scale.text(estimate.mean, signed=signed)
    if isnan(estimate.ci_low) or estimate == (0.0, 0.0, 0.0):
        return text
    return f"{text} ({scale.span(estimate.ci_low, estimate.ci_high)})"


def _rate_scale(frontier: Frontier, estimates: Sequence[Estimate]) -> Scale:
    """The scale of rates per ``PER`` borrowers of the reference."""
    borrowers = max(frontier.compared, 1e-9) / PER
    shown = max(1, significant_decimals([e.mean / borrowers for e in estimates], 3, most=2))
    return Scale("", borrowers, shown)


def fates_caption(data: ReportData, frontier: Frontier) -> str:
    """Who saves most and who harms most, per 1,000 borrowers."""
    per = PER / max(frontier.compared, 1e-9)
    parts = []
    for fate, verb in ((Fate.SAVED, "saves"), (Fate.HARMED, "harms")):
        most = max(frontier.standings, key=lambda s: s.fate(fate).mean)
        count = most.fate(fate).mean * per
        if count > 0:
            parts.append(f"{data.policy_label(most.policy)} {verb} most ({number(count, 1)})")
    told = "; ".join(parts) or "no policy saves or harms anybody"
    return (
        f"{capital(data.over(frontier))}, of {PER:,.0f} borrowers: {told}. Saved: 90+ days past"
        " due under the reference, not under the policy; harmed: only under the policy; both within"
        f" {FOLLOW_UP_MONTHS} months after relief ends; free riders: took relief and would not"
        " have been 30 days late without it."
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
                f"{with_span(scale, s.fate(fate))}; {money.text(_balance(s, fate))}"
                for fate in fates
            )
            rows.append((_place(data, frontier), data.policy_label(s.policy), *cells))
    header = (f"{title} (per {PER:,.0f}; {money.unit})" for _, title in columns)
    return Table(("Scenario", "Policy", *header), tuple(rows), n_names=2)


def _fate_columns(standings: Sequence[Standing]) -> list[tuple[Fate, str]]:
    """Fates of the table with their titles."""
    columns = []
    for kind in FATE_KINDS:
        columns.append((kind.fate, capital(kind.name)))
        columns += [
            (fate, title)
            for fate, name, title in LATER
            if name == kind.name and any(s.fate(fate).mean > 0 for s in standings)
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
    return Table(("Policy", *LENDING_WORDS.values()), rows)


def bearing_caption(data: ReportData, policy: str) -> str:
    """Where a policy saves and harms most and least, by the dimension with the widest gap."""
    place, name = capital(data.over(data.frontiers[0])), data.policy_label(policy)
    gaps = {
        verb: _widest_gap(data, policy, kind.fate, verb)
        for kind, verb in zip(BEARING, ("saves", "harms"), strict=True)
    }
    if not any(gaps.values()):
        return f"{place}, {name}: {NO_GAP}. Lines are 95 % intervals."
    told = [gap or f"among those it {verb}, {NO_GAP}" for verb, gap in gaps.items()]
    told.sort(key=lambda text: text.startswith("among"))
    return (
        f"{place}, {name}, of {PER:,.0f} borrowers of a group, {'; '.join(told)}."
        " Lines are 95 % intervals."
    )


def _widest_gap(data: ReportData, policy: str, fate: Fate, verb: str) -> str:
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
    return f"{verb} {most} in {where} and {least} in {elsewhere}"


def _group(dim: str, name: str) -> str:
    words = {"income_decile": "income decile", "age_band": "age", "region": "region"}
    return f"{words.get(dim, 'product')} {clean(name.replace('_', ' '), 24)}"


def bearing_table(data: ReportData) -> Table:
    """Saved and harmed per 1,000 borrowers by group, with intervals; a row a policy and group."""
    rows = []
    for policy in data.best_first:
        for dim in group_dimensions(data):
            found = group_rates(data, dim, policy)
            for i, name in enumerate(found.names):
                cells = (_rate(found.rates[k.fate][i], found.margins[k.fate][i]) for k in BEARING)
                rows.append((data.policy_label(policy), GROUPS[dim], name, *cells))
    header = ("Policy", "Groups", "Group", *(f"{capital(k.name)} (per 1,000)" for k in BEARING))
    return Table(header, tuple(rows), n_names=3)


def _rate(rate: float, margin: float) -> str:
    if isnan(rate):
        return missing()
    text = number(rate, 2)
    if isnan(margin):
        return text
    return f"{text} ({number(rate - margin, 2)} to {number(rate + margin, 2)})"


def hardship_caption(data: ReportData, frontier: Frontier) -> str:
    """Who spares borrowers most months overdue, and who adds most complaints."""
    spares = _most(data, frontier, Burden.OVERDUE_MONTHS, -1)
    adds = _most(data, frontier, Burden.COMPLAINTS, 1)
    return (
        f"{capital(data.over(frontier))}, {spares}; {adds}. All numbers are per {PER:,.0f}"
        " borrowers. Contacts are those about overdue or endangered loans; reminders before the due"
        " day are not counted."
    )


def _most(data: ReportData, frontier: Frontier, burden: Burden, sign: int) -> str:
    """Which policy lowers (-1) or raises (1) a burden most, if that is told from zero."""
    words, verb = BURDEN_WORDS[burden][1], {-1: "lowers", 1: "raises"}[sign]
    known = {s.policy: stat_of(s.burden(burden)) for s in frontier.standings}
    told = {p: s for p, s in known.items() if s.sign == sign or not s.has_interval}
    most = max(told, key=lambda p: sign * told[p].mean, default=None)
    if most is None or sign * told[most].mean <= 0:
        return f"no policy is shown to {verb.removesuffix('s')} the {words}"
    stat = told[most]
    scale = _rate_scale(
        frontier, [s.burden(burden) for s in frontier.standings if s.policy == most]
    )
    level = frontier.reference_burdens[burden.name.lower()].mean
    relative = f", {percent(abs(stat.mean) / level)}" if level > 0 else ""
    ends = sorted((abs(stat.ci_low or 0.0), abs(stat.ci_high or 0.0)))
    span = f" ({scale.span(*ends)})" if stat.has_interval else ""
    return (
        f"{data.policy_label(most)} {verb} the {words} most, by"
        f" {scale.text(abs(stat.mean))}{span}{relative}"
    )


def hardship_table(data: ReportData, frontiers: Sequence[Frontier]) -> Table:
    """What borrowers go through: the reference's own, then each policy's difference.

    The scenario is named where there are several.
    """
    rows = []
    for frontier in frontiers:
        place = (_place(data, frontier),) if len(frontiers) > 1 else ()
        rows += [(*place, *row) for row in _hardship_rows(data, frontier)]
    names = ("Scenario", "Policy") if len(frontiers) > 1 else ("Policy",)
    header = (f"{title}, change" for title, _ in BURDEN_WORDS.values())
    return Table((*names, *header), tuple(rows), n_names=len(names))


def _hardship_rows(data: ReportData, frontier: Frontier) -> list[tuple[str, ...]]:
    scales = {
        b: _rate_scale(frontier, [s.burden(b) for s in frontier.standings]) for b in BURDEN_WORDS
    }
    levels = {b: frontier.reference_burdens[b.name.lower()] for b in BURDEN_WORDS}
    own = (with_span(scales[b], levels[b]) for b in BURDEN_WORDS)
    rows = [(f"{data.policy_label(frontier.reference)} (level)", *own)]
    for s in frontier.standings:
        cells = (_change(scales[b], s.burden(b), levels[b]) for b in BURDEN_WORDS)
        rows.append((data.policy_label(s.policy), *cells))
    return rows


def _change(scale: Scale, change: Estimate, level: Estimate) -> str:
    if change == (0.0, 0.0, 0.0):
        return "no difference"
    relative = f"{number(100 * change.mean / level.mean, 1, signed=True)} %; " if level.mean else ""
    text = with_span(scale, change, signed=True)
    return f"{relative}{text}" if relative else text
