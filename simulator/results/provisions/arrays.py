"""Fills the variables of results.nc about rule books: allowances by path, by grade, and rates."""

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from simulator.provision import RiskCellTable, RuleBook
from simulator.results.cases import Case
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
    ByGrade,
    Coverage,
    Foreseen,
    calendar_of,
    cover,
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


_READ: Final = ("cells", "flows", "counts", "written_off_by_product")
"""Arrays of tallies that allowances and charges of a path come from."""


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


def provision_variables(cases: Sequence[Sequence[Case]]) -> dict[str, xr.Variable]:
    """Every variable of this module, empty without rule books.

    ``cases`` by scenario (outer) and policy (inner).
    """
    output = cases[0][0].output
    if output.cells is None:
        return {}
    arrays = _Builder(output, output.cells).fill(cases)
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

    def fill(self, cases: Sequence[Sequence[Case]]) -> Arrays:
        """All arrays by name."""
        for number, book in enumerate(self.books.values()):
            for limit, value in zip(
                MINIMUM_VARIABLES,
                (book.minima.coverage_ratio, book.minima.provisions_over_loans),
                strict=True,
            ):
                self.arrays[limit.name][number] = np.nan if value is None else value
        for policy in range(len(self.output.policies)):
            self._policy(policy, [row[policy] for row in cases])
        return self.arrays

    def _policy(self, policy: int, column: Sequence[Case]) -> None:
        """Everything of one policy; ``column``: its case in each scenario.

        Paths are read twice: rates come from sums over all, allowances from each path's own cells.
        """
        pools = pool_numbers(self.table.cells)
        weight = float(self.output.book.borrowers.weight.mean())
        horizon, paths = self.output.timeline.horizon, self.output.run.paths
        sums = [totals(tallies for _, tallies in case.tallies(("cells",))) for case in column]
        estimates = [estimate(found, pools, weight, horizon, paths) for found in sums]
        balance = [found[..., CellMeasure.BALANCE] for found in sums]
        held: dict[tuple[int, int], ByGrade] = {}
        for scenario in range(len(column)):
            self._rates((scenario, policy), balance[scenario] / paths, estimates[scenario])
            for number in range(len(self.books)):
                coverage = self._coverage((scenario, policy, number), estimates, balance[scenario])
                held[scenario, number] = ByGrade.empty(paths, coverage)
        for window in zip(*(case.windows(_READ) for case in column), strict=True):
            at = window[0][0]
            runs = [policy_run for _, policy_run in window]
            cells = [policy_run.tallies.cells for policy_run in runs]
            for (scenario, number), by_grade in held.items():
                by_grade.fill(at, cells, scenario, estimates, balance[scenario])
                self._by_path((scenario, policy, number, at), by_grade, runs[scenario])
        for (scenario, number), by_grade in held.items():
            place = scenario, policy, number
            self._grade_statistics(place, by_grade)
            lines = roll_forward(
                balance[scenario] / paths,
                column[scenario].over_paths().moves / paths,
                by_grade.coverage,
            )
            self.arrays["roll_forward"][place][..., self._positions(number)] = lines

    def _put(
        self, name: str, at: tuple[int | slice, ...], values: NDArray[np.generic], axis: int
    ) -> None:
        """Store ``values`` of months 0 to the last one along ``axis``, the opening beside."""
        self.arrays[name][at] = np.delete(values, 0, axis=axis)
        if name + OPENING_SUFFIX in self.arrays:
            self.arrays[name + OPENING_SUFFIX][at] = np.take(values, 0, axis=axis)

    def _rates(self, at: tuple[int, int], balance: F8, found: Estimates) -> None:
        """Rates for audit; ``balance``: mean over paths, (months + 1, cells)."""
        for name, (measure, _) in RATES.items():
            self._put(name, at, found.rates[measure], axis=0)
        self._put("lgd", at, found.loss_given_default, axis=0)
        self._put("rate_source", at, found.level, axis=0)
        self._put("cell_balance", at, balance, axis=0)

    def _positions(self, number: int) -> NDArray[np.int64]:
        """Where the grades of a rule book are among those of all."""
        return np.array([self.grades.index(grade) for grade in self._book(number).grades])

    def _book(self, number: int) -> RuleBook:
        return list(self.books.values())[number]

    def _coverage(
        self, at: tuple[int, int, int], estimates: Sequence[Estimates], balance: F8
    ) -> Coverage:
        """Grades and rates of one rule book; ``balance``: over all paths, (months + 1, cells)."""
        scenario, policy, number = at
        book = self._book(number)
        weights = weights_of(book, self.scenarios, self.output.scenario_weights())
        foreseen = Foreseen(estimates, weights)
        coverage = cover(book, number, self.table.cells, foreseen, scenario, self.calendar)
        self._put("cell_grade", at, self._positions(number)[coverage.grade], axis=0)
        if (scenario, self.output.policies[policy]) == (0, self.output.reference):
            held = balance[0] / self.output.run.paths
            self.arrays[NAME][number] = opening_alternatives(
                book, number, self.table.cells, foreseen, held, self.calendar
            )
        return coverage

    def _by_path(
        self, at: tuple[int, int, int, slice], by_grade: ByGrade, policy_run: PolicyRun
    ) -> None:
        """What a window of paths has of one rule book."""
        *_, number, paths = at
        balance = by_grade.balance[paths]
        total = by_grade.allowance[paths].sum(axis=-1)
        impaired = self._impaired(self._book(number), balance, policy_run.tallies.cells)
        self._put("allowance", at, total, axis=1)
        self._put("allowance_spread", at, by_grade.spread[paths].sum(axis=-1), axis=1)
        self._put("impaired_balance", at, impaired, axis=1)
        self.arrays["provision_charge"][at] = _charge(total, policy_run)

    def _impaired(self, book: RuleBook, balance: F8, cells: F8) -> F8:
        """Impaired balance, shape (paths, months + 1)."""
        if book.impaired:
            held = balance[..., [book.grades.index(name) for name in book.impaired]]
        else:
            least = self.table.default_unpaid
            defaulted = [cell.unpaid[0] >= least for cell in self.table.cells]
            held = cells[..., CellMeasure.BALANCE][..., defaulted]
        return np.asarray(held.sum(axis=-1))

    def _grade_statistics(self, at: tuple[int, int, int], by_grade: ByGrade) -> None:
        """Statistics over paths by grade, months 1 to the last."""
        sampling, positions = self.output.sampling, self._positions(at[-1])
        balance, allowance, spread = (
            part[:, 1:] for part in (by_grade.balance, by_grade.allowance, by_grade.spread)
        )
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


def _statistic(statistics: Estimate[F8], suffix: str) -> F8:
    found: F8 = getattr(statistics, suffix.removeprefix("_") or "mean")
    return found


def _charge(allowance: F8, policy_run: PolicyRun) -> F8:
    """Provision charge of each month, (paths, months), from the allowance of months 0 to it."""
    months = slice(1, allowance.shape[1])
    gone = policy_run.flow(Flow.WRITTEN_OFF)[:, months] + policy_run.flow(Flow.SOLD)[:, months]
    came = policy_run.count(Count.SALE_PRICE)[:, months] + policy_run.recovered()[:, months]
    return np.diff(allowance, axis=1) + gone - came
