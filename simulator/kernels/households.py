"""Phase one of a month: each live borrower's need, relief, funding and intent.

Equations: docs/model.md, sections 4 to 6. Writes each open loan's plan (able, late, reason,
refused) and the borrower's new savings, debts elsewhere and willingness.
"""

from simulator.kernels.demand import demand_of
from simulator.kernels.household import (
    catch_up_chance,
    hardship_of,
    income_factor,
    late_days,
    medical_cost,
    new_savings,
    property_cost,
    refusal_hazard,
    shock_in_force,
    spending_cut,
)
from simulator.kernels.jit import loop, scalar
from simulator.kernels.payment import ENOUGH
from simulator.kernels.records import CHUNK
from simulator.kernels.relief import relieve
from simulator.kernels.rng import fill_units, stream, uniform
from simulator.vocabulary import (
    N_BUCKETS,
    Cause,
    Domain,
    Draw,
    Life,
    LoanStatus,
)

_PERSON_GROUP = Draw.REFUSE // 4
_LOAN_GROUP = Draw.FORGET // 4
_SHORT_CAP = 200
_LATE_CAP = 255  # days; past the month end anyway
_LENT_IN_FULL = 1e-9


@scalar
def _attention(p, t, person, loan, terms, u_forget, u_channel, u_misunderstand):
    """(reason, mean days of lateness) of an able borrower; (NONE, 0) pays on time."""
    if u_forget < person.p_forget * p.strength_forgot:
        return Cause.FORGOT, p.forget_mean_days
    if u_channel < person.p_channel_failure * p.strength_channel_failure:
        return Cause.CHANNEL_FAILURE, p.channel_mean_days
    if t - loan.origination_month <= p.new_customer_months:
        chance = person.p_misunderstand * terms.complexity * p.strength_did_not_understand
        if u_misunderstand < chance:
            return Cause.DID_NOT_UNDERSTAND, p.misunderstand_mean_days
    return Cause.NONE, 0.0


@scalar
def _shock_costs(p, person, key, t, life):
    """Bills of an illness or disaster that begins this month, in currency."""
    cost = 0.0
    if life & Life.ILL_ONSET:
        u = uniform(key.seed, key.path, person.id, t, Draw.MEDICAL_COST, Domain.BORROWER)
        cost += medical_cost(p, u, person.medical_insured)
    if life & Life.DISASTER_ONSET:
        u = uniform(key.seed, key.path, person.id, t, Draw.PROPERTY_COST, Domain.BORROWER)
        cost += property_cost(p, u)
    return cost * person.income


@scalar
def _rollover(p, world, person_state, worst_unpaid):
    """(closed by the bureau, share of principal elsewhere that is refinanced)."""
    closed = worst_unpaid >= 2 or person_state.other_missed >= p.platform_missed_to_close
    share = 0.0 if closed else world.credit_supply
    return closed, 1.0 - p.strength_platform_cutoff * (1.0 - share)


@scalar
def _refuses(p, world, person, state, u, plan, relief_factor):
    """Whether the borrower refuses to pay this month; willing and unwilling both may change."""
    if state.refusing:
        return u >= p.p_resume_monthly
    burden = (plan.service + plan.due) / max(plan.income, 1e-9)
    factor = world.refusal_factor * (relief_factor if plan.relieved else 1.0)
    hazard = refusal_hazard(p, person.refusal_weight, burden, plan.unpaid, plan.spell, factor)
    return u < hazard


@scalar
def _borrow(p, world, debt, income, gap, closed, no_shock, u):
    """What another platform lends towards a gap."""
    headroom = p.platform_limit_months * income - debt
    lent = 0.0
    if not closed and headroom > 0.0 and u < p.platform_lend_probability * world.credit_supply:
        lent = min(gap, headroom)
    return max(lent, (1.0 - p.strength_platform_cutoff) * gap) if no_shock else lent


@scalar
def _others_first(p, world, person, rate, service, refusing, u):
    """Whether other lenders are served before this one."""
    if refusing:
        return True
    if p.strength_chose_other_lender <= 0.0 or service <= 0.0:
        return False
    chance = p.strength_chose_other_lender * p.choose_other_sensitivity
    return person.pays_others_first != 0 or u < chance * max(0.0, rate - world.competitor_rate)


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
def _forget_demands(plan):
    """Start a borrower's plan: no loans seen yet."""
    plan.demand = 0.0
    plan.due = 0.0
    plan.rate = -1.0
    plan.unpaid = 0
    plan.spell = 0
    plan.relieved = 0


@scalar
def _add_demand(plan, loan, terms, state, p, rate_cap):
    """Add what an open loan demands to its borrower's plan."""
    demand, due = demand_of(loan, terms, state, p, rate_cap)
    state.able = demand  # until the plan says how much of it
    plan.demand += demand
    plan.due += due
    plan.unpaid = max(plan.unpaid, state.n_unpaid)
    plan.spell = max(plan.spell, state.spell)
    plan.relieved = plan.relieved or state.relief_uses > 0
    if plan.rate < 0.0:
        plan.rate = min(state.annual_rate, rate_cap)


@scalar
def _budget_household(t, plan, person, state, p, world, facts, key, life):
    """Income, living and debts elsewhere of the month into the plan."""
    factor, cost, shock, hardship = 1.0, 0.0, 0, 0
    if life:
        insured = person.unemployment_insured
        factor = income_factor(p, life, person.work, insured, facts.benefit_rate)
        shock = 0 + shock_in_force(p, life, person.work)
        hardship = 0 + hardship_of(life)
        if life & (Life.ILL_ONSET | Life.DISASTER_ONSET):
            cost = _shock_costs(p, person, key, t, life)
    share = p.household_income_share
    plan.normal_income = person.income * world.income_index
    plan.income = plan.normal_income * (share + (1.0 - share) * factor)
    plan.cost = cost
    plan.shock = shock
    plan.hardship = hardship
    plan.essential = person.essential * world.price_index
    plan.habit = person.discretionary * world.price_index
    closed, rollover = _rollover(p, world, state, plan.unpaid)
    plan.closed = closed
    due_share = world.other_annual_rate / 12.0 + p.platform_amortisation * (1.0 - rollover)
    plan.service = state.other_debt * due_share
    plan.free = plan.income - plan.essential - cost - plan.habit - plan.service


@scalar
def _fund(plan, person, state, p, world, u_platform):
    """Spending cuts, savings and borrowing elsewhere: the cash at hand into the plan."""
    no_shock = plan.shock == 0 and plan.cost == 0.0
    short = plan.free - plan.demand < 0.0
    cut = spending_cut(p, person.overspender, state.months_short) if short else 0.0
    state.months_short = min(state.months_short + 1, _SHORT_CAP) if short else 0
    living = plan.essential + (1.0 - cut) * plan.habit
    income = plan.income
    if no_shock and p.strength_overspending < 1.0:
        lacking = max(0.0, living + plan.service + plan.demand - income)
        income += (1.0 - p.strength_overspending) * lacking
    cash = max(0.0, state.savings + income - plan.cost - living)
    gap = plan.service + plan.demand - cash
    plan.lent = 0.0
    plan.refused_by_platforms = 0
    if gap > 0.0 and person.platforms > 0 and not state.refusing:
        lent = _borrow(
            p,
            world,
            state.other_debt,
            plan.normal_income,
            gap,
            plan.closed,
            no_shock,
            u_platform,
        )
        plan.refused_by_platforms = lent < gap - _LENT_IN_FULL
        plan.lent = lent
        cash += lent
    plan.cash = cash


@scalar
def _rank_lenders(plan, person, state, p, world, u_choose):
    """Serve other lenders if they come first; name the cause of what falls short here."""
    others_first = _others_first(
        p, world, person, plan.rate, plan.service, state.refusing, u_choose
    )
    chose_others = others_first and plan.cash >= plan.demand
    interest_elsewhere = state.other_debt * world.other_annual_rate / 12.0
    cliff = plan.refused_by_platforms and plan.cash - interest_elsewhere >= plan.demand
    plan.cash_cause = _cash_cause(p, plan.shock, cliff, chose_others, plan.refused_by_platforms)
    plan.others_first = others_first
    plan.paid_elsewhere = min(plan.cash, plan.service) if others_first else 0.0
    plan.cash -= plan.paid_elsewhere


@scalar
def _settle(plan, person, state, p, world):
    """What is left for other lenders and savings once this lender's money is reserved."""
    if not plan.others_first:
        plan.paid_elsewhere = min(plan.cash, plan.service)
        plan.cash -= plan.paid_elsewhere
    missed = plan.paid_elsewhere < plan.service * (1.0 - 1e-9)
    state.other_missed = min(state.other_missed + 1, _SHORT_CAP) if missed else 0
    owed = state.other_debt * (1.0 + world.other_annual_rate / 12.0)
    state.other_debt = max(0.0, owed + plan.lent - plan.paid_elsewhere)
    target = person.savings * world.price_index
    state.savings = new_savings(p, plan.cash, state.savings, target) + plan.reserved


@scalar
def _plan_loan(t, plan, person, loan, terms, state, p, cap, refusing, key, u_0, u_1, u_2):
    """Reserve money for one loan, say when and why not it will be paid; whether in question."""
    demand = state.able
    able = demand if plan.cash >= demand - ENOUGH else plan.cash
    if able < demand and able < p.min_partial_share * demand:
        able = 0.0
    keeps_behind = state.n_unpaid > 0 and able == demand and not refusing
    if keeps_behind:
        _, due = demand_of(loan, terms, state, p, cap)
        keeps_behind = due > 0.0
    if keeps_behind:
        u = uniform(key.seed, key.path, loan.id, t, Draw.CATCH_UP, Domain.LOAN)
        keeps_behind = u >= catch_up_chance(p, state.spell)
    if keeps_behind:
        able = demand - state.principal_overdue - state.interest_overdue
    plan.cash = max(0.0, plan.cash - able)
    plan.reserved += able
    late, reason = 0, 0
    if demand > 0.0:
        if refusing:
            reason = 0 + Cause.WONT_PAY
        elif keeps_behind:
            reason = state.cause
        elif able < demand:
            reason = plan.cash_cause
        else:
            cause, mean_days = _attention(p, t, person, loan, terms, u_0, u_1, u_2)
            if mean_days > 0.0:
                u = uniform(key.seed, key.path, loan.id, t, Draw.LATE_DAYS, Domain.LOAN)
                late = min(late_days(u, mean_days), _LATE_CAP)
                reason = 0 + cause
    state.able = able
    state.helped = 0.0
    state.late = late
    state.reason = reason
    state.refused = refusing and demand > 0.0
    return demand > 0.0 and (state.n_unpaid > 0 or reason != 0)


@loop
def _see_demands(start, n, book, s, p, rate_cap):
    """Plans with what each borrower's loans demand; gathers the ids for the chunk's luck."""
    people, loans, terms = book.people, book.loans, book.terms
    states, live, plans = s.loans, s.live, s.plans
    person_ids, loan_ids = s.person_ids, s.loan_ids
    n_loans = 0
    for k in range(n):
        person, plan = people[live[start + k]], plans[k]
        person_ids[k] = person.id
        _forget_demands(plan)
        for row in range(person.first_loan, person.first_loan + person.n_loans):
            state = states[row]
            state.from_bucket = min(state.n_unpaid, N_BUCKETS - 1)
            if state.status == LoanStatus.OPEN:
                loan = loans[row]
                loan_ids[n_loans] = loan.id
                n_loans += 1
                _add_demand(plan, loan, terms[loan.product], state, p, rate_cap)
    return n_loans


@loop
def _has_offer(cells):
    """Whether any cell of a month's levers, (classes, buckets, hardships), offers relief."""
    for a in range(cells.shape[0]):
        for b in range(cells.shape[1]):
            for c in range(cells.shape[2]):
                cell = cells[a, b, c]
                chance = max(cell.p_relief_if_need, cell.p_relief_if_no_need)
                if chance > 0.0 and cell.relief_months >= 1.0:
                    return True
    return False


@loop
def _offer_relief(t, start, n, has_offer, book, levers, s, p, world, key, life, budget, counts):
    """Budget each household and offer relief where its cell does; the relief budget left."""
    people, loans, terms, facts = book.people, book.loans, book.terms, book.facts[0]
    cells, classes = levers.loan, levers.class_of_segment
    s_people, states, live, plans, u = s.people, s.loans, s.live, s.plans, s.u_person
    count, cap = counts[t], world.rate_cap
    for k in range(n):
        b = live[start + k]
        person, plan = people[b], plans[k]
        _budget_household(t, plan, person, s_people[b], p, world, facts, key, life[t, b])
        if not has_offer:
            continue
        short = plan.free - plan.demand < 0.0
        granted = False
        for row in range(person.first_loan, person.first_loan + person.n_loans):
            state = states[row]
            if state.status != LoanStatus.OPEN or state.relief_left > 0:
                continue
            loan = loans[row]
            cell = cells[t, classes[loan.segment], state.from_bucket, plan.hardship]
            deferred = relieve(
                loan,
                terms[loan.product],
                state,
                cell,
                p,
                cap,
                person.weight,
                short,
                u[2, k],
                budget,
            )
            if deferred >= 0.0:
                granted = True
                budget -= deferred
                count.relief_granted += person.weight
                count.relief_cost += person.weight * facts.relief_cost
                count.relief_no_need += 0.0 if short else person.weight
        if granted:
            _forget_demands(plan)
            for row in range(person.first_loan, person.first_loan + person.n_loans):
                state = states[row]
                if state.status == LoanStatus.OPEN:
                    loan = loans[row]
                    _add_demand(plan, loan, terms[loan.product], state, p, cap)
    return budget


@loop
def _decide_payments(t, start, n, n_question, book, levers, s, p, world, key):
    """Willingness, funding and the plan of every open loan; loans in question so far."""
    people, loans, terms = book.people, book.loans, book.terms
    relief_factor = levers.book[0].refusal_after_relief
    s_people, states, live, plans = s.people, s.loans, s.live, s.plans
    u_person, u_loan, question, cap = s.u_person, s.u_loan, s.question, world.rate_cap
    column = 0
    for k in range(n):
        b = live[start + k]
        person, state, plan = people[b], s_people[b], plans[k]
        refusing = _refuses(p, world, person, state, u_person[0, k], plan, relief_factor)
        state.refusing = refusing
        _fund(plan, person, state, p, world, u_person[1, k])
        _rank_lenders(plan, person, state, p, world, u_person[3, k])
        plan.reserved = 0.0
        for row in range(person.first_loan, person.first_loan + person.n_loans):
            loan_state = states[row]
            if loan_state.status == LoanStatus.OPEN:
                loan = loans[row]
                product = terms[loan.product]
                u_0, u_1, u_2 = u_loan[0, column], u_loan[1, column], u_loan[2, column]
                loan_state.u_prepay = u_loan[3, column]
                if _plan_loan(
                    t, plan, person, loan, product, loan_state, p, cap, refusing, key, u_0, u_1, u_2
                ):
                    question[n_question] = row
                    n_question += 1
                column += 1
        _settle(plan, person, state, p, world)
    return n_question


@loop
def plan_households(t, n_live, book, levers, s, p, world, key, life, counts):
    """Plan the month of the ``n_live`` borrowers in ``s.live``, chunk by chunk.

    Returns the number of loans in question (overdue, or not to be paid in full on time), whose
    rows it leaves in ``s.question``.
    """
    n_question = 0
    has_offer = _has_offer(levers.loan[t])
    budget = levers.book[0].relief_budget * book.facts[0].opening_balance
    person_counter = stream(t, _PERSON_GROUP, Domain.BORROWER)
    loan_counter = stream(t, _LOAN_GROUP, Domain.LOAN)
    for start in range(0, n_live, CHUNK):
        n = min(n_live - start, CHUNK)
        n_loans = _see_demands(start, n, book, s, p, world.rate_cap)
        fill_units(s.person_ids[:n], person_counter, key.path, key.seed, s.u_person)
        fill_units(s.loan_ids[:n_loans], loan_counter, key.path, key.seed, s.u_loan)
        budget = _offer_relief(
            t, start, n, has_offer, book, levers, s, p, world, key, life, budget, counts
        )
        n_question = _decide_payments(t, start, n, n_question, book, levers, s, p, world, key)
    return n_question
