"""Loans that are always paid follow the textbook."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from simulator.book.schema import Book
from simulator.catalogue import parameters_from
from simulator.levers import Edit
from simulator.vocabulary import Amortisation, LoanStatus
from tests.conftest import RISKLESS, run_small
from tests.twin.samples import random_book

LOAN_MONTHS = 26
CAP = 0.24


def riskless_book() -> Book:
    """Loans of all four forms and many ages, none overdue, none repaid early, no applicants."""
    book = random_book(41, n_borrowers=200, applicants=0, dormant=0)
    loans, zero = book.loans, np.zeros(book.n_loans)
    return replace(
        book,
        products=tuple(p.model_copy(update={"p_prepay_monthly": 0.0}) for p in book.products),
        loans=loans._replace(
            annual_rate=np.minimum(loans.annual_rate, CAP),
            n_unpaid=np.zeros_like(loans.n_unpaid),
            principal_overdue=zero,
            interest_overdue=zero,
            penalty=zero,
            fees=zero,
        ),
    )


@cache
def riskless_history(line_multiplier: float) -> tuple[Book, NDArray[np.void]]:
    book = riskless_book()
    small = run_small(
        book,
        policies={"status_quo": [Edit("line_multiplier", line_multiplier)]},
        worlds={"calm": {}},
        parameters=RISKLESS,
        months=LOAN_MONTHS,
        paths=1,
        history=True,
    )
    return book, small.history(scenario="calm")


def textbook_principal(kind: Amortisation, s0: float, i: float, m: int, k: int) -> float:
    """Principal after ``k`` of ``m`` instalments of ``s0`` at the monthly rate ``i``."""
    if k >= m:
        return 0.0
    if kind is Amortisation.BULLET:
        return s0
    if kind is Amortisation.EQUAL_PRINCIPAL or i == 0.0:
        return s0 * (1 - k / m)
    growth = (1 + i) ** m
    return s0 * (growth - (1 + i) ** k) / (growth - 1)


@pytest.mark.parametrize(
    "kind", [Amortisation.ANNUITY, Amortisation.EQUAL_PRINCIPAL, Amortisation.BULLET]
)
def test_instalment_loans_follow_the_textbook_and_end_at_their_term(kind: Amortisation) -> None:
    book, history = riskless_history(1.0)
    rows = np.flatnonzero(book.loans.kind == kind)
    assert rows.size > 20
    for row in rows:
        s0, m = book.loans.principal[row], int(book.loans.remaining_months[row])
        i = book.loans.annual_rate[row] / 12
        expected = np.array([textbook_principal(kind, s0, i, m, k) for k in range(LOAN_MONTHS + 1)])
        loan = history[:, row]
        np.testing.assert_allclose(loan["principal"], expected, rtol=1e-9, atol=1e-6)
        np.testing.assert_allclose(loan["balance"], expected, rtol=1e-9, atol=1e-6)
        paid = expected[:-1] * (1 + i) - expected[1:]
        np.testing.assert_allclose(loan["paid"][1:], paid, rtol=1e-9, atol=1e-6)
        is_open = loan["status"] == LoanStatus.OPEN
        assert np.array_equal(is_open, np.arange(LOAN_MONTHS + 1) < m)
        assert np.all(loan["status"][~is_open] == LoanStatus.PAID_OFF)
        assert not loan["n_unpaid"].any()


def test_annuity_instalments_are_level() -> None:
    book, history = riskless_history(1.0)
    for row in np.flatnonzero(book.loans.kind == Amortisation.ANNUITY):
        paid = history["paid"][1 : book.loans.remaining_months[row] + 1, row]
        np.testing.assert_allclose(paid, paid[0], rtol=1e-9)


def test_a_line_that_may_be_drawn_returns_to_its_usual_principal() -> None:
    book, history = riskless_history(1.0)
    rows = np.flatnonzero(book.loans.kind == Amortisation.REVOLVING)
    assert rows.size > 20
    for row in rows:
        s0, limit = book.loans.principal[row], book.loans.limit[row]
        share = book.products[book.loans.product[row]].min_payment_share
        i = book.loans.annual_rate[row] / 12
        usual = book.loans.usual_principal[row]
        drawn = min(usual, limit)  # nothing is drawn beyond the limit
        due = s0 * (1.0 if s0 <= 0.02 * limit else share)
        after = max(s0 - due, drawn)
        assert history["principal"][1, row] == pytest.approx(after, rel=1e-9, abs=1e-6)
        assert history["paid"][1, row] == pytest.approx(s0 * i + due, rel=1e-9, abs=1e-6)
        if s0 <= usual <= limit:
            np.testing.assert_allclose(history["principal"][1:, row], usual, rtol=1e-9)
        assert np.all(history["status"][:, row] == LoanStatus.OPEN)


def test_a_frozen_line_falls_by_the_minimum_payment_until_it_is_small() -> None:
    book, history = riskless_history(0.0)
    small_share = parameters_from({})["minimum_line_share"]
    for row in np.flatnonzero(book.loans.kind == Amortisation.REVOLVING):
        share = book.products[book.loans.product[row]].min_payment_share
        limit, i = book.loans.limit[row], book.loans.annual_rate[row] / 12
        s = book.loans.principal[row]
        for month in range(1, LOAN_MONTHS + 1):
            due = s if s <= small_share * limit else share * s
            paid = history["paid"][month, row]
            assert paid == pytest.approx(due + s * i, rel=1e-9, abs=1e-6)
            s -= due
            assert history["principal"][month, row] == pytest.approx(s, rel=1e-9, abs=1e-6)
