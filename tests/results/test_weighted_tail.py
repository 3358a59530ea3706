"""Tail of weighted losses against closed forms, and its intervals by how often they hold."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from simulator.macro.paths import deviations
from simulator.macro.shifted import AIM, Shift, loss_shift, shock_loadings
from simulator.macro.variables import DEVIATING_VARIABLES
from simulator.results import loss_distribution
from simulator.results.estimate import Estimate
from simulator.results.weighted_tail import (
    WeightedLosses,
    draws_needed,
    expected_shortfall,
    shortfall_difference,
    shortfall_values,
    value_at_risk,
)
from simulator.settings import MacroDeviation

F8 = NDArray[np.float64]
HORIZON = 12
REPETITIONS = 300
COVERAGE = (0.90, 0.98)
"""What a 95 % interval may hold in 300 repetitions: 4 standard errors of 1.3 % on either side."""
LOADINGS = shock_loadings(MacroDeviation(), HORIZON)
TRUE_DIRECTION = LOADINGS[0] + LOADINGS[1]
TRUE_DIRECTION = TRUE_DIRECTION / np.sqrt((TRUE_DIRECTION**2).sum())
FACTOR = Shift(TRUE_DIRECTION, AIM)
PD, CORRELATION, SIGMA = 0.02, 0.15, 0.5

# Losses as functions of one standard normal factor, and their closed forms


def vasicek(factor: F8) -> F8:
    """Loss of an infinitely fine book. Source: Vasicek 2002, Loan portfolio value."""
    at = (stats.norm.ppf(PD) + np.sqrt(CORRELATION) * factor) / np.sqrt(1.0 - CORRELATION)
    return np.asarray(stats.norm.cdf(at))


def vasicek_shortfall(level: float) -> float:
    """By the bivariate normal distribution of default and factor."""
    law = stats.multivariate_normal([0.0, 0.0], [[1.0, s := np.sqrt(CORRELATION)], [s, 1.0]])
    return float(law.cdf([stats.norm.ppf(PD), stats.norm.ppf(1.0 - level)])) / (1.0 - level)


def lognormal(factor: F8) -> F8:
    return np.asarray(np.exp(SIGMA * factor))


def lognormal_shortfall(level: float) -> float:
    return float(
        np.exp(SIGMA**2 / 2.0) * stats.norm.cdf(SIGMA - stats.norm.ppf(level)) / (1.0 - level)
    )


LAWS: dict[str, tuple[Callable[[F8], F8], Callable[[float], float]]] = {
    "vasicek": (vasicek, vasicek_shortfall),
    "lognormal": (lognormal, lognormal_shortfall),
}


def shifted(law: Callable[[F8], F8], draws: int, luck: np.random.Generator) -> WeightedLosses:
    """As many draws of a pilot as shifted ones, of losses with a factor in the shocks."""
    shape = (HORIZON, len(DEVIATING_VARIABLES), draws)
    pilot = luck.standard_normal(shape)
    lost = law(FACTOR.along(pilot))
    shift = loss_shift(pilot, lost, LOADINGS)
    assert shift is not None
    moved = shift.moved(luck.standard_normal(shape))
    weights = shift.weights(shift.along(np.concatenate([pilot, moved], axis=2)), 0.5)
    blocks = np.repeat([0, 1], draws)
    both = np.concatenate([lost, law(FACTOR.along(moved))])
    return WeightedLosses(both[:, None], np.ones(1), weights, blocks)


@pytest.mark.parametrize("level", [0.95, 0.99, 0.999])
@pytest.mark.parametrize("name", LAWS)
def test_the_shifted_tail_is_the_closed_form(name: str, level: float) -> None:
    law, shortfall = LAWS[name]
    losses = shifted(law, 20_000, np.random.default_rng(1))
    at_risk, beyond = value_at_risk(losses, level), expected_shortfall(losses, level)
    quantile = float(law(np.array(stats.norm.ppf(level))))
    assert at_risk.ci_low - 0.003 * quantile <= quantile <= at_risk.ci_high + 0.003 * quantile
    assert beyond.mean == pytest.approx(shortfall(level), abs=4.5 * beyond.se)
    assert beyond.se < 0.01 * beyond.mean


@pytest.mark.parametrize("name", LAWS)
def test_intervals_of_the_shifted_tail_hold_as_often_as_they_say(name: str) -> None:
    law, shortfall = LAWS[name]
    luck, low, high = np.random.default_rng(2), *COVERAGE
    runs = [shifted(law, 200, luck) for _ in range(REPETITIONS)]
    quantile = float(law(np.array(stats.norm.ppf(0.99))))
    assert low <= coverage([value_at_risk(run, 0.99) for run in runs], quantile) <= high
    assert low <= coverage([expected_shortfall(run, 0.99) for run in runs], shortfall(0.99)) <= high


def coverage(found: list[Estimate[float]], truth: float) -> float:
    assert all(each.has_interval for each in found)
    return float(np.mean([each.ci_low <= truth <= each.ci_high for each in found]))


def test_the_shift_errs_a_third_of_plain_draws() -> None:
    """Of as many draws, with a fifth of the variance (of logarithms) that no economy explains."""
    luck, own = np.random.default_rng(3), np.sqrt(0.2)
    errors, plain = [], []

    def loss(factor: F8) -> F8:
        return lognormal(np.sqrt(0.8) * factor + own * luck.standard_normal(factor.shape))

    truth = lognormal_shortfall(0.99)
    for _ in range(REPETITIONS):
        errors.append(shortfall_values(shifted(loss, 200, luck), 0.99).mean() - truth)
        alone = WeightedLosses.plain(loss(luck.standard_normal(400))[:, None], np.ones(1))
        plain.append(shortfall_values(alone, 0.99).mean() - truth)
    with_shift, without = (np.sqrt(np.mean(np.square(each))) for each in (errors, plain))
    assert with_shift <= without / 3.0


# Weights


def test_weights_never_exceed_the_defence_and_average_one() -> None:
    luck = np.random.default_rng(4)
    score = np.concatenate([luck.standard_normal(20_000), AIM + luck.standard_normal(20_000)])
    weights = FACTOR.weights(score, 0.5)
    assert weights.min() > 0.0
    assert weights.max() <= 2.0
    error = np.sqrt(sum(half.var() * half.size for half in np.split(weights, 2))) / weights.size
    assert weights.mean() == pytest.approx(1.0, abs=4.5 * error)
    # They turn the pool's distribution of the score back into the standard normal.
    beyond = float((weights * (score > 2.0)).mean())
    assert beyond == pytest.approx(stats.norm.sf(2.0), rel=0.05)


def test_plain_draws_give_the_plain_figures() -> None:
    loss = np.random.default_rng(5).gamma(2.0, size=500)
    run = WeightedLosses.plain(loss[:, None], np.ones(1))
    assert value_at_risk(run, 0.95).mean == loss_distribution.value_at_risk(loss, 0.95, 1).mean
    mine = expected_shortfall(run, 0.95)
    other = loss_distribution.expected_shortfall(loss, 0.95, 1)
    np.testing.assert_allclose(mine.ends, other.ends, rtol=1e-9)
    np.testing.assert_allclose(
        value_at_risk(run, 0.95).ends,
        loss_distribution.value_at_risk(loss, 0.95, 1).ends,
        rtol=0.05,
    )


def test_a_mixture_of_scenarios_weighs_them() -> None:
    """Two scenarios of weights .9 and .1 with losses that do not overlap."""
    calm, bad = np.arange(1.0, 1_001.0), np.arange(2_001.0, 3_001.0)
    run = WeightedLosses.plain(np.stack([calm, bad], axis=1), np.array([0.9, 0.1]))
    assert value_at_risk(run, 0.95).mean == 2_500.0
    assert expected_shortfall(run, 0.95).mean == pytest.approx(bad[500:].mean())
    assert value_at_risk(run, 0.8).mean == pytest.approx(1_000.0 * 0.8 / 0.9, abs=1.0)


def test_intervals_of_a_mixture_hold_when_scenarios_share_their_draws() -> None:
    """The same factor under both scenarios, of which one has twice the loss."""
    luck, shares = np.random.default_rng(6), np.array([0.6, 0.4])
    grid = np.linspace(-8.0, 12.0, 400_001)
    tail = 0.6 * stats.norm.sf(grid) + 0.4 * stats.norm.sf(grid - 1.0)
    quantile = float(grid[np.searchsorted(-tail, -0.05)])
    step = grid[1] - grid[0]
    shortfall = quantile + float(tail[grid > quantile].sum() * step) / 0.05
    runs = []
    for _ in range(REPETITIONS):
        factor = luck.standard_normal(1000)
        runs.append(WeightedLosses.plain(np.stack([factor, factor + 1.0], axis=1), shares))
    low, high = COVERAGE
    assert low <= coverage([value_at_risk(run, 0.95) for run in runs], quantile) <= high
    assert low <= coverage([expected_shortfall(run, 0.95) for run in runs], shortfall) <= high


# What draws can carry


@pytest.mark.parametrize(
    ("draws", "has_figure", "has_interval"),
    [(99, False, False), (100, True, False), (399, True, False), (400, True, True)],
)
def test_a_figure_needs_five_draws_beyond_and_an_interval_twenty(
    draws: int, has_figure: bool, has_interval: bool
) -> None:
    loss = np.random.default_rng(7).normal(size=(draws, 1))
    run = WeightedLosses.plain(loss, np.ones(1))
    for figure in (value_at_risk, expected_shortfall):
        found = figure(run, 0.95)
        assert np.isfinite(found.mean) == has_figure
        assert found.has_interval == has_interval
    assert draws_needed(WeightedLosses.plain(loss[:99], np.ones(1)), 0.95) == (
        pytest.approx(100, abs=25)
    )


def test_unequal_weights_beyond_count_as_fewer_draws() -> None:
    loss = np.arange(100.0)[:, None]
    weights = np.where(loss[:, 0] >= 98.0, 2.5, 0.969)
    run = WeightedLosses(loss, np.ones(1), weights, np.zeros(100, dtype=np.int64))
    assert run.effective_beyond(0.9) < 10.0 * 0.8


def test_paired_shortfalls_differ_by_a_constant_exactly() -> None:
    run = shifted(lognormal, 500, np.random.default_rng(8))
    moved = WeightedLosses(run.values + 4.0, run.shares, run.weights, run.blocks)
    found = shortfall_difference(moved, run, 0.99)
    np.testing.assert_allclose(found.ends, (4.0, 4.0, 4.0), rtol=1e-12)


# The direction


def test_the_shift_goes_where_losses_rise_as_far_as_they_hang_on_it() -> None:
    luck = np.random.default_rng(9)
    pilot = luck.standard_normal((HORIZON, len(DEVIATING_VARIABLES), 200))
    noise = luck.standard_normal(200)
    found = loss_shift(pilot, 0.8 * FACTOR.along(pilot) + 0.6 * noise, LOADINGS)
    assert found is not None
    assert (found.direction**2).sum() == pytest.approx(1.0)
    assert (found.direction * TRUE_DIRECTION).sum() > 0.9
    assert found.size == pytest.approx(AIM * 0.8, abs=4.0 * AIM * 0.36 / np.sqrt(200))


def test_losses_that_hang_on_nothing_are_hardly_shifted() -> None:
    luck = np.random.default_rng(11)
    pilot = luck.standard_normal((HORIZON, len(DEVIATING_VARIABLES), 200))
    found = loss_shift(pilot, luck.standard_normal(200), LOADINGS)
    assert found is not None
    assert found.size < AIM * 4.0 * np.sqrt(len(LOADINGS) / 200)


def test_an_economy_that_stands_still_is_not_shifted() -> None:
    still = MacroDeviation(volatility=(0.0, 0.0, 0.0, 0.0))
    loadings = shock_loadings(still, HORIZON)
    assert len(loadings) == 0
    pilot = np.zeros((HORIZON, len(DEVIATING_VARIABLES), 50))
    assert loss_shift(pilot, np.arange(50.0), loadings) is None
    assert loss_shift(pilot, np.ones(50), LOADINGS) is None


def test_loadings_are_the_mean_deviations_of_the_drawn_paths() -> None:
    luck = np.random.default_rng(10)
    shocks = luck.standard_normal((HORIZON, len(DEVIATING_VARIABLES), 7))
    still = np.zeros((1, *shocks.shape[1:]))
    moved = deviations(MacroDeviation(), np.concatenate([still, shocks]))
    first = Shift(LOADINGS[0], 0.0).along(shocks)
    expected = moved[0, :, 1 : HORIZON // 2 + 1].mean(axis=1)
    np.testing.assert_allclose(first / first[0], expected / expected[0], rtol=1e-9)
