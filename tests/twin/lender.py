"""Section 9: new lending, to new customers and again."""

from dataclasses import dataclass
from math import sqrt

from simulator.score_words import Applicant
from simulator.vocabulary import (
    Amortisation,
    Cause,
    Count,
    Draw,
    Flow,
    LoanStatus,
)
from tests.twin.bills import rho, scheduled_principal
from tests.twin.life import shock_in_force
from tests.twin.state import Borrower, Loan, Month, annuity
from tests.twin.worth import discount, note, spend_on

SCORE_MEAN, SCORE_SD = 600.0, 100.0
"""Section 9: the scale of the score, and its correlation with minus true risk."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A price before the cap, what the list says, and the first instalment."""

    price: float
    list_price: float
    first: float


def _leaves(
    loan: Loan,
    borrower: Borrower,
    offer: Offer,
    lever: dict[str, float],
    free_months: int,
    month: Month,
) -> bool:
    """Whether one who is approved goes elsewhere, for the price or for the wait."""
    p = month.parameters
    declines = p["offer_decline_share"]
    if borrower.true_risk < 0.0:
        cap = month["rate_cap"]
        rate = min(offer.price, cap)
        dearer = rate - min(offer.list_price, cap) - rate * min(free_months, 12) / 12.0
        declines += p["offer_price_slope"] * (dearer - month["rival_change"])
    stays = standing(month) * (1.0 - min(1.0, max(0.0, declines)))
    stays *= float((1.0 - p["walk_away_per_day"]) ** lever["decision_days"])
    return month.luck.loan(loan.id, month.t, Draw.ACCEPT) < 1.0 - stays


def standing(month: Month) -> float:
    """What complaints of the month before leave of the lender's attraction."""
    before = month.sums.counts[0, month.t - 1]
    loans = float(before[Count.OPENING_LOANS])
    complaints = 1000.0 * float(before[Count.COMPLAINTS]) / loans if loans > 0.0 else 0.0
    p = month.parameters
    if complaints <= 0.0:
        return 1.0
    ratio = p["reputation_reference"] / complaints
    return float(min(1.0, ratio ** p["reputation_elasticity"]))


def comes(borrower: Borrower, month: Month) -> bool:
    """Whether an applicant of the month asks at all."""
    luck = month.luck.borrower(borrower.id, month.t, Draw.REPUTATION)
    away = luck >= standing(month)
    month.happened["kept away by complaints"] += away
    return borrower.arrives_at <= month["arrivals"] and not away


def underwriting(loan: Loan, month: Month) -> dict[str, float]:
    """Levers for new loans in the class of ``loan``."""
    cell = month.levers.underwriting[month.t, loan.lever_class]
    return {name: float(cell[name]) for name in cell.dtype.names or ()}


def make_offer(loan: Loan, lever: dict[str, float], month: Month) -> Offer:
    """Write the amounts that would be granted into ``loan``, whose base rate is the list's."""
    for name in ("opening_principal", "usual_principal", "limit"):
        granted = lever["amount_multiplier"] * month["standards_amount"]
        setattr(loan, name, getattr(loan, name) * granted)
    p, listed = month.parameters, loan.base_rate
    nu = p["product_rate_passthrough"] * loan.product.new_rate_passthrough
    price = listed + lever["price_add"] + month["standards_price"] + nu * month["policy_change"]
    month.happened["new price at its floor"] += price < 0.0
    price = max(0.0, price)
    loan.principal = loan.opening_principal
    loan.remaining = loan.term_months
    monthly = min(price, month["rate_cap"]) / 12.0
    loan.instalment = annuity(loan.principal, monthly, max(1, loan.term_months))
    first = scheduled_principal(loan, monthly, month) + loan.principal * monthly
    return Offer(price, listed, first)


def decision_cost(loan: Loan, borrower: Borrower, lever: dict[str, float], month: Month) -> None:
    """What it costs to decide."""
    cost = month.currency(month.parameters["application_cost"])
    cost *= lever["application_cost_multiplier"]
    month.count(Count.UNDERWRITING_COST, cost * loan.weight)
    spend_on(borrower, cost * loan.weight, month)


def passes(
    score: float,
    first: float,
    borrower: Borrower,
    lever: dict[str, float],
    overdue_30: float,
    month: Month,
) -> bool:
    """Score, debt service and number of platforms."""
    p = month.parameters
    found_out = lever["income_verified_share"] * (borrower.stated_income - borrower.income)
    perceived = borrower.stated_income - found_out
    other_rate = month["other_annual_rate"] / 12.0 + p["platform_amortisation"]
    service = first + borrower.other_debt * other_rate
    excess = max(0.0, overdue_30 - month.book_lever("tighten_trigger"))
    cutoff = lever["score_cutoff"] + month.book_lever("tighten_slope") * excess
    cutoff += month["standards_cutoff"]
    return (
        score >= cutoff
        and service <= lever["debt_service_cap"] * perceived
        and borrower.platforms <= lever["platform_cap"]
    )


def pay_out(loan: Loan, borrower: Borrower, price: float, free_months: int, month: Month) -> None:
    """Open the loan that was offered."""
    loan.status = LoanStatus.OPEN
    loan.base_rate = price - rho(loan, month) * month["policy_change"]
    loan.free_left = free_months
    borrower.loans_had = min(200, borrower.loans_had + 1)
    borrower.outcome.overdue_months = max(0, borrower.outcome.overdue_months)
    month.flow(Flow.DISBURSED, loan, loan.principal)
    note(borrower, Applicant.LENT, loan.weight * loan.principal, month)
    note(borrower, Applicant.VALUE, -discount(month) * loan.weight * loan.principal, month)
    month.sums.vintage_loans[0, loan.vintage] += loan.weight


def _perceived_score(borrower: Borrower, signal: float, month: Month) -> float:
    noiseless = SCORE_MEAN - SCORE_SD * borrower.true_risk
    mixed = signal * noiseless + (1.0 - signal) * borrower.score
    likeness = month.parameters["score_risk_correlation"]
    width = sqrt(signal**2 + (1.0 - signal) ** 2 + 2.0 * likeness * signal * (1.0 - signal))
    return SCORE_MEAN + (mixed - SCORE_MEAN) / width


def decide(loan: Loan, borrower: Borrower, overdue_30: float, month: Month) -> None:
    """Section 9: whether an applicant becomes a customer; ``overdue_30`` of the last month."""
    p, lever = month.parameters, underwriting(loan, month)
    offer = make_offer(loan, lever, month)
    month.count(Count.APPLICANTS, loan.weight)
    decision_cost(loan, borrower, lever, month)
    score = _perceived_score(borrower, lever["score_signal_share"], month)
    approved = passes(score, offer.first, borrower, lever, overdue_30, month)
    month.count(Count.APPROVED, loan.weight if approved else 0.0)
    note(borrower, Applicant.ASKED, loan.weight, month)
    note(borrower, Applicant.APPROVED, loan.weight if approved else 0.0, month)
    free_months = int(lever["interest_free_months"])
    leaves = approved and _leaves(loan, borrower, offer, lever, free_months, month)
    month.count(Count.DECLINED, loan.weight if leaves else 0.0)
    if not approved or leaves:
        loan.close(LoanStatus.REFUSED)
        return
    if not borrower.open_loans():
        won_for = month.currency(p["acquisition_cost"]) * loan.weight
        month.count(Count.ACQUISITION_COST, won_for)
        spend_on(borrower, won_for, month)
    amount = loan.weight * loan.principal
    note(borrower, Applicant.BOOKED, loan.weight, month)
    note(borrower, Applicant.PRINCIPAL, amount, month)
    note(borrower, Applicant.PRICE, amount * min(offer.price, month["rate_cap"]), month)
    month.count(Count.FIRST_DISBURSED, loan.weight * loan.principal)
    pay_out(loan, borrower, offer.price, free_months, month)
    chance = p["strength_wont_pay"] * p["bad_faith_share"] * borrower.refusal_weight
    borrower.refusing = month.luck.borrower(borrower.id, 0, Draw.REFUSE) < chance
    month.happened["a loan in bad faith"] += borrower.refusing


def decide_again(
    loan: Loan, borrower: Borrower, score: float, overdue_30: float, month: Month
) -> bool:
    """Section 9.1: whether a customer who has come back gets ``loan``."""
    lever = underwriting(loan, month)
    month.count(Count.REPEAT_APPLICANTS, loan.weight)
    decision_cost(loan, borrower, lever, month)
    offer = make_offer(loan, lever, month)
    missed = borrower.missed_elsewhere >= month.parameters["platform_missed_to_close"]
    if shock_in_force(borrower, month) is not Cause.NONE or missed:
        month.happened["came back out of order"] += 1
        return False
    if not passes(score, offer.first, borrower, lever, overdue_30, month):
        month.happened["came back and was refused"] += 1
        return False
    month.count(Count.REPEAT_APPROVED, loan.weight)
    if _leaves(loan, borrower, offer, lever, 0, month):
        month.happened["came back and left"] += 1
        return False
    month.count(Count.REPEAT_LOANS, loan.weight)
    month.count(Count.REPEAT_DISBURSED, loan.weight * loan.principal)
    pay_out(loan, borrower, offer.price, 0, month)
    if loan.kind is Amortisation.BULLET:
        borrower.savings += loan.principal
    return True
