"""Tables of the page: the headline, and the numbers behind each figure."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np

from simulator.report.data import Fan, ReportData, Stat
from simulator.report.effect_figures import effect_metrics
from simulator.report.figures import cause_label, cause_shares, state_label
from simulator.report.findings import scale_for
from simulator.report.language import mark, tr
from simulator.report.numbers import Scale, number, rate_scale
from simulator.report.re_ageing import before_relief, re_aged

SCENARIO: Final = mark("Scenario")
POLICY: Final = mark("Policy")
MONTH: Final = mark("Month")
Fans = Callable[[str, str], Fan]
"""The fan of a scenario and policy."""
LEAST_TABLE_MONTHS = 5
MAX_TABLE_ROWS = 400
MAX_TABLE_MONTHS = 25
"""Rows of a table by month; longer runs show evenly spaced months."""


@dataclass(frozen=True, slots=True)
class Table:
    """A plain table: header cells, and rows whose first cells are names."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    n_names: int = 1


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


def _verdict(metric: str, stat: Stat) -> str:
    if stat.is_zero:
        return "same"
    if not stat.has_interval:
        return "single"
    better = 1 if metric.endswith("net_result") else -1
    return {better: "better", -better: "worse"}.get(stat.sign, "unclear")


def _metric_scales(data: ReportData, metric: str) -> tuple[Scale, Scale]:
    """Scales of a metric's levels and differences over the whole table."""

    def found(name: str) -> list[Stat]:
        stats = [data.stat(s, p, name) for s in data.scenarios for p in data.policies]
        return [stat for stat in stats if stat is not None]

    return (
        scale_for(data, metric, found(metric)),
        scale_for(data, f"delta_{metric}", found(f"delta_{metric}")),
    )


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
        difference=_difference(delta_scale, delta) if delta else "",
        interval=_interval(delta_scale, delta) if delta else _interval(level_scale, level),
        beside=_before_relief(data, place, metric, (level_scale, shown)),
        verdict=_cell_verdict(data, place, metric, delta) if delta else "",
    )


def _cell_verdict(data: ReportData, place: tuple[str, str], metric: str, delta: Stat) -> str:
    verdict = _verdict(metric, delta)
    return "reaged" if verdict == "better" and re_aged(data, *place, metric) else verdict


def _difference(scale: Scale, delta: Stat | None) -> str:
    if delta is not None and delta.is_zero:
        return tr("no difference")
    return scale.text(delta.mean if delta else None, signed=True)


def _interval(scale: Scale, stat: Stat | None) -> str:
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
    scales = {metric: _metric_scales(data, metric) for metric, *_ in metrics}
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


def policy_class(data: ReportData, policy: str) -> str:
    """Colour class of a policy, as ``style.series`` takes its colour; empty if none is drawn."""
    if policy not in data.drawn_policies:
        return ""
    position = data.policy_number(policy)
    return f"series-{0 if position == 0 else 1 + (position - 1) % 6}"


def table_months(data: ReportData, n_groups: int = 1) -> list[int]:
    """Positions of the months that a table shows, evenly spaced; fewer for many groups of rows."""
    most = max(LEAST_TABLE_MONTHS, min(MAX_TABLE_MONTHS, MAX_TABLE_ROWS // n_groups))
    count = len(data.months)
    return sorted({int(i) for i in np.linspace(0, count - 1, min(count, most)).round()})


def fan_cells(fans: Sequence[Fan], scale: Scale, month: int) -> Iterator[str]:
    """Median and 5-95 % band of each fan in a month."""
    for fan in fans:
        low, median, high = (float(v[month]) for v in (fan.low, fan.median, fan.high))
        yield scale.spanned(median, low, high)


def month_rows(
    data: ReportData, columns: Sequence[Fans], scales: Sequence[Scale]
) -> tuple[tuple[str, ...], ...]:
    """A row a scenario, policy and month; a median with its band from each of ``columns``."""
    rows = []
    for scenario in data.scenarios:
        for policy in data.policies:
            fans = [fan_at(scenario, policy) for fan_at in columns]
            for month in table_months(data, len(data.scenarios) * len(data.policies)):
                cells = (
                    next(fan_cells([fan], scale, month))
                    for fan, scale in zip(fans, scales, strict=True)
                )
                names = (data.scenario_label(scenario), data.policy_label(policy))
                rows.append((*names, f"{data.months[month]:.0f}", *cells))
    return tuple(rows)


def overdue_table(data: ReportData, ages: Sequence[int]) -> Table:
    """Median and 5-95 % band of the overdue rates, a row a scenario, policy and month."""
    columns: list[Fans] = [partial(data.fan, "overdue_rate", dpd=dpd) for dpd in ages]
    rows = month_rows(data, columns, [rate_scale((), 2)] * len(ages))
    header = (*map(tr, (SCENARIO, POLICY, MONTH)), *(f"{dpd}+ (%)" for dpd in ages))
    return Table(header, rows, n_names=3)


def effects_table(data: ReportData) -> Table:
    """The paired differences behind the comparison."""
    metrics = effect_metrics(data)
    scales = {metric: _metric_scales(data, metric)[1] for metric, *_ in metrics}
    header = tuple(f"{title} ({scales[metric].unit})" for metric, title, _ in metrics)
    rows = []
    for scenario in data.scenarios:
        for policy in data.alternatives:
            cells = []
            for metric, *_ in metrics:
                stat = data.stat(scenario, policy, f"delta_{metric}")
                text = _with_interval(scales[metric], stat)
                before = before_relief(data, scenario, policy, metric)
                if before is not None and before != stat:
                    shown = _with_interval(scales[metric], before)
                    text = tr("{after}; before relief {before}", after=text, before=shown)
                cells.append(text)
            rows.append((data.scenario_label(scenario), data.policy_label(policy), *cells))
    return Table((tr(SCENARIO), tr(POLICY), *header), tuple(rows), n_names=2)


def _with_interval(scale: Scale, stat: Stat | None) -> str:
    if stat is None or stat.is_zero:
        return _difference(scale, stat)
    return scale.spanned(stat.mean, stat.ci_low, stat.ci_high, signed=True)


def roll_table(data: ReportData) -> Table:
    """Roll rates in percent, a row a scenario, policy and bucket."""
    sources, targets = data.roll_names()
    rows = []
    for scenario in data.scenarios:
        for policy in data.policies:
            rates = data.roll_rates(scenario, policy)
            for i, source in enumerate(sources):
                cells = (
                    "" if np.isnan(share) else number(100.0 * float(share), 2) for share in rates[i]
                )
                names = (data.scenario_label(scenario), data.policy_label(policy))
                rows.append((*names, state_label(source), *cells))
    header = (tr(SCENARIO), tr(POLICY), tr("Bucket"), *(f"{state_label(t)} (%)" for t in targets))
    return Table(header, tuple(rows), n_names=3)


def cause_table(data: ReportData) -> Table:
    """Overdue balance by cause in percent of the balance, at evenly spaced months."""
    rows, causes = [], cause_shares(data, data.reference)[0]
    for policy in data.policies:
        found, shares = cause_shares(data, policy)
        for scenario in data.scenarios:
            for month in table_months(data, len(data.scenarios) * len(data.policies)):
                by_cause = dict(zip(found, shares[scenario][:, month], strict=True))
                cells = (number(float(by_cause.get(cause, 0.0)), 3) for cause in causes)
                names = (data.scenario_label(scenario), data.policy_label(policy))
                rows.append((*names, f"{data.months[month]:.0f}", *cells))
    header = (*map(tr, (SCENARIO, POLICY, MONTH)), *(f"{cause_label(c)} (%)" for c in causes))
    return Table(header, tuple(rows), n_names=3)


def unemployment_table(data: ReportData) -> Table:
    """Unemployment of borrowers and economy, a row a scenario and month."""
    scale, rows = rate_scale((), 2), []
    for scenario in data.scenarios:
        fans = [
            data.fan(variable, scenario, data.reference)
            for variable in ("unemployment_rate", "macro_unemployment_rate")
        ]
        for month in table_months(data):
            names = (data.scenario_label(scenario), f"{data.months[month]:.0f}")
            rows.append((*names, *fan_cells(fans, scale, month)))
    header = (tr(SCENARIO), tr(MONTH), tr("Borrowers (%)"), tr("Economy (%)"))
    return Table(header, tuple(rows), n_names=2)
