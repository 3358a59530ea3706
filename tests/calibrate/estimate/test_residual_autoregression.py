"""Autoregressions that a window of deviations allows."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import multivariate_normal

from simulator.calibrate.estimate.discrepancy import SeriesDiscrepancy
from simulator.calibrate.estimate.residual_autoregression import autoregressions

F8 = NDArray[np.float64]
LUCK = (np.arange(400) + 0.5) / 400


def simulated(rng: np.random.Generator, n: int, sd: float, persistence: float) -> F8:
    covariance = SeriesDiscrepancy(sd, persistence).covariance(np.arange(n, dtype=float))
    path: F8 = rng.multivariate_normal(np.zeros(n), covariance)
    return path


def test_autoregressions_come_as_often_as_their_likelihood_says() -> None:
    """Two of them are compared through a density written by others."""
    rng = np.random.default_rng(12)
    deviations = simulated(rng, 12, 0.01, 0.6)
    noise = np.diag(rng.uniform(0.0, 4e-5, 12))
    at = np.arange(12, dtype=float)
    luck = (np.arange(200_000) + 0.5) / 200_000
    found = autoregressions(at, noise).likely(deviations, luck)
    often = {}
    for entry in found:
        key = (round(entry.sd, 12), round(entry.persistence, 12))
        often[key] = often.get(key, 0) + 1
    two = sorted(often, key=lambda key: -often[key])[:60:30]
    density = [
        multivariate_normal(np.zeros(12), SeriesDiscrepancy(*key).covariance(at) + noise).logpdf(
            deviations
        )
        for key in two
    ]
    ratio = math.log(often[two[0]] / often[two[1]])
    assert ratio == pytest.approx(density[0] - density[1], abs=0.05)


def test_a_long_window_leaves_little_doubt() -> None:
    rng = np.random.default_rng(13)
    deviations = simulated(rng, 600, 0.01, 0.7)
    at = np.arange(600, dtype=float)
    found = autoregressions(at, np.zeros((600, 600))).likely(deviations, LUCK)
    # Standard errors of a long autoregression: sqrt((1 - r^2) / n), and of its size about
    # sqrt((1 + r^2) / (1 - r^2) / (2 n)) relative; half a step of the grid comes on top.
    persistence = np.mean([entry.persistence for entry in found])
    assert persistence == pytest.approx(0.7, abs=4.5 * math.sqrt(0.51 / 600) + 0.025)
    size = np.mean([entry.sd for entry in found])
    assert size == pytest.approx(0.01, rel=4.5 * math.sqrt(1.49 / 0.51 / 1200) + 0.08)


def test_a_short_window_allows_more_than_the_likeliest() -> None:
    rng = np.random.default_rng(14)
    spread = []
    for n in (12, 120):
        deviations = simulated(rng, n, 0.01, 0.8)
        allowed = autoregressions(np.arange(n, dtype=float), np.zeros((n, n)))
        spread.append(np.std([math.log(e.sd) for e in allowed.likely(deviations, LUCK)]))
    assert spread[0] > spread[1]


def test_deviations_within_their_noise_show_next_to_nothing() -> None:
    rng = np.random.default_rng(15)
    noise = np.eye(40) * 0.01**2
    deviations = 0.01 * rng.standard_normal(40)
    found = autoregressions(np.arange(40, dtype=float), noise).likely(deviations, LUCK)
    assert np.median([entry.sd for entry in found]) < 0.7 * 0.01
