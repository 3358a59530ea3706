"""How sure a value is: each path with its part in what a unit of balance left is worth.

All paths of a scenario, under all policies, make what a unit is worth, so the scatter of the values
over paths promises too much (docs/model.md, section 14).
"""

from collections.abc import Mapping, Sequence

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from simulator.outlook import BALANCE, N_OUTLOOKS, OUTLOOKS_OF_BUCKET
from simulator.results.cases import Case
from simulator.results.policy_run import PolicyRun
from simulator.results.table import MONEY, unit_in
from simulator.results.value import SPREAD, balances_to_come, gains, rates_of

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


_READ = ("flows", "counts", "stocks", "written_off_by_product", "left")
"""Arrays of tallies that they come from."""


def value_spreads(
    cases: Sequence[Sequence[Case]], variables: Mapping[str, xr.Variable]
) -> dict[str, xr.Variable]:
    """Variables of ``VARIABLES``, of cases by scenario (outer) and policy.

    ``variables``: those of each path, the value among them. Nothing where a scenario has too short
    a run-off to tell.
    """
    found = [influences(row) for row in cases]
    known = [each for each in found if each is not None]
    if len(known) < len(found):
        return {}
    influence, currency = np.array(known), cases[0][0].output.book.currency
    spreads = {}
    for name, (unit, meaning) in VARIABLES.items():
        values = np.asarray(variables[name.removesuffix(SPREAD)].values)
        about = {"units": unit_in(currency, unit), "long_name": meaning}
        spreads[name] = xr.Variable(_DIMS, values + influence, about)
    return spreads


def influences(row: Sequence[Case]) -> F8 | None:
    """What each path adds to the mean value left through the worth of a unit, (policy, path).

    Mean 0 over paths. ``row``: all cases of a scenario.

    The worth u of a unit by outlook solves u = v (g + M u), g and M being sums over all paths and
    policies over sums of balances. To first order a path moves it by (I - v M)^-1 times what its
    own run-off brought more than u says, over the balances. How much that is is known of a path
    and policy over all outlooks together (``_surprise``); it is taken to fall on outlooks as the
    policy's balances do.
    """
    output, units = row[0].output, row[0].outlook
    if units is None:
        return None
    v, tallies = rates_of(output.parameters).v, [case.over_paths() for case in row]
    seen = np.array([t.brought[..., BALANCE] for t in tallies])
    together = seen.sum(axis=0)
    by_bucket = _of_bucket(together * units, together)
    own = [_of_paths(case, by_bucket) for case in row]
    to_come = balances_to_come(tallies, np.array([left for left, _ in own]), v)
    if to_come is None:
        return None
    surprise = np.array([each for _, each in own])
    surprise = surprise - surprise.mean(axis=1, keepdims=True)
    of_unit = np.divide(to_come, together, out=np.zeros_like(to_come), where=together > 0.0)
    whole = seen.sum(axis=(1, 2))
    shares = np.divide(seen.T, whole, out=np.zeros_like(seen.T), where=whole > 0.0).T
    weights = (of_unit[:, None] * shares[None]).sum(axis=(2, 3))  # of policy, from policy
    scaled = v**output.timeline.horizon * surprise.shape[1] * weights
    return np.asarray((scaled[:, :, None] * surprise[None]).sum(axis=1))


def _of_paths(case: Case, units: F8) -> tuple[F8, F8]:
    """Mean over paths of what is left, (n_products, N_OUTLOOKS), and ``_surprise`` of each."""
    left, surprise = np.zeros(case.over_paths().left.shape[1:]), np.empty(case.n_paths)
    for at, policy_run in case.windows(_READ):
        for path in policy_run.tallies.left:
            left = left + path
        surprise[at] = _surprise(policy_run, units, case.output.timeline.months)
    return left / case.n_paths, surprise


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
