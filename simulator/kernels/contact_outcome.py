"""What a contact, or a court, changes in a loan's plan of the month.

Equations: docs/model.md, section 7. Pure functions of records.
"""

from simulator.kernels.amounts_due import demand_of
from simulator.kernels.jit import scalar
from simulator.kernels.rng import uniform
from simulator.vocabulary import CollectionStage, Domain, Draw, Flag

_NOTHING = -1.0


@scalar
def files_case(stage):
    """Whether a stage takes the loan to court instead of talking."""
    return stage == CollectionStage.LEGAL


@scalar
def _is_person(stage):
    """Whether a stage is a conversation with a person, who can take a promise."""
    return (
        stage == CollectionStage.HUMAN_CALL
        or stage == CollectionStage.FIELD_VISIT
        or stage == CollectionStage.AGENCY
    )


@scalar
def _convert(state, person_state):
    """A refuser pays this loan, and refuses no more from next month on."""
    state.refused = 0
    person_state.refusing = 0


@scalar
def _help(loan, terms, state, p, world):
    """Outside help raises the payment to what falls due; by how much."""
    demand, due = demand_of(loan, terms, state, p, world)
    before = state.helped
    if state.able < demand:
        state.helped = max(before, min(demand, due if due > 0.0 else demand) - state.able)
    return state.helped - before


@scalar
def decide_case(loan, terms, state, person_state, p, world):
    """A case that the lender wins."""
    if state.refused:
        _convert(state, person_state)
    else:
        _help(loan, terms, state, p, world)


@scalar
def _effect(day, rule, loan, terms, state, person_state, p, world, u):
    """What a conversation brings at once; the payment that it brings, or ``_NOTHING``."""
    strength = rule.effect * max(0.0, 1.0 - p.effect_decay * state.spell)
    if state.refused:
        if u >= strength:
            return _NOTHING
        _convert(state, person_state)
        return state.able
    if state.late > 0:
        state.late = 0 if state.n_unpaid > 0 else min(state.late, max(1, int(day)))
        return _NOTHING
    if state.marks & Flag.BEHIND:
        if u >= strength or state.helped > 0.0:
            return _NOTHING
        demand, _ = demand_of(loan, terms, state, p, world)
        state.helped = demand - state.able
        return state.helped
    if u < strength * p.outside_help_share:
        gained = _help(loan, terms, state, p, world)
        return gained if gained > 0.0 else _NOTHING
    return _NOTHING


@scalar
def _agree(t, loan, terms, state, lever, p, world, key, heads, count):
    """New instalments, or a promise to pay next month, from one who does not pay now."""
    if lever.negotiated_share <= 0.0 and lever.promise_share <= 0.0:
        return
    if not state.refused:
        demand, _ = demand_of(loan, terms, state, p, world)
        if state.able >= demand or state.helped > 0.0:
            return
        if state.n_unpaid > 0 and not (state.marks & Flag.BEHIND):
            u = uniform(key.seed, key.path, loan.id, t, Draw.NEGOTIATE, Domain.LOAN)
            if u < lever.negotiated_share:
                state.marks |= Flag.AGREED
                return
    u = uniform(key.seed, key.path, loan.id, t, Draw.PROMISE, Domain.LOAN)
    if u < lever.promise_share and not (state.marks & Flag.PROMISES):
        state.marks |= Flag.PROMISES
        count.promises += heads


@scalar
def converse(
    t,
    stage,
    day,
    rule,
    loan,
    person,
    terms,
    state,
    person_state,
    lever,
    p,
    world,
    key,
    u,
    count,
):
    """A contact that has reached the borrower: payment, agreement or promise; money it brought."""
    brought = _effect(day, rule, loan, terms, state, person_state, p, world, u)
    if brought == _NOTHING and _is_person(stage):
        _agree(t, loan, terms, state, lever, p, world, key, person.heads, count)
    return brought
