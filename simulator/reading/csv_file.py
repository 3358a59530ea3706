"""The text of a CSV file becomes a table of text cells, whatever its encoding and delimiter."""

import csv
import io
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
from numpy.typing import NDArray

from simulator.reading.encoding import Decoded, decode
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

DELIMITERS: Final = {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe"}
MAX_LINE_BYTES: Final = 1 << 20
EMPTY: Final = "is empty; it must have a header and at least one row"
_BLOCK_BYTES: Final = 8 << 20
_SEP_HINT: Final = b"sep="
_TAIL_BYTES: Final = 1 << 16


class _Body(NamedTuple):
    """UTF-8 from the header on; ``header_line`` is the line of the file on which it stands."""

    data: bytes
    header_line: int


def parse_csv(owner: str, name: str, raw: bytes, layout: Layout, check: CheckSize) -> Parsed:
    """The table in the bytes ``raw`` of the file ``name``; ``UserError`` if there is none."""
    text = decode(owner, raw, layout.encoding)
    body = _begun(owner, text.data)
    _check_lines(owner, body)
    delimiter = layout.delimiter or _delimiter(body.data)
    telling = Telling()
    body = _from_header(owner, body, delimiter, layout, telling)
    names = _header(owner, body.data, delimiter)
    body = _without_footers(owner, body, delimiter, len(names), layout, telling)
    check(len(names), body.data.count(b"\n"))
    table, ragged = _parsed(owner, body.data, delimiter, len(names))
    lines = _lines(body.data, table.num_rows, ragged, body.header_line + 1)
    findings = []
    if ragged:
        findings.append(_ragged(ragged, lines, body.header_line, len(names), delimiter))
    return Parsed(
        names=tuple(names),
        table=table,
        lines=lines,
        delimiter=delimiter,
        encoding=text.encoding,
        findings=(*telling.unsaid, *findings),
        notes=(*_encoding_notes(name, text), *telling.notes),
        found=telling.layout,
        unsaid=tuple(telling.unsaid),
    )


def _begun(owner: str, data: bytes) -> _Body:
    """Without blank lines and a hint of the delimiter at the beginning."""
    skipped = len(data) - len(data.lstrip(b"\r\n"))
    line = 1 + data[:skipped].count(b"\n")
    data = data[skipped:]
    if data[:4].lower() == _SEP_HINT:
        data, line = data.partition(b"\n")[2], line + 1
    if not data.strip():
        raise UserError(f"{owner} {EMPTY}")
    return _Body(data, line)


def _encoding_notes(name: str, text: Decoded) -> list[str]:
    if text.guessed:
        return [
            f"The encoding of {clip(name)} was taken as {text.encoding}, the likeliest;"
            " UTF-8, or encoding in the mapping of a tape, leaves no doubt."
        ]
    return [] if text.encoding == "utf-8" else [f"{clip(name)} was read as {text.encoding}."]


def _check_lines(owner: str, body: _Body) -> None:
    """No line may be longer than what a row can need."""
    ends = np.flatnonzero(np.frombuffer(body.data, dtype=np.uint8) == ord("\n"))
    lengths = np.diff(ends, prepend=-1, append=len(body.data))
    longest = int(np.argmax(lengths))
    if lengths[longest] > MAX_LINE_BYTES:
        raise UserError(
            f"{owner} must have lines of at most {MAX_LINE_BYTES >> 20} MiB; line"
            f" {longest + body.header_line} has {lengths[longest] / 2**20:.1f} MiB"
        )


def _first_lines(data: bytes) -> list[str]:
    """The first lines as text; the last of them may be cut."""
    lines = data[: 2 * MAX_LINE_BYTES].split(b"\n", MAX_TITLES)[:MAX_TITLES]
    return [line.decode("utf-8", "ignore").rstrip("\r") for line in lines]


def _delimiter(data: bytes) -> str:
    """The delimiter of the first line, outside quotes, or of most lines if that is a title."""
    lines = ["".join(line.split('"')[::2]) for line in _first_lines(data)]
    lines = [line for line in lines if line.strip()] or [""]
    counts = {mark: [line.count(mark) for line in lines] for mark in DELIMITERS}
    best = max(DELIMITERS, key=lambda mark: counts[mark][0])
    first = counts[best][0]
    if first and 2 * counts[best].count(first) >= len(lines):
        return best

    def weight(mark: str) -> int:
        return max(counts[mark].count(n) * n for n in set(counts[mark]))

    heaviest = max(DELIMITERS, key=weight)
    return heaviest if weight(heaviest) else ","


def _cells(line: str, delimiter: str) -> list[str]:
    """Cells of one line; none where it is blank or no row of its own."""
    if not line.strip():
        return []
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return []


def _from_header(
    owner: str, body: _Body, delimiter: str, layout: Layout, telling: Telling
) -> _Body:
    """From the line of the header on, as said or found."""
    rows = [_cells(line, delimiter) for line in _first_lines(body.data)]
    said = layout.header_row
    above = header_place(rows) if said is None else said - body.header_line
    n_lines = body.data.rstrip(b"\r\n").count(b"\n") + 1
    if above >= n_lines - 1 and said is not None:
        raise UserError(f"{owner} has no rows below line {said}, which header_row names")
    if above <= 0:
        return body
    start = 0
    for _ in range(above):
        start = body.data.index(b"\n", start) + 1
    first = next((first_cell(row) for row in rows if row), "")
    telling.header(said, body.header_line + above, above, clip(first, 60))
    return _Body(body.data[start:], body.header_line + above)


def _without_footers(
    owner: str, body: _Body, delimiter: str, n_columns: int, layout: Layout, telling: Telling
) -> _Body:
    """Without rows at the end that are none of the table's, as said or found."""
    data, said = body.data, layout.footer_rows
    tail = (
        data[-_TAIL_BYTES:].decode("utf-8", "ignore").split("\n")[1:]
    )  # less the header, or a half
    rows = [_cells(line, delimiter) for line in tail[-MAX_FOOTERS:]]
    count = footer_count(rows, n_columns) if said is None else said
    if not count or (said is None and count == sum(1 for row in rows if row)):
        return body
    end = len(data)
    for _ in range(count):
        while end > 0 and data[end - 1 : end] in (b"\n", b"\r"):
            end -= 1
        end = data.rfind(b"\n", 0, end) + 1
    if not data[:end].rstrip(b"\r\n").count(b"\n"):
        raise UserError(f"{owner} has no rows above the last {count}, which footer_rows leaves out")
    first = first_cell(_cells(data[end:].splitlines()[0].decode("utf-8", "ignore"), delimiter))
    telling.footers(said, count, clip(first, 60) or "blank cells")
    return body._replace(data=data[:end].rstrip(b"\r\n"))


def _header(owner: str, data: bytes, delimiter: str) -> list[str]:
    head = data[: 2 * MAX_LINE_BYTES].decode("utf-8", "ignore")
    try:
        names = next(csv.reader(io.StringIO(head, newline=""), delimiter=delimiter), [])
    except csv.Error as error:
        raise UserError(f"{owner} must begin with a header; {clip(error)}") from None
    return [name.strip() for name in names]


def _ragged(
    ragged: Sequence[pa_csv.InvalidRow],
    lines: NDArray[np.int64] | None,
    header_line: int,
    n_columns: int,
    delimiter: str,
) -> str:
    row = ragged[0]
    where = "" if lines is None else f"line {row.number + header_line - 1}, "
    return (
        f"{len(ragged)} {'row has' if len(ragged) == 1 else 'rows have'} another number of"
        f" cells than the header's {n_columns}, separated by {DELIMITERS[delimiter]}s"
        f" (first: {where}{row.actual_columns} cells in {clip(row.text, 60)})"
    )


def _parsed(
    owner: str, data: bytes, delimiter: str, n_columns: int
) -> tuple[pa.Table, list[pa_csv.InvalidRow]]:
    """All cells as text, and the ragged rows, which are left out."""
    places = [f"c{i}" for i in range(n_columns)]
    ragged: list[pa_csv.InvalidRow] = []

    def skip(row: pa_csv.InvalidRow) -> str:
        ragged.append(row)
        return "skip"

    def read(*, threads: bool) -> pa.Table:
        return pa_csv.read_csv(
            pa.BufferReader(data),
            read_options=pa_csv.ReadOptions(
                column_names=places,
                skip_rows_after_names=1,
                block_size=_BLOCK_BYTES,
                use_threads=threads,
            ),
            parse_options=pa_csv.ParseOptions(
                delimiter=delimiter,
                newlines_in_values=b'"' in data,
                invalid_row_handler=skip,
            ),
            convert_options=pa_csv.ConvertOptions(
                column_types=dict.fromkeys(places, pa.string()), strings_can_be_null=False
            ),
        )

    try:
        table = read(threads=True)
        if ragged:  # rows are numbered on one thread only
            ragged.clear()
            table = read(threads=False)
    except (pa.ArrowException, UnicodeDecodeError) as error:
        why = clip(error, 160)
        if "straddl" in why:
            why = f"a quoted cell is never closed, or a row is longer than {_BLOCK_BYTES >> 20} MiB"
        raise UserError(
            f"{owner} must be a CSV file with a header and rows below it; {why}"
        ) from None
    return table, ragged


def _lines(
    data: bytes, n_rows: int, ragged: Sequence[pa_csv.InvalidRow], first_line: int
) -> NDArray[np.int64] | None:
    """Line of each row that was kept; None where rows are not lines one to one."""
    n_lines = data.count(b"\n") + (not data.endswith(b"\n"))
    numbers = [row.number for row in ragged]
    if n_lines != n_rows + 1 + len(ragged) or any(not 1 < (n or 0) <= n_lines for n in numbers):
        return None
    lines = np.arange(n_lines - 1, dtype=np.int64) + first_line
    return np.delete(lines, np.array(numbers, dtype=np.int64) - 2)
