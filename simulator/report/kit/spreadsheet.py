"""Plain tables as an Excel workbook: text is never a formula, and the same tables same bytes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from math import isfinite
from typing import TYPE_CHECKING, Final, NamedTuple

from simulator.report.kit.language import currency_name, name, tr
from simulator.report.kit.text import columns_of, harmless
from simulator.results.store import FORMULA_STARTS

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
_SHARE: Final = "1"


class Number(NamedTuple):
    """A number with the unit that its cell shows; an empty cell for None and NaN.

    Units are those of results.nc: ``1`` is a share (shown in percent), ``1/year`` one a year, a
    currency money, any other a count of things; empty a bare number.
    """

    value: float | None
    unit: str = ""
    is_change: bool = False
    """Whether it is a difference, which is shown with its sign."""


SheetValue = str | Number


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet: its name, header cells, rows; the first ``n_names`` columns stay in sight."""

    name: str
    header: tuple[str, ...]
    rows: tuple[tuple[SheetValue, ...], ...]
    n_names: int = 1


def number_format(number: Number, currency: str) -> str:
    """Excel's format for a number: percent, money or a count, with its unit in words."""
    unit = "".join(c for c in number.unit if c.isalnum() or c in " /_-")[:30]
    if not unit:
        return "General"
    if unit == _SHARE:
        body, tail = "0.00%", ""
    elif unit == f"{_SHARE}/year":
        body, tail = "0.00%", f" {tr('a year')}"
    elif currency and unit.startswith(currency):
        each = unit.removeprefix(currency)
        body, tail = "#,##0", f" {currency_name(currency)}{each and name(each)}"
    else:
        body, tail = "#,##0.0", f" {name(unit)}"
    shown = f'{body}"{tail}"' if tail else body
    return f"+{shown};-{shown};{shown}" if number.is_change else shown


def workbook_bytes(sheets: Sequence[Sheet], title: str, currency: str) -> bytes:
    """``sheets`` as the bytes of an .xlsx file, the same bytes for the same content.

    Every text is a text cell, marked as one where it begins like a formula; no cell holds a
    formula or a link.
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
    formats = _Formats(book, currency)
    for sheet in sheets:
        _fill(book.add_worksheet(sheet.name[:MAX_SHEET_NAME]), sheet, formats)
    book.close()
    return out.getvalue()


class _Formats:
    """Cell formats of a workbook, each made once."""

    def __init__(self, book: "Workbook", currency: str) -> None:
        self._book = book
        self._currency = currency
        self._numbers: dict[str, Format] = {}
        line = {"bottom": 1, "bold": True, "valign": "bottom", "text_wrap": True}
        self.name_header = book.add_format(line | {"align": "left"})
        self.number_header = book.add_format(line | {"align": "right"})
        self.text = book.add_format({"valign": "top", "text_wrap": True})
        self.quoted = book.add_format({"valign": "top", "text_wrap": True, "quote_prefix": True})

    def of_number(self, number: Number) -> "Format":
        """The format that shows ``number`` with its unit."""
        code = number_format(number, self._currency)
        if code not in self._numbers:
            self._numbers[code] = self._book.add_format({"num_format": code, "valign": "top"})
        return self._numbers[code]


def _fill(page: "Worksheet", sheet: Sheet, formats: _Formats) -> None:
    """Header, rows, widths, and how the sheet is seen and printed."""
    kinds = [any(isinstance(row[c], Number) for row in sheet.rows) for c in _columns(sheet)]
    for column, (title, is_number) in enumerate(zip(sheet.header, kinds, strict=True)):
        style = formats.number_header if is_number else formats.name_header
        page.write_string(0, column, _text(title), style)
        page.set_column(column, column, _width(sheet, column))
    for line, row in enumerate(sheet.rows, start=1):
        for column, cell in enumerate(row):
            if isinstance(cell, Number):
                if cell.value is not None and isfinite(cell.value):
                    page.write_number(line, column, cell.value, formats.of_number(cell))
            elif cell:
                shown = _text(cell)
                is_risky = shown.startswith(FORMULA_STARTS)
                page.write_string(line, column, shown, formats.quoted if is_risky else formats.text)
    page.freeze_panes(1, sheet.n_names)
    if sheet.rows:
        page.autofilter(0, 0, len(sheet.rows), len(sheet.header) - 1)
    page.repeat_rows(0)
    page.set_landscape()
    page.set_paper(9)  # A4
    page.fit_to_pages(1, 0)


def _columns(sheet: Sheet) -> range:
    return range(len(sheet.header))


def _text(text: str) -> str:
    shown = harmless(text)
    return shown if len(shown) <= MAX_TEXT else shown[: MAX_TEXT - 1] + "\u2026"


def _width(sheet: Sheet, column: int) -> int:
    """Characters that a column needs: its longest text or number, within reason."""
    wanted = [max(map(columns_of, sheet.header[column].split()), default=0) + 3]
    for row in sheet.rows:
        cell = row[column]
        if isinstance(cell, str):
            wanted.append(columns_of(cell) + 1)
        elif cell.value is not None and isfinite(cell.value):
            tail = 2 if cell.unit in (_SHARE, "") else len(cell.unit) + 2
            wanted.append(len(f"{cell.value:,.0f}") + tail + 3)
    return max(LEAST_WIDTH, min(MOST_WIDTH, max(wanted)))
