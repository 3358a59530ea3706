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
from simulator.results.path_metrics import BY_NAME, metric_values
from simulator.validation import unknown_choice

F8 = NDArray[np.float64]

PATH_AXIS: Final = 2
MAIN_METRICS: Final = (
    "overdue_rate_1",
    "overdue_rate_30",
    "overdue_rate_60",
    "overdue_rate_90",
    "overdue_rate_before_relief_30",
    "overdue_rate_before_relief_90",
    "first_day_overdue_rate",
    "approval_rate",
    "relief_rate",
    "balance",
    "net_loss",
    "net_result",
)
_WORDS: Final = {
    "mean": "mean difference to the current policy",
    "ci_low": "lower end of its 95 % interval",
    "ci_high": "upper end of its 95 % interval",
    "p05": "5 % quantile of the difference over paths",
    "p50": "median difference over paths",
    "p95": "95 % quantile of the difference over paths",
}


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


def difference(
    dataset: xr.Dataset, variable: str, policies: tuple[str, str], scenario: str | None = None
) -> Estimate[float]:
    """``variable`` [scenario, policy, path] of the first policy less the second's, path by path.

    Any two policies; ``scenario`` None: all by weight.
    """
    by_policy = dataset[variable]
    if scenario is None:
        by_policy = (by_policy * dataset["scenario_weight"]).sum("scenario")
    else:
        by_policy = by_policy.sel(scenario=scenario)
    first, other = (by_policy.sel(policy=policy) for policy in policies)
    paths = np.asarray((first - other).values, dtype=np.float64)
    return over_paths(paths, int(dataset.attrs["draws_per_path"])).at()


def reference_index(dataset: xr.Dataset, reference: str) -> int:
    """Position of ``reference`` among the policies; a ``UserError`` when it is not there."""
    policies = [str(name) for name in dataset["policy"].values]
    if reference not in policies:
        raise unknown_choice("reference", policies, reference)
    return policies.index(reference)


def compare(
    dataset: xr.Dataset, reference: str, names: tuple[str, ...] = MAIN_METRICS
) -> xr.Dataset:
    """Paired differences to ``reference`` of the metrics ``names``.

    For each metric ``delta_NAME``, ``_ci_low``, ``_ci_high``, ``_p05``, ``_p50``, ``_p95`` of
    shape [scenario, policy, month], and, for metrics with a figure of the whole horizon, the
    same as ``total_delta_NAME``, ``delta_peak_NAME`` or ``delta_lifetime_NAME`` without
    ``month``. The reference itself is left out.
    """
    at = reference_index(dataset, reference)
    others = [i for i in range(dataset.sizes["policy"]) if i != at]
    replicates = int(dataset.attrs["draws_per_path"])
    found: dict[str, xr.Variable] = {}
    for item in metric_values(dataset, tuple(BY_NAME[name] for name in names)):
        monthly = item.months != (None,)
        total = not monthly and item.name in BY_NAME
        stem = f"total_delta_{item.name}" if total else f"delta_{item.name}"
        difference = item._replace(values=paired_difference(item.values, at))
        result = statistics(difference.of_policies(others), replicates)
        for field, words in _WORDS.items():
            values: F8 = getattr(result, field)
            name = stem if field == "mean" else f"{stem}_{field}"
            found[name] = xr.Variable(
                ("scenario", "policy", "month") if monthly else ("scenario", "policy"),
                values if monthly else values[..., 0],
                {"units": item.unit, "long_name": f"{item.long_name}: {words}"},
            )
    coordinates = {
        "scenario": dataset["scenario"].variable,
        "policy": dataset["policy"].variable[others],
        "month": dataset["month"].variable,
        "date": dataset["date"].variable,
    }
    return xr.Dataset(found, coords=coordinates, attrs={"reference": reference})
