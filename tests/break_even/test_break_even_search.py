"""The search for a break-even on closed forms: lines, jumps, noise, no crossing."""

import math

import numpy as np
import pytest
from scipy.special import stdtrit

from simulator.break_even.search import (
    TOLERANCE,
    GainCurve,
    changes_of_sign,
    find_crossing,
    scan_values,
)
from simulator.results.break_even import (
    GainPoint,
    Verdict,
)
from simulator.results.sampling import Draws

NAN = float("nan")


def _search(gains, low=0.0, high=1.0, draws_per_path=1):
    """The crossing of ``gains`` and how many values it took."""
    seen = []

    def counted(value):
        seen.append(value)
        return gains(value)

    curve = GainCurve(counted, Draws(draws_per_path))
    for value in scan_values(low, high, whole=False):
        curve.at(value)
    found = find_crossing(curve, low, high)
    assert len(seen) == len(set(seen))
    return found, len(seen)


def _certain(function):
    """Gains on four paths without noise."""
    return lambda value: np.full(4, function(value))


# --- the search ---------------------------------------------------------------------------


@pytest.mark.parametrize("root", [0.03, 0.25, 0.4, 0.999])
@pytest.mark.parametrize("slope", [-3e6, 2.0])
def test_a_straight_line_is_solved_to_the_tolerance(root, slope):
    found, _ = _search(_certain(lambda x: slope * (x - root)))
    assert found.verdict is Verdict.CROSSES
    assert found.value == pytest.approx(root, abs=TOLERANCE)
    assert found.pays_below is (slope < 0)
    assert found.warnings == ()


def test_a_root_in_a_wide_bracket_is_exact_to_a_share_of_its_width():
    found, _ = _search(_certain(lambda x: 40.0 - x * x), low=-2.0, high=400.0)
    assert found.value == pytest.approx(math.sqrt(40.0), abs=402 * TOLERANCE)


@pytest.mark.parametrize("noise", [0.0, 1e-3])
@pytest.mark.parametrize("step", [0.003, 0.25, 0.37, 0.4137, 0.5, 0.9999])
def test_a_jump_lies_inside_an_interval_as_wide_as_the_last_bracket(step, noise):
    spread = noise * np.array([-1.0, 1.0, -1.0, 1.0])
    found, seen = _search(lambda x: spread + (5.0 if x < step else -1.0))
    assert found.ci_low < found.value < found.ci_high
    assert found.ci_low <= step <= found.ci_high
    assert TOLERANCE / 2 < found.ci_high - found.ci_low <= TOLERANCE
    assert seen <= 5 + 5


def test_gains_of_exactly_zero_at_a_simulated_value_leave_the_interval_its_width():
    found, _ = _search(_certain(lambda x: 0.25 - x))
    assert found.ci_low < 0.25 < found.ci_high
    assert found.ci_high - found.ci_low <= 2 * TOLERANCE


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_values_at_which_a_policy_does_nothing_belong_to_the_interval(sign):
    def gain(x):
        return sign * (max(0.0, 0.3 - x) - max(0.0, x - 0.6))

    found, _ = _search(_certain(gain))
    assert found.ci_low == pytest.approx(0.3, abs=TOLERANCE)
    assert found.ci_high == pytest.approx(0.6, abs=TOLERANCE)
    edge = 0.3 if found.pays_below else 0.6
    assert found.value == pytest.approx(edge, abs=TOLERANCE)


def test_many_small_steps_are_solved_like_the_curve_through_them():
    found, _ = _search(_certain(lambda x: 0.613 - round(x * 200) / 200))
    assert found.value == pytest.approx(0.613, abs=TOLERANCE + 1 / 200)


def test_of_several_crossings_the_first_from_low_is_given_with_a_warning():
    found, _ = _search(_certain(lambda x: math.cos(2.4 * math.pi * x)))
    assert found.value == pytest.approx(1 / 4.8, abs=TOLERANCE)
    assert found.pays_below is True
    (warning,) = found.warnings
    assert "changes its sign 2 times" in warning


@pytest.mark.parametrize(
    ("function", "verdict"),
    [
        (lambda x: 1.0 + x, Verdict.PAYS_THROUGHOUT),
        (lambda x: -1.0 - x, Verdict.NEVER_PAYS),
        (lambda x: 0.0, Verdict.NEVER_PAYS),
        (lambda x: x, Verdict.PAYS_THROUGHOUT),
        (lambda x: -x, Verdict.NEVER_PAYS),
        (lambda x: (x - 0.5) ** 2, Verdict.PAYS_THROUGHOUT),
    ],
    ids=["above", "below", "nothing", "from nothing up", "from nothing down", "touches"],
)
def test_without_a_change_of_sign_there_is_a_verdict_and_no_number(function, verdict):
    found, seen = _search(_certain(function))
    assert found.verdict is verdict
    assert math.isnan(found.value)
    assert math.isnan(found.ci_low)
    assert math.isnan(found.ci_high)
    assert found.pays_below is None
    assert seen == 5


_SPREAD = np.array([-1.0, 1.0, -1.0, 1.0, 1.0, -1.0])
"""Deviations of six paths whose mean is zero."""


@pytest.mark.parametrize(
    "mean",
    [lambda x: -0.01 - x / 100, lambda x: 0.01 + x / 100, lambda x: 5 * x, lambda x: -5 * x],
    ids=["slightly negative", "slightly positive", "only high pays", "only high does not"],
)
def test_means_of_one_sign_whose_intervals_hold_zero_decide_nothing(mean):
    found, seen = _search(lambda x: mean(x) + _SPREAD)
    assert found.verdict is Verdict.UNDECIDED
    assert math.isnan(found.value)
    assert math.isnan(found.ci_low)
    assert math.isnan(found.ci_high)
    assert found.pays_below is None
    assert seen == 5


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_means_of_one_sign_whose_intervals_exclude_zero_decide(sign):
    found, _ = _search(lambda x: sign * (5.0 + x) + _SPREAD)
    assert found.verdict is (Verdict.PAYS_THROUGHOUT if sign > 0 else Verdict.NEVER_PAYS)


def test_one_path_decides_nothing_without_a_change_of_sign():
    found, _ = _search(lambda x: np.array([-1.0 - x]))
    assert found.verdict is Verdict.UNDECIDED


def _fieller(intercept, slope, n_clusters):
    """Exact values at which |mean| = t * se of intercept - slope * x, over cluster means.

    Source: Fieller 1954; the two roots of a quadratic in x.
    """
    a, b = intercept.mean(), slope.mean()
    covariance = np.cov(intercept, slope, ddof=1) / n_clusters
    t2 = stdtrit(n_clusters - 1, 0.975) ** 2
    coefficients = [
        b * b - t2 * covariance[1, 1],
        -2.0 * (a * b - t2 * covariance[0, 1]),
        a * a - t2 * covariance[0, 0],
    ]
    return sorted(np.roots(coefficients).real)


def _noisy(n_paths, seed):
    rng = np.random.default_rng(seed)
    intercept = 0.5 + 0.4 * rng.standard_normal(n_paths)
    slope = 1.0 + 0.3 * rng.standard_normal(n_paths) + 0.2 * intercept
    return intercept, slope


@pytest.mark.parametrize("seed", range(5))
def test_the_interval_is_the_exact_one_of_fieller(seed):
    intercept, slope = _noisy(60, seed)
    found, seen = _search(lambda x: intercept - slope * x)
    low, high = _fieller(intercept, slope, 60)
    assert found.value == pytest.approx(intercept.mean() / slope.mean(), abs=TOLERANCE)
    assert found.ci_low == pytest.approx(low, abs=TOLERANCE)
    assert found.ci_high == pytest.approx(high, abs=TOLERANCE)
    assert seen <= 5 + 3 * 5


def test_the_interval_counts_macro_draws_not_paths():
    intercept, slope = _noisy(20, 9)
    found, _ = _search(lambda x: np.repeat(intercept - slope * x, 4), draws_per_path=4)
    low, high = _fieller(intercept, slope, 20)
    assert found.ci_low == pytest.approx(low, abs=TOLERANCE)
    assert found.ci_high == pytest.approx(high, abs=TOLERANCE)


@pytest.mark.parametrize(
    ("below", "above"), [(0.02, 0.03), (0.02, 0.5), (0.4, 0.03)], ids=["both", "low", "high"]
)
def test_an_end_that_the_bracket_does_not_hold_is_no_number(below, above):
    intercept, slope = _noisy(30, 3)
    low, high = _fieller(intercept, slope, 30)
    middle = intercept.mean() / slope.mean()
    found, _ = _search(lambda x: intercept - slope * x, low=middle - below, high=middle + above)
    tolerance = TOLERANCE * (below + above)
    assert found.verdict is Verdict.CROSSES
    assert found.value == pytest.approx(middle, abs=tolerance)
    expected = (low if low > middle - below else NAN, high if high < middle + above else NAN)
    assert math.isnan(expected[0]) or math.isnan(expected[1])
    assert (found.ci_low, found.ci_high) == pytest.approx(expected, abs=tolerance, nan_ok=True)


def test_one_path_has_a_root_without_an_interval():
    found, _ = _search(lambda x: np.array([0.3 - x]))
    assert found.value == pytest.approx(0.3, abs=TOLERANCE)
    assert math.isnan(found.ci_low)
    assert math.isnan(found.ci_high)


def test_the_interval_holds_the_true_break_even_in_95_of_100_runs():
    true, runs = 0.45, 400
    rng = np.random.default_rng(4)
    hits = 0
    for _ in range(runs):
        noise = 0.3 * rng.standard_normal((2, 25))
        found, _ = _search(lambda x, n=noise: (true + n[0]) - (1.0 + n[1]) * x)
        hits += found.ci_low <= true <= found.ci_high
    error = math.sqrt(0.95 * 0.05 / runs)
    assert hits / runs == pytest.approx(0.95, abs=4 * error)


def test_points_of_exactly_zero_are_no_change_of_sign():
    points = [GainPoint(x, mean, mean, mean) for x, mean in enumerate([0, 1, 0, 2, 0, -1, 0])]
    ((before, after),) = changes_of_sign(points)
    assert (before.value, after.value) == (3, 5)


def test_the_scan_of_a_whole_field_has_whole_numbers_and_both_ends():
    assert scan_values(1, 60, whole=True) == [1, 16, 30, 45, 60]
    assert scan_values(1, 3, whole=True) == [1, 2, 3]
