"""Which rows of a table a scenario uses: all of them, or from one label to another."""

from collections.abc import Sequence

from simulator.reading.columns import texts
from simulator.reading.row_labels import LABEL_COLUMNS, label_column
from simulator.reading.table_file import Source
from simulator.validation import UserError, clip


def used_rows(owner: str, source: Source, ends: tuple[str, str] | None) -> range:
    """Numbers (from 0) of the rows from the label ``ends[0]`` to ``ends[1]``; None is all rows.

    Labels stand in the first column that is called date, month or quarter, in letters of any case.
    A ``UserError`` tells what is wrong with the ends.
    """
    if ends is None:
        return range(source.table.num_rows)
    column = label_column(source.names)
    if column is None:
        raise UserError(
            f"{owner}.rows needs a column of {source.name} called {', '.join(LABEL_COLUMNS)};"
            f" the table has {clip(', '.join(source.names), 300)}"
        )
    labels = texts(source, column)
    first, last = (_row(owner, source.name, column, labels, label) for label in ends)
    if first > last:
        raise UserError(
            f"{owner}.rows must name the first row before the last;"
            f" in {source.name} {clip(ends[0])} comes after {clip(ends[1])}"
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
