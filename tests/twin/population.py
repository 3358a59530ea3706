"""Borrowers and loans of a book in their opening state."""

from collections.abc import Sequence
from math import inf

from simulator.book.illness import hospital_incidence
from simulator.book.schema import Book, product_terms
from simulator.kernels.customers import FOR_EVER
from simulator.kernels.records import AT_OPENING
from simulator.levers import LeverTable
from simulator.vocabulary import Amortisation, Cause, LoanStatus, Work
from tests.twin.state import Borrower, Loan, annuity


def _borrower(book: Book, row: int, score_cell: int) -> Borrower:
    b = book.borrowers
    return Borrower(
        id=int(b.id[row]),
        arrival_month=int(b.arrival_month[row]),
        weight=float(b.weight[row]),
        region=int(b.region[row]),
        work=Work(int(b.work[row])),
        worker_type=int(b.worker_type[row]),
        income=float(b.income[row]),
        stated_income=float(b.stated_income[row]),
        essential=float(b.essential[row]),
        discretionary=float(b.discretionary[row]),
        overspender=bool(b.overspender[row]),
        savings_opening=float(b.savings[row]),
        platforms=int(b.platforms[row]),
        pays_others_first=bool(b.pays_others_first[row]),
        p_forget=float(b.p_forget[row]),
        p_channel_failure=float(b.p_channel_failure[row]),
        p_misunderstand=float(b.p_misunderstand[row]),
        refusal_weight=float(b.refusal_weight[row]),
        illness_incidence=float(b.illness_incidence[row]),
        hospital_incidence=float(hospital_incidence(b.age[row : row + 1])[0]),
        unemployment_insured=bool(b.unemployment_insured[row]),
        medical_insured=bool(b.medical_insured[row]),
        true_risk=float(b.true_risk[row]),
        score=float(b.score[row]),
        income_decile=int(b.income_decile[row]),
        age_band=int(b.age_band[row]),
        savings=float(b.savings_at_opening[row]),
        other_debt=float(b.other_debt[row]),
        opening_life=int(b.life[row]),
        opening_refusing=bool(b.refusing[row]),
        months_short=int(b.months_short[row]),
        missed_elsewhere=int(b.other_missed[row]),
        cut_off=bool(b.cut_off[row]),
        hardship_known=bool(b.hardship_known[row]),
        score_cell=score_cell,
        arrives_at=float(b.arrives_at[row]),
        last_ended=int(b.last_ended[row]),
        closed_until=inf if b.closed_until[row] == FOR_EVER else int(b.closed_until[row]),
        late_until=int(b.late_until[row]),
        loans_had=int(b.loans_had[row]),
        place=(int(b.arrival_month[row]), row),
    )


def _loan(book: Book, row: int, weight: float, levers: LeverTable) -> Loan:
    columns = book.loans
    product_row = int(columns.product[row])
    segment = int(columns.segment[row])
    return Loan(
        row=row,
        id=int(columns.id[row]),
        product=book.products[product_row],
        product_row=product_row,
        write_off_dpd=float(product_terms(book).write_off_dpd[product_row]),
        kind=Amortisation(int(columns.kind[row])),
        origination_month=int(columns.origination_month[row]),
        term_months=int(columns.term_months[row]),
        due_day=int(columns.due_day[row]),
        base_rate=float(columns.annual_rate[row]),
        limit=float(columns.limit[row]),
        opening_principal=float(columns.principal[row]),
        usual_principal=float(columns.usual_principal[row]),
        asked_limit=float(columns.limit[row]),
        segment=segment,
        lever_class=int(levers.class_of_segment[segment]),
        vintage=int(columns.vintage[row]),
        weight=weight,
    )


def _open_at_start(book: Book, loan: Loan) -> None:
    """Section 10."""
    columns, row = book.loans, loan.row
    unpaid = int(columns.n_unpaid[row])
    loan.status = LoanStatus.OPEN
    loan.principal = loan.opening_principal
    loan.principal_overdue = float(columns.principal_overdue[row])
    loan.interest_overdue = float(columns.interest_overdue[row])
    loan.penalty = float(columns.penalty[row])
    loan.fees = float(columns.fees[row])
    loan.remaining = int(columns.remaining_months[row])
    loan.instalment = annuity(loan.principal, loan.base_rate / 12.0, max(1, loan.remaining))
    if unpaid > 0:
        overdue = loan.principal_overdue + loan.interest_overdue
        loan.queue = [overdue / unpaid] * unpaid
        loan.cause = Cause.AT_OPENING
        loan.spell = int(columns.months_overdue[row])
        loan.ever_30 = unpaid >= 2
        loan.ever_90 = unpaid >= 4


def population(
    book: Book, levers: LeverTable, edges: Sequence[float]
) -> tuple[list[Borrower], list[Loan]]:
    """Every borrower and loan of the book in its opening state, in order of row."""
    cells = [sum(score >= edge for edge in edges) for score in book.borrowers.score.tolist()]
    borrowers = [_borrower(book, row, cell) for row, cell in enumerate(cells)]
    loans: list[Loan] = []
    for row in range(book.n_loans):
        owner = borrowers[int(book.loans.borrower[row])]
        loan = _loan(book, row, owner.weight, levers)
        if owner.arrival_month == 0:
            _open_at_start(book, loan)
            owner.outcome.overdue_months = 0
            if loan.ever_30:
                owner.outcome.first_30 = AT_OPENING
            if loan.ever_90:
                owner.outcome.first_90 = AT_OPENING
        elif owner.arrival_month < 0:
            loan.status = LoanStatus.PAID_OFF
        owner.loans.append(loan)
        owner.book_loans.append(loan)
        loans.append(loan)
    return borrowers, loans
