"""Overdue balance over time: figure, caption, table."""

from collections.abc import Sequence
from functools import partial

import numpy as np
import plotly.graph_objects as go

from simulator.report.delinquency.re_ageing import re_aged
from simulator.report.kit.data import ReportData
from simulator.report.kit.fans import MOST_BANDS, percent_fan, policy_fans
from simulator.report.kit.language import listed, sentences, tr
from simulator.report.kit.numbers import percent
from simulator.report.kit.phrases import drawn_sentence, under
from simulator.report.kit.style import Frame
from simulator.report.kit.table import Fans, month_table
from simulator.results.table import FRACTION, Column, Table


def overdue_fan(data: ReportData, frame: Frame, dpd: int) -> go.Figure:
    """Overdue rate ``dpd``+ by month: median and 5-95 % band of policies, a panel a scenario."""
    fans = {
        (s, p): percent_fan(data, "overdue_rate", s, p, dpd)
        for s in data.scenarios
        for p in data.drawn_policies
    }
    title = tr("Balance {dpd}+ days past due (% of balance)", dpd=dpd)
    return policy_fans(data, frame, fans, title)


def overdue_table(data: ReportData, ages: Sequence[int]) -> Table:
    """Median and 5-95 % band of the overdue rates, a row a scenario, policy and month."""
    fans: list[Fans] = [partial(data.fan, "overdue_rate", dpd=dpd) for dpd in ages]
    columns = [Column(f"{dpd}+ ({{unit}})", FRACTION, decimals=2) for dpd in ages]
    return month_table(data, columns, fans)


def overdue_caption(data: ReportData, dpd: int) -> str:
    """When and where the median rate peaks, and which policy keeps it lowest."""
    scenario = data.worst_scenario()
    fan = data.fan("overdue_rate", scenario, data.reference, dpd)
    if np.isnan(fan.median).all():
        return tr("No balance to be {dpd} days overdue.", dpd=dpd)
    at = int(np.nanargmax(fan.median))
    peak = {"peak": percent(fan.median[at]), "month": f"{data.months[at]:.0f}", "dpd": dpd}
    if data.n_paths > 1:
        told = tr(
            "Under {scenario} and {reference} the median path of the {dpd}+ rate peaks at {peak}"
            " in month {month}; 90 % of paths lie between {low} and {high}.",
            **under(data, scenario),
            **peak,
            low=percent(fan.low[at]),
            high=percent(fan.high[at]),
        )
    else:
        told = tr(
            "Under {scenario} and {reference} the {dpd}+ rate peaks at {peak} in month {month}.",
            **under(data, scenario),
            **peak,
        )
    return sentences(
        told,
        *_lowest_peak(data, scenario, dpd, float(fan.median[at])),
        _bands_sentence(data),
        drawn_sentence(data),
    )


def _lowest_peak(data: ReportData, scenario: str, dpd: int, reference: float) -> list[str]:
    """Which policy peaks lowest, and whose peak says nothing."""
    peaks = {
        p: float(np.nanmax(data.fan("overdue_rate", scenario, p, dpd).median))
        for p in data.alternatives
        if not re_aged(data, scenario, p, f"peak_overdue_rate_{dpd}")
    }
    out = []
    if peaks:
        best = min(peaks, key=lambda p: peaks[p])
        out.append(
            tr(
                "{policy} peaks lowest, at {peak}.",
                policy=data.policy_label(best),
                peak=percent(peaks[best]),
            )
            if peaks[best] < reference
            else tr("No policy peaks lower.")
        )
    left_out = [data.policy_label(p) for p in data.alternatives if p not in peaks]
    if left_out:
        out.append(
            tr(
                "Left out, without a significant fall of the rate before relief: {policies}"
                " (re-planned loans count as current).",
                policies=listed(left_out),
            )
        )
    return out


def _bands_sentence(data: ReportData) -> str:
    if len(data.drawn_policies) <= MOST_BANDS:
        return ""
    return tr(
        "Bands: {reference} and {best}; the others are medians alone.",
        reference=data.policy_label(data.reference),
        best=data.policy_label(data.best_first[0]),
    )
