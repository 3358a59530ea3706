"""Adjusted means: what is known of the economy's draws takes its luck out of a mean."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import xarray as xr
from numpy.typing import NDArray
from scipy import stats

from simulator.results.dataset import to_dataset
from simulator.results.decision import overall_worth
from simulator.results.estimate import Estimate
from simulator.results.inputs import SimulationOutput
from simulator.results.intervals import (
    linear_ratio,
    over_months,
    over_paths,
    ratio_over_paths,
    simultaneous,
    t_width,
)
from simulator.results.sampling import DEVIATION, LEAST_DRAWS, Draws, Sampling, sampling_of
from simulator.results.summary import SummaryRow, differences, summarise
from tests.results.outputs import output_of, random_tallies

F8 = NDArray[np.float64]
MONTHS, RUNOFF = 8, 5


def deviations(draws: int, horizon: int, seed: int = 1) -> F8:
    """Autoregressions of expectation 0, (draws, horizon)."""
    shocks = np.random.default_rng(seed).normal(0.0, 0.05, (draws, horizon))
    found = np.zeros_like(shocks)
    for month in range(horizon):
        found[:, month] = 0.95 * (found[:, month - 1] if month else 0.0) + shocks[:, month]
    return found


def least_squares(values: F8, controls: F8) -> tuple[float, float, float]:
    """Intercept, its error and degrees of freedom; by numpy's solver."""
    design = np.column_stack([np.ones(len(values)), controls])
    solution, *_ = np.linalg.lstsq(design, values, rcond=None)
    dof = len(values) - design.shape[1]
    variance = ((values - design @ solution) ** 2).sum() / dof
    return solution[0], np.sqrt(variance * np.linalg.inv(design.T @ design)[0, 0]), dof


@pytest.mark.parametrize("replicates", [1, 3])
def test_an_adjusted_mean_is_the_intercept_of_least_squares(replicates: int) -> None:
    draw = np.random.default_rng(2)
    controls = draw.normal(0.3, 1.0, (40, 2)) @ np.array([[1.0, 0.9], [0.0, 0.2]])
    by_draw = 7.0 + controls @ np.array([2.0, -5.0]) + draw.normal(0.0, 1.0, 40)
    values = np.repeat(by_draw, replicates) + draw.normal(0.0, 0.5, 40 * replicates)
    found = over_paths(values[:, None], Draws.knowing(controls, replicates)).at(0)
    mean, se, dof = least_squares(values.reshape(40, replicates).mean(axis=1), controls)
    margin = stats.t.ppf(0.975, dof) * se
    assert found.ends == pytest.approx((mean, mean - margin, mean + margin), rel=1e-12)
    assert found.se == pytest.approx(se, rel=1e-12)
    assert found.p50 == np.median(values)
    assert t_width(Draws.knowing(controls, replicates), values.size) == pytest.approx(margin / se)


def test_controls_of_a_month_are_the_means_to_it_and_of_the_last_six_months() -> None:
    found = Sampling(1, deviations(40, 13))
    values = np.random.default_rng(3).normal(0.0, 1.0, (40, 13)) + found.deviation.cumsum(axis=1)
    for month, spans in ((1, [(0, 1)]), (6, [(0, 6)]), (9, [(0, 9), (3, 9)]), (None, None)):
        parts = [(0, 7), (7, 13)] if spans is None else spans
        controls = np.stack([found.deviation[:, a:b].mean(axis=1) for a, b in parts], axis=1)
        mean, se, _ = least_squares(values[:, 8], controls)
        told = over_paths(values[:, 8], found.of(month))
        assert (told.mean, told.se) == pytest.approx((mean, se), rel=1e-10)


def test_months_are_estimated_each_with_its_own_controls_on_any_axis() -> None:
    sampling, values = Sampling(1, deviations(40, 9)), np.random.default_rng(4).normal(size=(40, 9))
    found = over_months(values, range(1, 10), sampling)
    turned = np.stack([values, 2.0 * values], axis=2)
    wide = over_months(turned, range(1, 10), sampling, month_axis=1)
    for month in range(1, 10):
        alone = over_paths(values[:, month - 1], sampling.month(month))
        assert found.at(month - 1).ends == alone.at().ends
        assert wide.at(month - 1, 0).ends == pytest.approx(alone.at().ends, rel=1e-12)


@pytest.mark.parametrize(
    ("controls", "why"),
    [
        (np.random.default_rng(5).normal(size=(LEAST_DRAWS - 1, 2)), "few draws"),
        (np.zeros((50, 2)), "no volatility"),
        (np.full((50, 2), 0.1), "constant"),
    ],
)
def test_a_mean_stays_plain_without_anything_to_know(controls: F8, why: str) -> None:
    values = np.random.default_rng(6).normal(2.0, 1.0, (len(controls), 3))
    found = over_paths(values, Draws.knowing(controls, 1))
    for mine, plain in zip(found.parts(), over_paths(values, Draws(1)).parts(), strict=True):
        assert np.array_equal(mine, plain), why


def test_a_figure_that_some_paths_lack_stays_plain_and_a_constant_one_exact() -> None:
    values = np.random.default_rng(7).normal(2.0, 1.0, (50, 2))
    values[3, 0] = np.nan
    values[:, 1] = 0.1
    draws = Sampling(1, deviations(50, 12)).whole
    found, plain = over_paths(values, draws), over_paths(values, Draws(1))
    assert found.at(0) == plain.at(0)
    assert found.mean[1] == plain.mean[1]
    assert found.ci_high[1] - found.ci_low[1] < 1e-15
    assert over_paths(np.zeros((50, 1)), draws).at(0).is_zero


def test_a_control_that_follows_from_others_is_left_out() -> None:
    one = np.random.default_rng(8).normal(size=40)
    draws = Draws.knowing(np.stack([one, 3.0 * one, np.ones(40), 1e-7 * one], axis=1), 1)
    assert draws.n_controls == 1
    values = one + np.random.default_rng(9).normal(size=40)
    assert over_paths(values, draws).mean == pytest.approx(
        least_squares(values, one[:, None])[0], rel=1e-12
    )


def test_sums_and_differences_of_adjusted_means_are_those_of_the_figures() -> None:
    draw, draws = np.random.default_rng(10), Sampling(1, deviations(60, 24)).whole
    luck = draws.directions[:, :1]
    values = draw.normal(5.0, 1.0, (60, 4)) + luck * draw.normal(3.0, 1.0, 4)
    parts, whole = over_paths(values, draws), over_paths(values.sum(axis=1), draws)
    assert parts.mean.sum() == pytest.approx(whole.mean, rel=1e-14)
    one, two = (over_paths(values[:, i], draws).mean for i in (0, 1))
    assert over_paths(values[:, 0] - values[:, 1], draws).mean == pytest.approx(
        one - two, rel=1e-13
    )
    ratios = [ratio_over_paths(values[:, i], values[:, 3], draws).mean for i in (0, 1)]
    gap = linear_ratio(values[:, 0], values[:, 3], 1) - linear_ratio(values[:, 1], values[:, 3], 1)
    assert over_paths(gap, draws).mean == pytest.approx(ratios[0] - ratios[1], rel=1e-12)


def test_simultaneous_intervals_use_what_is_left_after_the_controls() -> None:
    draw, draws = np.random.default_rng(11), Sampling(1, deviations(60, 24)).whole
    luck = 100.0 * draws.directions[:, :1]
    values = luck + draw.normal(0.0, 1.0, (60, 3))
    found, alone = simultaneous(values, draws), over_paths(values, draws)
    assert found.mean == pytest.approx(alone.mean)
    wider = (found.ci_high - found.ci_low) / (alone.ci_high - alone.ci_low)
    # What is left is nearly independent, for which Sidak's width is the exact one.
    sidak = stats.t.ppf(0.5 + 0.5 * 0.95 ** (1 / 3), 57) / stats.t.ppf(0.975, 57)
    assert wider == pytest.approx(np.full(3, sidak), rel=0.03)


def test_intervals_hold_what_they_say_and_are_narrower() -> None:
    """Losses with a deviation of a fifth, of which the economy explains most."""
    repetitions = 800
    for n_draws in (LEAST_DRAWS, 60, 100):
        covered, widths = 0, []
        for seed in range(repetitions):
            deviation = deviations(n_draws, 24, seed + 100)
            luck = np.random.default_rng(seed).normal(0.0, 0.08, n_draws)
            values = np.exp(0.2 * deviation.mean(axis=1) / 0.12 + luck)
            variance = 0.04 * _variance_of_mean(24) / 0.12**2 + 0.08**2
            found = over_paths(values, Sampling(1, deviation).whole).at()
            plain = over_paths(values, Draws(1)).at()
            covered += found.ci_low <= np.exp(variance / 2.0) <= found.ci_high
            widths.append((found.ci_high - found.ci_low) / (plain.ci_high - plain.ci_low))
        error = 4.0 * np.sqrt(0.95 * 0.05 / repetitions)
        assert 0.93 - error <= covered / repetitions <= 0.95 + error, n_draws
        assert np.median(widths) < 0.8


def _variance_of_mean(horizon: int) -> float:
    """Of the mean over the months of the autoregression of ``deviations``."""
    weights = np.array([(1.0 - 0.95 ** (horizon - t)) / 0.05 for t in range(horizon)]) / horizon
    return float((0.05**2) * (weights**2).sum())


@cache
def known_output(draws_per_path: int = 1) -> SimulationOutput:
    """Two policies and scenarios whose figures follow the economy in part."""
    n_draws = 40
    deviation, tallies = deviations(n_draws, MONTHS + RUNOFF), {}
    for seed, name in ((31, "status_quo"), (32, "other")):
        found = random_tallies(seed, n_draws * draws_per_path, MONTHS + RUNOFF)
        luck = 1.0 + np.abs(np.repeat(deviation, draws_per_path, axis=0))
        found.flows[:, 1:] *= luck[..., None]
        tallies[name] = found
    output = output_of(
        tallies, months=MONTHS, draws_per_path=draws_per_path, scenarios=("calm", "bad")
    )
    return replace(output, deviation=deviation)


def of_whole(rows: Sequence[SummaryRow]) -> dict[tuple[str, str, str], Estimate[float]]:
    return {(r.scenario, r.policy, r.metric): r.estimate for r in rows if r.month is None}


@pytest.mark.parametrize("draws_per_path", [1, 2])
def test_rows_of_the_summary_add_up(draws_per_path: int) -> None:
    rows = of_whole(summarise(to_dataset(known_output(draws_per_path))))
    checked = 0
    for (scenario, policy, metric), gap in rows.items():
        name = metric.removeprefix("delta_")
        if name == metric or name.startswith("loss_es"):
            continue
        levels = [rows[scenario, p, name].mean for p in (policy, "status_quo")]
        if np.isfinite(levels).all():
            scale = max(abs(level) for level in levels)
            assert gap.mean == pytest.approx(levels[0] - levels[1], abs=1e-12 * scale), metric
            checked += 1
    assert checked > 100
    for span in ("", "lifetime_"):
        parts = {
            name: rows["bad", "other", f"{span}{name}"].mean
            for name in ("written_off", "sold", "recovered", "sale_price", "net_loss")
        }
        parts["net_loss"] *= -1.0
        signs = {"recovered": -1.0, "sale_price": -1.0}
        total = sum(signs.get(name, 1.0) * mean for name, mean in parts.items())
        assert total == pytest.approx(0.0, abs=1e-12 * parts["written_off"])


def test_groups_add_up_to_the_whole_in_every_month() -> None:
    dataset = to_dataset(known_output())
    rows = summarise(dataset)
    balance = [
        r.mean for r in rows if (r.metric, r.policy, r.scenario) == ("balance", "other", "bad")
    ]
    place = {"scenario": "bad", "policy": "other"}
    by_segment = dataset["balance_by_segment"].sel(place).sum("segment").values
    np.testing.assert_allclose(by_segment, balance, rtol=1e-12)


def test_scenarios_by_weight_add_up() -> None:
    dataset = to_dataset(known_output())
    rows = of_whole(summarise(dataset))
    policies = ("other", "status_quo")
    (told,) = differences(dataset, policies, (None,), "lifetime_net_loss")
    found = told.estimate
    own = [rows[name, "other", "delta_lifetime_net_loss"].mean for name in ("calm", "bad")]
    assert found.mean == pytest.approx(np.mean(own), rel=1e-12)
    gap = dataset["written_off"].sum("month").diff("policy").mean("scenario")
    assert found.mean != pytest.approx(float(gap.mean()), rel=1e-6)


def test_a_run_that_does_not_adjust_and_older_results_have_plain_means() -> None:
    output = known_output()
    adjusted = to_dataset(output)
    plain = to_dataset(replace(output, run=output.run.model_copy(update={"adjust": False})))
    assert DEVIATION in plain, "controls are kept"
    older = adjusted.drop_vars(DEVIATION)
    del older.attrs["adjust"]
    np.testing.assert_equal(summarise(older), summarise(plain))
    moved = of_whole(summarise(adjusted))["bad", "other", "written_off"]
    still = of_whole(summarise(plain))["bad", "other", "written_off"]
    assert moved.mean != still.mean
    assert (moved.p05, moved.p50, moved.p95) == (still.p05, still.p50, still.p95)
    assert still.mean == pytest.approx(
        float(adjusted["written_off"].sel(scenario="bad", policy="other").sum("month").mean())
    )


def test_without_volatility_results_are_plain() -> None:
    output = replace(known_output(), deviation=None)
    plain = replace(output, run=output.run.model_copy(update={"adjust": False}))
    np.testing.assert_equal(summarise(to_dataset(output)), summarise(to_dataset(plain)))
    assert DEVIATION not in to_dataset(output)


def test_shares_of_paths_and_tails_are_not_adjusted() -> None:
    dataset = to_dataset(known_output())
    plain = dataset.assign_attrs(adjust=0)
    mine, theirs = (of_whole(summarise(found)) for found in (dataset, plain))
    tails = [key for key in mine if key[2].startswith(("loss_var", "loss_es", "loss_share"))]
    assert tails
    for key in tails:
        np.testing.assert_equal(mine[key].ends, theirs[key].ends)


def test_the_controls_come_back_from_the_file() -> None:
    output = known_output(2)
    stored: xr.Dataset = to_dataset(output)
    found = sampling_of(stored)
    assert found.replicates == 2
    np.testing.assert_array_equal(found.deviation, output.deviation)
    worth = np.random.default_rng(12).normal(size=(3, 80))
    told = overall_worth(stored, worth, None)
    assert told.mean == pytest.approx(over_paths(worth.T, output.sampling.whole).mean)
