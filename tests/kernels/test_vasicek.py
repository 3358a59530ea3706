"""With one probit factor in place of the causal model, losses have the Vasicek distribution.

A world made by hand: in month 1 every borrower of a path loses work with the path's conditional
chance of default, and nothing else ever happens. Those who lost work have no money at all, so they
alone default, each with the same loss.
Source: Vasicek 2002, The distribution of loan portfolio value; Basel Committee 2005, An explanatory
note on the Basel II IRB risk weight functions.
"""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from simulator.book.schema import Book
from simulator.catalogue import parameters_from
from simulator.engine import simulate_block
from simulator.levers import build_levers
from simulator.packing import pack
from simulator.results.estimate import Estimate
from simulator.results.loss_distribution import expected_shortfall, value_at_risk
from simulator.shocks.world import WORLD_DTYPE, World
from simulator.vocabulary import Count, Flow
from tests.conftest import RISKLESS, run_settings, small_book, with_borrowers, with_loans

F8 = NDArray[np.float64]

BORROWERS, PATHS, BLOCK, MONTHS = 2000, 3000, 500, 3
PD, RHO = 0.03, 0.15
LEVELS = (0.5, 0.9, 0.95, 0.99)
PARAMETERS = RISKLESS | {
    "strength_job_loss": 1.0,
    "informal_income_share": 0.0,
    "household_income_share": 0.0,
    "outside_help_share": 0.0,
}
SAME: dict[str, float] = {
    "weight": 1.0,
    "work": 0,
    "income": 5000.0,
    "essential": 1500.0,
    "unemployment_insured": 0,
    "true_risk": 0.0,
}
NOTHING = (
    "discretionary",
    "overspender",
    "savings",
    "other_debt",
    "platforms",
    "pays_others_first",
    "p_forget",
    "p_channel_failure",
    "p_misunderstand",
    "refusal_weight",
    "illness_incidence",
)


def conditional_pd(factor: F8) -> F8:
    """Chance of default where the economy's factor is ``factor``; the larger, the worse."""
    threshold = stats.norm.ppf(PD)
    return stats.norm.cdf((threshold + np.sqrt(RHO) * factor) / np.sqrt(1.0 - RHO))


def equal_loans() -> Book:
    """One instalment loan a borrower, all alike, written off in the third month unpaid."""
    book = small_book(
        BORROWERS,
        MONTHS,
        "cash_loan",
        second_loan_share=0.0,
        opening_overdue=False,
        applicants_monthly_share=0.0,
    )
    people = book.borrowers._asdict()
    columns = SAME | dict.fromkeys(NOTHING, 0.0)
    book = with_borrowers(
        book, **{name: np.full_like(people[name], value) for name, value in columns.items()}
    )
    terms = {
        "term_months": 12,
        "remaining_months": 12,
        "due_day": 15,
        "annual_rate": 0.12,
        "limit": 6000.0,
        "principal": 6000.0,
    }
    loans = book.loans._asdict()
    book = with_loans(book, **{name: np.full_like(loans[name], x) for name, x in terms.items()})
    product = book.products[0].model_copy(update={"write_off_dpd": 60, "p_prepay_monthly": 0.0})
    return replace(book, products=(product,))


def probit_world(factor: F8, regions: int) -> World:
    """Work is lost in month 1 with the conditional chance, never found, and nothing else occurs."""
    months = np.zeros((factor.size, MONTHS + 1), dtype=WORLD_DTYPE)
    months["separation"][:, 1] = conditional_pd(factor)[:, None, None]
    for name in (
        "illness_factor",
        "income_index",
        "price_index",
        "collection_allowed",
        "lapse_factor",
    ):
        months[name] = 1.0
    months["rate_cap"] = 0.24
    months["competitor_rate"] = 0.12
    return World(months, np.zeros((factor.size, MONTHS + 1, regions)))


@cache
def simulated() -> tuple[F8, F8]:
    """Each path's factor, and its loss over the loss if everybody defaulted, from the engine."""
    book, run = equal_loans(), run_settings(months=MONTHS, paths=PATHS)
    packed = pack(book, parameters_from(PARAMETERS))
    levers = {"nothing": build_levers([], book.segments, MONTHS)}
    factor = np.random.default_rng(41).normal(size=PATHS)
    amounts: list[F8] = []
    defaulted: list[F8] = []
    for first in range(0, PATHS, BLOCK):
        tallies = packed.allocate_tallies(BLOCK, MONTHS)
        world = probit_world(factor[first : first + BLOCK], len(book.regions))
        simulate_block(packed, world, levers, run, first, {"nothing": (tallies, 0)}, {})
        assert not tallies.balance[:, -1, 1:].any()
        amounts.append(tallies.flows[:, :, Flow.WRITTEN_OFF].sum(axis=1))
        defaulted.append(BORROWERS - tallies.counts[:, -1, Count.OPEN_LOANS])
    amount, defaults = np.concatenate(amounts), np.concatenate(defaulted)
    one_loan = amount.sum() / defaults.sum()
    np.testing.assert_allclose(amount, one_loan * defaults, rtol=1e-9)
    return factor, amount / (one_loan * BORROWERS)


def vasicek_quantile(level: float) -> float:
    return float(conditional_pd(np.array(stats.norm.ppf(level))))


def vasicek_shortfall(level: float) -> float:
    """Mean of the conditional chance beyond the quantile: a bivariate normal probability."""
    together = stats.multivariate_normal(cov=[[1.0, np.sqrt(RHO)], [np.sqrt(RHO), 1.0]])
    return float(together.cdf([stats.norm.ppf(PD), -stats.norm.ppf(level)])) / (1.0 - level)


def widened(found: Estimate[float], factor: float) -> tuple[float, float]:
    """The 95 % interval with its arms ``factor`` times as long."""
    low, high = found.mean - found.ci_low, found.ci_high - found.mean
    return found.mean - factor * low, found.mean + factor * high


FIVE_SIGMA = 5.0 / stats.norm.ppf(0.975)


def test_each_path_defaults_with_its_conditional_chance() -> None:
    """Squared deviations from the binomial mean, over its variance, average to 1."""
    factor, rate = simulated()
    chance = conditional_pd(factor)
    variance = chance * (1.0 - chance) / BORROWERS
    squares = (rate - chance) ** 2 / variance
    fourth = 3.0 + (1.0 - 6.0 * chance * (1.0 - chance)) / (BORROWERS**2 * variance)
    error = np.sqrt((fourth - 1.0).sum()) / PATHS
    assert abs(squares.mean() - 1.0) <= 5.0 * error


def test_the_expected_loss_is_the_chance_of_default() -> None:
    rate = simulated()[1]
    assert abs(rate.mean() - PD) <= 5.0 * rate.std(ddof=1) / np.sqrt(PATHS)


@pytest.mark.parametrize("level", LEVELS)
def test_loss_quantiles_are_those_of_the_vasicek_formula(level: float) -> None:
    low, high = widened(value_at_risk(simulated()[1], level, 1), FIVE_SIGMA)
    assert low <= vasicek_quantile(level) <= high


@pytest.mark.parametrize("level", LEVELS)
def test_expected_shortfall_is_that_of_the_vasicek_formula(level: float) -> None:
    low, high = widened(expected_shortfall(simulated()[1], level, 1), FIVE_SIGMA)
    assert low <= vasicek_shortfall(level) <= high
