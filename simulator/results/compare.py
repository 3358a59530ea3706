"""Policies against the reference on the same paths: paired differences."""

from typing import Final

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from simulator.results.estimate import Estimate
from simulator.results.intervals import (
    linear_ratio,
    over_paths,
    ratio_over_paths,
    share_over_paths,
    with_spread,
)
from simulator.results.metric import MetricValues
from simulator.validation import check_known

F8 = NDArray[np.float64]

PATH_AXIS: Final = 2


def statistics(item: MetricValues, draws_per_path: int) -> Estimate[F8]:
    """Statistics over the path axis of a metric's values, each (scenario, policy, month)."""
    if item.spread is not None:
        spread = item._replace(values=item.spread, spread=None)
        found = statistics(item._replace(spread=None), draws_per_path)
        return with_spread(found, statistics(spread, draws_per_path))
    values = np.moveaxis(item.values, PATH_AXIS, 0)
    if item.chance:
        return share_over_paths(values, draws_per_path)
    if item.per is None:
        return over_paths(values, draws_per_path)
    return ratio_over_paths(values, np.moveaxis(item.per, PATH_AXIS, 0), draws_per_path)


def delta_of(item: MetricValues, reference_index: int, draws_per_path: int) -> MetricValues:
    """``item`` of every policy less the reference's on the same path, as ``delta_NAME``.

    A ratio of means gives way to its linear form by path, a chance to the difference of shares.
    """
    found: list[F8 | None] = []
    for part in (item.values, item.spread):
        if part is not None and item.per is not None:
            top, bottom = (np.moveaxis(array, PATH_AXIS, 0) for array in (part, item.per))
            part = np.moveaxis(linear_ratio(top, bottom, draws_per_path), 0, PATH_AXIS)
        found.append(None if part is None else paired_difference(part, reference_index))
    values, spread = found
    assert values is not None
    return item._replace(
        name=f"delta_{item.name}", values=values, per=None, chance=False, spread=spread
    )


def paired_difference(values: F8, reference_index: int) -> F8:
    """``values`` (scenario, policy, path, month) less the reference's on the same path."""
    return values - values[:, reference_index : reference_index + 1]


def weighted(dataset: xr.Dataset, values: F8) -> F8:
    """``values`` (scenario, ...) over all scenarios by weight, path by path."""
    weights = np.asarray(dataset["scenario_weight"].values, dtype=np.float64)
    return np.tensordot(weights, values, axes=(0, 0))


def reference_index(dataset: xr.Dataset, reference: str) -> int:
    """Position of ``reference`` among the policies; a ``UserError`` when it is not there."""
    policies = [str(name) for name in dataset["policy"].values]
    check_known("reference", policies, reference)
    return policies.index(reference)
