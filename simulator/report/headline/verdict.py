"""The verdict on the best policy in words, and the sentences that support it."""

from simulator.report.kit.data import ReportData
from simulator.report.kit.language import clauses, listed, tn, tr
from simulator.report.kit.numbers import Scale, money_scale, number
from simulator.report.kit.outcome_kinds import PER
from simulator.report.kit.phrases import capital, months_words, on_one_draw, with_interval
from simulator.results.decision import Verdict
from simulator.results.decision import verdict as verdict_of
from simulator.results.ranking import Frontier, Standing
from simulator.vocabulary import Fate


def verdict(data: ReportData, frontier: Frontier) -> str:
    """Which policy is worth it, with what it costs and avoids; without its full stop."""
    best = frontier.standings[0]
    stat, scale = best.net, money_scale(data.currency, [*best.net.ends, *best.cost.ends])
    said = {"where": capital(data.over(frontier)), "policy": data.policy_label(best.policy)}
    if not stat.has_interval:
        said["where"] = on_one_draw(data, data.over(frontier))
    if stat.is_zero:
        return tr(
            "{where}, no policy changes the result: the best, {policy}, makes no difference", **said
        )
    signed = stat.has_interval and stat.sign == 0
    said["net"] = with_interval(scale.full(stat.mean, signed=signed), scale, stat)
    said["split"] = split(best, scale)
    if signed:
        return tr(
            "{where}, no policy is shown to be worth its cost: the best estimate, {policy}, nets"
            " {net}; {split}",
            **said,
        )
    if stat.mean > 0:
        text = tr("{where}, {policy} is worth most, by a net {net}: {split}", **said)
        return clauses([text, *_tie(data, frontier)])
    return tr(
        "{where}, no policy pays for itself within {months}: the least costly, {policy},"
        " nets {net}; {split}",
        months=months_words(data),
        **said,
    )


def split(standing: Standing, scale: Scale) -> str:
    """Losses and costs in words, whichever sign they have."""
    avoided, cost = standing.loss_avoided.mean, standing.cost.mean
    said = {"losses": scale.full(abs(avoided)), "money": scale.full(abs(cost))}
    if avoided < 0:
        if cost < 0:
            return tr("it adds {losses} of losses and earns {money} more before them", **said)
        return tr("it adds {losses} of losses and costs {money}", **said)
    if cost < 0:
        return tr("it avoids {losses} of losses and earns {money} more before them", **said)
    return tr("it avoids {losses} of losses and costs {money}", **said)


def _tie(data: ReportData, frontier: Frontier) -> tuple[str, ...]:
    """The first policy that may be as good as the best, where there is one."""
    rivals = [s for s in frontier.standings[1:] if tied(s)]
    if not rivals:
        return ()
    second = data.policy_label(rivals[0].policy)
    return (tr("on the same paths {policy} is not distinguishable from it", policy=second),)


def tied(standing: Standing) -> bool:
    """Whether a policy cannot be told from the best one, path by path."""
    return verdict_of(standing.behind) in (Verdict.UNCLEAR, Verdict.SAME)


def verdict_support(data: ReportData, frontier: Frontier) -> tuple[str, ...]:
    """How many pay, whom the best one saves and harms, and where it does not hold."""
    best = frontier.standings[0]
    per = PER / max(frontier.compared, 1e-9)
    free = best.fate(Fate.FREE_RIDER).mean * per
    told = tr("{policy} {saves}", policy=data.policy_label(best.policy), saves=saves(best, per))
    if free > 0:
        riders = tr(
            "{n} take relief and would not have been 30 days late without it (free riders)",
            n=number(free, 1),
        )
        told = clauses([told, riders])
    out = [_counts(frontier), tr("{clauses}.", clauses=told)]
    if frontier.scenario is None:
        out.append(_by_scenario(data, best.policy))
    return tuple(out)


def saves(standing: Standing, per: float) -> str:
    """Whom a policy saves and harms, ``per`` being ``PER`` over the borrowers compared."""
    found = (number(standing.fate(f).mean * per, 1) for f in (Fate.SAVED, Fate.HARMED))
    saved, harmed = found
    return tr(
        "saves {saved} and harms {harmed} of {n} borrowers",
        saved=saved,
        harmed=harmed,
        n=f"{PER:,.0f}",
    )


def _counts(frontier: Frontier) -> str:
    """How many policies pay, do not, cannot be told, and are dominated."""
    stats = [s.net for s in frontier.standings]
    gains, costs = (sum(1 for s in stats if s.sign == sign) for sign in (1, -1))
    same = sum(1 for s in stats if s.is_zero)
    unclear = len(stats) - gains - costs - same
    parts = (
        (gains, tn("{n} gains more than it costs", "{n} gain more than they cost", gains)),
        (costs, tn("{n} costs more than it gains", "{n} cost more than they gain", costs)),
        (same, tn("{n} makes no difference", "{n} make no difference", same)),
        (unclear, tr("{n} cannot be told from the reference", n=unclear)),
    )
    told = listed([words for count, words in parts if count])
    dominated = sum(1 for s in frontier.standings if s.dominated_by is not None)
    if not dominated:
        return tr(
            "Of {n} policies {counts}; none is dominated by another.", n=len(stats), counts=told
        )
    return tr(
        "Of {n} policies {counts}; {dominated} are dominated: another choice costs no more and"
        " avoids no less.",
        n=len(stats),
        counts=told,
        dominated=dominated,
    )


def _by_scenario(data: ReportData, policy: str) -> str:
    """Rank and net of a policy in each scenario."""
    found = [(f, s) for f in data.frontiers[1:] for s in f.standings if s.policy == policy]
    always = all(s.rank == 1 for _, s in found)
    said = []
    for frontier, standing in found:
        net = money_scale(data.currency, standing.net.ends).full(standing.net.mean, signed=True)
        scenario = data.scenario_label(frontier.scenario or "")
        if always:
            said.append(tr("under {scenario} ({net})", scenario=scenario, net=net))
        else:
            rank = standing.rank
            said.append(
                tr("{rank} under {scenario} ({net})", rank=rank, scenario=scenario, net=net)
            )
    label, places = data.policy_label(policy), listed(said)
    if always:
        return tr("{policy} ranks first in every scenario: {places}.", policy=label, places=places)
    total = len(data.alternatives)
    return tr("{policy} ranks {places} of {n}.", policy=label, places=places, n=total)
