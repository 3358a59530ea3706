"""The widest intervals of a run as results.nc keeps them: paths, borrowers and parameters."""

from collections.abc import Iterable
from math import isfinite

import numpy as np
import xarray as xr

from simulator.results.parameter_errors import ERROR, HIGH, LOW, with_variables
from simulator.results.summary import SummaryRow
from simulator.results.two_way import FIGURE


def with_total_intervals(dataset: xr.Dataset, rows: Iterable[SummaryRow]) -> xr.Dataset:
    """``dataset`` with the total intervals of ``rows`` by figure; itself where none are known."""
    if ERROR not in dataset:
        return dataset
    places = [
        {str(name): i for i, name in enumerate(dataset[dim].values)}
        for dim in ("scenario", "policy", FIGURE)
    ]
    ends = np.full((2, *(len(each) for each in places)), np.nan)
    for row in rows:
        if isfinite(row.total_low):
            figure = row.metric if row.month is None else f"{row.metric}:{row.month}"
            key = (row.scenario, row.policy, figure)
            s, p, f = (each[name] for each, name in zip(places, key, strict=True))
            ends[:, s, p, f] = row.total_low, row.total_high
    return with_variables(dataset, {LOW: ends[0], HIGH: ends[1]})
