"""A closed book, and what the tests of sense share in running it."""

import numpy as np
from numpy.typing import NDArray

from simulator.book.schema import Book
from tests.conftest import History, small_book

N_PATHS = 48


def closed_book(borrowers: int = 800, months: int = 12) -> Book:
    """No applicants, nobody overdue at the opening."""
    return small_book(borrowers, months, applicants_monthly_share=0.0, opening_overdue=False)


def loans_that_differ(left: History, right: History) -> NDArray[np.bool_]:
    differ: NDArray[np.bool_] = np.any(left != right, axis=0)
    return differ
