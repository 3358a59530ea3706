"""The lender's record of its customers, and the months of those who have no loan.

Equations: docs/model.md, section 9.1. What the lender does to a dormant customer's household is
known beforehand (its education programme), so the months are caught up with only when somebody asks
for the result.
"""

import numpy as np

from simulator.kernels.elementary import power
from simulator.kernels.funding import budget_household, fund, settle
from simulator.kernels.jit import loop, scalar
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
def asks_again(t, person, state, p, key):
    """Whether a dormant customer with an open record asks for a loan this month."""
    if t <= state.closed_until:
        return False
    idle = t - state.last_ended
    hazard = p.return_monthly * power(2.0, -(idle - 1) / p.return_half_life_months)
    return uniform(key.seed, key.path, person.id, t, Draw.RETURN, Domain.BORROWER) < hazard


@scalar
def later_id(person_id, t, place):
    """Permanent id of a loan that is granted again: of the person and the month alone."""
    z = person_id + np.uint64(_SLOTS * t + place + 1) * _GOLDEN
    z = (z ^ (z >> _BY_30)) * _MIX_1
    z = (z ^ (z >> _BY_27)) * _MIX_2
    return z ^ (z >> _BY_31)


@loop
def rest(t, b, book, s):
    """Put a customer whose last loan has ended among the dormant, if there is a way back."""
    person, state = book.people[b], s.people[b]
    if state.closed_until == FOR_EVER:
        return
    for row in range(person.first_loan, person.first_loan + person.n_loans):
        if may_be_asked_again(s.slots[row], s.loans[row]):
            state.last_ended = t
            state.lived_until = t
            state.refusing = 0
            state.hardship_known = 0
            s.dormant[s.n_dormant[0]] = b
            s.n_dormant[0] += 1
            return


@loop
def live_on(until, b, book, levers, s, p, months, life, key):
    """Follow a dormant customer's household up to month ``until``: nothing is due here."""
    person, state, plan = book.people[b], s.people[b], s.plans[0]
    facts, segment = book.facts[0], s.slots[person.first_loan].segment
    plan.demand = 0.0
    plan.due = 0.0
    plan.unpaid = 0
    plan.spell = 0
    plan.relieved = 0
    plan.others_first = 0
    plan.reserved = 0.0
    plan.group = levers.class_of_segment[segment]
    for t in range(state.lived_until + 1, until + 1):
        world, care = months[t], levers.customer[t, plan.group]
        budget_household(t, plan, person, state, p, world, facts, key, life[t, b], care)
        u = uniform(key.seed, key.path, person.id, t, Draw.PLATFORM, Domain.BORROWER)
        fund(plan, person, state, p, world, u)
        settle(plan, person, state, p, world)
    state.lived_until = max(state.lived_until, until)


@loop
def catch_up(until, book, levers, s, p, months, life, key):
    """Follow the households of all dormant customers up to month ``until``."""
    for k in range(s.n_dormant[0]):
        b = s.dormant[k]
        last = min(until, s.people[b].last_ended + int(p.return_memory_months))
        live_on(last, b, book, levers, s, p, months, life, key)
