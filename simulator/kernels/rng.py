"""Philox4x32-10: every draw is a pure function of seed, path, id, month and decision.

Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
The counter's layout stands in docs/model.md, section 1. Filling blocks instead of calling one
by one lets the compiler vectorise over ids, several times faster than one call at a time.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulator.kernels.jit import loop, scalar

RNG_VERSION: Final = "philox4x32-10/1"

_MULTIPLIER_0: Final = np.uint64(0xD2511F53)
_MULTIPLIER_1: Final = np.uint64(0xCD9E8D57)
_WEYL_0: Final = np.uint32(0x9E3779B9)
_WEYL_1: Final = np.uint32(0xBB67AE85)
_LOW: Final = np.uint64(0xFFFFFFFF)
_SHIFT: Final = np.uint64(32)
_SCALE: Final = 2.0**-32


@scalar
def philox(c0, c1, c2, c3, k0, k1):
    """Ten rounds on the counter (c0..c3) with the key (k0, k1); all uint32."""
    for _ in range(10):
        product_0 = _MULTIPLIER_0 * np.uint64(c0)
        product_1 = _MULTIPLIER_1 * np.uint64(c2)
        high_0, low_0 = np.uint32(product_0 >> _SHIFT), np.uint32(product_0 & _LOW)
        high_1, low_1 = np.uint32(product_1 >> _SHIFT), np.uint32(product_1 & _LOW)
        c0, c1, c2, c3 = np.uint32(high_1 ^ c1 ^ k0), low_1, np.uint32(high_0 ^ c3 ^ k1), low_0
        k0 = np.uint32(k0 + _WEYL_0)
        k1 = np.uint32(k1 + _WEYL_1)
    return c0, c1, c2, c3


@scalar
def unit(word):
    """A uint32 as a number strictly between 0 and 1."""
    return (np.float64(word) + 0.5) * _SCALE


@scalar
def stream(month, group, domain):
    """Third counter word: month in bits 0-15, group of four draws in 16-27, domain in 28-31."""
    return np.uint32(month) | np.uint32(group << 16) | np.uint32(domain << 28)


@scalar
def words(identity, counter_2, path, seed):
    """The four words of one call for a 64-bit ``identity`` and a ``stream``."""
    return philox(
        np.uint32(identity & _LOW),
        np.uint32(identity >> _SHIFT),
        np.uint32(counter_2),
        np.uint32(path),
        np.uint32(seed & _LOW),
        np.uint32(seed >> _SHIFT),
    )


@scalar
def draw_units(identity, counter_2, path, seed):
    """The four uniforms of a ``stream`` for one id, given as a whole number of 64 bits."""
    w0, w1, w2, w3 = words(np.uint64(identity), counter_2, path, seed)
    return unit(w0), unit(w1), unit(w2), unit(w3)


@loop
def uniform(seed, path, identity, month, draw, domain):
    """The uniform of one decision; for rare draws."""
    counter_2 = stream(month, draw >> 2, domain)
    w0, w1, w2, w3 = words(np.uint64(identity), counter_2, path, np.uint64(seed))
    lane = draw & 3
    word = w0 if lane == 0 else (w1 if lane == 1 else (w2 if lane == 2 else w3))
    return unit(word)


@scalar
def fill_units(identities, counter_2, path, seed, out):
    """The four uniforms of a ``stream`` for each id: ``out`` of shape (4, >= n ids)."""
    key_0, key_1 = np.uint32(seed & _LOW), np.uint32(seed >> _SHIFT)
    for row in range(identities.size):
        w0, w1, w2, w3 = philox(
            np.uint32(identities[row] & _LOW),
            np.uint32(identities[row] >> _SHIFT),
            np.uint32(counter_2),
            np.uint32(path),
            key_0,
            key_1,
        )
        out[0, row] = unit(w0)
        out[1, row] = unit(w1)
        out[2, row] = unit(w2)
        out[3, row] = unit(w3)


@loop
def _fill_one(identities, path, month, draw, domain, seed, out):
    for row in range(identities.size):
        out[row] = uniform(seed, path, identities[row], month, draw, domain)


def uniforms(
    seed: int, path: int, identities: NDArray[np.uint64], month: int, draw: int, domain: int
) -> NDArray[np.float64]:
    """The uniform of decision ``draw`` for every id; shape of ``identities`` (1-d), in (0, 1).

    ``path`` is the macro draw's number in ``Domain.MACRO``, and 0 for synthesis, where ``month``
    is the number of the column.
    """
    out = np.empty(identities.size, dtype=np.float64)
    _fill_one(identities, path, month, int(draw), int(domain), np.uint64(seed), out)
    return out


@loop
def _fill_paths(seed, identity, month, draw, domain, out):
    for path in range(out.size):
        out[path] = uniform(seed, path, identity, month, draw, domain)


def uniforms_over_paths(
    seed: int, n_paths: int, identity: int, month: int, draw: int, domain: int
) -> NDArray[np.float64]:
    """The uniform of decision ``draw`` of one id on paths 0..n_paths-1; (n_paths,), in (0, 1).

    In ``Domain.MACRO`` the paths are macro draws and the identity is 0.
    """
    out = np.empty(n_paths, dtype=np.float64)
    _fill_paths(np.uint64(seed), np.uint64(identity), month, int(draw), int(domain), out)
    return out
