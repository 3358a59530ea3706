"""Some columns of a CSV as text, each by its name."""

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pa_csv

from simulator.validation import UserError, clip


def read_columns(owner: str, path: str, place: Path, columns: Sequence[str]) -> pa.Table:
    """``columns`` of the CSV at ``place`` as trimmed text, null where a cell is empty or NA.

    Rows are as in the file, which the user calls ``path``.
    ``UserError`` for a file that is missing, no CSV or without rows, and for a column that it
    lacks or has twice.
    """
    wanted = dict.fromkeys(columns)
    try:
        table = pa_csv.read_csv(
            place,
            convert_options=pa_csv.ConvertOptions(
                column_types={name: pa.string() for name in wanted}, strings_can_be_null=True
            ),
        )
        found = list(table.column_names)
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise UserError(
            f"{owner}.path {clip(path)} must be UTF-8 CSV with commas and a header;"
            f" {clip(error, 160)}"
        ) from None
    for name in wanted:
        if found.count(name) != 1:
            times = f"it stands there {found.count(name)} times" if name in found else "got"
            raise UserError(
                f"{place.name}: {owner} needs the column {clip(name, 40)} once; {times}"
                f" {clip(', '.join(found), 400)}"
            )
    if table.num_rows == 0:
        raise UserError(f"{place.name}: {owner} needs at least one row below the header")
    return table.select(list(wanted))


def texts(table: pa.Table, column: str) -> list[str]:
    """Cells of a column, trimmed; empty text where there is none."""
    return ["" if cell is None else cell.strip() for cell in table[column].to_pylist()]
