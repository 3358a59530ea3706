"""What a run leaves, and the part of it that a block of paths leaves."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from simulator.engine.path_sums import OverPaths
from simulator.engine.paths import history_rows
from simulator.engine.units import Unit
from simulator.kernels.tally import HISTORY_DTYPE, PER_PATH, Tallies
from simulator.packing import Packed
from simulator.settings import RunSettings
from simulator.vocabulary import Count

Pair = tuple[str, str]
"""A scenario and a policy."""


@dataclass(slots=True)
class Simulation:
    """What a run leaves: tallies by (scenario, policy), and histories of a sample.

    ``history_ids``: permanent ids of the histories' borrowers and loans, and the loans' due days,
    each (n_loans,).
    """

    tallies: dict[Pair, Tallies]
    histories: dict[Pair, NDArray[np.void]] = field(default_factory=dict)
    history_ids: tuple[NDArray[np.uint64], NDArray[np.uint64], NDArray[np.uint8]] | None = None
    over_paths: dict[Pair, OverPaths] = field(default_factory=dict)
    """Exact sums over the paths so far, with which more paths go on."""

    @staticmethod
    def empty(
        packed: Packed, pairs: Iterable[Pair], run: RunSettings, *, by_score: bool = False
    ) -> "Simulation":
        """Zeros for all paths of ``run`` under each of ``pairs``; ``by_score``: as ``simulate``."""
        horizon = run.timeline.horizon
        found = Simulation(
            {
                pair: packed.allocate_tallies(run.paths, horizon, run.months, by_score=by_score)
                for pair in pairs
            }
        )
        found.over_paths = {pair: OverPaths.of(packed, t) for pair, t in found.tallies.items()}
        if run.history_borrowers:
            rows = history_rows(packed, run)
            loans = packed.book.loans[rows]
            ids = packed.lives.id[loans["borrower"]]
            found.history_ids = (ids, loans["id"].copy(), loans["due_day"].copy())
            found.histories = {
                pair: np.zeros((horizon + 1, rows.size), dtype=HISTORY_DTYPE)
                for pair in found.tallies
            }
        return found

    def take(self, earlier: "Simulation") -> int:
        """Put in what ``earlier`` left, a run of fewer paths; how many paths these are."""
        n_known = 0
        for pair, tallies in earlier.tallies.items():
            n_known = tallies.flows.shape[0]
            for name in PER_PATH:
                getattr(self.tallies[pair], name)[:n_known] = getattr(tallies, name)
            self.over_paths[pair].join(earlier.over_paths[pair])
        for pair, history in earlier.histories.items():
            self.histories[pair][:] = history  # of path 0 alone
        return n_known

    def section(self, pair: Pair, unit: Unit, at: int, sums: OverPaths) -> "Section":
        """What the paths of ``unit`` under ``pair`` leave: arrays to be read or to be filled.

        ``at``: row of its first path here; ``sums`` are of these paths alone.
        """
        tallies, end = self.tallies[pair], at + unit.last - unit.first
        found: Section = {name: getattr(tallies, name)[at:end] for name in PER_PATH}
        for name, parts in sums.parts.items():
            found |= {f"{name}.{which}": part for which, part in enumerate(parts)}
        if unit.first == 0 and pair in self.histories:
            found["history"] = self.histories[pair]
        return found

    def close(self) -> None:
        """Write the sums over paths, once all have ended."""
        for pair, tallies in self.tallies.items():
            self.over_paths[pair].close(tallies)

    @property
    def live_borrower_months(self) -> float:
        """Months of borrowers with an open loan, over all paths."""
        return sum(
            float(t.counts[:, 1:, Count.LIVE_BORROWERS].sum()) for t in self.tallies.values()
        )


Section = dict[str, NDArray[np.generic]]
"""What some paths of a scenario and policy leave, by name."""
