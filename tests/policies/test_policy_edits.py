"""The status quo, grace, care and approval move the levers they name and no other."""

import numpy as np

from simulator.levers import build_levers
from simulator.policies import CareProgramme, GracePeriod, StatusQuo, StricterApproval
from simulator.vocabulary import Hardship
from tests.policies.policy_tables import (
    EAST,
    HORIZON,
    SEGMENTS,
    STATUS_QUO,
    assert_same_tables,
    table_of,
)


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


def test_a_grace_period_can_be_for_some_hardships_only() -> None:
    policy = GracePeriod(hardships=("disaster", "illness"))
    chance = table_of(policy).loan["p_relief_if_need"][1, 0, 0]
    assert {h for h in Hardship if chance[h] > 0} == {Hardship.DISASTER, Hardship.ILLNESS}
