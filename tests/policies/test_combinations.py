"""A combination is the union of its members, in any order."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.levers import build_levers
from simulator.policies import REFERENCE, Combination, EarlyWarningCall, GracePeriod, build_policy
from simulator.validation import UserError
from tests.policies.policy_tables import (
    HORIZON,
    SEGMENTS,
    STATUS_QUO,
    assert_same_tables,
    by_segment,
    table_of,
)

MEMBERS: dict[str, dict[str, object]] = {
    "long": {"kind": "grace_period", "months": 6, "regions": ["west"], "refusal_after_relief": 2.0},
    "short": {"kind": "grace_period", "months": 2, "deferred_share": 0.3, "first_month": 4},
    "care": {"kind": "care_programme", "monthly_budget_share": 0.1},
    "strict": {"kind": "stricter_approval", "products": ["line"]},
    "collectors": {"kind": "classified_collections", "staff": {"human_call": 3.0}},
}


@pytest.mark.parametrize("order", list(itertools.permutations(MEMBERS)))
def test_a_combination_is_the_union_of_its_members_in_any_order(order: tuple[str, ...]) -> None:
    combined = Combination(members={name: MEMBERS[name] for name in order})
    edits = list(STATUS_QUO.edits())
    for name in reversed(order):
        edits += build_policy(name, MEMBERS[name]).edits()
    assert_same_tables(table_of(combined), build_levers(edits, SEGMENTS, HORIZON))


def test_a_combination_of_one_is_that_one() -> None:
    for name, member in MEMBERS.items():
        alone = table_of(build_policy(name, member))
        assert_same_tables(table_of(Combination(members={name: member})), alone)


@settings(max_examples=30)
@given(
    cutoffs=st.tuples(st.floats(0, 1000), st.floats(0, 1000)),
    months=st.tuples(st.integers(1, 60), st.integers(1, 60)),
    shares=st.tuples(st.floats(0, 1), st.floats(0, 1)),
)
def test_two_policies_combine_in_any_order(
    cutoffs: tuple[float, float], months: tuple[int, int], shares: tuple[float, float]
) -> None:
    members: list[dict[str, object]] = [
        {"kind": "stricter_approval", "score_cutoff": cutoffs[0]},
        {"kind": "stricter_approval", "score_cutoff": cutoffs[1]},
        {"kind": "grace_period", "months": months[0], "deferred_share": shares[0]},
        {"kind": "grace_period", "months": months[1], "deferred_share": shares[1]},
    ]
    names = ("a", "b", "c", "d")
    forward = Combination(members=dict(zip(names, members, strict=True)))
    backward = Combination(members=dict(zip(names, members[::-1], strict=True)))
    assert_same_tables(table_of(forward), table_of(backward))
    table = table_of(forward)
    assert np.all(table.underwriting["score_cutoff"][1:] == max(*cutoffs, 450.0))
    assert np.all(table.loan["relief_months"][1:, :, 0] == max(months))


def test_offers_that_meet_merge_into_the_better_terms_of_both() -> None:
    """In the buckets of both; elsewhere each offer keeps its own terms."""
    old = GracePeriod(months=2, min_months_on_book=12, max_uses=3, max_bucket=2)
    young = GracePeriod(months=6, deferred_share=0.5, min_months_on_book=3, max_bucket=0)
    members = {"old": old.model_dump(), "young": young.model_dump()}
    levers = by_segment(table_of(Combination(members=members)))
    terms = ("relief_months", "due_share", "relief_max_uses", "relief_min_months_on_book")
    met, alone = ([levers[name][1, 0, bucket, 0] for name in terms] for bucket in (0, 1))
    assert met == [6.0, 0.0, 3.0, 3.0]
    assert alone == [2.0, 0.0, 3.0, 12.0]


def test_no_loan_is_old_enough_for_relief_that_nobody_offers() -> None:
    levers = by_segment(table_of(EarlyWarningCall(min_months_on_book=6)))
    youngest = levers["relief_min_months_on_book"]
    assert np.all(youngest[1:, :, 0] == 6.0)
    assert np.all(youngest[:, :, 1:] == 600.0)


def test_the_larger_share_and_the_further_ramp_of_two_educations_hold_each_by_itself() -> None:
    wide = {"kind": "education", "share_reached": 0.8, "months_to_full_effect": 60}
    fast = {"kind": "education", "share_reached": 0.1, "months_to_full_effect": 6}
    levers = by_segment(table_of(Combination(members={"wide": wide, "fast": fast})))
    assert np.all(levers["education_share"][1:] == 0.8)
    assert np.all(levers["education_ramp"][7:] == 1.0)


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({}, "at least 1"),
        ({"x": {"kind": "combination", "members": {}}}, "must not be a combination"),
        ({"x": {"kind": REFERENCE}}, "must not be a combination or the current policy"),
        ({"x": {"kind": "moon"}}, r"policy\.mine\.members\.x\.kind must be one of"),
        (
            {"x": {"kind": "grace_period", "months": 0}},
            r"policy\.mine\.members\.x\.months must be in \[1, 60\]; got 0",
        ),
        ({"X y": {"kind": "grace_period"}}, "policy name must be lower-case"),
    ],
)
def test_a_bad_member_is_refused(members: dict[str, object], message: str) -> None:
    with pytest.raises(UserError, match=message):
        build_policy("mine", {"kind": "combination", "members": members})
