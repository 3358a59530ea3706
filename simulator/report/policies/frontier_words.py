"""Caption and table of what each policy costs and what it avoids."""

from math import isnan

from simulator.report.kit.data import ReportData
from simulator.report.kit.language import clauses, listed, mark, sentences, tr
from simulator.report.kit.numbers import (
    NONE,
    Scale,
    Shown,
    money_scale,
    percent,
)
from simulator.report.kit.phrases import capital
from simulator.report.kit.table import Table
from simulator.report.policies.frontier_figure import frontier_scale
from simulator.report.policies.outcome_figures import place_label
from simulator.report.policies.ranking import kicked_cases
from simulator.results.estimate import Estimate
from simulator.results.ranking import Frontier


def frontier_caption(data: ReportData, frontier: Frontier) -> str:
    """Which policies nobody dominates, and how to read the figure."""
    best = [s for s in frontier.standings if s.dominated_by is None]
    best.sort(key=lambda s: s.cost.mean)
    dominated = len(frontier.standings) - len(best)
    if not best:
        kept = tr(
            "No policy lies on the frontier: {policy} is best",
            policy=data.policy_label(frontier.reference),
        )
    else:
        message = mark("{n} of {all} policies lie on the frontier, cheapest first: {policies}")
        if len(best) > 6:
            message = mark(
                "{n} of {all} policies lie on the frontier, cheapest first: {policies} and {more}"
                " more"
            )
        kept = tr(
            message,
            n=len(best),
            all=len(frontier.standings),
            policies=listed([data.policy_label(s.policy) for s in best[:6]]),
            more=len(best) - 6,
        )
    hollow = [tr("the {n} hollow ones are dominated", n=dominated)] if dominated else []
    return sentences(
        tr("{place}.", place=capital(data.where(frontier.scenario))),
        tr("{told}.", told=clauses([kept, *hollow])),
        tr(
            "Above the dotted line a policy avoids more loss than it costs. Bars are 95 %"
            " intervals; numbers are ranks."
        ),
    )


def frontier_table(data: ReportData) -> Table:
    """Cost, loss avoided and net with intervals, cost per borrower saved, who dominates."""
    rows = []
    for frontier in data.frontiers:
        scale = frontier_scale(data, frontier)
        for s in frontier.standings:
            money = (with_span(scale, e) for e in (s.net, s.loss_avoided, s.cost))
            rows.append(
                (
                    place_label(data, frontier),
                    data.policy_label(s.policy),
                    str(s.rank),
                    scale.unit,
                    with_span(scale, s.worth, signed=True),
                    *money,
                    _per_saved(data, s.cost_per_saved),
                    _share(s.kicked_can_index, kicked_cases(s)),
                    _share(s.free_rider_share),
                    data.policy_label(s.dominated_by) if s.dominated_by else tr("none"),
                )
            )
    names = (tr("Scenario"), tr("Policy"), tr("Rank"), tr("Unit"))
    money_titles = (data.measure()[1], tr("Net"), tr("Loss avoided"), tr("Cost"))
    ratios = (
        tr("Cost per borrower saved, net of harmed"),
        tr("Re-default after relief (borrowers)"),
        tr("Relief taken without need, of those relieved"),
    )
    return Table((*names, *money_titles, *ratios, tr("Dominated by")), tuple(rows), n_names=2)


def _per_saved(data: ReportData, estimate: Estimate[float]) -> str:
    """What a borrower saved, net of those harmed, costs; a dash unless surely above zero."""
    if isnan(estimate.mean):
        return NONE
    text = money_scale(data.currency, [estimate.mean]).full(abs(estimate.mean))
    earns = tr("earns {money} per borrower saved", money=text)
    return Shown(earns, estimate.mean) if estimate.mean < 0 else text


def _share(estimate: Estimate[float], cases: str = "") -> str:
    if isnan(estimate.mean):
        return NONE
    share = percent(estimate.mean, 1)
    if not cases:
        return share
    return Shown(tr("{share} ({cases})", share=share, cases=cases), 100.0 * estimate.mean)


def with_span(scale: Scale, estimate: Estimate[float], *, signed: bool = False) -> str:
    """Mean and interval without the unit."""
    if estimate.is_zero:
        return scale.text(0.0)
    return scale.spanned(*estimate.ends, signed=signed)
