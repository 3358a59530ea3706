"""Half of the borrowers and the other half are a path of all, where borrowers never meet.

Decision 30: which levers let a path be split, and by how much others differ.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from simulator.book.schema import Book
from simulator.levers import Edit
from simulator.packing import rows_of
from simulator.policies import CareProgramme, GracePeriod, StatusQuo, StricterApproval
from tests.conftest import HARD, ONCE, UNLIMITED, Policies, PolicyLike, run_small, small_book

WORLDS: Mapping[str, Mapping[str, object]] = {"hard": HARD}
EXACT: Policies = {
    "unlimited": UNLIMITED,
    "grace_period": GracePeriod(monthly_budget_share=10.0),
    "care_programme": CareProgramme(monthly_budget_share=10.0, apply_if_no_need=0.5),
    "stricter_approval": StricterApproval(),
}
MEETING: Mapping[str, PolicyLike] = {
    "capacity": StatusQuo(human_calls_per_1000_loans=5.0),
    "budget": CareProgramme(monthly_budget_share=0.0005, apply_if_no_need=0.5),
    "tightening": [Edit("tighten_trigger", 0.02), Edit("tighten_slope", 2000.0)],
}


def half(book: Book, which: int) -> Book:
    """Every second borrower of ``book`` with its loans."""
    mine = np.flatnonzero(np.arange(book.borrowers.id.size) % 2 == which)
    place = np.full(book.borrowers.id.size, -1)
    place[mine] = np.arange(mine.size)
    loans = rows_of(book.loans, np.flatnonzero(place[book.loans.borrower] >= 0))
    return replace(
        book,
        borrowers=rows_of(book.borrowers, mine),
        loans=loans._replace(borrower=place[loans.borrower].astype(loans.borrower.dtype)),
    )


@cache
def relative_gap(policy: str) -> float:
    """Largest difference of a sum over the two halves from that of the whole, over the latter."""
    own = EXACT.get(policy, MEETING.get(policy))
    assert own is not None
    reference = own if policy in ("capacity", "unlimited") else UNLIMITED
    policies: Policies = {"status_quo": reference, policy: own}
    parts = [
        run_small(book, policies=policies, worlds=WORLDS, parameters=ONCE, paths=3)
        for book in (small_book(), half(small_book(), 0), half(small_book(), 1))
    ]
    gap = 0.0
    for name in ("flows", "balance", "roll", "by_segment", "written_off_by_product"):
        whole, one, other = (getattr(part.tallies(policy), name) for part in parts)
        scale = np.abs(whole).max()
        gap = max(gap, float(np.abs(one + other - whole).max() / scale))
    return gap


@pytest.mark.parametrize("policy", EXACT)
def test_where_borrowers_never_meet_a_path_may_be_split(policy: str) -> None:
    assert relative_gap(policy) <= 5e-15


@pytest.mark.parametrize("policy", MEETING)
def test_where_borrowers_meet_it_may_not(policy: str) -> None:
    assert relative_gap(policy) > 1e-6
