"""Remarks under the ranking: what is too early to tell, what comes back, who was warned."""

from math import isnan

from simulator.report.data import ReportData
from simulator.report.findings import further
from simulator.report.numbers import number, percent
from simulator.report.ranking import capital, kicked_cases
from simulator.results.frontier import Frontier, Standing
from simulator.vocabulary import FOLLOW_UP_MONTHS, Fate

DOMINATED = (
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
        DOMINATED if dominated else "",
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
    listed = ", ".join(early[:4])
    listed += f" and {more} other{'s' if more > 1 else ''}" if more > 0 else ""
    runoff = int(data.dataset.attrs.get("runoff_months", 0))
    cure = "a longer run.runoff_months" if runoff else f"run.runoff_months={FOLLOW_UP_MONTHS}"
    return (
        f"Too early to tell: more borrowers than are saved took relief whose follow-up of"
        f" {FOLLOW_UP_MONTHS} months after it is missing, under {listed}; {cure} brings it."
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
    listed = ", ".join(f"{percent(share, 0)} under {name}" for share, name in shares[:4])
    more = f"; less under {len(shares) - 4} others" if len(shares) > 4 else ""
    return (
        "Relief granted although cash was not short, of all relief granted (another number than"
        f" free riders, which are judged by what became of them): {listed}{more}."
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
            recall = f", recall {percent(rightly / targets, 0)}" if targets else ""
            told.append(
                f"{data.policy_label(standing.policy)} precision {percent(rightly / warned, 0)}"
                f"{recall} ({number(rightly, 0)} of {number(warned, 0)} calls)"
            )
    if not told:
        return ""
    return (
        "Early warning, as it turned out (precision: calls that met trouble, of all calls; recall:"
        f" loans called, of all that trouble awaited): {'; '.join(told)}."
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
    told = least if len(ordered) == 1 else f"{least} at the least, {most} at the most"
    return (
        f"{capital(data.over(frontier))}, of the borrowers whose 30+ fell due while relief ran this"
        f" share got there within {FOLLOW_UP_MONTHS} months after it (the kicked-can index):"
        f" {told}. Indices of policies with different lengths of relief do not compare."
    )


def _index(data: ReportData, standing: Standing) -> str:
    index = standing.kicked_can_index
    text = percent(index.mean, 0)
    if not isnan(index.ci_low):
        ends = (min(100.0, max(0.0, 100.0 * end)) for end in (index.ci_low, index.ci_high))
        text += " ({} to {})".format(*(number(end, 0) for end in ends))
    text += f", {kicked_cases(standing)} borrowers,"
    return f"{text} under {data.policy_label(standing.policy)}"
