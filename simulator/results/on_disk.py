"""Numbers of many paths: in memory, or in a file that is read again whenever they are asked for."""

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryFile
from threading import Lock
from typing import Final, Protocol
from weakref import finalize

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from xarray.backends import BackendArray
from xarray.core.indexing import (
    ExplicitIndexer,
    IndexingSupport,
    LazilyIndexedArray,
    NumpyIndexingAdapter,
    explicit_indexing_adapter,
)

from simulator.validation import UserError, clip

At = tuple[int, int, slice]
"""Scenario, policy and some paths."""
Array = NDArray[np.generic]
_SIZE: Final = 8
"""Bytes of a number."""


class Numbers(Protocol):
    """Numbers (scenario, policy, path, ...) that are filled some paths of a case at a time."""

    def put(self, at: At, values: Array) -> None:
        """Put in ``values`` (paths, ...)."""

    def variable(self, dims: tuple[str, ...], attributes: dict[str, str]) -> xr.Variable:
        """All of them under names."""


Allocate = Callable[[tuple[int, ...]], Numbers]
"""Room for numbers of a shape."""


class InMemory:
    """In an array."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self._array = np.zeros(shape)

    def put(self, at: At, values: Array) -> None:
        """Put in ``values`` (paths, ...)."""
        self._array[at] = values

    def variable(self, dims: tuple[str, ...], attributes: dict[str, str]) -> xr.Variable:
        """All of them under names."""
        return xr.Variable(dims, self._array, attributes)


class Scratch:
    """A file without a name in ``folder``; it is gone when nothing reads it any longer.

    ``UserError`` where the disk does not take it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder, self._end, self._lock = folder, 0, Lock()
        try:
            self._file = TemporaryFile(dir=folder, buffering=0)  # noqa: SIM115 - lives as it does
        except OSError as error:
            raise self._told(error) from error
        finalize(self, self._file.close)

    def allocate(self, shape: tuple[int, ...]) -> "OnDisk":
        """Room for numbers of ``shape``, after those that are there."""
        begin = self._end
        self._end += int(np.prod(shape)) * _SIZE
        return OnDisk(self, begin, shape)

    def write(self, begin: int, values: Array) -> None:
        """Write ``values`` from the number ``begin`` of bytes on."""
        content = np.ascontiguousarray(values).data.cast("B")
        try:
            with self._lock:
                self._file.seek(begin)
                while content:
                    content = content[self._file.write(content) :]
        except OSError as error:
            raise self._told(error) from error

    def read(self, begin: int, shape: tuple[int, ...]) -> NDArray[np.float64]:
        """Numbers of ``shape`` from the number ``begin`` of bytes on."""
        found = np.empty(shape)
        into = found.reshape(-1).data.cast("B") if found.size else memoryview(b"")
        with self._lock:
            self._file.seek(begin)
            while into:
                n_bytes = self._file.readinto(into)
                if not n_bytes:
                    raise UserError(f"{clip(self._folder, 200)}: numbers of paths were cut short")
                into = into[n_bytes:]
        return found

    def _told(self, error: OSError) -> UserError:
        return UserError(
            f"{clip(self._folder, 200)}: numbers of paths could not be written"
            f" ({clip(error.strerror or error, 100)}): make room and give the same command again"
        )


class OnDisk(BackendArray):
    """Numbers in a file; a variable of them is read whole whenever it is looked at."""

    dtype: Final = np.dtype(np.float64)

    def __init__(self, file: Scratch, begin: int, shape: tuple[int, ...]) -> None:
        self._file, self._begin, self.shape = file, begin, shape

    def put(self, at: At, values: Array) -> None:
        """Put in ``values`` (paths, ...)."""
        scenario, policy, paths = at
        row = (scenario * self.shape[1] + policy) * self.shape[2] + paths.start
        width = int(np.prod(self.shape[3:])) * _SIZE
        self._file.write(self._begin + row * width, values)

    def variable(self, dims: tuple[str, ...], attributes: dict[str, str]) -> xr.Variable:
        """All of them under names."""
        return xr.Variable(dims, LazilyIndexedArray(self), attributes)

    def __getitem__(self, key: ExplicitIndexer) -> Array:
        """What ``key`` selects."""
        found: Array = explicit_indexing_adapter(
            key, self.shape, IndexingSupport.BASIC, self._selected
        )
        return found

    def _selected(self, key: tuple[int | slice, ...]) -> Array:
        """Of the scenarios that are asked for no others are read."""
        first, *rest = key
        n, shape = self.shape[0], self.shape[1:]
        rows = range(n)[first] if isinstance(first, slice) else range(first % n, first % n + 1)
        if not rows:
            return np.empty(self.shape)[key]
        low, high = min(rows), max(rows) + 1
        width = int(np.prod(shape)) * _SIZE
        found = self._file.read(self._begin + low * width, (high - low, *shape))
        mine = slice(None, None, rows.step) if isinstance(first, slice) else 0
        return np.array(found[(mine, *rest)])

    def __reduce__(self) -> tuple[type, tuple[NDArray[np.float64]]]:
        """A copy has its numbers in memory."""
        return NumpyIndexingAdapter, (self._file.read(self._begin, self.shape),)
