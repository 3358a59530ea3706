"""Statistics over paths against closed forms and scipy."""

import numpy as np
import pytest
from scipy import stats

from simulator.results.intervals import over_paths, simultaneous
from simulator.results.sampling import Draws


def test_interval_is_students_t() -> None:
    values = np.random.default_rng(1).normal(size=(40, 3))
    found = over_paths(values, Draws(1))
    for k in range(3):
        low, high = stats.t.interval(0.95, 39, values[:, k].mean(), stats.sem(values[:, k], ddof=1))
        assert found.ci_low[k] == pytest.approx(low, rel=1e-12)
        assert found.ci_high[k] == pytest.approx(high, rel=1e-12)
    np.testing.assert_allclose(found.p05, np.quantile(values, 0.05, axis=0), rtol=1e-12)
    np.testing.assert_allclose(found.p95, np.quantile(values, 0.95, axis=0), rtol=1e-12)


def test_draws_per_path_are_clusters_of_their_macro_draw() -> None:
    draw = np.random.default_rng(2)
    values = (draw.normal(size=(12, 1)) + 0.1 * draw.normal(size=(12, 5))).reshape(60)
    found = over_paths(values, Draws(5))
    means = values.reshape(12, 5).mean(axis=1)
    low, high = stats.t.interval(0.95, 11, means.mean(), stats.sem(means, ddof=1))
    assert found.ci_low == pytest.approx(low, rel=1e-12)
    assert found.ci_high == pytest.approx(high, rel=1e-12)
    assert found.se > 1.5 * over_paths(values, Draws(1)).se


def test_one_macro_draw_has_no_interval_but_a_mean_and_quantiles() -> None:
    found = over_paths(np.array([1.0, 2.0, 3.0]), Draws(3))
    assert np.isnan(found.ci_low)
    assert np.isnan(found.ci_high)
    assert (found.mean, found.p50) == (2.0, 2.0)


def test_missing_values_are_left_out_of_every_statistic() -> None:
    values = np.array([[1.0, np.nan], [np.nan, np.nan], [4.0, np.nan], [9.0, 2.0]])
    found = over_paths(values, Draws(1))
    present = np.array([1.0, 4.0, 9.0])
    assert found.mean[0] == pytest.approx(present.mean())
    assert found.se[0] == pytest.approx(stats.sem(present, ddof=1))
    assert found.p05[0] == pytest.approx(np.quantile(present, 0.05))
    assert (found.mean[1], found.p95[1]) == (2.0, 2.0)
    assert np.isnan(found.se[1])


def test_nothing_present_gives_missing_statistics() -> None:
    assert all(np.isnan(x).all() for x in over_paths(np.full((5, 2), np.nan), Draws(1)).parts())


def test_chunks_change_no_statistic(monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.random.default_rng(3).normal(size=(10, 7, 5))
    whole = over_paths(values, Draws(2))
    monkeypatch.setattr("simulator.results.intervals._CHUNK", 40)
    for left, right in zip(whole.parts(), over_paths(values, Draws(2)).parts(), strict=True):
        np.testing.assert_array_equal(left, right)


def test_simultaneous_intervals_of_one_or_the_same_columns_are_students_t() -> None:
    one = np.random.default_rng(4).normal(size=(15, 1))
    for values in (one, np.hstack([one, 3.0 * one, one + 2.0])):
        for left, right in zip(
            simultaneous(values, Draws(1)).parts(),
            over_paths(values, Draws(1)).parts(),
            strict=True,
        ):
            np.testing.assert_allclose(left, right, rtol=2e-2)
    still = np.hstack([one, np.zeros((15, 1))])
    assert simultaneous(still, Draws(1)).ci_low[0] == over_paths(still, Draws(1)).ci_low[0]
    assert simultaneous(still, Draws(1)).ci_low[1] == 0.0


def test_simultaneous_intervals_of_independent_columns_lie_near_sidaks() -> None:
    """They are at most Bonferroni's, and for many draws close to the product rule."""
    for paths, columns in ((40, 3), (400, 10)):
        values = np.random.default_rng(5).normal(size=(paths, columns))
        found = simultaneous(values, Draws(1))
        width = (found.ci_high - found.mean) / found.se
        assert np.ptp(width) < 1e-9
        sidak = stats.t.ppf(0.5 + 0.5 * 0.95 ** (1.0 / columns), paths - 1)
        assert width[0] == pytest.approx(sidak, rel=0.02)


def test_simultaneous_intervals_count_draws_of_the_economy_not_paths() -> None:
    draws = np.random.default_rng(6).normal(size=(9, 4))
    once, again = simultaneous(draws, Draws(1)), simultaneous(np.repeat(draws, 5, axis=0), Draws(5))
    np.testing.assert_allclose(again.ci_low, once.ci_low, rtol=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("paths", "columns", "common"), [(12, 34, 0.0), (24, 10, 0.8), (3, 35, 0.0)]
)
def test_simultaneous_intervals_hold_all_truths_nineteen_times_of_twenty(
    paths: int, columns: int, common: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("simulator.results.intervals._SAMPLES", 2000)
    runs, random = 1500, np.random.default_rng(8)
    held = 0
    for _ in range(runs):
        shared = np.sqrt(common) * random.normal(size=(paths, 1))
        values = shared + np.sqrt(1.0 - common) * random.normal(size=(paths, columns))
        found = simultaneous(values, Draws(1))
        held += bool(((found.ci_low <= 0.0) & (found.ci_high >= 0.0)).all())
    assert abs(held / runs - 0.95) <= 4.0 * np.sqrt(0.95 * 0.05 / runs)
