"""Expected losses by cell against nested simulation: many futures from one and the same state.

Losses of the futures are computed here from loans' histories alone, by their definition in
docs/model.md, section 13, without any sum of the kernels.
"""

from collections.abc import Iterator, Sequence
from copy import deepcopy
from functools import cache
from typing import NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray

from simulator.book.schema import Book
from simulator.catalogue import parameters_from
from simulator.engine import Scratch, recarray_levers, simulate
from simulator.kernels.impairment import see_loans
from simulator.kernels.ledger import count_stocks
from simulator.kernels.life_events import simulate_lives
from simulator.kernels.records import PathKey, records
from simulator.kernels.simulate import open_book, simulate_months
from simulator.kernels.tally import HISTORY_DTYPE, Tallies
from simulator.levers import LeverTable
from simulator.macro import draw_macro_paths
from simulator.packing import Packed, pack
from simulator.policies import StatusQuo, levers_for
from simulator.provision import build_risk_cells, build_rule_book
from simulator.settings import RunSettings
from simulator.shipped import read_shipped
from simulator.shocks.world import World
from simulator.units import monthly_rate
from simulator.vocabulary import CellMeasure, LoanStatus
from tests.conftest import (
    HARD,
    STILL,
    assert_same_tallies,
    run_settings,
    scenario_of,
    small_book,
    world_builder,
)

F8 = NDArray[np.float64]

MONTH = 4
"""Month end at which losses are expected."""
AHEAD = 14
"""Months of the futures."""
OUTER, INNER = 24, 60
PATHS = 1_500
DEFAULT_UNPAID = 4
COSTLESS = {
    f"cost_{stage}": 0.0 for stage in ("reminder", "ai_call", "human_call", "field_visit", "legal")
} | {"complaint_cost": 0.0, "legal_recovery_share": 0.0}
"""Histories do not hold what collecting costs, nor what courts bring."""


class Set(NamedTuple):
    """A small book with lines and instalment loans in a hard, known economy."""

    book: Book
    packed: Packed
    run: RunSettings
    levers: LeverTable
    world: World
    tallies: Tallies


@cache
def small_set(threads: int = 2, batch: int = 50) -> Set:
    run = run_settings(
        paths=PATHS, months=MONTH, runoff_months=AHEAD, threads=threads, path_batch=batch
    )
    book = small_book(120, months=MONTH, applicants_monthly_share=0.0)
    values = parameters_from(COSTLESS)
    horizon = run.timeline.horizon
    paths = draw_macro_paths(scenario_of(HARD, horizon, book.regions, STILL), run)
    build = world_builder(paths, book, values)
    books = {n: build_rule_book(n, read_shipped("provision", n)) for n in ("cas22", "cecl")}
    packed = pack(book, values, build_risk_cells(books, book.segments, book.products))
    policy = StatusQuo()
    levers = levers_for(policy, policy, book.segments, horizon)
    found = simulate(packed, {"hard": build}, {"status_quo": levers}, run)
    return Set(book, packed, run, levers, build(0, 1), found.tallies["hard", "status_quo"])


def kernel_rate(tallies: Tallies, measure: CellMeasure) -> F8:
    """Loss over balance by cell at ``MONTH``, over all paths."""
    sums = tallies.cells[:, MONTH].sum(axis=0)
    balance = sums[:, CellMeasure.BALANCE]
    return np.divide(sums[:, measure], balance, out=np.zeros_like(balance), where=balance > 0)


def futures(parts: Set, outer: int, inner: Sequence[int]) -> Iterator[NDArray[np.void]]:
    """Histories of futures from the state of path ``outer`` at ``MONTH``, one for each luck."""
    packed, run = parts.packed, parts.run
    horizon = run.timeline.horizon
    work = Scratch.allocate(packed, packed.allocate_tallies(1, horizon, run.months))
    out = work.sums
    months, rows = records(parts.world.months)[0], np.arange(parts.book.n_loans, dtype=np.int32)
    history = records(np.zeros((horizon + 1, rows.size), dtype=HISTORY_DTYPE))
    levers = recarray_levers(parts.levers)

    def go_on(first: int, last: int, n_live: int, path: int) -> int:
        key = PathKey(np.uint64(run.seed), path, run.months, horizon)
        begin = 0 if first == 0 else first
        simulate_lives(
            packed.lives, months, parts.world.disaster[0], packed.params, key, work.uniforms,
            work.life, begin,
        )  # fmt: skip
        if first == 0:
            n_live = open_book(packed.book, work.state, packed.params[0], key, out)
            count_stocks(0, n_live, packed.book, work.state, out.stocks[0], out.counts[0])
            see_loans(0, 0, n_live, packed.book, work.state, work.life, work.seen)
        live: int = simulate_months(
            first, last, n_live, packed.book, levers, packed.stages, packed.params, months, key,
            work.life, work.state, work.tiles, out, work.seen, history, rows,
        )  # fmt: skip
        return live

    n_live = go_on(0, MONTH, 0, outer)
    state, kept = deepcopy(work.state), history.copy()
    for path in inner:
        for array, saved in zip(work.state, state, strict=True):
            array[...] = saved
        history[...] = kept
        go_on(MONTH + 1, horizon, n_live, path)
        yield history


def loss_after(history: NDArray[np.void], v: F8, recovered: F8, window: int) -> F8:
    """Discounted loss of each loan at ``MONTH`` from defaults within ``window`` months."""
    unpaid, status = history["n_unpaid"].astype(int), history["status"]
    balance, paid = history["balance"], history["paid"]
    n = unpaid.shape[1]
    in_default, loss, counts = np.zeros(n, bool), np.zeros(n), np.zeros(n, bool)
    for u in range(unpaid.shape[0]):
        is_open = status[u] == LoanStatus.OPEN
        left = ~is_open & (status[u - 1] == LoanStatus.OPEN) if u else np.zeros(n, bool)
        flow = np.zeros(n)
        flow[in_default] -= paid[u, in_default]
        gone = left & (status[u] == LoanStatus.WRITTEN_OFF)
        before = balance[u - 1] - paid[u] if u else balance[u]
        begins = ~in_default & is_open & (unpaid[u] >= DEFAULT_UNPAID)
        cured = in_default & is_open & (unpaid[u] == 0)
        assert not np.any(gone & ~in_default)
        flow[gone] -= (before * recovered)[gone]
        flow[cured] -= balance[u, cured]
        flow[begins] += balance[u, begins]
        if u > MONTH:
            counts = np.where(begins, u - MONTH <= window, counts)
            loss += np.where(counts, flow * v ** (u - MONTH), 0.0)
        in_default = (in_default | begins) & ~cured & ~left
        if u == MONTH:
            counts = in_default.copy()
            loss = np.where(in_default, balance[u], 0.0)
    at_end = in_default & (status[-1] == LoanStatus.OPEN) & counts
    k = unpaid.shape[0] - MONTH  # in the month after the last
    return loss - np.where(at_end, balance[-1] * recovered * v**k, 0.0)


def nested_losses(window: int) -> tuple[F8, F8]:
    """Expected loss of the book at ``MONTH`` on each outer path: (nested, by cells)."""
    parts = small_set()
    loans, products = parts.packed.book.loans, parts.book.products
    cap = parts.world.months["rate_cap"][0, MONTH]
    rate = monthly_rate(1.0) * np.minimum(parts.packed.book.openings["annual_rate"], cap)
    v = 1.0 / (1.0 + rate)
    share, half = (
        np.array([getattr(products[p], name) for p in loans["product"]])
        for name in ("recovery_share", "recovery_half_life_months")
    )
    kept = 2.0 ** (-1.0 / half)
    recovered = share * sum((1 - kept) * kept ** (k - 1) * v**k for k in range(1, 1200))
    weight = parts.packed.book.people["weight"][loans["borrower"]]
    nested = [
        np.mean(
            [
                weight @ loss_after(history, v, recovered, window)
                for history in futures(parts, outer, range(10_000, 10_000 + INNER))
            ]
        )
        for outer in range(OUTER)
    ]
    measure = CellMeasure.LOSS_12 if window == 12 else CellMeasure.LOSS_LIFE
    balance = parts.tallies.cells[:OUTER, MONTH, :, CellMeasure.BALANCE]
    return np.array(nested), balance @ kernel_rate(parts.tallies, measure)


@pytest.mark.parametrize("window", [12, AHEAD])
def test_nested_simulation_expects_the_same_loss_as_the_cells(window: int) -> None:
    nested, by_cells = nested_losses(window)
    gap = nested - by_cells
    standard_error = gap.std(ddof=1) / np.sqrt(gap.size)
    rate_error = small_set().tallies.cells[:, MONTH, :, CellMeasure.LOSS_LIFE].sum(axis=1)
    standard_error = np.hypot(standard_error, rate_error.std(ddof=1) / np.sqrt(PATHS))
    assert abs(gap.mean()) < 4.0 * standard_error
    assert standard_error < 0.06 * nested.mean()
    assert np.corrcoef(nested, by_cells)[0, 1] > 0.8


def test_sums_over_paths_have_the_same_bits_for_any_threads_and_blocks() -> None:
    assert_same_tallies(small_set().tallies, small_set(1, 7).tallies)
