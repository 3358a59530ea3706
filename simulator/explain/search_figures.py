"""What a search reads of results: gains by path, their estimates, and bounds by their intervals."""

from math import isfinite
from typing import NamedTuple

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


class BoundCells(NamedTuple):
    """A bound of every policy and scenario, (policy, scenario): mean, and the end of its interval
    on the side of the limit.

    ``sign``: 1 where at most ``limit`` is allowed, -1 where at least.
    """

    metric: str
    unit: str
    sign: float
    limit: float
    mean: F8
    end: F8


def bound_cells(dataset: xr.Dataset, question: SearchQuestion) -> list[BoundCells]:
    """Each bound of ``question``."""
    n_policies, n_scenarios = dataset.sizes["policy"], dataset.sizes["scenario"]
    columns = []
    for metric, bound in question.settings.subject_to.items():
        item = whole_figure(dataset, metric, f"{question.owner}.subject_to")
        found = statistics(item, sampling_of(dataset))
        sign = 1.0 if bound.at_most is not None else -1.0
        limit = bound.at_most if bound.at_most is not None else bound.at_least
        assert limit is not None
        cells = [[found.at(s, p, 0) for s in range(n_scenarios)] for p in range(n_policies)]
        mean = np.array([[cell.mean for cell in row] for row in cells])
        end = np.array([[_end(cell, sign) for cell in row] for row in cells])
        columns.append(BoundCells(metric, item.unit, sign, limit, mean, end))
    return columns


def bounds_at(dataset: xr.Dataset, question: SearchQuestion) -> list[tuple[FoundBound, ...]]:
    """Bounds of every policy, each in the scenario where it is nearest to be broken."""
    scenarios = [str(name) for name in dataset["scenario"].values]
    found: list[tuple[FoundBound, ...]] = [() for _ in range(dataset.sizes["policy"])]
    for cells in bound_cells(dataset, question):
        for policy, ends in enumerate(cells.end):
            worst = int(np.argmax(cells.sign * ends))
            bound = FoundBound(
                metric=cells.metric,
                unit=cells.unit,
                at_most=cells.limit if cells.sign > 0.0 else None,
                at_least=cells.limit if cells.sign < 0.0 else None,
                scenario=scenarios[worst],
                mean=float(cells.mean[policy, worst]),
                end=float(ends[worst]),
                kept=bool(cells.sign * (ends[worst] - cells.limit) <= 0.0),
            )
            found[policy] = (*found[policy], bound)
    return found


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
