"""Every policy moves what it should and nothing else, on small books under the same luck."""

from functools import cache
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from simulator.book.schema import Book
from simulator.policies import (
    ClassifiedCollections,
    ConductRules,
    CreditLimits,
    EarlyWarningCall,
    Education,
    GracePeriod,
    NewCustomerInterestFree,
    Policy,
    Prevention,
    StatusQuo,
    build_policy,
)
from simulator.vocabulary import Cause, Count, Flow, LoanStatus
from tests.conftest import (
    CALM,
    RISKLESS,
    UNLIMITED,
    History,
    Policies,
    Small,
    assert_same_tallies,
    cause_balance,
    run_small,
    small_book,
)
from tests.policies.policy_tables import preset

F8 = NDArray[np.float64]
Mask = NDArray[np.bool_]


def against(policy: Policy, reference: StatusQuo = UNLIMITED, **run: Any) -> Small:
    """A run of the reference and of ``policy`` on top of it."""
    policies: Policies = {"status_quo": reference, "policy": policy}
    return run_small(policies=policies, **run)


def differ(left: History, right: History) -> Mask:
    """Loans whose history is not the same to the last bit, shape (n_loans,)."""
    different: Mask = np.any(left != right, axis=0)
    return different


def arrivals(book: Book) -> NDArray[np.int16]:
    """Arrival month of each loan's borrower; 0 is the opening book."""
    months: NDArray[np.int16] = book.borrowers.arrival_month[book.loans.borrower]
    return months


def histories(small: Small) -> dict[str, History]:
    return {name: small.history(name) for name in ("status_quo", "policy")}


def total(small: Small, count: Count, policy: str = "policy") -> float:
    return float(small.counts(policy)[:, :, count].sum())


# --- New customers -----------------------------------------------------------------------------

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
    return run_small(policies=policies, history=True, paths=1)


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
    assert not np.any(differ(reference, strict)[~refused])


def test_income_verification_turns_applicants_away_by_what_it_finds_and_by_its_delay() -> None:
    """Under a cap on debt service that binds; nobody is admitted who was not before."""
    reference = UNLIMITED.model_copy(update={"debt_service_cap": 0.3})
    policy = preset("income_verification")
    small = against(policy, reference, book=small_book(1_000), history=True)
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


# --- Relief ------------------------------------------------------------------------------------


def test_a_flood_holiday_leaves_every_other_region_bit_identical() -> None:
    """The flood hits two regions; only one of them gets the holiday."""
    wet = np.where(np.arange(61) < 4, 0.3, 0.0)
    holiday = GracePeriod(
        regions=("west",),
        hardships=("disaster",),
        awareness=1.0,
        take_up_if_need=1.0,
        take_up_if_no_need=1.0,
        max_bucket=7,
        monthly_budget_share=10.0,
    )
    world = {"disaster_west": wet, "disaster_east": wet}
    small = against(holiday, worlds={"hard": world}, history=True)
    book = small.book
    west = book.borrowers.region[book.loans.borrower] == book.regions.index("west")
    changed = differ(small.history(), small.history("policy"))
    assert not np.any(changed & ~west)
    assert np.mean(changed[west]) > 0.2
    assert np.all(small.history()["relief_months_left"] == 0)


def test_a_blanket_holiday_reaches_everybody_in_its_first_month() -> None:
    small = against(preset("blanket_holiday"), history=True, paths=1)
    opening = arrivals(small.book) == 0
    assert np.all(small.history("policy")["relief_months_left"][1][opening] == 2)


def test_a_buffer_period_is_a_month_and_can_be_had_twice() -> None:
    always = build_policy(
        "always",
        {"kind": "grace_period", "months": 1, "max_uses": 2, "awareness": 1.0}
        | {"take_up_if_need": 1.0, "take_up_if_no_need": 1.0, "monthly_budget_share": 10.0},
    )
    book = small_book(opening_overdue=False)
    small = against(always, book=book, parameters=RISKLESS, history=True, paths=1)
    opening = arrivals(book) == 0
    paid = small.history("policy")["paid"][:, opening]
    assert np.all(paid[1:3] == 0.0)
    assert np.count_nonzero(paid[3]) > 0.9 * opening.sum()


def test_a_re_plan_clears_arrears_and_keeps_the_principal() -> None:
    """Everybody in arrears in month 1 gets one, short or not; at most that month is unpaid then."""
    settings = {"kind": "instalment_replan", "awareness": 1.0, "max_bucket": 7}
    asked = {"take_up_if_need": 1.0, "take_up_if_no_need": 1.0, "monthly_budget_share": 10.0}
    policy = build_policy("all", settings | asked)
    small = against(policy, history=True, paths=1, months=1)
    before, after = small.history("policy")[0], small.history("policy")[1]
    overdue = before["n_unpaid"] > 0
    assert np.count_nonzero(before["n_unpaid"] > 1) > 5
    assert total(small, Count.RELIEF_GRANTED) == np.count_nonzero(overdue)
    assert np.all(after["n_unpaid"][overdue] <= 1)
    assert small.flows("policy")[:, :, Flow.FORGIVEN].sum() == 0.0


def test_a_tenor_extension_lowers_instalments_of_loans_that_are_not_overdue() -> None:
    settings = {"kind": "instalment_replan", "term_extension_months": 12, "affordable_share": 0.0}
    asked = {"awareness": 1.0, "take_up_if_need": 1.0, "take_up_if_no_need": 1.0, "last_month": 1}
    cells = {"first_bucket": 0, "max_bucket": 0, "monthly_budget_share": 10.0}
    policy = build_policy("longer", settings | asked | cells)
    book = small_book(product="cash_loan", applicants_monthly_share=0.0, opening_overdue=False)
    calm: dict[str, Any] = {
        "parameters": RISKLESS,
        "worlds": {"hard": CALM},
        "paths": 1,
        "history": True,
    }
    small = against(policy, book=book, **calm)
    i = np.minimum(book.loans.annual_rate, book.jurisdiction.all_in_rate_cap) / 12
    months = book.loans.remaining_months.astype(float) + 12
    instalment = book.loans.principal * i / (1 - (1 + i) ** -months)
    # Nobody prepays while relief runs, so the first month's payments are instalments.
    np.testing.assert_allclose(small.history("policy")["paid"][1], instalment)


# --- Early warning -----------------------------------------------------------------------------

N_PATHS = 40


def warned_in_first_month(policy: EarlyWarningCall) -> tuple[float, float, float]:
    """Coming troubles, calls made and calls made rightly in month 1, before any call acts."""
    small = against(policy, paths=N_PATHS, months=1)
    counts = small.counts("policy")[:, 1]
    targets, made, rightly = (
        float(counts[:, c].sum())
        for c in (Count.WARNING_TARGETS, Count.WARNED, Count.WARNED_RIGHTLY)
    )
    return targets, made, rightly


def test_early_warning_realises_its_recall_and_at_its_base_rate_its_precision() -> None:
    unlimited = {"calls_per_1000_loans": 1e6}
    all_flagged = EarlyWarningCall(recall=1.0, precision=0.5, base_rate=0.5, **unlimited)
    targets, scored, rightly = warned_in_first_month(all_flagged)
    assert rightly == targets
    base = targets / scored
    assert 0.02 < base < 0.3
    policy = EarlyWarningCall(recall=0.6, precision=0.4, base_rate=base, **unlimited)
    same_targets, made, rightly = warned_in_first_month(policy)
    assert same_targets == targets
    # A borrower's loans may share a draw: up to twice the variance of independent loans.
    error = np.sqrt(2 * 0.6 * 0.4 / targets)
    assert abs(rightly / targets - 0.6) < 4 * error
    error = np.sqrt(2 * 0.4 * 0.6 / made)
    assert abs(rightly / made - 0.4) < 4 * error


def test_calls_before_the_due_day_never_exceed_their_capacity() -> None:
    small = against(EarlyWarningCall(calls_per_1000_loans=20.0), months=6)
    made = small.counts("policy")[:, 1:, Count.WARNED]
    opening = np.count_nonzero(arrivals(small.book) == 0)
    assert np.all(made <= 20.0 * opening / 1000)
    assert made.sum() > 0
    assert np.array_equal(small.counts("policy")[:, 1:, Count.PROGRAMME_COST] > 0, made > 0)


def test_a_warning_without_an_offer_and_without_lapses_changes_no_loan() -> None:
    """What a call does besides the offer is to keep attention; without lapses it does nothing."""
    lapses = ("strength_forgot", "strength_channel_failure", "strength_did_not_understand")
    silent = EarlyWarningCall(accept_if_need=0.0, accept_if_no_need=0.0)
    small = against(silent, parameters=dict.fromkeys(lapses, 0.0), history=True)
    assert not np.any(differ(small.history(), small.history("policy")))
    assert total(small, Count.WARNED) > 0


# --- Collections -------------------------------------------------------------------------------


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


# --- Prevention --------------------------------------------------------------------------------

REPAIRED: dict[str, tuple[Cause, str]] = {
    "channel_repair": (Cause.CHANNEL_FAILURE, "strength_channel_failure"),
    "simpler_products": (Cause.DID_NOT_UNDERSTAND, "strength_did_not_understand"),
}


@pytest.mark.parametrize("name", REPAIRED)
def test_a_repair_changes_nothing_but_the_consequences_of_what_it_repairs(name: str) -> None:
    """Where the cause cannot occur, no loan differs by a bit; only the programme's cost does."""
    _, strength = REPAIRED[name]
    small = against(preset(name), parameters={strength: 0.0}, history=True)
    assert not np.any(differ(small.history(), small.history("policy")))
    assert np.array_equal(small.flows(), small.flows("policy"))
    changed = np.flatnonzero(np.any(small.counts() != small.counts("policy"), axis=(0, 1)))
    assert changed.tolist() == [Count.PROGRAMME_COST]


@pytest.mark.parametrize("name", REPAIRED)
def test_a_repair_leaves_loans_alone_that_never_suffered_from_the_cause(name: str) -> None:
    """A cause repaired in full is as good as a cause that never was."""
    cause, strength = REPAIRED[name]
    fields = {"channel_repair": "channel_factor", "simpler_products": "misunderstand_factor"}
    repaired = Prevention.model_validate({fields[name]: 0.0})
    slow = dict.fromkeys(("channel_mean_days", "misunderstand_mean_days"), 30.0)
    with_it = against(repaired, parameters=slow, history=True)
    without_it = against(repaired, parameters=slow | {strength: 0.0}, history=True)
    assert cause_balance(with_it.tallies(), cause) > 0.0
    assert cause_balance(with_it.tallies("policy"), cause) == 0.0
    assert np.array_equal(with_it.history("policy"), without_it.history())


@pytest.mark.parametrize("name", ["smart_reminders", "autopay_enrolment"])
def test_reminders_and_autopay_prevent_forgetting_alone(name: str) -> None:
    """Without forgetting, they change no loan; with it, less is forgotten."""
    idle = against(preset(name), parameters={"strength_forgot": 0.0}, history=True)
    assert not np.any(differ(idle.history(), idle.history("policy")))
    assert total(idle, Count.PROGRAMME_COST) > 0.0
    small = against(preset(name), paths=20)
    late = [total(small, Count.INSTALMENTS_LATE, p) for p in ("policy", "status_quo")]
    assert late[0] < late[1]


def first_month_that_differs(small: Small) -> int:
    same = np.all(small.history() == small.history("policy"), axis=1)
    return int(np.argmin(same))


def test_education_does_nothing_in_its_first_month_and_acts_later() -> None:
    policy = Education(share_reached=1.0, months_to_full_effect=6, first_month=3)
    small = against(policy, book=small_book(1_000), history=True)
    assert 4 <= first_month_that_differs(small) < 12
    paired = [small.counts(p)[:, :, Count.PROGRAMME_COST] for p in ("status_quo", "policy")]
    assert np.all(paired[0] == 0.0)
    assert np.all(paired[1][:, :3] == 0.0)
    assert np.all(paired[1][:, 3:] > 0.0)


def test_education_prevents_more_the_longer_it_runs() -> None:
    """The share of instalments paid late falls more in each of three years."""
    policy = Education(share_reached=1.0, months_to_full_effect=24)
    book = small_book(1_000, months=36)
    small = against(policy, book=book, months=36, paths=20, worlds={"hard": CALM})

    def late_rate(name: str) -> F8:
        years = small.counts(name)[:, 1:].reshape(20, 3, 12, -1).sum(axis=(0, 2))
        rate: F8 = years[:, Count.INSTALMENTS_LATE] / years[:, Count.INSTALMENTS_DUE]
        return rate

    saved = late_rate("status_quo") - late_rate("policy")
    assert 0.0 < saved[0] < saved[1] < saved[2]


# --- Whole programmes --------------------------------------------------------------------------

LARGE = ("firm_and_fair", "full_programme", "prevention_and_care")


@pytest.mark.parametrize("name", LARGE)
def test_two_equal_programmes_differ_by_exactly_nothing(name: str) -> None:
    twins: Policies = {"status_quo": StatusQuo(), "one": preset(name), "other": preset(name)}
    small = run_small(policies=twins, paths=2)
    assert_same_tallies(small.tallies("one"), small.tallies("other"))
    assert not np.array_equal(small.flows(), small.flows("one"))
