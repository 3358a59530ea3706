"""Predictions whose outcome is not defined, and intervals of cases without rolling origins."""

import pytest

from simulator.calibrate.forecast.definitions import owner_of, with_alternatives
from simulator.calibrate.forecast.predict import PredictionRow, with_doubt
from simulator.calibrate.settings import CalibrationSettings
from simulator.validation import UserError
from tests.calibrate.toy import calibration, level

FREE = {"p_refuse_monthly": {"low": 0.001, "high": 0.1, "start": 0.01}}
FLAG = {
    "kind": "flag_by_overdue_months",
    "panel": "a",
    "window": ["2005-04", "2005-05"],
    "flag_month": "2005-05",
}
ROLLS = {"kind": "rolls", "panel": "a", "cells": ["C->2"], "months": ["2005-04"]}


def settings(moments: dict[str, object], **changes: object) -> CalibrationSettings:
    item = {"kind": "panel", "moments": moments, "or_from": [2, 3]}
    return calibration(FREE, {"level": level()}, predictions={"flag": item}, **changes)


def row(owner: str, middle: float, low: float, high: float) -> PredictionRow:
    return PredictionRow(owner, ("x",), "0", middle, low, high)


def test_every_definition_is_a_prediction_after_the_one_that_is_meant():
    found = with_alternatives(settings(FLAG)).predictions
    least = [item.moments.least_unpaid for item in found.values()]  # type: ignore[union-attr]
    assert least == [1, 2, 3]
    assert {owner_of(name) for name in found} == {"flag"}


def test_the_interval_holds_every_definition_and_the_point_is_the_one_that_is_meant():
    rows = [row("flag", 0.3, 0.25, 0.4), row("flag or from 2", 0.2, 0.15, 0.24)]
    (found,) = with_doubt(rows, settings(FLAG))
    assert (found.owner, found.prediction) == ("flag", 0.3)
    assert (found.ci_low, found.ci_high) == (0.15, 0.4)


def test_intervals_of_a_case_without_origins_are_widened_and_stay_shares():
    rows = [row("flag", 0.1, 0.02, 0.6)]
    (found,) = with_doubt(rows, settings(FLAG, widening=2.0))
    assert found.ci_low == 0.0
    assert found.ci_high == 1.0
    (plain,) = with_doubt(rows, settings(FLAG))
    assert (plain.ci_low, plain.ci_high) == pytest.approx((0.02, 0.6))


def test_other_definitions_of_what_is_no_flag_are_refused():
    with pytest.raises(UserError, match="or_from is for moments of kind flag_by_overdue_months"):
        with_alternatives(settings(ROLLS))
