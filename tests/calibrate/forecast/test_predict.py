"""Predictions against closed forms, and their coverage where the truth is known."""

import math
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import expit, logit

from simulator.calibrate.data.targets import observed
from simulator.calibrate.estimate.fit import fit_parameters
from simulator.calibrate.estimate.fitted import Fit
from simulator.calibrate.forecast.predict import PredictionRow, predict, rehearse
from simulator.calibrate.settings import CalibrationSettings
from simulator.validation import UserError
from tests.calibrate.toy import Silent
from tests.calibrate.toy_worlds import (
    PanelWorlds,
    SeriesWorlds,
    chain,
    panel_file,
    series_file,
)

F8 = NDArray[np.float64]

WINDOW, AHEAD = 40, 8
HORIZON = 3 * (WINDOW + AHEAD)
WAVE = np.sin(np.arange(HORIZON + 1) / 11.0)
FREE = {
    "catch_up_share": {"low": 0.2, "high": 0.8, "start": 0.5},
    "p_resume_monthly": {"low": 0.1, "high": 0.9, "start": 0.5},
}
START = {"catch_up_share": 0.5, "p_resume_monthly": 0.5}


def rates(values: Mapping[str, float], policy: str) -> F8:
    level, swing = values["catch_up_share"], values["p_resume_monthly"]
    relief = 0.8 if policy == "relief" else 1.0
    path: F8 = 0.1 * level + 0.02 * swing * WAVE
    path[3 * WINDOW + 1 :] *= relief
    return path


def quarters(path: F8) -> F8:
    """The last month end of each quarter."""
    return path[3::3]


def ask(first: str = "2010Q1", last: str = "2011Q4") -> dict[str, object]:
    return {"kind": "series", "target": "cards", "span": [first, last]}


def series_settings(file: str, **changes: object) -> CalibrationSettings:
    target = {
        "kind": "series",
        "measure": "overdue_rate_30",
        "path": file,
        "column": "rate",
        "span": ["2000Q1", "2009Q4"],
    }
    base: dict[str, object] = {
        "label": "toy",
        "free": FREE,
        "targets": {"cards": target},
        "predictions": {"next": ask()},
        "prediction_columns": ["quarter"],
        "seeds": 1,
        "rounds": 4,
        "prediction_draws": 20,
    }
    return CalibrationSettings.model_validate(base | changes)


def predicted(
    settings: CalibrationSettings, luck: float = 0.0
) -> tuple[tuple[PredictionRow, ...], SeriesWorlds, Fit]:
    lab = SeriesWorlds(settings, "2000-01", rates, luck)
    evidence = observed(settings)
    fit = fit_parameters(lab, evidence, settings, Silent())
    return predict(settings, fit, evidence, lab, Silent()), lab, fit


def persistent_noise(rng: np.random.Generator, n: int, sd: float, persistence: float) -> F8:
    noise = np.empty(n)
    noise[0] = sd * rng.standard_normal()
    for i in range(1, n):
        step = sd * math.sqrt(1 - persistence**2) * rng.standard_normal()
        noise[i] = persistence * noise[i - 1] + step
    return noise


TRUTH = {"catch_up_share": 0.45, "p_resume_monthly": 0.6}


def test_a_model_without_error_predicts_the_truth_within_its_narrow_interval(
    tmp_path: Path,
) -> None:
    truth = quarters(rates(TRUTH, "status_quo"))
    file = series_file(tmp_path / "x.csv", 2000, truth[:WINDOW])
    rows, _, _ = predicted(series_settings(file))
    assert [row.names for row in rows][:2] == [("2010Q1",), ("2010Q2",)]
    assert len(rows) == AHEAD
    for row, value in zip(rows, truth[WINDOW:], strict=True):
        assert row.prediction == pytest.approx(value, abs=2e-4)
        assert row.ci_low <= value <= row.ci_high
        assert row.ci_high - row.ci_low < 2e-3


def test_intervals_cover_what_comes_about_as_often_as_they_say(tmp_path: Path) -> None:
    """Discrepancy, luck and parameters all unknown; coverage as the issue asks, 80 to 97 %."""
    rng = np.random.default_rng(8)
    held = []
    for repeat in range(24):
        true = {name: float(rng.uniform(0.35, 0.65)) for name in FREE}
        clean = quarters(rates(true, "status_quo"))
        seen = clean + persistent_noise(rng, clean.size, 0.004, 0.8)
        file = series_file(tmp_path / f"{repeat}.csv", 2000, seen[:WINDOW])
        rows, _, _ = predicted(series_settings(file), luck=0.0005)
        held.append([r.ci_low <= v <= r.ci_high for r, v in zip(rows, seen[WINDOW:], strict=True)])
    assert 0.80 <= np.mean(held) <= 0.97


def test_a_deviation_carries_over_and_fades(tmp_path: Path) -> None:
    rng = np.random.default_rng(9)
    truth = quarters(rates(TRUTH, "status_quo"))
    seen = truth[:WINDOW] + persistent_noise(rng, WINDOW, 0.004, 0.9)
    file = series_file(tmp_path / "x.csv", 2000, seen)
    rows, lab, fit = predicted(series_settings(file))
    last = quarters(lab.rates(fit.estimate, "status_quo"))
    deviation = seen[-1] - last[WINDOW - 1]
    carried = [row.prediction - last[WINDOW + i] for i, row in enumerate(rows)]
    # Parameters are drawn: a mean over twenty draws errs by a fifth of its interval's half width.
    error = (rows[-1].ci_high - rows[-1].ci_low) / 8
    assert carried[0] == pytest.approx(0.9 * deviation, abs=error + 0.35 * abs(deviation))
    assert abs(carried[-1]) < abs(carried[0]) + error
    widths = [row.ci_high - row.ci_low for row in rows]
    assert widths[0] < widths[-1]


def test_two_policies_share_draws_worlds_and_noise(tmp_path: Path) -> None:
    rng = np.random.default_rng(10)
    truth = quarters(rates(TRUTH, "status_quo"))
    seen = truth[:WINDOW] + persistent_noise(rng, WINDOW, 0.003, 0.7)
    file = series_file(tmp_path / "x.csv", 2000, seen)
    settings = series_settings(
        file,
        predictions={
            "without": {**ask(), "label": "none"},
            "with": {**ask(), "label": "programme", "policy": "relief"},
            "again": {**ask(), "label": "none"},
        },
        prediction_columns=["quarter", "item", "relief"],
    )
    rows, lab, fit = predicted(settings, luck=0.001)
    by_owner = {owner: [r for r in rows if r.owner == owner] for owner in settings.predictions}
    assert by_owner["without"][0].names == ("2010Q1", "rate", "none")
    assert by_owner["with"][0].names == ("2010Q1", "rate", "programme")
    same = [(r.prediction, r.ci_low, r.ci_high) for r in by_owner["again"]]
    assert same == [(r.prediction, r.ci_low, r.ci_high) for r in by_owner["without"]]
    draws = fit.draws(settings.prediction_draws, lab.seed_of(0))
    expected = np.mean(
        [0.2 * quarters(rates(values, "status_quo"))[WINDOW:] for values in draws], axis=0
    )
    saved = [
        a.prediction - b.prediction
        for a, b in zip(by_owner["without"], by_owner["with"], strict=True)
    ]
    np.testing.assert_allclose(saved, expected, rtol=1e-9)


def test_side_by_side_draws_give_the_same_predictions(tmp_path: Path) -> None:
    truth = quarters(rates(TRUTH, "status_quo"))
    settings = series_settings(series_file(tmp_path / "x.csv", 2000, truth[:WINDOW]))
    rows, lab, fit = predicted(settings, luck=0.001)
    evidence = observed(settings)
    assert predict(settings, fit, evidence, lab, Silent(), workers=2) == rows


def test_worlds_of_predictions_saw_no_fit(tmp_path: Path) -> None:
    truth = quarters(rates(TRUTH, "status_quo"))
    settings = series_settings(series_file(tmp_path / "x.csv", 2000, truth[:WINDOW]))
    rows, lab, fit = predicted(settings)
    fitted = {lab.seed_of(k) for k in range(settings.seeds)}
    drawn = [seed for _, seed, _ in lab.asked if seed not in fitted]
    assert len(set(drawn)) == settings.prediction_draws
    assert len(rows) == AHEAD
    assert fit.evaluations > 0


def test_rates_are_never_predicted_below_zero(tmp_path: Path) -> None:
    rng = np.random.default_rng(11)
    seen = np.abs(0.0005 + 0.01 * persistent_noise(rng, WINDOW, 1.0, 0.5))
    file = series_file(tmp_path / "x.csv", 2000, seen)
    rows, _, _ = predicted(series_settings(file))
    assert min(row.ci_low for row in rows) >= 0.0


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {
                "predictions": {
                    "n": {"kind": "series", "target": "cards", "span": ["2009Q4", "2010Q2"]}
                }
            },
            r"predictions.n.span must begin after the data of targets.cards end \(2009Q4\)",
        ),
        (
            {"prediction_columns": ["quarter", "grade"]},
            "prediction_columns must be among quarter, .*; got grade",
        ),
        (
            {"predictions": {"n": {"kind": "outcome", "target": "cards"}}},
            "predictions.n.target must name a target of kind outcome; got cards, of kind series",
        ),
        (
            {
                "predictions": {
                    "n": {"kind": "series", "target": "cards", "span": ["2010Q1", "2030Q1"]}
                }
            },
            "the run covers",
        ),
    ],
)
def test_what_cannot_be_predicted_is_told_before_the_fit(
    tmp_path: Path, changes: dict[str, object], message: str
) -> None:
    truth = quarters(rates(TRUTH, "status_quo"))
    file = series_file(tmp_path / "x.csv", 2000, truth[:WINDOW])
    settings = series_settings(file, **changes)
    lab = SeriesWorlds(settings, "2000-01", rates)
    with pytest.raises(UserError, match=message):
        rehearse(settings, observed(settings), lab, START)


MONTHS = ("2005-04", "2005-05", "2005-06", "2005-07", "2005-08")


def rolls(values: Mapping[str, float], extra: float = 0.0) -> F8:
    """Steps between current, one and two or more unpaid; ``extra`` moves C->1 in log-odds."""
    fall = float(expit(logit(0.3 * values["catch_up_share"]) + extra))
    cure = values["p_resume_monthly"]
    return np.array(
        [[1 - fall, fall, 0.0], [cure, 0.6 * (1 - cure), 0.4 * (1 - cure)], [0.1, 0.1, 0.8]]
    )


def panel_settings(
    tmp_path: Path, states: NDArray[np.int16], like: str | None
) -> CalibrationSettings:
    file = panel_file(tmp_path / "panel.csv", states, MONTHS[:4])
    panel = {
        "path": file,
        "columns": {month: month for month in MONTHS[:4]},
        "codes": {0: 0, 1: 1, 2: 2},
        "labels": ["C", "1", "2+"],
    }
    cells = ["C->1", "1->C", "1->2+"]
    target = {"kind": "rolls", "panel": "cards", "cells": cells, "months": list(MONTHS[:3])}
    later = {**target, "months": [MONTHS[3]]}
    return CalibrationSettings.model_validate(
        {
            "label": "toy",
            "free": FREE,
            "panels": {"cards": panel},
            "targets": {"rolls": target},
            "predictions": {
                "later": {"kind": "panel", "moments": later, "like": like, "prefix": "July "}
            },
            "seeds": 2,
            "rounds": 4,
            "prediction_draws": 40,
        }
    )


def test_interval_of_a_panel_holds_the_sampling_of_a_panel_of_that_size(tmp_path: Path) -> None:
    settings = panel_settings(tmp_path, chain(rolls(TRUTH), 30_000, 3, 3), None)
    lab = PanelWorlds(settings, "2005-05", rolls, accounts=400)
    evidence = observed(settings)
    fit = fit_parameters(lab, evidence, settings, Silent())
    rows = predict(settings, fit, evidence, lab, Silent())
    world = lab.observe(TRUTH, 1)
    assert world.unpaid is not None
    at_risk = (world.unpaid[3] == 0).sum()
    share = rolls(TRUTH)[0, 1]
    error = math.sqrt(share * (1 - share) / at_risk)
    first = rows[0]
    assert first.names == ("July C->1 2005-07",)
    half = (first.ci_high - first.ci_low) / 2
    # The width of an interval from 40 draws errs by about a sixth; parameters add to sampling.
    parameters = float(np.std([rolls(v)[0, 1] for v in fit.draws(200, 1)]))
    expected = 1.645 * math.hypot(error, parameters)
    assert expected * 0.5 < half < expected * 1.6
    assert abs(first.prediction - share) < 4 * math.hypot(error / math.sqrt(40), parameters)


def test_deviation_of_a_cell_carries_over_to_cells_like_it(tmp_path: Path) -> None:
    """The truth's cures differ from what the model can do: its roll 1->2+ follows from 1->C."""

    def other(values: Mapping[str, float]) -> F8:
        matrix = rolls(values)
        cure = values["p_resume_monthly"]
        matrix[1] = [cure, 0.3 * (1 - cure), 0.7 * (1 - cure)]
        return matrix

    settings = panel_settings(tmp_path, chain(other(TRUTH), 60_000, 3, 4), "rolls")
    lab = PanelWorlds(settings, "2005-05", partial(rolls), accounts=2000)
    evidence = observed(settings)
    fit = fit_parameters(lab, evidence, settings, Silent())
    with_it = predict(settings, fit, evidence, lab, Silent())
    changed = {"later": settings.predictions["later"].model_copy(update={"like": None})}
    without = predict(
        settings.model_copy(update={"predictions": changed}), fit, evidence, lab, Silent()
    )
    truth = other(TRUTH)[1, 2]
    model = without[2].prediction
    assert abs(model - truth) > 0.04
    assert abs(with_it[2].prediction - truth) < 0.35 * abs(model - truth)
    assert with_it[2].ci_low < truth < with_it[2].ci_high
