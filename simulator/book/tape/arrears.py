"""How far behind a loan is: days past due, unpaid instalments and statuses, one from the other."""

import re
from typing import Final

import numpy as np

from simulator.book.schema import F8
from simulator.book.tape.mapping import DROP
from simulator.reading.cells import I8, Texts, Trouble
from simulator.units import unpaid_beyond
from simulator.vocabulary import DAYS_PER_MONTH, MAX_UNPAID

_INSTALMENTS: Final = re.compile(r"m?(\d{1,2})\+?", re.IGNORECASE)
_DAYS: Final = re.compile(
    r"(\d{1,3})\s*[-~\u2013\u2014至]\s*(\d{1,3})\s*(?:days?|dpd|天)?", re.IGNORECASE
)
_MORE_DAYS: Final = re.compile(r"(\d{2,3})\s*\+\s*(?:days?|dpd|天)?", re.IGNORECASE)


def spell_months(n_unpaid: I8, months_overdue: I8 | None) -> I8:
    """Months of the spell that runs: a panel's, and at least the unpaid instalments."""
    if months_overdue is None:
        return n_unpaid
    return np.where(n_unpaid > 0, np.maximum(n_unpaid, months_overdue), 0)


def unpaid_of(word: str) -> int | None:
    """Unpaid instalments of a status: 0, M1, 2, 31-60 days, 90+; None if it says nothing."""
    more, days, count = (p.fullmatch(word) for p in (_MORE_DAYS, _DAYS, _INSTALMENTS))
    found: int | None = None
    if more is not None and int(more[1]) >= DAYS_PER_MONTH:
        found = unpaid_beyond(int(more[1]))
    elif days is not None and int(days[1]) < int(days[2]):
        found = -(-int(days[2]) // DAYS_PER_MONTH)
    elif count is not None:
        found = int(count[1])
    return found if found is not None and found < MAX_UNPAID else None


def unpaid_of_status(status: Texts) -> tuple[F8, list[Trouble]]:
    """Unpaid instalments of each row, NaN where the status is empty, and what is no status."""
    words = status.words
    counts = [unpaid_of(w) if w not in ("", DROP) else None for w in words]
    bad = np.array([c is None and w not in ("", DROP) for w, c in zip(words, counts, strict=True)])
    found = next((w for w, b in zip(words, bad, strict=True) if b), "")
    numbers = np.array([np.nan if c is None else float(c) for c in counts])
    rule = (
        f"a status that is no number of unpaid instalments in [0, {MAX_UNPAID - 1}]; got"
        f" {found[:40]} - map it under values.status"
    )
    rows = bad.astype(bool)[status.codes] if len(words) else np.zeros(0, dtype=bool)
    return numbers[status.codes] if len(words) else np.zeros(0), [Trouble(rows, rule)]
