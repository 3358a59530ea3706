"""Every scenario and policy of a run: what is missing is simulated, block by block."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import Event, local

from simulator.engine.kept import Kept
from simulator.engine.path_sums import OverPaths
from simulator.engine.paths import reference_of, simulate_block
from simulator.engine.scratch import Scratch
from simulator.engine.simulation import Simulation
from simulator.engine.store import BlockStore
from simulator.engine.threads import run_units, thread_count
from simulator.engine.units import Unit, missing_units
from simulator.levers import LeverTable
from simulator.packing import Packed
from simulator.settings import RunSettings
from simulator.shocks.world import World

WorldBuilder = Callable[[int, int], World]
"""Hazards of the paths [first, last) of a scenario."""


def simulate(
    packed: Packed,
    worlds: Mapping[str, WorldBuilder],
    levers: Mapping[str, LeverTable],
    run: RunSettings,
    advance: Callable[[int], None] = lambda n: None,
    *,
    by_score: bool = False,
    earlier: Simulation | None = None,
    store: BlockStore | None = None,
) -> Simulation:
    """Run every scenario and policy; ``advance`` is told of each finished path of a policy.

    ``by_score``: new customers are summed by their score. ``earlier``: what the same call with
    fewer paths left; its paths are taken as they are, and the result is that without it.
    ``store``: blocks of paths that are there already are not simulated again, others are left
    there; the result is that without it.
    """
    pairs = [(scenario, policy) for scenario in worlds for policy in levers]
    result = Simulation.empty(packed, pairs, run, by_score=by_score)
    known = 0 if earlier is None else result.take(earlier)
    kept = store and Kept.of(store, result, packed, levers, run, by_score=by_score)
    units: list[Unit] = []
    for scenario, build in worlds.items():
        found = kept.take(scenario, build, known, advance) if kept else {}
        units += missing_units(scenario, levers, found, known, run)
    work = _Work(packed, worlds, levers, run, result, kept or None, advance, local(), Event())
    run_units(units, work.do, thread_count(run), work.stop)
    result.close()
    return result


@dataclass(frozen=True, slots=True)
class _Work:
    """What work units of a run have in common."""

    packed: Packed
    worlds: Mapping[str, WorldBuilder]
    levers: Mapping[str, LeverTable]
    run: RunSettings
    result: Simulation
    kept: Kept | None
    advance: Callable[[int], None]
    worker: local
    stop: Event

    def do(self, unit: Unit) -> None:
        """Simulate a unit's policies beside the reference; its block is kept where asked."""
        if self.stop.is_set():
            return
        policies = dict.fromkeys((reference_of(self.levers), *unit.policies))
        tallies = {policy: self.result.tallies[unit.scenario, policy] for policy in policies}
        sums = {policy: OverPaths.of(self.packed, tallies[policy]) for policy in policies}
        world = self.worlds[unit.scenario](unit.first, unit.last)
        if not hasattr(self.worker, "scratch"):
            self.worker.scratch = Scratch.allocate(self.packed, next(iter(tallies.values())))
        simulate_block(
            self.packed,
            world,
            {policy: self.levers[policy] for policy in policies},
            self.run,
            unit.first,
            {policy: (tallies[policy], unit.first) for policy in policies},
            {p: h for (s, p), h in self.result.histories.items() if s == unit.scenario},
            self.worker.scratch,
            lambda policy: self.advance(policy in unit.policies),
            self.stop.is_set,
            sums,
        )
        if self.stop.is_set():  # it may have ended early
            return
        if self.kept is not None:
            self.kept.keep(unit, world, sums)
        for policy in unit.policies:
            self.result.over_paths[unit.scenario, policy].join(sums[policy])
