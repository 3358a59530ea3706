"""Small runs of the current policy with parts of the world or of its causes switched off."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from simulator.engine import Simulation, WorldBuilder, simulate
from simulator.explain.scored_runs import figure_in, figures_of, needs_standards, output_alone
from simulator.explain.whole_metric import LIFETIME, whole_metric
from simulator.kernels.tally import Tallies
from simulator.levers import LeverTable
from simulator.packing import Packed
from simulator.policies import levers_for
from simulator.request import ExperimentRequest
from simulator.results.cases import outlooks_of
from simulator.results.inputs import SimulationOutput
from simulator.results.metrics import OF_VALUE_AND_TAIL, metric_of
from simulator.results.table import unit_in
from simulator.settings import ExplainSettings, RunSettings
from simulator.simulated import Simulated
from simulator.vocabulary import REFERENCE

F8 = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Coalitions:
    """What every such run has in common: its paths and horizon, the policy, the figure asked."""

    output: SimulationOutput
    packed: Packed
    levers: LeverTable
    run: RunSettings
    metric: str
    unit: str

    @staticmethod
    def of(
        request: ExperimentRequest, simulated: Simulated, settings: ExplainSettings
    ) -> "Coalitions":
        """The run's first paths, with its run-off where the figure counts it."""
        output, replicates = simulated.output, request.run.draws_per_path
        metric = whole_metric("explain", settings.metric, request.run, request.provision)
        found = metric_of(metric)
        further = metric.startswith(LIFETIME) or found in OF_VALUE_AND_TAIL
        paths = max(min(settings.paths, output.run.paths) // replicates, 1) * replicates
        run = request.run.model_copy(
            update={
                "paths": paths,
                "runoff_months": output.timeline.runoff_months if further else 0,
                "history_borrowers": 0,
            }
        )
        reference = request.reference
        levers = levers_for(reference, reference, output.book.segments, output.timeline.horizon)
        unit = unit_in(output.book.currency, "" if found is None else found.unit)
        return Coalitions(output, simulated.packed, levers, run, metric, unit)

    def simulated(
        self,
        worlds: Mapping[str, WorldBuilder],
        advance: Callable[[int], None],
        packed: Packed | None = None,
    ) -> Simulation:
        """One run of the current policy in ``worlds``; ``packed``: the book, if it is changed."""
        book = self.packed if packed is None else packed
        if not needs_standards(self.metric):
            book = replace(book, n_cells=0)
        return simulate(book, worlds, {REFERENCE: self.levers}, self.run, advance)

    def figures(self, tallies: Mapping[tuple[str, str], Tallies]) -> dict[str, F8]:
        """The figure by path, (paths,), of every scenario in ``tallies``."""
        months, paths = self.run.timeline.horizon + 1, self.run.paths
        unemployment = {
            name: self.output.macro_unemployment[name][:paths, :months] for name, _ in tallies
        }
        alone = output_alone(self.output, tallies, self.run, unemployment)
        with_standards = needs_standards(self.metric)
        dataset = figures_of(alone, outlooks_of(self.output), with_standards=with_standards)
        names = [str(name) for name in dataset["scenario"].values]
        return {
            name: figure_in(dataset, self.metric, (place, 0)).by_path
            for place, name in enumerate(names)
        }
