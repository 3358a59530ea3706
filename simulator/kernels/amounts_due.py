"""What a loan demands this month. Read by the household and, again, by the ledger.

``loan`` is the loan's record in the book, ``state`` its state, ``terms`` its product's record.
"""

from simulator.kernels.interest_rate import effective_rate
from simulator.kernels.jit import scalar
from simulator.kernels.payment import (
    annuity_instalment,
    dpd_at_month_end,
    scheduled_principal,
    split_due,
)
from simulator.vocabulary import Amortisation


@scalar
def accrues(loan, terms, state):
    """Whether interest still accrues: days past due at the last month end below the stop."""
    return dpd_at_month_end(state.n_unpaid, loan.due_day) < terms.accrual_stop_dpd


@scalar
def is_frozen(state):
    """Whether relief defers the whole instalment, so that nothing falls due."""
    return state.relief_left > 0 and state.relief_due <= 0.0


@scalar
def instalment_of(loan, terms, state, monthly_rate):
    """Instalment of an annuity: as it was made, or today's if its rate floats."""
    if terms.rate_passthrough > 0.0 and loan.kind == Amortisation.ANNUITY:
        return annuity_instalment(state.principal, monthly_rate, max(1, state.remaining))
    return state.instalment


@scalar
def due_parts(loan, terms, state, p, world):
    """(principal due, interest due, interest accrued, interest charged, full instalment)."""
    rate = effective_rate(state, terms, world)
    return parts_at(rate, instalment_of(loan, terms, state, rate / 12.0), loan, terms, state, p)


@scalar
def parts_at(rate, instalment, loan, terms, state, p):
    """``due_parts`` at a yearly rate; ``instalment`` of an annuity."""
    contract_interest = state.principal * rate / 12.0
    interest = contract_interest if accrues(loan, terms, state) else 0.0
    relieved = state.relief_left > 0
    charged = interest * state.relief_interest if relieved else interest
    if state.free_left > 0:
        charged = 0.0
    interest_part = charged
    if state.interest_deferred > 0.0:
        revolving = loan.kind == Amortisation.REVOLVING
        spread = p.deferred_spread_months if revolving else max(1.0, float(state.remaining))
        interest_part += state.interest_deferred / spread
    principal_part = scheduled_principal(
        loan.kind,
        state.principal,
        contract_interest,
        instalment,
        state.remaining,
        state.limit,
        terms.min_payment_share,
        p.minimum_line_share,
    )
    share = state.relief_due if relieved else 1.0
    due_principal, due_interest = split_due(principal_part, interest_part, share)
    return due_principal, due_interest, interest, charged, principal_part + interest_part


@scalar
def penalty_of_month(loan, terms, state, world):
    """Penalty interest of the month on overdue principal; none in relief or without accrual."""
    if state.principal_overdue <= 0.0 or state.relief_left > 0:
        return 0.0
    if not accrues(loan, terms, state):
        return 0.0
    rate = effective_rate(state, terms, world) * terms.penalty_multiple
    return state.principal_overdue * min(rate, world.rate_cap) / 12.0


@scalar
def arrears_of(state):
    """All that is overdue: principal, interest, penalty and fees."""
    return state.principal_overdue + state.interest_overdue + state.penalty + state.fees


@scalar
def balance_of(state):
    """Principal and all receivables."""
    return state.principal + state.interest_deferred + arrears_of(state)


@scalar
def demand_of(loan, terms, state, p, world):
    """(demand, instalment due): what must be paid this month, arrears included."""
    if is_frozen(state):
        return 0.0, 0.0
    due_principal, due_interest, _, _, _ = due_parts(loan, terms, state, p, world)
    due = due_principal + due_interest
    return due + arrears_of(state) + penalty_of_month(loan, terms, state, world), due


@scalar
def clear_balance(state):
    """Take all money off a loan's state."""
    state.principal = 0.0
    state.principal_overdue = 0.0
    state.interest_overdue = 0.0
    state.interest_deferred = 0.0
    state.penalty = 0.0
    state.fees = 0.0
