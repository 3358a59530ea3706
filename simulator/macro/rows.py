"""Which rows of a table a scenario uses: all of them, or from one label to another."""

from collections.abc import Mapping, Sequence

from simulator.reading.row_labels import LABEL_COLUMNS, label_column
from simulator.validation import UserError, clip


def used_rows(
    owner: str,
    file: str,
    cells: Mapping[str, Sequence[str]],
    n_rows: int,
    ends: tuple[str, str] | None,
) -> range:
    """Numbers (from 0) of the rows from the label ``ends[0]`` to ``ends[1]``; None is all rows.

    ``cells``: texts by column. Labels stand in the first column that is called date, month or
    quarter, in letters of any case. A ``UserError`` tells what is wrong with the ends.
    """
    if ends is None:
        return range(n_rows)
    column = label_column(cells)
    if column is None:
        raise UserError(
            f"{owner}.rows needs a column of {file} called {', '.join(LABEL_COLUMNS)};"
            f" the table has {clip(', '.join(cells), 300)}"
        )
    first, last = (_row(owner, file, column, cells[column], label) for label in ends)
    if first > last:
        raise UserError(
            f"{owner}.rows must name the first row before the last;"
            f" in {file} {clip(ends[0])} comes after {clip(ends[1])}"
        )
    return range(first, last + 1)


def _row(owner: str, file: str, column: str, labels: Sequence[str], label: str) -> int:
    """Number of the one row with this label."""
    count = labels.count(label)
    if count != 1:
        found = "is in none" if count == 0 else f"is in {count} of them"
        raise UserError(
            f"{owner}.rows must name one row of column {clip(column)} of {file}, which runs from"
            f" {clip(labels[0])} to {clip(labels[-1])}; {clip(label)} {found}"
        )
    return labels.index(label)
