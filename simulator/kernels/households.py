"""Phase one of a month: each live borrower's need, relief, funding and intent, chunk by chunk.

Equations: docs/model.md, sections 4 to 6. Writes each open loan's plan (able, late, reason,
refused) and the borrower's new savings, debts elsewhere and willingness.
"""

from simulator.kernels.amounts_due import demand_of
from simulator.kernels.borrower import catch_up_chance, late_days
from simulator.kernels.customers import record_relief
from simulator.kernels.early_warning import warn_chunk
from simulator.kernels.exact import units
from simulator.kernels.funding import budget_household, fund, rank_lenders, refuses, settle
from simulator.kernels.impairment import mark_relief
from simulator.kernels.interest_rate import effective_rate
from simulator.kernels.jit import loop, scalar
from simulator.kernels.payment import ENOUGH
from simulator.kernels.prefetch import LOAN_AHEAD, PERSON_AHEAD, prefetch
from simulator.kernels.prevention import count_prevention, heeds_reminder, lapse
from simulator.kernels.records import CHUNK
from simulator.kernels.relief import chance_of_relief, keep_agreement, relieve
from simulator.kernels.rng import fill_units, stream, uniform
from simulator.kernels.seen_hardship import is_struck, see_hardships, show_hardships
from simulator.vocabulary import N_BUCKETS, Cause, Domain, Draw, Flag, LoanStatus

_PERSON_GROUP = Draw.REFUSE // 4
_LOAN_GROUP = Draw.FORGET // 4
_LATE_CAP = 255  # days; past the month end anyway


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
def _add_demand(plan, loan, terms, state, p, world, group):
    """Add what an open loan demands to its borrower's plan."""
    demand, due = demand_of(loan, terms, state, p, world)
    state.able = demand  # until the plan says how much of it
    plan.demand += demand
    plan.due += due
    plan.unpaid = max(plan.unpaid, state.n_unpaid)
    plan.spell = max(plan.spell, state.spell)
    plan.relieved = plan.relieved or state.relief_uses > 0
    if plan.rate < 0.0:
        plan.rate = effective_rate(state, terms, world)
        plan.group = group


@scalar
def _keeps_promise(t, loan, state, p, key):
    """Whether last month's promise to pay is kept."""
    if not (state.marks & Flag.PROMISED):
        return False
    u = uniform(key.seed, key.path, loan.id, t, Draw.PROMISE_KEPT, Domain.LOAN)
    return u < p.promise_kept_share


@scalar
def _paid_to_stay(t, loan, terms, state, oldest, p, world, key):
    """What leaves a loan where it is although all arrears could be paid; -1 if they are paid.

    ``oldest`` is the oldest unpaid instalment; the month's own may be smaller.
    """
    _, due = demand_of(loan, terms, state, p, world)
    if due <= 0.0:
        return -1.0
    u = uniform(key.seed, key.path, loan.id, t, Draw.CATCH_UP, Domain.LOAN)
    if u < catch_up_chance(p, state.spell):
        return -1.0
    others = state.principal_overdue + state.interest_overdue + due - max(due, oldest)
    return max(0.0, state.able - others)


@scalar
def _plan_loan(
    t, plan, person_state, loan, terms, state, oldest, care, p, world, refusing, key, u_0, u_1, u_2
):
    """Reserve money for one loan, say when and why not it will be paid; whether in question."""
    demand = state.able
    able = demand if plan.cash >= demand - ENOUGH else plan.cash
    if able < demand and able < p.min_partial_share * demand:
        able = 0.0
    promised = _keeps_promise(t, loan, state, p, key)
    behind = state.n_unpaid > 0 and able == demand and not refusing and not promised
    if behind:
        kept = _paid_to_stay(t, loan, terms, state, oldest, p, world, key)
        behind = kept >= 0.0
        if behind:
            able = kept
            state.marks |= Flag.BEHIND
    plan.cash = max(0.0, plan.cash - able)
    plan.reserved += able
    late, reason = 0, 0
    if demand > 0.0:
        if refusing:
            reason = 0 + Cause.WONT_PAY
        elif behind:
            reason = state.cause
        elif able < demand:
            reason = plan.cash_cause
        elif not (state.marks & Flag.WARNED):
            heeds = heeds_reminder(plan, loan, state, care, p, key, t, u_0)
            cause, mean_days = lapse(p, t, plan, loan, terms, heeds, u_0, u_1, u_2)
            if mean_days > 0.0:
                u = uniform(key.seed, key.path, loan.id, t, Draw.LATE_DAYS, Domain.LOAN)
                late = min(late_days(u, mean_days), _LATE_CAP)
                reason = 0 + cause
    if promised and refusing:
        person_state.refusing = 0
    state.able = able
    state.helped = 0.0
    state.late = late
    state.reason = reason
    state.refused = refusing and not promised and demand > 0.0
    return demand > 0.0 and (state.n_unpaid > 0 or reason != 0)


@loop
def _see_chunk(t, start, n, book, levers, s, p, world, key, life):
    """Plans with what each borrower's loans demand and the household's budget.

    Gathers the ids for the chunk's luck and the places of those in hardship; returns how many loans
    are open, and how many borrowers in hardship.
    """
    people, loans, terms, facts = book.people, s.slots, book.terms, book.facts[0]
    classes, cares = levers.class_of_segment, levers.customer
    s_people, states, live, plans = s.people, s.loans, s.live, s.plans
    person_ids, loan_ids = s.person_ids, s.loan_ids
    n_loans, n_struck = 0, 0
    for k in range(n):
        ahead = live[min(start + k + PERSON_AHEAD, live.size - 1)]
        prefetch(people, ahead)
        prefetch(s_people, ahead)
        at = people[live[min(start + k + LOAN_AHEAD, live.size - 1)]].first_loan
        prefetch(states, at)
        prefetch(loans, at)
        b = live[start + k]
        person, plan = people[b], plans[k]
        person_ids[k] = person.id
        _forget_demands(plan)
        for row in range(person.first_loan, person.first_loan + person.n_loans):
            state = states[row]
            state.from_bucket = min(state.n_unpaid, N_BUCKETS - 1)
            if state.status == LoanStatus.OPEN:
                loan = loans[row]
                loan_ids[n_loans] = loan.id
                n_loans += 1
                group = classes[loan.segment]
                _add_demand(plan, loan, terms[loan.product], state, p, world, group)
        care = cares[t, plan.group]
        person_state = s_people[b]
        budget_household(t, plan, person, person_state, p, world, facts, key, life[t, b], care)
        if is_struck(plan, person_state):
            s.struck[n_struck] = k
            n_struck += 1
    return n_loans, n_struck


@loop
def likeliest_relief(loan_levers, before, has_call):
    """Largest chance of relief in a month's levers, (classes, buckets, hardships): (need, none).

    1 where calls offer it, or the negotiations of ``before``, the month before, may have left
    agreements; none of both is above 0 where there is no relief.
    """
    need, no_need = 0.0, 0.0
    for a in range(loan_levers.shape[0]):
        for b in range(loan_levers.shape[1]):
            for c in range(loan_levers.shape[2]):
                lever = loan_levers[a, b, c]
                if before[a, b, c].negotiated_share > 0.0:
                    return 1.0, 1.0
                if lever.relief_months >= 1.0:
                    if has_call:
                        return 1.0, 1.0
                    need = max(need, lever.p_relief_if_need)
                    no_need = max(no_need, lever.p_relief_if_no_need)
    return need, no_need


@scalar
def _count_grant(person, facts, p, short, cut, count, flow):
    """Count a grant of relief; a cut principal was there at the month's start, and is forgiven."""
    cost = person.weight * facts.reference_money * p.relief_application_cost
    count.relief_granted += person.heads
    count.relief_cost += units(cost, facts.money_scale)
    count.relief_no_need += 0 if short else person.heads
    count.opening_balance += units(cut, facts.money_scale)
    flow.forgiven += units(cut, facts.money_scale)


@loop
def _offer_relief(t, start, n, need, no_need, book, levers, s, p, world, budget, out):
    """Keep agreements, and offer relief where a loan's levers do; the relief budget left.

    ``need``, ``no_need``: ``likeliest_relief`` of the month.
    """
    people, loans, terms, facts = book.people, s.slots, book.terms, book.facts[0]
    loan_levers, cares, classes = levers.loan, levers.customer, levers.class_of_segment
    states, live, plans, u, outcomes = s.loans, s.live, s.plans, s.u_person, s.outcomes
    is_record = levers.book[0].relief_is_record > 0.0
    count, flow = out.counts[t], out.flows[t]
    risks, is_seen = s.risks, s.risks.size > 0
    for k in range(n):
        b = live[start + k]
        person, plan = people[b], plans[k]
        short = plan.free - plan.demand < 0.0
        if u[2, k] >= (need if short else no_need):
            continue
        granted = False
        for row in range(person.first_loan, person.first_loan + person.n_loans):
            state = states[row]
            if state.status != LoanStatus.OPEN:
                continue
            loan, outcome = loans[row], outcomes[b]
            product = terms[loan.product]
            lever = loan_levers[t, classes[loan.segment], state.from_bucket, plan.seen_hardship]
            if keep_agreement(t, loan, product, state, lever, world, outcome):
                granted = True
                _count_grant(person, facts, p, short, 0.0, count, flow)
                if is_seen:
                    mark_relief(risks[row], True, plan.seen_hardship)
                continue
            care = cares[t, plan.group]
            if state.relief_left > 0 or u[2, k] >= chance_of_relief(state, lever, care, short):
                continue
            needed, cut = relieve(
                t,
                loan,
                product,
                state,
                lever,
                p,
                world,
                person.weight,
                plan.income,
                budget,
                outcome,
            )
            if needed >= 0.0:
                granted = True
                budget -= needed
                _count_grant(person, facts, p, short, cut, count, flow)
                if is_seen:
                    is_replan = int(lever.term_extension_months) > 0
                    mark_relief(risks[row], is_replan, plan.seen_hardship)
        if granted:
            if is_record:
                record_relief(t, s.people[b], p)
            _forget_demands(plan)
            for row in range(person.first_loan, person.first_loan + person.n_loans):
                state = states[row]
                if state.status == LoanStatus.OPEN:
                    loan = loans[row]
                    group = classes[loan.segment]
                    _add_demand(plan, loan, terms[loan.product], state, p, world, group)
    return budget


@loop
def _decide_payments(t, start, n, n_question, book, levers, s, p, world, key, counts):
    """Willingness, funding and the plan of every open loan; loans in question so far."""
    people, loans, terms, facts = book.people, s.slots, book.terms, book.facts[0]
    relief_factor, cares, count = levers.book[0].refusal_after_relief, levers.customer, counts[t]
    s_people, states, live, plans = s.people, s.loans, s.live, s.plans
    u_person, u_loan, question = s.u_person, s.u_loan, s.question
    queues = s.queue
    column = 0
    for k in range(n):
        b = live[start + k]
        person, state, plan = people[b], s_people[b], plans[k]
        care = cares[t, plan.group]
        has_cost = care.prevention_cost > 0.0 or care.due_reminder > 0.0
        refusing = refuses(p, world, person, state, u_person[0, k], plan, relief_factor)
        state.refusing = refusing
        fund(plan, person, state, p, world, u_person[1, k])
        rank_lenders(plan, person, state, p, world, u_person[3, k])
        plan.reserved = 0.0
        for row in range(person.first_loan, person.first_loan + person.n_loans):
            loan_state = states[row]
            if loan_state.status != LoanStatus.OPEN:
                continue
            loan = loans[row]
            product = terms[loan.product]
            u_0, u_1, u_2 = u_loan[0, column], u_loan[1, column], u_loan[2, column]
            loan_state.u_prepay = u_loan[3, column]
            column += 1
            if has_cost:
                is_due = loan_state.able > 0.0 and loan_state.n_unpaid == 0
                count_prevention(care, p, facts, person.weight, is_due, count)
            oldest = queues[row, 0] if loan_state.n_unpaid > 0 else 0.0
            if _plan_loan(
                t, plan, state, loan, product, loan_state, oldest, care, p, world, refusing, key,
                u_0, u_1, u_2,
            ):  # fmt: skip
                question[n_question] = row
                n_question += 1
        settle(plan, person, state, p, world)
    return n_question


@loop
def plan_households(
    t, n_live, need, no_need, has_call, book, levers, s, p, world, key, life, out, contacts
):
    """Plan the month of the ``n_live`` borrowers in ``s.live``, chunk by chunk.

    ``need``, ``no_need``: ``likeliest_relief`` of the month; ``has_call``: ``has_warning``;
    ``contacts``: the month's by loan, of size 0 without a history.
    Returns the number of loans in question (overdue, or not to be paid in full on time), whose
    rows it leaves in ``s.question``.
    """
    n_question, called = 0, 0
    budget = levers.book[0].relief_budget * book.facts[0].opening_balance
    person_counter = stream(t, _PERSON_GROUP, Domain.BORROWER)
    loan_counter = stream(t, _LOAN_GROUP, Domain.LOAN)
    for start in range(0, n_live, CHUNK):
        n = min(n_live - start, CHUNK)
        n_loans, n_struck = _see_chunk(t, start, n, book, levers, s, p, world, key, life)
        fill_units(s.person_ids[:n], person_counter, key.path, key.seed, s.u_person)
        fill_units(s.loan_ids[:n_loans], loan_counter, key.path, key.seed, s.u_loan)
        if has_call:
            called = warn_chunk(t, start, n, called, book, levers, s, p, key, out.counts, contacts)
        see_hardships(t, start, n_struck, has_call, book, s, p, key, life)
        if need > 0.0 or no_need > 0.0:
            show_hardships(t, start, n_struck, book, levers, s)
            budget = _offer_relief(
                t, start, n, need, no_need, book, levers, s, p, world, budget, out
            )
        n_question = _decide_payments(
            t, start, n, n_question, book, levers, s, p, world, key, out.counts
        )
    return n_question
