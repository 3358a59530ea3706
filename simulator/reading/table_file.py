"""Opens a file of rows: CSV (also packed), Parquet or a workbook, as written; or several as one.

Tapes, panels, series, scenario tables and histories all come in here, under the same limits.
"""

import gzip
import zlib
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pa_parquet
from numpy.typing import NDArray

from simulator.reading.cells import as_written
from simulator.reading.csv_file import DELIMITERS, EMPTY, parse_csv
from simulator.reading.decimal_mark import Marks
from simulator.reading.layout import NOTHING_SAID, Layout, Parsed
from simulator.reading.named_files import Paths, named_files
from simulator.reading.workbook import parse_workbook
from simulator.validation import UserError, clip

__all__ = ["DELIMITERS", "Layout", "Source", "confirmed", "file_sha256", "open_source"]

CSV_SUFFIXES: Final = (".csv", ".txt", ".tsv")
PARQUET_SUFFIXES: Final = (".parquet", ".pq")
WORKBOOK_SUFFIX: Final = ".xlsx"
PACKED_SUFFIX: Final = ".gz"
MAX_COLUMNS: Final = 1000
MAX_CELLS: Final = 1_000_000_000
"""Ten million loans of a hundred columns; a Parquet file of some kilobytes can hold more."""
MAX_CSV_BYTES: Final = 2 << 30
MAX_TABLE_BYTES: Final = 32 << 30
"""Of a Parquet file's columns, unpacked."""
_BLOCK: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Part:
    """Which rows of a table come from one of several files."""

    name: str
    first: int
    lines: NDArray[np.int64] | None


@dataclass(frozen=True, slots=True)
class Source:
    """A table as it stands in a file; of a CSV all cells are text.

    ``key``: the setting that names the file. ``lines``: line of each row in a text file; None where
    rows are no lines, which are then counted from 1. ``findings`` (ragged rows) name no file;
    ``unsaid`` are those of them that go when ``found`` is said of the layout.
    """

    key: str
    name: str
    sha256: str
    names: tuple[str, ...]
    table: pa.Table
    lines: NDArray[np.int64] | None
    delimiter: str
    encoding: str
    marks: Marks
    findings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    found: Layout = NOTHING_SAID
    unsaid: tuple[str, ...] = ()
    parts: tuple[Part, ...] = field(default=(), repr=False)

    def line(self, row: int) -> str:
        """Where a row stands, in words."""
        if self.parts:
            part = max((p for p in self.parts if p.first <= row), key=lambda p: p.first)
            return f"{clip(part.name, 60)} {self._place(part.lines, row - part.first)}"
        return self._place(self.lines, row)

    def _place(self, lines: NDArray[np.int64] | None, row: int) -> str:
        if lines is None:
            return f"row {row + 1}"
        return f"{'line' if self.delimiter else 'row'} {lines[row]}"


def confirmed(source: Source) -> Source:
    """The same table, with what was found of its layout said."""
    rest = tuple(line for line in source.findings if line not in source.unsaid)
    return replace(source, findings=rest, unsaid=(), found=NOTHING_SAID)


def file_sha256(path: Path) -> str:
    """Hexadecimal SHA-256 of the file at ``path``."""
    digest = sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def open_source(key: str, path: Paths, layout: Layout = NOTHING_SAID) -> Source:
    """The table in the file that the setting ``key`` names; ``UserError`` if it is none.

    ``path`` may name several files of the same columns, one by one or by a pattern such as
    ``tapes/2025-*.csv``. ``layout`` is what a user said of each.
    """
    files = named_files(key, path)
    if len(files) == 1:
        return _open_one(key, files[0], layout)
    return _joined(key, path, [_open_one(key, file, layout) for file in files])


def _open_one(key: str, path_text: str, layout: Layout) -> Source:
    owner = f"{key} {clip(path_text, 200)}"
    path = Path(path_text)
    try:
        if not path.exists():
            raise UserError(f"{owner} does not exist")
        if not path.is_file():
            raise UserError(f"{owner} must be a file; got a folder")
        _check_suffix(owner, path)
        if path.stat().st_size == 0:
            raise UserError(f"{owner} {EMPTY}")
        parsed, digest = _parsed(owner, path, layout)
    except OSError as error:
        raise UserError(f"{owner} cannot be read: {error.strerror or clip(error)}") from None
    except MemoryError:
        raise UserError(f"{owner} is too large for the memory of this machine") from None
    if parsed.table.num_rows == 0 and not parsed.findings:
        raise UserError(f"{owner} has a header but no rows; it must have at least one")
    return Source(
        key=key,
        name=path.name,
        sha256=digest,
        marks=Marks(parsed.delimiter, parsed.table),
        **parsed._asdict(),
    )


def _check_suffix(owner: str, path: Path) -> None:
    inner = path.with_suffix("") if path.suffix.lower() == PACKED_SUFFIX else path
    allowed: tuple[str, ...] = CSV_SUFFIXES
    if inner is path:
        allowed = (*CSV_SUFFIXES, *PARQUET_SUFFIXES, WORKBOOK_SUFFIX)
    if inner.suffix.lower() not in allowed:
        raise UserError(
            f"{owner} must end in .csv or .parquet, .csv.gz or .xlsx; got {clip(path.name)}"
        )


def _parsed(owner: str, path: Path, layout: Layout) -> tuple[Parsed, str]:
    """The table of a file, and its SHA-256."""

    def check(n_columns: int, n_rows: int) -> None:
        _check_size(owner, n_columns, n_rows)

    suffix = path.suffix.lower()
    if suffix in PARQUET_SUFFIXES:
        return _read_parquet(owner, path), file_sha256(path)
    if suffix == WORKBOOK_SUFFIX:
        return parse_workbook(owner, path, layout, check), file_sha256(path)
    if suffix == PACKED_SUFFIX:
        return parse_csv(owner, path.name, _unpacked(owner, path), layout, check), file_sha256(path)
    if path.stat().st_size > MAX_CSV_BYTES:
        raise UserError(f"{owner} must be at most {MAX_CSV_BYTES >> 30} GiB as CSV; use Parquet")
    raw = path.read_bytes()
    return parse_csv(owner, path.name, raw, layout, check), sha256(raw).hexdigest()


def _check_size(owner: str, n_columns: int, n_rows: int) -> None:
    for most, found, what in (
        (MAX_COLUMNS, n_columns, "columns"),
        (MAX_CELLS, n_columns * n_rows, "cells"),
    ):
        if found > most:
            raise UserError(f"{owner} must have at most {most:,} {what}; got {found:,}")


def _unpacked(owner: str, path: Path) -> bytes:
    """The content of a gzip file, as far as the limit of a CSV."""
    content = bytearray()
    try:
        with gzip.open(path) as file:
            while block := file.read(_BLOCK):
                content += block
                if len(content) > MAX_CSV_BYTES:
                    raise UserError(
                        f"{owner} must unpack to at most {_size(MAX_CSV_BYTES)}; use Parquet"
                    )
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise UserError(f"{owner} must be a whole gzip file; {clip(error, 160)}") from None
    if not content:
        raise UserError(f"{owner} {EMPTY}")
    return bytes(content)


def _size(n_bytes: int) -> str:
    return f"{n_bytes / 2**30:.3g} GiB" if n_bytes >= 2**30 else f"{n_bytes / 2**20:.3g} MiB"


def _read_parquet(owner: str, path: Path) -> Parsed:
    try:
        with pa_parquet.ParquetFile(path) as file:
            groups = (file.metadata.row_group(i) for i in range(file.metadata.num_row_groups))
            unpacked = sum(group.total_byte_size for group in groups)
            _check_size(owner, len(file.schema_arrow.names), file.metadata.num_rows)
            if max(unpacked, path.stat().st_size) > MAX_TABLE_BYTES:
                most = _size(MAX_TABLE_BYTES)
                raise UserError(f"{owner} must unpack to at most {most}; got {_size(unpacked)}")
            table = file.read()
        names = [str(name) for name in table.column_names]
    except pa.ArrowMemoryError:
        raise MemoryError from None
    except UserError:
        raise
    except (pa.ArrowException, ValueError, UnicodeDecodeError, NotImplementedError) as error:
        raise UserError(f"{owner} must be a whole Parquet file; {clip(error, 160)}") from None
    return Parsed(tuple(names), table, None, "", "Parquet")


def _joined(key: str, path: Paths, sources: list[Source]) -> Source:
    """The rows of all, in the order of the files, under the columns of the first."""
    first = sources[0]
    tables = []
    for source in sources:
        lacking = [n for n in first.names if n not in source.names]
        further = [n for n in source.names if n not in first.names]
        if lacking or further or len(source.names) != len(first.names):
            name, what = (
                (lacking or further or ["(a name twice)"])[0],
                "lacks" if lacking else "has",
            )
            raise UserError(
                f"{key}: {clip(source.name, 60)} {what} the column {clip(name, 40)}, unlike"
                f" {clip(first.name, 60)}; files of one tape have the same columns"
            )
        order = [source.names.index(n) for n in first.names]
        tables.append(
            source.table.select(order).rename_columns([f"c{i}" for i in range(len(order))])
        )
    _check_size(key, len(first.names), sum(table.num_rows for table in tables))
    starts = np.cumsum([0, *(table.num_rows for table in tables)])
    table = pa.concat_tables(_alike(tables))
    delimiter = next((s.delimiter for s in sources if s.delimiter == ";"), first.delimiter)
    listed = "".join(f"{source.sha256}  {source.name}\n" for source in sources)
    shown = path if isinstance(path, str) else f"{first.name} and {len(sources) - 1} more"
    alike = all(source.found == first.found for source in sources)
    return Source(
        key=key,
        name=Path(shown).name,
        sha256=sha256(listed.encode()).hexdigest(),
        names=first.names,
        table=table,
        lines=None,
        delimiter=delimiter,
        encoding=first.encoding,
        marks=Marks(delimiter, table),
        findings=tuple(f"{clip(s.name, 60)}: {line}" for s in sources for line in s.findings),
        unsaid=tuple(f"{clip(s.name, 60)}: {line}" for s in sources for line in s.unsaid if alike),
        found=first.found if alike else NOTHING_SAID,
        notes=(
            *(
                f"{clip(s.name, 60)}: {s.table.num_rows:,} rows (SHA-256 {s.sha256})."
                for s in sources
            ),
            *dict.fromkeys(note for s in sources for note in s.notes),
        ),
        parts=tuple(
            Part(s.name, int(start), s.lines) for s, start in zip(sources, starts[:-1], strict=True)
        ),
    )


def _alike(tables: list[pa.Table]) -> list[pa.Table]:
    """Tables of one schema: columns of several types become text, as written."""
    for place in range(tables[0].num_columns):
        kinds = {table.column(place).type for table in tables}
        if len(kinds) > 1:
            tables = [
                table.set_column(place, f"c{place}", as_written(table.column(place)))
                for table in tables
            ]
    return tables
