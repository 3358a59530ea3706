"""Which policy is worth it: the ranking and the sentences that go with it."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan
from typing import Final

from xarray import Dataset

from simulator.report.data import ReportData, clean, stat_of
from simulator.report.fate_figures import PER
from simulator.report.frontier_figure import frontier_scale
from simulator.report.numbers import (
    NONE,
    Scale,
    money_scale,
    number,
    significant_decimals,
)
from simulator.results.break_even import ends_in_words
from simulator.results.frontier import Estimate, Frontier, Standing
from simulator.vocabulary import Burden, Fate

COUNTED: Final[tuple[tuple[Fate, str], ...]] = (
    (Fate.SAVED, "Saved"),
    (Fate.CENSORED, "Too early to tell"),
    (Fate.DELAYED, "Delayed"),
    (Fate.HARMED, "Harmed"),
    (Fate.FREE_RIDER, "Free riders"),
)
"""Fates in the ranking; those too early to tell only where there are any."""


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
    counted = [pair for pair in COUNTED if pair[0] != Fate.CENSORED or _any(frontier, pair[0])]
    per = PER / max(frontier.compared, 1e-9)
    decimals = {fate: _decimals(frontier, fate) for fate, _ in counted}
    complaints = significant_decimals(
        [per * s.burden(Burden.COMPLAINTS).mean for s in frontier.standings], 3, most=1
    )
    titles = (
        ("Net", scale.unit),
        ("Loss avoided", scale.unit),
        ("Cost", scale.unit),
        *((name, f"per {PER:,.0f}") for _, name in counted),
        ("Kicked can", "%"),
        ("Complaints", "change"),
    )
    names = [title for title, _ in titles]
    rows = []
    for s in frontier.standings:
        texts = (
            scale.text(s.loss_avoided.mean),
            scale.text(s.cost.mean),
            *(number(per * s.fate(fate).mean, decimals[fate]) for fate, _ in counted),
            _share(s.kicked_can_index),
            number(per * s.burden(Burden.COMPLAINTS).mean, complaints, signed=True),
        )
        spans = ["" if title != "Kicked can" else kicked_cases(s) for title in names[1:]]
        cells = (_net_cell(s, scale), *map(RankingCell, names[1:], texts, spans))
        rows.append(RankingRow(str(s.rank), data.policy_label(s.policy), _note(data, s), cells))
    rows.insert(_reference_place(frontier), _reference_row(data, frontier, names, scale))
    place, compared = capital(data.over(frontier)), number(frontier.compared, 0)
    return Ranking(place, _months(data), compared, titles, tuple(rows))


def _any(frontier: Frontier, fate: Fate) -> bool:
    return any(s.fate(fate).mean > 0 for s in frontier.standings)


def _decimals(frontier: Frontier, fate: Fate) -> int:
    """Decimals of a fate's rates per ``PER`` borrowers."""
    per = PER / max(frontier.compared, 1e-9)
    return significant_decimals([per * s.fate(fate).mean for s in frontier.standings], 3, most=1)


def _months(data: ReportData) -> str:
    runoff = data.dataset.attrs.get("runoff_months", 0)
    return f"{len(data.months)} months" + (f" and {runoff} of run-off" if runoff else "")


def _share(share: Estimate) -> str:
    return NONE if isnan(share.mean) else number(100.0 * share.mean, 0)


def kicked_cases(standing: Standing) -> str:
    """Numerator and denominator of the kicked-can index in borrowers, as ``33 of 45``."""
    if isnan(standing.kicked_can_index.mean):
        return ""
    returned, prevented = (standing.fate(f).mean for f in (Fate.RETURNED, Fate.PREVENTED))
    decimals = significant_decimals([prevented], 2, most=1)
    return f"{number(returned, decimals)} of {number(prevented, decimals)}"


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
    texts = (*zeros, *(NONE,) * (len(names) - len(zeros)))
    return RankingRow(
        NONE,
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
    riders = (
        f"; {number(free, 1)} take relief and would not have been 30 days late without it"
        " (free riders)"
        if free > 0
        else ""
    )
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
            (pays, "gains more than it costs" if pays == 1 else "gain more than they cost"),
            (loses, "costs more than it gains" if loses == 1 else "cost more than they gain"),
            (same, "makes no difference" if same == 1 else "make no difference"),
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
            side = words("pays_side", at) or "below"
            out.append(
                f"{where} pays as long as {field} stays {side} {value('value', at):.3g}"
                f" ({_break_even_interval(found.isel(break_even=at))})."
            )
        elif verdict == "undecided":
            out.append(f"{where}: too few paths to say whether it pays at {field} {bracket}.")
        else:
            pays = "pays" if verdict == "pays_throughout" else "does not pay"
            out.append(f"{where} {pays} at any {field} {bracket}.")
    return tuple(out)


def _break_even_interval(answer: Dataset) -> str:
    """The interval of one break-even, or why there is none."""

    def value(name: str) -> float:
        return float(answer[f"break_even_{name}"])

    if isnan(float(answer["break_even_gain_ci_low"][0])):
        return "too few paths for an interval"
    ends = ends_in_words((value("ci_low"), value("ci_high")), (value("low"), value("high")))
    return f"95 % interval {' to '.join(ends)}"
