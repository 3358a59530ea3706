"""The model answers as a risk analyst expects, on the same borrowers under the same luck."""

from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from simulator.book.schema import Book
from simulator.levers import Edit
from simulator.policies import CareProgramme, GracePeriod, StatusQuo, StricterApproval
from simulator.vocabulary import (
    N_COLLECTION_STAGES,
    Cause,
    CollectionStage,
    Count,
    Exit,
    Flow,
    LoanStatus,
    Priority,
)
from tests.conftest import (
    CALM,
    FREE,
    RISKLESS,
    SWITCHES,
    UNLIMITED,
    History,
    Policies,
    Small,
    assert_same_tallies,
    cause_balance,
    overdue_rate,
    run_small,
    small_book,
    standard_errors_above_zero,
    with_borrowers,
    with_loans,
)

F8 = NDArray[np.float64]
N_PATHS = 48


def closed_book(borrowers: int = 800, months: int = 12) -> Book:
    """No applicants, nobody overdue at the opening."""
    return small_book(borrowers, months, applicants_monthly_share=0.0, opening_overdue=False)


def paired(**changed: object) -> tuple[Small, Small]:
    """A calm run and the same run with one thing changed."""
    plain: dict[str, object] = {"book": closed_book(), "worlds": {"hard": CALM}, "paths": N_PATHS}
    return run_small(**plain), run_small(**(plain | changed))  # type: ignore[arg-type]


# --- Hardship raises overdue rates -------------------------------------------------------------

WORSE: dict[str, dict[str, object]] = {
    "unemployment": {"worlds": {"hard": {"unemployment_rate": np.linspace(0.05, 0.12, 61)}}},
    "illness": {"parameters": {"illness_multiplier": 20.0}},
    "epidemic": {"worlds": {"hard": {"epidemic": 0.5}}},
    "disaster": {"worlds": {"hard": {"disaster": 0.02}}},
    "falling incomes": {"worlds": {"hard": {"income_growth": -0.1}}},
    "rising prices": {"worlds": {"hard": {"inflation": 0.5}}},
    "other platforms stop lending": {"worlds": {"hard": {"credit_supply": 0.2}}},
    "dearer debt elsewhere": {"parameters": {"platform_annual_rate": 0.5}},
    "less willingness": {"worlds": {"hard": {"willingness_shift": 1.5}}},
}


@pytest.mark.parametrize("first_bucket", [1, 2, 4])
@pytest.mark.parametrize("cause", WORSE)
def test_hardship_raises_overdue_rates(cause: str, first_bucket: int) -> None:
    plain, worse = paired(**WORSE[cause])
    rise = overdue_rate(worse.tallies(), first_bucket) - overdue_rate(plain.tallies(), first_bucket)
    assert standard_errors_above_zero(rise) > 4


@pytest.mark.parametrize("first_bucket", [1, 2, 4])
def test_less_savings_raise_overdue_rates(first_bucket: int) -> None:
    book = closed_book()
    plain, poorer = paired(book=with_borrowers(book, savings=0.2 * book.borrowers.savings))
    rise = overdue_rate(poorer.tallies(), first_bucket) - overdue_rate(
        plain.tallies(), first_bucket
    )
    assert standard_errors_above_zero(rise) > 4


@pytest.mark.parametrize("first_bucket", [1, 2])
def test_a_dearer_own_rate_raises_overdue_rates(first_bucket: int) -> None:
    """Two per cent against the cap of 24, for all; the rival's rate does not matter here."""
    book = closed_book()
    still = {"rival_prepay_sensitivity": 0.0, "choose_other_sensitivity": 0.0}
    rates = [with_loans(book, annual_rate=np.full(book.n_loans, rate)) for rate in (0.02, 0.24)]
    cheap, dear = (
        run_small(rated, worlds={"hard": CALM}, parameters=still, paths=N_PATHS) for rated in rates
    )
    rise = overdue_rate(dear.tallies(), first_bucket) - overdue_rate(cheap.tallies(), first_bucket)
    assert standard_errors_above_zero(rise) > 4


# --- Causes ------------------------------------------------------------------------------------


def all_causes_book() -> Book:
    """Borrowers among whom every cause can be the first."""
    book = small_book(1_500)
    people = book.borrowers
    return with_borrowers(
        book,
        p_forget=np.maximum(people.p_forget, 0.02),
        p_misunderstand=np.maximum(people.p_misunderstand, 0.05),
    )


BY_SHORTAGE_ALONE = {Cause.PLATFORM_CUTOFF, Cause.OVERSPENDING, Cause.CHOSE_OTHER_LENDER}
"""Causes of a shortage without a shock: without the shortage, none of them can occur."""


@cache
def causes_run(off: Cause | None) -> Small:
    parameters = {"choose_other_sensitivity": 0.5, "channel_mean_days": 8.0}
    if off is not None:
        parameters[SWITCHES[off]] = 0.0
    return run_small(all_causes_book(), parameters=parameters, paths=4)


@pytest.mark.parametrize("cause", SWITCHES, ids=lambda cause: cause.name)
def test_a_cause_can_be_switched_off_and_its_share_disappears(cause: Cause) -> None:
    assert cause_balance(causes_run(None).tallies(), cause) > 0.0
    without = causes_run(cause).tallies()
    assert cause_balance(without, cause) == 0.0
    also_gone = BY_SHORTAGE_ALONE if cause in BY_SHORTAGE_ALONE else {cause}
    for other in SWITCHES.keys() - also_gone:
        assert cause_balance(without, other) > 0.0, other.name


def test_overdue_balance_always_has_a_cause() -> None:
    tallies = causes_run(None).tallies()
    assert cause_balance(tallies, Cause.NONE) == 0.0
    assert np.all(tallies.cause_balance >= 0.0)


def test_nobody_is_overdue_when_every_cause_is_off() -> None:
    small = run_small(closed_book(), parameters=RISKLESS)
    assert small.tallies().balance[:, :, 1:].sum() == 0.0
    assert small.counts()[:, :, Count.INSTALMENTS_LATE].sum() == 0.0


# --- Grace and care ----------------------------------------------------------------------------


def everybody(policy: dict[str, object]) -> GracePeriod:
    """A grace period that every borrower takes in month 1, whatever the need."""
    return GracePeriod.model_validate(
        {"awareness": 1.0, "take_up_if_need": 1.0, "take_up_if_no_need": 1.0, "last_month": 1}
        | {"monthly_budget_share": 10.0}
        | policy
    )


@pytest.mark.parametrize("deferred", [0.1, 0.5, 0.9, 1.0])
@pytest.mark.parametrize("months", [1, 3, 6])
@pytest.mark.parametrize("charged", [0.0, 1.0])
def test_a_grace_period_never_raises_an_instalment_inside_its_window(
    deferred: float, months: int, charged: float
) -> None:
    """Everybody pays what is due, so payments are instalments; loan by loan, month by month."""
    offer: dict[str, object] = {
        "months": months,
        "deferred_share": deferred,
        "interest_charged_share": charged,
    }
    book = closed_book(300)
    loans = book.loans
    small = run_small(
        book,
        policies={"status_quo": StatusQuo(), "grace_period": everybody(offer)},
        parameters=RISKLESS,
        paths=1,
        history=True,
    )
    still = np.array([p.p_prepay_monthly for p in book.products])[loans.product] == 0.0
    compared = 0
    reference, relieved = small.history(), small.history("grace_period")
    for month in range(1, months + 1):
        open_in_both = (reference["status"][month - 1] == LoanStatus.OPEN) & (
            relieved["status"][month - 1] == LoanStatus.OPEN
        )
        early = (reference["status"][month] == LoanStatus.PAID_OFF) & ~still
        rows = open_in_both & ~early
        now, before = relieved["paid"][month][rows], reference["paid"][month][rows]
        assert np.all(now <= before + 1e-6)
        compared += int(rows.sum())
    assert compared > 200 * months


def test_a_full_deferral_asks_for_nothing_and_freezes_days_past_due() -> None:
    small = run_small(
        policies={"status_quo": StatusQuo(), "grace_period": GracePeriod(max_bucket=3)},
        paths=1,
        history=True,
    )
    history = small.history("grace_period")
    left = history["relief_months_left"].astype(int)
    inside = (left[:-1] > 0) & (history["status"][:-1] == LoanStatus.OPEN)
    granted = (left[1:] > 0) & (left[:-1] == 0)
    deferred = inside | granted
    assert deferred.sum() > 100
    assert history["paid"][1:][deferred].sum() == 0.0
    assert np.array_equal(history["n_unpaid"][1:][deferred], history["n_unpaid"][:-1][deferred])
    assert np.array_equal(history["principal"][1:][deferred], history["principal"][:-1][deferred])


def test_the_care_programme_charges_no_interest() -> None:
    """What is forgiven is the interest on the principal of the loans in care, and no more."""
    generous = CareProgramme(
        awareness=1.0, proof_available=1.0, apply_if_need=1.0, apply_if_no_need=1.0
    )
    policies: Policies = {"status_quo": StatusQuo(), "care_programme": generous}
    small = run_small(policies=policies, paths=1, history=True)
    history, loans = small.history("care_programme"), small.book.loans
    products = [small.book.products[k] for k in loans.product]
    left = history["relief_months_left"].astype(int)
    in_care = (left[1:] > 0) | (left[:-1] > 0)
    dpd = 30 * history["n_unpaid"][:-1].astype(int) - loans.due_day
    accruing = dpd < np.array([p.accrual_stop_dpd for p in products])
    cap = small.book.jurisdiction.all_in_rate_cap
    monthly = np.minimum(loans.annual_rate, cap) / 12
    waived = (history["principal"][:-1] * monthly * in_care * accruing).sum(axis=1)
    forgiven = small.flows("care_programme")[0, 1:, Flow.FORGIVEN]
    assert np.count_nonzero(forgiven) >= 10
    np.testing.assert_allclose(forgiven, waived, rtol=1e-9)
    assert small.flows()[:, :, Flow.FORGIVEN].sum() == 0.0


def test_care_and_grace_reach_only_what_they_promise() -> None:
    policies: Policies = {"status_quo": StatusQuo(), "care_programme": CareProgramme(max_bucket=0)}
    small = run_small(policies=policies, paths=1, history=True)
    left = small.history("care_programme")["relief_months_left"].astype(int)
    granted = (left[1:] > 0) & (left[:-1] == 0)
    assert granted.sum() > 0
    assert np.all(left[1:][granted] == 2)  # three months, of which this is one
    assert np.all(small.history("care_programme")["n_unpaid"][:-1][granted] == 0)


# --- Approval ----------------------------------------------------------------------------------


def loans_that_differ(left: History, right: History) -> NDArray[np.bool_]:
    differ: NDArray[np.bool_] = np.any(left != right, axis=0)
    return differ


def test_stricter_approval_changes_no_approved_borrowers_luck() -> None:
    small = run_small(policies=FREE, history=True, months=12)
    reference, strict = small.history(), small.history("stricter_approval")
    arrival = small.book.borrowers.arrival_month[small.book.loans.borrower]
    refused = strict["status"][-1] == LoanStatus.REFUSED
    was_approved = reference["status"][-1] != LoanStatus.REFUSED
    assert np.count_nonzero(refused & was_approved) > 20
    assert not np.any(refused & (arrival == 0))
    assert not np.any(~refused & ~was_approved)  # stricter: nobody gets in who did not before
    kept = ~refused
    assert np.count_nonzero(kept & (arrival > 0)) > 20
    assert not np.any(loans_that_differ(reference, strict)[kept])


def test_stricter_approval_leaves_the_months_before_it_unchanged() -> None:
    late: Policies = {
        "status_quo": StatusQuo(),
        "stricter_approval": StricterApproval(first_month=7),
    }
    small = run_small(policies=late, months=12)
    assert np.array_equal(small.flows()[:, :7], small.flows("stricter_approval")[:, :7])
    assert not np.array_equal(small.flows()[:, 7], small.flows("stricter_approval")[:, 7])


TRIGGER = 0.02


def test_tightening_reduces_approvals_after_months_of_high_overdue_rates() -> None:
    """And only then: the cut-off looks at last month's 30+ rate."""
    tight = [Edit("tighten_trigger", TRIGGER), Edit("tighten_slope", 4000.0)]
    small = run_small(policies={"status_quo": UNLIMITED, "tight": tight}, paths=10)
    for path in range(10):
        balance = small.tallies("tight").balance[path]
        rate = balance[:-1, 2:].sum(axis=1) / balance[:-1].sum(axis=1)
        loose = small.counts()[path, 1:, Count.APPROVED]
        strict = small.counts("tight")[path, 1:, Count.APPROVED]
        assert np.all(strict <= loose)
        assert np.array_equal(strict[rate <= TRIGGER], loose[rate <= TRIGGER])
        assert strict[rate > TRIGGER].sum() < 0.9 * loose[rate > TRIGGER].sum()


def test_tightening_with_a_trigger_never_reached_changes_no_bit() -> None:
    idle = [Edit("tighten_trigger", 1.0), Edit("tighten_slope", 4000.0)]
    small = run_small(policies={"status_quo": UNLIMITED, "idle": idle})
    assert_same_tallies(small.tallies(), small.tallies("idle"))


# --- Regions -----------------------------------------------------------------------------------


def test_a_flood_in_one_region_leaves_all_others_bit_identical() -> None:
    dry_world, flood = CALM, {"disaster_west": np.where(np.arange(61) < 4, 0.3, 0.0)}
    small = run_small(
        policies=FREE, worlds={"dry": dry_world, "flood": flood}, history=True, months=12
    )
    west = small.book.regions.index("west")
    flooded = small.book.borrowers.region[small.book.loans.borrower] == west
    for policy in FREE:
        differ = loans_that_differ(small.history(policy, "dry"), small.history(policy, "flood"))
        assert not np.any(differ & ~flooded)
        assert np.mean(differ[flooded]) > 0.1


def test_a_policy_for_one_region_leaves_all_others_bit_identical() -> None:
    policies: Policies = {"status_quo": UNLIMITED, "grace_period": GracePeriod(regions=("east",))}
    small = run_small(policies=policies, history=True, months=12)
    east = small.book.borrowers.region[small.book.loans.borrower] == 0
    differ = loans_that_differ(small.history(), small.history("grace_period"))
    assert small.book.regions[0] == "east"
    assert not np.any(differ & ~east)
    assert np.any(differ & east)


# --- Limits ------------------------------------------------------------------------------------


@pytest.mark.parametrize("priority", [float(priority) for priority in Priority])
@pytest.mark.parametrize("capacity", [0.0, 3.0, 11.0, 40.0])
def test_collectors_capacity_is_never_exceeded(capacity: float, priority: float) -> None:
    limits = [
        Edit(f"capacity_{stage.name.lower()}", capacity * (1 + stage)) for stage in CollectionStage
    ]
    policies: Policies = {
        "status_quo": StatusQuo(),
        "few": [*limits, Edit("contact_priority", priority)],
    }
    small = run_small(policies=policies, months=12)
    assert len(CollectionStage) == N_COLLECTION_STAGES
    for stage in CollectionStage:
        made = small.counts("few")[:, :, Count[f"CONTACT_{stage.name}"]]
        allowed = capacity * (1 + stage) * small.book.loans.id[opening(small.book)].size / 1000
        own = {"HUMAN_CALL": 30.0, "FIELD_VISIT": 1.0, "LEGAL": 3.0}.get(stage.name, np.inf)
        allowed = min(allowed, own * opening(small.book).sum() / 1000)
        assert np.all(made <= allowed * (1 + 1e-12))
    assert small.counts("few")[:, :, Count.QUEUE_UNSERVED].sum() > 0


def opening(book: Book) -> NDArray[np.bool_]:
    """Loans of the opening book."""
    arrived: NDArray[np.bool_] = book.borrowers.arrival_month[book.loans.borrower] == 0
    return arrived


def test_unlimited_collectors_leave_nobody_unserved() -> None:
    small = run_small(policies={"status_quo": UNLIMITED, "strict": StricterApproval()})
    for policy in ("status_quo", "strict"):
        assert small.counts(policy)[:, :, Count.QUEUE_UNSERVED].sum() == 0.0
        assert small.counts(policy)[:, :, Count.CONTACT_HUMAN_CALL].sum() > 0.0


def granted_instalments(small: Small, policy: str) -> F8:
    """Instalments deferred in the month of each grant, months 1 to the last.

    For annuity loans of the opening book that get relief once: the instalment is the opening's.
    """
    history, loans = small.history(policy), small.book.loans
    left = history["relief_months_left"].astype(int)
    granted = (left[1:] > 0) & (left[:-1] == 0)
    i = np.minimum(loans.annual_rate, small.book.jurisdiction.all_in_rate_cap) / 12
    level = loans.principal * i / (1 - (1 + i) ** -loans.remaining_months.astype(float))
    principal = history["principal"][:-1]
    remaining = loans.remaining_months - np.arange(granted.shape[0])[:, None]
    part = np.where(remaining <= 1, principal, np.minimum(principal, level - principal * i))
    total: F8 = (np.where(granted, part + principal * i, 0.0)).sum(axis=1)
    return total


@pytest.mark.parametrize("share", [0.0005, 0.002, 0.01])
def test_relief_budgets_are_never_exceeded(share: float) -> None:
    book = small_book(
        1_000, product="cash_loan", applicants_monthly_share=0.0, opening_overdue=True
    )
    small = run_small(
        book,
        policies={
            "status_quo": StatusQuo(),
            "limited": GracePeriod(monthly_budget_share=share, take_up_if_need=1.0),
            "unlimited": GracePeriod(monthly_budget_share=10.0, take_up_if_need=1.0),
        },
        paths=1,
        history=True,
    )
    budget = share * small.counts()[0, 0, Count.CLOSING_BALANCE]
    deferred = granted_instalments(small, "limited")
    assert np.all(deferred <= budget * (1 + 1e-9))
    assert deferred.max() > 0.5 * budget
    assert granted_instalments(small, "unlimited").max() > budget


def test_two_equal_policies_under_different_names_differ_by_exactly_nothing() -> None:
    twins: Policies = {"status_quo": StatusQuo(), "one": GracePeriod(), "other": GracePeriod()}
    small = run_small(policies=twins)
    assert_same_tallies(small.tallies("one"), small.tallies("other"))
    same = run_small(policies={"status_quo": StatusQuo(), "nothing": []})
    assert_same_tallies(same.tallies(), same.tallies("nothing"))


# --- Duration ----------------------------------------------------------------------------------


def months_overdue(n_unpaid: NDArray[np.int16]) -> NDArray[np.int64]:
    """Months since a loan was last current, (T, n); spells open at month 0 are left out (-1)."""
    spell = np.where(n_unpaid[0] > 0, -1, 0)
    rows = [spell]
    for unpaid in n_unpaid[1:]:
        spell = np.where(unpaid == 0, 0, np.where(spell < 0, -1, spell + 1))
        rows.append(spell)
    return np.array(rows)


def cure_counts(small: Small, bucket: int, least: int, most: int) -> tuple[int, int]:
    """(cured within a month, all) of loan-months in ``bucket`` with a spell in [least, most]."""
    history = small.history()
    spell = months_overdue(history["n_unpaid"])[:-1]
    there = (history["status"][:-1] == LoanStatus.OPEN) & (history["n_unpaid"][:-1] == bucket)
    there &= (spell >= least) & (spell <= most)
    cured = (history["n_unpaid"][1:] == 0) & (history["status"][1:] != LoanStatus.WRITTEN_OFF)
    return int((there & cured).sum()), int(there.sum())


STRESSED = {"unemployment_rate": 0.09, "credit_supply": 0.5, "income_growth": -0.02}


def duration_run(**parameters: float) -> Small:
    """Many borrowers in a steady stressed world, so that only time overdue changes."""
    return run_small(
        small_book(9_000, months=36, applicants_monthly_share=0.0, opening_overdue=False),
        policies={"status_quo": UNLIMITED},
        worlds={"hard": STRESSED},
        parameters=parameters,
        months=36,
        paths=1,
        history=True,
    )


def test_cure_rates_fall_with_months_overdue_beyond_the_bucket() -> None:
    """Loans of one bucket: those overdue for longer cure less. A Markov chain would not know."""
    small = duration_run()
    fresh, n_fresh = cure_counts(small, 1, 1, 1)
    stale, n_stale = cure_counts(small, 1, 2, 99)
    assert n_stale > 100
    rates, sizes = np.array([fresh / n_fresh, stale / n_stale]), np.array([n_fresh, n_stale])
    error = np.sqrt((rates * (1 - rates) / sizes).sum())
    assert rates[0] - rates[1] > 4 * error


@pytest.mark.parametrize("bucket", [2, 3, 4])
def test_duration_effects_lower_the_cure_rate_of_late_buckets(bucket: int) -> None:
    """Against the same borrowers and luck without refusal and deafness growing with time."""

    def cure_rate(**parameters: float) -> F8:
        small = run_small(
            small_book(1_500, months=24, applicants_monthly_share=0.0),
            policies={"status_quo": UNLIMITED},
            worlds={"hard": STRESSED},
            parameters=parameters,
            months=24,
            paths=N_PATHS,
        )
        roll = small.tallies().roll[:, 1:, bucket].sum(axis=1)
        rate: F8 = (roll[:, 0] + roll[:, Exit.PAID_OFF]) / roll.sum(axis=1)
        return rate

    rise = cure_rate(refuse_duration_slope=0.0, effect_decay=0.0) - cure_rate()
    assert standard_errors_above_zero(rise) > 4
