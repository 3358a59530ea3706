"""What to do: the recommended policy, why the others lose, and what speaks against it."""

from dataclasses import dataclass
from typing import Final

from simulator.report.headline.verdict import saves, split, tied
from simulator.report.kit.data import ReportData
from simulator.report.kit.language import clauses, tr
from simulator.report.kit.numbers import Scale, money_scale, percent, significant_decimals
from simulator.report.kit.outcome_kinds import PER
from simulator.report.kit.phrases import capital, with_interval
from simulator.report.policies.break_evens import (
    BreakEvenAnswer,
    break_even_answers,
    break_even_interval,
    field_words,
)
from simulator.report.profit.value_table import VALUE
from simulator.results.compare import difference
from simulator.results.decision import surely_best
from simulator.results.estimate import Estimate
from simulator.results.ranking import Frontier, Standing
from simulator.vocabulary import Fate

MOST_OTHERS: Final = 5
"""Policies whose reasons the first screen gives; of more it says how many there are."""

FREE_RIDING: Final = "take_up_if_no_need"
"""The field whose break-even a reader asks for first."""

VALUE_OF: Final = "value"
"""The variable of results.nc that the headline's net result is held against."""

_TOLD: Final = ("crosses", "never_pays", "pays_throughout")
"""Verdicts on a break-even that the headline repeats, the most telling first."""


@dataclass(frozen=True, slots=True)
class Recommendation:
    """The recommended policy with its reason, and (policy, why it loses) of the others."""

    title: str
    lead: str
    others: tuple[tuple[str, str], ...]


def recommended(data: ReportData, frontier: Frontier) -> Recommendation:
    """The policy that is shown to be worth most where ``frontier`` holds, else the reference."""
    best = frontier.standings[0]
    net = best.net
    label, where = data.policy_label(best.policy), capital(data.over(frontier))
    scale = money_scale(data.currency, [*best.net.ends, best.cost.mean, best.loss_avoided.mean])
    shown = with_interval(scale.full(net.mean, signed=True), scale, net)
    if not net.has_interval:
        lead = tr(
            "{where}, {policy} nets most ({net}), but one draw of the economy cannot tell effect"
            " from luck.",
            where=where,
            policy=label,
            net=scale.full(net.mean, signed=True),
        )
        return Recommendation(tr("No recommendation"), lead, _others(data, frontier))
    if net.sign <= 0:
        reference = data.policy_label(data.reference)
        lead = tr("{where}, no other policy is shown to gain more than it costs.", where=where)
        title = tr("Recommended: keep {policy}", policy=reference)
        return Recommendation(title, lead, _others(data, frontier))
    reasons = clauses([split(best, scale), *_harm(best, frontier), *_against(data, frontier)])
    lead = tr("{where}, it nets {net}: {reasons}.", where=where, net=shown, reasons=reasons)
    title = tr("Recommended: {policy}", policy=label)
    return Recommendation(title, lead, _others(data, frontier))


def _others(data: ReportData, frontier: Frontier) -> tuple[tuple[str, str], ...]:
    """Why each policy that is not recommended loses, and how many more there are."""
    best = frontier.standings[0]
    wins = best.net.sign > 0
    losers = frontier.standings[1:] if wins else frontier.standings
    told = [(data.policy_label(s.policy), why_not(data, frontier, s)) for s in losers[:MOST_OTHERS]]
    if wins and len(told) < MOST_OTHERS:
        reference = data.policy_label(data.reference)
        told.append((reference, _why_not_the_reference(data, frontier)))
    left = len(losers) + wins - len(told)
    return told_with_rest(told, left)


def told_with_rest(told: list[tuple[str, str]], left: int) -> tuple[tuple[str, str], ...]:
    """``told``, then how many others are left."""
    if not left:
        return tuple(told)
    return (*told, (tr("and {n} more", n=left), tr("the ranking below has them all")))


def why_not(data: ReportData, frontier: Frontier, standing: Standing) -> str:
    """Why a policy is not recommended, from its numbers."""
    net = standing.net
    values = [*standing.net.ends, standing.cost.mean, standing.loss_avoided.mean]
    scale = money_scale(data.currency, values)
    if net.is_zero:
        return tr("makes no difference")
    reasons = [_money_reason(data, frontier, standing, scale), *_harm(standing, frontier)]
    if standing.dominated_by is not None:
        dominator = data.policy_label(standing.dominated_by)
        reasons.append(
            tr("dominated by {policy}, which costs no more and avoids no less", policy=dominator)
        )
    return clauses(reasons)


def _money_reason(data: ReportData, frontier: Frontier, standing: Standing, scale: Scale) -> str:
    """What a policy loses or lacks in money."""
    net = standing.net
    said = {"split": split(standing, scale)}
    if not net.has_interval:
        return tr("nets {net}: {split}", net=scale.full(net.mean, signed=True), **said)
    if net.sign < 0:
        loss = net.times(-1.0)
        size = with_interval(scale.full(loss.mean), scale, loss)
        reference = data.policy_label(data.reference)
        return tr(
            "loses {size} against {reference}: {split}", size=size, reference=reference, **said
        )
    shown = with_interval(scale.full(net.mean, signed=True), scale, net)
    if net.sign == 0:
        return tr("cannot be told from zero: nets {net}; {split}", net=shown, **said)
    gap = standing.behind
    said["gap"] = with_interval(
        money_scale(data.currency, gap.ends).full(gap.mean),
        money_scale(data.currency, gap.ends),
        gap,
    )
    if tied(standing):
        return tr(
            "nets {net}, {gap} less than the best on the same paths, not distinguishable from"
            " zero; {split}",
            net=shown,
            **said,
        )
    return tr("nets {net}, {gap} less than the best; {split}", net=shown, **said)


def _why_not_the_reference(data: ReportData, frontier: Frontier) -> str:
    """What keeping to the reference forgoes."""
    best = frontier.standings[0]
    net, scale = best.net, money_scale(data.currency, best.net.ends)
    size = with_interval(scale.full(net.mean), scale, net)
    return tr("forgoes {size} of net result", size=size)


def _harm(standing: Standing, frontier: Frontier) -> tuple[str, ...]:
    """That a policy harms more borrowers than it saves, where it does."""
    saved, harmed = standing.fate(Fate.SAVED).mean, standing.fate(Fate.HARMED).mean
    if harmed <= saved:
        return ()
    per = PER / max(frontier.compared, 1e-9)
    return (tr("harms more than it saves: {saves}", saves=saves(standing, per)),)


def _against(data: ReportData, frontier: Frontier) -> tuple[str, ...]:
    """That the best policy's value does not bear the recommendation out, where so."""
    found = _doubtful_values(data, frontier)
    return tuple(
        tr("{where} its value {doubt}", where=where, doubt=_doubt(data, stat))
        for where, stat in found
    )


def break_even_clause(data: ReportData, policy: str) -> str:
    """Up to which value of a field ``policy`` pays, from the run's break-evens; empty without."""
    found = [a for a in break_even_answers(data) if a.policy == policy and a.verdict in _TOLD]
    if not found:
        return ""
    answer = min(found, key=lambda a: (_TOLD.index(a.verdict), a.field != FREE_RIDING))
    scenario = data.scenario_label(answer.scenario)
    if answer.verdict == "crosses":
        return _pays_while(answer, scenario)
    said = {"scenario": scenario, "field": field_words(answer.field)}
    low, high = (f"{end:.3g}" for end in answer.bracket)
    if answer.verdict == "pays_throughout":
        return tr(
            "under {scenario} it pays at any \u201c{field}\u201d from {low} to {high}",
            low=low,
            high=high,
            **said,
        )
    return tr(
        "under {scenario} it does not pay at any \u201c{field}\u201d from {low} to {high}",
        low=low,
        high=high,
        **said,
    )


def _pays_while(answer: BreakEvenAnswer, scenario: str) -> str:
    """Up to (or from) which value of its field a policy pays."""
    below = answer.pays_side == "below"
    if answer.field == FREE_RIDING and below:
        return tr(
            "under {scenario} it pays as long as fewer than {share} of those who know of it and"
            " are not short of cash take it up each month {interval}",
            scenario=scenario,
            share=_share(answer.value),
            interval=break_even_interval(answer, _share),
        )
    said = {
        "scenario": scenario,
        "field": field_words(answer.field),
        "value": f"{answer.value:.3g}",
        "interval": break_even_interval(answer),
    }
    if below:
        return tr(
            "under {scenario} it pays as long as \u201c{field}\u201d stays below {value}"
            " {interval}",
            **said,
        )
    return tr(
        "under {scenario} it pays as long as \u201c{field}\u201d stays above {value} {interval}",
        **said,
    )


def _share(fraction: float) -> str:
    return percent(fraction, significant_decimals([100.0 * fraction], 2, most=1))


def value_doubts(data: ReportData, frontier: Frontier) -> tuple[str, ...]:
    """Where value does not bear out the headline's net result: the best policy's, another's."""
    return (*_own_doubts(data, frontier), *_worth_more(data, frontier))


def _worth_more(data: ReportData, frontier: Frontier) -> tuple[str, ...]:
    """The policy whose value is told to exceed the best one's by most, where there is one."""
    best = frontier.standings[0].policy
    if not frontier.standings[0].net.sign or VALUE_OF not in data.dataset:
        return ()
    others = {
        p: difference(data.dataset, VALUE_OF, (p, best), frontier.scenario)
        for p in data.policies
        if p != best
    }
    rival = surely_best(others)
    if rival is None:
        return ()
    stat = others[rival]
    scale = money_scale(data.currency, stat.ends)
    return (
        tr(
            "By value {rival} is worth more than {policy}, by {mean} ({span}).",
            rival=data.policy_label(rival),
            policy=data.policy_label(best),
            mean=scale.full(stat.mean),
            span=scale.span(stat.ci_low, stat.ci_high),
        ),
    )


def _own_doubts(data: ReportData, frontier: Frontier) -> tuple[str, ...]:
    """Where the best policy's own value differs in sign from its net result."""
    found = _doubtful_values(data, frontier)
    if not found:
        return ()
    said = {
        "policy": data.policy_label(frontier.standings[0].policy),
        "doubts": clauses(
            [tr("{where} it {doubt}", where=w, doubt=_doubt(data, s)) for w, s in found]
        ),
    }
    sign = frontier.standings[0].net.sign
    if any(stat.sign == -sign for _, stat in found):
        return (tr("The value of {policy} does not bear this out: {doubts}.", **said),)
    return (tr("The value of {policy} bears this out less clearly: {doubts}.", **said),)


def _doubtful_values(data: ReportData, frontier: Frontier) -> list[tuple[str, Estimate[float]]]:
    """Where, and how, the best policy's value differs in sign from its net result."""
    best = frontier.standings[0]
    sign = best.net.sign
    if not sign or VALUE_OF not in data.dataset:
        return []
    worst = data.worst_scenario()
    pair = best.policy, data.reference
    found = {data.over(frontier): difference(data.dataset, VALUE_OF, pair, frontier.scenario)}
    if (own := data.stat(worst, best.policy, VALUE)) is not None:
        found[tr("under {scenario}", scenario=data.scenario_label(worst))] = own
    return [(w, stat) for w, stat in found.items() if stat.has_interval and stat.sign != sign]


def _doubt(data: ReportData, stat: Estimate[float]) -> str:
    """What the value does: rises, falls or cannot be told, with its numbers."""
    scale = money_scale(data.currency, stat.ends)
    ends = scale.span(stat.ci_low, stat.ci_high)
    said = {"mean": scale.full(stat.mean, signed=True), "span": ends}
    if not stat.sign:
        return tr("cannot be told from zero ({mean}, {span})", **said)
    return (
        tr("rises ({mean}, {span})", **said)
        if stat.sign > 0
        else tr("falls ({mean}, {span})", **said)
    )
