"""Sums whose order changes no bit: amounts are counted in whole units, as integers of 64 bits.

How many units one is worth follows from the book alone (``packing``), not from paths, months or
threads. Units are so small that rounding to them is finer than a float's own rounding.
"""

from typing import Final

import numpy as np

from simulator.kernels.jit import loop, scalar

HIGH_BITS: Final = 31
"""Bits from here on are kept apart in sums over paths: both parts are exact for 2^31 paths."""


@scalar
def units(amount, scale):
    """``amount`` in units, of which one is worth ``scale``; rounded to the nearest."""
    worth = amount * scale
    return np.int64(worth + (0.5 if worth >= 0.0 else -0.5))


@loop
def add_exactly(amounts, high, low):
    """Add ``amounts`` (units, any shape) to the sum that is ``high`` x 2^HIGH_BITS + ``low``."""
    above, below = high.reshape(-1), low.reshape(-1)
    for at, amount in enumerate(amounts.reshape(-1)):
        if amount != 0:
            coarse = amount >> HIGH_BITS
            above[at] += coarse
            below[at] += amount - (coarse << HIGH_BITS)
