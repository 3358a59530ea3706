"""Fills the variables of results.nc about rule books: allowances by path, by grade, and rates."""

from collections.abc import Iterable, Sequence

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from simulator.provision import RiskCellTable, RuleBook
from simulator.results.estimate import Estimate
from simulator.results.inputs import SimulationOutput
from simulator.results.intervals import (
    around,
    linear_ratio,
    over_months,
    own_ratios,
    with_quantiles,
)
from simulator.results.over_paths import STATISTIC_SUFFIXES
from simulator.results.policy_run import PolicyRun
from simulator.results.provisions.allowance import (
    Coverage,
    Foreseen,
    balance_and_allowance,
    calendar_of,
    cover,
    spread_of_allowance,
    weights_of,
)
from simulator.results.provisions.alternatives import (
    DIM,
    NAME,
    alternatives_of,
    opening_alternatives,
)
from simulator.results.provisions.rates import Estimates, estimate, pool_numbers, totals
from simulator.results.provisions.roll_forward import LINES, roll_forward
from simulator.results.provisions.variables import (
    GRADE_VARIABLES,
    MINIMUM_VARIABLES,
    OPENING_SUFFIX,
    RATES,
    WHOLE_NUMBERS,
    all_variables,
)
from simulator.results.table import unit_in
from simulator.vocabulary import CellMeasure, Count, Flow

F8 = NDArray[np.float64]
Arrays = dict[str, NDArray[np.generic]]


def provision_coordinates(output: SimulationOutput) -> dict[str, tuple[str, object]]:
    """Dimension and labels of each of ``PROVISION_COORDINATES``; none without rule books."""
    if output.cells is None:
        return {}
    return {
        "provision": ("provision", list(output.provision)),
        "provision_label": ("provision", [book.label for book in output.provision.values()]),
        DIM: (DIM, list(alternatives_of([s.name for s in output.scenarios]))),
        "grade": ("grade", list(grades_of(output.provision.values()))),
        "line": ("line", list(LINES)),
        "cell": ("cell", [cell.name for cell in output.cells.cells]),
    }


def grades_of(books: Iterable[RuleBook]) -> tuple[str, ...]:
    """Grades of all rule books, each once."""
    return tuple(dict.fromkeys(grade for book in books for grade in book.grades))


def provision_variables(
    output: SimulationOutput, rows: Sequence[Sequence[PolicyRun]]
) -> dict[str, xr.Variable]:
    """Every variable of this module, empty without rule books.

    ``rows``: a ``PolicyRun`` of the results for each scenario (outer) and policy (inner).
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

    def __init__(self, output: SimulationOutput, table: RiskCellTable) -> None:
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
            DIM: len(alternatives_of(self.scenarios)),
        }
        self.arrays: Arrays = {}
        for item, names in all_variables():
            for name in names:
                opening = name == item.name + OPENING_SUFFIX
                shape = [sizes[d] for d in item.dims if not (opening and d == "month")]
                self.arrays[name] = (
                    np.zeros(shape, dtype=np.int16)
                    if item.name in WHOLE_NUMBERS
                    else np.full(shape, np.nan)
                )

    def fill(self, rows: Sequence[Sequence[PolicyRun]]) -> Arrays:
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
            for scenario, policy_run in enumerate(column):
                self._rates((scenario, policy), policy_run, estimates[scenario])
                for number in range(len(self.books)):
                    self._book((scenario, policy, number), column, estimates)
        return self.arrays

    def _put(self, name: str, at: tuple[int, ...], values: NDArray[np.generic], axis: int) -> None:
        """Store ``values`` of months 0 to the last one along ``axis``, the opening beside."""
        self.arrays[name][at] = np.delete(values, 0, axis=axis)
        if name + OPENING_SUFFIX in self.arrays:
            self.arrays[name + OPENING_SUFFIX][at] = np.take(values, 0, axis=axis)

    def _rates(self, at: tuple[int, int], policy_run: PolicyRun, found: Estimates) -> None:
        """Rates for audit."""
        for name, (measure, _) in RATES.items():
            self._put(name, at, found.rates[measure], axis=0)
        self._put("lgd", at, found.loss_given_default, axis=0)
        self._put("rate_source", at, found.level, axis=0)
        balance = policy_run.tallies.cells[..., CellMeasure.BALANCE].mean(axis=0)
        self._put("cell_balance", at, balance, axis=0)

    def _book(
        self, at: tuple[int, int, int], column: Sequence[PolicyRun], estimates: Sequence[Estimates]
    ) -> None:
        """Everything of one rule book."""
        scenario, _, number = at
        book, policy_run = list(self.books.values())[number], column[scenario]
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
        self.arrays["provision_charge"][at] = _charge(total, policy_run)
        if (scenario, self.output.policies[at[1]]) == (0, self.output.reference):
            held = cells[0][:, 0, :, CellMeasure.BALANCE].mean(axis=0)
            foreseen = Foreseen(estimates, weights)
            self.arrays[NAME][number] = opening_alternatives(
                book, number, self.table.cells, foreseen, held, self.calendar
            )
        self._grade_statistics(at, positions, balance, allowance, spread)
        self._roll_forward(at, positions, policy_run, coverage)

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
        sampling = self.output.sampling
        balance, allowance, spread = balance[:, 1:], allowance[:, 1:], spread[:, 1:]
        whole = np.broadcast_to(balance.sum(axis=-1, keepdims=True), balance.shape)
        months = range(1, balance.shape[1] + 1)

        def told(linear: F8, own: F8) -> Estimate[F8]:
            found = over_months(linear, months, sampling, month_axis=1)
            return with_quantiles(found, np.where(np.isnan(found.mean), np.nan, own))

        def ratio(top: F8, bottom: F8) -> F8:
            return linear_ratio(top, bottom, sampling.replicates)

        covered = around(ratio(spread, balance), ratio(allowance, balance))
        found = {
            "allowance_by_grade": told(around(spread, allowance), allowance),
            "balance_by_grade": told(balance, balance),
            "coverage_by_grade": told(covered, own_ratios(allowance, balance)),
            "balance_share_by_grade": told(ratio(balance, whole), own_ratios(balance, whole)),
        }
        for name, statistics in found.items():
            for suffix in STATISTIC_SUFFIXES:
                values = _statistic(statistics, suffix)
                self.arrays[name + suffix][at][:, positions] = values

    def _roll_forward(
        self,
        at: tuple[int, int, int],
        positions: NDArray[np.int64],
        policy_run: PolicyRun,
        coverage: Coverage,
    ) -> None:
        tallies, paths = policy_run.tallies, self.output.run.paths
        balance = tallies.cells[..., CellMeasure.BALANCE].mean(axis=0)
        lines = roll_forward(balance, tallies.moves / paths, coverage)
        self.arrays["roll_forward"][at][..., positions] = lines


def _statistic(statistics: Estimate[F8], suffix: str) -> F8:
    found: F8 = getattr(statistics, suffix.removeprefix("_") or "mean")
    return found


def _charge(allowance: F8, policy_run: PolicyRun) -> F8:
    """Provision charge of each month, (paths, months), from the allowance of months 0 to it."""
    months = slice(1, allowance.shape[1])
    gone = policy_run.flow(Flow.WRITTEN_OFF)[:, months] + policy_run.flow(Flow.SOLD)[:, months]
    came = policy_run.count(Count.SALE_PRICE)[:, months] + policy_run.recovered()[:, months]
    return np.diff(allowance, axis=1) + gone - came
