"""What a search reads of results: gains by path, their estimates, and bounds by their intervals."""

from math import isfinite

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from simulator.explain.search_question import SearchQuestion
from simulator.explain.whole_metric import CHANGE
from simulator.results.compare import linear_values, statistics, weighted
from simulator.results.estimate import Estimate
from simulator.results.intervals import over_paths, simultaneous
from simulator.results.sampling import sampling_of
from simulator.results.search import FoundBound
from simulator.results.summary import whole_figure

F8 = NDArray[np.float64]


def gains_of(dataset: xr.Dataset, question: SearchQuestion) -> F8:
    """Gain of every policy against the current one, over all scenarios by weight or in one.

    (policy, path), each with its part in what all paths together make.
    """
    item = whole_figure(dataset, f"{CHANGE}{question.metric}", f"{question.owner}.maximise")
    gains = linear_values(item, sampling_of(dataset).replicates)[..., 0]
    if question.settings.scenario is None:
        return weighted(dataset, gains)
    names = [str(name) for name in dataset["scenario"].values]
    found: F8 = gains[names.index(question.settings.scenario)]
    return found


def estimates(dataset: xr.Dataset, gains: F8, at_once: int = 0) -> Estimate[F8]:
    """Of ``gains`` (policy, path); the intervals of the first ``at_once`` hold for all of them."""
    draws = sampling_of(dataset).whole
    found = over_paths(gains.T, draws)
    if at_once:
        together = simultaneous(gains[:at_once].T, draws)
        found.ci_low[:at_once], found.ci_high[:at_once] = together.ci_low, together.ci_high
    return found


def bounds_at(dataset: xr.Dataset, question: SearchQuestion) -> list[tuple[FoundBound, ...]]:
    """Bounds of every policy, each in the scenario where it is nearest to be broken."""
    scenarios = [str(name) for name in dataset["scenario"].values]
    columns = []
    for metric, bound in question.settings.subject_to.items():
        item = whole_figure(dataset, metric, f"{question.owner}.subject_to")
        found = statistics(item, sampling_of(dataset))
        sign = 1.0 if bound.at_most is not None else -1.0
        limit = bound.at_most if bound.at_most is not None else bound.at_least
        assert limit is not None
        column = []
        for policy in range(dataset.sizes["policy"]):
            cells = [found.at(s, policy, 0) for s in range(len(scenarios))]
            ends = [_end(cell, sign) for cell in cells]
            worst = int(np.argmax([sign * end for end in ends]))
            column.append(
                FoundBound(
                    metric=metric,
                    unit=item.unit,
                    at_most=bound.at_most,
                    at_least=bound.at_least,
                    scenario=scenarios[worst],
                    mean=cells[worst].mean,
                    end=ends[worst],
                    kept=sign * (ends[worst] - limit) <= 0.0,
                )
            )
        columns.append(column)
    return [tuple(row) for row in zip(*columns, strict=True)] or [
        () for _ in range(dataset.sizes["policy"])
    ]


def excess_of(dataset: xr.Dataset, question: SearchQuestion) -> F8:
    """How far each bound's end is beyond its limit, (policy, bound); at most 0 where it is kept."""
    rows = [
        [
            bound.end - bound.at_most
            if bound.at_most is not None
            else (bound.at_least or 0.0) - bound.end
            for bound in row
        ]
        for row in bounds_at(dataset, question)
    ]
    return np.array(rows, dtype=np.float64).reshape(len(rows), -1)


def _end(cell: Estimate[float], sign: float) -> float:
    """The end of an interval on the side of the limit; the mean where one draw has none."""
    end = cell.ci_high if sign > 0.0 else cell.ci_low
    return end if isfinite(end) else cell.mean
