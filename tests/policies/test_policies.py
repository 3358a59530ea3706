"""Policies are data: every file builds, every range refuses, combinations are unions."""

import itertools
import math
from pathlib import Path
from typing import get_args

import annotated_types
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic.fields import FieldInfo

from simulator.lever_fields import ALL_FIELDS, COLLECTION_STAGE_NAMES, UNLIMITED, Combine
from simulator.levers import build_levers
from simulator.policies import (
    POLICY_KINDS,
    REFERENCE,
    CareProgramme,
    ClassifiedCollections,
    Combination,
    ConductRules,
    EarlyWarningCall,
    Education,
    GracePeriod,
    Policy,
    Prevention,
    StatusQuo,
    StricterApproval,
    build_policy,
)
from simulator.policies.base import LimitedStage
from simulator.validation import UserError
from simulator.vocabulary import Hardship
from tests.policies.policy_tables import (
    EAST,
    FILES,
    HORIZON,
    REFERENCE_LEVERS,
    SEGMENTS,
    STATUS_QUO,
    assert_same_tables,
    by_segment,
    content,
    every_file,
    table_of,
)

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


@every_file
def test_the_second_line_of_a_file_says_what_it_is(file: Path) -> None:
    header, comment, *_ = file.read_text(encoding="utf-8").splitlines()
    assert header == f"# @package policy.{file.stem}"
    assert comment.startswith("# ")


NEUTRAL_KINDS = {"prevention", "classified_collections"}
"""Kinds that do nothing unless asked; every practice of theirs is a file."""


@pytest.mark.parametrize("kind", sorted(POLICY_KINDS.keys() - NEUTRAL_KINDS - {"combination"}))
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


WIDEST = {"first_bucket": ("max_bucket", 7), "max_bucket": ("first_bucket", 0)}
"""The other end of a range of buckets, so that this end is free."""


@pytest.mark.parametrize(("kind", "name", "low", "high"), NUMBERS)
def test_the_ends_of_a_range_are_allowed(kind: str, name: str, low: float, high: float) -> None:
    fields = POLICY_KINDS[kind].model_fields
    other, free = WIDEST.get(name, ("", 0))
    for value in (low, high):
        amount = int(value) if fields[name].annotation is int else value
        companion = {other: free} if other in fields else {}
        policy = build_policy("mine", {"kind": kind, name: amount, **companion})
        assert np.isfinite(table_of(policy).book["relief_budget"]).all()


@pytest.mark.parametrize("value", [math.nan, math.inf, "many", True, None])
@pytest.mark.parametrize(("kind", "name"), sorted({(k, n) for k, n, _, _ in NUMBERS}))
def test_a_value_that_is_no_number_is_refused(kind: str, name: str, value: object) -> None:
    assert refusal(kind, name, value).startswith(f"policy.mine.{name} ")


def test_all_mistakes_are_told_at_once() -> None:
    with pytest.raises(UserError) as caught:
        build_policy("mine", {"kind": "grace_period", "months": 0, "awareness": 2, "moths": 3})
    assert str(caught.value).splitlines() == [
        "policy.mine.awareness should be less than or equal to 1; got 2",
        "policy.mine.months should be greater than or equal to 1; got 0",
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
    west = table.class_of_segment[~EAST][0]
    east = table.class_of_segment[EAST][0]
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
        ({"x": {"kind": REFERENCE}}, "must not be a combination or the status quo"),
        ({"x": {"kind": "moon"}}, r"policy\.mine\.members\.x\.kind must be one of"),
        (
            {"x": {"kind": "grace_period", "months": 0}},
            r"policy\.mine\.members\.x\.months .* 1; got 0",
        ),
        ({"X y": {"kind": "grace_period"}}, "policy name must be lower-case"),
    ],
)
def test_a_bad_member_is_refused(members: dict[str, object], message: str) -> None:
    with pytest.raises(UserError, match=message):
        build_policy("mine", {"kind": "combination", "members": members})


def test_an_offer_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(UserError, match=r"last_month must not be before first_month \(10\); got 5"):
        build_policy("late", {"kind": "grace_period", "first_month": 10, "last_month": 5})


def test_a_range_of_buckets_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(UserError, match=r"max_bucket must not be below first_bucket \(4\); got 3"):
        build_policy("odd", {"kind": "instalment_replan", "first_bucket": 4})


# --- Early warning, education, autopay ---------------------------------------------------------


@given(recall=st.floats(0.01, 1), precision=st.floats(0.1, 1), base=st.floats(0.001, 0.5))
def test_the_false_alarm_rate_gives_the_precision_at_the_base_rate(
    recall: float, precision: float, base: float
) -> None:
    values = {"recall": recall, "precision": precision, "base_rate": base}
    if recall * base * (1 - precision) > precision * (1 - base) * (1 + 1e-9):
        with pytest.raises(
            UserError, match=r"policy\.mine precision must be at least 0\.\d+ where"
        ):
            build_policy("mine", {"kind": "early_warning_call", **values})
    elif recall * base * (1 - precision) < precision * (1 - base) * (1 - 1e-9):
        policy = EarlyWarningCall.model_validate(values)
        flagged_rightly, flagged_wrongly = recall * base, policy.false_alarm_rate * (1 - base)
        assert flagged_rightly / (flagged_rightly + flagged_wrongly) == pytest.approx(precision)


@pytest.mark.parametrize("months", [1, 6, 18, 120])
def test_education_does_nothing_at_first_and_grows_evenly(months: int) -> None:
    policy = Education(months_to_full_effect=months, first_month=2)
    ramp = by_segment(table_of(policy, 130))["education_ramp"][:, 0]
    assert np.all(ramp[:3] == 0.0)
    steps = np.diff(ramp[2:])
    np.testing.assert_allclose(steps[:months], 1 / months)
    assert np.all(steps[months:] == 0.0)
    assert ramp[-1] == 1.0


def test_what_was_learnt_stays_when_education_ends_but_costs_no_more() -> None:
    levers = by_segment(table_of(Education(months_to_full_effect=10, last_month=6), 24))
    ramp, cost = levers["education_ramp"][:, 0], levers["prevention_cost"][:, 0]
    assert np.all(ramp[6:] == 0.5)
    assert np.all(levers["education_share"][1:, 0] == 0.3)
    assert np.all(cost[1:7] > 0.0)
    assert np.all(cost[7:] == 0.0)


@pytest.mark.parametrize("rate", [0.0, 0.001, 0.04, 1.0])
def test_enrolment_leaves_the_same_share_of_the_others_each_month(rate: float) -> None:
    policy = Prevention(autopay_monthly_rate=rate, first_month=3, last_month=20)
    share = by_segment(table_of(policy, 40))["autopay_share"][:, 0]
    assert np.all(share[:3] == 0.0)
    np.testing.assert_allclose(1.0 - share[3:21], (1.0 - rate) ** np.arange(1, 19))
    assert np.all(share[20:] == share[20])


# --- Rules that hold for all -------------------------------------------------------------------


@pytest.mark.parametrize("name", ["call_hours_share", "contact_cap"])
def test_no_policy_loosens_a_conduct_rule(name: str) -> None:
    assert ALL_FIELDS[name].combine is Combine.MIN
    loose: list[Policy] = [
        ConductRules(contact_cap=100.0, call_hours_share=1.0),
        ClassifiedCollections(contact_cap=100.0),
        *(build_policy(f.stem, content(f)) for f in FILES if content(f)["kind"] != REFERENCE),
    ]
    for policy in loose:
        assert table_of(policy).book[name][0] <= REFERENCE_LEVERS[name][0]


@pytest.mark.parametrize("stage", ["ai_call", "human_call", "field_visit"])
def test_a_rule_stops_a_stage_only_in_its_cells(stage: str) -> None:
    rule = {"stage": stage, "first_bucket": 1, "last_bucket": 3, "intensity": 0.0}
    settings_of = {"kind": "classified_collections", "rules": [rule], "last_month": 6}
    effort = by_segment(table_of(build_policy("calm", settings_of)))[f"effort_{stage}"]
    reference = REFERENCE_LEVERS[f"effort_{stage}"]
    assert np.all(effort[1:7, :, 1:4] == 0.0)
    assert np.array_equal(effort[7:], reference[7:])
    assert np.array_equal(effort[:, :, [0, 4, 5, 6, 7]], reference[:, :, [0, 4, 5, 6, 7]])


@pytest.mark.parametrize("stage", get_args(LimitedStage))
def test_staff_that_may_be_named_is_limited_under_the_reference(stage: str) -> None:
    assert REFERENCE_LEVERS[f"capacity_{stage}"][0] < UNLIMITED


@pytest.mark.parametrize("stage", set(COLLECTION_STAGE_NAMES) - set(get_args(LimitedStage)))
def test_staff_that_may_not_be_named_has_no_limit_to_multiply(stage: str) -> None:
    assert REFERENCE_LEVERS[f"capacity_{stage}"][0] == UNLIMITED


def test_staff_multiplies_the_capacity_of_its_stage_alone() -> None:
    table = table_of(ClassifiedCollections(staff={"human_call": 1.5, "legal": 0.0}))
    assert table.book["capacity_human_call"][0] == 45.0
    assert table.book["capacity_legal"][0] == 0.0
    assert table.book["capacity_ai_call"][0] == UNLIMITED


@pytest.mark.parametrize("days", [-5, 4])
def test_a_stage_can_come_on_another_day(days: int) -> None:
    table = table_of(ClassifiedCollections(day_shifts={"human_call": days}))
    assert table.book["day_shift_human_call"][0] == days
    assert table.book["day_shift_ai_call"][0] == 0.0


@pytest.mark.parametrize(
    ("settings_of_rule", "message"),
    [
        ({"stage": "pigeon", "intensity": 1.0}, r"policy\.mine\.rules\.0\.stage .*got pigeon"),
        ({"stage": "legal", "intensity": 11.0}, r"rules\.0\.intensity .* 10; got 11"),
        ({"stage": "legal"}, r"rules\.0\.intensity field required"),
        (
            {"stage": "legal", "intensity": 1.0, "first_bucket": 5, "last_bucket": 4},
            r"last_bucket must not be below first_bucket \(5\); got 4",
        ),
    ],
)
def test_a_bad_rule_is_refused(settings_of_rule: dict[str, object], message: str) -> None:
    with pytest.raises(UserError, match=message):
        build_policy("mine", {"kind": "classified_collections", "rules": [settings_of_rule]})


@pytest.mark.parametrize(
    ("settings_of", "message"),
    [
        ({"kind": "classified_collections", "staff": {"legal": 101}}, r"staff\.legal .*got 101"),
        (
            {"kind": "classified_collections", "staff": {"legal": 1, "ai_call": 2, "agency": 3}},
            r"policy\.mine\.staff must name stages whose staff is limited: human_call, field_visit,"
            r" legal; got ai_call, agency",
        ),
        (
            {"kind": "classified_collections", "day_shifts": {"legal": 30}},
            r"day_shifts\.legal .*got 30",
        ),
        ({"kind": "classified_collections", "priority": "luck"}, r"priority .*; got luck"),
        ({"kind": "risk_based_price", "annual_rate_add": {"A": 0.6}}, r"rate_add\.A .* 0\.5; got"),
        ({"kind": "grace_period", "hardships": ["boredom"]}, r"hardships\.0 .*got boredom"),
    ],
)
def test_a_bad_entry_of_a_list_is_refused_with_its_place(
    settings_of: dict[str, object], message: str
) -> None:
    with pytest.raises(UserError, match=message):
        build_policy("mine", settings_of)


def test_a_price_for_a_band_that_the_book_does_not_have_is_refused() -> None:
    policy = build_policy("mine", {"kind": "risk_based_price", "annual_rate_add": {"Z": 0.1}})
    with pytest.raises(UserError, match="risk band must be among A, B, C, D, E; got Z"):
        table_of(policy)


def test_a_grace_period_can_be_for_some_hardships_only() -> None:
    policy = GracePeriod(hardships=("disaster", "illness"))
    chance = table_of(policy).loan["p_relief_if_need"][1, 0, 0]
    assert {h for h in Hardship if chance[h] > 0} == {Hardship.DISASTER, Hardship.ILLNESS}


def test_an_error_in_a_member_names_the_key_that_the_user_wrote() -> None:
    members = {"care": {"kind": "care_programme", "mnths": 9}}
    with pytest.raises(UserError) as found:
        build_policy("both", {"kind": "combination", "members": members})
    assert str(found.value).startswith("policy.both.members.care.mnths is not a known key")


def test_a_name_where_a_list_belongs_is_refused_with_an_example() -> None:
    with pytest.raises(UserError, match=r"policy\.west\.regions must be a list, such as \["):
        build_policy("west", {"kind": "grace_period", "regions": "west"})
