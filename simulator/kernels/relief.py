"""Relief as it is granted to one loan: deferral terms, or a re-plan.

Equations: docs/model.md, section 4.3. Pure functions of records.
"""

from simulator.kernels.demand import due_parts
from simulator.kernels.jit import scalar
from simulator.kernels.payment import annuity_instalment
from simulator.vocabulary import N_BUCKETS, Amortisation, Cause


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
def relieve(loan, terms, state, cell, p, rate_cap, weight, short, u, budget):
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
