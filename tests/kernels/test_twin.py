"""The slow twin keeps the model's promises, and the compiled kernels agree with it."""

from collections import Counter
from functools import cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray

from simulator.kernels.records import AT_OPENING, NEVER_OPENED, OUTCOME_DTYPE
from simulator.kernels.tally import HISTORY_DTYPE, Tallies
from simulator.lever_fields import ALL_FIELDS
from simulator.packing import pack
from simulator.settings import RunSettings
from simulator.vocabulary import (
    FLOW_SIGNS,
    SWITCHABLE_CAUSES,
    Burden,
    Cause,
    Count,
    Fate,
    Flow,
    LoanStatus,
)
from tests.twin import TwinResult, burdens_by_group, fates_by_group, simulate_twin
from tests.twin.fates import fates_of
from tests.twin.luck import philox
from tests.twin.samples import (
    MONTHS,
    POLICIES,
    RUNOFF,
    eager_parameters,
    levers_of,
    random_book,
    random_world,
)

HORIZON = MONTHS + RUNOFF
N_PATHS = 2
N_CASES = 2
BOOK_SEED, WORLD_SEED, RUN_SEED = 11, 12, 2**40 + 17
TOLERANCE = 1e-9
REFERENCES = ("nothing", "grace_period")
SWITCHES: dict[Cause, str] = {
    cause: f"strength_{cause.name.lower()}" for cause in SWITCHABLE_CAUSES
}
ELSEWHERE = ("fates", "burdens", "cells", "cell_sums", "moves")
"""Sums that need more than one path of the twin; those by cell are in test_twin_provisions.py."""
MECHANISMS = (
    "reminder heeded before the due day",
    "pays automatically",
    "interest-free month",
    "warning beyond capacity",
    "attentive after a warning",
    "takes the offer of a warning",
    "too young for relief",
    "principal cut with re-plan",
    "principal cut without re-plan",
    "extension only as far as affordable",
    "no affordable extension",
    "new instalments agreed",
    "nothing left of an agreement",
    "catches up as promised",
    "refuser keeps a promise",
    "left alone after a promise",
    "contact beyond the cap",
    "talked into catching up",
    "line without a principal cut",
    "agency earns a commission",
    "case filed",
    "filed only once",
    "court converts a refuser",
    "court brings help",
    "court decides after the horizon",
)
"""What leaves no sum of its own; the twin counts how often each happens."""


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


def twin_fates(policy: str, reference: str, path: int, case: int = 0) -> NDArray[np.float64]:
    book = random_book(BOOK_SEED + case)
    here, there = twin(policy, path, case).outcomes, twin(reference, path, case).outcomes
    return fates_by_group(book, here, there, HORIZON)


class Compiled(NamedTuple):
    """The kernels' results by policy; histories of path 0, outcomes by (policy, path)."""

    histories: dict[str, NDArray[np.void]]
    tallies: dict[str, Tallies]
    outcomes: dict[tuple[str, int], NDArray[np.void]]


@cache
def run_kernels(case: int, reference: str) -> Compiled:
    """All policies by the compiled kernels, compared with ``reference``."""
    from simulator import engine

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
    names = [reference, *(name for name in POLICIES if name != reference)]
    tallies = {name: packed.allocate_tallies(N_PATHS, HORIZON) for name in names}
    histories = {name: np.zeros((HORIZON + 1, book.n_loans), dtype=HISTORY_DTYPE) for name in names}
    scratch = engine._Scratch.allocate(packed, HORIZON)
    book_rows = np.argsort(np.argsort(book.borrowers.arrival_month, kind="stable"))
    outcomes: list[NDArray[np.void]] = []
    engine.simulate_block(
        packed,
        world,
        {name: levers_of(name, book, MONTHS, RUNOFF) for name in names},
        run,
        0,
        {name: (sums, 0) for name, sums in tallies.items()},
        histories,
        scratch,
        lambda _: outcomes.append(scratch.state.outcomes[book_rows]),
    )
    order = [(name, path) for path in range(N_PATHS) for name in names]
    return Compiled(histories, tallies, dict(zip(order, outcomes, strict=True)))


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
    """Less what relief cut of it, which is forgiven in the same month."""
    sums = twin(policy, 0).tallies
    cut = sums.balance[0, :-1].sum(axis=1) - sums.roll[0, 1:].sum(axis=(1, 2))
    slack = 1e-9 * sums.balance[0, :-1].sum(axis=1)
    assert np.all(cut >= -slack)
    assert np.all(cut <= sums.flows[0, 1:, Flow.FORGIVEN] + slack)
    cuts = any("principal cut" in name and n for name, n in twin(policy, 0).happened.items())
    assert cuts == bool(np.any(cut > slack))


@every_policy
def test_outcomes_follow_from_the_history(policy: str) -> None:
    book, result = random_book(BOOK_SEED), twin(policy, 0)
    history, outcomes = result.history, result.outcomes
    was_open = (history["status"] == LoanStatus.OPEN).any(axis=0)
    for row in range(book.borrowers.id.size):
        mine = np.flatnonzero(book.loans.borrower == row)
        n, open_ = history["n_unpaid"][:, mine], history["status"][:, mine] == LoanStatus.OPEN
        found = outcomes[row]
        has_loan = bool(was_open[mine].any())
        assert (found["overdue_months"] != NEVER_OPENED) == has_loan
        for name, least in (("first_30", 2), ("first_90", 4)):
            months = np.flatnonzero((n >= least).any(axis=1))
            expected = 0 if months.size == 0 else int(months[0]) or AT_OPENING
            assert found[name] == expected, name
        served = open_[:-1]  # the month of a write-off or sale included
        overdue = ((n[1:] >= 1) & served).any(axis=1).sum()
        assert found["overdue_months"] == (overdue if has_loan else NEVER_OPENED)


@every_policy
def test_new_90_counts_the_loans_of_the_vintage_curves(policy: str) -> None:
    sums = twin(policy, 0).tallies
    assert sums.counts[0, :, Count.NEW_90].sum() == pytest.approx(sums.vintage_first_90[0].sum())


@every_policy
def test_a_policy_saves_and_harms_nobody_against_itself(policy: str) -> None:
    fates = twin_fates(policy, policy, 0)
    changes = (Fate.SAVED, Fate.DELAYED, Fate.HASTENED, Fate.HARMED, Fate.CENSORED,
               Fate.REFUSED_GOOD, Fate.REFUSED_BAD, Fate.ADMITTED_GOOD, Fate.ADMITTED_BAD,
               Fate.PREVENTED, Fate.RETURNED)  # fmt: skip
    assert not fates[:, changes].any()
    assert fates[0, Fate.COMPARED, 0] > 0.0


@every_policy
def test_groups_of_every_kind_add_up_to_the_whole_book(policy: str) -> None:
    book = random_book(BOOK_SEED)
    sizes = (10, 5, len(book.regions), len(book.products))
    edges = np.cumsum((1, *sizes))
    burdens = burdens_by_group(book, twin(policy, 0).outcomes)
    for found in (twin_fates(policy, "nothing", 0), burdens):
        for first, last in pairwise(edges):
            np.testing.assert_allclose(found[first:last].sum(axis=0), found[0], rtol=1e-12)


def outcome(**fields: float) -> np.void:
    found = np.zeros(1, dtype=OUTCOME_DTYPE)
    for name, number in fields.items():
        found[name] = number
    return found[0]


@pytest.mark.parametrize(
    ("here", "there", "expected"),
    [
        ({}, {"first_90": 9, "balance_90": 5.0}, {Fate.SAVED: 5.0}),
        ({"first_90": 9}, {"first_90": 7, "balance_90": 5.0}, {Fate.DELAYED: 5.0}),
        ({"first_90": 7}, {"first_90": 9, "balance_90": 5.0}, {Fate.HASTENED: 5.0}),
        ({"first_90": 7, "balance_90": 6.0}, {}, {Fate.HARMED: 6.0}),
        ({"first_90": 7}, {"first_90": 7}, {}),
        (
            {"first_relief": 3, "last_relief": 8, "balance_relief": 2.0},
            {"first_90": 9, "balance_90": 5.0, "first_30": 7},
            {Fate.SAVED: 5.0, Fate.RELIEVED: 2.0, Fate.PREVENTED: 2.0},
        ),
        (
            {"first_relief": 3, "last_relief": 9, "balance_relief": 2.0},
            {"first_90": 9, "balance_90": 5.0, "first_30": 7},
            {Fate.CENSORED: 5.0, Fate.RELIEVED: 2.0},
        ),
        (
            {"first_relief": 1, "last_relief": 2, "balance_relief": 2.0, "first_90": 15},
            {"first_90": 16, "balance_90": 5.0, "first_30": 14},
            {Fate.RELIEVED: 2.0},
        ),
        (
            {"first_relief": 2, "last_relief": 4, "balance_relief": 2.0, "first_30": 16},
            {"first_30": 4},
            {Fate.RELIEVED: 2.0, Fate.PREVENTED: 2.0, Fate.RETURNED: 2.0},
        ),
        (
            {"first_relief": 2, "last_relief": 4, "balance_relief": 2.0},
            {},
            {Fate.RELIEVED: 2.0, Fate.FREE_RIDER: 2.0},
        ),
        (
            {"first_relief": 2, "last_relief": 4, "balance_relief": 2.0, "first_30": AT_OPENING},
            {"first_30": AT_OPENING},
            {Fate.RELIEVED: 2.0},
        ),
    ],
)  # fmt: skip
def test_fates_are_those_of_the_definitions(
    here: dict[str, float], there: dict[str, float], expected: dict[Fate, float]
) -> None:
    found = fates_of(outcome(**here), outcome(**there), 20, 100.0)
    assert found == {Fate.COMPARED: 100.0, **expected}


@pytest.mark.parametrize(
    ("here", "there", "expected"),
    [
        ({}, {"first_90": AT_OPENING}, {}),
        ({"overdue_months": NEVER_OPENED}, {"overdue_months": NEVER_OPENED}, {}),
        ({"overdue_months": NEVER_OPENED}, {}, {Fate.REFUSED_GOOD: 100.0}),
        (
            {"overdue_months": NEVER_OPENED},
            {"first_90": 8, "balance_90": 5.0},
            {Fate.REFUSED_BAD: 5.0},
        ),
        ({}, {"overdue_months": NEVER_OPENED}, {Fate.ADMITTED_GOOD: 100.0}),
        (
            {"first_90": 8, "balance_90": 5.0},
            {"overdue_months": NEVER_OPENED},
            {Fate.ADMITTED_BAD: 5.0},
        ),
    ],
)
def test_borrowers_without_a_loan_under_both_policies_are_not_compared(
    here: dict[str, float], there: dict[str, float], expected: dict[Fate, float]
) -> None:
    assert fates_of(outcome(**here), outcome(**there), 20, 100.0) == expected


def test_every_cause_and_every_ending_occurs() -> None:
    histories = [twin(policy, path).history for policy in POLICIES for path in range(N_PATHS)]
    causes = set(np.concatenate([np.unique(h["cause"]) for h in histories]).tolist())
    endings = set(np.concatenate([np.unique(h["status"]) for h in histories]).tolist())
    assert causes == {int(c) for c in Cause}
    assert endings == {int(s) for s in LoanStatus}


def test_every_count_and_flow_occurs() -> None:
    sums = [twin(policy, 0).tallies for policy in POLICIES]
    counts, flows = (
        sum(s.counts.sum((0, 1)) for s in sums),
        sum(s.flows.sum((0, 1)) for s in sums),
    )
    assert {c.name for c in Count if not counts[c] > 0.0} == set()
    assert {f.name for f in Flow if not flows[f] > 0.0} == set()


def test_every_mechanism_occurs() -> None:
    happened: Counter[str] = Counter()
    for case in range(N_CASES):
        for policy in POLICIES:
            for path in range(N_PATHS):
                happened.update(twin(policy, path, case).happened)
    assert {name for name in MECHANISMS if not happened[name]} == set()
    assert set(happened) <= set(MECHANISMS)


def test_every_fate_and_burden_occurs() -> None:
    fates = sum(
        twin_fates(policy, reference, path, case)[0, :, 0]
        for case in range(N_CASES)
        for policy in POLICIES
        for reference in REFERENCES
        for path in range(N_PATHS)
    )
    assert {f.name for f in Fate if not fates[f] > 0.0} == set()
    burdens = burdens_by_group(random_book(BOOK_SEED), twin("collections", 0).outcomes)[0]
    assert {b.name for b in Burden if not burdens[b] > 0.0} == set()


def test_every_lever_is_moved_by_some_sample() -> None:
    moved = {edit.lever for edits in POLICIES.values() for edit in edits(MONTHS)}
    assert moved == ALL_FIELDS.keys()


@pytest.mark.parametrize("cause", SWITCHABLE_CAUSES, ids=lambda c: c.name)
def test_a_cause_that_is_switched_off_never_occurs(cause: Cause) -> None:
    assert cause not in twin("grace_period", 0, off=cause).history["cause"]


every_case = pytest.mark.parametrize("case", range(N_CASES))


@every_policy
@every_case
def test_kernels_agree_with_the_twin_loan_by_loan(policy: str, case: int) -> None:
    fast, slow = run_kernels(case, "nothing").histories[policy], twin(policy, 0, case).history
    for name in HISTORY_DTYPE.names or ():
        if HISTORY_DTYPE[name].kind == "f":
            np.testing.assert_allclose(
                fast[name], slow[name], rtol=TOLERANCE, atol=1e-6, err_msg=name
            )
        else:
            np.testing.assert_array_equal(fast[name], slow[name], err_msg=name)


@every_policy
@every_case
def test_kernels_agree_with_the_twin_borrower_by_borrower(policy: str, case: int) -> None:
    for path in range(N_PATHS):
        fast = run_kernels(case, "nothing").outcomes[policy, path]
        slow = twin(policy, path, case).outcomes
        for name in OUTCOME_DTYPE.names or ():
            np.testing.assert_allclose(fast[name], slow[name], rtol=1e-6, err_msg=name)


@every_policy
@every_case
def test_kernels_agree_with_the_twin_sum_by_sum(policy: str, case: int) -> None:
    compiled = run_kernels(case, "nothing").tallies[policy]
    for path in range(N_PATHS):
        for name, sums in twin(policy, path, case).tallies._asdict().items():
            if name not in ELSEWHERE:
                found = getattr(compiled, name)[path]
                np.testing.assert_allclose(found, sums[0], rtol=TOLERANCE, atol=1e-6, err_msg=name)


@every_policy
@every_case
@pytest.mark.parametrize("reference", REFERENCES)
def test_kernels_agree_with_the_twin_on_fates_and_burdens(
    policy: str, case: int, reference: str
) -> None:
    """Contacts are kept in single precision, so burdens agree to its rounding."""
    book, compiled = random_book(BOOK_SEED + case), run_kernels(case, reference).tallies[policy]
    for path in range(N_PATHS):
        fates = twin_fates(policy, reference, path, case)
        burdens = burdens_by_group(book, twin(policy, path, case).outcomes)
        np.testing.assert_allclose(compiled.fates[path], fates, rtol=TOLERANCE, atol=1e-6)
        np.testing.assert_allclose(compiled.burdens[path], burdens, rtol=1e-6)
