"""A folder of blocks: what is there, by key, and what is left there."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from simulator.block_names import BLOCK_END, COMMAND_NAME
from simulator.engine.block_file import (
    DamagedBlockError,
    Entry,
    Section,
    entries_in,
    read_block,
    read_numbers,
    write_block,
)
from simulator.validation import UserError, clip


class BlockStore:
    """Blocks in ``folder``, which the caller holds: nobody else writes there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._made: Counter[str] = Counter()
        self._used: set[str] = set()
        self._file_of: dict[str, Path] = {}
        self._spans: set[tuple[int, int]] = set()
        self._lock = Lock()
        for left in folder.glob(f"*{BLOCK_END}.*.part"):
            with suppress(OSError):
                left.unlink()
        for file in sorted(folder.glob(f"*{BLOCK_END}")):
            with suppress(DamagedBlockError):
                self._note(file, entries_in(file))

    def _note(self, file: Path, entries: Sequence[Entry]) -> None:
        for entry in entries:
            self._file_of[entry.key] = file
            self._spans.add((entry.first, entry.last))

    @property
    def reused(self) -> int:
        """Blocks of which sections were taken."""
        return len(self._used - self._made.keys())

    @property
    def made(self) -> int:
        """Blocks that were written, one as often as that was done."""
        return sum(self._made.values())

    def spans(self, known: int, paths: int) -> list[tuple[int, int]]:
        """Paths [first, last) of blocks between ``known`` and ``paths``, in order."""
        return sorted(span for span in self._spans if known <= span[0] and span[1] <= paths)

    def sections(self, keys: Sequence[str]) -> Iterator[tuple[str, Entry, bytes]]:
        """Those of ``keys`` that are there and whole, each file read once."""
        files = dict.fromkeys(self._file_of[key] for key in keys if key in self._file_of)
        for file in files:
            try:
                content = read_block(file)
            except DamagedBlockError:
                continue
            for key in keys:
                if key in content and self._file_of.get(key) == file:
                    self._used.add(file.name)
                    yield key, *content[key]

    def arrays(self, key: str, names: Sequence[str]) -> dict[str, NDArray[np.float64]]:
        """Arrays ``names`` of the section ``key``, flat, which has been made or taken.

        Raises ``DamagedBlockError`` where it is no longer whole.
        """
        return read_numbers(self._file_of[key], key, names)

    def keep(self, sections: Sequence[tuple[Entry, Section]]) -> None:
        """Leave a block; ``UserError`` where the disk does not take it."""
        entries = [entry for entry, _ in sections]
        file = self.folder / block_name(entries)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            write_block(file, sections)
        except OSError as error:
            raise UserError(
                f"{clip(self.folder, 200)}: a block of paths could not be written"
                f" ({clip(error.strerror or error, 100)}); {self.made} new ones are there: make"
                " room and give the same command again"
            ) from error
        with self._lock:
            self._made[file.name] += 1
            self._note(file, entries)

    def add(self, name: str, *, made: bool) -> None:
        """A block that another process has left, or found, for this run."""
        with suppress(DamagedBlockError):
            self._note(self.folder / name, entries_in(self.folder / name))
        if made:
            self._made[name] += 1

    def end(self, *, keep: bool) -> None:
        """After the run: blocks that it neither took nor made go, and without ``keep`` all.

        Where it took none, it may not be the run that they are of: they stay.
        """
        if keep and not self._used - self._made.keys():
            return
        own = self._used | self._made.keys() if keep else set()
        files = [file for file in self.folder.glob(f"*{BLOCK_END}") if file.name not in own]
        for file in (*files, *(() if keep else (self.folder / COMMAND_NAME,))):
            with suppress(OSError):
                file.unlink()
        if not keep:
            with suppress(OSError):  # with files of the user's own it stays
                self.folder.rmdir()


def block_name(entries: Sequence[Entry]) -> str:
    """Name of the file with the sections ``entries``, of one span of paths."""
    what = sha256(" ".join(entry.key for entry in entries).encode()).hexdigest()[:16]
    return f"{entries[0].first:07d}-{entries[0].last:07d}-{what}{BLOCK_END}"
