"""Phase two of a month: collectors' contacts, allocated across the whole book.

Equations: docs/model.md, section 7. Works on the loans in question only, so its cost follows the
overdue part of the book.
"""

import numpy as np

from simulator.kernels.amounts_due import balance_of, demand_of
from simulator.kernels.contact_outcome import converse, decide_case, files_case
from simulator.kernels.exact import units
from simulator.kernels.jit import loop, scalar
from simulator.kernels.rng import stream, uniform, unit, words
from simulator.kernels.seen_hardship import seen_hardship
from simulator.vocabulary import (
    DAYS_PER_MONTH,
    N_BUCKETS,
    N_COLLECTION_STAGES,
    CollectionStage,
    Domain,
    Draw,
    Flag,
    Priority,
)

_CONTACT_GROUP = Draw.CONTACT_REACH // 4
_LAST_DAY = DAYS_PER_MONTH - 1


@scalar
def _of_stage(stage, reminder, ai_call, human_call, field_visit, legal, agency):
    """The value of one stage; records have no index."""
    if stage == CollectionStage.REMINDER:
        return reminder
    if stage == CollectionStage.AI_CALL:
        return ai_call
    if stage == CollectionStage.HUMAN_CALL:
        return human_call
    if stage == CollectionStage.FIELD_VISIT:
        return field_visit
    return legal if stage == CollectionStage.LEGAL else agency


@scalar
def _effort(lever, stage):
    """Effort of a stage in one row of the lever table."""
    return _of_stage(
        stage,
        lever.effort_reminder,
        lever.effort_ai_call,
        lever.effort_human_call,
        lever.effort_field_visit,
        lever.effort_legal,
        lever.effort_agency,
    )


@scalar
def _capacity(rules, stage):
    """Contacts a month per 1,000 opening loans."""
    return _of_stage(
        stage,
        rules.capacity_reminder,
        rules.capacity_ai_call,
        rules.capacity_human_call,
        rules.capacity_field_visit,
        rules.capacity_legal,
        rules.capacity_agency,
    )


@scalar
def _day_shift(rules, stage):
    """Days by which a stage comes later."""
    return _of_stage(
        stage,
        rules.day_shift_reminder,
        rules.day_shift_ai_call,
        rules.day_shift_human_call,
        rules.day_shift_field_visit,
        rules.day_shift_legal,
        rules.day_shift_agency,
    )


@scalar
def _is_call(stage):
    """Whether quiet hours bind a stage."""
    return (
        stage == CollectionStage.AI_CALL
        or stage == CollectionStage.HUMAN_CALL
        or stage == CollectionStage.AGENCY
    )


@scalar
def _is_capped(stage):
    """Whether the cap on contacts binds a stage."""
    return _is_call(stage) or stage == CollectionStage.FIELD_VISIT


@scalar
def _count_contact(count, stage, amount):
    """Add to the month's number of contacts of a stage."""
    if stage == CollectionStage.REMINDER:
        count.contact_reminder += amount
    elif stage == CollectionStage.AI_CALL:
        count.contact_ai_call += amount
    elif stage == CollectionStage.HUMAN_CALL:
        count.contact_human_call += amount
    elif stage == CollectionStage.FIELD_VISIT:
        count.contact_field_visit += amount
    elif stage == CollectionStage.LEGAL:
        count.contact_legal += amount
    else:
        count.contact_agency += amount


@scalar
def _count_cost(count, stage, amount):
    """Add to the month's cost of a stage, complaints apart."""
    count.collection_cost += amount
    if stage == CollectionStage.REMINDER:
        count.cost_reminder += amount
    elif stage == CollectionStage.AI_CALL:
        count.cost_ai_call += amount
    elif stage == CollectionStage.HUMAN_CALL:
        count.cost_human_call += amount
    elif stage == CollectionStage.FIELD_VISIT:
        count.cost_field_visit += amount
    elif stage == CollectionStage.LEGAL:
        count.cost_legal += amount
    else:
        count.cost_agency += amount


@scalar
def _day_of_contact(state, loan, day):
    """Day of the month on which a contact is made."""
    return 1.0 + day if state.n_unpaid > 0 else loan.due_day + day


@scalar
def _is_timely(state, loan, day):
    """Whether a contact falls inside the month and before a late payment comes by itself."""
    if _day_of_contact(state, loan, day) > DAYS_PER_MONTH:
        return False
    return state.n_unpaid > 0 or state.late == 0 or day < state.late


@scalar
def _is_open_to(stage, state, filed):
    """Whether a stage may address a loan: promises are waited for, cases filed once."""
    if stage == CollectionStage.REMINDER:
        return True
    if state.marks & Flag.PROMISED:
        return False
    return stage != CollectionStage.LEGAL or filed == 0


@loop
def _order_stages(stages, rules, days, order):
    """Fill ``days`` with each stage's day and ``order`` with the stages by day, then number."""
    for stage in range(N_COLLECTION_STAGES):
        day = stages[stage].day + _day_shift(rules, stage)
        days[stage] = min(float(_LAST_DAY), max(0.0, day))
        place = stage
        while place > 0 and days[order[place - 1]] > days[stage]:
            order[place] = order[place - 1]
            place -= 1
        order[place] = stage


@loop
def _plan_efforts(t, n, book, levers, s, allowed, life, efforts):
    """Effort of each stage with each loan in question; ``efforts``: (stages, n)."""
    loans, states, s_people, question = s.slots, s.loans, s.people, s.question
    loan_levers, classes = levers.loan, levers.class_of_segment
    for k in range(n):
        row = question[k]
        loan = loans[row]
        bucket = min(states[row].n_unpaid, N_BUCKETS - 1)
        seen = seen_hardship(life[t, loan.borrower], s_people[loan.borrower].hardship_known)
        lever = loan_levers[t, classes[loan.segment], bucket, seen]
        efforts[CollectionStage.REMINDER, k] = _effort(lever, CollectionStage.REMINDER)
        for stage in range(1, N_COLLECTION_STAGES):
            efforts[stage, k] = _effort(lever, stage) * allowed


@loop
def _planned(stage, n, book, s, effort, day, rules, made, planned, count):
    """Fill ``planned`` with the places in the question that a stage reaches in time.

    ``effort`` of each place is cut to the hours that may be called in and to the room under the
    cap; ``made`` are the efforts of the month so far that it counts. Returns how many places they
    are, and the weighted effort that they want, in units.
    """
    people, loans, states, question, filed = book.people, s.slots, s.loans, s.question, s.filed
    hours = rules.call_hours_share if _is_call(stage) else 1.0
    scale = book.facts[0].count_scale
    m, wanted = 0, 0
    for k in range(n):
        if effort[k] <= 0.0:
            continue
        row = question[k]
        loan, state = loans[row], states[row]
        if not _is_timely(state, loan, day) or not _is_open_to(stage, state, filed[row]):
            continue
        weight = people[loan.borrower].weight
        within = effort[k] * hours
        if _is_capped(stage):
            within = min(within, rules.contact_cap - made[k])
        blocked = effort[k] - max(0.0, within)
        count.contacts_blocked += units(weight * blocked, scale)
        if within <= 0.0:
            continue
        effort[k] = within
        planned[m] = k
        m += 1
        wanted += units(within * weight, scale)
    return m, wanted


@loop
def _rank(planned, m, priority, day, book, s, p, world):
    """Put planned contacts in the order of the queue: by priority, ties by permanent id."""
    loans, openings, terms = s.slots, book.openings, book.terms
    states, question = s.loans, s.question
    places = np.empty(m, dtype=np.int64)
    for position in range(m):
        places[position] = openings[question[planned[position]]].book_row
    ordered = planned[:m][np.argsort(places)]
    urgency = np.empty(m)
    for position in range(m):
        row = question[ordered[position]]
        loan, state = loans[row], states[row]
        if priority == Priority.BALANCE:
            urgency[position] = -balance_of(state)
        elif priority == Priority.FIRST_COME:
            urgency[position] = _day_of_contact(state, loan, day)
        elif priority == Priority.EXPECTED_RECOVERY:
            demand, _ = demand_of(loan, terms[loan.product], state, p, world)
            urgency[position] = -demand * max(0.0, 1.0 - p.effect_decay * state.spell)
        else:
            urgency[position] = -float(state.n_unpaid)
    planned[:m] = ordered[np.argsort(urgency, kind="mergesort")]


@scalar
def _make_contact(t, stage, effort, rule, loan, person, p, facts, key, outcome, count):
    """One contact: its number, cost and complaint; (whether it reaches, luck of its effect, cost).

    The cost is weighted and includes that of a complaint.
    """
    weight = person.weight
    _count_contact(count, stage, units(weight * effort, facts.count_scale))
    cost = weight * effort * rule.cost
    _count_cost(count, stage, units(cost, facts.money_scale))
    outcome.contacts += np.float32(effort)
    counter = stream(t, _CONTACT_GROUP + stage, Domain.LOAN)
    reach_word, effect_word, complaint_word, _ = words(loan.id, counter, key.path, key.seed)
    if unit(complaint_word) < effort * rule.complaint:
        count.complaints += person.heads
        price = weight * facts.reference_money * p.complaint_cost
        count.collection_cost += units(price, facts.money_scale)
        cost += price
        outcome.complaints += 1
    return unit(reach_word) < effort * rule.reach, unit(effect_word), cost


@loop
def _decide_cases(t, n, book, s, p, world, key):
    """Decisions of the court on cases filed ``legal_lag_months`` ago."""
    loans, terms, states, question = s.slots, book.terms, s.loans, s.question
    s_people, filed, lag = s.people, s.filed, int(p.legal_lag_months)
    for k in range(n):
        row = question[k]
        if filed[row] > 0 and filed[row] + lag == t:
            loan = loans[row]
            u = uniform(key.seed, key.path, loan.id, t, Draw.LEGAL_RESULT, Domain.LOAN)
            if u < p.effect_legal:
                product, person_state = terms[loan.product], s_people[loan.borrower]
                decide_case(loan, product, states[row], person_state, p, world)


@loop
def forget_costs(n, s):
    """After a month: its contacts' costs of the ``n`` loans in question have been counted."""
    for k in range(n):
        s.spent[s.question[k]] = 0.0


@loop
def contact_borrowers(t, n, book, levers, stages, s, p, world, life, key, counts, contacts):
    """Plan, allocate and make every stage's contacts with the ``n`` loans in question.

    ``contacts``: the month's by loan, of size 0 without a history.
    """
    people, loans, terms, states = book.people, s.slots, book.terms, s.loans
    question, s_people, filed, outcomes = s.question, s.people, s.filed, s.outcomes
    loan_levers, classes = levers.loan, levers.class_of_segment
    count, rules, facts = counts[t], levers.book[0], book.facts[0]
    spent = s.spent
    efforts, made = np.empty((N_COLLECTION_STAGES, n)), np.zeros(n)
    planned = np.empty(n, dtype=np.int64)
    days, order = np.empty(N_COLLECTION_STAGES), np.zeros(N_COLLECTION_STAGES, dtype=np.int64)
    _order_stages(stages, rules, days, order)
    _plan_efforts(t, n, book, levers, s, world.collection_allowed, life, efforts)
    _decide_cases(t, n, book, s, p, world, key)
    for place in range(N_COLLECTION_STAGES):
        stage = order[place]
        rule, effort, day = stages[stage], efforts[stage], days[stage]
        m, wanted = _planned(stage, n, book, s, effort, day, rules, made, planned, count)
        capacity = _capacity(rules, stage) * facts.opening_loans / 1000.0 * facts.count_scale
        if wanted > capacity:
            _rank(planned, m, int(rules.contact_priority), day, book, s, p, world)
        used, is_full = 0, False
        for position in range(m):
            k = planned[position]
            row = question[k]
            loan, state = loans[row], states[row]
            person = people[loan.borrower]
            wish = units(effort[k] * person.weight, facts.count_scale)
            if wanted > capacity and (is_full or used + wish > capacity):
                is_full = True
                count.queue_unserved += wish
                continue
            used += wish
            made[k] += effort[k] if _is_capped(stage) else 0.0
            outcome = outcomes[loan.borrower]
            reached, u, cost = _make_contact(
                t, stage, effort[k], rule, loan, person, p, facts, key, outcome, count
            )
            spent[row] += cost
            if contacts.size > 0:
                contacts[row] += effort[k]
            if not reached:
                continue
            if files_case(stage):
                filed[row] = t
                continue
            bucket = min(state.n_unpaid, N_BUCKETS - 1)
            person_state = s_people[loan.borrower]
            seen = seen_hardship(life[t, loan.borrower], person_state.hardship_known)
            lever = loan_levers[t, classes[loan.segment], bucket, seen]
            brought = converse(
                t, stage, day, rule, loan, person, terms[loan.product], state, person_state, lever,
                p, world, key, u, count,
            )  # fmt: skip
            if stage == CollectionStage.AGENCY and brought > 0.0:
                commission = person.weight * p.commission_agency * brought
                _count_cost(count, stage, units(commission, facts.money_scale))
                spent[row] += commission
