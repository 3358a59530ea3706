"""Tables as numbers with their units: results say what, the writer of each face says how.

Writers: ``csv_text`` here, ``report/kit/table.py`` for the page, ``report/kit/spreadsheet.py`` for
the workbook, ``cli/terminal/table.py`` for the terminal.
"""

import csv
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from io import StringIO
from math import isfinite
from typing import Final

from simulator.results.estimate import Estimate

FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r")
"""First characters of a text that a spreadsheet takes for a formula."""

MONEY: Final = "currency"
"""Unit of money in tables and dictionaries; files carry the book's currency code instead."""
FRACTION: Final = "1"
COUNT: Final = "count"
"""Unit of a number of things; results.nc names what they are."""
BARE: Final = "number"
"""Unit of numbers that have none of their own, or each another."""

Number = float | Estimate[float] | None
"""A number, one with its interval or band, or None where a number would mean nothing; NaN where
it is not known."""
Ends = Callable[[str], tuple[str, str]]
"""Titles of the columns of both ends of an interval, by the title of the number."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A number of which its column does not tell everything.

    ``words`` are said around it: a message with ``{number}`` and what ``said`` holds, texts or
    numbers of the same unit. ``beside`` stands after it. ``unit``, ``is_change``, ``decimals`` and
    ``currency`` are its own where they are not the column's or table's, ``like`` the numbers that
    share its scale. ``verdict`` is told instead of what its interval tells.
    """

    number: str | Number
    words: str = "{number}"
    said: Mapping[str, str | Number] = field(default_factory=dict)
    beside: str | Number = ""
    unit: str = ""
    is_change: bool | None = None
    currency: str = ""
    like: Sequence[float] = ()
    decimals: int | None = None
    verdict: str = ""

    @property
    def is_apart(self) -> bool:
        """Whether its scale is not that of its column."""
        return bool(self.unit or self.currency or self.like) or self.decimals is not None


Value = str | Number | Cell
Row = tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """What a column holds: its heading and unit, without which it holds texts.

    ``heading`` is a message, which ``said`` fills in, and ``note`` one that stands beside it on
    some faces; where either has ``{unit}``, the numbers stand without theirs. ``is_change``:
    differences, which carry their sign, judged where ``better`` is 1 (more is better), -1 or 0.
    ``decimals`` are fixed, or follow from ``digits`` of the largest of ``like``, the numbers that
    share the scale: those of the column where none are given.
    """

    heading: str
    unit: str = ""
    note: str = ""
    said: Mapping[str, object] = field(default_factory=dict)
    is_change: bool = False
    better: int | None = None
    shows_ends: bool = True
    decimals: int | None = None
    digits: int = 3
    like: Sequence[float] = ()

    @property
    def tells_unit(self) -> bool:
        """Whether its head tells the unit, so that numbers need not."""
        return "{unit}" in self.heading + self.note


@dataclass(frozen=True, slots=True)
class Table:
    """Columns and rows; the first ``n_names`` columns name the row. Money is in ``currency``."""

    columns: tuple[Column, ...]
    rows: Sequence[Row]
    n_names: int = 1
    currency: str = ""
    title: str = ""

    def numbers(self, place: int) -> list[float]:
        """Every known number of the column at ``place`` with its ends, but those of other units."""
        column = (row[place] for row in self.rows)
        shared = (v for v in column if not (isinstance(v, Cell) and v.is_apart))
        return [end for v in shared for end in ends_of(number_of(v)) if isfinite(end)]


def number_of(value: Value) -> str | Number:
    """A text or number without what is said beside it."""
    return value.number if isinstance(value, Cell) else value


def ends_of(number: str | Number) -> tuple[float, ...]:
    """A number, or one with both ends of its interval; nothing for a text or None."""
    if isinstance(number, Estimate):
        return number.ends
    return () if number is None or isinstance(number, str) else (number,)


def texts(*headings: str) -> tuple[Column, ...]:
    """Columns of texts under messages."""
    return tuple(map(Column, headings))


def named(title: str, unit: str = "") -> Column:
    """A column under a name of the data, which is no message."""
    return Column("{title}", unit, said={"title": title})


def unit_in(currency: str, unit: str) -> str:
    """``unit`` with the placeholder for money replaced by the currency code."""
    return unit.replace(MONEY, currency)


def safe_text(cell: str) -> str:
    """``cell`` with an apostrophe in front if a spreadsheet would take it for a formula."""
    return f"'{cell}" if cell.startswith(FORMULA_STARTS) else cell


def file_ends(name: str) -> tuple[str, str]:
    """Both ends of an interval as files of results name them."""
    return f"{name}_ci_low", f"{name}_ci_high"


def csv_text(
    header: Sequence[str],
    rows: Iterable[Sequence[str | Number]],
    form: str = "",
    ends: Ends = file_ends,
    line_end: str = "\n",
) -> str:
    """A CSV: a line a row, an empty cell for an unknown number; no text is a formula.

    Numbers are in ``form``, as ``.6g``, else in the shortest one that reads back equal. A column
    with intervals becomes three, those of ``ends`` the further ones.
    """
    lines = list(rows)
    wide = [any(isinstance(row[at], Estimate) for row in lines) for at in range(len(header))]
    out, titles = StringIO(), list[str]()
    writer = csv.writer(out, lineterminator=line_end)
    for name, three in zip(header, wide, strict=True):
        titles += (name, *ends(name)) if three else (name,)
    writer.writerow(map(safe_text, titles))
    for row in lines:
        cells: list[str] = []
        for value, three in zip(row, wide, strict=True):
            if three:
                cells += _three_cells(value, form)
            else:
                assert not isinstance(value, Estimate)
                cells.append(_csv_cell(value, form))
        writer.writerow(cells)
    return out.getvalue()


def csv_line(cells: Sequence[str | float | None], *, are_safe: bool = False) -> str:
    """One line of a CSV; ``are_safe``: its texts come from such a line."""
    out = StringIO()
    texts = (c if are_safe and isinstance(c, str) else _csv_cell(c, "") for c in cells)
    csv.writer(out, lineterminator="\n").writerow(texts)
    return out.getvalue()


def _three_cells(value: str | Number, form: str) -> list[str]:
    """A number and the ends of its interval, empty where it has none."""
    found = (value,) if isinstance(value, str) else ends_of(value)
    return [_csv_cell(part, form) for part in (*found, None, None, None)[:3]]


def _csv_cell(cell: str | float | None, form: str) -> str:
    if cell is None or isinstance(cell, str):
        return safe_text(cell or "")
    return format(cell, "" if isinstance(cell, int) else form) if isfinite(cell) else ""
