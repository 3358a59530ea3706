"""Relief as it is granted to one loan: deferral terms, a re-plan, a cut of the principal.

Equations: docs/model.md, section 4.4. Pure functions of records.
"""

from simulator.kernels.amounts_due import balance_of, due_parts
from simulator.kernels.interest_rate import floating_rate
from simulator.kernels.jit import scalar
from simulator.kernels.payment import annuity_instalment
from simulator.vocabulary import N_BUCKETS, Amortisation, Cause, Flag

_ALL_BUT_AGREED = 255 - Flag.AGREED
REFUSED = -1.0
"""What ``relieve`` needs of the budget when it grants nothing."""


@scalar
def _months_to_add(loan, state, yearly_rate, extension, affordable):
    """Months of an extension: no more than bring an annuity to an affordable instalment."""
    months = max(state.remaining, 1)
    if affordable > 0.0 and loan.kind == Amortisation.ANNUITY:
        rate = yearly_rate / 12.0
        for added in range(extension):
            if annuity_instalment(state.principal, rate, months + added) <= affordable:
                return added
    return extension


@scalar
def _replan(loan, state, yearly_rate, extension, affordable, cut):
    """Re-age a loan: arrears back into the schedule, a longer term, a new instalment."""
    state.old_bucket = max(state.old_bucket, min(state.n_unpaid, N_BUCKETS - 1))
    state.principal += state.principal_overdue
    state.interest_deferred += state.interest_overdue
    state.principal_overdue = 0.0
    state.interest_overdue = 0.0
    state.n_unpaid = 0
    state.spell = 0
    state.cause = Cause.NONE
    state.principal -= cut
    added = _months_to_add(loan, state, yearly_rate, extension, affordable)
    state.remaining = max(state.remaining, 1) + added
    _reset_instalment(loan, state, yearly_rate)


@scalar
def _reset_instalment(loan, state, yearly_rate):
    """A new instalment of an annuity from today's principal and term."""
    if loan.kind == Amortisation.ANNUITY:
        state.instalment = annuity_instalment(
            state.principal, yearly_rate / 12.0, max(1, state.remaining)
        )


@scalar
def _note_relief(t, loan, state, months, outcome):
    """Relief in the borrower's outcome: first and last month, balance at the first grant."""
    if loan.again:
        return
    if outcome.first_relief == 0:
        outcome.first_relief = t
    if outcome.first_relief == t:
        outcome.balance_relief += balance_of(state)
    outcome.last_relief = max(outcome.last_relief, t + months - 1)


@scalar
def _may_have_relief(state, lever):
    """Whether no relief runs and uses are left."""
    return state.relief_left == 0 and state.relief_uses < int(lever.relief_max_uses)


@scalar
def keep_agreement(t, loan, terms, state, lever, world, outcome):
    """Turn instalments agreed with a collector last month into a re-plan; whether it was done."""
    if not (state.marks & Flag.AGREED):
        return False
    state.marks &= _ALL_BUT_AGREED
    if lever.negotiated_extension_months < 1.0 or not _may_have_relief(state, lever):
        return False
    _note_relief(t, loan, state, 1, outcome)
    state.relief_due = 1.0
    state.relief_interest = 1.0
    state.relief_left = 1
    state.relief_uses += 1
    rate = floating_rate(state, terms, world)
    _replan(loan, state, rate, int(lever.negotiated_extension_months), 0.0, 0.0)
    return True


@scalar
def chance_of_relief(state, lever, care, short):
    """Chance that relief is asked for and granted; a warned borrower is offered it."""
    if lever.relief_months < 1.0:
        return 0.0
    chance = lever.p_relief_if_need if short else lever.p_relief_if_no_need
    if state.marks & Flag.WARNED:
        offered = care.warning_offer_if_need if short else care.warning_offer_if_no_need
        chance = max(chance, offered)
    return chance


@scalar
def relieve(t, loan, terms, state, lever, p, world, weight, income, budget, outcome):
    """Grant relief to one loan that may have it, if the budget allows.

    (money that the budget lends or loses, principal forgiven, both weighted); ``REFUSED`` first
    when nothing was granted.
    """
    is_young = t - loan.origination_month < lever.relief_min_months_on_book
    if is_young or not _may_have_relief(state, lever):
        return REFUSED, 0.0
    _, _, _, _, instalment = due_parts(loan, terms, state, p, world)
    extension = int(lever.term_extension_months)
    whole = state.principal + state.principal_overdue
    cut_share = 0.0 if loan.kind == Amortisation.REVOLVING else lever.principal_cut_share
    cut = min(whole if extension > 0 else state.principal, cut_share * whole)
    needed = weight * ((1.0 - lever.due_share) * instalment + cut)
    if needed > budget:
        return REFUSED, 0.0
    _note_relief(t, loan, state, int(lever.relief_months), outcome)
    state.relief_due = lever.due_share
    state.relief_interest = lever.interest_share
    state.relief_left = int(lever.relief_months)
    state.relief_uses += 1
    rate = floating_rate(state, terms, world)
    if extension > 0:
        _replan(loan, state, rate, extension, lever.affordable_share * income, cut)
    elif cut > 0.0:
        state.principal -= cut
        _reset_instalment(loan, state, rate)
    return needed, weight * cut
