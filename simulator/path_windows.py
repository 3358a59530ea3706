"""Sums of a run's paths, a window of paths at a time: in memory, or where the run has left them."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from simulator.kernels.tally import PER_PATH, Tallies

WINDOW: Final = 128
"""Paths that results are reckoned of at once, wherever their sums are: the last bit of a product of
matrices may depend on their sizes."""

OVER_PATHS: Final = ("cell_sums", "moves", "brought", "passed_on")
"""Arrays of ``Tallies`` that are summed over paths."""

STOCKS: Final = "stocks"
VIEWS: Final = tuple(name for name in Tallies._fields if name not in (*PER_PATH, *OVER_PATHS))
"""Arrays of ``Tallies`` that are views of ``STOCKS``."""

ROOM: Final = 64 << 20
"""Bytes that numbers of all paths may take at once beside sums that are in memory."""

Pair = tuple[str, str]
"""A scenario and a policy."""


class StoredPaths(Mapping[Pair, Tallies], ABC):
    """Sums of all ``n_paths`` of each pair, outside memory; what is asked for is read."""

    n_paths: int
    room: int
    """Bytes that numbers of all paths may take at once."""
    folder: Path
    """Where what is made of all paths may be put as well."""

    @abstractmethod
    def window(self, pair: Pair, first: int, last: int, names: Sequence[str]) -> Tallies:
        """Arrays ``names`` of the paths [first, last), others of no path; sums over all paths."""

    def __getitem__(self, pair: Pair) -> Tallies:
        """Of all paths, read whole: with many paths only few pairs fit into memory."""
        return self.window(pair, 0, self.n_paths, PER_PATH)


def paths_of(tallies: Mapping[Pair, Tallies], pair: Pair) -> int:
    """Number of paths of ``pair``."""
    return tallies.n_paths if isinstance(tallies, StoredPaths) else tallies[pair].flows.shape[0]


def room_of(tallies: Mapping[Pair, Tallies]) -> int:
    """Bytes that numbers of all paths may take at once."""
    return tallies.room if isinstance(tallies, StoredPaths) else ROOM


def scratch_of(tallies: Mapping[Pair, Tallies]) -> Path | None:
    """Folder for what is made of all paths; None where memory has room for it."""
    return tallies.folder if isinstance(tallies, StoredPaths) else None


def window_of(
    tallies: Mapping[Pair, Tallies],
    pair: Pair,
    first: int,
    last: int,
    names: Sequence[str] = PER_PATH,
) -> Tallies:
    """Sums of the paths [first, last) of ``pair``; those over paths are of all paths.

    ``names``: arrays that are needed, of ``PER_PATH``; where others must be read they are empty.
    """
    if isinstance(tallies, StoredPaths):
        return tallies.window(pair, first, last, names)
    whole = tallies[pair]
    return Tallies(
        *(
            array if name in OVER_PATHS else array[first:last]
            for name, array in zip(Tallies._fields, whole, strict=True)
        )
    )


def over_paths_of(tallies: Mapping[Pair, Tallies], pair: Pair) -> Tallies:
    """Sums over all paths of ``pair``, without those of any single path."""
    return window_of(tallies, pair, 0, 0)


def windows(
    tallies: Mapping[Pair, Tallies], pair: Pair, names: Sequence[str] = PER_PATH
) -> Iterator[tuple[slice, Tallies]]:
    """Every path of ``pair``, ``WINDOW`` at a time: where they are, and their sums.

    ``names`` as in ``window_of``.
    """
    n_paths = paths_of(tallies, pair)
    for first in range(0, n_paths, WINDOW):
        last = min(first + WINDOW, n_paths)
        yield slice(first, last), window_of(tallies, pair, first, last, names)
