"""A tape of a million loans: seconds until it is read, checked and packed into a book."""

import tempfile
from pathlib import Path
from time import perf_counter

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pa_parquet

from benchmarks.harness import Row
from simulator.book import build_book
from simulator.settings import BookSettings, RunSettings


def write_tape(path: Path, n_loans: int) -> None:
    """A Parquet tape of cash loans with text ids, regions, scores and incomes."""
    place = np.arange(n_loans)
    owner = place * 7 // 10
    term = 12 + 12 * (place % 2)
    remaining = 1 + place % (term - 1)
    amount = 2000.0 + place % 9973
    pa_parquet.write_table(
        pa.table(
            {
                "loan_id": pa.array([f"L{i:09d}" for i in place]),
                "borrower_id": pa.array([f"B{i:09d}" for i in owner]),
                "product": np.array(["cash_loan", "equal_principal_loan"])[place % 2],
                "annual_rate": 0.1 + (place % 14) / 100,
                "term_months": term,
                "remaining_months": remaining,
                "principal": amount * remaining / term,
                "original_principal": amount,
                "due_day": 1 + place % 28,
                "dpd": np.where((place % 37 == 0) & (remaining < term - 1), 12, 0),
                "monthly_income": 3000.0 + owner % 8009,
                "region": np.array(["east", "central", "west"])[owner % 3],
                "score": 400.0 + owner % 401,
            }
        ),
        path,
    )


def measure(n_loans: int = 1_000_000) -> list[Row]:
    """Seconds from the file to a book; a small tape goes first, so that libraries are loaded."""
    run = RunSettings(months=1, paths=1)
    seconds = []
    with tempfile.TemporaryDirectory() as folder:
        for count in (1_000, n_loans):
            path = Path(folder) / f"{count}.parquet"
            write_tape(path, count)
            settings = BookSettings(kind="tape", path=str(path), applicants_monthly_share=0.0)
            started = perf_counter()
            book = build_book(settings, run)
            seconds.append(perf_counter() - started)
    return [
        Row(
            f"a tape of {n_loans:,} loans into a book",
            f"{seconds[-1]:.1f} s",
            f"Parquet, read, checked, imputed, sorted; wanted: 10 s; {book.n_opening_borrowers:,}"
            " borrowers",
        )
    ]
