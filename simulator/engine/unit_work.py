"""What one work unit takes: all that its kernels receive, and what it leaves."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

from simulator.engine.block_file import Entry, Section
from simulator.engine.keys import Keys
from simulator.engine.paths import reference_of, simulate_block
from simulator.engine.scratch import Scratch
from simulator.engine.simulation import Simulation
from simulator.engine.units import Unit
from simulator.levers import LeverTable
from simulator.packing import Packed
from simulator.settings import RunSettings
from simulator.shocks.world import World

WorldBuilder = Callable[[int, int], World]
"""Hazards of the paths [first, last) of a scenario."""


@dataclass(frozen=True)
class Context:
    """What the units of a run have in common: plain numbers, no class of a user's.

    ``by_score``: new customers are summed by their score.
    """

    packed: Packed
    worlds: Mapping[str, WorldBuilder]
    levers: Mapping[str, LeverTable]
    run: RunSettings
    by_score: bool = False

    @cached_property
    def keys(self) -> Keys:
        """Keys of what its units leave."""
        return Keys.of(self.packed, self.levers, self.run, by_score=self.by_score)

    def scratch(self) -> Scratch:
        """Memory of a thread that makes units."""
        run = self.run
        return Scratch.allocate(
            self.packed,
            self.packed.allocate_tallies(
                0, run.timeline.horizon, run.months, by_score=self.by_score
            ),
        )

    def world(self, unit: Unit) -> World:
        """The world of a unit's paths."""
        return self.worlds[unit.scenario](unit.first, unit.last)

    def part(self, unit: Unit, policies: tuple[str, ...]) -> Simulation:
        """Zeros for the paths of ``unit`` alone."""
        return Simulation.empty(
            self.packed,
            [(unit.scenario, policy) for policy in policies],
            self.run.model_copy(update={"paths": unit.last - unit.first}),
            by_score=self.by_score,
            first=unit.first,
        )

    def make(
        self,
        unit: Unit,
        world: World,
        scratch: Scratch,
        told: Callable[[str], None] = lambda policy: None,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> Simulation:
        """What a unit leaves, the policy with which others are compared among its own.

        ``told`` of each path of a policy.
        """
        policies = tuple(dict.fromkeys((reference_of(self.levers), *unit.policies)))
        part, scenario = self.part(unit, policies), unit.scenario
        simulate_block(
            self.packed,
            world,
            {policy: self.levers[policy] for policy in policies},
            self.run,
            unit.first,
            {policy: (part.tallies[scenario, policy], 0) for policy in policies},
            {policy: history for (_, policy), history in part.histories.items()},
            scratch,
            told,
            cancelled,
            {policy: part.over_paths[scenario, policy] for policy in policies},
        )
        return part

    def block(self, unit: Unit, world: World, part: Simulation) -> list[tuple[Entry, Section]]:
        """The sections that a unit leaves in its block; ``part``: what was made of it."""
        return [
            (entry, part.section((unit.scenario, entry.policy)))
            for entry in self.entries(unit, world)
        ]

    def entries(self, unit: Unit, world: World) -> list[Entry]:
        """What a unit's sections are called."""
        name = self.keys.world(world, unit.first, unit.last)
        return [
            Entry(
                self.keys.section(name, policy),
                unit.scenario,
                policy,
                unit.first,
                unit.last,
                {},
            )
            for policy in unit.policies
        ]
