"""One estimate: an interval off zero has a sign, a factor keeps what it says."""

import numpy as np
import pytest

from simulator.results.estimate import Estimate, unknown
from simulator.results.intervals import over_paths
from simulator.results.sampling import Draws


def test_a_sign_needs_an_interval_off_zero() -> None:
    assert Estimate(1.0, 0.2, 1.8).sign == 1
    assert Estimate(-1.0, -1.8, -0.2).sign == -1
    assert Estimate(1.0, -0.2, 2.2).sign == 0
    assert Estimate(1.0).sign == 0
    assert not Estimate(1.0).has_interval
    assert Estimate(0.0, 0.0, 0.0).is_zero
    assert not Estimate(0.0).is_zero


def test_a_factor_keeps_error_and_order_of_ends() -> None:
    values = np.random.default_rng(3).normal(2.0, 1.0, (200, 2))
    for factor in (-3.0, 0.5):
        found = over_paths(values, Draws(2)).times(factor)
        for mine, other in zip(
            found.parts(), over_paths(factor * values, Draws(2)).parts(), strict=True
        ):
            np.testing.assert_allclose(mine, other, rtol=1e-12)


def test_one_number_of_an_array() -> None:
    values = np.random.default_rng(4).normal(2.0, 1.0, (200, 2, 3))
    found = over_paths(values, Draws(1))
    assert list(found.at(1, 2).parts()) == [float(part[1, 2]) for part in found.parts()]
    assert found.at(1, 2).mean == pytest.approx(values[:, 1, 2].mean())
    assert all(np.isnan(part).all() and part.shape == (2,) for part in unknown((2,)).parts())
