"""Synthetic and shipped books, and how two of them are compared."""

import numpy as np
import yaml

from simulator.book import Book, build_book
from simulator.catalogue import parameters_from
from simulator.settings import BookSettings, RunSettings
from tests import ROOT

RUN = RunSettings(months=6, paths=1)
DEFAULTS = parameters_from({})
MIX = {
    "cash_loan": 0.55,
    "equal_principal_loan": 0.15,
    "micro_business_loan": 0.1,
    "credit_line": 0.2,
}
SIGMAS = 4.5


def synthetic(borrowers: int = 2000, run: RunSettings = RUN, **changes: object) -> Book:
    return build_book(BookSettings(borrowers=borrowers, products=MIX, **changes), run)


def config(name: str, **changes: object) -> BookSettings:
    values = yaml.safe_load((ROOT / "configs" / "book" / f"{name}.yaml").read_text("utf-8"))
    return BookSettings.model_validate(values | changes)


def assert_rows_agree(small: Book, big: Book) -> None:
    """Every borrower and loan of ``small`` stands bit for bit in ``big``."""
    row = np.searchsorted(big.borrowers.id, small.borrowers.id)
    for name in small.borrowers._fields:
        if name != "income_decile":  # a rank among all, for reporting only
            ours, theirs = getattr(small.borrowers, name), getattr(big.borrowers, name)
            np.testing.assert_array_equal(ours, theirs[row], err_msg=name)
    order = np.argsort(big.loans.id)
    loan = order[np.searchsorted(big.loans.id, small.loans.id, sorter=order)]
    for name in small.loans._fields:
        if name in ("borrower", "vintage"):
            continue
        ours, theirs = getattr(small.loans, name), getattr(big.loans, name)
        np.testing.assert_array_equal(ours, theirs[loan], err_msg=name)
    owner = small.borrowers.id[small.loans.borrower]
    np.testing.assert_array_equal(owner, big.borrowers.id[big.loans.borrower[loan]])
    ours = np.array(small.vintage_labels)[small.loans.vintage]
    np.testing.assert_array_equal(ours, np.array(big.vintage_labels)[big.loans.vintage[loan]])


def assert_share(count: int, n: int, share: float) -> None:
    """The binomial count is within 4.5 standard errors of its mean."""
    assert abs(count - n * share) <= SIGMAS * np.sqrt(n * share * (1 - share))
