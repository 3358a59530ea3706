"""Sections 7 and 9: collectors' contacts over the whole book, and new lending."""

from simulator.levers import stage_names
from simulator.vocabulary import (
    DAYS_PER_MONTH,
    Count,
    Draw,
    Flow,
    LoanStatus,
    Priority,
    Stage,
)
from twin.household import Bills, scheduled_principal
from twin.state import Borrower, Loan, Month, annuity

Owned = tuple[Loan, Borrower]


def _effort(stage: Stage, name: str, loan: Loan, month: Month) -> float:
    effort = month.loan_lever(f"effort_{name}", loan)
    return effort if stage is Stage.REMINDER else effort * month["collection_allowed"]


def _planned(stage: Stage, name: str, loan: Loan, month: Month) -> bool:
    day = month.parameters[f"day_{name}"]
    overdue = loan.opening_unpaid >= 1
    contact_day = 1.0 + day if overdue else loan.due_day + day
    if not loan.in_question or contact_day > DAYS_PER_MONTH:
        return False
    if not overdue and loan.late_days > 0 and not day < loan.late_days:
        return False
    return _effort(stage, name, loan, month) > 0.0


def _queue(stage: Stage, name: str, owned: list[Owned], month: Month) -> list[Owned]:
    """Contacts that are made: in order of priority until the first that does not fit."""
    by_balance = month.book_lever("contact_priority") == float(Priority.BALANCE)

    def urgency(item: Owned) -> float:
        return -(item[0].opening_balance if by_balance else float(item[0].opening_unpaid))

    wanted = sorted((o for o in owned if _planned(stage, name, o[0], month)), key=urgency)
    capacity = month.book_lever(f"capacity_{name}") * month.book_loans / 1000.0
    used, made = 0.0, []
    for position, item in enumerate(wanted):
        work = item[0].weight * _effort(stage, name, item[0], month)
        if used + work > capacity:
            left = (o[0].weight * _effort(stage, name, o[0], month) for o in wanted[position:])
            month.count(Count.QUEUE_UNSERVED, sum(left))
            break
        used += work
        made.append(item)
    return made


def _contact(stage: Stage, name: str, item: Owned, bills: Bills, month: Month) -> None:
    loan, borrower = item
    p, luck, due = month.parameters, month.luck, bills[loan.row]
    effort = _effort(stage, name, loan, month)
    work = effort * loan.weight
    month.count(Count(Count.CONTACT_REMINDER + stage), work)
    month.count(Count.COLLECTION_COST, work * month.currency(p[f"cost_{name}"]))
    if luck.loan(loan.id, month.t, Draw.COMPLAINT + 4 * stage) < effort * p[f"complaint_{name}"]:
        month.count(Count.COMPLAINTS, loan.weight)
    if (
        not luck.loan(loan.id, month.t, Draw.CONTACT_REACH + 4 * stage)
        < effort * p[f"reach_{name}"]
    ):
        return
    decay = max(0.0, 1.0 - p["effect_decay"] * loan.opening_spell)
    effect = p[f"effect_{name}"] * decay
    luck_effect = luck.loan(loan.id, month.t, Draw.CONTACT_EFFECT + 4 * stage)
    if loan.refused:
        if luck_effect < effect:
            loan.refused = False
            borrower.resumes = True
    elif loan.late_days > 0:
        day = p[f"day_{name}"]
        loan.late_days = 0.0 if loan.opening_unpaid >= 1 else min(loan.late_days, max(1.0, day))
    elif loan.able < due.demand and luck_effect < effect * p["outside_help_share"]:
        target = min(due.demand, due.due if due.due > 0.0 else due.demand)
        loan.payment = max(loan.payment, loan.able, target)


def contacts(owned: list[Owned], bills: Bills, month: Month) -> None:
    """Step (c): contacts of every stage, then what each loan is paid this month."""
    for loan, _ in owned:
        loan.payment = 0.0
    for stage, name in zip(Stage, stage_names(), strict=True):
        for item in _queue(stage, name, owned, month):
            _contact(stage, name, item, bills, month)
    for loan, _ in owned:
        if loan.refused or loan.due_day + loan.late_days > DAYS_PER_MONTH:
            loan.payment = 0.0
        else:
            loan.payment = max(loan.payment, loan.able)


def decide(loan: Loan, borrower: Borrower, overdue_30: float, month: Month) -> None:
    """Section 9: whether an applicant becomes a customer; ``overdue_30`` of the last month."""
    cell = month.levers.underwriting[month.t, loan.lever_class]
    p = month.parameters
    lever = {name: float(cell[name]) for name in cell.dtype.names or ()}
    found_out = lever["income_verified_share"] * (borrower.stated_income - borrower.income)
    perceived = borrower.stated_income - found_out
    loan.opening_principal *= lever["amount_multiplier"]
    loan.limit *= lever["amount_multiplier"]
    loan.annual_rate = max(0.0, loan.annual_rate + lever["price_add"])
    loan.principal = loan.opening_principal
    loan.remaining = loan.term_months
    monthly = min(loan.annual_rate, month["rate_cap"]) / 12.0
    loan.instalment = annuity(loan.principal, monthly, max(1, loan.term_months))
    first = scheduled_principal(loan, monthly, month) + loan.principal * monthly
    other_rate = month["other_annual_rate"] / 12.0 + p["platform_amortisation"]
    service = first + borrower.other_debt * other_rate
    excess = max(0.0, overdue_30 - month.book_lever("tighten_trigger"))
    cutoff = lever["score_cutoff"] + month.book_lever("tighten_slope") * excess
    month.count(Count.APPLICANTS, loan.weight)
    cost = month.currency(p["application_cost"]) * lever["application_cost_multiplier"]
    month.count(Count.UNDERWRITING_COST, cost * loan.weight)
    if (
        borrower.score >= cutoff
        and service <= lever["debt_service_cap"] * perceived
        and borrower.platforms <= lever["platform_cap"]
    ):
        loan.status = LoanStatus.OPEN
        month.count(Count.APPROVED, loan.weight)
        month.flow(Flow.DISBURSED, loan, loan.principal)
        month.sums.vintage_loans[0, loan.vintage] += loan.weight
    else:
        loan.close(LoanStatus.REFUSED)
