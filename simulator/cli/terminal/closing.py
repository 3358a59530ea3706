"""The answer of a run as a closing table on stdout."""

import math
import sys
from collections.abc import Sequence
from typing import Final

from rich import box
from rich.console import Console
from rich.table import Table

from simulator.report.kit.data import OTHER_BALANCE, balance_changes, with_runoff
from simulator.report.kit.language import currency_name, language, mark, tr
from simulator.results.decision import Verdict, place, verdict
from simulator.results.summary import SummaryRow
from simulator.results.variables import FRACTION
from simulator.vocabulary import REFERENCE

NO_DIFFERENCE: Final = mark("no difference")
_WIDE = 150
"""Columns from which number and interval share a line."""
_COLUMN_RANGE = 100.0
"""Largest amount of a column in its unit is below 1,000 times this: small ones keep digits."""


def closing_table(rows: Sequence[SummaryRow], verdict_text: str = "") -> None:
    """Print every scenario's table, then ``verdict_text``, the report's verdict."""
    console = Console(file=sys.stdout)
    if not console.is_terminal:
        console = Console(file=sys.stdout, width=_WIDE)
    wide = console.width >= _WIDE
    by_key = {(r.scenario, r.policy, r.metric): r for r in rows if r.month is None}
    policies = list(dict.fromkeys(r.policy for r in rows))
    changes = balance_changes(rows, REFERENCE)
    for scenario in dict.fromkeys(r.scenario for r in rows):
        console.print(_block(scenario, policies, by_key, " " if wide else "\n"))
        for policy in policies:
            change = changes.get((scenario, policy), 0.0)
            if abs(change) > OTHER_BALANCE:
                text = tr(
                    "{policy}: balance {change} on average against {reference}; its overdue rates"
                    " have another denominator",
                    policy=policy,
                    change=f"{change:+.0%}",
                    reference=REFERENCE,
                )
                console.print(text, highlight=False, markup=False)
            if _changes_nothing(scenario, policy, by_key):
                text = tr(
                    "{policy}: changes nothing here - are its months and targets in this run?",
                    policy=policy,
                )
                console.print(text, highlight=False, markup=False)
        console.print()
    notes = (
        tr(
            "Changes are against {reference} with common random numbers, with their 95 % intervals"
            " (sampling error only).",
            reference=REFERENCE,
        ),
        tr(
            "better / worse: the interval of the change of {measure} excludes zero.",
            measure=_money(by_key)[-1][1],
        ),
        _horizon_note(by_key),
        *_pool_note(by_key),
    )
    console.print("\n".join(notes), style="dim", highlight=False)
    if verdict_text:
        console.print(f"\n{verdict_text}\n", highlight=False, markup=False, style="bold")


_Rows = dict[tuple[str, str, str], SummaryRow]


_MONEY_WORDS: Final = {"net_loss": mark("net loss"), "net_result": mark("net result")}


def _read(rows: _Rows, metric: str) -> tuple[str, str]:
    """Name and words of the money metric that answers: with the run-off where there is one."""
    return with_runoff(metric, _MONEY_WORDS[metric], {name for _, _, name in rows})


def _money(rows: _Rows) -> list[tuple[str, str]]:
    """Amounts of the table: net loss, and what ranks policies, the last."""
    names = {name for _, _, name in rows}
    ranks = ("value", tr("value")) if "value" in names else _read(rows, "net_result")
    return [_read(rows, "net_loss"), ranks]


def _horizon_note(rows: _Rows) -> str:
    """Whether losses that come after the reported months are in the amounts."""
    if _read(rows, "net_loss")[0] != "net_loss":
        return tr("Net loss and value cover the reported months and the run-off.")
    return tr(
        "Losses after the last month are not included; set run.runoff_months=null to include them."
    )


def _pool_note(rows: _Rows) -> tuple[str, ...]:
    """Over what the peaks of a static pool are; none for a book with new lending."""
    if not _is_static_pool(rows):
        return ()
    return (tr("A static pool without new lending: peaks are over the opening balance."),)


def _block(scenario: str, policies: Sequence[str], rows: _Rows, gap: str) -> Table:
    """One scenario; ``gap`` is between number and interval, policy and verdict."""
    unit = next((r.unit for (_, _, metric), r in rows.items() if metric == "net_loss"), "money")
    money = _money(rows)
    changes_of = {
        policy: [rows.get((scenario, policy, f"delta_{name}")) for name, _ in money]
        for policy in policies
        if policy != REFERENCE
    }
    largest = max((_largest(row) for found in changes_of.values() for row in found), default=0.0)
    scale = _scale(largest / _COLUMN_RANGE)
    table = Table(
        title=tr(
            "Scenario {scenario} (change of peak in points, amounts in {unit})",
            scenario=scenario,
            unit=language().money_unit.format(currency=currency_name(unit), step=scale[1]),
        ),
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE,
        padding=(0, 1 if gap == " " else 0),
        show_edge=False,
    )
    table.add_column(tr("policy"), no_wrap=True)
    changes = (tr("change of {words}", words=w).replace(" with", "\nwith") for _, w in money)
    static = _is_static_pool(rows)
    peak_metric = f"peak_overdue_rate_{'over_opening_' if static else ''}30"
    peak_heading = tr("peak 30+\nof opening") if static else tr("peak 30+")
    for heading in (peak_heading, tr("change of peak"), *changes):
        table.add_column(heading, justify="right", no_wrap=gap == " ")
    if gap == " ":
        table.add_column(tr("verdict"), no_wrap=True)
    ranked = sorted(policies, key=lambda p: _place(p, changes_of.get(p)), reverse=True)
    for policy in ranked:
        peak = rows.get((scenario, policy, peak_metric))
        peak_cell = "-" if peak is None or math.isnan(peak.mean) else f"{peak.mean:.2%}"
        if policy == REFERENCE:
            table.add_row(policy, peak_cell, *[tr("reference")] * 3)
            continue
        cells = [with_interval(rows.get((scenario, policy, f"delta_{peak_metric}")), gap)]
        cells += [with_interval(change, gap, scale) for change in changes_of[policy]]
        word = verdict_words(changes_of[policy][-1])
        if gap == " ":
            table.add_row(policy, peak_cell, *cells, word)
        else:
            table.add_row(f"{policy}\n{word}", peak_cell, *cells)
    return table


def _is_static_pool(rows: _Rows) -> bool:
    """Whether nobody asks for a new loan anywhere, and rates over the opening are known."""
    asked = [r for (*_, m), r in rows.items() if m in ("applicants", "repeat_applicants")]
    known = any(m == "peak_overdue_rate_over_opening_30" for *_, m in rows)
    return known and bool(asked) and all(row.estimate.is_zero for row in asked)


def _changes_nothing(scenario: str, policy: str, rows: _Rows) -> bool:
    """Whether every difference of the whole horizon to the reference is exactly zero."""
    found = [
        row
        for (s, p, metric), row in rows.items()
        if (s, p) == (scenario, policy) and metric.startswith("delta_")
    ]
    return bool(found) and all(row.estimate.is_zero or math.isnan(row.mean) for row in found)


def _place(policy: str, changes: Sequence[SummaryRow | None] | None) -> tuple[bool, bool, float]:
    """Order of a policy in its table, the highest first: the reference, then as it is ranked."""
    result = changes[-1] if changes else None
    if result is None or math.isnan(result.mean):
        return policy == REFERENCE, False, -math.inf
    return (False, *place(result.estimate))


def _largest(row: SummaryRow | None) -> float:
    """Largest amount of a row, 0 where there is none."""
    numbers = () if row is None else (row.mean, row.ci_low, row.ci_high)
    return max((abs(number) for number in numbers if not math.isnan(number)), default=0.0)


_WORDS: Final = {
    Verdict.BETTER: mark("better"),
    Verdict.WORSE: mark("worse"),
    Verdict.SAME: NO_DIFFERENCE,
    Verdict.UNCLEAR: mark("not significant"),
    Verdict.SINGLE: mark("not known (one draw of the economy)"),
}


def verdict_words(difference: SummaryRow | None) -> str:
    """What the interval of the change of what ranks allows to say."""
    if difference is None or math.isnan(difference.mean):
        return "-"
    return tr(_WORDS[verdict(difference.estimate)])


def with_interval(
    row: SummaryRow | None, gap: str = " ", scale: tuple[float, str] | None = None
) -> str:
    """``+1.20 [+0.80, +1.60] M``; fractions in points, the interval left out if there is none.

    With ``scale``, a factor and its word, amounts are in that scale and the word stands elsewhere.
    """
    if row is None or math.isnan(row.mean):
        return "-"
    if row.estimate.is_zero:
        return tr(NO_DIFFERENCE)
    numbers = [row.mean] if math.isnan(row.ci_low) else [row.mean, row.ci_low, row.ci_high]
    factor, suffix = (100.0, "") if row.unit == FRACTION else _scale(max(map(abs, numbers)))
    if scale is not None:
        factor, suffix = scale[0], ""
    mean, *bounds = (_signed(number * factor) for number in numbers)
    return f"{mean}{gap}[{', '.join(bounds)}]{suffix}" if bounds else f"{mean}{suffix}"


def _scale(largest: float) -> tuple[float, str]:
    """Factor and word of the language that make an amount short."""
    steps = language().money_steps
    size, suffix = next((step for step in steps if largest >= step[0]), steps[-1])
    return 1.0 / size, suffix


def _signed(number: float) -> str:
    """Three digits with a sign."""
    decimals = 2 if abs(number) < 10 else 1 if abs(number) < 100 else 0
    return f"{number:+,.{decimals}f}"
