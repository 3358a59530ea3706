"""The verdict of a run in words: the decision, and what it does in the adverse scenario."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from simulator.report.delinquency.re_ageing import re_aged
from simulator.report.kit.data import OTHER_BALANCE, ReportData
from simulator.report.kit.language import clauses, listed, mark, sentences, tr
from simulator.report.kit.numbers import (
    Scale,
    money_scale,
    number,
    points_scale,
    rate_scale,
)
from simulator.report.kit.phrases import capital, on_one_draw, scale_for, with_interval
from simulator.report.provisions.rule_books import provisions_of
from simulator.results.decision import Case, Lack, Obstacle, Outcome, Verdict
from simulator.results.decision import verdict as verdict_of
from simulator.results.estimate import Estimate
from simulator.results.metrics import better

MOST_WORDS = 60
"""Words of the verdict in English."""
PEAK_90, PEAK_90_RATE = "peak_overdue_balance_90", "peak_overdue_rate_90"
MOST_EFFECTS = 2
"""Effects in the adverse scenario that the verdict names, harms first; the table has all."""
MOST_OBSTACLES = 2
"""Hard obstacles that the verdict names; the others stand below the ranking."""
SHARE_DECIMALS = 2
"""Decimals of money as a percentage of the book."""


def verdict(data: ReportData) -> str:
    """What the run says, in at most ``MOST_WORDS`` words."""
    case = data.decision.leading
    if case is None:
        return _levels(data)
    return sentences(_lead(data, case), _adverse(data, case))


def _lead(data: ReportData, case: Case) -> str:
    """The decision about the leading case."""
    said = {
        "policy": data.policy_label(case.policy),
        "worth": _worth(data, case.worth),
        "where": data.where(),
    }
    decision = data.decision
    if decision.outcome is Outcome.RECOMMENDED:
        return tr(
            "Recommended: {policy}, worth {worth} {where}; {tried}.", tried=_tried(data), **said
        )
    if decision.outcome is Outcome.DEPENDS:
        return tr(
            "Depends on assumptions, no recommendation: {policy}, worth {worth} {where}, is not"
            " shown to gain under {turned} of {n} assumptions tried.",
            turned=len(decision.overturned_by),
            n=decision.tried,
            **said,
        )
    if decision.outcome is Outcome.NO_VALUE:
        return tr(
            "No recommendation: {why}. By net result the best {where} is {policy}, {worth}.",
            why=why_no_value(data),
            **said,
        )
    if all(each.worth.is_zero for each in decision.cases):
        return tr("No clear case: no policy changes the value {where}.", **said)
    if not case.worth.has_interval:
        said["seen"] = on_one_draw(data, data.where())
        return tr(
            "No clear case: one draw of the economy has no interval. {seen}, the best estimate is"
            " {policy}, {worth}.",
            **said,
        )
    if case.worth.mean <= 0.0:
        return tr(
            "No clear case: none is shown to beat the current policy {where}; best estimate:"
            " {policy}, {worth}.",
            **said,
        )
    return _no_case(data, case, said)


def _no_case(data: ReportData, case: Case, said: dict[str, str]) -> str:
    """Why a policy with a worth above 0 is not recommended: its hard obstacles, else evidence."""
    first = case.obstacles[0]
    others = [o for o in case.obstacles if o.lack is not Lack.VALUE]
    hard = [o for o in others if not o.by_evidence][:MOST_OBSTACLES] or others[:1]
    said["obstacle"] = listed([obstacle_words(data, o) for o in hard], final=True)
    if first.lack is Lack.VALUE and (not hard or hard[0].by_evidence):
        said["needed"] = more_paths(first)
        return tr(
            "No clear case for {policy}: worth {worth} {where}, not significant{needed}.", **said
        )
    if first.lack is Lack.VALUE:
        return tr(
            "No clear case for {policy}: worth {worth} {where}, not significant, and {obstacle}.",
            **said,
        )
    return tr("No clear case for {policy}: worth {worth} {where}, but {obstacle}.", **said)


def _tried(data: ReportData) -> str:
    """How the recommendation stands up to the assumptions tried."""
    decision = data.decision
    if not decision.tried:
        return tr("no assumption was tried")
    return tr(
        "it still gains under {n} of {all} assumptions tried",
        n=decision.tried - len(decision.overturned_by),
        all=decision.tried,
    )


def why_no_value(data: ReportData) -> str:
    """Why the run cannot tell a value: no run-off, or too short a one."""
    if int(data.dataset.attrs.get("runoff_months", 0)) > 0:
        return tr("the run-off is too short to tell the value of a policy")
    return tr("without a run-off the value of a policy is not known")


def _worth(data: ReportData, worth: Estimate[float]) -> str:
    """Worth over the book and in money, with its interval."""
    share = rate_scale([], SHARE_DECIMALS)
    scale = money_scale(data.currency, worth.ends)
    money = scale.full(worth.mean, signed=True)
    said = {"share": share.full(worth.mean / data.decision.opening, signed=True), "money": money}
    if not worth.has_interval:
        return tr("{share} of the book ({money})", **said)
    span = scale.span(worth.ci_low, worth.ci_high)
    return tr("{share} of the book ({money}, 95\u202f% interval {span})", span=span, **said)


def more_paths(obstacle: Obstacle) -> str:
    """How many paths would tell, as a clause; empty where that is not known."""
    if obstacle.paths is None:
        return ""
    return tr(" (about {n} paths needed)", n=number(obstacle.paths, 0))


_LIMITS: Final = {
    Lack.CAPITAL_RATIO: (
        mark("{where} its lowest capital ratio is {found} (limit {limit}){needed}"),
        mark("{where} its lowest capital ratio may be below {limit} ({found} on average){needed}"),
    ),
    Lack.COVERAGE: (
        mark("{where} its lowest coverage is {found} (limit {limit}){needed}"),
        mark("{where} its lowest coverage may be below {limit} ({found} on average){needed}"),
    ),
    Lack.COMPLAINTS: (
        mark("{where} complaints change by {found} (limit {limit}){needed}"),
        mark("{where} complaints may rise by more than {limit} ({found} on average){needed}"),
    ),
}
"""What is said where the mean breaks a limit, and where only its interval does."""


def obstacle_words(data: ReportData, obstacle: Obstacle) -> str:
    """What a policy lacks, in a clause: where, what was found, and the limit."""
    found, limit = obstacle.found, obstacle.limit
    if obstacle.lack is Lack.VALUE:
        text = (
            tr("its value does not rise significantly")
            if obstacle.by_evidence
            else tr("it gains no value")
        )
        return text + more_paths(obstacle)
    if obstacle.lack is Lack.DRAWS:
        return tr(
            "{n} draws of the economy are too few ({least} at least)",
            n=number(found.mean, 0),
            least=number(limit, 0),
        )
    said = {"where": data.where(obstacle.scenario)}
    if obstacle.lack is Lack.SCENARIO_LOSS:
        opening = data.decision.opening
        scale = rate_scale([], SHARE_DECIMALS)
        said["limit"] = scale.full(-limit / opening)
        if not obstacle.by_evidence:
            said["found"] = scale.full(-found.mean / opening)
            return tr("{where} it loses {found} of the book (limit {limit})", **said)
        said["needed"] = more_paths(obstacle)
        return tr("{where} it may lose more than {limit} of the book{needed}", **said)
    scale = rate_scale([found.mean, limit])
    said |= {"found": scale.full(found.mean), "limit": scale.full(limit)}
    said["needed"] = more_paths(obstacle)
    if obstacle.lack is Lack.COMPLAINTS:
        said["found"] = scale.full(found.mean, signed=True)
    sure, perhaps = _LIMITS[obstacle.lack]
    return tr(perhaps if obstacle.by_evidence else sure, **said)


@dataclass(frozen=True, slots=True)
class Effect:
    """A change in the adverse scenario: its name and size."""

    metric: str
    name: str
    stat: Estimate[float]
    scale: Scale


def effects(data: ReportData, scenario: str, policy: str) -> Iterator[Effect]:
    """What a policy does to amounts and capital under a scenario; not what re-ageing alone does."""
    books = provisions_of(data)
    columns = [
        (data.with_runoff("written_off", "")[0], tr("write-offs")),
        (PEAK_90, tr("the peak 90+ amount")),
    ]
    if books is not None:
        columns += [
            (f"peak_allowance_{books.accounting}", tr("the peak allowance")),
            ("lowest_capital_ratio", tr("the lowest capital ratio")),
        ]
    for metric, name in columns:
        stat = data.stat(scenario, policy, f"delta_{metric}")
        by_re_ageing = metric == PEAK_90 and re_aged(data, scenario, policy, PEAK_90_RATE)
        if stat is not None and not by_re_ageing:
            points = metric == "lowest_capital_ratio"
            scale = points_scale(stat.ends) if points else money_scale(data.currency, [stat.mean])
            yield Effect(metric, name, stat, scale)


def _adverse(data: ReportData, case: Case) -> str:
    """What the policy does in the adverse scenario, where that is significant.

    Of one that is not recommended what is worse alone: what is better may be that less is lent.
    """
    scenario = data.worst_scenario()
    all_of_it = data.decision.outcome in (Outcome.RECOMMENDED, Outcome.DEPENDS)
    sure = [e for e in effects(data, scenario, case.policy) if e.stat.sign]
    harms = [e for e in sure if verdict_of(e.stat, better(e.metric)) is Verdict.WORSE]
    gains = [e for e in sure if e not in harms] if all_of_it else []
    told = [_effect_words(effect) for effect in (*harms, *gains)[:MOST_EFFECTS]]
    if not told:
        return ""
    said = {"where": capital(data.where(scenario)), "effects": listed(told, final=True)}
    change = data.balance_changes.get((scenario, case.policy), 0.0)
    if abs(change) > OTHER_BALANCE:
        shown = number(100.0 * change, 0, signed=True)
        return tr("{where}, with a balance {n} %, it {effects}.", n=shown, **said)
    return tr("{where} it {effects}.", **said)


def _effect_words(effect: Effect) -> str:
    size = effect.scale.full(abs(effect.stat.mean))
    if effect.stat.mean > 0:
        return tr("raises {name} by {size}", name=effect.name, size=size)
    return tr("lowers {name} by {size}", name=effect.name, size=size)


def _levels(data: ReportData) -> str:
    """Only the current policy was run: how bad the adverse scenario gets."""
    scenario, books = data.worst_scenario(), provisions_of(data)
    loss, loss_name = data.with_runoff("net_loss", tr("net loss"))
    over = (
        ("peak_overdue_rate_over_opening_30", tr("30+ peaks at {level} of the opening balance")),
        ("peak_overdue_rate_over_opening_90", tr("90+ peaks at {level} of the opening balance")),
    )
    rates = (
        ("peak_overdue_rate_30", tr("the 30+ overdue rate peaks at {level}")),
        ("peak_overdue_rate_90", tr("the 90+ overdue rate peaks at {level}")),
    )
    shown = [
        *(over if data.is_static_pool else rates),
        (loss, tr("the {name} is {level}", name=loss_name, level="{level}")),
    ]
    if books is not None:
        shown.append(("lowest_capital_ratio", tr("the capital ratio falls to {level}")))
    told = []
    for metric, words in shown:
        stat = data.stat(scenario, data.reference, metric)
        if stat is not None:
            ratio = metric == "lowest_capital_ratio"
            scale = rate_scale(stat.ends) if ratio else scale_for(data, metric, [stat])
            told.append(words.format(level=with_interval(scale.full(stat.mean), scale, stat)))
    text = clauses(told) or tr("no summary figure is available")
    return tr("{where}, {told}.", where=capital(data.where(scenario)), told=text)
