"""The finding in one sentence, how sure it is, and what is recommended."""

from dataclasses import dataclass
from math import isfinite
from typing import Final

from simulator.report.delinquency.re_ageing import before_relief, re_aged
from simulator.report.headline.caveats import run_support, smaller_balances
from simulator.report.headline.recommendation import (
    MOST_OTHERS,
    Recommendation,
    break_even_clause,
    recommended,
    told_with_rest,
    value_doubts,
)
from simulator.report.headline.verdict import verdict, verdict_support
from simulator.report.kit.data import ReportData
from simulator.report.kit.language import clauses, listed, tr
from simulator.report.kit.numbers import (
    money_scale,
    points_scale,
)
from simulator.report.kit.phrases import (
    effect_text,
    level_text,
    months_words,
    on_one_draw,
    scale_for,
)
from simulator.report.profit.value_table import VALUE, measures
from simulator.report.provisions.rule_books import provisions_of
from simulator.results.decision import best_first
from simulator.results.estimate import Estimate
from simulator.results.ranking import Frontier

MOST_SENTENCES: Final = 5
"""Sentences under the headline; the rest stands with the remarks."""


@dataclass(frozen=True, slots=True)
class Finding:
    """The headline and the sentences that say how sure it is."""

    headline: str
    support: tuple[str, ...]


def decisive_metric(data: ReportData) -> tuple[str, str, int]:
    """The metric that ranks policies, its name and the sign that is better."""
    policy = data.alternatives[0]
    metric, name = data.with_runoff("net_result", tr("net result"))
    if all(data.stat(s, policy, f"delta_{metric}") for s in data.scenarios):
        return metric, name, 1
    return *data.with_runoff("net_loss", tr("net loss")), -1


def ranked(data: ReportData, scenario: str) -> list[tuple[str, Estimate[float]]]:
    """Policies with their difference in the deciding metric, best first."""
    if not data.alternatives:
        return []
    metric, _, better = decisive_metric(data)
    found = [(p, data.stat(scenario, p, f"delta_{metric}")) for p in data.alternatives]
    known = {p: stat for p, stat in found if stat is not None}
    return [(policy, known[policy]) for policy in best_first(known, better)]


def headline(data: ReportData) -> Finding:
    """The finding of the run, from its numbers: the ranking's where the results give one."""
    told, support = _told(data)
    return Finding(tr("{clauses}.", clauses=clauses(told)), support[:MOST_SENTENCES])


def further(data: ReportData) -> tuple[str, ...]:
    """What is said of the finding beyond the first screen."""
    return _told(data)[1][MOST_SENTENCES:]


def _told(data: ReportData) -> tuple[list[str], tuple[str, ...]]:
    """Clauses of the headline, and every sentence that supports it, those to be seen first."""
    scenario = data.worst_scenario()
    if data.overall is not None:
        return _decision(data, data.overall, scenario), _support(data, data.overall, scenario)
    order = ranked(data, scenario)
    if not order:
        return [_reference_headline(data, scenario)], run_support(data)
    return [_policy_headline(data, scenario, order)], _policy_support(data, scenario, order)


def _decision(data: ReportData, frontier: Frontier, scenario: str) -> list[str]:
    """The verdict, what the best policy does to the peak, and how long it pays."""
    best = frontier.standings[0].policy
    found = [verdict(data, frontier)]
    peak = data.stat(scenario, best, "delta_peak_overdue_rate_90")
    if peak is not None:
        effect, label = _peak_effect(data, scenario, best, peak), data.scenario_label(scenario)
        found.append(
            tr("it {effect}", effect=effect)
            if frontier.scenario == scenario
            else tr("under {scenario} it {effect}", scenario=label, effect=effect)
        )
    return [clause for clause in (*found, break_even_clause(data, best)) if clause]


def _support(data: ReportData, frontier: Frontier, scenario: str) -> tuple[str, ...]:
    """What a reader must know first, then what fills the screen, then the rest; luck stays last."""
    counts, fates, *elsewhere = verdict_support(data, frontier)
    doubts = value_doubts(data, frontier)
    limits = (*smaller_balances(data, scenario, data.best_first), *run_support(data))
    fill = (counts, fates, *elsewhere)
    room = MOST_SENTENCES - len(doubts) - len(limits)
    rest = (*fill[room:], *_before_relief(data, scenario, frontier.standings[0].policy))
    return (*doubts, *fill[:room], *limits, *rest)


def recommendation(data: ReportData) -> Recommendation | None:
    """The policy to take and why each other one loses; None where only the reference was run."""
    if data.overall is not None:
        return recommended(data, data.overall)
    scenario = data.worst_scenario()
    order = ranked(data, scenario)
    if not order:
        return None
    metric, title, better = decisive_metric(data)
    best, stat = order[0]
    reasons = [(data.policy_label(p), effect_text(data, metric, title, s)) for p, s in order]
    lead = tr("{text}.", text=_policy_headline(data, scenario, order))
    if not stat.has_interval:
        title, others = tr("No recommendation"), reasons
    elif stat.sign == better:
        title, others = tr("Recommended: {policy}", policy=data.policy_label(best)), reasons[1:]
    else:
        reference = data.policy_label(data.reference)
        title, others = tr("Recommended: keep {policy}", policy=reference), reasons
    shown = others[:MOST_OTHERS]
    return Recommendation(title, lead, told_with_rest(shown, len(others) - len(shown)))


def measures_sentence(data: ReportData) -> str:
    """Under the cards: what value and net result leave out; nothing where no value is shown."""
    shown = any(data.stat(data.worst_scenario(), p, VALUE) for p in data.alternatives)
    return measures(data) if shown and provisions_of(data) is not None else ""


def _before_relief(data: ReportData, scenario: str, policy: str) -> tuple[str, ...]:
    """What a policy does to the peak at days past due before relief, where that is another."""
    metric = "peak_overdue_rate_90"
    before = before_relief(data, scenario, policy, metric)
    after = data.stat(scenario, policy, f"delta_{metric}")
    if before is None or after is None or before == after:
        return ()
    if re_aged(data, scenario, policy, metric):
        return ()  # the headline tells it
    return (
        tr(
            "Under {scenario}, with re-planned loans counted at their days past due before relief,"
            " {policy} {effect}.",
            scenario=data.scenario_label(scenario),
            policy=data.policy_label(policy),
            effect=effect_text(data, metric, tr("peak 90+ rate"), before),
        ),
    )


def _peak_effect(data: ReportData, scenario: str, policy: str, stat: Estimate[float]) -> str:
    """What a policy does to the peak of the 90+ rate; before relief where only re-ageing helps."""
    metric = "peak_overdue_rate_90"
    before = before_relief(data, scenario, policy, metric)
    if before is None or not re_aged(data, scenario, policy, metric):
        return effect_text(data, metric, tr("peak 90+ rate"), stat)
    title = tr("peak 90+ rate with re-planned loans at their days past due before relief")
    return effect_text(data, metric, title, before)


def _reference_headline(data: ReportData, scenario: str) -> str:
    """Only the reference was run: how bad it gets, and beside the mildest scenario."""
    metric, title = data.with_runoff("net_loss", tr("net loss"))
    loss = data.stat(scenario, data.reference, metric)
    parts = _reference_peak(data, scenario)
    if loss is not None:
        level = level_text(money_scale(data.currency, loss.ends), loss)
        parts.append(tr("the {name} is {level}", name=title, level=level))
    told = clauses(parts) or tr("no summary figure is available")
    return tr("Under {scenario}, {told}", scenario=data.scenario_label(scenario), told=told)


def _reference_peak(data: ReportData, scenario: str) -> list[str]:
    """The peak of the 30+ rate under the reference, beside that of the mildest scenario."""
    peak = data.stat(scenario, data.reference, "peak_overdue_rate_30")
    if peak is None:
        return []
    level, mild = level_text(scale_for(data, "overdue_rate", [peak]), peak), data.mildest_scenario()
    other = data.stat(mild, data.reference, "peak_overdue_rate_30")
    if mild == scenario or other is None:
        return [tr("the 30+ overdue rate peaks at {level}", level=level)]
    difference = peak.mean - other.mean
    said = {
        "level": level,
        "gap": points_scale([difference]).full(abs(difference)),
        "scenario": data.scenario_label(mild),
    }
    if difference >= 0:
        return [tr("the 30+ overdue rate peaks at {level}, {gap} above {scenario}", **said)]
    return [tr("the 30+ overdue rate peaks at {level}, {gap} below {scenario}", **said)]


def _policy_headline(
    data: ReportData, scenario: str, order: list[tuple[str, Estimate[float]]]
) -> str:
    metric, title, better = decisive_metric(data)
    best, stat = order[0]
    effect = effect_text(data, metric, title, stat, explained=True)
    peak = data.stat(scenario, best, "delta_peak_overdue_rate_90")
    if peak is not None:
        other = _peak_effect(data, scenario, best, peak)
        effect = tr("{effect} and {other}", effect=effect, other=other)
    said = {
        "where": tr("Under {scenario}", scenario=data.scenario_label(scenario)),
        "policy": data.policy_label(best),
        "effect": effect,
    }
    if not stat.has_interval:
        place = tr("under {scenario}", scenario=data.scenario_label(scenario))
        said["where"] = on_one_draw(data, place)
    if not stat.has_interval or stat.sign == better:
        return tr("{where}, {policy} {effect}", **said)
    if stat.sign == -better:
        return tr(
            "{where}, no policy pays for itself within {months}: the least costly, {policy},"
            " {effect}",
            months=months_words(data),
            **said,
        )
    return tr(
        "{where}, no policy is shown to improve the {name}: the best estimate, {policy}, {effect}",
        name=title,
        **said,
    )


def _policy_support(
    data: ReportData, scenario: str, order: list[tuple[str, Estimate[float]]]
) -> tuple[str, ...]:
    """Whether it holds elsewhere, the range over single paths, and what limits the numbers."""
    metric, title, better = decisive_metric(data)
    best, stat = order[0]
    out = []
    if len(data.scenarios) > 1 and stat.has_interval:
        elsewhere = [data.stat(s, best, f"delta_{metric}") for s in data.scenarios]
        across = _across(title, elsewhere, better)
        out.append(tr("{policy} {across}.", policy=data.policy_label(best), across=across))
    out += _before_relief(data, scenario, best)
    limits = smaller_balances(data, scenario, [policy for policy, _ in order])
    limits += run_support(data)
    rest = []
    if isfinite(stat.p05) and isfinite(stat.p95) and data.n_paths > 1:
        scale = scale_for(data, f"delta_{metric}", [Estimate(stat.p05, stat.p95)])
        low, high = (scale.full(end, signed=True) for end in (stat.p05, stat.p95))
        rest.append(
            tr("On nine paths in ten its effect lies between {low} and {high}.", low=low, high=high)
        )
    return (*out, *limits, *rest)


def _across(title: str, stats: list[Estimate[float] | None], better: int) -> str:
    """In how many scenarios a policy is better, worse, without difference or unclear."""
    total = len(stats)
    signs = [stat.sign * better if stat is not None else 0 for stat in stats]
    same = sum(1 for stat in stats if stat is not None and stat.is_zero)
    if signs.count(1) == total:
        return tr("improves the {name} in all {n} scenarios", name=title, n=total)
    if signs.count(-1) == total:
        return tr("worsens the {name} in all {n} scenarios", name=title, n=total)
    gains, losses = signs.count(1), signs.count(-1)
    unclear = total - gains - losses - same
    counts = (
        (gains, tr("better in {n}", n=gains)),
        (losses, tr("worse in {n}", n=losses)),
        (same, tr("no difference in {n}", n=same)),
        (unclear, tr("not distinguishable in {n}", n=unclear)),
    )
    parts = listed([words for count, words in counts if count])
    return tr(
        "compared with the reference over {n} scenarios: {name} {parts}",
        n=total,
        name=title,
        parts=parts,
    )
