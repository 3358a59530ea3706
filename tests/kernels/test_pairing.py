"""The same borrowers under two policies: fates from hand-made outcomes, twins and runs."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from simulator.kernels.pairing import GROUP_KINDS, Paired, compare_outcomes, group_slices
from simulator.kernels.records import (
    AT_OPENING,
    FACTS_DTYPE,
    NEVER_OPENED,
    OUTCOME_DTYPE,
    records,
)
from simulator.vocabulary import N_BURDENS, N_FATES, Burden, Count, Fate
from tests.conftest import (
    CALM,
    FREE,
    HARD,
    RICH,
    assert_same_simulations,
    run_small,
    small_book,
)
from tests.twin.fates import fates_of

F8 = NDArray[np.float64]
Outcomes = NDArray[np.void]

HORIZON = 36
PRINCIPAL, WEIGHT = 1000.0, 3.0
HERE_90, THERE_90, AT_RELIEF = 700.0, 500.0, 900.0
"""Balances at the first 90+ under the policy and under the reference, and at relief."""


UNIT = 2.0**40
FACTS = records(np.zeros(1, dtype=FACTS_DTYPE))
for _scale in ("money_scale", "count_scale", "path_count_scale"):
    FACTS[_scale] = UNIT


def outcomes_of(*rows: Mapping[str, float]) -> Outcomes:
    """Outcome records, one a borrower; fields that are not given are 0: nothing happened."""
    found = np.zeros(len(rows), dtype=OUTCOME_DTYPE)
    for record, row in zip(found, rows, strict=True):
        for name, value in row.items():
            record[name] = value
    return records(found)


def only_all(n: int) -> Paired:
    """Borrowers of one group."""
    return Paired(np.zeros((n, 1), dtype=np.uint16), np.full(n, WEIGHT), np.full(n, PRINCIPAL))


def compared(paired: Paired, own: Outcomes, reference: Outcomes, n_groups: int) -> tuple[F8, F8]:
    """Fates and burdens of one path."""
    fates = np.zeros((n_groups, N_FATES, 2), dtype=np.int64)
    burdens = np.zeros((n_groups, N_BURDENS), dtype=np.int64)
    compare_outcomes(paired, own, reference, HORIZON, FACTS, fates, burdens)
    return fates / UNIT, burdens / UNIT


# One borrower


@dataclass(frozen=True)
class Case:
    """A borrower here and under the reference, and its fates beside COMPARED with balances."""

    name: str
    here: Mapping[str, float] = field(default_factory=dict)
    there: Mapping[str, float] = field(default_factory=dict)
    fates: Mapping[Fate, float] = field(default_factory=dict)
    compared: bool = True


def at_90(month: int) -> dict[str, float]:
    return {"first_30": max(1, month - 2), "first_90": month}


def relief(last: int, **more: float) -> dict[str, float]:
    """Relief granted in month 3 that runs to ``last``."""
    return {"first_relief": 3, "last_relief": last, "balance_relief": AT_RELIEF, **more}


NEVER = {"overdue_months": NEVER_OPENED}
WITH_RELIEF = {Fate.RELIEVED: AT_RELIEF}
STOPPED = WITH_RELIEF | {Fate.PREVENTED: AT_RELIEF}
FREE_RIDE = WITH_RELIEF | {Fate.FREE_RIDER: AT_RELIEF}
LATE_90 = {"first_30": 30, "first_90": 32}
"""Under the reference: overdue too late to be prevented by relief of the first months."""

CASES = (
    Case("nothing happened"),
    Case("90+ in the same month", at_90(9), at_90(9)),
    Case("saved", {}, at_90(9), {Fate.SAVED: THERE_90}),
    Case("saved in the last month", {}, at_90(HORIZON), {Fate.SAVED: THERE_90}),
    Case("still 30+", {"first_30": 7}, at_90(9), {Fate.SAVED: THERE_90}),
    Case("delayed", at_90(10), at_90(9), {Fate.DELAYED: THERE_90}),
    Case("hastened", at_90(8), at_90(9), {Fate.HASTENED: THERE_90}),
    Case("harmed", at_90(9), {}, {Fate.HARMED: HERE_90}),
    Case("harmed in the last month", at_90(HORIZON), {}, {Fate.HARMED: HERE_90}),
    Case(
        "90+ at the opening",
        relief(9, first_30=AT_OPENING, first_90=AT_OPENING),
        {"first_30": AT_OPENING, "first_90": AT_OPENING},
        compared=False,
    ),
    Case(
        "relief ends 12 months before the horizon",
        relief(24),
        at_90(30),
        WITH_RELIEF | {Fate.SAVED: THERE_90},
    ),
    Case(
        "relief ends 11 months before the horizon",
        relief(25),
        at_90(30),
        WITH_RELIEF | {Fate.CENSORED: THERE_90},
    ),
    Case(
        "relief outlasts the horizon",
        relief(40),
        at_90(36),
        WITH_RELIEF | {Fate.CENSORED: THERE_90},
    ),
    Case(
        "90+ in the last month watched",
        relief(10, **at_90(22)),
        {"first_30": 11, "first_90": 14},
        WITH_RELIEF | {Fate.DELAYED: THERE_90},
    ),
    Case(
        "90+ a month after the last one watched",
        relief(10, **at_90(23)),
        {"first_30": 11, "first_90": 14},
        WITH_RELIEF | {Fate.SAVED: THERE_90, Fate.LAPSED: THERE_90},
    ),
    Case(
        "90+ under the reference in the last month watched",
        relief(10),
        {"first_30": 20, "first_90": 22},
        WITH_RELIEF | {Fate.SAVED: THERE_90},
    ),
    Case(
        "90+ under the reference after the last month watched",
        relief(10),
        {"first_30": 20, "first_90": 23},
        WITH_RELIEF,
    ),
    Case(
        "hastened, though the reference's 90+ is not watched",
        relief(10, **at_90(22)),
        LATE_90,
        WITH_RELIEF | {Fate.HASTENED: THERE_90},
    ),
    Case(
        "harmed too late to be relief's work",
        relief(10, **at_90(23)),
        {"first_30": 20},
        WITH_RELIEF | {Fate.HARMED_LATER: HERE_90},
    ),
    Case(
        "90+ after the last month watched, under both",
        relief(10, **at_90(23)),
        LATE_90,
        WITH_RELIEF,
    ),
    Case(
        "harmed in the last month watched",
        relief(10, **at_90(22)),
        {"first_30": 20},
        WITH_RELIEF | {Fate.HARMED: HERE_90},
    ),
    Case("free rider", relief(10), {}, FREE_RIDE),
    Case("free rider for good", relief(60), {}, FREE_RIDE),
    Case("30+ at the opening is no free rider", relief(10), {"first_30": AT_OPENING}, WITH_RELIEF),
    Case("30+ long after relief is no free rider", relief(10), {"first_30": 36}, WITH_RELIEF),
    Case("prevented", relief(10), {"first_30": 8}, STOPPED),
    Case("prevented in relief's last month", relief(10), {"first_30": 10}, STOPPED),
    Case("nothing to prevent under relief", relief(10), {"first_30": 11}, WITH_RELIEF),
    Case("30+ in spite of relief", relief(10, first_30=10), {"first_30": 8}, WITH_RELIEF),
    Case(
        "returned at once",
        relief(10, first_30=11),
        {"first_30": 8},
        STOPPED | {Fate.RETURNED: AT_RELIEF},
    ),
    Case(
        "returned in the last month watched",
        relief(10, first_30=22),
        {"first_30": 8},
        STOPPED | {Fate.RETURNED: AT_RELIEF},
    ),
    Case("returned too late", relief(10, first_30=23), {"first_30": 8}, STOPPED),
    Case("prevented until the horizon", relief(24), {"first_30": 8}, STOPPED),
    Case("prevented, not watched for long enough", relief(25), {"first_30": 8}, WITH_RELIEF),
    Case("refused and good", NEVER, {}, {Fate.REFUSED_GOOD: PRINCIPAL}, compared=False),
    Case(
        "refused and bad",
        NEVER,
        {**at_90(30)},
        {Fate.REFUSED_BAD: THERE_90},
        compared=False,
    ),
    Case("admitted, good", {}, NEVER, {Fate.ADMITTED_GOOD: PRINCIPAL}, compared=False),
    Case(
        "admitted, bad",
        {**at_90(30)},
        NEVER,
        {Fate.ADMITTED_BAD: HERE_90},
        compared=False,
    ),
    Case("refused under both", NEVER, NEVER, compared=False),
    Case("a new borrower under both", {}, {}),
)


def test_a_borrower_has_the_fates_of_the_definitions() -> None:
    assert {fate for case in CASES for fate in case.fates} == set(Fate) - {Fate.COMPARED}
    for case in CASES:
        own = outcomes_of({"balance_90": HERE_90, **case.here})
        reference = outcomes_of({"balance_90": THERE_90, **case.there})
        fates, _ = compared(only_all(1), own, reference, 1)
        expected = np.zeros((N_FATES, 2))
        for fate, balance in case.fates.items():
            expected[fate] = WEIGHT, WEIGHT * balance
        if case.compared:
            expected[Fate.COMPARED] = WEIGHT, WEIGHT * PRINCIPAL
        np.testing.assert_array_equal(fates[0], expected, err_msg=case.name)


# Many borrowers


def random_outcomes(seed: int, n: int) -> Outcomes:
    """Outcomes in which months of all kinds meet at random, near each other so that all occur."""
    draw = np.random.default_rng(seed)

    def months(low: int, high: int, nothing: float) -> NDArray[np.int64]:
        return np.where(draw.random(n) < nothing, 0, draw.integers(low, high, n))

    found = np.zeros(n, dtype=OUTCOME_DTYPE)
    found["first_30"] = months(1, HORIZON + 1, 0.4)
    found["first_90"] = np.where(draw.random(n) < 0.05, AT_OPENING, months(1, HORIZON + 1, 0.4))
    found["first_relief"] = months(1, 5, 0.3)
    found["last_relief"] = np.where(found["first_relief"] > 0, draw.integers(5, 40, n), 0)
    for name in ("balance_90", "balance_relief"):
        found[name] = draw.uniform(1.0, 9.0, n)
    overdue = months(1, HORIZON, 0.5)
    found["overdue_months"] = np.where(draw.random(n) < 0.1, NEVER_OPENED, overdue)
    found["contacts"] = draw.uniform(0.0, 4.0, n)
    found["complaints"] = months(1, 3, 0.9)
    return records(found)


@given(st.integers(0, 2**32 - 1))
def test_fates_agree_with_the_plain_definitions(seed: int) -> None:
    own, reference = random_outcomes(seed, 200), random_outcomes(seed + 1, 200)
    fates, _ = compared(only_all(200), own, reference, 1)
    expected = np.zeros((N_FATES, 2))
    for here, there in zip(own, reference, strict=True):
        for fate, balance in fates_of(here, there, HORIZON, PRINCIPAL).items():
            expected[fate] += WEIGHT, WEIGHT * balance
    np.testing.assert_allclose(fates[0], expected, rtol=1e-12)


def test_what_happens_to_first_90_excludes_each_other_and_relief_fates_nest() -> None:
    for seed in range(40):
        own, reference = random_outcomes(seed, 1), random_outcomes(seed + 1000, 1)
        weights = compared(only_all(1), own, reference, 1)[0][0, :, 0]
        differing = weights[Fate.SAVED : Fate.CENSORED + 1].sum() + weights[Fate.HARMED_LATER]
        assert differing <= weights[Fate.COMPARED]
        assert weights[Fate.LAPSED] <= weights[Fate.SAVED]
        assert weights[Fate.FREE_RIDER] <= weights[Fate.RELIEVED] <= weights[Fate.COMPARED]
        assert weights[Fate.RETURNED] <= weights[Fate.PREVENTED] <= weights[Fate.RELIEVED]


ALONE = (Fate.COMPARED, Fate.RELIEVED, Fate.FREE_RIDER)
"""Fates that tell nothing about a difference to the reference."""


def test_a_policy_that_changes_no_outcome_has_no_fate() -> None:
    own = random_outcomes(5, 5000)
    fates, _ = compared(only_all(5000), own, own, 1)
    assert {fate for fate in Fate if fates[0, fate].any()} == set(ALONE)


def test_groups_add_up_to_all_and_keep_to_their_borrowers() -> None:
    n, draw = 600, np.random.default_rng(6)
    slices = group_slices(3, 2)
    assert tuple(slices) == GROUP_KINDS
    number = [draw.integers(at.start, at.stop, n) for at in slices.values()]
    group = np.stack(number, axis=1).astype(np.uint16)
    paired = Paired(group, draw.uniform(1, 5, n), draw.uniform(1, 9, n))
    own, reference = random_outcomes(7, n), random_outcomes(8, n)
    fates, burdens = compared(paired, own, reference, slices["product"].stop)
    for at in slices.values():
        np.testing.assert_allclose(fates[at].sum(axis=0), fates[0], rtol=1e-12)
        np.testing.assert_allclose(burdens[at].sum(axis=0), burdens[0], rtol=1e-12)
    second_region = slices["region"].start + 1
    member = group[:, GROUP_KINDS.index("region")] == second_region
    there = Paired(np.zeros((member.sum(), 1), np.uint16), *(x[member] for x in paired[1:]))
    alone = compared(there, own[member], reference[member], 1)
    np.testing.assert_array_equal(fates[second_region], alone[0][0])
    np.testing.assert_array_equal(burdens[second_region], alone[1][0])


def test_burdens_are_the_policys_own_whatever_the_reference_does() -> None:
    own = outcomes_of({"overdue_months": 4, "contacts": 2.5, "complaints": 1}, {"contacts": 1.0})
    _, burdens = compared(only_all(2), own, random_outcomes(9, 2), 1)
    assert burdens[0].tolist() == [4 * WEIGHT, 3.5 * WEIGHT, WEIGHT]


# Whole runs


def test_compared_borrowers_are_those_of_the_book_by_every_margin() -> None:
    book = small_book(400, months=6, applicants_monthly_share=0.0)
    tallies = run_small(book, months=6, paths=2).tallies()
    people, loans = book.borrowers, book.loans
    first_loan = np.searchsorted(loans.borrower, np.arange(people.id.size))
    at_risk = (
        np.bincount(loans.borrower, weights=loans.n_unpaid >= 4, minlength=people.id.size) == 0
    )
    weight = np.where(at_risk, people.weight, 0.0)
    principal = np.bincount(loans.borrower, weights=loans.principal)
    assert 0.0 < weight.sum() < people.weight.sum()
    member = {
        "all": np.zeros(people.id.size, dtype=np.int64),
        "income_decile": people.income_decile,
        "age_band": people.age_band,
        "region": people.region,
        "product": loans.product[first_loan],
    }
    for kind, at in group_slices(len(book.regions), len(book.products)).items():
        size = at.stop - at.start
        for column, amount in enumerate((weight, weight * principal)):
            expected = np.bincount(member[kind], weights=amount, minlength=size)
            for path in range(2):
                found = tallies.fates[path, at, Fate.COMPARED, column]
                np.testing.assert_allclose(found, expected, rtol=1e-12, err_msg=kind)


def test_two_equal_policies_leave_every_borrower_as_it_was() -> None:
    small = run_small(policies=FREE | {"same": []})
    fates = small.tallies("same").fates
    assert {fate for fate in Fate if fates[:, :, fate].any()} <= set(ALONE)
    np.testing.assert_array_equal(fates, small.tallies().fates)
    np.testing.assert_array_equal(small.tallies("same").burdens, small.tallies().burdens)
    assert small.tallies("grace_period").fates[:, 0, Fate.RELIEVED].any()


def test_the_reference_is_what_policies_are_compared_with_wherever_it_stands() -> None:
    first = run_small(policies=RICH)
    last = run_small(policies=dict(reversed(RICH.items())))
    for policy in RICH:
        assert np.array_equal(first.tallies(policy).fates, last.tallies(policy).fates), policy
    assert first.tallies("grace_period").fates[:, 0, Fate.RELIEVED].any()
    assert not first.tallies("status_quo").fates[:, :, Fate.SAVED :].any()


def test_threads_and_blocks_change_no_bit_of_fates_and_burdens() -> None:
    one = run_small(policies=RICH, worlds={"hard": HARD, "calm": CALM}, path_batch=6)
    two = run_small(policies=RICH, worlds={"hard": HARD, "calm": CALM}, path_batch=1, threads=2)
    assert one.tallies("grace_period").fates.any()
    assert_same_simulations(one.simulation, two.simulation)


def test_contacts_and_complaints_of_borrowers_are_the_lenders() -> None:
    tallies = run_small().tallies()
    counts, burdens = tallies.counts.sum(axis=1), tallies.burdens[:, 0]
    contacts = counts[:, Count.CONTACT_REMINDER : Count.CONTACT_LEGAL + 1].sum(axis=1)
    contacts += counts[:, Count.CONTACT_AGENCY]
    assert contacts.min() > 0.0
    np.testing.assert_allclose(burdens[:, Burden.CONTACTS], contacts, rtol=1e-6)  # float32
    np.testing.assert_allclose(burdens[:, Burden.COMPLAINTS], counts[:, Count.COMPLAINTS])
