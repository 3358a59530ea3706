"""The borrower: life, income, costs, willingness. Small pure functions of scalars.

Equations: docs/model.md, sections 3 to 6. ``p`` is the packed parameter record and ``world`` the
record of a path's month.
"""

import math

from simulator.kernels.elementary import log, power
from simulator.kernels.jit import scalar
from simulator.vocabulary import LASTING_BITS, Cause, Hardship, Life, Work, WorkState

_UNWELL = Life.ILL | Life.HOSPITAL | Life.WEAKENED
"""Bits of a life that count as illness."""


@scalar
def next_work(state, u, separation, finding, cut_hazard, restore_rate):
    """Work state a month later; one uniform serves all transitions.

    All outcomes are made and one is chosen, so that no branch waits for the luck.
    """
    kept = 1.0 - separation
    worked = WorkState.REDUCED if u < separation + kept * cut_hazard else WorkState.EMPLOYED
    recovered = WorkState.EMPLOYED if u < separation + kept * restore_rate else WorkState.REDUCED
    stayed = worked if state == WorkState.EMPLOYED else recovered
    stayed = WorkState.UNEMPLOYED if u < separation else stayed
    searched = WorkState.EMPLOYED if u < finding else WorkState.UNEMPLOYED
    return searched if state == WorkState.UNEMPLOYED else stayed


@scalar
def next_spell(active, u, onset, mean_months):
    """Whether a geometric spell (illness, disaster) runs a month later: 1 or 0."""
    stays = 0 if u < 1.0 / mean_months else 1
    begins = 1 if u < onset else 0
    return stays if active else begins


@scalar
def cut_depth(p, kind):
    """Income lost while reduced, by kind of work."""
    if kind == Work.FORMAL:
        return p.cut_depth_formal
    return p.cut_depth_self_employed if kind == Work.SELF_EMPLOYED else p.cut_depth_gig


@scalar
def job_strength(p, kind):
    """Strength of the cause that an unemployed person of this kind of work suffers."""
    return p.strength_revenue_loss if kind == Work.SELF_EMPLOYED else p.strength_job_loss


@scalar
def lasting_loss(p, k):
    """Income lost in month ``k`` > 0 after an admission that left a loss."""
    return p.hospital_lasting_loss * (1.0 - (k - 1) / int(p.hospital_fade_months))


@scalar
def income_factor(p, life, kind, insured, benefit_rate):
    """Income of the month over the normal one, of the part that shocks can touch."""
    state = life & 3
    factor = 1.0
    if state == WorkState.UNEMPLOYED:
        replacement = benefit_rate if insured else p.informal_income_share
        factor = 1.0 - job_strength(p, kind) * (1.0 - replacement)
    elif state == WorkState.REDUCED:
        strength = p.strength_revenue_loss if kind == Work.SELF_EMPLOYED else p.strength_pay_cut
        factor = 1.0 - strength * cut_depth(p, kind)
    if life & Life.ILL:
        factor *= 1.0 - p.strength_illness * p.illness_income_loss
    if life & Life.HOSPITAL:
        factor *= 1.0 - p.strength_illness * p.hospital_income_loss
    k = life >> LASTING_BITS
    if k > 0:
        factor *= 1.0 - p.strength_illness * lasting_loss(p, k)
    if life & Life.DISASTER:
        factor *= 1.0 - p.strength_disaster * p.disaster_income_loss
    if (life & Life.CLOSED) and state != WorkState.UNEMPLOYED:
        factor *= 1.0 - p.strength_epidemic_closure * p.closure_income_loss
    return factor


@scalar
def medical_cost(p, u, insured):
    """Out-of-pocket bill in months of income: a Pareto draw, capped, less reimbursement."""
    bill = min(
        p.medical_cost_cap_months, p.medical_cost_min_months * power(u, -1.0 / p.medical_cost_tail)
    )
    return p.strength_illness * bill * ((1.0 - p.medical_reimbursement) if insured else 1.0)


@scalar
def hospital_cost(p, u, insured):
    """Out-of-pocket bill of an admission in months of income: as ``medical_cost``."""
    bill = min(
        p.hospital_cost_cap_months,
        p.hospital_cost_min_months * power(u, -1.0 / p.hospital_cost_tail),
    )
    return p.strength_illness * bill * ((1.0 - p.medical_reimbursement) if insured else 1.0)


@scalar
def property_cost(p, u):
    """Property expense in months of income: a Pareto draw, capped."""
    bill = p.property_cost_min_months * power(u, -1.0 / p.property_cost_tail)
    return p.strength_disaster * min(p.property_cost_cap_months, bill)


@scalar
def shock_in_force(p, life, kind):
    """``Cause`` of the first shock that holds, of those with a strength; NONE without."""
    state = life & 3
    if state == WorkState.UNEMPLOYED and job_strength(p, kind) > 0.0:
        return Cause.REVENUE_LOSS if kind == Work.SELF_EMPLOYED else Cause.JOB_LOSS
    if (life & _UNWELL) and p.strength_illness > 0.0:
        return Cause.ILLNESS
    if (life & Life.DISASTER) and p.strength_disaster > 0.0:
        return Cause.DISASTER
    if (life & Life.CLOSED) and state != WorkState.UNEMPLOYED and p.strength_epidemic_closure > 0.0:
        return Cause.EPIDEMIC_CLOSURE
    if state == WorkState.REDUCED:
        if kind == Work.SELF_EMPLOYED:
            return Cause.REVENUE_LOSS if p.strength_revenue_loss > 0.0 else Cause.NONE
        return Cause.PAY_CUT if p.strength_pay_cut > 0.0 else Cause.NONE
    return Cause.NONE


@scalar
def hardship_of(life):
    """``Hardship`` of a month, seen by the lender or not."""
    state = life & 3
    if state == WorkState.UNEMPLOYED:
        return Hardship.JOB_LOSS
    if life & _UNWELL:
        return Hardship.ILLNESS
    if life & Life.DISASTER:
        return Hardship.DISASTER
    if state == WorkState.REDUCED or (life & Life.CLOSED):
        return Hardship.REDUCED_INCOME
    return Hardship.NONE


@scalar
def refusal_hazard(p, proneness, burden, worst_unpaid, worst_spell, factor):
    """Chance that a willing borrower stops paying by choice this month."""
    hazard = p.strength_wont_pay * p.p_refuse_monthly * proneness * factor
    hazard *= 1.0 + p.refuse_burden_slope * max(0.0, burden - p.refuse_burden_threshold)
    hazard *= 1.0 + p.refuse_dpd_slope * worst_unpaid
    return hazard * (1.0 + p.refuse_duration_slope * worst_spell)


@scalar
def catch_up_chance(p, spell):
    """Chance that a borrower in arrears who could pay everything does so."""
    return p.catch_up_share / (1.0 + p.catch_up_decay * max(0, spell - 1))


@scalar
def spending_cut(p, overspender, months_short):
    """Share of discretionary spending cut in a month of shortage."""
    learnt = min(1.0, months_short / p.overspender_cut_lag) if overspender else 1.0
    return p.discretionary_cut_max * learnt


@scalar
def new_savings(p, cash, savings, target, windfall):
    """Savings at month end: shortfalls come out in full, surpluses by a share, to a target.

    A windfall may be saved beyond the target.
    """
    kept = min(p.saving_share * (cash - savings), max(0.0, target - savings) + windfall)
    return cash if cash <= savings else savings + kept


@scalar
def late_days(u, mean_days):
    """Days of lateness, geometric from 1 with the given mean."""
    if mean_days <= 1.0:
        return 1
    return 1 + math.floor(log(u) / log(1.0 - 1.0 / mean_days))
