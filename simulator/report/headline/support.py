"""What stands under the verdict: whom the leading policy saves, where else it holds, ties."""

from simulator.report.delinquency.re_ageing import before_relief, re_aged
from simulator.report.headline.verdict import obstacle_words
from simulator.report.kit.data import ReportData
from simulator.report.kit.language import clauses, listed, sentences, tn, tr
from simulator.report.kit.numbers import Scale, money_scale, number
from simulator.report.kit.outcome_kinds import PER
from simulator.report.kit.phrases import effect_text, ties
from simulator.results.decision import VALUE, Case, Lack, Verdict, verdict
from simulator.results.ranking import Frontier, Standing
from simulator.vocabulary import Fate


def support(data: ReportData) -> tuple[str, ...]:
    """Sentences on the leading policy; none where only the current one was run."""
    case, frontier = data.decision.leading, data.overall
    if case is None or frontier is None:
        return ()
    standing = data.standing(frontier.scenario, case.policy)
    told = [_checked(data), _ties(data), _by_scenario(data, case), _left(data, case)]
    if standing is not None:
        told.append(_borrowers(data, frontier, standing))
    return tuple(sentence for sentence in told if sentence)


def _checked(data: ReportData) -> str:
    """Limits that the run could not check; nothing where all were."""
    if not data.decision.unchecked:
        return ""
    names = {
        Lack.CAPITAL_RATIO: tr("capital ratio"),
        Lack.COVERAGE: tr("coverage"),
        Lack.COMPLAINTS: tr("complaints"),
    }
    return tr(
        "Limits not checked, because the run has no numbers for them: {names}.",
        names=listed([names[lack] for lack in data.decision.unchecked], final=True),
    )


def _left(data: ReportData, case: Case) -> str:
    """How much of the worth is value left after the last month, where the sign hangs on it."""
    if "value_left" not in data.dataset or data.decision.measure != VALUE:
        return ""
    left = data.run.compare(case.policy, data.reference, "value_left")
    before = case.worth.mean - left.mean
    if before * case.worth.mean > 0.0 or case.worth.is_zero:
        return ""
    scale = money_scale(data.currency, [left.mean, before])
    return tr(
        "The sign of the worth of {policy} rests on value left after the last month: {left} of it,"
        " {before} without.",
        policy=data.policy_label(case.policy),
        left=scale.full(left.mean, signed=True),
        before=scale.full(before, signed=True),
    )


def further(data: ReportData) -> tuple[str, ...]:
    """What is said of the verdict below the ranking: counts, why not the others, re-ageing."""
    case, frontier = data.decision.leading, data.overall
    if case is None or frontier is None:
        return ()
    told = [_counts(data), _split(data, frontier, case.policy), *_before_relief(data, case.policy)]
    told += [_why_not(data, other) for other in data.decision.cases[1:] if other.obstacles]
    return tuple(sentence for sentence in told if sentence)


def _ties(data: ReportData) -> str:
    """Policies that cannot be told from the leading one, path by path."""
    if not data.decision.tied:
        return ""
    names = listed([data.policy_label(policy) for policy in data.decision.tied], final=True)
    return ties(names)


def _by_scenario(data: ReportData, case: Case) -> str:
    """The worth of a policy in each scenario; nothing where there is one."""
    if len(case.by_scenario) < 2:
        return ""
    scale = money_scale(data.currency, [w.mean for w in case.by_scenario.values()])
    said = [
        tr(
            "{where} {worth}",
            where=data.where(scenario),
            worth=_judged(scale.full(worth.mean, signed=True), verdict(worth)),
        )
        for scenario, worth in case.by_scenario.items()
    ]
    policy, (_, title) = data.policy_label(case.policy), data.measure()
    return tr("{title} of {policy}: {places}.", title=title, policy=policy, places=listed(said))


def _judged(number_text: str, told: Verdict) -> str:
    """A number, and that it is not significant where so."""
    if told is Verdict.UNCLEAR:
        return tr("{number} (not significant)", number=number_text)
    return number_text


def _borrowers(data: ReportData, frontier: Frontier, standing: Standing) -> str:
    """Whom a policy saves and harms, and who takes relief without need."""
    per = PER / max(frontier.compared, 1e-9)
    told = tr(
        "{policy} {saves}", policy=data.policy_label(standing.policy), saves=saves(standing, per)
    )
    turned = [standing.fate(f).mean * per for f in (Fate.REFUSED_GOOD, Fate.REFUSED_BAD)]
    if sum(turned) > 0.05:
        good, bad = (number(each, 1) for each in turned)
        away = tr(
            "{good} of them who would have paid and {bad} who would have defaulted get no loan",
            good=good,
            bad=bad,
        )
        told = clauses([told, away])
    free = standing.free_rider_share.mean
    if free > 0.0:
        riders = tr(
            "of 100 who take relief, {n} would not have been 30 days late without it",
            n=number(100.0 * free, 0),
        )
        told = clauses([told, riders])
    return tr("{clauses}.", clauses=told)


def saves(standing: Standing, per: float) -> str:
    """Whom a policy saves and harms, ``per`` being ``PER`` over the borrowers compared."""
    saved, harmed = (number(standing.fate(f).mean * per, 1) for f in (Fate.SAVED, Fate.HARMED))
    return tr(
        "saves {saved} and harms {harmed} of {n} borrowers",
        saved=saved,
        harmed=harmed,
        n=f"{PER:,.0f}",
    )


def _counts(data: ReportData) -> str:
    """How many policies gain, lose, make no difference, and are not significant."""
    told = [verdict(case.worth) for case in data.decision.cases]
    n = {kind: told.count(kind) for kind in Verdict}
    _, title = data.measure()
    parts = (
        (n[Verdict.BETTER], tn("{n} raises it", "{n} raise it", n[Verdict.BETTER])),
        (n[Verdict.WORSE], tn("{n} lowers it", "{n} lower it", n[Verdict.WORSE])),
        (n[Verdict.SAME], tn("{n} makes no difference", "{n} make no difference", n[Verdict.SAME])),
        (n[Verdict.UNCLEAR], tr("{n} not significantly", n=n[Verdict.UNCLEAR])),
    )
    counts = listed([words for count, words in parts if count])
    if not counts:
        return ""
    return tr("{title}, of {n} policies: {counts}.", title=title, n=len(told), counts=counts)


def _split(data: ReportData, frontier: Frontier, policy: str) -> str:
    """The accounts behind the leading policy: losses and all other cost, before tax and capital."""
    standing = data.standing(frontier.scenario, policy)
    if standing is None:
        return ""
    scale = money_scale(data.currency, [standing.cost.mean, standing.loss_avoided.mean])
    return tr(
        "In the accounts, before operating cost, tax and capital, {policy} nets {net}: {split}.",
        policy=data.policy_label(policy),
        net=scale.full(standing.net.mean, signed=True),
        split=split(standing, scale),
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


def _before_relief(data: ReportData, policy: str) -> tuple[str, ...]:
    """What a policy does to the peak at days past due before relief, where that is another."""
    metric, scenario = "peak_overdue_rate_90", data.worst_scenario()
    before = before_relief(data, scenario, policy, metric)
    after = data.stat(scenario, policy, f"delta_{metric}")
    if before is None or after is None or before == after:
        return ()
    found = tr(
        "{where}, with re-planned loans counted at their days past due before relief, {policy}"
        " {effect}.",
        where=data.where(scenario),
        policy=data.policy_label(policy),
        effect=effect_text(data, metric, tr("peak 90+ rate"), before),
    )
    if re_aged(data, scenario, policy, metric):
        found = sentences(
            found, tr("The rate that counts them as current falls by re-ageing alone.")
        )
    return (found,)


def _why_not(data: ReportData, case: Case) -> str:
    """Everything that keeps a policy from being recommended: what is sure, else what is open."""
    hard = [o for o in case.obstacles if not o.by_evidence] or list(case.obstacles[:1])
    return tr(
        "Not {policy}: {why}.",
        policy=data.policy_label(case.policy),
        why=clauses([obstacle_words(data, obstacle) for obstacle in hard]),
    )
