"""Phase four of a month: who asks for a loan is decided, and approved loans are paid out.

Customers who come back first, then the month's applicants, who are the same under every policy.
Equations: docs/model.md, section 9.
"""

import math

from simulator.kernels.amounts_due import clear_balance
from simulator.kernels.customers import (
    asks_again,
    behaviour_score,
    comes_in_bad_faith,
    is_in_order,
    later_id,
    live_on,
    may_be_asked_again,
    record_loan,
)
from simulator.kernels.elementary import power
from simulator.kernels.exact import units
from simulator.kernels.impairment import forget_risk, see_loans
from simulator.kernels.interest_rate import base_of, new_rate
from simulator.kernels.jit import loop, scalar
from simulator.kernels.ledger import count_stocks
from simulator.kernels.payment import annuity_instalment, scheduled_principal
from simulator.kernels.rng import uniform
from simulator.kernels.score_power import application_segment, band_of, count_repeat
from simulator.kernels.tally import AT_BALANCE, FIRST_30
from simulator.kernels.worth import count_decision, lend_to, spend_on
from simulator.vocabulary import N_BUCKETS, Amortisation, Cause, Domain, Draw, LoanStatus


@scalar
def reset_loan(state, base_rate, limit):
    """A loan before anything happens to it; lenders may change rate and limit."""
    state.status = LoanStatus.PENDING
    clear_balance(state)
    state.instalment = 0.0
    state.n_unpaid = 0
    state.remaining = 0
    state.spell = 0
    state.cause = Cause.NONE
    state.relief_left = 0
    state.relief_uses = 0
    state.relief_due = 1.0
    state.relief_interest = 1.0
    state.old_bucket = 0
    state.marks = 0
    state.free_left = 0
    state.base_rate = base_rate
    state.limit = limit


@scalar
def _offer(kind, amount, limit, term, list_price, terms, rule, p, world):
    """What would be granted: (yearly price, first instalment, principal, limit, base rate, A)."""
    principal = amount * rule.amount_multiplier
    limit = limit * rule.amount_multiplier
    price = new_rate(list_price, rule.price_add, terms, world)
    base_rate = base_of(price, terms, world)
    price = min(price, world.rate_cap)
    monthly_rate = price / 12.0
    instalment = annuity_instalment(principal, monthly_rate, term)
    interest = principal * monthly_rate
    principal_part = scheduled_principal(
        kind,
        principal,
        interest,
        instalment,
        term,
        limit,
        terms.min_payment_share,
        p.minimum_line_share,
    )
    return price, principal_part + interest, principal, limit, base_rate, instalment


@scalar
def _perceived_score(person, entry, rule, facts):
    """The lender's score of an applicant, mixed with as much of the truth as it has bought."""
    noiseless = facts.score_mean - facts.score_sd * person.true_risk
    signal, noise = rule.score_signal_share, 1.0 - rule.score_signal_share
    spread = math.sqrt(noise**2 + signal**2 + 2.0 * signal * noise * facts.score_correlation)
    mixed = noise * entry.score + signal * noiseless
    return facts.score_mean + (mixed - facts.score_mean) / spread


@scalar
def _is_approved(score, person, entry, other_debt, rule, world, p, instalment, cutoff_rise):
    """Score, debt service and platforms against the lender's rules."""
    perceived = entry.stated_income - rule.income_verified_share * (
        entry.stated_income - person.income
    )
    elsewhere = world.other_annual_rate / 12.0 + p.platform_amortisation
    service = instalment + other_debt * elsewhere
    return (
        score >= rule.score_cutoff + cutoff_rise
        and service <= rule.debt_service_cap * perceived
        and person.platforms <= rule.platform_cap
    )


@scalar
def _standing(p, before):
    """Share of customers whom complaints of the month before do not turn away."""
    if p.reputation_elasticity <= 0.0 or before.opening_loans <= 0.0:
        return 1.0
    complaints = 1000.0 * before.complaints / before.opening_loans
    if complaints <= p.reputation_reference:
        return 1.0
    return power(p.reputation_reference / complaints, p.reputation_elasticity)


@scalar
def _stays_away(t, person, standing, key):
    """Whether the lender's reputation keeps an applicant from asking."""
    if standing >= 1.0:
        return False
    u = uniform(key.seed, key.path, person.id, t, Draw.REPUTATION, Domain.BORROWER)
    return u >= standing


@scalar
def _takes_up(t, loan_id, list_price, rate, free_months, standing, person, rule, p, world, key):
    """Whether an approved applicant takes the loan; the best have alternatives to a dear one."""
    declines = p.offer_decline_share
    if person.true_risk < 0.0:
        free_years = min(free_months, 12) / 12.0
        dearer = rate - min(list_price, world.rate_cap) - rate * free_years
        price = dearer - world.rival_change
        declines = min(1.0, max(0.0, declines + p.offer_price_slope * price))
    stays = standing * (1.0 - declines) * power(1.0 - p.walk_away_per_day, rule.decision_days)
    u = uniform(key.seed, key.path, loan_id, t, Draw.ACCEPT, Domain.LOAN)
    return u >= 1.0 - stays


@scalar
def _cutoff_rise(rules, stock, total):
    """Points by which the score cut-off rises with last month's 30+ rate."""
    overdue = (
        stock[AT_BALANCE + FIRST_30 : AT_BALANCE + N_BUCKETS].sum() / total if total > 0.0 else 0.0
    )
    return rules.tighten_slope * max(0.0, overdue - rules.tighten_trigger)


@scalar
def _pay_out(state, principal, limit, base_rate, instalment, term, free_months):
    """Open a loan on the terms of an offer."""
    reset_loan(state, base_rate, limit)
    state.status = LoanStatus.OPEN
    state.principal = principal
    state.instalment = instalment
    state.remaining = term
    state.free_left = free_months


@loop
def _lend_again(t, b, rise, standing, book, levers, s, p, world, key, out):
    """Decide what a customer who has come back asks for; whether a loan is granted.

    ``s.plans[0]``: the household's month.
    """
    person, entry, customer, facts = book.people[b], book.entries[b], s.people[b], book.facts[0]
    count, n_bands = out.counts[t], book.prices.shape[1]
    score = behaviour_score(entry.score, customer, t, p)
    by_score = out.applicants.shape[0] > 0 and person.arrival_month > 0
    in_order = is_in_order(s.plans[0], customer, p)
    band = band_of(score, book.band_floors)
    granted = False
    for row in range(person.first_loan, person.first_loan + person.n_loans):
        loan, state = s.slots[row], s.loans[row]
        if not may_be_asked_again(loan, state):
            continue
        terms, list_price = book.terms[loan.product], book.prices[loan.product, band]
        segment = loan.segment // n_bands * n_bands + band
        rule = levers.underwriting[t, levers.class_of_segment[segment]]
        limit, term = loan.limit, max(1, book.openings[row].term_months)
        new_id = later_id(person.id, t, row - person.first_loan)
        count.repeat_applicants += person.heads
        cost = facts.reference_money * p.application_cost * rule.application_cost_multiplier
        count.underwriting_cost += units(person.weight * cost, facts.money_scale)
        if by_score:
            spend_on(t, person.weight * cost, p, facts, out.applicants[book.score_cell[b]])
        rate, first, principal, line, base_rate, instalment = _offer(
            loan.kind, limit, limit, term, list_price, terms, rule, p, world
        )
        other_debt = customer.other_debt
        if not in_order:
            continue
        if not _is_approved(score, person, entry, other_debt, rule, world, p, first, rise):
            continue
        count.repeat_approved += person.heads
        if not _takes_up(t, new_id, list_price, rate, 0, standing, person, rule, p, world, key):
            continue
        granted = True
        _pay_out(state, principal, line, base_rate, instalment, term, 0)
        if loan.kind == Amortisation.BULLET:
            customer.savings += principal
        loan.id = new_id
        loan.segment = segment
        loan.origination_month = t
        loan.vintage = book.vintage_of[t]
        loan.again = 1
        s.filed[row] = 0
        record_loan(customer)
        if s.risks.size > 0:
            forget_risk(s.risks[row])
        judged = application_segment(segment, entry.score, book)
        count_repeat(t, judged, person.heads, key, out.repeat_judged)
        if by_score:
            lend_to(t, person.weight * principal, p, facts, out.applicants[book.score_cell[b]])
        lent = units(person.weight * principal, facts.money_scale)
        count.repeat_loans += person.heads
        count.repeat_disbursed += lent
        out.flows[t].disbursed += lent
        out.vintage_loans[loan.vintage] += person.heads
    return granted


@loop
def _welcome_back(t, n_live, rise, standing, book, levers, s, p, months, life, key, out):
    """Decide the dormant customers who ask again; the number of live borrowers afterwards."""
    dormant, live, kept = s.dormant, s.live, 0
    for k in range(s.n_dormant[0]):
        b = dormant[k]
        state = s.people[b]
        idle = t - state.last_ended
        if idle > p.return_memory_months:
            continue
        if idle > 0 and asks_again(t, book.people[b], state, p, key):
            live_on(t, b, book, levers, s, p, months, life, key)
            if _lend_again(t, b, rise, standing, book, levers, s, p, months[t], key, out):
                outcome = s.outcomes[b]
                outcome.overdue_months = max(0, outcome.overdue_months)
                live[n_live] = b
                n_live += 1
                continue
        dormant[kept] = b
        kept += 1
    s.n_dormant[0] = kept
    return n_live


@loop
def _decide_applicants(t, n_live, rise, standing, book, levers, s, p, world, key, out):
    """Decide the month's applicants; the number of live borrowers afterwards."""
    people, loans, terms, states = book.people, book.loans, book.terms, s.loans
    flow, count = out.flows[t], out.counts[t]
    first, classes, facts = book.first_applicant, levers.class_of_segment, book.facts[0]
    by_score = out.applicants.shape[0] > 0
    decision_cost = facts.reference_money * p.application_cost
    for b in range(first[t], first[t + 1]):
        person, entry, customer = people[b], book.entries[b], s.people[b]
        if entry.arrives_at > world.arrivals or _stays_away(t, person, standing, key):
            continue
        approved = False
        for row in range(person.first_loan, person.first_loan + person.n_loans):
            loan, opening, state = loans[row], book.openings[row], states[row]
            rule = levers.underwriting[t, classes[loan.segment]]
            cost = decision_cost * rule.application_cost_multiplier
            count.applicants += person.heads
            count.underwriting_cost += units(person.weight * cost, facts.money_scale)
            list_price, term = opening.annual_rate, max(1, opening.term_months)
            free_months = int(rule.interest_free_months)
            rate, instalment, principal, limit, base_rate, annuity = _offer(
                loan.kind, opening.principal, loan.limit, term, list_price, terms[loan.product],
                rule, p, world,
            )  # fmt: skip
            score = _perceived_score(person, entry, rule, facts)
            other_debt = entry.other_debt
            takes_up = False
            passes = _is_approved(
                score, person, entry, other_debt, rule, world, p, instalment, rise
            )
            if passes:
                count.approved += person.heads
                takes_up = _takes_up(
                    t, loan.id, list_price, rate, free_months, standing, person, rule, p, world, key
                )
                count.declined += 0 if takes_up else person.heads
            if by_score:
                applicant = out.applicants[book.score_cell[b]]
                count_decision(person, passes, takes_up, principal, rate, facts, applicant)
                spend_on(t, person.weight * cost, p, facts, applicant)
            if not takes_up:
                state.status = LoanStatus.REFUSED
                continue
            won_for = 0.0 if approved else facts.reference_money * p.acquisition_cost
            count.acquisition_cost += units(person.weight * won_for, facts.money_scale)
            if by_score:
                applicant = out.applicants[book.score_cell[b]]
                spend_on(t, person.weight * won_for, p, facts, applicant)
                lend_to(t, person.weight * principal, p, facts, applicant)
            approved = True
            _pay_out(state, principal, limit, base_rate, annuity, term, free_months)
            record_loan(customer)
            lent = units(person.weight * principal, facts.money_scale)
            count.first_disbursed += lent
            flow.disbursed += lent
            out.vintage_loans[loan.vintage] += person.heads
        if approved:
            customer.refusing = comes_in_bad_faith(person, p, key)
            s.outcomes[b].overdue_months = 0
            s.live[n_live] = b
            n_live += 1
    return n_live


@loop
def lend(t, n_live, book, levers, s, p, months, life, key, out, seen):
    """Decide who asks this month; the number of live borrowers afterwards, newcomers last."""
    if t + 1 >= book.first_applicant.size:
        return n_live
    count = out.counts[t]
    rise = _cutoff_rise(levers.book[0], out.stocks[t - 1], out.counts[t - 1].closing_balance)
    standing = _standing(p, out.counts[t - 1])
    n = _welcome_back(t, n_live, rise, standing, book, levers, s, p, months, life, key, out)
    n = _decide_applicants(t, n, rise, standing, book, levers, s, p, months[t], key, out)
    count_stocks(n_live, n, book, s, out.stocks[t], count)
    if t < seen.cells.shape[0]:
        see_loans(t, n_live, n, book, s, life, seen)
    return n
