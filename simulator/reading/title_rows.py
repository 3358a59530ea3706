"""Rows of a file that are no rows of its table: titles above the header, totals below the rows."""

import re
from collections import Counter
from collections.abc import Sequence
from typing import Final

Row = Sequence[str]

LEAST_OF_USUAL: Final = 0.75
"""Share of a usual row's cells that a header fills (assumption)."""
_NUMBER: Final = re.compile(r"[(+-]?[\d.,\s]*\d[\d.,\s]*[)%]?")
_TOTAL: Final = re.compile(
    r"(?:grand\s+|sub)?totals?\b|sums?\b|summe|gesamt|insgesamt|totale\b|количество|итого|всего"
    r"|合\s*计|合計|总\s*计|總計|小\s*计|小計|汇总|总额|总笔数|共计",
    re.IGNORECASE,
)
_REMARK: Final = re.compile(r".*[:\uff1a]|(?:\S+\s+){2,}\S+|[©*#].*|.*(?:制表|备注|说明|来源).*")


def header_place(rows: Sequence[Row]) -> int:
    """Which of the first ``rows`` is the header; 0 where nothing says that it is another.

    A header fills about as many cells as the rows below it, with text.
    """
    filled = [_filled(row) for row in rows]
    counts = Counter(n for n in filled if n)
    if not counts:
        return 0
    usual = max(counts, key=lambda n: counts[n] * n)
    place = next((i for i, n in enumerate(filled) if n >= LEAST_OF_USUAL * usual), 0)
    numbers = any(_NUMBER.fullmatch(cell.strip()) for cell in rows[place] if cell.strip())
    return 0 if numbers or filled[place] < 2 or place == len(rows) - 1 else place


def footer_count(rows: Sequence[Row], n_columns: int) -> int:
    """How many of the last ``rows`` are totals, remarks or blank; blank lines do not count."""
    count = 0
    for row in reversed([row for row in rows if row]):
        if not _is_footer(row, n_columns):
            break
        count += 1
    return count


def first_cell(row: Row) -> str:
    """The first cell with something in it."""
    return next((cell.strip() for cell in row if cell.strip()), "")


def _filled(row: Row) -> int:
    return sum(1 for cell in row if cell.strip())


def _is_footer(row: Row, n_columns: int) -> bool:
    filled, first = _filled(row), first_cell(row)
    if n_columns < 3:
        return False
    if filled >= n_columns:
        return bool(_TOTAL.fullmatch(first.rstrip(":\uff1a ")))
    if filled == 0 or _TOTAL.match(first):
        return True
    return filled <= 2 and 2 * filled < n_columns and bool(_REMARK.fullmatch(first))
