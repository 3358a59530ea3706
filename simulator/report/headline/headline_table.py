"""The headline table: peaks, loss and result of each policy, with paired differences."""

from dataclasses import dataclass

from simulator.report.delinquency.re_ageing import re_aged
from simulator.report.kit.data import ReportData
from simulator.report.kit.language import tr
from simulator.report.kit.metrics import effect_metrics
from simulator.report.kit.numbers import Scale
from simulator.report.kit.table import difference, metric_scales, policy_class
from simulator.results import decision
from simulator.results.decision import Verdict
from simulator.results.estimate import Estimate
from simulator.results.metrics import better


@dataclass(frozen=True, slots=True)
class TableCell:
    """A metric in the headline table: level, and below it the difference to the reference."""

    title: str
    level: str
    difference: str
    interval: str
    beside: str
    """The overdue rate with re-planned loans at their days past due before relief, if another."""
    verdict: str
    """``better``, ``worse``, ``unclear``, ``same``, ``single`` or empty for the reference.

    ``reaged`` instead of ``better`` where only re-planned loans that count as current lower a rate.
    """


@dataclass(frozen=True, slots=True)
class HeadlineRow:
    """A policy under a scenario."""

    policy: str
    colour_class: str
    cells: tuple[TableCell, ...]


@dataclass(frozen=True, slots=True)
class HeadlineTable:
    """The headline table: column titles with units, and rows grouped by scenario."""

    titles: tuple[tuple[str, str], ...]
    groups: tuple[tuple[str, tuple[HeadlineRow, ...]], ...]

    @property
    def has_re_aged(self) -> bool:
        """Whether any rate falls by re-ageing alone."""
        return any(c.verdict == "reaged" for _, rows in self.groups for r in rows for c in r.cells)


def _cell(
    data: ReportData, place: tuple[str, str], column: tuple[str, str], scales: tuple[Scale, Scale]
) -> TableCell:
    (scenario, policy), (metric, title) = place, column
    level, delta = data.stat(scenario, policy, metric), None
    if policy != data.reference:
        delta = data.stat(scenario, policy, f"delta_{metric}")
    level_scale, delta_scale = scales
    shown = level_scale.text(level.mean if level else None)
    return TableCell(
        title=title,
        level=shown,
        difference=difference(delta_scale, delta) if delta else "",
        interval=_interval(delta_scale, delta) if delta else _interval(level_scale, level),
        beside=_before_relief(data, place, metric, (level_scale, shown)),
        verdict=_cell_verdict(data, place, metric, delta) if delta else "",
    )


def _cell_verdict(
    data: ReportData, place: tuple[str, str], metric: str, delta: Estimate[float]
) -> str:
    verdict = decision.verdict(delta, better(metric))
    return "reaged" if verdict is Verdict.BETTER and re_aged(data, *place, metric) else verdict


def _interval(scale: Scale, stat: Estimate[float] | None) -> str:
    known = stat is not None and stat.has_interval and not stat.is_zero
    return scale.span(stat.ci_low, stat.ci_high) if stat and known else ""


def _before_relief(
    data: ReportData, place: tuple[str, str], metric: str, shown: tuple[Scale, str]
) -> str:
    """The rate with re-planned loans at their days past due before relief, when it differs."""
    scale, level = shown
    name = metric.replace("overdue_rate", "overdue_rate_before_relief")
    stat = data.stat(*place, name) if name != metric else None
    text = scale.text(stat.mean) if stat else level
    return "" if text == level else text


def headline_table(data: ReportData) -> HeadlineTable:
    """Per scenario and drawn policy: peaks, loss and result, with paired differences."""
    metrics = effect_metrics(data)
    scales = {metric: metric_scales(data, metric) for metric, *_ in metrics}
    titles = []
    for metric, title, _ in metrics:
        level, delta = scales[metric]
        unit = level.unit
        if unit != delta.unit:
            unit = tr("{level}, change in {change}", level=unit, change=delta.unit)
        titles.append((title, unit if data.alternatives else level.unit))
    groups = []
    for scenario in data.scenarios:
        rows = tuple(
            HeadlineRow(
                data.policy_label(policy),
                policy_class(data, policy),
                tuple(
                    _cell(data, (scenario, policy), (metric, title), scales[metric])
                    for metric, title, _ in metrics
                ),
            )
            for policy in data.drawn_policies
        )
        groups.append((data.scenario_label(scenario), rows))
    return HeadlineTable(tuple(titles), tuple(groups))
