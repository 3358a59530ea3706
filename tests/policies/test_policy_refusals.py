"""Ranges and lists of a policy refuse what does not belong, in words that name the field."""

import math

import annotated_types
import numpy as np
import pytest
from pydantic.fields import FieldInfo

from simulator.policies import POLICY_KINDS, GracePeriod, build_policy
from simulator.validation import UserError
from tests.policies.policy_tables import table_of


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
        "policy.mine.awareness must be in [0, 1]; got 2",
        "policy.mine.months must be in [1, 60]; got 0",
        "policy.mine.moths is not a known key - did you mean months?",
    ]


def test_an_unknown_kind_is_refused_with_the_nearest_one() -> None:
    with pytest.raises(UserError, match=r"policy\.mine\.kind must be .*did you mean grace_period"):
        build_policy("mine", {"kind": "grace_perod"})


def test_an_unknown_region_is_refused() -> None:
    with pytest.raises(UserError, match="region must be among east, west; got moon"):
        table_of(GracePeriod(regions=("moon",)))


def test_an_offer_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(UserError, match=r"last_month must not be before first_month \(10\); got 5"):
        build_policy("late", {"kind": "grace_period", "first_month": 10, "last_month": 5})


def test_a_range_of_buckets_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(UserError, match=r"max_bucket must not be below first_bucket \(4\); got 3"):
        build_policy("odd", {"kind": "instalment_replan", "first_bucket": 4})


@pytest.mark.parametrize(
    ("settings_of_rule", "message"),
    [
        ({"stage": "pigeon", "intensity": 1.0}, r"policy\.mine\.rules\.0\.stage .*got pigeon"),
        ({"stage": "legal", "intensity": 11.0}, r"rules\.0\.intensity .* 10\]; got 11"),
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
        (
            {"kind": "risk_based_price", "annual_rate_add": {"A": 0.6}},
            r"rate_add\.A .* 0\.5\]; got",
        ),
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


def test_an_error_in_a_member_names_the_key_that_the_user_wrote() -> None:
    members = {"care": {"kind": "care_programme", "mnths": 9}}
    with pytest.raises(UserError) as found:
        build_policy("both", {"kind": "combination", "members": members})
    assert str(found.value).startswith("policy.both.members.care.mnths is not a known key")


def test_a_name_where_a_list_belongs_is_refused_with_an_example() -> None:
    with pytest.raises(UserError, match=r"policy\.west\.regions must be a list, such as \["):
        build_policy("west", {"kind": "grace_period", "regions": "west"})
