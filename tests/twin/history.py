"""Section 11.1: what the history of a sample says of each loan at a month end."""

import numpy as np
from numpy.typing import NDArray

from simulator.vocabulary import Hardship, LoanStatus
from tests.twin.life import hardship, health, income
from tests.twin.seen import seen_hardship
from tests.twin.state import Borrower, Month


def record_history(borrowers: list[Borrower], month: Month, row: NDArray[np.void]) -> None:
    """Write the month end of every loan into its place of ``row``, of HISTORY_DTYPE."""
    for borrower in borrowers:
        for loan in borrower.loans:
            pending = loan.status is LoanStatus.PENDING
            seen = seen_hardship(borrower, month) if loan.open else Hardship.NONE
            told = {
                "status": int(loan.status),
                "n_unpaid": loan.unpaid,
                "cause": int(loan.cause),
                "refusing": borrower.refusing,
                "relief_months_left": loan.relief_left,
                "principal": 0.0 if pending else loan.principal,
                "balance": 0.0 if pending else loan.balance,
                "paid": loan.paid,
                "savings": borrower.savings,
                "other_debt": borrower.other_debt,
                "income": income(borrower, month),
                "work": int(borrower.work_state),
                "health": int(health(borrower, month)),
                "hardship": int(hardship(borrower, month)),
                "hardship_seen": int(seen),
                "contacts": loan.contacts,
            }
            for name, value in told.items():
                row[name][loan.row] = value
