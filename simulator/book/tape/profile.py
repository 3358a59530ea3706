"""What stands in each column of a tape's file: type, gaps, distinct values, range or top values."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa

from simulator.book.schema import F8
from simulator.book.tape.mapping import TapeMapping
from simulator.reading.cells import CellRules, ColumnRule, Texts, as_numbers, as_texts
from simulator.reading.table_file import Source
from simulator.validation import clip

TOP_VALUES: Final = 3
MOST_COLUMNS: Final = 60
"""Columns that are profiled, apart from more that are read."""
_WIDTH: Final = 24


@dataclass(frozen=True, slots=True)
class ColumnProfile:
    """One column of the file, in words."""

    name: str
    kind: str
    n_missing: int
    n_distinct: int
    values: str
    middle: float
    """Median of the numbers that are not 0; NaN for text."""
    texts: Texts | None


def profile(
    source: Source, mapping: TapeMapping, first: Sequence[int] = ()
) -> dict[int, ColumnProfile]:
    """A profile of each column by its place: those at ``first``, others as far as there is room."""
    others = [i for i in range(len(source.names)) if i not in set(first)]
    shown = [*first, *others[: max(0, MOST_COLUMNS - len(first))]]
    return {i: _column(source, source.names[i], source.table.column(i), mapping) for i in shown}


def _column(
    source: Source, name: str, column: pa.ChunkedArray, mapping: TapeMapping
) -> ColumnProfile:
    try:
        texts = as_texts(column, mapping.missing)
    except pa.ArrowException:
        return ColumnProfile(name, str(column.type), 0, 0, "no plain cells", np.nan, None)
    empty = texts.equal("")
    n_distinct = len(texts.names) - int(empty.any())
    numbers = _numbers(source, column, mapping)
    missing = int(np.count_nonzero(empty))
    if numbers is not None:
        known = numbers[np.isfinite(numbers)]
        low, middle, high = np.min(known), np.median(known), np.max(known)
        shown = f"{low:,.6g} | {middle:,.6g} | {high:,.6g}"
        return ColumnProfile(name, "number", missing, n_distinct, shown, _middle(known), texts)
    kind = "text" if pa.types.is_string(column.type) else str(column.type)
    return ColumnProfile(name, kind, missing, n_distinct, _top(texts), np.nan, texts)


def _middle(known: F8) -> float:
    """Median of the numbers that are not 0: many zeros hide the unit of the others."""
    some = known[known != 0]
    return float(np.median(some)) if some.size else 0.0


def _numbers(source: Source, column: pa.ChunkedArray, mapping: TapeMapping) -> F8 | None:
    """The column as numbers if all its cells are; else None."""
    if not (
        pa.types.is_string(column.type)
        or pa.types.is_large_string(column.type)
        or pa.types.is_integer(column.type)
        or pa.types.is_floating(column.type)
        or pa.types.is_decimal(column.type)
    ):
        return None
    try:
        plain = CellRules(decimal=mapping.decimal, missing=mapping.missing)
        read = as_numbers(column, ColumnRule("value"), plain, source.marks)
    except pa.ArrowException:
        return None
    mixed = any(trouble.rows.any() for trouble in read.troubles)
    good = not mixed and bool((read.empty | np.isfinite(read.values)).all())
    return read.values if good and not read.empty.all() else None


def _top(texts: Texts) -> str:
    counts = np.bincount(texts.codes, minlength=len(texts.names))
    shown: list[str] = []
    for code in np.argsort(-counts, kind="stable")[: TOP_VALUES + 1]:
        word = texts.names[int(code)].as_py()
        if word and len(shown) < TOP_VALUES:
            shown.append(f"{clip(word, _WIDTH)} ({counts[code]:,})")
    return ", ".join(shown)
