"""Statistics over paths against closed forms and scipy."""

import numpy as np
import pytest
from scipy import stats

from simulator.results.intervals import over_paths


def test_interval_is_students_t() -> None:
    values = np.random.default_rng(1).normal(size=(40, 3))
    found = over_paths(values, 1)
    for k in range(3):
        low, high = stats.t.interval(0.95, 39, values[:, k].mean(), stats.sem(values[:, k], ddof=1))
        assert found.ci_low[k] == pytest.approx(low, rel=1e-12)
        assert found.ci_high[k] == pytest.approx(high, rel=1e-12)
    np.testing.assert_allclose(found.p05, np.quantile(values, 0.05, axis=0), rtol=1e-12)
    np.testing.assert_allclose(found.p95, np.quantile(values, 0.95, axis=0), rtol=1e-12)


def test_luck_replicates_are_clusters_of_their_macro_draw() -> None:
    draw = np.random.default_rng(2)
    values = (draw.normal(size=(12, 1)) + 0.1 * draw.normal(size=(12, 5))).reshape(60)
    found = over_paths(values, 5)
    means = values.reshape(12, 5).mean(axis=1)
    low, high = stats.t.interval(0.95, 11, means.mean(), stats.sem(means, ddof=1))
    assert found.ci_low == pytest.approx(low, rel=1e-12)
    assert found.ci_high == pytest.approx(high, rel=1e-12)
    assert found.se > 1.5 * over_paths(values, 1).se


def test_one_macro_draw_has_no_interval_but_a_mean_and_quantiles() -> None:
    found = over_paths(np.array([1.0, 2.0, 3.0]), 3)
    assert np.isnan(found.ci_low)
    assert np.isnan(found.ci_high)
    assert (found.mean, found.p50) == (2.0, 2.0)


def test_missing_values_are_left_out_of_every_statistic() -> None:
    values = np.array([[1.0, np.nan], [np.nan, np.nan], [4.0, np.nan], [9.0, 2.0]])
    found = over_paths(values, 1)
    present = np.array([1.0, 4.0, 9.0])
    assert found.mean[0] == pytest.approx(present.mean())
    assert found.se[0] == pytest.approx(stats.sem(present, ddof=1))
    assert found.p05[0] == pytest.approx(np.quantile(present, 0.05))
    assert (found.mean[1], found.p95[1]) == (2.0, 2.0)
    assert np.isnan(found.se[1])


def test_nothing_present_gives_missing_statistics() -> None:
    assert all(np.isnan(x).all() for x in over_paths(np.full((5, 2), np.nan), 1).parts())


def test_chunks_change_no_statistic(monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.random.default_rng(3).normal(size=(10, 7, 5))
    whole = over_paths(values, 2)
    monkeypatch.setattr("simulator.results.intervals._CHUNK", 40)
    for left, right in zip(whole.parts(), over_paths(values, 2).parts(), strict=True):
        np.testing.assert_array_equal(left, right)
