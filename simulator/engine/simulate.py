"""Every scenario and policy of a run: what is missing is simulated, block by block."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Event, local

from simulator.engine.kept import Kept
from simulator.engine.simulation import Simulation
from simulator.engine.store import BlockStore
from simulator.engine.threads import run_units, thread_count
from simulator.engine.unit_work import Context, WorldBuilder
from simulator.engine.units import Unit, missing_units
from simulator.levers import LeverTable
from simulator.packing import Packed
from simulator.settings import RunSettings

Runner = Callable[[Sequence[Unit], Kept, Callable[[int], None]], None]
"""Has units made elsewhere, puts them in, and tells of each path of a policy."""


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
    room: int | None = None,
    runner: Runner | None = None,
) -> Simulation:
    """Run every scenario and policy; ``advance`` is told of each finished path of a policy.

    ``by_score``: new customers are summed by their score. ``earlier``: what the same call with
    fewer paths left; its paths are taken as they are, and the result is that without it.
    ``store``: blocks of paths that are there already are not simulated again, others are left
    there; the result is that without it. ``room``: sums of paths stay in the ``store`` alone, from
    where the result reads them; statistics over all may then take so many bytes at once.
    ``runner``: what runs units in place of this process's threads; it needs a ``store``.
    """
    context = Context(packed, worlds, levers, run, by_score)
    pairs = [(scenario, policy) for scenario in worlds for policy in levers]
    place = None if room is None or store is None else (store, room)
    result = Simulation.empty(packed, pairs, run, by_score=by_score, place=place)
    known = 0 if earlier is None else result.take(earlier)
    kept = None if store is None else Kept(store, context, result)
    units: list[Unit] = []
    for scenario in worlds:
        found = {} if kept is None else kept.take(scenario, known, advance)
        units += missing_units(scenario, levers, found, known, run)
    if runner is not None and kept is not None:
        runner(units, kept, advance)
    else:
        work = _Work(context, result, kept, advance)
        run_units(units, work.do, thread_count(run), work.stop)
    result.close()
    return result


@dataclass(frozen=True, slots=True)
class _Work:
    """What the threads of a run share."""

    context: Context
    result: Simulation
    kept: Kept | None
    advance: Callable[[int], None]
    worker: local = field(default_factory=local)
    stop: Event = field(default_factory=Event)

    def do(self, unit: Unit) -> None:
        """Simulate a unit; its block is kept where asked."""
        if self.stop.is_set():
            return
        if not hasattr(self.worker, "scratch"):
            self.worker.scratch = self.context.scratch()
        world = self.context.world(unit)
        part = self.context.make(
            unit,
            world,
            self.worker.scratch,
            lambda policy: self.advance(policy in unit.policies),
            self.stop.is_set,
        )
        if self.stop.is_set():  # it may have ended early
            return
        keys = {} if self.kept is None else self.kept.keep(unit, world, part)
        for policy in unit.policies:
            self.result.put((unit.scenario, policy), unit, part, keys.get(policy, ""))
