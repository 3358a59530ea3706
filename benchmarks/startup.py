"""Time to an answer, time to the first simulated path, and memory of a thread."""

import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np

from benchmarks.case import MONTHS, POLICIES, ROOT, SCENARIO, Case, shipped_case
from benchmarks.harness import GIB, MIB, Row
from simulator.engine import scratch_bytes as bytes_of_a_thread
from simulator.engine import simulate

_UNTIL_SIMULATION = """
import sys, simulator.experiment as experiment
class Begun(BaseException): pass
def begin(*arguments): raise Begun
experiment.simulate = begin
from simulator.cli.run import main
try:
    main(sys.argv[1:])
except Begun:
    sys.exit(0)
sys.exit(3)
"""


def _seconds(command: list[str], repeats: int) -> float:
    """Median wall seconds of a process that must succeed."""
    times = []
    for _ in range(repeats):
        started = perf_counter()
        subprocess.run(command, check=True, capture_output=True, cwd=ROOT)
        times.append(perf_counter() - started)
    return median(times)


def measure_start(repeats: int = 3) -> list[Row]:
    """Seconds until help is shown, and until the first path starts with kernels cached."""
    help_seconds = _seconds([sys.executable, "-m", "simulator", "--help"], repeats)
    with tempfile.TemporaryDirectory() as folder:
        arguments = ["run=smoke", f"hydra.run.dir={folder}"]
        start = [sys.executable, "-c", _UNTIL_SIMULATION, *arguments]
        _seconds(start, 1)  # fills the kernels' cache where it is empty
        start_seconds = _seconds(start, repeats)
    return [
        Row("`python -m simulator --help`", f"{help_seconds:.2f} s", "wanted: within a second"),
        Row(
            "from the command to the first path",
            f"{start_seconds:.1f} s",
            "run=smoke on the default book, kernels in the cache",
        ),
    ]


def scratch_bytes(case: Case) -> int:
    """Bytes that one worker thread holds for ``case``."""
    return bytes_of_a_thread(case.packed, case.run(1))


def _resident() -> int | None:
    """Bytes of this process in memory now; None where the system does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        return None
    import resource

    return pages * resource.getpagesize()


def resident_growth(case: Case) -> int | None:
    """Largest growth in bytes while one thread simulates a path of each policy."""
    run = case.run(1, 1)
    worlds = {SCENARIO: case.world_builder(run)}
    levers = {name: case.levers[name] for name in POLICIES}
    before = _resident()
    if before is None:
        return None
    seen = [before]
    simulate(case.packed, worlds, levers, run, lambda n: seen.append(_resident() or 0))
    return int(np.max(seen)) - before


def measure_memory(borrowers: int = 200_000) -> list[Row]:
    """Memory of one thread, by sizes of arrays for a million borrowers, and measured."""
    case = shipped_case(borrowers)
    case.compile()
    n_people, opening = case.packed.book.people.size, case.book.n_opening_borrowers
    expected, grown = scratch_bytes(case), resident_growth(case)
    each, everybody = expected / n_people, expected / opening
    loans = case.packed.book.loans.size / n_people
    measured = "the system does not tell" if grown is None else f"{grown / MIB:.0f} MiB"
    return [
        Row(
            "memory a thread, 1,000,000 borrowers, applicants among them",
            f"{each * 1e6 / GIB:.2f} GiB",
            f"wanted: 1 GiB; {each:.0f} bytes a person with {loans:.2f} loans, {MONTHS} months",
        ),
        Row(
            "memory a thread, 1,000,000 opening borrowers with their applicants",
            f"{everybody * 1e6 / GIB:.2f} GiB",
            f"wanted: 1 GiB; {1e6 * (n_people / opening - 1):,.0f} applicants in {MONTHS} months",
        ),
        Row(
            f"memory a thread measured, {opening:,} opening borrowers",
            measured,
            f"growth of the process over one path of {len(POLICIES)} policies;"
            f" {expected / MIB:.0f} MiB by sizes of arrays, without tallies",
        ),
    ]
