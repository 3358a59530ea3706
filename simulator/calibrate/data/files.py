"""Files behind targets: shipped with the program, or at a user's path."""

from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

import pyarrow as pa

from simulator.reading.csv_columns import read_columns
from simulator.validation import UserError, clip


def data_file(owner: str, path: str) -> Path:
    """The shipped file of that name, else the file at ``path``; ``UserError`` if there is none."""
    shipped = Path(str(files("simulator"))) / "book" / "shipped" / "data"
    for candidate in (shipped / path, Path(path)):
        if candidate.is_file():
            return candidate
    names = ", ".join(sorted(item.name for item in shipped.glob("*.csv")))
    raise UserError(
        f"{owner}.path must be a CSV file or one of the shipped {names}; got {clip(path)}"
    )


def columns_of(owner: str, path: str, columns: Sequence[str]) -> pa.Table:
    """``columns`` of a shipped file or a user's, as ``read_columns`` reads them."""
    return read_columns(owner, path, data_file(owner, path), columns)
