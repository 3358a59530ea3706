"""Backtests: nothing of the future enters the fit, and rivals say what they should."""

import csv
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import expit, logit

from simulator.calibrate.data.moments import Evidence, Moments
from simulator.calibrate.data.panel import Panel
from simulator.calibrate.data.series import read_series
from simulator.calibrate.estimate.fit import fit_parameters
from simulator.calibrate.estimate.fitted import Fit
from simulator.calibrate.forecast.backtest import (
    BacktestResult,
    check_backtests,
    run_backtest,
)
from simulator.calibrate.forecast.predict import PredictionRow, predict
from simulator.calibrate.forecast.rivals import cell_rival, matrix_rival, series_rivals
from simulator.calibrate.settings import CalibrationSettings, SeriesTarget, ShareTarget
from simulator.catalogue import parameters_from
from simulator.request import ExperimentRequest
from simulator.settings import BookSettings, RunSettings, ScenarioSettings
from simulator.shipped import read_shipped, shipped_tables
from simulator.validation import UserError
from tests.calibrate.toy import Silent
from tests.calibrate.toy_worlds import PanelWorlds, SeriesWorlds, chain, panel_file

F8 = NDArray[np.float64]

MONTHS = 12 * 26
FREE = {
    "catch_up_share": {"low": 0.1, "high": 0.9, "start": 0.4},
    "p_resume_monthly": {"low": 0.1, "high": 0.9, "start": 0.4},
}
FILE = "us_card_delinquency_1991_2007.csv"
SCENARIO = "us_history_1983_2024"


def rates(values: Mapping[str, float], policy: str) -> F8:
    """A level and a slow wave; what the toy knows of American cards."""
    years = np.arange(MONTHS + 1) / 12.0
    path: F8 = 0.08 * values["catch_up_share"] + 0.02 * values["p_resume_monthly"] * np.sin(years)
    return path


def settings(**backtest: str) -> CalibrationSettings:
    entry = {"fit_to": "2000", "predict_to": "2003Q4", **backtest}
    target = {
        "kind": "series",
        "measure": "overdue_rate_30",
        "path": FILE,
        "column": "card_balance_30dpd_pct",
        "span": ["1991Q1", "2007Q4"],
    }
    level = {"kind": "level", "measure": "overdue_rate_90", "value": 0.01, "sd": 0.001}
    return CalibrationSettings.model_validate(
        {
            "label": "toy",
            "free": FREE,
            "targets": {
                "cards": target,
                "late": {**level, "months": [240, 252], "source": "test"},
            },
            "prediction_columns": ["quarter"],
            "backtests": {"then": entry},
            "seeds": 1,
            "rounds": 3,
            "prediction_draws": 20,
        }
    )


def request() -> ExperimentRequest:
    scenario = ScenarioSettings.model_validate(read_shipped("scenario", SCENARIO))
    return ExperimentRequest(
        book=BookSettings(jurisdiction="us"),
        book_name="toy",
        scenarios={SCENARIO: scenario},
        policies={},
        run=RunSettings(months=MONTHS, paths=1),
        parameters=parameters_from({}),
        table_folders=(shipped_tables(),),
    )


class Refits:
    """Fits in toy worlds, and remembers to what."""

    def __init__(self) -> None:
        self.evidence: list[Evidence] = []
        self.settings: list[CalibrationSettings] = []

    def __call__(
        self, short: CalibrationSettings, evidence: Evidence
    ) -> tuple[Fit, tuple[PredictionRow, ...]]:
        self.evidence.append(evidence)
        self.settings.append(short)
        lab = SeriesWorlds(short, "1983-01", rates)
        fit = fit_parameters(lab, evidence, short, Silent())
        return fit, predict(short, fit, evidence, lab, Silent())


@pytest.fixture(scope="module")
def finished() -> tuple[BacktestResult, Refits]:
    refits = Refits()
    return run_backtest("then", request(), settings(), refits), refits


def target() -> SeriesTarget:
    found = settings().targets["cards"]
    assert isinstance(found, SeriesTarget)
    return found


def test_nothing_later_than_the_date_enters_the_fit(
    finished: tuple[BacktestResult, Refits],
) -> None:
    _, refits = finished
    (evidence,) = refits.evidence
    assert list(evidence) == ["cards"]
    assert evidence["cards"].labels[0] == "1991Q1"
    assert evidence["cards"].labels[-1] == "2000Q4"
    (short,) = refits.settings
    assert list(short.targets) == ["cards"]
    assert short.backtests == {}
    assert short.free == settings().free


def test_every_later_quarter_has_the_model_and_three_rivals_beside_what_was_seen(
    finished: tuple[BacktestResult, Refits],
) -> None:
    result, _ = finished
    series = read_series("targets.cards", target())
    seen = dict(zip(series.labels, series.values, strict=True))
    labels = [label for label in series.labels if "2001Q1" <= label <= "2003Q4"]
    assert [row.label for row in result.rows] == [label for label in labels for _ in range(4)]
    assert [row.forecaster for row in result.rows[:4]] == ["model", "constant", "last", "logit"]
    for row in result.rows:
        assert row.seen == pytest.approx(seen[row.label])
        assert row.ci_low < row.prediction < row.ci_high
    assert any("left out: late" in warning for warning in result.warnings)


def test_logit_rival_is_least_squares_on_the_quarters_of_the_scenario(
    finished: tuple[BacktestResult, Refits],
) -> None:
    """By normal equations, from the published table of the macro variables."""
    result, _ = finished
    table = shipped_tables() / "fed_2025" / "historic_domestic.csv"
    with table.open(encoding="utf-8") as file:
        published = {
            row["Date"].replace(" ", ""): float(row["Unemployment rate"]) / 100.0
            for row in csv.DictReader(file)
        }
    labels = [f"{year}Q{quarter}" for year in range(1990, 2004) for quarter in (1, 2, 3, 4)]
    jobless = np.array([published[label] for label in labels])
    design = np.column_stack([np.ones(52), jobless[4:], jobless[4:] - jobless[:-4]])
    series = read_series("targets.cards", target())
    odds = logit(series.values[:40])
    by_hand = np.linalg.solve(design[:40].T @ design[:40], design[:40].T @ odds)
    rows = [row for row in result.rows if row.forecaster == "logit"]
    assert [row.prediction for row in rows] == pytest.approx(expit(design[40:] @ by_hand), rel=1e-6)


def test_series_rivals_stand_at_the_periods_asked_for() -> None:
    values = 0.03 + 0.001 * np.cos(np.arange(40))
    labels = tuple(f"{2000 + i // 4}Q{i % 4 + 1}" for i in range(40))
    window = Moments("cards", labels, values, np.zeros((40, 40)), np.zeros(40))
    flat = dict.fromkeys(range(12 * 1999, 12 * 2013), 0.05)
    unemployment = {month: rate + 0.0001 * (month % 37) for month, rate in flat.items()}
    found = series_rivals(target(), window, ("2010Q2", "2011Q4"), unemployment, 0.9)
    every = tuple(f"{2010 + i // 4}Q{i % 4 + 1}" for i in range(8))
    whole = series_rivals(target(), window, every, unemployment, 0.9)
    for name, forecast in found.items():
        np.testing.assert_allclose(forecast.values, whole[name].values[[1, 7]])
        np.testing.assert_allclose(forecast.high, whole[name].high[[1, 7]])
    assert found["constant"].values[0] == pytest.approx(values.mean())
    assert found["last"].values[0] == values[-1]


def test_scores_are_error_bias_and_share_of_intervals_that_held(
    finished: tuple[BacktestResult, Refits],
) -> None:
    result, _ = finished
    for score in result.scores():
        rows = [row for row in result.rows if row.forecaster == score.forecaster]
        misses = [row.prediction - row.seen for row in rows]
        assert score.n == 12
        assert score.rmse == pytest.approx(np.sqrt(np.mean(np.square(misses))))
        assert score.mean_error == pytest.approx(np.mean(misses))
        held = [row.ci_low <= row.seen <= row.ci_high for row in rows]
        assert score.coverage == pytest.approx(np.mean(held))


@pytest.mark.parametrize(
    ("backtest", "message"),
    [
        ({"fit_to": "2003", "predict_to": "2001"}, "predict_to must be after fit_to; got 2001"),
        ({"fit_to": "1980"}, "no target has data both until 1980 and after it until 2003Q4"),
        ({"fit_to": "2010", "predict_to": "2011"}, "no target has data both"),
        ({"fit_to": "spring"}, "fit_to must be a date as 2008, 2008Q1 or 2008-01; got spring"),
    ],
)
def test_a_backtest_without_data_on_both_sides_is_refused(
    backtest: dict[str, str], message: str
) -> None:
    with pytest.raises(UserError, match=message):
        check_backtests(request(), settings(**backtest))


MATRIX = np.array([[0.9, 0.1, 0.0], [0.5, 0.3, 0.2], [0.1, 0.1, 0.8]])
CALENDAR = ("2005-04", "2005-05", "2005-06", "2005-07")


def test_constant_roll_matrix_applied_on_is_the_chain_that_made_the_panel() -> None:
    states = chain(MATRIX, 200_000, 5, 7)
    months = (*CALENDAR, "2005-08", "2005-09")
    panel = Panel(np.arange(200_000, dtype=np.uint64), months, states.T, ("C", "1", "2+"))
    shares = ShareTarget.model_validate(
        {"kind": "shares", "panel": "p", "states": ["1", "2+"], "months": list(months[4:])}
    )
    found = matrix_rival(panel, shares, "2005-07", 0.9)
    now = np.bincount(states[3], minlength=3) / states.shape[1]
    expected = [now @ np.linalg.matrix_power(MATRIX, steps) for steps in (1, 2)]
    error = 4.5 * np.sqrt(0.25 / 200_000)
    np.testing.assert_allclose(found.values, np.concatenate([e[1:] for e in expected]), atol=error)
    seen = np.array([(states[m] == s).mean() for m in (4, 5) for s in (1, 2)])
    assert ((found.low < seen) & (seen < found.high)).mean() >= 0.75


def test_a_cell_of_the_constant_matrix_is_the_window_pooled() -> None:
    labels = ("C->1 2005-04", "1->C 2005-04", "C->1 2005-05", "1->C 2005-05")
    values, counts = np.array([0.1, 0.5, 0.2, 0.4]), np.array([300.0, 40.0, 100.0, 60.0])
    window = Moments("rolls", labels, values, np.zeros((4, 4)), counts)
    found = cell_rival(window, ("1->C 2005-06", "C->1 2005-06"), 0.9)
    assert found.values == pytest.approx([44 / 100, 50 / 400])


def test_a_panel_is_backtested_against_its_constant_rolls(tmp_path: Path) -> None:
    def rolls(values: Mapping[str, float]) -> F8:
        matrix = MATRIX.copy()
        fall = 0.25 * values["catch_up_share"]
        matrix[0] = [1 - fall, fall, 0.0]
        return matrix

    file = panel_file(tmp_path / "p.csv", chain(MATRIX, 20_000, 3, 3), CALENDAR)
    steps = {"kind": "rolls", "panel": "cards", "cells": ["C->1"], "months": list(CALENDAR[:3])}
    shares = {"kind": "shares", "panel": "cards", "states": ["1"], "months": list(CALENDAR)}
    whole = CalibrationSettings.model_validate(
        {
            "label": "toy",
            "free": {"catch_up_share": FREE["catch_up_share"]},
            "panels": {
                "cards": {
                    "path": file,
                    "columns": {month: month for month in CALENDAR},
                    "codes": {0: 0, 1: 1, 2: 2},
                    "labels": ["C", "1", "2+"],
                }
            },
            "targets": {"rolls": steps, "shares": shares},
            "backtests": {"july": {"fit_to": "2005-06", "predict_to": "2005-07"}},
            "seeds": 2,
            "rounds": 3,
            "prediction_draws": 20,
        }
    )

    def refit(
        short: CalibrationSettings, evidence: Evidence
    ) -> tuple[Fit, tuple[PredictionRow, ...]]:
        lab = PanelWorlds(short, "2005-05", rolls, accounts=2000)
        fit = fit_parameters(lab, evidence, short, Silent())
        return fit, predict(short, fit, evidence, lab, Silent())

    result = run_backtest("july", request(), whole, refit)
    assert [(row.target, row.label) for row in result.rows[::4]] == [
        ("rolls", "C->1 2005-06"),
        ("shares", "1 2005-07"),
    ]
    model, constant = result.rows[0], result.rows[1]
    assert model.prediction == pytest.approx(0.1, abs=0.02)
    assert constant.prediction == pytest.approx(0.1, abs=0.01)
    assert constant.ci_low < model.seen < constant.ci_high
