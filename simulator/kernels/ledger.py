"""Phase three of a month: payments post, loans age, end, and are counted.

Equations: docs/model.md, section 8. The only place where balances move.
"""

from simulator.kernels.demand import (
    accrues,
    arrears_of,
    balance_of,
    clear_balance,
    due_parts,
    is_frozen,
    penalty_of_month,
)
from simulator.kernels.household import hardship_of
from simulator.kernels.impairment import note_chunk, see_loans
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
from simulator.kernels.rng import uniform
from simulator.kernels.tally import (
    AT_AGE,
    AT_BALANCE,
    AT_BEFORE_RELIEF,
    AT_CAUSE,
    AT_INCOME,
    AT_LOANS,
    AT_SEGMENT,
    FIRST_30,
    FIRST_90,
    MAX_MOB,
)
from simulator.vocabulary import (
    DAYS_PER_MONTH,
    N_BUCKETS,
    Amortisation,
    Cause,
    Domain,
    Draw,
    Exit,
    Flag,
    LoanStatus,
)

_TO_PAID_OFF = int(Exit.PAID_OFF)
_TO_WRITTEN_OFF = int(Exit.WRITTEN_OFF)
_TO_SOLD = int(Exit.SOLD)
_MONTHLY_FLAGS = Flag.PROMISED | Flag.PROMISES | Flag.WARNED | Flag.BEHIND
_LASTING_FLAGS = Flag.EVER_30 | Flag.EVER_90 | Flag.AGREED


@scalar
def _accrue(loan, terms, state, p, rate_cap, opening, weight, flow):
    """Post interest, penalty and what falls due; (instalment, room for a fee under the cap)."""
    due_principal, due_interest, interest, charged, _ = due_parts(loan, terms, state, p, rate_cap)
    flow.interest_accrued += weight * interest
    flow.forgiven += weight * (interest - charged)
    may_charge = accrues(loan, terms, state) and state.relief_left == 0
    penalty = penalty_of_month(loan, terms, state, rate_cap)
    state.penalty += penalty
    flow.penalty_accrued += weight * penalty
    room = without_dust(rate_cap / 12.0 * opening - charged - penalty) if may_charge else 0.0
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
def _count_paid(weight, fees, penalty, interest, principal, flow):
    """Count a payment's parts."""
    flow.fees_paid += weight * fees
    flow.penalty_paid += weight * penalty
    flow.interest_paid += weight * interest
    flow.principal_paid += weight * principal


@scalar
def _clear_arrears(state, weight, flow):
    """Post a payment of everything that is due: nothing stays unpaid."""
    principal = state.principal_overdue
    _count_paid(weight, state.fees, state.penalty, state.interest_overdue, principal, flow)
    state.fees = 0.0
    state.penalty = 0.0
    state.interest_overdue = 0.0
    state.principal_overdue = 0.0
    state.n_unpaid = 0


@scalar
def _pay_in_part(state, queues, row, due, paid, weight, flow):
    """Let the instalment join the unpaid ones, and post what was paid down the waterfall."""
    if due > 0.0 or (state.n_unpaid > 0 and not is_frozen(state)):
        state.n_unpaid = join_queue(queues, row, state.n_unpaid, due)
    if paid <= 0.0:
        return
    fees, penalty, interest, principal = waterfall(
        paid, state.fees, state.penalty, state.interest_overdue, state.principal_overdue
    )
    _count_paid(weight, fees, penalty, interest, principal, flow)
    state.fees -= fees
    state.penalty -= penalty
    state.interest_overdue -= interest
    state.principal_overdue -= principal
    state.n_unpaid = clear_oldest(queues, row, state.n_unpaid, interest + principal)


@scalar
def _receive(loan, state, person_state, queues, row, due, weight, flow):
    """Post what the borrower pays this month, own money out of savings; how much it is."""
    paid = _money_in(loan, state)
    if paid >= arrears_of(state) - CLEARED and not is_frozen(state):
        _clear_arrears(state, weight, flow)
    else:
        _pay_in_part(state, queues, row, due, paid, weight, flow)
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
def _prepay(loan, terms, state, true_risk, p, world, weight, flow):
    """Early repayment, refinanced outside, or a line given up; what it paid."""
    can = state.n_unpaid == 0 and state.principal > 0.0 and state.fees <= 0.0
    chance = terms.p_prepay_monthly
    if loan.kind == Amortisation.REVOLVING and chance <= 0.0:
        can = False
    if not can or state.relief_left > 0:
        return 0.0
    if true_risk < 0.0:
        rate = min(state.annual_rate, world.rate_cap)
        chance += p.rival_prepay_sensitivity * max(0.0, rate - world.competitor_rate)
    if state.u_prepay >= chance:
        return 0.0
    paid = state.principal + state.interest_deferred
    flow.principal_paid += weight * state.principal
    flow.interest_paid += weight * state.interest_deferred
    state.principal = 0.0
    state.interest_deferred = 0.0
    return paid


@scalar
def _close(state, status):
    """End a loan in the given status; nothing stays on the balance sheet."""
    state.status = status
    clear_balance(state)


@scalar
def _exit(loan, terms, state, rules, repaid, weight, flow, count):
    """Destination of a loan that may end this month: its bucket, or an ``Exit``."""
    balance = balance_of(state)
    if balance <= CLEARED and (repaid or loan.kind != Amortisation.REVOLVING):
        flow.principal_paid += weight * state.principal
        _close(state, LoanStatus.PAID_OFF)
        return _TO_PAID_OFF
    dpd = dpd_at_month_end(state.n_unpaid, loan.due_day)
    if dpd > terms.write_off_dpd:
        flow.written_off += weight * balance
        _close(state, LoanStatus.WRITTEN_OFF)
        return _TO_WRITTEN_OFF
    if dpd > rules.sale_dpd:
        flow.sold += weight * balance
        count.sale_price += weight * balance * rules.sale_price_share
        _close(state, LoanStatus.SOLD)
        return _TO_SOLD
    return 0 + min(state.n_unpaid, N_BUCKETS - 1)


@scalar
def _draw_line(loan, state, person_state, cell, p, weight, flow):
    """New drawings of a revolving line in good standing; they reach the borrower's savings."""
    stress = p.stress_draw_share if person_state.months_short > 0 else 0.0
    target = loan.principal * state.limit / loan.limit
    draw = line_draw(state.principal, state.limit, target, cell.line_multiplier, stress)
    state.principal += draw
    person_state.savings += draw
    flow.disbursed += weight * draw


@scalar
def _count_down(state):
    """One instalment fewer to come, unless relief has put it off."""
    if state.remaining > 0 and not (state.relief_left > 0 and state.relief_due < 1.0):
        state.remaining -= 1


@scalar
def _charge_and_age(loan, terms, state, due, fee_room, weight, flow, count):
    """Late fee, lateness counts, and the spell with its cause."""
    if due > 0.0:
        count.instalments_due += weight
        if state.reason != Cause.NONE:
            count.instalments_late += weight
            fee = _late_fee(loan, terms, state, due, fee_room)
            state.fees += fee
            flow.fees_accrued += weight * fee
    if state.n_unpaid > 0:
        if state.spell == 0:
            state.cause = state.reason
        state.spell += 1
    else:
        state.spell = 0
        state.cause = Cause.NONE


@scalar
def _court_recovery(t, loan, filed, balance, p, key):
    """What a case that the court has yet to decide brings after the write-off: (month, money)."""
    when = filed + int(p.legal_lag_months)
    if when <= t or when > key.horizon:
        return when, 0.0
    u = uniform(key.seed, key.path, loan.id, when, Draw.LEGAL_RESULT, Domain.LOAN)
    return when, balance * p.legal_recovery_share if u < p.effect_legal else 0.0


@scalar
def _count_first(t, loan, state, weight, first_90, count):
    """Count a loan that is 30, or 90, days past due for the first time in the run."""
    if state.n_unpaid < FIRST_30 or state.marks & Flag.EVER_90:
        return
    if not (state.marks & Flag.EVER_30):
        state.marks |= Flag.EVER_30
        count.new_30 += weight
    if state.n_unpaid >= FIRST_90:
        state.marks |= Flag.EVER_90
        count.new_90 += weight
        first_90[loan.vintage, min(max(0, t - loan.origination_month), MAX_MOB)] += weight


@scalar
def _note_overdue(t, n_unpaid, balance, outcome):
    """First months 30+ and 90+ of a borrower, and the balance at the latter."""
    if n_unpaid >= FIRST_30 and outcome.first_30 == 0:
        outcome.first_30 = t
    if n_unpaid >= FIRST_90 and outcome.first_90 == 0:
        outcome.first_90 = t
        outcome.balance_90 = balance


@scalar
def _turn_flags(state, weight, count):
    """End of the month for promises and warnings."""
    if state.marks & Flag.PROMISED and state.n_unpaid == 0:
        count.promises_kept += weight
    promised = state.marks & Flag.PROMISES
    state.marks &= _LASTING_FLAGS
    if promised:
        state.marks |= Flag.PROMISED


@scalar
def _take_note(note, row, to, weight, paid, balance, won, won_in):
    """Write down a loan's month for ``note_chunk``."""
    note.row = row
    note.to = to
    note.weight = weight
    note.paid = paid
    note.balance = balance
    note.won = won
    note.won_in = won_in


@loop
def _post_chunk(
    t, start, stop, kept, book, levers, s, p, world, life, key, out, paid_by_loan, seen
):
    """Post the month of a chunk's open loans; (live borrowers so far, in ``s.live``; notes)."""
    people, loans, terms = book.people, book.loans, book.terms
    cells, classes, rules = levers.loan, levers.class_of_segment, levers.book[0]
    s_people, states, queues, live, filed = s.people, s.loans, s.queue, s.live, s.filed
    flow, count, roll, counts = out.flows[t], out.counts[t], out.roll, out.counts
    written_off, first_90 = out.written_off_by_product, out.vintage_first_90
    outcomes, cap = s.outcomes, world.rate_cap
    notes, n_notes, risks, is_seen = s.notes, 0, s.risks, seen.cells.size > 0
    default_unpaid = book.sight.rules[0].default_unpaid
    watch_months = int(book.sight.rules[0].watch_months)
    for k in range(start, stop):
        b = live[k]
        person, person_state = people[b], s_people[b]
        weight = person.weight
        count.live_borrowers += weight
        still_open = False
        is_overdue = False
        for row in range(person.first_loan, person.first_loan + person.n_loans):
            state = states[row]
            if state.status != LoanStatus.OPEN:
                continue
            loan = loans[row]
            product = terms[loan.product]
            relieved = state.relief_left > 0
            opening = balance_of(state)
            count.opening_balance += weight * opening
            count.opening_loans += weight
            due, fee_room = _accrue(loan, product, state, p, cap, opening, weight, flow)
            _count_down(state)
            paid = _receive(loan, state, person_state, queues, row, due, weight, flow)
            _charge_and_age(loan, product, state, due, fee_room, weight, flow, count)
            repaid = _prepay(loan, product, state, person.true_risk, p, world, weight, flow)
            paid += repaid
            balance = balance_of(state)
            to = _exit(loan, product, state, rules, repaid > 0.0, weight, flow, count)
            roll[t, state.from_bucket, to] += weight * opening
            if to >= _TO_WRITTEN_OFF and person.id % 2 == 0:
                count.lost_even += weight * balance
            won, won_in = 0.0, 0
            if to == _TO_WRITTEN_OFF:
                written_off[t, loan.product] += weight * balance
                if filed[row] > 0:
                    won_in, won = _court_recovery(t, loan, filed[row], balance, p, key)
                    if won > 0.0:
                        counts[won_in].legal_recovered += weight * won
            if is_seen and (
                to >= N_BUCKETS
                or state.n_unpaid >= default_unpaid
                or (state.from_bucket > 0 and risks[row].defaulted > 0)
            ):
                _take_note(notes[n_notes], row, to, weight, paid, balance, won, won_in)
                n_notes += 1
            if state.n_unpaid > 0:
                is_overdue = True
                _note_overdue(t, state.n_unpaid, balance, outcomes[b])
                _count_first(t, loan, state, weight, first_90, count)
            if state.marks & _MONTHLY_FLAGS:
                if is_seen and state.marks & Flag.WARNED:
                    risks[row].warned = watch_months
                _turn_flags(state, weight, count)
            if state.free_left > 0:
                state.free_left -= 1
            if state.status == LoanStatus.OPEN:
                still_open = True
                revolving = loan.kind == Amortisation.REVOLVING
                if revolving and state.n_unpaid == 0 and not relieved:
                    bucket = state.from_bucket
                    cell = cells[t, classes[loan.segment], bucket, hardship_of(life[t, b])]
                    _draw_line(loan, state, person_state, cell, p, weight, flow)
            if relieved:
                state.relief_left -= 1
                count.relief_loans += weight
            if paid_by_loan.size > 0:
                paid_by_loan[row] = paid
        if is_overdue:
            outcomes[b].overdue_months += 1
        if still_open:
            live[kept] = b
            kept += 1
    return kept, n_notes


@loop
def count_stocks(start, stop, book, s, stock, count):
    """Count the open loans of the live borrowers [start, stop) at month end.

    ``stock`` is the month's row of ``Tallies.stocks``.
    """
    people, loans, states, live = book.people, book.loans, s.loans, s.live
    for k in range(start, stop):
        person = people[live[k]]
        weight, age, income = person.weight, person.age_band, person.income_decile
        for row in range(person.first_loan, person.first_loan + person.n_loans):
            state = states[row]
            if state.status != LoanStatus.OPEN:
                continue
            n = state.n_unpaid
            bucket = min(n, N_BUCKETS - 1)
            balance = weight * balance_of(state)
            count.closing_balance += balance
            count.open_loans += weight
            stock[AT_BALANCE + bucket] += balance
            stock[AT_LOANS + bucket] += weight
            stock[AT_BEFORE_RELIEF + max(bucket, state.old_bucket)] += balance
            if n > 0:
                stock[AT_CAUSE + state.cause] += balance
            segment = loans[row].segment
            measures = 1 if n < FIRST_30 else (2 if n < FIRST_90 else 3)
            for measure in range(measures):
                stock[AT_SEGMENT + 3 * segment + measure] += balance
                stock[AT_AGE + 3 * age + measure] += balance
                stock[AT_INCOME + 3 * income + measure] += balance


@loop
def post_payments(t, n_live, book, levers, s, p, world, life, key, out, paid_by_loan, seen):
    """Post and count the month of every open loan; the number of borrowers still live.

    Chunk by chunk, so that a chunk is counted while it is still in the cache.
    """
    kept = 0
    for start in range(0, n_live, CHUNK):
        stop = min(n_live, start + CHUNK)
        before = kept
        kept, n_notes = _post_chunk(
            t, start, stop, kept, book, levers, s, p, world, life, key, out, paid_by_loan, seen
        )
        if n_notes > 0:
            price = levers.book[0].sale_price_share
            note_chunk(t, n_notes, price, world.rate_cap, key, book, s, seen)
        count_stocks(before, kept, book, s, out.stocks[t], out.counts[t])
        if t < seen.cells.shape[0]:
            see_loans(t, before, kept, book, s, life, seen)
    return kept
