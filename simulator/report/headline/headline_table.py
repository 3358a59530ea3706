"""The headline table: peaks, loss and result of each policy, with paired differences."""

from collections.abc import Sequence
from math import isfinite, nan

from simulator.report.delinquency.re_ageing import re_aged
from simulator.report.kit.data import ReportData
from simulator.report.kit.language import mark
from simulator.report.kit.metrics import effect_metrics
from simulator.report.kit.table import POLICY, SCENARIO, policy_class
from simulator.results.decision import Verdict, verdict
from simulator.results.metrics import better
from simulator.results.table import Cell, Column, Row, Table, Value, texts


def headline_table(data: ReportData) -> Table:
    """Per scenario and drawn policy: peaks, loss and result, with paired differences.

    Rows are named by scenario, policy and the colour of what is drawn of it.
    """
    metrics = effect_metrics(data)
    rows: list[Row] = []
    for scenario in data.scenarios:
        for policy in data.drawn_policies:
            cells = (c for metric, *_ in metrics for c in _cells(data, (scenario, policy), metric))
            rows.append((*data.row(scenario, policy), policy_class(data, policy), *cells))
    return key_figures(data, texts(SCENARIO, POLICY, ""), rows)


def key_figures(
    data: ReportData, names: tuple[Column, ...], rows: Sequence[tuple[Value, ...]]
) -> Table:
    """Level and change of every metric that policies are compared by; scales are of the run."""
    columns: list[Column] = []
    for metric, title, unit in effect_metrics(data):
        level, change = (_ends(data, name) for name in (metric, f"delta_{metric}"))
        columns += [
            Column("{title}", unit, "{unit}", {"title": title}, like=level),
            Column(
                mark("{metric}, change"),
                unit,
                "{unit}" if data.alternatives else "",
                {"metric": title},
                is_change=True,
                better=better(metric),
                like=change,
            ),
        ]
    return Table((*names, *columns), tuple(rows), len(names), data.currency)


def _ends(data: ReportData, metric: str) -> list[float]:
    """Every number of a metric, whose scale is that of the whole run."""
    stats = (data.stat(*place, metric) for place in data.all_places)
    return [end for stat in stats if stat for end in stat.ends if isfinite(end)]


def _cells(data: ReportData, place: tuple[str, str], metric: str) -> tuple[Value, Value]:
    level, delta = data.stat(*place, metric), data.stat(*place, f"delta_{metric}")
    relief = data.stat(*place, metric.replace("overdue_rate", "overdue_rate_before_relief"))
    beside = "" if relief is None or level is None or relief.mean == level.mean else relief.mean
    if place[1] == data.reference or delta is None:
        return level if level else nan, ""
    is_better = verdict(delta, better(metric)) is Verdict.BETTER
    told = "reaged" if is_better and re_aged(data, *place, metric) else ""
    return Cell(level if level else nan, beside=beside), Cell(delta, verdict=told)
