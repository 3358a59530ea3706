"""The opening allowance if something else were set: one scenario alone, another rise of risk."""

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulator.provision import RiskCell, RuleBook
from simulator.provision.staged import Staged
from simulator.results.provisions.allowance import Foreseen, cover
from simulator.results.table import MONEY

F8 = NDArray[np.float64]

NAME: Final = "opening_allowance_if"
DIM: Final = "alternative"
LONG_NAME: Final = (
    "allowance at the opening under the current policy, overlays included, if the scenario had all"
    " weight, or a significant increase of risk began at another multiple of the PD at origination;"
    " missing for fixed shares, and where rates are not weighted over scenarios"
)
UNIT: Final = MONEY
WEIGHTED: Final = "weighted"
ALONE: Final = "alone_"
SICR: Final = {
    "sicr_half": "pd_multiple half as far from 1",
    "sicr_double": "pd_multiple twice as far from 1",
    "sicr_backstop": "no pd_multiple: days past due and the other signs alone",
}
"""Alternatives of rule books with stages."""


def alternatives_of(scenarios: Sequence[str]) -> tuple[str, ...]:
    """Labels of the dimension ``alternative``."""
    return (WEIGHTED, *(f"{ALONE}{name}" for name in scenarios), *SICR)


def opening_alternatives(
    book: RuleBook,
    number: int,
    cells: Sequence[RiskCell],
    foreseen: Foreseen,
    held: F8,
    calendar: Sequence[str],
) -> F8:
    """Allowance at month 0 by alternative, in their order; ``held``: balance by cell then."""
    n = len(foreseen.estimates)
    out = np.full(1 + n + len(SICR), np.nan)
    if book.foresight != WEIGHTED or None not in [book.share(grade) for grade in book.grades]:
        return out
    for place, (variant, weights) in enumerate(_variants(book, foreseen.weights, n)):
        if variant is not None:
            seen = Foreseen(foreseen.estimates, weights)
            found = cover(variant, number, cells, seen, 0, calendar)
            out[place] = float(held @ found.whole[0])
    return out


def _variants(book: RuleBook, weights: F8, n: int) -> Iterator[tuple[RuleBook | None, F8]]:
    """Rule book and weights of each alternative; no rule book where it has none."""
    yield book, weights
    for scenario in range(n):
        yield book, np.eye(n)[scenario]
    signs = book.significant_increase if isinstance(book, Staged) else None
    multiple = None if signs is None else signs.pd_multiple
    for changed in (
        None if multiple is None else 1.0 + 0.5 * (multiple - 1.0),
        None if multiple is None else 1.0 + 2.0 * (multiple - 1.0),
        None,
    ):
        if signs is None or multiple is None:
            yield None, weights
        else:
            other = signs.model_copy(update={"pd_multiple": changed})
            yield book.model_copy(update={"significant_increase": other}), weights
