"""Scores of causes make the worlds that they should, and nothing else moves."""

import csv

import numpy as np
import pytest

from simulator.macro.causes import CAUSES, ECONOMY, FACTORS, Causes, chosen_causes
from simulator.macro.paths import draw_macro_paths, economy_normals
from simulator.macro.standards import accumulated
from simulator.macro.variables import DEVIATING_VARIABLES, MACRO_VARIABLES
from simulator.settings import MacroDeviation, RunSettings, StandardsHistory
from simulator.shipped import shipped_tables
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


@pytest.mark.parametrize("cause", ["epidemic", "platforms", "conduct"])
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


@pytest.mark.parametrize("cause", ["willingness", "standards"])
def test_willingness_and_lenders_standards_move_to_both_sides(cause):
    variable = CAUSES[cause].variable
    up, down = (ALL.paths(at(cause, s)).by_draw[variable] for s in (1.0, -1.0))
    np.testing.assert_allclose(up, -down)
    assert up.max() == pytest.approx(CAUSES[cause].spread)


def test_standards_are_those_of_lenders_and_move_as_the_survey_did_in_a_year():
    spec = CAUSES["standards"]
    assert spec.variable == "lending_standards"
    table = shipped_tables() / "us_history" / "us_history_1976_2024.csv"
    with table.open(encoding="utf-8") as source:
        column = [row["net_pct_banks_more_willing_to_lend_to_consumers"] for row in
                  csv.DictReader(source)]  # fmt: skip
    willing = np.array([float(cell) for cell in column if cell])
    half_life = StandardsHistory.model_fields["half_life"].default
    level = accumulated((willing.mean() - willing) / 100.0, half_life)
    assert spec.spread == pytest.approx((level[4:] - level[:-4]).std(ddof=1), abs=5e-4)


def test_no_share_leaves_its_range_however_far():
    for cause in ("epidemic", "platforms", "standards", "conduct"):
        variable = MACRO_VARIABLES[CAUSES[cause].variable]
        for score in (20.0, -20.0):
            moved = ALL.paths(at(cause, score)).by_draw[variable.name]
            assert moved.min() >= variable.low
            assert moved.max() <= variable.high


def test_spreads_and_times_are_the_users():
    (spec,) = chosen_causes(["epidemic"], {"epidemic": 0.5}, {"epidemic": (2, 3)}).values()
    assert (spec.spread, spec.first, spec.months) == (0.5, 2, 3)
    alone = Causes(SCENARIO, MONTHS, None, {"epidemic": spec})
    assert [place.cause for place in alone.places] == ["epidemic"]
