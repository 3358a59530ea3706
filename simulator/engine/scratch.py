"""Memory of a worker thread: the path at hand."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator.kernels.records import (
    CHUNK,
    REFERENCE_DTYPE,
    Seen,
    State,
    allocate_state,
    allocate_tiles,
    records,
)
from simulator.kernels.slots import Tiles
from simulator.kernels.tally import PathTallies, Tallies, allocate_path
from simulator.packing import Packed
from simulator.settings import RunSettings
from simulator.vocabulary import N_CELL_MEASURES, N_LEAVING


@dataclass(slots=True)
class Scratch:
    """Memory of one worker thread."""

    state: State
    tiles: Tiles
    life: NDArray[np.uint16]
    uniforms: NDArray[np.float64]
    reference: NDArray[np.void]  # REFERENCE_DTYPE: of the path at hand
    seen: Seen
    sums: PathTallies

    @staticmethod
    def allocate(packed: Packed, tallies: Tallies, side_by_side: bool = True) -> "Scratch":
        """Memory for paths that end in ``tallies``; ``side_by_side``: as in ``allocate_tiles``."""
        n, k = packed.book.people.size, packed.n_cells
        tracked, horizon = tallies.cells.shape[1], tallies.flows.shape[1] - 1
        return Scratch(
            state=allocate_state(
                n,
                packed.book.loans.size,
                packed.most_loans,
                packed.n_products,
                tracked,
            ),
            tiles=allocate_tiles(n, packed.n_products, side_by_side),
            life=np.zeros((horizon + 1, n), dtype=np.uint16),
            uniforms=np.zeros((8, CHUNK)),
            reference=records(np.zeros(n, dtype=REFERENCE_DTYPE)),
            seen=Seen(
                cells=np.zeros((tracked, k, N_CELL_MEASURES), dtype=np.int64),
                moves=np.zeros((tracked, k + 1, k + N_LEAVING), dtype=np.int64),
            ),
            sums=allocate_path(tallies),
        )


def scratch_bytes(packed: Packed, run: RunSettings) -> int:
    """Memory of one worker thread of ``simulate``."""
    work = Scratch.allocate(packed, packed.allocate_tallies(1, run.timeline.horizon, run.months))
    bundles = (
        work.state,
        work.tiles,
        (work.life, work.uniforms, work.reference),
        work.seen,
        work.sums,
    )
    return sum(array.nbytes for bundle in bundles for array in arrays_of(bundle))


def arrays_of(bundle: Iterable[object]) -> Iterator[NDArray[np.generic]]:
    """All arrays of a bundle and of the bundles in it."""
    for part in bundle:
        if isinstance(part, np.ndarray):
            yield part
        elif isinstance(part, tuple):
            yield from arrays_of(part)
