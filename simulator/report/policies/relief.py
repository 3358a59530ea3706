"""What relief does, in sentences: re-default after relief, relief without need, follow-up."""

from math import isnan

from simulator.report.kit.data import ReportData
from simulator.report.kit.language import bracketed, clauses, listed, tn, tr
from simulator.report.kit.numbers import number, percent, span
from simulator.report.kit.phrases import capital
from simulator.report.policies.ranking import kicked_cases
from simulator.results.ranking import Frontier, Standing
from simulator.vocabulary import FOLLOW_UP_MONTHS, Fate


def too_early(data: ReportData, frontier: Frontier) -> str:
    """Of which policies more borrowers are too early to tell than saved, and what helps."""
    early = [
        data.policy_label(s.policy)
        for s in frontier.standings
        if s.fate(Fate.CENSORED).mean > s.fate(Fate.SAVED).mean
    ]
    if not early:
        return ""
    more = len(early) - 4
    told = listed(early[:4])
    if more > 0:
        told = tn("{policies} and {n} other", "{policies} and {n} others", more, policies=told)
    runoff = int(data.dataset.attrs.get("runoff_months", 0))
    cure = tr("a longer run.runoff_months") if runoff else f"run.runoff_months={FOLLOW_UP_MONTHS}"
    return tr(
        "Follow-up too short: under {policies} more borrowers lack the {months} months of"
        " follow-up after relief than are saved; set {cure}.",
        months=FOLLOW_UP_MONTHS,
        policies=told,
        cure=cure,
    )


def no_need(data: ReportData, frontier: Frontier) -> str:
    """Which share of relief went to loans whose borrower's cash was not short when it began."""
    shares = []
    for standing in frontier.standings:
        granted, idle = (
            data.total(name, frontier.scenario, standing.policy)
            for name in ("relief_granted", "relief_no_need")
        )
        if granted and idle:
            shares.append((idle / granted, data.policy_label(standing.policy)))
    if not shares:
        return ""
    shares.sort(reverse=True)
    told = listed(
        [
            tr("{share} under {policy}", share=percent(share, 0), policy=label)
            for share, label in shares[:4]
        ]
    )
    if len(shares) > 4:
        told = clauses([told, tr("less under {n} others", n=len(shares) - 4)])
    return tr(
        "Relief granted although cash was not short, of all relief granted (unlike relief taken"
        " without need, which is defined by the outcome): {shares}.",
        shares=told,
    )


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
    told = least
    if len(ordered) > 1:
        told = tr("{least} at the least, {most} at the most", least=least, most=most)
    return tr(
        "{where}, re-default after relief: of the borrowers kept below 30+ by relief, the share"
        " that is 30+ within {months} months after it: {told}. Not comparable between policies"
        " with different lengths of relief.",
        where=capital(data.where(frontier.scenario)),
        months=FOLLOW_UP_MONTHS,
        told=told,
    )


def _index(data: ReportData, standing: Standing) -> str:
    index = standing.kicked_can_index
    text = percent(index.mean, 0)
    if index.has_interval:
        ends = (min(100.0, max(0.0, 100.0 * end)) for end in (index.ci_low, index.ci_high))
        brackets = bracketed(span(*(number(end, 0) for end in ends)))
        text = tr("{number} {brackets}", number=text, brackets=brackets)
    return tr(
        "{index}, {cases} borrowers, under {policy}",
        index=text,
        cases=kicked_cases(standing),
        policy=data.policy_label(standing.policy),
    )
