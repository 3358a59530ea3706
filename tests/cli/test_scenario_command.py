"""A user's own scenario: what may be left out, its history, its severity, and the command."""

from pathlib import Path

import numpy as np
import pytest

from simulator.cli.configuration.find_scenario import find_scenario
from simulator.cli.scenario import main
from simulator.macro import Scenario, load_scenario
from simulator.macro.severity import VariableSeverity, severity_of
from simulator.settings import ScenarioSettings
from simulator.validation import UserError, build

LINES = """\
# @package scenario.mine
label: Mine
narrative: Unemployment doubles.
table: mine.csv
"""
TABLE = "quarter,unemployment_rate\n2026 Q1,0.06\n2026 Q2,0.10\n"
HISTORY = "quarter,unemployment_rate\n" + "".join(
    f"{2020 + n // 4} Q{n % 4 + 1},{0.04 + 0.02 * (n % 2)}\n" for n in range(16)
)


def own(tmp_path: Path, table: str = TABLE, **changes: object) -> Scenario:
    (tmp_path / "mine.csv").write_text(table)
    (tmp_path / "past.csv").write_text(HISTORY)
    values = {"label": "Mine", "narrative": "Own.", "table": "mine.csv", **changes}
    settings = build("scenario.mine", ScenarioSettings, values)
    return load_scenario("mine", settings, 6, ("east",), "2026-01", [tmp_path])


def unemployment(scenario: Scenario) -> VariableSeverity:
    return next(v for v in severity_of(scenario) if v.variable == "unemployment_rate")


def mistake(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(words) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    return err


def test_label_story_and_table_are_enough(tmp_path):
    scenario = own(tmp_path)
    assert (scenario.source, scenario.weight) == ("own scenario", 1.0)
    np.testing.assert_allclose(scenario.central["unemployment_rate"][4:7].mean(), 0.10)


@pytest.mark.parametrize(
    ("table", "months"),
    [
        ("date,inflation\n2026-01,0\n2026-02,0\n", 2),
        ("date,inflation\n2026-03-31,0\n2026-06-30,0\n", 6),
        ("month,inflation\n1,0\n2,0\n", 2),
        ("quarter,inflation\n2026Q1,0\n", 3),
    ],
)
def test_the_label_column_tells_what_a_row_is(tmp_path, table, months):
    (warning,) = own(tmp_path, table).warnings if months < 6 else (f"month {months} of",)
    assert f"month {months} of" in warning


def test_rows_with_a_gap_are_refused(tmp_path):
    with pytest.raises(UserError, match="rows must follow each other by one month or by one"):
        own(tmp_path, "date,inflation\n2026-01,0\n2026-03,0\n")


def test_columns_left_out_are_named_with_their_default(tmp_path):
    (note,) = own(tmp_path).notes
    assert "income_growth 0.04" in note
    assert "unemployment_rate" not in note


def test_a_table_too_short_is_refused_when_the_scenario_asks_for_that(tmp_path):
    short = "quarter,unemployment_rate\n2026 Q1,0.06\n"
    with pytest.raises(UserError, match=r"mine.csv has 3 months, the run needs 6 .*add rows"):
        own(tmp_path, short, scenario_end="error")
    assert own(tmp_path, short).warnings
    assert own(tmp_path, scenario_end="error").warnings == ()


def test_history_is_the_rows_before_those_that_are_used(tmp_path):
    table = "quarter,unemployment_rate\n2025 Q3,0.05\n2025 Q4,\n2026 Q1,0.06\n2026 Q2,0.1\n"
    history = own(tmp_path, table, rows=["2026 Q1", "2026 Q2"]).history
    assert [str(m) for m in history.first_months] == ["2025-07", "2025-10"]
    np.testing.assert_array_equal(history.values["unemployment_rate"], [0.05, np.nan])
    assert own(tmp_path).history is None


def test_history_ends_where_the_scenario_begins(tmp_path):
    history = own(tmp_path, history="past.csv", start_month="2022-01").history
    assert str(history.first_months[-1]) == "2021-10"
    with pytest.raises(UserError, match="must have rows before 2019-01"):
        own(tmp_path, history="past.csv", start_month="2019-01")


def test_severity_counts_in_standard_deviations_of_history(tmp_path):
    found = unemployment(own(tmp_path, history="past.csv", opening={"unemployment_rate": 0.05}))
    spread = np.std([0.04, 0.06] * 8, ddof=1)
    assert (found.yardstick, found.worst_quarter, found.history_quarters) == ("history", 2, 16)
    np.testing.assert_allclose([found.mean, found.worst], [0.05, 0.10])
    np.testing.assert_allclose(found.distance, 0.05 / spread)
    np.testing.assert_allclose(found.change, 0.05)
    assert found.quantile == 1.0
    assert found.last_as_bad is None
    # History repeats itself every year: its yearly changes have no spread.
    assert found.change_distance is None


def test_the_last_quarter_as_bad_is_named(tmp_path):
    mild = "quarter,unemployment_rate\n2026 Q1,0.05\n2026 Q2,0.055\n"
    found = unemployment(own(tmp_path, mild, history="past.csv"))
    assert found.last_as_bad == "2023 Q4"
    assert found.quantile == 0.5


def test_without_history_the_models_own_spread_is_the_yardstick(tmp_path):
    deviation = {"persistence": [0.0, 0.0, 0.0, 0.0], "volatility": [0.3, 0.1, 0.1, 0.1]}
    found = unemployment(own(tmp_path, deviation=deviation))
    logits = np.log(found.worst / (1 - found.worst)) - np.log(0.05 / 0.95)
    assert (found.yardstick, found.quantile, found.last_as_bad) == ("model", None, None)
    # Without persistence a quarter is the mean of three independent months.
    np.testing.assert_allclose(found.distance, logits / (0.3 / np.sqrt(3)))


def test_the_command_shows_a_scenario_against_its_history(capsys):
    assert main(["fed_2025_severely_adverse"]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "worst quarter 2026 Q3, 10.0 %" in told
    assert "of 196 quarters of history" in told
    assert "history was last there in" in told


def test_the_command_says_that_there_is_no_history(capsys):
    assert main(["downturn", "--months", "48"]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "No history is given" in told
    assert "not of observations" in told
    assert "warning: scenario.downturn: downturn.csv ends at month 36 of 48" in told


def test_the_command_reads_a_file_of_the_users(tmp_path):
    (tmp_path / "scenario").mkdir()
    (tmp_path / "_macro").mkdir()
    (tmp_path / "scenario" / "mine.yaml").write_text(LINES)
    (tmp_path / "_macro" / "mine.csv").write_text(TABLE)
    assert find_scenario(str(tmp_path / "scenario" / "mine.yaml"), None).horizon == 6


def test_mistakes_get_one_line(tmp_path, capsys):
    file = tmp_path / "mine.yaml"
    assert "did you mean downturn?" in mistake(capsys, "downtur")
    assert "name one scenario" in mistake(capsys)
    assert "--months must be" in mistake(capsys, "downturn", "--months", "0")
    assert "no such file" in mistake(capsys, str(file))
    file.write_text(LINES.replace("Mine", "${oc.env:HOME}"))
    assert "only ${key}" in mistake(capsys, str(file))
    file.write_text(LINES.replace("label: Mine\n", ""))
    assert "scenario.mine.label" in mistake(capsys, str(file))
