"""Collections and conduct rules: stages, staff, days, and limits that no policy loosens."""

from typing import get_args

import numpy as np
import pytest

from simulator.lever_fields import ALL_FIELDS, COLLECTION_STAGE_NAMES, UNLIMITED, Combine
from simulator.policies import REFERENCE, ClassifiedCollections, ConductRules, Policy, build_policy
from simulator.policies.base import LimitedStage
from tests.policies.policy_tables import FILES, REFERENCE_LEVERS, by_segment, content, table_of


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


@pytest.mark.parametrize("stage", sorted(set(COLLECTION_STAGE_NAMES) - set(get_args(LimitedStage))))
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
