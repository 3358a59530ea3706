"""Monthly statuses of loans: what they say about the opening state and the spell that runs."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.reading.cells import I8, B, Trouble


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
