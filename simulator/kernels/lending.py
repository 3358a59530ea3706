"""Phase four of a month: who asks for a loan is decided, and approved loans are paid out.

Customers who come back first, then the month's applicants, who are the same under every policy.
Equations: docs/model.md, section 9.
"""

import math

import numpy as np

from simulator.kernels.amounts_due import clear_balance
from simulator.kernels.customers import (
    behaviour_score,
    comes_in_bad_faith,
    hazard_of_return,
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
from simulator.kernels.records import CHUNK
from simulator.kernels.rng import fill_units, stream, uniform
from simulator.kernels.score_power import application_segment, band_of, count_repeat
from simulator.kernels.tally import AT_BALANCE, FIRST_30
from simulator.kernels.worth import count_decision, lend_to, spend_on
from simulator.vocabulary import N_BUCKETS, Amortisation, Cause, Domain, Draw, LoanStatus

_RETURN_GROUP, _RETURN_LANE = Draw.RETURN // 4, Draw.RETURN % 4


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
    principal = amount * rule.amount_multiplier * world.standards_amount
    limit = limit * rule.amount_multiplier * world.standards_amount
    price = new_rate(list_price, rule.price_add + world.standards_price, terms, world)
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
def _lend_again(t, start, stop, rise, standing, book, levers, s, p, world, key, out):
    """Decide what customers who have come back ask for; how many are granted a loan.

    ``s.question[start:stop]``: their rows; the granted come first afterwards, the others go back to
    the dormant. ``s.plans``: their households' months.
    """
    people, entries, openings, products = book.people, book.entries, book.openings, book.terms
    facts, floors, n_bands = book.facts[0], book.band_floors, book.prices.shape[1]
    prices, vintage_of, score_cell = book.prices, book.vintage_of, book.score_cell
    customers, slots, states, plans, outcomes = s.people, s.slots, s.loans, s.plans, s.outcomes
    asking, dormant, n_dormant, filed, risks = (
        s.question,
        s.dormant,
        s.n_dormant[0],
        s.filed,
        s.risks,
    )
    rules, classes = levers.underwriting, levers.class_of_segment
    count, flow, applicants, vintages = (
        out.counts[t],
        out.flows[t],
        out.applicants,
        out.vintage_loans,
    )
    repeat_judged, n_granted = out.repeat_judged, 0
    for k in range(start, stop):
        b = asking[k]
        person, entry, customer = people[b], entries[b], customers[b]
        score = behaviour_score(entry.score, customer, t, p)
        by_score = applicants.shape[0] > 0 and person.arrival_month > 0
        in_order = is_in_order(plans[k - start], customer, p)
        band = band_of(score, floors)
        granted = False
        for row in range(person.first_loan, person.first_loan + person.n_loans):
            loan, state = slots[row], states[row]
            if not may_be_asked_again(loan, state):
                continue
            terms, list_price = products[loan.product], prices[loan.product, band]
            segment = loan.segment // n_bands * n_bands + band
            rule = rules[t, classes[segment]]
            limit, term = loan.limit, max(1, openings[row].term_months)
            new_id = later_id(person.id, t, row - person.first_loan)
            count.repeat_applicants += person.heads
            cost = facts.reference_money * p.application_cost * rule.application_cost_multiplier
            count.underwriting_cost += units(person.weight * cost, facts.money_scale)
            if by_score:
                spend_on(t, person.weight * cost, p, facts, applicants[score_cell[b]])
            rate, first, principal, line, base_rate, instalment = _offer(
                loan.kind, limit, limit, term, list_price, terms, rule, p, world
            )
            debt = customer.other_debt
            if not in_order:
                continue
            if not _is_approved(score, person, entry, debt, rule, world, p, first, rise):
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
            loan.vintage = vintage_of[t]
            loan.again = 1
            filed[row] = 0
            record_loan(customer)
            if risks.size > 0:
                forget_risk(risks[row])
            judged = application_segment(segment, entry.score, floors)
            count_repeat(t, judged, person.heads, key, repeat_judged)
            if by_score:
                lend_to(t, person.weight * principal, p, facts, applicants[score_cell[b]])
            lent = units(person.weight * principal, facts.money_scale)
            count.repeat_loans += person.heads
            count.repeat_disbursed += lent
            flow.disbursed += lent
            vintages[loan.vintage] += person.heads
        if granted:
            outcomes[b].overdue_months = max(0, outcomes[b].overdue_months)
            asking[start + n_granted] = b
            n_granted += 1
        else:
            dormant[n_dormant] = b
            n_dormant += 1
    s.n_dormant[0] = n_dormant
    return n_granted


@loop
def _who_asks(t, s, people, p, key):
    """Move the dormant customers who ask this month to ``s.question``, forget those long gone.

    How many ask.
    """
    customers, dormant, asking, ids, u = s.people, s.dormant, s.question, s.person_ids, s.u_person
    counter, n_asking, kept, memory = stream(t, _RETURN_GROUP, Domain.BORROWER), 0, 0, 0
    while memory < p.return_memory_months:
        memory += 1
    hazards = np.zeros(memory + 1)
    for idle in range(1, memory + 1):
        hazards[idle] = hazard_of_return(idle, p)
    for start in range(0, s.n_dormant[0], CHUNK):
        stop = min(s.n_dormant[0], start + CHUNK)
        for k in range(start, stop):
            ids[k - start] = people[dormant[k]].id
        fill_units(ids[: stop - start], counter, key.path, key.seed, u)
        for k in range(start, stop):
            b = dormant[k]
            customer = customers[b]
            idle = t - customer.last_ended
            if idle > p.return_memory_months:
                continue
            if t > customer.closed_until and u[_RETURN_LANE, k - start] < hazards[idle]:
                asking[n_asking] = b
                n_asking += 1
            else:
                dormant[kept] = b
                kept += 1
    s.n_dormant[0] = kept
    return n_asking


@loop
def _welcome_back(t, n_live, rise, standing, book, levers, s, p, months, life, key, out):
    """Decide the dormant customers who ask again; the number of live borrowers afterwards."""
    asking, live = s.question, s.live
    n_asking = _who_asks(t, s, book.people, p, key)
    for start in range(0, n_asking, CHUNK):
        stop = min(n_asking, start + CHUNK)
        live_on(t, start, stop, asking, book, levers, s, p, months, life, key)
        n = _lend_again(t, start, stop, rise, standing, book, levers, s, p, months[t], key, out)
        for k in range(start, start + n):
            live[n_live] = asking[k]
            n_live += 1
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
    rise += months[t].standards_cutoff
    standing = _standing(p, out.counts[t - 1])
    n = _welcome_back(t, n_live, rise, standing, book, levers, s, p, months, life, key, out)
    n = _decide_applicants(t, n, rise, standing, book, levers, s, p, months[t], key, out)
    count_stocks(n_live, n, book, s, out.stocks[t], count)
    if t < seen.cells.shape[0]:
        see_loans(t, n_live, n, book, s, life, seen)
    return n
