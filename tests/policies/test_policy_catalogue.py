"""What each shipped policy changes, where, and that it changes nothing else."""

import itertools
from pathlib import Path

import numpy as np
import pytest

from simulator.book.distributions import RISK_BANDS
from simulator.policies import Combination, Policy, build_policy
from tests.policies.policy_tables import (
    EAST,
    HORIZON,
    REFERENCE_LEVERS,
    SEGMENTS,
    SINGLES,
    assert_same_tables,
    by_segment,
    changes,
    content,
    every_combination,
    every_file,
    every_single,
    preset,
    table_of,
)

OFFERED = {"relief_budget": {1.0}, "relief_min_months_on_book": {0.0}}
"""What every offer of relief sets beside its terms: its budget and the youngest age."""
CHANGES: dict[str, dict[str, set[float]]] = {
    "status_quo": {},
    "without_conduct_rules": {"call_hours_share": {1.0}, "contact_cap": {100.0}},
    "conduct_rules": {"call_hours_share": {0.5625}, "contact_cap": {0.6}},
    "stricter_approval": {
        "score_cutoff": {550.0},
        "debt_service_cap": {0.5},
        "platform_cap": {3.0},
    },
    "strict_score": {"score_cutoff": {550.0}},
    "platform_cap": {"platform_cap": {3.0}},
    "income_verification": {
        "income_verified_share": {0.7},
        "application_cost_multiplier": {2.0},
        "decision_days": {2.0},
    },
    "richer_scoring": {"score_signal_share": {0.4}, "application_cost_multiplier": {1.5}},
    "risk_based_price": {"price_add": {-0.02, -0.01, 0.02, 0.04}},
    "dynamic_tightening": {"tighten_trigger": {0.04}, "tighten_slope": {4000.0}},
    "credit_limits": {"amount_multiplier": {0.8}, "line_multiplier": {0.8}},
    "line_freeze": {"line_multiplier": {0.0}},
    "new_customer_interest_free": {"interest_free_months": {1.0}},
    "grace_period": OFFERED
    | {
        "p_relief_if_need": {0.36},
        "p_relief_if_no_need": {0.012},
        "relief_months": {3.0},
        "due_share": {0.0},
        "relief_max_uses": {1.0},
    },
    "buffer_period": OFFERED
    | {
        "p_relief_if_need": {0.36},
        "p_relief_if_no_need": {0.012},
        "relief_months": {1.0},
        "due_share": {0.0},
        "relief_max_uses": {2.0},
    },
    # Its months are those of a replay, beyond the table of this test; the budget has none.
    "us_relief_2020": {"relief_budget": {1.0}},
    "blanket_holiday": OFFERED
    | {
        "p_relief_if_need": {1.0},
        "p_relief_if_no_need": {1.0},
        "relief_months": {3.0},
        "due_share": {0.0},
        "relief_max_uses": {1.0},
        "relief_budget": {10.0},
    },
    "care_programme": OFFERED
    | {
        "p_relief_if_need": {0.32, 0.0025},
        "p_relief_if_no_need": {0.04},
        "relief_months": {3.0},
        "due_share": {0.0},
        "interest_share": {0.0},
        "relief_max_uses": {2.0},
    },
    "instalment_replan": OFFERED
    | {
        "p_relief_if_need": {0.3},
        "relief_months": {1.0},
        "term_extension_months": {24.0},
        "affordable_share": {0.1},
        "relief_max_uses": {1.0},
    },
    "tenor_extension": OFFERED
    | {
        "p_relief_if_need": {0.2},
        "p_relief_if_no_need": {0.005},
        "relief_months": {1.0},
        "term_extension_months": {12.0},
        "relief_max_uses": {1.0},
        "relief_min_months_on_book": {3.0},
    },
    "early_warning_call": OFFERED
    | {
        "warning_recall": {0.6},
        "warning_false_alarm": {round(0.6 * 0.06 * 0.6 / (0.4 * 0.94), 9)},
        "warning_offer_if_need": {0.5},
        "warning_offer_if_no_need": {0.05},
        "capacity_warning": {150.0},
        "relief_months": {2.0},
        "due_share": {0.0},
        "relief_max_uses": {1.0},
    },
    "classified_collections": {
        "effort_human_call": {0.4, 0.6},
        "effort_ai_call": {0.45, 0.6},
        "contact_priority": {3.0},
    },
    "ai_only_collections": {"effort_human_call": {0.0}, "effort_ai_call": {0.9}},
    "more_collectors": {"capacity_human_call": {60.0}, "fixed_cost": {15.0}},
    "negotiating_collections": {
        "promise_share": {0.3},
        "negotiated_share": {0.2},
        "negotiated_extension_months": {12.0},
        "relief_max_uses": {1.0},
    },
    "outsourcing": {
        "effort_agency": {0.8},
        "effort_human_call": {0.0},
        "effort_field_visit": {0.0},
        "capacity_agency": {30.0},
    },
    "debt_sale": {"sale_dpd": {120.0}, "sale_price_share": {0.11}},
    "smart_reminders": {"due_reminder": {1.0}, "due_reminder_effect": {0.6}},
    "autopay_enrolment": {
        "autopay_share": {round(1 - 0.96**k, 9) for k in range(1, HORIZON + 1)},
        "prevention_cost": {0.05},
    },
    "channel_repair": {"channel_factor": {0.3}, "fixed_cost": {20.0}},
    "simpler_products": {"misunderstand_factor": {0.5}, "fixed_cost": {10.0}},
    "education": {
        "education_share": {0.3},
        "education_ramp": {round(k / 18, 9) for k in range(1, HORIZON)},
        "prevention_cost": {0.3},
    },
}
"""Levers of each file's defaults that differ from the reference, and the values they take."""


@every_single
def test_a_file_moves_what_it_says_and_nothing_else(file: Path) -> None:
    assert changes(build_policy(file.stem, content(file))) == CHANGES[file.stem]


def cells_where(policy: Policy, lever: str) -> set[tuple[int, str]]:
    """Buckets and risk bands in which ``lever`` of month 1 differs from the reference."""
    ours, theirs = by_segment(table_of(policy))[lever], REFERENCE_LEVERS[lever]
    segments, buckets = np.nonzero((ours != theirs)[1].any(axis=2))
    return {(int(b), SEGMENTS.risk_band[s]) for s, b in zip(segments, buckets, strict=True)}


def test_classified_collections_tell_good_risks_from_bad_ones() -> None:
    policy = preset("classified_collections")
    good, bad = ("A", "B"), ("D", "E")
    assert cells_where(policy, "effort_human_call") == {
        *((1, band) for band in good),
        *((0, band) for band in bad),
    }
    assert cells_where(policy, "effort_ai_call") == {
        *itertools.product((2, 3), good),
        *itertools.product((0, 1), bad),
    }


@pytest.mark.parametrize(
    ("name", "buckets"),
    [
        ("instalment_replan", {1, 2, 3}),
        ("tenor_extension", {0}),
        ("buffer_period", {0, 1}),
        ("care_programme", {0, 1, 2, 3}),
        ("blanket_holiday", set(range(8))),
    ],
)
def test_relief_is_offered_in_its_buckets_only(name: str, buckets: set[int]) -> None:
    offered = cells_where(preset(name), "p_relief_if_need")
    assert offered == set(itertools.product(buckets, RISK_BANDS))


def test_early_warning_relieves_only_those_who_were_called() -> None:
    levers = by_segment(table_of(preset("early_warning_call")))
    assert np.all(levers["p_relief_if_need"] == 0.0)
    assert np.all(levers["p_relief_if_no_need"] == 0.0)
    assert {bucket for bucket, _ in cells_where(preset("early_warning_call"), "due_share")} == {0}


def test_an_agency_comes_where_the_own_callers_go() -> None:
    policy = preset("outsourcing")
    assert {bucket for bucket, _ in cells_where(policy, "effort_agency")} == set(range(3, 8))
    levers = by_segment(table_of(policy))
    assert np.all(levers["effort_human_call"][1:, :, 3:] == 0.0)
    assert np.array_equal(levers["effort_legal"], REFERENCE_LEVERS["effort_legal"])


PLACED = [file for file in SINGLES if "regions" in content(file)]


@pytest.mark.parametrize("file", PLACED, ids=lambda file: file.stem)
def test_a_policy_for_one_region_leaves_the_customers_of_the_others_alone(file: Path) -> None:
    policy = build_policy(file.stem, {**content(file), "regions": ["west"]})
    everywhere = build_policy(file.stem, content(file))
    levers, wide = by_segment(table_of(policy)), by_segment(table_of(everywhere))
    for name, reference in REFERENCE_LEVERS.items():
        if reference.ndim > 1:
            assert np.array_equal(levers[name][:, EAST], reference[:, EAST]), name
            assert np.array_equal(levers[name][:, ~EAST], wide[name][:, ~EAST]), name


@every_file
def test_two_equal_policies_have_the_same_table(file: Path) -> None:
    first, second = (build_policy(name, content(file)) for name in ("first", "second"))
    assert_same_tables(table_of(first), table_of(second))


@every_combination
def test_a_member_named_after_a_file_is_that_policy(file: Path) -> None:
    combined = build_policy(file.stem, content(file))
    assert isinstance(combined, Combination)
    for name, settings in combined.members.items():
        if file.with_stem(name).exists():
            assert build_policy(name, settings) == preset(name)


@every_combination
def test_a_shipped_combination_changes_what_its_members_change(file: Path) -> None:
    combined = build_policy(file.stem, content(file))
    assert isinstance(combined, Combination)
    members = [changes(build_policy(n, m)).keys() for n, m in combined.members.items()]
    assert changes(combined).keys() == set().union(*members)
