"""What the model does not explain: recovered where it was planted, carried over exactly."""

import numpy as np
import pytest
from numpy.typing import NDArray

from simulator.calibrate.estimate.discrepancy import (
    LEAST_SERIES_SD,
    MOST_PERSISTENCE,
    SeriesDiscrepancy,
    carry_over,
    estimate_logit_variance,
    estimate_series,
    logit_slope,
)

F8 = NDArray[np.float64]


def autoregression(sd: float, persistence: float, size: int, seed: int) -> F8:
    rng = np.random.default_rng(seed)
    shocks = sd * np.sqrt(1.0 - persistence**2) * rng.standard_normal(size)
    values = np.zeros(size)
    values[0] = sd * rng.standard_normal()
    for t in range(1, size):
        values[t] = persistence * values[t - 1] + shocks[t]
    return values


def test_an_autoregression_is_recovered() -> None:
    size, sd, persistence = 200, 0.004, 0.7
    found = estimate_series(autoregression(sd, persistence, size, 4), np.zeros((size, size)))
    error_of_persistence = np.sqrt((1 - persistence**2) / size)
    effective = size * (1 - persistence**2) / (1 + persistence**2)
    assert abs(found.persistence - persistence) < 4 * error_of_persistence
    assert abs(np.log(found.sd / sd)) < 4 * np.sqrt(0.5 / effective)


def test_known_noise_is_not_taken_for_discrepancy() -> None:
    size, noise = 100, 0.003
    rng = np.random.default_rng(2)
    seen = autoregression(0.004, 0.9, size, 3) + noise * rng.standard_normal(size)
    with_noise = estimate_series(seen, np.eye(size) * noise**2)
    without = estimate_series(seen, np.zeros((size, size)))
    assert abs(with_noise.persistence - 0.9) < 0.15 < abs(without.persistence - 0.9)
    pure = estimate_series(noise * rng.standard_normal(size), np.eye(size) * noise**2)
    assert pure.sd < 0.35 * noise


def test_estimates_stay_within_their_limits() -> None:
    trend = 0.01 * np.linspace(-1.0, 1.0, 50)
    assert estimate_series(trend, np.zeros((50, 50))).persistence == MOST_PERSISTENCE
    nothing = estimate_series(np.zeros(20), np.zeros((20, 20)))
    assert nothing.sd == pytest.approx(LEAST_SERIES_SD)
    short = estimate_series(np.array([0.01, 0.01, 0.01]), np.zeros((3, 3)))
    assert (short.sd, short.persistence) == (pytest.approx(0.01, rel=1e-3), 0.0)


def test_forecast_without_noise_decays_from_the_last_value() -> None:
    """Closed form: rho^h times the last value, variance sd^2 (1 - rho^2h)."""
    model, seen = SeriesDiscrepancy(0.01, 0.8), np.array([0.02, -0.01, 0.005])
    mean, covariance = model.forecast(seen, 4)
    powers = 0.8 ** np.arange(1, 5)
    np.testing.assert_allclose(mean, powers * seen[-1], rtol=1e-9)
    np.testing.assert_allclose(np.diag(covariance), 1e-4 * (1 - powers**2), rtol=1e-9)
    ahead = np.arange(4)
    between = 0.8 ** np.abs(ahead[:, None] - ahead[None, :]) - np.outer(powers, powers)
    np.testing.assert_allclose(covariance, 1e-4 * between, rtol=1e-9)


def test_forecast_with_noise_is_the_kalman_filters() -> None:
    model, noise = SeriesDiscrepancy(0.01, 0.9), 0.005**2
    seen = autoregression(0.01, 0.9, 30, 4)
    level, variance = 0.0, model.sd**2
    for value in seen:
        gain = variance / (variance + noise)
        level, variance = level + gain * (value - level), (1 - gain) * variance
        level, variance = 0.9 * level, 0.81 * variance + 0.19 * model.sd**2
    mean, covariance = model.forecast(seen, 1, np.eye(30) * noise)
    assert mean[0] == pytest.approx(level, rel=1e-9)
    assert covariance[0, 0] == pytest.approx(variance, rel=1e-9)


def test_a_gap_in_the_series_counts_its_steps() -> None:
    model = SeriesDiscrepancy(0.01, 0.5)
    mean, _ = model.forecast(np.array([0.0, 0.01]), 1, positions=np.array([0.0, 3.0]))
    assert mean[0] == pytest.approx(0.005)
    matrix = model.covariance(np.array([0.0, 3.0]))
    assert matrix[0, 1] == pytest.approx(1e-4 * 0.125)


def test_variance_in_log_odds_is_recovered_beyond_sampling() -> None:
    rng = np.random.default_rng(8)
    shares = rng.uniform(0.05, 0.6, 400)
    sd = np.full(400, 0.01)
    deviations = 0.3 * logit_slope(shares) * rng.standard_normal(400) + sd * rng.standard_normal(
        400
    )
    found = estimate_logit_variance(deviations, sd**2, shares)
    spread = 0.3**2 + sd**2 / logit_slope(shares) ** 2
    error = np.sqrt(np.sum(2 * spread**2)) / 400
    assert abs(found - 0.3**2) < 4 * error


def test_misses_within_sampling_error_show_no_discrepancy() -> None:
    sd = np.full(6, 0.01)
    assert estimate_logit_variance(0.5 * sd, sd**2, np.full(6, 0.3)) == 0.0


def test_two_numbers_show_a_discrepancy_only_by_a_clear_miss() -> None:
    sd, shares = np.full(2, 0.01), np.full(2, 0.3)
    assert estimate_logit_variance(1.9 * sd, sd**2, shares) == 0.0
    clear = estimate_logit_variance(np.array([0.03, 0.0]), sd**2, shares)
    assert clear == pytest.approx((9.0 + 0.0 - 2.0) / 2 * 1e-4 / 0.21**2)


def test_a_deviation_carries_over_as_far_as_it_is_not_luck() -> None:
    assert carry_over(0.2, 0.0, 0.04) == (0.2, 0.0)
    assert carry_over(0.2, 0.04, 0.0) == (0.0, 0.0)
    mean, variance = carry_over(0.2, 0.01, 0.03)
    assert (mean, variance) == (pytest.approx(0.15), pytest.approx(0.0075))
    assert carry_over(0.2, 0.0, 0.0) == (0.0, 0.0)
