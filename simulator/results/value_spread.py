"""How sure a value is: each path with its part in what a unit of balance left is worth.

All paths of a scenario, under all policies, make what a unit is worth, so the scatter of the values
over paths promises too much (docs/model.md, section 14).
"""

from collections.abc import Sequence

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from simulator.outlook import BALANCE, N_OUTLOOKS, OUTLOOKS_OF_BUCKET
from simulator.results.policy_run import PolicyRun
from simulator.results.table import MONEY, unit_in
from simulator.results.value import SPREAD, balances_to_come, gains, rates_of, value, value_left

F8 = NDArray[np.float64]

_DIMS = ("scenario", "policy", "path")
VARIABLES = {
    f"{name}{SPREAD}": (
        MONEY,
        f"{name}, on each path with the path's influence on what a unit of balance left is worth:"
        " the interval of the mean comes from here",
    )
    for name in ("value", "value_left")
}
"""Unit and meaning; [scenario, policy, path], only with a run-off."""


def value_spreads(
    policy_runs: Sequence[Sequence[PolicyRun]], months: int, currency: str
) -> dict[str, xr.Variable]:
    """Variables of ``VARIABLES``, of policy runs by scenario (outer) and policy; ``months``: those
    that are reported. Nothing where a scenario has too short a run-off to tell."""
    found = [influences(row, months) for row in policy_runs]
    known = [each for each in found if each is not None]
    if len(known) < len(found):
        return {}
    influence = np.array(known)
    variables = {}
    for (name, (unit, meaning)), own in zip(VARIABLES.items(), (value, value_left), strict=True):
        values = np.array([[own(policy_run) for policy_run in row] for row in policy_runs])
        about = {"units": unit_in(currency, unit), "long_name": meaning}
        variables[name] = xr.Variable(_DIMS, values + influence, about)
    return variables


def influences(policy_runs: Sequence[PolicyRun], months: int) -> F8 | None:
    """What each path adds to the mean value left through the worth of a unit, (policy, path).

    Mean 0 over paths. ``policy_runs``: all of a scenario.

    The worth u of a unit by outlook solves u = v (g + M u), g and M being sums over all paths and
    policies over sums of balances. To first order a path moves it by (I - v M)^-1 times what its
    own run-off brought more than u says, over the balances. How much that is is known of a path
    and policy over all outlooks together (``_surprise``); it is taken to fall on outlooks as the
    policy's balances do.
    """
    rates, tallies = rates_of(policy_runs[0].parameters), [each.tallies for each in policy_runs]
    units = policy_runs[0].outlook_values
    left = np.array([t.left.mean(axis=0) for t in tallies])
    to_come = None if units is None else balances_to_come(tallies, left, rates.v)
    if units is None or to_come is None:
        return None
    seen = np.array([t.brought[..., BALANCE] for t in tallies])
    together = seen.sum(axis=0)
    by_bucket = _of_bucket(together * units, together)
    surprise = np.array([_surprise(each, by_bucket, months) for each in policy_runs])
    surprise = surprise - surprise.mean(axis=1, keepdims=True)
    of_unit = np.divide(to_come, together, out=np.zeros_like(to_come), where=together > 0.0)
    whole = seen.sum(axis=(1, 2))
    shares = np.divide(seen.T, whole, out=np.zeros_like(seen.T), where=whole > 0.0).T
    weights = (of_unit[:, None] * shares[None]).sum(axis=(2, 3))  # of policy, from policy
    horizon, n_paths = tallies[0].flows.shape[1] - 1, surprise.shape[1]
    scaled = rates.v**horizon * n_paths * weights
    return np.asarray((scaled[:, :, None] * surprise[None]).sum(axis=1))


def _of_bucket(sums: F8, balances: F8) -> F8:
    """``sums`` over ``balances``, both (n_products, N_OUTLOOKS), by bucket of all products."""
    shape = (-1, N_OUTLOOKS // OUTLOOKS_OF_BUCKET, OUTLOOKS_OF_BUCKET)
    above, below = (each.reshape(shape).sum(axis=(0, 2)) for each in (sums, balances))
    return np.asarray(np.divide(above, below, out=np.zeros_like(above), where=below > 0.0))


def _surprise(policy_run: PolicyRun, units: F8, months: int) -> F8:
    """What the run-off brought on each path more than ``units`` (buckets,) of balances say,
    (paths,)."""
    rates = rates_of(policy_run.parameters)
    worth = (policy_run.tallies.balance[:, months:] * units).sum(axis=-1)
    # Recoveries count when a loan is written off, as they do in the worth of a unit.
    recoverable = (1.0 - rates.tax) * policy_run.recoverable_change()[:, months + 1 :]
    came = gains(policy_run)[:, months:] + recoverable
    return np.asarray((rates.v * (came + worth[:, 1:]) - worth[:, :-1]).sum(axis=1))
