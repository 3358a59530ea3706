"""Where the model is no match for its rival: its forecast is averaged with a rival's.

The rule is fixed beforehand and looks at rolling origins of the window only. Averages of forecasts
that err in their own ways err less than most of them (Timmermann 2006).
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from simulator.calibrate.forecast.responses.surface import log_odds
from simulator.calibrate.forecast.rolling.coverage import ForecastError
from simulator.calibrate.forecast.rolling.forecasters import LAST, LOGIT

F8 = NDArray[np.float64]

MOST_RATIO: Final = 1.1
"""The model's error over the named rival's at ``NAMED_HORIZONS`` above which it is averaged."""
NAMED_HORIZONS: Final = (4, 12)
PARTNERS: Final = (LAST, LOGIT)
"""Rivals that it may be averaged with: what persists, and what answers to the economy."""
SHARE: Final = 0.5
"""Weight of the partner in the average, in log-odds (assumption: half and half)."""


def partner_of(errors: Mapping[str, Sequence[ForecastError]], model: str) -> str | None:
    """The rival that the forecast of a series is averaged with; None if the model stands alone.

    ``errors``: of one series by forecaster.
    """
    if not rmse(errors[model]) > MOST_RATIO * rmse(errors[LOGIT]):
        return None
    return min(PARTNERS, key=lambda name: rmse(errors[name]))


def rmse(errors: Sequence[ForecastError]) -> float:
    """Root mean square error at ``NAMED_HORIZONS``, fraction; NaN without any."""
    low, high = NAMED_HORIZONS
    missed = [e.prediction - e.seen for e in errors if low <= e.horizon <= high]
    return float(np.sqrt(np.mean(np.square(missed)))) if missed else float("nan")


def shift_to(values: F8, partner: F8) -> F8:
    """What averaging adds to forecasts ``values`` (h,), log-odds; ``partner`` (h,) the rival's."""
    shift: F8 = SHARE * (log_odds(partner) - log_odds(values))
    return shift


def shifted(shares: F8, shift: F8) -> F8:
    """``shares`` (h,) moved by ``shift`` in log-odds."""
    moved: F8 = expit(log_odds(shares) + shift)
    return moved


def averaged(
    model: Sequence[ForecastError], partner: Sequence[ForecastError]
) -> list[ForecastError]:
    """The model's forecasts averaged with a rival's, their intervals moved along."""
    known = {(e.origin, e.horizon): e.prediction for e in partner}
    found = []
    for error in model:
        other = np.array([known[error.origin, error.horizon]])
        shift = shift_to(np.array([error.prediction]), other)
        bounds = np.array([error.prediction, error.ci_low, error.ci_high])
        middle, low, high = (float(x) for x in shifted(bounds, np.full(3, shift[0])))
        found.append(replace(error, prediction=middle, ci_low=low, ci_high=high))
    return found
