"""A quiet month: one open loan, nothing overdue, everything paid in full and on time.

The same equations as in ``funding`` and ``loan_month`` (docs/model.md, sections 4 to 8), in the
same order, as pure functions of numbers without branches, so that a loop over slots vectorises.
``exceptional`` says of whom the month is not quiet after all.
"""

from typing import NamedTuple

from simulator.kernels.amounts_due import is_frozen, parts_at
from simulator.kernels.borrower import new_savings, refusal_hazard
from simulator.kernels.funding import (
    burden_of,
    debt_elsewhere,
    incomes,
    is_closed,
    lent_elsewhere,
    living_of,
    months_missed,
    next_cut_off,
    puts_others_first,
    service_elsewhere,
    without_overspending,
)
from simulator.kernels.interest_rate import effective_rate
from simulator.kernels.jit import scalar
from simulator.kernels.loan_month import wants_to_prepay
from simulator.kernels.payment import CLEARED, ENOUGH, line_draw, without_dust
from simulator.kernels.prevention import appetite_of, chances_of_lapse, lapse, willingness_of
from simulator.vocabulary import Amortisation


class QuietTerms(NamedTuple):
    """The month's numbers for one product and class: fields of the records that equations read."""

    t: int
    in_run_off: bool
    kind: int  # Amortisation
    relief_factor: float
    need: float  # largest chance of relief of a loan in order with need, and without
    no_need: float
    # the packed parameters
    household_income_share: float
    strength_platform_cutoff: float
    platform_amortisation: float
    platform_missed_to_close: float
    strength_overspending: float
    platform_limit_months: float
    platform_lend_probability: float
    strength_chose_other_lender: float
    choose_other_sensitivity: float
    platform_cut_months: float
    platform_cut_monthly: float
    saving_share: float
    strength_wont_pay: float
    p_refuse_monthly: float
    refuse_burden_slope: float
    refuse_burden_threshold: float
    refuse_dpd_slope: float
    refuse_duration_slope: float
    discretionary_cut_max: float
    overspender_cut_lag: float
    deferred_spread_months: float
    minimum_line_share: float
    stress_draw_share: float
    rival_prepay_sensitivity: float
    new_customer_months: float
    forget_mean_days: float
    channel_mean_days: float
    misunderstand_mean_days: float
    strength_forgot: float
    strength_channel_failure: float
    strength_did_not_understand: float
    education_attention: float
    education_willingness: float
    education_spending: float
    # the world's month
    income_index: float
    price_index: float
    credit_supply: float
    other_annual_rate: float
    refusal_factor: float
    competitor_rate: float
    windfall: float
    policy_change: float
    rate_cap: float
    lapse_factor: float
    # the product
    rate_passthrough: float
    min_payment_share: float
    accrual_stop_dpd: float
    p_prepay_monthly: float
    complexity: float
    # what reaches every customer of the class
    education_share: float
    education_ramp: float
    autopay_share: float
    forget_factor: float
    channel_factor: float
    misunderstand_factor: float


class Household(NamedTuple):
    """A slot's borrower: the book's, then the state at the month's start."""

    income: float
    essential: float
    discretionary: float
    usual_savings: float
    p_forget: float
    p_channel_failure: float
    p_misunderstand: float
    refusal_weight: float
    true_risk: float
    overspender: int
    platforms: int
    pays_others_first: int
    education_luck: float
    autopay_luck: float
    savings: float
    other_debt: float
    other_missed: int
    months_short: int
    cut_off: int
    closed_until: int


class Credit(NamedTuple):
    """A slot's open loan: contract and state, named as in the loan's record."""

    kind: int
    due_day: int
    origination_month: int
    n_unpaid: int
    principal: float
    interest_deferred: float
    instalment: float
    base_rate: float
    limit: float
    usual_principal: float
    first_limit: float
    relief_due: float
    relief_interest: float
    remaining: int
    relief_left: int
    free_left: int
    relief_uses: int


class Fortune(NamedTuple):
    """What the month brings to a slot: the shock that lasts, and uniforms."""

    factor: float  # on the income that shocks can touch
    is_shocked: bool
    line_multiplier: float
    refuse: float
    platform: float
    relief: float
    choose: float
    forget: float
    channel: float
    misunderstand: float
    prepay: float


class Calm(NamedTuple):
    """What rule books ask of a loan in order at month end, as its record has it."""

    n_unpaid: int
    relief_left: int
    cause: int
    due_day: int


class _Chances(NamedTuple):
    """Chances of inattention, as a plan has them."""

    p_forget: float
    p_channel: float
    p_misunderstand: float


class Budget(NamedTuple):
    """A household's month if this lender is paid in full."""

    is_quiet: bool
    is_short: bool
    trouble: bool  # whether an early warning would be right
    savings: float  # once this lender has been paid
    other_debt: float
    other_missed: int
    months_short: int
    cut_off: int


class Entries(NamedTuple):
    """What the month books to a loan, and its state at month end."""

    interest: float
    charged: float
    principal_paid: float
    interest_paid: float
    repaid: float
    drawn: float
    ends: bool
    principal: float
    interest_deferred: float
    remaining: int


@scalar
def dues_of(q, credit, instalment):
    """(principal due, interest due, interest accrued, interest charged) of a loan in order."""
    rate = effective_rate(credit, q, q)
    due_principal, due_interest, interest, charged, _ = parts_at(
        rate, instalment, credit, q, credit, q
    )
    frozen = is_frozen(credit)
    due_principal = 0.0 if frozen else due_principal
    due_interest = 0.0 if frozen else due_interest
    return due_principal, due_interest, interest, charged


@scalar
def live_quietly(q, who, credit, due, luck):
    """The month of a household that owes ``due``, as ``funding`` has it."""
    normal, income = incomes(q, q, who.income, luck.factor)
    taught = q.education_ramp if who.education_luck < q.education_share else 0.0
    habit = who.discretionary * q.price_index * appetite_of(q, taught, who.overspender)
    essential = who.essential * q.price_index
    on_record = q.t <= who.closed_until
    closed = is_closed(q, who.other_missed, on_record, who.cut_off, 0)
    service = service_elsewhere(q, q, who.other_debt, closed)
    free = income - essential - 0.0 - habit - service
    short = free - due < 0.0
    relieved = credit.relief_uses > 0
    factor = q.refusal_factor * (q.relief_factor if relieved else 1.0) * willingness_of(q, taught)
    burden = burden_of(service + due, income)
    refuses = luck.refuse < refusal_hazard(q, who.refusal_weight, burden, 0, 0, factor)

    living, months_short = living_of(q, essential, habit, who.overspender, short, who.months_short)
    no_shock = not luck.is_shocked
    spent = without_overspending(q, no_shock, living + service + due, income)
    cash = max(0.0, who.savings + spent - 0.0 - living)
    gap = service + due - cash
    room = q.platform_limit_months * normal - who.other_debt
    lent = lent_elsewhere(q, q, room, gap, closed, no_shock, luck.platform)
    lent = lent if (gap > 0.0) & (who.platforms > 0) else 0.0
    cash += lent
    rate = effective_rate(credit, q, q)
    by_habit = who.pays_others_first != 0
    others_first = puts_others_first(q, q, by_habit, rate, service, luck.choose)
    before = min(cash, service) if others_first else 0.0
    cash -= before
    pays = cash >= due - ENOUGH
    cash = max(0.0, cash - due)
    elsewhere = before if others_first else min(cash, service)
    cash -= 0.0 if others_first else elsewhere

    chances = chances_of_lapse(q, q, q, who, taught, who.autopay_luck < q.autopay_share)
    _, days = lapse(
        q, q.t, _Chances(*chances), credit, q, False, luck.forget, luck.channel, luck.misunderstand
    )
    lapses = days > 0.0
    asks = luck.relief < (q.need if short else q.no_need)
    exceptional = refuses | (not pays) | asks | (lapses & (due > 0.0))

    target, extra = who.usual_savings * q.price_index, q.windfall * who.income
    saved = new_savings(q, cash, who.savings, target, extra) + due
    saved = max(0.0, saved - due) if due > 0.0 else saved
    return Budget(
        not exceptional,
        short,
        (who.savings + free - due < 0.0) | lapses,
        saved,
        debt_elsewhere(q, who.other_debt, lent, elsewhere),
        months_missed(elsewhere, service, who.other_missed),
        months_short,
        next_cut_off(q, who.cut_off, who.platforms, luck.platform),
    )


@scalar
def book_quietly(q, true_risk, credit, dues, months_short, luck):
    """What a month in which the instalment is paid does to a loan, as ``loan_month`` has it.

    ``dues``: of ``dues_of``; ``months_short``: at the month's end.
    """
    due_principal, due_interest, interest, charged = dues
    relieved = credit.relief_left > 0
    paused = relieved & (credit.relief_due < 1.0)
    remaining = credit.remaining - (1 if (credit.remaining > 0) & (not paused) else 0)
    deferred = without_dust(credit.interest_deferred + charged - due_interest)
    principal = without_dust(credit.principal - due_principal)
    rate = effective_rate(credit, q, q)
    wants = wants_to_prepay(credit.kind, rate, true_risk, luck.prepay, q, q, q)
    repays = wants & (principal > 0.0) & (not relieved)
    repaid = principal + deferred if repays else 0.0
    principal_paid = due_principal + (principal if repays else 0.0)
    interest_paid = due_interest + (deferred if repays else 0.0)
    principal = 0.0 if repays else principal
    deferred = 0.0 if repays else deferred
    revolving = credit.kind == Amortisation.REVOLVING
    may_end = (repaid > 0.0) | q.in_run_off | (not revolving)
    ends = (principal + deferred <= CLEARED) & may_end
    principal_paid += principal if ends else 0.0
    stress = q.stress_draw_share if months_short > 0 else 0.0
    target = credit.usual_principal * credit.limit / credit.first_limit
    drawn = line_draw(principal, credit.limit, target, luck.line_multiplier, stress)
    may_draw = revolving & (not ends) & (not relieved) & (not q.in_run_off)
    drawn = drawn if may_draw else 0.0
    return Entries(
        interest,
        charged,
        principal_paid,
        interest_paid,
        repaid,
        drawn,
        ends,
        0.0 if ends else principal + drawn,
        0.0 if ends else deferred,
        remaining,
    )


@scalar
def terms_of_month(t, in_run_off, kind, relief_factor, need, no_need, p, world, terms, care):
    """The month's ``QuietTerms`` of a product and class, from their records."""
    return QuietTerms(
        t,
        in_run_off,
        kind,
        relief_factor,
        need,
        no_need,
        p.household_income_share,
        p.strength_platform_cutoff,
        p.platform_amortisation,
        p.platform_missed_to_close,
        p.strength_overspending,
        p.platform_limit_months,
        p.platform_lend_probability,
        p.strength_chose_other_lender,
        p.choose_other_sensitivity,
        p.platform_cut_months,
        p.platform_cut_monthly,
        p.saving_share,
        p.strength_wont_pay,
        p.p_refuse_monthly,
        p.refuse_burden_slope,
        p.refuse_burden_threshold,
        p.refuse_dpd_slope,
        p.refuse_duration_slope,
        p.discretionary_cut_max,
        p.overspender_cut_lag,
        p.deferred_spread_months,
        p.minimum_line_share,
        p.stress_draw_share,
        p.rival_prepay_sensitivity,
        p.new_customer_months,
        p.forget_mean_days,
        p.channel_mean_days,
        p.misunderstand_mean_days,
        p.strength_forgot,
        p.strength_channel_failure,
        p.strength_did_not_understand,
        p.education_attention,
        p.education_willingness,
        p.education_spending,
        world.income_index,
        world.price_index,
        world.credit_supply,
        world.other_annual_rate,
        world.refusal_factor,
        world.competitor_rate,
        world.windfall,
        world.policy_change,
        world.rate_cap,
        world.lapse_factor,
        terms.rate_passthrough,
        terms.min_payment_share,
        terms.accrual_stop_dpd,
        terms.p_prepay_monthly,
        terms.complexity,
        care.education_share,
        care.education_ramp,
        care.autopay_share,
        care.forget_factor,
        care.channel_factor,
        care.misunderstand_factor,
    )
