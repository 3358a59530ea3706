"""Section 8: postings, delinquency and exits of a loan."""

from simulator.vocabulary import Amortisation, Cause, Count, Draw, Flow, LoanStatus
from tests.twin.bills import Bills
from tests.twin.state import TINY, Bill, Borrower, Loan, Month


def _without_dust(amount: float) -> float:
    """``amount``, or 0 where only a rounding error is left."""
    return 0.0 if amount <= TINY else amount


def _accrue(loan: Loan, due: Bill, month: Month) -> None:
    month.flow(Flow.INTEREST_ACCRUED, loan, due.interest)
    month.flow(Flow.FORGIVEN, loan, due.interest - due.charged)
    month.flow(Flow.PENALTY_ACCRUED, loan, due.penalty)
    loan.penalty += due.penalty
    loan.interest_deferred += due.charged - due.due_interest
    if not due.frozen:
        loan.principal -= due.due_principal
        loan.principal_overdue += due.due_principal
        loan.interest_overdue += due.due_interest
        if due.due > 0.0 or loan.unpaid >= 1:
            loan.queue.append(due.due)
    loan.principal = _without_dust(loan.principal)
    loan.interest_deferred = _without_dust(loan.interest_deferred)
    if not (due.in_relief and loan.due_share < 1.0):
        loan.remaining = max(0, loan.remaining - 1)


def _post(loan: Loan, flow: Flow, part: str, left: float, month: Month) -> float:
    """Pay one component of the balance with what is left of the payment."""
    stock: float = getattr(loan, part)
    used = min(stock, left)
    setattr(loan, part, stock - used)
    month.flow(flow, loan, used)
    loan.paid += used
    if flow is not Flow.PRINCIPAL_PAID:
        loan.interest_received += used
    return left - used


WATERFALL = (
    (Flow.FEES_PAID, "fees"),
    (Flow.PENALTY_PAID, "penalty"),
    (Flow.INTEREST_PAID, "interest_overdue"),
    (Flow.PRINCIPAL_PAID, "principal_overdue"),
)


def _pay(loan: Loan, due: Bill, month: Month) -> None:
    """Step 2: the waterfall, and the queue of unpaid instalments from the oldest."""
    if loan.payment <= 0.0:
        return
    everything = loan.payment >= due.demand
    left = float("inf") if everything else loan.payment
    for flow, part in WATERFALL[:2]:
        left = _post(loan, flow, part, left, month)
    towards_queue = left
    for flow, part in WATERFALL[2:]:
        left = _post(loan, flow, part, left, month)
    if everything:
        loan.queue.clear()
        return
    while loan.queue:
        used = min(loan.queue[0], towards_queue)
        loan.queue[0] -= used
        towards_queue -= used
        if loan.queue[0] > TINY:
            break
        loan.queue.pop(0)


def _late_fee(loan: Loan, due: Bill, month: Month) -> None:
    if not due.accruing or due.in_relief or not due.due > 0.0 or loan.reason is Cause.NONE:
        return
    product = loan.product
    missed = loan.unpaid > 0 and 30 - loan.due_day > product.grace_days
    came_late = loan.payment >= due.demand and loan.late_days > product.grace_days
    if missed or came_late:
        allowed = month["rate_cap"] / 12.0 * loan.opening_balance - due.charged - due.penalty
        fee = min(product.late_fee_share * due.due, _without_dust(max(0.0, allowed)))
        loan.fees += fee
        month.flow(Flow.FEES_ACCRUED, loan, fee)


def _age(loan: Loan) -> None:
    if loan.unpaid == 0:
        loan.spell, loan.cause = 0, Cause.NONE
        return
    loan.spell += 1
    if loan.opening_unpaid == 0:
        loan.cause = loan.reason


def _prepay(loan: Loan, due: Bill, borrower: Borrower, month: Month) -> bool:
    if loan.unpaid or not loan.principal > 0.0 or due.in_relief or loan.fees != 0.0:
        return False
    chance = loan.product.p_prepay_monthly
    if loan.kind is Amortisation.REVOLVING and chance == 0.0:
        return False
    if borrower.true_risk < 0.0:
        dearer = max(0.0, due.rate - month["competitor_rate"])
        chance += month.parameters["rival_prepay_sensitivity"] * dearer
    if month.luck.loan(loan.id, month.t, Draw.PREPAY) < chance:
        _post(loan, Flow.PRINCIPAL_PAID, "principal", float("inf"), month)
        _post(loan, Flow.INTEREST_PAID, "interest_deferred", float("inf"), month)
        return True
    return False


def _note_delinquency(loan: Loan, borrower: Borrower, month: Month) -> None:
    """First months with 30+ and 90+, of the loan and of the borrower, before an exit."""
    outcome = borrower.outcome
    if loan.unpaid >= 2:
        month.count(Count.NEW_30, 0.0 if loan.ever_30 else loan.weight)
        loan.ever_30 = True
        if not loan.again:
            outcome.first_30 = outcome.first_30 or month.t
    if loan.unpaid >= 4:
        if not loan.ever_90:
            first = month.sums.vintage_first_90
            mob = min(max(0, month.t - loan.origination_month), first.shape[2] - 1)
            first[0, loan.vintage, mob] += loan.weight
            month.count(Count.NEW_90, loan.weight)
            month.sums.new_90_by_cause[0, month.t, loan.cause] += loan.weight * loan.balance
        loan.ever_90 = True
        if outcome.first_90 == 0 and not loan.again:
            outcome.first_90, outcome.balance_90 = month.t, loan.balance


def _court_after_write_off(loan: Loan, balance: float, month: Month) -> None:
    """What a case that is still before the court brings, in the month of its decision."""
    lag = int(month.parameters["legal_lag_months"])
    decided = loan.filed + lag
    if loan.filed == 0 or decided <= month.t:
        return
    if decided >= month.sums.counts.shape[1]:
        month.happened["court decides after the horizon"] += 1
        return
    luck = month.luck.loan(loan.id, decided, Draw.LEGAL_RESULT)
    if luck < month.parameters["effect_legal"]:
        brought = month.parameters["legal_recovery_share"] * balance
        month.sums.counts[0, decided, Count.LEGAL_RECOVERED] += loan.weight * brought
        loan.court = (decided, brought)


def _lost(borrower: Borrower, loan: Loan, balance: float, month: Month) -> None:
    if borrower.id % 2 == 0:
        month.count(Count.LOST_EVEN, loan.weight * balance)


def _exit(borrower: Borrower, loan: Loan, month: Month, repaid: bool) -> None:
    balance = loan.exit_balance = loan.balance
    if balance <= TINY and (
        loan.kind is not Amortisation.REVOLVING or repaid or month.t > month.months
    ):
        loan.close(LoanStatus.PAID_OFF)
    elif loan.dpd > loan.write_off_dpd:
        month.flow(Flow.WRITTEN_OFF, loan, balance)
        _lost(borrower, loan, balance, month)
        _court_after_write_off(loan, balance, month)
        month.sums.written_off_by_product[0, month.t, loan.product_row] += loan.weight * balance
        loan.close(LoanStatus.WRITTEN_OFF)
    elif loan.dpd > month.book_lever("sale_dpd"):
        month.flow(Flow.SOLD, loan, balance)
        _lost(borrower, loan, balance, month)
        loan.price = month.book_lever("sale_price_share") * balance
        month.count(Count.SALE_PRICE, loan.weight * loan.price)
        loan.close(LoanStatus.SOLD)


def _draw(loan: Loan, due: Bill, borrower: Borrower, month: Month) -> None:
    if month.t > month.months:
        return
    if loan.kind is not Amortisation.REVOLVING or not loan.open or loan.unpaid or due.in_relief:
        return
    scale = month.loan_lever("line_multiplier", loan)
    available = max(0.0, loan.limit * scale - loan.principal)
    drawn = min(available, max(0.0, loan.usual_principal * scale - loan.principal))
    if borrower.months_short > 0:
        drawn += month.parameters["stress_draw_share"] * (available - drawn)
    loan.principal += drawn
    loan.drawn = drawn
    borrower.savings += drawn
    month.flow(Flow.DISBURSED, loan, drawn)


def ledger_month(borrower: Borrower, bills: Bills, month: Month) -> None:
    """Step (d) of a live borrower."""
    served = borrower.open_loans()
    for loan in served:
        due = bills[loan.row]
        if loan.in_question:
            borrower.savings -= min(loan.payment, loan.able)
        _accrue(loan, due, month)
        _pay(loan, due, month)
        _late_fee(loan, due, month)
        if loan.promised and loan.unpaid == 0:
            month.count(Count.PROMISES_KEPT, loan.weight)
        _age(loan)
        repaid = _prepay(loan, due, borrower, month)
        _note_delinquency(loan, borrower, month)
        _exit(borrower, loan, month, repaid)
        _draw(loan, due, borrower, month)
        loan.relief_left = max(0, loan.relief_left - 1)
        month.happened["interest-free month"] += loan.free_left > 0
        loan.free_left = max(0, loan.free_left - 1)
    if any(loan.unpaid > 0 for loan in served):
        borrower.outcome.overdue_months += 1
    if borrower.resumes:
        borrower.refusing = borrower.resumes = False
