"""The numbers of a figure as a CSV file that a reader can save from the page."""

import csv
from collections.abc import Sequence
from io import StringIO
from math import isfinite
from typing import Final

from simulator.report.kit.language import tr
from simulator.report.kit.numbers import NONE, Shown, missing
from simulator.report.kit.table import Table
from simulator.report.kit.text import harmless
from simulator.results.store import safe_text

BYTE_ORDER_MARK: Final = "\ufeff"
"""Tells spreadsheets that the file is UTF-8."""


def file_name(number: int, key: str) -> str:
    """Name of the file for figure ``number`` of the page."""
    return f"figure-{number}-{key}.csv"


def csv_text(table: Table) -> str:
    """``table`` as CSV: numbers not rounded, in the unit of their column; no cell is a formula.

    A column with intervals becomes three: its own, its low and its high ends. A cell without a
    number in a column of numbers is empty.
    """
    out = StringIO()
    writer = csv.writer(out)
    columns = [
        _column(name, [row[place] for row in table.rows]) for place, name in enumerate(table.header)
    ]
    for line in zip(*columns, strict=True):
        writer.writerow([text for texts in line for text in texts])
    return BYTE_ORDER_MARK + out.getvalue()


def _column(name: str, cells: Sequence[str]) -> list[list[str]]:
    """Title and texts of a column, a list of one or three of them a line."""
    numbers = [cell for cell in cells if isinstance(cell, Shown)]
    width = 3 if any(len(cell.values) == 3 for cell in numbers) else 1
    titles = [name, tr("{column}, low", column=name), tr("{column}, high", column=name)]
    absent = (missing(), NONE) if numbers else ()
    lines = [[_text(title) for title in titles]]
    for cell in cells:
        texts = _numbers(cell) if isinstance(cell, Shown) else [_text(cell, absent)]
        lines.append([*texts, "", ""])
    return [line[:width] for line in lines]


def _numbers(cell: Shown) -> list[str]:
    """Twelve digits: more would only show how a computer rounds."""
    return [f"{value:.12g}" if isfinite(value) else "" for value in cell.values]


def _text(text: str, absent: Sequence[str] = ()) -> str:
    return "" if text in absent else safe_text(harmless(text))
