"""Capacities and budgets are never exceeded, and equal policies are equal."""

import numpy as np
import pytest
from numpy.typing import NDArray

from simulator.book.schema import Book
from simulator.levers import Edit
from simulator.policies import GracePeriod, StatusQuo, StricterApproval
from simulator.vocabulary import N_COLLECTION_STAGES, CollectionStage, Count, Priority
from tests.conftest import UNLIMITED, Policies, Small, assert_same_tallies, run_small, small_book

F8 = NDArray[np.float64]


@pytest.mark.parametrize("priority", [float(priority) for priority in Priority])
@pytest.mark.parametrize("capacity", [0.0, 3.0, 11.0, 40.0])
def test_collectors_capacity_is_never_exceeded(capacity: float, priority: float) -> None:
    limits = [
        Edit(f"capacity_{stage.name.lower()}", capacity * (1 + stage)) for stage in CollectionStage
    ]
    policies: Policies = {
        "status_quo": StatusQuo(),
        "few": [*limits, Edit("contact_priority", priority)],
    }
    small = run_small(policies=policies, months=12)
    assert len(CollectionStage) == N_COLLECTION_STAGES
    for stage in CollectionStage:
        made = small.counts("few")[:, :, Count[f"CONTACT_{stage.name}"]]
        allowed = capacity * (1 + stage) * small.book.loans.id[opening(small.book)].size / 1000
        own = {"HUMAN_CALL": 30.0, "FIELD_VISIT": 1.0, "LEGAL": 3.0}.get(stage.name, np.inf)
        allowed = min(allowed, own * opening(small.book).sum() / 1000)
        assert np.all(made <= allowed * (1 + 1e-12))
    assert small.counts("few")[:, :, Count.QUEUE_UNSERVED].sum() > 0


def opening(book: Book) -> NDArray[np.bool_]:
    """Loans of the opening book."""
    arrived: NDArray[np.bool_] = book.borrowers.arrival_month[book.loans.borrower] == 0
    return arrived


def test_unlimited_collectors_leave_nobody_unserved() -> None:
    small = run_small(policies={"status_quo": UNLIMITED, "strict": StricterApproval()})
    for policy in ("status_quo", "strict"):
        assert small.counts(policy)[:, :, Count.QUEUE_UNSERVED].sum() == 0.0
        assert small.counts(policy)[:, :, Count.CONTACT_HUMAN_CALL].sum() > 0.0


def granted_instalments(small: Small, policy: str) -> F8:
    """Instalments deferred in the month of each grant, months 1 to the last.

    For annuity loans of the opening book that get relief once: the instalment is the opening's.
    """
    history, loans = small.history(policy), small.book.loans
    left = history["relief_months_left"].astype(int)
    granted = (left[1:] > 0) & (left[:-1] == 0)
    i = np.minimum(loans.annual_rate, small.book.jurisdiction.all_in_rate_cap) / 12
    level = loans.principal * i / (1 - (1 + i) ** -np.maximum(1.0, loans.remaining_months))
    principal = history["principal"][:-1]
    remaining = loans.remaining_months - np.arange(granted.shape[0])[:, None]
    part = np.where(remaining <= 1, principal, np.minimum(principal, level - principal * i))
    total: F8 = (np.where(granted, part + principal * i, 0.0)).sum(axis=1)
    return total


@pytest.mark.parametrize("share", [0.0005, 0.002, 0.01])
def test_relief_budgets_are_never_exceeded(share: float) -> None:
    book = small_book(
        1_000, product="cash_loan", applicants_monthly_share=0.0, opening_overdue=True
    )
    small = run_small(
        book,
        policies={
            "status_quo": StatusQuo(),
            "limited": GracePeriod(monthly_budget_share=share, take_up_if_need=1.0),
            "unlimited": GracePeriod(monthly_budget_share=10.0, take_up_if_need=1.0),
        },
        paths=1,
        history=True,
    )
    budget = share * small.counts()[0, 0, Count.CLOSING_BALANCE]
    deferred = granted_instalments(small, "limited")
    assert np.all(deferred <= budget * (1 + 1e-9))
    assert deferred.max() > 0.5 * budget
    assert granted_instalments(small, "unlimited").max() > budget


def test_two_equal_policies_under_different_names_differ_by_exactly_nothing() -> None:
    twins: Policies = {"status_quo": StatusQuo(), "one": GracePeriod(), "other": GracePeriod()}
    small = run_small(policies=twins)
    assert_same_tallies(small.tallies("one"), small.tallies("other"))
    same = run_small(policies={"status_quo": StatusQuo(), "nothing": []})
    assert_same_tallies(same.tallies(), same.tallies("nothing"))
