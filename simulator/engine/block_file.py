"""The file of a block: sections, compressed, under one checksum.

A line that names the format, the SHA-256 of all that follows, the length of a header, the header
as JSON, then each section's arrays one after the other, each compressed. Nothing in it is ever run.
"""

import json
import os
import struct
import zlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Final, NamedTuple
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

Section = dict[str, NDArray[np.generic]]
"""What some paths of a scenario and policy leave, by name."""

MAGIC: Final = b"loanstress block 2\n"
_LENGTH: Final = struct.Struct("<I")
_BEGIN: Final = len(MAGIC) + 32
_LONGEST_HEADER: Final = 1 << 24
_LEVEL: Final = 1
"""Of compression: more takes twice as long and saves 4 % (measured on the default book)."""


class DamagedBlockError(Exception):
    """A file that is not a whole block."""


class Entry(NamedTuple):
    """A section in a file's header; ``arrays``: names, bytes and compressed bytes, in order."""

    key: str
    scenario: str
    policy: str
    first: int
    last: int
    arrays: Mapping[str, tuple[int, int]]

    @property
    def compressed(self) -> int:
        """Bytes of all its arrays."""
        return sum(size for _, size in self.arrays.values())


def write_block(file: Path, sections: Sequence[tuple[Entry, Section]]) -> None:
    """Write a block's sections: whole under its name, or not at all.

    Raises ``OSError`` where the disk does not take it.
    """
    entries: list[Entry] = []
    bodies: list[bytes] = []
    for entry, section in sections:
        pressed = {name: _packed(array) for name, array in section.items()}
        sizes = {name: (section[name].nbytes, len(body)) for name, body in pressed.items()}
        entries.append(entry._replace(arrays=sizes))
        bodies += pressed.values()
    header = json.dumps([entry._asdict() for entry in entries]).encode()
    content = b"".join((_LENGTH.pack(len(header)), header, *bodies))
    part = file.with_name(f"{file.name}.{uuid4().hex}.part")
    try:
        with part.open("wb") as out:
            out.write(MAGIC + sha256(content).digest())
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        part.replace(file)
    except BaseException:
        with suppress(OSError):
            part.unlink()
        raise


def _packed(array: NDArray[np.generic]) -> bytes:
    return zlib.compress(np.ascontiguousarray(array).tobytes(), _LEVEL)


def entries_in(file: Path) -> list[Entry]:
    """What ``file`` says that it holds, unchecked; ``DamagedBlockError`` where that fails."""
    try:
        with file.open("rb") as content:
            begin = content.read(_BEGIN + _LENGTH.size)
            (length,) = _LENGTH.unpack(begin[_BEGIN:])
            if not begin.startswith(MAGIC) or length > _LONGEST_HEADER:
                raise DamagedBlockError(file.name)
            return _entries(content.read(length))
    except (OSError, struct.error) as error:
        raise DamagedBlockError(file.name) from error


def _entries(header: bytes) -> list[Entry]:
    try:
        found = [Entry(**item) for item in json.loads(header)]
        return [
            entry._replace(
                arrays={name: (int(n), int(size)) for name, (n, size) in entry.arrays.items()}
            )
            for entry in found
        ]
    except (ValueError, TypeError, AttributeError) as error:
        raise DamagedBlockError("header") from error


def read_block(file: Path) -> dict[str, tuple[Entry, bytes]]:
    """Sections of ``file`` by key, still compressed.

    Raises ``DamagedBlockError`` unless every byte is as it was written.
    """
    try:
        content = file.read_bytes()
    except OSError as error:
        raise DamagedBlockError(file.name) from error
    body = memoryview(content)[_BEGIN:]
    if content[:_BEGIN] != MAGIC + sha256(body).digest() or len(body) < _LENGTH.size:
        raise DamagedBlockError(file.name)
    (length,) = _LENGTH.unpack(body[: _LENGTH.size])
    at = _LENGTH.size + length
    found: dict[str, tuple[Entry, bytes]] = {}
    for entry in _entries(bytes(body[_LENGTH.size : at])):
        found[entry.key] = entry, bytes(body[at : at + entry.compressed])
        at += entry.compressed
    return found


def read_numbers(file: Path, key: str, names: Sequence[str]) -> dict[str, NDArray[np.float64]]:
    """Arrays ``names`` of one section of ``file``, flat; only these are read.

    Raises ``DamagedBlockError`` where one is not there or not whole by its own checksum.
    """
    found: dict[str, NDArray[np.float64]] = {}
    try:
        with file.open("rb") as content:
            (length,) = _LENGTH.unpack(content.read(_BEGIN + _LENGTH.size)[_BEGIN:])
            at = _BEGIN + _LENGTH.size + length
            for entry in _entries(content.read(length)):
                if entry.key != key:
                    at += entry.compressed
                    continue
                for name, (n_bytes, size) in entry.arrays.items():
                    if name in names:
                        content.seek(at)
                        found[name] = np.frombuffer(_unpacked(content.read(size), n_bytes))
                    at += size
                break
    except (OSError, struct.error, ValueError) as error:
        raise DamagedBlockError(file.name) from error
    if len(found) < len(names):
        raise DamagedBlockError(file.name)
    return found


def fill(section: Section, entry: Entry, compressed: bytes) -> None:
    """Put what was read into ``section``, whose arrays must be those that were written.

    Raises ``DamagedBlockError`` where they are not.
    """
    sizes = {name: n_bytes for name, (n_bytes, _) in entry.arrays.items()}
    if {name: array.nbytes for name, array in section.items()} != sizes:
        raise DamagedBlockError(entry.key)
    at = 0
    for array, (n_bytes, size) in zip(section.values(), entry.arrays.values(), strict=True):
        content = _unpacked(compressed[at : at + size], n_bytes)
        array[...] = np.frombuffer(content, dtype=array.dtype).reshape(array.shape)
        at += size


def _unpacked(compressed: bytes, n_bytes: int) -> bytes:
    """``n_bytes`` that were compressed."""
    unpacking = zlib.decompressobj()
    try:
        content = unpacking.decompress(compressed, n_bytes + 1)
        content += unpacking.flush()
    except zlib.error as error:
        raise DamagedBlockError("array") from error
    if len(content) != n_bytes or not unpacking.eof:
        raise DamagedBlockError("array")
    return content
