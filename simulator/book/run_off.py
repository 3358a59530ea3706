"""How long a book takes to run off by contract, once nothing new is lent."""

from typing import Final

import numpy as np

from simulator.book.schedule import Terms, share_outstanding
from simulator.book.schema import Book
from simulator.elementary import power
from simulator.units import monthly_rate
from simulator.vocabulary import Amortisation

LEFT: Final = 0.02
"""Share of the balance that may be left at the end of the run-off."""
MOST_MONTHS: Final = 60


def months_to_run_off(book: Book, months: int) -> int:
    """Months after month ``months`` until at most ``LEFT`` of the balance then is left; 1..60.

    By contract: everybody pays as agreed and nobody early, every applicant of the months before is
    let in, and lines, on which nothing is drawn any more, shrink by their minimum payment.
    """
    loans = book.loans
    came = np.maximum(loans.origination_month.astype(np.int64), 0)
    kind, term = loans.kind.astype(np.int64), loans.term_months.astype(np.int64)
    share = np.array([product.min_payment_share for product in book.products])[loans.product]
    terms = Terms(kind, term, monthly_rate(loans.annual_rate), share)
    remaining = loans.remaining_months.astype(np.int64)
    weight = book.borrowers.weight[loans.borrower] * (came <= months)
    now = share_outstanding(terms, np.minimum(remaining, term))
    unit = np.divide(loans.principal, now, out=np.zeros_like(now), where=now > 0.0)

    def balance(month: int) -> float:
        left = np.clip(remaining - (month - came), 0, term)
        owed = unit * share_outstanding(terms, left)
        line = loans.principal * power(1.0 - share, month - months)
        return float((weight * np.where(kind == Amortisation.REVOLVING, line, owed)).sum())

    most = LEFT * balance(months)
    for after in range(1, MOST_MONTHS):
        if balance(months + after) <= most:
            return after
    return MOST_MONTHS
