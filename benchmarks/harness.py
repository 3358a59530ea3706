"""Clocks, repetitions in turn, the machine's facts, and the table in the README."""

import os
import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from statistics import median
from time import perf_counter, process_time

import numpy as np

BEGIN, END = "<!-- benchmarks -->", "<!-- /benchmarks -->"
MIB, GIB = 2.0**20, 2.0**30


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: what was measured, the figure with its unit, and how to read it."""

    what: str
    figure: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Timing:
    """Medians over repetitions, in seconds; ``cpu`` counts all threads of the process."""

    wall: float
    cpu: float


def timed_in_turn(
    work: Mapping[str, Callable[[], object]], repeats: int, budget: float = 20.0
) -> dict[str, Timing]:
    """Time each callable ``repeats`` times in turn (A B A B), so that drift hits all alike.

    Stops after the round in which ``budget`` seconds are spent; the first is always complete.
    """
    walls: dict[str, list[float]] = {name: [] for name in work}
    cpus: dict[str, list[float]] = {name: [] for name in work}
    started = perf_counter()
    for _ in range(repeats):
        for name, run in work.items():
            wall, cpu = perf_counter(), process_time()
            run()
            walls[name].append(perf_counter() - wall)
            cpus[name].append(process_time() - cpu)
        if perf_counter() - started > budget:
            break
    return {name: Timing(median(walls[name]), median(cpus[name])) for name in work}


def millions(per_second: float) -> str:
    """A rate as the table shows it."""
    return f"{per_second / 1e6:.1f} M/s"


def _cpu_model() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or "unknown processor"


def usable_cores() -> int:
    """Processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def machine_facts() -> str:
    """One line on the machine and the versions that the figures depend on."""
    load = f", load {os.getloadavg()[0]:.1f} at the start" if hasattr(os, "getloadavg") else ""
    return (
        f"{_cpu_model()}, {usable_cores()} cores{load}; {platform.system()} {platform.machine()};"
        f" Python {platform.python_version()}, numba {version('numba')}, numpy {np.__version__}"
    )


def markdown(facts: str, rows: Sequence[Row]) -> str:
    """The table as Markdown, with the machine below it."""
    lines = ["| measured | figure | note |", "|---|---|---|"]
    lines += [f"| {row.what} | {row.figure} | {row.note} |" for row in rows]
    return "\n".join([*lines, "", f"Measured in one run on {facts}."])


def update_readme(readme: Path, table: str) -> bool:
    """Put ``table`` between the markers of ``readme``; False, and nothing done, without them.

    The first marker opens the place; it ends at the closing marker, or at a second opening one.
    """
    if not readme.is_file():
        return False
    text = readme.read_text(encoding="utf-8")
    start = text.find(BEGIN)
    if start < 0:
        return False
    after = start + len(BEGIN)
    ends = [at for at in (text.find(END, after), text.find(BEGIN, after)) if at >= 0]
    if not ends:
        return False
    filled = f"{text[:after]}\n{table}\n{text[min(ends) :]}"
    readme.write_text(filled, encoding="utf-8")
    return True
