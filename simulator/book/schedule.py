"""Where a loan stands after some scheduled instalments: closed forms for whole columns.

The kernels move loans month by month; these formulas give the same balances at once and serve
only to open a book.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.book.schema import F8
from simulator.elementary import expm1, log1p, power
from simulator.vocabulary import DAYS_PER_MONTH, Amortisation

I8 = NDArray[np.int64]


class Terms(NamedTuple):
    """What a schedule depends on; arrays of shape (n_loans,)."""

    kind: I8
    """``vocabulary.Amortisation``."""
    term_months: I8
    monthly_rate: F8
    """Fraction a month, 30/360."""
    min_payment_share: F8
    """Of revolving lines: principal due a month over principal."""


class Opening(NamedTuple):
    """State of each loan at the opening; money, shape (n_loans,)."""

    principal: F8
    """Not yet due."""
    principal_overdue: F8
    interest_overdue: F8


def annuity_factor(rate: F8, months: NDArray[np.integer]) -> F8:
    """Present value of 1 a month for ``months`` months at ``rate`` a month."""
    safe = np.where(rate > 0, rate, 1.0)
    return np.where(rate > 0, -expm1(-months * log1p(safe)) / safe, months * 1.0)


def share_outstanding(terms: Terms, remaining: I8) -> F8:
    """Scheduled principal not yet due with ``remaining`` instalments left, of the original.

    Revolving lines keep all of it: what they draw replaces what they repay.
    """
    n = terms.term_months
    annuity = annuity_factor(terms.monthly_rate, remaining) / annuity_factor(terms.monthly_rate, n)
    straight = remaining / n
    bullet = np.where(remaining > 0, 1.0, 0.0)
    return np.choose(terms.kind, [annuity, straight, bullet, np.ones(n.size)])


def first_instalment_share(terms: Terms, remaining: I8) -> F8:
    """Instalment due next, principal and interest, over principal not yet due (0 at maturity)."""
    m = np.maximum(remaining, 1)
    rate = terms.monthly_rate
    annuity = 1.0 / annuity_factor(rate, m)
    straight = 1.0 / m + rate
    bullet = rate + np.where(m == 1, 1.0, 0.0)
    revolving = terms.min_payment_share + rate
    return np.where(remaining > 0, np.choose(terms.kind, [annuity, straight, bullet, revolving]), 0)


def instalments_made(terms: Terms, limit: F8, usual_principal: F8) -> F8:
    """First instalment of each loan as it was made, of a line as it is usually used.

    A bullet's last instalment is met from working capital, not from the month's income.
    """
    made = np.where(terms.kind == Amortisation.REVOLVING, usual_principal, limit)
    due: F8 = made * first_instalment_share(terms, terms.term_months)
    return np.where(terms.kind == Amortisation.BULLET, made * terms.monthly_rate, due)


def open_loans(
    terms: Terms,
    original: F8,
    remaining: I8,
    n_unpaid: I8,
    due_day: I8,
    accrual_stop_dpd: F8,
) -> Opening:
    """State of loans whose latest ``n_unpaid`` instalments are unpaid, all earlier ones paid.

    ``original`` is the original principal, for lines the principal before the unpaid months.
    An instalment carries interest only while the loan still accrued when it fell due.
    """
    revolving = terms.kind == Amortisation.REVOLVING
    kept = 1.0 - terms.min_payment_share

    def outstanding(unpaid_left: I8) -> F8:
        scheduled = share_outstanding(terms, np.minimum(remaining + unpaid_left, terms.term_months))
        return original * np.where(revolving, power(kept, n_unpaid - unpaid_left), scheduled)

    nothing = np.zeros_like(n_unpaid)
    principal = outstanding(nothing)
    interest = np.zeros(original.size)
    for j in range(1, int(n_unpaid.max(initial=0)) + 1):
        accrued = (j == 1) | ((j - 1) * DAYS_PER_MONTH - due_day < accrual_stop_dpd)
        before = outstanding(np.maximum(n_unpaid - j + 1, 0))
        interest += np.where((j <= n_unpaid) & accrued, before * terms.monthly_rate, 0.0)
    overdue = np.where(n_unpaid > 0, outstanding(n_unpaid) - principal, 0.0)
    return Opening(principal, overdue, interest)
