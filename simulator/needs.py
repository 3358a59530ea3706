"""What a run needs of memory, disk and time, told or refused before its first path.

Sums over paths are held until the results are written: their size is known to the byte. What
threads, results and pages take beside them, and how fast paths are simulated, was measured.
"""

import shutil
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from simulator.book.schema import Book
from simulator.engine import scratch_bytes, thread_count
from simulator.free_memory import free_memory
from simulator.packing import Packed
from simulator.progress import Progress
from simulator.request import ExperimentRequest
from simulator.settings import ExplainSettings
from simulator.validation import UserError, clip

RESULTS_SHARE: Final = 0.1
"""Memory of the results phase beside the sums, over them; measured 0.06 to 0.1."""
RESULTS_BYTES: Final = 150 << 20
"""Memory of the results phase and the pages, whatever the run; measured 60 to 110 MB."""
LEAST_FILE: Final = 0.06
"""Size of results.nc over the sums, the least that was measured."""
FILE: Final = 0.12
"""The most."""
LEAST_BLOCKS: Final = 0.2
"""Size of the blocks over the sums, at least (assumption)."""
BLOCKS: Final = 0.4
"""About; measured 0.38 in the default run."""
OTHER_FILES: Final = 18 << 20
"""The other files; measured 6 to 15 MB."""
SPEED: Final = 1.5e6
"""Borrower-months a second that a thread simulates; measured 0.5 to 2.1 million."""
RUN_OFF_LIVES: Final = 0.25
"""Share of the borrowers that a month of the run-off has on average."""
TIGHT: Final = 0.8
"""Share of what is free from which on a run is told to be tight."""
SHADOW_POLICIES: Final = 3
"""Policies that explaining underwriting simulates beside the run's."""


@dataclass(frozen=True, slots=True)
class Needs:
    """Bytes and seconds of a run, memory on top of what the process has by now.

    ``memory`` is ``by_path`` for each path and the rest whatever their number; ``standards`` of it
    belongs to provision standards. ``least_disk`` is surely needed, ``disk`` about.
    """

    memory: float
    by_path: float
    standards: float
    least_disk: float
    disk: float
    seconds: float


def needs_of(request: ExperimentRequest, book: Book, packed: Packed) -> Needs:
    """What ``request`` with ``book`` needs; its run-off is a number."""
    run, n_policies = request.run, len(request.all_policies)
    plain = replace(packed, n_cells=0)
    cases = len(request.scenarios) * n_policies
    others = _sums(plain, request, cases)
    whole = _sums(packed, request, cases)
    standards = whole.total(run.paths) - others.total(run.paths)
    if request.section("explain", ExplainSettings).underwriting:
        shadows = len(request.scenarios) * SHADOW_POLICIES
        whole = whole.plus(_sums(plain, request, shadows, by_score=True))
    elif request.break_even:
        whole = whole.plus(_sums(packed, request, len(request.scenarios)))
    threads, sums = thread_count(run), whole.total(run.paths)
    months = run.months + RUN_OFF_LIVES * (run.timeline.horizon - run.months)
    scratch = threads * scratch_bytes(packed, run)
    return Needs(
        memory=(1.0 + RESULTS_SHARE) * sums + scratch + RESULTS_BYTES,
        by_path=(1.0 + RESULTS_SHARE) * whole.by_path,
        standards=standards,
        least_disk=(LEAST_FILE + LEAST_BLOCKS) * sums,
        disk=(FILE + BLOCKS) * sums + OTHER_FILES,
        seconds=(run.paths + run.further_paths)
        * cases
        * months
        * book.n_opening_borrowers
        / (SPEED * threads),
    )


@dataclass(frozen=True, slots=True)
class _Sums:
    """Bytes of sums over paths: for each path, and whatever their number."""

    by_path: float
    fixed: float

    def total(self, paths: int) -> float:
        """Bytes of ``paths`` paths."""
        return self.fixed + self.by_path * paths

    def plus(self, other: "_Sums") -> "_Sums":
        """Both."""
        return _Sums(self.by_path + other.by_path, self.fixed + other.fixed)


def _sums(
    packed: Packed, request: ExperimentRequest, cases: int, *, by_score: bool = False
) -> _Sums:
    """Sums of ``cases`` pairs of scenario and policy."""
    run = request.run
    none, one = (
        sum(
            part.nbytes
            for part in packed.allocate_tallies(
                paths, run.timeline.horizon, run.months, by_score=by_score
            )
            if part.base is None  # others are views
        )
        for paths in (0, 1)
    )
    return _Sums(float(cases * (one - none)), float(cases * none))


def check_needs(
    request: ExperimentRequest, needs: Needs, output: Path | None, watch: Progress
) -> None:
    """Tell what the run needs; a ``UserError`` with what helps where there is not so much."""
    free = free_memory()
    if free is not None and needs.memory > free:
        raise UserError(_too_large(request, needs, free))
    room = None if output is None else _free_disk(output)
    if room is not None and needs.least_disk > room:
        raise UserError(
            f"{clip(output, 200)}: the results need about {size(needs.disk)} on disk, and"
            f" {size(room)} are free; another hydra.run.dir may have more, and fewer run.paths,"
            " policies or scenarios need less"
        )
    watch.tell(
        f"about {size(needs.memory)} of memory, {size(needs.disk)} on disk and"
        f" {duration(needs.seconds)} of simulation"
    )
    if free is not None and needs.memory > TIGHT * free:
        watch.tell(
            f"warning: memory is tight: about {size(needs.memory)} of {size(free)} that are free"
        )
    if room is not None and needs.disk > room:
        watch.tell(
            f"warning: the disk may be too small: about {size(needs.disk)} are needed, and"
            f" {size(room)} are free"
        )


def _too_large(request: ExperimentRequest, needs: Needs, free: float) -> str:
    """What is needed, what is free, and what would fit."""
    run = request.run
    n_scenarios, n_policies = len(request.scenarios), len(request.all_policies)
    head = (
        f"run: {run.paths:,} paths, {n_policies} {'policy' if n_policies == 1 else 'policies'} and"
        f" {n_scenarios} scenario{'' if n_scenarios == 1 else 's'} need about"
        f" {size(needs.memory)} of memory, and {size(free)} are free"
    )
    held = needs.by_path * run.paths
    fitting = _two_figures(int((free - (needs.memory - held)) / needs.by_path))
    fitting -= fitting % run.draws_per_path
    if fitting < 1:
        return f"{head}; fewer borrowers (book.borrowers) and run.threads=1 need less"
    takes = [f"a policy takes {size(held / n_policies)}", f"a scenario {size(held / n_scenarios)}"]
    if needs.standards > 0.0:
        takes.append(f"all provision standards {size(needs.standards)}")
    key = "run.most_paths" if run.precision else "run.paths"
    return f"{head}: {key}={fitting} fits; {', '.join(takes)}"


def _two_figures(number: int) -> int:
    """``number`` rounded down to two figures."""
    step = int("1" + "0" * (len(str(number)) - 2)) if number > 99 else 1
    return number // step * step


def _free_disk(output: Path) -> int | None:
    """Bytes that are free where ``output`` is, or will be; None where that is not told."""
    for folder in (output, *output.absolute().parents):
        with suppress(OSError):
            return shutil.disk_usage(folder).free
    return None


def size(n_bytes: float) -> str:
    """``n_bytes`` to two figures, in MB or GB."""
    megabytes = n_bytes / 1e6
    if megabytes < 1.0:
        return "less than 1 MB"
    if megabytes < 1000.0:
        return f"{float(f'{megabytes:.2g}'):.0f} MB"
    return f"{float(f'{megabytes / 1000.0:.2g}'):g} GB"


def duration(seconds: float) -> str:
    """``seconds`` to two figures, in s, min or h."""
    for unit, length in (("h", 3600.0), ("min", 60.0)):
        if seconds >= 2.0 * length:
            return f"{float(f'{seconds / length:.2g}'):g} {unit}"
    return f"{float(f'{max(seconds, 1.0):.2g}'):g} s"
