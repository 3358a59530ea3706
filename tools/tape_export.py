"""A book's opening loans as a loan tape: what a lender sees of them, and nothing else."""

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
from numpy.typing import NDArray

from simulator.book import Book
from simulator.units import end_of_month_dpd

I8 = NDArray[np.int64]
SNAPSHOT = (2025, 12)
"""Year and month of the tape's month end."""


def write_tape(book: Book, path: str, order: I8 | None = None) -> None:
    """The opening loans of ``book``, in the given ``order`` of rows, as a CSV at ``path``."""
    rows = _opening_loans(book) if order is None else order
    loans, people = book.loans, book.borrowers
    owner = loans.borrower
    names = np.array([product.name for product in book.products])
    columns: dict[str, NDArray[Any]] = {
        "loan_id": _loan_ids(book),
        "borrower_id": np.array([f"B{identity}" for identity in people.id[owner]]),
        "product": names[loans.product],
        "annual_rate": loans.annual_rate,
        "term_months": loans.term_months.astype(np.int64),
        "remaining_months": loans.remaining_months.astype(np.int64),
        "principal": loans.principal + loans.principal_overdue,
        "original_principal": loans.limit,
        "due_day": loans.due_day.astype(np.int64),
        "dpd": np.maximum(0, 30 * loans.n_unpaid.astype(np.int64) - loans.due_day),
        "monthly_income": people.income[owner],
        "score": people.score[owner],
        "age": people.age[owner],
        "region": np.array(book.regions)[people.region[owner]],
    }
    pa_csv.write_csv(pa.table({name: column[rows] for name, column in columns.items()}), path)


def write_history(book: Book, path: str) -> None:
    """Monthly statuses of the opening loans: one row at the snapshot, and those of running spells.

    A spell's rows begin with the month before it, in which the loan was current.
    """
    rows = _opening_loans(book)
    spells = book.loans.months_overdue[rows].astype(np.int64)
    unpaid = book.loans.n_unpaid[rows].astype(np.int64)
    names = _loan_ids(book)[rows]
    ids: list[NDArray[Any]] = []
    months: list[NDArray[Any]] = []
    dpds: list[I8] = []
    for back in range(int(spells.max(initial=0)) + 1):
        there = np.flatnonzero(spells >= back)
        late = np.where(back < spells[there], np.maximum(1, unpaid[there] - back), 0)
        ids.append(names[there])
        months.append(np.full(there.size, _month(back)))
        due = book.loans.due_day[rows][there].astype(np.int64)
        dpds.append(
            np.array([end_of_month_dpd(int(n), int(day)) for n, day in zip(late, due, strict=True)])
        )
    columns = {
        "loan_id": np.concatenate(ids),
        "month": np.concatenate(months),
        "dpd": np.concatenate(dpds),
    }
    pa_csv.write_csv(pa.table(columns), path)


def _month(back: int) -> str:
    year, month = SNAPSHOT
    place = 12 * year + month - 1 - back
    return f"{place // 12}-{place % 12 + 1:02d}"


def _loan_ids(book: Book) -> NDArray[Any]:
    return np.array([f"L{identity}" for identity in book.loans.id])


def _opening_loans(book: Book) -> I8:
    return np.flatnonzero(book.borrowers.arrival_month[book.loans.borrower] == 0)
