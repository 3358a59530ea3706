"""Sections 3 and 4: what happens to a borrower, and what it does to income and expenses."""

from math import exp

from simulator.vocabulary import LASTING_BITS, Cause, Draw, Hardship, Health, Life, Work, WorkState
from tests.twin.state import Borrower, Month


def monthly_probability(annual: float) -> float:
    """The chance a month that compounds to ``annual`` over a year."""
    return 1.0 - (1.0 - annual) ** (1.0 / 12.0)


def _illness_chance(borrower: Borrower, month: Month) -> float:
    monthly = monthly_probability(borrower.illness_incidence)
    return min(1.0, month.parameters["illness_multiplier"] * monthly * month["illness_factor"])


def _admission_chance(borrower: Borrower, month: Month) -> float:
    """v of section 3."""
    monthly = monthly_probability(borrower.hospital_incidence)
    return min(1.0, month.parameters["hospital_multiplier"] * monthly * month["illness_factor"])


def _hospital_luck(borrower: Borrower, month: Month) -> float:
    """U[HOSPITAL]: four months share a call."""
    quarter, lane = divmod(month.t, 4)
    return month.luck.borrower(borrower.id, quarter, Draw.HOSPITAL + lane)


def _hospital(borrower: Borrower, month: Month) -> None:
    """Admission, discharge, and the months of a lasting loss."""
    p, luck = month.parameters, _hospital_luck(borrower, month)
    was_in = borrower.in_hospital
    borrower.admitted = not was_in and luck < _admission_chance(borrower, month)
    borrower.in_hospital = borrower.admitted or (
        was_in and not luck < 1.0 / p["hospital_mean_months"]
    )
    month.happened["admitted to hospital"] += borrower.admitted
    running = borrower.lasting_months > 0
    month.happened["admitted while a lasting loss runs"] += borrower.admitted and running
    if borrower.lasting_months == int(p["hospital_fade_months"]):
        borrower.lasting_months = 0
        month.happened["a lasting loss ends"] += 1
    elif borrower.lasting_months > 0:
        borrower.lasting_months += 1
    if was_in and not borrower.in_hospital:
        lasts = month.luck.borrower(borrower.id, month.t, Draw.HOSPITAL_LASTING)
        if lasts < p["hospital_lasting_share"]:
            borrower.lasting_months = 1
            month.happened["a lasting loss begins" + (" anew" if running else "")] += 1


def _lasting_part(borrower: Borrower, month: Month) -> float:
    """What is left of a lasting loss, 1 in its first month."""
    if borrower.lasting_months == 0:
        return 0.0
    return 1.0 - (borrower.lasting_months - 1) / int(month.parameters["hospital_fade_months"])


def _unwell(borrower: Borrower, month: Month) -> bool:
    """Ill, in hospital, or weakened by a lasting loss that runs at more than half."""
    return borrower.ill or borrower.in_hospital or _lasting_part(borrower, month) > 0.5


def _risk(borrower: Borrower, month: Month) -> float:
    """m of section 2: the borrower's factor on cuts."""
    k = month.parameters["income_risk_slope"]
    return exp(k * borrower.true_risk - k * k / 2.0)


def _cut_hazard(borrower: Borrower, month: Month) -> float:
    return min(0.9, _risk(borrower, month) * month.by_work("cut_hazard", borrower.work))


def _begin(borrower: Borrower) -> None:
    """The life at the opening, as the book has it."""
    borrower.work_state = WorkState(borrower.opening_life & 3)
    borrower.ill = bool(borrower.opening_life & Life.ILL)
    borrower.hit = bool(borrower.opening_life & Life.DISASTER)
    borrower.in_hospital = bool(borrower.opening_life & Life.HOSPITAL)
    borrower.lasting_months = borrower.opening_life >> LASTING_BITS


def _work(borrower: Borrower, month: Month) -> WorkState:
    luck = month.luck.borrower(borrower.id, month.t, Draw.WORK)
    state = borrower.work_state
    of_type = (borrower.worker_type, borrower.work)
    if state is WorkState.UNEMPLOYED:
        found = luck < float(month.world["finding"][of_type])
        return WorkState.EMPLOYED if found else WorkState.UNEMPLOYED
    lose = float(month.world["separation"][of_type])
    if luck < lose:
        return WorkState.UNEMPLOYED
    if state is WorkState.EMPLOYED:
        reduced = luck < lose + (1.0 - lose) * _cut_hazard(borrower, month)
        return WorkState.REDUCED if reduced else WorkState.EMPLOYED
    restored = luck < lose + (1.0 - lose) * month.parameters["restore_rate"]
    return WorkState.EMPLOYED if restored else WorkState.REDUCED


def live(borrower: Borrower, month: Month) -> None:
    """Move the borrower's life one month on."""
    if month.t < borrower.arrival_month:
        return
    if month.t == 0:
        if borrower.arrival_month <= 0:
            _begin(borrower)
        return
    if month.t == borrower.arrival_month:
        return
    p, luck = month.parameters, month.luck
    borrower.work_state = _work(borrower, month)
    health = luck.borrower(borrower.id, month.t, Draw.HEALTH)
    borrower.ill_onset = not borrower.ill and health < _illness_chance(borrower, month)
    if borrower.ill:
        borrower.ill = not health < 1.0 / p["illness_mean_months"]
    borrower.ill = borrower.ill or borrower.ill_onset
    _hospital(borrower, month)
    disaster = luck.borrower(borrower.id, month.t, Draw.DISASTER)
    borrower.hit_onset = not borrower.hit and disaster < float(month.disaster[borrower.region])
    if borrower.hit:
        borrower.hit = not disaster < 1.0 / p["disaster_mean_months"]
    borrower.hit = borrower.hit or borrower.hit_onset
    closure = luck.borrower(borrower.id, month.t, Draw.CLOSURE)
    borrower.closed = closure < month.by_work("closure", borrower.work)


def _strength_of_work_loss(borrower: Borrower, month: Month, otherwise: str) -> float:
    name = "revenue_loss" if borrower.work is Work.SELF_EMPLOYED else otherwise
    return month.parameters[f"strength_{name}"]


def _closed_at_work(borrower: Borrower) -> bool:
    return borrower.closed and borrower.work_state is not WorkState.UNEMPLOYED


def income(borrower: Borrower, month: Month) -> float:
    """Household income y of the month."""
    p = month.parameters
    factor = 1.0
    if borrower.work_state is WorkState.UNEMPLOYED:
        benefit = month.law.benefit_replacement_rate
        replacement = benefit if borrower.unemployment_insured else p["informal_income_share"]
        factor = 1.0 - _strength_of_work_loss(borrower, month, "job_loss") * (1.0 - replacement)
    elif borrower.work_state is WorkState.REDUCED:
        depth = p[f"cut_depth_{borrower.work.name.lower()}"]
        factor = 1.0 - _strength_of_work_loss(borrower, month, "pay_cut") * depth
    if borrower.ill:
        factor *= 1.0 - p["strength_illness"] * p["illness_income_loss"]
    if borrower.in_hospital:
        factor *= 1.0 - p["strength_illness"] * p["hospital_income_loss"]
    lasting = p["hospital_lasting_loss"] * _lasting_part(borrower, month)
    factor *= 1.0 - p["strength_illness"] * lasting
    if borrower.hit:
        factor *= 1.0 - p["strength_disaster"] * p["disaster_income_loss"]
    if _closed_at_work(borrower):
        factor *= 1.0 - p["strength_epidemic_closure"] * p["closure_income_loss"]
    share = p["household_income_share"]
    return borrower.income * month["income_index"] * (share + (1.0 - share) * factor)


def _bill(borrower: Borrower, month: Month, kind: str, draw: Draw) -> float:
    """A Pareto cost in months of income, capped, in currency."""
    p = month.parameters
    luck = month.luck.borrower(borrower.id, month.t, draw)
    months = p[f"{kind}_cost_min_months"] * luck ** (-1.0 / p[f"{kind}_cost_tail"])
    return float(borrower.income * min(p[f"{kind}_cost_cap_months"], months))


def shock_cost(borrower: Borrower, month: Month) -> float:
    """Expenses M of an illness, a stay in hospital or a disaster that begins this month."""
    p = month.parameters
    cost = 0.0
    own_share = 1.0 - (p["medical_reimbursement"] if borrower.medical_insured else 0.0)
    if borrower.ill_onset:
        bill = _bill(borrower, month, "medical", Draw.MEDICAL_COST)
        cost += bill * own_share * p["strength_illness"]
    if borrower.admitted:
        bill = _bill(borrower, month, "hospital", Draw.HOSPITAL_COST)
        cost += bill * own_share * p["strength_illness"]
    if borrower.hit_onset:
        cost += _bill(borrower, month, "property", Draw.PROPERTY_COST) * p["strength_disaster"]
    return cost


def shock_in_force(borrower: Borrower, month: Month) -> Cause:
    """The first shock that holds with a strength above 0, else NONE."""
    p = month.parameters
    self_employed = borrower.work is Work.SELF_EMPLOYED
    candidates = (
        (
            borrower.work_state is WorkState.UNEMPLOYED,
            Cause.REVENUE_LOSS if self_employed else Cause.JOB_LOSS,
        ),
        (_unwell(borrower, month), Cause.ILLNESS),
        (borrower.hit, Cause.DISASTER),
        (_closed_at_work(borrower), Cause.EPIDEMIC_CLOSURE),
        (
            borrower.work_state is WorkState.REDUCED,
            Cause.REVENUE_LOSS if self_employed else Cause.PAY_CUT,
        ),
    )
    for holds, cause in candidates:
        if holds and p[f"strength_{cause.name.lower()}"] > 0.0:
            return cause
    return Cause.NONE


def health(borrower: Borrower, month: Month) -> Health:
    """The health that a history tells: the first that holds."""
    if borrower.in_hospital:
        return Health.HOSPITAL
    if borrower.ill:
        return Health.ILL
    return Health.WEAKENED if _unwell(borrower, month) else Health.WELL


def hardship(borrower: Borrower, month: Month) -> Hardship:
    """The hardship that a borrower is in, seen or not."""
    if borrower.work_state is WorkState.UNEMPLOYED:
        return Hardship.JOB_LOSS
    if _unwell(borrower, month):
        return Hardship.ILLNESS
    if borrower.hit:
        return Hardship.DISASTER
    if borrower.work_state is WorkState.REDUCED or borrower.closed:
        return Hardship.REDUCED_INCOME
    return Hardship.NONE
