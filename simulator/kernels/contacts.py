"""Phase two of a month: collectors' contacts, allocated across the whole book.

Equations: docs/model.md, section 7. Works on the loans in question only, so its cost follows the
overdue part of the book.
"""

import numpy as np

from simulator.kernels.demand import balance_of, demand_of
from simulator.kernels.household import hardship_of
from simulator.kernels.jit import loop, scalar
from simulator.kernels.rng import stream, unit, words
from simulator.vocabulary import (
    DAYS_PER_MONTH,
    N_BUCKETS,
    N_STAGES,
    Domain,
    Draw,
    Priority,
)

_CONTACT_GROUP = Draw.CONTACT_REACH // 4


@scalar
def _effort(cell, stage, allowed):
    """Effort of a stage in a lever cell; all but reminders need the world's leave."""
    if stage == 0:
        return cell.effort_reminder
    if stage == 1:
        return cell.effort_ai_call * allowed
    if stage == 2:
        return cell.effort_human_call * allowed
    return (cell.effort_field_visit if stage == 3 else cell.effort_legal) * allowed


@scalar
def _capacity(rules, stage):
    """Contacts a month per 1,000 opening loans."""
    if stage == 0:
        return rules.capacity_reminder
    if stage == 1:
        return rules.capacity_ai_call
    if stage == 2:
        return rules.capacity_human_call
    return rules.capacity_field_visit if stage == 3 else rules.capacity_legal


@scalar
def _count_contact(count, stage, amount):
    """Add to the month's number of contacts of a stage."""
    if stage == 0:
        count.contact_reminder += amount
    elif stage == 1:
        count.contact_ai_call += amount
    elif stage == 2:
        count.contact_human_call += amount
    elif stage == 3:
        count.contact_field_visit += amount
    else:
        count.contact_legal += amount


@scalar
def _is_timely(n_unpaid, late, due_day, day):
    """Whether a contact falls inside the month and before a late payment comes by itself."""
    if n_unpaid > 0:
        return 1 + day <= DAYS_PER_MONTH
    return due_day + day <= DAYS_PER_MONTH and (late == 0 or day < late)


@scalar
def _effect(loan, terms, state, person_state, p, rate_cap, rule, u):
    """What a conversation changes in the loan's plan of the month."""
    strength = rule.effect * max(0.0, 1.0 - p.effect_decay * state.spell)
    if state.refused:
        if u < strength:
            state.refused = 0
            person_state.refusing = 0
        return
    if state.late > 0:
        state.late = 0 if state.n_unpaid > 0 else min(state.late, max(1, int(rule.day)))
        return
    demand, due = demand_of(loan, terms, state, p, rate_cap)
    if state.able < demand and u < strength * p.outside_help_share:
        target = min(demand, due if due > 0.0 else demand)
        state.helped = max(0.0, target - state.able)


@scalar
def _make_contact(
    t, loan, person, terms, state, person_state, stage, effort, rule, p, cap, key, count
):
    """One contact: its cost, complaint and effect on the loan's plan."""
    _count_contact(count, stage, person.weight * effort)
    count.collection_cost += person.weight * effort * rule.cost
    counter = stream(t, _CONTACT_GROUP + stage, Domain.LOAN)
    reach_word, effect_word, complaint_word, _ = words(loan.id, counter, key.path, key.seed)
    if unit(complaint_word) < effort * rule.complaint:
        count.complaints += person.weight
    if unit(reach_word) < effort * rule.reach:
        u = unit(effect_word)
        _effect(loan, terms, state, person_state, p, cap, rule, u)


@loop
def _plan_efforts(t, n, book, levers, s, allowed, life, efforts):
    """Effort of each stage with each loan in question, ``efforts`` of shape (N_STAGES, n)."""
    loans, states, question = book.loans, s.loans, s.question
    cells, classes = levers.loan, levers.class_of_segment
    for k in range(n):
        row = question[k]
        loan = loans[row]
        bucket = min(states[row].n_unpaid, N_BUCKETS - 1)
        cell = cells[t, classes[loan.segment], bucket, hardship_of(life[t, loan.borrower])]
        for stage in range(N_STAGES):
            efforts[stage, k] = _effort(cell, stage, allowed)


@loop
def _planned(n, book, s, effort, rule, planned):
    """Fill ``planned`` with the places in the question that a stage reaches in time.

    Returns how many they are, and the weighted effort that they want.
    """
    people, loans, states, question = book.people, book.loans, s.loans, s.question
    m, wanted = 0, 0.0
    for k in range(n):
        if effort[k] <= 0.0:
            continue
        row = question[k]
        loan, state = loans[row], states[row]
        if _is_timely(state.n_unpaid, state.late, loan.due_day, rule.day):
            planned[m] = k
            m += 1
            wanted += effort[k] * people[loan.borrower].weight
    return m, wanted


@loop
def _rank(planned, m, book, s, by_balance):
    """Put planned contacts in the order of the queue: by priority, ties by permanent id."""
    openings, states, question = book.openings, s.loans, s.question
    key = np.empty(m, dtype=np.int64)
    for position in range(m):
        row = question[planned[position]]
        key[position] = openings[row].book_row
        if not by_balance:
            key[position] -= states[row].n_unpaid << 32
    ordered = planned[:m][np.argsort(key)]
    if by_balance:
        balance = np.empty(m)
        for position in range(m):
            balance[position] = -balance_of(states[question[ordered[position]]])
        ordered = ordered[np.argsort(balance, kind="mergesort")]
    planned[:m] = ordered


@loop
def contact_borrowers(t, n, book, levers, stages, s, p, world, life, key, counts):
    """Plan, allocate and make every stage's contacts with the ``n`` loans in question."""
    people, loans, terms, states = book.people, book.loans, book.terms, s.loans
    question, s_people, count, rules = s.question, s.people, counts[t], levers.book[0]
    efforts = np.empty((N_STAGES, n))
    planned = np.empty(n, dtype=np.int64)
    by_balance = int(rules.contact_priority) == Priority.BALANCE
    _plan_efforts(t, n, book, levers, s, world.collection_allowed, life, efforts)
    for stage in range(N_STAGES):
        rule = stages[stage]
        m, wanted = _planned(n, book, s, efforts[stage], rule, planned)
        capacity = _capacity(rules, stage) * book.facts[0].opening_loans / 1000.0
        if wanted > capacity:
            _rank(planned, m, book, s, by_balance)
        used = 0.0
        for position in range(m):
            k = planned[position]
            row = question[k]
            loan = loans[row]
            person = people[loan.borrower]
            weight = efforts[stage, k] * person.weight
            if wanted > capacity and used + weight > capacity:
                used = np.inf
                count.queue_unserved += weight
                continue
            used += weight
            _make_contact(
                t,
                loan,
                person,
                terms[loan.product],
                states[row],
                s_people[loan.borrower],
                stage,
                efforts[stage, k],
                rule,
                p,
                world.rate_cap,
                key,
                count,
            )
