"""Overdue rates, roll rates, causes and vintages, per path, from tallied sums."""

import numpy as np
from numpy.typing import NDArray

from simulator.book.schema import Book
from simulator.kernels.tally import CUT_MEASURES, MAX_MOB
from simulator.vocabulary import DPD_FIRST_BUCKETS, Cause

F8 = NDArray[np.float64]


def share(part: F8, whole: F8) -> F8:
    """``part / whole``, broadcast; NaN where ``whole`` is zero: the path has no such rate."""
    part, whole = np.broadcast_arrays(part, whole)
    out = np.full(part.shape, np.nan)
    np.divide(part, whole, out=out, where=whole != 0.0)
    return out


def overdue_rates(balance: F8, total: F8) -> F8:
    """Share of ``total`` (...) with DPD >= 1, 30, 60, 90, from ``balance`` (..., bucket).

    Returns shape (..., dpd), fractions.
    """
    late = np.stack([balance[..., first:].sum(axis=-1) for first in DPD_FIRST_BUCKETS], axis=-1)
    return share(late, total[..., None])


def roll_rates(roll: F8) -> F8:
    """Share of each bucket's opening balance by destination; shape of ``roll`` (..., from, to)."""
    return share(roll, roll.sum(axis=-1, keepdims=True))


def overdue_by_cause(cause_balance: F8, total: F8) -> F8:
    """Share of ``total`` (...) with DPD >= 1 by cause, shape (..., n_causes - 1).

    ``Cause.NONE`` is left out: every overdue loan has a cause (a check of the run).
    """
    return share(cause_balance[..., Cause.NONE + 1 :], total[..., None])


def cut_overdue_rate(cut: F8, measure: str) -> F8:
    """Overdue rate within each group, (..., group), from ``cut`` (..., group, CUT_MEASURES)."""
    column = CUT_MEASURES.index(measure)
    return share(cut[..., column], cut[..., CUT_MEASURES.index("balance")])


def ever_90(first_90: F8, loans: F8, observed: NDArray[np.bool_]) -> F8:
    """Cumulative share of a vintage's loans that have reached 90+ DPD by months on book.

    ``first_90`` (paths, vintage, mob), ``loans`` (paths, vintage), ``observed`` (vintage, mob);
    NaN outside ``observed``.
    """
    cumulative = share(np.cumsum(first_90, axis=-1), loans[..., None])
    return np.where(observed, cumulative, np.nan)


def observed_months_on_book(book: Book, horizon: int) -> NDArray[np.bool_]:
    """Months on book at which a vintage's curve can be read, shape (n_vintages, MAX_MOB + 1).

    From the age at which its first loan comes under observation (0 for new loans) to the age
    that its youngest loan reaches in the last simulated month: beyond that the curve would
    stand still only because nobody looks any longer. Kernels count every later age as
    ``MAX_MOB``, so that this last point is left out for vintages that grow older.
    """
    n_vintages = len(book.vintage_labels)
    origination = book.loans.origination_month.astype(np.int64)
    first = np.full(n_vintages, MAX_MOB + 1, dtype=np.int64)
    last = np.full(n_vintages, MAX_MOB, dtype=np.int64)
    np.minimum.at(first, book.loans.vintage, np.maximum(0, -origination))
    oldest = horizon - origination
    np.minimum.at(last, book.loans.vintage, np.where(oldest > MAX_MOB, MAX_MOB - 1, oldest))
    mob = np.arange(MAX_MOB + 1)
    return np.asarray((mob >= first[:, None]) & (mob <= last[:, None]))
