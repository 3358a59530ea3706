"""What a lender sees of a loan at month end, and what becomes of it later.

Equations: docs/model.md, section 13. Nothing here touches a loan: sums by month and cell only. A
later cash flow of a loan in default is credited back to the cells in which the loan was before.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.kernels.demand import balance_of
from simulator.kernels.household import hardship_of
from simulator.kernels.jit import loop, scalar
from simulator.kernels.payment import dpd_at_month_end
from simulator.kernels.records import NOT_TRACKED
from simulator.situation import relief_code, situation_code
from simulator.vocabulary import (
    LOSS_WINDOW_MONTHS,
    N_BUCKETS,
    N_PATH_CELL_MEASURES,
    Cause,
    CellMeasure,
    Exit,
    Forbearance,
    Hardship,
    Leaving,
    LoanStatus,
)

_FRESH: Final = 255
"""In place of the months since relief: relief that marks was granted this month."""

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


class Seen(NamedTuple):
    """Sums of the path in progress by month 0..months and cell; section 13 of docs/model.md."""

    cells: NDArray[np.float64]  # (months + 1, n_cells, N_CELL_MEASURES)
    moves: NDArray[np.float64]  # (months + 1, n_cells + 1, n_cells + N_LEAVING)


@scalar
def discount_factor(state, rate_cap):
    """Value of one unit of money a month later, at the loan's effective rate."""
    return 1.0 / (1.0 + min(state.annual_rate, rate_cap) / 12.0)


@scalar
def value_of_recoveries(terms, balance, v):
    """Value today of what comes back later of a balance that is written off today."""
    kept = 2.0 ** (-1.0 / terms.recovery_half_life_months)
    return balance * terms.recovery_share * (1.0 - kept) * v / (1.0 - kept * v)


@scalar
def mark_relief(risk, is_replan, hardship):
    """Mark a loan to which relief was granted; without hardship a deferral marks nothing."""
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
    risk.balance = 0.0
    risk.cost = 0.0
    risk.defaulted = 0
    risk.cured = 0
    risk.mark = Forbearance.NONE
    risk.since = 0
    risk.warned = 0
    risk.clean = 0


@scalar
def _age_mark(risk, state, sight):
    """End of a month for the mark of relief and its observation."""
    if risk.mark == Forbearance.NONE:
        return
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
def _age_memory(risk, state, sight, milestones):
    """End of a month for the memory of a default; ``clean`` is 0 or the clean months plus 1."""
    n = state.n_unpaid
    if n >= sight.default_unpaid:
        risk.clean = 1
        return
    if risk.clean == 0:
        return
    if n > 0:
        passed = 0
        for milestone in milestones:
            if milestone < risk.clean:
                passed = milestone
        risk.clean = 1 + passed
        return
    if state.relief_left == 0:
        risk.clean += 1
    if risk.clean - 1 >= sight.longest_memory:
        risk.clean = 0


@scalar
def _passed(milestones, months):
    """Number of milestones that have been reached."""
    n = 0
    for milestone in milestones:
        if milestone <= months:
            n += 1
    return n


@scalar
def _situation_of(loan, state, risk, sight, milestones, observations, life):
    """The loan's situation at month end as one number."""
    hardship = 1 if hardship_of(life) != Hardship.NONE else 0
    dpd = dpd_at_month_end(state.n_unpaid, loan.due_day)
    is_technical = (
        state.n_unpaid == 1 and state.cause == Cause.CHANNEL_FAILURE and dpd <= sight.technical_days
    )
    relief = _relief_code(risk.mark, state.relief_left > 0, _passed(observations, risk.since))
    memory = 0 if risk.clean == 0 else 1 + _passed(milestones, risk.clean - 1)
    return _situation_code(
        state.n_unpaid, hardship, risk.warned, 1 if is_technical else 0, relief, memory
    )


@loop
def see_loans(t, start, stop, book, s, life, seen):
    """Put every open loan of the live borrowers [start, stop) into its cell of this month end."""
    sight, cell_of, groups = book.sight.rules[0], book.sight.cell_of, book.sight.group_of_segment
    milestones, observations = book.sight.cure_milestones, book.sight.observation_milestones
    people, loans, states, risks, live = book.people, book.loans, s.loans, s.risks, s.live
    cells, moves, track = seen.cells[t], seen.moves[t], s.track
    newcomer = cells.shape[0]
    for k in range(start, stop):
        b = live[k]
        person = people[b]
        weight = person.weight
        for row in range(person.first_loan, person.first_loan + person.n_loans):
            state = states[row]
            if state.status != LoanStatus.OPEN:
                continue
            loan, risk = loans[row], risks[row]
            _age_mark(risk, state, sight)
            _age_memory(risk, state, sight, milestones)
            if t == 0 and state.n_unpaid >= sight.default_unpaid:
                risk.defaulted = 1
            code = _situation_of(loan, state, risk, sight, milestones, observations, life[t, b])
            risk.warned = 0
            cell = cell_of[code, groups[loan.segment]]
            balance = weight * balance_of(state)
            cells[cell, _LOANS] += weight
            cells[cell, _BALANCE] += balance
            if risk.defaulted > 0:
                cells[cell, _DEFAULT_12] += weight
                cells[cell, _DEFAULT_LIFE] += weight
                cells[cell, _EXPOSURE_12] += balance
                cells[cell, _EXPOSURE_LIFE] += balance
                cells[cell, _LOSS_12] += balance
                cells[cell, _LOSS_LIFE] += balance
            before = track[t - 1, row] if t > 0 else np.uint16(NOT_TRACKED)
            if before == NOT_TRACKED:
                moves[newcomer, cell] += balance
            else:
                moves[before, cell] += risk.balance
            track[t, row] = cell
            risk.balance = balance


@loop
def credit_back(t, row, first_default, amount, v, s, seen):
    """Credit a loss (or, negative, what came in) of month ``t`` to the cells of earlier months.

    ``amount`` is weighted; ``first_default``: the month in which the episode began.
    """
    track, cells = s.track, seen.cells
    u = min(t, cells.shape[0]) - 1
    value = amount * v ** (t - u)
    while u >= 0 and track[u, row] != NOT_TRACKED:
        cell = track[u, row]
        cells[u, cell, _LOSS_LIFE] += value
        if first_default - u <= LOSS_WINDOW_MONTHS:
            cells[u, cell, _LOSS_12] += value
        value *= v
        u -= 1


@loop
def _begin_default(t, row, balance, weight, v, s, seen):
    """Credit exposure and event of a default of month ``t`` to the cells of earlier months."""
    track, cells, risk = s.track, seen.cells, s.risks[row]
    risk.defaulted = t + 1
    u = min(t, cells.shape[0]) - 1
    value = balance * v ** (t - u)
    while u >= 0 and track[u, row] != NOT_TRACKED:
        cell = track[u, row]
        counted = weight if u >= risk.cured else 0.0
        cells[u, cell, _LOSS_LIFE] += value
        cells[u, cell, _EXPOSURE_LIFE] += value
        cells[u, cell, _DEFAULT_LIFE] += counted
        if t - u <= LOSS_WINDOW_MONTHS:
            cells[u, cell, _LOSS_12] += value
            cells[u, cell, _EXPOSURE_12] += value
            cells[u, cell, _DEFAULT_12] += counted
        value *= v
        u -= 1


@loop
def _note_leaving(t, row, to, balance, s, seen):
    """Count a loan that left in month ``t`` by the cell in which it was before."""
    if t >= seen.moves.shape[0]:
        return
    before, at = s.track[t - 1, row], seen.cells.shape[1]
    moves = seen.moves[t, before]
    if to == Exit.PAID_OFF:
        moves[at + Leaving.PAID_OFF] += s.risks[row].balance
    elif to == Exit.WRITTEN_OFF:
        moves[at + Leaving.WRITTEN_OFF] += s.risks[row].balance
        moves[at + Leaving.WRITTEN_OFF_BALANCE] += balance
    else:
        moves[at + Leaving.SOLD] += s.risks[row].balance
        moves[at + Leaving.SOLD_BALANCE] += balance


@loop
def note_month(t, row, to, weight, paid, balance, price, v, book, s, seen):
    """What the month did to a loan that was or is overdue, or that left.

    ``to``: bucket at month end or ``Exit``; ``paid`` and ``balance`` (before an exit) unweighted;
    ``price``: share of the balance that a buyer pays.
    """
    risk, state = s.risks[row], s.loans[row]
    if risk.defaulted > 0:
        began = risk.defaulted - 1
        credit_back(t, row, began, risk.cost - weight * paid, v, s, seen)
    elif to >= Exit.WRITTEN_OFF or state.n_unpaid >= book.sight.rules[0].default_unpaid:
        _begin_default(t, row, weight * balance, weight, v, s, seen)
    risk.cost = 0.0
    if risk.defaulted > 0:
        began = risk.defaulted - 1
        if to == Exit.WRITTEN_OFF:
            terms = book.terms[book.loans[row].product]
            value = weight * value_of_recoveries(terms, balance, v)
            credit_back(t, row, began, -value, v, s, seen)
        elif to == Exit.SOLD:
            credit_back(t, row, began, -weight * balance * price, v, s, seen)
        elif state.n_unpaid == 0:
            if to != Exit.PAID_OFF:
                credit_back(t, row, began, -weight * balance, v, s, seen)
            risk.defaulted = 0
            risk.cured = t
    if to >= N_BUCKETS:
        _note_leaving(t, row, to, weight * balance, s, seen)


@loop
def close_episodes(t, n_live, book, s, rate_cap, seen):
    """After the last month: what is still in default is taken as written off."""
    people, loans, states, risks, live = book.people, book.loans, s.loans, s.risks, s.live
    for k in range(n_live):
        person = people[live[k]]
        for row in range(person.first_loan, person.first_loan + person.n_loans):
            state, risk = states[row], risks[row]
            if state.status != LoanStatus.OPEN or risk.defaulted == 0:
                continue
            v = discount_factor(state, rate_cap)
            terms = book.terms[loans[row].product]
            value = person.weight * value_of_recoveries(terms, balance_of(state), v)
            credit_back(t, row, risk.defaulted - 1, -value, v, s, seen)


@loop
def keep_cells(seen, money, number, cells, cell_sums, moves):
    """Keep a path's sums: ``cells`` of the path; ``cell_sums`` and ``moves`` summed over paths.

    What is summed over paths is rounded to multiples of ``money`` or ``number``, powers of two so
    large that every sum of them is exact: the order of the paths then changes no bit.
    """
    for u in range(seen.cells.shape[0]):
        for c in range(seen.cells.shape[1]):
            for m in range(N_PATH_CELL_MEASURES):
                cells[u, c, m] = seen.cells[u, c, m]
            for m in range(cell_sums.shape[2]):
                value = seen.cells[u, c, N_PATH_CELL_MEASURES + m]
                unit = money if N_PATH_CELL_MEASURES + m >= _EXPOSURE_12 else number
                cell_sums[u, c, m] += np.rint(value / unit) * unit
        for c in range(seen.moves.shape[1]):
            for m in range(seen.moves.shape[2]):
                if seen.moves[u, c, m] != 0.0:
                    moves[u, c, m] += np.rint(seen.moves[u, c, m] / money) * money
