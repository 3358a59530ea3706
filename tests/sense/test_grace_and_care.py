"""Grace and care give what they promise, to whom they promise it."""

import numpy as np
import pytest

from simulator.policies import CareProgramme, GracePeriod, StatusQuo
from simulator.vocabulary import Flow, LoanStatus
from tests.conftest import ONCE, RISKLESS, Policies, run_small
from tests.sense.runs import closed_book


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
    small = run_small(policies=policies, parameters=ONCE, paths=1, history=True)
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
