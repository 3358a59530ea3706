"""Rules for new customers and limits move what they should and nothing else."""

from functools import cache

import numpy as np
import pytest

from simulator.policies import CreditLimits, NewCustomerInterestFree
from simulator.vocabulary import Count, Flow, LoanStatus
from tests.conftest import ONCE, RISKLESS, UNLIMITED, Policies, Small, run_small, small_book
from tests.policies.effects import against, arrivals, differ, histories, total
from tests.policies.policy_tables import preset

UNDERWRITING = (
    "strict_score",
    "platform_cap",
    "stricter_approval",
    "income_verification",
    "richer_scoring",
    "risk_based_price",
    "new_customer_interest_free",
    "prudent_lending",
)


@cache
def underwriting() -> Small:
    policies: Policies = {"status_quo": UNLIMITED, **{n: preset(n) for n in UNDERWRITING}}
    return run_small(policies=policies, parameters=ONCE, history=True, paths=1)


@pytest.mark.parametrize("name", UNDERWRITING)
def test_rules_for_applicants_change_no_borrower_of_the_opening_book(name: str) -> None:
    small = underwriting()
    changed = differ(small.history(), small.history(name))
    assert not np.any(changed & (arrivals(small.book) == 0))
    assert np.any(changed)


@pytest.mark.parametrize("name", ["strict_score", "platform_cap", "stricter_approval"])
def test_a_stricter_rule_changes_no_approved_borrowers_luck(name: str) -> None:
    """Whoever has a loan has the same months as under the reference, and nobody is new."""
    small = underwriting()
    reference, strict = small.history(), small.history(name)
    refused = strict["status"][-1] == LoanStatus.REFUSED
    assert np.count_nonzero(refused & (reference["status"][-1] != LoanStatus.REFUSED)) > 5
    assert np.count_nonzero(~refused & (arrivals(small.book) > 0)) > 20
    other = refused & (reference["status"][-1] != LoanStatus.REFUSED)
    alone = ~np.isin(small.book.loans.borrower, small.book.loans.borrower[other])
    assert not np.any(differ(reference, strict)[~refused & alone])


def test_income_verification_turns_applicants_away_by_what_it_finds_and_by_its_delay() -> None:
    """Under a cap on debt service that binds; nobody is admitted who was not before."""
    reference = UNLIMITED.model_copy(update={"debt_service_cap": 0.3})
    policy = preset("income_verification")
    small = against(policy, reference, book=small_book(1_000), parameters=ONCE, history=True)
    taken = {n: h["status"][-1] != LoanStatus.REFUSED for n, h in histories(small).items()}
    assert not np.any(taken["policy"] & ~taken["status_quo"])
    assert np.any(taken["status_quo"] & ~taken["policy"])
    approved = total(small, Count.APPROVED)
    assert approved < total(small, Count.APPROVED, "status_quo")
    share = total(small, Count.DECLINED) / approved
    expected = 1 - 0.9 * 0.97**2  # offer_decline_share 0.1, walk_away_per_day 0.03, two days
    assert abs(share - expected) < 5 * np.sqrt(expected * (1 - expected) / approved)
    cost = {name: total(small, Count.UNDERWRITING_COST, name) for name in taken}
    assert cost["policy"] == pytest.approx(2 * cost["status_quo"])


@pytest.mark.parametrize("months", [1, 3])
def test_an_interest_free_start_waives_exactly_the_interest_of_the_first_months(
    months: int,
) -> None:
    policy = NewCustomerInterestFree(interest_free_months=months)
    small = against(policy, history=True, paths=1, parameters=RISKLESS)
    history, book = small.history("policy"), small.book
    rate = np.minimum(book.loans.annual_rate, book.jurisdiction.all_in_rate_cap)
    since = np.arange(1, history.shape[0])[:, None] - arrivals(book)
    new = (arrivals(book) > 0) & (since >= 1) & (since <= months)
    open_before = history["status"][:-1] == LoanStatus.OPEN
    waived = (history["principal"][:-1] * rate / 12 * new * open_before).sum(axis=1)
    forgiven = small.flows("policy")[0, 1:, Flow.FORGIVEN]
    assert np.count_nonzero(forgiven) >= 10
    np.testing.assert_allclose(forgiven, waived, rtol=1e-9, atol=1e-9)
    assert small.flows()[:, :, Flow.FORGIVEN].sum() == 0.0


def test_lines_cut_once_overdue_change_nothing_for_those_who_never_are() -> None:
    """Only borrowers who are overdue at a month's start lose the room on their lines."""
    policy = CreditLimits(new_amount_multiplier=1.0, line_multiplier=0.0, first_bucket=1)
    small = against(policy, book=small_book(product="credit_line"), history=True, paths=1)
    reference, cut = small.history(), small.history("policy")
    owner = small.book.loans.borrower
    overdue = (reference["n_unpaid"] > 0).any(axis=0)
    spared = ~np.isin(owner, owner[overdue])
    changed = differ(reference, cut)
    assert np.count_nonzero(changed) > 5
    assert np.count_nonzero(spared) > 50
    assert not np.any(changed & spared)
    everybody = against(
        policy.model_copy(update={"first_bucket": 0}),
        book=small.book,
        history=True,
        paths=1,
    )
    assert np.any(differ(everybody.history(), everybody.history("policy")) & spared)


def test_a_frozen_line_never_grows() -> None:
    small = against(preset("line_freeze"), book=small_book(product="credit_line"), history=True)
    opening = arrivals(small.book) == 0
    growth = {
        name: np.diff(small.history(name)["principal"][:, opening], axis=0).max()
        for name in ("status_quo", "policy")
    }
    assert growth["status_quo"] > 0.0
    assert growth["policy"] <= 0.0
