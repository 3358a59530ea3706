"""Between a run and its store: what is there is taken, blocks that were made are left."""

from collections.abc import Callable
from dataclasses import dataclass

from simulator.engine.block_file import DamagedBlockError, Entry, fill
from simulator.engine.simulation import Simulation
from simulator.engine.store import BlockStore
from simulator.engine.unit_work import Context
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
            if self._put(unit, policy, entry, content)
        ]

    def _put(self, unit: Unit, policy: str, entry: Entry, content: bytes) -> bool:
        """Put in a section's content; whether it was what it should be."""
        pair, part = (unit.scenario, policy), self.context.part(unit, (policy,))
        try:
            fill(part.section(pair), entry, content)
        except DamagedBlockError:
            return False
        self.result.put(pair, unit, part, entry.key)
        return True

    def keep(self, unit: Unit, world: World, part: Simulation) -> dict[str, str]:
        """Leave the block of a unit that was made in ``world``; keys of its sections by policy."""
        sections = self.context.block(unit, world, part)
        self.store.keep(sections)
        return {entry.policy: entry.key for entry, _ in sections}
