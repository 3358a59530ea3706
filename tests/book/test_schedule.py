"""Loans stand where their schedules say, against closed forms."""

import numpy as np
import pytest

from simulator.book import Book
from simulator.products import PRODUCTS
from simulator.vocabulary import Amortisation


def test_annuity_principal_is_what_month_by_month_repayment_leaves(large: Book) -> None:
    loans = large.loans
    rows = np.flatnonzero((loans.kind == Amortisation.ANNUITY) & (loans.origination_month < 0))
    for row in rows[:300]:
        i, term = loans.annual_rate[row] / 12, int(loans.term_months[row])
        balance = float(loans.limit[row])
        instalment = balance * i / (1 - (1 + i) ** -term)
        overdue, interest_overdue = 0.0, 0.0
        due = term - int(loans.remaining_months[row])
        for k in range(1, due + 1):
            unpaid = k > due - loans.n_unpaid[row]
            nth = k - (due - int(loans.n_unpaid[row]))
            accrues = nth == 1 or 30 * (nth - 1) - int(loans.due_day[row]) < 90
            overdue += (instalment - balance * i) if unpaid else 0.0
            interest_overdue += balance * i if unpaid and accrues else 0.0
            balance -= instalment - balance * i
        assert loans.principal[row] == pytest.approx(balance, rel=1e-9)
        assert loans.principal_overdue[row] == pytest.approx(overdue, rel=1e-9, abs=1e-9)
        assert loans.interest_overdue[row] == pytest.approx(interest_overdue, rel=1e-9, abs=1e-9)


def test_equal_principal_and_bullet_loans_are_at_their_schedule(large: Book) -> None:
    loans = large.loans
    held = loans.origination_month <= 0
    straight = held & (loans.kind == Amortisation.EQUAL_PRINCIPAL)
    part = loans.limit / loans.term_months
    np.testing.assert_allclose(
        loans.principal[straight], (part * loans.remaining_months)[straight], rtol=1e-12
    )
    np.testing.assert_allclose(
        loans.principal_overdue[straight], (part * loans.n_unpaid)[straight], rtol=1e-9, atol=1e-9
    )
    bullet = held & (loans.kind == Amortisation.BULLET)
    np.testing.assert_array_equal(loans.principal[bullet], loans.limit[bullet])
    assert not loans.principal_overdue[bullet].any()


def test_overdue_lines_moved_the_minimum_payment_each_month(large: Book) -> None:
    loans = large.loans
    lines = (loans.kind == Amortisation.REVOLVING) & (loans.n_unpaid > 0)
    share = PRODUCTS["credit_line"].min_payment_share
    kept = (1 - share) ** loans.n_unpaid[lines]
    total = loans.principal[lines] + loans.principal_overdue[lines]
    np.testing.assert_allclose(loans.principal[lines], total * kept, rtol=1e-12)
    assert np.all(total <= loans.limit[lines] * (1 + 1e-12))


def test_origination_fits_term_and_remaining_months(large: Book) -> None:
    loans = large.loans
    held = loans.origination_month <= 0
    age = loans.term_months.astype(int) - loans.remaining_months
    np.testing.assert_array_equal(-loans.origination_month[held], age[held])
    assert loans.remaining_months.min() >= 1
    assert np.all(loans.n_unpaid[held] <= age[held])
    asked = ~held
    arrival = large.borrowers.arrival_month[loans.borrower]
    np.testing.assert_array_equal(loans.origination_month[asked], arrival[asked])
    np.testing.assert_array_equal(loans.remaining_months[asked], loans.term_months[asked])
