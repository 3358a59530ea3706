"""Rows of a tape that break a rule and wait to be left out."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from simulator.book.schema import Rejected
from simulator.reading.cells import I8, Trouble


@dataclass(slots=True)
class Quarantine:
    """Rows to leave out, and those that were, by rule in the order in which rules were broken."""

    most: float
    """Largest share of rows, and of balance, that may be left out."""
    waiting: list[tuple[str, I8]] = field(default_factory=list)
    """Rule, and rows of the file that break it, still in the tape."""
    taken: dict[str, Rejected] = field(default_factory=dict)
    n_rows: int = 0
    """Rows of the tape before any was left out."""
    balance: float = 0.0

    def note(self, troubles: Iterable[Trouble], rows: I8) -> None:
        """Rows of the tape, which are ``rows`` of the file, that break rules."""
        for bad, rule in troubles:
            if bad.any():
                self.waiting.append((rule, rows[bad]))
