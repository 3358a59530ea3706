"""Scores of causes make the worlds that they should, and nothing else moves."""

import numpy as np
import pytest

from simulator.macro.causes import CAUSES, ECONOMY, FACTORS, Causes, chosen_causes
from simulator.macro.paths import draw_macro_paths, economy_normals
from simulator.macro.variables import DEVIATING_VARIABLES
from simulator.settings import MacroDeviation, RunSettings
from tests.macro.test_macro import scenario_with

HORIZON, MONTHS = 30, 24
SCENARIO = scenario_with(MacroDeviation(), HORIZON)
ALL = Causes(SCENARIO, MONTHS, 1.0, chosen_causes(FACTORS, {}, {}))


def at(cause: str, score: float) -> np.ndarray:
    scores = np.zeros((1, len(ALL.places)))
    scores[0, [place.cause for place in ALL.places].index(cause)] = score
    return scores


def test_every_cause_has_a_score_and_the_economy_one_a_variable_and_part():
    names = [place.cause for place in ALL.places]
    assert names.count(ECONOMY) == 4 * len(DEVIATING_VARIABLES)
    assert set(names) == set(FACTORS)


def test_scores_of_the_economy_are_independent_standard_normals():
    scores = ALL.scores_of(economy_normals(7, 20_000, HORIZON))[:, :16]
    np.testing.assert_allclose(np.cov(scores.T), np.eye(16), atol=0.05)


def test_what_the_scores_make_is_made_of_them_alone():
    each = np.eye(len(ALL.places))
    normals = ALL.loadings().reshape(HORIZON + 1, 4, -1)
    np.testing.assert_allclose(ALL.scores_of(normals)[:, :16], each[:, :16], atol=1e-12)
    assert np.abs(normals[MONTHS + 1 :]).max() == 0.0
    assert np.abs(normals[0]).max() == 0.0


def test_with_a_runs_own_shocks_the_economy_is_the_runs():
    run = RunSettings(paths=5, seed=3)
    drawn = draw_macro_paths(SCENARIO, run)
    normals = economy_normals(3, 5, HORIZON)
    found = ALL.paths(ALL.scores_of(normals), normals)
    for name in DEVIATING_VARIABLES:
        np.testing.assert_array_equal(found.by_draw[name], drawn.by_draw[name])


def test_the_middle_is_the_scenarios_own_median_path_without_any_cause():
    found = ALL.paths(np.zeros((2, len(ALL.places))))
    np.testing.assert_array_equal(found.deviation, 0.0)
    for spec in CAUSES.values():
        if spec.variable in SCENARIO.central:
            np.testing.assert_array_equal(
                found.by_draw[spec.variable][0], SCENARIO.central[spec.variable]
            )
    np.testing.assert_array_equal(ALL.disaster(np.zeros((2, len(ALL.places))))[0], 0.0)


@pytest.mark.parametrize("cause", ["epidemic", "platforms", "standards"])
def test_at_one_standard_deviation_a_share_is_its_spread_and_below_zero_nothing_moves(cause):
    spec = CAUSES[cause]
    central = SCENARIO.central[spec.variable]
    moved = ALL.paths(at(cause, 1.0)).by_draw[spec.variable][0]
    assert np.abs(moved - central)[spec.first] == pytest.approx(spec.spread)
    np.testing.assert_array_equal(moved[: spec.first], central[: spec.first])
    assert np.abs(moved - central)[-1] < spec.spread
    still = ALL.paths(at(cause, -1.0)).by_draw[spec.variable][0]
    np.testing.assert_array_equal(still, central)


def test_a_disaster_strikes_every_region_in_its_month_alone():
    chance = ALL.disaster(at("disaster", 2.0))[0]
    spec = CAUSES["disaster"]
    assert chance[spec.first, 0] == pytest.approx(1 - (1 - spec.spread) ** 2)
    assert chance.sum() == pytest.approx(chance[spec.first].sum())


def test_willingness_moves_to_both_sides():
    up, down = (ALL.paths(at("willingness", s)).by_draw["willingness_shift"] for s in (1.0, -1.0))
    np.testing.assert_allclose(up, -down)
    assert up.max() == pytest.approx(CAUSES["willingness"].spread)


def test_no_share_leaves_its_range_however_far():
    for cause in ("epidemic", "platforms", "standards"):
        moved = ALL.paths(at(cause, 20.0)).by_draw[CAUSES[cause].variable]
        assert moved.min() >= 0.0
        assert moved.max() <= 1.0


def test_spreads_and_times_are_the_users():
    (spec,) = chosen_causes(["epidemic"], {"epidemic": 0.5}, {"epidemic": (2, 3)}).values()
    assert (spec.spread, spec.first, spec.months) == (0.5, 2, 3)
    alone = Causes(SCENARIO, MONTHS, None, {"epidemic": spec})
    assert [place.cause for place in alone.places] == ["epidemic"]
