"""Variables of results.nc about rule books: allowances by path, by grade, and rates for audit."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from simulator.provision import CellTable, RuleBook
from simulator.results.inputs import SimulationOutput
from simulator.results.intervals import (
    PathStatistics,
    over_paths,
    ratio_over_paths,
    with_spread,
)
from simulator.results.over_paths import STATISTIC_SUFFIXES
from simulator.results.provisions.allowance import (
    Coverage,
    Foreseen,
    balance_and_allowance,
    calendar_of,
    cover,
    spread_of_allowance,
    weights_of,
)
from simulator.results.provisions.rates import Estimates, estimate, pool_numbers, totals
from simulator.results.provisions.roll_forward import LINES, roll_forward
from simulator.results.variables import FRACTION, MONEY, Cell, unit_in
from simulator.vocabulary import CellMeasure, Count, Flow

F8 = NDArray[np.float64]
Arrays = dict[str, NDArray[np.generic]]

BY_BOOK: Final = ("scenario", "policy", "provision")
BY_CELL: Final = ("scenario", "policy", "month", "cell")
OPENING_SUFFIX: Final = "_at_opening"


@dataclass(frozen=True, slots=True)
class ProvisionVariable:
    """A variable of runs with rule books; ``opening`` tells that ``NAME_at_opening`` exists."""

    name: str
    unit: str
    long_name: str
    dims: tuple[str, ...]
    opening: bool = False


_MONTHLY: Final = (*BY_BOOK, "path", "month")
_GRADED: Final = (*BY_BOOK, "month", "grade")

PATH_VARIABLES: Final = (
    ProvisionVariable(
        "allowance",
        MONEY,
        "allowance at month end, overlays included; the interval of its mean is that of"
        " allowance_spread",
        _MONTHLY,
        opening=True,
    ),
    ProvisionVariable(
        "allowance_spread",
        MONEY,
        "allowance of the path plus the influence of its later losses on the estimated rates: same"
        " mean as allowance, and what the sampling error of that mean is taken from",
        _MONTHLY,
        opening=True,
    ),
    ProvisionVariable(
        "impaired_balance",
        MONEY,
        "balance in the rule book's impaired grades (non-performing, stage 3) at month end; without"
        " such grades in default",
        _MONTHLY,
        opening=True,
    ),
    ProvisionVariable(
        "provision_charge",
        MONEY,
        "what the income statement bears in the month: rise of the allowance, and what was written"
        " off or sold, less sale prices and recoveries",
        _MONTHLY,
    ),
)
GRADE_VARIABLES: Final = (
    ProvisionVariable("allowance_by_grade", MONEY, "allowance of the grade at month end", _GRADED),
    ProvisionVariable("balance_by_grade", MONEY, "balance in the grade at month end", _GRADED),
    ProvisionVariable(
        "coverage_by_grade",
        FRACTION,
        "allowance over balance of the grade; ratio of the means over paths",
        _GRADED,
    ),
    ProvisionVariable(
        "balance_share_by_grade",
        FRACTION,
        "balance in the grade over the balance of all; ratio of the means over paths",
        _GRADED,
    ),
)
"""Over paths, with the suffixes of ``STATISTIC_SUFFIXES``; NaN for other rule books' grades."""
ROLL_FORWARD: Final = ProvisionVariable(
    "roll_forward",
    MONEY,
    "way of the allowance from the month's start to its end, mean over paths; every line but the"
    " last adds up to the last",
    (*BY_BOOK, "month", "line", "grade"),
)
_GRADE_OF_CELLS: Final = ProvisionVariable(
    "cell_grade",
    FRACTION,
    "position of the cell's grade in the coordinate grade",
    (*BY_BOOK, "month", "cell"),
    opening=True,
)
_RATES: Final = {
    "expected_loss_rate_12": (CellMeasure.LOSS_12, "loss from defaults within twelve months"),
    "expected_loss_rate_lifetime": (CellMeasure.LOSS_LIFE, "loss from defaults to the horizon"),
    "pd_12": (CellMeasure.DEFAULT_12, "loans in default within twelve months"),
    "pd_lifetime": (CellMeasure.DEFAULT_LIFE, "loans in default to the horizon"),
}
_PER: Final = {
    CellMeasure.LOSS_12: "over balance",
    CellMeasure.LOSS_LIFE: "over balance",
    CellMeasure.DEFAULT_12: "over loans",
    CellMeasure.DEFAULT_LIFE: "over loans",
}
CELL_VARIABLES: Final = (
    *(
        ProvisionVariable(
            name,
            FRACTION,
            f"{what} {_PER[measure]}, of the scenario's own loans; with few of them of their pool",
            BY_CELL,
            opening=True,
        )
        for name, (measure, what) in _RATES.items()
    ),
    ProvisionVariable(
        "lgd",
        FRACTION,
        "discounted loss over exposure at default, defaults to the horizon",
        BY_CELL,
        opening=True,
    ),
    ProvisionVariable(
        "rate_source",
        FRACTION,
        "loans behind the rates: 0 the cell's, 1 its pool's of the month, 2 the pool's of all"
        " months with a full year after them, 3 of all months, 4 none",
        BY_CELL,
        opening=True,
    ),
    ProvisionVariable(
        "cell_balance", MONEY, "balance at month end, mean over paths", BY_CELL, opening=True
    ),
)
MINIMUM_VARIABLES: Final = (
    ProvisionVariable(
        "minimum_coverage_ratio",
        FRACTION,
        "least allowance over impaired balance that the rule book asks for; missing without one",
        ("provision",),
    ),
    ProvisionVariable(
        "minimum_provisions_over_loans",
        FRACTION,
        "least allowance over balance that it asks for; missing without one",
        ("provision",),
    ),
)
_WHOLE_NUMBERS: Final = ("cell_grade", "rate_source")
PROVISION_COORDINATES: Final = {
    "provision": (FRACTION, "name of the rule book; the first is the accounting book"),
    "provision_label": (FRACTION, "label of the rule book"),
    "grade": (FRACTION, "grade, of all rule books together"),
    "line": (FRACTION, "line of the roll-forward"),
    "cell": (FRACTION, "situations and products that share expected losses (docs/provisions.md)"),
}
"""Unit and meaning; only in runs with rule books."""


def all_variables() -> Iterator[tuple[ProvisionVariable, tuple[str, ...]]]:
    """Every variable with the names under which it stands."""
    for item in (*PATH_VARIABLES, *CELL_VARIABLES, _GRADE_OF_CELLS, ROLL_FORWARD):
        yield item, (item.name, *([item.name + OPENING_SUFFIX] if item.opening else []))
    for item in GRADE_VARIABLES:
        yield item, tuple(item.name + suffix for suffix in STATISTIC_SUFFIXES)
    for item in MINIMUM_VARIABLES:
        yield item, (item.name,)


def provision_coordinates(output: SimulationOutput) -> dict[str, tuple[str, object]]:
    """Dimension and labels of each of ``PROVISION_COORDINATES``; none without rule books."""
    if output.cells is None:
        return {}
    return {
        "provision": ("provision", list(output.provision)),
        "provision_label": ("provision", [book.label for book in output.provision.values()]),
        "grade": ("grade", list(grades_of(output.provision.values()))),
        "line": ("line", list(LINES)),
        "cell": ("cell", [cell.name for cell in output.cells.cells]),
    }


def grades_of(books: Iterable[RuleBook]) -> tuple[str, ...]:
    """Grades of all rule books, each once."""
    return tuple(dict.fromkeys(grade for book in books for grade in book.grades))


def provision_variables(
    output: SimulationOutput, rows: Sequence[Sequence[Cell]]
) -> dict[str, xr.Variable]:
    """Every variable of this module, empty without rule books.

    ``rows``: a ``Cell`` of the results for each scenario (outer) and policy (inner).
    """
    if output.cells is None:
        return {}
    arrays = _Builder(output, output.cells).fill(rows)
    currency = output.book.currency
    variables: dict[str, xr.Variable] = {}
    for item, names in all_variables():
        for name in names:
            opening = name == item.name + OPENING_SUFFIX
            dims = tuple(dim for dim in item.dims if not (opening and dim == "month"))
            words = item.long_name
            if item in GRADE_VARIABLES:
                words = f"{words}; {STATISTIC_SUFFIXES[name.removeprefix(item.name)]}"
            attributes = {
                "units": unit_in(currency, item.unit),
                "long_name": f"{words}; at the opening" if opening else words,
            }
            variables[name] = xr.Variable(dims, arrays[name], attributes)
    return variables


class _Builder:
    """Fills the arrays of all variables, one scenario, policy and rule book at a time."""

    def __init__(self, output: SimulationOutput, table: CellTable) -> None:
        self.output, self.table = output, table
        self.books = dict(output.provision)
        self.grades = grades_of(self.books.values())
        self.scenarios = [scenario.name for scenario in output.scenarios]
        months = output.timeline.months
        self.calendar = calendar_of(output.timeline.start, months)
        sizes = {
            "scenario": len(self.scenarios),
            "policy": len(output.policies),
            "provision": len(self.books),
            "path": output.run.paths,
            "month": months,
            "grade": len(self.grades),
            "line": len(LINES),
            "cell": len(table.cells),
        }
        self.arrays: Arrays = {}
        for item, names in all_variables():
            for name in names:
                opening = name == item.name + OPENING_SUFFIX
                shape = [sizes[d] for d in item.dims if not (opening and d == "month")]
                self.arrays[name] = (
                    np.zeros(shape, dtype=np.int16)
                    if item.name in _WHOLE_NUMBERS
                    else np.full(shape, np.nan)
                )

    def fill(self, rows: Sequence[Sequence[Cell]]) -> Arrays:
        """All arrays by name."""
        for number, book in enumerate(self.books.values()):
            for limit, value in zip(
                MINIMUM_VARIABLES,
                (book.minima.coverage_ratio, book.minima.provisions_over_loans),
                strict=True,
            ):
                self.arrays[limit.name][number] = np.nan if value is None else value
        pools = pool_numbers(self.table.cells)
        weight = float(self.output.book.borrowers.weight.mean())
        for policy in range(len(self.output.policies)):
            column = [row[policy] for row in rows]
            estimates = [
                estimate(
                    totals(c.tallies),
                    pools,
                    weight,
                    self.output.timeline.horizon,
                    self.output.run.paths,
                )
                for c in column
            ]
            for scenario, cell in enumerate(column):
                self._rates((scenario, policy), cell, estimates[scenario])
                for number in range(len(self.books)):
                    self._book((scenario, policy, number), column, estimates)
        return self.arrays

    def _put(self, name: str, at: tuple[int, ...], values: NDArray[np.generic], axis: int) -> None:
        """Store ``values`` of months 0 to the last one along ``axis``, the opening beside."""
        self.arrays[name][at] = np.delete(values, 0, axis=axis)
        if name + OPENING_SUFFIX in self.arrays:
            self.arrays[name + OPENING_SUFFIX][at] = np.take(values, 0, axis=axis)

    def _rates(self, at: tuple[int, int], cell: Cell, found: Estimates) -> None:
        """Rates for audit."""
        for name, (measure, _) in _RATES.items():
            self._put(name, at, found.rates[measure], axis=0)
        self._put("lgd", at, found.loss_given_default, axis=0)
        self._put("rate_source", at, found.level, axis=0)
        balance = cell.tallies.cells[..., CellMeasure.BALANCE].mean(axis=0)
        self._put("cell_balance", at, balance, axis=0)

    def _book(
        self, at: tuple[int, int, int], column: Sequence[Cell], estimates: Sequence[Estimates]
    ) -> None:
        """Everything of one rule book."""
        scenario, _, number = at
        book, cell = list(self.books.values())[number], column[scenario]
        weights = weights_of(book, self.scenarios, self.output.scenario_weights())
        coverage = cover(
            book,
            number,
            self.table.cells,
            Foreseen(estimates, weights),
            scenario,
            self.calendar,
        )
        cells = [c.tallies.cells for c in column]
        balance, allowance = balance_and_allowance(cells[scenario], coverage)
        spread = spread_of_allowance(allowance, coverage, estimates, cells, scenario)
        positions = np.array([self.grades.index(grade) for grade in book.grades])
        self._put("cell_grade", at, positions[coverage.grade], axis=0)
        total = allowance.sum(axis=-1)
        self._put("allowance", at, total, axis=1)
        self._put("allowance_spread", at, spread.sum(axis=-1), axis=1)
        self._put("impaired_balance", at, self._impaired(book, balance, cells[scenario]), axis=1)
        self.arrays["provision_charge"][at] = _charge(total, cell)
        self._grade_statistics(at, positions, balance, allowance, spread)
        self._roll_forward(at, positions, cell, coverage)

    def _impaired(self, book: RuleBook, balance: F8, cells: F8) -> F8:
        """Impaired balance, shape (paths, months + 1)."""
        if book.impaired:
            held = balance[..., [book.grades.index(name) for name in book.impaired]]
        else:
            least = self.table.default_unpaid
            defaulted = [cell.unpaid[0] >= least for cell in self.table.cells]
            held = cells[..., CellMeasure.BALANCE][..., defaulted]
        return np.asarray(held.sum(axis=-1))

    def _grade_statistics(
        self,
        at: tuple[int, int, int],
        positions: NDArray[np.int64],
        balance: F8,
        allowance: F8,
        spread: F8,
    ) -> None:
        """Statistics over paths by grade, months 1 to the last."""
        replicates = self.output.run.luck_replicates
        balance, allowance, spread = balance[:, 1:], allowance[:, 1:], spread[:, 1:]
        whole = np.broadcast_to(balance.sum(axis=-1, keepdims=True), balance.shape)
        found = {
            "allowance_by_grade": with_spread(
                over_paths(allowance, replicates), over_paths(spread, replicates)
            ),
            "balance_by_grade": over_paths(balance, replicates),
            "coverage_by_grade": with_spread(
                ratio_over_paths(allowance, balance, replicates),
                ratio_over_paths(spread, balance, replicates),
            ),
            "balance_share_by_grade": ratio_over_paths(balance, whole, replicates),
        }
        for name, statistics in found.items():
            for suffix in STATISTIC_SUFFIXES:
                values = _statistic(statistics, suffix)
                self.arrays[name + suffix][at][:, positions] = values

    def _roll_forward(
        self,
        at: tuple[int, int, int],
        positions: NDArray[np.int64],
        cell: Cell,
        coverage: Coverage,
    ) -> None:
        tallies, paths = cell.tallies, self.output.run.paths
        balance = tallies.cells[..., CellMeasure.BALANCE].mean(axis=0)
        lines = roll_forward(balance, tallies.moves / paths, coverage)
        self.arrays["roll_forward"][at][..., positions] = lines


def _statistic(statistics: PathStatistics, suffix: str) -> F8:
    found: F8 = getattr(statistics, suffix.removeprefix("_") or "mean")
    return found


def _charge(allowance: F8, cell: Cell) -> F8:
    """Provision charge of each month, (paths, months), from the allowance of months 0 to it."""
    months = slice(1, allowance.shape[1])
    gone = cell.flow(Flow.WRITTEN_OFF)[:, months] + cell.flow(Flow.SOLD)[:, months]
    came = cell.count(Count.SALE_PRICE)[:, months] + cell.recovered()[:, months]
    return np.diff(allowance, axis=1) + gone - came
