"""Rolling origins on stored answers: rivals, widening, coverage, recovery of what was planted."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import expit, logit

from simulator.calibrate.data.moments import Moments
from simulator.calibrate.estimate.fit import fit_parameters
from simulator.calibrate.estimate.parameter_transform import parameter_transform
from simulator.calibrate.forecast.responses.design import design_points
from simulator.calibrate.forecast.responses.simulate import (
    HEADLINE,
    Responses,
    Variant,
    read_responses,
    store_responses,
)
from simulator.calibrate.forecast.responses.surface import emulator, log_odds
from simulator.calibrate.forecast.rolling.coverage import (
    ForecastError,
    coverage,
    factor_at,
    split_origins,
    widened,
    widening,
)
from simulator.calibrate.forecast.rolling.deviation import continued
from simulator.calibrate.forecast.rolling.forecasters import (
    DAMPING,
    Past,
    constant,
    damped_trend,
    last_value,
    ridge_logit,
)
from simulator.calibrate.forecast.rolling.model import fit_known, forecast_series
from simulator.calibrate.forecast.rolling.origins import HORIZONS, MODEL, origins_of, roll
from simulator.calibrate.settings import CalibrationSettings
from simulator.progress import Silent
from simulator.reading.periods import period_number, period_text
from tests.calibrate.toy_worlds import series_file

F8 = NDArray[np.float64]

FREE = {
    "p_refuse_monthly": {
        "scale": "log", "low": 0.0002, "high": 0.02, "start": 0.002,
        "prior_mean": 0.002, "prior_sd": 0.7, "prior_source": "test",
    },
    "standards_gain": {
        "low": -2.0, "high": 4.0, "start": 1.0,
        "prior_mean": 1.0, "prior_sd": 1.0, "prior_source": "test",
    },
}  # fmt: skip
FIRST_YEAR, QUARTERS, AHEAD = 1990, 60, 12
TIME = np.arange(QUARTERS + AHEAD)
CYCLE = np.sin(TIME / 6.0)
"""Standards that the worlds live in."""


def world(refusal: float, gain: float, luck: F8 | float = 0.0) -> F8:
    """Rates of a toy: a level, a slow economy, and standards times their gain."""
    odds = -3.0 + 0.3 * np.log(refusal / 0.002) + 0.15 * np.cos(TIME / 9.0) + 0.1 * gain * CYCLE
    rates: F8 = expit(odds + luck)
    return rates


def case(tmp_path: Path, rates: F8, embargo: int = 0) -> CalibrationSettings:
    file = series_file(tmp_path / "series.csv", FIRST_YEAR, rates[:QUARTERS])
    target = {
        "kind": "series",
        "measure": "overdue_rate_30",
        "path": file,
        "column": "rate",
        "span": [f"{FIRST_YEAR}Q1", f"{FIRST_YEAR + QUARTERS // 4 - 1}Q4"],
        "sampling_sd": 0.02,
        "embargo": embargo,
    }
    first = FIRST_YEAR + QUARTERS // 4
    ahead = {"kind": "series", "target": "rate", "span": [f"{first}Q1", f"{first + 2}Q4"]}
    return CalibrationSettings.model_validate(
        {
            "label": "toy",
            "free": FREE,
            "targets": {"rate": target},
            "predictions": {"later": ahead},
            "design": 48,
        }
    )


def labels() -> tuple[str, ...]:
    first = period_number(f"{FIRST_YEAR}Q1", "quarterly")
    return tuple(period_text(first + int(t), "quarterly") for t in TIME)


def answers(settings: CalibrationSettings, seed: int = 3, luck: float = 0.02) -> Responses:
    scale = parameter_transform(settings.free)
    points = design_points(scale, settings.design, seed)
    rng = np.random.default_rng(seed)
    rows = [
        world(v["p_refuse_monthly"], v["standards_gain"], luck * rng.standard_normal(TIME.size))
        for v in map(scale.values, points)
    ]
    return Responses(points, {"rate": labels()}, {("rate", HEADLINE): np.stack(rows)})


@pytest.mark.parametrize("seed", range(5))
def test_planted_parameters_and_a_planted_standards_cycle_are_found(tmp_path: Path, seed: int):
    rng = np.random.default_rng(seed)
    refusal, gain = float(np.exp(rng.normal(np.log(0.002), 0.4))), float(rng.uniform(0.0, 2.0))
    wander = np.zeros(TIME.size)
    for t in range(1, TIME.size):
        wander[t] = 0.8 * wander[t - 1] + 0.02 * rng.standard_normal()
    settings = case(tmp_path, world(refusal, gain, wander))
    known = fit_known(
        settings, settings.targets, parameter_transform(settings.free), answers(settings, seed + 10)
    )
    planted = known.fit.scale.to_search({"p_refuse_monthly": refusal, "standards_gain": gain})
    z = (known.fit.point - planted) / np.sqrt(np.diag(known.fit.covariance))
    assert np.abs(z).max() < 2.6
    (row,) = (row for row in known.fit.parameters() if row.name == "standards_gain")
    assert row.information > 0.5


def test_the_surface_gives_the_model_back_and_owns_up_to_its_error(tmp_path: Path):
    settings = case(tmp_path, world(0.002, 1.0))
    scale = parameter_transform(settings.free)
    source = emulator(scale, answers(settings), {"rate": labels()})
    values = {"p_refuse_monthly": 0.003, "standards_gain": 1.7}
    found = source.moments(values)["rate"]
    truth = world(0.003, 1.7)
    assert np.abs(log_odds(found.mean) - logit(truth)).max() < 0.03
    error = found.by_world.std(axis=0, ddof=1) / np.sqrt(len(found.by_world)) / truth
    assert 0.001 < float(np.median(error)) < 0.02


def test_a_variant_is_a_difference_that_few_points_tell(tmp_path: Path):
    settings = case(tmp_path, world(0.002, 1.0))
    base = answers(settings)
    other = Variant("us_relief_2020", "predicted")
    moved = expit(logit(base.values["rate", HEADLINE]) - 0.2)
    moved[12:] = np.nan
    both = Responses(base.points, base.labels, {**base.values, ("rate", other): moved})
    scale = parameter_transform(settings.free)
    source = emulator(scale, both, {"rate": labels()[:QUARTERS]})
    point = scale.start[None, :]
    gap = source.paths("rate", labels(), point, other) - source.paths(
        "rate", labels(), point, HEADLINE
    )
    np.testing.assert_allclose(gap, -0.2, atol=1e-3)


def test_stored_answers_are_read_back(tmp_path: Path):
    found = answers(case(tmp_path, world(0.002, 1.0)))
    store_responses(tmp_path / "a.npz", found, "key")
    again, key = read_responses(tmp_path / "a.npz")
    assert key == "key"
    assert again.labels == found.labels
    np.testing.assert_array_equal(again.values["rate", HEADLINE], found.values["rate", HEADLINE])


def test_design_points_stay_inside_and_cover_the_priors():
    scale = parameter_transform(
        CalibrationSettings.model_validate(
            {"label": "x", "free": FREE, "targets": {"a": _level()}}
        ).free
    )
    points = design_points(scale, 200, 1)
    assert (points > 0.0).all()
    assert (points < 1.0).all()
    spread = points.std(axis=0) / scale.sd_before_data
    assert (spread > 1.0).all()
    assert abs(np.corrcoef(points.T)[0, 1]) < 0.2


def _level() -> dict[str, object]:
    return {
        "kind": "level", "measure": "overdue_rate_30", "value": 0.1, "sd": 0.01, "source": "test",
    }  # fmt: skip


def past(rates: F8, inputs: F8 | None = None, later: F8 | None = None) -> Past:
    steps = np.arange(1, 5)
    rows = np.zeros((rates.size, 1)) if inputs is None else inputs
    return Past(rates, rows, steps, np.zeros((4, 1)) if later is None else later)


def test_rivals_say_what_their_names_say():
    rates = expit(np.linspace(-3.0, -2.6, 9))
    np.testing.assert_allclose(logit(constant(past(rates))), -2.8)
    np.testing.assert_allclose(last_value(past(rates)), rates[-1])
    steps = 0.05 * np.cumsum(DAMPING ** np.arange(1, 5))
    np.testing.assert_allclose(logit(damped_trend(past(rates))), -2.6 + steps)


def test_the_ridge_logit_finds_slopes_and_pulls_them_to_zero():
    inputs = np.random.default_rng(1).standard_normal((400, 1))
    later = np.array([[0.0], [1.0], [2.0], [3.0]])
    found = logit(ridge_logit(past(expit(-3.0 + 0.5 * inputs[:, 0]), inputs, later)))
    assert np.all(np.abs(np.diff(found) - 0.5) < 0.01)
    few = logit(ridge_logit(past(expit(-3.0 + 0.5 * inputs[:5, 0]), inputs[:5], later)))
    assert np.all(np.abs(np.diff(few)) < 0.5)


def errors(ratio: F8) -> list[ForecastError]:
    """Misses of ``ratio`` (origins, 12) half widths of 1."""
    return [
        ForecastError("a", origin, h + 1, float(ratio[origin, h]), 0.0, -1.0, 1.0)
        for origin in range(ratio.shape[0])
        for h in range(ratio.shape[1])
    ]


def test_widening_makes_intervals_hold_and_never_narrows_them():
    rng = np.random.default_rng(2)
    wide = widening(errors(2.0 * rng.standard_normal((400, 12)) / 1.645), 0.9)
    assert all(1.85 < factor < 2.2 for factor in wide.values())
    narrow = widening(errors(0.3 * rng.standard_normal((400, 12))), 0.9)
    assert set(narrow.values()) == {1.0}
    assert factor_at(wide, 40) == factor_at(wide, 12)


def test_coverage_counts_overlapping_forecasts_once():
    found = coverage(errors(np.full((30, 12), 0.5)), {(1, 3): 1.0, (4, 8): 1.0, (9, 12): 1.0})
    assert [item.held for item in found] == [1.0, 1.0, 1.0]
    assert [item.effective for item in found] == [15.0, 5.0, pytest.approx(30 / 10.5)]
    assert found[2].low < found[0].low < 1.0


def test_the_first_two_thirds_of_the_origins_are_those_that_teach():
    first, later = split_origins(errors(np.zeros((9, 2))))
    assert first == set(range(6))
    assert later == {6, 7, 8}


def test_widened_bounds_keep_the_centre_and_stay_rates():
    centre = np.array([0.02, 0.5])
    low, high = widened(centre, centre - 0.01, centre + 0.2, np.array([3.0, 3.0]))
    np.testing.assert_allclose(low, [0.0, 0.47])
    np.testing.assert_allclose(high, [0.62, 1.0])


def moments(rates: F8) -> Moments:
    return Moments("a", labels()[: rates.size], rates, np.eye(rates.size) * 1e-8, rates * 0)


def test_a_series_that_moves_half_as_much_as_the_model_shrinks_what_is_forecast():
    path = -3.0 + 0.4 * np.sin(TIME / 5.0)
    seen = expit(-3.0 + 0.2 * np.sin(TIME / 5.0))[:QUARTERS]
    places = np.arange(QUARTERS, dtype=float)
    found = continued(moments(seen), places, np.arange(1.0, AHEAD + 1.0), path)
    assert found.movement == pytest.approx(-0.5, abs=0.05)
    ahead = logit(np.median(found.futures(path[:QUARTERS], path[QUARTERS:], 1), axis=0))
    truth = -3.0 + 0.2 * np.sin(TIME / 5.0)[QUARTERS:]
    assert np.abs(ahead - truth).max() < 0.05


def test_a_lasting_miss_goes_on_and_its_doubt_grows():
    path = np.full(TIME.size, -3.0)
    rng = np.random.default_rng(4)
    wander = np.zeros(QUARTERS)
    for t in range(1, QUARTERS):
        wander[t] = 0.95 * wander[t - 1] + 0.05 * rng.standard_normal()
    seen = expit(-2.7 + wander)
    found = continued(
        moments(seen), np.arange(QUARTERS, dtype=float), np.arange(1.0, AHEAD + 1.0), path
    )
    draws = logit(found.futures(path[:QUARTERS], path[QUARTERS:], 1))
    assert abs(float(draws[:, 0].mean()) - logit(seen[-1])) < 0.05
    assert draws[:, -1].std() > 1.5 * draws[:, 0].std()


def test_origins_wait_for_the_embargo(tmp_path: Path):
    plain = origins_of(case(tmp_path, world(0.002, 1.0)))
    waited = origins_of(case(tmp_path, world(0.002, 1.0), embargo=3))
    assert waited == plain[3:]
    assert plain[-1] == period_number(labels()[QUARTERS - 2], "quarterly")


def test_rolling_forecasts_see_nothing_later_than_their_origin(tmp_path: Path):
    rates = world(0.002, 1.0, 0.05 * np.random.default_rng(7).standard_normal(TIME.size))
    changed = rates.copy()
    changed[QUARTERS - 6 :] *= 1.5
    found = []
    for number, path in enumerate((rates, changed)):
        folder = tmp_path / str(number)
        folder.mkdir()
        settings = case(folder, path, embargo=2)
        scale, responses = parameter_transform(settings.free), answers(settings)
        found.append(
            roll(
                settings,
                period_number(f"{FIRST_YEAR}Q1", "quarterly") * 3,
                lambda t, s=settings, c=scale, r=responses: fit_known(s, t, c, r),
                lambda quarter: np.array([float(np.sin(quarter / 6.0))]),
                Silent(),
            )
        )
    last = period_number(labels()[QUARTERS - 7], "quarterly")
    for name in found[0].errors:
        before, after = (
            [e.prediction for e in one.errors[name] if e.origin <= last] for one in found
        )
        np.testing.assert_array_equal(before, after)
    assert {e.horizon for e in found[0].errors[MODEL]} == set(range(1, HORIZONS + 1))
    assert found[0].rmse(MODEL, "rate", (4, 12)) < found[0].rmse("last value", "rate", (4, 12))


def test_forecasts_of_variants_share_their_noise(tmp_path: Path):
    settings = case(tmp_path, world(0.002, 1.0))
    base = answers(settings)
    other = Variant("us_relief_2020", "predicted")
    both = Responses(
        base.points, base.labels, {**base.values, ("rate", other): base.values["rate", HEADLINE]}
    )
    known = fit_known(settings, settings.targets, parameter_transform(settings.free), both)
    plain = forecast_series(known, "rate", labels()[QUARTERS:])
    same = forecast_series(known, "rate", labels()[QUARTERS:], other)
    np.testing.assert_allclose(plain.values, same.values, atol=1e-9)


def test_the_fit_by_stored_answers_is_the_one_by_search(tmp_path: Path):
    settings = case(tmp_path, world(0.0025, 1.4))
    known = fit_known(
        settings, settings.targets, parameter_transform(settings.free), answers(settings)
    )
    again = fit_parameters(known.answers, known.evidence, known.settings, Silent())
    np.testing.assert_array_equal(again.point, known.fit.point)
