"""The rate of a loan in a month: its base rate, the policy rate's change, the cap.

Equations: docs/model.md, sections 4.1 and 9.
"""

from simulator.kernels.jit import scalar


@scalar
def floating_rate(state, terms, world):
    """Yearly rate of an open loan this month, whatever the cap."""
    return max(0.0, state.base_rate + terms.rate_passthrough * world.policy_change)


@scalar
def effective_rate(state, terms, world):
    """Yearly rate at which an open loan bears interest this month."""
    return min(floating_rate(state, terms, world), world.rate_cap)


@scalar
def new_rate(asked_rate, price_add, terms, world):
    """Yearly price of a loan that is made this month, whatever the cap."""
    return max(0.0, asked_rate + price_add + terms.new_rate_passthrough * world.policy_change)


@scalar
def base_of(rate, terms, world):
    """Base rate of a loan that costs ``rate`` this month: earlier changes move it no more."""
    return rate - terms.rate_passthrough * world.policy_change
