"""Remarks under the ranking: dominance, relief, who was warned."""

from simulator.report.kit.data import ReportData
from simulator.report.kit.language import clauses, mark, tr
from simulator.report.kit.numbers import number, percent
from simulator.report.policies.relief import kicked_can, no_need, too_early
from simulator.results.ranking import Frontier

DOMINATED = mark(
    "Dominated: another policy (the current policy included) costs no more and avoids no less"
    " loss, at least one of the two strictly. A policy that is not dominated may still cost more"
    " than it avoids, and policies can be combined."
)


def remarks(data: ReportData, further: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Every remark that this run's numbers call for, over all scenarios by weight.

    ``further`` remarks of the caller's come last.
    """
    frontier = data.overall
    if frontier is None:
        return ()
    dominated = frontier.reference_dominated_by or any(s.dominated_by for s in frontier.standings)
    told = (
        tr(DOMINATED) if dominated else "",
        too_early(data, frontier),
        kicked_can(data),
        no_need(data, frontier),
        early_warning(data, frontier),
        *further,
    )
    return tuple(sentence for sentence in told if sentence)


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
        "Early warning, realised (precision: calls to loans with later payment difficulty, of all"
        " calls; recall: loans called, of all with later payment difficulty): {policies}.",
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
