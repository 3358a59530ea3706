"""What data tell about parameters: linear models whose answers are known."""

from collections.abc import Mapping

import numpy as np
import pytest
from numpy.typing import NDArray

from simulator.calibrate.estimate.identification import (
    information_shares,
    parameter_findings,
    target_findings,
    weak_directions,
)
from simulator.calibrate.estimate.parameter_transform import UNIFORM_SD
from simulator.calibrate.estimate.profile import profile
from simulator.validation import UserError
from tests.calibrate.toy import Formulas, Silent, calibration, fitted, level, seen

F8 = NDArray[np.float64]

NAMES = ("catch_up_share", "p_resume_monthly", "minimum_line_share")
BEFORE = np.full(3, UNIFORM_SD)


def covariance_of(slopes: F8) -> F8:
    return np.linalg.inv(slopes.T @ slopes + np.eye(3) / UNIFORM_SD**2)


def test_information_is_the_share_of_variance_that_data_remove() -> None:
    covariance = np.diag([0.25, 1.0, 0.0]) * UNIFORM_SD**2
    np.testing.assert_allclose(information_shares(covariance, BEFORE), [0.75, 0.0, 1.0])


def test_a_parameter_without_slope_is_named_and_no_other() -> None:
    slopes = np.array([[50.0, 0.0, 0.0], [0.0, 0.0, 40.0], [10.0, 0.0, 30.0]])
    found = parameter_findings(NAMES, covariance_of(slopes), BEFORE, slopes)
    assert found == (
        "parameter p_resume_monthly is not identified: 0% of what is known of it comes from the"
        " data, the rest from prior and bounds",
    )


def test_two_parameters_of_which_only_the_sum_is_known_are_both_named() -> None:
    slopes = np.array([[100.0, 100.0, 0.0], [0.0, 0.0, 100.0]])
    found = parameter_findings(NAMES, covariance_of(slopes), BEFORE, slopes)
    pair = next(words for words in found if "poorly identified" in words)
    assert "catch_up_share and p_resume_monthly" in pair
    assert "-1.00" in pair or "-0.99" in pair
    assert not any("minimum_line_share" in words for words in found)


def test_a_weak_direction_of_three_parameters_is_spelled_out() -> None:
    slopes = 100.0 * np.array([[1.0, -1.0, 0.0], [0.0, 1.0, -1.0]])
    (direction,) = weak_directions(slopes, BEFORE)
    assert direction.information == pytest.approx(0.0, abs=1e-9)
    np.testing.assert_allclose(np.abs(direction.loadings), 1 / np.sqrt(3))
    found = parameter_findings(NAMES, covariance_of(slopes), BEFORE, slopes)
    assert all(name in found[-1] for name in NAMES)


def test_well_measured_parameters_cause_no_words() -> None:
    slopes = 100.0 * np.eye(3)
    assert parameter_findings(NAMES, covariance_of(slopes), BEFORE, slopes) == ()


def test_two_targets_that_no_parameter_can_reconcile_are_named_together() -> None:
    names, slopes = ("a (x)", "b (y)", "c (z)"), np.array([[1.0, 0.2], [2.0, 0.1], [0.0, 1.0]])
    assert target_findings(names, np.array([4.1, -5.0, 0.3]), slopes) == (
        "targets b (y) and a (x) contradict each other: the best fit misses them by"
        " -5.0 and +4.1 standard errors",
    )


def test_targets_that_move_against_each_other_contradict_on_the_same_side() -> None:
    names, slopes = ("a", "b"), np.array([[1.0], [-1.0]])
    (found,) = target_findings(names, np.array([4.0, 5.0]), slopes)
    assert "contradict" in found
    assert "+5.0 and +4.0" in found


def test_a_miss_without_a_counterpart_is_told_alone() -> None:
    names, slopes = ("a", "b"), np.array([[1.0, 0.0], [0.0, 1.0]])
    (found,) = target_findings(names, np.array([4.0, -1.0]), slopes)
    assert found.startswith("target a is missed by +4.0 standard errors")


def test_small_misses_and_many_misses_do_not_flood_the_reader() -> None:
    names, slopes = tuple(f"t{i}" for i in range(40)), np.zeros((40, 1))
    assert target_findings(names, np.full(40, 2.0), slopes) == ()
    found = target_findings(names, np.full(40, 6.0), slopes)
    assert len(found) == 9
    assert found[-1] == "32 more misses of targets: see fit.csv"


def test_a_fit_says_which_targets_contradict_each_other() -> None:
    def same(values: Mapping[str, float]) -> F8:
        return np.array([values["catch_up_share"]])

    evidence = {
        "bank": seen("bank", np.array([0.5]), np.array([[0.01**2]])),
        "bureau": seen("bureau", np.array([0.6]), np.array([[0.01**2]])),
    }
    settings = calibration({"catch_up_share": {"start": 0.3}}, {"bank": level(), "bureau": level()})
    fit = fitted(Formulas({"bank": same, "bureau": same}), evidence, settings)
    (found,) = fit.warnings
    assert "bank (n0)" in found
    assert "bureau (n0)" in found
    assert "contradict each other" in found
    assert "+5.0" in found
    assert "-5.0" in found


def test_profile_of_a_linear_model_is_a_parabola() -> None:
    slopes = np.array([[0.5, 0.1], [-0.2, 0.4], [0.3, 0.3]])

    def linear(values: Mapping[str, float]) -> F8:
        return slopes @ np.array([values["catch_up_share"], values["p_resume_monthly"]])

    free = {"catch_up_share": {"start": 0.3}, "p_resume_monthly": {"start": 0.6}}
    lab = Formulas({"l": linear})
    evidence = {"l": seen("l", slopes @ np.array([0.6, 0.4]), np.eye(3) * 0.01**2)}
    fit = fitted(lab, evidence, calibration(free, {"l": level()}))
    points = profile(fit, lab, "catch_up_share", Silent(), 5)
    np.testing.assert_allclose([p.rise for p in points], [4, 1, 0, 1, 4], atol=0.02)
    sd = np.sqrt(fit.covariance[0, 0])
    np.testing.assert_allclose(
        [p.value for p in points], fit.point[0] + sd * np.array([-2, -1, 0, 1, 2])
    )
    with pytest.raises(UserError, match="did you mean catch_up_share"):
        profile(fit, lab, "catch_up_shares", Silent())
