"""The shifted tail of real runs: what it changes, what it leaves alone, and how far it errs.

The long study: ``python -m pytest -m slow tests/explain/test_shifted_tail.py`` (some ten minutes).
"""

from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from simulator.notebook import stress_test
from simulator.results.run import Run
from simulator.results.summary import summarise
from simulator.results.tail_figures import MIXTURE, PATH_WEIGHT, SHIFTED_LOSS, SHIFTED_WEIGHT
from simulator.settings import MacroDeviation, ScenarioSettings
from simulator.shipped import read_shipped
from tests.explain.shifted_runs import plain_shortfall, rms, study

F8 = NDArray[np.float64]

BORROWERS, VOLATILITY, MONTHS = 300, 6.0, 24
"""So many borrowers and so restless an economy that the shift's score explains four fifths of the
variance of losses, as it does of 10,000 borrowers in the shipped scenario."""
PATHS = 200


def shortfalls(repetitions: int, plain_runs: int) -> tuple[F8, F8]:
    """Shifted shortfalls from 200 + 200 paths, and plain ones from 400."""
    runs = study(BORROWERS, VOLATILITY, MONTHS)
    found = [runs.shortfalls(PATHS, seed) for seed in range(1, repetitions + 1)]
    pairs = np.stack([own for own, _ in found[: repetitions // 2 * 2]]).reshape(-1, 2 * PATHS)
    plain = [plain_shortfall(pair) for pair in pairs]
    plain += [plain_shortfall(runs.lost(2 * PATHS, 20_000 + k)) for k in range(plain_runs)]
    return np.array([shifted for _, shifted in found]), np.array(plain)


@pytest.mark.slow
def test_the_shifted_shortfall_errs_a_third_of_the_plain_one() -> None:
    """200 repetitions against 20,000 paths."""
    runs = study(BORROWERS, VOLATILITY, MONTHS)
    known = [runs.lost(2 * PATHS, seed) for seed in range(10_000, 10_050)]
    truth = plain_shortfall(np.concatenate(known))
    shifted, plain = shortfalls(200, 0)
    assert rms(shifted - truth) <= rms(plain - truth) / 3.0


def test_a_short_study_of_the_shifted_shortfall() -> None:
    """Scatter .23 of the plain one's in the long study, and no bias that shows."""
    shifted, plain = shortfalls(10, 5)
    assert shifted.std(ddof=1) <= 0.6 * plain.std(ddof=1)
    errors = [each.std(ddof=1) / np.sqrt(each.size) for each in (shifted, plain)]
    assert abs(shifted.mean() - plain.mean()) <= 4.5 * np.hypot(*errors)


@cache
def small_run(tail: str, volatility: float = 1.0) -> Run:
    usual = MacroDeviation().volatility
    moving = MacroDeviation(volatility=tuple(volatility * v for v in usual))
    scenarios = {
        name: ScenarioSettings.model_validate(read_shipped("scenario", name)).model_copy(
            update={"deviation": moving}
        )
        for name in ("baseline", "downturn")
    }
    return stress_test(
        scenarios=scenarios,
        policies=["grace_period"],
        provision=(),
        paths=40,
        draws_per_path=2,
        months=4,
        runoff_months=3,
        borrowers=100,
        book_draws=0,
        tail=tail,
        threads=1,
    )


def is_level(metric: str) -> bool:
    return "loss_var_" in metric or "loss_es_" in metric


def test_shifted_paths_change_levels_of_the_tail_and_no_other_number() -> None:
    plain, shifted = small_run("plain"), small_run("shifted")
    mine, other = (
        {row[:4]: row for row in run.summary if not is_level(row.metric)}
        for run in (plain, shifted)
    )
    np.testing.assert_equal(mine, other)
    levels = {r.metric: r for r in shifted.loss_distribution if r.scenario == "downturn"}
    before = {r.metric: r for r in plain.loss_distribution if r.scenario == "downturn"}
    assert levels["loss_var_95"].estimate.mean != before["loss_var_95"].estimate.mean


def test_every_policy_and_scenario_has_its_shifted_losses_and_common_weights() -> None:
    dataset = small_run("shifted").dataset
    assert dataset[SHIFTED_LOSS].shape == (2, 2, 40)
    own, of_run = (np.asarray(dataset[name].values) for name in (SHIFTED_WEIGHT, PATH_WEIGHT))
    assert own.shape == of_run.shape == (40,)
    assert np.concatenate([own, of_run]).max() <= 2.0
    for weights in (own, of_run):  # replicates share their economy
        np.testing.assert_array_equal(weights[::2], weights[1::2])
    assert own.mean() < of_run.mean()


def test_the_results_alone_give_the_shifted_tail_again() -> None:
    run = small_run("shifted")
    np.testing.assert_equal(tuple(summarise(run.dataset)), run.summary)


def test_a_run_of_several_scenarios_has_a_tail_of_their_mixture() -> None:
    rows = {
        (r.scenario, r.policy, r.metric): r.estimate for r in small_run("plain").loss_distribution
    }
    low, mixed, high = (
        rows[scenario, "status_quo", "loss_es_95"].mean
        for scenario in ("baseline", MIXTURE, "downturn")
    )
    assert np.isnan(mixed) or low <= mixed <= high


def test_an_economy_without_volatility_gives_plain_results() -> None:
    plain, shifted = small_run("plain", 0.0), small_run("shifted", 0.0)
    np.testing.assert_equal(plain.summary, shifted.summary)
    assert SHIFTED_LOSS not in shifted.dataset
