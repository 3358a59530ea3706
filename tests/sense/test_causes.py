"""Every overdue balance has a cause, and a cause can be switched off."""

from functools import cache

import numpy as np
import pytest

from simulator.book.schema import Book
from simulator.vocabulary import Cause, Count
from tests.conftest import (
    RISKLESS,
    SWITCHES,
    Small,
    cause_balance,
    run_small,
    small_book,
    with_borrowers,
)
from tests.sense.runs import closed_book


def all_causes_book() -> Book:
    """Borrowers among whom every cause can be the first."""
    book = small_book(1_500)
    people = book.borrowers
    return with_borrowers(
        book,
        p_forget=np.maximum(people.p_forget, 0.02),
        p_misunderstand=np.maximum(people.p_misunderstand, 0.05),
    )


BY_SHORTAGE_ALONE = {Cause.PLATFORM_CUTOFF, Cause.OVERSPENDING, Cause.CHOSE_OTHER_LENDER}
"""Causes of a shortage without a shock: without the shortage, none of them can occur."""


@cache
def causes_run(off: Cause | None) -> Small:
    parameters = {"choose_other_sensitivity": 0.5, "channel_mean_days": 8.0}
    if off is not None:
        parameters[SWITCHES[off]] = 0.0
    return run_small(all_causes_book(), parameters=parameters, paths=4)


@pytest.mark.parametrize("cause", SWITCHES, ids=lambda cause: cause.name)
def test_a_cause_can_be_switched_off_and_its_share_disappears(cause: Cause) -> None:
    assert cause_balance(causes_run(None).tallies(), cause) > 0.0
    without = causes_run(cause).tallies()
    assert cause_balance(without, cause) == 0.0
    also_gone = BY_SHORTAGE_ALONE if cause in BY_SHORTAGE_ALONE else {cause}
    for other in SWITCHES.keys() - also_gone:
        assert cause_balance(without, other) > 0.0, other.name


def test_overdue_balance_always_has_a_cause() -> None:
    tallies = causes_run(None).tallies()
    assert cause_balance(tallies, Cause.NONE) == 0.0
    assert np.all(tallies.cause_balance >= 0.0)


def test_nobody_is_overdue_when_every_cause_is_off() -> None:
    small = run_small(closed_book(), parameters=RISKLESS)
    assert small.tallies().balance[:, :, 1:].sum() == 0.0
    assert small.counts()[:, :, Count.INSTALMENTS_LATE].sum() == 0.0
