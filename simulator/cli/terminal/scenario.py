"""A scenario in words, a table and a chart, for the terminal."""

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Final

import numpy as np
from rich.console import Console
from rich.text import Text

from simulator.cli.terminal.table import lines
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
from simulator.report.kit.language import bracketed, clauses, listed, mark, name, tr
from simulator.report.kit.run_messages import run_message, warning_line

_WIDTH: Final = 100
_EIGHTHS: Final = " ▁▂▃▄▅▆▇█"
N_LINES: Final = 5
_ROOM: Final = 72
"""Columns of characters of the chart for all quarters together."""
_MODEL: Final = mark(
    "No history is given. Distances are from long-run means (assumption), in stationary standard"
    " deviations of the model, not of observations."
)


def scenario_text(scenario: Scenario) -> str:
    """Everything that the command prints about ``scenario``."""
    parts = [
        tr(
            "{label} ({name}), from {month}, {n} months",
            label=name(scenario.label),
            name=scenario.name,
            month=scenario.start_month,
            n=scenario.horizon,
        ),
        _filled(name(scenario.narrative)),
        _filled(tr("Source: {text}", text=name(scenario.source))),
        *(_filled(tr("Note: {text}", text=run_message(note))) for note in scenario.notes),
        *(_filled(warning_line(w)) for w in scenario.warnings),
        "",
        *_table(scenario),
        "",
        *_chart(scenario),
        tr("Severity"),
        *_severity(scenario),
    ]
    return "\n".join(parts)


def _filled(text: str, indent: str = "  ") -> str:
    """Lines of ``_WIDTH`` columns, Chinese too, the further ones indented."""
    room = Console(width=_WIDTH)
    wrapped = Text(" ".join(text.split())).wrap(room, _WIDTH - len(indent))
    return f"\n{indent}".join(line.plain.rstrip() for line in wrapped)


def _quarter_labels(scenario: Scenario, count: int) -> list[str]:
    """``opening``, then each quarter by name, or by its first month off the calendar's quarters."""
    start = np.datetime64(scenario.start_month, "M")
    on_calendar = month_number(scenario.start_month) % MONTHS_A_QUARTER == 0
    firsts = [start + MONTHS_A_QUARTER * number for number in range(count)]
    names = (quarter_name(f) if on_calendar else f"{f} ff" for f in firsts)
    return [tr("opening"), *names]


def _table(scenario: Scenario) -> list[str]:
    names = scenario.driven or ("unemployment_rate",)
    columns = [quarters_of(scenario.central[name]) for name in names]
    labels = _quarter_labels(scenario, columns[0].size - 1)
    rows = [
        (label, *(_number(n, float(c[row])) for n, c in zip(names, columns, strict=True)))
        for row, label in enumerate(labels)
    ]
    title = tr("Central path by quarter (rates in percent, a year where they grow)")
    return [title, *lines([(tr("quarter"), *names), *rows], 1)]


def _number(name: str, value: float) -> str:
    """A value as the table shows it: rates in percent, shares as they are."""
    # Adding zero turns a negative zero into zero.
    return f"{round(100 * value, 1) + 0.0:.1f}" if MACRO_VARIABLES[name].is_rate else f"{value:.2f}"


def _chart(scenario: Scenario) -> list[str]:
    if "unemployment_rate" not in scenario.driven:
        return []
    past: list[float] = []
    words = tr("Unemployment by quarter; no history is given")
    if scenario.history is not None:
        firsts, values = scenario.history.by_quarter()
        past = [float(v) for v in values.get("unemployment_rate", ())]
        if past:
            words = tr(
                "Unemployment by quarter: history ({file}, {first} to {last}) │ scenario",
                file=scenario.history.file,
                first=quarter_name(firsts[0]),
                last=quarter_name(firsts[-1]),
            )
    path = quarters_of(scenario.central["unemployment_rate"])[1:]
    return [words, *chart(past, [float(v) for v in path]), ""]


def _severity(scenario: Scenario) -> list[str]:
    found = severity_of(scenario)
    if not found:
        return [
            tr("Nothing to compare: the table gives none of {names}.", names=listed(list(WORSE)))
        ]
    labels = _quarter_labels(scenario, max(v.worst_quarter for v in found))
    told = [] if scenario.history is not None else [_filled(tr(_MODEL))]
    for item in found:
        told.append(_filled(_sentence(item, labels[item.worst_quarter], scenario), "    "))
    return told


def _sentence(item: VariableSeverity, quarter: str, scenario: Scenario) -> str:
    variable = item.variable
    unit = " %" if MACRO_VARIABLES[variable].is_rate else ""
    said = {
        "variable": variable,
        "quarter": quarter,
        "worst": _number(variable, item.worst) + unit,
        "mean": _number(variable, item.mean) + unit,
        "distance": _spreads(item.distance),
    }
    if item.yardstick == "history":
        measured = _against_history(item, said)
    else:
        measured = tr("distance from the long-run mean of {mean}: {distance}", **said)
        if scenario.history is not None:
            measured += bracketed(
                tr("fewer than {n} quarters of history: those of the model", n=LEAST_QUARTERS)
            )
    worst = tr("{variable}: worst quarter {quarter}, {worst}", **said)
    if not WORSE[variable]:
        worst = tr("{variable}: furthest quarter from the mean {quarter}, {worst}", **said)
    change = _signed(variable, item.change)
    change = tr("{change} points", change=change) if unit else change
    largest = tr(
        "largest change within a year {change}, {distance} of yearly changes",
        change=change,
        distance=_spreads(item.change_distance),
    )
    return clauses([worst, measured, largest])


def short_severity(item: VariableSeverity) -> str:
    """One variable's worst quarter and its distance from the mean, on one short line."""
    unit = " %" if MACRO_VARIABLES[item.variable].is_rate else ""
    return tr(
        "{variable}: worst {worst}, {distance}",
        variable=name(item.variable.replace("_", " ")),
        worst=_number(item.variable, item.worst) + unit,
        distance=_spreads(item.distance),
    )


def _against_history(item: VariableSeverity, said: Mapping[str, str]) -> str:
    share = tr(
        "{share} of {n} quarters of history were no higher",
        share=f"{100 * (item.quantile or 0):.0f} %",
        n=item.history_quarters,
    )
    last = tr("history was never as bad")
    if item.last_as_bad is not None:
        last = tr("history was last there in {quarter}", quarter=item.last_as_bad)
    return clauses(
        [tr("distance from the historical mean of {mean}: {distance}", **said), share, last]
    )


def _spreads(distance: float | None) -> str:
    if distance is None:
        return tr("not measurable (no spread)")
    return tr("{n} standard deviations", n=f"{distance:+.1f}")


def _signed(name: str, value: float) -> str:
    shown = _number(name, value)
    return shown if shown.startswith("-") else f"+{shown}"


def chart(past: Sequence[float], path: Sequence[float]) -> list[str]:
    """Lines of a chart of ``past``, a bar and ``path``, in percent from zero up.

    Values are fractions; NaN is a gap. Of a long past the quarters nearest to the bar are shown.
    """
    shown_path = list(path)[:_ROOM]
    room = max(0, _ROOM - len(shown_path))
    shown_past = list(past)[-room:] if room else []
    top = max((v for v in (*shown_past, *shown_path) if isfinite(v)), default=0.0)
    shown: list[str] = []
    for line in range(N_LINES, 0, -1):
        columns = [_cell(v, top, line) for v in shown_past]
        columns += ["│"] if shown_past else []
        columns += [_cell(v, top, line) for v in shown_path]
        shown.append(f"{100 * top * line / N_LINES:5.1f} %  {''.join(columns).rstrip()}")
    return shown


def _cell(value: float, top: float, line: int) -> str:
    if not isfinite(value) or top <= 0:
        return " "
    filled = max(0.0, value) / top * N_LINES - (line - 1)
    return _EIGHTHS[round(8 * min(1.0, max(0.0, filled)))]
