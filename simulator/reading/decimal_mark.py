"""Whether a comma or a point stands before the decimals: one cell can decide for its file."""

from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from simulator.reading.numerals import BLANK, B, bare, matches

_PLAIN: Final = r"^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$|^[+-]?(?i:nan|inf|infinity)$"
_POINT: Final = r"^[+-]?[1-9]\d{0,2}(?:,\d{3})+(?:\.\d*)?$"
_COMMA: Final = r"^[+-]?(?:[1-9]\d{0,2}(?:\.\d{3})+|\d+),\d+$"
COMMA_GROUPS: Final = r"^[+-]?[1-9]\d{0,2}(?:\.\d{3})+$"
_INTEGER: Final = r"^[+-]?\d+$"
_SOME_GROUPS: Final = r"^[+-]?[1-9]\d{0,2}(?:\.\d{3}){2,}$"


class Reading(NamedTuple):
    """What bare cells are in themselves; masks of shape (n,)."""

    point: B
    """Numbers where a point stands before decimals, or none."""
    comma: B
    """Numbers where a comma does, or none."""
    sure_point: B
    """Cells that can only be read with a decimal point."""
    sure_comma: B

    @property
    def either(self) -> B:
        """Cells that are two different numbers."""
        marks = self.point & self.comma & ~self.whole
        return marks & ~self.sure_point & ~self.sure_comma

    whole: B
    with_comma: B


def read_marks(cells: pa.Array) -> Reading:
    """What each of the bare ``cells`` may be."""
    plain, point, comma, groups, whole, some = (
        matches(cells, p) for p in (_PLAIN, _POINT, _COMMA, COMMA_GROUPS, _INTEGER, _SOME_GROUPS)
    )
    dotted = plain & matches(cells, r"\.\d")
    return Reading(
        point=plain | point,
        comma=comma | groups | whole,
        sure_point=(dotted & ~groups) | (point & ~comma),
        sure_comma=(comma & ~point) | some,
        whole=whole,
        with_comma=point & comma,
    )


class Marks:
    """The decimal mark of a file's cells, sought only once a column leaves it open.

    Parameters
    ----------
    delimiter : of the file, empty where it has none. Semicolons stand where commas are decimals.
    table : all columns; those of text whose cells are all numbers bear witness. None: no others.
    """

    def __init__(self, delimiter: str, table: pa.Table | None = None) -> None:
        self.delimiter = delimiter
        self._table = table
        self._found: frozenset[str] | None = None

    @property
    def of_file(self) -> frozenset[str]:
        """``,`` or ``.`` or both, of cells that can be read in one way only."""
        if self._found is None:
            columns = [] if self._table is None else self._table.columns
            texts = [c for c in columns if pa.types.is_string(c.type)]
            self._found = frozenset(mark for column in texts for mark in _witness(column))
        return self._found

    def decide(self, read: Reading) -> str | None:
        """The mark of a column's cells; None where some of them cannot be told."""
        own = {m for m, sure in ((".", read.sure_point), (",", read.sure_comma)) if sure.any()}
        if own:
            return "," if own == {","} else "."
        if not read.either.any():
            return "."
        found = self.of_file
        if found == {","}:
            return ","
        if len(found) == 2 or self.delimiter == ";":
            # Semicolons stand where commas are decimals: 1,234 stays open beside 0.18.
            return "." if found == {"."} and not read.with_comma[read.either].any() else None
        return "."


def _witness(column: pa.ChunkedArray) -> set[str]:
    cells = pc.utf8_trim(column.combine_chunks().cast(pa.large_string()), BLANK)
    distinct = pc.unique(cells)
    read = read_marks(bare(distinct).cells)
    known = np.asarray(pc.not_equal(pc.fill_null(distinct, ""), "")).astype(bool)
    found = set()
    if read.sure_point.any() and (read.point | ~known).all():
        found.add(".")
    if read.sure_comma.any() and (read.comma | ~known).all():
        found.add(",")
    return found
