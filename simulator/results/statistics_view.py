"""Results with the statistic as a dimension: every variable over paths has the same five."""

from collections.abc import Hashable, Mapping
from typing import Any, Final

import numpy as np
import xarray as xr

from simulator.results.estimate import F8, Estimate
from simulator.results.intervals import over_months, over_paths
from simulator.results.over_paths import STATISTIC_SUFFIXES
from simulator.results.sampling import Sampling, sampling_of

STATISTIC: Final = "statistic"
STATISTICS: Final = ("mean", "se", "p05", "p50", "p95")
"""Mean over paths, its standard error, and quantiles over paths."""
_PATH: Final = "path"
_MONTH: Final = "month"


def with_statistics(dataset: xr.Dataset) -> xr.Dataset:
    """``dataset`` (as results.nc) without ``path``: variables by path as statistics over paths.

    What results.nc keeps as ``NAME``, ``NAME_se``, ``NAME_p05`` ... becomes one. The dimension
    ``statistic`` is the last; variables that are neither stay as they are.
    """
    sampling = sampling_of(dataset)
    families = {
        str(name): [f"{name}{suffix}" for suffix in STATISTIC_SUFFIXES]
        for name in dataset.data_vars
        if all(f"{name}{suffix}" in dataset for suffix in STATISTIC_SUFFIXES)
    }
    members = {member for names in families.values() for member in names}
    found: dict[Hashable, xr.DataArray] = {}
    for name, variable in dataset.data_vars.items():
        if name in families:
            parts = [dataset[member].values for member in families[str(name)]]
            found[name] = _array(variable.dims, parts, variable.attrs)
        elif name in members:
            continue
        elif _PATH in variable.dims and np.issubdtype(variable.dtype, np.number):
            ordered = variable.transpose(_PATH, ...)
            estimate = _over_paths(ordered, sampling)
            parts = [getattr(estimate, statistic) for statistic in STATISTICS]
            found[name] = _array(ordered.dims[1:], parts, variable.attrs)
        else:
            found[name] = variable
    kept = {
        name: coordinate
        for name, coordinate in dataset.coords.items()
        if _PATH not in coordinate.dims
    }
    return xr.Dataset(found, {**kept, STATISTIC: list(STATISTICS)}, dataset.attrs).drop_vars(
        [name for name in dataset.coords if _PATH in dataset[name].dims], errors="ignore"
    )


def _over_paths(variable: xr.DataArray, sampling: Sampling) -> Estimate[F8]:
    """Statistics of a variable whose first dimension is ``path``, adjusted as the summary's."""
    values = np.asarray(variable.values, dtype=np.float64)
    if _MONTH not in variable.dims:
        return over_paths(values, sampling.whole)
    months = [int(month) for month in variable[_MONTH].values]
    return over_months(values, months, sampling, variable.dims.index(_MONTH))


def _array(
    dims: tuple[Hashable, ...], parts: list[np.ndarray[Any, Any]], attrs: Mapping[Any, Any]
) -> xr.DataArray:
    """One variable of the statistics ``parts``, in the order of ``STATISTICS``."""
    return xr.DataArray(np.stack(parts, axis=-1), dims=(*dims, STATISTIC), attrs=dict(attrs))
