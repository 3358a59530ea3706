"""A scenario made milder or more severe: its distance from a baseline, multiplied.

Equations: docs/model.md, section 2.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulator.elementary import log_odds, logistic, power
from simulator.macro.variables import variable_of

F8 = NDArray[np.float64]

LEAST_RATE: Final = 1e-4
"""Stands for a rate of 0 or below it, which has no logit: a hundredth of a percent (assumption)."""


def scaled(column: str, path: F8, baseline: F8, severity: float) -> F8:
    """``path`` of one macro column at ``severity`` times its distance from ``baseline``.

    Parameters
    ----------
    column : str
        Name of the macro column.
    path, baseline : array, (months,)
        In the column's unit, month 0 first.
    severity : float
        0 gives the baseline, 1 the path, both to the bit.

    Returns
    -------
    array, (months,)
        Within the variable's range. Variables between 0 and 1 move on the logit scale, those whose
        baseline is 0 or 1 by the logarithm of what is left of them: no value leaves (0, 1). A cap
        on rates moves in proportion, others in their unit.
    """
    if severity in (0.0, 1.0):
        return path if severity else baseline
    variable = variable_of(column)
    if variable.low >= 0.0 and variable.high <= 1.0:
        found = _scaled_share(path, baseline, severity)
    elif column == "rate_cap":
        # Without a cap in the baseline there is no distance: the scenario's own opening stands in.
        legal = np.minimum(baseline, path[0])
        found = legal * power(path / np.maximum(legal, LEAST_RATE), severity)
    elif column == "unemployment_weeks":
        known = (path > 0.0) & (baseline > 0.0)
        found = np.where(known, baseline + severity * (path - baseline), path)
    else:
        found = baseline + severity * (path - baseline)
    return np.asarray(np.clip(found, variable.low, variable.high), dtype=np.float64)


def _scaled_share(path: F8, baseline: F8, severity: float) -> F8:
    """The same of numbers in [0, 1]."""
    inside = [np.clip(values, LEAST_RATE, 1.0 - LEAST_RATE) for values in (path, baseline)]
    from_here, to_here = log_odds(inside[1]), log_odds(inside[0])
    between = logistic(from_here + severity * (to_here - from_here))
    from_full = power(path, severity)
    from_none = 1.0 - power(1.0 - path, severity)
    return np.select(
        [baseline == 1.0, baseline == 0.0, path == baseline], [from_full, from_none, path], between
    )
