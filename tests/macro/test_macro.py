"""Months from quarters, the continuation, and paths around a scenario."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.integrate import quad
from scipy.linalg import lstsq, null_space
from scipy.special import expit, logit, ndtri

from simulator.kernels.rng import uniform, uniforms, uniforms_over_paths
from simulator.macro.monthly import continued, months_from_quarters
from simulator.macro.paths import deviation_sd, draw_macro_paths, logit_centre
from simulator.macro.scenario import Scenario
from simulator.macro.variables import (
    DEVIATING_VARIABLES,
    DISASTER,
    LOGIT_VARIABLES,
    MACRO_VARIABLES,
)
from simulator.settings import MacroDeviation, RunSettings
from simulator.validation import UserError, build
from simulator.vocabulary import Domain, Draw

HORIZON = 30
N_DRAWS = 20_000


def scenario_with(deviation: MacroDeviation, horizon: int = HORIZON, **central: float) -> Scenario:
    """A scenario of straight lines: from the default by ``central`` a month."""
    months = np.arange(horizon + 1)
    levels = {
        name: np.full(horizon + 1, v.default) + central.get(name, 0.0) * months
        for name, v in MACRO_VARIABLES.items()
        if name != DISASTER
    }
    return Scenario(
        name="line",
        label="Line",
        narrative="Straight lines.",
        source="test",
        weight=1.0,
        start_month="2026-01",
        regions=("east",),
        central=levels,
        disaster=np.zeros((horizon + 1, 1)),
        deviation=deviation,
        table_sha256="",
        warnings=(),
    )


WIDE = MacroDeviation(volatility=(0.3, 0.4, 0.01, 0.005))
LINE = scenario_with(WIDE, unemployment_rate=0.001, policy_rate=-0.0009, income_growth=-0.002)
RUN = RunSettings(paths=N_DRAWS, seed=7)


@pytest.fixture(scope="module")
def paths():
    return draw_macro_paths(LINE, RUN)


@pytest.fixture(scope="module")
def deviations(paths):
    """z of every variable, centred on its known centre, (4, draws, horizon + 1)."""
    sd = deviation_sd(WIDE, HORIZON)
    rows = []
    for index, name in enumerate(DEVIATING_VARIABLES):
        central, drawn = LINE.central[name], paths.by_draw[name]
        rows.append(
            logit(drawn) - logit_centre(central, sd[index])
            if name in LOGIT_VARIABLES
            else drawn - central
        )
    return np.array(rows)


quarters = arrays(np.float64, st.integers(1, 12), elements=st.floats(0, 1, allow_subnormal=False))


@settings(deadline=None)
@given(quarters, st.floats(0, 1))
def test_quarter_means_are_preserved_and_months_stay_in_range(means, opening):
    months = months_from_quarters(means, opening, 0.0, 1.0)
    np.testing.assert_allclose(months.reshape(-1, 3).mean(axis=1), means, rtol=0, atol=1e-12)
    assert months.min() >= 0
    assert months.max() <= 1


@settings(max_examples=30, deadline=None)
@given(quarters, st.floats(0, 1))
def test_months_have_the_least_second_differences_that_the_means_allow(means, opening):
    n = 3 * means.size
    constraint = np.kron(np.eye(means.size), np.full((1, 3), 1 / 3))
    second = np.diff(np.eye(n + 1), n=2, axis=0)
    start = np.append(opening, np.repeat(means, 3))
    free = np.vstack([np.zeros((1, n - means.size)), null_space(constraint)])
    best = start + free @ lstsq(second @ free, -second @ start)[0]
    months = months_from_quarters(means, opening, -1e9, 1e9)
    np.testing.assert_allclose(months, best[1:], rtol=0, atol=1e-10)


def test_a_straight_line_of_quarters_becomes_a_straight_line_of_months():
    line = 0.05 + 0.001 * np.arange(13)
    means = line[1:].reshape(-1, 3).mean(axis=1)
    np.testing.assert_allclose(months_from_quarters(means, line[0], 0, 1), line[1:], atol=1e-14)


def test_quarters_that_touch_the_range_are_flat():
    months = months_from_quarters(np.array([1.0, 0.0, 0.0, 1.0]), 1.0, 0.0, 1.0)
    np.testing.assert_array_equal(months, np.repeat([1.0, 0.0, 0.0, 1.0], 3))


def test_a_table_that_ends_is_continued_by_halving_the_distance_to_the_long_run():
    variable = replace(MACRO_VARIABLES["unemployment_rate"], long_run=0.05, half_life_months=4.0)
    path = continued(np.array([0.05, 0.09]), 9, variable)
    assert path.shape == (10,)
    assert path[5] == pytest.approx(0.07, abs=1e-15)
    assert path[9] == pytest.approx(0.06, abs=1e-15)
    assert np.all(np.diff(path[1:]) < 0)


def test_a_variable_without_a_long_run_mean_keeps_its_last_value():
    path = continued(np.array([0.2, 0.15]), 4, MACRO_VARIABLES["rate_cap"])
    np.testing.assert_array_equal(path, [0.2, 0.15, 0.15, 0.15, 0.15])


def test_a_table_longer_than_the_run_is_cut():
    path = continued(np.arange(10.0), 4, MACRO_VARIABLES["inflation"])
    np.testing.assert_array_equal(path, np.arange(5.0))


@given(st.floats(1e-4, 0.9), st.floats(0, 3.5))
@settings(max_examples=25, deadline=None)
def test_the_logit_centre_gives_the_wanted_mean(mean, sd):
    centre = float(logit_centre(np.array([mean]), np.array([sd]))[0])

    def weighted(z: float) -> float:
        return float(expit(centre + sd * z)) * np.exp(-z * z / 2) / np.sqrt(2 * np.pi)

    oracle = quad(weighted, -12, 12, epsabs=1e-13, epsrel=1e-12, limit=400)[0]
    assert oracle == pytest.approx(mean, rel=1e-6)


@pytest.mark.parametrize("name", DEVIATING_VARIABLES)
def test_the_mean_of_paths_equals_the_scenario(paths, name):
    drawn = paths.by_draw[name]
    error = np.abs(drawn.mean(axis=0) - LINE.central[name])
    standard_error = drawn.std(axis=0) / np.sqrt(N_DRAWS)
    assert np.all(error[1:] < 4.5 * standard_error[1:])
    np.testing.assert_allclose(drawn[:, 0], LINE.central[name][0], rtol=1e-14)


def test_without_the_centre_the_mean_would_miss_the_scenario(deviations):
    """The test above can fail: deviations around the plain logit move the mean visibly."""
    central = LINE.central["unemployment_rate"]
    naive = expit(logit(central) + deviations[0])
    error = np.abs(naive.mean(axis=0) - central)[HORIZON]
    assert error > 10 * naive.std(axis=0)[HORIZON] / np.sqrt(N_DRAWS)


def test_variance_of_deviations_is_the_closed_form(deviations):
    for index, (phi, sigma) in enumerate(zip(WIDE.persistence, WIDE.volatility, strict=True)):
        for month in (1, 2, 6, HORIZON):
            variance = sum(phi ** (2 * k) * sigma**2 for k in range(month))
            standard_error = variance * np.sqrt(2 / N_DRAWS)
            assert abs(np.mean(deviations[index, :, month] ** 2) - variance) < 4.5 * standard_error


def test_autocovariance_of_deviations_is_the_closed_form(deviations):
    for index, (phi, sigma) in enumerate(zip(WIDE.persistence, WIDE.volatility, strict=True)):
        for month, lag in ((10, 1), (20, 6)):
            before = sum(phi ** (2 * k) * sigma**2 for k in range(month - lag))
            now = sum(phi ** (2 * k) * sigma**2 for k in range(month))
            covariance = phi**lag * before
            standard_error = np.sqrt((before * now + covariance**2) / N_DRAWS)
            product = deviations[index, :, month] * deviations[index, :, month - lag]
            assert abs(product.mean() - covariance) < 4.5 * standard_error


def test_cross_covariance_of_deviations_is_the_closed_form(deviations):
    phi, sigma, month = WIDE.persistence, WIDE.volatility, 12
    for a in range(4):
        for b in range(a):
            shock = WIDE.correlation[a][b] * sigma[a] * sigma[b]
            covariance = sum((phi[a] * phi[b]) ** k * shock for k in range(month))
            product = deviations[a, :, month] * deviations[b, :, month]
            standard_error = product.std() / np.sqrt(N_DRAWS)
            assert abs(product.mean() - covariance) < 4.5 * standard_error


def test_a_draw_does_not_depend_on_the_number_of_draws(paths):
    few = draw_macro_paths(LINE, RUN.model_copy(update={"paths": 7}))
    for name in MACRO_VARIABLES.keys() - {DISASTER}:
        np.testing.assert_array_equal(few.by_draw[name], paths.by_draw[name][:7])


def test_a_month_does_not_depend_on_the_horizon(paths):
    few = RUN.model_copy(update={"paths": 5})
    twice = replace(
        LINE,
        central={name: np.tile(path, 2) for name, path in LINE.central.items()},
        disaster=np.tile(LINE.disaster, (2, 1)),
    )
    longer = draw_macro_paths(twice, few)
    for name in DEVIATING_VARIABLES:
        np.testing.assert_array_equal(
            longer.by_draw[name][:, : HORIZON + 1], paths.by_draw[name][:5]
        )


def test_shocks_are_the_keyed_draws_of_the_macro_domain(deviations):
    mixing = np.linalg.cholesky(np.array(WIDE.correlation)) * np.array(WIDE.volatility)[:, None]
    for draw in (0, 3, 4999):
        luck = [
            uniform(RUN.seed, draw, 0, 1, Draw.MACRO_SHOCK + index, Domain.MACRO)
            for index in range(4)
        ]
        np.testing.assert_allclose(deviations[:, draw, 1], mixing @ ndtri(luck), atol=1e-12)


def test_uniforms_over_paths_are_the_uniforms_of_each_path():
    together = uniforms_over_paths(2**40 + 3, 6, 2**33 + 5, 4, Draw.WORK, Domain.BORROWER)
    identity = np.array([2**33 + 5], dtype=np.uint64)
    alone = [uniforms(2**40 + 3, p, identity, 4, Draw.WORK, Domain.BORROWER)[0] for p in range(6)]
    np.testing.assert_array_equal(together, alone)


def test_draws_per_path_share_a_macro_draw():
    run = RunSettings(paths=12, draws_per_path=3)
    shared = draw_macro_paths(LINE, run)
    assert [shared.draw_of(p) for p in range(12)] == [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3]
    by_path = shared.by_path("unemployment_rate")
    assert by_path.shape == (12, HORIZON + 1)
    for p in range(12):
        np.testing.assert_array_equal(by_path[p], shared.by_draw["unemployment_rate"][p // 3])


def test_other_seeds_give_other_paths(paths):
    other = draw_macro_paths(LINE, RunSettings(paths=5, seed=8))
    assert not np.any(
        other.by_draw["unemployment_rate"][:, 1:] == paths.by_draw["unemployment_rate"][:5, 1:]
    )


def test_a_policy_rate_of_zero_stays_zero():
    zero = scenario_with(MacroDeviation(), policy_rate=-0.001)
    assert zero.central["policy_rate"][HORIZON] == pytest.approx(0, abs=1e-15)
    zero.central["policy_rate"][HORIZON] = 0.0
    drawn = draw_macro_paths(zero, RunSettings(paths=9)).by_draw["policy_rate"]
    np.testing.assert_array_equal(drawn[:, HORIZON], 0.0)
    assert np.all(drawn[:, HORIZON - 1] > 0)


def test_no_volatility_gives_the_scenario_itself():
    still = scenario_with(MacroDeviation(volatility=(0, 0, 0, 0)), inflation=0.001)
    for name, drawn in draw_macro_paths(still, RunSettings(paths=3)).by_draw.items():
        np.testing.assert_allclose(drawn, np.tile(still.central[name], (3, 1)), atol=1e-15)


@pytest.mark.parametrize(
    ("field", "wrong", "message"),
    [
        ("persistence", (1.0, 0.5, 0.5, 0.5), r"must be in \[0, 0.99\]; got 1"),
        ("volatility", (-0.1, 0.5, 0.5, 0.5), r"must be in \[0, 0.5\]; got -0.1"),
        ("correlation", ((1.0, 0.0), (0.0, 1.0)), "4 rows of 4 numbers"),
        ("correlation", np.full((4, 4), 1.0).tolist(), "positive definite"),
        ("correlation", np.triu(np.full((4, 4), 1.0)).tolist(), "symmetric"),
    ],
)
def test_deviations_that_are_no_autoregression_are_refused(field, wrong, message):
    with pytest.raises(UserError, match=message):
        build("deviation", MacroDeviation, {field: wrong})


@pytest.mark.parametrize("name", MACRO_VARIABLES)
def test_every_variable_has_its_default_and_long_run_within_its_range(name):
    variable = MACRO_VARIABLES[name]
    assert variable.low <= variable.default <= variable.high
    assert variable.long_run is None or variable.low <= variable.long_run <= variable.high
    assert variable.half_life_months > 0
    assert variable.unit
    assert variable.description
