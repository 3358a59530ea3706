"""The economy and the borrowers: unemployment, observed history, how severe a scenario is."""

from collections.abc import Mapping
from typing import Final

import numpy as np
import plotly.graph_objects as go

from simulator.report.kit import style
from simulator.report.kit.data import ReportData
from simulator.report.kit.fans import (
    add_fan,
    axis_top,
    line_mode,
    listed_values,
    month_axis,
    percent_fan,
    scenario_grid,
    value_axis,
)
from simulator.report.kit.language import mark, sentences, tr
from simulator.report.kit.numbers import number, percent, points_scale
from simulator.report.kit.statistics import Array
from simulator.report.kit.style import Frame, Sheet
from simulator.report.kit.table import MONTH, SCENARIO, table_months
from simulator.report.kit.text import clean
from simulator.results.table import FRACTION, Column, Row, Table, texts


def _add_history(sheet: Sheet, panel: int, months: Array, values: Array) -> None:
    if months.size:
        sheet.add_trace(
            panel,
            type="scatter",
            x=[float(m) for m in months],
            y=listed_values(values),
            name=tr("Observed"),
            mode="lines",
            line={"color": style.MUTED[0], "width": 1.4},
            hovertemplate=tr("Observed<br>month %{x}: %{y:.2f} %<extra></extra>"),
        )


def unemployment(data: ReportData, frame: Frame) -> go.Figure:
    """Unemployment of borrowers and of the economy's paths, after what was observed before.

    A panel a scenario; months up to 0 are history, where the results hold any.
    """
    grid = scenario_grid(data, frame)
    sheet = Sheet(grid)
    fans = {
        s: (
            percent_fan(data, "unemployment_rate", s, data.reference),
            percent_fan(data, "macro_unemployment_rate", s, data.reference),
        )
        for s in data.scenarios
    }
    before = {s: history(data, s) for s in data.scenarios}
    seen = [values for _, values in before.values() if values.size]
    top = axis_top([*(fan.high for pair in fans.values() for fan in pair), *seen])
    first = min((float(months[0]) for months, _ in before.values() if months.size), default=None)
    colour = style.SERIES[1][0]
    shown = data.drawn()
    for panel, scenario in enumerate(data.scenarios):
        borrowers, economy = fans[scenario]
        across = month_axis(data, grid, panel)
        if first is not None:
            across |= {
                "range": [first, float(data.months[-1])],
                "dtick": 12 if first > -100.0 else 60,
            }
        sheet.add_panel(
            panel,
            data.scenario_label(scenario),
            across,
            value_axis(grid, panel, tr("Unemployment rate (%)"), top),
        )
        _add_history(sheet, panel, *before[scenario])
        broad = {"color": style.soft(colour, style.RANGE_OPACITY), "width": 5}
        add_fan(sheet, data, panel, (borrowers, tr("Borrowers"), colour, broad))
        sheet.add_trace(
            panel,
            type="scatter",
            x=[float(m) for m in data.months[shown]],
            y=listed_values(economy.median[shown]),
            name=tr("Economy"),
            mode=line_mode(data),
            line={"color": style.INK[0], "dash": "dash", "width": 1.6},
            hovertemplate=tr("Economy, median path<br>month %{x}: %{y:.2f} %<extra></extra>"),
        )
        if grid.ends_row(panel):
            ends = [
                (tr("Borrowers"), float(borrowers.median[-1]), colour),
                (tr("Economy"), float(economy.median[-1]), style.INK[0]),
            ]
            sheet.add_end_labels(panel, top, ends)
    return sheet.figure()


def unemployment_table(data: ReportData) -> Table:
    """Unemployment of borrowers and economy, a row a scenario and month."""
    rows: list[Row] = []
    for scenario in data.scenarios:
        fans = [
            data.fan(variable, scenario, data.reference)
            for variable in ("unemployment_rate", "macro_unemployment_rate")
        ]
        for month in table_months(data):
            names = (data.scenario_label(scenario), f"{data.months[month]:.0f}")
            rows.append((*names, *(fan.at(month) for fan in fans)))
    titles = mark("Borrowers ({unit})"), mark("Economy ({unit})")
    columns = (Column(title, FRACTION, decimals=2) for title in titles)
    return Table((*texts(SCENARIO, MONTH), *columns), tuple(rows), n_names=2)


def unemployment_caption(data: ReportData) -> str:
    """Where the economy's path peaks and how close the borrowers keep to it."""
    gaps = []
    for scenario in data.scenarios:
        borrowers, economy = (
            data.mean_path(data.by_path(variable, scenario, data.reference))
            for variable in ("unemployment_rate", "macro_unemployment_rate")
        )
        gaps.append(float(np.nanmax(np.abs(borrowers - economy))))
    worst = data.worst_scenario()
    path = data.mean_path(data.by_path("macro_unemployment_rate", worst, data.reference))
    at = int(np.nanargmax(path))
    told = tr(
        "Under {scenario} unemployment peaks at {peak} in month {month}. The mean of simulated"
        " borrowers is within {gap} of the mean of the economy in every month and scenario.",
        scenario=data.scenario_label(worst),
        peak=percent(path[at]),
        month=f"{data.months[at]:.0f}",
        gap=points_scale(gaps).full(max(gaps)),
    )
    if any(history(data, scenario)[0].size for scenario in data.scenarios):
        return sentences(told, tr("Grey, up to month 0: observed."))
    return sentences(told, tr("No observed history comes with these scenarios."))


UNEMPLOYMENT: Final = "unemployment_rate"

TOLD: Final = {
    UNEMPLOYMENT: mark("Unemployment"),
    "income_growth": mark("Income growth a year"),
}
"""Variables whose severity the page tells."""

LEAST_MONTHS, MOST_MONTHS = 60, 240
"""Months of history that are drawn before the run: four times the run's, within these."""


def history(data: ReportData, scenario: str) -> tuple[Array, Array]:
    """Months (at most 0) and unemployment (%) observed before the run; empty where none ships."""
    if "macro_history" not in data.dataset:
        return np.empty(0), np.empty(0)
    found = data.dataset["macro_history"].sel(scenario=scenario, macro_variable=UNEMPLOYMENT)
    months = np.asarray(data.dataset["history_month"].values, dtype=np.float64)
    values = 100.0 * np.asarray(found.values, dtype=np.float64)
    room = min(MOST_MONTHS, max(LEAST_MONTHS, 4 * len(data.months)))
    known = ~np.isnan(values) & (months > -room)
    return months[known][::3], values[known][::3]


def severity(data: ReportData, scenario: str) -> tuple[str, ...]:
    """A sentence or two on each told variable, from the manifest; empty where it has none."""
    entry = data.scenario_entry(scenario).get("severity")
    if not isinstance(entry, Mapping):
        return ()
    found = {name: entry.get(name) for name in TOLD}
    return tuple(
        _told(tr(TOLD[name]), item) for name, item in found.items() if isinstance(item, Mapping)
    )


def _number(entry: Mapping[str, object], key: str) -> float:
    value = entry.get(key)
    return float(value) if isinstance(value, int | float) else float("nan")


def _told(title: str, entry: Mapping[str, object]) -> str:
    values = {
        "variable": title,
        "worst": percent(_number(entry, "worst")),
        "quarter": f"{_number(entry, 'worst_quarter'):.0f}",
        "distance": number(_number(entry, "distance"), 1, signed=True),
        "mean": percent(_number(entry, "mean")),
    }
    if entry.get("yardstick") != "history":
        return tr(
            "{variable}: worst in quarter {quarter}, {worst}, {distance} standard deviations of"
            " the model from the long-run mean of {mean}. No observed history comes with this"
            " scenario.",
            **values,
        )
    last = entry.get("last_as_bad")
    return sentences(
        tr(
            "{variable}: worst in quarter {quarter}, {worst}, {distance} standard deviations from"
            " the observed mean of {mean}; {share} of {quarters} observed quarters were no higher.",
            **values,
            share=percent(_number(entry, "quantile"), 0),
            quarters=f"{_number(entry, 'history_quarters'):.0f}",
        ),
        tr("Last as bad in {when}.", when=clean(last, 20)) if last else "",
    )
