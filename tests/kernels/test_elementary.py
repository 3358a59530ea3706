"""Our own exp, log, powers and normal functions, against numbers of more bits and scipy's."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import special

from simulator import elementary
from simulator.kernels import elementary as scalars
from simulator.kernels.jit import loop

F8 = NDArray[np.float64]

needs_long_doubles = pytest.mark.skipif(
    np.finfo(np.longdouble).nmant <= 60, reason="this system has no longer float"
)


def spread(low: float, high: float, near: float = 0.0) -> F8:
    """Numbers all over a range, and some around ``near`` down to 1e-12."""
    random = np.random.default_rng(7)
    small = near + random.choice([-1.0, 1.0], 2000) * 10.0 ** random.uniform(-12, -1, 2000)
    return np.concatenate([random.uniform(low, high, 20_000), small])


def units_off(found: F8, exact: NDArray[np.longdouble]) -> float:
    """Largest error in units in the last place."""
    nearest = exact.astype(np.float64)
    return float(np.max(np.abs(found - exact) / np.spacing(np.abs(nearest))))


@needs_long_doubles
@pytest.mark.parametrize(
    ("name", "numbers"),
    [
        ("exp", spread(-700.0, 700.0)),
        ("exp", spread(-1.0, 1.0)),
        ("expm1", spread(-40.0, 40.0)),
        ("log", spread(1e-9, 3.0, near=1.0)),
        ("log", np.exp(spread(-700.0, 700.0))),
        ("log1p", spread(-0.999, 4.0)),
    ],
)
def test_errors_stay_within_two_units(name: str, numbers: F8) -> None:
    exact = getattr(np, name)(numbers.astype(np.longdouble))
    assert units_off(getattr(elementary, name)(numbers), exact) <= 2.0


@needs_long_doubles
@given(st.floats(1e-9, 1e9), st.floats(-8.0, 8.0))
def test_errors_of_powers_grow_with_the_exponent(x: float, y: float) -> None:
    exact = np.power(np.longdouble(x), np.longdouble(y))
    found = elementary.power(x, y)
    assert units_off(found, exact) <= 2.0 + 3.0 * abs(y * math.log(x))


@pytest.mark.parametrize(
    ("name", "oracle", "numbers", "tolerance"),
    [
        ("logistic", special.expit, spread(-30.0, 30.0), 1e-15),
        ("log_odds", special.logit, spread(1e-6, 1.0 - 1e-6, near=0.5), 1e-13),
        ("normal_cdf", special.ndtr, spread(-9.0, 9.0), 1e-15),
        ("normal_quantile", special.ndtri, spread(1e-9, 1.0 - 1e-9, near=0.5), 1e-13),
        ("normal_quantile", special.ndtri, 10.0 ** spread(-300.0, -1.0), 1e-13),
    ],
)
def test_against_scipy(name: str, oracle: np.ufunc, numbers: F8, tolerance: float) -> None:
    np.testing.assert_allclose(
        getattr(elementary, name)(numbers), oracle(numbers), rtol=tolerance, atol=tolerance
    )


def test_ends() -> None:
    inf, nan = math.inf, math.nan
    ends = {
        "exp": ([-inf, -746.0, 0.0, 710.0, inf, nan], [0.0, 0.0, 1.0, inf, inf, nan]),
        "expm1": ([-inf, -100.0, 0.0, -1e-20], [-1.0, -1.0, 0.0, -1e-20]),
        "log": ([0.0, -1.0, inf, 1.0, nan], [-inf, nan, inf, 0.0, nan]),
        "log1p": ([-1.0, -2.0, 0.0, inf], [-inf, nan, 0.0, inf]),
        "logistic": ([-inf, 0.0, inf], [0.0, 0.5, 1.0]),
        "log_odds": ([0.0, 0.5, 1.0], [-inf, 0.0, inf]),
        "normal_cdf": ([-inf, 0.0, inf, nan], [0.0, 0.5, 1.0, nan]),
        "normal_quantile": ([0.0, 0.5, 1.0, 1.1, nan], [-inf, 0.0, inf, nan, nan]),
    }
    for name, (given_numbers, expected) in ends.items():
        found = getattr(elementary, name)(given_numbers)
        np.testing.assert_allclose(found, expected, atol=1e-16, err_msg=name)
    assert elementary.power(0.0, 2.0) == 0.0
    assert elementary.power(0.0, 0.0) == 1.0
    assert np.isclose(elementary.log(5e-324), math.log(5e-324))


def test_shapes_are_kept_and_numbers_of_any_kind_taken() -> None:
    assert elementary.exp(np.zeros((2, 3, 4))).shape == (2, 3, 4)
    assert elementary.exp(np.zeros((4, 3)).T[:, ::2]).shape == (3, 2)
    assert elementary.log(3).shape == ()
    np.testing.assert_allclose(elementary.power([[1.0], [2.0]], [2, 3]), [[1.0, 1.0], [4.0, 8.0]])


def test_a_loop_over_an_array_gives_the_bits_of_one_number_at_a_time() -> None:
    """Wide registers and narrow ones follow the same order."""

    @loop
    def one(x: float) -> float:
        return scalars.exp(x) + scalars.log1p(x) + scalars.normal_quantile(x)  # type: ignore[no-any-return]

    numbers = np.random.default_rng(3).uniform(0.001, 0.999, 501)
    wide = elementary.exp(numbers) + elementary.log1p(numbers) + elementary.normal_quantile(numbers)
    assert [one(x) for x in numbers] == wide.tolist()
