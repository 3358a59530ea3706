"""Loans by hand, their sums by cell, and what rule books make of them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import xarray as xr

from simulator.kernels.tally import Tallies
from simulator.provision import RiskCell, RiskCellTable, RuleBook, build_rule_book
from simulator.results.dataset import to_dataset
from simulator.results.inputs import SimulationOutput
from simulator.results.provisions.allowance import Coverage, Foreseen, calendar_of, cover
from simulator.results.provisions.rates import Estimates, estimate, pool_numbers, totals
from simulator.shipped import read_shipped
from simulator.vocabulary import N_CELL_MEASURES, Count, Flow, Leaving
from tests.results.outputs import output_of, zero_tallies
from tests.twin.cells import cell_table

MONTHS, RUNOFF, PATHS, LOANS, N_CELLS = 14, 12, 6, 24, 6
STAYS, PAID_OFF, WRITTEN_OFF, SOLD = -1, *(int(x) for x in list(Leaving)[:3])
HEAVY = 100.0  # weight of a loan: so large that no cell is thin
OVERLAY = {
    "name": "platforms",
    "reason": "lenders leave",
    "grade": "stage_2",
    "share_of_balance": 0.05,
    "from_month": "2026-04",
    "until": "2026-09",
}
PLAIN = {"label": "Test", "source": "test", "foresight": "perfect"}
BOOKS: dict[str, dict[str, object]] = {
    "stages": {**PLAIN, "kind": "staged", "overlays": [OVERLAY]},
    "life": {**PLAIN, "kind": "lifetime"},
    "classes": {**read_shipped("provision", "china_minimum"), "foresight": "perfect"},
}


def cells() -> tuple[RiskCell, ...]:
    """Clean A and B, overdue, long overdue, in default, in default for a year."""
    nameless = cell_table(lambda s, g: 0, N_CELLS, np.zeros(1, dtype=np.int64)).cells
    grades = ((0, 0, 0), (0, 0, 0), (0, 0, 1), (1, 0, 1), (2, 0, 2), (2, 0, 4))
    unpaid = ((0, 0), (0, 0), (1, 1), (2, 3), (4, 6), (13, 13))
    pools = ("M0", "M0", "M1", "M2", "M4", "M13")
    origins = ((0,), (1,), (0, 1), (0, 1), (0, 1), (0, 1))
    return tuple(
        replace(cell, grades=grades[i], unpaid=unpaid[i], pool=pools[i], origins=origins[i])
        for i, cell in enumerate(nameless)
    )


def table() -> RiskCellTable:
    whole = cell_table(lambda s, g: 0, N_CELLS, np.zeros(2, dtype=np.int64))
    return replace(whole, cells=cells())


@dataclass(frozen=True)
class Loan:
    """A loan by hand: cell and balance of its months, how it left in the next, its losses."""

    first: int
    cell: tuple[int, ...]
    balance: tuple[float, ...]
    left: int
    at_exit: float
    loss_12: tuple[float, ...]
    loss_life: tuple[float, ...]

    def at(self, month: int) -> tuple[int, float] | None:
        k = month - self.first
        return (self.cell[k], self.balance[k]) if 0 <= k < len(self.cell) else None


def random_loan(draw: np.random.Generator) -> Loan:
    """Half stand at the opening; the worse the cell, the larger the loss."""
    first = int(draw.choice([0, 0, int(draw.integers(1, MONTHS))]))
    months = int(draw.integers(1, MONTHS + 2 - first))
    steps = np.concatenate([draw.integers(0, N_CELLS, 1), draw.integers(-1, 2, months - 1)])
    cell = np.clip(np.cumsum(steps), 0, N_CELLS - 1)
    balance = draw.uniform(50.0, 150.0, months) * HEAVY
    life = balance * draw.uniform(0.02, 0.1, months) * (1 + cell)
    ends = first + months - 1
    return Loan(
        first,
        tuple(int(c) for c in cell),
        tuple(balance),
        STAYS if ends == MONTHS else int(draw.choice([PAID_OFF, WRITTEN_OFF, SOLD])),
        float(draw.uniform(50.0, 150.0) * HEAVY),
        tuple(life * draw.uniform(0.3, 1.0, months)),
        tuple(life),
    )


@cache
def loans_of(seed: int) -> tuple[tuple[Loan, ...], ...]:
    """Loans of every path."""
    draw = np.random.default_rng(seed)
    return tuple(tuple(random_loan(draw) for _ in range(LOANS)) for _ in range(PATHS))


def tallies_of(paths: Sequence[Sequence[Loan]]) -> Tallies:
    """Sums of the loans, one loan and month at a time."""
    tallies = zero_tallies(len(paths), MONTHS + RUNOFF)._replace(
        cells=np.zeros((len(paths), MONTHS + 1, N_CELLS, 3)),
        cell_sums=np.zeros((MONTHS + 1, N_CELLS, N_CELL_MEASURES - 3)),
        moves=np.zeros((MONTHS + 1, N_CELLS + 1, N_CELLS + len(Leaving))),
    )
    for path, loans in enumerate(paths):
        for loan in loans:
            add_loan(tallies, path, loan)
    tallies.counts[:, : MONTHS + 1, Count.CLOSING_BALANCE] = tallies.cells[..., 0].sum(axis=-1)
    tallies.counts[..., Count.SALE_PRICE] = 0.1 * tallies.flows[..., Flow.SOLD]
    return tallies


def add_loan(tallies: Tallies, path: int, loan: Loan) -> None:
    for k, (cell, balance) in enumerate(zip(loan.cell, loan.balance, strict=True)):
        month = loan.first + k
        tallies.cells[path, month, cell] += (balance, loan.loss_12[k], loan.loss_life[k])
        chances = loan.loss_12[k] / balance, loan.loss_life[k] / balance
        exposures = 1.2 * loan.loss_12[k], 1.2 * loan.loss_life[k]
        tallies.cell_sums[month, cell] += (HEAVY, *(HEAVY * c for c in chances), *exposures)
        if k == 0 and month > 0:
            tallies.moves[month, N_CELLS, cell] += balance
        elif k > 0:
            tallies.moves[month, loan.cell[k - 1], cell] += loan.balance[k - 1]
    if loan.left != STAYS:
        month, cell = loan.first + len(loan.cell), loan.cell[-1]
        tallies.moves[month, cell, N_CELLS + loan.left] += loan.balance[-1]
        used = {
            WRITTEN_OFF: (Leaving.WRITTEN_OFF_BALANCE, Flow.WRITTEN_OFF),
            SOLD: (Leaving.SOLD_BALANCE, Flow.SOLD),
        }
        if loan.left in used:
            column, flow = used[loan.left]
            tallies.moves[month, cell, N_CELLS + column] += loan.at_exit
            tallies.flows[path, month, flow] += loan.at_exit


def books_of(**changes: object) -> dict[str, RuleBook]:
    """``BOOKS``, fields changed where a rule book has them."""
    return {name: build_rule_book(name, {**values, **changes}) for name, values in BOOKS.items()}


def run_of(
    seeds: Sequence[int] = (1,), policies: Sequence[str] = ("status_quo",), **changes: object
) -> SimulationOutput:
    """A scenario for each seed; policies have loans of their own."""
    scenarios = tuple(f"scenario_{seed}" for seed in seeds)
    output = output_of(
        {name: tallies_of(loans_of(1)) for name in policies}, months=MONTHS, scenarios=scenarios
    )
    own = {
        (scenario, policy): tallies_of(loans_of(seed + 1000 * number))
        for scenario, seed in zip(scenarios, seeds, strict=True)
        for number, policy in enumerate(policies)
    }
    return replace(output, tallies=own, provision=books_of(**changes), cells=table())


@cache
def dataset_of(seeds: tuple[int, ...] = (1,), foresight: str = "perfect") -> xr.Dataset:
    return to_dataset(run_of(seeds, foresight=foresight))


def estimates_of(output: SimulationOutput) -> list[Estimates]:
    pools, horizon = pool_numbers(cells()), output.timeline.horizon
    return [
        estimate(totals([output.tallies[s.name, "status_quo"]]), pools, 2.0, horizon)
        for s in output.scenarios
    ]


def coverage_of(
    output: SimulationOutput, book: str, scenario: int = 0, weights: Sequence[float] = ()
) -> Coverage:
    number = list(output.provision).index(book)
    given = np.array(weights) if weights else output.scenario_weights()
    foreseen = Foreseen(estimates_of(output), given)
    calendar = calendar_of(output.timeline.start, MONTHS)
    return cover(output.provision[book], number, cells(), foreseen, scenario, calendar)
