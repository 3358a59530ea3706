"""A history tells of its borrowers what happens to them without one, seated or not."""

from functools import cache
from typing import NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray

from simulator import engine
from simulator.engine.paths import history_rows
from simulator.kernels.tally import HISTORY_DTYPE, Tallies
from simulator.packing import Packed, pack
from simulator.settings import RunSettings
from simulator.vocabulary import Count, Hardship, LoanStatus, WorkState
from tests.kernels.twin_runs import BOOK_SEED, HORIZON, RUN_SEED, WORLD_SEED, every_policy
from tests.twin.sample_policies import levers_of
from tests.twin.samples import MONTHS, RUNOFF, eager_parameters, random_book, random_world

ALL = 10_000
SOME = 12


class Told(NamedTuple):
    """Path 0 of a policy: history of shape (T, n), packed rows of its loans, and what was left."""

    packed: Packed
    history: NDArray[np.void]
    rows: NDArray[np.int32]
    tallies: Tallies
    outcomes: NDArray[np.void]
    loans: NDArray[np.void]
    people: NDArray[np.void]
    quiet: int


@cache
def told(policy: str, borrowers: int, side_by_side: bool = True) -> Told:
    """The twin's first sample with a history of so many of its borrowers."""
    book = random_book(BOOK_SEED)
    packed = pack(book, eager_parameters())
    run = RunSettings(
        paths=1,
        months=MONTHS,
        runoff_months=RUNOFF,
        seed=RUN_SEED,
        threads=1,
        history_borrowers=borrowers,
    )
    rows = history_rows(packed, run)
    history = np.zeros((HORIZON + 1, rows.size), dtype=HISTORY_DTYPE)
    sums = packed.allocate_tallies(1, HORIZON)
    scratch = engine.Scratch.allocate(packed, sums, side_by_side)
    engine.simulate_block(
        packed,
        random_world(WORLD_SEED, 1, HORIZON),
        {"x": levers_of(policy, book, MONTHS, RUNOFF)},
        run,
        0,
        {"x": (sums, 0)},
        {"x": history} if borrowers else {},
        scratch,
    )
    state = scratch.state
    left = state.outcomes.copy(), state.loans.copy(), state.people.copy()
    return Told(packed, history, rows, sums, *left, int(scratch.tiles.quiet[0]))


@every_policy
def test_a_history_moves_no_bit_of_any_sum(policy: str) -> None:
    without = told(policy, 0)
    for other in (told(policy, SOME), told(policy, ALL)):
        for name, here, there in zip(Tallies._fields, without.tallies, other.tallies, strict=True):
            np.testing.assert_array_equal(here, there, err_msg=name)
        np.testing.assert_array_equal(without.outcomes, other.outcomes)


@every_policy
def test_a_sample_is_told_as_everybody_is(policy: str) -> None:
    """Of the sample's neighbours most months pass in the tiles; of everybody's none does."""
    some, everybody = told(policy, SOME), told(policy, ALL)
    records_alone = told(policy, ALL, side_by_side=False)
    assert some.quiet > 0
    assert everybody.quiet == records_alone.quiet == 0
    places = np.flatnonzero(np.isin(everybody.rows, some.rows))
    np.testing.assert_array_equal(everybody.rows[places], some.rows)
    np.testing.assert_array_equal(everybody.history, records_alone.history)
    np.testing.assert_array_equal(everybody.history[:, places], some.history)


@every_policy
def test_what_tiles_leave_at_the_end_is_what_a_history_tells(policy: str) -> None:
    """Loans and purses after a run without a history, whose quiet months pass in the tiles."""
    seated, everybody = told(policy, 0), told(policy, ALL)
    assert seated.quiet > 0
    last, rows = everybody.history[-1], everybody.rows
    people = seated.people[seated.packed.book.loans["borrower"][rows]]
    for name in ("status", "n_unpaid", "principal"):
        np.testing.assert_array_equal(last[name], seated.loans[name][rows], err_msg=name)
    was_open = everybody.history["status"][-2] == LoanStatus.OPEN
    for name in ("savings", "other_debt", "refusing"):
        np.testing.assert_array_equal(last[name][was_open], people[name][was_open], err_msg=name)
    still = last["status"] == LoanStatus.OPEN
    np.testing.assert_array_equal(
        (last["hardship_seen"] == last["hardship"])[still & (last["hardship"] > 0)],
        (people["hardship_known"] > 0)[still & (last["hardship"] > 0)]
        | (last["hardship"] == Hardship.DISASTER)[still & (last["hardship"] > 0)],
    )


@every_policy
def test_contacts_of_a_history_are_those_of_the_borrowers_outcomes(policy: str) -> None:
    seated, everybody = told(policy, 0), told(policy, ALL)
    owner = everybody.packed.book.loans["borrower"][everybody.rows]
    found = np.bincount(
        owner, everybody.history["contacts"].sum(axis=0), minlength=seated.outcomes.size
    )
    np.testing.assert_allclose(found, seated.outcomes["contacts"], rtol=1e-6)
    assert (found.max() > 1.0) == (policy != "nothing")
    assert not everybody.history["contacts"][0].any()


@every_policy
def test_the_unemployed_of_a_history_are_those_that_tiles_count(policy: str) -> None:
    """Of borrowers with an open loan at the month's start."""
    seated, everybody = told(policy, 0), told(policy, ALL)
    book = everybody.packed.book
    owner = book.loans["borrower"][everybody.rows]
    history = everybody.history
    for t in range(1, HORIZON + 1):
        live = np.unique(owner[history["status"][t - 1] == LoanStatus.OPEN])
        idle = np.unique(owner[history["work"][t] == WorkState.UNEMPLOYED])
        weight = book.people["weight"][np.intersect1d(live, idle)].sum()
        assert weight == pytest.approx(seated.tallies.counts[0, t, Count.UNEMPLOYED], rel=1e-9)


@every_policy
def test_a_borrower_is_told_alike_in_each_row_and_quiet_and_other_months_occur(policy: str) -> None:
    everybody = told(policy, ALL)
    owner, history = everybody.packed.book.loans["borrower"][everybody.rows], everybody.history
    _, first = np.unique(owner, return_index=True)
    of_borrower = first[np.searchsorted(owner[first], owner)]
    assert np.unique(owner).size < owner.size
    for name in ("income", "work", "health", "hardship"):
        np.testing.assert_array_equal(history[name], history[name][:, of_borrower], err_msg=name)
    is_open = history["status"] == LoanStatus.OPEN
    quiet = is_open & (history["n_unpaid"] == 0) & (history["contacts"] == 0.0)
    assert quiet.sum() > 100
    assert (is_open & ~quiet).sum() > 100
    assert not history["hardship_seen"][~is_open].any()
