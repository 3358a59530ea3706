"""How the rows of a file are laid out: what a user said of it, what was found, what came of it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

MAX_FOOTERS: Final = 20
"""Rows at the end of a table that may be no rows of it."""
MAX_TITLES: Final = 40
"""Rows within which a header is looked for."""
CheckSize = Callable[[int, int], None]
"""Refuses so many columns and rows."""


@dataclass(frozen=True, slots=True)
class Layout:
    """What was said of a file; None is found, and ``header_row`` and the like are then asked."""

    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None
    """Of a workbook."""
    header_row: int | None = None
    """Line of the header in the file, or its row in the sheet, from 1."""
    footer_rows: int | None = None
    """Rows at the end that are no rows of the table, such as totals; blank lines do not count."""


NOTHING_SAID: Final = Layout()


class Parsed(NamedTuple):
    """The table of one file; ``unsaid`` are findings that go when ``found`` is said."""

    names: tuple[str, ...]
    table: pa.Table
    lines: NDArray[np.int64] | None
    delimiter: str
    encoding: str
    findings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    found: Layout = NOTHING_SAID
    unsaid: tuple[str, ...] = ()


@dataclass(slots=True)
class Telling:
    """What is to be said of a layout: findings that a mapping answers, and notes."""

    found: dict[str, int | str] = field(default_factory=dict)
    unsaid: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def header(self, said: int | None, row: int, above: int, first: str) -> None:
        """The header stands on ``row``, below ``above`` rows that begin with ``first``."""
        rows = f"{above} row{'s' * (above != 1)}"
        self._tell(
            "header_row",
            said,
            row,
            f"{rows} above the header left out, as header_row says." if above else "",
            f"the header seems to be on line {row}, below {rows} that hold no header"
            f" (first: {first}); leave them out of the file, or say header_row: {row} in the"
            " mapping of a tape",
        )

    def footers(self, said: int | None, count: int, first: str) -> None:
        """``count`` rows at the end that begin with ``first`` are left out."""
        rows = f"{count} row{'s' * (count != 1)}"
        self._tell(
            "footer_rows",
            said,
            count,
            f"{rows} at the end left out, as footer_rows says (first: {first})." if count else "",
            f"the last {rows} of the file seem to be totals or remarks (first: {first});"
            f" leave them out of the file, or say footer_rows: {count} in the mapping of a tape",
        )

    def _tell(self, key: str, said: int | None, found: int, note: str, question: str) -> None:
        """A note of what the mapping ``said`` of ``key``; else what was found, and a question."""
        if said is not None:
            self.notes += [note] if note else []
            return
        self.found[key] = found
        self.unsaid.append(question)

    @property
    def layout(self) -> Layout:
        """What was found and not said."""
        header, footers, sheet = (
            self.found.get(key) for key in ("header_row", "footer_rows", "sheet")
        )
        return Layout(
            sheet=None if sheet is None else str(sheet),
            header_row=None if header is None else int(header),
            footer_rows=None if footers is None else int(footers),
        )
