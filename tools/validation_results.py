"""What finished calibrations say, read from their folders, and the data behind it."""

import csv
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from simulator.calibrate.data.files import open_data
from simulator.calibrate.data.moments import Moments
from simulator.calibrate.data.targets import observed
from simulator.calibrate.estimate.fitted import ParameterRow
from simulator.calibrate.forecast.backtest import BacktestRow, BacktestScore
from simulator.calibrate.forecast.predict import PredictionRow
from simulator.calibrate.settings import CalibrationSettings, PanelPrediction, SeriesTarget, Target
from simulator.calibrate.store import MANIFEST_NAME, PARAMETERS_NAME, PREDICTIONS_NAME
from simulator.reading.columns import texts
from simulator.report.fit.data import FittedNumber
from simulator.validation import UserError
from tools import ROOT

CASES = (
    "tw_cards",
    "us_cards",
    "us_large_bank_cards",
    "us_cards_by_age",
    "lending_club",
    "cn_online_lender",
)
NAMING_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "tw_cards": ("item",),
    "us_cards": ("quarter", "relief"),
    "us_large_bank_cards": ("quarter", "item", "relief"),
    "us_cards_by_age": ("quarter", "age"),
    "lending_club": ("group",),
}
"""Columns that name a prediction, of the cases that predict."""
NUMBERS = ("prediction", "ci_low", "ci_high")
SIGNIFICANT = 4

T = TypeVar("T", FittedNumber, ParameterRow, PredictionRow, BacktestRow, BacktestScore)


@dataclass(frozen=True)
class Result:
    """A finished calibration; ``manifest`` is its fit.json. All rows are fractions."""

    case: str
    folder: Path
    manifest: Mapping[str, object]

    def part(self, name: str) -> Mapping[str, object]:
        """A mapping of the manifest."""
        found = self.manifest[name]
        assert isinstance(found, dict)
        return found

    def listed(self, name: str) -> list[str]:
        """A list of texts of the manifest."""
        found = self.manifest[name]
        assert isinstance(found, list)
        return [str(text) for text in found]

    def number(self, name: str) -> float:
        """A number of the manifest."""
        found = self.manifest[name]
        assert isinstance(found, int | float)
        return float(found)

    @cached_property
    def settings(self) -> CalibrationSettings:
        """The calibration as it was run."""
        return CalibrationSettings.model_validate(self.part("settings"))

    @cached_property
    def given(self) -> dict[str, float]:
        """Parameters that the experiment set and the calibration did not move."""
        configuration = self.part("configuration")
        assert isinstance(configuration["parameters"], dict)
        values = configuration["parameters"].items()
        return {name: float(value) for name, value in values if name not in self.settings.free}

    @cached_property
    def parameters(self) -> tuple[ParameterRow, ...]:
        return _rows(ParameterRow, self.manifest["parameters"])

    @cached_property
    def fit(self) -> tuple[FittedNumber, ...]:
        return _rows(FittedNumber, self.manifest["fit"])

    @cached_property
    def predictions(self) -> tuple[PredictionRow, ...]:
        return _rows(PredictionRow, self.manifest["predictions"])

    @cached_property
    def forecasts(self) -> tuple[BacktestRow, ...]:
        """Forecasts of all backtests beside what was seen."""
        return self._of_backtests(BacktestRow, "rows")

    @cached_property
    def scores(self) -> tuple[BacktestScore, ...]:
        """How every forecaster did on every target of every backtest."""
        return self._of_backtests(BacktestScore, "scores")

    @cached_property
    def seen(self) -> Mapping[tuple[str, str], float]:
        """What the data show of a panel's predicted numbers, by owner and label.

        Numbers of months that the panel does not have are not there.
        """
        found: dict[tuple[str, str], float] = {}
        for owner, item in self.settings.predictions.items():
            moments = _seen(self.settings, owner, item) if item.kind == "panel" else None
            if moments is not None:
                pairs = zip(moments.labels, moments.values, strict=True)
                found |= {(owner, label): float(value) for label, value in pairs}
        return found

    def of_target(self, target: str) -> tuple[FittedNumber, ...]:
        """Rows of one target."""
        return tuple(row for row in self.fit if row.target == target)

    def series(self) -> dict[str, SeriesTarget]:
        """Targets that are published series."""
        targets = self.targets().items()
        return {name: target for name, target in targets if isinstance(target, SeriesTarget)}

    def targets(self) -> dict[str, Target]:
        """Targets in the order of the calibration; a manifest sorts its names."""
        return {row.target: self.settings.targets[row.target] for row in self.fit}

    def _of_backtests(self, kind: type[T], part: str) -> tuple[T, ...]:
        found: list[T] = []
        for backtest in self.part("backtests").values():
            assert isinstance(backtest, dict)
            found += _rows(kind, backtest[part])
        return tuple(found)


def read_result(case: str, folder: Path) -> Result:
    """The calibration in ``folder``; ``UserError`` if one of its files is missing."""
    for name in (MANIFEST_NAME, PARAMETERS_NAME, PREDICTIONS_NAME):
        if not (folder / name).is_file():
            raise UserError(f"{folder / name}: no such file; is the calibration finished?")
    manifest = json.loads((folder / MANIFEST_NAME).read_text(encoding="utf-8"))
    return Result(case, folder, manifest)


def prediction_rows(result: Result, name: str = PREDICTIONS_NAME) -> list[list[str]]:
    """Header and rows of docs/validation/CASE.csv: the calibration's file ``name``, rounded.

    In percent.

    ``UserError`` for a file with other columns, or with a prediction that has no number.
    """
    columns = (*NAMING_COLUMNS[result.case], *NUMBERS)
    file = result.folder / name
    with file.open(encoding="utf-8", newline="") as stream:
        reader = csv.DictReader(stream)
        if tuple(reader.fieldnames or ()) != columns:
            raise UserError(f"{file} must have columns {','.join(columns)}")
        rows = list(reader)
    unknown = [row for row in rows if not all(row[name] for name in NUMBERS)]
    if unknown:
        first = ", ".join(unknown[0][name] for name in columns[: -len(NUMBERS)])
        raise UserError(f"{file}: {len(unknown)} predictions have no number (first: {first})")
    return [list(columns), *([_cell(name, row[name]) for name in columns] for row in rows)]


def rounded(number: float) -> str:
    """A number with four significant digits and no exponent."""
    text = f"{number:.{SIGNIFICANT}g}"
    return f"{float(text):.10f}".rstrip("0").rstrip(".") if "e" in text else text


def unemployment(result: Result) -> dict[str, float]:
    """The economy that the calibration was given, percent by quarter such as ``2008Q1``."""
    ((_, scenario),) = _mapping(result.part("configuration")["scenario"]).items()
    settings = _mapping(scenario)
    column = str(_mapping(settings["columns"])["unemployment_rate"])
    file = ROOT / "scenarios" / "_macro" / str(settings["table"])
    with file.open(encoding="utf-8", newline="") as stream:
        return {row["Date"].replace(" ", ""): float(row[column]) for row in csv.DictReader(stream)}


def columns_of(file: str, columns: Sequence[str]) -> dict[str, list[str]]:
    """Columns of a data file that the package ships; empty text where there is no cell."""
    source = open_data("validation", file)
    return {name: texts(source, name) for name in columns}


def _seen(settings: CalibrationSettings, owner: str, item: object) -> Moments | None:
    """The predicted numbers as the panel shows them; None for months that it does not have."""
    assert isinstance(item, PanelPrediction)
    try:
        return observed(settings.model_copy(update={"targets": {owner: item.moments}}))[owner]
    except UserError:
        return None


def _rows(kind: type[T], found: object) -> tuple[T, ...]:
    """Rows of a manifest as they were before they were written; null is NaN again."""
    assert isinstance(found, list)
    optional = {field.name for field in fields(kind) if "None" in str(field.type)}
    build: Callable[..., T] = kind
    return tuple(
        build(**{key: _value(value, key in optional) for key, value in row.items()})
        for row in found
    )


def _value(value: object, optional: bool) -> object:
    if value is None and not optional:
        return float("nan")
    return tuple(value) if isinstance(value, list) else value


def _cell(name: str, text: str) -> str:
    return rounded(float(text)) if name in NUMBERS else text


def _mapping(found: object) -> Mapping[str, object]:
    assert isinstance(found, dict)
    return found
