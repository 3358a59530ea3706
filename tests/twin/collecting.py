"""Section 7: the court, and collectors' contacts over the whole book."""

from dataclasses import dataclass
from math import inf

from simulator.vocabulary import (
    DAYS_PER_MONTH,
    CollectionStage,
    Count,
    Draw,
    Priority,
)
from tests.twin.bills import Bills
from tests.twin.state import Bill, Borrower, Loan, Month

Owned = tuple[Loan, Borrower]
CALLS = (CollectionStage.AI_CALL, CollectionStage.HUMAN_CALL, CollectionStage.AGENCY)
"""Bound to quiet hours."""
CAPPED = (
    CollectionStage.AI_CALL,
    CollectionStage.HUMAN_CALL,
    CollectionStage.FIELD_VISIT,
    CollectionStage.AGENCY,
)
"""Bound to the cap on contacts of a loan in a month."""
PEOPLE = (CollectionStage.HUMAN_CALL, CollectionStage.FIELD_VISIT, CollectionStage.AGENCY)
"""Able to agree on a promise or on new instalments."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A stage in a month: its number, name, and day after the due day."""

    stage: CollectionStage
    name: str
    day: float

    def wanted(self, loan: Loan, month: Month) -> float:
        effort = month.loan_lever(f"effort_{self.name}", loan)
        return (
            effort
            if self.stage is CollectionStage.REMINDER
            else effort * month["collection_allowed"]
        )

    def effort(self, loan: Loan, month: Month) -> float:
        """What quiet hours leave of the wanted effort."""
        share = month.book_lever("call_hours_share") if self.stage in CALLS else 1.0
        return self.wanted(loan, month) * share

    def contact_day(self, loan: Loan) -> float:
        return (1.0 if loan.opening_unpaid >= 1 else loan.due_day) + self.day


def stages(month: Month) -> list[Plan]:
    """The stages in the order of their day, ties by number."""
    plans = []
    for stage in CollectionStage:
        name = stage.name.lower()
        day = month.parameters[f"day_{name}"] + month.book_lever(f"day_shift_{name}")
        plans.append(Plan(stage, name, min(29.0, max(0.0, day))))
    return sorted(plans, key=lambda plan: (plan.day, plan.stage))


def _court(loan: Loan, borrower: Borrower, due: Bill, month: Month) -> None:
    lag = int(month.parameters["legal_lag_months"])
    if not loan.in_question or loan.filed == 0 or loan.filed + lag != month.t:
        return
    luck = month.luck.loan(loan.id, month.t, Draw.LEGAL_RESULT)
    if not luck < month.parameters["effect_legal"]:
        return
    if loan.refused:
        loan.refused, borrower.resumes = False, True
        month.happened["court converts a refuser"] += 1
    elif loan.able < due.demand:
        _help(loan, due)
        month.happened["court brings help"] += 1


def _help(loan: Loan, due: Bill) -> float:
    """Money beyond the borrower's own, up to one instalment; by how much the payment rises."""
    target = min(due.demand, due.due if due.due > 0.0 else due.demand)
    gained = max(0.0, target - max(loan.able, loan.payment))
    loan.payment = max(loan.able, loan.payment, target)
    loan.helped = loan.payment > loan.able
    return gained


def _planned(plan: Plan, loan: Loan, month: Month) -> bool:
    """Whether the stage is planned for the loan; counts what conduct rules prevent."""
    overdue = loan.opening_unpaid >= 1
    wanted, effort = plan.wanted(loan, month), plan.effort(loan, month)
    if not loan.in_question or not wanted > 0.0 or plan.contact_day(loan) > DAYS_PER_MONTH:
        return False
    if not overdue and loan.late_days > 0 and not plan.day < loan.late_days:
        return False
    if loan.promised and plan.stage is not CollectionStage.REMINDER:
        month.happened["left alone after a promise"] += 1
        return False
    if plan.stage is CollectionStage.LEGAL and loan.filed > 0:
        month.happened["filed only once"] += 1
        return False
    room = month.book_lever("contact_cap") - loan.efforts if plan.stage in CAPPED else inf
    if effort > room:
        month.happened["contact beyond the cap"] += 1
        effort = max(0.0, room)
    month.count(Count.CONTACTS_BLOCKED, loan.weight * (wanted - effort))
    loan.effort = effort
    return effort > 0.0


def _urgency(plan: Plan, loan: Loan, due: Bill, month: Month) -> float:
    """Smallest first; ties keep the order of permanent ids."""
    priority = Priority(int(month.book_lever("contact_priority")))
    if priority is Priority.OLDEST_FIRST:
        return -float(loan.opening_unpaid)
    if priority is Priority.BALANCE:
        return -(loan.opening_balance - loan.cut)
    if priority is Priority.FIRST_COME:
        return plan.contact_day(loan)
    return -due.demand * _decay(loan, month)


def _decay(loan: Loan, month: Month) -> float:
    return max(0.0, 1.0 - month.parameters["effect_decay"] * loan.opening_spell)


def _queue(plan: Plan, owned: list[Owned], bills: Bills, month: Month) -> list[Owned]:
    """Contacts that are made: in order of priority until the first that does not fit."""
    planned = [item for item in owned if _planned(plan, item[0], month)]
    planned.sort(key=lambda item: _urgency(plan, item[0], bills[item[0].row], month))
    capacity = month.per_1000_loans(month.book_lever(f"capacity_{plan.name}"))
    used, made = 0.0, []
    for position, (loan, borrower) in enumerate(planned):
        work = loan.weight * loan.effort
        if used + work > capacity:
            left = (o.weight * o.effort for o, _ in planned[position:])
            month.count(Count.QUEUE_UNSERVED, sum(left))
            break
        used += work
        made.append((loan, borrower))
    return made


COSTS = {
    CollectionStage.REMINDER: Count.COST_REMINDER,
    CollectionStage.AI_CALL: Count.COST_AI_CALL,
    CollectionStage.HUMAN_CALL: Count.COST_HUMAN_CALL,
    CollectionStage.FIELD_VISIT: Count.COST_FIELD_VISIT,
    CollectionStage.LEGAL: Count.COST_LEGAL,
    CollectionStage.AGENCY: Count.COST_AGENCY,
}
CONTACT_COUNTS = {
    CollectionStage.REMINDER: Count.CONTACT_REMINDER,
    CollectionStage.AI_CALL: Count.CONTACT_AI_CALL,
    CollectionStage.HUMAN_CALL: Count.CONTACT_HUMAN_CALL,
    CollectionStage.FIELD_VISIT: Count.CONTACT_FIELD_VISIT,
    CollectionStage.LEGAL: Count.CONTACT_LEGAL,
    CollectionStage.AGENCY: Count.CONTACT_AGENCY,
}


def _spend(loan: Loan, amount: float, month: Month, stage: CollectionStage | None = None) -> None:
    """Collection cost of a contact with a loan; a complaint belongs to no stage."""
    loan.cost += amount
    month.count(Count.COLLECTION_COST, loan.weight * amount)
    if stage is not None:
        month.count(COSTS[stage], loan.weight * amount)


def _contact(plan: Plan, loan: Loan, borrower: Borrower, due: Bill, month: Month) -> None:
    p, luck, name = month.parameters, month.luck, plan.name
    effort = loan.effort
    month.count(CONTACT_COUNTS[plan.stage], effort * loan.weight)
    _spend(loan, effort * month.currency(p[f"cost_{name}"]), month, plan.stage)
    loan.efforts += effort if plan.stage in CAPPED else 0.0
    loan.contacts += effort
    borrower.outcome.contacts += effort
    complains = luck.loan(loan.id, month.t, Draw.COMPLAINT + 4 * plan.stage)
    if complains < effort * p[f"complaint_{name}"]:
        month.count(Count.COMPLAINTS, loan.weight)
        _spend(loan, month.currency(p["complaint_cost"]), month)
        borrower.outcome.complaints += 1
    answers = luck.loan(loan.id, month.t, Draw.CONTACT_REACH + 4 * plan.stage)
    if not answers < effort * p[f"reach_{name}"]:
        return
    if plan.stage is CollectionStage.LEGAL:
        loan.filed = month.t
        month.happened["case filed"] += 1
        return
    brought = _effect(plan, loan, borrower, due, month)
    if brought is None:
        if plan.stage in PEOPLE:
            _converse(loan, due, month)
    elif plan.stage is CollectionStage.AGENCY:
        _spend(loan, p["commission_agency"] * brought, month, plan.stage)
        month.happened["agency earns a commission"] += 1


def _effect(plan: Plan, loan: Loan, borrower: Borrower, due: Bill, month: Month) -> float | None:
    """The payment of one whom the contact converts or brings help; None for anybody else."""
    p = month.parameters
    luck = month.luck.loan(loan.id, month.t, Draw.CONTACT_EFFECT + 4 * plan.stage)
    effect = p[f"effect_{plan.name}"] * _decay(loan, month)
    if loan.refused:
        if luck < effect:
            loan.refused, borrower.resumes = False, True
            return loan.able
    elif loan.late_days > 0:
        loan.late_days = (
            0.0 if loan.opening_unpaid >= 1 else min(loan.late_days, max(1, int(plan.day)))
        )
    elif loan.keeps_behind:
        if not loan.helped and luck < effect:
            gained = due.demand - loan.able
            loan.payment, loan.helped = due.demand, True
            month.happened["talked into catching up"] += 1
            return gained
    elif loan.able < due.demand and luck < effect * p["outside_help_share"]:
        return _help(loan, due) or None
    return None


def _converse(loan: Loan, due: Bill, month: Month) -> None:
    """A person's talk with one who will not or cannot pay: new instalments, or a promise."""
    if not loan.refused and (loan.helped or not loan.able < due.demand):
        return
    luck = month.luck
    agrees = luck.loan(loan.id, month.t, Draw.NEGOTIATE)
    if (
        not loan.refused
        and loan.opening_unpaid >= 1
        and not loan.keeps_behind
        and agrees < month.loan_lever("negotiated_share", loan)
    ):
        loan.agreed = True
    elif luck.loan(loan.id, month.t, Draw.PROMISE) < month.loan_lever("promise_share", loan):
        month.count(Count.PROMISES, 0.0 if loan.promises else loan.weight)
        loan.promises = True


def contacts(owned: list[Owned], bills: Bills, month: Month) -> None:
    """Step (c): the court, contacts of every stage, then what each loan is paid this month."""
    for loan, borrower in owned:
        loan.payment = 0.0
        _court(loan, borrower, bills[loan.row], month)
    for plan in stages(month):
        for loan, borrower in _queue(plan, owned, bills, month):
            _contact(plan, loan, borrower, bills[loan.row], month)
    for loan, _ in owned:
        if loan.refused or loan.due_day + loan.late_days > DAYS_PER_MONTH:
            loan.payment = 0.0
        else:
            loan.payment = max(loan.payment, loan.able)
