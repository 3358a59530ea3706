"""The metrics that the page compares policies by."""

from simulator.report.kit.data import ReportData
from simulator.report.kit.language import mark, tr
from simulator.results.table import FRACTION, MONEY

STATIC_METRICS = (
    ("peak_overdue_rate_over_opening_30", mark("Peak 30+ over the opening balance"), FRACTION),
    ("peak_overdue_rate_over_opening_90", mark("Peak 90+ over the opening balance"), FRACTION),
    ("net_loss", mark("Net loss"), MONEY),
)
"""The same of a static pool, whose own balance runs off."""
EFFECT_METRICS = (
    ("peak_overdue_rate_30", mark("Peak 30+ rate"), FRACTION),
    ("peak_overdue_rate_90", mark("Peak 90+ rate"), FRACTION),
    ("net_loss", mark("Net loss"), MONEY),
)
"""Whole-horizon metrics of the comparison: name, title, unit."""


def effect_metrics(data: ReportData) -> list[tuple[str, str, str]]:
    """``EFFECT_METRICS`` and what ranks; money with the run-off where there is one."""
    chosen = STATIC_METRICS if data.is_static_pool else EFFECT_METRICS
    metrics = [(*data.with_runoff(metric, tr(title)), unit) for metric, title, unit in chosen]
    return [*metrics, (*data.measure(), MONEY)]
