"""What a lender sees of a loan at month end, and what becomes of it later.

Equations: docs/model.md, section 13. Nothing here touches a loan: sums by month and cell only. A
later cash flow of a loan in default is credited back to the cells in which the loan was before.
"""

from typing import Final

from simulator.kernels.amounts_due import balance_of
from simulator.kernels.elementary import power
from simulator.kernels.exact import units
from simulator.kernels.interest_rate import effective_rate
from simulator.kernels.jit import loop, scalar
from simulator.kernels.payment import dpd_at_month_end
from simulator.kernels.records import NOT_TRACKED
from simulator.kernels.seen_hardship import seen_hardship
from simulator.situation import relief_code, situation_code
from simulator.vocabulary import (
    LOSS_WINDOW_MONTHS,
    N_BUCKETS,
    Cause,
    CellMeasure,
    Exit,
    Forbearance,
    Hardship,
    Leaving,
    LoanStatus,
    lifetime_window,
)

_FRESH: Final = 255
"""In place of the months since relief: relief that marks was granted this month."""

_lifetime_window = scalar(lifetime_window)
_relief_code = scalar(relief_code)
_situation_code = scalar(situation_code)

_BALANCE: Final = int(CellMeasure.BALANCE)
_LOANS: Final = int(CellMeasure.LOANS)
_DEFAULT_12: Final = int(CellMeasure.DEFAULT_12)
_DEFAULT_LIFE: Final = int(CellMeasure.DEFAULT_LIFE)
_EXPOSURE_12: Final = int(CellMeasure.EXPOSURE_12)
_EXPOSURE_LIFE: Final = int(CellMeasure.EXPOSURE_LIFE)
_LOSS_12: Final = int(CellMeasure.LOSS_12)
_LOSS_LIFE: Final = int(CellMeasure.LOSS_LIFE)


@scalar
def discount_factor(state, terms, world):
    """Value of one unit of money a month later, at the loan's effective rate of the month."""
    return 1.0 / (1.0 + effective_rate(state, terms, world) / 12.0)


@scalar
def value_of_recoveries(terms, balance, v):
    """Value today of what comes back later of a balance that is written off today."""
    kept = power(2.0, -1.0 / terms.recovery_half_life_months)
    return balance * terms.recovery_share * (1.0 - kept) * v / (1.0 - kept * v)


@scalar
def mark_relief(risk, is_replan, hardship):
    """Mark a loan to which relief was granted; without a seen hardship a deferral marks nothing."""
    if is_replan:
        risk.mark = Forbearance.RESTRUCTURED
        risk.since = _FRESH
    elif hardship != Hardship.NONE:
        if risk.mark == Forbearance.NONE:
            risk.mark = Forbearance.DEFERRED
        risk.since = _FRESH


@scalar
def forget_risk(risk):
    """A loan about which nothing is known yet."""
    risk.balance = 0
    risk.defaulted = 0
    risk.cured = 0
    risk.mark = Forbearance.NONE
    risk.since = 0
    risk.warned = 0
    risk.clean = 0


@scalar
def _age_mark(risk, state, sight):
    """End of a month for the mark of relief and its observation."""
    running = state.relief_left > 0
    if risk.since == _FRESH:
        risk.since = 0
    elif not running:
        risk.since += 1
    if state.n_unpaid >= sight.default_unpaid:
        risk.since = 0
    if not running and risk.since >= sight.longest_observation:
        risk.mark = Forbearance.NONE


@scalar
def _age_memory(risk, state, sight, relapse):
    """End of a month for the memory of a default; ``clean`` is 0 or the clean months plus 1."""
    n = state.n_unpaid
    if n >= sight.default_unpaid:
        risk.clean = 1
    elif risk.clean > 0 and n > 0:
        risk.clean = 1 + relapse
    elif risk.clean > 0:
        if state.relief_left == 0:
            risk.clean += 1
        if risk.clean - 1 >= sight.longest_memory:
            risk.clean = 0


@scalar
def _is_technical(loan, state, sight):
    """Whether a loan is overdue by a failed channel, for days that the rules excuse."""
    if state.n_unpaid != 1 or state.cause != Cause.CHANNEL_FAILURE:
        return 0
    return 1 if dpd_at_month_end(state.n_unpaid, loan.due_day) <= sight.technical_days else 0


@scalar
def is_unremarkable(state, risk):
    """Whether a loan is current, without relief, marks, memory and warning, as most are."""
    return (
        state.n_unpaid == 0
        and state.relief_left == 0
        and risk.mark == Forbearance.NONE
        and risk.clean == 0
        and risk.warned == 0
    )


@scalar
def situation_of_loan(t, loan, state, risk, hardship, sight, observations, cures, relapse):
    """Situation of a loan that is not unremarkable, whose marks and memory age by a month."""
    if risk.mark != Forbearance.NONE:
        _age_mark(risk, state, sight)
    _age_memory(risk, state, sight, int(relapse[max(0, risk.clean - 1)]))
    if t == 0 and state.n_unpaid >= sight.default_unpaid:
        risk.defaulted = 1
    relief = _relief_code(risk.mark, state.relief_left > 0, int(observations[risk.since]))
    memory = 0 if risk.clean == 0 else 1 + int(cures[risk.clean - 1])
    technical = _is_technical(loan, state, sight)
    warned = 1 if risk.warned > 0 else 0
    risk.warned = max(0, risk.warned - 1)
    return _situation_code(state.n_unpaid, hardship, warned, technical, relief, memory)


@loop
def see_loans(t, start, stop, book, s, life, seen):
    """Put every open loan of the live borrowers [start, stop) into its cell of this month end."""
    sight, cell_of, groups = book.sight.rules[0], book.sight.cell_of, book.sight.group_of_segment
    observations, cures = book.sight.observations_passed, book.sight.cures_passed
    relapse = book.sight.relapse
    people, loans, states, risks, live = book.people, s.slots, s.loans, s.risks, s.live
    s_people, scale = s.people, book.facts[0].money_scale
    cells, moves, track = seen.cells[t], seen.moves[t], s.track
    newcomer = cells.shape[0]
    for k in range(start, stop):
        b = live[k]
        person = people[b]
        weight, heads = person.weight, person.heads
        seen = seen_hardship(life[t, b], s_people[b].hardship_known)
        hardship = 0 if seen == Hardship.NONE else 1
        unremarkable = _situation_code(0, hardship, 0, 0, 0, 0)
        for row in range(person.first_loan, person.first_loan + person.n_loans):
            state = states[row]
            if state.status != LoanStatus.OPEN:
                continue
            loan, risk = loans[row], risks[row]
            code = unremarkable
            if not is_unremarkable(state, risk):
                code = situation_of_loan(
                    t, loan, state, risk, hardship, sight, observations, cures, relapse
                )
            cell = cell_of[code, groups[loan.segment]]
            balance = units(weight * balance_of(state), scale)
            cells[cell, _LOANS] += heads
            cells[cell, _BALANCE] += balance
            if risk.defaulted > 0:
                cells[cell, _DEFAULT_12] += heads
                cells[cell, _DEFAULT_LIFE] += heads
                cells[cell, _EXPOSURE_12] += balance
                cells[cell, _EXPOSURE_LIFE] += balance
                cells[cell, _LOSS_12] += balance
                cells[cell, _LOSS_LIFE] += balance
            if t > 0:
                before = track[t - 1, row]
                if before == NOT_TRACKED:
                    moves[newcomer, cell] += balance
                else:
                    moves[before, cell] += risk.balance
            track[t, row] = cell
            risk.balance = balance


@loop
def _credit_back(t, until, row, first_default, amount, v, life, scale, track, cells):
    """Credit a loss (or, negative, what came in) of month ``t`` to the cells before ``until``.

    ``amount`` is weighted; ``until``: the month itself, or that of the exit when money comes after
    it; ``first_default``: the month in which the episode began; ``life``: months before it for
    which it counts.
    """
    u = min(until, cells.shape[0]) - 1
    value = amount * v ** (t - u)
    while u >= max(0, first_default - life) and track[u, row] != NOT_TRACKED:
        cell, worth = track[u, row], units(value, scale)
        cells[u, cell, _LOSS_LIFE] += worth
        if first_default - u <= LOSS_WINDOW_MONTHS:
            cells[u, cell, _LOSS_12] += worth
        value *= v
        u -= 1


@loop
def _begin_default(t, row, balance, heads, cured, v, life, scale, track, cells):
    """Credit exposure and event of a default of month ``t`` to the cells of earlier months.

    ``cured``: the month in which an earlier default ended; the event counts from there.
    """
    u = min(t, cells.shape[0]) - 1
    value = balance * v ** (t - u)
    while u >= max(0, t - life) and track[u, row] != NOT_TRACKED:
        cell, worth = track[u, row], units(value, scale)
        counted = heads if u >= cured else 0
        cells[u, cell, _LOSS_LIFE] += worth
        cells[u, cell, _EXPOSURE_LIFE] += worth
        cells[u, cell, _DEFAULT_LIFE] += counted
        if t - u <= LOSS_WINDOW_MONTHS:
            cells[u, cell, _LOSS_12] += worth
            cells[u, cell, _EXPOSURE_12] += worth
            cells[u, cell, _DEFAULT_12] += counted
        value *= v
        u -= 1


@scalar
def _value_at_end(to, terms, balance, price, v):
    """What a loan in default is worth when its episode ends: cured, sold, written off or paid."""
    if to == Exit.WRITTEN_OFF:
        return value_of_recoveries(terms, balance, v)
    if to == Exit.SOLD:
        return balance * price
    return 0.0 if to == Exit.PAID_OFF else balance


@loop
def note_chunk(t, n, price, world, key, book, s, seen):
    """What the month did to the ``n`` loans in ``s.notes``: in default before or now, or gone.

    ``price``: share of the balance that a buyer pays.
    """
    life = _lifetime_window(key.months, key.horizon)
    loans, states, risks, terms, notes = s.slots, s.loans, s.risks, book.terms, s.notes
    track, cells, moves = s.track, seen.cells, seen.moves
    default_unpaid, leaving = book.sight.rules[0].default_unpaid, cells.shape[1]
    scale = book.facts[0].money_scale
    for k in range(n):
        note = notes[k]
        row, to, weight, balance = note.row, note.to, note.weight, note.balance
        risk, state, product = risks[row], states[row], terms[loans[row].product]
        v = discount_factor(state, product, world)
        if risk.defaulted > 0:
            came_in = weight * note.paid - s.spent[row]
            _credit_back(t, t, row, risk.defaulted - 1, -came_in, v, life, scale, track, cells)
        elif to >= Exit.WRITTEN_OFF or state.n_unpaid >= default_unpaid:
            _begin_default(
                t, row, weight * balance, note.heads, risk.cured, v, life, scale, track, cells
            )
            risk.defaulted = t + 1
        if risk.defaulted > 0 and (to >= N_BUCKETS or state.n_unpaid == 0):
            began = risk.defaulted - 1
            value = weight * _value_at_end(to, product, balance, price, v)
            _credit_back(t, t, row, began, -value, v, life, scale, track, cells)
            if note.won > 0.0:
                won = weight * note.won
                _credit_back(note.won_in, t, row, began, -won, v, life, scale, track, cells)
            if to < N_BUCKETS:
                risk.defaulted = 0
                risk.cured = t
        if to >= N_BUCKETS and t < cells.shape[0]:
            before = track[t - 1, row]
            moves[t, before, leaving + to - Exit.PAID_OFF + Leaving.PAID_OFF] += risk.balance
            if to == Exit.WRITTEN_OFF:
                worth = units(weight * balance, scale)
                moves[t, before, leaving + Leaving.WRITTEN_OFF_BALANCE] += worth
            elif to == Exit.SOLD:
                worth = units(weight * balance, scale)
                moves[t, before, leaving + Leaving.SOLD_BALANCE] += worth


@loop
def close_episodes(n_live, world, key, book, s, seen):
    """In the month after the last, what is still in default is taken as written off."""
    t, life = key.horizon + 1, _lifetime_window(key.months, key.horizon)
    people, loans, states, risks, live = book.people, s.slots, s.loans, s.risks, s.live
    scale = book.facts[0].money_scale
    for k in range(n_live):
        person = people[live[k]]
        for row in range(person.first_loan, person.first_loan + person.n_loans):
            state, risk = states[row], risks[row]
            if state.status != LoanStatus.OPEN or risk.defaulted == 0:
                continue
            terms = book.terms[loans[row].product]
            v = discount_factor(state, terms, world)
            value = person.weight * value_of_recoveries(terms, balance_of(state), v)
            _credit_back(t, t, row, risk.defaulted - 1, -value, v, life, scale, s.track, seen.cells)
