"""Writers of tables for the page, in its language and scales: texts, judged cells, a CSV to save.

Also what chapters share that make tables: which months are shown, medians with their bands.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import count, groupby
from typing import Final, NamedTuple

import numpy as np

from simulator.report.kit.data import ReportData
from simulator.report.kit.language import mark, tr
from simulator.report.kit.numbers import (
    NONE,
    Scale,
    money_scale,
    points_scale,
    rate_scale,
    significant_decimals,
)
from simulator.report.kit.statistics import Fan
from simulator.report.kit.text import harmless
from simulator.results.decision import Verdict, verdict
from simulator.results.estimate import Estimate
from simulator.results.table import (
    BARE,
    FRACTION,
    MONEY,
    Cell,
    Column,
    Number,
    Row,
    Table,
    Value,
    csv_text,
    ends_of,
    number_of,
    texts,
)

SCENARIO: Final = mark("Scenario")
POLICY: Final = mark("Policy")
MONTH: Final = mark("Month")
BYTE_ORDER_MARK: Final = "\ufeff"
"""Tells spreadsheets that the file is UTF-8."""

WITH_UNIT: Final = mark("{title} ({unit})")
"""A heading with the unit of its column."""

POLICY_NAMES: Final = texts(mark("Rank"), POLICY, "")
"""Columns that name a row of a table of policies: rank, policy and a note."""

Fans = Callable[[str, str], Fan]
"""The fan of a scenario and policy."""

LEAST_TABLE_MONTHS = 5

MAX_TABLE_ROWS = 400

MAX_TABLE_MONTHS = 25
"""Rows of a table by month; longer runs show evenly spaced months."""


class Worths(NamedTuple):
    """Which column of a table of policies is their worth: its number behind the names, the scenario
    (None: over all by weight) and the policy of each row, empty where a row has none."""

    column: int
    scenario: str | None
    policies: tuple[str, ...]


class PolicyTable(NamedTuple):
    """Policies, best first: where it holds, over which months and borrowers; its numbers."""

    place: str
    months: str
    compared: str
    table: Table
    worths: Worths | None = None


class JudgedCell(NamedTuple):
    """A number in a table of policies or runs, its interval, and what that tells.

    ``verdict``: ``better``, ``worse``, ``unclear``, ``same``, ``single``, or empty where nothing
    is judged; ``reaged`` instead of ``better`` where only re-planned loans that count as current
    lower a rate.
    """

    title: str
    value: str
    span: str
    beside: str
    verdict: str


class JudgedRow(NamedTuple):
    """Names and numbers of a row."""

    names: list[str]
    cells: list[JudgedCell]


class PageTable:
    """A table in the words of the page: its header, and rows as texts or as judged cells."""

    def __init__(self, table: Table) -> None:
        self.n_names = table.n_names
        self._table = table
        self._scales = [
            scale_of(column, table.currency, column.like or table.numbers(place))
            for place, column in enumerate(table.columns)
        ]

    @property
    def header(self) -> tuple[str, ...]:
        """Headings with their units."""
        return tuple(self._said(place, c.heading) for place, c in enumerate(self._table.columns))

    @property
    def titles(self) -> list[tuple[str, str]]:
        """Headings, and what stands beside each, of the columns that name no row."""
        notes = [self._said(place, c.note) for place, c in enumerate(self._table.columns)]
        return list(zip(self.header, notes, strict=True))[self.n_names :]

    @property
    def rows(self) -> tuple[tuple[str, ...], ...]:
        """Every cell as a text."""
        return tuple(tuple(map(self._text, count(), row)) for row in self._table.rows)

    @property
    def judged(self) -> list[JudgedRow]:
        """Names and judged cells of each row."""
        n = self.n_names
        return [
            JudgedRow(
                list(map(self._text, count(), row[:n])),
                list(map(self._judged, count(n), row[n:], self.titles)),
            )
            for row in self._table.rows
        ]

    @property
    def groups(self) -> list[tuple[str, list[JudgedRow]]]:
        """Judged rows by their first name."""
        return [(name, list(rows)) for name, rows in groupby(self.judged, lambda row: row.names[0])]

    @property
    def has_re_aged(self) -> bool:
        """Whether any rate falls by re-ageing alone."""
        return any(cell.verdict == "reaged" for row in self.judged for cell in row.cells)

    @property
    def csv(self) -> str:
        """For spreadsheets: numbers not rounded, in the unit of their column."""
        header = [harmless(title) for title in self.header]
        rows = [list(map(self._plain, count(), row)) for row in self._table.rows]
        return BYTE_ORDER_MARK + csv_text(header, rows, ".12g", _ends, "\r\n")

    def _said(self, place: int, message: str) -> str:
        said = dict(self._table.columns[place].said)
        if "{unit}" in message:
            said["unit"] = self._scales[place].unit
        return tr(message, **said)

    def _scale(self, place: int, value: Value) -> Scale:
        """That of its column, or its own."""
        if not isinstance(value, Cell) or not value.is_apart:
            return self._scales[place]
        column, currency = self._table.columns[place], value.currency or self._table.currency
        decimals = column.decimals if value.decimals is None else value.decimals
        own = replace(column, unit=value.unit or column.unit, decimals=decimals)
        return scale_of(own, currency, value.like or ends_of(value.number))

    def _text(self, place: int, value: Value) -> str:
        if isinstance(value, str):
            return value
        cell = value if isinstance(value, Cell) else Cell(value)
        column, scale = self._table.columns[place], self._scale(place, cell)
        is_told = column.tells_unit and not cell.currency
        signed = column.is_change if cell.is_change is None else cell.is_change

        def told(number: str | Number) -> str:
            if isinstance(number, str):
                return number
            return number_text(scale, number, signed=signed, is_told=is_told)

        said = {name: told(number) for name, number in cell.said.items()}
        return tr(cell.words, number=told(cell.number), **said)

    def _judged(self, place: int, value: Value, title: tuple[str, str]) -> JudgedCell:
        """A number and its interval apart, judged where its column is."""
        label = tr("{title}, {unit}", title=title[0], unit=title[1]) if title[1] else title[0]
        cell = value if isinstance(value, Cell) else Cell(value)
        column, number = self._table.columns[place], cell.number
        beside = self._text(place, Cell(cell.beside, is_change=cell.is_change))
        if not isinstance(number, Estimate):
            return JudgedCell(label, self._text(place, value), "", beside, cell.verdict)
        told, shows = _told(column, number), number.has_interval and column.shows_ends
        scale = self._scale(place, cell)
        is_none = column.is_change and number.is_zero
        text = self._text(place, replace(cell, number=number if is_none else number.mean))
        span = scale.span(number.ci_low, number.ci_high) if shows and not is_none else ""
        return JudgedCell(label, text, span, "" if beside == text else beside, cell.verdict or told)

    def _plain(self, place: int, value: Value) -> str | Number:
        """A text, or a number in the scale that the page shows; money as it is without one."""
        number = number_of(value)
        if isinstance(number, str) or not self._table.columns[place].unit:
            return harmless(self._text(place, value))
        scale = self._scale(place, value)
        is_whole = scale.is_money and not self._table.columns[place].tells_unit
        divisor = 1.0 if is_whole else scale.divisor
        if isinstance(number, Estimate) and number.has_interval:
            return Estimate(*(end / divisor for end in number.ends))
        return next((end / divisor for end in ends_of(number)), None)


def _told(column: Column, change: Estimate[float]) -> str:
    """What a change tells; where neither more nor less is better, whether it is told from zero."""
    if column.better is None:
        return ""
    told = verdict(change, column.better or 1)
    return "" if not column.better and told in (Verdict.BETTER, Verdict.WORSE) else told


def table_months(data: ReportData, n_groups: int = 1) -> list[int]:
    """Positions of the months that a table shows, evenly spaced; fewer for many groups of rows."""
    most = max(LEAST_TABLE_MONTHS, min(MAX_TABLE_MONTHS, MAX_TABLE_ROWS // n_groups))
    count = len(data.months)
    return sorted({int(i) for i in np.linspace(0, count - 1, min(count, most)).round()})


def month_table(data: ReportData, columns: Sequence[Column], fans: Sequence[Fans]) -> Table:
    """A row a scenario, policy and month; a median with its band from each of ``fans``."""
    rows: list[Row] = []
    for place in data.all_places:
        found = [fan_at(*place) for fan_at in fans]
        for month in table_months(data, len(data.all_places)):
            told = f"{data.months[month]:.0f}"
            rows.append((*data.row(*place), told, *(fan.at(month) for fan in found)))
    names = texts(SCENARIO, POLICY, MONTH)
    return Table((*names, *columns), tuple(rows), n_names=3, currency=data.currency)


def policy_class(data: ReportData, policy: str) -> str:
    """Colour class of a policy, as ``style.series`` takes its colour; empty if none is drawn."""
    if policy not in data.drawn_policies:
        return ""
    position = data.policy_number(policy)
    return f"series-{0 if position == 0 else 1 + (position - 1) % 6}"


def number_text(scale: Scale, number: Number, *, signed: bool = False, is_told: bool = True) -> str:
    """A number with its interval, where it has one; its unit unless ``is_told`` elsewhere.

    ``signed``: a difference, in words where there is none at all.
    """
    if number is None:
        return NONE
    write = scale.text if is_told else scale.full
    if not isinstance(number, Estimate):
        return write(number, signed=signed)
    if number.is_zero:
        return tr("no difference") if signed else write(0.0)
    text = write(number.mean, signed=signed)
    return f"{text} ({scale.span(number.ci_low, number.ci_high)})" if number.has_interval else text


def count_scale(numbers: Iterable[float], decimals: int | None = None) -> Scale:
    """Numbers of things with ``decimals``, else three digits of the largest, one at least."""
    fit = max(1, significant_decimals(numbers, 3, most=2))
    return Scale("", 1.0, fit if decimals is None else decimals)


def scale_of(column: Column, currency: str, numbers: Iterable[float]) -> Scale:
    """The scale of a column's unit that fits ``numbers``."""
    if column.unit.startswith(MONEY):
        return money_scale(currency, numbers, column.digits)
    if not column.unit.startswith(FRACTION):
        bare = Scale("", 1.0, column.decimals)
        return bare if column.unit == BARE else count_scale(numbers, column.decimals)
    if column.is_change and column.decimals is None:
        return points_scale(numbers)
    return rate_scale(numbers, column.decimals)


def _ends(name: str) -> tuple[str, str]:
    return tr("{column}, low", column=name), tr("{column}, high", column=name)
