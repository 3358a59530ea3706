"""Policies are data: every file builds, every range refuses, combinations are unions."""

import itertools
import math
from pathlib import Path

import annotated_types
import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic.fields import FieldInfo

from simulator.levers import ALL_FIELDS, LeverTable, SegmentNames, build_levers
from simulator.policies import (
    POLICY_KINDS,
    REFERENCE,
    CareProgramme,
    Combination,
    GracePeriod,
    Policy,
    StatusQuo,
    StricterApproval,
    build_policy,
    levers_for,
)
from simulator.shipped import shipped_folders
from simulator.validation import UserError
from simulator.vocabulary import Hardship

FILES = sorted((shipped_folders()[0] / "policy").glob("*.yaml"))
HORIZON = 12
SEGMENTS = SegmentNames(
    ("east", "east", "west", "west"), ("cash", "line", "cash", "line"), ("a", "b", "a", "b")
)
every_file = pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)


def content(file: Path) -> dict[str, object]:
    loaded: dict[str, object] = yaml.safe_load(file.read_text(encoding="utf-8"))
    return loaded


STATUS_QUO = StatusQuo()


def table_of(policy: Policy) -> LeverTable:
    return levers_for(policy, STATUS_QUO, SEGMENTS, HORIZON)


def assert_same_tables(left: LeverTable, right: LeverTable) -> None:
    for ours, theirs in zip(left, right, strict=True):
        assert np.array_equal(ours, theirs)


# --- Files -------------------------------------------------------------------------------------


@every_file
def test_every_file_builds_a_policy(file: Path) -> None:
    policy = build_policy(file.stem, content(file))
    assert isinstance(policy, Policy)
    assert policy.kind in POLICY_KINDS
    for edit in policy.edits():
        field = ALL_FIELDS[edit.lever]
        assert field.low <= edit.amount <= field.high, edit.lever
    assert np.isfinite(table_of(policy).book["relief_budget"]).all()


@every_file
def test_every_field_of_the_class_stands_in_the_file(file: Path) -> None:
    settings = content(file)
    fields = POLICY_KINDS[str(settings["kind"])].model_fields
    assert set(settings) == set(fields)


def test_every_kind_has_a_file() -> None:
    assert {content(file)["kind"] for file in FILES} == set(POLICY_KINDS)


@pytest.mark.parametrize("kind", [k for k in POLICY_KINDS if k != "combination"])
def test_the_file_named_after_a_kind_holds_its_defaults(kind: str) -> None:
    file = next(f for f in FILES if f.stem == kind)
    defaults = build_policy(kind, {"kind": kind})
    assert build_policy(kind, content(file)) == defaults


# --- Ranges ------------------------------------------------------------------------------------


def bounds(field: FieldInfo) -> tuple[float | None, float | None]:
    """Lowest and highest allowed value of a number, where the class says so."""
    low = high = None
    for rule in field.metadata:
        if isinstance(rule, annotated_types.Ge):
            low = float(rule.ge)  # type: ignore[arg-type]
        if isinstance(rule, annotated_types.Le):
            high = float(rule.le)  # type: ignore[arg-type]
    return low, high


NUMBERS = [
    (kind, name, *bounds(field))
    for kind, model in POLICY_KINDS.items()
    for name, field in model.model_fields.items()
    if bounds(field) != (None, None) and field.annotation in (int, float)
]


def refusal(kind: str, name: str, value: object) -> str:
    with pytest.raises(UserError) as caught:
        build_policy("mine", {"kind": kind, name: value})
    return str(caught.value)


@pytest.mark.parametrize(("kind", "name", "low", "high"), NUMBERS)
def test_a_value_out_of_range_is_refused_with_field_range_and_value(
    kind: str, name: str, low: float, high: float
) -> None:
    for bound, value in ((low, low - 1), (high, high + 1)):
        message = refusal(kind, name, value)
        assert message.startswith(f"policy.mine.{name} ")
        assert (f"{bound:.0f}" if bound.is_integer() else f"{bound:g}") in message
        assert message.endswith(f"; got {value}")


@pytest.mark.parametrize(("kind", "name", "low", "high"), NUMBERS)
def test_the_ends_of_a_range_are_allowed(kind: str, name: str, low: float, high: float) -> None:
    for value in (low, high):
        whole = POLICY_KINDS[kind].model_fields[name].annotation is int
        policy = build_policy("mine", {"kind": kind, name: int(value) if whole else value})
        assert np.isfinite(table_of(policy).book["relief_budget"]).all()


@pytest.mark.parametrize("value", [math.nan, math.inf, "many", True, None])
@pytest.mark.parametrize(("kind", "name"), sorted({(k, n) for k, n, _, _ in NUMBERS}))
def test_a_value_that_is_no_number_is_refused(kind: str, name: str, value: object) -> None:
    assert refusal(kind, name, value).startswith(f"policy.mine.{name} ")


def test_all_mistakes_are_told_at_once() -> None:
    with pytest.raises(UserError) as caught:
        build_policy("mine", {"kind": "grace_period", "months": 0, "awareness": 2, "moths": 3})
    assert str(caught.value).splitlines() == [
        "policy.mine.months should be greater than or equal to 1; got 0",
        "policy.mine.awareness should be less than or equal to 1; got 2",
        "policy.mine.moths is not a known key - did you mean months?",
    ]


def test_an_unknown_kind_is_refused_with_the_nearest_one() -> None:
    with pytest.raises(UserError, match=r"policy\.mine\.kind must be .*did you mean grace_period"):
        build_policy("mine", {"kind": "grace_perod"})


# --- What policies do --------------------------------------------------------------------------


def test_the_reference_is_its_own_edits_and_nothing_else() -> None:
    table = build_levers(STATUS_QUO.edits(), SEGMENTS, HORIZON)
    assert_same_tables(table_of(STATUS_QUO), table)


def test_a_status_quo_under_another_name_is_the_reference() -> None:
    assert_same_tables(table_of(StatusQuo()), table_of(STATUS_QUO))


def test_a_grace_period_defers_only_in_its_window_buckets_and_regions() -> None:
    policy = GracePeriod(
        first_month=3, last_month=5, deferred_share=0.75, max_bucket=2, regions=("west",)
    )
    table, reference = table_of(policy), build_levers((), SEGMENTS, HORIZON)
    west = table.class_of_segment[2]
    east = table.class_of_segment[0]
    for name in ("due_share", "p_relief_if_need", "relief_months"):
        assert np.array_equal(table.loan[name][:, east], reference.loan[name][:, 0])
    expected = np.ones((HORIZON + 1, 8))
    expected[3:6, :3] = 0.25
    assert np.array_equal(table.loan["due_share"][:, west, :, Hardship.NONE], expected)


def test_care_needs_a_hardship_that_can_be_proven() -> None:
    policy = CareProgramme(false_proof=0.0)
    chance = table_of(policy).loan["p_relief_if_need"][1, 0, 0]
    proven = {Hardship.JOB_LOSS, Hardship.ILLNESS, Hardship.DISASTER}
    assert {h for h in Hardship if chance[h] > 0} == proven
    assert np.all(table_of(policy).loan["interest_share"][1:, 0, 0, list(proven)] == 0.0)


def test_stricter_approval_can_only_be_stricter() -> None:
    lax = StricterApproval(score_cutoff=0.0, debt_service_cap=10.0, platform_cap=100.0)
    assert_same_tables(table_of(lax), table_of(STATUS_QUO))


def test_an_unknown_region_is_refused() -> None:
    with pytest.raises(UserError, match="region must be among east, west; got moon"):
        table_of(GracePeriod(regions=("moon",)))


# --- Combinations ------------------------------------------------------------------------------

MEMBERS: dict[str, dict[str, object]] = {
    "long": {"kind": "grace_period", "months": 6, "regions": ["west"], "refusal_after_relief": 2.0},
    "short": {"kind": "grace_period", "months": 2, "deferred_share": 0.3, "first_month": 4},
    "care": {"kind": "care_programme", "monthly_budget_share": 0.1},
    "strict": {"kind": "stricter_approval", "products": ["line"]},
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


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({}, "at least 1"),
        ({"x": {"kind": "combination", "members": {}}}, "must not be a combination"),
        ({"x": {"kind": REFERENCE}}, "must not be a combination or the status quo"),
        ({"x": {"kind": "moon"}}, r"policy\.x\.kind must be one of"),
        ({"x": {"kind": "grace_period", "months": 0}}, r"policy\.x\.months .* 1; got 0"),
        ({"X y": {"kind": "grace_period"}}, "policy name must be lower-case"),
    ],
)
def test_a_bad_member_is_refused(members: dict[str, object], message: str) -> None:
    with pytest.raises(UserError, match=message):
        build_policy("mine", {"kind": "combination", "members": members})


def test_an_offer_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(UserError, match=r"last_month must not be before first_month \(10\); got 5"):
        build_policy("late", {"kind": "grace_period", "first_month": 10, "last_month": 5})
