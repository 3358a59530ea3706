"""Sections 4 to 6: what a household needs, decides and can pay."""

from dataclasses import dataclass

from simulator.vocabulary import Cause, Draw
from tests.twin.attention import attention, early_warning, programmes, warning_runs
from tests.twin.bills import Bills, bill
from tests.twin.life import income, shock_cost, shock_in_force
from tests.twin.relief import relief
from tests.twin.seen import see, show
from tests.twin.state import ROUNDING, TINY, Bill, Borrower, Loan, Month


@dataclass(slots=True)
class Household:
    """A borrower's month: money that comes and goes before this lender is served."""

    income: float
    cost: float
    essential: float
    discretionary: float
    shock: Cause
    platforms_closed: bool
    other_service: float

    def spare(self) -> float:
        """Income after spending without cuts and other platforms."""
        spent = self.essential + self.cost + self.discretionary
        return self.income - spent - self.other_service


def need(borrower: Borrower, month: Month) -> Household:
    """Section 4 and 4.2."""
    p = month.parameters
    worst = max((loan.unpaid for loan in borrower.open_loans()), default=0)
    missed = borrower.missed_elsewhere >= p["platform_missed_to_close"]
    on_record = month.t <= borrower.closed_until
    closed = worst >= 2 or missed or on_record or borrower.cut_off
    refinanced = 0.0 if closed else month["credit_supply"]
    refinanced = 1.0 - p["strength_platform_cutoff"] * (1.0 - refinanced)
    principal_due = p["platform_amortisation"] * (1.0 - refinanced)
    habit = borrower.discretionary * month["price_index"]
    if borrower.overspender:
        habit *= 1.0 - month.education(borrower) * p["education_spending"]
    return Household(
        income=income(borrower, month),
        cost=shock_cost(borrower, month),
        essential=borrower.essential * month["price_index"],
        discretionary=habit,
        shock=shock_in_force(borrower, month),
        platforms_closed=closed,
        other_service=borrower.other_debt * (month["other_annual_rate"] / 12.0 + principal_due),
    )


def intent(borrower: Borrower, household: Household, bills: Bills, month: Month) -> None:
    """Section 5: who stops paying by choice, and who resumes."""
    p, loans = month.parameters, borrower.open_loans()
    luck = month.luck.borrower(borrower.id, month.t, Draw.REFUSE)
    if borrower.refusing:
        borrower.refusing = not luck < p["p_resume_monthly"]
        return
    due = sum(bills[loan.row].due for loan in loans)
    burden = (household.other_service + due) / max(household.income, 1e-9)
    hazard = p["strength_wont_pay"] * p["p_refuse_monthly"] * borrower.refusal_weight
    excess = max(0.0, burden - p["refuse_burden_threshold"])
    hazard *= 1.0 + p["refuse_burden_slope"] * excess
    hazard *= 1.0 + p["refuse_dpd_slope"] * max(loan.unpaid for loan in loans)
    hazard *= 1.0 + p["refuse_duration_slope"] * max(loan.spell for loan in loans)
    hazard *= month["refusal_factor"]
    if any(loan.relief_uses > 0 for loan in loans):
        hazard *= month.book_lever("refusal_after_relief")
    hazard *= 1.0 - month.education(borrower) * p["education_willingness"]
    borrower.refusing = luck < min(1.0, hazard)


def opening_intent(borrower: Borrower, month: Month) -> None:
    """Section 10: who refuses at month 0."""
    if borrower.opening_refusing:
        luck = month.luck.borrower(borrower.id, 0, Draw.REFUSE)
        borrower.refusing = luck < month.parameters["strength_wont_pay"]


def _cut(borrower: Borrower, household: Household, demand: float, month: Month) -> float:
    """Share of discretionary spending that is cut; counts the months short."""
    p, before = month.parameters, borrower.months_short
    if not household.spare() - demand < 0.0:
        borrower.months_short = 0
        return 0.0
    borrower.months_short = min(200, before + 1)
    if not borrower.overspender:
        return p["discretionary_cut_max"]
    return p["discretionary_cut_max"] * min(1.0, before / p["overspender_cut_lag"])


def _lent_by_platforms(
    borrower: Borrower, household: Household, gap: float, untouched: bool, month: Month
) -> float:
    """What another platform lends to cover ``gap``."""
    p = month.parameters
    headroom = p["platform_limit_months"] * borrower.income * month["income_index"]
    headroom -= borrower.other_debt
    luck = month.luck.borrower(borrower.id, month.t, Draw.PLATFORM)
    willing = luck < p["platform_lend_probability"] * month["credit_supply"]
    lent = 0.0
    if not household.platforms_closed and headroom > 0.0 and willing:
        lent = min(gap, headroom)
    if untouched:
        lent = max(lent, (1.0 - p["strength_platform_cutoff"]) * gap)
    return lent


def _withdraw(borrower: Borrower, month: Month) -> None:
    """Section 4.2: whether platforms will have withdrawn their credit next month."""
    p, luck = month.parameters, month.luck.borrower(borrower.id, month.t, Draw.PLATFORM)
    if borrower.cut_off:
        borrower.cut_off = not luck < 1.0 / p["platform_cut_months"]
        month.happened["credit elsewhere comes back"] += not borrower.cut_off
    else:
        chance = min(0.5, p["platform_cut_monthly"] * borrower.platforms)
        borrower.cut_off = luck >= 1.0 - chance
        month.happened["credit elsewhere withdrawn"] += borrower.cut_off


def _others_first(borrower: Borrower, service: float, first: Bill, month: Month) -> bool:
    p = month.parameters
    strength = p["strength_chose_other_lender"]
    if borrower.refusing:
        return True
    if not (strength > 0.0 and service > 0.0):
        return False
    dearer = max(0.0, first.rate - month["competitor_rate"])
    luck = month.luck.borrower(borrower.id, month.t, Draw.CHOOSE_OTHER)
    chance = strength * p["choose_other_sensitivity"] * dearer
    return borrower.pays_others_first or luck < chance


def _able(demand: float, cash: float, smallest_share: float) -> float:
    """What is laid aside for a loan; a miss by rounding alone is none."""
    if cash >= demand - ROUNDING:
        return demand
    return 0.0 if cash < smallest_share * demand else cash


def _keeps_behind(loan: Loan, borrower: Borrower, bill: Bill, month: Month) -> bool:
    """Whether one instalment is paid although everything could be."""
    p = month.parameters
    could_clear = loan.able == bill.demand and not borrower.refusing
    if not (loan.unpaid >= 1 and bill.due > 0.0 and could_clear):
        return False
    if loan.keeps_promise:
        month.happened["catches up as promised"] += 1
        return False
    chance = p["catch_up_share"] / (1.0 + p["catch_up_decay"] * max(0, loan.spell - 1))
    return month.luck.loan(loan.id, month.t, Draw.CATCH_UP) >= chance


def funding(borrower: Borrower, household: Household, bills: Bills, month: Month) -> None:
    """Section 6: cuts, savings, other platforms, and what each loan can get."""
    p, loans = month.parameters, borrower.open_loans()
    demand = sum(bills[loan.row].demand for loan in loans)
    service, before = household.other_service, borrower.savings
    cut = _cut(borrower, household, demand, month)
    spent = household.essential + (1.0 - cut) * household.discretionary
    untouched = household.shock is Cause.NONE and household.cost == 0.0
    earned = household.income
    if untouched:
        missing = max(0.0, spent + service + demand - earned)
        earned += (1.0 - p["strength_overspending"]) * missing
    cash = max(0.0, before + earned - spent - household.cost)
    gap = service + demand - cash
    lent, refused_by_platforms = 0.0, False
    if gap > 0.0 and borrower.platforms > 0 and not borrower.refusing:
        lent = _lent_by_platforms(borrower, household, gap, untouched, month)
        refused_by_platforms = lent < gap - TINY
    _withdraw(borrower, month)
    cash += lent
    interest_elsewhere = borrower.other_debt * month["other_annual_rate"] / 12.0
    cliff = cash - interest_elsewhere >= demand
    first = bool(loans) and _others_first(borrower, service, bills[loans[0].row], month)
    cash_0, paid_elsewhere = cash, 0.0
    if first:
        paid_elsewhere = min(cash, service)
        cash -= paid_elsewhere
    for loan in loans:
        kept = month.luck.loan(loan.id, month.t, Draw.PROMISE_KEPT) < p["promise_kept_share"]
        loan.keeps_promise = loan.promised and kept
        loan.able = _able(bills[loan.row].demand, cash, p["min_partial_share"])
        loan.keeps_behind = _keeps_behind(loan, borrower, bills[loan.row], month)
        if loan.keeps_behind:
            due = bills[loan.row].due
            others = loan.principal_overdue + loan.interest_overdue + due - max(due, loan.queue[0])
            loan.able = max(0.0, loan.able - others)
        cash = max(0.0, cash - loan.able)
    if not first:
        paid_elsewhere = min(cash, service)
        cash -= paid_elsewhere
    missed = paid_elsewhere < service * (1.0 - TINY)
    borrower.missed_elsewhere = min(200, borrower.missed_elsewhere + 1) if missed else 0
    grown = borrower.other_debt * (1.0 + month["other_annual_rate"] / 12.0)
    borrower.other_debt = max(0.0, grown + lent - paid_elsewhere)
    chose_other = first and cash_0 >= demand
    for loan in loans:
        if borrower.refusing:
            loan.reason, loan.late_days = Cause.WONT_PAY, 0
        elif loan.keeps_behind:
            loan.reason, loan.late_days = loan.cause, 0
        elif loan.able < bills[loan.row].demand:
            loan.late_days = 0
            loan.reason = _reason(household.shock, chose_other, refused_by_platforms, cliff, month)
        elif loan.able > 0.0:
            loan.reason, loan.late_days = attention(loan, borrower, month)
        else:
            loan.reason, loan.late_days = Cause.NONE, 0
        loan.refused = borrower.refusing and not loan.keeps_promise
        if borrower.refusing and loan.keeps_promise:
            borrower.resumes = True
            month.happened["refuser keeps a promise"] += 1
        loan.in_question = _in_question(loan, borrower, bills[loan.row])
    _save(borrower, before, cash, month)


def _reason(
    shock: Cause, chose_other: bool, refused_by_platforms: bool, cliff: bool, month: Month
) -> Cause:
    if shock is not Cause.NONE:
        return shock
    refused = refused_by_platforms and month.parameters["strength_platform_cutoff"] > 0.0
    if chose_other and not (refused and cliff):
        return Cause.CHOSE_OTHER_LENDER
    if refused:
        return Cause.PLATFORM_CUTOFF
    return Cause.OVERSPENDING


def _in_question(loan: Loan, borrower: Borrower, bill_: Bill) -> bool:
    """Section 7, first sentence."""
    doubtful = loan.opening_unpaid >= 1 or loan.late_days > 0 or borrower.refusing
    return bill_.demand > 0.0 and (doubtful or loan.able < bill_.demand)


def _save(borrower: Borrower, before: float, cash: float, month: Month) -> None:
    """Section 6, Savings: what is kept, and what is reserved for payments not posted yet."""
    if cash <= before:
        borrower.savings = cash
    else:
        target = borrower.savings_opening * month["price_index"]
        kept = month.parameters["saving_share"] * (cash - before)
        room = max(0.0, target - before) + month["windfall"] * borrower.income
        borrower.savings = before + min(kept, room)
    borrower.savings += sum(loan.able for loan in borrower.open_loans() if loan.in_question)


def idle_month(borrower: Borrower, month: Month) -> None:
    """Section 9.1: the household of a customer without a loan."""
    borrower.lever_class = borrower.loans[0].lever_class
    funding(borrower, need(borrower, month), {}, month)


def household_month(borrower: Borrower, month: Month) -> Bills:
    """Step (b) of a live borrower: need, warning, sight, relief, intent, funding; the bills."""
    borrower.lever_class = borrower.open_loans()[0].lever_class
    household = need(borrower, month)
    bills = {loan.row: bill(loan, month) for loan in borrower.open_loans()}
    if warning_runs(month):
        early_warning(borrower, household.spare(), bills, month)
    demand = sum(bills[loan.row].demand for loan in borrower.open_loans())
    short = household.spare() - demand < 0.0
    see(borrower, short, month)
    show(borrower, short, month)
    relief(borrower, short, household.income, bills, month)
    intent(borrower, household, bills, month)
    funding(borrower, household, bills, month)
    programmes(borrower, bills, month)
    return bills
