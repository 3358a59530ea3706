"""Effects of functions whose effects are known."""

import numpy as np
import pytest

from simulator.sensitivity.morris import elementary_effects, radial_design
from simulator.sensitivity.quadratic import fit_quadratic, terms_of
from simulator.sensitivity.variance import variance_shares

G = np.array([0.0, 1.0, 4.5, 9.0])


def ishigami(points):
    x = np.pi * (2 * points - 1)
    return np.sin(x[:, 0]) + 7 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0])


def sobol_g(points):
    return np.prod((np.abs(4 * points - 2) + G) / (1 + G), axis=1)


def test_of_ishigamis_function_shares_are_the_closed_form():
    v1 = 0.5 * (1 + 0.1 * np.pi**4 / 5) ** 2
    v2, v13 = 7**2 / 8, 0.1**2 * np.pi**8 * (1 / 18 - 1 / 50)
    whole = v1 + v2 + v13
    found = variance_shares(ishigami, 3, power=14)
    assert found.variance == pytest.approx(whole, rel=0.01)
    np.testing.assert_allclose(found.first, np.array([v1, v2, 0.0]) / whole, atol=0.01)
    np.testing.assert_allclose(found.total, np.array([v1 + v13, v2, v13]) / whole, atol=0.01)
    shapley = np.array([v1 + v13 / 2, v2, v13 / 2]) / whole
    np.testing.assert_allclose(found.shapley, shapley, atol=0.01)


def test_of_sobols_g_shares_are_the_closed_form_and_shapley_adds_up():
    alone = 1 / (3 * (1 + G) ** 2)
    whole = np.prod(1 + alone) - 1
    total = [a * np.prod(1 + np.delete(alone, i)) for i, a in enumerate(alone)]
    found = variance_shares(sobol_g, 4, power=14)
    np.testing.assert_allclose(found.first, alone / whole, atol=0.01)
    np.testing.assert_allclose(found.total, total / whole, atol=0.01)
    assert found.shapley.sum() == pytest.approx(1.0, abs=1e-12)
    assert (found.first - 0.01 <= found.shapley).all()
    assert (found.shapley <= found.total + 0.01).all()


def test_an_input_that_does_nothing_has_exactly_nothing():
    found = variance_shares(lambda x: x[:, 0] * x[:, 1], 3)
    assert found.first[2] == 0.0
    assert abs(found.total[2]) < 1e-12
    assert abs(found.shapley[2]) < 1e-15
    np.testing.assert_allclose(found.shapley[0], found.shapley[1], atol=0.01)


def test_a_function_that_does_not_vary_has_no_shares():
    found = variance_shares(lambda x: np.ones(len(x)), 2)
    assert found.variance == 0.0
    assert np.isnan(found.shapley).all()


def test_the_quadratic_is_exact_on_a_quadratic():
    random = np.random.default_rng(1)
    points = random.random((80, 4))

    def figure(x):
        return 3 + x @ [1.0, -2.0, 0.5, 0.0] + x[:, 0] * x[:, 1] - 2 * x[:, 2] ** 2

    found = fit_quadratic(points, figure(points))
    fresh = random.random((50, 4))
    np.testing.assert_allclose(found(fresh), figure(fresh), atol=1e-4)
    assert found.error < 1e-4
    assert len(terms_of(4)) == 4 + 10


def test_shares_of_a_quadratic_are_those_of_its_orthogonal_coefficients():
    random = np.random.default_rng(2)
    points = random.random((200, 3))
    found = fit_quadratic(points, points[:, 0] + points[:, 0] * points[:, 1] + points[:, 2] ** 2)
    squares = {term: c**2 for term, c in zip(found.terms, found.coefficients, strict=True)}
    whole = sum(squares.values())
    shares = variance_shares(found, 3, power=14)
    for place in range(3):
        alone = squares[place,] + squares[place, place]
        assert found.variance_of(place) == pytest.approx(alone)
        pairs = [s for t, s in squares.items() if len(set(t)) == 2 and place in t]
        assert shares.first[place] == pytest.approx(alone / whole, abs=0.01)
        assert shares.shapley[place] == pytest.approx((alone + sum(pairs) / 2) / whole, abs=0.01)


def test_elementary_effects_of_a_line_are_its_slopes_and_do_not_scatter():
    points = radial_design(5, 3, seed=4)
    assert points.min() >= 0.0
    assert points.max() <= 1.0
    slopes = np.array([2.0, -1.0, 0.0])
    values = (points @ slopes)[..., None] * np.ones(6)
    found = elementary_effects(points, values)
    np.testing.assert_allclose(found.mean, slopes, atol=1e-12)
    np.testing.assert_allclose(found.size, np.abs(slopes), atol=1e-12)
    np.testing.assert_allclose(found.scatter, 0.0, atol=1e-12)
    np.testing.assert_allclose(found.se, 0.0, atol=1e-12)


def test_interactions_scatter_and_an_unknown_value_is_left_out():
    points = radial_design(6, 2, seed=4)
    values = (points[..., 0] * points[..., 1])[..., None] * np.ones(3)
    values[0, 1] = np.nan
    found = elementary_effects(points, values)
    assert found.scatter.min() > 0.05
    np.testing.assert_allclose(found.mean[0], points[1:, 0, 1].mean())
