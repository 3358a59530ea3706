"""Permanent ids, risk bands, vintages and segments: what puts a borrower or loan in its place."""

from collections.abc import Iterator, Sequence
from hashlib import blake2b
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from simulator.book.distributions import BAND_CUT_POINTS
from simulator.book.schema import F8, U1, U8
from simulator.levers import SegmentNames
from simulator.products import Product
from simulator.validation import UserError, clip
from simulator.vocabulary import AGE_BAND_EDGES, N_INCOME_DECILES

if TYPE_CHECKING:
    import pyarrow as pa

I8 = NDArray[np.int64]

MAX_REGIONS: Final = 60
MONTHS_PER_QUARTER: Final = 3
_LOANS: Final = np.uint64(1 << 62)
_GOLDEN: Final = np.uint64(0x9E3779B97F4A7C15)


def hash_texts(texts: "Sequence[str] | pa.Array", what: str) -> U8:
    """Permanent 64-bit ids of text ids (blake2b); shape (n,).

    ``texts`` may be an Arrow array of strings without nulls, which is read where it lies. Two
    different texts with the same hash are a ``UserError``; the same text twice is not.
    """
    import pyarrow as pa

    array = texts if isinstance(texts, pa.Array) else pa.array(texts, pa.large_string())
    array = array.cast(pa.large_binary())
    ids = np.frombuffer(b"".join(_digests(array)), dtype="<u8").astype(np.uint64)
    order = np.argsort(ids, kind="stable")
    twins = np.flatnonzero(ids[order[1:]] == ids[order[:-1]])
    for left, right in zip(order[twins].tolist(), order[twins + 1].tolist(), strict=True):
        if array[left] != array[right]:
            names = (clip(array[i].as_py().decode("utf-8", "replace"), 40) for i in (left, right))
            raise UserError(
                f"{what} {' and '.join(names)} have the same 64-bit hash; rename one of them"
            )
    return ids


def _digests(array: "pa.LargeBinaryArray") -> Iterator[bytes]:
    """Digest of each cell, in order; cells are slices of the array's own memory."""
    if not len(array):
        return
    _, ends, cells = array.buffers()
    places = np.frombuffer(ends, dtype=np.int64)[array.offset : array.offset + len(array) + 1]
    view = memoryview(cells or b"")
    for start, end in pairwise(places.tolist()):
        yield blake2b(view[start:end], digest_size=8).digest()


def mix_ids(numbers: U8) -> U8:
    """Running numbers spread over 64 bits, one to one (so without collisions); shape kept.

    Source: the finaliser of SplitMix64 (Steele, Lea, Flood, OOPSLA 2014).
    """
    z = numbers.astype(np.uint64) + _GOLDEN
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def loan_ids(numbers: U8, which: NDArray[np.integer]) -> U8:
    """Permanent ids of the first (0) or second (1) loans of the borrowers with these numbers."""
    return mix_ids((numbers * np.uint64(2) + which.astype(np.uint64)) | _LOANS)


def risk_band(score: F8) -> NDArray[np.int64]:
    """Risk band of each score by fixed cut points, 0 = A, the best; shape of ``score``."""
    ascending = np.array(BAND_CUT_POINTS[::-1])
    return len(BAND_CUT_POINTS) - np.searchsorted(ascending, score, side="right")


def age_band(age: F8) -> U1:
    """Index into ``vocabulary.AGE_BANDS`` of each age (years)."""
    return np.searchsorted(np.array(AGE_BAND_EDGES), age, side="right").astype(np.uint8)


def income_decile(income: F8, opening: NDArray[np.bool_]) -> U1:
    """Decile 0-9 of each income by the opening book's edges, unweighted; for reporting only."""
    shares = np.arange(1, N_INCOME_DECILES) / N_INCOME_DECILES
    edges = np.quantile(income[opening], shares)
    return np.searchsorted(edges, income, side="right").astype(np.uint8)


def quarter_of(month: NDArray[np.integer]) -> I8:
    """Quarters after the opening's: months -2, -1, 0 are 0, months 1-3 are 1."""
    return np.floor_divide(month.astype(np.int64) - 1, MONTHS_PER_QUARTER) + 1


def vintages(
    month: NDArray[np.integer], made: NDArray[np.bool_]
) -> tuple[NDArray[np.int16], tuple[str, ...]]:
    """Vintage of each origination month, 0 = the oldest present, and the labels of all.

    Loans that are not ``made`` in the run or open at its opening have none, which reads 0.
    """
    quarter = quarter_of(month)
    first, last = int(quarter[made].min()), int(quarter[made].max())
    labels = tuple(f"Q{q:+d}" if q else "Q0" for q in range(first, last + 1))
    return np.where(made, quarter - first, 0).astype(np.int16), labels


def segment_names(
    regions: Sequence[str], products: Sequence[Product], bands: Sequence[str]
) -> SegmentNames:
    """Every region x product x risk band, the band running fastest."""
    cells = [(r, p.name, b) for r in regions for p in products for b in bands]
    return SegmentNames(
        region=tuple(c[0] for c in cells),
        product=tuple(c[1] for c in cells),
        risk_band=tuple(c[2] for c in cells),
    )


def segment_index(
    region: NDArray[np.integer],
    product: NDArray[np.integer],
    band: NDArray[np.integer],
    n_products: int,
    n_bands: int,
) -> NDArray[np.uint16]:
    """Index into ``segment_names`` of each loan."""
    cell: I8 = (region.astype(np.int64) * n_products + product) * n_bands + band
    return cell.astype(np.uint16)


def check_regions(owner: str, regions: Sequence[str]) -> tuple[str, ...]:
    """``regions`` if they are 1 to 60 different, non-empty names, else a ``UserError``."""
    if not 1 <= len(regions) <= MAX_REGIONS:
        raise UserError(
            f"{owner} must name regions, their number in [1, {MAX_REGIONS}]; got {len(regions)}"
        )
    if len(set(regions)) != len(regions) or not all(r.strip() for r in regions):
        raise UserError(f"{owner} must be different names; got {clip(', '.join(regions))}")
    return tuple(regions)
