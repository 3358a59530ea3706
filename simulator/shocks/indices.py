"""Levels of incomes and prices over what people are used to, and lapses of attention."""

import numpy as np
from numpy.typing import NDArray

from simulator.catalogue import Parameters
from simulator.compounding import log_monthly_growth
from simulator.elementary import exp, log1p, power
from simulator.units import MONTHS_PER_YEAR

F8 = NDArray[np.float64]


def level_index(annual_growth: F8) -> F8:
    """Level over the opening's: 1 in month 0, then compounded from month 1's growth on.

    ``annual_growth``: fractions a year, (n_draws, horizon + 1); same shape returned.
    """
    steps = log_monthly_growth(annual_growth)
    steps[:, 0] = 0.0
    level: F8 = exp(np.cumsum(steps, axis=1))
    return level


def income_index(annual_growth: F8, parameters: Parameters) -> F8:
    """Income over the opening's, or over its habit with ``spending_habit_months``; shape kept."""
    return _index(annual_growth, parameters["income_growth_trend"], parameters)


def price_index(annual_inflation: F8, parameters: Parameters) -> F8:
    """Prices over the opening's, or over their habit with ``spending_habit_months``."""
    return _index(annual_inflation, parameters["inflation_trend"], parameters)


def windfall(index: F8, parameters: Parameters) -> F8:
    """Income above its habit, of usual income; 0 without a habit, where growth is lasting."""
    if parameters["spending_habit_months"] <= 0:
        return np.zeros_like(index)
    above: F8 = np.maximum(0.0, index - 1.0)
    return above


def lapse_factor(shape: tuple[int, int], parameters: Parameters) -> F8:
    """Factor of attention lapses, (n_draws, horizon + 1): a damped trend, 1 in month 0.

    Its logarithm grows by ``lapse_trend_monthly`` at first, and by ``lapse_trend_damping`` of the
    last step in each later month.
    """
    damping = parameters["lapse_trend_damping"]
    steps = parameters["lapse_trend_monthly"] * power(damping, np.arange(shape[1] - 1))
    level = exp(np.concatenate(([0.0], np.cumsum(steps))))
    return np.broadcast_to(level, shape)


def _index(annual_growth: F8, trend: float, parameters: Parameters) -> F8:
    months = parameters["spending_habit_months"]
    if months <= 0:
        return level_index(annual_growth)
    steps = log_monthly_growth(annual_growth) - log1p(trend) / MONTHS_PER_YEAR
    kept = power(2.0, -1.0 / months)
    log_level = np.zeros_like(steps)
    for month in range(1, steps.shape[1]):
        log_level[:, month] = kept * log_level[:, month - 1] + steps[:, month]
    level: F8 = exp(log_level)
    return level
