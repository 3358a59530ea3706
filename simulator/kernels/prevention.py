"""What reaches every customer, overdue or not: prevention, education, automatic payment.

Equations: docs/model.md, sections 4 (care) and 6 (attention). Pure functions of records.
"""

from simulator.kernels.exact import units
from simulator.kernels.jit import scalar
from simulator.kernels.rng import uniform
from simulator.vocabulary import Cause, Domain, Draw


@scalar
def _is_reached(share, person, key, draw):
    """Whether a borrower is among the ``share`` reached; a trait for life."""
    return share > 0.0 and uniform(key.seed, key.path, person.id, 0, draw, Domain.BORROWER) < share


@scalar
def chances_of_lapse(p, world, care, person, taught, enrolled):
    """Chances to forget, of a failed channel, to misunderstand; ``taught``: 0 to full effect."""
    attention = 1.0 - taught * p.education_attention
    forget = person.p_forget * p.strength_forgot * care.forget_factor * attention
    forget *= world.lapse_factor
    channel = person.p_channel_failure * p.strength_channel_failure * care.channel_factor
    channel *= world.lapse_factor
    misunderstand = (
        person.p_misunderstand * p.strength_did_not_understand * care.misunderstand_factor
    )
    return 0.0 if enrolled else forget, channel, misunderstand * attention


@scalar
def willingness_of(p, taught):
    """What is left of the hazard of refusal."""
    return 1.0 - taught * p.education_willingness


@scalar
def appetite_of(p, taught, overspender):
    """Spending over habit."""
    return 1.0 - taught * p.education_spending if overspender else 1.0


@scalar
def set_care(plan, person, care, p, world, key):
    """Chances of inattention and willingness of the month into the plan; spending over habit."""
    taught = 0.0
    if _is_reached(care.education_share, person, key, Draw.EDUCATION):
        taught = care.education_ramp
    enrolled = _is_reached(care.autopay_share, person, key, Draw.AUTOPAY)
    plan.p_forget, plan.p_channel, plan.p_misunderstand = chances_of_lapse(
        p, world, care, person, taught, enrolled
    )
    plan.willingness = willingness_of(p, taught)
    return appetite_of(p, taught, person.overspender)


@scalar
def lapse(p, t, plan, loan, terms, heeds, u_forget, u_channel, u_misunderstand):
    """(reason, mean days of lateness) of an able borrower; (NONE, 0) pays on time.

    ``heeds``: a reminder before the due day keeps this borrower from forgetting.
    """
    if u_forget < plan.p_forget and not heeds:
        return Cause.FORGOT, p.forget_mean_days
    if u_channel < plan.p_channel:
        return Cause.CHANNEL_FAILURE, p.channel_mean_days
    is_new = t - loan.origination_month <= p.new_customer_months
    if is_new and u_misunderstand < plan.p_misunderstand * terms.complexity:
        return Cause.DID_NOT_UNDERSTAND, p.misunderstand_mean_days
    return Cause.NONE, 0.0


@scalar
def heeds_reminder(plan, loan, state, care, p, key, t, u_forget):
    """Whether a reminder before the due day is read and heeded by one who would forget."""
    if care.due_reminder <= 0.0 or state.n_unpaid > 0 or u_forget >= plan.p_forget:
        return False
    chance = care.due_reminder * p.reach_reminder * care.due_reminder_effect
    return uniform(key.seed, key.path, loan.id, t, Draw.DUE_REMINDER, Domain.LOAN) < chance


@scalar
def count_prevention(care, p, facts, weight, is_due, count):
    """Cost of prevention for one open loan, due-day reminders included."""
    cost = care.prevention_cost
    if is_due:
        cost += care.due_reminder * p.cost_reminder
        count.contact_reminder += units(weight * care.due_reminder, facts.count_scale)
    count.programme_cost += units(weight * facts.reference_money * cost, facts.money_scale)
