"""How a hardship comes to be known, and for how long: docs/model.md, section 4.5."""

from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from simulator.catalogue import pack_parameters, parameters_from
from simulator.kernels.borrower import hardship_of
from simulator.kernels.records import CHUNK, PathKey, State, allocate_state, records
from simulator.kernels.seen_hardship import is_struck, see_hardships, seen_hardship
from simulator.packing import Packed, pack
from simulator.vocabulary import Flag, Hardship, Life, LoanStatus, WorkState
from tests.conftest import small_book

KEY = PathKey(np.uint64(7), 0, 12, 12)
JOBLESS = int(WorkState.UNEMPLOYED)
EVERY_LIFE = [state | bits for state in range(3) for bits in range(0, 128, 4)]
NOBODY_TELLS = {
    "hardship_public_share": 0.0,
    "hardship_ask_share": 0.0,
    "hardship_learn_in_arrears": 0.0,
}
N = CHUNK


@cache
def book() -> Packed:
    return pack(small_book(N, applicants_monthly_share=0.0), parameters_from({}))


def parameters(**changes: float) -> np.void:
    packed: np.void = records(pack_parameters(parameters_from(NOBODY_TELLS | changes)))[0]
    return packed


class Seen:
    """A chunk of borrowers and what a lender knows of them, month by month."""

    def __init__(self, known: bool = False) -> None:
        packed = book()
        n_loans = packed.book.loans.size
        self.state: State = allocate_state(N, n_loans, packed.most_loans)
        self.state.live[:] = np.arange(N)
        self.state.loans["status"] = LoanStatus.OPEN
        self.state.people["hardship_known"] = known

    def month(
        self, t: int, life: int, *, short: bool = False, unpaid: int = 0, **changes: float
    ) -> NDArray[np.uint8]:
        """What is seen of each borrower in a month in which all lead the same life."""
        plans = self.state.plans
        plans["free"], plans["demand"] = 100.0, 200.0 if short else 50.0
        plans["unpaid"], plans["hardship"] = unpaid, int(hardship_of(life))
        lives = np.full((t + 1, N), life, dtype=np.uint8)
        struck = [k for k in range(N) if is_struck(plans[k], self.state.people[k])]
        self.state.struck[: len(struck)] = struck
        n = len(struck)
        see_hardships(t, 0, n, True, book().book, self.state, parameters(**changes), KEY, lives)
        seen: NDArray[np.uint8] = plans["seen_hardship"].copy()
        return seen

    @property
    def known(self) -> NDArray[np.bool_]:
        return np.asarray(self.state.people["hardship_known"] > 0)


@pytest.mark.parametrize("life", EVERY_LIFE)
def test_a_lender_sees_a_known_hardship_and_every_disaster(life: int) -> None:
    assert seen_hardship(life, 1) == hardship_of(life)
    hidden = Hardship.DISASTER if life & Life.DISASTER else Hardship.NONE
    assert seen_hardship(life, 0) == hidden


@pytest.mark.parametrize("life", EVERY_LIFE)
def test_without_a_sign_a_hardship_stays_hidden(life: int) -> None:
    """Short or in arrears, when nobody tells and nobody is asked."""
    seen = Seen().month(3, life, short=True, unpaid=2)
    assert np.all(seen == (Hardship.DISASTER if life & Life.DISASTER else Hardship.NONE))


def test_a_hardship_stays_known_until_there_is_none() -> None:
    borrowers = Seen(known=True)
    lives = (JOBLESS, JOBLESS | Life.ILL, int(Life.ILL), int(WorkState.REDUCED), 0, JOBLESS)
    expected = (
        Hardship.JOB_LOSS,
        Hardship.JOB_LOSS,
        Hardship.ILLNESS,
        Hardship.REDUCED_INCOME,
        Hardship.NONE,
        Hardship.NONE,
    )
    for t, (life, hardship) in enumerate(zip(lives, expected, strict=True), start=1):
        assert np.all(borrowers.month(t, int(life)) == hardship), t
        assert np.all(borrowers.known == (hardship is not Hardship.NONE)), t


WAYS = {
    "told": ("hardship_ask_share", {"short": True}),
    "asked about": ("hardship_learn_in_arrears", {"unpaid": 1}),
}


@pytest.mark.parametrize("share", [0.05, 0.4])
@pytest.mark.parametrize("way", WAYS)
def test_a_hardship_is_told_and_asked_about_as_often_as_the_catalogue_says(
    way: str, share: float
) -> None:
    name, moment = WAYS[way]
    found = [
        np.mean(Seen().month(t, JOBLESS, **moment, **{name: share}) == Hardship.JOB_LOSS)  # type: ignore[arg-type]
        for t in range(1, 41)
    ]
    standard_error = np.sqrt(share * (1 - share) / (40 * N))
    assert abs(np.mean(found) - share) < 4.5 * standard_error
    quiet = Seen().month(1, JOBLESS, **{name: share})  # neither short nor in arrears
    assert np.all(quiet == Hardship.NONE)


def test_public_hardships_are_those_of_the_same_borrowers_in_every_month() -> None:
    share = 0.3
    first, later = (Seen().month(t, JOBLESS, hardship_public_share=share) for t in (1, 9))
    np.testing.assert_array_equal(first, later)
    found = np.mean(first == Hardship.JOB_LOSS)
    assert abs(found - share) < 4.5 * np.sqrt(share * (1 - share) / N)
    assert np.all(Seen().month(1, JOBLESS, hardship_public_share=1.0) == Hardship.JOB_LOSS)


def test_a_warning_that_reaches_a_borrower_brings_out_the_hardship() -> None:
    borrowers, loans = Seen(), book().book.loans
    warned = int(loans["borrower"][0])
    borrowers.state.loans["marks"][loans["borrower"] == warned] = Flag.WARNED
    seen = borrowers.month(1, int(Life.ILL))
    np.testing.assert_array_equal(np.flatnonzero(seen == Hardship.ILLNESS), [warned])
    assert np.all(borrowers.month(2, int(Life.ILL))[warned] == Hardship.ILLNESS)
