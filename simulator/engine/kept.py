"""Between a run and its store: what is there is taken, blocks that were made are left."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from simulator.engine.block_file import DamagedBlockError, Entry, fill
from simulator.engine.keys import Keys
from simulator.engine.path_sums import OverPaths
from simulator.engine.simulation import Simulation
from simulator.engine.store import BlockStore
from simulator.engine.units import Unit
from simulator.levers import LeverTable
from simulator.packing import Packed
from simulator.settings import RunSettings
from simulator.shocks.world import World


@dataclass(frozen=True, slots=True)
class Kept:
    """Blocks of one run's simulation."""

    store: BlockStore
    result: Simulation
    packed: Packed
    keys: Keys
    paths: int

    @staticmethod
    def of(
        store: BlockStore,
        result: Simulation,
        packed: Packed,
        levers: Mapping[str, LeverTable],
        run: RunSettings,
        *,
        by_score: bool,
    ) -> "Kept":
        """Of the simulation that ``result`` will hold; ``by_score`` as in ``simulate``."""
        keys = Keys.of(packed, levers, run, by_score=by_score)
        return Kept(store, result, packed, keys, run.paths)

    def take(
        self,
        scenario: str,
        build: Callable[[int, int], World],
        known: int,
        advance: Callable[[int], None],
    ) -> dict[str, list[tuple[int, int]]]:
        """Put in what the store has of paths from ``known`` on; which paths, by policy."""
        found: dict[str, list[tuple[int, int]]] = {policy: [] for policy in self.keys.of_policy}
        for first, last in self.store.spans(known, self.paths):
            free = [p for p, spans in found.items() if not spans or spans[-1][1] <= first]
            if not free:
                continue
            world = self.keys.world(build(first, last), first, last)
            policy_of = {self.keys.section(world, policy): policy for policy in free}
            for key, entry, content in self.store.sections(list(policy_of)):
                policy = policy_of[key]
                if self._fill((scenario, policy), entry, content):
                    found[policy].append((first, last))
                    advance(last - first)
        return found

    def _fill(self, pair: tuple[str, str], entry: Entry, content: bytes) -> bool:
        """Put in a section's content; whether it was what it should be."""
        sums = OverPaths.of(self.packed, self.result.tallies[pair])
        try:
            fill(self.result.section(pair, entry.first, entry.last, sums), entry, content)
        except DamagedBlockError:
            return False
        self.result.over_paths[pair].join(sums)
        return True

    def keep(self, unit: Unit, world: World, sums: Mapping[str, OverPaths]) -> None:
        """Leave the block of a unit that was simulated in ``world``."""
        name = self.keys.world(world, unit.first, unit.last)
        self.store.keep(
            [
                (
                    Entry(
                        self.keys.section(name, policy),
                        unit.scenario,
                        policy,
                        unit.first,
                        unit.last,
                        {},
                        0,
                    ),
                    self.result.section(
                        (unit.scenario, policy), unit.first, unit.last, sums[policy]
                    ),
                )
                for policy in unit.policies
            ]
        )
