"""Paths of the economy around a scenario: a vector autoregression on keyed draws.

Equations: docs/model.md, section 2.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulator.elementary import exp, log_odds, logistic, normal_quantile, power
from simulator.kernels.rng import uniforms_over_paths
from simulator.linear import cholesky
from simulator.macro.scenario import Scenario
from simulator.macro.variables import DEVIATING_VARIABLES, LOGIT_VARIABLES, MACRO_VARIABLES
from simulator.settings import MacroDeviation, RunSettings
from simulator.vocabulary import Domain, Draw

F8 = NDArray[np.float64]

_FAREST_NODE: Final = 10.0
_NODES: Final = 201
NEWTON_STEPS: Final = 12
"""Fixed, so that a month's centre never depends on the other months of the run."""


@dataclass(frozen=True, slots=True, eq=False)
class MacroPaths:
    """Draws of the economy under one scenario.

    ``by_draw``: every macro variable but disasters, arrays of shape (macro_draws, horizon + 1);
    those that do not deviate are read-only views of the central path. ``deviation``: that of
    unemployment on the logit scale, (macro_draws, horizon + 1); its expectation is 0, exactly.
    """

    scenario: Scenario
    draws_per_path: int
    by_draw: Mapping[str, F8]
    deviation: F8

    def draw_of(self, path: int) -> int:
        """The macro draw that simulation path ``path`` belongs to."""
        return path // self.draws_per_path

    def by_path(self, variable: str) -> F8:
        """One variable by simulation path, (macro_draws * draws_per_path, horizon + 1)."""
        return np.repeat(self.by_draw[variable], self.draws_per_path, axis=0)


def draw_macro_paths(scenario: Scenario, run: RunSettings) -> MacroPaths:
    """``run.macro_draws`` paths around ``scenario``; a draw does not depend on their number.

    The mean over the distribution equals the scenario in every month. Growth and inflation are
    kept within their ranges, which ordinary volatilities never reach.
    """
    normals = economy_normals(run.seed, run.macro_draws, scenario.horizon)
    return paths_of_normals(scenario, normals, run.draws_per_path)


def paths_of_normals(scenario: Scenario, normals: F8, draws_per_path: int = 1) -> MacroPaths:
    """The paths that independent standard normal shocks make, as ``economy_normals`` has them."""
    n_draws, n_months = normals.shape[2], scenario.horizon + 1
    moved = deviations(scenario.deviation, normals)
    sd = deviation_sd(scenario.deviation, scenario.horizon)
    by_draw = {
        name: np.broadcast_to(central, (n_draws, n_months))
        for name, central in scenario.central.items()
    }
    for index, name in enumerate(DEVIATING_VARIABLES):
        central, deviation = scenario.central[name], moved[index]
        if name in LOGIT_VARIABLES:
            by_draw[name] = logistic(logit_centre(central, sd[index]) + deviation)
        else:
            variable = MACRO_VARIABLES[name]
            by_draw[name] = np.clip(central + deviation, variable.low, variable.high)
    unemployment = moved[DEVIATING_VARIABLES.index("unemployment_rate")]
    return MacroPaths(scenario, draws_per_path, by_draw, unemployment)


def economy_normals(seed: int, n_draws: int, horizon: int) -> F8:
    """Independent standard normal shocks, (horizon + 1, n_variables, n_draws); 0 in month 0."""
    n_variables = len(DEVIATING_VARIABLES)
    normals = np.zeros((horizon + 1, n_variables, n_draws))
    for month in range(1, horizon + 1):
        luck = [
            uniforms_over_paths(seed, n_draws, 0, month, Draw.MACRO_SHOCK + index, Domain.MACRO)
            for index in range(n_variables)
        ]
        normals[month] = normal_quantile(np.array(luck))
    return normals


def deviations(deviation: MacroDeviation, normals: F8) -> F8:
    """z of every deviating variable, (n_variables, n_draws, horizon + 1); zero in month 0."""
    persistence = np.array(deviation.persistence)[:, None]
    volatility = np.array(deviation.volatility)[:, None]
    mixing = volatility * cholesky(np.array(deviation.correlation))
    z = np.zeros(normals.shape)
    for month in range(1, len(normals)):
        # Multiplied and summed one by one: a matrix product may round by the number of draws.
        shock = (mixing[:, :, None] * normals[month][None, :, :]).sum(axis=1)
        z[month] = persistence * z[month - 1] + shock
    return np.ascontiguousarray(z.transpose(1, 2, 0))


def deviation_sd(deviation: MacroDeviation, horizon: int) -> F8:
    """Standard deviation of z by variable and month, (n_variables, horizon + 1)."""
    persistence = np.array(deviation.persistence)[:, None]
    volatility = np.array(deviation.volatility)[:, None]
    months = np.arange(horizon + 1)
    variance = volatility**2 * (1 - power(persistence, 2 * months)) / (1 - persistence**2)
    sd: F8 = np.sqrt(variance)
    return sd


@cache
def _quadrature() -> tuple[F8, F8]:
    """Nodes and weights for a standard normal, (_NODES,) each, read-only: the trapezoid rule."""
    nodes = np.linspace(-_FAREST_NODE, _FAREST_NODE, _NODES)
    weights = exp(-nodes * nodes / 2)
    weights = weights / weights.sum()
    nodes.setflags(write=False)
    weights.setflags(write=False)
    return nodes, weights


def logit_centre(mean: F8, sd: F8) -> F8:
    """c with E[logistic(c + z)] = ``mean`` for z normal with ``sd``; arrays of one shape.

    A mean of 0 gives minus infinity: the path stays at 0. Newton on the logit of the expectation,
    which is nearly linear in c; the trapezoid rule, whose error for a function without poles near
    the axis falls exponentially (relative error below 1e-8 for any sd that ``MacroDeviation``
    allows).
    """
    nodes, weights = _quadrature()
    inside = mean > 0
    target = log_odds(mean[inside])
    z = sd[inside, None] * nodes
    centre = target.copy()
    for _ in range(NEWTON_STEPS):
        share = logistic(centre[:, None] + z)
        expected = (share * weights).sum(axis=1)
        slope = (share * (1 - share) * weights).sum(axis=1) / (expected * (1 - expected))
        centre += (target - log_odds(expected)) / slope
    result = np.full(mean.shape, -np.inf)
    result[inside] = centre
    return result
