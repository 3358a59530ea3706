"""Paths of one scenario through the kernels, all policies on the same lives."""

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from simulator.engine.path_sums import OverPaths
from simulator.engine.scratch import Scratch
from simulator.kernels.customers import catch_up
from simulator.kernels.ledger import count_stocks
from simulator.kernels.life_events import simulate_lives
from simulator.kernels.pairing import compare_outcomes
from simulator.kernels.records import REFERENCE_DTYPE, PathKey, State, records
from simulator.kernels.simulate import open_book, simulate_months, simulate_path
from simulator.kernels.tally import HISTORY_DTYPE, Tallies, clear_path, keep_path
from simulator.levers import LeverTable
from simulator.packing import Packed
from simulator.settings import RunSettings
from simulator.shocks.world import World
from simulator.vocabulary import N_PATH_CELL_MEASURES, REFERENCE


def recarray_levers(table: LeverTable) -> LeverTable:
    """``table`` with records whose fields read as attributes, in kernels and in a debugger."""
    return LeverTable(
        records(table.loan),
        records(table.customer),
        records(table.underwriting),
        records(table.book),
        table.class_of_segment,
    )


def reference_of(levers: Mapping[str, LeverTable]) -> str:
    """The policy with which others are compared: the reference, or the first without it."""
    return REFERENCE if REFERENCE in levers else next(iter(levers))


def _reference_first(levers: Mapping[str, LeverTable]) -> dict[str, LeverTable]:
    """Tables as kernels read them, that with which others are compared first."""
    reference = reference_of(levers)
    order = [reference, *(name for name in levers if name != reference)]
    return {name: recarray_levers(levers[name]) for name in order}


def simulate_block(
    packed: Packed,
    world: World,
    levers: Mapping[str, LeverTable],
    run: RunSettings,
    first_path: int,
    out: Mapping[str, tuple[Tallies, int]],
    histories: Mapping[str, NDArray[np.void]],
    scratch: Scratch | None = None,
    advance: Callable[[str], None] = lambda policy: None,
    cancelled: Callable[[], bool] = lambda: False,
    over_paths: Mapping[str, OverPaths] | None = None,
) -> None:
    """Simulate a block of paths under every policy, the reference first.

    ``world`` holds the block's paths; ``out`` maps a policy to its tallies and the row of
    the block's first path there; ``histories`` maps a policy to (horizon + 1, n) records, filled
    on path 0 only; ``over_paths``: sums by policy, empty, for sums over
    the block's paths; without them they go to the tallies. ``advance`` is told the policy of each
    path that has ended.
    """
    horizon = run.timeline.horizon
    work = scratch or Scratch.allocate(packed, next(iter(out.values()))[0])
    own = (
        {name: OverPaths.of(packed, out[name][0]) for name in levers} if over_paths is None else {}
    )
    tables = _reference_first(levers)
    reference = next(iter(tables))
    months = records(world.months)
    no_history = records(np.zeros((0, 0), dtype=HISTORY_DTYPE))
    sampled = history_rows(packed, run) if histories else np.zeros(0, dtype=np.int32)
    for row in range(months.shape[0]):
        key = PathKey(np.uint64(run.seed), first_path + row, run.months, horizon)
        simulate_lives(
            packed.lives,
            months[row],
            world.disaster[row],
            packed.params,
            key,
            work.uniforms,
            work.life,
        )
        for policy, table in tables.items():
            if cancelled():
                return
            tallies, offset = out[policy]
            sums = work.sums
            clear_path(sums)
            history = histories.get(policy) if key.path == 0 else None
            simulate_path(
                packed.book,
                table,
                packed.stages,
                packed.params,
                months[row],
                key,
                work.life,
                work.state,
                work.tiles,
                sums,
                work.seen,
                no_history if history is None else records(history),
                sampled,
            )
            outcomes = work.state.outcomes
            if policy == reference:
                for name in REFERENCE_DTYPE.names or ():
                    work.reference[name] = outcomes[name]
            compare_outcomes(
                packed.paired,
                outcomes,
                work.reference,
                horizon,
                packed.book.facts,
                sums.fates,
                sums.burdens,
            )
            facts = packed.book.facts[0]
            keep_path(sums, facts, tallies, offset + row)
            if packed.n_cells:
                money = work.seen.cells[..., :N_PATH_CELL_MEASURES]
                np.divide(money, facts.money_scale, out=tallies.cells[offset + row])
            (over_paths or own)[policy].add(work.state, work.seen)
            advance(policy)
    for policy, sums_of_block in own.items():
        sums_of_block.close(out[policy][0])


def states_at(
    packed: Packed, world: World, table: LeverTable, seed: int, months: Sequence[int]
) -> Iterator[tuple[State, NDArray[np.uint16]]]:
    """Loans and purses, and lives, after each of ``months`` of a world of one path.

    There is new lending all along. ``seed`` may be any number of 64 bits. The state is the same
    memory each time: copy what is to be kept.
    """
    horizon = world.months.shape[1] - 1
    key = PathKey(np.uint64(seed), 0, horizon, horizon)
    work = Scratch.allocate(packed, packed.allocate_tallies(1, horizon))
    levers, path = recarray_levers(table), records(world.months)[0]
    sums = work.sums
    no_history = records(np.zeros((0, 0), dtype=HISTORY_DTYPE)), np.zeros(0, dtype=np.int32)
    simulate_lives(
        packed.lives, path, world.disaster[0], packed.params, key, work.uniforms, work.life
    )
    n_live = open_book(packed.book, work.state, packed.params[0], key, sums)
    count_stocks(0, n_live, packed.book, work.state, sums.stocks[0], sums.counts[0])
    first = 0
    for last in months:
        n_live = simulate_months(
            first,
            last,
            n_live,
            packed.book,
            levers,
            packed.stages,
            packed.params,
            path,
            key,
            work.life,
            work.state,
            work.tiles,
            sums,
            work.seen,
            *no_history,
        )
        p = packed.params[0]
        catch_up(last, packed.book, levers, work.state, p, path, work.life, key)
        yield work.state, work.life[last]
        first = last + 1


def history_rows(packed: Packed, run: RunSettings) -> NDArray[np.int32]:
    """Packed rows of the loans of the first ``run.history_borrowers`` borrowers by id."""
    book_rows = np.argsort(packed.book.openings["book_row"])
    owners = packed.lives.id[packed.book.loans["borrower"][book_rows]]
    wanted = np.sort(packed.lives.id)[: run.history_borrowers]
    return book_rows[np.isin(owners, wanted)].astype(np.int32)
