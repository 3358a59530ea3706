"""Files of a calibration: whole or not there, and readable by whatever reads them."""

import csv
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from numpy.typing import NDArray

from simulator.calibrate.estimate.fitted import Fit
from simulator.calibrate.forecast.backtest import BacktestResult, BacktestRow
from simulator.calibrate.forecast.predict import PredictionRow
from simulator.calibrate.manifest import fit_manifest, refit_command
from simulator.calibrate.settings import CalibrationSettings
from simulator.calibrate.store import (
    FIT,
    MANIFEST_NAME,
    calibration_texts,
    parameters_yaml,
    write_texts,
    yaml_number,
)
from simulator.catalogue import catalogue, parameters_from
from simulator.cli.configuration.folders import find_folders
from simulator.cli.configuration.yaml_scan import scan
from simulator.request import ExperimentRequest
from simulator.results.run_folder import check_whole, replacing
from simulator.results.store import manifest_text
from simulator.results.table import csv_text
from simulator.settings import BookSettings, RunSettings, ScenarioSettings
from simulator.shipped import read_shipped, shipped_tables
from tests.calibrate.toy import Formulas, calibration, fitted, level, seen

F8 = NDArray[np.float64]

FREE = {"catch_up_share": {"start": 0.3}, "p_resume_monthly": {"start": 0.6}}
SLOPES = np.array([[0.5, 0.1], [-0.2, 0.4], [0.3, 0.3]])


def linear(values: Mapping[str, float]) -> F8:
    return SLOPES @ np.array([values["catch_up_share"], values["p_resume_monthly"]])


def toy() -> tuple[ExperimentRequest, CalibrationSettings, Fit]:
    settings = calibration(
        FREE,
        {"l": level()},
        label="Toy",
        story="@package hydra.run\n\nWhat it is: " + "long words " * 30,
        prediction_columns=["quarter", "item"],
    )
    values = SLOPES @ np.array([0.6, 0.35])
    fit = fitted(Formulas({"l": linear}), {"l": seen("l", values, np.eye(3) * 1e-4)}, settings)
    name = "baseline"
    scenario = ScenarioSettings.model_validate(read_shipped("scenario", name))
    request = ExperimentRequest(
        book=BookSettings(),
        book_name="cn_online",
        scenarios={name: scenario},
        policies={},
        run=RunSettings(),
        parameters=parameters_from({"tax_rate": 0.2, "catch_up_share": 0.3}),
        table_folders=(shipped_tables(),),
        overrides=("experiment=toy", "hydra.run.dir=outputs/x", "book.path='a b.csv'"),
    )
    return request, settings, fit


PREDICTIONS = (
    PredictionRow("a", ("2008Q1", "=1+1"), "2008Q1", 0.012345678, 0.01, 0.02),
    PredictionRow("a", ("2008Q2", "rate"), "2008Q2", float("nan"), 0.01, 0.02),
)
BACKTESTS = (
    BacktestResult(
        "crisis",
        tuple(
            BacktestRow("crisis", "cards", "2008Q1", 0.03, name, value, 0.01, 0.04)
            for name, value in (
                ("model", 0.031),
                ("constant", 0.02),
                ("last", 0.025),
                ("logit", float("nan")),
            )
        ),
        {"catch_up_share": 0.5},
        (),
    ),
)


def texts() -> dict[str, str]:
    request, settings, fit = toy()
    command = refit_command(request)
    return calibration_texts(request, settings, fit, PREDICTIONS, BACKTESTS, command)


def manifest() -> dict[str, object]:
    request, settings, fit = toy()
    return fit_manifest(request, settings, fit, PREDICTIONS, BACKTESTS, ("a warning",))


def told() -> dict[str, Any]:
    """The manifest as it stands in its file."""
    found: dict[str, Any] = json.loads(manifest_text(manifest()))
    return found


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_a_run_can_name_the_parameters_file(tmp_path: Path) -> None:
    request, _, fit = toy()
    text = texts()["parameters.yaml"]
    (tmp_path / "parameters").mkdir()
    (tmp_path / "parameters" / "toy.yaml").write_text(text, encoding="utf-8")
    assert scan(find_folders([str(tmp_path)]), {}) == []
    values = parameters_from(yaml.safe_load(text))
    for name, estimate in fit.estimate.items():
        assert values[name] == pytest.approx(estimate, rel=1e-5)
    changed = {name for name, value in values.items() if value != catalogue()[name].default}
    assert changed == {"tax_rate", "catch_up_share", "p_resume_monthly"}
    assert values["tax_rate"] == request.parameters["tax_rate"]


def test_head_of_the_parameters_file_tells_the_story_within_its_width() -> None:
    lines = texts()["parameters.yaml"].splitlines()
    assert lines[0] == "# Parameters found by calibration: Toy"
    assert (
        "#   python -m simulator.calibrate experiment=toy 'book.path='\"'\"'a b.csv'\"'\"''"
        in lines
    )
    assert max(len(line) for line in lines) <= 100
    entry = next(line for line in lines if line.startswith("catch_up_share: "))
    assert "# se " in entry
    assert "from the data" in entry


@pytest.mark.parametrize("value", [1e-05, 2.5e-07, 1.0, 0.0, -3e20, 123456.789, 0.1 + 0.2])
def test_every_number_reads_back_as_a_number_with_six_digits(value: float) -> None:
    found = yaml.safe_load(f"x: {yaml_number(value)}")["x"]
    assert isinstance(found, int | float)
    assert found == pytest.approx(value, rel=1e-5)


def test_a_story_cannot_leave_its_comment() -> None:
    text = parameters_yaml("a\nb: 1", "x\r\ny: 2\u2028z: 3", "c\nd: 4", {"e": (1.0, "f\ng: 5")}, {})
    assert yaml.safe_load(text) == {"e": 1.0}


def test_tables_are_in_percent_and_parameters_in_their_units() -> None:
    request, settings, fit = toy()
    found = texts()
    predictions = rows_of(found["predictions.csv"])
    assert list(predictions[0]) == ["quarter", "item", "prediction", "ci_low", "ci_high"]
    assert float(predictions[0]["prediction"]) == pytest.approx(1.23457)
    first = rows_of(found["fit.csv"])[0]
    assert float(first["observed"]) == pytest.approx(100 * fit.rows()[0].observed, rel=1e-5)
    parameter = rows_of(found["parameters.csv"])[0]
    assert float(parameter["estimate"]) == pytest.approx(fit.estimate["catch_up_share"], rel=1e-5)
    assert parameter["prior_mean"] == ""
    assert request.run.seed == told()["seed"]
    assert told()["label"] == settings.label


def test_a_spreadsheet_finds_no_formula_and_unknown_numbers_are_empty() -> None:
    predictions = rows_of(texts()["predictions.csv"])
    assert predictions[0]["item"] == "'=1+1"
    assert predictions[1]["prediction"] == ""
    assert csv_text(("a",), [("@x",), ("-1",), (-1.0,)], ".6g") == "a\n'@x\n'-1\n-1\n"


def test_a_backtest_has_one_line_a_number_with_all_rivals() -> None:
    (row,) = rows_of(texts()["backtest.csv"])
    assert row["seen"] == "3"
    assert row["model"] == "3.1"
    assert row["rival_constant"] == "2"
    assert row["rival_last_high"] == "4"
    assert row["rival_logit"] == ""


def test_manifest_is_plain_json_without_nan() -> None:
    content = told()
    logit = content["backtests"]["crisis"]["rows"][-1]
    assert logit["prediction"] is None
    scores = {score["forecaster"]: score for score in content["backtests"]["crisis"]["scores"]}
    assert scores["model"]["rmse"] == pytest.approx(0.001)
    assert "logit" not in scores
    assert content["warnings"] == ["a warning"]


def test_files_take_the_place_of_earlier_ones_together(tmp_path: Path) -> None:
    found = texts()
    for name in (*FIT.names, "evaluations.jsonl"):
        (tmp_path / name).write_text("earlier", encoding="utf-8")
    with replacing(tmp_path, FIT):
        assert (tmp_path / "fit.html").read_text(encoding="utf-8") == "earlier"
        write_texts(tmp_path, found, manifest())
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {*found, MANIFEST_NAME, "evaluations.jsonl"}
    check_whole(tmp_path, tuple(found), FIT)


def test_a_fit_that_fails_leaves_the_earlier_one(tmp_path: Path) -> None:
    (tmp_path / "fit.csv").write_text("earlier", encoding="utf-8")
    with pytest.raises(ZeroDivisionError), replacing(tmp_path, FIT):
        raise ZeroDivisionError
    assert [path.name for path in tmp_path.iterdir()] == ["fit.csv"]
