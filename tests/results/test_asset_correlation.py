"""The asset correlation that a spread of default rates implies."""

import numpy as np
import pytest
from scipy.special import ndtr, ndtri

from simulator.results.asset_correlation import (
    implied_correlation,
    mixture_moments,
    vasicek_variance,
)


@pytest.mark.parametrize("correlation", [0.01, 0.04, 0.2])
def test_the_correlation_behind_simulated_rates_is_found_without_the_luck_of_the_book(correlation):
    rng = np.random.default_rng(3)
    loans, mean = 2_000, 0.03
    z = rng.standard_normal((1, 40_000))
    chance = ndtr((ndtri(mean) - np.sqrt(correlation) * z) / np.sqrt(1.0 - correlation))
    rates = rng.binomial(loans, chance) / loans
    found = implied_correlation(*mixture_moments(rates, np.ones(1), loans))
    assert found == pytest.approx(correlation, rel=0.06)


def test_luck_alone_implies_no_correlation():
    rates = np.random.default_rng(4).binomial(500, 0.03, (2, 4_000)) / 500
    assert implied_correlation(*mixture_moments(rates, np.array([1.0, 3.0]), 500)) < 0.003


def test_a_mixture_spreads_by_its_scenarios_too():
    rates = np.array([[0.02, 0.02], [0.06, 0.06]])
    mean, variance = mixture_moments(rates, np.array([0.75, 0.25]), 1e12)
    assert mean == pytest.approx(0.03)
    assert variance == pytest.approx(0.75 * 0.01**2 + 0.25 * 0.03**2)


def test_the_variance_rises_with_the_correlation_and_the_inverse_is_bounded():
    variances = [vasicek_variance(0.05, r) for r in (0.01, 0.1, 0.5)]
    assert variances == sorted(variances)
    assert implied_correlation(0.05, 0.0) == 0.0
    assert implied_correlation(0.05, 0.05) == 0.95
