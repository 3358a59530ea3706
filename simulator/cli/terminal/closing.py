"""The answer of a run as a closing table on stdout."""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from rich.table import Table as Drawn

from simulator.cli.terminal.table import NO_NUMBER, console, drawn, money_unit
from simulator.report.kit.data import OTHER_BALANCE, balance_changes, with_runoff
from simulator.report.kit.language import mark, tr
from simulator.results.decision import Verdict, place, verdict
from simulator.results.estimate import Estimate
from simulator.results.summary import SummaryRow
from simulator.results.table import FRACTION, MONEY, Column, Row, Table, Value, named, texts
from simulator.results.tail_figures import MIXTURE
from simulator.vocabulary import REFERENCE

NO_DIFFERENCE: Final = mark("no difference")
_WIDE = 150
"""Columns from which number and interval share a line."""
_COLUMN_RANGE = 100.0
"""Largest amount of a column in its unit is below 1,000 times this: small ones keep digits."""


_OF_PATHS: Final = mark(
    "Changes are against {reference} with common random numbers, with their 95 % intervals"
    " (sampling error only)."
)
_DRAWN: Final = mark(
    "Changes are against {reference} with common random numbers, with their 95 % intervals"
    " (sampling error of the paths and of the drawn borrowers only)."
)


def closing_table(rows: Sequence[SummaryRow], verdict_text: str = "") -> None:
    """Print every scenario's table, then ``verdict_text``, the report's verdict."""
    shown = console(_WIDE)
    gap = " " if shown.width >= _WIDE else "\n"
    by_key = {(r.scenario, r.policy, r.metric): r for r in rows if r.month is None}
    policies = list(dict.fromkeys(r.policy for r in rows))
    changes = balance_changes(rows, REFERENCE)
    for scenario in dict.fromkeys(r.scenario for r in rows if r.scenario != MIXTURE):
        shown.print(_block(scenario, policies, by_key, gap))
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
                shown.print(text, highlight=False, markup=False)
            if _changes_nothing(scenario, policy, by_key):
                text = tr(
                    "{policy}: changes nothing here - are its months and targets in this run?",
                    policy=policy,
                )
                shown.print(text, highlight=False, markup=False)
        shown.print()
    notes = (
        tr(_DRAWN if _is_drawn(by_key) else _OF_PATHS, reference=REFERENCE),
        tr(
            "better / worse: the interval of the change of {measure} excludes zero.",
            measure=_money(by_key)[-1][1],
        ),
        _horizon_note(by_key),
        *_pool_note(by_key),
    )
    shown.print("\n".join(notes), style="dim", highlight=False)
    if verdict_text:
        shown.print(f"\n{verdict_text}\n", highlight=False, markup=False, style="bold")


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


def _block(scenario: str, policies: Sequence[str], rows: _Rows, gap: str) -> Drawn:
    """One scenario; ``gap`` is between number and interval, policy and verdict."""
    unit = next((r.unit for (_, _, metric), r in rows.items() if metric == "net_loss"), "money")
    peak = f"peak_overdue_rate_{'over_opening_' if _is_static_pool(rows) else ''}30"
    money = _money(rows)
    changes = [(peak, ""), *money]
    changes_of = {
        p: [_estimate(rows, scenario, p, f"delta_{name}") for name, _ in changes] for p in policies
    }
    amounts = [
        end / _COLUMN_RANGE
        for found in changes_of.values()
        for change in found[1:]
        if change
        for end in change.ends
    ]
    lines: list[Row] = []
    for policy in sorted(policies, key=lambda p: _place(p, changes_of[p][-1]), reverse=True):
        level = _estimate(rows, scenario, policy, peak)
        cells: list[Value] = [tr("reference")] * 3 if policy == REFERENCE else [*changes_of[policy]]
        word = "" if policy == REFERENCE else verdict_words(changes_of[policy][-1])
        name = policy if gap == " " or not word else f"{policy}\n{word}"
        lines.append((name, level and level.mean, *cells, word)[: None if gap == " " else -1])
    title = tr(
        "Scenario {scenario} (change of peak in points, amounts in {unit})",
        scenario=scenario,
        unit=money_unit(unit, amounts),
    )
    columns = _columns(rows, money, amounts)[: None if gap == " " else -1]
    return drawn(Table(columns, lines, title=title), gap)


def _columns(
    rows: _Rows, money: Sequence[tuple[str, str]], amounts: Sequence[float]
) -> tuple[Column, ...]:
    """Policy, peak, its change, changes of money, verdict."""
    static = _is_static_pool(rows)
    words = (tr("change of {words}", words=w).replace(" with", "\nwith") for _, w in money)
    return (
        *texts(mark("policy")),
        Column(mark("peak 30+\nof opening") if static else mark("peak 30+"), FRACTION),
        Column(mark("change of peak"), FRACTION, is_change=True),
        *(replace(named(w, MONEY), is_change=True, like=amounts) for w in words),
        *texts(mark("verdict")),
    )


def _estimate(rows: _Rows, *place: str) -> Estimate[float] | None:
    """What is known of a metric under a scenario and policy."""
    row = rows.get((place[0], place[1], place[2]))
    return None if row is None or math.isnan(row.mean) else row.widest


def _is_drawn(rows: _Rows) -> bool:
    """Whether intervals hold the sampling of borrowers."""
    return any(math.isfinite(row.book_low) for row in rows.values())


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


def _place(policy: str, result: Estimate[float] | None) -> tuple[bool, bool, float]:
    """Order of a policy in its table, the highest first: the reference, then as it is ranked."""
    if result is None or policy == REFERENCE:
        return policy == REFERENCE, False, -math.inf
    return (False, *place(result))


_WORDS: Final = {
    Verdict.BETTER: mark("better"),
    Verdict.WORSE: mark("worse"),
    Verdict.SAME: NO_DIFFERENCE,
    Verdict.UNCLEAR: mark("not significant"),
    Verdict.SINGLE: mark("not known (one draw of the economy)"),
}


def verdict_words(change: Estimate[float] | None) -> str:
    """What the interval of the change of what ranks allows to say."""
    return NO_NUMBER if change is None else tr(_WORDS[verdict(change)])
