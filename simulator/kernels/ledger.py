"""Phase three of a month: payments post, loans age, end, and are counted.

Equations: docs/model.md, section 8; what happens to one loan stands in ``loan_month``.
"""

from simulator.kernels.amounts_due import (
    balance_of,
)
from simulator.kernels.customers import record_overdue, rest
from simulator.kernels.exact import units
from simulator.kernels.impairment import note_chunk, see_loans
from simulator.kernels.jit import loop, scalar
from simulator.kernels.loan_month import (
    TO_SOLD,
    TO_WRITTEN_OFF,
    accrue,
    charge_and_age,
    count_down,
    court_recovery,
    draw_line,
    exit_of,
    prepay,
    receive,
)
from simulator.kernels.prefetch import LOAN_AHEAD, PERSON_AHEAD, prefetch
from simulator.kernels.records import CHUNK
from simulator.kernels.run_off import follow, gain_of, outlook_of
from simulator.kernels.score_power import application_segment, judge_month, judge_repeat
from simulator.kernels.seen_hardship import seen_hardship
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
from simulator.kernels.worth import earn_from, lend_to
from simulator.vocabulary import (
    N_BUCKETS,
    Amortisation,
    Flag,
    LoanStatus,
    WorkState,
)

_MONTHLY_FLAGS = Flag.PROMISED | Flag.PROMISES | Flag.WARNED | Flag.BEHIND
_LASTING_FLAGS = Flag.EVER_30 | Flag.EVER_90 | Flag.AGREED


@scalar
def _begin_flows(moved):
    """Before a loan's month: nothing has moved."""
    moved.disbursed = 0.0
    moved.interest_accrued = 0.0
    moved.penalty_accrued = 0.0
    moved.fees_accrued = 0.0
    moved.principal_paid = 0.0
    moved.interest_paid = 0.0
    moved.penalty_paid = 0.0
    moved.fees_paid = 0.0
    moved.forgiven = 0.0
    moved.written_off = 0.0
    moved.sold = 0.0


@scalar
def _count_flows(moved, weight, scale, flow):
    """Add a loan's month to the month's flows."""
    flow.disbursed += units(weight * moved.disbursed, scale)
    flow.interest_accrued += units(weight * moved.interest_accrued, scale)
    flow.penalty_accrued += units(weight * moved.penalty_accrued, scale)
    flow.fees_accrued += units(weight * moved.fees_accrued, scale)
    flow.principal_paid += units(weight * moved.principal_paid, scale)
    flow.interest_paid += units(weight * moved.interest_paid, scale)
    flow.penalty_paid += units(weight * moved.penalty_paid, scale)
    flow.fees_paid += units(weight * moved.fees_paid, scale)
    flow.forgiven += units(weight * moved.forgiven, scale)
    flow.written_off += units(weight * moved.written_off, scale)
    flow.sold += units(weight * moved.sold, scale)


@scalar
def _count_first(t, loan, state, worth, heads, first_90, by_cause, count):
    """Count a loan that is 30, or 90, days past due for the first time in the run.

    ``worth``: its weighted balance, in units.
    """
    if state.n_unpaid < FIRST_30 or state.marks & Flag.EVER_90:
        return
    if not (state.marks & Flag.EVER_30):
        state.marks |= Flag.EVER_30
        count.new_30 += heads
    if state.n_unpaid >= FIRST_90:
        state.marks |= Flag.EVER_90
        count.new_90 += heads
        first_90[loan.vintage, min(max(0, t - loan.origination_month), MAX_MOB)] += heads
        by_cause[t, state.cause] += worth


@scalar
def _note_overdue(t, n_unpaid, balance, outcome):
    """First months 30+ and 90+ of a borrower, and the balance at the latter."""
    if n_unpaid >= FIRST_30 and outcome.first_30 == 0:
        outcome.first_30 = t
    if n_unpaid >= FIRST_90 and outcome.first_90 == 0:
        outcome.first_90 = t
        outcome.balance_90 = balance


@scalar
def _turn_flags(state, heads, count):
    """End of the month for promises and warnings."""
    if state.marks & Flag.PROMISED and state.n_unpaid == 0:
        count.promises_kept += heads
    promised = state.marks & Flag.PROMISES
    state.marks &= _LASTING_FLAGS
    if promised:
        state.marks |= Flag.PROMISED


@scalar
def _take_note(note, row, to, person, paid, balance, won, won_in):
    """Write down a loan's month for ``note_chunk``."""
    note.row = row
    note.to = to
    note.weight = person.weight
    note.heads = person.heads
    note.paid = paid
    note.balance = balance
    note.won = won
    note.won_in = won_in


@loop
def _post_chunk(
    t, start, stop, kept, book, levers, s, p, world, life, key, out, paid_by_loan, seen
):
    """Post the month of a chunk's open loans; (live borrowers so far, in ``s.live``; notes)."""
    people, loans, terms = book.people, s.slots, book.terms
    loan_levers, classes, rules = levers.loan, levers.class_of_segment, levers.book[0]
    s_people, states, queues, live, filed = s.people, s.loans, s.queue, s.live, s.filed
    flow, count, roll, counts = out.flows[t], out.counts[t], out.roll, out.counts
    written_off, first_90 = out.written_off_by_product, out.vintage_first_90
    by_cause = out.new_90_by_cause
    outcomes = s.outcomes
    notes, n_notes, risks, is_seen = s.notes, 0, s.risks, seen.cells.size > 0
    entries, floors = book.entries, book.band_floors
    outlook, brought, passed_on = s.outlook, s.brought, s.passed_on
    gone, n_gone = s.struck, 0
    facts, in_run_off, moved = book.facts[0], t > key.months, s.moved[0]
    money, scale = facts.reference_money, facts.money_scale
    applicants, by_score = out.applicants, out.applicants.shape[0] > 0
    default_unpaid = book.sight.rules[0].default_unpaid
    may_rest = p.return_monthly > 0.0 and t + 1 < book.first_applicant.size and t <= key.months
    watch_months = int(book.sight.rules[0].watch_months)
    for k in range(start, stop):
        ahead = live[min(k + PERSON_AHEAD, live.size - 1)]
        prefetch(people, ahead)
        prefetch(s_people, ahead)
        at = people[live[min(k + LOAN_AHEAD, live.size - 1)]].first_loan
        prefetch(states, at)
        prefetch(loans, at)
        b = live[k]
        person, person_state = people[b], s_people[b]
        weight, heads = person.weight, person.heads
        count.live_borrowers += heads
        if (life[t, b] & 3) == WorkState.UNEMPLOYED:
            count.unemployed += heads
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
            opening_worth = units(weight * opening, scale)
            count.opening_balance += opening_worth
            count.opening_loans += heads
            _begin_flows(moved)
            due, fee_room = accrue(loan, product, state, p, world, opening, moved)
            count_down(state)
            paid = receive(loan, state, person_state, queues, row, due, moved)
            charge_and_age(loan, product, state, due, fee_room, heads, moved, count)
            repaid = prepay(loan, product, state, person.true_risk, p, world, moved)
            paid += repaid
            balance = balance_of(state)
            worth = units(weight * balance, scale)
            ends = repaid > 0.0 or in_run_off
            to = exit_of(loan, product, state, rules, ends, moved)
            roll[t, state.from_bucket, to] += opening_worth
            if to >= TO_WRITTEN_OFF and person.id % 2 == 0:
                count.lost_even += worth
            if to == TO_SOLD:
                count.sale_price += units(weight * balance * rules.sale_price_share, scale)
            won, won_in = 0.0, 0
            if to == TO_WRITTEN_OFF:
                written_off[t, loan.product] += worth
                if filed[row] > 0:
                    won_in, won = court_recovery(t, loan, filed[row], balance, p, key)
                    if won > 0.0:
                        counts[won_in].legal_recovered += units(weight * won, scale)
            if is_seen and (
                to >= N_BUCKETS
                or state.n_unpaid >= default_unpaid
                or (state.from_bucket > 0 and risks[row].defaulted > 0)
            ):
                _take_note(notes[n_notes], row, to, person, paid, balance, won, won_in)
                n_notes += 1
            if state.n_unpaid > 0:
                is_overdue = True
                record_overdue(t, state.n_unpaid, to, person_state, p)
                if loan.again:
                    first = application_segment(loan.segment, entries[b].score, floors)
                    judge_repeat(t, loan, state, to, first, heads, key, out.repeat_judged)
                else:
                    _note_overdue(t, state.n_unpaid, balance, outcomes[b])
                    s.bad[row] |= judge_month(t, loan, state, to)
                _count_first(t, loan, state, worth, heads, first_90, by_cause, count)
            if state.marks & _MONTHLY_FLAGS:
                if is_seen and state.marks & Flag.WARNED:
                    risks[row].warned = watch_months
                _turn_flags(state, heads, count)
            if state.free_left > 0:
                state.free_left -= 1
            if state.status == LoanStatus.OPEN:
                still_open = True
                revolving = loan.kind == Amortisation.REVOLVING
                if revolving and state.n_unpaid == 0 and not relieved and not in_run_off:
                    bucket = state.from_bucket
                    seen = seen_hardship(life[t, b], person_state.hardship_known)
                    lever = loan_levers[t, classes[loan.segment], bucket, seen]
                    draw_line(loan, state, person_state, lever, p, moved)
            _count_flows(moved, weight, scale, flow)
            if relieved:
                state.relief_left -= 1
                count.relief_loans += heads
            if in_run_off or by_score:
                interest = weight * (paid - moved.principal_paid)
                price = rules.sale_price_share
                gain = gain_of(
                    p, money, product, to, weight, opening, balance, paid, interest, s.spent[row],
                    price, won,
                )  # fmt: skip
                if in_run_off:
                    left = weight * balance_of(state)
                    outlook[row] = follow(
                        outlook[row], loan.product, to, outlook_of(state), left, gain,
                        facts.path_money_scale, brought, passed_on,
                    )  # fmt: skip
                if by_score and person.arrival_month > 0:
                    applicant = applicants[book.score_cell[b]]
                    charged_off = weight * balance if to >= TO_WRITTEN_OFF else 0.0
                    earn_from(t, gain, charged_off, p, facts, applicant)
                    lend_to(t, weight * moved.disbursed, p, facts, applicant)
            if paid_by_loan.size > 0:
                paid_by_loan[row] = paid
        if is_overdue:
            outcomes[b].overdue_months += 1
        if still_open:
            live[kept] = b
            kept += 1
        elif may_rest:
            gone[n_gone] = b
            n_gone += 1
    if n_gone > 0:
        rest(t, n_gone, gone, people, s)
    return kept, n_notes


@loop
def count_stocks(start, stop, book, s, stock, count):
    """Count the open loans of the live borrowers [start, stop) at month end.

    ``stock`` is the month's row of ``Tallies.stocks``.
    """
    people, loans, states, live = book.people, s.slots, s.loans, s.live
    scale = book.facts[0].money_scale
    for k in range(start, stop):
        person = people[live[k]]
        age, income = person.age_band, person.income_decile
        for row in range(person.first_loan, person.first_loan + person.n_loans):
            state = states[row]
            if state.status != LoanStatus.OPEN:
                continue
            n = state.n_unpaid
            bucket = min(n, N_BUCKETS - 1)
            balance = units(person.weight * balance_of(state), scale)
            count.closing_balance += balance
            count.open_loans += person.heads
            stock[AT_BALANCE + bucket] += balance
            stock[AT_LOANS + bucket] += person.heads
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
            note_chunk(t, n_notes, price, world, key, book, s, seen)
        count_stocks(before, kept, book, s, out.stocks[t], out.counts[t])
        if t < seen.cells.shape[0]:
            see_loans(t, before, kept, book, s, life, seen)
    return kept
