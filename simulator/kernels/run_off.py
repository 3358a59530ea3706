"""What loans bring in the run-off, by their outlook at the month before, for what is left after it.

Equations: docs/model.md, section 14. Nothing here touches a loan.
"""

from simulator.kernels.amounts_due import balance_of
from simulator.kernels.exact import units
from simulator.kernels.impairment import value_of_recoveries
from simulator.kernels.jit import loop, scalar
from simulator.outlook import BALANCE, GAIN
from simulator.outlook import outlook_code as _plain_outlook_code
from simulator.vocabulary import Exit, LoanStatus

outlook_code = scalar(_plain_outlook_code)


@scalar
def outlook_of(state):
    """Outlook of an open loan at month end."""
    return outlook_code(state.n_unpaid, 1 if state.relief_uses > 0 else 0, state.remaining)


@scalar
def gain_of(p, money, terms, to, weight, opening, balance, paid, interest, spent, price, won):
    """After-tax gain of a loan in a month of the run-off, weighted; section 14.

    ``opening``: balance at the month's start, after a cut, ``balance``: before an exit;
    ``interest`` (weighted): part of ``paid`` that is interest, penalty or fees; ``spent``
    (weighted): on contacts; ``won``: by a court, later.
    """
    after_tax = p.funding_annual_rate * (1.0 - p.tax_rate)
    v = 1.0 / (1.0 + after_tax / 12.0)
    own_cost = p.operating_cost_monthly * money + p.operating_cost_rate / 12.0 * opening
    cost = spent + weight * own_cost
    lost, later = 0.0, 0.0
    if to == Exit.WRITTEN_OFF:
        lost = weight * balance
        later = weight * (value_of_recoveries(terms, balance, v) + won)
    elif to == Exit.SOLD:
        lost = weight * balance
        later = weight * balance * price
    tax = p.tax_rate * (interest - cost - lost + later)
    charge = (p.cost_of_equity - after_tax) / 12.0 * p.capital_target * p.risk_weight
    return weight * paid - cost + later - tax - charge * weight * opening


@scalar
def follow(before, product, to, now, balance, gain, scale, brought, passed_on):
    """Book a month's ``gain`` to a loan's last outlook, and where its balance went.

    ``gain`` and ``balance``, at month end, are weighted. Returns the new outlook.
    """
    brought[product, before, GAIN] += units(gain, scale)
    if to >= Exit.PAID_OFF:
        return before
    passed_on[product, before, now] += units(balance, scale)
    brought[product, now, BALANCE] += units(balance, scale)
    return now


@loop
def begin_run_off(n_live, book, s):
    """Outlooks at the end of the last reported month, with which the run-off begins."""
    people, loans, states, live = book.people, s.slots, s.loans, s.live
    scale = book.facts[0].path_money_scale
    s.brought[:] = 0
    s.passed_on[:] = 0
    for k in range(n_live):
        person = people[live[k]]
        for row in range(person.first_loan, person.first_loan + person.n_loans):
            state = states[row]
            if state.status == LoanStatus.OPEN:
                now = outlook_of(state)
                s.outlook[row] = now
                balance = units(person.weight * balance_of(state), scale)
                s.brought[loans[row].product, now, BALANCE] += balance


@loop
def end_run_off(n_live, book, s, left):
    """Balance ``left`` after the last month, (products, N_OUTLOOKS): no month follows it."""
    people, loans, states, live = book.people, s.slots, s.loans, s.live
    scale = book.facts[0].path_money_scale
    for k in range(n_live):
        person = people[live[k]]
        for row in range(person.first_loan, person.first_loan + person.n_loans):
            state = states[row]
            if state.status == LoanStatus.OPEN:
                product, now = loans[row].product, outlook_of(state)
                balance = units(person.weight * balance_of(state), scale)
                left[product, now] += balance
                s.brought[product, now, BALANCE] -= balance
