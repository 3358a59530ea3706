"""Early warning: a noisy score of the coming month, and a call before the due day.

Equations: docs/model.md, section 4.3.
"""

import numpy as np

from simulator.kernels.exact import units
from simulator.kernels.jit import loop, scalar
from simulator.kernels.prevention import lapse
from simulator.kernels.rng import stream, unit, words
from simulator.vocabulary import Domain, Draw, Flag, LoanStatus

_GROUP = Draw.WARNING // 4
_FULL = 1 << 62
"""More units than any capacity."""


@loop
def has_warning(cares):
    """Whether any class of a month is scored; ``cares`` of shape (classes,)."""
    for index in range(cares.size):
        if cares[index].warning_recall > 0.0 or cares[index].warning_false_alarm > 0.0:
            return True
    return False


@scalar
def is_flagged(word, trouble, care):
    """Whether the score flags a loan; ``word``: its draw."""
    return unit(word) < (care.warning_recall if trouble else care.warning_false_alarm)


@scalar
def flags_loan(t, loan_id, trouble, care, key):
    """Whether the month's score flags a loan that is in ``trouble`` or not."""
    counter = stream(t, _GROUP, Domain.LOAN)
    word, _, _, _ = words(np.uint64(loan_id), counter, key.path, key.seed)
    return is_flagged(word, trouble, care)


@scalar
def _call(state, person, p, facts, reach, complains, outcome, count):
    """A call before the due day: its cost, a complaint perhaps, and whether it gets through."""
    worth = person.weight * facts.reference_money
    count.warned += person.heads
    count.contact_human_call += person.heads
    count.programme_cost += units(worth * p.cost_human_call, facts.money_scale)
    outcome.contacts += np.float32(1.0)
    if complains < p.complaint_human_call:
        count.complaints += person.heads
        count.programme_cost += units(worth * p.complaint_cost, facts.money_scale)
        outcome.complaints += 1
    if reach < p.reach_human_call:
        state.marks |= Flag.WARNED


@loop
def warn_chunk(t, start, n, used, book, levers, s, p, key, counts, contacts):
    """Score a chunk's loans and call the flagged ones; calls of the month so far, in units.

    ``_FULL`` once a call has not fitted the capacity. ``contacts``: the month's by loan, or none.
    """
    people, loans, terms, facts = book.people, s.slots, book.terms, book.facts[0]
    cares, count, outcomes = levers.customer, counts[t], s.outcomes
    s_people, states, live, plans, u_loan = s.people, s.loans, s.live, s.plans, s.u_loan
    capacity = levers.book[0].capacity_warning * facts.opening_loans / 1000.0 * facts.count_scale
    counter = stream(t, _GROUP, Domain.LOAN)
    column = 0
    for k in range(n):
        b = live[start + k]
        person, plan = people[b], plans[k]
        care = cares[t, plan.group]
        short = s_people[b].savings + plan.free - plan.demand < 0.0
        for row in range(person.first_loan, person.first_loan + person.n_loans):
            state = states[row]
            if state.status != LoanStatus.OPEN:
                continue
            loan, at = loans[row], column
            column += 1
            if state.able <= 0.0 or state.n_unpaid > 0 or state.relief_left > 0:
                continue
            _, days = lapse(
                p, t, plan, loan, terms[loan.product], False, u_loan[0, at], u_loan[1, at],
                u_loan[2, at],
            )  # fmt: skip
            trouble = short or days > 0.0
            count.warning_targets += person.heads if trouble else 0
            flag_word, reach_word, complaint_word, _ = words(loan.id, counter, key.path, key.seed)
            if not is_flagged(flag_word, trouble, care):
                continue
            if used + person.heads > capacity:
                used = _FULL
                continue
            used += person.heads
            count.warned_rightly += person.heads if trouble else 0
            reach, complains = unit(reach_word), unit(complaint_word)
            _call(state, person, p, facts, reach, complains, outcomes[b], count)
            if contacts.size > 0:
                contacts[row] += 1.0
    return used
