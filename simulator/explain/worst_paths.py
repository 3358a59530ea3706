"""What the worst tenth of a run's paths have in common; nothing is simulated again."""

from collections.abc import Iterator

import numpy as np
import xarray as xr

from simulator.explain.causes import GROUPS, OPENING
from simulator.macro.variables import DEVIATING_VARIABLES, MACRO_VARIABLES
from simulator.path_windows import windows
from simulator.results.loss_distribution import losses
from simulator.results.table import FRACTION
from simulator.results.worst_paths import Feature, WorstTenth, worst_tenth
from simulator.simulated import Simulated


def worst_paths(simulated: Simulated, dataset: xr.Dataset) -> tuple[WorstTenth, ...]:
    """Rows of every scenario under the current policy: the economy, and causes of new 90+."""
    output = simulated.output
    at = output.policies.index(output.reference)
    lost = losses(dataset)[:, at]
    rows: list[WorstTenth] = []
    for place, scenario in enumerate(output.scenarios):
        features = [*_economy(simulated, scenario.name), *_causes(simulated, scenario.name)]
        rows += worst_tenth(scenario.name, lost[place], features, output.run.draws_per_path)
    return tuple(rows)


def _economy(simulated: Simulated, scenario: str) -> Iterator[Feature]:
    """Means over the reported months."""
    drawn = simulated.drawn[scenario]
    months = slice(1, simulated.output.timeline.months + 1)
    for name in DEVIATING_VARIABLES:
        values = drawn.by_path(name)[:, months].mean(axis=1)
        yield Feature(name, MACRO_VARIABLES[name].unit, values)


def _causes(simulated: Simulated, scenario: str) -> Iterator[Feature]:
    """Share of each group of causes, by labels, in what became 90 days overdue."""
    output = simulated.output
    months, pair = slice(1, output.timeline.months + 1), (scenario, output.reference)
    became = np.concatenate(
        [
            tallies.new_90_by_cause[:, months].sum(axis=1)
            for _, tallies in windows(output.tallies, pair, ("new_90_by_cause",))
        ]
    )
    whole = became.sum(axis=1)
    for group, causes in GROUPS.items():
        if group == OPENING:
            continue
        mine = became[:, list(causes)].sum(axis=1)
        share = np.divide(mine, whole, out=np.zeros_like(mine), where=whole > 0.0)
        yield Feature(f"share_of_{group}", FRACTION, share)
