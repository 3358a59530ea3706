"""The month of quiet borrowers, tile by tile; for whom it is not quiet gets up into the records.

Equations: ``quiet``, which says those of docs/model.md once more for a loan in order. A tile's
month has passes: luck, lives, the quiet month itself (vectorised), calls before the due day, what
is kept of it (vectorised), and what is counted by cells and cuts of the book.
"""

from simulator.kernels.amounts_due import instalment_of
from simulator.kernels.borrower import hardship_of, income_factor, shock_in_force
from simulator.kernels.early_warning import flags_loan
from simulator.kernels.exact import units
from simulator.kernels.funding import WITH_A_BILL
from simulator.kernels.impairment import is_unremarkable, situation_of_loan
from simulator.kernels.interest_rate import effective_rate
from simulator.kernels.jit import loop, scalar
from simulator.kernels.prevention import count_prevention
from simulator.kernels.quiet import (
    Calm,
    Credit,
    Fortune,
    Household,
    book_quietly,
    dues_of,
    live_quietly,
    terms_of_month,
)
from simulator.kernels.rng import draw_units, stream
from simulator.kernels.run_off import follow, gain_of, outlook_code
from simulator.kernels.seats import UNUSED, get_up, line_up
from simulator.kernels.seen_hardship import seen_hardship
from simulator.kernels.slots import (
    AGE_BAND,
    AUTOPAY_LUCK,
    BASE_RATE,
    BORROWER,
    CELL,
    CLOSED_UNTIL,
    CUT_OFF,
    DEFERRED,
    DISCRETIONARY,
    EDUCATION_LUCK,
    ESSENTIAL,
    FIRST_LIMIT,
    FREE_LEFT,
    HARDSHIP_KNOWN,
    HEADS,
    INCOME,
    INCOME_DECILE,
    INSTALMENT,
    IS_PUBLIC,
    IS_REMARKABLE,
    LIMIT,
    LOAN_ID,
    MONTHS_SHORT,
    OLD_BUCKET,
    ORIGINATION,
    OTHER_DEBT,
    OTHER_MISSED,
    OTHERS_FIRST,
    OVERSPENDER,
    P_CHANNEL,
    P_FORGET,
    P_MISUNDERSTAND,
    PERSON_ID,
    PLATFORMS,
    PRINCIPAL,
    REFUSAL_WEIGHT,
    RELIEF_DUE,
    RELIEF_INTEREST,
    RELIEF_LEFT,
    RELIEF_USES,
    REMAINING,
    ROW,
    SAVINGS,
    SEATED,
    SEEN_BALANCE,
    SEGMENT,
    TILE,
    TRUE_RISK,
    USUAL_PRINCIPAL,
    USUAL_SAVINGS,
    WEIGHT,
    parts_of_kind,
)
from simulator.kernels.tally import (
    AT_AGE,
    AT_BALANCE,
    AT_BEFORE_RELIEF,
    AT_INCOME,
    AT_LOANS,
    AT_SEGMENT,
)
from simulator.situation import situation_code
from simulator.vocabulary import (
    CellMeasure,
    Domain,
    Draw,
    Exit,
    Hardship,
    Leaving,
    WorkState,
)

_PERSON_GROUP = Draw.REFUSE // 4
_LOAN_GROUP = Draw.FORGET // 4
_TO_PAID_OFF = int(Exit.PAID_OFF)
_BALANCE, _LOANS = int(CellMeasure.BALANCE), int(CellMeasure.LOANS)
_situation_code = scalar(situation_code)

# Columns of ``Tiles.luck``: the four uniforms of a borrower, then of a loan.
_U_REFUSE, _U_PLATFORM, _U_RELIEF, _U_CHOOSE = 0 * TILE, 1 * TILE, 2 * TILE, 3 * TILE
_U_FORGET, _U_CHANNEL, _U_MISUNDERSTAND, _U_PREPAY = 4 * TILE, 5 * TILE, 6 * TILE, 7 * TILE

# Columns of ``Tiles.result``: what a month brings to each slot, and what it leaves.
_FACTOR, _MULTIPLIER, _RATE_INSTALMENT = 0 * TILE, 1 * TILE, 2 * TILE
_NEW_SAVINGS, _NEW_DEBT, _NEW_PRINCIPAL, _NEW_DEFERRED = 3 * TILE, 4 * TILE, 5 * TILE, 6 * TILE
_DUE, _OPENING, _CLOSING, _DRAWN, _REPAID = 7 * TILE, 8 * TILE, 9 * TILE, 10 * TILE, 11 * TILE
_INTEREST, _FORGIVEN, _PRINCIPAL_PAID, _INTEREST_PAID = 12 * TILE, 13 * TILE, 14 * TILE, 15 * TILE

# Columns of ``Tiles.flags``.
_SHOCKED, _WITH_BILL, _HIDDEN, _SEEN, _KNOWN = 0 * TILE, 1 * TILE, 2 * TILE, 3 * TILE, 4 * TILE
_QUIET, _TROUBLE, _ENDS = 5 * TILE, 6 * TILE, 7 * TILE
_NEW_MISSED, _NEW_SHORT, _NEW_CUT_OFF, _NEW_REMAINING = 8 * TILE, 9 * TILE, 10 * TILE, 11 * TILE
_IDLE = 12 * TILE


@loop
def _draw_luck(t, ids, key, luck):
    """The month's uniforms of a tile's borrowers and loans."""
    counter = stream(t, _PERSON_GROUP, Domain.BORROWER)
    for k in range(TILE):
        a, b, c, d = draw_units(ids[PERSON_ID + k], counter, key.path, key.seed)
        luck[_U_REFUSE + k] = a
        luck[_U_PLATFORM + k] = b
        luck[_U_RELIEF + k] = c
        luck[_U_CHOOSE + k] = d
    counter = stream(t, _LOAN_GROUP, Domain.LOAN)
    for k in range(TILE):
        a, b, c, d = draw_units(ids[LOAN_ID + k], counter, key.path, key.seed)
        luck[_U_FORGET + k] = a
        luck[_U_CHANNEL + k] = b
        luck[_U_MISUNDERSTAND + k] = c
        luck[_U_PREPAY + k] = d


@loop
def _look_at_lives(whole, people, life, benefit_rate, p, levers, result, flags):
    """Shocks of a tile's borrowers and what the lender sees of them, into ``result``, ``flags``.

    ``life``: the month's row; ``levers``: of the tile's class in bucket 0, by hardship.
    """
    for k in range(TILE):
        result[_FACTOR + k] = 1.0
        flags[_IDLE + k] = 0
        flags[_SHOCKED + k] = 0
        flags[_WITH_BILL + k] = 0
        flags[_HIDDEN + k] = 0
        flags[_KNOWN + k] = 0
        flags[_SEEN + k] = 0
        result[_MULTIPLIER + k] = levers[0].line_multiplier
        if not whole[SEATED + k]:
            continue
        b = whole[BORROWER + k]
        now = life[b]
        if now == 0:
            continue
        person = people[b]
        flags[_IDLE + k] = (now & 3) == WorkState.UNEMPLOYED
        insured = person.unemployment_insured
        result[_FACTOR + k] = income_factor(p, now, person.work, insured, benefit_rate)
        flags[_SHOCKED + k] = shock_in_force(p, now, person.work) != 0
        flags[_WITH_BILL + k] = (now & WITH_A_BILL) != 0
        if hardship_of(now) != Hardship.NONE:
            known = whole[HARDSHIP_KNOWN + k] > 0
            flags[_HIDDEN + k] = (not known) and (not whole[IS_PUBLIC + k])
            known = known or whole[IS_PUBLIC + k] > 0
            flags[_KNOWN + k] = known
            seen = 0 + seen_hardship(now, known)
            flags[_SEEN + k] = seen
            result[_MULTIPLIER + k] = levers[seen].line_multiplier


@loop
def _likeliest_offer(levers):
    """Largest chance of relief of a loan in order: (with need, without); ``levers`` by hardship."""
    need, no_need = 0.0, 0.0
    for hardship in range(levers.size):
        lever = levers[hardship]
        if lever.relief_months >= 1.0:
            need = max(need, lever.p_relief_if_need)
            no_need = max(no_need, lever.p_relief_if_no_need)
    return need, no_need


@scalar
def _household(real, whole, k):
    """A slot's borrower."""
    return Household(
        real[INCOME + k],
        real[ESSENTIAL + k],
        real[DISCRETIONARY + k],
        real[USUAL_SAVINGS + k],
        real[P_FORGET + k],
        real[P_CHANNEL + k],
        real[P_MISUNDERSTAND + k],
        real[REFUSAL_WEIGHT + k],
        real[TRUE_RISK + k],
        whole[OVERSPENDER + k],
        whole[PLATFORMS + k],
        whole[OTHERS_FIRST + k],
        real[EDUCATION_LUCK + k],
        real[AUTOPAY_LUCK + k],
        real[SAVINGS + k],
        real[OTHER_DEBT + k],
        whole[OTHER_MISSED + k],
        whole[MONTHS_SHORT + k],
        whole[CUT_OFF + k],
        whole[CLOSED_UNTIL + k],
    )


@scalar
def _credit(kind, real, whole, k):
    """A slot's loan."""
    return Credit(
        kind,
        0,
        whole[ORIGINATION + k],
        0,
        real[PRINCIPAL + k],
        real[DEFERRED + k],
        real[INSTALMENT + k],
        real[BASE_RATE + k],
        real[LIMIT + k],
        real[USUAL_PRINCIPAL + k],
        real[FIRST_LIMIT + k],
        real[RELIEF_DUE + k],
        real[RELIEF_INTEREST + k],
        whole[REMAINING + k],
        whole[RELIEF_LEFT + k],
        whole[FREE_LEFT + k],
        whole[RELIEF_USES + k],
    )


@loop
def _set_instalments(q, real, whole, result):
    """Today's instalment of each annuity whose rate floats, else the one that was made."""
    for k in range(TILE):
        credit = _credit(q.kind, real, whole, k)
        rate = effective_rate(credit, q, q)
        result[_RATE_INSTALMENT + k] = instalment_of(credit, q, credit, rate / 12.0)


@loop
def _live(q, real, whole, luck, result, flags):
    """The quiet month of a tile's slots: nothing is changed, all goes to ``result``, ``flags``."""
    for k in range(TILE):
        credit = _credit(q.kind, real, whole, k)
        who = _household(real, whole, k)
        fortune = Fortune(
            result[_FACTOR + k],
            flags[_SHOCKED + k] != 0,
            result[_MULTIPLIER + k],
            luck[_U_REFUSE + k],
            luck[_U_PLATFORM + k],
            luck[_U_RELIEF + k],
            luck[_U_CHOOSE + k],
            luck[_U_FORGET + k],
            luck[_U_CHANNEL + k],
            luck[_U_MISUNDERSTAND + k],
            luck[_U_PREPAY + k],
        )
        dues = dues_of(q, credit, result[_RATE_INSTALMENT + k])
        due = dues[0] + dues[1]
        budget = live_quietly(q, who, credit, due, fortune)
        entries = book_quietly(q, who.true_risk, credit, dues, budget.months_short, fortune)
        hidden_and_short = (flags[_HIDDEN + k] != 0) & budget.is_short
        noticed = (flags[_WITH_BILL + k] != 0) | hidden_and_short
        quiet = budget.is_quiet & (not noticed) & (whole[SEATED + k] != 0)
        flags[_QUIET + k] = 1 if quiet else 0
        flags[_TROUBLE + k] = 1 if budget.trouble else 0
        flags[_ENDS + k] = 1 if entries.ends else 0
        flags[_NEW_MISSED + k] = budget.other_missed
        flags[_NEW_SHORT + k] = budget.months_short
        flags[_NEW_CUT_OFF + k] = 1 if budget.cut_off else 0
        flags[_NEW_REMAINING + k] = entries.remaining
        result[_NEW_SAVINGS + k] = budget.savings + entries.drawn
        result[_NEW_DEBT + k] = budget.other_debt
        result[_NEW_PRINCIPAL + k] = entries.principal
        result[_NEW_DEFERRED + k] = entries.interest_deferred
        result[_DUE + k] = due
        result[_OPENING + k] = credit.principal + credit.interest_deferred
        result[_CLOSING + k] = entries.principal + entries.interest_deferred
        result[_DRAWN + k] = entries.drawn
        result[_REPAID + k] = entries.repaid
        result[_INTEREST + k] = entries.interest
        result[_FORGIVEN + k] = entries.interest - entries.charged
        result[_PRINCIPAL_PAID + k] = entries.principal_paid
        result[_INTEREST_PAID + k] = entries.interest_paid


@loop
def _warn(t, whole, ids, units_of, care, key, result, flags, count):
    """Score a tile's loans before the due day; whoever is called gets up, for calls are few."""
    for k in range(TILE):
        if not flags[_QUIET + k] or result[_DUE + k] <= 0.0 or whole[RELIEF_LEFT + k] > 0:
            continue
        trouble = flags[_TROUBLE + k] != 0
        if flags_loan(t, ids[LOAN_ID + k], trouble, care, key):
            flags[_QUIET + k] = 0
        elif trouble:
            count.warning_targets += units_of[HEADS + k]


@loop
def _keep(real, whole, result, flags):
    """Change the state of those whose month was quiet."""
    for k in range(TILE):
        quiet = flags[_QUIET + k] != 0
        real[SAVINGS + k] = result[_NEW_SAVINGS + k] if quiet else real[SAVINGS + k]
        real[OTHER_DEBT + k] = result[_NEW_DEBT + k] if quiet else real[OTHER_DEBT + k]
        real[PRINCIPAL + k] = result[_NEW_PRINCIPAL + k] if quiet else real[PRINCIPAL + k]
        real[DEFERRED + k] = result[_NEW_DEFERRED + k] if quiet else real[DEFERRED + k]
    for k in range(TILE):
        quiet = flags[_QUIET + k] != 0
        whole[OTHER_MISSED + k] = flags[_NEW_MISSED + k] if quiet else whole[OTHER_MISSED + k]
        whole[MONTHS_SHORT + k] = flags[_NEW_SHORT + k] if quiet else whole[MONTHS_SHORT + k]
        whole[CUT_OFF + k] = flags[_NEW_CUT_OFF + k] if quiet else whole[CUT_OFF + k]
        whole[HARDSHIP_KNOWN + k] = flags[_KNOWN + k] if quiet else whole[HARDSHIP_KNOWN + k]
        whole[REMAINING + k] = flags[_NEW_REMAINING + k] if quiet else whole[REMAINING + k]


@scalar
def _summed(column, real, result, flags, scale):
    """Weighted sum of a column of ``result`` over the quiet, in units."""
    total = 0
    for k in range(TILE):
        weight = real[WEIGHT + k] if flags[_QUIET + k] != 0 else 0.0
        total += units(weight * result[column + k], scale)
    return total


@scalar
def _summed_ends(column, real, result, flags, scale):
    """The same over those whose loan ends."""
    total = 0
    for k in range(TILE):
        gone = (flags[_QUIET + k] != 0) & (flags[_ENDS + k] != 0)
        total += units((real[WEIGHT + k] if gone else 0.0) * result[column + k], scale)
    return total


@loop
def _count(real, whole, units_of, result, flags, scale, count, flow, stock, roll):
    """Add a tile's quiet month to the sums of the book; ``roll``: from bucket 0."""
    opening = _summed(_OPENING, real, result, flags, scale)
    ending = _summed_ends(_OPENING, real, result, flags, scale)
    closing = _summed(_CLOSING, real, result, flags, scale)
    count.opening_balance += opening
    count.closing_balance += closing
    roll[0] += opening - ending
    roll[_TO_PAID_OFF] += ending
    flow.disbursed += _summed(_DRAWN, real, result, flags, scale)
    flow.interest_accrued += _summed(_INTEREST, real, result, flags, scale)
    flow.forgiven += _summed(_FORGIVEN, real, result, flags, scale)
    flow.principal_paid += _summed(_PRINCIPAL_PAID, real, result, flags, scale)
    flow.interest_paid += _summed(_INTEREST_PAID, real, result, flags, scale)
    loans, left, due, relieved, idle = 0, 0, 0, 0, 0
    for k in range(TILE):
        heads = units_of[HEADS + k] if flags[_QUIET + k] != 0 else 0
        loans += heads
        left += heads if flags[_ENDS + k] == 0 else 0
        due += heads if result[_DUE + k] > 0.0 else 0
        idle += heads if flags[_IDLE + k] != 0 else 0
        relieved += heads if whole[RELIEF_LEFT + k] > 0 else 0
    count.live_borrowers += loans
    count.unemployed += idle
    count.opening_loans += loans
    count.open_loans += left
    count.instalments_due += due
    count.relief_loans += relieved
    stock[AT_BALANCE] += closing
    stock[AT_LOANS] += left
    for k in range(TILE):
        if flags[_QUIET + k] and not flags[_ENDS + k]:
            balance = units(real[WEIGHT + k] * result[_CLOSING + k], scale)
            stock[AT_BEFORE_RELIEF + whole[OLD_BUCKET + k]] += balance
            stock[AT_SEGMENT + 3 * whole[SEGMENT + k]] += balance
            stock[AT_AGE + 3 * whole[AGE_BAND + k]] += balance
            stock[AT_INCOME + 3 * whole[INCOME_DECILE + k]] += balance


@loop
def _see(t, real, whole, units_of, result, flags, sight, scale, track, risks, seen):
    """Put a tile's quiet loans into their cells of this month end (``impairment``)."""
    cells, moves = seen.cells[t], seen.moves[t]
    rules, observations = sight.rules[0], sight.observations_passed
    cures, relapse = sight.cures_passed, sight.relapse
    leaving = cells.shape[0]
    open_code = _situation_code(0, 0, 0, 0, 0, 0)
    struck_code = _situation_code(0, 1, 0, 0, 0, 0)
    for k in range(TILE):
        if not flags[_QUIET + k]:
            continue
        before, old = whole[CELL + k], units_of[SEEN_BALANCE + k]
        if flags[_ENDS + k]:
            moves[before, leaving + Leaving.PAID_OFF] += old
            continue
        situation = struck_code if flags[_SEEN + k] else open_code
        if whole[IS_REMARKABLE + k]:
            risk, state = risks[whole[ROW + k]], Calm(0, max(0, whole[RELIEF_LEFT + k] - 1), 0, 0)
            if is_unremarkable(state, risk):
                whole[IS_REMARKABLE + k] = 0
            else:
                hardship = 1 if flags[_SEEN + k] else 0
                situation = situation_of_loan(
                    t, state, state, risk, hardship, rules, observations, cures, relapse
                )
        cell = sight.cell_of[situation, sight.group_of_segment[whole[SEGMENT + k]]]
        balance = units(real[WEIGHT + k] * result[_CLOSING + k], scale)
        cells[cell, _LOANS] += units_of[HEADS + k]
        cells[cell, _BALANCE] += balance
        moves[before, cell] += old
        track[t, whole[ROW + k]] = cell
        whole[CELL + k] = cell
        units_of[SEEN_BALANCE + k] = balance


@loop
def _follow(product, terms, real, whole, result, flags, rules, p, facts, brought, passed_on):
    """Book what a tile's quiet loans bring in a month of the run-off (``run_off``)."""
    money, scale = facts.reference_money, facts.path_money_scale
    for k in range(TILE):
        if not flags[_QUIET + k]:
            continue
        relieved = 1 if whole[RELIEF_USES + k] > 0 else 0
        weight, opening = real[WEIGHT + k], result[_OPENING + k]
        paid = result[_DUE + k] + result[_REPAID + k]
        ends = flags[_ENDS + k] != 0
        to = _TO_PAID_OFF if ends else 0
        interest = weight * (paid - result[_PRINCIPAL_PAID + k])
        gain = gain_of(
            p, money, terms, to, weight, opening, result[_CLOSING + k], paid, interest, 0.0,
            rules.sale_price_share, 0.0,
        )  # fmt: skip
        before = outlook_code(0, relieved, whole[REMAINING + k])
        now = outlook_code(0, relieved, flags[_NEW_REMAINING + k])
        balance = weight * result[_CLOSING + k]
        follow(before, product, to, now, balance, gain, scale, brought, passed_on)


@loop
def _prevent(real, result, flags, care, p, facts, count):
    """Count what prevention costs for a tile's quiet loans."""
    for k in range(TILE):
        if flags[_QUIET + k]:
            count_prevention(care, p, facts, real[WEIGHT + k], result[_DUE + k] > 0.0, count)


@loop
def _part(t, tile, may_rest, people, s, tiles):
    """Let those get up whose month is not quiet, and those go whose loan has ended."""
    whole, flags, moving = tiles.whole[tile], tiles.flags, tiles.moving
    n, n_quiet = 0, 0
    for k in range(TILE):
        if not whole[SEATED + k]:
            continue
        if flags[_QUIET + k]:
            n_quiet += 1
            whole[RELIEF_LEFT + k] = max(0, whole[RELIEF_LEFT + k] - 1)
            whole[FREE_LEFT + k] = max(0, whole[FREE_LEFT + k] - 1)
            if not flags[_ENDS + k]:
                continue
        moving.borrower[n], moving.row[n] = whole[BORROWER + k], whole[ROW + k]
        moving.tile[n], moving.place[n] = tile, k
        moving.ends[n] = flags[_QUIET + k]
        n += 1
    tiles.quiet[0] += n_quiet
    get_up(t, n, may_rest, people, s, tiles)


@loop
def spend_quiet_month(t, has_call, book, levers, s, tiles, p, world, life, key, out, seen):
    """The month of everybody who is seated; who is in the month's records, into ``s.live``.

    ``has_call``: whether calls are made before the due day. Returns how many are in the records.
    """
    facts, rules = book.facts[0], levers.book[0]
    count, flow, stock, roll = out.counts[t], out.flows[t], out.stocks[t], out.roll[t, 0]
    result, flags, luck = tiles.result, tiles.flags, tiles.luck
    n_classes, in_run_off = levers.customer.shape[1], t > key.months
    may_rest = p.return_monthly > 0.0 and t + 1 < book.first_applicant.size and not in_run_off
    for tile in range(tiles.n[0]):
        kind = tiles.kind[tile]
        if kind == UNUSED:
            continue
        product, form, group = parts_of_kind(kind, n_classes)
        real, whole = tiles.real[tile], tiles.whole[tile]
        ids, units_of = tiles.ids[tile], tiles.units[tile]
        terms, care = book.terms[product], levers.customer[t, group]
        need, no_need = _likeliest_offer(levers.loan[t, group, 0])
        q = terms_of_month(
            t, in_run_off, form, rules.refusal_after_relief, need, no_need, p, world, terms,
            care,
        )  # fmt: skip
        _draw_luck(t, ids, key, luck)
        _look_at_lives(
            whole, book.people, life[t], facts.benefit_rate, p, levers.loan[t, group, 0],
            result, flags,
        )  # fmt: skip
        _set_instalments(q, real, whole, result)
        _live(q, real, whole, luck, result, flags)
        if has_call:
            _warn(t, whole, ids, units_of, care, key, result, flags, count)
        _count(real, whole, units_of, result, flags, facts.money_scale, count, flow, stock, roll)
        if care.prevention_cost > 0.0 or care.due_reminder > 0.0:
            _prevent(real, result, flags, care, p, facts, count)
        if t < seen.cells.shape[0]:
            _see(
                t,
                real,
                whole,
                units_of,
                result,
                flags,
                book.sight,
                facts.money_scale,
                s.track,
                s.risks,
                seen,
            )
        if in_run_off:
            _follow(
                product, terms, real, whole, result, flags, rules, p, facts, s.brought, s.passed_on
            )
        _keep(real, whole, result, flags)
        _part(t, tile, may_rest, book.people, s, tiles)
    return line_up(s.live, tiles)
