"""The page that sets several runs side by side: figures with intervals, and what differs."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from math import nan
from typing import Final

import plotly.graph_objects as go

from simulator.report.comparison import comparison_words
from simulator.report.comparison.compared_runs import (
    ComparedRun,
    compared_policies,
    difference,
    differing,
    union,
)
from simulator.report.comparison.comparison_words import can_be_paired, one_currency
from simulator.report.kit import style
from simulator.report.kit.card import Axis, Choice, FigureCard
from simulator.report.kit.fans import (
    LABEL_ROOM,
    MOST_BANDS,
    add_fan,
    axis_top,
    month_axis,
    percent_fan,
    value_axis,
)
from simulator.report.kit.language import (
    clauses,
    currency_title,
    listed,
    mark,
    name,
    sentences,
    tr,
)
from simulator.report.kit.numbers import number
from simulator.report.kit.page_shell import page_text
from simulator.report.kit.statistics import Fan
from simulator.report.kit.style import Frame, Grid, Settings, Sheet
from simulator.report.kit.table import MAX_TABLE_MONTHS, MONTH
from simulator.report.kit.text import clean
from simulator.results.table import FRACTION, MONEY, Cell, Column, Row, Table, Value, named, texts

MOST_DIFFERENCES: Final = 200
"""Differing settings that the page lists."""
_METRICS: Final = (
    ("peak_overdue_rate_30", mark("Peak 30+ rate")),
    ("peak_overdue_rate_90", mark("Peak 90+ rate")),
    ("net_loss", mark("Net loss")),
    ("net_result", mark("Net result")),
)
_DRAWN: Final = (
    (30, mark("30 or more days past due")),
    (90, mark("90 or more days past due")),
)


def render_comparison(runs: Sequence[ComparedRun]) -> str:
    """The comparison of ``runs`` as the text of one HTML file that loads nothing from anywhere."""
    cards = [_overdue_card(runs)]
    lines = differing(runs)
    return page_text(
        "comparison.html.j2",
        cards,
        {},
        title=tr("{n} runs side by side", n=len(runs)),
        facts=[run.label for run in runs],
        headline=comparison_words.headline(runs),
        support=comparison_words.support(runs),
        warnings=comparison_words.warnings(runs),
        runs=_run_table(runs),
        key_figures=_key_figures(runs),
        first=runs[0].label,
        is_paired=can_be_paired(runs),
        differences=Table(
            (*texts(mark("Setting")), *(named(run.label) for run in runs)),
            tuple((name, *values) for name, values in lines[:MOST_DIFFERENCES]),
        ),
        more_differences=max(0, len(lines) - MOST_DIFFERENCES),
        cards=cards,
    )


def _run_table(runs: Sequence[ComparedRun]) -> Table:
    """What each run is, in a few lines."""
    lines = (
        (tr("Book"), [name(run.attribute("book")) for run in runs]),
        (tr("Currency"), [currency_title(run.data.currency) for run in runs]),
        (tr("Begins"), [run.attribute("start_date")[:7] for run in runs]),
        (tr("Months"), [f"{run.months[0]}" for run in runs]),
        (tr("Months of run-off"), [f"{run.months[1]}" for run in runs]),
        (tr("Paths"), [f"{run.luck[0]:,}" for run in runs]),
        (tr("Paths per draw of the economy"), [f"{run.luck[1]:,}" for run in runs]),
        (tr("Seed"), [run.attribute("seed") for run in runs]),
        (tr("Scenarios"), [_names(run.data.scenarios, run.data.scenario_label) for run in runs]),
        (tr("Policies"), [_names(run.data.policies, run.data.policy_label) for run in runs]),
        (
            tr("Current policy (reference)"),
            [run.data.policy_label(run.data.reference) for run in runs],
        ),
        (
            tr("Accounting standard"),
            [run.attribute("accounting_book") or tr("none") for run in runs],
        ),
    )
    rows = tuple((heading, *values) for heading, values in lines)
    return Table((Column(""), *(named(run.label) for run in runs)), rows)


def _names(names: Sequence[str], label: Callable[[str], str]) -> str:
    return listed([label(each) for each in names])


def _shown_metrics(runs: Sequence[ComparedRun]) -> list[tuple[str, str]]:
    """Metrics of the table; money with the run-off where every run has one."""
    with_runoff = all(run.months[1] > 0 for run in runs)
    return [
        (f"lifetime_{metric}", tr("{metric} with run-off", metric=tr(title)))
        if with_runoff and "rate" not in metric
        else (metric, tr(title))
        for metric, title in _METRICS
    ]


def _key_figures(runs: Sequence[ComparedRun]) -> Table:
    """Peaks, losses and results of every run, by scenario and policy that they share.

    Rows are named by place, run and the run's colour.
    """
    metrics = _shown_metrics(runs)
    rows: list[Row] = []
    for scenario in union(runs, lambda run: run.data.scenarios):
        for policy in compared_policies(runs):
            place = scenario, policy
            having = [run for run in runs if run.has(*place)]
            for run in having:
                names = having[0].data.row(*place)
                where = tr("{scenario}: {policy}", scenario=names[0], policy=names[1])
                cells = (cell for m, *_ in metrics for cell in _cells(runs, run, place, m))
                rows.append((where, run.label, f"series-{runs.index(run)}", *cells))
    columns = (column for metric in metrics for column in _columns(runs, metric))
    return Table((*texts("", mark("Run"), ""), *columns), tuple(rows), 3, runs[0].data.currency)


def _columns(runs: Sequence[ComparedRun], metric: tuple[str, str]) -> tuple[Column, Column]:
    """Level and difference of a metric."""
    unit = FRACTION if "rate" in metric[0] else MONEY
    notes = "{unit}", "{unit}"
    if not _same_unit(runs, metric[0]):
        notes = mark("each in its currency"), ""
    level, change = (Column("{title}", unit, note, {"title": metric[1]}) for note in notes)
    return level, replace(change, is_change=True, better=0)


def _same_unit(runs: Sequence[ComparedRun], metric: str) -> bool:
    """Whether levels of all runs can be told in one unit."""
    return one_currency(runs) or "rate" in metric


def _cells(
    runs: Sequence[ComparedRun], run: ComparedRun, place: tuple[str, str], metric: str
) -> tuple[Value, Value]:
    """Level of a run, and its difference to the first."""
    stat = run.data.stat(*place, metric) or nan
    if not _same_unit(runs, metric):
        return Cell(stat, currency=run.data.currency), ""
    change = None if run is runs[0] else difference(runs[0], run, place, metric)
    return stat, change or ""


def _longest(runs: Sequence[ComparedRun]) -> ComparedRun:
    return max(runs, key=lambda run: run.months[0])


def _fan(run: ComparedRun, scenario: str, dpd: int) -> Fan:
    """Overdue rate (%) of a run under its reference."""
    return percent_fan(run.data, "overdue_rate", scenario, run.data.reference, dpd)


def overdue_lines(runs: Sequence[ComparedRun], frame: Frame, dpd: int) -> go.Figure:
    """Overdue rate of every run under its reference, median and band; a panel a scenario."""
    scenarios = union(runs, lambda run: run.data.scenarios)
    columns = style.columns_for(frame, len(scenarios), 220, 3)
    right = LABEL_ROOM if frame.width > 500 else 104
    grid = Grid(frame, len(scenarios), columns, 230, right=right, gap_x=22, gap_y=58)
    sheet = Sheet(grid)
    longest = _longest(runs).data
    has_bands = len(runs) <= MOST_BANDS
    fans = {
        (s, run.letter): _fan(run, s, dpd)
        for s in scenarios
        for run in runs
        if s in run.data.scenarios
    }
    top = axis_top([fan.high if has_bands else fan.median for fan in fans.values()])
    for panel, scenario in enumerate(scenarios):
        title = tr("Balance {dpd}+ days past due (% of balance)", dpd=dpd)
        axes = (month_axis(longest, grid, panel), value_axis(grid, panel, title, top))
        having = [run for run in runs if scenario in run.data.scenarios]
        sheet.add_panel(panel, having[0].data.scenario_label(scenario), *axes)
        ends = []
        for run in having:
            fan = fans[scenario, run.letter]
            colour, dash = style.series(runs.index(run))
            line: Settings = {"color": colour, "dash": dash, "width": 2.2}
            add_fan(sheet, run.data, panel, (fan, run.label, colour, line), band=has_bands)
            ends.append((run.label, float(fan.median[-1]), colour))
        if grid.ends_row(panel):
            sheet.add_end_labels(panel, top, ends)
    return sheet.figure()


def _overdue_card(runs: Sequence[ComparedRun]) -> FigureCard:
    return FigureCard(
        "overdue",
        tr("Overdue balance of each run"),
        _overdue_caption(runs),
        tuple(
            Choice(
                tr(words),
                partial(overdue_lines, runs, dpd=dpd),
                {Axis.METRIC: f"overdue_rate_{dpd}"},
            )
            for dpd, words in _DRAWN
        ),
        _overdue_table(runs),
        legend=tuple((f"series-{i}", run.label) for i, run in enumerate(runs)),
    )


def _overdue_caption(runs: Sequence[ComparedRun]) -> str:
    """Where the 30+ rate of each run ends, and what is drawn."""
    parts = []
    for run in runs:
        worst = run.data.worst_scenario()
        median = float(_fan(run, worst, 30).median[-1])
        parts.append(
            tr(
                "{run} {rate} % under {scenario}",
                run=run.letter,
                rate=number(median, 1),
                scenario=run.data.scenario_label(worst),
            )
        )
    drawn = mark("Shown: the median path, each run under its current policy.")
    if len(runs) <= MOST_BANDS:
        drawn = mark(
            "Shown: the median path with the band of 90 % of the paths, each run under its"
            " current policy."
        )
    return sentences(
        tr(
            "Balance 30+ days past due after the last month, in the worst scenario of each run:"
            " {rates}.",
            rates=clauses(parts),
        ),
        tr(drawn),
    )


def _overdue_table(runs: Sequence[ComparedRun]) -> Table:
    """Medians of both rates by month, a column a scenario, run and rate."""
    columns = [
        (listed((run.data.scenario_label(s), run.label, f"{dpd}+")), run.data, s, dpd)
        for s in union(runs, lambda run: run.data.scenarios)
        for run in runs
        if s in run.data.scenarios
        for dpd, _ in _DRAWN
    ]
    fans = [data.fan("overdue_rate", s, data.reference, dpd) for _, data, s, dpd in columns]
    months = _longest(runs).months[0]
    step = -(-months // MAX_TABLE_MONTHS)
    rows = tuple(
        (
            f"{month}",
            *(float(fan.median[month - 1]) if month <= len(fan.median) else "" for fan in fans),
        )
        for month in sorted({*range(step, months + 1, step), months})
    )
    shown = (replace(named(clean(title, 120), FRACTION), decimals=2) for title, *_ in columns)
    return Table((*texts(MONTH), *shown), rows)
