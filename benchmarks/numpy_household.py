"""A NumPy twin of the household step, as a good vectorised program would write it.

Equations: docs/model.md, sections 4 to 6, for all live borrowers and repayment forms at once.
Left out, to NumPy's advantage: relief, attention (forgot, channel, misunderstood) and its days
of lateness, the reason of a shortfall, bills of illness and disaster, interest deferred by relief,
annuities that float (no shipped product does),
and the model's random numbers (NumPy's own generator is used for timing). The test gives it the
model's numbers and finds the kernel's savings, debts and plans.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator.book.schema import Book
from simulator.kernels.payment import ENOUGH
from simulator.vocabulary import LASTING_BITS, Amortisation, Life, Work, WorkState

F8 = NDArray[np.float64]
B1 = NDArray[np.bool_]
I8 = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class TwinColumns:
    """Columns of the opening borrowers and their loans; ``owner`` are rows of these borrowers."""

    book: Book
    people: NDArray[np.int64]
    loans: NDArray[np.int64]
    owner: NDArray[np.int64]
    rank: NDArray[np.int64]  # 0 for a borrower's first loan, 1 for the second ...
    behind: NDArray[np.int64]  # which loans open in arrears
    instalment: F8
    replacement: F8
    cut_depth: F8
    cut_strength: F8
    job_strength: F8


@dataclass(slots=True)
class HouseholdState:
    """What the household step changes; ``able`` is the plan of each loan."""

    savings: F8
    other_debt: F8
    other_missed: I8
    months_short: I8
    refusing: B1
    able: F8


def columns(book: Book, p: dict[str, float]) -> TwinColumns:
    """Opening borrowers of ``book`` with what can be computed once."""
    people = np.flatnonzero(book.borrowers.arrival_month == 0)
    loans = np.flatnonzero(book.borrowers.arrival_month[book.loans.borrower] == 0)
    owner = np.searchsorted(people, book.loans.borrower[loans])
    first = np.searchsorted(owner, np.arange(people.size))
    rate, term = book.loans.annual_rate[loans] / 12.0, book.loans.remaining_months[loans]
    n = np.maximum(term, 1).astype(float)
    principal = book.loans.principal[loans]
    work = book.borrowers.work[people]
    self_employed = work == Work.SELF_EMPLOYED
    depth = np.array([p[f"cut_depth_{k}"] for k in ("formal", "self_employed", "gig")])
    insured = book.borrowers.unemployment_insured[people] != 0
    benefit = book.jurisdiction.benefit_replacement_rate
    return TwinColumns(
        book=book,
        people=people,
        loans=loans,
        owner=owner,
        rank=np.arange(loans.size) - first[owner],
        behind=np.flatnonzero(book.loans.n_unpaid[loans] > 0),
        instalment=principal * rate / -np.expm1(-n * np.log1p(rate)),
        replacement=np.where(insured, benefit, p["informal_income_share"]),
        cut_depth=depth[work],
        cut_strength=np.where(self_employed, p["strength_revenue_loss"], p["strength_pay_cut"]),
        job_strength=np.where(self_employed, p["strength_revenue_loss"], p["strength_job_loss"]),
    )


def opening_state(c: TwinColumns, refusing: B1) -> HouseholdState:
    """State at the opening."""
    b = c.book.borrowers
    return HouseholdState(
        savings=b.savings_at_opening[c.people].copy(),
        other_debt=b.other_debt[c.people].copy(),
        other_missed=b.other_missed[c.people].astype(np.int64),
        months_short=b.months_short[c.people].astype(np.int64),
        refusing=refusing.copy(),
        able=np.zeros(c.loans.size),
    )


def own_rates(c: TwinColumns, rows: I8, world: np.void, p: dict[str, float]) -> F8:
    """Yearly rate of each loan in ``rows`` of the book this month."""
    shares = np.array([q.rate_passthrough for q in c.book.products])
    share = p["product_rate_passthrough"] * shares[c.book.loans.product[rows]]
    floating = c.book.loans.annual_rate[rows] + share * world["policy_change"]
    return np.minimum(np.maximum(0.0, floating), world["rate_cap"])


def demands(c: TwinColumns, world: np.void, p: dict[str, float]) -> tuple[F8, F8]:
    """(demand, instalment due) of each loan in its opening state."""
    loans, rows = c.book.loans, c.loans
    kind, s, unpaid = loans.kind[rows], loans.principal[rows], loans.n_unpaid[rows]
    m, limit = loans.remaining_months[rows].astype(float), loans.limit[rows]
    products = c.book.products
    stop = np.array([q.accrual_stop_dpd for q in products])[loans.product[rows]]
    multiple = np.array([q.penalty_multiple for q in products])[loans.product[rows]]
    share = np.array([q.min_payment_share for q in products])[loans.product[rows]]
    rate = own_rates(c, rows, world, p)
    contract = s * rate / 12.0
    dpd = np.where(unpaid > 0, 30 * unpaid - loans.due_day[rows], 0)
    accrues = dpd < stop
    annuity = np.minimum(s, np.maximum(0.0, c.instalment - contract))
    scheduled = np.where(kind == Amortisation.ANNUITY, annuity, 0.0)
    scheduled = np.where(kind == Amortisation.EQUAL_PRINCIPAL, s / np.maximum(m, 1.0), scheduled)
    scheduled = np.where(m <= 1, s, scheduled)
    line = np.where(s <= p["minimum_line_share"] * limit, s, share * s)
    scheduled = np.where(kind == Amortisation.REVOLVING, line, scheduled)
    due = scheduled + np.where(accrues, contract, 0.0)
    overdue = loans.principal_overdue[rows]
    penalty = overdue * np.minimum(rate * multiple, world["rate_cap"]) / 12.0
    demand = due + overdue + loans.interest_overdue[rows] + loans.penalty[rows] + loans.fees[rows]
    return demand + np.where(accrues, penalty, 0.0), due


def income_factor(c: TwinColumns, life: NDArray[np.uint16], p: dict[str, float]) -> F8:
    """Income of the month over the normal one, of the part that shocks can touch."""
    state = life & 3
    unemployed = state == WorkState.UNEMPLOYED
    factor = np.where(unemployed, 1.0 - c.job_strength * (1.0 - c.replacement), 1.0)
    reduced = state == WorkState.REDUCED
    factor = np.where(reduced, 1.0 - c.cut_strength * c.cut_depth, factor)
    ill, hit = (life & Life.ILL) != 0, (life & Life.DISASTER) != 0
    factor *= np.where(ill, 1.0 - p["strength_illness"] * p["illness_income_loss"], 1.0)
    in_hospital, k = (life & Life.HOSPITAL) != 0, life >> LASTING_BITS
    loss = p["strength_illness"] * p["hospital_income_loss"]
    factor *= np.where(in_hospital, 1.0 - loss, 1.0)
    left = np.where(k > 0, 1.0 - (k - 1.0) / int(p["hospital_fade_months"]), 0.0)
    factor *= 1.0 - p["strength_illness"] * p["hospital_lasting_loss"] * left
    factor *= np.where(hit, 1.0 - p["strength_disaster"] * p["disaster_income_loss"], 1.0)
    closed = ((life & Life.CLOSED) != 0) & ~unemployed
    loss = p["strength_epidemic_closure"] * p["closure_income_loss"]
    return factor * np.where(closed, 1.0 - loss, 1.0)


def plan_month(
    c: TwinColumns,
    state: HouseholdState,
    world: np.void,
    life: NDArray[np.uint16],
    u: F8,
    u_catch_up: F8,
    p: dict[str, float],
) -> None:
    """One month of need, intent and funding.

    ``u``: the kernel's draws, (4, n borrowers); ``u_catch_up``: one of each loan ``c.behind``.
    """
    b, rows, n = c.book.borrowers, c.people, c.people.size
    demand_of_loan, due_of_loan = demands(c, world, p)
    demand = np.bincount(c.owner, demand_of_loan, n)
    due = np.bincount(c.owner, due_of_loan, n)
    unpaid = np.zeros(n)
    np.maximum.at(unpaid, c.owner, c.book.loans.n_unpaid[c.loans])

    # Need
    normal = b.income[rows] * world["income_index"]
    share = p["household_income_share"]
    income = normal * (share + (1.0 - share) * income_factor(c, life, p))
    essential = b.essential[rows] * world["price_index"]
    habit = b.discretionary[rows] * world["price_index"]
    closed = (unpaid >= 2) | (state.other_missed >= p["platform_missed_to_close"])
    roll = np.where(closed, 0.0, world["credit_supply"])
    roll = 1.0 - p["strength_platform_cutoff"] * (1.0 - roll)
    interest = world["other_annual_rate"] / 12.0
    service = state.other_debt * (interest + p["platform_amortisation"] * (1.0 - roll))

    # Intent
    burden = (service + due) / np.maximum(income, 1e-9)
    excess = np.maximum(0.0, burden - p["refuse_burden_threshold"])
    hazard = p["strength_wont_pay"] * p["p_refuse_monthly"] * b.refusal_weight[rows]
    hazard = hazard * world["refusal_factor"] * (1.0 + p["refuse_burden_slope"] * excess)
    hazard *= 1.0 + p["refuse_dpd_slope"] * unpaid
    spell = np.zeros(unpaid.size)
    np.maximum.at(spell, c.owner, c.book.loans.months_overdue[c.loans])
    hazard *= 1.0 + p["refuse_duration_slope"] * spell
    state.refusing = np.where(state.refusing, u[0] >= p["p_resume_monthly"], u[0] < hazard)

    # Funding
    short = income - essential - habit - service - demand < 0.0
    lag = np.minimum(1.0, state.months_short / p["overspender_cut_lag"])
    cut = p["discretionary_cut_max"] * np.where(b.overspender[rows] != 0, lag, 1.0)
    living = essential + (1.0 - np.where(short, cut, 0.0)) * habit
    state.months_short = np.where(short, np.minimum(state.months_short + 1, 200), 0)
    cash = np.maximum(0.0, state.savings + income - living)
    gap = service + demand - cash
    headroom = p["platform_limit_months"] * normal - state.other_debt
    lends = (gap > 0.0) & (b.platforms[rows] > 0) & ~state.refusing & ~closed & (headroom > 0.0)
    lends &= u[1] < p["platform_lend_probability"] * world["credit_supply"]
    lent = np.where(lends, np.minimum(gap, headroom), 0.0)
    cash = cash + lent
    meant = _meant(c, state, demand_of_loan, due_of_loan, u_catch_up, p)
    _pay_plans(c, state, world, cash, lent, service, demand_of_loan, meant, interest, u, p)


def _meant(
    c: TwinColumns, state: HouseholdState, demand: F8, due: F8, u: F8, p: dict[str, float]
) -> F8:
    """What is paid of each loan if there is cash for all of it: in arrears perhaps no arrears."""
    at, rows = c.behind, c.loans[c.behind]
    spell = c.book.loans.months_overdue[rows]  # at the opening
    chance = p["catch_up_share"] / (1.0 + p["catch_up_decay"] * np.maximum(0, spell - 1))
    stays = (due[at] > 0.0) & (u >= chance) & ~state.refusing[c.owner[at]]
    loans = c.book.loans
    overdue = loans.principal_overdue[rows] + loans.interest_overdue[rows]
    oldest = overdue / np.maximum(1, loans.n_unpaid[rows])
    meant = demand.copy()
    meant[at] -= np.where(stays, overdue + due[at] - np.maximum(due[at], oldest), 0.0)
    return meant


def _others_first(
    c: TwinColumns, state: HouseholdState, world: np.void, service: F8, u: F8, p: dict[str, float]
) -> B1:
    """Whether other lenders are served before this one."""
    rows = c.people
    first_rate = np.zeros(rows.size)
    is_first = c.rank == 0
    first_rate[c.owner[is_first]] = own_rates(c, c.loans[is_first], world, p)
    strength = p["strength_chose_other_lender"]
    chance = strength * p["choose_other_sensitivity"]
    chance = chance * np.maximum(0.0, first_rate - world["competitor_rate"])
    prefers = (c.book.borrowers.pays_others_first[rows] != 0) | (u[3] < chance)
    return state.refusing | (prefers & (service > 0.0) & (strength > 0.0))


def _pay_plans(
    c: TwinColumns,
    state: HouseholdState,
    world: np.void,
    cash: F8,
    lent: F8,
    service: F8,
    demand: F8,
    meant: F8,
    interest: float,
    u: F8,
    p: dict[str, float],
) -> None:
    """Serve other lenders and this one's loans in order; new savings and debts elsewhere."""
    first = _others_first(c, state, world, service, u, p)
    elsewhere = np.where(first, np.minimum(cash, service), 0.0)
    cash = cash - elsewhere
    able = np.zeros(demand.size)
    for rank in range(int(c.rank.max(initial=0)) + 1):
        rows = np.flatnonzero(c.rank == rank)
        owner, wanted = c.owner[rows], demand[rows]
        have = cash[owner]
        plan = np.where(have >= wanted - ENOUGH, wanted, have)
        plan = np.where((plan < wanted) & (plan < p["min_partial_share"] * wanted), 0.0, plan)
        plan = np.where(plan == wanted, meant[rows], plan)
        cash[owner] = np.maximum(0.0, have - plan)
        able[rows] = plan
    second = np.where(first, 0.0, np.minimum(cash, service))
    cash = cash - second
    paid = elsewhere + second
    missed = paid < service * (1.0 - 1e-9)
    state.able = able
    state.other_missed = np.where(missed, np.minimum(state.other_missed + 1, 200), 0)
    state.other_debt = np.maximum(0.0, state.other_debt * (1.0 + interest) + lent - paid)
    target = c.book.borrowers.savings[c.people] * world["price_index"]
    surplus = np.minimum(
        p["saving_share"] * (cash - state.savings),
        np.maximum(0.0, target - state.savings)
        + world["windfall"] * c.book.borrowers.income[c.people],
    )
    kept = np.where(cash <= state.savings, cash, state.savings + surplus)
    state.savings = kept + np.bincount(c.owner, able, c.people.size)
