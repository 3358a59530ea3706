"""What a run leaves, and the part of it that some of its paths leave."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from simulator.engine.block_file import Section
from simulator.engine.path_sums import OverPaths
from simulator.engine.paths import history_rows
from simulator.engine.store import BlockStore
from simulator.engine.sums_of_paths import InBlocks, InMemory
from simulator.engine.units import Unit
from simulator.kernels.tally import HISTORY_DTYPE, PER_PATH, Tallies
from simulator.packing import Packed
from simulator.path_windows import Pair
from simulator.settings import RunSettings


@dataclass(slots=True)
class Simulation:
    """What a run leaves: tallies by (scenario, policy), and histories of a sample.

    ``history_ids``: permanent ids of the histories' borrowers and loans, and the loans' due days,
    each (n_loans,).
    """

    tallies: InMemory | InBlocks
    histories: dict[Pair, NDArray[np.void]] = field(default_factory=dict)
    history_ids: tuple[NDArray[np.uint64], NDArray[np.uint64], NDArray[np.uint8]] | None = None
    over_paths: dict[Pair, OverPaths] = field(default_factory=dict)
    """Exact sums over the paths so far, with which more paths go on."""

    @staticmethod
    def empty(
        packed: Packed,
        pairs: Iterable[Pair],
        run: RunSettings,
        *,
        by_score: bool = False,
        place: tuple[BlockStore, int] | None = None,
        first: int = 0,
    ) -> "Simulation":
        """Zeros for all paths of ``run``, which begin with ``first``, under each of ``pairs``.

        ``by_score``: as ``simulate``. ``place``: blocks where sums of paths stay, and the
        bytes that statistics over all of them may take.
        """
        horizon, pairs = run.timeline.horizon, list(pairs)

        def allocate(n_paths: int) -> Tallies:
            return packed.allocate_tallies(n_paths, horizon, run.months, by_score=by_score)

        tallies = (
            InMemory({pair: allocate(run.paths) for pair in pairs})
            if place is None
            else InBlocks(*place, pairs, run.paths, allocate)
        )
        shape = allocate(0)
        over_paths = {pair: OverPaths.of(packed, shape) for pair in pairs}
        found = Simulation(tallies, over_paths=over_paths)
        if run.history_borrowers and first == 0:
            rows = history_rows(packed, run)
            loans = packed.book.loans[rows]
            ids = packed.lives.id[loans["borrower"]]
            found.history_ids = (ids, loans["id"].copy(), loans["due_day"].copy())
            found.histories = {
                pair: np.zeros((horizon + 1, rows.size), dtype=HISTORY_DTYPE) for pair in pairs
            }
        return found

    def take(self, earlier: "Simulation") -> int:
        """Put in what ``earlier`` left, a run of fewer paths; how many paths these are."""
        n_known = self.tallies.take(earlier.tallies)
        for pair, sums in earlier.over_paths.items():
            self.over_paths[pair].join(sums)
        for pair, history in earlier.histories.items():
            self.histories[pair][:] = history  # of path 0 alone
        return n_known

    def put(self, pair: Pair, unit: Unit, part: "Simulation", key: str = "") -> None:
        """Put in ``part``, what the paths of ``unit`` left; ``key`` of its section in a block."""
        self.tallies.put(pair, unit, part.tallies[pair], key)
        self.over_paths[pair].join(part.over_paths[pair])
        if pair in part.histories:
            self.histories[pair][:] = part.histories[pair]

    def section(self, pair: Pair) -> Section:
        """All that it leaves of ``pair`` in a block: arrays to be read or to be filled."""
        tallies = self.tallies[pair]
        found: Section = {name: getattr(tallies, name) for name in PER_PATH}
        for name, parts in self.over_paths[pair].parts.items():
            found |= {f"{name}.{which}": part for which, part in enumerate(parts)}
        if pair in self.histories:
            found["history"] = self.histories[pair]
        return found

    def close(self) -> None:
        """Write the sums over paths, once all have ended."""
        for pair, sums in self.over_paths.items():
            sums.close(self.tallies.over_paths(pair))
