"""Grades of cells by month: the rules' own, then what is judged on estimated rates."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from simulator.provision import Classes, RiskCell, RuleBook, Staged
from simulator.results.provisions.rates import Estimates, Term, blended
from simulator.vocabulary import CellMeasure

F8 = NDArray[np.float64]
Grades = NDArray[np.int64]
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
) -> Grades:
    """Grades of every month, shape (months + 1, cells); ``origins`` by ``origin_weights``."""
    months = estimates[0].level.shape[0]
    grades = np.tile(static, (months, 1))
    if isinstance(book, Staged):
        origin = origins @ _chance(lifetime_terms(0), estimates)
        for month in range(months):
            chance = _chance(lifetime_terms(month), estimates)
            grades[month, (static == 0) & _increased(book, chance, origin)] = 1
    elif isinstance(book, Classes):
        impaired = static >= book.grades.index(book.impaired[0])
        for month in range(months):
            loss = blended(lifetime_terms(month), estimates)
            for name, share in book.impaired_shares.items():
                reached = impaired & (loss >= share)
                worse = np.maximum(grades[month], book.grades.index(name))
                grades[month] = np.where(reached, worse, grades[month])
    return grades


def _chance(terms: Sequence[Term], estimates: Sequence[Estimates]) -> F8:
    """Chance of default of the loan's life, (cells,)."""
    return blended(terms, estimates, CellMeasure.DEFAULT_12, CellMeasure.DEFAULT_LIFE)


def _increased(book: Staged, chance: F8, origin: F8) -> NDArray[np.bool_]:
    """Whether chances of default have risen as much as the rule book names significant."""
    signs = book.significant_increase
    if signs.pd_multiple is None:
        return np.zeros(chance.shape, dtype=np.bool_)
    return (chance >= signs.pd_multiple * origin) & (chance - origin >= signs.pd_rise)
