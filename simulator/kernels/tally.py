"""What a path leaves behind: sums only, one slice a path, so that no thread meets another."""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.kernels.records import COUNT_DTYPE, FLOW_DTYPE, records
from simulator.outlook import N_BROUGHT, N_OUTLOOKS
from simulator.score_words import COUNTED, N_APPLICANT, N_JUDGED, N_SCORE_POWER
from simulator.vocabulary import (
    AGE_BANDS,
    DPD_FIRST_BUCKETS,
    DPD_THRESHOLDS,
    N_BUCKETS,
    N_BURDENS,
    N_CAUSES,
    N_CELL_MEASURES,
    N_COUNTS,
    N_FATES,
    N_FLOWS,
    N_INCOME_DECILES,
    N_LEAVING,
    N_PATH_CELL_MEASURES,
    ROLL_DESTINATIONS,
    Count,
)

FIRST_30: Final = DPD_FIRST_BUCKETS[DPD_THRESHOLDS.index(30)]
"""First bucket that counts as 30+."""
FIRST_90: Final = DPD_FIRST_BUCKETS[DPD_THRESHOLDS.index(90)]
"""First bucket that counts as 90+."""

MONEY_COUNTS: Final = (
    Count.OPENING_BALANCE,
    Count.CLOSING_BALANCE,
    Count.COLLECTION_COST,
    Count.UNDERWRITING_COST,
    Count.RELIEF_COST,
    Count.SALE_PRICE,
    Count.PROGRAMME_COST,
    Count.LEGAL_RECOVERED,
    Count.COST_REMINDER,
    Count.COST_AI_CALL,
    Count.COST_HUMAN_CALL,
    Count.COST_FIELD_VISIT,
    Count.COST_LEGAL,
    Count.COST_AGENCY,
    Count.LOST_EVEN,
    Count.ACQUISITION_COST,
    Count.FIRST_DISBURSED,
    Count.REPEAT_DISBURSED,
)
"""Those of ``Count`` that are money."""

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
        ("income", np.float64),  # of the borrower's household, this month
        ("work", np.uint8),  # vocabulary.WorkState
        ("health", np.uint8),  # vocabulary.Health
        ("hardship", np.uint8),  # vocabulary.Hardship
        ("hardship_seen", np.uint8),  # by the lender, of an open loan
        ("contacts", np.float64),  # efforts, this month
    ]
)
"""A loan's month end; definitions: docs/model.md, section 11.1."""


AT_BALANCE: Final = 0
AT_LOANS: Final = AT_BALANCE + N_BUCKETS
AT_BEFORE_RELIEF: Final = AT_LOANS + N_BUCKETS
AT_CAUSE: Final = AT_BEFORE_RELIEF + N_BUCKETS
AT_AGE: Final = AT_CAUSE + N_CAUSES
AT_INCOME: Final = AT_AGE + len(AGE_BANDS) * len(CUT_MEASURES)
AT_SEGMENT: Final = AT_INCOME + N_INCOME_DECILES * len(CUT_MEASURES)
"""Where each stock tally begins in a month's row of ``Tallies.stocks``: one array instead of
seven keeps the kernel's innermost loop free of reference counting."""


class Tallies(NamedTuple):
    """Sums of a block of paths of one scenario and policy; weighted, in the book's currency.

    T = horizon + 1 months with month 0 the opening (stocks only), P = paths, K = cells of the rule
    books (0 without any). ``balance`` to
    ``by_segment`` are views of ``stocks``. G groups of borrowers: all, income deciles, age bands,
    regions, products, in this order.
    """

    stocks: NDArray[np.float64]  # (P, T, AT_SEGMENT + 3 * n_segments), month end

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
    fates: NDArray[np.float64]  # (P, G, N_FATES, 2), vocabulary.Fate: borrowers, balance
    burdens: NDArray[np.float64]  # (P, G, N_BURDENS), vocabulary.Burden
    new_90_by_cause: NDArray[np.float64]  # (P, T, N_CAUSES): balance of loans first 90+, by label
    score_power: NDArray[np.float64]  # (P, N_JUDGED, N_SCORE_POWER), vocabulary
    left: NDArray[np.float64]  # (P, n_products, N_OUTLOOKS): balance after the last month
    judged: NDArray[np.float64]  # (P, N_JUDGED, n_segments, 2): loans that are judged, bad ones
    repeat_judged: NDArray[np.float64]  # (P, n_segments, 2): the same, loans granted again
    applicants: NDArray[np.float64]  # (P, C, N_APPLICANT) by cells of the score; C 0 unless asked
    applicants_left: NDArray[np.float64]  # (P, C, n_products, N_OUTLOOKS): their last balance
    cells: NDArray[np.float64]  # (P, months + 1, K, 3), the first vocabulary.CellMeasure
    cell_sums: NDArray[np.float64]  # (months + 1, K, 5), the others, summed over paths
    moves: NDArray[np.float64]  # (months + 1, K + 1, K + N_LEAVING), summed over paths
    brought: NDArray[np.float64]  # (n_products, N_OUTLOOKS, N_BROUGHT), summed over paths
    passed_on: NDArray[np.float64]  # (n_products, N_OUTLOOKS, N_OUTLOOKS), summed over paths


class PathTallies(NamedTuple):
    """Sums of the path at hand in units (``kernels.exact``), as kernels write them.

    Shapes as in ``Tallies`` without its paths; flows and counts as records. ``score_power`` is no
    sum and has no units.
    """

    stocks: NDArray[np.int64]
    flows: NDArray[np.void]  # FLOW_DTYPE, (T,)
    counts: NDArray[np.void]  # COUNT_DTYPE, (T,)
    roll: NDArray[np.int64]
    written_off_by_product: NDArray[np.int64]
    vintage_loans: NDArray[np.int64]
    vintage_first_90: NDArray[np.int64]
    fates: NDArray[np.int64]
    burdens: NDArray[np.int64]
    new_90_by_cause: NDArray[np.int64]
    score_power: NDArray[np.float64]
    left: NDArray[np.int64]
    judged: NDArray[np.int64]
    repeat_judged: NDArray[np.int64]
    applicants: NDArray[np.int64]
    applicants_left: NDArray[np.int64]


PER_PATH: Final = (*PathTallies._fields, "cells")
"""Arrays of ``Tallies`` that hold a path's own sums; others are views of these, or over paths."""


def allocate_path(tallies: Tallies) -> PathTallies:
    """Zeroed sums of one path, for tallies of this shape."""
    n_months = tallies.flows.shape[1]
    arrays: dict[str, NDArray[np.generic]] = {
        name: np.zeros(getattr(tallies, name).shape[1:], dtype=np.int64)
        for name in PathTallies._fields
    }
    arrays["flows"] = records(np.zeros(n_months, dtype=FLOW_DTYPE))
    arrays["counts"] = records(np.zeros(n_months, dtype=COUNT_DTYPE))
    arrays["score_power"] = np.zeros(tallies.score_power.shape[1:])
    return PathTallies(**arrays)  # type: ignore[arg-type]


def clear_path(sums: PathTallies) -> None:
    """Before a path: nothing has been counted."""
    for array in sums:
        array[:] = 0


def keep_path(sums: PathTallies, facts: np.void, tallies: Tallies, row: int) -> None:
    """Write a path's sums to its ``row`` of ``tallies``; ``facts``: of the book."""
    money, count = float(facts["money_scale"]), float(facts["count_scale"])
    whole = float(facts["path_money_scale"])
    scales: dict[str, float | NDArray[np.float64]] = dict.fromkeys(PathTallies._fields, money)
    scales |= dict.fromkeys(("vintage_loans", "vintage_first_90", "judged", "repeat_judged"), count)
    scales |= {"left": whole, "applicants_left": whole, "score_power": 1.0}
    column = np.arange(sums.stocks.shape[1])
    is_loans = (column >= AT_LOANS) & (column < AT_LOANS + N_BUCKETS)
    scales["stocks"] = np.where(is_loans, count, money)
    scales["counts"] = np.where(np.isin(np.arange(N_COUNTS), MONEY_COUNTS), money, count)
    scales["fates"] = np.array([count, money])
    scales["burdens"] = float(facts["path_count_scale"])
    scales["applicants"] = np.where(np.isin(np.arange(N_APPLICANT), COUNTED), count, whole)
    for name, scale in scales.items():
        amounts = getattr(sums, name)
        if amounts.dtype.names:
            amounts = amounts.view(np.int64).reshape(amounts.size, -1)
        np.divide(amounts, scale, out=getattr(tallies, name)[row])


def allocate_tallies(
    n_paths: int,
    horizon: int,
    n_segments: int,
    n_products: int,
    n_vintages: int,
    n_regions: int,
    tracked: int = 0,
    n_cells: int = 0,
    score_cells: int = 0,
) -> Tallies:
    """Zeroed tallies for ``n_paths`` paths; ``tracked`` month ends have ``n_cells`` cells.

    With ``score_cells`` new customers are summed by their score.
    """
    n_groups = 1 + N_INCOME_DECILES + len(AGE_BANDS) + n_regions + n_products
    months = (n_paths, horizon + 1)
    measures = len(CUT_MEASURES)

    def zeros(*shape: int) -> NDArray[np.float64]:
        return np.zeros(shape, dtype=np.float64)

    stocks = zeros(*months, AT_SEGMENT + measures * n_segments)

    def view(start: int, *shape: int) -> NDArray[np.float64]:
        width = int(np.prod(shape))
        return stocks[:, :, start : start + width].reshape(*months, *shape, copy=False)

    return Tallies(
        stocks=stocks,
        flows=zeros(*months, N_FLOWS),
        counts=zeros(*months, N_COUNTS),
        balance=view(AT_BALANCE, N_BUCKETS),
        loans=view(AT_LOANS, N_BUCKETS),
        balance_before_relief=view(AT_BEFORE_RELIEF, N_BUCKETS),
        roll=zeros(*months, N_BUCKETS, len(ROLL_DESTINATIONS)),
        cause_balance=view(AT_CAUSE, N_CAUSES),
        by_segment=view(AT_SEGMENT, n_segments, measures),
        by_age=view(AT_AGE, len(AGE_BANDS), measures),
        by_income=view(AT_INCOME, N_INCOME_DECILES, measures),
        written_off_by_product=zeros(*months, n_products),
        vintage_loans=zeros(n_paths, n_vintages),
        vintage_first_90=zeros(n_paths, n_vintages, MAX_MOB + 1),
        fates=zeros(n_paths, n_groups, N_FATES, 2),
        burdens=zeros(n_paths, n_groups, N_BURDENS),
        new_90_by_cause=zeros(*months, N_CAUSES),
        score_power=zeros(n_paths, N_JUDGED, N_SCORE_POWER),
        left=zeros(n_paths, n_products, N_OUTLOOKS),
        judged=zeros(n_paths, N_JUDGED, n_segments, 2),
        repeat_judged=zeros(n_paths, n_segments, 2),
        applicants=zeros(n_paths, score_cells, N_APPLICANT),
        applicants_left=zeros(n_paths, score_cells, n_products, N_OUTLOOKS),
        cells=zeros(n_paths, tracked, n_cells, N_PATH_CELL_MEASURES),
        cell_sums=zeros(tracked, n_cells, N_CELL_MEASURES - N_PATH_CELL_MEASURES),
        moves=zeros(tracked, n_cells + 1, n_cells + N_LEAVING),
        brought=zeros(n_products, N_OUTLOOKS, N_BROUGHT),
        passed_on=zeros(n_products, N_OUTLOOKS, N_OUTLOOKS),
    )
