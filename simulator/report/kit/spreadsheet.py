"""Plain tables as an Excel workbook: text is never a formula, and the same tables same bytes."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from io import BytesIO
from math import isfinite
from typing import TYPE_CHECKING, Final, NamedTuple

from simulator.report.kit.language import currency_name, mark, name, tr
from simulator.report.kit.text import columns_of, harmless
from simulator.results.estimate import Estimate
from simulator.results.table import (
    BARE,
    FORMULA_STARTS,
    FRACTION,
    Cell,
    Table,
    Value,
    ends_of,
    number_of,
    unit_in,
)

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

MAX_TEXT: Final = 32_000
"""Characters of a cell; a spreadsheet takes 32,767."""
MAX_SHEET_NAME: Final = 31
LEAST_WIDTH: Final = 9
MOST_WIDTH: Final = 60
_CREATED: Final = datetime(2000, 1, 1)
"""Date in the properties of every workbook: a date of its own would change its bytes."""
INTERVAL: Final = (mark("mean"), mark("95 % low"), mark("95 % high"))
"""What the three columns of an estimate hold."""


def number_format(unit: str, currency: str, *, is_change: bool = False) -> str:
    """Excel's format for a number: percent, money or a count, with its unit in words.

    Units are those of results.nc: ``1`` is a share (shown in percent), ``1/year`` one a year, a
    currency money, any other a count of things; ``BARE`` a bare number.
    """
    unit = "".join(c for c in unit_in(currency, unit) if c.isalnum() or c in " /_-")[:30]
    if unit in (BARE, ""):
        return "General"
    if unit == FRACTION:
        body, tail = "0.00%", ""
    elif unit == f"{FRACTION}/year":
        body, tail = "0.00%", f" {tr('a year')}"
    elif currency and unit.startswith(currency):
        each = unit.removeprefix(currency)
        body, tail = "#,##0", f" {currency_name(currency)}{each and name(each)}"
    else:
        body, tail = "#,##0.0", f" {name(unit)}"
    shown = f'{body}"{tail}"' if tail else body
    return f"+{shown};-{shown};{shown}" if is_change else shown


def workbook_bytes(sheets: Sequence[Table], title: str) -> bytes:
    """``sheets`` as the bytes of an .xlsx file, the same bytes for the same content.

    A column of estimates becomes three: mean and both ends of the interval. Every text is a
    text cell, marked as one where it begins like a formula; no cell holds a formula or a link.
    """
    from xlsxwriter import Workbook

    out = BytesIO()
    settings = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    book = Workbook(out, settings)
    book.set_properties({"title": _text(title), "created": _CREATED, "author": "", "company": ""})
    book.set_size(2400, 1500)
    formats = _Formats(book)
    for sheet in sheets:
        _fill(book.add_worksheet(sheet.title[:MAX_SHEET_NAME]), sheet, formats)
    book.close()
    return out.getvalue()


class _Formats:
    """Cell formats of a workbook, each made once."""

    def __init__(self, book: "Workbook") -> None:
        self._book = book
        self._numbers: dict[str, Format] = {}
        line = {"bottom": 1, "bold": True, "valign": "bottom", "text_wrap": True}
        self.name_header = book.add_format(line | {"align": "left"})
        self.number_header = book.add_format(line | {"align": "right"})
        self.text = book.add_format({"valign": "top", "text_wrap": True})
        self.quoted = book.add_format({"valign": "top", "text_wrap": True, "quote_prefix": True})

    def of_number(self, code: str) -> "Format":
        """The format of a number."""
        if code not in self._numbers:
            self._numbers[code] = self._book.add_format({"num_format": code, "valign": "top"})
        return self._numbers[code]


class _Sheet(NamedTuple):
    """A table as a sheet has it: titles, which are of numbers; texts and (number, its format)."""

    header: list[str]
    is_number: list[bool]
    lines: list[list[str | tuple[float, str]]]


def _sheet(table: Table) -> _Sheet:
    header, is_number = [], []
    wide = [
        any(isinstance(number_of(row[at]), Estimate) for row in table.rows)
        for at in range(len(table.columns))
    ]
    for column, three in zip(table.columns, wide, strict=True):
        title = tr(column.heading, **column.said)
        parts = [tr("{metric}, {part}", metric=title, part=tr(p)) for p in INTERVAL]
        header += parts if three else [title]
        is_number += [bool(column.unit)] * (3 if three else 1)
    lines = [
        [cell for at, value in enumerate(row) for cell in _cells(table, at, value, wide[at])]
        for row in table.rows
    ]
    return _Sheet(header, is_number, lines)


def _cells(table: Table, at: int, value: Value, three: bool) -> Iterator[str | tuple[float, str]]:
    """One cell, or three; an unknown number is an empty text."""
    column, number = table.columns[at], number_of(value)
    unit, is_change = column.unit, column.is_change
    if isinstance(value, Cell):
        unit = value.unit or unit
        is_change = is_change if value.is_change is None else value.is_change
    code = number_format(unit, table.currency, is_change=is_change)
    found = (number,) if isinstance(number, str) else ends_of(number)
    for part in (*found, "", "", "")[: 3 if three else 1]:
        is_known = isinstance(part, str) or isfinite(part)
        yield part if isinstance(part, str) else (part, code) if is_known else ""


def _fill(page: "Worksheet", table: Table, formats: _Formats) -> None:
    """Header, rows, widths, and how the sheet is seen and printed."""
    sheet = _sheet(table)
    for column, (title, is_number) in enumerate(zip(sheet.header, sheet.is_number, strict=True)):
        style = formats.number_header if is_number else formats.name_header
        page.write_string(0, column, _text(title), style)
        page.set_column(column, column, _width(sheet, column))
    for line, row in enumerate(sheet.lines, start=1):
        for column, cell in enumerate(row):
            if not isinstance(cell, str):
                page.write_number(line, column, cell[0], formats.of_number(cell[1]))
            elif cell:
                shown = _text(cell)
                is_risky = shown.startswith(FORMULA_STARTS)
                page.write_string(line, column, shown, formats.quoted if is_risky else formats.text)
    page.freeze_panes(1, table.n_names)
    if sheet.lines:
        page.autofilter(0, 0, len(sheet.lines), len(sheet.header) - 1)
    page.repeat_rows(0)
    page.set_landscape()
    page.set_paper(9)  # A4
    page.fit_to_pages(1, 0)


def _text(text: str) -> str:
    shown = harmless(text)
    return shown if len(shown) <= MAX_TEXT else shown[: MAX_TEXT - 1] + "\u2026"


def _width(sheet: _Sheet, column: int) -> int:
    """Characters that a column needs: its longest text or number, within reason."""
    wanted = [max(map(columns_of, sheet.header[column].split()), default=0) + 3]
    for row in sheet.lines:
        cell = row[column]
        if isinstance(cell, str):
            wanted.append(columns_of(cell) + 1)
        else:
            unit = cell[1].partition('"')[2].partition('"')[0]
            wanted.append(len(f"{cell[0]:,.0f}") + columns_of(unit.strip()) + 5)
    return max(LEAST_WIDTH, min(MOST_WIDTH, max(wanted)))
