"""Phase four of a month: applicants are decided, and approved loans are paid out.

Equations: docs/model.md, section 9. The same people apply under every policy.
"""

from simulator.kernels.jit import loop, scalar
from simulator.kernels.ledger import count_stocks
from simulator.kernels.payment import annuity_instalment, scheduled_principal
from simulator.kernels.tally import AT_BALANCE
from simulator.vocabulary import N_BUCKETS, LoanStatus


@scalar
def _offer(loan, opening, terms, state, rule, p, rate_cap):
    """Write the terms that would be granted into ``state``; the first instalment."""
    state.principal = loan.principal * rule.amount_multiplier
    state.limit = loan.limit * rule.amount_multiplier
    state.annual_rate = max(0.0, opening.annual_rate + rule.price_add)
    monthly_rate = min(state.annual_rate, rate_cap) / 12.0
    term = max(1, opening.term_months)
    state.instalment = annuity_instalment(state.principal, monthly_rate, term)
    interest = state.principal * monthly_rate
    principal_part = scheduled_principal(
        loan.kind,
        state.principal,
        interest,
        state.instalment,
        term,
        state.limit,
        terms.min_payment_share,
        p.minimum_line_share,
    )
    return principal_part + interest


@scalar
def _is_approved(person, rule, world, p, instalment, cutoff_rise):
    """Score, debt service and platforms against the lender's rules."""
    perceived = person.stated_income - rule.income_verified_share * (
        person.stated_income - person.income
    )
    elsewhere = world.other_annual_rate / 12.0 + p.platform_amortisation
    service = instalment + person.other_debt * elsewhere
    return (
        person.score >= rule.score_cutoff + cutoff_rise
        and service <= rule.debt_service_cap * perceived
        and person.platforms <= rule.platform_cap
    )


@scalar
def _cutoff_rise(rules, stock, total):
    """Points by which the score cut-off rises with last month's 30+ rate."""
    overdue = stock[AT_BALANCE + 2 : AT_BALANCE + N_BUCKETS].sum() / total if total > 0.0 else 0.0
    return rules.tighten_slope * max(0.0, overdue - rules.tighten_trigger)


@loop
def lend(t, n_live, book, levers, s, p, world, out):
    """Decide the month's applicants; the number of live borrowers afterwards, in row order."""
    people, loans, terms, states = book.people, book.loans, book.terms, s.loans
    flow, count = out.flows[t], out.counts[t]
    first, classes = book.first_applicant, levers.class_of_segment
    if t + 1 >= first.size:
        return n_live
    rise = _cutoff_rise(levers.book[0], out.stocks[t - 1], out.counts[t - 1].closing_balance)
    n_before = n_live
    for b in range(first[t], first[t + 1]):
        person = people[b]
        approved = False
        for row in range(person.first_loan, person.first_loan + person.n_loans):
            loan, opening, state = loans[row], book.openings[row], states[row]
            rule = levers.underwriting[t, classes[loan.segment]]
            cost = book.facts[0].application_cost * rule.application_cost_multiplier
            count.applicants += person.weight
            count.underwriting_cost += person.weight * cost
            instalment = _offer(loan, opening, terms[loan.product], state, rule, p, world.rate_cap)
            if not _is_approved(person, rule, world, p, instalment, rise):
                state.status = LoanStatus.REFUSED
                state.principal = 0.0
                continue
            approved = True
            state.status = LoanStatus.OPEN
            state.remaining = opening.term_months
            count.approved += person.weight
            flow.disbursed += person.weight * state.principal
            out.vintage_loans[loan.vintage] += person.weight
        if approved:
            s.live[n_live] = b
            n_live += 1
    count_stocks(n_before, n_live, book, s, out.stocks[t], count)
    return n_live
