"""Phase three of a month: payments post, loans age, end, and are counted.

Equations: docs/model.md, section 8. The only place where balances move.
"""

from simulator.kernels.demand import (
    accrues,
    arrears_of,
    balance_of,
    due_parts,
    is_frozen,
    penalty_of_month,
)
from simulator.kernels.household import hardship_of
from simulator.kernels.households import gather_loan_ids
from simulator.kernels.jit import loop, scalar
from simulator.kernels.payment import (
    CLEARED,
    clear_oldest,
    dpd_at_month_end,
    join_queue,
    line_draw,
    waterfall,
    without_dust,
)
from simulator.kernels.records import CHUNK
from simulator.kernels.rng import fill_units, stream
from simulator.kernels.tally import (
    AT_AGE,
    AT_BALANCE,
    AT_BEFORE_RELIEF,
    AT_CAUSE,
    AT_INCOME,
    AT_LOANS,
    AT_SEGMENT,
    FIRST_90,
    MAX_MOB,
)
from simulator.vocabulary import (
    DAYS_PER_MONTH,
    N_BUCKETS,
    Amortisation,
    Cause,
    Count,
    Domain,
    Draw,
    Exit,
    Flow,
    LoanStatus,
)

_LOAN_GROUP = Draw.PREPAY // 4
_PREPAY_LANE = Draw.PREPAY % 4
_TO_PAID_OFF = int(Exit.PAID_OFF)
_TO_WRITTEN_OFF = int(Exit.WRITTEN_OFF)
_TO_SOLD = int(Exit.SOLD)


@scalar
def _accrue(loan, terms, state, p, rate_cap, weight, flows):
    """Post interest, penalty and the instalment that falls due; (due, charged, penalty)."""
    due_principal, due_interest, interest, charged, _ = due_parts(loan, terms, state, p, rate_cap)
    penalty = penalty_of_month(loan, terms, state, rate_cap)
    flows[Flow.INTEREST_ACCRUED] += weight * interest
    flows[Flow.FORGIVEN] += weight * (interest - charged)
    flows[Flow.PENALTY_ACCRUED] += weight * penalty
    state.penalty += penalty
    if is_frozen(state):
        state.interest_deferred += charged
        return 0.0, charged, penalty
    state.interest_deferred = without_dust(state.interest_deferred + charged - due_interest)
    state.principal = without_dust(state.principal - due_principal)
    state.principal_overdue += due_principal
    state.interest_overdue += due_interest
    return due_principal + due_interest, charged, penalty


@scalar
def _pay(state, queues, row, paid, weight, flows):
    """Post a payment down the waterfall; unpaid instalments clear from the oldest."""
    fees, penalty = state.fees, state.penalty
    interest, principal = state.interest_overdue, state.principal_overdue
    if paid >= fees + penalty + interest + principal - CLEARED:
        state.fees = 0.0
        state.penalty = 0.0
        state.interest_overdue = 0.0
        state.principal_overdue = 0.0
        state.n_unpaid = 0
    else:
        fees, penalty, interest, principal = waterfall(paid, fees, penalty, interest, principal)
        state.fees -= fees
        state.penalty -= penalty
        state.interest_overdue -= interest
        state.principal_overdue -= principal
        state.n_unpaid = clear_oldest(queues, row, state.n_unpaid, interest + principal)
    flows[Flow.FEES_PAID] += weight * fees
    flows[Flow.PENALTY_PAID] += weight * penalty
    flows[Flow.INTEREST_PAID] += weight * interest
    flows[Flow.PRINCIPAL_PAID] += weight * principal


@scalar
def _late_fee(loan, terms, state, due, charged, penalty, opening, rate_cap):
    """Fee for this month's missed instalment, within the all-in cap."""
    if state.n_unpaid > 0:
        missed = DAYS_PER_MONTH - loan.due_day > terms.grace_days
    else:
        missed = state.late > terms.grace_days
    if not missed:
        return 0.0
    room = max(0.0, rate_cap / 12.0 * opening - charged - penalty)
    return min(terms.late_fee_share * due, room)


@scalar
def _prepay(loan, terms, state, true_risk, p, world, u, weight, flows):
    """Early repayment, refinanced outside; what it paid."""
    can = state.n_unpaid == 0 and state.principal > 0.0 and state.fees <= 0.0
    if not can or state.relief_left > 0 or loan.kind == Amortisation.REVOLVING:
        return 0.0
    chance = terms.p_prepay_monthly
    if true_risk < 0.0:
        rate = min(state.annual_rate, world.rate_cap)
        chance += p.rival_prepay_sensitivity * max(0.0, rate - world.competitor_rate)
    if u >= chance:
        return 0.0
    paid = state.principal + state.interest_deferred
    flows[Flow.PRINCIPAL_PAID] += weight * state.principal
    flows[Flow.INTEREST_PAID] += weight * state.interest_deferred
    state.principal = 0.0
    state.interest_deferred = 0.0
    return paid


@scalar
def _close(state, status):
    """End a loan in the given status; nothing stays on the balance sheet."""
    state.status = status
    state.principal = 0.0
    state.principal_overdue = 0.0
    state.interest_overdue = 0.0
    state.interest_deferred = 0.0
    state.penalty = 0.0
    state.fees = 0.0


@scalar
def _exit(loan, terms, state, rules, weight, flows, counts, written_off):
    """Destination of a loan that may end this month: its bucket, or an ``Exit``."""
    balance = balance_of(state)
    if loan.kind != Amortisation.REVOLVING and balance <= CLEARED:
        flows[Flow.PRINCIPAL_PAID] += weight * state.principal
        _close(state, LoanStatus.PAID_OFF)
        return _TO_PAID_OFF
    dpd = dpd_at_month_end(state.n_unpaid, loan.due_day)
    if dpd > terms.write_off_dpd:
        flows[Flow.WRITTEN_OFF] += weight * balance
        written_off[loan.product] += weight * balance
        _close(state, LoanStatus.WRITTEN_OFF)
        return _TO_WRITTEN_OFF
    if dpd > rules.sale_dpd:
        flows[Flow.SOLD] += weight * balance
        counts[Count.SALE_PRICE] += weight * balance * rules.sale_price_share
        _close(state, LoanStatus.SOLD)
        return _TO_SOLD
    return min(state.n_unpaid, N_BUCKETS - 1)


@scalar
def _draw_line(loan, state, person_state, cell, p, weight, flows):
    """New drawings of a revolving line in good standing; they reach the borrower's savings."""
    stress = p.stress_draw_share if person_state.months_short > 0 else 0.0
    target = loan.principal * state.limit / loan.limit
    draw = line_draw(state.principal, state.limit, target, cell.line_multiplier, stress)
    state.principal += draw
    person_state.savings += draw
    flows[Flow.DISBURSED] += weight * draw


@scalar
def _age(state, was_current):
    """Count the spell and keep its cause: that of its first missed instalment."""
    if state.n_unpaid > 0:
        state.spell += 1
        if was_current:
            state.cause = state.reason
    else:
        state.spell = 0
        state.cause = Cause.NONE


@scalar
def _receive(loan, state, person_state, queues, row, weight, flows):
    """Post what the borrower pays this month; refused or too late pays nothing."""
    if state.refused or is_frozen(state) or loan.due_day + state.late > DAYS_PER_MONTH:
        return 0.0
    paid = min(state.able + state.helped, arrears_of(state))
    person_state.savings = max(0.0, person_state.savings - min(paid, state.able))
    _pay(state, queues, row, paid, weight, flows)
    return paid


@scalar
def _post(loan, terms, state, person_state, queues, row, p, rate_cap, weight, flows, counts):
    """Accrue, receive and age one loan; what was paid."""
    opening = balance_of(state)
    was_current = state.n_unpaid == 0
    relieved, frozen = state.relief_left > 0, is_frozen(state)
    accruing = accrues(loan, terms, state)
    counts[Count.OPENING_BALANCE] += weight * opening
    counts[Count.OPENING_LOANS] += weight
    due, charged, penalty = _accrue(loan, terms, state, p, rate_cap, weight, flows)
    if due > 0.0 or (state.n_unpaid > 0 and not frozen):
        state.n_unpaid = join_queue(queues, row, state.n_unpaid, due)
    if state.remaining > 0 and not (relieved and state.relief_due < 1.0):
        state.remaining -= 1
    paid = _receive(loan, state, person_state, queues, row, weight, flows)
    if due > 0.0:
        counts[Count.INSTALMENTS_DUE] += weight
        if state.reason != Cause.NONE:
            counts[Count.INSTALMENTS_LATE] += weight
        if accruing and not relieved:
            fee = _late_fee(loan, terms, state, due, charged, penalty, opening, rate_cap)
            state.fees += fee
            flows[Flow.FEES_ACCRUED] += weight * fee
    _age(state, was_current)
    return paid


@scalar
def count_stock(loan, person, state, stock, counts):
    """Count an open loan at month end in every stock tally; ``stock`` is the month's row."""
    n = state.n_unpaid
    bucket = min(n, N_BUCKETS - 1)
    balance = person.weight * balance_of(state)
    counts[Count.CLOSING_BALANCE] += balance
    counts[Count.OPEN_LOANS] += person.weight
    stock[AT_BALANCE + bucket] += balance
    stock[AT_LOANS + bucket] += person.weight
    stock[AT_BEFORE_RELIEF + max(bucket, state.old_bucket)] += balance
    if n > 0:
        stock[AT_CAUSE + state.cause] += balance
    measures = 1 if n < 2 else (2 if n < FIRST_90 else 3)
    for measure in range(measures):
        stock[AT_SEGMENT + 3 * loan.segment + measure] += balance
        stock[AT_AGE + 3 * person.age_band + measure] += balance
        stock[AT_INCOME + 3 * person.income_decile + measure] += balance


@loop
def post_payments(t, n_live, book, levers, s, p, world, key, life, out, paid_by_loan):
    """Post the month of every open loan; the number of borrowers still live, kept in ``s.live``."""
    people, loans, terms = book.people, book.loans, book.terms
    cells, classes, rules = levers.loan, levers.class_of_segment, levers.book[0]
    s_people, states, queues, live, ids, u_loan = (
        s.people,
        s.loans,
        s.queue,
        s.live,
        s.ids,
        s.u_loan,
    )
    flows, counts, roll, stock = out.flows[t], out.counts[t], out.roll[t], out.stocks[t]
    written_off, first_90 = out.written_off_by_product[t], out.vintage_first_90
    counter = stream(t, _LOAN_GROUP, Domain.LOAN)
    kept = 0
    for start in range(0, n_live, CHUNK):
        stop = min(n_live, start + CHUNK)
        n = gather_loan_ids(people, live, start, stop, loans, states, ids)
        fill_units(ids[:n], counter, key.path, key.seed, u_loan)
        column = 0
        for k in range(start, stop):
            b = live[k]
            person = people[b]
            weight = person.weight
            counts[Count.LIVE_BORROWERS] += weight
            still_open = False
            for row in range(person.first_loan, person.stop_loan):
                state = states[row]
                if state.status != LoanStatus.OPEN:
                    continue
                loan = loans[row]
                product = terms[loan.product]
                opening = weight * balance_of(state)
                paid = _post(
                    loan,
                    product,
                    state,
                    s_people[b],
                    queues,
                    row,
                    p,
                    world.rate_cap,
                    weight,
                    flows,
                    counts,
                )
                u = u_loan[_PREPAY_LANE, column]
                column += 1
                paid += _prepay(loan, product, state, person.true_risk, p, world, u, weight, flows)
                to = _exit(loan, product, state, rules, weight, flows, counts, written_off)
                roll[state.from_bucket, to] += opening
                if state.n_unpaid >= FIRST_90 and not state.ever_90:
                    state.ever_90 = 1
                    mob = min(max(0, t - loan.origination_month), MAX_MOB)
                    first_90[loan.vintage, mob] += weight
                relieved = state.relief_left > 0
                if state.status == LoanStatus.OPEN:
                    still_open = True
                    revolving = loan.kind == Amortisation.REVOLVING
                    if revolving and state.n_unpaid == 0 and not relieved:
                        cell = cells[t, classes[loan.segment], 0, hardship_of(life[t, b])]
                        _draw_line(loan, state, s_people[b], cell, p, weight, flows)
                    count_stock(loan, person, state, stock, counts)
                if relieved:
                    state.relief_left -= 1
                    counts[Count.RELIEF_LOANS] += weight
                if paid_by_loan.size > 0:
                    paid_by_loan[row] = paid
            if still_open:
                live[kept] = b
                kept += 1
    return kept
