"""The history of a sample of borrowers: what a month left of each of their loans.

Definitions: docs/model.md, section 11.1. Borrowers of a history are never seated
(``Tiles.watched``), so their records are whole at every month end.
"""

from simulator.kernels.amounts_due import balance_of
from simulator.kernels.borrower import hardship_of, income_factor
from simulator.kernels.funding import incomes
from simulator.kernels.jit import loop, scalar
from simulator.kernels.seen_hardship import seen_hardship
from simulator.vocabulary import Hardship, Health, Life, LoanStatus


@scalar
def _health_of(life):
    """``Health`` of a month."""
    if life & Life.HOSPITAL:
        return Health.HOSPITAL
    if life & Life.ILL:
        return Health.ILL
    return Health.WEAKENED if life & Life.WEAKENED else Health.WELL


@scalar
def _write_loan(record, state, paid, contacts):
    """What the month left of a loan; ``contacts``: efforts."""
    record.status = state.status
    record.n_unpaid = state.n_unpaid
    record.cause = state.cause
    record.relief_months_left = state.relief_left
    record.principal = state.principal
    record.balance = balance_of(state)
    record.paid = paid
    record.contacts = contacts


@scalar
def _write_borrower(record, person, state, life, is_open, p, world, benefit_rate):
    """What the month left of a loan's borrower; ``life``: of the month."""
    insured = person.unemployment_insured
    factor = income_factor(p, life, person.work, insured, benefit_rate)
    _, income = incomes(p, world, person.income, factor)
    record.refusing = state.refusing
    record.savings = state.savings
    record.other_debt = state.other_debt
    record.income = income
    record.work = life & 3
    record.health = 0 + _health_of(life)
    record.hardship = 0 + hardship_of(life)
    seen = 0 + seen_hardship(life, state.hardship_known)
    record.hardship_seen = seen if is_open else 0 + Hardship.NONE


@loop
def write_history(rows, book, s, p, world, life, paid, contacts, records):
    """Write a month end of the loans in ``rows`` into ``records``, (rows.size,).

    ``world``: the path's record of the month; ``life``: the month's row, (n_borrowers,);
    ``paid``, ``contacts``: of the month by loan, (n_loans,).
    """
    people, s_people, loans, states = book.people, s.people, book.loans, s.loans
    benefit_rate = book.facts[0].benefit_rate
    for k in range(rows.size):
        row, record = rows[k], records[k]
        b, state = loans[row].borrower, states[row]
        is_open = state.status == LoanStatus.OPEN
        _write_loan(record, state, paid[row], contacts[row])
        _write_borrower(record, people[b], s_people[b], life[b], is_open, p, world, benefit_rate)
