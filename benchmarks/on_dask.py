"""What Dask adds to blocks of a known length, and a large run projected from measured cost."""

from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter, sleep
from typing import Any

from benchmarks.case import Case, shipped_case, total
from benchmarks.harness import Row, timed_in_turn
from simulator.engine.on_dask import DaskRunner, Receipt, Tasks
from simulator.engine.units import Unit
from simulator.engine_settings import EngineSettings
from simulator.vocabulary import Count

WORKERS, BLOCKS, SECONDS = 2, 60, 0.1
LARGE_BORROWERS, LARGE_PATHS, LARGE_CASES, CORES = 1_000_000, 1_000, 9, 64


def sleeping(context: object, unit: Unit, folder: str) -> Receipt:
    """A block that takes a known time and is not there."""
    sleep(SECONDS)
    return Receipt(str(unit.first), made=True)


@dataclass
class Counted:
    """In place of what is kept: receipts are counted."""

    context: object = None
    receipts: list[str] = field(default_factory=list)

    @property
    def store(self) -> "Counted":
        return self

    def add(self, name: str, *, made: bool) -> None:
        self.receipts.append(name)

    def take_unit(self, unit: Unit) -> tuple[str, ...]:
        return unit.policies


def overhead(blocks: int = BLOCKS) -> tuple[float, float]:
    """Seconds of a run of blocks that sleep on a cluster that stands, and of its start."""
    kept: Any = Counted()
    began = perf_counter()
    with DaskRunner(EngineSettings(kind="dask", workers=WORKERS)).client() as client:
        started = perf_counter()
        tasks = Tasks(client, kept, Path(), lambda n: None, sleeping)
        tasks.run([Unit("asleep", at, at + 1, ("status_quo",)) for at in range(blocks)])
        ended = perf_counter()
    assert len(kept.receipts) == blocks
    return ended - started, started - began


def cost(case: Case, paths: int) -> float:
    """Seconds of processor of a path of a case, one thread."""
    case.compile()
    found: dict[str, Any] = {}
    simulate = case.prepare(case.run(paths, 1))

    def keep() -> None:
        found["run"] = simulate()

    times = timed_in_turn({"run": keep}, 3, 20.0)
    assert total(found["run"], Count.LIVE_BORROWERS) > 0.0
    return times["run"].cpu / (paths * len(found["run"].tallies))


def measure(blocks: int = BLOCKS, borrowers: int = 10_000, paths: int = 4) -> list[Row]:
    """Overhead of Dask, and the projection."""
    took, start = overhead(blocks)
    ideal = blocks * SECONDS / WORKERS
    one = cost(shipped_case(borrowers), paths)
    whole = one * LARGE_BORROWERS / borrowers * LARGE_PATHS * LARGE_CASES / CORES
    return [
        Row(
            f"engine=dask, {blocks} blocks that sleep {SECONDS:g} s, {WORKERS} workers",
            f"{took / ideal:.2f}x",
            f"of the time without any overhead; {(took - ideal) * WORKERS / blocks * 1e3:.0f} ms a"
            f" block and worker; the cluster starts in {start:.1f} s",
        ),
        Row(
            f"projected: {LARGE_BORROWERS:,} borrowers, {LARGE_PATHS:,} paths, {LARGE_CASES} cases",
            f"{whole / 3600.0:.1f} h",
            f"on {CORES} cores, from {one:.3f} s a path and case of {borrowers:,} borrowers on one"
            " thread; cost is taken to grow with borrowers and paths",
        ),
    ]
