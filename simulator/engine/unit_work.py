"""What one work unit takes: all that its kernels receive, and where its sums go."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

from simulator.engine.block_file import Entry
from simulator.engine.keys import Keys
from simulator.engine.path_sums import OverPaths
from simulator.engine.paths import reference_of, simulate_block
from simulator.engine.scratch import Scratch
from simulator.engine.simulation import Section, Simulation
from simulator.engine.units import Unit
from simulator.levers import LeverTable
from simulator.packing import Packed
from simulator.settings import RunSettings
from simulator.shocks.world import World

WorldBuilder = Callable[[int, int], World]
"""Hazards of the paths [first, last) of a scenario."""
Sums = Mapping[str, OverPaths]
"""Sums over a unit's paths, by policy."""


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

    def world(self, unit: Unit) -> World:
        """The world of a unit's paths."""
        return self.worlds[unit.scenario](unit.first, unit.last)

    def policies(self, unit: Unit) -> tuple[str, ...]:
        """Policies that a unit simulates, the one with which others are compared among them."""
        return tuple(dict.fromkeys((reference_of(self.levers), *unit.policies)))

    def simulate(
        self,
        unit: Unit,
        world: World,
        into: tuple[Simulation, int],
        scratch: Scratch,
        told: Callable[[str], None] = lambda policy: None,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> Sums:
        """Simulate a unit; its sums over paths.

        ``into``: where its paths go, and the row of the first; ``told`` of each path of a policy.
        """
        result, at = into
        policies = self.policies(unit)
        tallies = {policy: result.tallies[unit.scenario, policy] for policy in policies}
        sums = {policy: OverPaths.of(self.packed, tallies[policy]) for policy in policies}
        simulate_block(
            self.packed,
            world,
            {policy: self.levers[policy] for policy in policies},
            self.run,
            unit.first,
            {policy: (tallies[policy], at) for policy in policies},
            {p: h for (s, p), h in result.histories.items() if s == unit.scenario},
            scratch,
            told,
            cancelled,
            sums,
        )
        return sums

    def block(
        self, unit: Unit, world: World, result: Simulation, at: int, sums: Sums
    ) -> list[tuple[Entry, Section]]:
        """The sections that a unit leaves in its block; ``at`` as in ``Simulation.section``."""
        return [
            (entry, result.section((unit.scenario, entry.policy), unit, at, sums[entry.policy]))
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
                0,
            )
            for policy in unit.policies
        ]
