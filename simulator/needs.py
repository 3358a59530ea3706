"""What a run needs of memory, disk and time, told or refused before its first path.

Sums of all paths are held until the results are written, where they fit: their size is known to the
byte. Where they do not they stay in the blocks that a run leaves, and what is made of them in a
file beside. What threads, results and pages take, and how fast paths are simulated, was measured.
"""

import math
import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, NamedTuple

from simulator.book.schema import Book
from simulator.engine import scratch_bytes, thread_count
from simulator.free_memory import free_memory, taken_memory
from simulator.packing import Packed
from simulator.path_windows import WINDOW
from simulator.progress import Progress
from simulator.request import ExperimentRequest
from simulator.settings import ExplainSettings
from simulator.validation import UserError, clip

RESULTS_SHARE: Final = 0.1
"""Memory of the results phase beside the sums, over them; measured 0.06 to 0.1."""
RESULTS_BYTES: Final = 150 << 20
"""Memory of the results phase and the pages, whatever the run; measured 60 to 110 MB."""
LEAN_SHARE: Final = 0.03
"""What memory has of them where they stay in blocks: allowances and profit of each path."""
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
AMOUNTS: Final = 8
"""Numbers of each path at hand where allowances and figures are reckoned (assumption)."""
LEAST_ROOM: Final = 64 << 20
"""Bytes that statistics take at once, at least, where sums of paths are in blocks."""
MOST_ROOM: Final = 1 << 30
"""And at most: more hardly saves time."""
SHADOW_POLICIES: Final = 3
"""Policies that explaining underwriting simulates beside the run's."""


class Beside(NamedTuple):
    """What an explanation simulates beside the run, about.

    ``words`` say what for; ``paths``: of one policy and scenario, in all; ``held``: of them in
    memory at once; ``run_off``: whether its months are simulated; ``borrowers``: of a small book,
    None the run's; ``settling``: borrower-months before the opening of books that are built anew.
    """

    words: str
    paths: float
    held: float = 0.0
    run_off: bool = True
    borrowers: int | None = None
    settling: float = 0.0


@dataclass(frozen=True, slots=True)
class Needs:
    """Bytes and seconds of a run, memory on top of what the process has by now.

    ``memory`` is ``by_path`` for each path and the rest whatever their number; ``standards`` of it
    belongs to provision standards. ``lean`` and ``lean_by_path`` are the same where sums of paths
    stay in blocks, without the room that statistics take; ``by_path_file`` is then on disk as well.
    ``least_disk`` is surely needed, ``disk`` about. ``beside``: seconds of each explanation.
    """

    memory: float
    by_path: float
    standards: float
    least_disk: float
    disk: float
    seconds: float
    lean: float
    lean_by_path: float
    by_path_file: float = 0.0
    beside: tuple[tuple[str, float], ...] = ()


class Place(NamedTuple):
    """Where a run's sums of paths are: in memory, or in its blocks.

    ``room``: bytes that statistics may then take at once.
    """

    in_blocks: bool = False
    room: int = 0


def needs_of(
    request: ExperimentRequest, book: Book, packed: Packed, explained: Sequence[Beside] = ()
) -> Needs:
    """What ``request`` with ``book`` needs; its run-off is a number."""
    run, n_policies = request.run, len(request.all_policies)
    plain = replace(packed, n_cells=0)
    cases = len(request.scenarios) * n_policies
    others = _sums(plain, request, cases)
    own = _sums(packed, request, cases)
    standards = own.total(run.paths) - others.total(run.paths)
    beside = [_Sums(0.0, 0.0)]
    if request.section("explain", ExplainSettings).underwriting:
        shadows = len(request.scenarios) * SHADOW_POLICIES
        beside.append(_sums(plain, request, shadows, by_score=True))
    if request.break_even:
        beside.append(_sums(packed, request, 1))
    alone = _sums(plain, request, 1)
    beside += [_Sums(0.0, alone.total(each.held)) for each in explained]
    most = max(beside, key=lambda sums: sums.total(run.paths))
    whole = own.plus(most)
    threads, sums = thread_count(run), whole.total(run.paths)
    months = _lived(request, run_off=True)
    scratch = threads * scratch_bytes(packed, run)
    by_path = LEAN_SHARE * own.by_path + _amounts(request) + (1.0 + RESULTS_SHARE) * most.by_path
    lean = by_path * run.paths + whole.fixed + _windows(own, request, threads)
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
        lean=lean + scratch + RESULTS_BYTES,
        lean_by_path=by_path,
        by_path_file=RESULTS_SHARE * own.total(run.paths),
        beside=tuple((each.words, _seconds(each, request, book)) for each in explained),
    )


def _lived(request: ExperimentRequest, *, run_off: bool) -> float:
    """Months that a borrower of the opening is simulated, on average."""
    run = request.run
    return run.months + run_off * RUN_OFF_LIVES * (run.timeline.horizon - run.months)


def _seconds(each: Beside, request: ExperimentRequest, book: Book) -> float:
    """Of an explanation."""
    size = book.n_opening_borrowers
    borrowers = size if each.borrowers is None else min(each.borrowers, size)
    lived = each.paths * borrowers * _lived(request, run_off=each.run_off)
    return (lived + each.settling) / (SPEED * thread_count(request.run))


def _amounts(request: ExperimentRequest) -> float:
    """Bytes that each path takes while allowances and summaries are reckoned.

    ``AMOUNTS`` numbers a month of every grade and scenario, and of every case.
    """
    grades = sum(len(book.grades) for book in request.provision.values())
    n_scenarios, n_policies = len(request.scenarios), len(request.all_policies)
    return 8.0 * AMOUNTS * (request.run.months + 1) * n_scenarios * (grades + n_policies)


def _windows(sums: "_Sums", request: ExperimentRequest, threads: int) -> float:
    """Bytes of the paths that are at hand where the others are in blocks.

    Of a window of one policy in every scenario and one more; of each thread's unit, twice: as it
    is and pressed.
    """
    n_scenarios, n_policies = len(request.scenarios), len(request.all_policies)
    of_case = sums.by_path / (n_scenarios * n_policies)
    units = 2.0 * threads * min(request.run.path_batch, request.run.paths) * n_policies
    return of_case * (min(WINDOW, request.run.paths) * (n_scenarios + 1) + units)


@dataclass(frozen=True, slots=True)
class _Sums:
    """Bytes of sums over paths: for each path, and whatever their number."""

    by_path: float
    fixed: float

    def total(self, paths: float) -> float:
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
) -> Place:
    """Tell what the run needs, and where its sums of paths are to be.

    A ``UserError`` with what helps where there is not so much memory or disk. Blocks are left only
    in an ``output``.
    """
    limit = _limit(request)
    place, memory = _place(needs, limit, output)
    if memory > limit.bytes:
        raise UserError(_too_large(request, needs, limit, output))
    room = None if output is None else _free_disk(output)
    beside = needs.by_path_file if place.in_blocks else 0.0
    least, disk = needs.least_disk + beside, needs.disk + beside
    if room is not None and least > room:
        raise UserError(
            f"{clip(output, 200)}: the results need about {size(disk)} on disk, and"
            f" {size(room)} are free; another hydra.run.dir may have more, and fewer run.paths,"
            " policies or scenarios need less"
        )
    watch.tell(
        f"about {size(memory)} of memory, {size(disk)} on disk and"
        f" {duration(needs.seconds)} of simulation"
    )
    for words, seconds in needs.beside:
        watch.tell(f"about {duration(seconds)} more {words}")
    if place.in_blocks:
        watch.tell(
            f"sums of all paths together would take {size(needs.memory)}: they stay in the blocks"
            " and are read again for the results"
        )
    elif memory > TIGHT * limit.bytes:
        watch.tell(f"warning: memory is tight: about {size(memory)} of {limit.told}")
    if room is not None and disk > room:
        watch.tell(
            f"warning: the disk may be too small: about {size(disk)} are needed, and"
            f" {size(room)} are free"
        )
    return place


class _Limit(NamedTuple):
    """Bytes that a run may take beside what the process has; ``told``: in words, ``cure``: more."""

    bytes: float
    told: str
    cure: str = ""


def _limit(request: ExperimentRequest) -> _Limit:
    """The least of what is free and of what ``run.most_memory`` leaves."""
    found = [_Limit(math.inf, "all")]
    free, most = free_memory(), request.run.most_bytes
    if free is not None:
        found.append(_Limit(free, f"{size(free)} that are free"))
    if most is not None:
        left = max(0.0, most - taken_memory())
        words = f"{size(left)} that run.most_memory={request.run.most_memory} leaves"
        found.append(_Limit(left, words, "a larger run.most_memory allows more; "))
    return min(found)


def _place(needs: Needs, limit: _Limit, output: Path | None) -> tuple[Place, float]:
    """Where sums of paths are to be, and the memory that this takes."""
    least = needs.lean + LEAST_ROOM
    if needs.memory <= limit.bytes or output is None or needs.memory <= least:
        return Place(), needs.memory
    room = min(max(LEAST_ROOM, TIGHT * limit.bytes - needs.lean), MOST_ROOM)
    return Place(in_blocks=True, room=int(room)), needs.lean + room


def _too_large(request: ExperimentRequest, needs: Needs, limit: _Limit, output: Path | None) -> str:
    """What is needed, what there is, and what would fit."""
    run = request.run
    n_scenarios, n_policies = len(request.scenarios), len(request.all_policies)
    memory, by_path = needs.memory, needs.by_path
    if output is not None and needs.lean + LEAST_ROOM < memory:
        memory, by_path = needs.lean + LEAST_ROOM, needs.lean_by_path
    head = (
        f"run: {run.paths:,} paths, {n_policies} {'policy' if n_policies == 1 else 'policies'} and"
        f" {n_scenarios} scenario{'' if n_scenarios == 1 else 's'} need about"
        f" {size(memory)} of memory, and there are {limit.told}"
    )
    held = by_path * run.paths
    fitting = _two_figures(int((limit.bytes - (memory - held)) / by_path))
    fitting -= fitting % run.draws_per_path
    in_blocks = needs.lean + LEAST_ROOM
    folder = (
        "; with a folder for its files it fits" if not output and in_blocks <= limit.bytes else ""
    )
    if fitting < 1:
        fewer = "fewer borrowers (book.borrowers) and run.threads=1 need less"
        return f"{head}{folder}; {limit.cure}{fewer}"
    takes = [f"a policy takes {size(held / n_policies)}", f"a scenario {size(held / n_scenarios)}"]
    if needs.standards > 0.0:
        share = needs.standards / needs.memory
        takes.append(f"all provision standards {size(share * memory)}")
    key = "run.most_paths" if run.precision else "run.paths"
    return f"{head}: {key}={fitting} fits; {', '.join(takes)}{folder}"


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
