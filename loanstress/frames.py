"""DataFrames in and out: a frame as a private file that the readers take, rows as a frame."""

import atexit
import re
import shutil
import tempfile
from collections.abc import Iterable, Sequence
from functools import cache
from hashlib import sha256
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, Any, Final

from simulator.results.estimate import Estimate
from simulator.results.table import file_ends
from simulator.validation import UserError, clip

if TYPE_CHECKING:
    import pandas as pd

_DIGITS: Final = 16
"""Hexadecimal digits of a frame's hash that name its file."""
_KEPT: Final = re.compile(rf"frame_[0-9a-f]{{{_DIGITS}}}\.(parquet|csv)")


def is_frame(value: object) -> bool:
    """Whether ``value`` is a pandas DataFrame; pandas is not loaded to find out."""
    return type(value).__module__.partition(".")[0] == "pandas" and hasattr(value, "to_parquet")


def kept_as_parquet(owner: str, frame: "pd.DataFrame") -> Path:
    """A private Parquet file with the columns of ``frame``, until this process ends.

    The same frame gives the same file. ``UserError`` for a frame without rows, with cells that no
    Parquet file can hold, or with labels of rows that have no name.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    flat = _flat(owner, frame)
    temporary = _folder() / f".{token_hex(8)}.parquet"
    try:
        pq.write_table(pa.Table.from_pandas(flat, preserve_index=False), temporary)
    except (pa.ArrowException, ValueError, TypeError) as error:
        raise UserError(
            f"{owner}: every column must hold one kind of cells (numbers, texts or dates);"
            f" {clip('; '.join(map(str, error.args)), 200)}"
        ) from None
    return _named(temporary)


def kept_as_csv(owner: str, frame: "pd.DataFrame") -> Path:
    """A private CSV file with the rows of ``frame``, numbers in full; as ``kept_as_parquet``."""
    temporary = _folder() / f".{token_hex(8)}.csv"
    _flat(owner, frame).to_csv(temporary, index=False)
    return _named(temporary)


def is_gone(path: object) -> bool:
    """Whether ``path`` is the file of a frame of a process that has ended."""
    if not isinstance(path, str) or not _KEPT.fullmatch(Path(path).name):
        return False
    return not Path(path).is_file()


def rows_frame(rows: Iterable[tuple[Any, ...]], columns: Sequence[str]) -> "pd.DataFrame":
    """A frame of ``rows``; an estimate becomes its mean and the ends of its interval.

    The columns of an estimate are ``NAME``, ``NAME_ci_low`` and ``NAME_ci_high``.
    """
    import pandas as pd

    listed = [tuple(row) for row in rows]
    found: dict[str, list[Any]] = {}
    for place, name in enumerate(columns):
        cells = [row[place] for row in listed]
        if any(isinstance(cell, Estimate) for cell in cells):
            ends = zip(*(cell.ends for cell in cells), strict=True)
            found |= {
                column: list(end)
                for column, end in zip((name, *file_ends(name)), ends, strict=True)
            }
        else:
            found[name] = cells
    return pd.DataFrame(found)


def _flat(owner: str, frame: "pd.DataFrame") -> "pd.DataFrame":
    """``frame`` with the labels of its rows as a column, where they say something."""
    import pandas as pd

    if frame.empty:
        raise UserError(f"{owner} must have at least one row and one column")
    index = frame.index
    if isinstance(index, pd.PeriodIndex):
        name = "quarter" if str(index.freqstr).startswith("Q") else "month"
        frame = frame.set_axis(index.astype(str), axis=0).rename_axis(index.name or name)
    elif isinstance(index, pd.DatetimeIndex):
        frame = frame.rename_axis(index.name or "date")
    elif index.name is None and index.nlevels == 1:
        if not pd.api.types.is_integer_dtype(index.dtype):
            raise UserError(
                f"{owner}: the index holds {clip(index[0], 40)} ... and has no name; name it as its"
                ' column, frame.rename_axis("month"), or drop it, frame.reset_index(drop=True)'
            )
        return _named_columns(frame)  # numbers of rows, which say nothing
    return _named_columns(frame.reset_index())


def _named_columns(frame: "pd.DataFrame") -> "pd.DataFrame":
    return frame.set_axis([str(name) for name in frame.columns], axis=1)


@cache
def _folder() -> Path:
    """A folder that only this user can read; it goes when the process ends."""
    folder = Path(tempfile.mkdtemp(prefix="loanstress_"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _named(temporary: Path) -> Path:
    """``temporary`` under a name that follows from its content."""
    digest = sha256(temporary.read_bytes()).hexdigest()[:_DIGITS]
    return temporary.replace(temporary.with_name(f"frame_{digest}{temporary.suffix}"))
