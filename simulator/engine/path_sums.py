"""Sums over paths, of a block or of a run: exact, in whichever order paths end."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from simulator.kernels.exact import HIGH_BITS, add_exactly
from simulator.kernels.records import Seen, State
from simulator.kernels.tally import Tallies
from simulator.packing import Packed
from simulator.vocabulary import N_CELL_MEASURES, N_PATH_CELL_MEASURES, CellMeasure

_IS_MONEY = np.arange(N_PATH_CELL_MEASURES, N_CELL_MEASURES) >= CellMeasure.EXPOSURE_12
"""Which sums by cell over paths are money, not numbers of loans."""


@dataclass(frozen=True, slots=True)
class OverPaths:
    """Sums over paths of one scenario and policy.

    ``parts``: of each sum of ``Tallies``, its high and its low part (``kernels.exact``).
    """

    packed: Packed
    parts: dict[str, tuple[NDArray[np.int64], NDArray[np.int64]]]
    lock: AbstractContextManager[object]

    @staticmethod
    def of(packed: Packed, tallies: Tallies) -> "OverPaths":
        """Nothing yet, in the shapes of ``tallies``."""
        names = ("brought", "passed_on", *(("cell_sums", "moves") if packed.n_cells else ()))
        shapes = {name: getattr(tallies, name).shape for name in names}
        parts = {
            name: (np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64))
            for name, shape in shapes.items()
        }
        return OverPaths(packed, parts, Lock())

    def join(self, other: "OverPaths") -> None:
        """Add what ``other`` has summed; threads may do so at once."""
        with self.lock:
            for name, parts in other.parts.items():
                for own, found in zip(self.parts[name], parts, strict=True):
                    own += found

    def add(self, state: State, seen: Seen) -> None:
        """Add the path that has just ended; one thread at a time."""
        sums = {"brought": state.brought, "passed_on": state.passed_on}
        if self.packed.n_cells:
            sums["cell_sums"] = np.ascontiguousarray(seen.cells[..., N_PATH_CELL_MEASURES:])
            sums["moves"] = seen.moves
        for name, amounts in sums.items():
            add_exactly(amounts, *self.parts[name])

    def close(self, tallies: Tallies) -> None:
        """Write the sums to ``tallies``."""
        facts = self.packed.book.facts[0]
        month, path = facts.money_scale, facts.path_money_scale
        scales = {"brought": path, "passed_on": path, "moves": month}
        scales["cell_sums"] = np.where(_IS_MONEY, month, facts.count_scale)
        for name, (high, low) in self.parts.items():
            whole = high * 2.0**HIGH_BITS + low
            np.divide(whole, scales[name], out=getattr(tallies, name))
