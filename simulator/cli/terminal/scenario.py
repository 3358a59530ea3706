"""A scenario in words, a table and a chart, for the terminal."""

import textwrap
from typing import Final

import numpy as np

from simulator.cli.terminal.chart import chart
from simulator.macro.scenario import Scenario
from simulator.macro.severity import (
    LEAST_QUARTERS,
    WORSE,
    VariableSeverity,
    quarters_of,
    severity_of,
)
from simulator.macro.variables import MACRO_VARIABLES
from simulator.reading.periods import MONTHS_A_QUARTER, month_number, quarter_name

_WIDTH: Final = 100
_MODEL: Final = (
    "No history is given. Distances are from long-run means (assumption), in stationary standard"
    " deviations of the model, not of observations."
)


def scenario_text(scenario: Scenario) -> str:
    """Everything that the command prints about ``scenario``."""
    parts = [
        f"{scenario.label} ({scenario.name}), from {scenario.start_month},"
        f" {scenario.horizon} months",
        _filled(scenario.narrative),
        _filled(f"Source: {scenario.source}"),
        *(_filled(f"Note: {note}") for note in scenario.notes),
        *(_filled(f"Warning: {warning}") for warning in scenario.warnings),
        "",
        *_table(scenario),
        "",
        *_chart(scenario),
        "Severity",
        *_severity(scenario),
    ]
    return "\n".join(parts)


def _filled(text: str, indent: str = "") -> str:
    return textwrap.fill(" ".join(text.split()), _WIDTH, subsequent_indent=indent or "  ")


def _quarter_labels(scenario: Scenario, count: int) -> list[str]:
    """``opening``, then each quarter by name, or by its first month off the calendar's quarters."""
    start = np.datetime64(scenario.start_month, "M")
    on_calendar = month_number(scenario.start_month) % MONTHS_A_QUARTER == 0
    firsts = [start + MONTHS_A_QUARTER * number for number in range(count)]
    return ["opening", *(quarter_name(f) if on_calendar else f"{f} ff" for f in firsts)]


def _table(scenario: Scenario) -> list[str]:
    names = scenario.driven or ("unemployment_rate",)
    columns = [quarters_of(scenario.central[name]) for name in names]
    labels = _quarter_labels(scenario, columns[0].size - 1)
    lines = ["Central path by quarter (rates in percent, a year where they grow)"]
    lines.append("  ".join([f"{'quarter':<10}", *(f"{name:>17}" for name in names)]))
    for row, label in enumerate(labels):
        cells = (f"{_number(n, float(c[row])):>17}" for n, c in zip(names, columns, strict=True))
        lines.append("  ".join([f"{label:<10}", *cells]))
    return lines


def _number(name: str, value: float) -> str:
    """A value as the table shows it: rates in percent, shares as they are."""
    # Adding zero turns a negative zero into zero.
    return f"{round(100 * value, 1) + 0.0:.1f}" if MACRO_VARIABLES[name].is_rate else f"{value:.2f}"


def _chart(scenario: Scenario) -> list[str]:
    if "unemployment_rate" not in scenario.driven:
        return []
    past: list[float] = []
    words = "Unemployment by quarter; no history is given"
    if scenario.history is not None:
        firsts, values = scenario.history.by_quarter()
        past = [float(v) for v in values.get("unemployment_rate", ())]
        if past:
            words = (
                f"Unemployment by quarter: history ({scenario.history.file},"
                f" {quarter_name(firsts[0])} to {quarter_name(firsts[-1])}) │ scenario"
            )
    path = quarters_of(scenario.central["unemployment_rate"])[1:]
    return [words, *chart(past, [float(v) for v in path]), ""]


def _severity(scenario: Scenario) -> list[str]:
    found = severity_of(scenario)
    if not found:
        return ["Nothing to compare: the table gives none of " + ", ".join(WORSE) + "."]
    labels = _quarter_labels(scenario, max(v.worst_quarter for v in found))
    lines = [] if scenario.history is not None else [_filled(_MODEL)]
    for item in found:
        lines.append(_filled(_sentence(item, labels[item.worst_quarter], scenario), "    "))
    return lines


def _sentence(item: VariableSeverity, quarter: str, scenario: Scenario) -> str:
    name = item.variable
    unit = " %" if MACRO_VARIABLES[name].is_rate else ""
    points = " points" if unit else ""
    worst = "worst quarter" if WORSE[name] else "furthest quarter from the mean"
    text = f"{name}: {worst} {quarter}, {_number(name, item.worst)}{unit}"
    if item.yardstick == "history":
        text += (
            f"; distance from the historical mean of {_number(name, item.mean)}{unit}:"
            f" {_spreads(item.distance)};"
            f" {100 * (item.quantile or 0):.0f} % of {item.history_quarters} quarters of history"
            f" were no higher; {_last(item)}"
        )
    else:
        text += (
            f"; distance from the long-run mean of {_number(name, item.mean)}{unit}:"
            f" {_spreads(item.distance)}"
        )
        if scenario.history is not None:
            text += f" (fewer than {LEAST_QUARTERS} quarters of history: those of the model)"
    change = _spreads(item.change_distance, "of yearly changes")
    return f"{text}; largest change within a year {_signed(name, item.change)}{points}, {change}"


def _spreads(distance: float | None, of_what: str = "") -> str:
    if distance is None:
        return "not measurable (no spread)"
    return f"{distance:+.1f} standard deviations{' ' + of_what if of_what else ''}"


def _last(item: VariableSeverity) -> str:
    if item.last_as_bad is None:
        return "history was never as bad"
    return f"history was last there in {item.last_as_bad}"


def _signed(name: str, value: float) -> str:
    shown = _number(name, value)
    return shown if shown.startswith("-") else f"+{shown}"
