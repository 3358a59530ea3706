"""Linear algebra in one order, against the library's."""

import numpy as np
import pytest

from simulator.linear import cholesky, product, solved


@pytest.mark.parametrize("n", [1, 2, 5, 40])
def test_products_solutions_and_triangles(n: int) -> None:
    random = np.random.default_rng(n)
    left, right = random.normal(size=(n + 1, n)), random.normal(size=(n, 3))
    np.testing.assert_allclose(product(left, right), left @ right, rtol=1e-12, atol=1e-12)
    system = random.normal(size=(n, n))
    np.testing.assert_allclose(system @ solved(system, right), right, rtol=1e-8, atol=1e-8)
    square = system @ system.T + np.eye(n)
    np.testing.assert_allclose(cholesky(square), np.linalg.cholesky(square), rtol=1e-10, atol=1e-12)


def test_a_zero_on_the_diagonal_needs_a_pivot() -> None:
    system = np.array([[0.0, 2.0], [4.0, 0.0]])
    assert solved(system, np.array([[2.0], [4.0]])).tolist() == [[1.0], [1.0]]
