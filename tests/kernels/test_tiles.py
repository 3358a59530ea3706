"""Quiet borrowers side by side: the same bits as one by one, and nobody left out without need."""

import platform
import re
from functools import cache, partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
import yaml
from numba import config, njit
from numpy.typing import NDArray

from benchmarks.case import MONTHS as CASE_MONTHS
from benchmarks.case import shipped_case
from simulator import engine
from simulator.book.schema import Book
from simulator.kernels import slots, tiles
from simulator.kernels.quiet import QuietTerms
from simulator.kernels.records import (
    LOAN_DTYPE,
    LOAN_STATE_DTYPE,
    PERSON_DTYPE,
    PERSON_STATE_DTYPE,
)
from simulator.kernels.tally import Tallies
from simulator.levers import LeverTable
from simulator.notebook import build_request
from simulator.packing import Packed, pack
from simulator.policies import REFERENCE, Policy, build_policy, levers_for
from simulator.settings import RunSettings
from simulator.shocks.world import World
from simulator.simulating import simulate_request
from simulator.vocabulary import Count
from tests.kernels.twin_runs import BOOK_SEED, HORIZON, N_PATHS, RUN_SEED, WORLD_SEED
from tests.twin.sample_policies import POLICIES, levers_of
from tests.twin.samples import MONTHS, RUNOFF, eager_parameters, random_book, random_world

FOLDER = Path(__file__).parents[2] / "configs" / "policy"
SHIPPED = sorted(path.stem for path in FOLDER.glob("*.yaml"))
PACKED = {
    "x86_64": r"\bv?(?:mul|add|sub|div|max|min)pd\b",
    "aarch64": r"\bf(?:mul|add|sub|div)\s+v\d+\.2d",
}
"""Arithmetic of several doubles in one instruction, by processor."""
compiled = pytest.mark.skipif(config.DISABLE_JIT, reason="without the compiler")


class Block(NamedTuple):
    """Paths of one policy: sums, the last path's outcomes, and its quiet borrower-months."""

    tallies: Tallies
    outcomes: NDArray[np.void]
    quiet: int


def block(
    packed: Packed, world: World, levers: LeverTable, run: RunSettings, side_by_side: bool
) -> Block:
    horizon = run.timeline.horizon
    sums = packed.allocate_tallies(run.paths, horizon, run.months)
    scratch = engine.Scratch.allocate(packed, sums, side_by_side)
    engine.simulate_block(packed, world, {"x": levers}, run, 0, {"x": (sums, 0)}, {}, scratch)
    return Block(sums, scratch.state.outcomes.copy(), int(scratch.tiles.quiet[0]))


def check_same(one: Block, other: Block) -> None:
    for name, here, there in zip(Tallies._fields, one.tallies, other.tallies, strict=True):
        np.testing.assert_array_equal(here, there, err_msg=name)
    np.testing.assert_array_equal(one.outcomes, other.outcomes)


@cache
def sample(case: int) -> tuple[Book, Packed, World]:
    book = random_book(BOOK_SEED + case)
    return book, pack(book, eager_parameters()), random_world(WORLD_SEED + case, N_PATHS, HORIZON)


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("case", [0, 1])
def test_a_book_full_of_events_has_the_same_bits_side_by_side(case: int, policy: str) -> None:
    book, packed, world = sample(case)
    levers = levers_of(policy, book, MONTHS, RUNOFF)
    run = RunSettings(
        paths=N_PATHS, months=MONTHS, runoff_months=RUNOFF, seed=RUN_SEED + case, threads=1
    )
    seated, stood = (block(packed, world, levers, run, way) for way in (True, False))
    check_same(seated, stood)
    assert seated.quiet > 0
    assert stood.quiet == 0


@compiled
def test_all_shipped_policies_have_the_same_bits_side_by_side(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    request = build_request(
        scenarios=("downturn",),
        policies=SHIPPED,
        borrowers=300,
        paths=1,
        months=14,
        runoff_months=10,
        threads=1,
        book_draws=0,
    )
    seated = simulate_request(request).simulation
    apart = partial(engine.Scratch.allocate, side_by_side=False)
    monkeypatch.setattr(engine.Scratch, "allocate", staticmethod(apart))
    stood = simulate_request(request).simulation
    for key, sums in seated.tallies.items():
        for name, here, there in zip(Tallies._fields, sums, stood.tallies[key], strict=True):
            np.testing.assert_array_equal(here, there, err_msg=f"{name} of {key}")


@compiled
def test_no_shipped_policy_keeps_most_months_out_of_the_tiles() -> None:
    case = shipped_case(1_000)
    run = case.run(1)
    world, reference = case.world_builder(run)(0, 1), policy_of(REFERENCE)
    for name in SHIPPED:
        levers = levers_for(policy_of(name), reference, case.book.segments, CASE_MONTHS)
        done = block(case.packed, world, levers, run, True)
        months = done.tallies.counts[0, 1:, Count.LIVE_BORROWERS].sum()
        assert done.quiet > 0.5 * months, name


def policy_of(name: str) -> Policy:
    file = FOLDER / f"{name}.yaml"
    return build_policy(name, yaml.safe_load(file.read_text(encoding="utf-8")))


def slots_of(kind: int) -> tuple[object, ...]:
    """Arguments of the loop over a tile's slots, of the types that they have in a run."""
    terms = dict.fromkeys(QuietTerms._fields, 0.5) | {"t": 3, "in_run_off": False, "kind": kind}
    return (
        QuietTerms(**terms),  # type: ignore[arg-type]
        np.ones(slots.N_REALS * slots.TILE),
        np.ones(slots.N_WHOLES * slots.TILE, dtype=np.int32),
        np.ones(8 * slots.TILE),
        np.ones(slots.N_RESULTS * slots.TILE),
        np.ones(slots.N_FLAGS * slots.TILE, dtype=np.int32),
    )


@compiled
@pytest.mark.skipif(platform.machine() not in PACKED, reason="words of another processor")
def test_the_loop_over_slots_is_compiled_for_several_at_once() -> None:
    fresh = njit(error_model="numpy", nogil=True)(tiles._live.py_func)
    fresh(*slots_of(0))
    code = "".join(fresh.inspect_asm().values())
    assert len(re.findall(PACKED[platform.machine()], code)) > 60


def test_every_field_of_a_slot_is_one_of_its_record() -> None:
    for names, record in (
        ((*slots.PERSON_REALS, *slots.PERSON_WHOLES), PERSON_DTYPE),
        ((*slots.LOAN_REALS, *slots.LOAN_WHOLES), LOAN_DTYPE),
        ((*slots.CUSTOMER_REALS, *slots.CUSTOMER_WHOLES), PERSON_STATE_DTYPE),
        ((*slots.STATE_REALS, *slots.STATE_WHOLES), LOAN_STATE_DTYPE),
    ):
        assert set(names) <= set(record.names or ())
        assert len(set(names)) == len(names)
