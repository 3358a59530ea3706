"""The loan: amortisation, what is due, the payment waterfall. Pure functions of scalars.

Equations: docs/model.md, sections 4.1 and 8; the annuity is the textbook formula.
"""

from simulator.kernels.elementary import expm1, log1p
from simulator.kernels.jit import scalar
from simulator.units import end_of_month_dpd
from simulator.vocabulary import MAX_UNPAID, Amortisation

CLEARED = 1e-9
"""Money below which an unpaid instalment or a balance counts as cleared."""
ENOUGH = 1e-6
"""Money by which cash may miss a demand and still meet it: rounding, not shortage."""


dpd_at_month_end = scalar(end_of_month_dpd)


@scalar
def annuity_instalment(principal, monthly_rate, n_months):
    """Constant instalment that repays ``principal`` in ``n_months``."""
    if monthly_rate <= 0.0:
        return principal / n_months
    return principal * monthly_rate / -expm1(-n_months * log1p(monthly_rate))


@scalar
def scheduled_principal(kind, principal, interest, instalment, remaining, limit, min_share, small):
    """Principal part of this month's instalment."""
    if kind == Amortisation.REVOLVING:
        return principal if principal <= small * limit else min_share * principal
    if remaining <= 1:
        return principal
    if kind == Amortisation.ANNUITY:
        return min(principal, max(0.0, instalment - interest))
    return principal / remaining if kind == Amortisation.EQUAL_PRINCIPAL else 0.0


@scalar
def split_due(principal_part, interest_part, due_share):
    """What falls due now as (principal, interest); interest comes first in a partial deferral."""
    due = due_share * (principal_part + interest_part)
    if due_share >= 1.0:
        return principal_part, interest_part
    interest = min(interest_part, due)
    return due - interest, interest


@scalar
def without_dust(amount):
    """``amount``, or 0 where rounding has left no more than nothing."""
    return amount if amount > CLEARED else 0.0


@scalar
def waterfall(paid, fees, penalty, interest, principal):
    """How a payment splits: (fees, penalty, interest, principal)."""
    to_fees = min(paid, fees)
    paid -= to_fees
    to_penalty = min(paid, penalty)
    paid -= to_penalty
    to_interest = min(paid, interest)
    return to_fees, to_penalty, to_interest, min(paid - to_interest, principal)


@scalar
def clear_oldest(queues, row, n_unpaid, amount):
    """Take ``amount`` off a loan's oldest unpaid instalments in place; how many stay unpaid."""
    cleared = 0
    while cleared < n_unpaid and queues[row, cleared] <= amount + CLEARED:
        amount = max(0.0, amount - queues[row, cleared])
        cleared += 1
    left = n_unpaid - cleared
    for k in range(left):
        queues[row, k] = queues[row, k + cleared]
    if left > 0:
        queues[row, 0] -= amount
    return left


@scalar
def join_queue(queues, row, n_unpaid, amount):
    """Add an instalment to a loan's queue; past its length the last slot takes the sum."""
    if n_unpaid < MAX_UNPAID:
        queues[row, n_unpaid] = amount
        return n_unpaid + 1
    queues[row, MAX_UNPAID - 1] += amount
    return n_unpaid


@scalar
def line_draw(principal, limit, target, multiplier, stress_share):
    """What a revolving line draws: back to its target, and a share of the rest under stress."""
    available = max(0.0, limit * multiplier - principal)
    base = min(available, max(0.0, target * multiplier - principal))
    return base + stress_share * (available - base)
