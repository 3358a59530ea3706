"""Runs of a policy beside the reference, and how two of them differ."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator.book.schema import Book
from simulator.policies import Policy, StatusQuo
from simulator.vocabulary import Count
from tests.conftest import UNLIMITED, History, Policies, Small, run_small

Mask = NDArray[np.bool_]


def against(policy: Policy, reference: StatusQuo = UNLIMITED, **run: Any) -> Small:
    """A run of the reference and of ``policy`` on top of it."""
    policies: Policies = {"status_quo": reference, "policy": policy}
    return run_small(policies=policies, **run)


def differ(left: History, right: History) -> Mask:
    """Loans whose history is not the same to the last bit, shape (n_loans,)."""
    different: Mask = np.any(left != right, axis=0)
    return different


def arrivals(book: Book) -> NDArray[np.int16]:
    """Arrival month of each loan's borrower; 0 is the opening book."""
    months: NDArray[np.int16] = book.borrowers.arrival_month[book.loans.borrower]
    return months


def histories(small: Small) -> dict[str, History]:
    return {name: small.history(name) for name in ("status_quo", "policy")}


def total(small: Small, count: Count, policy: str = "policy") -> float:
    return float(small.counts(policy)[:, :, count].sum())
