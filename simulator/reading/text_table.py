"""A small CSV as text: its header and cells, nothing guessed."""

from io import BytesIO
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.csv as pa_csv

from simulator.validation import UserError, clip

MAX_ROWS: Final = 1200
MAX_BYTES: Final = 4_000_000


def read_bytes(path: Path) -> bytes:
    """The whole file, if it is no larger than a table may be; else ``UserError``."""
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise UserError(f"{path.name} cannot be read: {error.strerror}") from None
    if len(raw) > MAX_BYTES:
        raise UserError(f"{path.name} must have at most {MAX_BYTES:,} bytes; it has more")
    if not raw.strip():
        raise UserError(f"{path.name} is empty; a header and at least one row are needed")
    return raw


def cells_of(file: str, raw: bytes) -> tuple[list[str], dict[str, list[str]], int]:
    """Header, cells by column and number of rows; everything is still text."""
    try:
        # The header as a row of data makes every column text: nothing is guessed.
        table = pa_csv.read_csv(
            BytesIO(raw),
            read_options=pa_csv.ReadOptions(autogenerate_column_names=True, use_threads=False),
        )
        texts = [column.cast(pa.string()).to_pylist() for column in table.columns]
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise UserError(f"{file} is not a readable CSV table: {clip(error, 200)}") from None
    columns = [[(text or "").strip() for text in column] for column in texts]
    header = [column[0] for column in columns]
    n_rows = len(columns[0]) - 1
    if not 1 <= n_rows <= MAX_ROWS:
        raise UserError(f"{file} must have 1 to {MAX_ROWS} rows below the header; got {n_rows}")
    doubled = sorted({name for name in header if header.count(name) > 1})
    if doubled:
        raise UserError(f"{file}: column {clip(doubled[0])} must stand once in the header")
    return header, {column[0]: column[1:] for column in columns}, n_rows


def number(text: str) -> float:
    """The number that a cell holds, NaN if it holds none."""
    try:
        return float(text)
    except ValueError:
        return float("nan")
