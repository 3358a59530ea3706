"""Packs arrays, runs work units on threads, reports progress.

A work unit is (scenario, block of paths): the reference and all policies run inside it on the
same lives, so that they can be compared borrower by borrower. Paths write their own slices and
nothing is reduced across threads, so results are bitwise equal for any number of threads and any
block size.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from threading import Event, Lock, local
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from numpy.typing import NDArray

from simulator.book.distributions import SCORE_MEAN, SCORE_RISK_CORRELATION, SCORE_SD
from simulator.book.schema import Book, Borrowers, Loans, product_terms
from simulator.catalogue import Parameters, pack_parameters
from simulator.kernels.cache import clear_cache
from simulator.kernels.impairment import keep_cells
from simulator.kernels.lives import simulate_lives
from simulator.kernels.pairing import Paired, compare_outcomes, group_slices
from simulator.kernels.records import (
    CHUNK,
    FACTS_DTYPE,
    REFERENCE_DTYPE,
    SIGHT_DTYPE,
    STAGE_DTYPE,
    BookArrays,
    LifeColumns,
    PathKey,
    Seen,
    Sight,
    State,
    allocate_state,
    pack_loans,
    pack_openings,
    pack_people,
    pack_terms,
    records,
)
from simulator.kernels.simulate import simulate_path
from simulator.kernels.tally import HISTORY_DTYPE, Tallies, allocate_tallies, path_slice
from simulator.lever_fields import STAGE_NAMES
from simulator.levers import LeverTable
from simulator.settings import RunSettings
from simulator.shocks.world import World
from simulator.situation import N_SITUATIONS
from simulator.units import monthly_probability
from simulator.validation import UserError
from simulator.vocabulary import N_CELL_MEASURES, N_LEAVING, REFERENCE, Count

if TYPE_CHECKING:
    from simulator.provision.cells import CellTable

_PADDING = 255
"""After the last milestone of a cell table."""
_EXACT_BITS = 52
"""Bits of a sum of numbers that is exact, sign apart."""
_MOST_OVER_LIMIT = 16.0
"""No sum by cell of a path exceeds all limits, or all weights, together so many times."""

Table = TypeVar("Table", Borrowers, Loans)
WorldBuilder = Callable[[int, int], World]
"""Hazards of the paths [first, last) of a scenario."""


@dataclass(frozen=True, slots=True)
class Packed:
    """A book and its parameters, ready for kernels."""

    book: BookArrays
    lives: LifeColumns
    stages: NDArray[np.void]
    params: NDArray[np.void]
    paired: Paired
    most_loans: int
    n_segments: int
    n_products: int
    n_vintages: int
    n_regions: int
    n_cells: int
    all_limits: float
    """Weighted limits of all loans, applicants' included."""
    all_loans: float

    def allocate_tallies(self, n_paths: int, horizon: int, months: int | None = None) -> Tallies:
        """Zeroed tallies of the book's shape; rule books see the months up to ``months``."""
        shape = (self.n_segments, self.n_products, self.n_vintages, self.n_regions)
        tracked = self.tracked(horizon if months is None else months)
        return allocate_tallies(n_paths, horizon, *shape, tracked=tracked, n_cells=self.n_cells)

    def quantum(self, whole: float, paths: int) -> float:
        """Unit of sums by cell, a power of two so large that sums over ``paths`` are exact."""
        most = max(whole, 1.0) * _MOST_OVER_LIMIT * paths
        return float(2.0 ** (np.ceil(np.log2(most)) - _EXACT_BITS))

    def tracked(self, months: int) -> int:
        """Month ends at which rule books see the loans of a run of ``months``."""
        return months + 1 if self.n_cells else 0


@dataclass(slots=True)
class Simulation:
    """What a run leaves: tallies by (scenario, policy), and histories of a sample.

    ``history_ids``: permanent ids of the histories' borrowers and loans, each (n_loans,).
    """

    tallies: dict[tuple[str, str], Tallies]
    histories: dict[tuple[str, str], NDArray[np.void]] = field(default_factory=dict)
    history_ids: tuple[NDArray[np.uint64], NDArray[np.uint64]] | None = None
    live_borrower_months: float = 0.0


def pack_stages(parameters: Parameters, money: float) -> NDArray[np.void]:
    """Records of the collection stages; costs times ``money``, the unit of reference money."""
    stages = np.zeros(len(STAGE_NAMES), dtype=STAGE_DTYPE)
    for row, name in enumerate(STAGE_NAMES):
        for field_name in STAGE_DTYPE.names or ():
            stages[field_name][row] = parameters[f"{field_name}_{name}"]
    stages["cost"] *= money
    return records(stages)


def pack(book: Book, parameters: Parameters, cells: "CellTable | None" = None) -> Packed:
    """Records of ``book`` as the kernels read them, in order of arrival, then of permanent id.

    The live part of the book is then dense in memory, whatever share of it has yet to arrive.
    ``cells``: how rule books see loans, None without any.
    """
    order = np.argsort(book.borrowers.arrival_month, kind="stable")
    people = _rows(book.borrowers, order)
    row_of = np.empty(order.size, dtype=np.int32)
    row_of[order] = np.arange(order.size, dtype=np.int32)
    owner = row_of[book.loans.borrower]
    loan_order = np.argsort(owner, kind="stable")
    loans = _rows(book.loans, loan_order)._replace(borrower=owner[loan_order])
    arrays = BookArrays(
        people=pack_people(people, loans),
        loans=pack_loans(loans),
        openings=pack_openings(loans, loan_order),
        terms=pack_terms(product_terms(book)),
        facts=_facts(book),
        first_applicant=_month_starts(people.arrival_month),
        sight=_sight(cells, book),
    )
    weight = people.weight[loans.borrower]
    incidence, index = np.unique(people.illness_incidence, return_inverse=True)
    p_ill = np.array([monthly_probability(x) for x in incidence])[index]
    return Packed(
        book=arrays,
        lives=LifeColumns(
            id=people.id,
            arrival_month=people.arrival_month,
            region=people.region,
            work=people.work,
            weight=people.weight,
            p_ill_monthly=parameters["illness_multiplier"] * p_ill,
        ),
        stages=pack_stages(parameters, book.jurisdiction.reference_money),
        params=records(pack_parameters(parameters)),
        paired=_paired(people, loans, len(book.regions), len(book.products)),
        most_loans=int(arrays.people["n_loans"].max(initial=1)),
        n_segments=len(book.segments.region),
        n_products=len(book.products),
        n_vintages=len(book.vintage_labels),
        n_regions=len(book.regions),
        n_cells=len(cells.cells) if cells else 0,
        all_limits=float((weight * np.maximum(loans.limit, loans.principal)).sum()),
        all_loans=float(weight.sum()),
    )


def _sight(cells: "CellTable | None", book: Book) -> Sight:
    """How rule books see loans; an empty table without any."""
    rules = np.zeros(1, dtype=SIGHT_DTYPE)
    if cells is None:
        byte, number = np.zeros(0, dtype=np.uint8), np.zeros(0, dtype=np.uint16)
        return Sight(records(rules), np.zeros((0, 0), dtype=np.uint16), number, byte, byte, byte)
    if cells.cell_of.shape[0] != N_SITUATIONS:
        raise ValueError(f"cell_of has {cells.cell_of.shape[0]} situations, not {N_SITUATIONS}")
    rules["default_unpaid"] = cells.default_unpaid
    rules["technical_days"] = cells.technical_days
    rules["watch_months"] = cells.watch_months
    observations, cures = (
        m[m < _PADDING] for m in (cells.observation_milestones, cells.cure_milestones)
    )
    rules["longest_observation"] = observations.max(initial=0)
    rules["longest_memory"] = cures.max(initial=0)
    months = np.arange(_PADDING + 1)
    passed = np.searchsorted(cures, months, side="right")
    return Sight(
        records(rules),
        cells.cell_of,
        cells.group_of_segment,
        np.searchsorted(observations, months, side="right").astype(np.uint8),
        passed.astype(np.uint8),
        np.concatenate(([0], cures)).astype(np.uint8)[passed],
    )


def _rows(table: Table, order: NDArray[np.intp]) -> Table:
    """``table`` with its rows in ``order``."""
    return table._replace(**{name: column[order] for name, column in table._asdict().items()})


def _month_starts(arrivals: NDArray[np.int16]) -> NDArray[np.int32]:
    """Row of the first applicant of each month, shape (last arrival + 2,)."""
    months = np.arange(int(arrivals.max(initial=0)) + 2)
    return np.searchsorted(arrivals, months).astype(np.int32)


def _paired(people: Borrowers, loans: Loans, n_regions: int, n_products: int) -> Paired:
    """Groups, weight and principal of packed borrowers; the product is that of the first loan."""
    nothing = np.zeros(people.id.size, dtype=np.uint8)
    product, principal = nothing.copy(), np.zeros(people.id.size)
    owners, first_loan = np.unique(loans.borrower, return_index=True)
    product[owners] = loans.product[first_loan]
    np.add.at(principal, loans.borrower, loans.principal)
    numbers = (nothing, people.income_decile, people.age_band, people.region, product)
    starts = [kind.start for kind in group_slices(n_regions, n_products).values()]
    group = np.stack(numbers, axis=1).astype(np.uint16) + np.array(starts, dtype=np.uint16)
    return Paired(group=group, weight=people.weight, principal=principal)


def _facts(book: Book) -> NDArray[np.void]:
    """Scalars of the whole book: opening totals, benefits, the unit of costs, the score's scale."""
    people, loans = book.borrowers, book.loans
    opening = people.arrival_month[loans.borrower] == 0
    weight = people.weight[loans.borrower][opening]
    stock = loans.principal + loans.principal_overdue + loans.interest_overdue
    stock = (stock + loans.penalty + loans.fees)[opening]
    facts = np.zeros(1, dtype=FACTS_DTYPE)
    facts["opening_loans"] = weight.sum()
    facts["opening_balance"] = (weight * stock).sum()
    facts["benefit_rate"] = book.jurisdiction.benefit_replacement_rate
    facts["reference_money"] = book.jurisdiction.reference_money
    facts["score_mean"] = SCORE_MEAN
    facts["score_sd"] = SCORE_SD
    facts["score_correlation"] = SCORE_RISK_CORRELATION
    return records(facts)


@dataclass(slots=True)
class _Scratch:
    """Memory of one worker thread."""

    state: State
    life: NDArray[np.uint8]
    unemployed: NDArray[np.float64]
    uniforms: NDArray[np.float64]
    reference: NDArray[np.void]  # REFERENCE_DTYPE: of the path at hand
    seen: Seen

    @staticmethod
    def allocate(packed: Packed, horizon: int, months: int | None = None) -> "_Scratch":
        n, k = packed.book.people.size, packed.n_cells
        tracked = packed.tracked(horizon if months is None else months)
        return _Scratch(
            state=allocate_state(n, packed.book.loans.size, packed.most_loans, tracked),
            life=np.zeros((horizon + 1, n), dtype=np.uint8),
            unemployed=np.zeros(horizon + 1),
            uniforms=np.zeros((4, CHUNK)),
            reference=records(np.zeros(n, dtype=REFERENCE_DTYPE)),
            seen=Seen(
                cells=np.zeros((tracked, k, N_CELL_MEASURES)),
                moves=np.zeros((tracked, k + 1, k + N_LEAVING)),
            ),
        )


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
    sums_over_paths: AbstractContextManager[object] = nullcontext(),  # noqa: B008
) -> None:
    """Simulate a block of paths under every policy, the reference first.

    ``world`` holds the block's paths; ``out`` maps a policy to its tallies and the row of
    the block's first path there; ``histories`` maps a policy to (horizon + 1, n) records, filled
    on path 0 only; ``sums_over_paths`` guards what blocks have in common.
    """
    horizon = run.timeline.horizon
    work = scratch or _Scratch.allocate(packed, horizon, run.months)
    money, number = (packed.quantum(x, run.paths) for x in (packed.all_limits, packed.all_loans))
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
            work.unemployed,
        )
        for policy, table in tables.items():
            if cancelled():
                return
            tallies, offset = out[policy]
            sums = path_slice(tallies, offset + row)
            history = histories.get(policy) if key.path == 0 else None
            simulate_path(
                packed.book,
                table,
                packed.stages,
                packed.params,
                months[row],
                key,
                work.life,
                work.unemployed,
                work.state,
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
                packed.paired, outcomes, work.reference, horizon, sums.fates, sums.burdens
            )
            if packed.n_cells:
                with sums_over_paths:
                    keep_cells(
                        work.seen,
                        money,
                        number,
                        tallies.cells[offset + row],
                        tallies.cell_sums,
                        tallies.moves,
                    )
            advance(1)


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
) -> Simulation:
    """Run every scenario and policy; ``advance`` is told of each finished path of a policy."""
    horizon = run.timeline.horizon
    result = Simulation(
        tallies={
            (scenario, policy): packed.allocate_tallies(run.paths, horizon, run.months)
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
        result.history_ids = (packed.lives.id[loans["borrower"]], loans["id"].copy())
    workers, stop, sums_over_paths = local(), Event(), Lock()

    def unit(scenario: str, first: int) -> None:
        if stop.is_set():
            return
        if not hasattr(workers, "scratch"):
            workers.scratch = _Scratch.allocate(packed, horizon, run.months)
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
            sums_over_paths,
        )

    units = [(s, first) for s in worlds for first in range(0, run.paths, run.path_batch)]
    _run_units(units, unit, thread_count(run), stop)
    result.live_borrower_months = sum(
        float(t.counts[:, 1:, Count.LIVE_BORROWERS].sum()) for t in result.tallies.values()
    )
    return result


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
    """Load or compile all kernels by one path of one policy; survive a bad cache file once."""
    tiny = run.model_copy(update={"paths": 1, "path_batch": 1, "threads": 1, "luck_replicates": 1})
    scenario, policy = next(iter(worlds)), next(iter(levers))
    arguments = (packed, {scenario: worlds[scenario]}, {policy: levers[policy]}, tiny)
    try:
        simulate(*arguments)
    except (UserError, KeyboardInterrupt):
        raise
    except Exception:
        clear_cache()
        simulate(*arguments)
