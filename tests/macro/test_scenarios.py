"""Scenario files and macro tables: what ships is sound, and bad tables get one clear answer."""

import csv
import hashlib
import re
from pathlib import Path

import numpy as np
import pytest
import yaml

from simulator.macro import Scenario, load_scenario
from simulator.macro.variables import DISASTER, MACRO_VARIABLES
from simulator.settings import BookSettings, ScenarioSettings
from simulator.validation import UserError, build
from tests import ROOT

ROOT = ROOT / "scenarios"
TABLES = ROOT / "_macro"
FILES = sorted((ROOT / "scenario").glob("*.yaml"))
NAMES = [file.stem for file in FILES]
REGIONS = BookSettings().regions
ALONE = {
    "us_history_1983_2024": 504,
    "us_history_1994_2024": 372,
    "us_history_2007_2024": 216,
    "us_history_2016_2018": 33,
    "tw_2005": 12,
}
"""Scenarios that are run alone, and the month at which their tables end."""
ADDED = ("severe_downturn", "regulatory_tightening")
"""Chinese scenarios that may be added to the set whose weights sum to one."""


def shipped(name: str) -> ScenarioSettings:
    text = (ROOT / "scenario" / f"{name}.yaml").read_text(encoding="utf-8")
    return build(f"scenario.{name}", ScenarioSettings, yaml.safe_load(text))


def load(name: str, horizon: int) -> Scenario:
    return load_scenario(name, shipped(name), horizon, REGIONS, "2026-01", [TABLES])


def settings_for(table: object, **changes: object) -> ScenarioSettings:
    values = {
        "label": "Own",
        "narrative": "A table of the user's.",
        "source": "test",
        "weight": 1.0,
        "table": str(table),
        "frequency": "monthly",
    }
    return build("scenario.own", ScenarioSettings, {**values, **changes})


def refusal(tmp_path: Path, text: str | bytes, **changes: object) -> str:
    """The one message that a table of this content gets."""
    table = tmp_path / "own.csv"
    table.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(UserError) as caught:
        load_own(table, **changes)
    return str(caught.value)


def load_own(table: Path, horizon: int = 6, **changes: object) -> Scenario:
    return load_scenario(
        "own", settings_for(table, **changes), horizon, REGIONS, "2026-01", [TABLES]
    )


def test_the_named_scenarios_ship():
    assert set(NAMES) >= {
        "baseline",
        "downturn",
        "epidemic",
        "regional_flood",
        "income_squeeze",
        *ADDED,
        "fed_2025_baseline",
        "fed_2025_severely_adverse",
        *ALONE,
    }


@pytest.mark.parametrize("file", FILES, ids=NAMES)
def test_the_header_names_the_package_of_the_file(file):
    assert file.read_text(encoding="utf-8").splitlines()[0] == f"# @package scenario.{file.stem}"


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_scenario_says_what_it_is(name):
    settings = shipped(name)
    sentences = re.findall(r"[.!?](?:\s|$)", settings.narrative)
    assert 2 <= len(sentences) <= 6
    assert "assumption" in settings.source
    assert settings.weight == 1 if name in ALONE else 0 < settings.weight < 1


@pytest.mark.parametrize("horizon", [1, 24, 60])
@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_scenario_loads_and_warns_past_its_table(name, horizon):
    scenario = load(name, horizon)
    assert scenario.horizon == horizon
    assert set(scenario.central) == set(MACRO_VARIABLES) - {DISASTER}
    for variable, path in scenario.central.items():
        assert path.shape == (horizon + 1,)
        allowed = MACRO_VARIABLES[variable]
        assert allowed.low <= path.min()
        assert path.max() <= allowed.high
    assert scenario.disaster.shape == (horizon + 1, len(REGIONS))
    others = 39 if name.startswith("fed_") else 36
    last = {**ALONE, "severe_downturn": 48}.get(name, others)
    if horizon <= last:
        assert scenario.warnings == ()
    else:
        told = f"ends at month {last} of {horizon}; from month {last + 1} on"
        assert told in scenario.warnings[0]


@pytest.mark.parametrize("name", NAMES)
def test_a_longer_horizon_changes_no_earlier_month(name):
    short, long = load(name, 24), load(name, 60)
    for variable, path in short.central.items():
        np.testing.assert_array_equal(path, long.central[variable][:25])
    np.testing.assert_array_equal(short.disaster, long.disaster[:25])


def test_weights_of_the_chinese_scenarios_sum_to_one():
    chinese = [n for n in NAMES if not n.startswith("fed_") and n not in (*ALONE, *ADDED)]
    assert sum(shipped(n).weight for n in chinese) == pytest.approx(1)


def test_scenarios_tell_the_story_of_their_narrative():
    baseline, downturn = load("baseline", 36), load("downturn", 36)
    assert np.ptp(baseline.central["unemployment_rate"]) < 0.003
    assert downturn.central["unemployment_rate"].max() == pytest.approx(0.07, abs=0.002)
    assert downturn.central["credit_supply"].min() == pytest.approx(0.75, abs=0.02)
    epidemic = load("epidemic", 36).central["epidemic"]
    waves = [t for t in range(1, 36) if epidemic[t - 1] < epidemic[t] > epidemic[t + 1]]
    assert waves == [4, 12]
    flood = load("regional_flood", 36).disaster
    np.testing.assert_array_equal(np.flatnonzero(flood.any(axis=0)), [REGIONS.index("central")])
    np.testing.assert_array_equal(np.flatnonzero(flood.any(axis=1)), [7, 8])
    squeeze = load("income_squeeze", 36).central
    assert squeeze["income_growth"].min() < -0.04
    assert squeeze["credit_supply"].min() == pytest.approx(0.1, abs=0.01)


def test_a_severe_downturn_is_deeper_and_longer_than_a_downturn():
    severe, downturn = load("severe_downturn", 48).central, load("downturn", 36).central
    rise = severe["unemployment_rate"] - severe["unemployment_rate"][0]
    assert rise.max() == pytest.approx(0.05, abs=0.002)
    assert (severe["unemployment_rate"] > 0.0705).sum() > 20
    assert (downturn["unemployment_rate"] > 0.0705).sum() < 5
    for variable, sign in (
        ("unemployment_rate", 1.0),
        ("income_growth", -1.0),
        ("inflation", -1.0),
        ("policy_rate", -1.0),
        ("credit_supply", -1.0),
        ("competitor_rate", 1.0),
        ("willingness_shift", 1.0),
    ):
        worst, milder = sign * severe[variable], sign * downturn[variable]
        assert worst.max() > milder.max()
        assert worst.argmax() >= milder.argmax() - 3
        assert worst[-1] < worst.max()


def test_a_regulatory_tightening_is_the_baseline_under_other_rules():
    found, baseline = load("regulatory_tightening", 48).central, load("baseline", 48).central
    for variable in ("unemployment_rate", "income_growth", "inflation", "policy_rate"):
        np.testing.assert_allclose(found[variable], baseline[variable], atol=1e-3)
    cap = found["rate_cap"]
    assert cap[0] == cap[1] == 0.24
    assert (np.diff(cap) <= 1e-12).all()
    np.testing.assert_allclose(cap[12:], 0.18)
    assert found["collection_allowed"].min() == pytest.approx(0.4, abs=1e-9)
    np.testing.assert_allclose(found["collection_allowed"][27:], 1.0)
    assert found["credit_supply"].min() == pytest.approx(0.25, abs=1e-9)
    assert found["credit_supply"][-1] > 0.85
    assert (found["competitor_rate"] <= cap).all()


@pytest.mark.parametrize("name", ["fed_2025_baseline", "fed_2025_severely_adverse"])
def test_fed_quarters_are_the_boards_figures(name):
    settings, scenario = shipped(name), load(name, 39)
    with (TABLES / settings.table).open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    with (TABLES / "fed_2025" / "historic_domestic.csv").open(encoding="utf-8") as file:
        before = list(csv.DictReader(file))[-1]
    assert before["Date"] == "2024 Q4"
    assert rows[0]["Date"] == "2025 Q1"
    assert scenario.start_month == "2025-01"
    for variable, column in settings.columns.items():
        path = scenario.central[variable]
        published = [float(row[column]) / 100 for row in rows]
        np.testing.assert_allclose(path[1:].reshape(-1, 3).mean(axis=1), published, atol=1e-12)
        assert path[0] == pytest.approx(float(before[column]) / 100, abs=1e-15)


def test_fed_files_are_unchanged():
    readme = (TABLES / "fed_2025" / "README.md").read_text(encoding="utf-8")
    recorded = dict(re.findall(r"`(\w+\.csv)` \| `([0-9a-f]{64})`", readme))
    files = {f.name: f.read_bytes() for f in (TABLES / "fed_2025").glob("*.csv")}
    assert recorded == {name: hashlib.sha256(raw).hexdigest() for name, raw in files.items()}


def test_a_table_of_the_users_is_read_by_its_path(tmp_path):
    table = tmp_path / "own.csv"
    table.write_text("month,unemployment_rate,disaster,disaster_west\n1,5,0.1,0.2\n2,6,0,0.3\n")
    scenario = load_own(table, horizon=2, percent=True)
    np.testing.assert_allclose(scenario.central["unemployment_rate"], [0.05, 0.05, 0.06])
    np.testing.assert_allclose(scenario.disaster[:, REGIONS.index("west")], [0.2, 0.2, 0.3])
    np.testing.assert_allclose(scenario.disaster[:, REGIONS.index("east")], [0.1, 0.1, 0.0])
    assert scenario.table_sha256 == hashlib.sha256(table.read_bytes()).hexdigest()
    assert scenario.start_month == "2026-01"


def test_with_a_mapping_only_mapped_columns_are_read(tmp_path):
    table = tmp_path / "own.csv"
    table.write_text("Jobless rate,inflation,Index\n0.06,n.a.,\n")
    scenario = load_own(table, columns={"unemployment_rate": "Jobless rate"})
    assert scenario.central["unemployment_rate"][1] == 0.06
    assert set(scenario.central["inflation"]) == {MACRO_VARIABLES["inflation"].default}


def test_the_opening_is_month_zero_in_fractions(tmp_path):
    table = tmp_path / "own.csv"
    table.write_text("unemployment_rate\n6\n7\n")
    scenario = load_own(table, percent=True, opening={"unemployment_rate": 0.04})
    np.testing.assert_allclose(scenario.central["unemployment_rate"][:3], [0.04, 0.06, 0.07])


def test_a_central_path_cannot_be_changed_by_accident():
    with pytest.raises(ValueError, match="read-only"):
        load("baseline", 3).central["inflation"][0] = 1.0


@pytest.mark.parametrize("table", ["no_such.csv", "../scenario/baseline.yaml", "a\0b", "x" * 4000])
def test_a_missing_table_names_what_ships(table):
    with pytest.raises(UserError, match=r"scenario\.own\.table: no such file; .*baseline\.csv"):
        load_scenario("own", settings_for(table), 6, REGIONS, "2026-01", [TABLES])


def test_a_folder_is_no_table(tmp_path):
    with pytest.raises(UserError, match="no such file"):
        load_own(tmp_path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "own.csv is empty"),
        ("\n\n", "own.csv is empty"),
        ("unemployment_rate\n", "own.csv has a header but no rows; it must have at least one"),
        (
            "inflation,inflation\n0,0\n",
            "own.csv needs the column inflation once; duplicate, 2 times in",
        ),
        ("month\n1\n", "must have at least one column of unemployment_rate"),
        (
            "inflation,policy_rate\n0\n",
            "own.csv: 1 row has another number of cells than the header's 2",
        ),
        (b"inflation\n\xff\xfe\x00\n", "own.csv"),
        ("unemployment\n0.05\n", "did you mean unemployment_rate?"),
        (
            "disaster_south\n0.1\n",
            "column disaster_south names no region of the book (east, central, west, northeast)",
        ),
        (
            "inflation\n0.01\nnan\nabc\n",
            "own.csv, column inflation: 2 rows have no finite number (first: line 3: nan)",
        ),
        ("inflation\n0.01\ninf\n", "1 row has no finite number (first: line 3: inf)"),
        ("inflation,policy_rate\n0.01,\n", "column policy_rate: 1 row has no finite number"),
        (
            "unemployment_rate\n0.05\n-0.01\n",
            "1 row has a number outside [0.001, 0.5] fraction (first: line 3: -0.01)",
        ),
        ("unemployment_rate\n5.2\n", "set percent: true if the table is in percent"),
        ("epidemic\n1.5\n", "outside [0, 1] share (first: line 2: 1.5)"),
    ],
)
def test_a_bad_table_gets_one_clear_answer(tmp_path, text, message):
    found = refusal(tmp_path, text)
    assert message in found
    assert "\n" not in found


def test_all_findings_of_a_table_come_at_once(tmp_path):
    found = refusal(
        tmp_path, "inflaton,unemployment_rate,epidemic\n0.01,0.9,0\n0.01,0.05,x\n"
    ).splitlines()
    assert len(found) == 3
    assert "inflation" in found[0]
    assert "unemployment_rate" in found[1]
    assert "epidemic" in found[2]


def test_many_unknown_columns_are_one_finding(tmp_path):
    found = refusal(tmp_path, "GDP,VIX,inflation\n1,2,0\n")
    assert "got GDP (also unknown: VIX)" in found
    assert "\n" not in found


def test_a_range_in_percent_is_told_in_percent(tmp_path):
    found = refusal(tmp_path, "unemployment_rate\n5\n60\n", percent=True)
    assert "outside [0.1, 50] percent (first: line 3: 60)" in found


def test_a_mapped_column_that_is_missing_is_named(tmp_path):
    found = refusal(tmp_path, "a,b\n1,2\n", columns={"inflation": "c", "jobs": "a"})
    assert "column c (for inflation) is missing; the table has a, b" in found
    assert "scenario.own.columns: key must be one of" in found


@pytest.mark.parametrize(
    ("opening", "message"),
    [
        ({"inflaton": 0.01}, "did you mean inflation?"),
        ({"policy_rate": 0.01}, "scenario.own.opening: key must be one of inflation"),
        ({"inflation": 4.1}, "scenario.own.opening.inflation must be in [-0.2, 1]"),
    ],
)
def test_a_bad_opening_is_refused(tmp_path, opening, message):
    assert message in refusal(tmp_path, "inflation\n0.01\n", opening=opening)


def test_a_table_too_long_or_too_large_is_refused(tmp_path):
    found = refusal(tmp_path, "inflation\n" + "0\n" * 1201)
    assert "own.csv must have 1 to 1,200 rows below the header; got 1,201" in found
    found = refusal(tmp_path, b"inflation\n" + b" " * 4_000_001)
    assert "own.csv must have lines of at most 1 MiB; line 2 has 3.8 MiB" in found


@pytest.mark.parametrize("month", ["2025-13", "2025", "2025-1", "soon"])
def test_a_start_month_is_a_calendar_month(month):
    with pytest.raises(UserError, match="must be a month as YYYY-MM"):
        settings_for("baseline.csv", start_month=month)
