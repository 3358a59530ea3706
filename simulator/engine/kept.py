"""Between a run and its store: what is there is taken, blocks that were made are left."""

from collections.abc import Callable
from dataclasses import dataclass

from simulator.engine.block_file import DamagedBlockError, Entry, fill
from simulator.engine.path_sums import OverPaths
from simulator.engine.simulation import Simulation
from simulator.engine.store import BlockStore
from simulator.engine.unit_work import Context, Sums
from simulator.engine.units import Unit
from simulator.shocks.world import World


@dataclass(frozen=True, slots=True)
class Kept:
    """Blocks of one run's simulation."""

    store: BlockStore
    context: Context
    result: Simulation

    def take(
        self, scenario: str, known: int, advance: Callable[[int], None]
    ) -> dict[str, list[tuple[int, int]]]:
        """Put in what the store has of paths from ``known`` on; which paths, by policy."""
        found: dict[str, list[tuple[int, int]]] = {policy: [] for policy in self.context.levers}
        for first, last in self.store.spans(known, self.context.run.paths):
            free = [p for p, spans in found.items() if not spans or spans[-1][1] <= first]
            if free:
                unit = Unit(scenario, first, last, tuple(free))
                for policy in self.take_unit(unit):
                    found[policy].append((first, last))
                    advance(last - first)
        return found

    def take_unit(self, unit: Unit) -> list[str]:
        """Put in what the store has of ``unit``; of which policies."""
        same: dict[str, list[str]] = {}  # two policies may be of the same levers
        for entry in self.context.entries(unit, self.context.world(unit)):
            same.setdefault(entry.key, []).append(entry.policy)
        return [
            policy
            for key, entry, content in self.store.sections(list(same))
            for policy in same[key]
            if self._fill(unit, policy, entry, content)
        ]

    def _fill(self, unit: Unit, policy: str, entry: Entry, content: bytes) -> bool:
        """Put in a section's content; whether it was what it should be."""
        pair = unit.scenario, policy
        sums = OverPaths.of(self.context.packed, self.result.tallies[pair])
        try:
            fill(self.result.section(pair, unit, unit.first, sums), entry, content)
        except DamagedBlockError:
            return False
        self.result.over_paths[pair].join(sums)
        return True

    def keep(self, unit: Unit, world: World, sums: Sums) -> None:
        """Leave the block of a unit that was simulated in ``world``."""
        self.store.keep(self.context.block(unit, world, self.result, unit.first, sums))
