"""Runs of a small book, again and again: how far the shifted tail errs, and the plain one."""

from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from simulator.engine import simulate
from simulator.explain.shifted_tail import shifted_tail
from simulator.macro import draw_macro_paths
from simulator.notebook import build_request
from simulator.preparation import lever_tables, world_builders
from simulator.progress import Silent
from simulator.request import ExperimentRequest
from simulator.results.dataset import dataset_by_path
from simulator.results.loss_distribution import losses
from simulator.results.tail_figures import tail_rows, with_shifted
from simulator.results.weighted_tail import WeightedLosses, shortfall_values
from simulator.settings import MacroDeviation, ScenarioSettings
from simulator.shipped import read_shipped
from simulator.simulated import Simulated
from simulator.simulating import simulate_request

F8 = NDArray[np.float64]

MONTHS = 12
LEVEL = 0.99


@dataclass(frozen=True)
class Study:
    """A book in an economy that moves so much that a small book's losses hang on it as those of a
    large one do."""

    request: ExperimentRequest
    simulated: Simulated

    def run(self, paths: int, seed: int) -> tuple[Simulated, xr.Dataset]:
        """A run of its own: other paths of the same book."""
        output, drawn = self.simulated.output, {}
        run = output.run.model_copy(update={"paths": paths, "seed": seed})
        for name, paths_of in self.simulated.drawn.items():
            drawn[name] = draw_macro_paths(paths_of.scenario, run)
        worlds = world_builders(self.request, output.book, drawn)
        levers = lever_tables(self.request, output.book)
        found = simulate(self.simulated.packed, worlds, levers, run)
        mine = replace(
            output,
            tallies=found.tallies,
            macro_unemployment={n: d.by_path("unemployment_rate") for n, d in drawn.items()},
            run=run,
            deviation=None,
        )
        dataset = dataset_by_path(mine, dict.fromkeys(drawn))
        return replace(self.simulated, output=mine, drawn=drawn), dataset

    def lost(self, paths: int, seed: int) -> F8:
        """Losses of a run, (paths,)."""
        return losses(self.run(paths, seed)[1])[0, 0]

    def shortfalls(self, paths: int, seed: int) -> tuple[F8, float]:
        """Losses of a run's own paths, and the shortfall of these and as many shifted ones."""
        simulated, dataset = self.run(paths, seed)
        block = shifted_tail(self.request, simulated, dataset, Silent())
        assert block is not None
        both = with_shifted(dataset, block)
        found = {row.metric: row.estimate.mean for row in tail_rows(both)}
        return losses(dataset)[0, 0], found["loss_es_99"]


@cache
def study(borrowers: int, volatility: float, months: int = MONTHS) -> Study:
    """``volatility``: times that of the shipped scenario."""
    scenario = ScenarioSettings.model_validate(read_shipped("scenario", "downturn"))
    usual = MacroDeviation().volatility
    moving = MacroDeviation(volatility=tuple(volatility * v for v in usual))
    scenario = scenario.model_copy(update={"deviation": moving})
    request = build_request(
        scenarios={"downturn": scenario},
        policies=(),
        provision=(),
        paths=2,
        months=months,
        runoff_months=0,
        borrowers=borrowers,
        book_draws=0,
        tail="shifted",
        threads=1,
    )
    return Study(request, simulate_request(request))


def plain_shortfall(lost: F8) -> float:
    """Expected shortfall of paths that count alike, however few lie beyond."""
    run = WeightedLosses.plain(lost[:, None], np.ones(1))
    return float(shortfall_values(run, LEVEL).mean())


def rms(errors: F8) -> float:
    """Root mean square."""
    return float(np.sqrt(np.mean(np.square(errors))))
