"""How near the asked precision a run is, how many paths to simulate next, and what would do.

Equations: docs/model.md, section 14.6. All of it is a function of the configuration and of the
paths, never of a clock.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, inf, isfinite, sqrt
from typing import Final

import numpy as np
import xarray as xr

from simulator.results.compare import statistics
from simulator.results.estimate import F8
from simulator.results.sampling import LEAST_DRAWS, sampling_of
from simulator.results.summary import CHANGE, SummaryRow, whole_figure
from simulator.settings import Precision, RunSettings

CLEARLY: Final = 2.0
"""Half widths that a change lies off 0 for a precision relative to it to mean anything
(assumption)."""
GROWTH: Final = (1.25, 1.1, 2.0)
"""Least growth from look to look, margin over what the last look predicts, most growth
(assumptions)."""


@dataclass(frozen=True, slots=True)
class Reached:
    """One asked figure under a scenario and policy after a look.

    ``half``: half the width of its interval over paths (given the book); ``wanted``: the largest
    that is asked, both in the figure's unit; NaN where a change is not clearly off 0, so that a
    precision relative to it means nothing. ``informative``: draws that tell of it, those that
    differ from the most common value.
    """

    scenario: str
    policy: str
    metric: str
    mean: float
    half: float
    wanted: float
    informative: int

    @property
    def counts(self) -> bool:
        """Whether it is judged: not a constant, nor a change that may be none."""
        return self.informative > 0 and isfinite(self.wanted)

    @property
    def ratio(self) -> float:
        """Half width over what is asked; at most 1 where the precision is reached."""
        return self.half / self.wanted if self.wanted > 0.0 else inf

    @property
    def is_reached(self) -> bool:
        """Whether the interval is narrow enough, and enough draws say so."""
        return self.ratio <= 1.0 and self.informative >= LEAST_DRAWS


def look(dataset: xr.Dataset, asked: Mapping[str, Precision]) -> tuple[Reached, ...]:
    """Every asked figure under every scenario and policy.

    ``UserError`` for a name that is no figure of the whole horizon.
    """
    return tuple(
        reached
        for metric, precision in asked.items()
        for reached in _figures(dataset, metric, precision)
    )


def _figures(dataset: xr.Dataset, metric: str, precision: Precision) -> Iterator[Reached]:
    item, sampling = whole_figure(dataset, metric, "run.precision"), sampling_of(dataset)
    found = statistics(item, sampling)
    for s, scenario in enumerate(dataset["scenario"].values):
        for p, policy in enumerate(dataset["policy"].values):
            if metric.startswith(CHANGE) and str(policy) == str(dataset.attrs["reference"]):
                continue
            told = found.at(s, p, 0)
            half = told.ci_high - told.mean
            wanted = precision.of(told.mean)
            if metric.startswith(CHANGE) and precision.absolute is None:
                wanted = wanted if abs(told.mean) >= CLEARLY * half else float("nan")
            values = item.values[s, p, :, 0].reshape(-1, sampling.replicates).mean(axis=1)
            yield Reached(
                str(scenario), str(policy), metric, told.mean, half, wanted, informative(values)
            )


def informative(values: F8) -> int:
    """How many of ``values`` (draws,) differ from the most common one.

    Of a rare loss, those with one; of a figure that is different on every draw, all but one.
    """
    _, counts = np.unique(values[~np.isnan(values)], return_counts=True)
    if counts.size < 2:
        return 0
    return int(counts.sum() - counts.max()) + (1 if counts.max() == 1 else 0)


def is_enough(looked: Sequence[Reached]) -> bool:
    """Whether every figure that counts has reached its precision."""
    return all(each.is_reached for each in looked if each.counts)


def next_paths(looked: Sequence[Reached], paths: int, most: int, replicates: int) -> int:
    """How many paths to have at the next look: more than ``paths``, unless that is ``most``."""
    ratios = [each.ratio for each in looked if each.counts and not each.is_reached]
    worst = max(ratios, default=1.0)
    least, margin, greatest = GROWTH
    wanted = max(least * paths, min(margin * paths * worst**2, greatest * paths))
    return min(most, whole_draws(wanted, replicates))


def whole_draws(paths: float, replicates: int) -> int:
    """``paths``, rounded up to whole draws of the economy."""
    return ceil(paths / replicates - 1e-9) * replicates


def would_do(reached: Reached, paths: int) -> int:
    """About how many paths would reach the precision, to two figures; 0 where it is reached."""
    if reached.is_reached or not isfinite(reached.ratio):
        return 0
    needed: float = max(reached.ratio**2, LEAST_DRAWS / max(reached.informative, 1)) * paths
    step: int = 10 ** max(0, len(str(int(needed))) - 2)
    return ceil(needed / step) * step


def worst_of(looked: Sequence[Reached]) -> Mapping[str, Reached]:
    """By metric, the figure that is farthest from its precision; of those that count."""
    found: dict[str, Reached] = {}
    for each in looked:
        if each.counts and (
            each.metric not in found or _distance(each) > _distance(found[each.metric])
        ):
            found[each.metric] = each
    return found


def precision_record(
    looked: Sequence[Reached], rows: Sequence[SummaryRow], run: RunSettings
) -> dict[str, object]:
    """What the manifest tells of an asked precision; empty where none was asked.

    Of each metric the figure that is farthest from it, and the changes that may be none.
    """
    if not looked:
        return {}
    worst = worst_of(looked)
    return {
        "paths": run.paths,
        "most_paths": run.most_paths,
        "figures": [
            {
                "scenario": each.scenario,
                "policy": each.policy,
                "metric": each.metric,
                "mean": each.mean,
                "half": each.half,
                "wanted": each.wanted,
                "is_relative": run.precision[each.metric].absolute is None,
                "informative_draws": each.informative,
                "reached": each.is_reached,
                "paths_that_would_do": would_do(each, run.paths),
                "half_left_by_the_book": book_floor(rows, each),
            }
            for each in worst.values()
        ],
        "not_judged": sorted({r.metric for r in looked} - set(worst)),
    }


def _distance(reached: Reached) -> tuple[bool, float]:
    return not reached.is_reached, reached.ratio


def book_floor(rows: Sequence[SummaryRow], reached: Reached) -> float:
    """Half width that no number of paths goes below, as the book was drawn; 0 where it was not.

    From what the sampling of borrowers adds: sqrt(half width with it^2 - that over paths^2).
    """
    place = (reached.scenario, reached.policy, reached.metric)
    row = next((r for r in rows if r[:3] == place and r.month is None), None)
    if row is None or not isfinite(row.book_low):
        return 0.0
    with_book, given_it = row.book_high - row.mean, row.ci_high - row.mean
    return sqrt(max(0.0, with_book**2 - given_it**2))
