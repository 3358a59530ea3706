"""Blocks: what is there is taken, what is missing is made, with the bits of a plain run."""

import errno
import os
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest

from simulator.catalogue import parameters_from
from simulator.engine import BlockStore, Runner, Simulation, WorldBuilder, simulate
from simulator.levers import LeverTable, build_levers
from simulator.macro import draw_macro_paths
from simulator.packing import Packed, pack
from simulator.path_windows import StoredPaths, window_of
from simulator.policies import CareProgramme, GracePeriod, Policy, StatusQuo
from simulator.provision import build_risk_cells, build_rule_book
from simulator.settings import MacroDeviation, RunSettings
from simulator.shipped import read_shipped
from simulator.validation import UserError
from tests.conftest import (
    CALM,
    HARD,
    assert_same_simulations,
    assert_same_tallies,
    edits_of,
    run_settings,
    scenario_of,
    small_book,
    world_builder,
)

WORLDS: Mapping[str, Mapping[str, object]] = {"calm": CALM, "hard": HARD}
POLICIES: Mapping[str, Policy] = {
    "status_quo": StatusQuo(human_calls_per_1000_loans=20.0),
    "grace_period": GracePeriod(),
}
CARE: Mapping[str, Policy] = {**POLICIES, "care_programme": CareProgramme(apply_if_no_need=0.5)}
BLOCKS_OF_A_RUN = 2 * 3
"""Two scenarios, three blocks of two paths."""


def levers(policies: Mapping[str, Policy], run: RunSettings) -> dict[str, LeverTable]:
    base, segments = edits_of(policies["status_quo"]), small_book().segments
    horizon = run.timeline.horizon
    return {
        name: build_levers(
            base if name == "status_quo" else [*base, *edits_of(policy)], segments, horizon
        )
        for name, policy in policies.items()
    }


def packed_book(parameters: Mapping[str, float], *, cells: bool) -> Packed:
    book = small_book()
    books = {"cas22": build_rule_book("cas22", read_shipped("provision", "cas22"))}
    table = build_risk_cells(books, book.segments, book.products)
    return pack(book, parameters, table if cells else None)


def outcome(
    folder: Path | None,
    *,
    policies: Mapping[str, Policy] = POLICIES,
    p_forget: float = 0.1,
    cells: bool = True,
    by_score: bool = False,
    advance: Callable[[int], None] = lambda n: None,
    runner: Runner | None = None,
    room: int | None = None,
    earlier: Simulation | None = None,
    **changes: object,
) -> tuple[Simulation, BlockStore]:
    """A small run with its blocks in ``folder``; without one no block is left."""
    run = run_settings(**{"path_batch": 2, "history_borrowers": 3, **changes})
    values = parameters_from({"p_forget_mean": p_forget})
    drawn = {
        name: draw_macro_paths(
            scenario_of(columns, run.timeline.horizon, small_book().regions, MacroDeviation()), run
        )
        for name, columns in WORLDS.items()
    }
    worlds: dict[str, WorldBuilder] = {
        name: world_builder(paths, small_book(), values) for name, paths in drawn.items()
    }
    store = BlockStore(folder or Path("none"))
    found = simulate(
        packed_book(values, cells=cells),
        worlds,
        levers(policies, run),
        run,
        advance,
        by_score=by_score,
        store=store if folder else None,
        runner=runner,
        room=room,
        earlier=earlier,
    )
    return found, store


def counts(store: BlockStore) -> tuple[int, int]:
    return store.reused, store.made


def test_a_repeat_makes_nothing_and_has_the_same_bits(tmp_path):
    plain, _ = outcome(None)
    first, made = outcome(tmp_path)
    again, taken = outcome(tmp_path)
    assert counts(made) == (0, BLOCKS_OF_A_RUN)
    assert counts(taken) == (BLOCKS_OF_A_RUN, 0)
    assert_same_simulations(plain, first)
    assert_same_simulations(plain, again)


@pytest.mark.parametrize("kept", [1, 3, 5])
@pytest.mark.parametrize("changes", [{}, {"threads": 3}, {"path_batch": 1}, {"path_batch": 5}])
def test_what_is_missing_is_made_by_any_number_of_threads_in_any_batch(kept, changes, tmp_path):
    plain, _ = outcome(None)
    outcome(tmp_path)
    for file in sorted(tmp_path.iterdir())[kept:]:
        file.unlink()
    again, store = outcome(tmp_path, **changes)
    assert store.reused == kept
    assert store.made > 0
    assert_same_simulations(plain, again)


def test_more_paths_cost_the_new_ones(tmp_path):
    outcome(tmp_path)
    more, store = outcome(tmp_path, paths=10)
    assert counts(store) == (BLOCKS_OF_A_RUN, 4)
    assert_same_simulations(outcome(None, paths=10)[0], more)


def test_fewer_paths_take_the_blocks_that_fit(tmp_path):
    outcome(tmp_path)
    fewer, store = outcome(tmp_path, paths=3)
    assert counts(store) == (2, 2)
    assert_same_simulations(outcome(None, paths=3)[0], fewer)


def test_one_more_policy_costs_itself_and_the_reference(tmp_path):
    outcome(tmp_path)
    told: list[int] = []
    more, store = outcome(tmp_path, policies=CARE, advance=told.append)
    assert counts(store) == (BLOCKS_OF_A_RUN, BLOCKS_OF_A_RUN)
    assert sum(told) == 3 * 2 * 6, "each path of a policy is told once"
    assert_same_simulations(outcome(None, policies=CARE)[0], more)
    fewer, store = outcome(tmp_path, policies=POLICIES)
    assert counts(store) == (BLOCKS_OF_A_RUN, 0)
    assert_same_simulations(outcome(None)[0], fewer)


@pytest.mark.parametrize(
    "changes",
    [
        {"p_forget": 0.2},
        {"seed": 7},
        {"months": 11},
        {"cells": False},
        {"by_score": True},
        {"policies": {**POLICIES, "status_quo": StatusQuo(human_calls_per_1000_loans=21.0)}},
    ],
)
def test_what_kernels_receive_otherwise_is_made_again(changes, tmp_path):
    outcome(tmp_path)
    other, store = outcome(tmp_path, **changes)
    assert counts(store) == (0, BLOCKS_OF_A_RUN)
    assert_same_simulations(outcome(None, **changes)[0], other)


def test_a_longer_history_costs_the_first_path_of_each_scenario(tmp_path):
    outcome(tmp_path)
    other, store = outcome(tmp_path, history_borrowers=5)
    assert counts(store) == (BLOCKS_OF_A_RUN - len(WORLDS), len(WORLDS))
    assert_same_simulations(outcome(None, history_borrowers=5)[0], other)


def test_a_flipped_byte_is_noticed_wherever_it_is(tmp_path):
    plain, _ = outcome(None)
    outcome(tmp_path)
    luck = np.random.default_rng(1)
    for turn in range(4):
        for file in sorted(tmp_path.iterdir()):
            content = bytearray(file.read_bytes())
            places = (int(luck.integers(60)), int(luck.integers(len(content))), -1)
            content[places[turn % 3]] ^= 1 << int(luck.integers(8))
            file.write_bytes(content)
        again, store = outcome(tmp_path)
        assert counts(store) == (0, BLOCKS_OF_A_RUN)
        assert_same_simulations(plain, again)


@pytest.mark.parametrize("length", [0, 10, 60, 1000])
def test_a_truncated_block_is_made_again(length, tmp_path):
    outcome(tmp_path)
    file = min(tmp_path.iterdir())
    file.write_bytes(file.read_bytes()[:length])
    _, store = outcome(tmp_path)
    assert counts(store) == (BLOCKS_OF_A_RUN - 1, 1)


def test_a_block_of_another_name_is_found_and_a_part_is_removed(tmp_path):
    outcome(tmp_path)
    file = min(tmp_path.iterdir())
    file.rename(tmp_path / "renamed.block")
    part = tmp_path / "x.block.12.part"
    part.write_bytes(b"half")
    _, store = outcome(tmp_path)
    assert counts(store) == (BLOCKS_OF_A_RUN, 0)
    assert not part.exists()


def test_a_full_disk_says_what_is_kept_and_a_later_run_goes_on(tmp_path, monkeypatch):
    sync, left = os.fsync, [3]

    def full(descriptor: int) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        sync(descriptor)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(UserError, match=r"No space left on device.*3 new ones are there"):
            outcome(tmp_path)
    assert len(list(tmp_path.iterdir())) == 3
    again, store = outcome(tmp_path)
    assert counts(store) == (3, BLOCKS_OF_A_RUN - 3)
    assert_same_simulations(outcome(None)[0], again)


def test_only_blocks_of_the_run_stay_and_none_where_none_are_wanted(tmp_path):
    outcome(tmp_path)
    _, store = outcome(tmp_path, seed=8)
    (tmp_path / "notes.txt").write_text("mine")
    store.end(keep=True)
    assert len(list(tmp_path.glob("*.block"))) == 2 * BLOCKS_OF_A_RUN, "it took none of them"
    _, store = outcome(tmp_path, seed=8)
    store.end(keep=True)
    assert len(list(tmp_path.glob("*.block"))) == BLOCKS_OF_A_RUN
    store.end(keep=False)
    assert [file.name for file in tmp_path.iterdir()] == ["notes.txt"]


def test_two_policies_of_the_same_levers_are_both_taken(tmp_path):
    twins = {**POLICIES, "another": GracePeriod()}
    first, _ = outcome(tmp_path, policies=twins)
    again, store = outcome(tmp_path, policies=twins)
    assert counts(store) == (BLOCKS_OF_A_RUN, 0)
    assert_same_simulations(first, again)


def test_sums_that_stay_in_blocks_are_those_of_memory(tmp_path):
    plain, _ = outcome(None)
    first, _ = outcome(tmp_path, room=1 << 20)
    again, taken = outcome(tmp_path, room=1 << 20, path_batch=5)
    assert isinstance(first.tallies, StoredPaths)
    assert taken.reused == BLOCKS_OF_A_RUN
    assert_same_simulations(plain, first)
    assert_same_simulations(plain, again)


def test_windows_across_blocks_have_what_they_are_asked_for(tmp_path):
    plain, _ = outcome(None)
    stored, _ = outcome(tmp_path, room=1 << 20)
    for pair in plain.tallies:
        whole = window_of(plain.tallies, pair, 1, 4)
        assert_same_tallies(whole, window_of(stored.tallies, pair, 1, 4))
        few = window_of(stored.tallies, pair, 1, 4, ("stocks", "cells"))
        assert np.array_equal(few.balance, whole.balance)
        assert np.array_equal(few.cells, whole.cells)
        assert np.array_equal(few.moves, whole.moves)
        assert few.roll.shape == (0, *whole.roll.shape[1:])


def test_more_paths_go_on_from_those_in_blocks(tmp_path):
    plain, _ = outcome(None)
    few, _ = outcome(tmp_path, room=1 << 20, paths=4)
    more, store = outcome(tmp_path, room=1 << 20, earlier=few)
    assert store.made == 2
    assert_same_simulations(plain, more)


def test_a_block_that_is_damaged_while_it_is_needed_is_told(tmp_path):
    stored, _ = outcome(tmp_path, room=1 << 20)
    for file in tmp_path.iterdir():
        content = file.read_bytes()
        file.write_bytes(content[: len(content) // 2] + bytes(len(content) // 2))
    with pytest.raises(UserError, match="damaged after it was made; the same command makes it ag"):
        dict(stored.tallies)
