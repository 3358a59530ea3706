"""Monthly statuses of loans: what they say about the opening state and the spell that runs."""

import re
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.book.schema import F8
from simulator.book.tape_mapping import DROP
from simulator.reading.cells import I8, B, Texts, Trouble
from simulator.vocabulary import DAYS_PER_MONTH, MAX_UNPAID

_INSTALMENTS: Final = re.compile(r"m?(\d{1,2})\+?", re.IGNORECASE)
_DAYS: Final = re.compile(
    r"(\d{1,3})\s*[-~\u2013\u2014至]\s*(\d{1,3})\s*(?:days?|dpd|天)?", re.IGNORECASE
)
_MORE_DAYS: Final = re.compile(r"(\d{2,3})\s*\+\s*(?:days?|dpd|天)?", re.IGNORECASE)


def unpaid_of(word: str) -> int | None:
    """Unpaid instalments of a status: 0, M1, 2, 31-60 days, 90+; None if it says nothing."""
    more, days, count = (p.fullmatch(word) for p in (_MORE_DAYS, _DAYS, _INSTALMENTS))
    found: int | None = None
    if more is not None and int(more[1]) >= DAYS_PER_MONTH:
        found = int(more[1]) // DAYS_PER_MONTH + 1
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


class Panel(NamedTuple):
    """Monthly states in long form; arrays of shape (n_rows,)."""

    loan: I8
    """Code of the loan."""
    month: I8
    """Months since January 1970."""
    overdue: B


class Spells(NamedTuple):
    """What a panel says of each of ``n`` loans at its last month."""

    last_month: int
    n_months: int
    seen_last: B
    """Loans with a row in the last month; shape (n,)."""
    months_overdue: I8
    """Months in a row overdue that end with the last one; 0 for others."""
    cut_off: B
    """Spells that were running in the panel's first month: they may be longer."""


def twice_in_panel(panel: Panel) -> Trouble:
    """Rows of a loan and month that stood before."""
    order = np.lexsort((np.arange(panel.loan.size), panel.month, panel.loan))
    same = np.zeros(panel.loan.size, dtype=bool)
    same[order[1:]] = (panel.loan[order[1:]] == panel.loan[order[:-1]]) & (
        panel.month[order[1:]] == panel.month[order[:-1]]
    )
    return Trouble(same, "a loan_id and month that stood before")


def spells_of(panel: Panel, n_loans: int) -> Spells:
    """Spells that run at the last month; a month without a row ends a spell."""
    first, last = int(panel.month.min()), int(panel.month.max())
    months_overdue = np.zeros(n_loans, dtype=np.int64)
    seen_last = np.zeros(n_loans, dtype=bool)
    seen_last[panel.loan[panel.month == last]] = True
    running = np.ones(n_loans, dtype=bool)
    by_month = np.argsort(panel.month, kind="stable")
    ordered = panel.month[by_month]
    for month in range(last, first - 1, -1):
        start, end = np.searchsorted(ordered, [month, month + 1])
        rows: NDArray[np.int64] = by_month[start:end]
        late = np.zeros(n_loans, dtype=bool)
        late[panel.loan[rows[panel.overdue[rows]]]] = True
        running &= late
        months_overdue += running
        if not running.any():
            break
    return Spells(last, last - first + 1, seen_last, months_overdue, running)
