"""Sums in whole units: nearest, and the same in any order."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from simulator.kernels.exact import HIGH_BITS, add_exactly, units
from simulator.kernels.jit import loop


@loop
def _units(amount: float, scale: float) -> int:
    return units(amount, scale)  # type: ignore[no-any-return]


@given(st.floats(-1e9, 1e9), st.integers(-10, 30))
def test_units_are_the_nearest_whole_number(amount: float, bits: int) -> None:
    scale = 2.0**bits
    assert abs(_units(amount, scale) - amount * scale) <= 0.5
    assert _units(-amount, scale) == -_units(amount, scale)


def test_sums_over_paths_are_exact_in_any_order_and_grouping() -> None:
    random = np.random.default_rng(5)
    paths = random.integers(-(2**62), 2**62, (200, 3, 4))
    whole = [sum(int(path[i, j]) for path in paths) for i in range(3) for j in range(4)]
    for order in (range(200), reversed(range(200)), random.permutation(200)):
        high, low = np.zeros((3, 4), dtype=np.int64), np.zeros((3, 4), dtype=np.int64)
        for path in order:
            add_exactly(paths[path], high, low)
        found = [(int(a) << HIGH_BITS) + int(b) for a, b in zip(high.flat, low.flat, strict=True)]
        assert found == whole
