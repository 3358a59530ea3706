"""The slow twin keeps the model's promises, and the compiled kernels agree with it."""

from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray
from twin import TwinResult, simulate_twin
from twin.luck import philox
from twin.samples import (
    MONTHS,
    POLICIES,
    RUNOFF,
    eager_parameters,
    levers_of,
    random_book,
    random_world,
)

from simulator.kernels.tally import HISTORY_DTYPE, Tallies, allocate_tallies
from simulator.settings import RunSettings
from simulator.vocabulary import (
    FLOW_SIGNS,
    SWITCHABLE_CAUSES,
    Cause,
    Count,
    LoanStatus,
)

HORIZON = MONTHS + RUNOFF
N_PATHS = 2
BOOK_SEED, WORLD_SEED, RUN_SEED = 11, 12, 2**40 + 17
TOLERANCE = 1e-9
SWITCHES: dict[Cause, str] = {
    cause: f"strength_{cause.name.lower()}" for cause in SWITCHABLE_CAUSES
}


@cache
def twin(policy: str, path: int, case: int = 0, off: Cause = Cause.NONE) -> TwinResult:
    """One path of a policy on the sample of number ``case``, perhaps without one cause."""
    book = random_book(BOOK_SEED + case)
    world = random_world(WORLD_SEED + case, N_PATHS, HORIZON)
    changes = {} if off is Cause.NONE else {SWITCHES[off]: 0.0}
    levers = levers_of(policy, book, MONTHS, RUNOFF)
    parameters = eager_parameters(**changes)
    return simulate_twin(
        book, world, path, path, levers, parameters, RUN_SEED + case, MONTHS, RUNOFF
    )


def run_kernels(policy: str, case: int) -> tuple[NDArray[np.void], Tallies]:
    """The same by the compiled kernels: history of path 0, sums of every path."""
    from simulator.engine import pack, simulate_block

    book = random_book(BOOK_SEED + case)
    world = random_world(WORLD_SEED + case, N_PATHS, HORIZON)
    run = RunSettings(
        paths=N_PATHS,
        months=MONTHS,
        runoff_months=RUNOFF,
        seed=RUN_SEED + case,
        threads=1,
        history_borrowers=10_000,
    )
    packed = pack(book, eager_parameters())
    shape = (packed.n_segments, packed.n_products, packed.n_vintages)
    tallies = allocate_tallies(N_PATHS, HORIZON, *shape)
    history = np.zeros((HORIZON + 1, book.n_loans), dtype=HISTORY_DTYPE)
    levers = {policy: levers_of(policy, book, MONTHS, RUNOFF)}
    simulate_block(packed, world, levers, run, 0, {policy: (tallies, 0)}, {policy: history})
    return history, tallies


every_policy = pytest.mark.parametrize("policy", POLICIES)


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
    sums = twin(policy, 0).tallies
    np.testing.assert_allclose(sums.roll[0, 1:].sum(axis=2), sums.balance[0, :-1], rtol=1e-9)


def test_every_cause_and_every_ending_occurs() -> None:
    histories = [twin(policy, path).history for policy in POLICIES for path in range(N_PATHS)]
    causes = set(np.concatenate([np.unique(h["cause"]) for h in histories]).tolist())
    endings = set(np.concatenate([np.unique(h["status"]) for h in histories]).tolist())
    assert causes == {int(c) for c in Cause}
    assert endings == {int(s) for s in LoanStatus}


def test_every_count_and_flow_occurs() -> None:
    sums = [twin(policy, 0).tallies for policy in POLICIES]
    assert np.all(sum(s.counts.sum(axis=(0, 1)) for s in sums) > 0.0)
    assert np.all(sum(s.flows.sum(axis=(0, 1)) for s in sums) > 0.0)


@pytest.mark.parametrize("cause", SWITCHABLE_CAUSES, ids=lambda c: c.name)
def test_a_cause_that_is_switched_off_never_occurs(cause: Cause) -> None:
    assert cause not in twin("grace_period", 0, off=cause).history["cause"]


@every_policy
@pytest.mark.parametrize("case", range(3))
def test_kernels_agree_with_the_twin(policy: str, case: int) -> None:
    history, tallies = run_kernels(policy, case)
    slow = twin(policy, 0, case).history
    for name in HISTORY_DTYPE.names or ():
        if HISTORY_DTYPE[name].kind == "f":
            np.testing.assert_allclose(
                history[name], slow[name], rtol=TOLERANCE, atol=1e-6, err_msg=name
            )
        else:
            np.testing.assert_array_equal(history[name], slow[name], err_msg=name)
    for path in range(N_PATHS):
        for name, sums in twin(policy, path, case).tallies._asdict().items():
            found = getattr(tallies, name)[path]
            np.testing.assert_allclose(found, sums[0], rtol=TOLERANCE, atol=1e-6, err_msg=name)
