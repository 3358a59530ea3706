"""The lender's record of its customers, and the months of those who have no loan.

Equations: docs/model.md, section 9.1. What the lender does to a dormant customer's household is
known beforehand (its education programme), so the months are caught up with only when somebody asks
for the result.
"""

import numpy as np

from simulator.kernels.elementary import power
from simulator.kernels.funding import budget_household, fund, settle
from simulator.kernels.jit import loop, scalar
from simulator.kernels.records import CHUNK
from simulator.kernels.rng import uniform
from simulator.kernels.tally import FIRST_30, FIRST_90
from simulator.vocabulary import Amortisation, Cause, Domain, Draw, Exit, LoanStatus

FOR_EVER = 32_767
"""In place of a month: a record that stays closed."""
_MOST_LOANS = 200
_ENDED_BADLY = int(Exit.WRITTEN_OFF)
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1, _MIX_2 = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_BY_30, _BY_27, _BY_31 = np.uint64(30), np.uint64(27), np.uint64(31)
_SLOTS = 256


@scalar
def open_record(entry, state):
    """The record at the opening, as the book has it."""
    state.last_ended = entry.last_ended
    state.closed_until = entry.closed_until
    state.late_until = entry.late_until
    state.loans_had = entry.loans_had
    state.lived_until = 0


@scalar
def _until(t, months):
    """The month so many months after ``t``."""
    return min(t + int(months), FOR_EVER - 1)


@scalar
def record_overdue(t, n_unpaid, to, state, p):
    """Write an overdue month of a loan into its customer's record; ``to``: bucket or ``Exit``."""
    if to >= _ENDED_BADLY:
        state.closed_until = FOR_EVER
    elif n_unpaid >= FIRST_90 and state.closed_until < FOR_EVER:
        state.closed_until = _until(t, p.record_closed_months)
    if n_unpaid >= FIRST_30:
        state.late_until = _until(t, p.record_late_months)


@scalar
def record_relief(t, state, p):
    """Write a grant of relief into the customer's record."""
    state.late_until = _until(t, p.record_late_months)


@scalar
def record_loan(state):
    """Write a loan that is granted into the customer's record."""
    state.loans_had = min(state.loans_had + 1, _MOST_LOANS)


@scalar
def may_be_asked_again(loan, state):
    """Whether a loan that has ended leaves its customer something to come back for."""
    return state.status == LoanStatus.PAID_OFF and loan.kind != Amortisation.REVOLVING


@scalar
def behaviour_score(score, state, t, p):
    """The lender's score of a customer, from its own records alone."""
    points = p.behaviour_points * min(state.loans_had, int(p.behaviour_loans))
    return score + points - (p.behaviour_late_points if t <= state.late_until else 0.0)


@scalar
def is_in_order(plan, state, p):
    """Whether proof of income and the bureau speak for a customer, as for every applicant."""
    return plan.shock == Cause.NONE and state.other_missed < p.platform_missed_to_close


@scalar
def comes_in_bad_faith(person, p, key):
    """Whether a new customer refuses from the first, until he resumes as others do."""
    u = uniform(key.seed, key.path, person.id, 0, Draw.REFUSE, Domain.BORROWER)
    return u < p.strength_wont_pay * p.bad_faith_share * person.refusal_weight


@scalar
def hazard_of_return(idle, p):
    """Chance that a customer dormant for ``idle`` > 0 months asks for a loan this month."""
    return p.return_monthly * power(2.0, -(idle - 1) / p.return_half_life_months)


@scalar
def later_id(person_id, t, place):
    """Permanent id of a loan that is granted again: of the person and the month alone."""
    z = person_id + np.uint64(_SLOTS * t + place + 1) * _GOLDEN
    z = (z ^ (z >> _BY_30)) * _MIX_1
    z = (z ^ (z >> _BY_27)) * _MIX_2
    return z ^ (z >> _BY_31)


@loop
def rest(t, n, gone, people, s):
    """Put customers whose last loan has ended among the dormant, if there is a way back.

    ``gone``: rows of ``n`` borrowers.
    """
    customers, slots, states = s.people, s.slots, s.loans
    dormant, n_dormant = s.dormant, s.n_dormant[0]
    for k in range(n):
        b = gone[k]
        person, customer = people[b], customers[b]
        returns = False
        for row in range(person.first_loan, person.first_loan + person.n_loans):
            returns = returns or may_be_asked_again(slots[row], states[row])
        if not returns or customer.closed_until == FOR_EVER:
            continue
        customer.last_ended = t
        customer.lived_until = t
        customer.refusing = 0
        customer.hardship_known = 0
        dormant[n_dormant] = b
        n_dormant += 1
    s.n_dormant[0] = n_dormant


@loop
def live_on(until, start, stop, who, book, levers, s, p, months, life, key):
    """Follow the households of dormant customers ``who[start:stop]`` up to month ``until``.

    No further than the lender remembers them; nothing is due here. The last month of each stays in
    ``s.plans``, of which there are ``CHUNK``.
    """
    people, customers, slots, plans = book.people, s.people, s.slots, s.plans
    facts, classes, cares = book.facts[0], levers.class_of_segment, levers.customer
    memory = int(p.return_memory_months)
    for k in range(start, stop):
        b, plan = who[k], plans[k - start]
        person, customer = people[b], customers[b]
        plan.demand = 0.0
        plan.due = 0.0
        plan.unpaid = 0
        plan.spell = 0
        plan.relieved = 0
        plan.others_first = 0
        plan.reserved = 0.0
        plan.group = classes[slots[person.first_loan].segment]
        last = min(until, customer.last_ended + memory)
        for t in range(customer.lived_until + 1, last + 1):
            world, care = months[t], cares[t, plan.group]
            budget_household(t, plan, person, customer, p, world, facts, key, life[t, b], care)
            u = uniform(key.seed, key.path, person.id, t, Draw.PLATFORM, Domain.BORROWER)
            fund(plan, person, customer, p, world, u)
            settle(plan, person, customer, p, world)
        customer.lived_until = max(customer.lived_until, last)


@loop
def catch_up(until, book, levers, s, p, months, life, key):
    """Follow the households of all dormant customers up to month ``until``."""
    n = s.n_dormant[0]
    for start in range(0, n, CHUNK):
        stop = min(n, start + CHUNK)
        live_on(until, start, stop, s.dormant, book, levers, s, p, months, life, key)
