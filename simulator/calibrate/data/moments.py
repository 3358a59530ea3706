"""What calibration compares: numbers seen and numbers simulated, in one shape."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator.book.schema import Book
from simulator.catalogue import Parameters
from simulator.kernels.tally import Tallies
from simulator.timeline import Timeline

F8 = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Moments:
    """Numbers seen of one target; arrays of shape (k,), ``covariance`` (k, k).

    All are fractions. ``covariance`` is the sampling error of the data; ``labels`` name each
    number within the target, such as ``C->2 2005-04`` or ``1991Q1``; ``counts`` are the accounts
    behind each (0 where that is unknown). ``warnings`` name what is wrong with the data.
    """

    name: str
    labels: tuple[str, ...]
    values: F8
    covariance: F8
    counts: F8
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Observation:
    """One simulated world of a calibration: one scenario, one policy, P paths.

    ``unpaid`` is the panel that a lender would have seen on path 0: unpaid instalments of each
    loan at each month end, -1 before its arrival, (horizon + 1, n_loans) int16, in the order of
    ``loan_ids``; a closed loan keeps its last number. ``written_off`` is the same shape, True from
    the month of write-off or sale, and ``balance`` what is owed at the month end. All are None
    unless some target asks for accounts.
    """

    book: Book
    timeline: Timeline
    tallies: Tallies
    parameters: Parameters
    unpaid: NDArray[np.int16] | None = None
    written_off: NDArray[np.bool_] | None = None
    loan_ids: NDArray[np.uint64] | None = None
    balance: NDArray[np.float32] | None = None


def owners_of(observation: Observation) -> NDArray[np.intp]:
    """Rows of the borrowers of the observed accounts, in the order of ``loan_ids``, (n_loans,)."""
    if observation.loan_ids is None:
        raise ValueError("this needs an observation with accounts")
    loans = observation.book.loans
    order = np.argsort(loans.id)
    rows = order[np.searchsorted(loans.id, observation.loan_ids, sorter=order)]
    return np.asarray(loans.borrower[rows], dtype=np.intp)


@dataclass(frozen=True, slots=True)
class Simulated:
    """Model's values of the same numbers: one row a world; shape (worlds, k)."""

    by_world: F8

    @property
    def mean(self) -> F8:
        """Mean over worlds, (k,)."""
        average: F8 = self.by_world.mean(axis=0)
        return average


Evidence = Mapping[str, Moments]
"""Moments seen, by target."""
