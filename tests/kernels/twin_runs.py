"""Runs of the slow twin and of the compiled kernels on the same samples."""

from functools import cache
from typing import NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray

from simulator.kernels.tally import HISTORY_DTYPE, Tallies
from simulator.packing import pack, score_edges
from simulator.settings import RunSettings
from simulator.vocabulary import SWITCHABLE_CAUSES, Cause
from tests.twin import TwinResult, fates_by_group, simulate_twin
from tests.twin.sample_policies import POLICIES, levers_of
from tests.twin.samples import MONTHS, RUNOFF, eager_parameters, random_book, random_world

HORIZON = MONTHS + RUNOFF
N_PATHS = 2
N_CASES = 2
BOOK_SEED, WORLD_SEED, RUN_SEED = 17, 18, 2**40 + 20
REFERENCES = ("nothing", "grace_period")
SWITCHES: dict[Cause, str] = {
    cause: f"strength_{cause.name.lower()}" for cause in SWITCHABLE_CAUSES
}


@cache
def twin(policy: str, path: int, case: int = 0, off: Cause = Cause.NONE) -> TwinResult:
    """One path of a policy on the sample of number ``case``, perhaps without one cause."""
    book = random_book(BOOK_SEED + case)
    world = random_world(WORLD_SEED + case, N_PATHS, HORIZON)
    changes = {} if off is Cause.NONE else {SWITCHES[off]: 0.0}
    levers = levers_of(policy, book, MONTHS, RUNOFF)
    parameters = eager_parameters(**changes)
    edges = score_edges(book).tolist()
    return simulate_twin(
        book, world, path, path, levers, parameters, RUN_SEED + case, MONTHS, RUNOFF, edges
    )


def twin_fates(policy: str, reference: str, path: int, case: int = 0) -> NDArray[np.float64]:
    book = random_book(BOOK_SEED + case)
    here, there = twin(policy, path, case).outcomes, twin(reference, path, case).outcomes
    return fates_by_group(book, here, there, HORIZON)


class Compiled(NamedTuple):
    """The kernels' results by policy; histories of path 0, outcomes by (policy, path)."""

    histories: dict[str, NDArray[np.void]]
    tallies: dict[str, Tallies]
    outcomes: dict[tuple[str, int], NDArray[np.void]]


@cache
def run_kernels(case: int, reference: str) -> Compiled:
    """All policies by the compiled kernels, compared with ``reference``."""
    from simulator import engine

    book = random_book(BOOK_SEED + case)
    world = random_world(WORLD_SEED + case, N_PATHS, HORIZON)
    run = RunSettings(
        paths=N_PATHS,
        months=MONTHS,
        runoff_months=RUNOFF,
        seed=RUN_SEED + case,
        threads=1,
        history_borrowers=10_000,
    )
    packed = pack(book, eager_parameters())
    names = [reference, *(name for name in POLICIES if name != reference)]
    tallies = {name: packed.allocate_tallies(N_PATHS, HORIZON, by_score=True) for name in names}
    histories = {name: np.zeros((HORIZON + 1, book.n_loans), dtype=HISTORY_DTYPE) for name in names}
    scratch = engine.Scratch.allocate(packed, tallies[reference])
    book_rows = np.argsort(np.argsort(book.borrowers.arrival_month, kind="stable"))
    outcomes: list[NDArray[np.void]] = []
    engine.simulate_block(
        packed,
        world,
        {name: levers_of(name, book, MONTHS, RUNOFF) for name in names},
        run,
        0,
        {name: (sums, 0) for name, sums in tallies.items()},
        histories,
        scratch,
        lambda _: outcomes.append(scratch.state.outcomes[book_rows]),
    )
    order = [(name, path) for path in range(N_PATHS) for name in names]
    return Compiled(histories, tallies, dict(zip(order, outcomes, strict=True)))


every_policy = pytest.mark.parametrize("policy", POLICIES)
