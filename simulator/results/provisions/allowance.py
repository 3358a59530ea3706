"""Allowances by path, month and grade, and what the sampling error of their mean comes from."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator.provision import RiskCell, RuleBook
from simulator.provision.rule_book import Grades
from simulator.reading.periods import months_between, next_month
from simulator.results.provisions.grades import (
    dynamic_grades,
    origin_weights,
    static_grades,
)
from simulator.results.provisions.rates import Estimates, Level, Term, blend, blended
from simulator.vocabulary import N_PATH_CELL_MEASURES, CellMeasure

F8 = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Coverage:
    """What a rule book holds against the cells of one scenario and policy, (months + 1, cells).

    ``rate`` and ``overlay`` are shares of the balance, together 0 to 1; ``free`` tells where the
    rate is not cut; ``terms`` are what a month's rates are blended from, none for fixed shares.
    """

    grade: Grades
    rate: F8
    overlay: F8
    free: NDArray[np.bool_]
    terms: Sequence[Sequence[Term]]
    n_grades: int

    @property
    def whole(self) -> F8:
        """Rate and overlay together."""
        return self.rate + self.overlay

    def in_grade(self, month: int) -> F8:
        """1.0 where a cell is in a grade, shape (cells, grades)."""
        return np.asarray(self.grade[month][:, None] == np.arange(self.n_grades), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Foreseen:
    """Estimates of all scenarios under one policy, and the scenarios' weights in a rule book."""

    estimates: Sequence[Estimates]
    weights: F8


def weights_of(book: RuleBook, scenarios: Sequence[str], otherwise: F8) -> F8:
    """Weights of the scenarios in a rule book, its own or ``otherwise``, shape (scenarios,)."""
    if not book.scenario_weights:
        return otherwise
    return np.array([book.scenario_weights.get(name, 0.0) for name in scenarios])


def cover(
    book: RuleBook,
    number: int,
    cells: Sequence[RiskCell],
    foreseen: Foreseen,
    scenario: int,
    calendar: Sequence[str],
) -> Coverage:
    """Grades and shares of balance under the rule book at position ``number`` of the cells'.

    ``calendar``: months 0 to the last one as ``YYYY-MM``.
    """
    estimates, weights = foreseen.estimates, foreseen.weights
    every = np.ones(len(cells), dtype=np.bool_)

    def terms_of(month: int, lifetime: NDArray[np.bool_]) -> list[Term]:
        return blend(book.foresight, estimates, weights, (scenario, month), lifetime)

    origins = origin_weights(cells, estimates[scenario].opening_loans)
    grade = dynamic_grades(
        book,
        static_grades(cells, number),
        origins,
        estimates,
        lambda month: terms_of(month, every),
    )
    fixed = [book.share(name) for name in book.grades]
    terms: list[list[Term]] = [[] for _ in calendar]
    if None in fixed:
        lifetime = np.array([book.horizon(name) == "lifetime" for name in book.grades])[grade]
        terms = [terms_of(month, needs) for month, needs in enumerate(lifetime)]
        raw = np.stack([blended(found, estimates) for found in terms])
    else:
        raw = np.array(fixed, dtype=np.float64)[grade]
    rate = np.clip(raw, 0.0, 1.0)
    added = _overlays(book, calendar)[np.arange(len(calendar))[:, None], grade]
    overlay = np.minimum(rate + added, 1.0) - rate
    return Coverage(grade, rate, overlay, rate == raw, terms, len(book.grades))


def _overlays(book: RuleBook, calendar: Sequence[str]) -> F8:
    """Share of balance that overlays add, shape (months + 1, grades)."""
    added = np.zeros((len(calendar), len(book.grades)))
    for overlay in book.overlays:
        begin = overlay.from_month or calendar[0]
        runs = [begin <= month <= overlay.until for month in calendar]
        added[runs, book.grades.index(overlay.grade)] += overlay.share_of_balance
    return added


def calendar_of(start: str, months: int) -> list[str]:
    """Months 0 (before ``start``) to ``months`` as ``YYYY-MM``."""
    return list(months_between(next_month(start, -1), next_month(start, months - 1)))


@dataclass(frozen=True, slots=True)
class ByGrade:
    """What a rule book holds on every path of one scenario, each (paths, months + 1, grades)."""

    coverage: Coverage
    balance: F8
    allowance: F8
    spread: F8

    @staticmethod
    def empty(paths: int, coverage: Coverage) -> "ByGrade":
        """Nothing is known yet."""
        shape = paths, coverage.rate.shape[0], coverage.n_grades
        return ByGrade(coverage, np.empty(shape), np.empty(shape), np.empty(shape))

    def fill(
        self,
        paths: slice,
        cells: Sequence[F8],
        scenario: int,
        estimates: Sequence[Estimates],
        balance: F8,
    ) -> None:
        """Put in a window of ``paths``; the others as in ``spread_of_allowance``."""
        held, allowance = balance_and_allowance(cells[scenario], self.coverage)
        self.balance[paths], self.allowance[paths] = held, allowance
        self.spread[paths] = spread_of_allowance(
            allowance, self.coverage, estimates, cells, scenario, balance
        )


def balance_and_allowance(cells: F8, coverage: Coverage) -> tuple[F8, F8]:
    """Balance and allowance by grade, each (paths, months + 1, grades).

    ``cells``: (paths, months + 1, cells, measures kept on each path).
    """
    paths, months = cells.shape[:2]
    balance = np.empty((paths, months, coverage.n_grades))
    allowance = np.empty_like(balance)
    for month in range(months):
        held = np.ascontiguousarray(cells[:, month, :, CellMeasure.BALANCE])
        in_grade = coverage.in_grade(month)
        balance[:, month] = held @ in_grade
        allowance[:, month] = held @ (in_grade * coverage.whole[month][:, None])
    return balance, allowance


def spread_of_allowance(
    allowance: F8,
    coverage: Coverage,
    estimates: Sequence[Estimates],
    cells: Sequence[F8],
    scenario: int,
    balance: F8,
) -> F8:
    """The allowance of a path plus its influence on the estimated rates, of the same shape.

    A path's balance meets rates that all paths together make, and its own later losses move them.
    The sum has the mean of ``allowance`` and the scatter that the sampling error of the mean
    comes from: linearised, with grades and rates of a pool over all months taken as known.
    ``cells``: sums by cell of every scenario, (paths, months + 1, cells, measures); path p has
    the same luck in all. ``balance``: of the scenario over all paths, (months + 1, cells).
    Source: Hampel 1974 (influence curve).
    """
    spread = allowance.copy()
    paths = allowance.shape[0]
    held = balance * coverage.free
    for month, terms in enumerate(coverage.terms):
        in_grade = coverage.in_grade(month)
        for term in terms:
            if not (term.short.any() or term.long.any()):
                continue
            found = estimates[term.scenario]
            seen = cells[term.scenario][:, found.sources[term.month]]
            influence = _influence(term, found, held[month], in_grade)
            spread[:, month] += seen.reshape(paths, -1) @ influence.reshape(-1, in_grade.shape[1])
    return spread


def _influence(term: Term, found: Estimates, held: F8, in_grade: F8) -> F8:
    """What a path's sums of a source month add to the mean, (cells, path measures, grades)."""
    level, used = found.level[term.month], found.used[term.month, :, CellMeasure.BALANCE]
    share = np.divide(held, used, out=np.zeros_like(held), where=used > 0.0)
    added = np.zeros((held.size, N_PATH_CELL_MEASURES, in_grade.shape[1]))
    for measure, weight in ((CellMeasure.LOSS_12, term.short), (CellMeasure.LOSS_LIFE, term.long)):
        rate = found.rates[measure][term.month]
        for source in (Level.OWN, Level.POOL):
            gained = (share * weight * (level == source))[:, None] * in_grade
            lost = gained * rate[:, None]
            if source is Level.POOL:
                gained, lost = _over_pool(gained, found.pools), _over_pool(lost, found.pools)
            added[:, measure] += gained
            added[:, CellMeasure.BALANCE] -= lost
    return added


def _over_pool(values: F8, pools: NDArray[np.int64]) -> F8:
    """Sum of ``values`` (cells, ...) over each cell's pool, of the same shape."""
    sums = np.zeros((int(pools.max(initial=-1)) + 1, *values.shape[1:]))
    np.add.at(sums, pools, values)
    return sums[pools]
