"""Replay of actual history: rows of a table, months that do not overshoot, income at work."""

import csv
import hashlib
from pathlib import Path

import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from simulator.catalogue import parameters_from
from simulator.macro import Scenario, draw_macro_paths, load_scenario
from simulator.macro.at_work import growth_at_work
from simulator.macro.monthly import months_from_quarters
from simulator.settings import RunSettings, ScenarioSettings
from simulator.shocks.indices import level_index
from simulator.shocks.labour import type_unemployment, work_flows
from simulator.validation import UserError, build
from tests import ROOT

ROOT = ROOT / "scenarios"
TABLES = ROOT / "_macro"
FED = TABLES / "us_history" / "us_history_1976_2024.csv"
HISTORIES = {"us_history_1983_2024": 504, "us_history_2007_2024": 216}
REGIONS = ("east",)
TABLE = """Quarter,unemployment_rate,inflation
2006 Q3,,x
2006 Q4,0.04,
2007 Q1,0.05,0.01
2007 Q2,0.06,0.02
2007 Q3,,0.9e9
"""


def shipped(name: str) -> ScenarioSettings:
    text = (ROOT / "scenario" / f"{name}.yaml").read_text(encoding="utf-8")
    return build(f"scenario.{name}", ScenarioSettings, yaml.safe_load(text))


def load(name: str, horizon: int, **changes: object) -> Scenario:
    chosen = shipped(name).model_copy(update=changes)
    return load_scenario(name, chosen, horizon, REGIONS, "2026-01", [TABLES])


def load_own(tmp_path: Path, text: str, horizon: int = 6, **changes: object) -> Scenario:
    table = tmp_path / "own.csv"
    table.write_text(text, encoding="utf-8")
    values = {
        "label": "Own",
        "narrative": "A table of the user's.",
        "source": "test",
        "weight": 1.0,
        "table": str(table),
        "frequency": "quarterly",
    }
    own = build("scenario.own", ScenarioSettings, {**values, **changes})
    return load_scenario("own", own, horizon, REGIONS, "2026-01", [TABLES])


def refusal(tmp_path: Path, text: str = TABLE, **changes: object) -> str:
    with pytest.raises(UserError) as caught:
        load_own(tmp_path, text, **changes)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def published(name: str) -> dict[str, np.ndarray]:
    """Quarters of the Federal Reserve's file that a scenario uses, in fractions, by variable."""
    chosen = shipped(name)
    with FED.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    dates = [row["Date"] for row in rows]
    assert chosen.rows is not None
    first, last = (dates.index(end) for end in chosen.rows)
    return {
        variable: np.array([float(row[column]) / 100 for row in rows[first - 1 : last + 1]])
        for variable, column in chosen.columns.items()
    }


def quarter_means(path: np.ndarray) -> np.ndarray:
    return path[1:].reshape(-1, 3).mean(axis=1)


def test_only_the_named_rows_are_used_and_the_row_before_is_the_opening(tmp_path):
    scenario = load_own(tmp_path, TABLE, rows=("2007 Q1", "2007 Q2"))
    unemployment, inflation = (scenario.central[v] for v in ("unemployment_rate", "inflation"))
    np.testing.assert_allclose(quarter_means(unemployment), [0.05, 0.06], atol=1e-15)
    np.testing.assert_allclose(quarter_means(inflation), [0.01, 0.02], atol=1e-15)
    assert unemployment[0] == 0.04
    assert inflation[0] == 0.01  # the cell before is blank: the first used row's
    assert scenario.warnings == ()
    raw = (tmp_path / "own.csv").read_bytes()
    assert scenario.table_sha256 == hashlib.sha256(raw).hexdigest()


def test_a_named_opening_goes_before_the_row_before(tmp_path):
    rows = ("2006 Q4", "2006 Q4")
    chosen = {"unemployment_rate": "unemployment_rate"}
    opening = {"unemployment_rate": 0.03}
    scenario = load_own(tmp_path, TABLE, rows=rows, columns=chosen, opening=opening)
    assert scenario.central["unemployment_rate"][0] == 0.03


def test_the_row_before_is_checked_where_it_is_the_opening(tmp_path):
    text = TABLE.replace("2006 Q4,0.04,", "2006 Q4,0.04,x")
    rows = ("2007 Q1", "2007 Q2")
    assert "(first: line 3: x)" in refusal(tmp_path, text, rows=rows)
    assert load_own(tmp_path, text, rows=rows, opening={"inflation": 0.0}).horizon == 6


def test_the_first_row_of_a_table_has_no_row_before(tmp_path):
    scenario = load_own(tmp_path, "Date,inflation\na,0.01\nb,0.02\nc,x\n", rows=("a", "b"))
    assert scenario.central["inflation"][0] == 0.01


def test_a_bad_cell_is_told_by_its_row_in_the_whole_table(tmp_path):
    columns = {"unemployment_rate": "unemployment_rate"}
    found = refusal(tmp_path, rows=("2007 Q2", "2007 Q3"), columns=columns)
    assert "column unemployment_rate: 1 row has no finite number (first: line 6: empty)" in found


def test_the_warning_past_the_used_rows_names_them(tmp_path):
    scenario = load_own(tmp_path, TABLE, horizon=9, rows=("2007 Q1", "2007 Q2"))
    told = "own.csv (rows 2007 Q1 to 2007 Q2) ends at month 6 of 9; from month 7 on"
    assert told in scenario.warnings[0]


@pytest.mark.parametrize(
    ("text", "rows", "message"),
    [
        ("when,inflation\na,0\n", ("a", "a"), "needs a column of own.csv called date, month"),
        (TABLE, ("2005 Q1", "2007 Q2"), "runs from 2006 Q3 to 2007 Q3; 2005 Q1 is in none"),
        (TABLE, ("2007 Q1", "2007Q2"), "column Quarter of own.csv"),
        (TABLE, ("2007 Q2", "2007 Q1"), "must name the first row before the last"),
        ("date,inflation\na,0\na,0\nb,0\n", ("a", "b"), "a is in 2 of them"),
    ],
)
def test_rows_that_cannot_be_found_get_one_clear_answer(tmp_path, text, rows, message):
    found = refusal(tmp_path, text, rows=rows)
    assert message in found
    assert "scenario.own.rows" in found


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"population_growth": 0.01}, "population_growth needs income_is_aggregate: true"),
        ({"smoothing": "bounded", "frequency": "monthly"}, "smoothing is for quarterly tables"),
        ({"smoothing": "flat"}, "scenario.own.smoothing"),
        ({"rows": ["2007 Q1"]}, "scenario.own.rows"),
        ({"income_is_aggregate": True}, "needs income_growth in own.csv"),
    ],
)
def test_settings_that_have_no_meaning_are_refused(tmp_path, changes, message):
    text = "unemployment_rate\n0.05\n"
    with pytest.raises(UserError, match=message):
        load_own(tmp_path, text, **changes)


def test_income_at_work_beyond_the_range_is_refused(tmp_path):
    text = "month,unemployment_rate,income_growth\n1,0.05,0\n2,0.5,0.9\n"
    found = refusal(tmp_path, text, income_is_aggregate=True, frequency="monthly")
    assert "own.csv: 1 row has income growth at work outside [-0.9, 3]" in found
    assert "(first: month 2:" in found


quarters = arrays(np.float64, st.integers(1, 12), elements=st.floats(-0.25, 0.75))


@settings(deadline=None)
@given(quarters, st.floats(-0.25, 0.75))
def test_bounded_months_keep_the_means_and_never_pass_the_quarters_beside(means, opening):
    months = months_from_quarters(means, opening, -0.9, 3.0, "bounded").reshape(-1, 3)
    np.testing.assert_allclose(months.mean(axis=1), means, rtol=0, atol=1e-12)
    series = [opening, *means, means[-1]]
    for index, quarter in enumerate(months):
        beside = series[index : index + 3]
        assert min(beside) <= quarter.min()
        assert quarter.max() <= max(beside)


def test_bounded_months_of_a_straight_line_are_the_line_but_for_the_last_quarter():
    line = 0.05 + 0.001 * np.arange(13)
    means = line[1:].reshape(-1, 3).mean(axis=1)
    months = months_from_quarters(means, line[0], 0, 1, "bounded")
    np.testing.assert_allclose(months[:9], line[1:10], atol=1e-14)
    np.testing.assert_allclose(months[9:], means[-1], atol=1e-14)


@settings(deadline=None)
@given(
    st.integers(0, 2**32 - 1),
    st.floats(-0.05, 0.05),
    st.floats(0, 1),
)
def test_income_at_work_times_employment_is_the_aggregate_per_head(seed, population, lost):
    rng = np.random.default_rng(seed)
    aggregate, unemployment = rng.uniform(-0.3, 0.6, 40), rng.uniform(0.001, 0.5, 40)
    at_work = growth_at_work(aggregate, unemployment, population, lost)
    income, total, people = 1.0, 1.0, 1.0
    for month in range(1, 40):
        income *= (1 + at_work[month]) ** (1 / 12)
        total *= (1 + aggregate[month]) ** (1 / 12)
        people *= (1 + population) ** (1 / 12)
        employed = (1 - lost * unemployment[month]) / (1 - lost * unemployment[0])
        assert income * employed * people == pytest.approx(total, rel=1e-9)


def test_without_correction_aggregate_growth_is_growth_at_work():
    growth = np.array([0.04, 0.05, -0.2])
    np.testing.assert_allclose(growth_at_work(growth, np.full(3, 0.07), 0.0, 0.5), growth)
    np.testing.assert_allclose(growth_at_work(growth, np.array([0.1, 0.2, 0.3]), 0.0, 0.0), growth)


@pytest.mark.parametrize(("name", "months"), HISTORIES.items())
def test_a_shipped_history_covers_its_months(name, months):
    scenario = load(name, months)
    chosen = shipped(name)
    assert chosen.rows is not None
    assert scenario.warnings == ()
    assert load(name, months + 1).warnings != ()
    assert scenario.start_month == f"{chosen.rows[0][:4]}-01"
    years = int(chosen.rows[1][:4]) - int(chosen.rows[0][:4]) + 1
    assert months == 12 * years
    assert scenario.table_sha256 == hashlib.sha256(FED.read_bytes()).hexdigest()


@pytest.mark.parametrize(("name", "months"), HISTORIES.items())
def test_a_shipped_history_has_the_boards_quarters(name, months):
    scenario, actual = load(name, months), published(name)
    for variable in ("unemployment_rate", "inflation", "policy_rate"):
        path = scenario.central[variable]
        np.testing.assert_allclose(quarter_means(path), actual[variable][1:], rtol=0, atol=1e-12)
        assert path[0] == actual[variable][0]


@pytest.mark.parametrize(("name", "months"), HISTORIES.items())
def test_a_shipped_history_reproduces_the_aggregate_income(name, months):
    chosen, scenario, actual = shipped(name), load(name, months), published(name)
    uncorrected = load(name, months, income_is_aggregate=False, population_growth=0.0)
    np.testing.assert_allclose(
        quarter_means(uncorrected.central["income_growth"]), actual["income_growth"][1:], atol=1e-12
    )
    total = level_index(uncorrected.central["income_growth"][None])[0]
    income = level_index(scenario.central["income_growth"][None])[0]
    kept = 1 - chosen.income_lost_when_unemployed * scenario.central["unemployment_rate"]
    people = (1 + chosen.population_growth) ** (np.arange(months + 1) / 12)
    np.testing.assert_allclose(income * kept / kept[0] * people, total, rtol=1e-9)
    wealthier = 1 + actual["income_growth"][1:]  # to first order, the quarters' own compounding
    assert total[-1] == pytest.approx(np.prod(wealthier**0.25), rel=0.01)


@pytest.mark.parametrize(("name", "months"), HISTORIES.items())
def test_every_path_of_a_history_is_the_history(name, months):
    scenario = load(name, months)
    drawn = draw_macro_paths(scenario, RunSettings(paths=3))
    for variable, path in drawn.by_draw.items():
        np.testing.assert_allclose(path, np.tile(scenario.central[variable], (3, 1)), atol=1e-12)


@pytest.mark.parametrize(("name", "months"), HISTORIES.items())
def test_the_labour_market_can_follow_a_history(name, months):
    """Losing and finding work, weighted by who is in and out of it, gives the file's path."""
    unemployment = load(name, months).central["unemployment_rate"][None]
    separation, finding = work_flows(unemployment, parameters_from({}))
    own = type_unemployment(unemployment[0], parameters_from({}))[..., None]
    before, now = own[:-1], own[1:]
    expected = (1 - finding[0, 1:]) * before + separation[0, 1:] * (1 - before)
    np.testing.assert_allclose(expected, np.broadcast_to(now, expected.shape), atol=1e-12)
    assert separation.max() < 0.45


def test_the_flat_scenario_of_taiwan_is_flat():
    central = load("tw_2005", 12).central
    assert load("tw_2005", 12).start_month == "2005-05"
    levels = {"unemployment_rate": 0.041, "income_growth": 0.01, "inflation": 0.02}
    for variable, level in levels.items():
        assert set(central[variable]) == {level}


SPREAD = {"yield_column": "BBB", "over_column": "Note", "usual": 1.2, "fall_per_point": 0.2}
YIELDS = """Quarter,unemployment_rate,BBB,Note
2006 Q4,0.04,,
2007 Q1,0.04,6.0,5.0
2007 Q2,0.04,8.2,5.0
2007 Q3,0.04,14.0,4.0
2007 Q4,0.04,,4.0
"""


def test_credit_supply_falls_with_the_spread_above_its_usual_level(tmp_path):
    (tmp_path / "yields.csv").write_text(YIELDS, encoding="utf-8")
    scenario = load_scenario(
        "own",
        spread_settings(rows=("2007 Q1", "2007 Q3")),
        9,
        REGIONS,
        "2007-01",
        [tmp_path],
    )
    quarters = scenario.central["credit_supply"][1:].reshape(3, 3).mean(axis=1)
    np.testing.assert_allclose(quarters, [1.0, 1.0 - 0.2 * 2.0, 0.1], atol=1e-9)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"rows": ("2007 Q1", "2007 Q4")}, "column BBB"),
        ({"credit_spread": SPREAD | {"over_column": "Nothing"}}, "column Nothing"),
    ],
)
def test_a_spread_without_its_yields_gets_one_clear_line(tmp_path, changes, message):
    (tmp_path / "yields.csv").write_text(YIELDS, encoding="utf-8")
    asked = spread_settings(**({"rows": ("2007 Q1", "2007 Q3")} | changes))
    with pytest.raises(UserError, match=message) as error:
        load_scenario("own", asked, 9, REGIONS, "2007-01", [tmp_path])
    assert "\n" not in str(error.value)


def test_before_the_yields_begin_supply_is_full(tmp_path):
    (tmp_path / "yields.csv").write_text(YIELDS, encoding="utf-8")
    asked = spread_settings(rows=("2006 Q4", "2007 Q3"))
    scenario = load_scenario("own", asked, 12, REGIONS, "2006-10", [tmp_path])
    assert (scenario.central["credit_supply"][:4] == 1.0).all()


def test_credit_supply_has_one_source():
    with pytest.raises(ValueError, match="not from both"):
        spread_settings(columns={"credit_supply": "BBB"})


def spread_settings(**changes: object) -> ScenarioSettings:
    values: dict[str, object] = {
        "label": "Own",
        "narrative": "own",
        "source": "own",
        "weight": 1.0,
        "table": "yields.csv",
        "frequency": "quarterly",
        "smoothing": "bounded",
        "columns": {"unemployment_rate": "unemployment_rate"},
        "credit_spread": SPREAD,
    }
    return ScenarioSettings.model_validate(values | changes)
