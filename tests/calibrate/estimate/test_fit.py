"""The search for parameters, against closed forms of linear models."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from simulator.calibrate.estimate.fit import most_evaluations
from simulator.calibrate.estimate.parameter_transform import UNIFORM_SD
from simulator.calibrate.estimate.weighting_matrix import stack
from tests.calibrate.toy import ROLLS, Formulas, calibration, fitted, level, seen, series

F8 = NDArray[np.float64]

SLOPES = np.array([[0.5, 0.1], [-0.2, 0.4], [0.3, 0.3]])
COVARIANCE = np.diag([0.01, 0.02, 0.015]) ** 2 + 0.3 * np.outer(
    [0.01, 0.02, 0.0], [0.01, 0.02, 0.0]
)
FREE = {"catch_up_share": {"start": 0.3}, "p_resume_monthly": {"start": 0.6}}
TRUTH = np.array([0.6, 0.35])


def linear(values: Mapping[str, float]) -> F8:
    return SLOPES @ np.array([values["catch_up_share"], values["p_resume_monthly"]])


def levels(k: int = 3) -> dict[str, object]:
    return {"l": level()}


def test_a_linear_model_gives_generalised_least_squares() -> None:
    values = SLOPES @ TRUTH + np.array([0.006, -0.004, 0.01])
    fit = fitted(
        Formulas({"l": linear}), {"l": seen("l", values, COVARIANCE)}, calibration(FREE, levels())
    )
    weights = np.linalg.inv(COVARIANCE)
    covariance = np.linalg.inv(SLOPES.T @ weights @ SLOPES)
    expected = covariance @ SLOPES.T @ weights @ values
    np.testing.assert_allclose(fit.point, expected, atol=1e-6)
    np.testing.assert_allclose(fit.covariance, covariance, rtol=1e-3)
    missed = SLOPES @ expected - values
    assert fit.chi2 == pytest.approx(missed @ weights @ missed, rel=1e-6)
    assert fit.dof == 1
    assert fit.warnings == ()


def test_a_prior_counts_as_one_more_observation() -> None:
    prior = {"prior_mean": 0.8, "prior_sd": 0.02}
    values = SLOPES @ TRUTH
    free = {**FREE, "catch_up_share": {"start": 0.3, **prior}}
    fit = fitted(
        Formulas({"l": linear}), {"l": seen("l", values, COVARIANCE)}, calibration(free, levels())
    )
    weights, precision = np.linalg.inv(COVARIANCE), np.diag([1.0 / 0.02**2, 0.0])
    covariance = np.linalg.inv(SLOPES.T @ weights @ SLOPES + precision)
    expected = covariance @ (SLOPES.T @ weights @ values + precision @ np.array([0.8, 0.0]))
    np.testing.assert_allclose(fit.point, expected, atol=1e-6)
    np.testing.assert_allclose(fit.covariance, covariance, rtol=1e-3)


def test_scales_turn_a_curve_into_a_line() -> None:
    free = {"p_refuse_monthly": {"low": 1e-4, "high": 0.1, "start": 1e-3, "scale": "log"}}

    def curve(values: Mapping[str, float]) -> F8:
        return np.array([np.log(values["p_refuse_monthly"])])

    evidence = {"l": seen("l", np.array([np.log(0.02)]), np.array([[0.2**2]]))}
    fit = fitted(Formulas({"l": curve}), evidence, calibration(free, levels()))
    assert fit.estimate["p_refuse_monthly"] == pytest.approx(0.02, rel=1e-6)
    row = fit.parameters()[0]
    z = 1.6448536
    assert (row.ci_low, row.ci_high) == pytest.approx(
        (0.02 * np.exp(-z * 0.2), 0.02 * np.exp(z * 0.2)), rel=1e-3
    )
    assert row.se == pytest.approx(0.02 * 0.2, rel=1e-3)


def test_noise_of_worlds_is_averaged_and_widens_the_errors() -> None:
    rng = np.random.default_rng(3)
    noise = 0.01 * rng.standard_normal((6, 1))

    def one(values: Mapping[str, float]) -> F8:
        return np.array([values["catch_up_share"]])

    evidence = {"l": seen("l", np.array([0.5]), np.array([[0.01**2]]))}
    settings = calibration({"catch_up_share": {"start": 0.2}}, levels())
    fit = fitted(Formulas({"l": one}, {"l": noise}), evidence, settings)
    assert fit.point[0] == pytest.approx(0.5 - noise.mean(), abs=1e-6)
    variance = 0.01**2 + noise.var(ddof=1) / 6
    assert fit.covariance[0, 0] == pytest.approx(variance, rel=1e-3)
    np.testing.assert_allclose(fit.seed_estimates()["catch_up_share"], 0.5 - noise[:, 0], atol=1e-6)
    assert fit.parameters()[0].simulation_se == pytest.approx(
        noise.std(ddof=1) / np.sqrt(6), rel=1e-3
    )


def test_the_answer_is_the_best_point_that_was_simulated() -> None:
    """Numbers that move in steps, as a simulator's do."""

    def steps(values: Mapping[str, float]) -> F8:
        x, y = values["catch_up_share"], values["p_resume_monthly"]
        return np.array([np.floor(40 * x) / 40 + 0.2 * y, np.floor(60 * y) / 60 - 0.1 * x])

    lab = Formulas({"l": steps})
    evidence = {"l": seen("l", np.array([0.62, 0.31]), np.eye(2) * 0.01**2)}
    settings = calibration(FREE, levels())
    fit = fitted(lab, evidence, settings)
    best = min(
        (np.sum((steps(values) - evidence["l"].values) ** 2), tuple(values.values()))
        for values in lab.asked
    )
    assert tuple(fit.estimate.values()) == pytest.approx(best[1])
    assert fit.chi2 < 4.0
    assert fit.evaluations == len(lab.asked) <= most_evaluations(settings)


def test_a_number_that_nobody_is_behind_is_named_and_does_not_stop_the_search() -> None:
    def sometimes(values: Mapping[str, float]) -> F8:
        x = values["catch_up_share"]
        return np.array([x, np.nan if x < 0.4 else x])

    evidence = {"l": seen("l", np.array([0.7, 0.7]), np.eye(2) * 0.01**2)}
    settings = calibration({"catch_up_share": {"start": 0.2}}, levels())
    fit = fitted(Formulas({"l": sometimes}), evidence, settings)
    assert fit.point[0] == pytest.approx(0.7, abs=1e-3)
    assert any("l (n1)" in warning and "no value" in warning for warning in fit.warnings)


def test_a_number_that_was_not_seen_is_left_out_and_named() -> None:
    values = np.append(SLOPES[:2] @ TRUTH, np.nan)
    evidence = {"l": seen("l", values, COVARIANCE)}
    fit = fitted(Formulas({"l": linear}), evidence, calibration(FREE, levels()))
    np.testing.assert_allclose(fit.point, TRUTH, atol=1e-5)
    assert fit.warnings == ("target l: no value seen for n2; left out",)
    assert [row.label for row in fit.rows()] == ["n0", "n1"]


def test_a_parameter_at_its_bound_is_named() -> None:
    values = SLOPES @ np.array([1.4, 0.3])
    evidence = {"l": seen("l", values, COVARIANCE)}
    fit = fitted(Formulas({"l": linear}), evidence, calibration(FREE, levels()))
    assert any("catch_up_share is at its upper bound 1" in warning for warning in fit.warnings)


def test_a_parameter_without_effect_is_as_uncertain_as_its_bounds_and_named() -> None:
    def first(values: Mapping[str, float]) -> F8:
        return np.array([values["catch_up_share"]])

    evidence = {"l": seen("l", np.array([0.5]), np.array([[0.01**2]]))}
    fit = fitted(Formulas({"l": first}), evidence, calibration(FREE, levels()))
    informed, blind = fit.parameters()
    assert informed.information > 0.99
    assert blind.information == pytest.approx(0.0, abs=1e-9)
    assert fit.covariance[1, 1] == pytest.approx(UNIFORM_SD**2)
    assert fit.estimate["p_resume_monthly"] == pytest.approx(0.6)
    assert next(w for w in fit.warnings if "not identified" in w).startswith(
        "parameter p_resume_monthly is not identified"
    )


def test_what_the_model_misses_widens_the_errors_of_rolls() -> None:
    """Ten cells of one parameter, missed by far more than their sampling errors."""
    rng = np.random.default_rng(5)
    true = 0.3 + 0.03 * rng.standard_normal(10)

    def constant(values: Mapping[str, float]) -> F8:
        return np.full(10, values["catch_up_share"])

    evidence = {"r": seen("r", true, np.eye(10) * 0.001**2)}
    settings = calibration({"catch_up_share": {"start": 0.5}}, {"r": ROLLS})
    fit = fitted(Formulas({"r": constant}), evidence, settings)
    assert fit.parameters()[0].estimate == pytest.approx(true.mean(), abs=0.005)
    assert fit.parameters()[0].se == pytest.approx(true.std() / np.sqrt(10), rel=0.15)
    assert abs(fit.rows()[0].z) > 3
    assert 0.0 < fit.chi2 / fit.dof < 2.5


def test_a_series_keeps_its_autocorrelated_misses() -> None:
    rng = np.random.default_rng(6)
    miss = np.zeros(40)
    for t in range(1, 40):
        miss[t] = 0.8 * miss[t - 1] + 0.002 * rng.standard_normal()

    def constant(values: Mapping[str, float]) -> F8:
        return np.full(40, 0.1 * values["catch_up_share"])

    quarters = tuple(f"{2000 + i // 4}Q{i % 4 + 1}" for i in range(40))
    evidence = {"s": replace(seen("s", 0.05 + miss, np.zeros((40, 40))), labels=quarters)}
    settings = calibration({"catch_up_share": {"start": 0.2}}, {"s": series()})
    fit = fitted(Formulas({"s": constant}), evidence, settings)
    assert fit.discrepancies["s"].persistence > 0.4  # type: ignore[union-attr]
    independent = 0.1 * fit.parameters()[0].se * np.sqrt(40) / miss.std()
    assert independent > 1.5


def test_missing_quarters_are_steps_of_a_series() -> None:
    labels = ("1995Q3", "1995Q4", "2001Q1")
    evidence = {"s": replace(seen("s", np.full(3, 0.05), np.zeros((3, 3))), labels=labels)}
    settings = calibration({"catch_up_share": {"start": 0.2}}, {"s": series()})
    numbers, _ = stack(evidence, settings.targets)
    np.testing.assert_array_equal(numbers.positions("s"), [0.0, 1.0, 22.0])


def test_draws_have_the_estimate_and_its_covariance() -> None:
    values = SLOPES @ TRUTH
    evidence = {"l": seen("l", values, COVARIANCE)}
    fit = fitted(Formulas({"l": linear}), evidence, calibration(FREE, levels()))
    n = 4000
    draws = fit.draws(n, 7)
    assert draws == fit.draws(n, 7) != fit.draws(n, 8)
    points = np.array([[d["catch_up_share"], d["p_resume_monthly"]] for d in draws])
    error = np.sqrt(np.diag(fit.covariance) / n)
    assert np.all(np.abs(points.mean(axis=0) - fit.point) < 5 * error)
    np.testing.assert_allclose(np.cov(points.T), fit.covariance, rtol=0.15, atol=1e-6)


def test_draws_stay_inside_the_bounds() -> None:
    values = SLOPES @ np.array([0.99, 0.3])
    evidence = {"l": seen("l", values, 9.0 * COVARIANCE)}
    fit = fitted(Formulas({"l": linear}), evidence, calibration(FREE, levels()))
    draws = [d["catch_up_share"] for d in fit.draws(200, 1)]
    assert 0.9 < max(draws) <= 1.0
    assert len(set(draws)) == len(draws)  # drawn again, not piled up at the bound
    assert min(draws) > 0.0


def test_targets_of_the_same_accounts_share_their_errors() -> None:
    """The same number twice tells no more than once."""
    from simulator.calibrate.estimate.fit import fit_parameters
    from tests.calibrate.toy import Silent

    def one(values: Mapping[str, float]) -> F8:
        return np.array([values["catch_up_share"]])

    variance = np.array([[0.01**2]])
    evidence = {name: seen(name, np.array([0.5]), variance) for name in ("a", "b")}
    settings = calibration({"catch_up_share": {"start": 0.2}}, {"a": level(), "b": level()})
    lab = Formulas({"a": one, "b": one})
    joint = np.full((2, 2), 0.01**2) + np.eye(2) * 1e-9
    together = fit_parameters(lab, evidence, settings, Silent(), joint)
    apart = fit_parameters(lab, evidence, settings, Silent())
    assert together.covariance[0, 0] == pytest.approx(0.01**2, rel=0.01)
    assert apart.covariance[0, 0] == pytest.approx(0.5 * 0.01**2, rel=0.01)


def test_shares_that_sum_to_one_count_once() -> None:
    """The last share of three tells nothing that the first two have not told."""
    accounts = 1e4

    def shares(values: Mapping[str, float]) -> F8:
        x = values["catch_up_share"]
        return np.array([x, 0.3 * (1.0 - x), 0.7 * (1.0 - x)])

    def multinomial(p: F8) -> F8:
        return (np.diag(p) - np.outer(p, p)) / accounts

    p = np.array([0.52, 0.14, 0.34])
    settings = calibration({"catch_up_share": {"start": 0.2}}, {"l": level()})
    whole = fitted(Formulas({"l": shares}), {"l": seen("l", p, multinomial(p))}, settings)
    part = Formulas({"l": lambda values: shares(values)[:2]})
    without = fitted(part, {"l": seen("l", p[:2], multinomial(p)[:2, :2])}, settings)
    se = without.parameters()[0].se
    assert whole.parameters()[0].se == pytest.approx(se, rel=0.02)
    assert abs(whole.point[0] - without.point[0]) < 0.1 * se
    assert se == pytest.approx(np.sqrt(0.52 * 0.48 / accounts), rel=0.02)
