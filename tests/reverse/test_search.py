"""Design points that are known in closed form are found."""

from math import log, sqrt

import numpy as np
import pytest
from scipy.special import ndtr, ndtri

from simulator.reverse.search import Observed, cosine, design_points
from simulator.reverse.shares import conditional_mean, made_of, uncertain, with_spreads
from simulator.ridge import ridge
from tests.reverse.toys import Exact, Noisy

SLOPES = np.array([0.12, -0.05, 0.2, 0.0, 0.08])


@pytest.mark.parametrize("times", [1.2, 2.0, 4.0])
def test_of_a_log_linear_loss_the_distance_is_ln_k_over_the_length_of_its_slopes(times):
    model = Exact(lambda z: 3.0 + float(SLOPES @ z))
    start = SLOPES + np.array([0.05, 0.1, -0.02, 0.03, 0.0])  # a poor regression
    (point,) = design_points(model, start, 3.0 + log(times), furthest=40)
    assert point.reached
    assert point.distance == pytest.approx(log(times) / np.linalg.norm(SLOPES), abs=1e-6)
    np.testing.assert_allclose(
        point.scores, log(times) * SLOPES / (SLOPES @ SLOPES), rtol=0, atol=1e-6
    )


@pytest.mark.parametrize("chance", [0.01, 0.05])
@pytest.mark.parametrize("correlation", [0.05, 0.15, 0.3])
def test_of_a_vasicek_pool_the_distance_is_exact(chance, correlation):
    def lost(z: float) -> float:
        return float(ndtr((ndtri(chance) + sqrt(correlation) * z) / sqrt(1 - correlation)))

    limit = 2.5 * chance
    wanted = (sqrt(1 - correlation) * ndtri(limit) - ndtri(chance)) / sqrt(correlation)
    model = Exact(lambda z: log(lost(float(z[0]))))
    (point,) = design_points(model, np.array([0.3]), log(limit), furthest=10)
    assert point.distance == pytest.approx(wanted, abs=1e-6)
    assert lost(float(point.scores[0])) == pytest.approx(limit, rel=1e-9)


def test_a_curved_limit_is_reached_at_its_nearest_point():
    # g = z0 + 0.1 z1^2 reaches 3 nearest at z1 = 0; the start is far off that.
    model = Exact(lambda z: float(z[0]) + 0.1 * float(z[1]) ** 2)
    (point,) = design_points(model, np.array([1.0, 1.0]), 3.0, furthest=10)
    assert point.distance == pytest.approx(3.0, abs=1e-6)
    assert point.scores[1] == pytest.approx(0.0, abs=1e-4)


def test_two_humps_are_both_found_from_observed_paths():
    first, other = np.array([0.8, 0.2, 0.0]), np.array([-0.7, 0.3, 0.1])

    def level(z):
        return float(np.log(np.exp(2 * first @ z) + np.exp(2 * other @ z)))

    scores = np.random.default_rng(1).standard_normal((200, 3))
    levels = np.array([level(z) for z in scores])
    observed = Observed(scores, levels)
    slopes = ridge(scores, levels).slopes
    points = design_points(Exact(level), slopes, 6.0, furthest=10, observed=observed)
    assert len(points) == 2
    assert cosine(points[0].scores, first) > 0.99
    assert cosine(points[1].scores, other) > 0.99
    for point in points:
        assert level(point.scores) == pytest.approx(6.0, abs=1e-9)
    assert points[0].distance < points[1].distance


def test_beyond_the_furthest_distance_nothing_is_reached():
    model = Exact(lambda z: 0.1 * float(z[0]))
    (point,) = design_points(model, np.array([1.0, 0.0]), 1.0, furthest=6)
    assert not point.reached
    assert point.distance == pytest.approx(6.0)


def test_a_wrong_start_is_put_right_even_where_its_ray_never_arrives():
    model = Exact(lambda z: float(z[0]) - 0.2 * float(z[1]))
    (point,) = design_points(model, np.array([0.02, 1.0]), 2.0, furthest=6)
    assert point.reached
    assert point.distance == pytest.approx(2.0 / np.linalg.norm([1.0, 0.2]), abs=1e-6)


def test_with_noise_two_seeds_point_the_same_way_and_the_interval_holds_the_distance():
    wanted = 0.7 / np.linalg.norm(SLOPES)
    found = []
    for seed in (1, 2):
        model = Noisy(lambda z: float(SLOPES @ z), seed, se=0.006)
        (point,) = design_points(model, SLOPES + 0.05, 0.7, furthest=10, rounds=3)
        found.append(point)
        ends = uncertain(point, 0.7, "abcde")
        assert ends is not None
        assert ends[0].distance < wanted < ends[1].distance
        assert ends[0].shares["c"] < SLOPES[2] ** 2 / (SLOPES @ SLOPES) < ends[1].shares["c"]
    assert cosine(found[0].scores, found[1].scores) > 0.95


def test_looks_are_few():
    model = Exact(lambda z: float(SLOPES @ z))
    design_points(model, SLOPES, 0.7, furthest=10)
    assert model.looks <= 6


def test_shares_add_up_and_follow_squares():
    made = made_of(np.array([3.0, 0.0, 4.0]), ("a", "b", "a"))
    assert made.distance == pytest.approx(5.0)
    assert made.shares == {"a": 1.0, "b": 0.0}
    made = made_of(np.array([3.0, 1.0, 4.0]), ("a", "b", "c"))
    assert sum(made.shares.values()) == pytest.approx(1.0, abs=1e-12)
    assert made.shares["c"] == pytest.approx(16 / 26)


def test_twice_the_spread_halves_the_distance_where_everything_is_linear():
    model = Exact(lambda z: float(SLOPES @ z))
    (point,) = design_points(model, SLOPES, 0.7, furthest=20)
    twice = with_spreads(point, 0.7, np.full(5, 2.0), "abcde")
    assert twice.distance == pytest.approx(point.distance / 2, rel=1e-9)
    one = with_spreads(point, 0.7, np.array([2.0, 1, 1, 1, 1]), "abcde")
    wider = SLOPES * np.array([2.0, 1, 1, 1, 1])
    assert one.distance == pytest.approx(0.7 / np.linalg.norm(wider), rel=1e-9)
    assert one.shares["a"] == pytest.approx(wider[0] ** 2 / (wider @ wider), rel=1e-9)


def test_what_is_likeliest_at_a_level_is_the_gaussian_conditional_mean():
    random = np.random.default_rng(3)
    loadings, slopes = random.standard_normal((12, 5)), random.standard_normal(5)
    joint = np.vstack([loadings, slopes]) @ np.vstack([loadings, slopes]).T
    wanted = joint[:-1, -1] / joint[-1, -1] * 1.7  # covariance over variance, times the level
    np.testing.assert_allclose(conditional_mean(loadings, slopes, 1.7), wanted, atol=1e-9)
    likeliest = 1.7 * slopes / (slopes @ slopes)
    np.testing.assert_allclose(loadings @ likeliest, wanted, atol=1e-9)


def test_ridge_finds_slopes_and_is_drawn_towards_what_is_expected():
    random = np.random.default_rng(5)
    scores = random.standard_normal((200, 5))
    values = 2.0 + scores @ SLOPES + 1e-6 * random.standard_normal(200)
    found = ridge(scores, values)
    np.testing.assert_allclose(found.slopes, SLOPES, atol=1e-5)
    assert found.intercept == pytest.approx(2.0, abs=1e-5)
    few = ridge(scores[:3], values[:3], about=SLOPES)
    np.testing.assert_allclose(few.slopes, SLOPES, atol=1e-3)
