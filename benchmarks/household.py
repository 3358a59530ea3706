"""The household step: the compiled kernel against a NumPy twin, on the same borrowers."""

from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from benchmarks.case import MONTHS, Case, lives_of, shipped_case
from benchmarks.harness import Row, millions, timed_in_turn
from benchmarks.numpy_household import TwinColumns, columns, opening_state, plan_month
from simulator.engine import recarray_levers
from simulator.kernels.households import likeliest_relief, plan_households
from simulator.kernels.records import PathKey, State, allocate_state, records
from simulator.kernels.simulate import open_book
from simulator.kernels.tally import PathTallies, allocate_path
from simulator.levers import LeverTable
from simulator.policies import REFERENCE


@dataclass(frozen=True, slots=True)
class Opened:
    """Path 0 of the reference policy, ready to be opened and planned again and again."""

    case: Case
    state: State
    key: PathKey
    out: PathTallies
    levers: LeverTable
    life: NDArray[np.uint16]
    months: NDArray[np.void]

    def open(self) -> int:
        """Put every loan and borrower into its opening state; how many borrowers are live."""
        packed = self.case.packed
        live: int = open_book(packed.book, self.state, packed.params[0], self.key, self.out)
        return live

    def plan(self, n_months: int = MONTHS) -> int:
        """Open, then plan months 1..n_months without posting a payment; live borrowers."""
        n_live, packed = self.open(), self.case.packed
        for t in range(1, n_months + 1):
            plan_households(
                t,
                n_live,
                *likeliest_relief(self.levers.loan[t], self.levers.loan[t - 1], False),
                False,
                packed.book,
                self.levers,
                self.state,
                packed.params[0],
                self.months[t],
                self.key,
                self.life,
                self.out,
                np.zeros(0),
            )
        return n_live


def rows_of(packed_ids: NDArray[np.uint64], ids: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Rows of ``ids`` among the kernel's records, which have an order of their own."""
    order = np.argsort(packed_ids)
    return order[np.searchsorted(packed_ids, ids, sorter=order)]


def opened(case: Case) -> Opened:
    """Path 0 of ``case`` under the reference policy."""
    packed, run = case.packed, case.run(1)
    people, loans = packed.book.people, packed.book.loans
    life, world = lives_of(case, run, 0)
    return Opened(
        case=case,
        state=allocate_state(people.size, loans.size, packed.most_loans),
        key=PathKey(np.uint64(run.seed), 0, MONTHS, MONTHS),
        out=allocate_path(packed.allocate_tallies(1, MONTHS)),
        levers=recarray_levers(case.levers[REFERENCE]),
        life=life,
        months=records(world.months)[0],
    )


def measure(borrowers: int = 10_000, repeats: int = 5) -> list[Row]:
    """Borrower-months a second of both, on one core, planning 24 months of the opening book."""
    case = shipped_case(borrowers)
    kernel = opened(case)
    n_live = kernel.plan()
    twin = columns(case.book, case.parameters)
    rows = rows_of(case.packed.lives.id, case.book.borrowers.id[twin.people])
    life = np.ascontiguousarray(kernel.life[:, rows])
    in_numpy = partial(_open_and_plan, twin, kernel.months, life, case.parameters)
    times = timed_in_turn({"kernel": kernel.plan, "numpy": in_numpy}, repeats)
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


def _open_and_plan(
    twin: TwinColumns,
    months: NDArray[np.void],
    life: NDArray[np.uint16],
    parameters: dict[str, float],
) -> None:
    rng = np.random.default_rng(1)
    state = opening_state(twin, np.zeros(twin.people.size, dtype=bool))
    for t in range(1, MONTHS + 1):
        u = rng.random((4, twin.people.size))
        u_catch_up = rng.random(twin.behind.size)
        plan_month(twin, state, months[t], life[t], u, u_catch_up, parameters)
