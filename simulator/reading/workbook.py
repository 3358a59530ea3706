"""A sheet of an .xlsx workbook becomes columns: values as stored, no formula is computed."""

import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa

from simulator.reading.layout import (
    MAX_FOOTERS,
    MAX_TITLES,
    CheckSize,
    Layout,
    Parsed,
    Telling,
)
from simulator.reading.title_rows import first_cell, footer_count, header_place
from simulator.validation import UserError, clip

Cell = object
Rows = list[tuple[Cell, ...]]

MAX_UNPACKED_BYTES: Final = 1 << 30
"""Of all parts of a workbook, unpacked: some kilobytes can hold terabytes."""
INSTALL: Final = "pip install 'loanstress[xlsx]' (or openpyxl), or save the sheet as CSV"
_MOST_SHEETS: Final = 12
_BLOCK: Final = 1 << 20
_BROKEN: Final = (
    zipfile.BadZipFile,
    zlib.error,
    NotImplementedError,
    RuntimeError,
    EOFError,
    ValueError,
)
_DOUBTFUL: Final = re.compile(r"-?[1-9]\d{0,2}\.\d{3}")


def parse_workbook(owner: str, path: Path, layout: Layout, check: CheckSize) -> Parsed:
    """The table of a sheet; ``UserError`` if there is none, or several and none was said."""
    try:
        import openpyxl
    except ImportError:
        raise UserError(f"{owner}: reading .xlsx needs openpyxl: {INSTALL}") from None
    formulas = _checked_parts(owner, path)
    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True, keep_links=False)
        sheet = _sheet(owner, book, layout)
        rows = list(_rows_of(book[sheet], owner, check))
        book.close()
        telling = Telling()
        if formulas:
            written = openpyxl.load_workbook(path, read_only=True, keep_links=False)
            _check_formulas(owner, rows, written[sheet])
            written.close()
    except (UserError, MemoryError, OSError):
        raise
    except Exception as error:  # whatever a broken workbook makes its reader raise
        raise UserError(
            f"{owner} must be a whole .xlsx workbook; {clip(error or type(error).__name__, 160)}"
        ) from None
    return _table(owner, rows, layout, telling, sheet, check)


def _checked_parts(owner: str, path: Path) -> bool:
    """Whether a sheet holds formulas; ``UserError`` for what unpacks too far or has entities."""
    formulas = False
    total = 0
    try:
        with zipfile.ZipFile(path) as packed:
            for part in packed.infolist():
                with packed.open(part) as stream:
                    last = b""
                    while block := stream.read(_BLOCK):
                        total += len(block)
                        if total > MAX_UNPACKED_BYTES:
                            raise UserError(
                                f"{owner} must unpack to at most {MAX_UNPACKED_BYTES >> 20} MiB;"
                                " use CSV or Parquet"
                            )
                        seen = last + block
                        if b"<!DOCTYPE" in seen or b"<!ENTITY" in seen:
                            raise UserError(f"{owner} must not declare entities; save it anew")
                        formulas |= "/worksheets/" in part.filename and (
                            b"<f>" in seen or b"<f " in seen
                        )
                        last = block[-16:]
    except _BROKEN as error:
        raise UserError(f"{owner} must be a whole .xlsx workbook; {clip(error, 160)}") from None
    return formulas


def _sheet(owner: str, book: Any, layout: Layout) -> str:
    """Name of the sheet to read: as said, or the only one with rows."""
    names = [str(sheet.title) for sheet in book.worksheets]
    if layout.sheet is not None:
        if layout.sheet in names:
            return layout.sheet
        raise UserError(f"{owner} has no sheet {clip(layout.sheet, 40)}; it has {_listed(names)}")
    filled = [
        str(sheet.title)
        for sheet in book.worksheets
        if sum(1 for row in sheet.iter_rows(max_row=MAX_TITLES) if _two_cells(row)) >= 2
    ]
    if len(filled) > 1:
        raise UserError(
            f"{owner} has {len(filled)} sheets with rows ({_listed(filled)}); say which in the"
            f" mapping, as sheet: {clip(filled[0], 40)}"
        )
    if not filled and not names:
        raise UserError(f"{owner} has no sheet of cells")
    return filled[0] if filled else names[0]


def _two_cells(row: Sequence[Any]) -> bool:
    return sum(1 for cell in row if cell.value is not None) >= 2


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MOST_SHEETS} more" if len(names) > _MOST_SHEETS else ""
    return ", ".join(clip(name, 40) for name in names[:_MOST_SHEETS]) + more


def _rows_of(sheet: Any, owner: str, check: CheckSize) -> Iterator[tuple[Cell, ...]]:
    """Rows as stored, without blank cells at their ends."""
    for number, row in enumerate(sheet.iter_rows(values_only=True), start=1):
        cells = tuple(row)
        while cells and cells[-1] is None:
            cells = cells[:-1]
        check(len(cells), number)
        yield cells


def _check_formulas(owner: str, rows: Rows, sheet: Any) -> None:
    """A formula whose value was never stored would read as an empty cell."""
    for number, row in enumerate(sheet.iter_rows(values_only=True), start=1):
        for place, cell in enumerate(row):
            is_formula = not isinstance(cell, str | int | float | date | time | None) or (
                isinstance(cell, str) and cell.startswith("=")
            )
            known = rows[number - 1] if number <= len(rows) else ()
            if is_formula and (place >= len(known) or known[place] is None):
                raise UserError(
                    f"{owner} holds a formula without a stored value (first: row {number}, column"
                    f" {place + 1}); formulas are not computed here: open and save it in a"
                    " spreadsheet program, or paste values"
                )


def _table(
    owner: str, rows: Rows, layout: Layout, telling: Telling, sheet: str, check: CheckSize
) -> Parsed:
    """The rows between titles and footers, each cell with its type."""
    texts = [[_text(cell) for cell in row] for row in rows[:MAX_TITLES]]
    first = next((i for i, row in enumerate(texts) if row), len(rows))
    said = layout.header_row
    place = first + header_place(texts[first:]) if said is None else said - 1
    if place >= len(rows) or not rows[place]:
        raise UserError(f"{owner} is empty; it must have a header and at least one row")
    above = sum(1 for row in rows[:place] if row)
    if above:
        telling.header(said, place + 1, above, clip(first_cell(texts[first]), 60))
    names = tuple(_text(cell).strip() for cell in rows[place])
    numbers = [i for i in range(place + 1, len(rows)) if rows[i]]
    numbers = _without_footers(rows, numbers, len(names), layout.footer_rows, telling)
    check(len(names), len(numbers))
    wide = [i for i in numbers if len(rows[i]) > len(names)]
    findings = []
    if wide:
        findings.append(
            f"{len(wide)} {'row has' if len(wide) == 1 else 'rows have'} more cells than the"
            f" header's {len(names)} (first: row {wide[0] + 1})"
        )
    columns = [
        _column([rows[i][c] if c < len(rows[i]) else None for i in numbers])
        for c in range(len(names))
    ]
    return Parsed(
        names=names,
        table=pa.table(dict(zip([f"c{i}" for i in range(len(names))], columns, strict=True))),
        lines=np.array(numbers, dtype=np.int64) + 1,
        delimiter="",
        encoding=f"sheet {clip(sheet, 40)} of a workbook",
        findings=(*telling.unsaid, *findings),
        notes=tuple(telling.notes),
        found=telling.layout,
        unsaid=tuple(telling.unsaid),
    )


def _without_footers(
    rows: Rows, numbers: list[int], n_columns: int, said: int | None, telling: Telling
) -> list[int]:
    last = [[_text(cell) for cell in rows[i]] for i in numbers[-MAX_FOOTERS:]]
    count = footer_count(last, n_columns) if said is None else min(said, len(numbers))
    if not count or count == len(numbers):
        return numbers
    first = first_cell([_text(cell) for cell in rows[numbers[-count]]])
    telling.footers(said, count, clip(first, 60))
    return numbers[:-count]


def _column(cells: Sequence[Cell]) -> pa.Array:
    """Numbers, days or text, as the cells are typed; text where they differ."""
    known = [cell for cell in cells if cell is not None]
    if known and all(type(cell) in (int, float) for cell in known):
        try:
            return pa.array([None if c is None else float(str(c)) for c in cells], pa.float64())
        except (OverflowError, ValueError):
            pass
    if known and all(isinstance(cell, datetime | date) for cell in known):
        return pa.array([_text(cell) or None for cell in cells], pa.string())
    return pa.array([_text(cell) for cell in cells], pa.string())


def _text(cell: Cell) -> str:
    """A cell as it would stand in a CSV; a number so that no reader takes it for thousands."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return str(int(cell))
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ")[:19].removesuffix(" 00:00:00")
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, float):
        written = str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
        return written + "0" if _DOUBTFUL.fullmatch(written) else written
    return str(cell)
