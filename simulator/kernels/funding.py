"""A borrower's month: income, spending, willingness, other lenders, and what is left for this one.

Equations: docs/model.md, sections 4 to 6. Pure functions of records, in the order of a month.
"""

from simulator.kernels.borrower import (
    hardship_of,
    hospital_cost,
    income_factor,
    medical_cost,
    new_savings,
    property_cost,
    refusal_hazard,
    shock_in_force,
    spending_cut,
)
from simulator.kernels.jit import scalar
from simulator.kernels.prevention import set_care
from simulator.kernels.rng import uniform
from simulator.vocabulary import Cause, Domain, Draw, Life

_SHORT_CAP = 200
WITH_A_BILL = Life.ILL_ONSET | Life.HOSPITAL_ONSET | Life.DISASTER_ONSET
_LENT_IN_FULL = 1e-9
_MOST_CUT_OFF = 0.5
"""Largest chance a month that platforms withdraw their credit."""


@scalar
def _shock_costs(p, person, key, t, life):
    """Bills of an illness, a stay in hospital or a disaster that begins this month, in currency."""
    cost = 0.0
    if life & Life.ILL_ONSET:
        u = uniform(key.seed, key.path, person.id, t, Draw.MEDICAL_COST, Domain.BORROWER)
        cost += medical_cost(p, u, person.medical_insured)
    if life & Life.HOSPITAL_ONSET:
        u = uniform(key.seed, key.path, person.id, t, Draw.HOSPITAL_COST, Domain.BORROWER)
        cost += hospital_cost(p, u, person.medical_insured)
    if life & Life.DISASTER_ONSET:
        u = uniform(key.seed, key.path, person.id, t, Draw.PROPERTY_COST, Domain.BORROWER)
        cost += property_cost(p, u)
    return cost * person.income


@scalar
def incomes(p, world, usual, factor):
    """(normal income, income) of the month; ``factor``: on the part that shocks can touch."""
    normal, share = usual * world.income_index, p.household_income_share
    return normal, normal * (share + (1.0 - share) * factor)


@scalar
def is_closed(p, missed, on_record, cut_off, worst_unpaid):
    """Whether other platforms lend a borrower nothing; ``missed``: months not paid there."""
    closed = (worst_unpaid >= 2) | (missed >= p.platform_missed_to_close)
    return closed | on_record | (cut_off > 0)


@scalar
def service_elsewhere(p, world, debt, closed):
    """What falls due on debts elsewhere: interest, and principal that is not refinanced."""
    supply = 0.0 if closed else world.credit_supply
    rollover = 1.0 - p.strength_platform_cutoff * (1.0 - supply)
    return debt * (world.other_annual_rate / 12.0 + p.platform_amortisation * (1.0 - rollover))


@scalar
def refuses(p, world, person, state, u, plan, relief_factor):
    """Whether the borrower refuses to pay this month; willing and unwilling both may change."""
    if state.refusing:
        return u >= p.p_resume_monthly
    factor = world.refusal_factor * (relief_factor if plan.relieved else 1.0) * plan.willingness
    burden = burden_of(plan.service + plan.due, plan.income)
    hazard = refusal_hazard(p, person.refusal_weight, burden, plan.unpaid, plan.spell, factor)
    return u < hazard


@scalar
def burden_of(due, income):
    """What falls due over income."""
    return due / max(income, 1e-9)


@scalar
def living_of(p, essential, habit, overspender, short, months_short):
    """(cost of living after cuts in a month of shortage, months of shortage in a row)."""
    cut = spending_cut(p, overspender, months_short) if short else 0.0
    months = min(months_short + 1, _SHORT_CAP) if short else 0
    return essential + (1.0 - cut) * habit, months


@scalar
def without_overspending(p, no_shock, needed, income):
    """Income, and what overspenders would lack were they none; ``needed`` of living and debts."""
    if no_shock and p.strength_overspending < 1.0:
        income += (1.0 - p.strength_overspending) * max(0.0, needed - income)
    return income


@scalar
def lent_elsewhere(p, world, headroom, gap, closed, no_shock, u):
    """What another platform lends towards a gap; ``headroom``: room under its limit."""
    willing = u < p.platform_lend_probability * world.credit_supply
    lent = min(gap, headroom) if (not closed) & (headroom > 0.0) & willing else 0.0
    return max(lent, (1.0 - p.strength_platform_cutoff) * gap) if no_shock else lent


@scalar
def puts_others_first(p, world, by_habit, rate, service, u):
    """Whether one who is willing serves other lenders before this one; ``by_habit``: always."""
    chance = p.strength_chose_other_lender * p.choose_other_sensitivity
    prefers = by_habit | (u < chance * max(0.0, rate - world.competitor_rate))
    return prefers & (p.strength_chose_other_lender > 0.0) & (service > 0.0)


@scalar
def _cash_cause(p, shock, cliff, chose_others, refused_by_platforms):
    """Cause of a payment that falls short for lack of cash."""
    if shock != Cause.NONE:
        return shock
    if cliff and p.strength_platform_cutoff > 0.0:
        return 0 + Cause.PLATFORM_CUTOFF
    if chose_others:
        return 0 + Cause.CHOSE_OTHER_LENDER
    if refused_by_platforms and p.strength_platform_cutoff > 0.0:
        return 0 + Cause.PLATFORM_CUTOFF
    return 0 + Cause.OVERSPENDING


@scalar
def next_cut_off(p, cut_off, platforms, u):
    """Whether other platforms will withdraw their credit from the borrower next month."""
    stays = u >= 1.0 / p.platform_cut_months
    comes = u >= 1.0 - min(_MOST_CUT_OFF, p.platform_cut_monthly * platforms)
    return stays if cut_off else comes


@scalar
def budget_household(t, plan, person, state, p, world, facts, key, life, care):
    """Income, living, debts elsewhere and care of the month into the plan."""
    factor, cost, shock, hardship = 1.0, 0.0, 0, 0
    if life:
        insured = person.unemployment_insured
        factor = income_factor(p, life, person.work, insured, facts.benefit_rate)
        shock = 0 + shock_in_force(p, life, person.work)
        hardship = 0 + hardship_of(life)
        if life & WITH_A_BILL:
            cost = _shock_costs(p, person, key, t, life)
    plan.normal_income, plan.income = incomes(p, world, person.income, factor)
    plan.cost = cost
    plan.shock = shock
    plan.hardship = hardship
    plan.essential = person.essential * world.price_index
    appetite = set_care(plan, person, care, p, world, key)
    plan.habit = person.discretionary * world.price_index * appetite
    on_record = t <= state.closed_until
    plan.closed = is_closed(p, state.other_missed, on_record, state.cut_off, plan.unpaid)
    plan.service = service_elsewhere(p, world, state.other_debt, plan.closed)
    plan.free = plan.income - plan.essential - cost - plan.habit - plan.service


@scalar
def fund(plan, person, state, p, world, u_platform):
    """Spending cuts, savings and borrowing elsewhere: the cash at hand into the plan."""
    no_shock = plan.shock == 0 and plan.cost == 0.0
    short = plan.free - plan.demand < 0.0
    living, state.months_short = living_of(
        p, plan.essential, plan.habit, person.overspender, short, state.months_short
    )
    needed = living + plan.service + plan.demand
    income = without_overspending(p, no_shock, needed, plan.income)
    cash = max(0.0, state.savings + income - plan.cost - living)
    gap = plan.service + plan.demand - cash
    plan.lent = 0.0
    plan.refused_by_platforms = 0
    if gap > 0.0 and person.platforms > 0 and not state.refusing:
        headroom = p.platform_limit_months * plan.normal_income - state.other_debt
        lent = lent_elsewhere(p, world, headroom, gap, plan.closed, no_shock, u_platform)
        plan.refused_by_platforms = lent < gap - _LENT_IN_FULL
        plan.lent = lent
        cash += lent
    plan.cash = cash
    state.cut_off = next_cut_off(p, state.cut_off, person.platforms, u_platform)


@scalar
def rank_lenders(plan, person, state, p, world, u_choose):
    """Serve other lenders if they come first; name the cause of what falls short here."""
    by_habit = person.pays_others_first != 0
    others_first = puts_others_first(p, world, by_habit, plan.rate, plan.service, u_choose)
    others_first = others_first or state.refusing > 0
    chose_others = others_first and plan.cash >= plan.demand
    interest_elsewhere = state.other_debt * world.other_annual_rate / 12.0
    cliff = plan.refused_by_platforms and plan.cash - interest_elsewhere >= plan.demand
    plan.cash_cause = _cash_cause(p, plan.shock, cliff, chose_others, plan.refused_by_platforms)
    plan.others_first = others_first
    plan.paid_elsewhere = min(plan.cash, plan.service) if others_first else 0.0
    plan.cash -= plan.paid_elsewhere


@scalar
def settle(plan, person, state, p, world):
    """What is left for other lenders and savings once this lender's money is reserved."""
    if not plan.others_first:
        plan.paid_elsewhere = min(plan.cash, plan.service)
        plan.cash -= plan.paid_elsewhere
    state.other_missed = months_missed(plan.paid_elsewhere, plan.service, state.other_missed)
    state.other_debt = debt_elsewhere(world, state.other_debt, plan.lent, plan.paid_elsewhere)
    target = person.savings * world.price_index
    extra = world.windfall * person.income
    state.savings = new_savings(p, plan.cash, state.savings, target, extra) + plan.reserved


@scalar
def months_missed(paid, service, missed):
    """Months in a row in which other lenders were not paid in full."""
    return min(missed + 1, _SHORT_CAP) if paid < service * (1.0 - 1e-9) else 0


@scalar
def debt_elsewhere(world, debt, lent, paid):
    """Debt elsewhere at month end."""
    return max(0.0, debt * (1.0 + world.other_annual_rate / 12.0) + lent - paid)
