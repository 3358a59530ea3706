"""This checkout against another one: the same work timed in turn, in a process of its own each.

``python -m benchmarks --against PATH`` with the path of a checkout of an earlier version, for
example one made by ``git worktree``. Both must have ``benchmarks.case``.
"""

import os
import subprocess
import sys
from pathlib import Path
from statistics import median

from benchmarks.case import MONTHS, POLICIES, ROOT
from benchmarks.harness import Row, millions

_WORK = """
from time import perf_counter
from benchmarks.case import shipped_case, total
from simulator.vocabulary import Count
case = shipped_case({borrowers})
case.compile()
for threads in (1, 2):
    simulate = case.prepare(case.run({paths}, threads))
    simulate()
    rates = []
    for _ in range({repeats}):
        started = perf_counter()
        done = simulate()
        rates.append(total(done, Count.LIVE_BORROWERS) / (perf_counter() - started))
    print(sorted(rates)[len(rates) // 2])
"""


def rates(checkout: Path, borrowers: int, paths: int, repeats: int) -> tuple[float, float]:
    """Live borrower-months a second of ``checkout`` on one thread and on two."""
    script = _WORK.format(borrowers=borrowers, paths=paths, repeats=repeats)
    environment = os.environ | {"PYTHONPATH": str(checkout)}
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=checkout,
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    one, two = (float(line) for line in done.stdout.split())
    return one, two


def measure_against(
    other: Path, borrowers: int = 10_000, paths: int = 6, repeats: int = 3, rounds: int = 5
) -> list[Row]:
    """Throughput here over throughput there, by median of ``rounds`` in turn."""
    rates(other, 300, 1, 1)  # compiles, where a cache is cold
    rates(ROOT, 300, 1, 1)
    there, here = [], []
    for _ in range(rounds):
        there.append(rates(other, borrowers, paths, repeats))
        here.append(rates(ROOT, borrowers, paths, repeats))
    rows = []
    for index, threads in enumerate(("one thread", "two threads")):
        old, new = (median(pair[index] for pair in found) for found in (there, here))
        ratios = sorted(n[index] / o[index] for n, o in zip(here, there, strict=True))
        rows.append(
            Row(
                f"simulation here over the other checkout, {threads}",
                f"{new / old:.2f}",
                f"{millions(new)} against {millions(old)} live borrower-months; {MONTHS} months,"
                f" {len(POLICIES)} policies; rounds from {ratios[0]:.2f} to {ratios[-1]:.2f}",
            )
        )
    return rows
