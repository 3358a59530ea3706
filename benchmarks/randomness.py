"""The bare generator: Philox in blocks, as the kernel draws, and one call at a time."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numba import njit

from simulator.kernels.records import CHUNK
from simulator.kernels.rng import fill_units, uniform


@dataclass(frozen=True, slots=True)
class Bare:
    """A loop that makes ``calls`` Philox calls."""

    run: Callable[[], float]
    calls: int


@njit(error_model="numpy", nogil=True)
def _in_blocks(ids, n_blocks, seed, u):
    total = 0.0
    for block in range(n_blocks):
        fill_units(ids, np.uint32(block), 0, seed, u)
        total += u[0, block % ids.size]
    return total


@njit(error_model="numpy", nogil=True)
def _one_by_one(n_calls, seed):
    # A uniform decides what is added, so that the loop stays scalar as in a branching model.
    total = 0.0
    for call in range(n_calls):
        u = uniform(seed, 0, np.uint64(call), 1, 0, 0)
        if u < 0.5:
            total += u
    return total


def bare_rates(calls: int = 8_000_000) -> tuple[Bare, Bare]:
    """(in blocks, one at a time), compiled and ready to be timed."""
    seed, u = np.uint64(1), np.zeros((4, CHUNK))
    ids = np.arange(CHUNK, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    n_blocks = calls // CHUNK
    _in_blocks(ids, 1, seed, u)
    _one_by_one(1, seed)
    return (
        Bare(partial(_in_blocks, ids, n_blocks, seed, u), n_blocks * CHUNK),
        Bare(partial(_one_by_one, calls, seed), calls),
    )
