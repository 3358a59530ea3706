"""Phase four of a month: applicants are decided, and approved loans are paid out.

Equations: docs/model.md, section 9. The same people apply under every policy.
"""

import math

from simulator.kernels.impairment import see_loans
from simulator.kernels.interest_rate import base_of, new_rate
from simulator.kernels.jit import loop, scalar
from simulator.kernels.ledger import count_stocks
from simulator.kernels.payment import annuity_instalment, scheduled_principal
from simulator.kernels.rng import uniform
from simulator.kernels.tally import AT_BALANCE, FIRST_30
from simulator.vocabulary import N_BUCKETS, Domain, Draw, LoanStatus


@scalar
def _offer(loan, opening, terms, state, rule, p, world):
    """Write the terms that would be granted into ``state``; (yearly price, first instalment)."""
    state.principal = opening.principal * rule.amount_multiplier
    state.limit = loan.limit * rule.amount_multiplier
    rate = new_rate(opening.annual_rate, rule.price_add, terms, world)
    state.base_rate = base_of(rate, terms, world)
    rate = min(rate, world.rate_cap)
    monthly_rate = rate / 12.0
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
    return rate, principal_part + interest


@scalar
def _is_approved(person, entry, rule, world, facts, p, instalment, cutoff_rise):
    """Score, debt service and platforms against the lender's rules."""
    noiseless = facts.score_mean - facts.score_sd * person.true_risk
    signal, noise = rule.score_signal_share, 1.0 - rule.score_signal_share
    spread = math.sqrt(noise**2 + signal**2 + 2.0 * signal * noise * facts.score_correlation)
    mixed = noise * entry.score + signal * noiseless
    score = facts.score_mean + (mixed - facts.score_mean) / spread
    perceived = entry.stated_income - rule.income_verified_share * (
        entry.stated_income - person.income
    )
    elsewhere = world.other_annual_rate / 12.0 + p.platform_amortisation
    service = instalment + entry.other_debt * elsewhere
    return (
        score >= rule.score_cutoff + cutoff_rise
        and service <= rule.debt_service_cap * perceived
        and person.platforms <= rule.platform_cap
    )


@scalar
def _takes_up(t, loan, opening, rate, person, rule, p, world, key):
    """Whether an approved applicant takes the loan; the best have alternatives to a dear one."""
    declines = p.offer_decline_share
    if person.true_risk < 0.0:
        free_years = min(int(rule.interest_free_months), 12) / 12.0
        dearer = rate - min(opening.annual_rate, world.rate_cap) - rate * free_years
        price = dearer - world.rival_change
        declines = min(1.0, max(0.0, declines + p.offer_price_slope * price))
    stays = (1.0 - declines) * (1.0 - p.walk_away_per_day) ** rule.decision_days
    u = uniform(key.seed, key.path, loan.id, t, Draw.ACCEPT, Domain.LOAN)
    return u >= 1.0 - stays


@scalar
def _cutoff_rise(rules, stock, total):
    """Points by which the score cut-off rises with last month's 30+ rate."""
    overdue = (
        stock[AT_BALANCE + FIRST_30 : AT_BALANCE + N_BUCKETS].sum() / total if total > 0.0 else 0.0
    )
    return rules.tighten_slope * max(0.0, overdue - rules.tighten_trigger)


@loop
def lend(t, n_live, book, levers, s, p, world, life, key, out, seen):
    """Decide the month's applicants; the number of live borrowers afterwards, in row order."""
    people, loans, terms, states = book.people, book.loans, book.terms, s.loans
    flow, count = out.flows[t], out.counts[t]
    first, classes, facts = book.first_applicant, levers.class_of_segment, book.facts[0]
    decision_cost = facts.reference_money * p.application_cost
    if t + 1 >= first.size:
        return n_live
    rise = _cutoff_rise(levers.book[0], out.stocks[t - 1], out.counts[t - 1].closing_balance)
    n_before = n_live
    for b in range(first[t], first[t + 1]):
        person, entry = people[b], book.entries[b]
        approved = False
        for row in range(person.first_loan, person.first_loan + person.n_loans):
            loan, opening, state = loans[row], book.openings[row], states[row]
            rule = levers.underwriting[t, classes[loan.segment]]
            cost = decision_cost * rule.application_cost_multiplier
            count.applicants += person.weight
            count.underwriting_cost += person.weight * cost
            product = terms[loan.product]
            rate, instalment = _offer(loan, opening, product, state, rule, p, world)
            takes_up = False
            if _is_approved(person, entry, rule, world, facts, p, instalment, rise):
                count.approved += person.weight
                takes_up = _takes_up(t, loan, opening, rate, person, rule, p, world, key)
                count.declined += 0.0 if takes_up else person.weight
            if not takes_up:
                state.status = LoanStatus.REFUSED
                state.principal = 0.0
                continue
            if not approved:
                won_for = facts.reference_money * p.acquisition_cost
                count.acquisition_cost += person.weight * won_for
            approved = True
            state.status = LoanStatus.OPEN
            state.remaining = opening.term_months
            state.free_left = int(rule.interest_free_months)
            flow.disbursed += person.weight * state.principal
            out.vintage_loans[loan.vintage] += person.weight
        if approved:
            s.outcomes[b].overdue_months = 0
            s.live[n_live] = b
            n_live += 1
    count_stocks(n_before, n_live, book, s, out.stocks[t], count)
    if t < seen.cells.shape[0]:
        see_loans(t, n_before, n_live, book, s, life, seen)
    return n_live
