"""Two tables of the first screen: levels of every scenario, and policies in the adverse one."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import isfinite
from typing import Final, NamedTuple

from simulator.report.delinquency.re_ageing import re_aged
from simulator.report.headline.verdict import PEAK_90, PEAK_90_RATE
from simulator.report.kit.data import ReportData
from simulator.report.kit.language import listed, tr
from simulator.report.kit.numbers import NONE, Scale, money_scale, number, points_scale, rate_scale
from simulator.report.kit.phrases import capital, months_words
from simulator.report.kit.policy_table import PolicyCell, PolicyRow, PolicyTable, judged_cell
from simulator.report.kit.statistics import Array
from simulator.report.kit.table import Table
from simulator.report.provisions.rule_books import COVERAGE, Provisions, provisions_of
from simulator.results.assumptions import PAIR, bars
from simulator.results.estimate import Estimate
from simulator.results.metrics import better

MOST_POLICIES: Final = 6
"""Policies of the table; the ranking below has all."""

Stats = Sequence[Estimate[float] | None]


class Column(NamedTuple):
    """A column: title, what of it, metric and its kind of scale."""

    title: str
    note: str
    metric: str
    kind: str
    """``rate``, ``money`` or ``points``."""
    per: float = 1.0
    """What every number is over."""

    def scale(self, data: ReportData, stats: Stats) -> Scale:
        """The scale of all its numbers."""
        means = [stat.mean / self.per for stat in stats if stat is not None]
        if self.kind == "money":
            return money_scale(data.currency, means)
        return points_scale(means) if self.kind == "points" else rate_scale(means)


def levels(data: ReportData) -> Table:
    """Every scenario under the current policy, side by side; means over paths."""
    columns = _level_columns(data, provisions_of(data))
    stats = {
        c: [data.stat(scenario, data.reference, c.metric) for scenario in data.scenarios]
        for c in columns
    }
    scales = {c: c.scale(data, found) for c, found in stats.items()}
    header = [data.policy_label(data.reference)]
    for c, scale in scales.items():
        said = {"title": c.title, "note": c.note, "unit": scale.unit}
        header.append(tr("{title}, {note}, {unit}", **said))
    rows = []
    for i, scenario in enumerate(data.scenarios):
        cells = (
            NONE if (stat := stats[c][i]) is None else scale.text(stat.mean / c.per)
            for c, scale in scales.items()
        )
        rows.append((data.scenario_label(scenario), *cells))
    return Table(tuple(header), tuple(rows))


def peaks_note(data: ReportData) -> str:
    """How a peak is formed, beside the peak of the mean path."""
    static = data.is_static_pool
    peaks = [float(_ninety(data, s).mean(axis=0).max()) for s in data.scenarios]
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


def _level_columns(data: ReportData, books: Provisions | None) -> list[Column]:
    loss, title = data.with_runoff("net_loss", tr("Net loss"))
    columns = [
        Column(tr("90+ rate"), tr("peak"), PEAK_90_RATE, "rate"),
        Column(tr("Net charge-off"), tr("a year"), "net_charge_off_rate", "rate"),
    ]
    if data.is_static_pool:
        over, opening = tr("over the opening balance"), data.decision.opening
        columns = [
            Column(tr("90+ peak"), over, "peak_overdue_rate_over_opening_90", "rate"),
            Column(title, over, loss, "rate", per=opening),
        ]
    if books is None:
        return [*columns, Column(title, months_words(data), loss, "money")]
    shown, charge = books.impaired_book, f"provision_charge_{books.accounting}"
    impaired = books.impaired_words(shown)[1]
    booked = "" if books.minimum(shown, COVERAGE) is None else "booked_"
    coverage = f"lowest_{booked}coverage_ratio_{shown}"
    columns.insert(1, Column(impaired, tr("peak"), f"peak_impaired_ratio_{shown}", "rate"))
    return [
        *columns,
        Column(tr("Provision charge"), tr("{n} months", n=len(data.months)), charge, "money"),
        Column(tr("Coverage"), tr("lowest"), coverage, "rate"),
        Column(tr("Capital ratio"), tr("lowest"), "lowest_capital_ratio", "rate"),
        Column(tr("ROA"), tr("a year"), "return_on_assets", "rate"),
        Column(tr("ROE"), tr("a year"), "return_on_equity", "rate"),
    ]


def against_current(data: ReportData) -> PolicyTable | None:
    """Policies in the adverse scenario, changes against the current one; None without any."""
    if not data.alternatives:
        return None
    scenario, shown = data.worst_scenario(), data.best_first[:MOST_POLICIES]
    columns = _change_columns(data, provisions_of(data))
    stats = {
        c: {policy: data.stat(scenario, policy, f"delta_{c.metric}") for policy in shown}
        for c in columns
    }
    scales = {c: c.scale(data, tuple(found.values())) for c, found in stats.items()}
    book = tr("Balance")
    titles = [(book, tr("average, %"))]
    for c, scale in scales.items():
        unit = tr("{note}, {unit}", note=c.note, unit=scale.unit) if c.note else scale.unit
        titles.append((c.title, unit))
    decisive, tried = columns[-1], "assumption_change" in data.dataset
    if tried:
        unit = tr("assumptions tried, {unit}", unit=scales[decisive].unit)
        titles.append((decisive.title, unit))
    rows = []
    for policy in shown:
        cells = [PolicyCell(book, _share(data.balance_changes, (scenario, policy)))]
        for c, scale in scales.items():
            found = stats[c][policy]
            cell = judged_cell(c.title, scale, found, better(c.metric), spans=c is decisive)
            if c.metric == PEAK_90 and re_aged(data, scenario, policy, PEAK_90_RATE):
                cell = replace(cell, verdict="reaged")
            cells.append(cell)
        if tried:
            span = _over_assumptions(data, (scenario, policy), scales[decisive])
            cells.append(PolicyCell(tr("Over assumptions tried"), span))
        rows.append(PolicyRow("", data.policy_label(policy), "", tuple(cells)))
    return PolicyTable(
        capital(data.where(scenario)), months_words(data), "", tuple(titles), tuple(rows)
    )


def _change_columns(data: ReportData, books: Provisions | None) -> list[Column]:
    written_off, _ = data.with_runoff("written_off", "")
    measure, title = data.measure()
    columns = [
        Column(tr("90+ amount"), tr("peak"), PEAK_90, "money"),
        Column(tr("Write-offs"), "", written_off, "money"),
    ]
    if books is not None:
        allowance = f"peak_allowance_{books.accounting}"
        columns += [
            Column(tr("Allowance"), tr("peak"), allowance, "money"),
            Column(tr("Capital ratio"), tr("lowest"), "lowest_capital_ratio", "points"),
            Column(tr("ROA"), tr("a year"), "return_on_assets", "points"),
        ]
    return [*columns, Column(title, "", measure, "money")]


def _over_assumptions(data: ReportData, place: tuple[str, str], scale: Scale) -> str:
    """The least and the most that a policy is worth under any assumption tried, each alone."""
    scenario, policy = place
    worth = data.stat(scenario, policy, f"delta_{data.measure()[0]}")
    found = () if worth is None else bars(data.dataset, policy, scenario, worth.mean)
    sure = [bar for bar in found if bar.kind != PAIR and not bar.noise]
    ends = [end for bar in sure for end in (bar.low, bar.high) if isfinite(end)]
    return scale.span(min(ends), max(ends)) if ends else NONE


def _share(changes: Mapping[tuple[str, str], float], place: tuple[str, str]) -> str:
    share = changes.get(place)
    return NONE if share is None else number(100.0 * share, 0, signed=True)
