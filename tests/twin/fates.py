"""Section 12: what became of borrowers under a policy, against a reference on the same path."""

from collections.abc import Callable
from dataclasses import dataclass
from math import inf

import numpy as np
from numpy.typing import NDArray

from simulator.book.schema import Book
from simulator.kernels.records import AT_OPENING, NEVER_OPENED
from simulator.vocabulary import (
    AGE_BANDS,
    FOLLOW_UP_MONTHS,
    N_BURDENS,
    N_FATES,
    N_INCOME_DECILES,
    Fate,
)

F8 = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Pair:
    """A borrower with a loan under both policies."""

    here: np.void
    there: np.void
    horizon: int
    principal: float

    @property
    def relieved(self) -> bool:
        return bool(self.here["first_relief"] > 0)

    @property
    def followed_up(self) -> bool:
        """Whether the months after relief lie within the horizon."""
        return not self.relieved or self.here["last_relief"] + FOLLOW_UP_MONTHS <= self.horizon

    @property
    def window(self) -> int:
        if not self.relieved:
            return self.horizon
        return min(self.horizon, int(self.here["last_relief"]) + FOLLOW_UP_MONTHS)

    def fates(self) -> dict[Fate, float]:
        """Each fate of the borrower, with its balance."""
        last_relief = int(self.here["last_relief"])
        d = _month(self.here["first_90"], self.window)
        d_ref = _month(self.there["first_90"], self.horizon)
        missing = d == inf and d_ref <= self.window
        there_30, here_30 = int(self.there["first_30"]), _month(self.here["first_30"], inf)
        prevented = self.relieved and self.followed_up
        prevented = prevented and 1 <= there_30 <= last_relief < here_30
        returned = prevented and here_30 <= last_relief + FOLLOW_UP_MONTHS
        later = self.here["first_90"] > self.window
        before, now = float(self.there["balance_90"]), float(self.here["balance_90"])
        relieved = float(self.here["balance_relief"])
        holds = {
            Fate.COMPARED: (True, self.principal),
            Fate.SAVED: (missing and self.followed_up, before),
            Fate.CENSORED: (missing and not self.followed_up, before),
            Fate.DELAYED: (d_ref < d < inf, before),
            Fate.HASTENED: (d < d_ref < inf, before),
            Fate.HARMED: (d < inf and d_ref == inf, now),
            Fate.RELIEVED: (self.relieved, relieved),
            Fate.FREE_RIDER: (self.relieved and there_30 == 0, relieved),
            Fate.PREVENTED: (prevented, relieved),
            Fate.RETURNED: (returned, relieved),
            Fate.LAPSED: (missing and self.followed_up and later, before),
            Fate.HARMED_LATER: (later and d_ref == inf, now),
        }
        return {fate: balance for fate, (true, balance) in holds.items() if true}


def _month(first: int, window: float) -> float:
    """The month of an event in the window, or infinity."""
    return float(first) if 1 <= first <= window else inf


def fates_of(here: np.void, there: np.void, horizon: int, principal: float) -> dict[Fate, float]:
    """Fates of a borrower under a policy (``here``) against the reference, with balances."""
    has, had = here["overdue_months"] != NEVER_OPENED, there["overdue_months"] != NEVER_OPENED
    if has and had:
        if there["first_90"] == AT_OPENING:
            return {}
        return Pair(here, there, horizon, principal).fates()
    if had:
        bad = there["first_90"] >= 1
        fate = Fate.REFUSED_BAD if bad else Fate.REFUSED_GOOD
        return {fate: float(there["balance_90"]) if bad else principal}
    if has:
        bad = here["first_90"] >= 1
        fate = Fate.ADMITTED_BAD if bad else Fate.ADMITTED_GOOD
        return {fate: float(here["balance_90"]) if bad else principal}
    return {}


def _groups(book: Book) -> tuple[int, Callable[[int], tuple[int, ...]]]:
    """Number of groups, and the groups of a borrower: all, decile, age, region, product."""
    b, loans = book.borrowers, book.loans
    first_loan = np.searchsorted(loans.borrower, np.arange(b.id.size))
    at_age = 1 + N_INCOME_DECILES
    at_region = at_age + len(AGE_BANDS)
    at_product = at_region + len(book.regions)

    def groups(row: int) -> tuple[int, ...]:
        return (
            0,
            1 + int(b.income_decile[row]),
            at_age + int(b.age_band[row]),
            at_region + int(b.region[row]),
            at_product + int(loans.product[first_loan[row]]),
        )

    return at_product + len(book.products), groups


def fates_by_group(
    book: Book, outcomes: NDArray[np.void], reference: NDArray[np.void], horizon: int
) -> F8:
    """Fates of a path, shape (groups, N_FATES, 2): weights, and weights times balance."""
    n_groups, groups = _groups(book)
    found = np.zeros((n_groups, N_FATES, 2))
    for row, weight in enumerate(book.borrowers.weight):
        asked = book.loans.limit if book.borrowers.arrival_month[row] < 0 else book.loans.principal
        principal = float(asked[book.loans.borrower == row].sum())
        for fate, balance in fates_of(outcomes[row], reference[row], horizon, principal).items():
            for group in groups(row):
                found[group, fate] += weight, weight * balance
    return found


def burdens_by_group(book: Book, outcomes: NDArray[np.void]) -> F8:
    """Burdens of a path, shape (groups, N_BURDENS)."""
    n_groups, groups = _groups(book)
    found = np.zeros((n_groups, N_BURDENS))
    names = ("overdue_months", "contacts", "complaints")
    for row, weight in enumerate(book.borrowers.weight):
        burdens = np.array([max(0.0, float(outcomes[name][row])) for name in names])
        for group in groups(row):
            found[group] += weight * burdens
    return found
