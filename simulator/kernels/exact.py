"""Sums whose order changes no bit: what is added lies on a grid, so that every sum is exact.

The grid follows from the book alone (``packing``), not from paths, months or threads. A grain is
1.5 x 2^52 times the grid's step: adding it to a number rounds the number to the step, half to even,
and taking it off again is exact.
"""

from typing import Final

from simulator.kernels.jit import loop, scalar

_HIGH: Final = 2.0**26
"""A number is kept as a multiple of so many steps, and the rest."""


@scalar
def on_grid(amount, grain):
    """``amount`` rounded to the grid of ``grain``; below 2^51 steps."""
    return (amount + grain) - grain


@loop
def add_exactly(amounts, grains, high, low):
    """Add ``amounts`` to ``high`` + ``low``; all of one shape, the last axis that of ``grains``.

    Each amount lies on its grain's grid. For sums over paths: exact, whatever their order, and
    for 2^26 of them.
    """
    n = grains.size
    above, below = high.reshape(-1), low.reshape(-1)
    for at, amount in enumerate(amounts.reshape(-1)):
        if amount != 0.0:
            coarse = on_grid(amount, grains[at % n] * _HIGH)
            above[at] += coarse
            below[at] += amount - coarse
