"""Grades of cells by month: the rules' own, then what rule books judge on estimated rates."""

from collections.abc import Callable, Sequence
from functools import cache, partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.provision import RiskCell, RuleBook
from simulator.provision.rule_book import Grades
from simulator.results.provisions.rates import Estimates, Term, blended
from simulator.vocabulary import CellMeasure

F8 = NDArray[np.float64]
LifetimeTerms = Callable[[int], Sequence[Term]]
"""What the lifetime rates of a month are blended from."""


def static_grades(cells: Sequence[RiskCell], number: int) -> Grades:
    """Grades by the rules alone under the rule book at position ``number``, shape (cells,)."""
    return np.array([cell.grades[number] for cell in cells], dtype=np.int64)


def origin_weights(cells: Sequence[RiskCell], opening_loans: F8) -> F8:
    """Weights (cells, cells) of each cell's origins: their loans at the opening, rows sum to 1."""
    weights = np.zeros((len(cells), len(cells)))
    for row, cell in enumerate(cells):
        origins = list(cell.origins)
        loans = opening_loans[origins]
        weights[row, origins] = loans / loans.sum() if loans.sum() > 0.0 else 1.0 / len(origins)
    return weights


def dynamic_grades(
    book: RuleBook,
    static: Grades,
    origins: F8,
    estimates: Sequence[Estimates],
    lifetime_terms: LifetimeTerms,
) -> NDArray[np.int64]:
    """Grades of every month, shape (months + 1, cells); ``origins`` by ``origin_weights``."""

    def chance(month: int) -> F8:
        """Chance of default of the loan's life, (cells,)."""
        terms = lifetime_terms(month)
        return blended(terms, estimates, CellMeasure.DEFAULT_12, CellMeasure.DEFAULT_LIFE)

    def expected(month: int) -> _Estimated:
        return _Estimated(
            partial(chance, month), origin, lambda: blended(lifetime_terms(month), estimates)
        )

    origin = cache(lambda: origins @ chance(0))
    months = estimates[0].level.shape[0]
    return np.stack([book.regraded(static, expected(month)) for month in range(months)])


class _Estimated(NamedTuple):
    """What rule books judge, from the rates of a month; reckoned where it is asked for."""

    default: Callable[[], F8]
    default_at_origin: Callable[[], F8]
    loss: Callable[[], F8]
