"""Where the sums of a run's paths are: in memory, or in its blocks, which are read again."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from simulator.engine.block_file import DamagedBlockError
from simulator.engine.store import BlockStore
from simulator.engine.units import Unit
from simulator.kernels.tally import PER_PATH, Tallies
from simulator.path_windows import STOCKS, VIEWS, Pair, StoredPaths
from simulator.validation import UserError, clip


class InMemory(dict[Pair, Tallies]):
    """Tallies of all paths by pair."""

    @property
    def n_paths(self) -> int:
        """Number of paths."""
        n_paths: int = next(iter(self.values())).flows.shape[0]
        return n_paths

    def put(self, pair: Pair, unit: Unit, part: Tallies, key: str) -> None:
        """Put in what the paths of ``unit`` left."""
        for name in PER_PATH:
            getattr(self[pair], name)[unit.first : unit.last] = getattr(part, name)

    def take(self, earlier: "InMemory | InBlocks") -> int:
        """Put in what a run of fewer paths left; how many these are."""
        for pair, tallies in earlier.items():
            self.put(pair, Unit(pair[0], 0, earlier.n_paths, ()), tallies, "")
        return earlier.n_paths

    def over_paths(self, pair: Pair) -> Tallies:
        """Where sums over paths belong."""
        return self[pair]


class InBlocks(StoredPaths):
    """Tallies of ``n_paths`` by pair, of which memory has only the sums over paths.

    ``allocate`` gives zeroed tallies of a number of paths.
    """

    def __init__(
        self,
        store: BlockStore,
        room: int,
        pairs: Iterable[Pair],
        n_paths: int,
        allocate: Callable[[int], Tallies],
    ) -> None:
        self.n_paths, self.room, self.folder = n_paths, room, store.folder
        self._store, self._allocate = store, allocate
        self._sums = {pair: allocate(0) for pair in pairs}
        self._spans: dict[Pair, list[tuple[int, int, str]]] = {pair: [] for pair in self._sums}

    def __iter__(self) -> Iterator[Pair]:
        return iter(self._sums)

    def __len__(self) -> int:
        return len(self._sums)

    def put(self, pair: Pair, unit: Unit, part: Tallies, key: str) -> None:
        """Note in which section the paths of ``unit`` are."""
        self._spans[pair].append((unit.first, unit.last, key))

    def take(self, earlier: "InMemory | InBlocks") -> int:
        """Note where a run of fewer paths left its own; how many these are."""
        assert isinstance(earlier, InBlocks)
        for pair, spans in earlier._spans.items():
            self._spans[pair] += spans
        return earlier.n_paths

    def over_paths(self, pair: Pair) -> Tallies:
        """Where sums over paths belong."""
        return self._sums[pair]

    def window(self, pair: Pair, first: int, last: int, names: Sequence[str] = PER_PATH) -> Tallies:
        """Arrays ``names`` of the paths [first, last), others of no path; sums over all paths.

        ``UserError`` where a block has been damaged since.
        """
        found, nothing, covered = self._allocate(last - first), self._sums[pair], 0
        for begin, end, key in self._spans[pair]:
            low, high = max(begin, first), min(end, last)
            if low < high:
                covered += high - low
                for name, array in self._read(key, names).items():
                    own = getattr(found, name)
                    rows = array.reshape(end - begin, *own.shape[1:])
                    own[low - first : high - first] = rows[low - begin : high - begin]
        assert covered == last - first or not names, "a path is in no block"
        needed = {*names, *(VIEWS if STOCKS in names else ())}
        others = {name: getattr(nothing, name) for name in Tallies._fields if name not in needed}
        return found._replace(**others)

    def _read(self, key: str, names: Sequence[str]) -> Mapping[str, NDArray[np.float64]]:
        try:
            return self._store.arrays(key, names)
        except DamagedBlockError as error:
            raise UserError(
                f"{clip(self._store.folder, 200)}: a block of paths was damaged after it was made;"
                " the same command makes it again and goes on"
            ) from error
