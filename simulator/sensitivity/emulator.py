"""A quadratic of a simulated figure with the band that it is told with, and where it holds.

Least squares without a penalty, so that it is exact on a quadratic. Equations: docs/model.md,
section 14.12. The script of the page holds the same lines (``report/kit/templates/sliders.js``).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulator.linear import product, solved
from simulator.sensitivity.quadratic import features, terms_of

F8 = NDArray[np.float64]

FOLDS: Final = 5
"""Parts of the points, each judged by the band of the others (assumption)."""
COVERAGE: Final = 0.95
SPARE: Final = 8
"""Points beyond the number of terms that a fit needs at least (assumption)."""


@dataclass(frozen=True, slots=True, eq=False)
class Design:
    """Where a figure was simulated, by what a fit needs of it.

    ``terms`` as in ``Quadratic``, behind a constant; ``inverse`` of the squares of the features,
    (p, p); ``most``: the largest leverage of a point, beyond which a point lies outside the hull of
    the simulated ones (Montgomery, Peck and Vining 2012, section 3.8).
    """

    terms: tuple[tuple[int, ...], ...]
    inverse: F8
    most: float

    def leverages(self, points: F8) -> F8:
        """Leverage of each of ``points`` (n, d)."""
        rows = _rows(points, self.terms)
        return np.asarray(((rows @ self.inverse) * rows).sum(axis=1))


@dataclass(frozen=True, slots=True, eq=False)
class Emulator:
    """``coefficients`` (p,), the constant first, and ``width``: half the band at leverage 0.

    ``covered``: share of points within the band that the other folds make.
    """

    design: Design
    coefficients: F8
    width: float
    covered: float

    def __call__(self, points: F8) -> F8:
        """Values (n,) at ``points`` (n, d) of [0, 1]."""
        return np.asarray(_rows(points, self.design.terms) @ self.coefficients)

    def half_band(self, points: F8) -> F8:
        """Half the band within which 95 % of simulated values lie, (n,)."""
        return np.asarray(self.width * np.sqrt(1.0 + self.design.leverages(points)))

    def is_inside(self, points: F8) -> NDArray[np.bool_]:
        """Whether each of ``points`` lies within the hull of those that were simulated."""
        return np.asarray(self.design.leverages(points) <= self.design.most)


def least_points(d: int) -> int:
    """Points that a fit of ``d`` inputs needs at least."""
    return 1 + len(terms_of(d)) + SPARE


def fit_emulator(points: F8, values: F8) -> Emulator:
    """The quadratic through ``values`` (n,) at ``points`` (n, d) of [0, 1].

    The band is the 95 % quantile of what each point, left out, is missed by over its standard
    error: it rests on no shape of errors (after Barber et al. 2021, jackknife+).
    """
    terms = terms_of(points.shape[1])
    rows = _rows(points, terms)
    n, p = rows.shape
    squares = product(rows.T, rows)
    inverse = solved(squares, np.eye(p))
    coefficients = solved(squares, product(rows.T, values[:, None]))[:, 0]
    leverages = ((rows @ inverse) * rows).sum(axis=1)
    missed = values - rows @ coefficients
    spread = float(np.sqrt((missed**2).sum() / (n - p)))
    design = Design(terms, inverse, float(leverages.max()))
    if spread <= 1e-12 * float(np.abs(values).max(initial=0.0)):
        return Emulator(design, coefficients, 0.0, 1.0)
    left_out = np.abs(missed) / (1.0 - leverages)
    # A fit without the point has a leverage of h / (1 - h) there, so its band is this wide.
    unit = spread * np.sqrt(1.0 / (1.0 - leverages))
    wide = float(np.quantile(left_out / unit, min(COVERAGE * (1.0 + 1.0 / n), 1.0)))
    covered = _held(left_out / unit)
    return Emulator(design, coefficients, wide * spread, covered)


def _held(ratios: F8) -> float:
    """Share of ``ratios`` (n,) below the quantile of those of the other folds: no point is judged
    by a band that it has made itself."""
    fold = np.arange(len(ratios)) % FOLDS
    held = np.empty(len(ratios), dtype=np.bool_)
    for at in range(FOLDS):
        others = ratios[fold != at]
        share = min(COVERAGE * (1.0 + 1.0 / len(others)), 1.0)
        held[fold == at] = ratios[fold == at] <= np.quantile(others, share)
    return float(held.mean())


def _rows(points: F8, terms: tuple[tuple[int, ...], ...]) -> F8:
    """A constant and the columns of ``terms``, (n, p)."""
    return np.concatenate([np.ones((len(points), 1)), features(points, terms)], axis=1)
