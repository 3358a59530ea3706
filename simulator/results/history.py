"""history.parquet: the full history of a sample of borrowers, on path 0, when a run asks for it."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from simulator.units import days_past_due
from simulator.validation import UserError, clip
from simulator.vocabulary import Cause, LoanStatus


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
    names = {
        "status": [status.name.lower() for status in LoanStatus],
        "cause": [cause.name.lower() for cause in Cause],
    }
    columns: dict[str, pa.Array] = {
        "scenario": pa.array([scenario] * records.size).dictionary_encode(),
        "policy": pa.array([policy] * records.size).dictionary_encode(),
        "month": pa.array(np.repeat(np.arange(months, dtype=np.int16), n_loans)),
        "borrower_id": pa.array(np.tile(borrower_ids, months)),
        "loan_id": pa.array(np.tile(loan_ids, months)),
    }
    for field in records.dtype.names or ():
        values = np.ascontiguousarray(records[field]).reshape(-1)
        if field in names:
            codes = pa.array(values.astype(np.int32))
            columns[field] = pa.DictionaryArray.from_arrays(codes, pa.array(names[field]))
        else:
            columns[field] = pa.array(values)
    dpd = days_past_due(records["n_unpaid"].astype(np.int64), due_days.astype(np.int64))
    columns["dpd"] = pa.array(dpd.reshape(-1).astype(np.int16))
    return pa.table(columns)


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
