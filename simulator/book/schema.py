"""The loan book as arrays: what every source of loans must deliver, and what kernels read."""

from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.book.reconciliation import Reconciliation
from simulator.levers import SegmentNames
from simulator.products import Jurisdiction, Product
from simulator.vocabulary import Amortisation

F8 = NDArray[np.float64]
U1 = NDArray[np.uint8]
I2 = NDArray[np.int16]
I4 = NDArray[np.int32]
U8 = NDArray[np.uint64]


class Borrowers(NamedTuple):
    """One row a borrower, sorted by ``id``; all arrays of shape (n_borrowers,).

    Money in the book's currency a month, shares as fractions, chances a month unless said.
    """

    id: U8
    """Permanent id, hashed to 64 bits; owns the borrower's luck."""
    arrival_month: I2
    """0 for the opening book; t > 0 for a person who applies for a loan in month t; -1 for a known
    customer without a loan at the opening, who may come back."""
    weight: F8
    """Real borrowers that this row stands for."""
    age: F8
    region: U1
    """Index into ``Book.regions``."""
    work: U1
    """``vocabulary.Work``."""
    worker_type: U1
    """``vocabulary.WorkerType``; the lender never sees it."""
    income: F8
    """True net income when in work."""
    own_service: F8
    """First instalments a month of own loans as they were made: spending leaves room for them."""
    stated_income: F8
    """What the borrower told the lender."""
    essential: F8
    """Spending that cannot be cut, rent included."""
    discretionary: F8
    """Habitual further spending."""
    overspender: U1
    """1: cuts discretionary spending late."""
    savings: F8
    other_debt: F8
    """Balance on other platforms."""
    platforms: U1
    """Number of other platforms."""
    pays_others_first: U1
    """1: other lenders are served before this one when cash is short."""
    p_forget: F8
    """Chance that a due date is forgotten (0 on automatic payment)."""
    p_channel_failure: F8
    p_misunderstand: F8
    """Chance in each of the first months on book, before the product's complexity."""
    refusal_weight: F8
    """Proneness to refuse over the average (credit awareness and willingness)."""
    illness_incidence: F8
    """Serious illness a year, before the catalogue's multiplier."""
    unemployment_insured: U1
    medical_insured: U1
    life: NDArray[np.uint16]
    """At the opening: bits of ``vocabulary.Life`` and ``WorkState``; 0 for applicants."""
    savings_at_opening: F8
    """What is there; ``savings`` is what the borrower usually holds."""
    months_short: U1
    """Months in a row in which cash has been short, at the opening."""
    other_missed: U1
    """Months in a row in which others have not been paid in full, at the opening."""
    refusing: U1
    """1: refuses to pay at the opening."""
    hardship_known: U1
    """1: the lender knows at the opening of the hardship that the borrower is in."""
    cut_off: U1
    """1: other platforms have withdrawn their credit at the opening."""
    last_ended: I2
    """Month in which the last loan ended, 0 or less; of customers without a loan."""
    arrives_at: F8
    """Index of arrivals from which on an applicant comes (docs/model.md, section 9); else 0."""
    closed_until: I2
    """Month up to which the lender's record of the customer forbids a new loan; 0 or less: none."""
    late_until: I2
    """Month up to which the record counts as late."""
    loans_had: U1
    """Loans that the lender has granted, open ones included; 0 for applicants."""
    true_risk: F8
    """Standard-normal latent risk, higher is riskier; the lender never sees it."""
    score: F8
    """The lender's noisy score, 0-1000, higher is better."""
    income_decile: U1
    """Of the opening book and applicants together, 0-9; for reporting only."""
    age_band: U1


class Loans(NamedTuple):
    """One row a loan, sorted by (borrower, ``id``); all arrays of shape (n_loans,).

    An applicant's loan stands here as asked for: ``principal`` is then the amount asked and
    ``origination_month`` the month of arrival. A loan of a customer with ``arrival_month`` -1 is
    repaid: ``principal`` is 0, and its terms are those of the next one that he asks for.
    """

    id: U8
    borrower: I4
    """Row of the borrower."""
    product: U1
    """Index into ``Book.products``."""
    kind: U1
    """``vocabulary.Amortisation``."""
    origination_month: I2
    """0 or negative for the opening book."""
    term_months: I2
    remaining_months: I2
    """Instalments not yet due; ignored by revolving lines."""
    due_day: U1
    """1-28; of a loan that a tape opens overdue up to 30."""
    annual_rate: F8
    limit: F8
    """Original principal; the limit of a revolving line."""
    principal: F8
    """Principal not yet due at the opening."""
    usual_principal: F8
    """What a line is drawn to again; ``principal`` for other loans."""
    n_unpaid: I2
    """Unpaid instalments at the opening."""
    months_overdue: I2
    """Months in the current spell at the opening; 0 for a loan that is not overdue."""
    principal_overdue: F8
    interest_overdue: F8
    penalty: F8
    fees: F8
    segment: NDArray[np.uint16]
    vintage: I2
    """Quarter of origination, 0 = the oldest in the book."""


class ProductTerms(NamedTuple):
    """Products as kernels read them; arrays of shape (n_products,)."""

    rate_passthrough: F8
    new_rate_passthrough: F8
    late_fee_share: F8
    penalty_multiple: F8
    grace_days: F8
    accrual_stop_dpd: F8
    write_off_dpd: F8
    p_prepay_monthly: F8
    min_payment_share: F8
    utilisation: F8
    complexity: F8
    recovery_share: F8
    recovery_half_life_months: F8


class Rejected(NamedTuple):
    """Rows that break one rule; a row that breaks several stands with the first."""

    rule: str
    rows: int
    balance: float
    """In the tape's money, as far as it could be read."""
    first: tuple[str, ...]
    """Ids and lines of the first rows."""


@dataclass(frozen=True, slots=True)
class Book:
    """A checked book with everything that a run needs to know about it."""

    name: str
    jurisdiction: Jurisdiction
    products: tuple[Product, ...]
    regions: tuple[str, ...]
    segments: SegmentNames
    borrowers: Borrowers
    loans: Loans
    n_opening_borrowers: int
    vintage_labels: tuple[str, ...]
    """One per vintage: quarters relative to the opening, such as ``Q-3`` or ``Q+1``."""
    imputed_columns: tuple[str, ...] = ()
    input_sha256: str = ""
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    """What a reader must see on the console."""
    reconciliation: Reconciliation | None = None
    """What the source says beside what opens; None for a synthetic book."""
    rejected: tuple[Rejected, ...] = ()
    """Rows of a tape that were left out because they break a rule."""
    as_of: date | None = None
    """Day of the balances of loans that were read from a file, where it is known."""

    @property
    def n_dormant_customers(self) -> int:
        """Known customers without a loan at the opening, who may come back."""
        return int(np.count_nonzero(self.borrowers.arrival_month < 0))

    @property
    def opening_balance(self) -> float:
        """What is owed at the opening, weighted: principal, interest, penalty and fees."""
        people, loans = self.borrowers, self.loans
        opening = people.arrival_month[loans.borrower] == 0
        stock = loans.principal + loans.principal_overdue + loans.interest_overdue
        stock = (stock + loans.penalty + loans.fees)[opening]
        return float((people.weight[loans.borrower][opening] * stock).sum())

    @property
    def currency(self) -> str:
        """Currency of all money in the book."""
        return self.jurisdiction.currency

    @property
    def n_loans(self) -> int:
        """Loans, applicants' included."""
        return int(self.loans.id.size)


def write_off_age(product: Product, law: Jurisdiction) -> int:
    """DPD beyond which a loan is written off: the product's, else the jurisdiction's."""
    if product.write_off_dpd is not None:
        return product.write_off_dpd
    revolving = product.amortisation is Amortisation.REVOLVING
    return law.write_off_dpd_revolving if revolving else law.write_off_dpd_instalment


def product_terms(book: Book) -> ProductTerms:
    """Terms of ``book.products`` as arrays; write-off ages from the jurisdiction where unset."""

    def column(values: list[float]) -> F8:
        return np.array(values, dtype=np.float64)

    return ProductTerms(
        rate_passthrough=column([p.rate_passthrough for p in book.products]),
        new_rate_passthrough=column([p.new_rate_passthrough for p in book.products]),
        late_fee_share=column([p.late_fee_share for p in book.products]),
        penalty_multiple=column([p.penalty_multiple for p in book.products]),
        grace_days=column([p.grace_days for p in book.products]),
        accrual_stop_dpd=column([p.accrual_stop_dpd for p in book.products]),
        write_off_dpd=column([write_off_age(p, book.jurisdiction) for p in book.products]),
        p_prepay_monthly=column([p.p_prepay_monthly for p in book.products]),
        min_payment_share=column([p.min_payment_share for p in book.products]),
        utilisation=column([p.utilisation for p in book.products]),
        complexity=column([p.complexity for p in book.products]),
        recovery_share=column([p.recovery_share for p in book.products]),
        recovery_half_life_months=column([p.recovery_half_life_months for p in book.products]),
    )
