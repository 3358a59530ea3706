"""Complaints turn customers away where an elasticity says so, and only then."""

import numpy as np

from simulator.policies import StatusQuo
from simulator.vocabulary import Count
from tests.conftest import UNLIMITED, Policies, Small, run_small, small_book

HARSH = StatusQuo(
    human_call=1.0,
    field_visit=1.0,
    call_hours_share=1.0,
    contact_cap=100.0,
    human_calls_per_1000_loans=1e6,
    field_visits_per_1000_loans=1e6,
    legal_steps_per_1000_loans=1e6,
)
POLICIES: Policies = {"status_quo": UNLIMITED, "harsh": HARSH.edits()}


def run(elasticity: float) -> Small:
    changes = {"reputation_elasticity": elasticity, "complaint_field_visit": 0.5}
    return run_small(small_book(1_500), policies=POLICIES, parameters=changes, paths=3)


def total(small: Small, count: Count, policy: str) -> float:
    return float(small.counts(policy)[:, :, count].sum())


def test_without_an_elasticity_the_same_people_ask_under_every_policy() -> None:
    small = run(0.0)
    ours, theirs = (small.counts(p)[:, :, Count.APPLICANTS] for p in ("status_quo", "harsh"))
    np.testing.assert_array_equal(ours, theirs)
    more, fewer = (total(small, Count.COMPLAINTS, p) for p in ("harsh", "status_quo"))
    assert more > 1.5 * fewer


def test_complaints_turn_applicants_and_takers_away() -> None:
    plain, small = run(0.0), run(0.5)
    for policy in POLICIES:
        assert total(small, Count.APPLICANTS, policy) < total(plain, Count.APPLICANTS, policy)
    assert total(small, Count.APPLICANTS, "harsh") < total(small, Count.APPLICANTS, "status_quo")
    taken = {
        name: 1.0 - total(s, Count.DECLINED, "harsh") / total(s, Count.APPROVED, "harsh")
        for name, s in (("plain", plain), ("small", small))
    }
    assert taken["small"] < taken["plain"] - 0.02
