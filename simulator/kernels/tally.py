"""What a path leaves behind: sums only, one slice a path, so that no thread meets another."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.vocabulary import (
    AGE_BANDS,
    N_BUCKETS,
    N_CAUSES,
    N_COUNTS,
    N_FLOWS,
    N_INCOME_DECILES,
    ROLL_DESTINATIONS,
)

FIRST_90 = 4
"""First bucket that counts as 90+."""

MAX_MOB = 60
"""Vintage curves are kept for so many months on book."""

CUT_MEASURES = ("balance", "balance_30", "balance_90")
"""Measures of a cut by segment, age or income: balance, and of it DPD >= 30 and >= 90."""

HISTORY_DTYPE = np.dtype(
    [
        ("status", np.uint8),  # vocabulary.LoanStatus, at month end
        ("n_unpaid", np.int16),
        ("cause", np.uint8),
        ("refusing", np.uint8),
        ("relief_months_left", np.uint8),
        ("principal", np.float64),  # not yet due
        ("balance", np.float64),
        ("paid", np.float64),  # this month, all components, prepayment included
        ("savings", np.float64),  # of the borrower
        ("other_debt", np.float64),
    ]
)


class Tallies(NamedTuple):
    """Sums of a block of paths of one scenario and policy; weighted, in the book's currency.

    T = horizon + 1 months with month 0 the opening (stocks only), P = paths.
    """

    flows: NDArray[np.float64]  # (P, T, N_FLOWS), vocabulary.Flow
    counts: NDArray[np.float64]  # (P, T, N_COUNTS), vocabulary.Count
    balance: NDArray[np.float64]  # (P, T, N_BUCKETS), month end
    loans: NDArray[np.float64]  # (P, T, N_BUCKETS)
    balance_before_relief: NDArray[np.float64]  # (P, T, N_BUCKETS), re-aged at their old bucket
    roll: NDArray[np.float64]  # (P, T, N_BUCKETS, 11): opening balance by destination
    cause_balance: NDArray[np.float64]  # (P, T, N_CAUSES): balance with DPD >= 1 by cause
    by_segment: NDArray[np.float64]  # (P, T, n_segments, 3), CUT_MEASURES
    by_age: NDArray[np.float64]  # (P, T, len(AGE_BANDS), 3)
    by_income: NDArray[np.float64]  # (P, T, N_INCOME_DECILES, 3)
    written_off_by_product: NDArray[np.float64]  # (P, T, n_products)
    vintage_loans: NDArray[np.float64]  # (P, n_vintages): loans that were or became open
    vintage_first_90: NDArray[np.float64]  # (P, n_vintages, MAX_MOB + 1): first time 90+, by MOB


class PathTallies(NamedTuple):
    """One path's slices of ``Tallies``: the same arrays without the first axis."""

    flows: NDArray[np.float64]
    counts: NDArray[np.float64]
    balance: NDArray[np.float64]
    loans: NDArray[np.float64]
    balance_before_relief: NDArray[np.float64]
    roll: NDArray[np.float64]
    cause_balance: NDArray[np.float64]
    by_segment: NDArray[np.float64]
    by_age: NDArray[np.float64]
    by_income: NDArray[np.float64]
    written_off_by_product: NDArray[np.float64]
    vintage_loans: NDArray[np.float64]
    vintage_first_90: NDArray[np.float64]


def allocate_tallies(
    n_paths: int, horizon: int, n_segments: int, n_products: int, n_vintages: int
) -> Tallies:
    """Zeroed tallies for ``n_paths`` paths."""
    months = (n_paths, horizon + 1)

    def zeros(*shape: int) -> NDArray[np.float64]:
        return np.zeros(shape, dtype=np.float64)

    return Tallies(
        flows=zeros(*months, N_FLOWS),
        counts=zeros(*months, N_COUNTS),
        balance=zeros(*months, N_BUCKETS),
        loans=zeros(*months, N_BUCKETS),
        balance_before_relief=zeros(*months, N_BUCKETS),
        roll=zeros(*months, N_BUCKETS, len(ROLL_DESTINATIONS)),
        cause_balance=zeros(*months, N_CAUSES),
        by_segment=zeros(*months, n_segments, len(CUT_MEASURES)),
        by_age=zeros(*months, len(AGE_BANDS), len(CUT_MEASURES)),
        by_income=zeros(*months, N_INCOME_DECILES, len(CUT_MEASURES)),
        written_off_by_product=zeros(*months, n_products),
        vintage_loans=zeros(n_paths, n_vintages),
        vintage_first_90=zeros(n_paths, n_vintages, MAX_MOB + 1),
    )
