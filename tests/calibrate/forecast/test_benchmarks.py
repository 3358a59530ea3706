"""Rivals against hand-computed least squares, and their intervals where the truth is known."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import expit

from simulator.calibrate.forecast.benchmarks import (
    Forecast,
    constant_share,
    last_value,
    logit_on_unemployment,
    regress,
    window_mean,
)

F8 = NDArray[np.float64]
LEVEL = 0.9
YEAR = 4


def solved_by_cramer(outcome: F8, design: F8) -> list[float]:
    """Least squares of three regressors from the normal equations, by determinants."""
    normal = design.T @ design
    right = design.T @ outcome
    whole = np.linalg.det(normal)
    found = []
    for column in range(3):
        replaced = normal.copy()
        replaced[:, column] = right
        found.append(float(np.linalg.det(replaced) / whole))
    return found


def test_logit_on_unemployment_is_least_squares_solved_by_hand() -> None:
    rng = np.random.default_rng(1)
    unemployment = 0.05 + 0.02 * np.sin(np.arange(30) / 3.0) + 0.002 * rng.standard_normal(30)
    rates = np.clip(0.03 + 0.3 * (unemployment[:24] - 0.05) + 0.002 * rng.random(24), 0.001, 1)
    change = unemployment[YEAR:] - unemployment[:-YEAR]
    design = np.column_stack([np.ones(26), unemployment[YEAR:], change])
    odds = np.log(rates[YEAR:] / (1 - rates[YEAR:]))
    by_hand = solved_by_cramer(odds, design[:20])
    expected = [
        1 / (1 + math.exp(-sum(b * x for b, x in zip(by_hand, row, strict=True))))
        for row in design[20:]
    ]
    found = logit_on_unemployment(rates, unemployment, YEAR, LEVEL)
    np.testing.assert_allclose(found.values, expected, rtol=1e-6)
    assert (found.low < found.values).all()
    assert (found.values < found.high).all()


def test_logit_recovers_a_relation_without_noise() -> None:
    unemployment = 0.06 + 0.03 * np.sin(np.arange(40) / 5.0)
    change = np.append(np.zeros(YEAR), unemployment[YEAR:] - unemployment[:-YEAR])
    truth = expit(-4.0 + 12.0 * unemployment + 5.0 * change)
    found = logit_on_unemployment(truth[:32], unemployment, YEAR, LEVEL)
    np.testing.assert_allclose(found.values, truth[32:], rtol=1e-9)
    np.testing.assert_allclose(found.high, found.low, rtol=1e-6)


def test_logit_says_nothing_from_too_few_rows() -> None:
    unemployment = np.linspace(0.04, 0.06, 14)
    found = logit_on_unemployment(np.full(10, 0.02), unemployment, YEAR, LEVEL)
    assert np.isnan(found.values).all()
    assert found.values.shape == (4,)


def test_newey_west_without_lags_is_the_heteroscedastic_formula() -> None:
    outcome = np.array([1.0, 2.0, 1.0, 4.0, 3.0, 5.0])
    design = np.column_stack([np.ones(6), np.arange(6.0)])
    long = regress(outcome, design)
    slope = np.cov(np.arange(6.0), outcome)[0, 1] / np.var(np.arange(6.0), ddof=1)
    assert long.coefficients[1] == pytest.approx(slope)
    errors = outcome - design @ long.coefficients
    lags = int(4 * (6 / 100) ** (2 / 9))
    middle = np.zeros((2, 2))
    for i in range(6):
        for j in range(6):
            weight = max(0.0, 1.0 - abs(i - j) / (lags + 1))
            middle += weight * errors[i] * errors[j] * np.outer(design[i], design[j])
    inverse = np.linalg.inv(design.T @ design)
    np.testing.assert_allclose(long.covariance, inverse @ middle @ inverse * 6 / 4)


def covered(forecast: Forecast, truth: F8) -> bool:
    return bool(forecast.low[-1] <= truth[-1] <= forecast.high[-1])


def share_within(hits: list[bool]) -> tuple[float, float]:
    return float(np.mean(hits)), math.sqrt(LEVEL * (1 - LEVEL) / len(hits))


def test_interval_of_the_mean_covers_independent_rates_as_often_as_it_says() -> None:
    rng = np.random.default_rng(2)
    hits = []
    for _ in range(800):
        rates = 0.05 + 0.005 * rng.standard_normal(60)
        hits.append(covered(window_mean(rates[:50], 10, LEVEL), rates))
    share, error = share_within(hits)
    assert abs(share - LEVEL) < 4 * error


def test_interval_of_the_last_value_covers_a_random_walk_as_often_as_it_says() -> None:
    rng = np.random.default_rng(3)
    hits = []
    for _ in range(800):
        rates = 0.3 + np.cumsum(0.002 * rng.standard_normal(90))
        hits.append(covered(last_value(rates[:80], 10, LEVEL), rates))
    share, error = share_within(hits)
    assert abs(share - LEVEL) < 4 * error


def test_interval_of_the_logit_covers_as_often_as_it_says() -> None:
    rng = np.random.default_rng(4)
    unemployment = 0.06 + 0.02 * np.sin(np.arange(60) / 4.0)
    change = np.append(np.zeros(YEAR), unemployment[YEAR:] - unemployment[:-YEAR])
    hits = []
    for _ in range(800):
        noise = 0.1 * rng.standard_normal(60)
        rates = expit(-4.0 + 12.0 * unemployment + 5.0 * change + noise)
        hits.append(covered(logit_on_unemployment(rates[:52], unemployment, YEAR, LEVEL), rates))
    share, error = share_within(hits)
    assert abs(share - LEVEL) < 4 * error


def test_constant_share_pools_months_by_their_accounts() -> None:
    centre, low, high = constant_share(np.array([0.1, 0.2]), np.array([300.0, 100.0]), LEVEL)
    assert centre == pytest.approx(50 / 400)
    assert 0.0 <= low < centre < high <= 1.0


def test_constant_share_of_one_month_has_the_interval_of_two_samples() -> None:
    centre, low, high = constant_share(np.array([0.2]), np.array([400.0]), LEVEL)
    half = 1.6448536269514722 * math.sqrt(2 * 0.2 * 0.8 / 400)
    assert (centre, low, high) == pytest.approx((0.2, 0.2 - half, 0.2 + half))


def test_constant_share_of_a_cell_never_seen_is_nothing() -> None:
    assert np.isnan(constant_share(np.array([np.nan]), np.array([0.0]), LEVEL)).all()
