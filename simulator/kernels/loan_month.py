"""What a month does to one loan: accrual, payment, fee, early repayment, drawing, age and end.

Equations: docs/model.md, section 8. The only place where balances move.
"""

from simulator.kernels.amounts_due import (
    accrues,
    arrears_of,
    balance_of,
    clear_balance,
    due_parts,
    is_frozen,
    penalty_of_month,
)
from simulator.kernels.interest_rate import effective_rate
from simulator.kernels.jit import scalar
from simulator.kernels.payment import (
    CLEARED,
    clear_oldest,
    dpd_at_month_end,
    join_queue,
    line_draw,
    waterfall,
    without_dust,
)
from simulator.kernels.rng import uniform
from simulator.vocabulary import (
    DAYS_PER_MONTH,
    N_BUCKETS,
    Amortisation,
    Cause,
    Domain,
    Draw,
    Exit,
    LoanStatus,
)

TO_PAID_OFF = int(Exit.PAID_OFF)
TO_WRITTEN_OFF = int(Exit.WRITTEN_OFF)
TO_SOLD = int(Exit.SOLD)


@scalar
def accrue(loan, terms, state, p, world, opening, moved):
    """Post interest, penalty and what falls due; (instalment, room for a fee under the cap)."""
    due_principal, due_interest, interest, charged, _ = due_parts(loan, terms, state, p, world)
    moved.interest_accrued += interest
    moved.forgiven += interest - charged
    may_charge = accrues(loan, terms, state) and state.relief_left == 0
    penalty = penalty_of_month(loan, terms, state, world)
    state.penalty += penalty
    moved.penalty_accrued += penalty
    allowed = world.rate_cap / 12.0 * opening - charged - penalty
    room = without_dust(allowed) if may_charge else 0.0
    state.interest_deferred = without_dust(state.interest_deferred + charged - due_interest)
    state.principal = without_dust(state.principal - due_principal)
    state.principal_overdue += due_principal
    state.interest_overdue += due_interest
    return due_principal + due_interest, room


@scalar
def _money_in(loan, state):
    """What the borrower pays this month; refused, frozen or too late is nothing."""
    if state.refused or is_frozen(state) or loan.due_day + state.late > DAYS_PER_MONTH:
        return 0.0
    return min(state.able + state.helped, arrears_of(state))


@scalar
def _count_paid(fees, penalty, interest, principal, moved):
    """Count a payment's parts."""
    moved.fees_paid += fees
    moved.penalty_paid += penalty
    moved.interest_paid += interest
    moved.principal_paid += principal


@scalar
def _clear_arrears(state, moved):
    """Post a payment of everything that is due: nothing stays unpaid."""
    principal = state.principal_overdue
    _count_paid(state.fees, state.penalty, state.interest_overdue, principal, moved)
    state.fees = 0.0
    state.penalty = 0.0
    state.interest_overdue = 0.0
    state.principal_overdue = 0.0
    state.n_unpaid = 0


@scalar
def _pay_in_part(state, queues, row, due, paid, moved):
    """Let the instalment join the unpaid ones, and post what was paid down the waterfall."""
    if due > 0.0 or (state.n_unpaid > 0 and not is_frozen(state)):
        state.n_unpaid = join_queue(queues, row, state.n_unpaid, due)
    if paid <= 0.0:
        return
    fees, penalty, interest, principal = waterfall(
        paid, state.fees, state.penalty, state.interest_overdue, state.principal_overdue
    )
    _count_paid(fees, penalty, interest, principal, moved)
    state.fees -= fees
    state.penalty -= penalty
    state.interest_overdue -= interest
    state.principal_overdue -= principal
    state.n_unpaid = clear_oldest(queues, row, state.n_unpaid, interest + principal)


@scalar
def receive(loan, state, person_state, queues, row, due, moved):
    """Post what the borrower pays this month, own money out of savings; how much it is."""
    paid = _money_in(loan, state)
    if paid >= arrears_of(state) - CLEARED and not is_frozen(state):
        _clear_arrears(state, moved)
    else:
        _pay_in_part(state, queues, row, due, paid, moved)
    if paid > 0.0:
        person_state.savings = max(0.0, person_state.savings - min(paid, state.able))
    return paid


@scalar
def _late_fee(loan, terms, state, due, room):
    """Fee for this month's missed instalment, within the room that the all-in cap leaves."""
    if state.n_unpaid > 0:
        missed = DAYS_PER_MONTH - loan.due_day > terms.grace_days
    else:
        missed = state.late > terms.grace_days
    return min(terms.late_fee_share * due, room) if missed else 0.0


@scalar
def wants_to_prepay(kind, rate, true_risk, u, terms, p, world):
    """Whether a loan at a yearly ``rate`` would be repaid early; a line without a chance never."""
    dearer = max(0.0, rate - world.competitor_rate) if true_risk < 0.0 else 0.0
    chance = terms.p_prepay_monthly + p.rival_prepay_sensitivity * dearer
    never = (kind == Amortisation.REVOLVING) & (terms.p_prepay_monthly <= 0.0)
    return (u < chance) & (not never)


@scalar
def prepay(loan, terms, state, true_risk, p, world, moved):
    """Early repayment, refinanced outside, or a line given up; what it paid."""
    can = state.n_unpaid == 0 and state.principal > 0.0 and state.fees <= 0.0
    if not can or state.relief_left > 0:
        return 0.0
    rate = effective_rate(state, terms, world)
    if not wants_to_prepay(loan.kind, rate, true_risk, state.u_prepay, terms, p, world):
        return 0.0
    paid = state.principal + state.interest_deferred
    moved.principal_paid += state.principal
    moved.interest_paid += state.interest_deferred
    state.principal = 0.0
    state.interest_deferred = 0.0
    return paid


@scalar
def _close(state, status):
    """End a loan in the given status; nothing stays on the balance sheet."""
    state.status = status
    clear_balance(state)


@scalar
def exit_of(loan, terms, state, rules, ends, moved):
    """Destination of a loan that may end this month: its bucket, or an ``Exit``.

    ``ends``: whether a line without a balance ends, repaid early or in the run-off.
    """
    balance = balance_of(state)
    if balance <= CLEARED and (ends or loan.kind != Amortisation.REVOLVING):
        moved.principal_paid += state.principal
        _close(state, LoanStatus.PAID_OFF)
        return TO_PAID_OFF
    dpd = dpd_at_month_end(state.n_unpaid, loan.due_day)
    if dpd > terms.write_off_dpd:
        moved.written_off += balance
        _close(state, LoanStatus.WRITTEN_OFF)
        return TO_WRITTEN_OFF
    if dpd > rules.sale_dpd:
        moved.sold += balance
        _close(state, LoanStatus.SOLD)
        return TO_SOLD
    return 0 + min(state.n_unpaid, N_BUCKETS - 1)


@scalar
def draw_line(loan, state, person_state, lever, p, moved):
    """New drawings of a revolving line in good standing; they reach the borrower's savings."""
    stress = p.stress_draw_share if person_state.months_short > 0 else 0.0
    target = loan.usual_principal * state.limit / loan.limit
    draw = line_draw(state.principal, state.limit, target, lever.line_multiplier, stress)
    state.principal += draw
    person_state.savings += draw
    moved.disbursed += draw


@scalar
def count_down(state):
    """One instalment fewer to come, unless relief has put it off."""
    if state.remaining > 0 and not (state.relief_left > 0 and state.relief_due < 1.0):
        state.remaining -= 1


@scalar
def charge_and_age(loan, terms, state, due, fee_room, heads, moved, count):
    """Late fee, lateness counts, and the spell with its cause."""
    if due > 0.0:
        count.instalments_due += heads
        if state.reason != Cause.NONE:
            count.instalments_late += heads
            fee = _late_fee(loan, terms, state, due, fee_room)
            state.fees += fee
            moved.fees_accrued += fee
    if state.n_unpaid > 0:
        if state.spell == 0:
            state.cause = state.reason
        state.spell += 1
    else:
        state.spell = 0
        state.cause = Cause.NONE


@scalar
def court_recovery(t, loan, filed, balance, p, key):
    """What a case that the court has yet to decide brings after the write-off: (month, money)."""
    when = filed + int(p.legal_lag_months)
    if when <= t or when > key.horizon:
        return when, 0.0
    u = uniform(key.seed, key.path, loan.id, when, Draw.LEGAL_RESULT, Domain.LOAN)
    return when, balance * p.legal_recovery_share if u < p.effect_legal else 0.0
