"""The household step: the compiled kernel against a NumPy twin, on the same borrowers."""

from functools import partial

import numpy as np
from numba import njit

from benchmarks.case import MONTHS, POLICIES, Case, lives_of, shipped_case
from benchmarks.harness import Row, millions, timed_in_turn
from benchmarks.numpy_household import TwinColumns, columns, opening_state, plan_month
from simulator.engine import recarray_levers
from simulator.kernels.households import plan_households
from simulator.kernels.records import PathKey, State, allocate_state, records
from simulator.kernels.simulate import open_book
from simulator.kernels.tally import PathTallies, allocate_tallies, path_slice


@njit(error_model="numpy", nogil=True)
def _plan_months(n_months, n_live, book, levers, s, params, months, key, life, counts):
    for t in range(1, n_months + 1):
        plan_households(t, n_live, book, levers, s, params[0], months[t], key, life, counts)


@njit(error_model="numpy", nogil=True)
def _open_and_plan(n_months, book, levers, s, params, months, key, life, out):
    n_live = open_book(book, s, params[0], key, out)
    _plan_months(n_months, n_live, book, levers, s, params, months, key, life, out.counts)


@njit(error_model="numpy", nogil=True)
def _open(book, s, params, key, out):
    return open_book(book, s, params[0], key, out)


def opened(case: Case) -> tuple[State, PathKey, PathTallies, int]:
    """The book's state at the opening of path 0, and how many borrowers are live."""
    packed, run = case.packed, case.run(1)
    people, loans = packed.book.people, packed.book.loans
    state = allocate_state(people.size, loans.size, packed.most_loans)
    shape = (packed.n_segments, packed.n_products, packed.n_vintages)
    out = path_slice(allocate_tallies(1, MONTHS, *shape), 0)
    key = PathKey(np.uint64(run.seed), 0, MONTHS, MONTHS)
    return state, key, out, _open(packed.book, state, packed.params, key, out)


def plan_by_kernel(case: Case, n_months: int) -> tuple[State, int]:
    """Plan months 1..n_months of path 0 without posting any payment; state and live borrowers."""
    state, key, out, n_live = opened(case)
    life, world = lives_of(case, case.run(1), 0)
    levers = recarray_levers(case.levers[POLICIES[0]])
    months = records(world.months)[0]
    _plan_months(
        n_months,
        n_live,
        case.packed.book,
        levers,
        state,
        case.packed.params,
        months,
        key,
        life,
        out.counts,
    )
    return state, n_live


def measure(borrowers: int = 10_000, repeats: int = 5) -> list[Row]:
    """Borrower-months a second of both, on one core, planning 24 months of the opening book."""
    case = shipped_case(borrowers)
    state, key, out, n_live = opened(case)
    life, world = lives_of(case, case.run(1), 0)
    levers = recarray_levers(case.levers[POLICIES[0]])
    months = records(world.months)[0]
    book, params = case.packed.book, case.packed.params
    kernel = partial(_open_and_plan, MONTHS, book, levers, state, params, months, key, life, out)
    twin = columns(case.book, case.parameters)
    kernel()
    plans = partial(_open_and_plan_in_numpy, twin, world.months[0], life, case.parameters)
    times = timed_in_turn({"kernel": kernel, "numpy": plans}, repeats)
    rates = {name: MONTHS * n_live / time.wall for name, time in times.items()}
    return [
        Row(
            "household step, compiled kernel, one core",
            millions(rates["kernel"]),
            "all of docs/model.md 4-6, two Philox calls and more a borrower-month",
        ),
        Row(
            "household step, NumPy twin, one core",
            millions(rates["numpy"]),
            "without relief, attention, bills and Philox",
        ),
        Row("kernel over NumPy twin", f"{rates['kernel'] / rates['numpy']:.1f}x", "same borrowers"),
    ]


def _open_and_plan_in_numpy(
    twin: TwinColumns,
    months: np.ndarray,
    life: np.ndarray,
    parameters: dict[str, float],
) -> None:
    rng = np.random.default_rng(1)
    state = opening_state(twin, np.zeros(twin.people.size, dtype=bool))
    for t in range(1, MONTHS + 1):
        u = rng.random((4, twin.people.size))
        plan_month(twin, state, months[t], life[t, twin.people], u, parameters)
