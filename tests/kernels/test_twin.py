"""The slow twin keeps the model's promises."""

import numpy as np
import pytest
from numpy.typing import NDArray

from simulator.kernels.records import AT_OPENING, NEVER_OPENED
from simulator.vocabulary import FLOW_SIGNS, SWITCHABLE_CAUSES, Cause, Count, Flow, LoanStatus
from tests.kernels.twin_runs import BOOK_SEED, every_policy, twin
from tests.twin.luck import philox
from tests.twin.samples import random_book


@pytest.mark.parametrize(
    ("counter", "key", "expected"),
    [
        ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
        (
            (0xFFFFFFFF,) * 4,
            (0xFFFFFFFF,) * 2,
            (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD),
        ),
        (
            (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
            (0xA4093822, 0x299F31D0),
            (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
        ),
    ],
)
def test_plain_philox_gives_the_published_vectors(
    counter: tuple[int, int, int, int], key: tuple[int, int], expected: tuple[int, ...]
) -> None:
    assert philox(counter, key) == expected


@every_policy
def test_money_identity_holds_every_month(policy: str) -> None:
    sums = twin(policy, 0).tallies
    flows, counts = sums.flows[0, 1:], sums.counts[0]
    closing, opening = counts[1:, Count.CLOSING_BALANCE], counts[1:, Count.OPENING_BALANCE]
    moved = np.abs(flows).sum(axis=1) + opening
    gap = closing - opening - flows @ np.array(FLOW_SIGNS, dtype=float)
    assert np.all(np.abs(gap) <= 1e-9 * moved)
    np.testing.assert_allclose(opening, counts[:-1, Count.CLOSING_BALANCE], rtol=1e-12)


@every_policy
def test_no_money_is_negative(policy: str) -> None:
    result = twin(policy, 0)
    for name in ("principal", "balance", "paid", "savings", "other_debt"):
        assert result.history[name].min() >= -1e-6, name
    assert result.tallies.flows.min() >= 0.0
    assert result.tallies.counts.min() >= 0.0


@every_policy
def test_overdue_balances_follow_from_unpaid_instalments_and_due_days(policy: str) -> None:
    book, result = random_book(BOOK_SEED), twin(policy, 0)
    weight = book.borrowers.weight[book.loans.borrower]
    n = result.history["n_unpaid"].astype(int)
    dpd = np.where(n > 0, 30 * n - book.loans.due_day, 0)
    balance = result.history["balance"] * weight
    measures = [balance.sum(1), (balance * (dpd >= 30)).sum(1), (balance * (dpd >= 90)).sum(1)]
    for cut in (result.tallies.by_segment, result.tallies.by_age, result.tallies.by_income):
        np.testing.assert_allclose(cut[0].sum(axis=1).T, measures, rtol=1e-9, atol=1e-6)


@every_policy
def test_unpaid_instalments_rise_by_one_a_month_at_most(policy: str) -> None:
    n = twin(policy, 0).history["n_unpaid"].astype(int)
    assert np.diff(n, axis=0).max() == 1


@every_policy
def test_loans_have_a_cause_exactly_when_overdue(policy: str) -> None:
    history = twin(policy, 0).history
    assert np.array_equal(history["cause"] > 0, history["n_unpaid"] > 0)
    overdue = np.unique(history["status"][history["n_unpaid"] > 0])
    assert set(overdue) <= {LoanStatus.OPEN, LoanStatus.WRITTEN_OFF, LoanStatus.SOLD}


@every_policy
def test_every_opening_balance_rolls_somewhere(policy: str) -> None:
    """Less what relief cut of it, which is forgiven in the same month."""
    sums = twin(policy, 0).tallies
    cut = sums.balance[0, :-1].sum(axis=1) - sums.roll[0, 1:].sum(axis=(1, 2))
    slack = 1e-9 * sums.balance[0, :-1].sum(axis=1)
    assert np.all(cut >= -slack)
    assert np.all(cut <= sums.flows[0, 1:, Flow.FORGIVEN] + slack)
    cuts = any("principal cut" in name and n for name, n in twin(policy, 0).happened.items())
    assert cuts == bool(np.any(cut > slack))


def granted_again(status: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Months from which on a row shows a later loan, (months, loans)."""
    reopened = (status[1:] == LoanStatus.OPEN) & (status[:-1] == LoanStatus.PAID_OFF)
    begun = np.cumsum(reopened, axis=0) > 0
    return np.concatenate([np.zeros((1, status.shape[1]), dtype=np.bool_), begun])


@every_policy
def test_outcomes_follow_from_the_history(policy: str) -> None:
    book, result = random_book(BOOK_SEED), twin(policy, 0)
    history, outcomes = result.history, result.outcomes
    was_open = (history["status"] == LoanStatus.OPEN).any(axis=0)
    for row in range(book.borrowers.id.size):
        mine = np.flatnonzero(book.loans.borrower == row)
        n, open_ = history["n_unpaid"][:, mine], history["status"][:, mine] == LoanStatus.OPEN
        known = n * ~granted_again(history["status"][:, mine])
        found = outcomes[row]
        has_loan = bool(was_open[mine].any())
        assert (found["overdue_months"] != NEVER_OPENED) == has_loan
        for name, least in (("first_30", 2), ("first_90", 4)):
            months = np.flatnonzero((known >= least).any(axis=1))
            expected = 0 if months.size == 0 else int(months[0]) or AT_OPENING
            assert found[name] == expected, name
        served = open_[:-1]  # the month of a write-off or sale included
        overdue = ((n[1:] >= 1) & served).any(axis=1).sum()
        assert found["overdue_months"] == (overdue if has_loan else NEVER_OPENED)


@every_policy
def test_new_90_counts_the_loans_of_the_vintage_curves(policy: str) -> None:
    sums = twin(policy, 0).tallies
    assert sums.counts[0, :, Count.NEW_90].sum() == pytest.approx(sums.vintage_first_90[0].sum())


@pytest.mark.parametrize("cause", SWITCHABLE_CAUSES, ids=lambda c: c.name)
def test_a_cause_that_is_switched_off_never_occurs(cause: Cause) -> None:
    assert cause not in twin("grace_period", 0, off=cause).history["cause"]
