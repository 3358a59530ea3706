"""Caption and table of what each policy costs and what it avoids."""

from dataclasses import replace
from math import isnan

from simulator.report.kit.data import ReportData
from simulator.report.kit.language import clauses, listed, mark, sentences, tr
from simulator.report.kit.numbers import money_scale
from simulator.report.kit.phrases import capital
from simulator.report.kit.table import POLICY, SCENARIO
from simulator.report.policies.frontier_figure import frontier_values
from simulator.report.policies.outcome_figures import place_label
from simulator.report.policies.ranking import kicked_cases
from simulator.results.estimate import Estimate
from simulator.results.ranking import Frontier
from simulator.results.table import FRACTION, MONEY, Cell, Column, Row, Table, Value, texts


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
    rows: list[Row] = []
    for frontier in data.frontiers:
        like = frontier_values(frontier)
        unit = money_scale(data.currency, like, digits=4).unit
        for s in frontier.standings:
            money = (Cell(e, like=like) for e in (s.worth, s.net, s.loss_avoided, s.cost))
            cases, kicked = kicked_cases(s), _known(s.kicked_can_index)
            rows.append(
                (
                    place_label(data, frontier),
                    data.policy_label(s.policy),
                    str(s.rank),
                    unit,
                    *money,
                    _per_saved(data, s.cost_per_saved.mean),
                    Cell(kicked, mark("{number} ({cases})"), {"cases": cases}) if cases else kicked,
                    _known(s.free_rider_share),
                    data.policy_label(s.dominated_by) if s.dominated_by else tr("none"),
                )
            )
    money_column = Column("{title}", MONEY, "{unit}", {"title": data.measure()[1]}, digits=4)
    columns = (
        *texts(SCENARIO, POLICY, mark("Rank"), mark("Unit")),
        replace(money_column, is_change=True),
        replace(money_column, heading=mark("Net")),
        replace(money_column, heading=mark("Loss avoided")),
        replace(money_column, heading=mark("Cost")),
        Column(mark("Cost per borrower saved, net of harmed"), MONEY),
        Column(mark("Re-default after relief (borrowers)"), FRACTION, decimals=1),
        Column(mark("Relief taken without need, of those relieved"), FRACTION, decimals=1),
        *texts(mark("Dominated by")),
    )
    return Table(columns, tuple(rows), n_names=2, currency=data.currency)


def _per_saved(data: ReportData, cost: float) -> Value:
    """What a borrower saved, net of those harmed, costs; a dash unless surely above zero."""
    if isnan(cost):
        return None
    if cost >= 0.0:
        return Cell(cost, like=[cost])
    money = money_scale(data.currency, [cost]).full(-cost)
    return Cell(cost, mark("earns {money} per borrower saved"), {"money": money}, like=[cost])


def _known(estimate: Estimate[float]) -> float | None:
    """The mean; None where it would mean nothing."""
    return None if isnan(estimate.mean) else estimate.mean
