"""Errors of a VAR on a history, and the monthly deviation that has them."""

import numpy as np
import pytest

from simulator.elementary import logistic
from simulator.macro.forecast_errors import (
    EPIDEMIC_WEIGHT,
    HORIZONS,
    ForecastErrors,
    _quarter_sd,
    deviation_of,
    forecast_errors,
)
from simulator.macro.history import MacroHistory
from simulator.settings import ScenarioSettings
from simulator.shipped import read_shipped
from tools.volatility import fed_deviation


def history(values: dict[str, np.ndarray], first: str = "1900-01") -> MacroHistory:
    size = len(values["inflation"])
    months = np.datetime64(first, "M") + 3 * np.arange(size)
    return MacroHistory("toy", months, 3, values)


def toy(seed: int, size: int = 4000, jump: int | None = None) -> MacroHistory:
    """Four independent autoregressions of known errors."""
    rng = np.random.default_rng(seed)
    kept, sd = np.array([0.9, 0.8, 0.5, 0.0]), np.array([0.06, 0.1, 0.02, 0.01])
    z = np.zeros((size, 4))
    for t in range(1, size):
        z[t] = kept * z[t - 1] + sd * rng.standard_normal(4)
    if jump is not None:
        z[jump:, 0] += 3.0 * 0.9 ** np.arange(size - jump)
    return history(
        {
            "unemployment_rate": logistic(-2.9 + z[:, 0]),
            "policy_rate": logistic(-3.0 + z[:, 1]),
            "income_growth": 0.04 + z[:, 2],
            "inflation": 0.02 + z[:, 3],
        }
    )


def test_errors_of_known_autoregressions_are_found_at_every_horizon():
    found = forecast_errors(toy(1))
    kept, sd = np.array([0.9, 0.8, 0.5, 0.0]), np.array([0.06, 0.1, 0.02, 0.01])
    steps = np.arange(HORIZONS)[:, None]
    truth = sd * np.sqrt(np.cumsum(kept ** (2 * steps), axis=0))
    np.testing.assert_allclose(found.sd, truth, rtol=0.06)
    assert np.abs(found.correlation - np.eye(4)).max() < 0.06


def test_quarters_of_the_epidemic_hardly_count():
    size, place = 520, 482  # 2020 Q2 of a history that begins in 1900
    plain, jumped = (forecast_errors(toy(2, size, jump)).sd[0, 0] for jump in (None, place))
    full = np.sqrt(plain**2 + 3.0**2 / size)
    assert plain < jumped < plain + 0.6 * (full - plain)
    assert EPIDEMIC_WEIGHT < 0.5


def test_the_monthly_deviation_has_the_errors_that_it_was_made_from():
    wanted = np.stack([_quarter_sd(p, v) for p, v in ((0.95, 0.05), (0.6, 0.02))], axis=1)
    errors = ForecastErrors(np.hstack([wanted, wanted]), np.eye(4), 100)
    found = deviation_of(errors)
    assert found.persistence == pytest.approx((0.95, 0.6, 0.95, 0.6), abs=0.01)
    assert found.volatility == pytest.approx((0.05, 0.02, 0.05, 0.02), rel=0.02)


@pytest.mark.parametrize("name", ["fed_2025_baseline", "fed_2025_severely_adverse"])
def test_the_feds_scenarios_deviate_as_the_history_says(name):
    shipped = ScenarioSettings.model_validate(read_shipped("scenario", name)).deviation
    found = fed_deviation()
    assert shipped.persistence == found.persistence
    assert shipped.volatility == found.volatility
    assert shipped.correlation == found.correlation
