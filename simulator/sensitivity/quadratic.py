"""A quadratic in inputs of [0, 1], fitted by ridge regression: the emulator of a figure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulator.ridge import ridge

F8 = NDArray[np.float64]

FOLDS: Final = 5


@dataclass(frozen=True, slots=True, eq=False)
class Quadratic:
    """``intercept`` and a coefficient for each term: (i,) is linear, (i, j) a product.

    ``error``: root mean square of what folds left out are missed by, in the figure's unit.
    """

    terms: tuple[tuple[int, ...], ...]
    intercept: float
    coefficients: F8
    error: float

    def __call__(self, points: F8) -> F8:
        """Values (n,) at ``points`` (n, d)."""
        found: F8 = self.intercept + features(points, self.terms) @ self.coefficients
        return found

    def variance_of(self, place: int) -> float:
        """What the terms of the input at ``place`` alone add to the variance."""
        own = [set(term) == {place} for term in self.terms]
        return float((self.coefficients[own] ** 2).sum())


def terms_of(d: int, alone: Sequence[int] = ()) -> tuple[tuple[int, ...], ...]:
    """Terms of d inputs; those ``alone`` meet no others."""
    linear = [(i,) for i in range(d)]
    products = [
        (i, j) for i in range(d) for j in range(i, d) if i == j or not (i in alone or j in alone)
    ]
    return (*linear, *products)


def fit_quadratic(points: F8, values: F8, alone: Sequence[int] = ()) -> Quadratic:
    """The quadratic through ``values`` (n,) at ``points`` (n, d) of [0, 1]."""
    terms = terms_of(points.shape[1], alone)
    found = ridge(features(points, terms), values)
    return Quadratic(terms, found.intercept, found.slopes, _left_out_error(points, values, terms))


def _left_out_error(points: F8, values: F8, terms: tuple[tuple[int, ...], ...]) -> float:
    """Cross-validation: every ``FOLDS``-th point is predicted from the others."""
    columns = features(points, terms)
    missed = np.empty(len(values))
    for fold in range(FOLDS):
        out = np.arange(len(values)) % FOLDS == fold
        found = ridge(columns[~out], values[~out])
        missed[out] = values[out] - found.intercept - columns[out] @ found.slopes
    return float(np.sqrt((missed**2).mean()))


def features(points: F8, terms: tuple[tuple[int, ...], ...]) -> F8:
    """Columns of ``terms``, (n, len(terms)), of inputs shifted to [-1, 1] and orthogonal there."""
    x = 2.0 * points - 1.0
    columns = [
        np.sqrt(3.0) * x[:, term[0]]
        if len(term) == 1
        else np.sqrt(45.0 / 4.0) * (x[:, term[0]] ** 2 - 1.0 / 3.0)
        if term[0] == term[1]
        else 3.0 * x[:, term[0]] * x[:, term[1]]
        for term in terms
    ]
    return np.stack(columns, axis=1)
