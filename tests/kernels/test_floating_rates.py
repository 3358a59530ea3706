"""Loans whose rate follows the policy rate: closed forms on a path of rates."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from simulator.book.schema import Book
from simulator.vocabulary import Amortisation, LoanStatus
from tests.conftest import (
    F8,
    RISKLESS,
    UNLIMITED,
    Small,
    assert_same_simulations,
    run_small,
    small_book,
)
from tests.kernels.test_amortisation import CAP, LOAN_MONTHS, riskless_book

MONTHS = np.arange(61)
WAVES = 0.04 + 0.03 * np.sin(MONTHS / 3)
"""A policy rate that rises and falls, months 0 to 60."""
STILL_PLATFORMS = {"platform_rate_passthrough": 0.0}


def floating(book: Book, open_share: float, new_share: float) -> Book:
    """``book`` with these shares of the policy rate's change in all its products."""
    update = {"rate_passthrough": open_share, "new_rate_passthrough": new_share}
    return replace(book, products=tuple(p.model_copy(update=update) for p in book.products))


def paid_loans(book: Book, policy_rate: F8) -> tuple[NDArray[np.void], F8]:
    """History of loans that are always paid, and the change of the policy rate since month 0."""
    small = run_small(
        book,
        policies={"status_quo": UNLIMITED},
        worlds={"calm": {"policy_rate": policy_rate}},
        parameters=RISKLESS,
        months=LOAN_MONTHS,
        paths=1,
        history=True,
    )
    path = small.macro["calm"].by_draw["policy_rate"][0]
    return small.history(scenario="calm"), path - path[0]


def annuity_factor(i: float, months: int) -> float:
    """Value of 1 a month for ``months`` months."""
    return months * 1.0 if i == 0.0 else (1.0 - (1.0 + i) ** -months) / i


def principal_after(kind: Amortisation, s0: float, i: F8, m: int) -> F8:
    """Principal after each month of a loan of ``m`` instalments; ``i``: monthly rates from 1 on.

    An annuity that is set anew each month keeps, of its principal, the ratio of two factors.
    """
    if kind is Amortisation.ANNUITY:
        kept = [annuity_factor(i[k], m - k - 1) / annuity_factor(i[k], m - k) for k in range(m)]
        shares = np.cumprod(np.array([1.0, *kept], dtype=np.float64))
        return np.asarray(s0 * shares, dtype=np.float64)
    straight = 1.0 - np.arange(m + 1) / m
    bullet = np.append(np.ones(m), 0.0)
    return s0 * (bullet if kind is Amortisation.BULLET else straight)


@pytest.mark.parametrize("share", [0.5, 1.0])
@pytest.mark.parametrize(
    "kind", [Amortisation.ANNUITY, Amortisation.EQUAL_PRINCIPAL, Amortisation.BULLET]
)
def test_floating_loans_bear_the_month_s_rate_and_end_at_zero_on_time(
    kind: Amortisation, share: float
) -> None:
    book = floating(riskless_book(), share, 0.0)
    history, change = paid_loans(book, WAVES)
    loans = book.loans
    rows = np.flatnonzero((loans.kind == kind) & (loans.remaining_months > 1))
    assert rows.size > 20
    for row in rows:
        s0, m = loans.principal[row], int(loans.remaining_months[row])
        rate = np.clip(loans.annual_rate[row] + share * change[1 : m + 1], 0.0, CAP)
        expected = principal_after(kind, s0, rate / 12, m)
        assert m <= LOAN_MONTHS
        loan = history[: m + 1, row]
        np.testing.assert_allclose(loan["principal"], expected, rtol=1e-9, atol=1e-6)
        np.testing.assert_allclose(loan["balance"], expected, rtol=1e-9, atol=1e-6)
        paid = expected[:-1] * (1 + rate / 12) - expected[1:]
        np.testing.assert_allclose(loan["paid"][1:], paid, rtol=1e-9, atol=1e-6)
        assert np.all(loan["status"][:-1] == LoanStatus.OPEN)
        assert loan["status"][-1] == LoanStatus.PAID_OFF


@pytest.mark.parametrize(
    "policy_rate",
    [np.maximum(0.0, 0.3 - 0.03 * MONTHS), 0.02 + 0.02 * MONTHS],
    ids=["to the floor", "to the cap"],
)
def test_the_rate_of_a_line_stays_between_nothing_and_the_cap(policy_rate: F8) -> None:
    book = floating(riskless_book(), 1.0, 0.0)
    history, change = paid_loans(book, np.minimum(policy_rate, 0.5))
    rows = np.flatnonzero(book.loans.kind == Amortisation.REVOLVING)
    small_share, bound = 0.02, 0  # times at the floor or the cap
    for row in rows:
        limit = book.loans.limit[row]
        share = book.products[book.loans.product[row]].min_payment_share
        free = book.loans.annual_rate[row] + change[1:]
        rate = np.clip(free, 0.0, CAP)
        bound += int(np.count_nonzero(rate != free))
        s = history["principal"][:-1, row]
        due = np.where(s <= small_share * limit, s, share * s)
        np.testing.assert_allclose(
            history["paid"][1:, row], due + s * rate / 12, rtol=1e-9, atol=1e-6
        )
    assert bound > 100


RISING: Mapping[str, object] = {"policy_rate": 0.03 + 0.005 * np.minimum(MONTHS, 12)}


def both_ways(book: Book, parameters: Mapping[str, float]) -> tuple[Small, Small]:
    """A run while the policy rate stands still, and one while it rises."""
    still, rising = (
        run_small(
            book, worlds={"hard": world}, parameters={**STILL_PLATFORMS, **parameters}, history=True
        )
        for world in ({}, RISING)
    )
    return still, rising


def test_rates_that_are_fixed_for_life_do_not_change_a_bit() -> None:
    book = floating(small_book(), 0.0, 0.0)
    still, rising = both_ways(book, {})
    assert_same_simulations(still.simulation, rising.simulation)
    off = {"product_rate_passthrough": 0.0}
    _, without = both_ways(floating(small_book(), 1.0, 1.0), off)
    assert_same_simulations(still.simulation, without.simulation)
    _, moved = both_ways(floating(small_book(), 0.0, 0.5), {})
    assert not np.array_equal(still.flows(), moved.flows())


@pytest.mark.parametrize(("open_share", "new_share"), [(0.0, 0.5), (1.0, 0.5), (1.0, 1.0)])
def test_a_new_loan_costs_the_price_of_its_month_and_floats_from_there(
    open_share: float, new_share: float
) -> None:
    """Interest of bullet loans: the change until the arrival once, by the share of new loans."""
    book = small_book(300, LOAN_MONTHS, "micro_business_loan", second_loan_share=0.0)
    book = floating(book, open_share, new_share)
    products = tuple(p.model_copy(update={"p_prepay_monthly": 0.0}) for p in book.products)
    history, change = paid_loans(replace(book, products=products), WAVES)
    loans = book.loans
    arrival = book.borrowers.arrival_month[loans.borrower]
    checked = 0
    for row in np.flatnonzero((arrival > 0) & (loans.term_months > 4)):
        a = int(arrival[row])
        if a + 4 > LOAN_MONTHS or history["status"][a, row] != LoanStatus.OPEN:
            continue
        price = loans.annual_rate[row] + new_share * change[a]
        later = slice(a + 1, a + 4)
        rate = price + open_share * (change[later] - change[a])
        interest = loans.principal[row] * np.clip(rate, 0.0, CAP) / 12
        np.testing.assert_allclose(history["paid"][later, row], interest, rtol=1e-9)
        checked += 1
    assert checked > 100
