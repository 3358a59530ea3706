"""Which policy is worth it: the ranking and the sentences that go with it."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan
from typing import Final

from simulator.report.data import ReportData, clean, stat_of
from simulator.report.fate_figures import PER
from simulator.report.frontier_figure import frontier_scale
from simulator.report.numbers import (
    Scale,
    money_scale,
    number,
    percent,
    significant_decimals,
)
from simulator.results.frontier import Estimate, Frontier, Standing
from simulator.vocabulary import FOLLOW_UP_MONTHS, Burden, Fate

COUNTED: Final = (
    (Fate.SAVED, "Saved"),
    (Fate.DELAYED, "Delayed"),
    (Fate.HARMED, "Harmed"),
    (Fate.FREE_RIDER, "Free riders"),
)
"""Fates in the ranking."""


@dataclass(frozen=True, slots=True)
class RankingCell:
    """A number of the ranking with its interval, if it has one."""

    title: str
    value: str
    span: str = ""
    verdict: str = ""
    """``better``, ``worse``, ``unclear``, ``same``, or empty where nothing is judged."""


@dataclass(frozen=True, slots=True)
class RankingRow:
    """A policy in the ranking; the reference has no rank."""

    rank: str
    policy: str
    note: str
    cells: tuple[RankingCell, ...]


@dataclass(frozen=True, slots=True)
class Ranking:
    """Policies, best first: where it holds, over which months and borrowers; columns and rows."""

    place: str
    months: str
    compared: str
    titles: tuple[tuple[str, str], ...]
    rows: tuple[RankingRow, ...]


def capital(text: str) -> str:
    """``text`` with its first letter in upper case."""
    return text[:1].upper() + text[1:]


def rankings(data: ReportData) -> list[Ranking]:
    """The ranking over all scenarios, then that of each."""
    return [_ranking(data, frontier) for frontier in data.frontiers]


def _ranking(data: ReportData, frontier: Frontier) -> Ranking:
    scale = frontier_scale(data, frontier)
    decimals = {
        fate: significant_decimals([s.fate(fate).mean for s in frontier.standings], 3, most=1)
        for fate, _ in COUNTED
    }
    complaints = significant_decimals(
        [s.burden(Burden.COMPLAINTS).mean for s in frontier.standings], 3, most=1
    )
    titles = (
        ("Net", scale.unit),
        ("Loss avoided", scale.unit),
        ("Cost", scale.unit),
        *((name, "borrowers") for _, name in COUNTED),
        ("Kicked can", "%"),
        ("Complaints", "change"),
    )
    names = [title for title, _ in titles]
    rows = []
    for s in frontier.standings:
        texts = (
            scale.text(s.loss_avoided.mean),
            scale.text(s.cost.mean),
            *(number(s.fate(fate).mean, decimals[fate]) for fate, _ in COUNTED),
            _share(s.kicked_can_index),
            number(s.burden(Burden.COMPLAINTS).mean, complaints, signed=True),
        )
        cells = (_net_cell(s, scale), *map(RankingCell, names[1:], texts))
        rows.append(RankingRow(str(s.rank), data.policy_label(s.policy), _note(data, s), cells))
    rows.insert(_reference_place(frontier), _reference_row(data, frontier, names, scale))
    place, compared = capital(data.over(frontier)), number(frontier.compared, 0)
    return Ranking(place, _months(data), compared, titles, tuple(rows))


def _months(data: ReportData) -> str:
    runoff = data.dataset.attrs.get("runoff_months", 0)
    return f"{len(data.months)} months" + (f" and {runoff} of run-off" if runoff else "")


def _share(share: Estimate) -> str:
    return "\u2013" if isnan(share.mean) else number(100.0 * share.mean, 0)


def _net_cell(standing: Standing, scale: Scale) -> RankingCell:
    stat = stat_of(standing.net)
    if stat.is_zero:
        return RankingCell("Net", "no difference", verdict="same")
    span = scale.span(stat.ci_low, stat.ci_high) if stat.has_interval else ""
    verdict = {1: "better", -1: "worse"}.get(stat.sign, "unclear") if span else ""
    return RankingCell("Net", scale.text(stat.mean, signed=True), span, verdict)


def _note(data: ReportData, standing: Standing) -> str:
    if standing.dominated_by is None:
        return ""
    return f"dominated by {data.policy_label(standing.dominated_by)}"


def _reference_place(frontier: Frontier) -> int:
    """How many policies stand before the reference: those with a gain."""
    ahead = [s for s in frontier.standings if (s.net.mean, s.loss_avoided.mean) >= (0.0, 0.0)]
    return len(ahead)


def _reference_row(
    data: ReportData, frontier: Frontier, names: Sequence[str], scale: Scale
) -> RankingRow:
    zeros = (scale.text(0.0),) * 3
    by = frontier.reference_dominated_by
    dominated = f", dominated by {data.policy_label(by)}" if by else ""
    texts = (*zeros, *("\u2013",) * (len(names) - len(zeros)))
    return RankingRow(
        "\u2013",
        data.policy_label(frontier.reference),
        f"the reference{dominated}",
        tuple(map(RankingCell, names, texts)),
    )


def verdict(data: ReportData, frontier: Frontier) -> str:
    """Which policy is worth it, with what it costs and avoids."""
    best = frontier.standings[0]
    stat, scale = stat_of(best.net), money_scale(data.currency, [*best.net, *best.cost])
    name, where = data.policy_label(best.policy), capital(data.over(frontier))
    if not stat.has_interval:
        seen = "one path" if data.n_paths == 1 else "one draw of the economy"
        where = f"On {seen}, {data.over(frontier)}"
    if stat.is_zero:
        return f"{where}, no policy changes the result: the best, {name}, makes no difference."
    split = _split(best, scale)
    span = f" (95 % interval {scale.span(stat.ci_low, stat.ci_high)})" if stat.has_interval else ""
    if stat.has_interval and stat.sign == 0:
        return (
            f"{where}, no policy is shown to be worth its cost: the best estimate, {name}, nets"
            f" {scale.full(stat.mean, signed=True)}{span}; {split}."
        )
    net = scale.full(stat.mean)
    if stat.mean > 0:
        return (
            f"{where}, {name} is worth most, by a net {net}{span}: {split}{_tie(data, frontier)}."
        )
    return (
        f"{where}, no policy pays for itself within {_months(data)}: the least costly, {name},"
        f" nets {net}{span}; {split}."
    )


def _split(standing: Standing, scale: Scale) -> str:
    """Losses and costs in words, whichever sign they have."""
    avoided, cost = standing.loss_avoided.mean, standing.cost.mean
    losses = f"{'adds' if avoided < 0 else 'avoids'} {scale.full(abs(avoided))} of losses"
    rest = (
        f"costs {scale.full(cost)}" if cost >= 0 else f"earns {scale.full(-cost)} more before them"
    )
    return f"it {losses} and {rest}"


def _tie(data: ReportData, frontier: Frontier) -> str:
    """Whether the second best may be as good, as far as the two intervals tell."""
    if len(frontier.standings) < 2:
        return ""
    best, second = (s.net for s in frontier.standings[:2])
    if isnan(best.ci_low) or second.ci_high < best.ci_low:
        return ""
    return (
        f"; the interval of the second, {data.policy_label(frontier.standings[1].policy)}, overlaps"
    )


def verdict_support(data: ReportData, frontier: Frontier) -> tuple[str, ...]:
    """How many pay, whom the best one saves and harms, and where it does not hold."""
    best = frontier.standings[0]
    out = [_counts(frontier)]
    per = PER / max(frontier.compared, 1e-9)
    saved, harmed, free = (
        best.fate(f).mean * per for f in (Fate.SAVED, Fate.HARMED, Fate.FREE_RIDER)
    )
    riders = f"; {number(free, 1)} take relief without need" if free > 0 else ""
    out.append(
        f"{data.policy_label(best.policy)} saves {number(saved, 1)} and harms {number(harmed, 1)}"
        f" of {PER:,.0f} borrowers{riders}."
    )
    if frontier.scenario is None:
        out.append(_by_scenario(data, best.policy))
    return tuple(out)


def _counts(frontier: Frontier) -> str:
    """How many policies pay, do not, cannot be told, and are dominated."""
    stats = [stat_of(s.net) for s in frontier.standings]
    pays, loses = (sum(1 for s in stats if s.sign == sign) for sign in (1, -1))
    same = sum(1 for s in stats if s.is_zero)
    parts = [
        f"{count} {words}"
        for count, words in (
            (pays, "gain more than they cost"),
            (loses, "cost more than they gain"),
            (same, "make no difference"),
            (len(stats) - pays - loses - same, "cannot be told from the reference"),
        )
        if count
    ]
    text = f"Of {len(stats)} policies {', '.join(parts)}"
    dominated = sum(1 for s in frontier.standings if s.dominated_by is not None)
    if not dominated:
        return f"{text}; none is dominated by another."
    return f"{text}; {dominated} are dominated: another choice costs no more and avoids no less."


def _by_scenario(data: ReportData, policy: str) -> str:
    """Rank and net of a policy in each scenario."""
    found = [(f, s) for f in data.frontiers[1:] for s in f.standings if s.policy == policy]
    always = all(s.rank == 1 for _, s in found)
    parts = []
    for frontier, standing in found:
        scale = money_scale(data.currency, standing.net)
        rank = "" if always else f"{standing.rank} "
        where = f"under {data.scenario_label(frontier.scenario or '')}"
        parts.append(f"{rank}{where} ({scale.full(standing.net.mean, signed=True)})")
    ranks = "ranks first in every scenario:" if always else "ranks"
    tail = "" if always else f" of {len(data.alternatives)}"
    return f"{data.policy_label(policy)} {ranks} {', '.join(parts)}{tail}."


def kicked_can(data: ReportData) -> str:
    """How much of what relief prevented comes back, or nothing when no policy gives relief."""
    frontier = data.overall
    known = (
        [s for s in frontier.standings if not isnan(s.kicked_can_index.mean)] if frontier else []
    )
    if frontier is None or not known:
        return ""
    ordered = sorted(known, key=lambda s: s.kicked_can_index.mean)
    least, most = (_index(data, s) for s in (ordered[0], ordered[-1]))
    told = least if len(ordered) == 1 else f"{least} at the least, {most} at the most"
    return (
        f"{capital(data.over(frontier))}, of the borrowers whom relief kept below 30 days past due"
        f" this share got there within {FOLLOW_UP_MONTHS} months after it (the kicked-can index):"
        f" {told}."
    )


def _index(data: ReportData, standing: Standing) -> str:
    index = standing.kicked_can_index
    text = percent(index.mean, 0)
    if not isnan(index.ci_low):
        ends = (min(100.0, max(0.0, 100.0 * end)) for end in (index.ci_low, index.ci_high))
        text += " ({} to {})".format(*(number(end, 0) for end in ends))
    return f"{text} under {data.policy_label(standing.policy)}"


def break_evens(data: ReportData) -> tuple[str, ...]:
    """A sentence for each break-even that the run looked for."""
    found = data.dataset
    if "break_even_verdict" not in found:
        return ()

    def words(name: str, at: int) -> str:
        return clean(found[f"break_even_{name}"].values[at], 60)

    def value(name: str, at: int) -> float:
        return float(found[f"break_even_{name}"].values[at])

    out = []
    for at in range(found["break_even_verdict"].size):
        policy, scenario = data.policy_label(words("policy", at)), words("scenario", at)
        field = f"\u201c{words('field', at).replace('_', ' ')}\u201d"
        where = f"Under {data.scenario_label(scenario)}, {policy}"
        bracket = f"from {value('low', at):.3g} to {value('high', at):.3g}"
        verdict = words("verdict", at)
        if verdict == "crosses":
            ends = [value(f"ci_{end}", at) for end in ("low", "high")]
            span = "" if isnan(ends[0]) else f" (95 % interval {ends[0]:.3g} to {ends[1]:.3g})"
            side = words("pays_side", at) or "below"
            out.append(
                f"{where} pays as long as {field} stays {side} {value('value', at):.3g}{span}."
            )
        else:
            pays = "pays" if verdict == "pays_throughout" else "does not pay"
            out.append(f"{where} {pays} at any {field} {bracket}.")
    return tuple(out)
