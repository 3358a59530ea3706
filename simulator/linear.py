"""Small linear algebra in one order of operations, so that it gives the same bits everywhere.

A library's own routines round by the processor. For systems of at most some hundred unknowns.
"""

import numpy as np
from numpy.typing import NDArray

F8 = NDArray[np.float64]


def product(left: F8, right: F8) -> F8:
    """Matrix product of ``left`` (n, k) and ``right`` (k, m)."""
    found = np.zeros((left.shape[0], right.shape[1]))
    for k in range(right.shape[0]):
        found += left[:, k, None] * right[k]
    return found


def solved(system: F8, given: F8) -> F8:
    """x of ``system`` x = ``given``, (n, n) and (n, m): Gauss-Jordan with pivots."""
    rows = np.concatenate([system, given], axis=1)
    n = len(system)
    for k in range(n):
        pivot = k + int(np.argmax(np.abs(rows[k:, k])))
        rows[[k, pivot]] = rows[[pivot, k]]
        rows[k] /= rows[k, k]
        factor = rows[:, k].copy()
        factor[k] = 0.0
        rows -= factor[:, None] * rows[k]
    return rows[:, n:]


def cholesky(matrix: F8) -> F8:
    """Lower triangle L with L L' = ``matrix``, symmetric and positive definite, (n, n)."""
    lower = np.zeros_like(matrix)
    for row in range(len(matrix)):
        for column in range(row + 1):
            left = matrix[row, column] - (lower[row] * lower[column]).sum()
            lower[row, column] = np.sqrt(left) if row == column else left / lower[column, column]
    return lower
