"""Changes of period and of unit; the only place, beside ``compounding``, where a rate changes."""

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from simulator.vocabulary import DAYS_PER_MONTH

F8 = NDArray[np.float64]
I8 = NDArray[np.int64]
Rate = TypeVar("Rate", float, F8)

MONTHS_PER_YEAR = 12


def monthly_rate(annual_rate: Rate) -> Rate:
    """Monthly interest of a nominal annual rate (fraction a year -> fraction a month, 30/360)."""
    return annual_rate / MONTHS_PER_YEAR


def end_of_month_dpd(n_unpaid: int, due_day: int) -> int:
    """Days past due at month end of a loan with ``n_unpaid`` unpaid instalments.

    Payments clear the oldest instalment first, so the unpaid ones are always the latest
    ``n_unpaid`` due dates and the oldest of them fell ``n_unpaid - 1`` months and
    ``30 - due_day`` days ago.
    """
    return n_unpaid * DAYS_PER_MONTH - due_day if n_unpaid > 0 else 0


def days_past_due(unpaid: F8 | I8, due_day: F8 | I8) -> F8:
    """``end_of_month_dpd`` of arrays; 0 and NaN stay as they are."""
    return np.where(unpaid > 0, unpaid * DAYS_PER_MONTH - due_day, unpaid)


def unpaid_instalments(dpd: F8, due_day: F8) -> I8:
    """Unpaid instalments n >= 1 whose month-end DPD, 30 n - due_day, is nearest to ``dpd`` > 0."""
    nearest = np.floor((dpd + due_day) / DAYS_PER_MONTH + 0.5)
    return np.where(dpd > 0, np.maximum(nearest, 1.0), 0.0).astype(np.int64)


def unpaid_beyond(dpd: int) -> int:
    """Fewest unpaid instalments at which a loan is more than ``dpd`` days past due."""
    return dpd // DAYS_PER_MONTH + 1
