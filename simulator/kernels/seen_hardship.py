"""How much of a borrower's hardship a lender sees, and how it comes to be known.

Equations: docs/model.md, section 4.5.
"""

from simulator.kernels.borrower import hardship_of
from simulator.kernels.jit import loop, scalar
from simulator.kernels.relief import chance_of_relief
from simulator.kernels.rng import stream, uniform, unit, words
from simulator.vocabulary import Domain, Draw, Flag, Hardship, Life, LoanStatus

_GROUP = Draw.HARDSHIP_PUBLIC // 4


@scalar
def seen_hardship(life, known):
    """``Hardship`` as the lender sees it: all of it once known, else a disaster alone."""
    if known:
        return hardship_of(life)
    return Hardship.DISASTER if life & Life.DISASTER else Hardship.NONE


@scalar
def _is_public(person, p, key):
    """Whether others tell the lender of this borrower's hardships; a trait for life."""
    u = uniform(key.seed, key.path, person.id, 0, Draw.HARDSHIP_PUBLIC, Domain.BORROWER)
    return u < p.hardship_public_share


@scalar
def _comes_to_light(t, plan, person, p, key):
    """Whether a hidden hardship is told, asked about or public this month."""
    short, in_arrears = plan.free - plan.demand < 0.0, plan.unpaid > 0
    if short or in_arrears:
        _, ask, learn, _ = words(person.id, stream(t, _GROUP, Domain.BORROWER), key.path, key.seed)
        if short and unit(ask) < p.hardship_ask_share:
            return True
        if in_arrears and unit(learn) < p.hardship_learn_in_arrears:
            return True
    return _is_public(person, p, key)


@scalar
def is_struck(plan, person_state):
    """Whether there is a hardship to see this month; without one nothing stays known."""
    if plan.hardship != Hardship.NONE:
        return True
    plan.seen_hardship = Hardship.NONE
    person_state.hardship_known = 0
    return False


@loop
def see_hardships(t, start, n_struck, has_call, book, s, p, key, life):
    """What the lender sees of a chunk's ``s.struck`` before relief, into their states and plans.

    ``has_call``: whether early-warning calls were made this month.
    """
    people, s_people, states, live, plans = book.people, s.people, s.loans, s.live, s.plans
    for at in range(n_struck):
        k = s.struck[at]
        b = live[start + k]
        plan, person, person_state = plans[k], people[b], s_people[b]
        known = person_state.hardship_known > 0
        if not known:
            known = _comes_to_light(t, plan, person, p, key)
            if has_call:
                for row in range(person.first_loan, person.first_loan + person.n_loans):
                    is_open = states[row].status == LoanStatus.OPEN
                    known = known or (is_open and states[row].marks & Flag.WARNED > 0)
        person_state.hardship_known = 1 if known else 0
        plan.seen_hardship = 0 + seen_hardship(life[t, b], known)


@scalar
def _shows(state, own, seen, care, short, u):
    """Whether relief is asked for on a loan by showing a hardship that the lender does not see.

    ``own`` and ``seen``: levers in the cells of the hardship and of what is seen of it.
    """
    if state.relief_left > 0 or u >= chance_of_relief(state, own, care, short):
        return False
    return short or u >= chance_of_relief(state, seen, care, short)


@loop
def show_hardships(t, start, n_struck, book, levers, s):
    """Let a chunk's ``s.struck`` ask for relief by showing what the lender does not see yet."""
    people, loans, s_people, states, live = book.people, s.slots, s.people, s.loans, s.live
    loan_levers, cares, classes = levers.loan, levers.customer, levers.class_of_segment
    plans, u = s.plans, s.u_person
    for at in range(n_struck):
        k = s.struck[at]
        b = live[start + k]
        person, plan = people[b], plans[k]
        if plan.seen_hardship == plan.hardship:
            continue
        care, short, shown = cares[t, plan.group], plan.free - plan.demand < 0.0, False
        for row in range(person.first_loan, person.first_loan + person.n_loans):
            state = states[row]
            if state.status == LoanStatus.OPEN:
                group, bucket = classes[loans[row].segment], state.from_bucket
                own = loan_levers[t, group, bucket, plan.hardship]
                seen = loan_levers[t, group, bucket, plan.seen_hardship]
                shown = shown or _shows(state, own, seen, care, short, u[2, k])
        if shown:
            s_people[b].hardship_known = 1
            plan.seen_hardship = plan.hardship
