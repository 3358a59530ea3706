"""Sections 4.3 and 6: lapses of attention, due-day reminders and calls before the due day."""

from collections.abc import Callable
from math import floor, log

from simulator.vocabulary import Cause, Count, Draw
from tests.twin.bills import Bills
from tests.twin.state import Borrower, Loan, Month


def lapse(
    loan: Loan, borrower: Borrower, month: Month, heeded: Callable[[], bool] = lambda: False
) -> Cause:
    """Why a payment that could be made comes late, if it does.

    ``heeded`` tells whether a reminder before the due day undoes a forgotten due date.
    """
    p, t = month.parameters, month.t
    attention = 1.0 - month.education(borrower) * p["education_attention"]
    forgets = borrower.p_forget * p["strength_forgot"] * month.care("forget_factor", borrower)
    forgets *= attention * month["lapse_factor"]
    if month.luck.borrower(borrower.id, 0, Draw.AUTOPAY) < month.care("autopay_share", borrower):
        forgets = 0.0
        month.happened["pays automatically"] += 1
    fails = borrower.p_channel_failure * p["strength_channel_failure"]
    fails *= month.care("channel_factor", borrower) * month["lapse_factor"]
    misunderstands = borrower.p_misunderstand * loan.product.complexity
    misunderstands *= p["strength_did_not_understand"] * attention
    misunderstands *= month.care("misunderstand_factor", borrower)
    if t - loan.origination_month > p["new_customer_months"]:
        misunderstands = 0.0
    if month.luck.loan(loan.id, t, Draw.FORGET) < forgets and not heeded():
        return Cause.FORGOT
    if month.luck.loan(loan.id, t, Draw.CHANNEL) < fails:
        return Cause.CHANNEL_FAILURE
    if month.luck.loan(loan.id, t, Draw.MISUNDERSTAND) < misunderstands:
        return Cause.DID_NOT_UNDERSTAND
    return Cause.NONE


MEAN_DAYS = {
    Cause.FORGOT: "forget_mean_days",
    Cause.CHANNEL_FAILURE: "channel_mean_days",
    Cause.DID_NOT_UNDERSTAND: "misunderstand_mean_days",
}


def attention(loan: Loan, borrower: Borrower, month: Month) -> tuple[Cause, int]:
    """Why a payment that could be made comes late, and by how many days."""
    p = month.parameters
    if loan.warned:
        month.happened["attentive after a warning"] += (
            lapse(loan, borrower, month) is not Cause.NONE
        )
        return Cause.NONE, 0

    def heeded() -> bool:
        chance = month.care("due_reminder", borrower) * p["reach_reminder"]
        chance *= month.care("due_reminder_effect", borrower)
        luck = month.luck.loan(loan.id, month.t, Draw.DUE_REMINDER)
        heeds = loan.opening_unpaid == 0 and luck < chance
        month.happened["reminder heeded before the due day"] += heeds
        return heeds

    cause = lapse(loan, borrower, month, heeded)
    if cause is Cause.NONE:
        return cause, 0
    days = p[MEAN_DAYS[cause]]
    if days == 1.0:
        return cause, 1
    luck = month.luck.loan(loan.id, month.t, Draw.LATE_DAYS)
    return cause, 1 + floor(log(luck) / log(1.0 - 1.0 / days))


def programmes(borrower: Borrower, bills: Bills, month: Month) -> None:
    """Due-day reminders that are sent, and what care costs."""
    for loan in borrower.open_loans():
        cost = month.care("prevention_cost", borrower)
        if bills[loan.row].demand > 0.0 and loan.opening_unpaid == 0:
            sent = month.care("due_reminder", borrower)
            month.count(Count.CONTACT_REMINDER, loan.weight * sent)
            cost += sent * month.parameters["cost_reminder"]
        month.count(Count.PROGRAMME_COST, loan.weight * month.currency(cost))


def warning_runs(month: Month) -> bool:
    """Whether any class has an early warning this month."""
    cells = month.levers.customer[month.t]
    return bool((cells["warning_recall"] > 0.0).any() or (cells["warning_false_alarm"] > 0.0).any())


def early_warning(borrower: Borrower, spare: float, bills: Bills, month: Month) -> None:
    """Section 4.3; ``spare`` is income after spending, shocks and other platforms."""
    loans = borrower.open_loans()
    left = borrower.savings + spare - sum(bills[loan.row].demand for loan in loans)
    for loan in loans:
        if not bills[loan.row].demand > 0.0 or loan.unpaid > 0 or loan.relief_left > 0:
            continue
        trouble = left < 0.0 or lapse(loan, borrower, month) is not Cause.NONE
        month.count(Count.WARNING_TARGETS, loan.weight if trouble else 0.0)
        chance = month.care("warning_recall" if trouble else "warning_false_alarm", borrower)
        if month.luck.loan(loan.id, month.t, Draw.WARNING) < chance:
            _call(loan, borrower, trouble, month)


def _call(loan: Loan, borrower: Borrower, trouble: bool, month: Month) -> None:
    p, luck = month.parameters, month.luck
    capacity = month.per_1000_loans(month.book_lever("capacity_warning"))
    if month.warning_full or month.warning_used + loan.weight > capacity:
        month.warning_full = True
        month.happened["warning beyond capacity"] += 1
        return
    month.warning_used += loan.weight
    month.count(Count.WARNED, loan.weight)
    month.count(Count.WARNED_RIGHTLY, loan.weight if trouble else 0.0)
    month.count(Count.CONTACT_HUMAN_CALL, loan.weight)
    month.count(Count.PROGRAMME_COST, loan.weight * month.currency(p["cost_human_call"]))
    loan.contacts += 1.0
    borrower.outcome.contacts += 1.0
    if luck.loan(loan.id, month.t, Draw.WARNING_COMPLAINT) < p["complaint_human_call"]:
        month.count(Count.COMPLAINTS, loan.weight)
        month.count(Count.PROGRAMME_COST, loan.weight * month.currency(p["complaint_cost"]))
        borrower.outcome.complaints += 1
    loan.warned = luck.loan(loan.id, month.t, Draw.WARNING_REACH) < p["reach_human_call"]
