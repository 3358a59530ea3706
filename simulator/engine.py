"""Runs work units on threads and reports progress.

A work unit is (scenario, block of paths): the reference and all policies run inside it on the
same lives, so that they can be compared borrower by borrower. Paths write their own slices and
nothing is reduced across threads, so results are bitwise equal for any number of threads and any
block size.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from threading import Event, local

import numpy as np
from numpy.typing import NDArray

from simulator.kernels.cache import clear_cache
from simulator.kernels.customers import catch_up
from simulator.kernels.ledger import count_stocks
from simulator.kernels.life_events import simulate_lives
from simulator.kernels.pairing import compare_outcomes
from simulator.kernels.records import (
    CHUNK,
    REFERENCE_DTYPE,
    PathKey,
    Seen,
    State,
    allocate_state,
    allocate_tiles,
    records,
)
from simulator.kernels.simulate import open_book, simulate_months, simulate_path
from simulator.kernels.slots import Tiles
from simulator.kernels.tally import (
    HISTORY_DTYPE,
    PathTallies,
    Tallies,
    allocate_path,
    clear_path,
    keep_path,
)
from simulator.levers import LeverTable
from simulator.packing import Packed
from simulator.path_sums import OverPaths
from simulator.settings import RunSettings
from simulator.shocks.world import World
from simulator.validation import UserError
from simulator.vocabulary import (
    N_CELL_MEASURES,
    N_LEAVING,
    N_PATH_CELL_MEASURES,
    REFERENCE,
    Count,
)

_compiled = Event()
"""Set once this process has all kernels."""

WorldBuilder = Callable[[int, int], World]
"""Hazards of the paths [first, last) of a scenario."""


@dataclass(slots=True)
class Simulation:
    """What a run leaves: tallies by (scenario, policy), and histories of a sample.

    ``history_ids``: permanent ids of the histories' borrowers and loans, and the loans' due days,
    each (n_loans,).
    """

    tallies: dict[tuple[str, str], Tallies]
    histories: dict[tuple[str, str], NDArray[np.void]] = field(default_factory=dict)
    history_ids: tuple[NDArray[np.uint64], NDArray[np.uint64], NDArray[np.uint8]] | None = None
    live_borrower_months: float = 0.0
    over_paths: dict[tuple[str, str], OverPaths] = field(default_factory=dict)
    """Exact sums over the paths so far, with which more paths go on."""


@dataclass(slots=True)
class _Scratch:
    """Memory of one worker thread."""

    state: State
    tiles: Tiles
    life: NDArray[np.uint16]
    uniforms: NDArray[np.float64]
    reference: NDArray[np.void]  # REFERENCE_DTYPE: of the path at hand
    seen: Seen
    sums: PathTallies

    @staticmethod
    def allocate(packed: Packed, tallies: Tallies, side_by_side: bool = True) -> "_Scratch":
        """Memory for paths that end in ``tallies``; ``side_by_side``: as in ``allocate_tiles``."""
        n, k = packed.book.people.size, packed.n_cells
        tracked, horizon = tallies.cells.shape[1], tallies.flows.shape[1] - 1
        return _Scratch(
            state=allocate_state(
                n,
                packed.book.loans.size,
                packed.most_loans,
                packed.n_products,
                tracked,
            ),
            tiles=allocate_tiles(n, packed.n_products, side_by_side),
            life=np.zeros((horizon + 1, n), dtype=np.uint16),
            uniforms=np.zeros((8, CHUNK)),
            reference=records(np.zeros(n, dtype=REFERENCE_DTYPE)),
            seen=Seen(
                cells=np.zeros((tracked, k, N_CELL_MEASURES), dtype=np.int64),
                moves=np.zeros((tracked, k + 1, k + N_LEAVING), dtype=np.int64),
            ),
            sums=allocate_path(tallies),
        )


def scratch_bytes(packed: Packed, run: RunSettings) -> int:
    """Memory of one worker thread of ``simulate``."""
    work = _Scratch.allocate(packed, packed.allocate_tallies(1, run.timeline.horizon, run.months))
    bundles = (
        work.state,
        work.tiles,
        (work.life, work.uniforms, work.reference),
        work.seen,
        work.sums,
    )
    return sum(array.nbytes for bundle in bundles for array in _arrays(bundle))


def _arrays(bundle: Iterable[object]) -> Iterator[NDArray[np.generic]]:
    """All arrays of a bundle and of the bundles in it."""
    for part in bundle:
        if isinstance(part, np.ndarray):
            yield part
        elif isinstance(part, tuple):
            yield from _arrays(part)


def recarray_levers(table: LeverTable) -> LeverTable:
    """``table`` with records whose fields read as attributes, in kernels and in a debugger."""
    return LeverTable(
        records(table.loan),
        records(table.customer),
        records(table.underwriting),
        records(table.book),
        table.class_of_segment,
    )


def _reference_first(levers: Mapping[str, LeverTable]) -> dict[str, LeverTable]:
    """Tables as kernels read them; the reference first, or the first policy where it is absent."""
    reference = REFERENCE if REFERENCE in levers else next(iter(levers))
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
    scratch: _Scratch | None = None,
    advance: Callable[[int], None] = lambda n: None,
    cancelled: Callable[[], bool] = lambda: False,
    over_paths: Mapping[str, OverPaths] | None = None,
) -> None:
    """Simulate a block of paths under every policy, the reference first.

    ``world`` holds the block's paths; ``out`` maps a policy to its tallies and the row of
    the block's first path there; ``histories`` maps a policy to (horizon + 1, n) records, filled
    on path 0 only; ``over_paths``: sums that blocks have in common, by policy; without them the
    block's own go to the tallies.
    """
    horizon = run.timeline.horizon
    work = scratch or _Scratch.allocate(packed, next(iter(out.values()))[0])
    own = (
        {name: OverPaths.of(packed, out[name][0]) for name in levers} if over_paths is None else {}
    )
    tables = _reference_first(levers)
    reference = next(iter(tables))
    months = records(world.months)
    no_history = records(np.zeros((0, 0), dtype=HISTORY_DTYPE))
    history_rows = _history_rows(packed, run) if histories else np.zeros(0, dtype=np.int32)
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
                history_rows,
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
            advance(1)
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
    work = _Scratch.allocate(packed, packed.allocate_tallies(1, horizon))
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


def thread_count(run: RunSettings) -> int:
    """Worker threads of a run: as set, or the processors that this process may use."""
    if run.threads:
        return run.threads
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def simulate(
    packed: Packed,
    worlds: Mapping[str, WorldBuilder],
    levers: Mapping[str, LeverTable],
    run: RunSettings,
    advance: Callable[[int], None] = lambda n: None,
    *,
    by_score: bool = False,
    earlier: Simulation | None = None,
) -> Simulation:
    """Run every scenario and policy; ``advance`` is told of each finished path of a policy.

    ``by_score``: new customers are summed by their score. ``earlier``: what the same call with
    fewer paths left; its paths are taken as they are, and the result is that without it.
    """
    horizon = run.timeline.horizon
    result = Simulation(
        tallies={
            (scenario, policy): packed.allocate_tallies(
                run.paths, horizon, run.months, by_score=by_score
            )
            for scenario in worlds
            for policy in levers
        }
    )
    if run.history_borrowers:
        rows = _history_rows(packed, run)
        result.histories = {
            key: np.zeros((horizon + 1, rows.size), dtype=HISTORY_DTYPE) for key in result.tallies
        }
        loans = packed.book.loans[rows]
        ids = packed.lives.id[loans["borrower"]]
        result.history_ids = (ids, loans["id"].copy(), loans["due_day"].copy())
    over_paths = {key: OverPaths.of(packed, t) for key, t in result.tallies.items()}
    known = 0 if earlier is None else _taken(earlier, result, over_paths)
    workers, stop = local(), Event()

    def unit(scenario: str, first: int) -> None:
        if stop.is_set():
            return
        if not hasattr(workers, "scratch"):
            workers.scratch = _Scratch.allocate(
                packed, result.tallies[scenario, next(iter(levers))]
            )
        last = min(run.paths, first + run.path_batch)
        simulate_block(
            packed,
            worlds[scenario](first, last),
            levers,
            run,
            first,
            {policy: (result.tallies[scenario, policy], first) for policy in levers},
            {p: h for (s, p), h in result.histories.items() if s == scenario},
            workers.scratch,
            advance,
            stop.is_set,
            {policy: over_paths[scenario, policy] for policy in levers},
        )

    units = [(s, first) for s in worlds for first in range(known, run.paths, run.path_batch)]
    _run_units(units, unit, thread_count(run), stop)
    for pair, tallies in result.tallies.items():
        over_paths[pair].close(tallies)
    result.over_paths = over_paths
    result.live_borrower_months = sum(
        float(t.counts[:, 1:, Count.LIVE_BORROWERS].sum()) for t in result.tallies.values()
    )
    return result


def _taken(
    earlier: Simulation,
    result: Simulation,
    over_paths: Mapping[tuple[str, str], OverPaths],
) -> int:
    """Put what ``earlier`` left into ``result``; how many paths these are."""
    n_known = 0
    for pair, tallies in earlier.tallies.items():
        sums = over_paths[pair]
        n_known = tallies.flows.shape[0]
        for name, found in tallies._asdict().items():
            if name not in sums.parts and found.shape[:1] == (n_known,):
                getattr(result.tallies[pair], name)[:n_known] = found
        sums.begin_with(earlier.over_paths[pair])
    for pair, history in earlier.histories.items():
        result.histories[pair][:] = history  # of path 0 alone
    return n_known


def _run_units(
    units: Sequence[tuple[str, int]],
    unit: Callable[[str, int], None],
    threads: int,
    stop: Event,
) -> None:
    """Run work units on threads; the first failure or an interrupt stops the others."""
    with ThreadPoolExecutor(max_workers=threads) as pool:
        pending = {pool.submit(unit, *item) for item in units}
        try:
            while pending:
                done, pending = wait(pending, timeout=0.2, return_when=FIRST_COMPLETED)
                for future in done:
                    future.result()
        except BaseException:
            stop.set()
            for future in pending:
                future.cancel()
            raise


def _history_rows(packed: Packed, run: RunSettings) -> NDArray[np.int32]:
    """Packed rows of the loans of the first ``run.history_borrowers`` borrowers by id."""
    book_rows = np.argsort(packed.book.openings["book_row"])
    owners = packed.lives.id[packed.book.loans["borrower"][book_rows]]
    wanted = np.sort(packed.lives.id)[: run.history_borrowers]
    return book_rows[np.isin(owners, wanted)].astype(np.int32)


def compile_kernels(
    packed: Packed,
    worlds: Mapping[str, WorldBuilder],
    levers: Mapping[str, LeverTable],
    run: RunSettings,
) -> None:
    """Load or compile all kernels by one path of one policy; survive a bad cache file once.

    Later calls of a process find them compiled and do nothing.
    """
    if _compiled.is_set():
        return
    tiny = run.model_copy(update={"paths": 1, "path_batch": 1, "threads": 1, "draws_per_path": 1})
    scenario, policy = next(iter(worlds)), next(iter(levers))
    arguments = (packed, {scenario: worlds[scenario]}, {policy: levers[policy]}, tiny)
    try:
        simulate(*arguments)
    except (UserError, KeyboardInterrupt):
        raise
    except Exception:
        clear_cache()
        simulate(*arguments)
    _compiled.set()
