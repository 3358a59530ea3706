"""Policies beside the current one on paths of a finished run, with something of it changed.

Luck hangs on no policy and no scenario, so that two answers differ by what was changed alone
(common random numbers).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import xarray as xr

from simulator.engine import simulate
from simulator.explain.scored_runs import figures_of, needs_standards
from simulator.macro import MacroPaths, draw_macro_paths
from simulator.policies import Policy
from simulator.preparation import lever_tables, load_scenarios, world_builders
from simulator.request import ExperimentRequest
from simulator.results.cases import Outlooks, known_outlooks, outlooks_of
from simulator.settings import RunSettings
from simulator.simulated import Simulated


@dataclass(frozen=True, slots=True)
class VariedRuns:
    """What is simulated again: the request of a finished run, some of its scenarios and paths.

    ``outlooks``: what a unit of balance left is worth, as the run found it. ``advance`` is told of
    each path of a policy.
    """

    request: ExperimentRequest
    simulated: Simulated
    scenarios: tuple[str, ...]
    run: RunSettings
    outlooks: Outlooks
    with_standards: bool
    advance: Callable[[int], None]

    @staticmethod
    def of(
        request: ExperimentRequest,
        simulated: Simulated,
        scenarios: tuple[str, ...],
        metrics: tuple[str, ...],
        advance: Callable[[int], None],
    ) -> "VariedRuns":
        """Of all paths of the run; ``metrics`` tell whether provisioning standards are needed."""
        run = simulated.output.run.model_copy(
            update={"history_borrowers": 0, "book_draws": 0, "precision": {}}
        )
        standards = any(needs_standards(metric.removeprefix("delta_")) for metric in metrics)
        outlooks = outlooks_of(simulated.output)
        return VariedRuns(request, simulated, scenarios, run, outlooks, standards, advance)

    def first(self, paths: int) -> "VariedRuns":
        """The same of the first ``paths`` alone, at least one draw of the economy, at most all."""
        each = self.run.draws_per_path
        fewer = min(max(paths // each, 1) * each, self.run.paths)
        return replace(self, run=self.run.model_copy(update={"paths": fewer}))

    @property
    def small(self) -> ExperimentRequest:
        """The request with nothing but these scenarios and paths, and without policies."""
        return replace(
            self.request,
            run=self.run,
            scenarios={name: self.request.scenarios[name] for name in self.scenarios},
            policies={},
            provision=self.request.provision if self.with_standards else {},
            break_even={},
            sections={},
        )

    def dataset(
        self, policies: Mapping[str, Policy], drawn: Mapping[str, MacroPaths] | None = None
    ) -> xr.Dataset:
        """Results of the current policy and ``policies`` on the run's book; in the run's worlds.

        ``drawn``: paths of other economies, by scenario.
        """
        simulated, book = self.simulated, self.simulated.output.book
        request = replace(self.small, policies=policies)
        worlds = simulated.worlds if drawn is None else world_builders(request, book, drawn)
        packed = simulated.packed
        found = simulate(
            packed if self.with_standards else replace(packed, n_cells=0),
            {name: worlds[name] for name in self.scenarios},
            lever_tables(request, book),
            self.run,
            self.advance,
        )
        paths, deviation = drawn or simulated.drawn, simulated.output.deviation
        output = replace(
            simulated.output,
            tallies=found.tallies,
            macro_unemployment={
                name: paths[name].by_path("unemployment_rate")[: self.run.paths]
                for name in self.scenarios
            },
            scenarios=tuple(s for s in simulated.output.scenarios if s.name in self.scenarios),
            policies=tuple(request.all_policies),
            run=self.run,
            deviation=None if deviation is None else deviation[: self.run.macro_draws],
        )
        own = known_outlooks(outlooks_of(output), self.outlooks)
        return figures_of(output, own, with_standards=self.with_standards)

    def economies(self, severity: float) -> dict[str, MacroPaths]:
        """The economy's paths with every scenario at ``severity`` times its distance."""
        moved = {
            name: settings.model_copy(update={"severity": severity})
            for name, settings in self.small.scenarios.items()
        }
        request = replace(self.small, scenarios=moved)
        loaded = load_scenarios(request, self.simulated.output.book, lambda n: None)
        return {name: draw_macro_paths(scenario, self.run) for name, scenario in loaded.items()}
