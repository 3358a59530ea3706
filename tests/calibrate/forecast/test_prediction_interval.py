"""Intervals from few draws hold as often as they say."""

import math

import numpy as np
import pytest

from simulator.calibrate.forecast.prediction_interval import (
    NOISES,
    balanced_normals,
    correlated,
    least_draws,
    summarised,
)

LEVEL = 0.9


@pytest.mark.parametrize("share_between", [1.0, 0.5, 0.02])
def test_intervals_of_forty_draws_cover_a_new_outcome_as_often_as_they_say(
    share_between: float,
) -> None:
    rng = np.random.default_rng(5)
    repeats, n = 1500, 40
    between, within = math.sqrt(share_between), math.sqrt(1.0 - share_between)
    held = 0
    for number in range(repeats):
        draws = between * rng.standard_normal((n, 1, 1))
        noise = within * np.stack([balanced_normals(1000 * number + i, 1) for i in range(n)])
        _, low, high = summarised(draws + noise, LEVEL)
        new = between * rng.standard_normal() + within * rng.standard_normal()
        held += bool(low[0] <= new <= high[0])
    error = math.sqrt(LEVEL * (1.0 - LEVEL) / repeats)
    assert abs(held / repeats - LEVEL) < 4.5 * error


def test_draws_without_a_value_are_left_out() -> None:
    outcomes = np.tile(np.arange(20.0)[:, None, None], (1, NOISES, 2))
    outcomes[3, :, 0] = np.nan
    outcomes[1:, :, 1] = np.nan
    middle, low, high = summarised(outcomes, LEVEL)
    assert middle[0] == pytest.approx((190 - 3) / 19)
    assert low[0] < middle[0] < high[0]
    assert np.isnan([middle[1], low[1], high[1]]).all()


def test_noise_sums_to_zero_and_has_the_covariance_asked_for() -> None:
    covariance = np.array([[4.0, 1.2], [1.2, 1.0]])
    normals = np.concatenate([balanced_normals(seed, 2) for seed in range(400)])
    found = correlated(normals, covariance)
    assert np.abs(found.mean(axis=0)).max() < 1e-12
    error = 4.5 * math.sqrt(2.0 / (found.shape[0] / 2)) * np.diag(covariance).max()
    np.testing.assert_allclose(np.cov(found, rowvar=False), covariance, atol=error)


def test_the_same_seed_gives_the_same_noise_and_another_seed_another() -> None:
    assert np.array_equal(balanced_normals(7, 3), balanced_normals(7, 3))
    assert not np.array_equal(balanced_normals(7, 3), balanced_normals(8, 3))


def test_nineteen_draws_are_the_fewest_for_ninety_percent() -> None:
    assert least_draws(0.9) == 19
    assert least_draws(0.95) == 39
