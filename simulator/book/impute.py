"""Draws every column of a borrower that is not known, given those that are.

One set of functions serves the synthetic book (nothing is known) and tapes (some columns are).
Traits hang together through latent true risk: a trait's normal score is
loading * true_risk + sqrt(1 - loading^2) * own noise (Gaussian copula).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.book import distributions as d
from simulator.book.draws import Column, Draws
from simulator.book.illness import illness_incidence
from simulator.book.schema import F8
from simulator.catalogue import Parameters, worker_shares
from simulator.elementary import exp, log, normal_cdf, normal_quantile, power
from simulator.products import Jurisdiction
from simulator.units import monthly_rate
from simulator.vocabulary import Work

B = NDArray[np.bool_]


class Person(NamedTuple):
    """Who a borrower is, before money; arrays of shape (n,)."""

    true_risk: F8
    score: F8
    region: F8
    age: F8
    work: F8
    worker_type: F8
    income: F8
    stated_income: F8


class Obligations(NamedTuple):
    """First instalments a month of own loans, and bullet principal; arrays of shape (n,)."""

    service: F8
    bullet_principal: F8


class Finances(NamedTuple):
    """Money and habits of a borrower; arrays of shape (n,), named as in ``schema.Borrowers``."""

    own_service: F8
    essential: F8
    discretionary: F8
    overspender: F8
    savings: F8
    other_debt: F8
    platforms: F8
    pays_others_first: F8
    p_forget: F8
    p_channel_failure: F8
    p_misunderstand: F8
    refusal_weight: F8
    illness_incidence: F8
    unemployment_insured: F8
    medical_insured: F8


Known = Mapping[str, F8]
"""Columns that are known, by their name in ``schema.Borrowers``; NaN marks a missing cell."""


@dataclass(frozen=True, slots=True)
class Imputation:
    """What imputation depends on besides the columns."""

    law: Jurisdiction
    region_names: tuple[str, ...]
    region_shares: tuple[float, ...]
    traits: Parameters
    """The catalogue's values: how borrowers are drawn, and other platforms' rate."""
    risk_shift: float = 0.0
    """Mean of true risk."""


def _fill(known: Known, name: str, drawn: NDArray[np.floating]) -> F8:
    """The known column with its gaps drawn, or all of it drawn."""
    column = known.get(name)
    filled = drawn if column is None else np.where(np.isnan(column), drawn, column)
    return filled.astype(np.float64, copy=False)


def _top_share(z: F8, share: float | F8) -> B:
    """Those with the ``share`` largest normal scores in the population."""
    return np.asarray(normal_cdf(-z) < share, dtype=np.bool_)


def impute_person(
    draws: Draws, known: Known, rules: Imputation, business: B, least_income: F8
) -> Person:
    """Risk, score, region, age, work and income of every borrower.

    ``business`` marks customers of bullet loans; ``least_income`` is what own instalments imply.
    A known score makes true risk conditional on it.
    """
    risk, score = _risk_and_score(draws, known, rules)
    shares = np.cumsum(rules.region_shares)[:-1]
    region = _fill(
        known, "region", np.searchsorted(shares, draws.uniform(Column.REGION), side="right") * 1.0
    )
    quantiles, ages = d.AGE_QUANTILES[rules.law.code]
    age = _fill(known, "age", np.interp(draws.uniform(Column.AGE), quantiles, ages))
    work = _fill(known, "work", _work(draws.uniform(Column.WORK), age, business))
    typical = _typical_income(rules, region, age, work)
    drawn_income = typical * exp(
        d.INCOME_LOG_SD * draws.correlated(Column.INCOME, d.INCOME_LOADING, risk)
    )
    income = _fill(known, "income", np.maximum(drawn_income, least_income))
    worker_type = _fill(
        known, "worker_type", _worker_type(draws, rules.traits, risk, log(income / typical))
    )
    overstates = _top_share(
        draws.correlated(Column.OVERSTATES, d.OVERSTATED_INCOME_LOADING, risk),
        d.OVERSTATED_INCOME_SHARE,
    )
    stated = _fill(known, "stated_income", income * (1.0 + overstatement(draws, overstates)))
    return Person(risk, score, region, age, work, worker_type, income, stated)


def overstatement(draws: Draws, overstates: B) -> F8:
    """Stated over true income less 1: exponential for ``overstates``, else 0."""
    size = -d.OVERSTATEMENT_MEAN * log(draws.uniform(Column.OVERSTATEMENT))
    return np.where(overstates, np.minimum(size, d.OVERSTATEMENT_MAX), 0.0)


def _risk_and_score(draws: Draws, known: Known, rules: Imputation) -> tuple[F8, F8]:
    rho = rules.traits["score_risk_correlation"]
    noise = sqrt(1.0 - rho * rho)
    own = draws.normal(Column.TRUE_RISK)
    score_z = np.full(own.size, np.nan)
    if "score" in known:
        score_z = (d.SCORE_MEAN - known["score"]) / d.SCORE_SD
    # Given the score's z, true risk is normal around rho z with the noise left over.
    free = np.where(np.isnan(score_z), own + rules.risk_shift, rho * score_z + noise * own)
    risk = _fill(known, "true_risk", free)
    drawn_z = rho * risk + noise * draws.normal(Column.SCORE)
    score = np.clip(d.SCORE_MEAN - d.SCORE_SD * drawn_z, 0.0, 1000.0)
    return risk, _fill(known, "score", score)


def _work(u: F8, age: F8, business: B) -> F8:
    formal = np.interp(age, d.WORK_AGES, d.FORMAL_SHARE_BY_AGE)
    own = np.interp(age, d.WORK_AGES, d.SELF_EMPLOYED_SHARE_BY_AGE)
    certain = np.where(business, d.BUSINESS_LOAN_SELF_EMPLOYED, 0.0)
    u = np.where(u < certain, -1.0, (u - certain) / (1.0 - certain))
    by_age = np.where(u < formal + own, float(Work.SELF_EMPLOYED), float(Work.GIG))
    by_age = np.where(u < formal, float(Work.FORMAL), by_age)
    return np.where(u < 0, float(Work.SELF_EMPLOYED), by_age)


def _worker_type(draws: Draws, traits: Parameters, risk: F8, above_typical: F8) -> F8:
    """Type of worker by an ordered probit on true risk and on the log of income over typical."""
    on_risk, on_income = traits["worker_risk_loading"], traits["worker_income_loading"]
    explained = (
        on_risk * on_risk + on_income * on_income + 2 * on_risk * on_income * d.INCOME_LOADING
    )
    z = on_risk * risk + on_income * above_typical / d.INCOME_LOG_SD
    z = z + sqrt(1.0 - explained) * draws.normal(Column.WORKER_TYPE)
    below = np.cumsum(worker_shares(traits))[:-1]
    return np.searchsorted(below, normal_cdf(z), side="right").astype(np.float64)


def _typical_income(rules: Imputation, region: F8, age: F8, work: F8) -> F8:
    by_work = np.array([d.INCOME_BY_WORK[w] for w in Work])
    named = d.INCOME_BY_REGION[rules.law.code]
    by_region = np.array([named.get(name, 1.0) for name in rules.region_names])
    by_age = np.interp(age, d.INCOME_AGES, d.INCOME_BY_AGE)
    relative: F8 = by_work[work.astype(np.int64)] * by_region[region.astype(np.int64)] * by_age
    return np.multiply(rules.law.reference_monthly_income, relative)


def impute_finances(
    draws: Draws, known: Known, rules: Imputation, person: Person, owed: Obligations
) -> Finances:
    """Other debt, spending, savings, habits and insurance of every borrower."""
    risk, traits = person.true_risk, rules.traits
    young = _youth(rules, person.age)
    platforms = _platforms(draws, known, risk, young)
    other_debt = _fill(known, "other_debt", _other_debt(draws, person, platforms))
    spender = draws.correlated(
        Column.OVERSPENDER, d.OVERSPENDER_LOADING, risk, d.YOUNG_LOADING * young
    )
    overspends = _top_share(spender, traits["overspender_share"])
    overspender = _fill(known, "overspender", overspends * 1.0)
    fixed = owed.service + other_debt * monthly_rate(traits["platform_annual_rate"])
    essential, discretionary = _spending(draws, known, traits, person, fixed, overspender)
    first = draws.correlated(Column.PAYS_OTHERS_FIRST, d.PAYS_OTHERS_FIRST_LOADING, risk)
    no_job, ill = d.UNEMPLOYMENT_INSURED[rules.law.code], d.MEDICAL_INSURED[rules.law.code]
    return Finances(
        own_service=owed.service,
        essential=essential,
        discretionary=discretionary,
        overspender=overspender,
        savings=_fill(known, "savings", _savings(draws, traits, person, owed)),
        other_debt=other_debt,
        platforms=platforms,
        pays_others_first=np.where(
            (platforms > 0) & _top_share(first, d.PAYS_OTHERS_FIRST_SHARE), 1.0, 0.0
        ),
        p_forget=_fill(known, "p_forget", _p_forget(draws, traits, risk, young)),
        p_channel_failure=_lognormal_chance(
            draws.normal(Column.P_CHANNEL_FAILURE),
            traits["p_channel_failure_mean"],
            d.P_CHANNEL_FAILURE_LOG_SD,
        ),
        p_misunderstand=_lognormal_chance(
            draws.normal(Column.P_MISUNDERSTAND),
            traits["p_misunderstand_mean"],
            d.P_MISUNDERSTAND_LOG_SD,
        ),
        refusal_weight=_refusal_weight(draws, traits, risk),
        illness_incidence=illness_incidence(person.age),
        unemployment_insured=_fill(
            known,
            "unemployment_insured",
            _insured(draws.uniform(Column.UNEMPLOYMENT_INSURED), no_job, person.work),
        ),
        medical_insured=_fill(
            known,
            "medical_insured",
            _insured(draws.uniform(Column.MEDICAL_INSURED), ill, person.work),
        ),
    )


def _youth(rules: Imputation, age: F8) -> F8:
    """Normal score of being young among the jurisdiction's borrowers."""
    quantiles, ages = d.AGE_QUANTILES[rules.law.code]
    younger = np.interp(age, ages, quantiles)
    return normal_quantile(1.0 - np.clip(younger, 0.001, 0.999))


def _platforms(draws: Draws, known: Known, risk: F8, young: F8) -> F8:
    """Number of other platforms; at least one for known debt elsewhere."""
    below = np.cumsum(d.PLATFORM_SHARES)[:-1]
    z = draws.correlated(Column.PLATFORMS, d.PLATFORM_LOADING, risk, d.YOUNG_LOADING * young)
    place = normal_cdf(z)
    drawn = np.searchsorted(below, place, side="right") * 1.0
    if "other_debt" in known:
        drawn = np.maximum(drawn, (known["other_debt"] > 0) * 1.0)
    return _fill(known, "platforms", drawn)


def _other_debt(draws: Draws, person: Person, platforms: F8) -> F8:
    z = draws.correlated(Column.OTHER_DEBT, d.OTHER_DEBT_LOADING, person.true_risk)
    months = d.OTHER_DEBT_MEDIAN_MONTHS * power(platforms, d.OTHER_DEBT_PLATFORM_POWER)
    months = months * exp(d.OTHER_DEBT_LOG_SD * z)
    debt: F8 = person.income * np.minimum(months, d.OTHER_DEBT_MAX_MONTHS)
    return debt


def _spending(
    draws: Draws,
    known: Known,
    traits: Parameters,
    person: Person,
    fixed: F8,
    overspender: F8,
) -> tuple[F8, F8]:
    """Essential and discretionary spending that leave the drawn margin after ``fixed`` service."""
    z = draws.correlated(Column.MARGIN, traits["margin_risk_loading"], person.true_risk)
    floor = traits["margin_floor"]
    margin = floor + (traits["margin_median"] - floor) * exp(traits["margin_log_sd"] * z)
    margin = margin - traits["overspender_margin_loss"] * overspender
    total = person.income * (1.0 - margin) - fixed
    total = np.maximum(total, d.SPENDING_FLOOR * person.income)
    share = traits["essential_share"] + d.ESSENTIAL_SHARE_SD * draws.normal(Column.ESSENTIAL_SHARE)
    share = np.clip(share - d.OVERSPENDER_ESSENTIAL_LOSS * overspender, *d.ESSENTIAL_SHARE_RANGE)
    drawn = share * total
    if "discretionary" in known:  # what is left of the total, so that the margin stays as drawn
        rest = np.maximum(total - known["discretionary"], 0.0)
        drawn = np.where(np.isnan(rest), drawn, rest)
    essential = _fill(known, "essential", drawn)
    return essential, _fill(known, "discretionary", np.maximum(total - essential, 0.0))


def _savings(draws: Draws, traits: Parameters, person: Person, owed: Obligations) -> F8:
    risk = person.true_risk
    hand_to_mouth = _top_share(
        draws.correlated(Column.HAND_TO_MOUTH, d.HAND_TO_MOUTH_LOADING, risk),
        traits["hand_to_mouth_share"],
    )
    u = draws.uniform(Column.SAVINGS)
    usual = traits["savings_median_months"] * exp(
        d.SAVINGS_LOG_SD * normal_quantile(u) - traits["savings_risk_slope"] * risk
    )
    months = np.where(hand_to_mouth, d.HAND_TO_MOUTH_MAX_MONTHS * u, usual)
    stock = d.WORKING_CAPITAL_MEDIAN * exp(
        d.WORKING_CAPITAL_LOG_SD * draws.normal(Column.WORKING_CAPITAL)
    )
    savings: F8 = months * person.income + stock * owed.bullet_principal
    return savings


def _p_forget(draws: Draws, traits: Parameters, risk: F8, young: F8) -> F8:
    manual = _top_share(
        draws.correlated(
            Column.MANUAL_PAYMENT, d.MANUAL_PAYMENT_LOADING, risk, d.YOUNG_LOADING * young
        ),
        traits["manual_payment_share"],
    )
    loading = min(traits["p_forget_risk_loading"], d.MOST_RISK_LOADING_WITH_YOUTH)
    z = draws.correlated(Column.P_FORGET, loading, risk, d.YOUNG_LOADING * young)
    chance = _lognormal_chance(z, traits["p_forget_mean"], traits["p_forget_log_sd"])
    return np.where(manual, chance, 0.0)


def _lognormal_chance(z: F8, mean: float, log_sd: float) -> F8:
    return np.minimum(mean * exp(log_sd * z - log_sd * log_sd / 2), d.P_MAX)


def _refusal_weight(draws: Draws, traits: Parameters, risk: F8) -> F8:
    z = draws.correlated(Column.REFUSAL_WEIGHT, traits["refusal_risk_loading"], risk)
    spread = traits["refusal_weight_log_sd"]
    weight: F8 = exp(spread * z - spread * spread / 2)
    return weight


def _insured(u: F8, share_by_work: Mapping[Work, float], work: F8) -> F8:
    shares = np.array([share_by_work[w] for w in Work])[work.astype(np.int64)]
    return np.where(u < shares, 1.0, 0.0)
