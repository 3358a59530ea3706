"""Remarks under the ranking: what is too early to tell, what comes back, who was warned."""

from math import isnan

from simulator.report.data import ReportData
from simulator.report.findings import further
from simulator.report.language import bracketed, clauses, listed, mark, tn, tr
from simulator.report.numbers import number, percent, span
from simulator.report.ranking import capital, kicked_cases
from simulator.results.ranking import Frontier, Standing
from simulator.vocabulary import FOLLOW_UP_MONTHS, Fate

DOMINATED = mark(
    "Dominated: another policy (the reference counts) costs no more and avoids no less loss, one of"
    " the two strictly. That is not to lose money: a policy that nobody dominates may cost more"
    " than it avoids, and policies can be combined."
)


def remarks(data: ReportData) -> tuple[str, ...]:
    """Every remark that this run's numbers call for, over all scenarios by weight."""
    frontier = data.overall
    if frontier is None:
        return ()
    dominated = frontier.reference_dominated_by or any(s.dominated_by for s in frontier.standings)
    told = (
        tr(DOMINATED) if dominated else "",
        _too_early(data, frontier),
        kicked_can(data),
        no_need(data, frontier),
        early_warning(data, frontier),
        *further(data),
    )
    return tuple(sentence for sentence in told if sentence)


def _too_early(data: ReportData, frontier: Frontier) -> str:
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
        "Too early to tell: more borrowers than are saved took relief whose follow-up of"
        " {months} months after it is missing, under {policies}; {cure} brings it.",
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
        "Relief granted although cash was not short, of all relief granted (another number than"
        " free riders, which are judged by what became of them): {shares}.",
        shares=told,
    )


def early_warning(data: ReportData, frontier: Frontier) -> str:
    """Realised precision and recall of each policy that warns."""
    told = []
    for standing in frontier.standings:
        warned, rightly, targets = (
            data.total(name, frontier.scenario, standing.policy)
            for name in ("warned", "warned_rightly", "warning_targets")
        )
        if warned and rightly is not None:
            told.append(_warned(data.policy_label(standing.policy), warned, rightly, targets))
    if not told:
        return ""
    return tr(
        "Early warning, as it turned out (precision: calls that met trouble, of all calls; recall:"
        " loans called, of all that trouble awaited): {policies}.",
        policies=clauses(told),
    )


def _warned(label: str, warned: float, rightly: float, targets: float | None) -> str:
    """Precision of a policy's calls, and their recall where trouble awaited any loan."""
    said = {
        "policy": label,
        "precision": percent(rightly / warned, 0),
        "met": number(rightly, 0),
        "calls": number(warned, 0),
    }
    if not targets:
        return tr("{policy} precision {precision} ({met} of {calls} calls)", **said)
    return tr(
        "{policy} precision {precision}, recall {recall} ({met} of {calls} calls)",
        recall=percent(rightly / targets, 0),
        **said,
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
        "{where}, of the borrowers whose 30+ fell due while relief ran this"
        " share got there within {months} months after it (the kicked-can index):"
        " {told}. Indices of policies with different lengths of relief do not compare.",
        where=capital(data.over(frontier)),
        months=FOLLOW_UP_MONTHS,
        told=told,
    )


def _index(data: ReportData, standing: Standing) -> str:
    index = standing.kicked_can_index
    text = percent(index.mean, 0)
    if not isnan(index.ci_low):
        ends = (min(100.0, max(0.0, 100.0 * end)) for end in (index.ci_low, index.ci_high))
        brackets = bracketed(span(*(number(end, 0) for end in ends)))
        text = tr("{number} {brackets}", number=text, brackets=brackets)
    return tr(
        "{index}, {cases} borrowers, under {policy}",
        index=text,
        cases=kicked_cases(standing),
        policy=data.policy_label(standing.policy),
    )
