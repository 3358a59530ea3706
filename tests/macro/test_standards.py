"""Lenders' standards: the joined table, how answers add up, what unemployment says of them."""

import csv
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from simulator.macro import Scenario, load_scenario
from simulator.macro.standards import accumulated, willingness_from_unemployment
from simulator.settings import ScenarioSettings, StandardsHistory
from simulator.shipped import read_shipped, shipped_tables
from simulator.validation import UserError

NAME = "us_history_1983_2024"
SURVEY = "us_bank_willingness_to_lend_1976_2024.csv"


def settings(**changes: object) -> ScenarioSettings:
    whole = ScenarioSettings.model_validate(read_shipped("scenario", NAME))
    assert whole.standards is not None
    standards = StandardsHistory.model_validate(whole.standards.model_dump() | changes)
    return whole.model_copy(update={"standards": standards})


def loaded(**changes: object) -> Scenario:
    return load_scenario(NAME, settings(**changes), 504, (), "1983-01", (shipped_tables(),))


def rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8") as source:
        return list(csv.DictReader(source))


def test_the_joined_table_is_its_two_sources_unchanged():
    folder = shipped_tables()
    joined = rows(folder / "us_history" / "us_history_1976_2024.csv")
    fed = rows(folder / "fed_2025" / "historic_domestic.csv")
    data = files("simulator.book.shipped").joinpath("data", SURVEY)
    survey = {row["quarter"]: row for row in rows(Path(str(data)))}
    assert len(joined) == len(fed) == len(survey)
    for row, source in zip(joined, fed, strict=True):
        both = source | survey[row["Date"].replace(" ", "")]
        assert {name: both[name] for name in row} == row


def test_answers_add_up_with_weights_that_halve():
    level = accumulated(np.array([1.0, 0.0, 0.0, 1.0]), 1.0)
    np.testing.assert_allclose(level, [0.5, 0.25, 0.125, 0.5625])
    assert accumulated(np.full(400, 0.3), 8.0)[-1] == pytest.approx(0.3)


def test_unemployment_says_what_a_regression_says_within_the_range_seen():
    unemployment = np.concatenate([5.0 + np.sin(np.arange(20) / 3.0), [20.0]])
    change = unemployment - np.concatenate([np.full(4, np.nan), unemployment[:-4]])
    willingness = 30.0 - 2.0 * unemployment - 5.0 * change
    found = willingness_from_unemployment(willingness, unemployment, range(20), 4)
    assert found is not None
    np.testing.assert_allclose(found[4:20], willingness[4:20])
    assert found[20] == pytest.approx(np.nanmin(willingness[4:20]))
    assert willingness_from_unemployment(willingness, unemployment, range(6), 4) is None


def test_predicted_and_actual_standards_agree_within_the_window_and_part_after_it():
    predicted = loaded(after="predicted").central["lending_standards"]
    actual = loaded(after="actual").central["lending_standards"]
    last = 12 * 25  # month 300 is December 2007
    np.testing.assert_allclose(predicted[: last - 2], actual[: last - 2], atol=0.02)
    assert np.abs(predicted[last:] - actual[last:]).max() > 0.02


def test_the_prediction_reads_no_answer_after_the_window():
    base = loaded().central["lending_standards"]
    later = loaded(half_life=8.0, after="predicted").central["lending_standards"]
    np.testing.assert_array_equal(base, later)


def test_a_window_with_too_few_answers_is_refused():
    with pytest.raises(UserError, match=r"standards\.window 1983 Q1 to 1983 Q2 has too few rows"):
        loaded(window=("1983 Q1", "1983 Q2"))


def test_a_missing_column_is_named():
    with pytest.raises(UserError, match=r"column nothing \(for standards\) is missing"):
        loaded(willingness_column="nothing")
