"""history.parquet: the full history of a sample of borrowers, on path 0, when a run asks for it."""

from collections.abc import Mapping
from enum import IntEnum
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from simulator.results.table import MONEY
from simulator.units import days_past_due
from simulator.validation import UserError, clip
from simulator.vocabulary import Cause, Hardship, Health, LoanStatus, WorkState

WORDS: Final[Mapping[str, type[IntEnum]]] = {
    "status": LoanStatus,
    "cause": Cause,
    "work": WorkState,
    "health": Health,
    "hardship": Hardship,
    "hardship_seen": Hardship,
}
"""Columns of words; kernels have their numbers."""

COLUMNS: Final[Mapping[str, tuple[str, str]]] = {
    "scenario": ("", "name"),
    "policy": ("", "name"),
    "month": ("month", "month end, 0 is the opening"),
    "borrower_id": ("", "permanent id, hashed to 64 bits"),
    "loan_id": ("", "permanent id, hashed to 64 bits; of the first loan in a row"),
    "status": ("", "where the loan stands"),
    "n_unpaid": ("instalments", "unpaid instalments; at its exit, of a loan that has left"),
    "cause": ("", "of the first missed instalment of the spell; at its exit, of a loan that left"),
    "refusing": ("0 or 1", "whether the borrower stops paying by choice"),
    "relief_months_left": ("months", "of running relief"),
    "principal": (MONEY, "principal not yet due"),
    "balance": (MONEY, "all that is owed on the loan"),
    "paid": (MONEY, "paid on the loan in the month, prepayment included"),
    "savings": (MONEY, "of the borrower; they stand still while it has no loan open"),
    "other_debt": (MONEY, "the borrower's debt to other lenders; still without a loan open"),
    "dpd": ("days", "days past due; at its exit, of a loan that has left"),
    "income": (
        MONEY,
        "the household's income of the month, after shocks and lasting losses, before bills",
    ),
    "work": ("", "the borrower's work state in the month"),
    "health": ("", "the borrower's health in the month; weakened: after a stay in hospital"),
    "hardship": ("", "the borrower's hardship in the month, whether the lender sees it or not"),
    "hardship_seen": ("", "what the lender sees of it, of an open loan"),
    "contacts": (
        "contacts",
        "efforts of the month's contacts with the loan, warning calls included, reminders not",
    ),
}
"""Unit and meaning of every column, in order. Definitions: docs/model.md, section 11.1."""


def history_table(
    histories: Mapping[tuple[str, str], NDArray[np.void]],
    borrower_ids: NDArray[np.uint64],
    loan_ids: NDArray[np.uint64],
    due_days: NDArray[np.uint8],
) -> pa.Table:
    """One row a scenario, policy, loan and month; money in the book's currency.

    ``histories`` maps (scenario, policy) to records of ``tally.HISTORY_DTYPE`` of shape
    (horizon + 1, n_loans); ids are the permanent ones, hashed to 64 bits, shape (n_loans,), and so
    are the loans' due days. ``dpd`` is days past due at month end.
    """
    return pa.concat_tables(
        _one_run(scenario, policy, records, (borrower_ids, loan_ids, due_days))
        for (scenario, policy), records in histories.items()
    )


def _one_run(
    scenario: str,
    policy: str,
    records: NDArray[np.void],
    of_loans: tuple[NDArray[np.uint64], NDArray[np.uint64], NDArray[np.uint8]],
) -> pa.Table:
    borrower_ids, loan_ids, due_days = of_loans
    months, n_loans = records.shape
    dpd = days_past_due(records["n_unpaid"].astype(np.int64), due_days.astype(np.int64))
    columns: dict[str, pa.Array] = {
        "scenario": pa.array([scenario] * records.size).dictionary_encode(),
        "policy": pa.array([policy] * records.size).dictionary_encode(),
        "month": pa.array(np.repeat(np.arange(months, dtype=np.int16), n_loans)),
        "borrower_id": pa.array(np.tile(borrower_ids, months)),
        "loan_id": pa.array(np.tile(loan_ids, months)),
        "dpd": pa.array(dpd.reshape(-1).astype(np.int16)),
    }
    for field in records.dtype.names or ():
        values = np.ascontiguousarray(records[field]).reshape(-1)
        columns[field] = _words(field, values) if field in WORDS else pa.array(values)
    return pa.table({name: columns[name] for name in COLUMNS})


def _words(field: str, numbers: NDArray[np.uint8]) -> pa.DictionaryArray:
    """A column of words from the numbers that kernels have for them."""
    words = pa.array([member.name.lower() for member in WORDS[field]])
    return pa.DictionaryArray.from_arrays(pa.array(numbers.astype(np.int32)), words)


def write_history(path: Path, table: pa.Table) -> None:
    """Write ``history_table`` as Parquet."""
    pq.write_table(table, path)


def read_history(path: Path) -> pa.Table:
    """The table in ``path``; a ``UserError`` where it is missing or damaged."""
    try:
        return pq.read_table(path)
    except (OSError, pa.ArrowException) as error:
        reason = clip(getattr(error, "strerror", None) or error, 120)
        raise UserError(f"{clip(path, 300)}: cannot be read as a history: {reason}") from error
