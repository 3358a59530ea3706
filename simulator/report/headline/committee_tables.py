"""Two tables of the first screen: levels of every scenario, and policies in the adverse one."""

from collections.abc import Sequence
from dataclasses import replace
from math import isfinite
from typing import Final, NamedTuple

from simulator.report.delinquency.re_ageing import re_aged
from simulator.report.headline.verdict import PEAK_90, PEAK_90_RATE
from simulator.report.kit.data import ReportData
from simulator.report.kit.language import language, listed, mark, tr
from simulator.report.kit.numbers import rate_scale
from simulator.report.kit.phrases import capital, months_words
from simulator.report.kit.statistics import Array
from simulator.report.kit.table import POLICY_NAMES, PolicyTable, Worths
from simulator.report.provisions.rule_books import COVERAGE, Provisions, provisions_of
from simulator.results.assumptions import PAIR, bars
from simulator.results.metrics import better
from simulator.results.table import FRACTION, MONEY, Cell, Column, Row, Table, Value, named

MOST_POLICIES: Final = 6
"""Policies of the table; the ranking below has all."""


class Measure(NamedTuple):
    """A column: title, what of it, metric and its unit; ``per``: what every number is over."""

    title: str
    note: str
    metric: str
    unit: str
    per: float = 1.0


def levels(data: ReportData) -> Table:
    """Every scenario under the current policy, side by side; means over paths."""
    measures = _level_measures(data, provisions_of(data))
    rows: list[Row] = []
    for scenario in data.scenarios:
        stats = (data.stat(scenario, data.reference, m.metric) for m in measures)
        means = (stat and stat.mean / m.per for stat, m in zip(stats, measures, strict=True))
        rows.append((data.scenario_label(scenario), *means))
    heading = mark("{title}, {note}, {unit}")
    columns = (Column(heading, m.unit, said={"title": m.title, "note": m.note}) for m in measures)
    first = named(data.policy_label(data.reference))
    return Table((first, *columns), tuple(rows), currency=data.currency)


def peaks_note(data: ReportData) -> str:
    """How a peak is formed, beside the peak of the mean path."""
    static = data.is_static_pool
    peaks = [float(data.mean_path(_ninety(data, s)).max()) for s in data.scenarios]
    scale = rate_scale(peaks)
    shown = listed(
        [
            f"{data.scenario_label(s)} {scale.full(p)}"
            for s, p in zip(data.scenarios, peaks, strict=True)
        ]
    )
    if static:
        return tr(
            "Means over paths, 90+ and net loss over the opening balance; peaks and lows are taken"
            " path by path. 90+ of the mean path over the opening balance peaks at: {peaks}.",
            peaks=shown,
        )
    return tr(
        "Means over paths; peaks and lows are taken path by path. The 90+ rate of the mean path"
        " peaks at: {peaks}.",
        peaks=shown,
    )


def _ninety(data: ReportData, scenario: str) -> Array:
    """The 90+ rate under the current policy, over the opening balance in a static pool."""
    if data.is_static_pool:
        return data.over_opening(scenario, data.reference, 90)
    return data.by_path("overdue_rate", scenario, data.reference, 90)


def _level_measures(data: ReportData, books: Provisions | None) -> list[Measure]:
    loss, title = data.with_runoff("net_loss", tr("Net loss"))
    columns = [
        Measure(tr("90+ rate"), tr("peak"), PEAK_90_RATE, FRACTION),
        Measure(tr("Net charge-off"), tr("a year"), "net_charge_off_rate", FRACTION),
    ]
    if data.is_static_pool:
        over, opening = tr("over the opening balance"), data.decision.opening
        columns = [
            Measure(tr("90+ peak"), over, "peak_overdue_rate_over_opening_90", FRACTION),
            Measure(title, over, loss, FRACTION, per=opening),
        ]
    if books is None:
        return [*columns, Measure(title, months_words(data), loss, MONEY)]
    shown, charge = books.impaired_book, f"provision_charge_{books.accounting}"
    impaired = books.impaired_words(shown)[1]
    booked = "" if books.minimum(shown, COVERAGE) is None else "booked_"
    coverage = f"lowest_{booked}coverage_ratio_{shown}"
    columns.insert(1, Measure(impaired, tr("peak"), f"peak_impaired_ratio_{shown}", FRACTION))
    return [
        *columns,
        Measure(tr("Provision charge"), tr("{n} months", n=len(data.months)), charge, MONEY),
        Measure(tr("Coverage"), tr("lowest"), coverage, FRACTION),
        Measure(tr("Capital ratio"), tr("lowest"), "lowest_capital_ratio", FRACTION),
        Measure(tr("ROA"), tr("a year"), "return_on_assets", FRACTION),
        Measure(tr("ROE"), tr("a year"), "return_on_equity", FRACTION),
    ]


def against_current(data: ReportData) -> PolicyTable | None:
    """Policies in the adverse scenario, changes against the current one; None without any."""
    if not data.alternatives:
        return None
    scenario, shown = data.worst_scenario(), data.best_first[:MOST_POLICIES]
    measures = _change_measures(data, provisions_of(data))
    means = {
        m: [stat.mean for p in shown if (stat := data.stat(scenario, p, f"delta_{m.metric}"))]
        for m in measures
    }
    decisive, tried = measures[-1], "assumption_change" in data.dataset
    columns = [
        *POLICY_NAMES,
        Column(mark("Balance"), FRACTION, mark("average, {unit}"), is_change=True, decimals=0),
        *(_column(m, means[m], m is decisive) for m in measures),
    ]
    if tried:
        span = _column(decisive, means[decisive], True)
        columns.append(replace(span, note=mark("assumptions tried, {unit}"), is_change=False))
    rows: list[Row] = []
    for policy in shown:
        place = scenario, policy
        cells = [data.balance_changes.get(place), *(_change(data, place, m) for m in measures)]
        cells += [_over_assumptions(data, place)] if tried else []
        rows.append(("", data.policy_label(policy), "", *cells))
    table = Table(tuple(columns), tuple(rows), len(POLICY_NAMES), data.currency)
    worths = Worths(len(measures), scenario, tuple(shown))
    return PolicyTable(capital(data.where(scenario)), months_words(data), "", table, worths)


def _column(measure: Measure, means: Sequence[float], shows_ends: bool) -> Column:
    """Changes of a measure, whose means choose the scale."""
    return Column(
        "{title}",
        measure.unit,
        mark("{note}, {unit}") if measure.note else "{unit}",
        {"title": measure.title, "note": measure.note},
        is_change=True,
        better=better(measure.metric),
        shows_ends=shows_ends,
        like=means,
    )


def _change(data: ReportData, place: tuple[str, str], measure: Measure) -> Value:
    stat = data.stat(*place, f"delta_{measure.metric}")
    if measure.metric == PEAK_90 and re_aged(data, *place, PEAK_90_RATE):
        return Cell(stat, verdict="reaged")
    return stat


def _change_measures(data: ReportData, books: Provisions | None) -> list[Measure]:
    written_off, _ = data.with_runoff("written_off", "")
    measure, title = data.measure()
    columns = [
        Measure(tr("90+ amount"), tr("peak"), PEAK_90, MONEY),
        Measure(tr("Write-offs"), "", written_off, MONEY),
    ]
    if books is not None:
        allowance = f"peak_allowance_{books.accounting}"
        columns += [
            Measure(tr("Allowance"), tr("peak"), allowance, MONEY),
            Measure(tr("Capital ratio"), tr("lowest"), "lowest_capital_ratio", FRACTION),
            Measure(tr("ROA"), tr("a year"), "return_on_assets", FRACTION),
        ]
    return [*columns, Measure(title, "", measure, MONEY)]


def _over_assumptions(data: ReportData, place: tuple[str, str]) -> Value:
    """The least and the most that a policy is worth under any assumption tried, each alone."""
    scenario, policy = place
    worth = data.stat(scenario, policy, f"delta_{data.measure()[0]}")
    found = () if worth is None else bars(data.dataset, policy, scenario, worth.mean)
    sure = [bar for bar in found if bar.kind != PAIR and not bar.noise]
    ends = [end for bar in sure for end in (bar.low, bar.high) if isfinite(end)]
    if not ends:
        return None
    words = language().span.format(low="{number}", high="{high}")
    return Cell(min(ends), words, {"high": max(ends)})
