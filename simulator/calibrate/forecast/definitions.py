"""Predictions whose outcome is not defined: the same numbers under other definitions."""

from typing import Final

from simulator.calibrate.settings import CalibrationSettings, FlagTarget, PanelPrediction
from simulator.validation import UserError

_MARK: Final = " or from "


def with_alternatives(settings: CalibrationSettings) -> CalibrationSettings:
    """``settings`` with a prediction of its own for every other definition of a flag.

    Each follows the one that it belongs to. ``UserError`` for other definitions of what is no flag.
    """
    found = {}
    for owner, item in settings.predictions.items():
        found[owner] = item
        others = item.or_from if isinstance(item, PanelPrediction) else ()
        if not others:
            continue
        assert isinstance(item, PanelPrediction)
        if not isinstance(item.moments, FlagTarget):
            raise UserError(
                f"calibration.predictions.{owner}.or_from is for moments of kind"
                f" flag_by_overdue_months; got {item.moments.kind}"
            )
        for least in others:
            moments = item.moments.model_copy(update={"least_unpaid": least})
            found[f"{owner}{_MARK}{least}"] = item.model_copy(update={"moments": moments})
    return settings.model_copy(update={"predictions": found})


def owner_of(name: str) -> str:
    """The prediction that ``name`` is another definition of; itself if it is none."""
    return name.partition(_MARK)[0]
