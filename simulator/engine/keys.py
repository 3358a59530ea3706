"""Keys of what paths leave: digests of all that kernels receive for them.

What only presents, weighs or schedules a run is not in a key: a label, a scenario's weight, the
number of threads or of all paths.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

import numpy as np

from simulator.engine.paths import reference_of
from simulator.engine.scratch import arrays_of
from simulator.kernels.cache import sources_hash
from simulator.levers import LeverTable
from simulator.packing import Packed
from simulator.settings import RunSettings
from simulator.shocks.world import World


@dataclass(frozen=True, slots=True)
class Keys:
    """Keys of a run's sections; ``common`` is in all of them, ``of_policy`` in a policy's."""

    common: str
    of_policy: Mapping[str, str]
    reference: str
    histories: int

    @staticmethod
    def of(
        packed: Packed, levers: Mapping[str, LeverTable], run: RunSettings, *, by_score: bool
    ) -> "Keys":
        """Keys of the sections of a run."""
        bundle = (packed.book, packed.lives, packed.stages, packed.params, packed.paired)
        sizes = (
            *(packed.most_loans, packed.n_segments, packed.n_products, packed.n_vintages),
            *(packed.n_regions, packed.n_cells, packed.n_score_cells if by_score else 0),
        )
        when = (run.seed, run.months, run.timeline.horizon)
        return Keys(
            _digest(code_of_sections(), repr((sizes, when)), bundle),
            {policy: _digest(table) for policy, table in levers.items()},
            reference_of(levers),
            run.history_borrowers,
        )

    def world(self, world: World, first: int, last: int) -> str:
        """Of the paths [first, last) in ``world``, which is theirs."""
        histories = self.histories if first == 0 else 0
        return _digest(self.common, repr((first, last, histories)), world)

    def section(self, world: str, policy: str) -> str:
        """Of a policy on the paths of ``world``: it is compared with the reference there."""
        return _digest(world, self.of_policy[self.reference], self.of_policy[policy])


def _digest(*parts: str | tuple[object, ...]) -> str:
    """SHA-256 of texts and of bundles of arrays, with their kinds and shapes."""
    digest = sha256()
    for part in parts:
        if isinstance(part, str):
            digest.update(part.encode())
            continue
        for array in arrays_of(part):
            digest.update(f"{array.dtype.descr} {array.shape}".encode())
            digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


@cache
def code_of_sections() -> str:
    """Digest of the code that makes a section of what it receives, and of what compiles it."""
    digest = sha256(sources_hash().encode())
    for source in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(source.read_bytes())
    return digest.hexdigest()
