"""Loan files that lenders and supervisors publish: their headers, where those need context.

A header such as ``id`` or ``Interest`` says nothing alone; in a file that has several headers of
one publisher it does. What a header says anywhere stands in ``synonyms``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from simulator.book.tape.synonyms import plain_word

LEAST_OWN: Final = 3
"""Headers of its own that a file must have to be a publisher's."""


@dataclass(frozen=True, slots=True)
class KnownFormat:
    """A publisher's loan file.

    ``own``: headers that hardly another file has. ``columns``: header -> model's column, the
    better of two first. ``constants``: what the publisher's loans all are, to be proposed.
    ``missing``: cells that mean nothing is known.
    """

    name: str
    own: tuple[str, ...]
    columns: Mapping[str, str]
    constants: Mapping[str, str] = field(default_factory=dict)
    missing: tuple[str, ...] = ()


FORMATS: Final = (
    KnownFormat(
        "Lending Club",
        own=(
            "loan_amnt", "funded_amnt", "funded_amnt_inv", "int_rate", "issue_d", "out_prncp",
            "annual_inc", "addr_state", "sub_grade", "emp_title", "last_pymnt_d", "total_pymnt",
            "total_rec_prncp", "fico_range_low", "member_id", "last_credit_pull_d",
        ),
        columns={
            "id": "loan_id",
            "member_id": "borrower_id",
            "int_rate": "annual_rate",
            "term": "term_months",
            "out_prncp": "principal",
            "funded_amnt": "original_principal",
            "loan_amnt": "original_principal",
            "issue_d": "origination_date",
            "loan_status": "status",
            "annual_inc": "monthly_income",
            "addr_state": "region",
            "fico_range_low": "score",
            "total_rec_prncp": "principal_paid",
        },
        constants={"product": "us_personal_loan"},
    ),
    KnownFormat(
        "Prosper",
        own=(
            "BorrowerRate", "LoanOriginalAmount", "LoanOriginationDate", "LoanKey", "ListingKey",
            "ListingNumber", "MemberKey", "ProsperScore", "LoanCurrentDaysDelinquent",
            "LoanMonthsSinceOrigination", "LP_CustomerPrincipalPayments", "StatedMonthlyIncome",
            "amount_borrowed", "borrower_rate", "prosper_rating", "age_in_months",
            "principal_balance", "loan_status_description", "debt_sale_proceeds_received",
        ),
        columns={
            "LoanNumber": "loan_id",
            "LoanKey": "loan_id",
            "MemberKey": "borrower_id",
            "borrower_rate": "annual_rate",
            "Term": "term_months",
            "amount_borrowed": "original_principal",
            "LoanOriginalAmount": "original_principal",
            "principal_balance": "principal",
            "LP_CustomerPrincipalPayments": "principal_paid",
            "principal_paid": "principal_paid",
            "age_in_months": "months_on_book",
            "LoanMonthsSinceOrigination": "months_on_book",
            "origination_date": "origination_date",
            "LoanOriginationDate": "origination_date",
            "next_payment_due_date": "next_due_date",
            "days_past_due": "dpd",
            "LoanCurrentDaysDelinquent": "dpd",
            "loan_status_description": "status",
            "LoanStatus": "status",
            "StatedMonthlyIncome": "stated_income",
            "BorrowerState": "region",
        },
        constants={"product": "us_personal_loan"},
    ),
    KnownFormat(
        "Bondora",
        own=(
            "ReportAsOfEOD", "LoanDuration", "CurrentDebtDaysPrimary", "CurrentDebtDaysSecondary",
            "PrincipalBalance", "MonthlyPaymentDay", "MaturityDate_Last", "MaturityDate_Original",
            "IncomeTotal", "UserName", "BiddingStartedOn", "ListedOnUTC", "WorseLateCategory",
            "PlannedPrincipalTillDate", "LoanApplicationStartedDate", "ActiveLateCategory",
        ),
        columns={
            "LoanId": "loan_id",
            "LoanNumber": "loan_id",
            "UserName": "borrower_id",
            "Interest": "annual_rate",
            "LoanDuration": "term_months",
            "Amount": "original_principal",
            "PrincipalBalance": "principal",
            "PrincipalPaymentsMade": "principal_paid",
            "LoanDate": "origination_date",
            "MaturityDate_Last": "maturity_date",
            "MaturityDate_Original": "maturity_date",
            "ReportAsOfEOD": "snapshot_date",
            "MonthlyPaymentDay": "due_day",
            "NextPaymentDate": "next_due_date",
            "CurrentDebtDaysPrimary": "dpd",
            "Status": "status",
            "IncomeTotal": "monthly_income",
            "Country": "region",
            "Age": "age",
        },
        constants={"product": "cash_loan"},
    ),
    KnownFormat(
        "the ESMA and ECB loan-level templates",
        own=(
            "Original Underlying Exposure Identifier", "New Underlying Exposure Identifier",
            "Original Obligor Identifier", "New Obligor Identifier", "Data Cut-Off Date",
            "Current Principal Balance", "Original Principal Balance", "Number Of Days In Arrears",
            "Current Interest Rate", "Amortisation Type", "Arrears Balance", "Primary Income",
            "Pool Cut-off Date", "Pool Identifier", "Loan Identifier", "Borrower Identifier",
            "Originator Name", "Servicer Identifier", "Pool Addition Date", "Geographic Region",
        ),
        columns={
            "New Underlying Exposure Identifier": "loan_id",
            "Original Underlying Exposure Identifier": "loan_id",
            "Loan Identifier": "loan_id",
            "New Obligor Identifier": "borrower_id",
            "Original Obligor Identifier": "borrower_id",
            "Borrower Identifier": "borrower_id",
            "Data Cut-Off Date": "snapshot_date",
            "Pool Cut-off Date": "snapshot_date",
            "Amortisation Type": "product",
            "Current Interest Rate": "annual_rate",
            "Original Term": "term_months",
            "Original Loan Term": "term_months",
            "Current Principal Balance": "principal",
            "Current Balance": "principal",
            "Original Principal Balance": "original_principal",
            "Original Balance": "original_principal",
            "Origination Date": "origination_date",
            "Loan Origination Date": "origination_date",
            "Maturity Date": "maturity_date",
            "Loan Maturity Date": "maturity_date",
            "Number Of Days In Arrears": "dpd",
            "Days in Arrears": "dpd",
            "Arrears Balance": "arrears",
            "Primary Income": "monthly_income",
            "Geographic Region - Obligor": "region",
            "Geographic Region": "region",
        },
        missing=("ND1", "ND2", "ND3", "ND4", "ND5"),
    ),
)  # fmt: skip


def known_format(names: Sequence[str]) -> KnownFormat | None:
    """The publisher whose headers ``names`` hold, the one with most of its own."""
    plain = {plain_word(name) for name in names}

    def own(kind: KnownFormat) -> int:
        return len(plain & {plain_word(name) for name in kind.own})

    best = max(FORMATS, key=own)
    return best if own(best) >= LEAST_OWN else None


def places_of(kind: KnownFormat, names: Sequence[str]) -> dict[str, int]:
    """Model's column -> place of the best header of ``kind`` among ``names``."""
    place = {plain_word(name): i for i, name in reversed(list(enumerate(names)))}
    found: dict[str, int] = {}
    for header, model in kind.columns.items():
        at = place.get(plain_word(header))
        if at is not None:
            found.setdefault(model, at)
    return found
