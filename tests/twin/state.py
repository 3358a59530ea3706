"""What the twin knows about a borrower, a loan and a month: plain dataclasses."""

from collections import Counter
from dataclasses import dataclass, field
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from simulator.book.schema import Book, product_terms
from simulator.catalogue import Parameters
from simulator.kernels.records import AT_OPENING, NEVER_OPENED
from simulator.kernels.tally import Tallies
from simulator.levers import LeverTable
from simulator.products import Jurisdiction, Product
from simulator.vocabulary import (
    DAYS_PER_MONTH,
    N_BUCKETS,
    Amortisation,
    Cause,
    Count,
    Draw,
    Flow,
    Hardship,
    LoanStatus,
    Work,
    WorkState,
)
from tests.twin.luck import Luck

TINY = 1e-9
"""An amount at most this large is nothing."""
ROUNDING = 1e-6
"""Cash that misses a demand by less than this has been lost in floating point only."""


@dataclass(slots=True)
class Bill:
    """What falls due on a loan in a month (section 4.1)."""

    rate: float
    accruing: bool
    in_relief: bool
    frozen: bool
    interest: float
    charged: float
    service: float
    """Scheduled principal and interest before relief's share, a + j."""
    due_interest: float
    due_principal: float
    penalty: float
    demand: float

    @property
    def due(self) -> float:
        return self.due_interest + self.due_principal


class Grant(Enum):
    """Relief that was granted in a month."""

    NONE = 0
    REPLAN = 1
    DEFERRAL = 2


@dataclass(frozen=True, slots=True)
class Entry:
    """A month of a loan in its diary: how it ended, and what happened on the way."""

    month: int
    status: LoanStatus
    unpaid: int
    dpd: int
    cause: Cause
    relief_left: int
    hardship: Hardship
    warned: bool
    grant: Grant
    balance: float
    """At month end, before an exit."""
    paid: float
    cost: float
    """Collection cost of the contacts with the loan, without its weight."""
    drawn: float
    price: float
    discount: float
    """Of one month at the loan's rate, v."""

    @property
    def open(self) -> bool:
        return self.status is LoanStatus.OPEN


@dataclass(slots=True)
class Diary:
    """Every month of a loan from its first month end on the books to its exit."""

    weight: float
    segment: int
    recovery_share: float
    half_life_months: float
    entries: list[Entry] = field(default_factory=list)
    court: tuple[int, float] | None = None
    """Month and amount of what a court brings after the write-off."""

    def at(self, month: int) -> Entry:
        return self.entries[month - self.entries[0].month]


@dataclass(slots=True, eq=False)
class Loan:
    """A loan: terms, state, and what happens to it in the current month."""

    row: int
    id: int
    product: Product
    product_row: int
    write_off_dpd: float
    kind: Amortisation
    origination_month: int
    term_months: int
    due_day: int
    annual_rate: float
    limit: float
    opening_principal: float
    segment: int
    lever_class: int
    vintage: int
    weight: float

    status: LoanStatus = LoanStatus.PENDING
    principal: float = 0.0
    principal_overdue: float = 0.0
    interest_overdue: float = 0.0
    interest_deferred: float = 0.0
    penalty: float = 0.0
    fees: float = 0.0
    instalment: float = 0.0
    remaining: int = 0
    queue: list[float] = field(default_factory=list)
    relief_left: int = 0
    due_share: float = 1.0
    interest_share: float = 1.0
    relief_uses: int = 0
    spell: int = 0
    cause: Cause = Cause.NONE
    bucket_before_relief: int = 0
    free_left: int = 0
    """First months without interest that are left."""
    filed: int = 0
    """Month in which the loan was filed with the court; 0: never."""
    ever_30: bool = False
    ever_90: bool = False
    agreed: bool = False
    """New instalments were agreed with a collector, for next month."""
    promised: bool = False
    """A promise made last month is in force."""

    opening_balance: float = 0.0
    cut: float = 0.0
    """Principal forgiven by this month's relief."""
    opening_bucket: int = 0
    opening_unpaid: int = 0
    """Unpaid instalments at the month's start, after relief."""
    opening_spell: int = 0
    hardship: Hardship = Hardship.NONE
    able: float = 0.0
    keeps_behind: bool = False
    keeps_promise: bool = False
    promises: bool = False
    """A promise was made this month."""
    warned: bool = False
    helped: bool = False
    effort: float = 0.0
    asked_rate: float = 0.0
    efforts: float = 0.0
    """Efforts of contacts made this month, of all stages."""
    late_days: float = 0.0
    refused: bool = False
    in_question: bool = False
    reason: Cause = Cause.NONE
    payment: float = 0.0
    paid: float = 0.0
    grant: Grant = Grant.NONE
    cost: float = 0.0
    drawn: float = 0.0
    exit_balance: float = 0.0
    price: float = 0.0
    court: tuple[int, float] | None = None

    @property
    def open(self) -> bool:
        return self.status is LoanStatus.OPEN

    @property
    def unpaid(self) -> int:
        return len(self.queue)

    @property
    def bucket(self) -> int:
        return min(self.unpaid, N_BUCKETS - 1)

    @property
    def dpd(self) -> int:
        return DAYS_PER_MONTH * self.unpaid - self.due_day if self.unpaid else 0

    @property
    def balance(self) -> float:
        overdue = self.principal_overdue + self.interest_overdue
        return self.principal + overdue + self.interest_deferred + self.penalty + self.fees

    def close(self, status: LoanStatus) -> None:
        """End the loan: nothing is owed any more; unpaid instalments and cause stay on record."""
        self.status = status
        self.principal = self.principal_overdue = self.interest_overdue = 0.0
        self.interest_deferred = self.penalty = self.fees = 0.0


@dataclass(slots=True)
class Outcome:
    """What happened to a borrower on the path (section 12); names as in OUTCOME_DTYPE."""

    first_30: int = 0
    first_90: int = 0
    first_relief: int = 0
    last_relief: int = 0
    overdue_months: int = NEVER_OPENED
    complaints: int = 0
    contacts: float = 0.0
    balance_90: float = 0.0
    balance_relief: float = 0.0


@dataclass(slots=True, eq=False)
class Borrower:
    """A borrower: columns of the book, life, household, intent."""

    id: int
    arrival_month: int
    weight: float
    region: int
    work: Work
    income: float
    stated_income: float
    essential: float
    discretionary: float
    overspender: bool
    savings_opening: float
    platforms: int
    pays_others_first: bool
    p_forget: float
    p_channel_failure: float
    p_misunderstand: float
    refusal_weight: float
    illness_incidence: float
    unemployment_insured: bool
    medical_insured: bool
    true_risk: float
    score: float
    income_decile: int
    age_band: int
    savings: float
    other_debt: float
    loans: list[Loan] = field(default_factory=list)

    work_state: WorkState = WorkState.EMPLOYED
    ill: bool = False
    hit: bool = False
    closed: bool = False
    ill_onset: bool = False
    hit_onset: bool = False

    refusing: bool = False
    resumes: bool = False
    """A contact ended the refusal; it holds from next month on."""
    months_short: int = 0
    missed_elsewhere: int = 0
    lever_class: int = 0
    """Class of the first open loan at the month's start; customer levers are read there."""
    outcome: Outcome = field(default_factory=Outcome)

    def open_loans(self) -> list[Loan]:
        return [loan for loan in self.loans if loan.open]


@dataclass(slots=True)
class Month:
    """One month of one path: the world, the levers, the luck, and where sums go."""

    t: int
    world: np.void
    disaster: NDArray[np.float64]
    levers: LeverTable
    unemployment_before: float
    parameters: Parameters
    luck: Luck
    law: Jurisdiction
    sums: Tallies
    book_balance: float
    """Weighted balance of the opening book, the base of the relief budget."""
    book_loans: float
    """Weighted loans of the opening book, the base of collectors' capacity."""
    happened: Counter[str]
    """Mechanisms that leave no sum of their own, and how often they worked."""
    relief_spent: float = 0.0
    warning_used: float = 0.0
    """Weights called before the due day this month."""
    warning_full: bool = False

    def __getitem__(self, name: str) -> float:
        """A column of the world."""
        return float(self.world[name])

    def by_work(self, name: str, work: Work) -> float:
        """A column of the world for a kind of work."""
        return float(self.world[name][work])

    def book_lever(self, name: str) -> float:
        return float(self.levers.book[name][0])

    def care(self, name: str, borrower: Borrower) -> float:
        """A customer lever in the borrower's class."""
        return float(self.levers.customer[self.t, borrower.lever_class][name])

    def education(self, borrower: Borrower) -> float:
        """Section 4, e: how far education has come with this borrower."""
        luck = self.luck.borrower(borrower.id, 0, Draw.EDUCATION)
        reached = luck < self.care("education_share", borrower)
        return self.care("education_ramp", borrower) if reached else 0.0

    def per_1000_loans(self, rate: float) -> float:
        return rate * self.book_loans / 1000.0

    def loan_lever(self, name: str, loan: Loan) -> float:
        """A lever in the loan's cell: bucket at the month's start, after relief once given."""
        cell = self.levers.loan[self.t, loan.lever_class, min(loan.opening_unpaid, 7)]
        return float(cell[loan.hardship][name])

    def flow(self, flow: Flow, loan: Loan, amount: float) -> None:
        self.sums.flows[0, self.t, flow] += loan.weight * amount

    def count(self, count: Count, amount: float) -> None:
        self.sums.counts[0, self.t, count] += amount

    def currency(self, reference_money: float) -> float:
        """Reference money (thousandths of a month's reference income) in currency."""
        return reference_money * self.law.reference_monthly_income / 1000.0


def annuity(principal: float, monthly_rate: float, months: int) -> float:
    """Instalment that repays ``principal`` in ``months``."""
    if monthly_rate == 0.0:
        return principal / months
    return float(principal * monthly_rate / (1.0 - (1.0 + monthly_rate) ** -months))


def _borrower(book: Book, row: int) -> Borrower:
    b = book.borrowers
    return Borrower(
        id=int(b.id[row]),
        arrival_month=int(b.arrival_month[row]),
        weight=float(b.weight[row]),
        region=int(b.region[row]),
        work=Work(int(b.work[row])),
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
        unemployment_insured=bool(b.unemployment_insured[row]),
        medical_insured=bool(b.medical_insured[row]),
        true_risk=float(b.true_risk[row]),
        score=float(b.score[row]),
        income_decile=int(b.income_decile[row]),
        age_band=int(b.age_band[row]),
        savings=float(b.savings[row]),
        other_debt=float(b.other_debt[row]),
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
        annual_rate=float(columns.annual_rate[row]),
        limit=float(columns.limit[row]),
        opening_principal=float(columns.principal[row]),
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
    loan.instalment = annuity(loan.principal, loan.annual_rate / 12.0, max(1, loan.remaining))
    if unpaid > 0:
        overdue = loan.principal_overdue + loan.interest_overdue
        loan.queue = [overdue / unpaid] * unpaid
        loan.cause = Cause.AT_OPENING
        loan.spell = int(columns.months_overdue[row])
        loan.ever_30 = unpaid >= 2
        loan.ever_90 = unpaid >= 4


def population(book: Book, levers: LeverTable) -> tuple[list[Borrower], list[Loan]]:
    """Every borrower and loan of the book in its opening state, in order of row."""
    borrowers = [_borrower(book, row) for row in range(book.borrowers.id.size)]
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
        owner.loans.append(loan)
        loans.append(loan)
    return borrowers, loans
