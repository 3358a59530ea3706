"""The group ``calibration``: its keys, its kinds of targets and predictions, validated by part."""

from collections.abc import Mapping, Sequence
from typing import Final

from pydantic import BaseModel

from simulator.calibrate.estimate.parameter_transform import parameter_transform
from simulator.calibrate.settings import (
    Backtest,
    CalibrationSettings,
    CureTarget,
    FlagTarget,
    FreeParameter,
    LevelTarget,
    OutcomePrediction,
    OutcomeTarget,
    PanelPrediction,
    PanelSettings,
    RollTarget,
    SeriesPrediction,
    SeriesTarget,
    ShareTarget,
    VintageTarget,
)
from simulator.cli.configuration.names import as_mapping, check_known, check_parameter
from simulator.validation import UserError, build

PANEL_MOMENTS: Final[dict[str, type[BaseModel]]] = {
    "rolls": RollTarget,
    "shares": ShareTarget,
    "cure_by_duration": CureTarget,
    "flag_by_overdue_months": FlagTarget,
}
TARGET_KINDS: Final[dict[str, type[BaseModel]]] = {
    **PANEL_MOMENTS,
    "series": SeriesTarget,
    "level": LevelTarget,
    "vintage": VintageTarget,
    "outcome": OutcomeTarget,
}
PREDICTION_KINDS: Final[dict[str, type[BaseModel]]] = {
    "series": SeriesPrediction,
    "panel": PanelPrediction,
    "outcome": OutcomePrediction,
}
_PLAIN_PARTS: Final[dict[str, type[BaseModel]]] = {
    "free": FreeParameter,
    "panels": PanelSettings,
    "backtests": Backtest,
}
"""Parts whose entries are all of one class."""
_KINDS: Final = {"targets": TARGET_KINDS, "predictions": PREDICTION_KINDS}
"""Parts whose entries say their class by ``kind``."""


def check_calibration_key(words: Sequence[str]) -> None:
    """Refuse what cannot stand after ``calibration.`` on the command line, as far as keys tell."""
    part, *rest = words
    if part in _PLAIN_PARTS and len(rest) > 1:
        fields = _PLAIN_PARTS[part].model_fields
        check_known(f"a key of calibration.{part}.{rest[0]}", fields, rest[1])
    if part == "free" and rest:
        check_parameter("calibration.free", rest[0])


def read_calibration(values: object) -> CalibrationSettings:
    """The settings of a composed ``calibration``; a ``UserError`` tells every mistake at once."""
    config = as_mapping("calibration", values)
    mistakes: list[str] = []
    for part in (*_PLAIN_PARTS, *_KINDS):
        for name, entry in as_mapping(f"calibration.{part}", config.get(part)).items():
            try:
                _check_entry(part, name, entry)
            except UserError as error:
                mistakes.append(str(error))
    if mistakes:
        raise UserError("\n".join(mistakes))
    settings = build("calibration", CalibrationSettings, config)
    parameter_transform(settings.free)
    return settings


def _check_entry(part: str, name: str, entry: object) -> None:
    owner = f"calibration.{part}.{name}"
    content = as_mapping(owner, entry)
    model = _PLAIN_PARTS.get(part)
    if part == "free":
        check_parameter("calibration.free", name)
    if model is None:
        kinds = _KINDS[part]
        model = kinds[_kind(owner, kinds, content)]
    moments = content.get("moments")
    if model is PanelPrediction and isinstance(moments, Mapping):
        kind = _kind(f"{owner}.moments", PANEL_MOMENTS, moments)
        build(f"{owner}.moments", PANEL_MOMENTS[kind], moments)
    build(owner, model, content)


def _kind(owner: str, kinds: Mapping[str, type[BaseModel]], content: Mapping[str, object]) -> str:
    if "kind" not in content:
        raise UserError(f"{owner}.kind must be given, one of {', '.join(sorted(kinds))}")
    check_known(f"{owner}.kind", kinds, str(content["kind"]))
    return str(content["kind"])
