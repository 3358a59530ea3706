"""How far behind a loan is: days past due and unpaid instalments, one from the other."""

from typing import NamedTuple

import numpy as np

from simulator.book.schema import F8
from simulator.reading.cells import I8, B
from simulator.units import unpaid_instalments
from simulator.vocabulary import DAYS_PER_MONTH, MAX_UNPAID


class OpeningArrears(NamedTuple):
    """Arrears as the model counts them, whose month end is that of the tape; shape (n_loans,)."""

    n_unpaid: I8
    due_day: I8
    """1-28, or 29-30 where days past due leave no other."""
    remaining_months: I8


def spell_months(n_unpaid: I8, months_overdue: I8 | None) -> I8:
    """Months of the spell that runs: a panel's, and at least the unpaid instalments."""
    if months_overdue is None:
        return n_unpaid
    return np.where(n_unpaid > 0, np.maximum(n_unpaid, months_overdue), 0)


def unpaid_of_days(dpd: int) -> int:
    """Unpaid instalments of the bucket of ``dpd`` days: 0, 1 up to 29 days, 2 from 30 ..."""
    return dpd // DAYS_PER_MONTH + 1 if dpd > 0 else 0


def unpaid_by_bucket(dpd: F8) -> I8:
    """``unpaid_of_days`` of arrays, at most what a loan remembers; NaN is 0."""
    days = np.nan_to_num(dpd)
    unpaid = np.where(days > 0, days // DAYS_PER_MONTH + 1, 0).astype(np.int64)
    return np.minimum(unpaid, MAX_UNPAID - 1)


def opening_arrears(dpd: F8, due_day: F8, remaining: I8, scheduled: B) -> OpeningArrears:
    """Arrears that are ``dpd`` days old to the day, whatever the length of the months before.

    The model's months have 30 days: a loan with n unpaid instalments is 30 n - due_day days past
    due. An overdue loan takes the n and the due day that say what the tape says. Where that n is
    one more (or less) than its instalments, the next one counts as fallen due (or the last one not)
    at the opening, so that its place in the schedule stays.
    """
    unpaid = unpaid_by_bucket(dpd)
    counted = np.minimum(unpaid_instalments(np.nan_to_num(dpd), due_day), MAX_UNPAID - 1)
    late = unpaid > 0
    day = np.where(late, unpaid * DAYS_PER_MONTH - np.nan_to_num(dpd), due_day).astype(np.int64)
    moved = np.where(scheduled & late, unpaid - counted, 0)
    return OpeningArrears(unpaid, day, np.maximum(remaining - moved, 0))
