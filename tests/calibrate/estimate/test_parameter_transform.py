"""The scale of the search, and what users may get wrong about it."""

import numpy as np
import pytest

from simulator.calibrate.estimate.parameter_transform import UNIFORM_SD, parameter_transform
from simulator.calibrate.settings import FreeParameter
from simulator.catalogue import catalogue
from simulator.validation import UserError

BOUNDS = {"low": 0.001, "high": 0.4, "start": 0.02}


@pytest.mark.parametrize("kind", ["linear", "log", "logit"])
def test_coordinates_run_from_bound_to_bound_and_back(kind: str) -> None:
    scale = parameter_transform(
        {"p_refuse_monthly": FreeParameter.model_validate({**BOUNDS, "scale": kind})}
    )
    ends = [scale.to_natural(np.array([x]))[0] for x in (0.0, 1.0)]
    np.testing.assert_allclose(ends, [0.001, 0.4], rtol=1e-12)
    for value in (0.001, 0.02, 0.399):
        point = scale.to_search({"p_refuse_monthly": value})
        assert scale.values(point)["p_refuse_monthly"] == pytest.approx(value, rel=1e-12)
        near = [scale.to_natural(point + h)[0] for h in (-1e-6, 1e-6)]
        if 0.0 < point[0] < 1.0:
            assert (near[1] - near[0]) / 2e-6 == pytest.approx(scale.slopes(point)[0], rel=1e-6)


def test_middle_of_a_log_scale_is_the_geometric_mean() -> None:
    scale = parameter_transform({"p_refuse_monthly": FreeParameter(**BOUNDS, scale="log")})  # type: ignore[arg-type]
    assert scale.to_natural(np.array([0.5]))[0] == pytest.approx(0.02)
    assert scale.start[0] == pytest.approx(0.5)


def test_a_point_beyond_the_bounds_gives_the_bound() -> None:
    scale = parameter_transform({"p_refuse_monthly": FreeParameter(**BOUNDS)})  # type: ignore[arg-type]
    assert scale.to_natural(np.array([1.2]))[0] == 0.4
    assert scale.to_natural(np.array([-0.2]))[0] == 0.001


def test_bounds_and_start_are_the_catalogues_unless_set() -> None:
    spec = catalogue()["catch_up_share"]
    (coordinate,) = parameter_transform({"catch_up_share": FreeParameter()}).coordinates
    assert (coordinate.low, coordinate.high, coordinate.start) == (
        spec.low,
        spec.high,
        spec.default,
    )


def test_what_is_known_before_data_is_the_prior_or_the_bounds() -> None:
    free = {
        "catch_up_share": FreeParameter(),
        "p_resume_monthly": FreeParameter(prior_mean=0.1, prior_sd=0.05),
        "p_refuse_monthly": FreeParameter(
            low=0.001, high=0.1, scale="log", prior_mean=0.01, prior_sd=0.5
        ),
    }
    scale = parameter_transform(free)
    np.testing.assert_allclose(scale.sd_before_data, [UNIFORM_SD, 0.05, 0.5 / np.log(100.0)])
    np.testing.assert_allclose(scale.prior_mean[1:], [0.1, 0.5])
    assert scale.prior_precision[0] == 0.0


@pytest.mark.parametrize(
    ("name", "changes", "words"),
    [
        ("catch_up_shar", {}, "did you mean catch_up_share"),
        ("catch_up_share", {"high": 1.5}, "catch_up_share.high must be in [0, 1]"),
        ("catch_up_share", {"low": 0.6, "high": 0.5}, "low must be below high (0.5); got 0.6"),
        ("catch_up_share", {"low": 0.1, "high": 0.5, "start": 0.7}, "start must be in [0.1, 0.5]"),
        ("catch_up_share", {"low": 0.1, "high": 0.5}, "start must be in [0.1, 0.5]; got 0.8"),
        ("catch_up_share", {"scale": "log"}, "low must be above 0 on a log scale; got 0"),
        ("catch_up_share", {"scale": "logit", "low": 0.1}, "high must be below 1 on a logit"),
        ("catch_up_share", {"prior_mean": 0.5}, "prior_mean and prior_sd must be given together"),
        ("catch_up_share", {"prior_mean": 1.5, "prior_sd": 1.0}, "prior_mean must be in [0, 1]"),
    ],
)
def test_mistakes_are_told_with_the_name(name: str, changes: dict[str, object], words: str) -> None:
    with pytest.raises(UserError, match=r"calibration\.free") as error:
        parameter_transform({name: FreeParameter.model_validate(changes)})
    assert words in str(error.value)
    assert name in str(error.value)


def test_all_mistakes_come_at_once() -> None:
    free = {"nonsense": FreeParameter(), "catch_up_share": FreeParameter(high=2.0)}
    with pytest.raises(UserError) as error:
        parameter_transform(free)
    assert len(str(error.value).splitlines()) == 2
