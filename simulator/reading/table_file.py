"""Opens a file of rows: CSV of any usual delimiter and encoding, or Parquet, as written.

Tapes, panels, series, scenario tables and histories all come in here, under the same limits.
"""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pa_parquet
from numpy.typing import NDArray

from simulator.reading.encoding import decode
from simulator.validation import UserError, clip

CSV_SUFFIXES: Final = (".csv", ".txt", ".tsv")
PARQUET_SUFFIXES: Final = (".parquet", ".pq")
DELIMITERS: Final = {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe"}
MAX_COLUMNS: Final = 1000
MAX_CELLS: Final = 1_000_000_000
"""Ten million loans of a hundred columns; a Parquet file of some kilobytes can hold more."""
MAX_LINE_BYTES: Final = 1 << 20
MAX_CSV_BYTES: Final = 2 << 30
_BLOCK_BYTES: Final = 8 << 20
_SEP_HINT: Final = b"sep="
_EMPTY: Final = "is empty; it must have a header and at least one row"


@dataclass(frozen=True, slots=True)
class Source:
    """A table as it stands in a file; of a CSV all cells are text.

    ``key``: the setting that names the file. ``lines``: line of each row in a text file; None where
    rows are no lines, which are then counted from 1. ``findings`` (ragged rows) name no file.
    """

    key: str
    name: str
    sha256: str
    names: tuple[str, ...]
    table: pa.Table
    lines: NDArray[np.int64] | None
    delimiter: str
    encoding: str
    findings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def line(self, row: int) -> str:
        """Where a row stands, in words."""
        return f"row {row + 1}" if self.lines is None else f"line {self.lines[row]}"


def file_sha256(path: Path) -> str:
    """Hexadecimal SHA-256 of the file at ``path``."""
    digest = sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def open_source(
    key: str, path_text: str, encoding: str | None = None, delimiter: str | None = None
) -> Source:
    """The table in the file that the setting ``key`` names; ``UserError`` if it is none.

    ``encoding`` and ``delimiter`` of a CSV are found where they are None.
    """
    owner = f"{key} {clip(path_text, 200)}"
    if "\0" in path_text:
        raise UserError(f"{owner} must be a file's path")
    path = Path(path_text)
    try:
        if not path.exists():
            raise UserError(f"{owner} does not exist")
        if not path.is_file():
            raise UserError(f"{owner} must be a file; got a folder")
        suffix = path.suffix.lower()
        if suffix not in CSV_SUFFIXES + PARQUET_SUFFIXES:
            raise UserError(f"{owner} must end in .csv or .parquet; got {clip(path.name)}")
        if path.stat().st_size == 0:
            raise UserError(f"{owner} {_EMPTY}")
        if suffix in PARQUET_SUFFIXES:
            source = _read_parquet(key, owner, path)
        else:
            source = _read_csv(key, owner, path, encoding, delimiter)
    except OSError as error:
        raise UserError(f"{owner} cannot be read: {error.strerror or clip(error)}") from None
    if source.table.num_rows == 0 and not source.findings:
        raise UserError(f"{owner} has a header but no rows; it must have at least one")
    return source


def _check_size(owner: str, n_columns: int, n_rows: int) -> None:
    for most, found, what in (
        (MAX_COLUMNS, n_columns, "columns"),
        (MAX_CELLS, n_columns * n_rows, "cells"),
    ):
        if found > most:
            raise UserError(f"{owner} must have at most {most:,} {what}; got {found:,}")


def _read_parquet(key: str, owner: str, path: Path) -> Source:
    try:
        with pa_parquet.ParquetFile(path) as file:
            _check_size(owner, len(file.schema_arrow.names), file.metadata.num_rows)
            table = file.read()
        names = [str(name) for name in table.column_names]
    except (pa.ArrowException, ValueError, UnicodeDecodeError, NotImplementedError) as error:
        raise UserError(f"{owner} must be a whole Parquet file; {clip(error, 160)}") from None
    return Source(key, path.name, file_sha256(path), tuple(names), table, None, "", "Parquet")


def _read_csv(
    key: str, owner: str, path: Path, encoding: str | None, delimiter: str | None
) -> Source:
    if path.stat().st_size > MAX_CSV_BYTES:
        raise UserError(f"{owner} must be at most {MAX_CSV_BYTES >> 30} GiB as CSV; use Parquet")
    raw = path.read_bytes()
    text = decode(owner, raw, encoding)
    data = text.data
    skipped = len(data) - len(data.lstrip(b"\r\n"))
    first_line = 2 + data[:skipped].count(b"\n")
    data = data[skipped:]
    if data[:4].lower() == _SEP_HINT:
        data, first_line = data.partition(b"\n")[2], first_line + 1
    if not data.strip():
        raise UserError(f"{owner} {_EMPTY}")
    _check_lines(owner, data, first_line - 1)
    delimiter = delimiter or _delimiter(data)
    names = _header(owner, data, delimiter)
    _check_size(owner, len(names), data.count(b"\n"))
    table, ragged = _parsed(owner, data, delimiter, len(names))
    lines = _lines(data, table.num_rows, ragged, first_line)
    findings = []
    if ragged:
        row = ragged[0]
        where = "" if lines is None else f"line {row.number + first_line - 2}, "
        findings.append(
            f"{len(ragged)} {'row has' if len(ragged) == 1 else 'rows have'} another number of"
            f" cells than the header's {len(names)}, separated by {DELIMITERS[delimiter]}s"
            f" (first: {where}{row.actual_columns} cells in {clip(row.text, 60)})"
        )
    notes = []
    if text.guessed:
        notes.append(
            f"The encoding of {clip(path.name)} was taken as {text.encoding}, the likeliest;"
            " UTF-8, or encoding in the mapping of a tape, leaves no doubt."
        )
    elif text.encoding != "utf-8":
        notes.append(f"{clip(path.name)} was read as {text.encoding}.")
    return Source(
        key=key,
        name=path.name,
        sha256=sha256(raw).hexdigest(),
        names=tuple(names),
        table=table,
        lines=lines,
        delimiter=delimiter,
        encoding=text.encoding,
        findings=tuple(findings),
        notes=tuple(notes),
    )


def _check_lines(owner: str, data: bytes, first_line: int) -> None:
    """No line may be longer than what a row can need."""
    ends = np.flatnonzero(np.frombuffer(data, dtype=np.uint8) == ord("\n"))
    lengths = np.diff(ends, prepend=-1, append=len(data))
    longest = int(np.argmax(lengths))
    if lengths[longest] > MAX_LINE_BYTES:
        raise UserError(
            f"{owner} must have lines of at most {MAX_LINE_BYTES >> 20} MiB; line"
            f" {longest + first_line} has {lengths[longest] / 2**20:.1f} MiB"
        )


def _delimiter(data: bytes) -> str:
    """The delimiter that stands most often in the header, outside quotes."""
    line = data[:MAX_LINE_BYTES].decode("utf-8", "ignore").splitlines()[0]
    outside = "".join(line.split('"')[::2])
    best = max(DELIMITERS, key=outside.count)
    return best if best in outside else ","


def _header(owner: str, data: bytes, delimiter: str) -> list[str]:
    head = data[: 2 * MAX_LINE_BYTES].decode("utf-8", "ignore")
    try:
        names = next(csv.reader(io.StringIO(head, newline=""), delimiter=delimiter), [])
    except csv.Error as error:
        raise UserError(f"{owner} must begin with a header; {clip(error)}") from None
    return [name.strip() for name in names]


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
    if n_lines != n_rows + 1 + len(ragged) or None in numbers:
        return None
    lines = np.arange(n_lines - 1, dtype=np.int64) + first_line
    return np.delete(lines, np.array(numbers, dtype=np.int64) - 2)
