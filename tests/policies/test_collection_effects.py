"""Collectors, agencies, sales and conduct rules move what they should and nothing else."""

import numpy as np
import pytest

from simulator.policies import ClassifiedCollections, ConductRules, StatusQuo
from simulator.vocabulary import Count, Flow
from tests.conftest import UNLIMITED, Policies, run_small
from tests.policies.effects import against, arrivals, total
from tests.policies.policy_tables import preset


@pytest.mark.parametrize("staff", [1.5, 2.0, 4.0])
def test_more_collectors_never_lengthen_the_queue(staff: float) -> None:
    scarce = StatusQuo(human_calls_per_1000_loans=15.0)
    policy = ClassifiedCollections(staff={"human_call": staff})
    small = against(policy, scarce, paths=20)
    few, many = (small.counts(p)[:, :, Count.QUEUE_UNSERVED] for p in ("status_quo", "policy"))
    assert np.all(many <= few)
    assert many.sum() < few.sum()


def test_seats_cost_money_in_every_month() -> None:
    small = against(preset("more_collectors"), StatusQuo())
    cost = small.counts("policy")[:, 1:, Count.PROGRAMME_COST]
    opening = np.count_nonzero(arrivals(small.book) == 0)
    money = small.book.jurisdiction.reference_money
    np.testing.assert_allclose(cost, 15.0 * opening / 1000 * money)


def test_an_ai_only_call_centre_makes_no_human_call() -> None:
    small = against(preset("ai_only_collections"), StatusQuo())
    assert total(small, Count.CONTACT_HUMAN_CALL) == 0.0
    assert total(small, Count.CONTACT_AI_CALL) > total(small, Count.CONTACT_AI_CALL, "status_quo")


def test_an_agency_calls_and_takes_its_commission() -> None:
    small = against(preset("outsourcing"), StatusQuo())
    agency = small.counts("policy")[:, 1:, Count.CONTACT_AGENCY]
    opening = np.count_nonzero(arrivals(small.book) == 0)
    assert 0 < agency.max() <= 30.0 * opening / 1000
    assert total(small, Count.CONTACT_AGENCY, "status_quo") == 0.0


def test_sold_debts_bring_their_price() -> None:
    small = against(preset("debt_sale"), StatusQuo())
    sold = small.flows("policy")[:, :, Flow.SOLD].sum()
    assert sold > 0.0
    assert total(small, Count.SALE_PRICE) == pytest.approx(0.11 * sold)
    assert small.flows()[:, :, Flow.SOLD].sum() == 0.0


def test_collectors_who_may_negotiate_bring_promises_and_new_plans() -> None:
    small = against(preset("negotiating_collections"), StatusQuo())
    assert total(small, Count.PROMISES) > 0.0
    assert 0.0 < total(small, Count.PROMISES_KEPT) < total(small, Count.PROMISES)
    assert total(small, Count.RELIEF_GRANTED) > 0.0
    for count in (Count.PROMISES, Count.RELIEF_GRANTED):
        assert total(small, count, "status_quo") == 0.0


def test_conduct_rules_block_contacts_and_their_absence_blocks_none() -> None:
    strict = against(preset("conduct_rules"), StatusQuo())
    assert total(strict, Count.CONTACTS_BLOCKED) > total(
        strict, Count.CONTACTS_BLOCKED, "status_quo"
    )
    free = preset("without_conduct_rules")
    assert isinstance(free, StatusQuo)
    without = run_small(policies={"status_quo": free})
    assert total(without, Count.CONTACTS_BLOCKED, "status_quo") == 0.0


def test_the_cap_of_the_conduct_rules_binds_beyond_their_quiet_hours() -> None:
    """It trims the calls of people, who come after the AI; in month 1 nothing else differs yet."""
    capped = preset("conduct_rules")
    assert isinstance(capped, ConductRules)
    uncapped = capped.model_copy(update={"contact_cap": 100.0})
    policies: Policies = {"status_quo": UNLIMITED, "capped": capped, "uncapped": uncapped}
    small = run_small(policies=policies, months=1)
    people, machines = (
        {name: total(small, stage, name) for name in policies}
        for stage in (Count.CONTACT_HUMAN_CALL, Count.CONTACT_AI_CALL)
    )
    assert people["capped"] < 0.9 * people["uncapped"]
    assert people["uncapped"] == pytest.approx(people["status_quo"] * 0.5625 / 0.875)
    assert machines["capped"] == machines["uncapped"] < machines["status_quo"]
    blocked = {name: total(small, Count.CONTACTS_BLOCKED, name) for name in policies}
    gap = people["uncapped"] - people["capped"]
    assert blocked["capped"] - blocked["uncapped"] == pytest.approx(gap)


def test_quiet_hours_cost_the_share_of_calls_that_they_forbid() -> None:
    """Where staff is unlimited and one call a month is far from the cap."""
    small = run_small(policies={"status_quo": UNLIMITED}, months=1)
    counts = small.counts()[:, 1]
    calls = counts[:, [Count.CONTACT_AI_CALL, Count.CONTACT_HUMAN_CALL]].sum()
    blocked = counts[:, Count.CONTACTS_BLOCKED].sum()
    assert blocked / (blocked + calls) == pytest.approx(0.125)
