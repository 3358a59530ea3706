"""Section 4.1: what a loan demands in a month."""

from simulator.vocabulary import Amortisation
from tests.twin.state import ROUNDING, Bill, Loan, Month, annuity

Bills = dict[int, Bill]
"""This month's bill of each open loan, by row of the loan."""


def rho(loan: Loan, month: Month) -> float:
    """Share of the policy rate's change that the rate of the open loan takes up."""
    return month.parameters["product_rate_passthrough"] * loan.product.rate_passthrough


def rate_of(loan: Loan, month: Month) -> float:
    """The loan's yearly rate in the month, whatever the cap."""
    rate = loan.base_rate + rho(loan, month) * month["policy_change"]
    month.happened["rate at its floor"] += rate < 0.0
    return max(0.0, rate)


def scheduled_principal(loan: Loan, monthly_rate: float, month: Month) -> float:
    """Principal a that falls due this month under the contract."""
    if loan.kind is Amortisation.REVOLVING:
        small = month.parameters["minimum_line_share"] * loan.limit
        share = 1.0 if loan.principal <= small else loan.product.min_payment_share
        return share * loan.principal
    if loan.remaining <= 1:
        return loan.principal
    if loan.kind is Amortisation.EQUAL_PRINCIPAL:
        return loan.principal / loan.remaining
    if loan.kind is Amortisation.BULLET:
        return 0.0
    instalment = loan.instalment
    if rho(loan, month) > 0.0:
        instalment = annuity(loan.principal, monthly_rate, loan.remaining)
        month.happened["instalment reset"] += abs(instalment - loan.instalment) > ROUNDING
    return min(loan.principal, max(0.0, instalment - loan.principal * monthly_rate))


def _charged(loan: Loan, interest: float) -> float:
    """The part of the month's interest that is not waived."""
    if loan.free_left > 0:
        return 0.0
    return interest * loan.interest_share if loan.relief_left > 0 else interest


def bill(loan: Loan, month: Month) -> Bill:
    """What the loan demands this month, given the relief that runs."""
    rate = min(rate_of(loan, month), month["rate_cap"])
    monthly = rate / 12.0
    accruing = loan.dpd < loan.product.accrual_stop_dpd
    in_relief = loan.relief_left > 0
    interest = loan.principal * monthly if accruing else 0.0
    charged = _charged(loan, interest)
    spread = float(max(1, loan.remaining))
    if loan.kind is Amortisation.REVOLVING:
        spread = month.parameters["deferred_spread_months"]
    scheduled_interest = charged + loan.interest_deferred / spread
    service = scheduled_principal(loan, monthly, month) + scheduled_interest
    due = service * loan.due_share if in_relief else service
    due_interest = min(scheduled_interest, due)
    penalty = 0.0
    if accruing and not in_relief:
        penalty_rate = min(rate * loan.product.penalty_multiple, month["rate_cap"])
        penalty = loan.principal_overdue * penalty_rate / 12.0
    frozen = in_relief and loan.due_share == 0.0
    overdue = loan.principal_overdue + loan.interest_overdue
    demand = 0.0 if frozen else due + overdue + loan.penalty + penalty + loan.fees
    return Bill(
        rate,
        accruing,
        in_relief,
        frozen,
        interest,
        charged,
        service,
        due_interest,
        due - due_interest,
        penalty,
        demand,
    )
