"""One path of one policy, month by month. The order of a month reads top to bottom."""

import numpy as np

from simulator.kernels.contacts import contact_borrowers, forget_costs
from simulator.kernels.customers import catch_up, open_record
from simulator.kernels.early_warning import has_warning
from simulator.kernels.exact import units
from simulator.kernels.history import write_history
from simulator.kernels.households import likeliest_relief, plan_households
from simulator.kernels.impairment import close_episodes, forget_risk, see_loans
from simulator.kernels.jit import loop, scalar
from simulator.kernels.ledger import count_stocks, post_payments
from simulator.kernels.lending import lend, reset_loan
from simulator.kernels.payment import annuity_instalment
from simulator.kernels.records import AT_OPENING, NEVER_OPENED, NOT_TRACKED
from simulator.kernels.rng import uniform
from simulator.kernels.run_off import begin_run_off, end_run_off
from simulator.kernels.score_power import judge_score
from simulator.kernels.seats import (
    clear_tiles,
    close_ranks,
    reaches_some,
    sit_down,
    stand_up,
)
from simulator.kernels.tally import FIRST_30, FIRST_90
from simulator.kernels.tiles import spend_quiet_month
from simulator.kernels.worth import leave_by_score
from simulator.vocabulary import Cause, Domain, Draw, Flag, LoanStatus, WorkState


@scalar
def _open(loan, opening, state, queues, row):
    """Put a loan of the opening book into its opening state."""
    state.status = LoanStatus.OPEN
    state.principal = opening.principal
    state.principal_overdue = opening.principal_overdue
    state.interest_overdue = opening.interest_overdue
    state.penalty = opening.penalty
    state.fees = opening.fees
    state.remaining = opening.remaining_months
    state.instalment = annuity_instalment(
        opening.principal, opening.annual_rate / 12.0, max(1, opening.remaining_months)
    )
    state.n_unpaid = opening.n_unpaid
    state.spell = opening.months_overdue
    if opening.n_unpaid >= FIRST_30:
        state.marks |= Flag.EVER_30
    if opening.n_unpaid >= FIRST_90:
        state.marks |= Flag.EVER_90
    if opening.n_unpaid > 0:
        state.cause = Cause.AT_OPENING
        for k in range(opening.n_unpaid):
            queues[row, k] = (
                opening.principal_overdue + opening.interest_overdue
            ) / opening.n_unpaid


@scalar
def _reset_outcome(outcome, arrival_month):
    """Forget what happened to a borrower on the last path."""
    outcome.balance_90 = 0.0
    outcome.balance_relief = 0.0
    outcome.contacts = 0.0
    outcome.first_30 = 0
    outcome.first_90 = 0
    outcome.first_relief = 0
    outcome.last_relief = 0
    outcome.overdue_months = 0 if arrival_month == 0 else NEVER_OPENED
    outcome.complaints = 0


@loop
def open_book(book, s, p, key, out):
    """Opening state of every loan and borrower, counted as month 0; the number of live ones.

    ``life`` from ``simulate_lives``.
    """
    people, loans, states, s_people, queues = book.people, book.loans, s.loans, s.people, s.queue
    entries = book.entries
    filed, outcomes = s.filed, s.outcomes
    filed[:] = 0
    s.bad[:] = 0
    s.n_dormant[0] = 0
    lends_again = p.return_monthly > 0.0 and book.first_applicant.size > 2
    s.track[:] = NOT_TRACKED
    for row in range(s.risks.size):
        forget_risk(s.risks[row])
    n_live = 0
    for b in range(people.size):
        person, entry, person_state = people[b], entries[b], s_people[b]
        person_state.savings = entry.savings_at_opening
        person_state.other_debt = entry.other_debt
        person_state.other_missed = entry.other_missed
        person_state.months_short = entry.months_short
        person_state.refusing = 0
        person_state.hardship_known = entry.hardship_known
        person_state.cut_off = entry.cut_off
        open_record(entry, person_state)
        outcome = outcomes[b]
        _reset_outcome(outcome, person.arrival_month)
        worst = 0
        for row in range(person.first_loan, person.first_loan + person.n_loans):
            loan, opening, state = loans[row], book.openings[row], states[row]
            s.slots[row] = loan
            reset_loan(state, opening.annual_rate, loan.limit)
            if person.arrival_month == 0:
                _open(loan, opening, state, queues, row)
                worst = max(worst, opening.n_unpaid)
                out.vintage_loans[loan.vintage] += person.heads
            elif person.arrival_month < 0:
                state.status = LoanStatus.PAID_OFF
        if person.arrival_month == 0 and person.n_loans > 0:
            s.live[n_live] = b
            n_live += 1
        if person.arrival_month < 0 and lends_again:
            s.dormant[s.n_dormant[0]] = b
            s.n_dormant[0] += 1
        if worst >= FIRST_30:
            outcome.first_30 = AT_OPENING
        if worst >= FIRST_90:
            outcome.first_90 = AT_OPENING
        if entry.refusing:
            u = uniform(key.seed, key.path, person.id, 0, Draw.REFUSE, Domain.BORROWER)
            person_state.refusing = u < p.strength_wont_pay
    return n_live


@scalar
def _staff_share(t, key, facts, counts):
    """Staff and programmes over today's: after new lending stops they shrink with the book."""
    if t <= key.months or facts.opening_loans <= 0.0:
        return 1.0
    return min(1.0, counts[t - 1].open_loans / (facts.opening_loans * facts.count_scale))


@loop
def _count_live(n_live, book, s, life, count):
    """Borrowers of the opening book, and those of them who are out of work."""
    for k in range(n_live):
        b = s.live[k]
        count.live_borrowers += book.people[b].heads
        if (life[0, b] & 3) == WorkState.UNEMPLOYED:
            count.unemployed += book.people[b].heads


@loop
def simulate_path(
    book, levers, stages, params, months, key, life, s, tiles, out, seen, history, history_rows
):
    """Simulate one path under one policy into ``out`` (one path's slices) and ``seen`` (``Seen``).

    ``months``: the path's rows of ``World.months``; ``life`` from
    ``simulate_lives``; ``history``: records of shape (horizon + 1, n) of the n loans in
    ``history_rows``, or (0, 0).
    """
    seen.cells[:] = 0
    seen.moves[:] = 0
    tiles.quiet[0] = 0
    n_live = open_book(book, s, params[0], key, out)
    count_stocks(0, n_live, book, s, out.stocks[0], out.counts[0])
    if seen.cells.shape[0] > 0:
        see_loans(0, 0, n_live, book, s, life, seen)
    n_live = simulate_months(
        0, key.horizon, n_live, book, levers, stages, params, months, key, life, s, tiles, out,
        seen, history, history_rows,
    )  # fmt: skip
    end_run_off(n_live, book, s, out.left)
    if out.applicants.shape[0] > 0:
        leave_by_score(n_live, book, s, out.applicants_left)
    judge_score(key, book, s, out.score_power, out.judged, out.applicants)
    if seen.cells.shape[0] > 0:
        close_episodes(n_live, months[key.horizon], key, book, s, seen)


@loop
def simulate_months(
    first,
    last,
    n_live,
    book,
    levers,
    stages,
    params,
    months,
    key,
    life,
    s,
    tiles,
    out,
    seen,
    history,
    history_rows,
):
    """Go on with a path of ``n_live`` live borrowers from month ``first`` through ``last``.

    Month 0 only counts and keeps history; arguments as in ``simulate_path``. Returns the number of
    live borrowers.
    """
    p = params[0]
    facts = book.facts[0]
    fixed_cost = levers.book[0].fixed_cost * facts.reference_money * facts.opening_loans / 1000.0
    n_history = min(history.shape[1], history_rows.size)
    n_kept = book.loans.size if n_history > 0 else 0
    paid, contacts = np.zeros(n_kept), np.zeros(n_kept)
    is_taught = reaches_some(levers.customer)
    tiles.watched[:] = 1 if out.applicants.shape[0] > 0 else 0
    for k in range(n_history):
        tiles.watched[book.loans[history_rows[k]].borrower] = 1
    clear_tiles(tiles)
    sit_down(max(0, first - 1), n_live, book.people, levers, s, tiles, p, key, is_taught)
    for t in range(first, last + 1):
        if t == 0:
            _count_live(n_live, book, s, life, out.counts[0])
        else:
            world, counts = months[t], out.counts
            paid[:] = 0.0
            contacts[:] = 0.0
            standing = fixed_cost * _staff_share(t, key, facts, counts)
            counts[t].programme_cost += units(standing, facts.money_scale)
            has_call = has_warning(levers.customer[t])
            need, no_need = likeliest_relief(levers.loan[t], levers.loan[t - 1], has_call)
            n_live = spend_quiet_month(
                t, has_call, book, levers, s, tiles, p, world, life, key, out, seen
            )
            n = plan_households(
                t, n_live, need, no_need, has_call, book, levers, s, p, world, key, life, out,
                contacts,
            )  # fmt: skip
            contact_borrowers(t, n, book, levers, stages, s, p, world, life, key, counts, contacts)
            n_live = post_payments(t, n_live, book, levers, s, p, world, life, key, out, paid, seen)
            forget_costs(n, s)
            if t <= key.months:
                n_live = lend(t, n_live, book, levers, s, p, months, life, key, out, seen)
            if t == key.months:
                n_live = stand_up(n_live, s, tiles)
                begin_run_off(n_live, book, s)
            sit_down(t, n_live, book.people, levers, s, tiles, p, key, is_taught)
            close_ranks(tiles)
        if n_history > 0 and t <= key.months:
            catch_up(t, book, levers, s, p, months, life, key)
        if n_history > 0:
            rows = history_rows[:n_history]
            write_history(rows, book, s, p, months[t], life[t], paid, contacts, history[t])
    return stand_up(0, s, tiles)
