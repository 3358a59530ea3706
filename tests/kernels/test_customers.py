"""Customers who come back: what their loans hang on, and whom the door stays shut for."""

from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.book.segments import mix_ids, risk_band
from simulator.catalogue import parameters_from
from simulator.engine import states_at
from simulator.kernels.customers import FOR_EVER, later_id
from simulator.macro import draw_macro_paths
from simulator.packing import Packed, pack
from simulator.policies import StatusQuo, levers_for
from simulator.settings import MacroDeviation
from simulator.vocabulary import Amortisation, Count, LoanStatus
from tests.conftest import (
    HARD,
    ONCE,
    run_settings,
    run_small,
    scenario_of,
    small_book,
    world_builder,
)

MONTHS = 30
CLOSED_MONTHS = 6
CHANGES = {"record_closed_months": float(CLOSED_MONTHS), "return_monthly": 0.6}
GOLDEN = 0x9E3779B97F4A7C15


class Ended(NamedTuple):
    """A path of a hard economy at its end, rows as packed."""

    packed: Packed
    parameters: dict[str, float]
    loans: NDArray[np.void]
    slots: NDArray[np.void]
    people: NDArray[np.void]
    dormant: NDArray[np.uint32]


@cache
def ended() -> Ended:
    parameters = parameters_from(CHANGES)
    book, run = small_book(1_500, MONTHS, "cash_loan"), run_settings(months=MONTHS, paths=1)
    still = MacroDeviation(volatility=(0.0, 0.0, 0.0, 0.0))
    macro = draw_macro_paths(scenario_of(HARD, MONTHS, book.regions, still), run)
    world = world_builder(macro, book, parameters)(0, 1)
    packed, policy = pack(book, parameters), StatusQuo()
    levers = levers_for(policy, policy, book.segments, MONTHS)
    for state, _ in states_at(packed, world, levers, 7, [MONTHS]):
        resting = state.dormant[: state.n_dormant[0]]
        parts = (state.loans, state.slots, state.people, resting)
        return Ended(packed, parameters, *(np.array(part) for part in parts))
    raise AssertionError


def owners(found: Ended, chosen: NDArray[np.bool_]) -> NDArray[np.intp]:
    return np.asarray(found.slots["borrower"][chosen], dtype=np.intp)


def test_an_id_is_a_function_of_person_and_month_alone() -> None:
    people = np.array([1, 2**63 + 5, 2**64 - 1], dtype=np.uint64)
    for month, place in ((1, 0), (24, 1)):
        steps = np.array([(256 * month + place) * GOLDEN % 2**64], dtype=np.uint64)
        expected = mix_ids(people + steps)
        found = [later_id(np.uint64(person), month, place) for person in people]
        assert [int(x) for x in found] == [int(x) for x in expected]
    found = ended()
    again = found.slots["again"] == 1
    assert again.sum() > 200
    person = found.packed.book.people["id"][owners(found, again)]
    place = np.flatnonzero(again) - found.packed.book.people["first_loan"][owners(found, again)]
    for row, slot in enumerate(found.slots[again][:50]):
        month = int(slot["origination_month"])
        assert int(slot["id"]) == int(later_id(person[row], month, int(place[row])))


def test_the_band_of_a_loan_granted_again_follows_from_the_records() -> None:
    """Of customers with one loan at a time and without a late record; true risk enters no score."""
    found, p = ended(), ended().parameters
    people = found.people
    alone = found.packed.book.people["n_loans"] == 1
    clean = (people["late_until"] <= 0) & alone
    again = (found.slots["again"] == 1) & clean[found.slots["borrower"]]
    assert again.sum() > 100
    owner = owners(found, again)
    before = people["loans_had"][owner].astype(int) - 1
    points = p["behaviour_points"] * np.minimum(before, int(p["behaviour_loans"]))
    score = found.packed.book.entries["score"][owner] + points
    np.testing.assert_array_equal(found.slots["segment"][again] % 5, risk_band(score))
    prices = found.packed.book.prices[found.slots["product"][again], risk_band(score)]
    assert np.all(prices <= 0.24)


def test_a_closed_record_gets_no_loan() -> None:
    """A loan granted while a record was closed would lie within the months that it set."""
    found = ended()
    again = found.slots["again"] == 1
    granted = found.slots["origination_month"][again].astype(int)
    until = found.people["closed_until"][owners(found, again)].astype(int)
    begun = until - CLOSED_MONTHS
    shut = until != FOR_EVER
    assert np.any(shut & (until > 0))
    assert not np.any(shut & (granted > begun) & (granted <= until))
    lost = np.isin(found.loans["status"], [LoanStatus.WRITTEN_OFF, LoanStatus.SOLD])
    assert lost.any()
    assert np.all(found.people["closed_until"][owners(found, lost)] == FOR_EVER)
    assert not np.any(found.people["closed_until"][found.dormant] == FOR_EVER)


def test_the_dormant_owe_nothing_and_live_on() -> None:
    found = ended()
    resting = np.isin(found.slots["borrower"], found.dormant)
    assert found.dormant.size > 50
    assert not np.any(found.loans["status"][resting] == LoanStatus.OPEN)
    assert np.all(found.people["lived_until"][found.dormant] > 0)
    spent = found.people["savings"] != found.packed.book.entries["savings_at_opening"]
    assert spent[found.dormant].mean() > 0.5


def test_lines_are_not_asked_for_again() -> None:
    small = run_small(small_book(600, 12, "credit_line"), months=12, paths=2)
    assert small.counts()[:, :, Count.REPEAT_APPLICANTS].sum() == 0.0
    kinds = {int(kind) for kind in small.book.loans.kind}
    assert kinds == {int(Amortisation.REVOLVING)}


def test_without_a_hazard_or_new_lending_nobody_comes_back() -> None:
    once = run_small(parameters=ONCE)
    assert once.counts()[:, :, Count.REPEAT_APPLICANTS].sum() == 0.0
    closed = run_small(small_book(applicants_monthly_share=0.0))
    assert closed.counts()[:, :, Count.REPEAT_APPLICANTS].sum() == 0.0
    usual = run_small()
    assert usual.counts()[:, :, Count.REPEAT_LOANS].sum() > 0.0
    assert np.all(closed.book.borrowers.arrival_month == 0)
