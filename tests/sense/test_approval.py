"""Stricter approval and tightening change who gets a loan and nobody's luck."""

import numpy as np

from simulator.levers import Edit
from simulator.policies import StatusQuo, StricterApproval
from simulator.vocabulary import Count, LoanStatus
from tests.conftest import FREE, ONCE, UNLIMITED, Policies, assert_same_tallies, run_small
from tests.sense.runs import loans_that_differ


def test_stricter_approval_changes_no_approved_borrowers_luck() -> None:
    small = run_small(policies=FREE, parameters=ONCE, history=True, months=12)
    reference, strict = small.history(), small.history("stricter_approval")
    arrival = small.book.borrowers.arrival_month[small.book.loans.borrower]
    refused = strict["status"][-1] == LoanStatus.REFUSED
    was_approved = reference["status"][-1] != LoanStatus.REFUSED
    assert np.count_nonzero(refused & was_approved) > 20
    assert not np.any(refused & (arrival == 0))
    assert not np.any(~refused & ~was_approved)  # stricter: nobody gets in who did not before
    kept = ~refused
    assert np.count_nonzero(kept & (arrival > 0)) > 20
    other = small.book.loans.borrower[refused & was_approved]  # their other loan fares otherwise
    alone = ~np.isin(small.book.loans.borrower, other)
    assert not np.any(loans_that_differ(reference, strict)[kept & alone])


def test_stricter_approval_leaves_the_months_before_it_unchanged() -> None:
    late: Policies = {
        "status_quo": StatusQuo(),
        "stricter_approval": StricterApproval(first_month=7),
    }
    small = run_small(policies=late, months=12)
    assert np.array_equal(small.flows()[:, :7], small.flows("stricter_approval")[:, :7])
    assert not np.array_equal(small.flows()[:, 7], small.flows("stricter_approval")[:, 7])


TRIGGER = 0.02


def test_tightening_reduces_approvals_after_months_of_high_overdue_rates() -> None:
    """And only then: the cut-off looks at last month's 30+ rate."""
    tight = [Edit("tighten_trigger", TRIGGER), Edit("tighten_slope", 4000.0)]
    small = run_small(policies={"status_quo": UNLIMITED, "tight": tight}, paths=10)
    for path in range(10):
        balance = small.tallies("tight").balance[path]
        rate = balance[:-1, 2:].sum(axis=1) / balance[:-1].sum(axis=1)
        loose = small.counts()[path, 1:, Count.APPROVED]
        strict = small.counts("tight")[path, 1:, Count.APPROVED]
        assert np.all(strict <= loose)
        assert np.array_equal(strict[rate <= TRIGGER], loose[rate <= TRIGGER])
        assert strict[rate > TRIGGER].sum() < 0.9 * loose[rate > TRIGGER].sum()


def test_tightening_with_a_trigger_never_reached_changes_no_bit() -> None:
    idle = [Edit("tighten_trigger", 1.0), Edit("tighten_slope", 4000.0)]
    small = run_small(policies={"status_quo": UNLIMITED, "idle": idle})
    assert_same_tallies(small.tallies(), small.tallies("idle"))
