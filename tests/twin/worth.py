"""Section 14.1: what new customers bring, by cells of the lender's score."""

from simulator.catalogue import Parameters
from simulator.kernels.tally import Tallies
from simulator.score_words import Applicant
from simulator.vocabulary import LoanStatus
from tests.twin.diary import Diary
from tests.twin.run_off import gain_of, outlook
from tests.twin.state import Borrower, Month


def _rate(p: Parameters) -> float:
    return p["funding_annual_rate"] * (1.0 - p["tax_rate"]) / 12.0


def discount(month: Month) -> float:
    """v^t."""
    return float((1.0 + _rate(month.parameters)) ** -month.t)


def note(borrower: Borrower, what: Applicant, amount: float, month: Month) -> None:
    """Add to the sums of a new customer's cell, where they are asked for."""
    if month.sums.applicants.shape[1] and borrower.arrival_month > 0:
        month.sums.applicants[0, borrower.score_cell, what] += amount


def spend_on(borrower: Borrower, cost: float, month: Month) -> None:
    """A weighted cost that lowers the taxed profit."""
    after_tax = 1.0 - month.parameters["tax_rate"]
    note(borrower, Applicant.VALUE, -discount(month) * after_tax * cost, month)


def judge_applicants(
    borrowers: list[Borrower], bad: dict[int, int], last: int, sums: Tallies
) -> None:
    """Judged and bad first loans."""
    for borrower in borrowers:
        if borrower.arrival_month <= 0 or borrower.arrival_month + 12 > last:
            continue
        for loan in borrower.book_loans:
            if loan.status not in (LoanStatus.PENDING, LoanStatus.REFUSED):
                turned = bad.get(loan.row, 0) >= 2
                cell = sums.applicants[0, borrower.score_cell]
                cell[Applicant.JUDGED] += loan.weight
                cell[Applicant.BAD] += loan.weight * turned


def add_worth(
    diaries: list[Diary], horizon: int, p: Parameters, money: float, sums: Tallies
) -> None:
    """Gains and drawings of every month after the booking, what is charged off, what is left."""
    for diary in diaries:
        if diary.score_cell < 0:
            continue
        cell = sums.applicants[0, diary.score_cell]
        for entry in diary.entries[1:]:
            factor = (1.0 + _rate(p)) ** -entry.month
            gain = gain_of(diary, entry, p, money) - entry.drawn
            cell[Applicant.VALUE] += factor * diary.weight * gain
            cell[Applicant.LENT] += diary.weight * entry.drawn
            if entry.status in (LoanStatus.WRITTEN_OFF, LoanStatus.SOLD):
                cell[Applicant.CHARGED_OFF] += diary.weight * entry.balance
        last = diary.entries[-1]
        if last.open and last.month == horizon:
            left = sums.applicants_left[0, diary.score_cell, diary.product]
            left[outlook(last)] += diary.weight * last.balance
