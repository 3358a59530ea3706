"""Random numbers: published vectors, uniformity, independence of streams."""

from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from simulator.kernels.rng import philox, uniforms
from simulator.vocabulary import Domain, Draw
from tests.kernels.false_alarms import FIVE_SIGMA

F8 = NDArray[np.float64]


@pytest.mark.parametrize(
    ("counter", "key", "expected"),
    [
        ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
        (
            (0xFFFFFFFF,) * 4,
            (0xFFFFFFFF,) * 2,
            (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD),
        ),
        (
            (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
            (0xA4093822, 0x299F31D0),
            (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
        ),
    ],
)
def test_philox_gives_the_published_vectors(
    counter: tuple[int, ...], key: tuple[int, ...], expected: tuple[int, ...]
) -> None:
    """Source: known-answer tests of Random123 (Salmon et al. 2011), philox4x32-10."""
    assert philox(*(np.uint32(word) for word in (*counter, *key))) == expected


N_DRAWS = 100_000
IDS = np.arange(N_DRAWS, dtype=np.uint64)
STREAMS = {
    "work": (3, 1, Draw.WORK, Domain.BORROWER),
    "health": (3, 1, Draw.HEALTH, Domain.BORROWER),
    "refuse": (3, 1, Draw.REFUSE, Domain.BORROWER),
    "next month": (3, 2, Draw.WORK, Domain.BORROWER),
    "next path": (4, 1, Draw.WORK, Domain.BORROWER),
    "of the loan": (3, 1, Draw.WORK, Domain.LOAN),
    "contact": (3, 1, Draw.CONTACT_REACH + 16, Domain.LOAN),
    "late days": (3, 1, Draw.LATE_DAYS, Domain.LOAN),
}


@cache
def stream_of(name: str) -> F8:
    path, month, draw, domain = STREAMS[name]
    return uniforms(20260101, path, IDS, month, draw, domain)


@pytest.mark.parametrize("name", STREAMS)
def test_uniforms_are_uniform(name: str) -> None:
    u = stream_of(name)
    assert u.min() > 0.0
    assert u.max() < 1.0
    observed = np.bincount((u * 200).astype(np.int64), minlength=200)
    assert stats.chisquare(observed).pvalue > FIVE_SIGMA
    assert abs(u.mean() - 0.5) <= 5 * np.sqrt(1 / 12 / N_DRAWS)


def test_uniforms_of_different_decisions_months_paths_and_owners_are_uncorrelated() -> None:
    correlation = np.corrcoef([stream_of(name) for name in STREAMS])
    np.fill_diagonal(correlation, 0.0)
    assert np.abs(correlation).max() <= 5 / np.sqrt(N_DRAWS)


@pytest.mark.parametrize("lag", [1, 2, 256, 1000])
def test_uniforms_of_neighbouring_ids_are_uncorrelated(lag: int) -> None:
    u = stream_of("work")
    assert abs(np.corrcoef(u[:-lag], u[lag:])[0, 1]) <= 5 / np.sqrt(N_DRAWS - lag)


@pytest.mark.parametrize("other", ["health", "next month", "of the loan"])
def test_pairs_of_uniforms_fill_the_square(other: str) -> None:
    cells = (stream_of("work") * 16).astype(np.int64) * 16
    cells += (stream_of(other) * 16).astype(np.int64)
    assert stats.chisquare(np.bincount(cells, minlength=256)).pvalue > FIVE_SIGMA


def test_another_seed_is_another_stream() -> None:
    here = stream_of("work")
    for seed in (20260102, 20260101 + 2**32):
        there = uniforms(seed, 3, IDS, 1, Draw.WORK, Domain.BORROWER)
        assert abs(np.corrcoef(here, there)[0, 1]) <= 5 / np.sqrt(N_DRAWS)
