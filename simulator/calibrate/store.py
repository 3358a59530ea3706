"""The files of a calibration: all of them, complete, or none of them.

Tables of moments, predictions and backtests are in percent; parameters are in their own units.
"""

import re
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from simulator.calibrate.estimate.fitted import Fit
from simulator.calibrate.forecast.backtest import MODEL, BacktestResult
from simulator.calibrate.forecast.predict import PredictionRow
from simulator.calibrate.forecast.rivals import RIVALS
from simulator.calibrate.forecast.rolling.files import SERIES_NAMES
from simulator.calibrate.settings import CalibrationSettings
from simulator.catalogue import catalogue
from simulator.request import ExperimentRequest
from simulator.results.run_folder import HASHES, NEXT, Files, commit, sha256_of
from simulator.results.store import manifest_text, write_files, writer_of
from simulator.results.table import Number, csv_text

PARAMETERS_NAME: Final = "parameters.yaml"
FIT_TABLE_NAME: Final = "fit.csv"
PARAMETER_TABLE_NAME: Final = "parameters.csv"
PREDICTIONS_NAME: Final = "predictions.csv"
BACKTEST_NAME: Final = "backtest.csv"
PAGE_NAME: Final = "fit.html"
MANIFEST_NAME: Final = "fit.json"
FIT: Final = Files(
    (
        PARAMETERS_NAME,
        FIT_TABLE_NAME,
        PARAMETER_TABLE_NAME,
        PREDICTIONS_NAME,
        BACKTEST_NAME,
        *SERIES_NAMES,
        PAGE_NAME,
    ),
    MANIFEST_NAME,
)
"""The files of a fit."""

WIDTH: Final = 100
_COLUMN_OF_REMARKS: Final = 44

_SIX_DIGITS: Final = ".6g"


def write_texts(folder: Path, texts: Mapping[str, str], manifest: Mapping[str, object]) -> None:
    """``texts`` (file name -> content), and the manifest with their hashes, replace earlier ones.

    ``folder`` is held by the caller. A ``UserError`` where it cannot be written.
    """
    following = folder / NEXT
    write_files(following, {name: writer_of(text) for name, text in texts.items()})
    hashes = {name: sha256_of(following / name) for name in texts}
    told = manifest_text({**manifest, HASHES: hashes})
    write_files(following, {MANIFEST_NAME: writer_of(told)})
    commit(folder, FIT)


def calibration_texts(
    request: ExperimentRequest,
    settings: CalibrationSettings,
    fit: Fit,
    predictions: Sequence[PredictionRow],
    backtests: Sequence[BacktestResult],
    command: str,
) -> dict[str, str]:
    """Every file but page and manifest by name; ``backtest.csv`` only where there is a backtest."""
    texts = {
        PARAMETERS_NAME: _parameters_file(request, settings, fit, command),
        FIT_TABLE_NAME: _fit_table(fit),
        PARAMETER_TABLE_NAME: _parameter_table(fit),
        PREDICTIONS_NAME: _prediction_table(settings.prediction_columns, predictions),
    }
    if backtests:
        texts[BACKTEST_NAME] = _backtest_table(backtests)
    return texts


def _parameters_file(
    request: ExperimentRequest, settings: CalibrationSettings, fit: Fit, command: str
) -> str:
    """``parameters.yaml``: fitted ones with their errors, and what else was not at its default."""
    fitted = {
        row.name: (
            row.estimate,
            f"se {row.se:.2g}; {settings.level:.0%} {row.ci_low:.4g} to {row.ci_high:.4g};"
            f" {row.information:.0%} from the data",
        )
        for row in fit.parameters()
    }
    given = {
        name: value
        for name, value in request.parameters.items()
        if name not in fitted and value != catalogue()[name].default
    }
    return parameters_yaml(settings.label, settings.story, command, fitted, given)


def _fit_table(fit: Fit) -> str:
    header = (
        "target",
        "label",
        "observed",
        "sampling_se",
        "simulated",
        "simulation_se",
        "discrepancy_sd",
        "z",
    )
    rows = [
        (
            row.target,
            row.label,
            percent(row.observed),
            percent(row.sampling_se),
            percent(row.simulated),
            percent(row.simulation_se),
            percent(row.discrepancy_sd),
            row.z,
        )
        for row in fit.rows()
    ]
    return csv_text(header, rows, _SIX_DIGITS)


def _parameter_table(fit: Fit) -> str:
    header = (
        "name",
        "start",
        "estimate",
        "se",
        "ci_low",
        "ci_high",
        "prior_mean",
        "prior_sd",
        "data_share",
    )
    rows = [
        (
            row.name,
            row.start,
            row.estimate,
            row.se,
            row.ci_low,
            row.ci_high,
            row.prior_mean,
            row.prior_sd,
            row.information,
        )
        for row in fit.parameters()
    ]
    return csv_text(header, rows, _SIX_DIGITS)


def _prediction_table(columns: Sequence[str], predictions: Sequence[PredictionRow]) -> str:
    rows: list[list[str | Number]] = [
        [*row.names, percent(row.prediction), percent(row.ci_low), percent(row.ci_high)]
        for row in predictions
    ]
    return csv_text((*columns, "prediction", "ci_low", "ci_high"), rows, _SIX_DIGITS)


def _backtest_table(backtests: Sequence[BacktestResult]) -> str:
    """A line a number seen: the model's forecast, then each rival's."""
    lines: dict[tuple[str, str, str], list[str | Number]] = {}
    for result in backtests:
        for row in result.rows:
            key = (row.backtest, row.target, row.label)
            line = lines.setdefault(key, [*key, percent(row.seen)])
            line += [percent(row.prediction), percent(row.ci_low), percent(row.ci_high)]
    bounds = ("", "_low", "_high")
    rivals = [f"rival_{name}{bound}" for name in RIVALS for bound in bounds]
    header = ("backtest", "target", "label", "seen", MODEL, "ci_low", "ci_high", *rivals)
    return csv_text(header, lines.values(), _SIX_DIGITS)


def percent(fraction: float) -> float:
    """A fraction in percent."""
    return 100.0 * fraction


def parameters_yaml(
    label: str,
    story: str,
    command: str,
    fitted: Mapping[str, tuple[float, str]],
    given: Mapping[str, float],
) -> str:
    """A file for ``configs/parameters``: every number with six significant digits.

    ``fitted``: parameter -> value and remark at its line; ``given``: parameters that the
    calibration took from its set-up, unlike the catalogue's defaults.
    """
    lines = [*_comment(f"Parameters found by calibration: {label}")]
    lines += ["#", *_comment(story)] if story.strip() else []
    lines += ["#", "# Fitted again by:", f"#   {_one_line(command)}", ""]
    for name, (value, remark) in fitted.items():
        entry = f"{name}: {yaml_number(value)}"
        lines.append(f"{entry:<{_COLUMN_OF_REMARKS}}  # {_one_line(remark)}")
    if given:
        lines += ["", "# Given, not fitted"]
        lines += [f"{name}: {yaml_number(value)}" for name, value in given.items()]
    return "\n".join(lines) + "\n"


def _comment(words: str) -> list[str]:
    """``words`` as comment lines; paragraphs stay apart."""
    lines: list[str] = []
    for paragraph in words.splitlines():
        wrapped = textwrap.wrap(_one_line(paragraph), WIDTH - 2, break_on_hyphens=False)
        lines += [f"# {line}" for line in wrapped] or ["#"]
    return lines


def _one_line(words: str) -> str:
    """``words`` without anything that could end a comment."""
    return " ".join("".join(c if c.isprintable() else " " for c in words).split())


def yaml_number(value: float) -> str:
    """``value`` with six significant digits, as every YAML reader takes for a number.

    YAML 1.1 reads ``1e-05`` as text, and ``1.0e-05`` as a number.
    """
    return re.sub(r"^(-?\d+)e", r"\1.0e", f"{value:.6g}")
