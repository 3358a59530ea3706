"""Where the model is no match for its rival: its forecast is averaged with the last value.

The rule is fixed beforehand and looks at the first two thirds of the origins only. Averages of
forecasts that err in their own ways err less than most of them (Timmermann 2006).
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from simulator.calibrate.forecast.responses.surface import log_odds
from simulator.calibrate.forecast.rolling.coverage import ForecastError, split_origins

F8 = NDArray[np.float64]

MOST_RATIO: Final = 1.1
"""The model's error over the named rival's at ``NAMED_HORIZONS`` above which it is averaged."""
NAMED_HORIZONS: Final = (4, 12)
SHARE: Final = 0.5
"""Weight of the last value in the average, in log-odds (assumption: half and half)."""


def is_averaged(model: Sequence[ForecastError], rival: Sequence[ForecastError]) -> bool:
    """Whether the model of a series errs too much on the origins from which is learned."""
    first, _ = split_origins(model)
    own, other = (rmse([e for e in errors if e.origin in first]) for errors in (model, rival))
    return bool(own > MOST_RATIO * other)


def rmse(errors: Sequence[ForecastError]) -> float:
    """Root mean square error at ``NAMED_HORIZONS``, fraction; NaN without any."""
    low, high = NAMED_HORIZONS
    missed = [e.prediction - e.seen for e in errors if low <= e.horizon <= high]
    return float(np.sqrt(np.mean(np.square(missed)))) if missed else float("nan")


def shift_to_last(values: F8, last: float) -> F8:
    """What averaging adds to forecasts ``values`` (h,), log-odds, if the last value is ``last``."""
    shift: F8 = SHARE * (log_odds(np.full(values.size, last)) - log_odds(values))
    return shift


def shifted(shares: F8, shift: F8) -> F8:
    """``shares`` (h,) moved by ``shift`` in log-odds."""
    moved: F8 = expit(log_odds(shares) + shift)
    return moved


def averaged(model: Sequence[ForecastError], last: Sequence[ForecastError]) -> list[ForecastError]:
    """The model's forecasts averaged with the last value's, their intervals moved along."""
    known = {(e.origin, e.horizon): e.prediction for e in last}
    found = []
    for error in model:
        shift = shift_to_last(np.array([error.prediction]), known[error.origin, error.horizon])
        bounds = np.array([error.prediction, error.ci_low, error.ci_high])
        middle, low, high = (float(x) for x in shifted(bounds, np.full(3, shift[0])))
        found.append(replace(error, prediction=middle, ci_low=low, ci_high=high))
    return found
