"""Phase one of a month: each live borrower's need, relief, funding and intent.

Equations: docs/model.md, sections 4 to 6. Writes each open loan's plan (able, late, reason,
refused) and the borrower's new savings, debts elsewhere and willingness.
"""

from simulator.kernels.demand import demand_of, due_parts
from simulator.kernels.household import (
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
from simulator.kernels.payment import ENOUGH, annuity_instalment
from simulator.kernels.records import CHUNK
from simulator.kernels.rng import fill_units, stream, uniform
from simulator.vocabulary import (
    N_BUCKETS,
    Amortisation,
    Cause,
    Count,
    Domain,
    Draw,
    Life,
    LoanStatus,
)

_PERSON_GROUP = Draw.REFUSE // 4
_LOAN_GROUP = Draw.FORGET // 4
_SHORT_CAP = 200
_LENT_IN_FULL = 1e-9


@scalar
def _replan(loan, state, extension):
    """Re-age a loan: arrears back into the schedule, a longer term, a new instalment."""
    state.old_bucket = max(state.old_bucket, min(state.n_unpaid, N_BUCKETS - 1))
    state.principal += state.principal_overdue
    state.interest_deferred += state.interest_overdue
    state.principal_overdue = 0.0
    state.interest_overdue = 0.0
    state.n_unpaid = 0
    state.spell = 0
    state.cause = Cause.NONE
    state.remaining = max(state.remaining, 1) + int(extension)
    if loan.kind == Amortisation.ANNUITY:
        state.instalment = annuity_instalment(
            state.principal, state.annual_rate / 12.0, state.remaining
        )


@scalar
def _relieve(loan, terms, state, cell, p, rate_cap, weight, short, u, budget):
    """Grant relief to one loan if offered, asked for and affordable; deferred money or -1."""
    chance = cell.p_relief_if_need if short else cell.p_relief_if_no_need
    if u >= chance or cell.relief_months < 1.0 or state.relief_uses >= cell.relief_max_uses:
        return -1.0
    _, _, _, _, instalment = due_parts(loan, terms, state, p, rate_cap)
    deferred = weight * (1.0 - cell.due_share) * instalment
    if deferred > budget:
        return -1.0
    state.relief_due = cell.due_share
    state.relief_interest = cell.interest_share
    state.relief_left = int(cell.relief_months)
    state.relief_uses += 1
    if cell.term_extension_months > 0.0:
        _replan(loan, state, cell.term_extension_months)
    return deferred


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
def _refuses(p, world, person, state, u, relieved, relief_factor, burden, unpaid, spell):
    """Whether the borrower refuses to pay this month; willing and unwilling both may change."""
    if state.refusing:
        return u >= p.p_resume_monthly
    factor = world.refusal_factor * (relief_factor if relieved else 1.0)
    return u < refusal_hazard(p, person.refusal_weight, burden, unpaid, spell, factor)


@scalar
def _borrow(p, world, person, debt, income, gap, closed, no_shock, u):
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
def _cash_cause(p, shock, chose_others, refused_by_platforms):
    """Cause of a payment that falls short for lack of cash."""
    if shock != Cause.NONE:
        return shock
    if chose_others:
        return 0 + Cause.CHOSE_OTHER_LENDER
    if refused_by_platforms and p.strength_platform_cutoff > 0.0:
        return 0 + Cause.PLATFORM_CUTOFF
    return 0 + Cause.OVERSPENDING


@scalar
def _sum_loans(person, loans, terms, states, p, rate_cap):
    """(demand, due, worst unpaid, worst spell, ever relieved, first rate) of a borrower."""
    demand, due, rate = 0.0, 0.0, -1.0
    unpaid, spell, relieved = 0, 0, False
    for row in range(person.first_loan, person.stop_loan):
        state = states[row]
        if state.status == LoanStatus.OPEN:
            loan = loans[row]
            loan_demand, loan_due = demand_of(loan, terms[loan.product], state, p, rate_cap)
            demand += loan_demand
            due += loan_due
            unpaid = max(unpaid, state.n_unpaid)
            spell = max(spell, state.spell)
            relieved = relieved or state.relief_uses > 0
            if rate < 0.0:
                rate = min(state.annual_rate, rate_cap)
    return demand, due, unpaid, spell, relieved, rate


@scalar
def _offer_relief(
    t,
    person,
    loans,
    terms,
    states,
    levers,
    classes,
    facts,
    p,
    cap,
    hardship,
    short,
    u,
    budget,
    counts,
):
    """Offer relief to each of a borrower's loans; (whether any was granted, budget left)."""
    granted = False
    for row in range(person.first_loan, person.stop_loan):
        state = states[row]
        state.from_bucket = min(state.n_unpaid, N_BUCKETS - 1)
        if state.status != LoanStatus.OPEN or state.relief_left > 0:
            continue
        loan = loans[row]
        cell = levers[t, classes[loan.segment], state.from_bucket, hardship]
        deferred = _relieve(
            loan, terms[loan.product], state, cell, p, cap, person.weight, short, u, budget
        )
        if deferred >= 0.0:
            granted = True
            budget -= deferred
            counts[Count.RELIEF_GRANTED] += person.weight
            counts[Count.RELIEF_COST] += person.weight * facts.relief_cost
            if not short:
                counts[Count.RELIEF_NO_NEED] += person.weight
    return granted, budget


@scalar
def _reserve(
    t, person, loans, terms, states, p, cap, cash, cash_cause, refusing, key, u_loan, k_loan
):
    """Plan each open loan from the cash at hand; (cash left, cash reserved)."""
    reserved = 0.0
    for row in range(person.first_loan, person.stop_loan):
        state = states[row]
        if state.status != LoanStatus.OPEN:
            continue
        loan = loans[row]
        product = terms[loan.product]
        demand, _ = demand_of(loan, product, state, p, cap)
        able = demand if cash >= demand - ENOUGH else cash
        if able < demand and able < p.min_partial_share * demand:
            able = 0.0
        cash = max(0.0, cash - able)
        reserved += able
        late, reason = 0, 0
        if demand > 0.0:
            if refusing:
                reason = 0 + Cause.WONT_PAY
            elif able < demand:
                reason = cash_cause
            else:
                cause, mean_days = _attention(
                    p,
                    t,
                    person,
                    loan,
                    product,
                    u_loan[0, k_loan],
                    u_loan[1, k_loan],
                    u_loan[2, k_loan],
                )
                if mean_days > 0.0:
                    u = uniform(key.seed, key.path, loan.id, t, Draw.LATE_DAYS, Domain.LOAN)
                    late = min(late_days(u, mean_days), 9999)
                    reason = 0 + cause
        k_loan += 1
        state.able = able
        state.helped = 0.0
        state.late = late
        state.reason = reason
        state.refused = refusing and demand > 0.0
    return cash, reserved


@scalar
def plan_borrower(
    t,
    b,
    k,
    k_loan,
    people,
    loans,
    terms,
    levers,
    classes,
    rules,
    facts,
    s_people,
    states,
    p,
    world,
    key,
    life,
    u_person,
    u_loan,
    budget,
    counts,
):
    """Plan one borrower's month; the relief budget left. ``k``, ``k_loan``: uniforms' columns."""
    person = people[b]
    state = s_people[b]
    cap = world.rate_cap
    demand, due, unpaid, spell, relieved, rate = _sum_loans(person, loans, terms, states, p, cap)

    # Income and living
    factor, cost, shock, hardship = 1.0, 0.0, 0, 0
    if life:
        factor = income_factor(
            p, life, person.work, person.unemployment_insured, facts.benefit_rate
        )
        shock = 0 + shock_in_force(p, life, person.work)
        hardship = 0 + hardship_of(life)
        if life & (Life.ILL_ONSET | Life.DISASTER_ONSET):
            cost = _shock_costs(p, person, key, t, life)
    no_shock = shock == 0 and cost == 0.0
    normal_income = person.income * world.income_index
    share = p.household_income_share
    income = normal_income * (share + (1.0 - share) * factor)
    essential = person.essential * world.price_index
    habit = person.discretionary * world.price_index

    # Other platforms, then relief
    debt = state.other_debt
    closed, rollover = _rollover(p, world, state, unpaid)
    other_interest = world.other_annual_rate / 12.0
    service = debt * (other_interest + p.platform_amortisation * (1.0 - rollover))
    free = income - essential - cost - habit - service
    granted, budget = _offer_relief(
        t,
        person,
        loans,
        terms,
        states,
        levers,
        classes,
        facts,
        p,
        cap,
        hardship,
        free - demand < 0.0,
        u_person[2, k],
        budget,
        counts,
    )
    if granted:
        demand, due, unpaid, spell, relieved, rate = _sum_loans(
            person, loans, terms, states, p, cap
        )

    # Willingness
    burden = (service + due) / max(income, 1e-9)
    refusing = _refuses(
        p,
        world,
        person,
        state,
        u_person[0, k],
        relieved,
        rules.refusal_after_relief,
        burden,
        unpaid,
        spell,
    )
    state.refusing = refusing

    # Spending, savings, borrowing
    short = free - demand < 0.0
    cut = spending_cut(p, person.overspender, state.months_short) if short else 0.0
    state.months_short = min(state.months_short + 1, _SHORT_CAP) if short else 0
    living = essential + (1.0 - cut) * habit
    if no_shock and p.strength_overspending < 1.0:
        lacking = max(0.0, living + service + demand - income)
        income += (1.0 - p.strength_overspending) * lacking
    cash = max(0.0, state.savings + income - cost - living)
    gap = service + demand - cash
    lent, refused_by_platforms = 0.0, False
    if gap > 0.0 and person.platforms > 0 and not refusing:
        lent = _borrow(p, world, person, debt, normal_income, gap, closed, no_shock, u_person[1, k])
        refused_by_platforms = lent < gap - _LENT_IN_FULL
        cash += lent

    # Who is paid
    others_first = _others_first(p, world, person, rate, service, refusing, u_person[3, k])
    cash_cause = _cash_cause(p, shock, others_first and cash >= demand, refused_by_platforms)
    paid_elsewhere = min(cash, service) if others_first else 0.0
    cash -= paid_elsewhere
    cash, reserved = _reserve(
        t, person, loans, terms, states, p, cap, cash, cash_cause, refusing, key, u_loan, k_loan
    )
    if not others_first:
        paid_elsewhere = min(cash, service)
        cash -= paid_elsewhere
    missed = paid_elsewhere < service * (1.0 - 1e-9)
    state.other_missed = min(state.other_missed + 1, _SHORT_CAP) if missed else 0
    state.other_debt = max(0.0, debt * (1.0 + other_interest) + lent - paid_elsewhere)
    target = person.savings * world.price_index
    state.savings = new_savings(p, cash, state.savings, target) + reserved
    return budget


@scalar
def gather_loan_ids(people, live, start, stop, loans, states, ids):
    """Ids of the open loans of the live borrowers [start, stop); how many."""
    n = 0
    for k in range(start, stop):
        person = people[live[k]]
        for row in range(person.first_loan, person.stop_loan):
            if states[row].status == LoanStatus.OPEN:
                ids[n] = loans[row].id
                n += 1
    return n


@loop
def plan_households(t, n_live, book, levers, s, p, world, key, life, counts):
    """Plan the month of the ``n_live`` borrowers in ``s.live``."""
    people, loans, terms, facts = book.people, book.loans, book.terms, book.facts[0]
    cells, classes, rules = levers.loan, levers.class_of_segment, levers.book[0]
    s_people, states, live, ids = s.people, s.loans, s.live, s.ids
    u_person, u_loan = s.u_person, s.u_loan
    budget = rules.relief_budget * facts.opening_balance
    person_counter = stream(t, _PERSON_GROUP, Domain.BORROWER)
    loan_counter = stream(t, _LOAN_GROUP, Domain.LOAN)
    for start in range(0, n_live, CHUNK):
        stop = min(n_live, start + CHUNK)
        for k in range(stop - start):
            ids[k] = people[live[start + k]].id
        fill_units(ids[: stop - start], person_counter, key.path, key.seed, u_person)
        n = gather_loan_ids(people, live, start, stop, loans, states, ids)
        fill_units(ids[:n], loan_counter, key.path, key.seed, u_loan)
        k_loan = 0
        for k in range(stop - start):
            b = live[start + k]
            budget = plan_borrower(
                t,
                b,
                k,
                k_loan,
                people,
                loans,
                terms,
                cells,
                classes,
                rules,
                facts,
                s_people,
                states,
                p,
                world,
                key,
                life[t, b],
                u_person,
                u_loan,
                budget,
                counts,
            )
            person = people[b]
            for row in range(person.first_loan, person.stop_loan):
                k_loan += states[row].status == LoanStatus.OPEN
