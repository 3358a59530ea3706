"""Columns of an open table by name, as texts or numbers, and the one line on what is wrong there.

A tape tells all its findings at once (``book/tape``); other tables stop at a column's first.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from simulator.reading.cells import (
    B,
    CellRules,
    ColumnRule,
    Trouble,
    as_numbers,
    as_texts,
    as_written,
)
from simulator.reading.table_file import Source, open_source
from simulator.validation import UserError, clip, first_offender

F8 = NDArray[np.float64]


class NumberColumn(NamedTuple):
    """Some rows of a column: ``values`` (n,), NaN where there is no number.

    ``finding`` says what is wrong with the first cell that may not stand there; ``signs``: percent
    signs were read as hundredths.
    """

    values: F8
    finding: str | None
    signs: bool


def open_table(key: str, path: Path) -> Source:
    """The table in the file at ``path``, the value of ``key``; ``UserError`` also for a row with
    more or fewer cells than the header.
    """
    source = open_source(key, str(path))
    if source.findings:
        raise UserError(f"{key} {source.name}: {source.findings[0]}")
    return source


def texts(source: Source, name: str, missing: Sequence[str] = ()) -> list[str]:
    """Trimmed cells of the column ``name``, empty text where nothing is known.

    ``missing``: further cells, in small letters, that mean so. ``UserError`` for a column that the
    table lacks or has twice, or that holds no plain cells.
    """
    try:
        found = as_texts(_column(source, name), missing)
    except pa.ArrowException as error:
        raise UserError(_untyped(source, name, "text", error)) from None
    words = found.words
    return [words[code] for code in found.codes]


def numbers(
    source: Source,
    name: str,
    rows: range,
    missing: Sequence[str] = (),
    *,
    may_be_empty: bool = False,
) -> NumberColumn:
    """``rows`` of the column ``name`` as finite numbers, NaN for empty cells if they may be.

    ``missing`` and ``UserError`` as in ``texts``.
    """
    cells = _column(source, name).slice(rows.start, len(rows))
    try:
        read = as_numbers(cells, ColumnRule(name), CellRules(missing=missing), source.marks)
    except pa.ArrowException as error:
        raise UserError(_untyped(source, name, "numbers", error)) from None
    bad = ~np.isfinite(read.values) & ~(read.empty & may_be_empty)
    allowed = "neither a finite number nor an empty cell" if may_be_empty else "no finite number"
    rules = (*read.troubles, Trouble(bad, allowed))
    findings = (offender(source, name, rows, *rule) for rule in rules)
    return NumberColumn(read.values, next((f for f in findings if f), None), read.signs)


def offender(source: Source, name: str, rows: range, bad: B, rule: str) -> str | None:
    """One line on the rows that break a rule, with the first one's line and cell; else None."""
    if not bad.any():
        return None
    words = as_written(_column(source, name))
    cells = [words[row].as_py() or "empty" for row in rows]
    labels = [f"{source.line(row)}: {cell}" for row, cell in zip(rows, cells, strict=True)]
    return first_offender(f"{source.name}, column {clip(name)}", labels, bad.tolist(), rule)


def _column(source: Source, name: str) -> pa.ChunkedArray:
    count = source.names.count(name)
    if count != 1:
        found = f"duplicate, {count} times in" if count else "got"
        raise UserError(
            f"{source.key} {source.name} needs the column {clip(name, 40)} once; {found}"
            f" {clip(', '.join(source.names), 400)}"
        )
    return source.table.column(source.names.index(name))


def _untyped(source: Source, name: str, wanted: str, error: pa.ArrowException) -> str:
    return f"{source.key} {source.name}: column {clip(name)} must hold {wanted}; {clip(error, 100)}"
