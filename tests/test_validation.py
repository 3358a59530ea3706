"""What the six cases publish is complete, in its form, and the same on page and in files."""

import csv
import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
import yaml

from benchmarks.case import ROOT
from simulator.calibrate.data.targets import observed
from simulator.calibrate.forecast.rolling.files import SPANS
from simulator.calibrate.forecast.rolling.forecasters import RIVALS
from simulator.calibrate.forecast.rolling.origins import MODEL, PUBLISHED
from simulator.calibrate.settings import CalibrationSettings, SeriesPrediction
from simulator.catalogue import parameters_from
from simulator.cli.run import main as run
from simulator.validation import UserError
from tools.validation import main, publish
from tools.validation_plots import draw
from tools.validation_results import (
    CASES,
    NAMING_COLUMNS,
    Result,
    prediction_rows,
    read_result,
    rounded,
)
from tools.validation_tables import BLOCKS, blocks_of, fill, prediction_table

DOCS = ROOT / "docs"
PAGE = DOCS / "validation.md"
ITEMS = ("balance_30dpd_pct", "balance_60dpd_pct", "net_charge_off_annualised_pct")
BACKTESTED = ("tw_cards",)
ROLLED = ("us_cards", "us_large_bank_cards", "us_cards_by_age")
"""Cases of series: forecasts from every origin in place of single backtests."""
AGES = ("age_18_29", "age_30_39", "age_40_49", "age_50_59", "age_60_69", "age_70_up", "all_ages")
GIVEN = ("us_cards", "us_large_bank_cards")


def _quarters(first: int, last: int) -> list[str]:
    return [f"{year}Q{quarter}" for year in range(first, last + 1) for quarter in (1, 2, 3, 4)]


def _table(case: str) -> list[list[str]]:
    text = (DOCS / "validation" / f"{case}.csv").read_text(encoding="utf-8")
    assert '"' not in text
    assert ", " not in text
    return list(csv.reader(text.splitlines()))


def _names(case: str) -> list[tuple[str, ...]]:
    width = len(NAMING_COLUMNS[case])
    return [tuple(row[:width]) for row in _table(case)[1:]]


def _parameters(case: str) -> dict[str, float]:
    file = ROOT / "configs" / "parameters" / f"{case}.yaml"
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    assert isinstance(content, dict)
    return content


def _settings(case: str) -> CalibrationSettings:
    file = ROOT / "configs" / "calibration" / f"{case}.yaml"
    return CalibrationSettings.model_validate(yaml.safe_load(file.read_text(encoding="utf-8")))


# --- what is shipped -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("case", "header"),
    [
        ("tw_cards", "item,prediction,ci_low,ci_high"),
        ("us_cards", "quarter,relief,prediction,ci_low,ci_high"),
        ("us_large_bank_cards", "quarter,item,relief,prediction,ci_low,ci_high"),
        ("us_cards_by_age", "quarter,age,prediction,ci_low,ci_high"),
        ("lending_club", "group,prediction,ci_low,ci_high"),
    ],
)
def test_a_file_of_predictions_has_its_columns(case: str, header: str) -> None:
    assert ",".join(_table(case)[0]) == header


@pytest.mark.parametrize("case", NAMING_COLUMNS)
def test_every_prediction_is_a_percentage_within_its_interval(case: str) -> None:
    for row in _table(case)[1:]:
        middle, low, high = (float(cell) for cell in row[-3:])
        assert 0.0 <= low <= middle <= high <= 100.0, row
        assert low < high, row


def test_the_crisis_is_predicted_in_each_of_its_quarters() -> None:
    none = [(quarter, "none") for quarter in _quarters(2008, 2024)]
    assert _names("us_cards") == none + [(q, "programme") for q in _quarters(2020, 2024)]


def test_every_age_is_predicted_in_the_crisis_and_lately() -> None:
    quarters = [*_quarters(2008, 2012), *_quarters(2022, 2024)]
    assert sorted(_names("us_cards_by_age")) == sorted((q, age) for q in quarters for age in AGES)


def test_the_pandemic_is_predicted_for_every_quarter_item_and_relief() -> None:
    wanted = {
        (quarter, item, relief)
        for quarter in _quarters(2020, 2024)
        for item in ITEMS
        for relief in ("none", "programme")
    }
    names = _names("us_large_bank_cards")
    assert set(names) == wanted
    assert len(names) == len(wanted) == 120


def test_every_grade_and_term_is_predicted() -> None:
    assert sorted(_names("lending_club")) == [(g,) for g in sorted([*"ABCDEFG", "36", "60"])]


def test_every_item_of_the_cards_is_predicted() -> None:
    cells = ("C->2", "2->C", "2->3", "3->4+")
    items = [name for (name,) in _names("tw_cards")]
    assert len(set(items)) == len(items) == 4 + 4 + 2 + 4
    for months in ("April-July", "July-August"):
        assert [item for item in items if item.startswith(f"{months} ")] == [
            f"{months} {cell}" for cell in cells
        ]
    assert [item[-1] for item in items if "cure" in item] == ["1", "2"]
    assert [item.split()[-1] for item in items if "October" in item] == ["0", "1", "2", "3+"]


@pytest.mark.parametrize("case", CASES)
def test_fitted_parameters_can_be_named_by_any_run(case: str) -> None:
    values = _parameters(case)
    parameters_from(values)
    assert set(_settings(case).free) <= set(values)


@pytest.mark.parametrize("case", CASES)
def test_fitted_parameters_say_the_command_that_finds_them_again(case: str) -> None:
    text = (ROOT / "configs" / "parameters" / f"{case}.yaml").read_text(encoding="utf-8")
    assert f"#   python -m simulator.calibrate experiment={case}\n" in text
    assert f"python -m simulator.calibrate experiment={case} " in PAGE.read_text(encoding="utf-8")


@pytest.mark.parametrize("case", CASES)
def test_a_case_is_run_with_its_fitted_parameters(
    case: str, capsys: pytest.CaptureFixture[str]
) -> None:
    values = _parameters(case)
    assert run([f"experiment={case}", f"parameters={case}", "--cfg", "job"]) == 0
    shown = yaml.safe_load(capsys.readouterr().out)["parameters"]
    for name in _settings(case).free:
        assert shown[name] == values[name]


def test_the_page_names_every_file_and_plot_and_they_are_there() -> None:
    page = PAGE.read_text(encoding="utf-8")
    named = set(re.findall(r"\]\(validation/([^)]+)\)", page))
    files = [f"{case}.svg" for case in CASES]
    files += [f"{case}_given_standards.csv" for case in GIVEN]
    files += [*(f"{case}.csv" for case in NAMING_COLUMNS), "us_cards_by_age_act_kept.csv"]
    assert named == set(files)
    assert {file.name for file in (DOCS / "validation").iterdir()} == named


@pytest.mark.parametrize("case", CASES)
def test_every_block_of_the_page_is_filled(case: str) -> None:
    page = PAGE.read_text(encoding="utf-8")
    blocks = blocks_of(page, case)
    assert {"parameters", "fit", "warnings", "time"} <= set(blocks)
    assert ("predictions" in blocks) == (case in NAMING_COLUMNS)
    assert ({"rolling", "reliability", "recovery"} <= set(blocks)) == (case in ROLLED)
    assert ("backtests" in blocks) == (case in BACKTESTED) == bool(_settings(case).backtests)
    for block in blocks:
        between = page.split(f"<!-- begin {case}:{block} -->")[1]
        assert between.split(f"<!-- end {case}:{block} -->")[0].strip(), block


@pytest.mark.parametrize(
    "case", ["us_cards", "us_large_bank_cards", "us_cards_by_age", "lending_club"]
)
def test_the_page_shows_the_predictions_of_the_file(case: str) -> None:
    assert prediction_table(_table(case)) in PAGE.read_text(encoding="utf-8")


def test_the_page_shows_every_prediction_of_the_cards() -> None:
    page = PAGE.read_text(encoding="utf-8")
    lines = prediction_table(_table("tw_cards")).splitlines()[2:]
    assert len(lines) == len(_table("tw_cards")) - 1
    for line in lines:
        assert line.removesuffix(" |") in page


@pytest.mark.parametrize("case", CASES)
def test_the_page_shows_the_fitted_parameters_of_the_file(case: str) -> None:
    page = PAGE.read_text(encoding="utf-8")
    values = _parameters(case)
    for name in _settings(case).free:
        (shown,) = re.findall(rf"^\| `{name}` \|[^|]*\| ([^|]*) \|[^|]*\|[^|]*\| [^|]* \| .* % \|$",
                              _block(page, case, "parameters"), re.MULTILINE)  # fmt: skip
        assert float(shown) == float(f"{values[name]:.3g}"), name


def _block(page: str, case: str, block: str) -> str:
    between = page.split(f"<!-- begin {case}:{block} -->")[1]
    return between.split(f"<!-- end {case}:{block} -->")[0]


# --- how it is made --------------------------------------------------------------------------


def _result(case: str, folder: Path) -> Result:
    """A calibration whose model says exactly what was seen, and the last value after it."""
    settings = _settings(case)
    fit = [
        {"target": name, "label": label, "observed": float(value), "sampling_se": 0.001,
         "simulated": float(value), "simulation_se": 0.001, "discrepancy_sd": 0.002, "z": 0.0}
        for name, seen in observed(settings).items()
        for label, value in zip(seen.labels, seen.values, strict=True)
    ]  # fmt: skip
    last = {row["target"]: row["observed"] for row in fit}
    predictions = [
        {"owner": owner, "label": quarter, "names": [quarter, item.target, item.label],
         "prediction": last[item.target], "ci_low": 0.5 * last[item.target],
         "ci_high": 2.0 * last[item.target]}
        for owner, item in settings.predictions.items()
        if isinstance(item, SeriesPrediction)
        if item.standards == "predicted"
        for quarter in _quarters(2020, 2024)
    ]  # fmt: skip
    parameters = [
        {"name": name, "scale": free.scale, "low": free.low, "high": free.high, "start": free.start,
         "estimate": free.start, "se": 0.1, "ci_low": free.low, "ci_high": free.high,
         "prior_mean": free.prior_mean, "prior_sd": free.prior_sd, "prior_source": "",
         "information": 0.5, "simulation_se": None}
        for name, free in settings.free.items()
    ]  # fmt: skip
    folder.mkdir(parents=True)
    reliability = "target,horizons,widening_tried,held_later,effective_number,held_low,held_high"
    (folder / "reliability.csv").write_text(
        f"{reliability},widening_used\nbalance_30dpd_pct,1-3,1.2,0.8,3.2,0.3,1,1.3\n", "utf-8"
    )
    relief = yaml.safe_load((ROOT / "configs/policy/us_relief_2020.yaml").read_text("utf-8"))
    manifest = {
        "settings": settings.model_dump(mode="json"),
        "configuration": {
            "parameters": {"inflation_trend": 0.025},
            "policy": {"us_relief_2020": relief},
        },
        "parameters": parameters,
        "fit": fit,
        "predictions": predictions,
        "discrepancies": {name: {"sd": 0.002, "persistence": 0.5} for name in settings.targets},
        "backtests": {},
        "series": _series(settings),
        "warnings": ["a warning"],
        "points": 10,
        "fit_seconds": 60.0,
        "run_seconds": 120.0,
    }
    (folder / "fit.json").write_text(json.dumps(manifest), encoding="utf-8")
    (folder / "parameters.yaml").write_text("inflation_trend: 0.025\n", encoding="utf-8")
    numbers = ("prediction", "ci_low", "ci_high")
    with (folder / "predictions.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*settings.prediction_columns, *numbers])
        writer.writerows([*row["names"], *(100 * row[n] for n in numbers)] for row in predictions)
    return read_result(case, folder)


def _series(settings: CalibrationSettings) -> dict[str, object]:
    """Rolling origins from which everybody errs by one point."""
    spans = {f"{first}-{last}": 0.01 for first, last in SPANS}
    series = [n for n, target in settings.targets.items() if target.kind == "series"]
    return {
        "rmse": {n: dict.fromkeys((PUBLISHED, MODEL, *RIVALS), spans) for n in series},
        "averaged_with": {series[0]: "last value"},
        "recovered": [{"world": 1, "parameter": "p_forget_mean", "z": 0.5}],
    }


@pytest.fixture
def result(tmp_path: Path) -> Result:
    return _result("us_large_bank_cards", tmp_path / "us_large_bank_cards")


def test_the_same_result_is_drawn_to_the_same_bytes(result: Result) -> None:
    first = draw(result)
    assert set(first) == {"us_large_bank_cards.svg"}
    assert first == draw(result)
    assert not any("<dc:date>" in picture for picture in first.values())


def test_publishing_writes_the_files_and_only_this_case_of_the_page(
    result: Result, tmp_path: Path
) -> None:
    root = tmp_path / "project"
    (root / "docs").mkdir(parents=True)
    (root / "configs").mkdir()
    shutil.copy(PAGE, root / "docs")
    publish(result, root)
    page = (root / "docs" / "validation.md").read_text(encoding="utf-8")
    case = result.case
    for block in blocks_of(page, case):
        assert _block(page, case, block).strip()
    for other in set(CASES) - {case}:
        for block in blocks_of(page, other):
            assert _block(page, other, block) == _block(PAGE.read_text("utf-8"), other, block)
    file = root / "docs" / "validation" / f"{case}.csv"
    with file.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.reader(stream))
    assert rows == prediction_rows(result)
    assert (root / "configs" / "parameters" / f"{case}.yaml").is_file()


def test_published_numbers_are_those_of_the_calibration(result: Result) -> None:
    rows = prediction_rows(result)[1:]
    for row, found in zip(rows, result.predictions, strict=True):
        wanted = 100 * np.array([found.prediction, found.ci_low, found.ci_high])
        np.testing.assert_allclose([float(cell) for cell in row[-3:]], wanted, rtol=5e-4)


@pytest.mark.parametrize(
    ("number", "text"),
    [(4.40354, "4.404"), (28.9575, "28.96"), (100.0, "100"), (0.0, "0"), (1.2e-05, "0.000012")],
)
def test_numbers_are_rounded_to_four_digits_without_exponent(number: float, text: str) -> None:
    assert rounded(number) == text


def test_a_page_without_a_place_for_a_table_is_refused() -> None:
    with pytest.raises(UserError, match="markers of tw_cards:fit"):
        fill("# Validation\n", "tw_cards", {"fit": "a table"})


def test_filling_twice_changes_nothing() -> None:
    page = "a\n<!-- begin tw_cards:fit -->\nold\n<!-- end tw_cards:fit -->\nb\n"
    once = fill(page, "tw_cards", {"fit": "new"})
    assert once == "a\n<!-- begin tw_cards:fit -->\n\nnew\n\n<!-- end tw_cards:fit -->\nb\n"
    assert fill(once, "tw_cards", {"fit": "new"}) == once
    assert set(blocks_of(page, "tw_cards")) <= set(BLOCKS)


def test_an_unfinished_calibration_is_one_clear_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--from", str(tmp_path), "tw_cards"]) == 1
    assert "tw_cards/fit.json: no such file" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["--from", str(tmp_path), "nowhere"])
    assert "nowhere" in capsys.readouterr().err
