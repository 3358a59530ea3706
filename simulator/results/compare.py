"""Policies against the reference on the same paths: paired differences."""

from typing import Final

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from simulator.results.estimate import Estimate
from simulator.results.intervals import (
    around,
    linear_ratio,
    over_months,
    own_ratios,
    share_over_paths,
    with_quantiles,
)
from simulator.results.metric import MetricValues
from simulator.results.sampling import Sampling
from simulator.validation import check_known

F8 = NDArray[np.float64]

PATH_AXIS: Final = 2


def statistics(item: MetricValues, sampling: Sampling) -> Estimate[F8]:
    """Statistics over the path axis of a metric's values, each (scenario, policy, month).

    A chance is a share of paths, and none is adjusted. Of all others the mean is that of numbers by
    path in which the metric is linear, so that sums and differences add up.
    """
    values = np.moveaxis(item.values, PATH_AXIS, 0)
    if item.chance:
        return share_over_paths(values, sampling.replicates)
    if item.per is None and item.spread is None:
        return over_months(values, item.months, sampling)
    linear = np.moveaxis(linear_values(item, sampling.replicates), PATH_AXIS, 0)
    found = over_months(linear, item.months, sampling)
    if item.per is not None:
        own = own_ratios(values, np.moveaxis(item.per, PATH_AXIS, 0))
        values = np.where(np.isnan(found.mean), np.nan, own)
    return with_quantiles(found, values)


def linear_values(item: MetricValues, replicates: int) -> F8:
    """Numbers by path whose mean and error are the metric's; the shape of its values.

    Of a ratio of means its linear form, of values with an estimated part those with the scatter of
    their mean.
    """
    values, spread = _linear_parts(item, replicates)
    if spread is None:
        return values
    parts = (np.moveaxis(part, PATH_AXIS, 0) for part in (spread, values))
    return np.moveaxis(around(*parts), 0, PATH_AXIS)


def _linear_parts(item: MetricValues, replicates: int) -> tuple[F8, F8 | None]:
    """Values and, where there is one, spread; of a ratio of means the linear form of each."""
    if item.per is None:
        return item.values, item.spread
    below = np.moveaxis(item.per, PATH_AXIS, 0)
    values, spread = (
        None
        if part is None
        else np.moveaxis(
            linear_ratio(np.moveaxis(part, PATH_AXIS, 0), below, replicates), 0, PATH_AXIS
        )
        for part in (item.values, item.spread)
    )
    assert values is not None
    return values, spread


def delta_of(item: MetricValues, reference_index: int, replicates: int) -> MetricValues:
    """``item`` of every policy less the reference's on the same path, as ``delta_NAME``.

    A ratio of means gives way to its linear form by path, a chance to the difference of shares.
    """
    values, spread = (
        None if part is None else paired_difference(part, reference_index)
        for part in _linear_parts(item, replicates)
    )
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
