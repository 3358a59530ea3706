"""Small invented tapes: a good loan n times, with columns changed, and how they open."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from simulator.book import Book, build_book
from simulator.settings import BookSettings, RunSettings
from simulator.validation import UserError

RUN = RunSettings(months=6, paths=1)
BASE: dict[str, object] = {
    "product": "cash_loan",
    "annual_rate": 0.18,
    "term_months": 24,
    "remaining_months": 12,
    "principal": 5000,
    "original_principal": 10000,
    "due_day": 15,
    "monthly_income": 8000,
    "dpd": 0,
}


def write_tape(folder: Path, n: int = 100, without: Sequence[str] = (), **columns: object) -> Path:
    """A CSV of ``n`` loans of as many borrowers; a list is a column, anything else every cell."""
    ids = {"loan_id": list(range(1, n + 1)), "borrower_id": list(range(1, n + 1))}
    gone = {*without} | ({"dpd"} if "status" in columns else set()) - set(columns)
    table = {k: v for k, v in (ids | BASE | columns).items() if k not in gone}
    cells = {k: v if isinstance(v, list) else [v] * n for k, v in table.items()}
    rows = [
        ",".join(table),
        *(",".join(map(str, row)) for row in zip(*cells.values(), strict=True)),
    ]
    path = folder / "tape.csv"
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


def open_tape(path: Path, mapping: dict[str, object] | None = None, **settings: object) -> Book:
    """The book of a tape, without applicants."""
    values = {"kind": "tape", "path": str(path), "mapping": mapping, "applicants_monthly_share": 0}
    return build_book(BookSettings.model_validate(values | settings), RUN)


def asked(path: Path, mapping: dict[str, object] | None = None, **settings: object) -> str:
    """What a tape is refused with."""
    with pytest.raises(UserError) as caught:
        open_tape(path, mapping, **settings)
    return str(caught.value)


def overdue(book: Book, first_bucket: int) -> float:
    """Share of balance from a bucket on, as the simulation counts it."""
    owed = book.loans.principal + book.loans.principal_overdue
    return float(owed[book.loans.n_unpaid >= first_bucket].sum() / owed.sum())


def one_in_ten(odd: object, usual: object, n: int = 100) -> list[object]:
    """A column whose every tenth cell is ``odd``."""
    return [odd if i % 10 == 0 else usual for i in range(n)]


def weighted_rate(book: Book) -> float:
    """Rate weighted by balance."""
    owed = book.loans.principal + book.loans.principal_overdue
    return float(np.average(book.loans.annual_rate, weights=owed))
