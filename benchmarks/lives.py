"""The lives step: the compiled kernel against the same loops in plain C, bit for bit."""

import ctypes
import shutil
import subprocess
import tempfile
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.case import MONTHS, Case, lives_of, shipped_case
from benchmarks.harness import Row, millions, timed_in_turn
from simulator.kernels.life_events import simulate_lives
from simulator.kernels.records import CHUNK, PathKey, records
from simulator.shocks.world import World

SOURCE = Path(__file__).with_name("lives.c")
FLAGS = ("-O3", "-march=native", "-ffp-contract=off", "-shared", "-fPIC")
_MONTH_FIELDS = (
    "separation",
    "finding",
    "cut_hazard",
    "closure",
    "illness_factor",
)
_RULES = (
    "restore_rate",
    "illness_mean_months",
    "disaster_mean_months",
    "hospital_mean_months",
    "hospital_lasting_share",
    "hospital_fade_months",
)


def compile_c(folder: Path) -> ctypes.CDLL | None:
    """The shared library of ``lives.c``, or None where there is no gcc."""
    compiler = shutil.which("gcc")
    if compiler is None:
        return None
    library = folder / "lives.so"
    subprocess.run([compiler, *FLAGS, str(SOURCE), "-o", str(library)], check=True)
    return ctypes.CDLL(str(library))


def _pointer(array: NDArray[np.generic]) -> ctypes.c_void_p:
    return ctypes.c_void_p(array.ctypes.data)


def lives_in_c(
    library: ctypes.CDLL, case: Case, world: World, path: int, seed: int
) -> NDArray[np.uint16]:
    """Lives of a path, as ``simulate_lives`` fills them."""
    people = case.packed.lives
    n = people.id.size
    months = np.column_stack(
        [world.months[0][name].reshape(MONTHS + 1, -1) for name in _MONTH_FIELDS]
    )
    rules = np.array([case.parameters[name] for name in _RULES])
    disaster = np.ascontiguousarray(world.disaster[0])
    life = np.zeros((MONTHS + 1, n), dtype=np.uint16)
    library.simulate_lives(
        ctypes.c_int64(n),
        ctypes.c_int64(MONTHS),
        _pointer(people.id),
        _pointer(people.arrival_month),
        _pointer(people.region),
        _pointer(people.work),
        _pointer(people.worker_type),
        _pointer(people.life),
        _pointer(people.p_ill_monthly),
        _pointer(people.p_admit_monthly),
        _pointer(months),
        _pointer(disaster),
        ctypes.c_int64(disaster.shape[1]),
        _pointer(rules),
        ctypes.c_uint64(seed),
        ctypes.c_uint32(path),
        _pointer(life),
    )
    return life


def measure(borrowers: int = 10_000, repeats: int = 7) -> list[Row]:
    """Borrower-months a second of both on one core, over everybody in the book."""
    case = shipped_case(borrowers)
    run = case.run(1)
    expected, world = lives_of(case, run, 0)
    life = np.zeros_like(expected)
    kernel = partial(
        simulate_lives,
        case.packed.lives,
        records(world.months)[0],
        world.disaster[0],
        case.packed.params,
        PathKey(np.uint64(run.seed), 0, MONTHS, MONTHS),
        np.zeros((8, CHUNK)),
        life,
    )
    with tempfile.TemporaryDirectory() as folder:
        library = compile_c(Path(folder))
        work = {"kernel": kernel}
        if library is not None:
            work["c"] = partial(lives_in_c, library, case, world, 0, run.seed)
        times = timed_in_turn(work, repeats)
        rates = {name: expected.size / time.wall for name, time in times.items()}
        rows = [Row("lives step, compiled kernel, one core", millions(rates["kernel"]))]
        if library is None:
            return [*rows, Row("lives step in C", "skipped", "no gcc here")]
        in_c = lives_in_c(library, case, world, 0, run.seed)
    same = np.array_equal(in_c, life)
    verdict = "equal bit by bit" if same else "RESULTS DIFFER"
    return [
        *rows,
        Row("lives step, C (gcc -O3), one core", millions(rates["c"]), verdict),
        Row("kernel over C", f"{rates['kernel'] / rates['c']:.2f}x"),
    ]
