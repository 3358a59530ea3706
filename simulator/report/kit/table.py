"""A table of the page, and its rows by month."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from simulator.report.kit.data import ReportData
from simulator.report.kit.language import mark, tr
from simulator.report.kit.numbers import Scale
from simulator.report.kit.phrases import scale_for
from simulator.report.kit.statistics import Fan
from simulator.results.estimate import Estimate

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


def metric_scales(data: ReportData, metric: str) -> tuple[Scale, Scale]:
    """Scales of a metric's levels and differences over the whole table."""

    def found(name: str) -> list[Estimate[float]]:
        stats = [data.stat(s, p, name) for s in data.scenarios for p in data.policies]
        return [stat for stat in stats if stat is not None]

    return (
        scale_for(data, metric, found(metric)),
        scale_for(data, f"delta_{metric}", found(f"delta_{metric}")),
    )


def difference(scale: Scale, delta: Estimate[float] | None) -> str:
    """A difference with its sign, in words where there is none at all."""
    if delta is not None and delta.is_zero:
        return tr("no difference")
    return scale.text(delta.mean if delta else None, signed=True)


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


def with_interval(scale: Scale, stat: Estimate[float] | None) -> str:
    """A difference with its sign and its interval where there is one."""
    if stat is None or stat.is_zero:
        return difference(scale, stat)
    return scale.spanned(stat.mean, stat.ci_low, stat.ci_high, signed=True)
