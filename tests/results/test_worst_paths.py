"""The worst tenth of paths against all, by closed forms."""

import numpy as np
import pytest
from scipy.special import ndtri
from scipy.stats import norm

from simulator.results.worst_paths import Feature, worst_tenth


def test_of_correlated_normals_the_distance_is_the_correlation_times_the_mean_of_the_tail():
    random = np.random.default_rng(1)
    n, correlation = 200_000, 0.6
    loss, noise = random.standard_normal((2, n))
    feature = correlation * loss + np.sqrt(1 - correlation**2) * noise
    (row,) = worst_tenth("s", loss, [Feature("f", "1", 3.0 + 2.0 * feature)], 1)
    tail = norm.pdf(ndtri(0.9)) / 0.1
    se = 1.0 / np.sqrt(0.1 * n)
    assert row.distance == pytest.approx(correlation * tail, abs=5 * se)
    assert row.ci_low < correlation * tail < row.ci_high
    assert row.usual == pytest.approx(3.0, abs=0.03)


def test_replicates_of_a_draw_count_once_and_what_is_constant_has_no_distance():
    loss = np.repeat(np.arange(40.0), 2)
    features = [Feature("same", "1", np.full(80, 2.0)), Feature("loss", "1", loss)]
    rows = worst_tenth("s", loss, features, 2)
    assert [row.feature for row in rows] == ["loss", "same"]
    assert rows[0].worst == pytest.approx(37.5)
    assert np.isnan(rows[1].distance)


def test_of_few_draws_nothing_is_told():
    loss = np.arange(19.0)
    assert worst_tenth("s", loss, [Feature("loss", "1", loss)], 1) == ()
