"""Random books, worlds and policies in which every mechanism of the model fires often."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator.book.distributions import RISK_BANDS
from simulator.book.schema import Book, Borrowers, Loans
from simulator.catalogue import parameters_from
from simulator.levers import SegmentNames
from simulator.products import JURISDICTIONS, Product
from simulator.shocks.world import WORLD_DTYPE, World
from simulator.units import end_of_month_dpd
from simulator.vocabulary import (
    AGE_BAND_EDGES,
    LASTING_BITS,
    Amortisation,
    Life,
)

REGIONS = ("north", "south", "islands")
BANDS = RISK_BANDS
MONTHS, RUNOFF = 18, 6
OLDEST_ORIGINATION = -30

PRODUCTS = (
    Product(name="plain", amortisation=Amortisation.ANNUITY, annual_rate=0.15,
            terms_months=(3, 6, 12), amount_in_incomes=1.6, late_fee_share=0.02,
            p_prepay_monthly=0.03, grace_days=3, new_rate_passthrough=0.5, source="test"),
    Product(name="level", amortisation=Amortisation.EQUAL_PRINCIPAL, annual_rate=0.24,
            terms_months=(4, 12, 24), amount_in_incomes=2.0, late_fee_share=0.3,
            penalty_multiple=3.0, p_prepay_monthly=0.02, accrual_stop_dpd=45,
            write_off_dpd=120, complexity=3.0, rate_passthrough=0.4, source="test"),
    Product(name="bullet", amortisation=Amortisation.BULLET, annual_rate=0.12,
            terms_months=(2, 5, 9), amount_in_incomes=2.0, late_fee_share=0.01,
            penalty_multiple=1.2, grace_days=0, p_prepay_monthly=0.06, accrual_stop_dpd=60,
            write_off_dpd=240, rate_passthrough=1.0, new_rate_passthrough=1.0, source="test"),
    Product(name="line", amortisation=Amortisation.REVOLVING, annual_rate=0.18,
            terms_months=(600,), amount_in_incomes=1.5, utilisation=0.4,
            min_payment_share=0.15, late_fee_share=0.05, grace_days=10, complexity=2.0,
            write_off_dpd=90, rate_passthrough=1.0, new_rate_passthrough=0.6, source="test"),
    Product(name="free", amortisation=Amortisation.ANNUITY, annual_rate=0.0,
            terms_months=(1, 8), amount_in_incomes=1.0, penalty_multiple=0.0, grace_days=28,
            write_off_dpd=400, accrual_stop_dpd=300, rate_passthrough=1.5,
            new_rate_passthrough=0.8, source="test"),
)  # fmt: skip


def random_segments() -> SegmentNames:
    """Region x product x band, bands fastest."""
    cells = [(r, p.name, b) for r in REGIONS for p in PRODUCTS for b in BANDS]
    region, product, band = zip(*cells, strict=True)
    return SegmentNames(region, product, band)


def _distinct_ids(rng: np.random.Generator, count: int) -> NDArray[np.uint64]:
    return np.unique(rng.integers(0, 2**64 - 1, size=2 * count, dtype=np.uint64))[
        np.sort(rng.permutation(2 * count)[:count])
    ]


def _borrowers(rng: np.random.Generator, n: int, applicants: int, dormant: int) -> Borrowers:
    arrival = np.zeros(n, dtype=np.int16)
    order = rng.permutation(n)
    arrival[order[:applicants]] = rng.integers(1, MONTHS + 4, size=applicants)
    arrival[order[n - dormant :]] = -1
    income = rng.lognormal(np.log(5000.0), 0.6, n)
    age = rng.uniform(18, 70, n)

    def chance(p: float) -> NDArray[np.uint8]:
        return (rng.random(n) < p).astype(np.uint8)

    def sometimes(p: float, values: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.where(rng.random(n) < p, values, 0.0)

    return Borrowers(
        id=_distinct_ids(rng, n),
        arrival_month=arrival,
        weight=rng.uniform(0.5, 20.0, n),
        age=age,
        region=rng.integers(0, len(REGIONS), n).astype(np.uint8),
        work=rng.integers(0, 3, n).astype(np.uint8),
        worker_type=np.random.default_rng(n).integers(0, 3, n).astype(np.uint8),
        income=income,
        own_service=np.zeros(n),
        stated_income=income * rng.uniform(0.95, 1.6, n),
        essential=income * rng.uniform(0.1, 0.6, n),
        discretionary=income * rng.uniform(0.0, 0.4, n),
        overspender=chance(0.4),
        savings=sometimes(0.8, income * rng.exponential(0.6, n)),
        other_debt=sometimes(0.7, income * rng.exponential(1.5, n)),
        platforms=rng.integers(0, 5, n).astype(np.uint8),
        pays_others_first=chance(0.25),
        p_forget=sometimes(0.7, rng.uniform(0, 0.3, n)),
        p_channel_failure=rng.uniform(0, 0.2, n),
        p_misunderstand=rng.uniform(0, 0.3, n),
        refusal_weight=rng.exponential(1.0, n),
        illness_incidence=rng.uniform(0, 0.2, n),
        unemployment_insured=chance(0.5),
        medical_insured=chance(0.5),
        **_opening_columns(arrival > 0, income, np.random.default_rng(n + 1)),
        true_risk=rng.normal(size=n),
        score=rng.uniform(300, 900, n),
        income_decile=(np.argsort(np.argsort(income)) * 10 // n).astype(np.uint8),
        age_band=np.digitize(age, AGE_BAND_EDGES).astype(np.uint8),
    )


def _opening_columns(
    applies: NDArray[np.bool_], income: NDArray[np.float64], rng: np.random.Generator
) -> dict[str, Any]:
    """Any state of life and purse at the opening; applicants are in work and owe no answer."""
    n = applies.size
    bits = np.array([0, Life.ILL, Life.DISASTER, Life.ILL | Life.HOSPITAL, Life.HOSPITAL])
    life = rng.choice(3, n, p=[0.7, 0.15, 0.15])
    life = life | rng.choice(bits, n, p=[0.6, 0.15, 0.1, 0.05, 0.1])
    months = np.where(rng.random(n) < 0.2, rng.integers(1, 9, n), 0)
    life = life | (months << LASTING_BITS) | np.where((months > 0) & (months < 6), Life.WEAKENED, 0)
    states = {
        "life": life,
        "months_short": rng.integers(0, 5, n),
        "other_missed": rng.integers(0, 4, n),
        "refusing": rng.random(n) < 0.2,
        "cut_off": rng.random(n) < 0.1,
        "hardship_known": (life != 0) & (rng.random(n) < 0.5),
    }
    states |= {
        "last_ended": -rng.integers(0, 10, n),
        "closed_until": np.where(rng.random(n) < 0.15, rng.integers(1, 9, n), 0),
        "late_until": np.where(rng.random(n) < 0.2, rng.integers(1, 12, n), -3),
        "loans_had": rng.integers(1, 7, n),
    }
    arrives_at = np.where(applies, np.random.default_rng(n + 2).uniform(0.3, 1.1, n), 0.0)
    columns = {name: np.where(applies, 0, x).astype(np.int16) for name, x in states.items()}
    savings = income * rng.exponential(0.4, n)
    return columns | {"savings_at_opening": savings, "arrives_at": arrives_at}


def _quarter(month: int) -> int:
    return (month - 1) // 3 + 1


def _loan_row(
    rng: np.random.Generator, owner: int, arrival: int, income: float, region: int
) -> dict[str, float]:
    """One loan: asked for at ``arrival`` > 0, or somewhere in its life at the opening."""
    product = int(rng.integers(0, len(PRODUCTS)))
    terms = PRODUCTS[product]
    revolving = terms.amortisation is Amortisation.REVOLVING
    term = int(rng.choice(terms.terms_months))
    due_day = int(rng.integers(1, 29))
    original = income * terms.amount_in_incomes * rng.uniform(0.3, 2.0)
    dormant = arrival < 0
    age = 0 if arrival > 0 else int(rng.integers(0, min(term, -OLDEST_ORIGINATION)))
    unpaid = 0
    if not arrival and rng.random() < 0.35:
        oldest = terms.write_off_dpd or 180
        allowed = [n for n in range(1, 7) if end_of_month_dpd(n, due_day) <= oldest]
        unpaid = int(rng.choice(allowed))
    used = original * (terms.utilisation * rng.uniform(0.0, 2.0) if revolving else 1.0)
    left = used if revolving else used * (term - age) / term
    instalment = left * 0.1 if revolving else original / term
    band = int(rng.integers(0, len(BANDS)))
    if dormant:
        left, instalment = 0.0, 0.0
    return {
        "borrower": owner,
        "product": product,
        "kind": int(terms.amortisation),
        "origination_month": arrival if arrival > 0 else -age,
        "term_months": term,
        "remaining_months": 0 if revolving or dormant else term - age,
        "due_day": due_day,
        "annual_rate": terms.annual_rate * rng.uniform(0.7, 1.6),
        "limit": original,
        "principal": left,
        "usual_principal": left if arrival > 0 else left * (0.8 if unpaid else 1.1),
        "n_unpaid": unpaid,
        "months_overdue": unpaid + (int(rng.integers(0, 4)) if unpaid else 0),
        "principal_overdue": unpaid * instalment * rng.uniform(0.5, 1.0),
        "interest_overdue": unpaid * instalment * rng.uniform(0.0, 0.2),
        "penalty": rng.uniform(0, 20) if unpaid else 0.0,
        "fees": rng.uniform(0, 20) if unpaid and rng.random() < 0.5 else 0.0,
        "segment": (region * len(PRODUCTS) + product) * len(BANDS) + band,
        "vintage": 0 if dormant else _quarter(max(arrival, 0) - age) - _quarter(OLDEST_ORIGINATION),
    }


def random_book(seed: int, n_borrowers: int = 110, applicants: int = 25, dormant: int = 20) -> Book:
    """A book with all repayment forms, overdue loans and applicants (one loan each)."""
    rng = np.random.default_rng(seed)
    borrowers = _borrowers(rng, n_borrowers, applicants, dormant)
    rows: list[dict[str, float]] = []
    for owner in range(n_borrowers):
        arrival = int(borrowers.arrival_month[owner])
        count = 1 if arrival > 0 else int(rng.integers(1, 4))
        income, region = float(borrowers.income[owner]), int(borrowers.region[owner])
        rows += [_loan_row(rng, owner, arrival, income, region) for _ in range(count)]
    ids = rng.permutation(_distinct_ids(rng, len(rows)))
    for owner in range(n_borrowers):
        mine = [i for i, row in enumerate(rows) if row["borrower"] == owner]
        ids[mine] = np.sort(ids[mine])

    def column(name: str, dtype: type[np.generic]) -> NDArray[np.generic]:
        return np.array([row[name] for row in rows]).astype(dtype)

    kinds: dict[str, type[np.generic]] = {
        "borrower": np.int32, "product": np.uint8, "kind": np.uint8, "due_day": np.uint8,
        "origination_month": np.int16, "term_months": np.int16, "remaining_months": np.int16,
        "n_unpaid": np.int16, "months_overdue": np.int16, "segment": np.uint16, "vintage": np.int16,
    }  # fmt: skip
    columns = {f: column(f, kinds.get(f, np.float64)) for f in Loans._fields if f != "id"}
    n_vintages = _quarter(MONTHS + 4) - _quarter(OLDEST_ORIGINATION) + 1
    return Book(
        name="twin",
        jurisdiction=JURISDICTIONS["cn"],
        products=PRODUCTS,
        regions=REGIONS,
        segments=random_segments(),
        borrowers=borrowers,
        loans=Loans(id=ids, **columns),  # type: ignore[arg-type]
        n_opening_borrowers=int((borrowers.arrival_month == 0).sum()),
        vintage_labels=tuple(f"Q{q - 10:+d}" for q in range(n_vintages)),
    )


def random_world(seed: int, n_paths: int, horizon: int) -> World:
    """Plausible and hard columns without any link between them."""
    rng = np.random.default_rng(seed)
    shape = (n_paths, horizon + 1)
    months = np.zeros(shape, dtype=WORLD_DTYPE)
    ranges = {
        "unemployment": (0.05, 0.2), "separation": (0.0, 0.06), "finding": (0.1, 0.5),
        "cut_hazard": (0.0, 0.1), "closure": (0.0, 0.2), "illness_factor": (1.0, 4.0),
        "income_index": (0.9, 1.2), "price_index": (0.9, 1.3), "credit_supply": (0.0, 1.0),
        "other_annual_rate": (0.05, 0.4), "competitor_rate": (0.05, 0.2),
        "rival_change": (-0.1, 0.1),
        "rate_cap": (0.12, 0.4), "collection_allowed": (0.3, 1.0), "refusal_factor": (0.5, 3.0),
        "lapse_factor": (0.5, 2.0), "windfall": (0.0, 0.1), "policy_change": (-0.08, 0.12),
    }  # fmt: skip
    for name, (low, high) in ranges.items():
        months[name] = rng.uniform(low, high, size=months[name].shape)
    months["arrivals"] = np.random.default_rng(seed + 1).uniform(0.8, 1.2, shape)
    tight = np.random.default_rng(seed + 2).uniform(-1.0, 1.0, shape)
    months["standards_cutoff"], months["standards_price"] = 15.0 * tight, 0.005 * tight
    months["standards_amount"] = np.exp(-0.1 * tight)
    calm = rng.random(shape) < 0.3
    months["credit_supply"][calm] = 1.0
    disaster = rng.uniform(0.0, 0.15, size=(*shape, len(REGIONS)))
    return World(months, disaster)


def eager_parameters(**changes: float) -> dict[str, float]:
    """The catalogue with chances raised, so that rare things happen in a small book."""
    raised: dict[str, float] = {
        "illness_multiplier": 3.0, "illness_mean_months": 3.0, "p_refuse_monthly": 0.001,
        "p_resume_monthly": 0.15, "choose_other_sensitivity": 5.0, "effect_decay": 0.08,
        "outside_help_share": 0.6, "complaint_human_call": 0.3, "complaint_reminder": 0.1,
        "hospital_multiplier": 2.0, "hospital_mean_months": 2.0, "hospital_lasting_share": 0.6,
        "hospital_fade_months": 9.0, "hospital_lasting_loss": 0.35, "hospital_cost_tail": 1.4,
        "medical_cost_tail": 1.3, "platform_limit_months": 3.0,
        "rival_prepay_sensitivity": 0.5, "new_customer_months": 12.0, "forget_mean_days": 9.0,
        "channel_mean_days": 7.0, "strength_job_loss": 0.9,
        "strength_overspending": 0.8, "strength_platform_cutoff": 0.9,
        "complaint_agency": 0.2, "complaint_ai_call": 0.05, "effect_legal": 0.5,
        "legal_lag_months": 3.0, "promise_kept_share": 0.85, "cost_agency": 0.5,
        "education_attention": 0.6, "education_willingness": 0.9, "education_spending": 0.7,
        "offer_decline_share": 0.35, "effect_agency": 0.7, "income_risk_slope": 0.25,
        "product_rate_passthrough": 0.9, "platform_cut_monthly": 0.04, "platform_cut_months": 3.0,
        "acquisition_cost": 30.0, "return_monthly": 0.6, "return_memory_months": 8.0,
        "record_closed_months": 3.0, "record_late_months": 5.0, "bad_faith_share": 0.15,
        "reputation_elasticity": 0.1, "reputation_reference": 20.0,
        "hardship_public_share": 0.2, "hardship_ask_share": 0.3, "hardship_learn_in_arrears": 0.4,
    }  # fmt: skip
    return parameters_from({**raised, **changes})
