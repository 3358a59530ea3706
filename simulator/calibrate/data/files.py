"""Files behind targets: shipped with the program, or at a user's path."""

from importlib.resources import files
from pathlib import Path
from typing import Final

from simulator.reading.columns import open_table
from simulator.reading.table_file import Source
from simulator.validation import UserError, clip

UNKNOWN: Final = ("nan", "-nan", "#na")
"""Cells, in small letters, with which statistical programs say that nothing is known."""


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


def open_data(owner: str, path: str) -> Source:
    """The table in a shipped file or a user's; ``UserError`` if it is none."""
    return open_table(f"{owner}.path", data_file(owner, path))
