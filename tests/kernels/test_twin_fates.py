"""Fates by the twin: each by its definition, and groups that add up."""

from itertools import pairwise

import numpy as np
import pytest

from simulator.kernels.records import AT_OPENING, NEVER_OPENED, OUTCOME_DTYPE
from simulator.vocabulary import Fate
from tests.kernels.twin_runs import BOOK_SEED, every_policy, twin, twin_fates
from tests.twin import burdens_by_group
from tests.twin.fates import fates_of
from tests.twin.samples import random_book


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
