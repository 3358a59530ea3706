"""What the twin knows about a borrower, a loan and a month: plain dataclasses."""

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from simulator.catalogue import Parameters
from simulator.kernels.records import NEVER_OPENED
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
from tests.twin.diary import Grant
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
    base_rate: float
    """Yearly rate while the policy rate is the opening's."""
    limit: float
    opening_principal: float
    usual_principal: float
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
    asked_segment: int = 0
    """Of a loan that is granted again: its segment by the lender's own score."""
    asked_limit: float = 0.0
    """Amount or limit before what a lender makes of it."""
    turned_bad: bool = False
    again: bool = False
    """Granted to a customer who has come back."""
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
    """What the lender sees of the borrower's hardship this month."""
    able: float = 0.0
    keeps_behind: bool = False
    keeps_promise: bool = False
    promises: bool = False
    """A promise was made this month."""
    warned: bool = False
    helped: bool = False
    effort: float = 0.0
    efforts: float = 0.0
    """Efforts of contacts made this month that the cap counts."""
    contacts: float = 0.0
    """Efforts of contacts made this month, of all stages, and a warning call."""
    late_days: float = 0.0
    refused: bool = False
    in_question: bool = False
    reason: Cause = Cause.NONE
    payment: float = 0.0
    paid: float = 0.0
    interest_received: float = 0.0
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
    worker_type: int
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
    hospital_incidence: float
    unemployment_insured: bool
    medical_insured: bool
    true_risk: float
    score: float
    income_decile: int
    age_band: int
    savings: float
    other_debt: float
    opening_life: int
    opening_refusing: bool
    months_short: int
    missed_elsewhere: int
    cut_off: bool
    """Other platforms have withdrawn their credit."""
    hardship_known: bool
    """The lender knows of the hardship that the borrower is in."""
    score_cell: int
    arrives_at: float
    last_ended: int
    closed_until: float
    late_until: int
    loans_had: int
    """The lender's record (section 9.1)."""
    place: tuple[int, int] = (0, 0)
    """Order of the book: month of arrival in it, then row."""
    loans: list[Loan] = field(default_factory=list)
    book_loans: list[Loan] = field(default_factory=list)
    """Those with which the book knows the borrower; later ones replace them in ``loans``."""

    work_state: WorkState = WorkState.EMPLOYED
    ill: bool = False
    hit: bool = False
    closed: bool = False
    ill_onset: bool = False
    in_hospital: bool = False
    admitted: bool = False
    """The stay in hospital began this month."""
    lasting_months: int = 0
    """k of section 3: months since a lasting loss began, this one included; 0 without."""
    hit_onset: bool = False

    refusing: bool = False
    resumes: bool = False
    """A contact ended the refusal; it holds from next month on."""
    lever_class: int = 0
    """Class of the first open loan at the month's start; customer levers are read there."""
    outcome: Outcome = field(default_factory=Outcome)

    def open_loans(self) -> list[Loan]:
        return [loan for loan in self.loans if loan.open]


@dataclass(slots=True)
class Month:
    """One month of one path: the world, the levers, the luck, and where sums go."""

    t: int
    months: int
    """Reported months: new loans and drawings end with them."""
    world: np.void
    disaster: NDArray[np.float64]
    levers: LeverTable
    parameters: Parameters
    luck: Luck
    law: Jurisdiction
    sums: Tallies
    book_balance: float
    """Weighted balance of the opening book, the base of the relief budget."""
    book_loans: float
    """Weighted loans of the opening book, the base of collectors' capacity."""
    vintage: int
    """Vintage of a loan that is made in this month."""
    lends_until: int
    """Last month that has applicants; 0: the lender lends to nobody."""
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

    def loan_lever(self, name: str, loan: Loan, hardship: Hardship | None = None) -> float:
        """A lever in the loan's cell: bucket at the month's start, after relief once given.

        The cell is that of the hardship that the lender sees, unless another one is named.
        """
        cell = self.levers.loan[self.t, loan.lever_class, min(loan.opening_unpaid, 7)]
        return float(cell[loan.hardship if hardship is None else hardship][name])

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
