"""The emulator of a page: exact on a quadratic, with a band that holds what was left out."""

import numpy as np
import pytest

from simulator.sensitivity.emulator import fit_emulator, least_points


def quadratic(x):
    return 3e6 + x @ [1e5, -2e5, 5e4] + 4e4 * x[:, 0] * x[:, 1] - 2e5 * x[:, 2] ** 2


def test_it_is_exact_on_a_quadratic_and_its_band_has_no_width():
    random = np.random.default_rng(1)
    points, fresh = random.random((40, 3)), random.random((200, 3))
    found = fit_emulator(points, quadratic(points))
    np.testing.assert_allclose(found(fresh), quadratic(fresh), rtol=1e-12)
    assert found.width == 0.0
    assert found.covered == 1.0


@pytest.mark.parametrize("curved", [0.0, 3e4])
def test_its_band_holds_what_it_was_not_fitted_to(curved):
    """Noise alone, and a figure that is no quadratic: 90 to 98 % of 4,000 fresh points."""
    random = np.random.default_rng(2)

    def figure(x):
        return quadratic(x) + curved * np.sin(6 * x[:, 0]) + 1e4 * random.standard_normal(len(x))

    inside = []
    for _ in range(40):
        points = random.random((64, 3))
        found = fit_emulator(points, figure(points))
        fresh = random.random((100, 3))
        inside.append(np.abs(figure(fresh) - found(fresh)) <= found.half_band(fresh))
    assert 0.90 <= np.mean(inside) <= 0.98


def test_the_hull_holds_what_was_simulated_and_nothing_far_beyond():
    random = np.random.default_rng(3)
    points = random.random((64, 2))
    found = fit_emulator(points, points.sum(axis=1))
    assert found.is_inside(points).all()
    assert found.is_inside(np.array([[0.5, 0.5]])).all()
    assert not found.is_inside(np.array([[1.6, 0.5], [1.4, 1.4]])).any()


def test_more_inputs_need_more_points():
    assert [least_points(d) for d in (1, 2, 5)] == [11, 14, 29]


def test_the_share_that_a_band_holds_can_be_too_small():
    """Few points and many terms: the band of the other folds misses more than 5 %."""
    random = np.random.default_rng(5)
    shares = []
    for _ in range(40):
        points = random.random((18, 2))
        shares.append(fit_emulator(points, random.standard_normal(18)).covered)
    assert min(shares) < 0.9
    assert np.mean(shares) < 1.0
