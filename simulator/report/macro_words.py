"""How a scenario's economy compares with what was observed: history to draw, severity in words."""

from collections.abc import Mapping
from typing import Final

import numpy as np

from simulator.report.data import Array, ReportData, clean
from simulator.report.language import mark, sentences, tr
from simulator.report.numbers import number, percent

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
            "{variable}: worst in quarter {quarter}, {worst}, {distance} standard deviations of the"
            " model's own swings from the long-run mean of {mean}. No observed history comes with"
            " this scenario.",
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
