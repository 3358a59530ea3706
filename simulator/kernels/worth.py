"""What new customers bring by their score, all their loans together; only where it is asked for.

Equations: docs/model.md, section 14.1.
"""

from simulator.kernels.amounts_due import balance_of
from simulator.kernels.exact import units
from simulator.kernels.jit import loop, scalar
from simulator.kernels.run_off import outlook_of
from simulator.score_words import Applicant
from simulator.vocabulary import LoanStatus

_ASKED = int(Applicant.ASKED)
_APPROVED = int(Applicant.APPROVED)
_BOOKED = int(Applicant.BOOKED)
_PRINCIPAL = int(Applicant.PRINCIPAL)
_PRICE = int(Applicant.PRICE)
_CHARGED_OFF = int(Applicant.CHARGED_OFF)
_LENT = int(Applicant.LENT)
_VALUE = int(Applicant.VALUE)


@scalar
def _discount(t, p):
    """Value at the opening of one unit of money in month ``t``."""
    return (1.0 + p.funding_annual_rate * (1.0 - p.tax_rate) / 12.0) ** (-t)


@scalar
def spend_on(t, cost, p, facts, applicant):
    """Book a cost (weighted) of winning or deciding, of which tax bears its part."""
    value = _discount(t, p) * (1.0 - p.tax_rate) * cost
    applicant[_VALUE] -= units(value, facts.path_money_scale)


@scalar
def lend_to(t, amount, p, facts, applicant):
    """Book money (weighted) that is paid out."""
    applicant[_LENT] += units(amount, facts.path_money_scale)
    applicant[_VALUE] -= units(_discount(t, p) * amount, facts.path_money_scale)


@scalar
def earn_from(t, gain, charged_off, p, facts, applicant):
    """Book the after-tax gain of a loan's month, and what was written off or sold (weighted)."""
    applicant[_CHARGED_OFF] += units(charged_off, facts.path_money_scale)
    applicant[_VALUE] += units(_discount(t, p) * gain, facts.path_money_scale)


@scalar
def count_decision(person, approved, booked, principal, price, facts, applicant):
    """Count a new customer's request."""
    applicant[_ASKED] += person.heads
    applicant[_APPROVED] += person.heads if approved else 0
    if booked:
        scale = facts.path_money_scale
        applicant[_BOOKED] += person.heads
        applicant[_PRINCIPAL] += units(person.weight * principal, scale)
        applicant[_PRICE] += units(person.weight * principal * price, scale)


@loop
def leave_by_score(n_live, book, s, left):
    """Balance of applicants after the last month, (cells, products, N_OUTLOOKS)."""
    scale = book.facts[0].path_money_scale
    for k in range(n_live):
        b = s.live[k]
        person = book.people[b]
        if person.arrival_month <= 0:
            continue
        cell = book.score_cell[b]
        for row in range(person.first_loan, person.first_loan + person.n_loans):
            state = s.loans[row]
            if state.status == LoanStatus.OPEN:
                balance = units(person.weight * balance_of(state), scale)
                left[cell, s.slots[row].product, outlook_of(state)] += balance
