"""The file of a block: sections, compressed, under one checksum.

A line that names the format, the SHA-256 of all that follows, the length of a header, the header
as JSON, then each section's arrays one after the other, compressed. Nothing in it is ever run.
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

MAGIC: Final = b"loanstress block 1\n"
_LENGTH: Final = struct.Struct("<I")
_BEGIN: Final = len(MAGIC) + 32
_LONGEST_HEADER: Final = 1 << 24
_LEVEL: Final = 1
"""Of compression: more takes twice as long and saves 4 % (measured on the default book)."""


class DamagedBlockError(Exception):
    """A file that is not a whole block."""


class Entry(NamedTuple):
    """A section in a file's header; ``arrays``: names and bytes, in their order."""

    key: str
    scenario: str
    policy: str
    first: int
    last: int
    arrays: Mapping[str, int]
    compressed: int


def write_block(file: Path, sections: Sequence[tuple[Entry, Section]]) -> None:
    """Write a block's sections: whole under its name, or not at all.

    Raises ``OSError`` where the disk does not take it.
    """
    entries: list[Entry] = []
    bodies: list[bytes] = []
    for entry, section in sections:
        bodies.append(_packed(section))
        sizes = {name: array.nbytes for name, array in section.items()}
        entries.append(entry._replace(arrays=sizes, compressed=len(bodies[-1])))
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


def _packed(section: Section) -> bytes:
    pressed = zlib.compressobj(_LEVEL)
    parts = [
        pressed.compress(np.ascontiguousarray(array).data.cast("B"))
        for array in section.values()
        if array.size
    ]
    return b"".join((*parts, pressed.flush()))


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
        return [Entry(**item) for item in json.loads(header)]
    except (ValueError, TypeError) as error:
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


def read_section(file: Path, key: str) -> tuple[Entry, bytes]:
    """One section of ``file``, still compressed; of the checksums only its own will be looked at.

    Raises ``DamagedBlockError`` where it is not there.
    """
    try:
        with file.open("rb") as content:
            (length,) = _LENGTH.unpack(content.read(_BEGIN + _LENGTH.size)[_BEGIN:])
            at = _BEGIN + _LENGTH.size + length
            for entry in _entries(content.read(length)):
                if entry.key == key:
                    content.seek(at)
                    return entry, content.read(entry.compressed)
                at += entry.compressed
    except (OSError, struct.error) as error:
        raise DamagedBlockError(file.name) from error
    raise DamagedBlockError(file.name)


def fill(section: Section, entry: Entry, compressed: bytes) -> None:
    """Put what was read into ``section``, whose arrays must be those that were written.

    Raises ``DamagedBlockError`` where they are not.
    """
    sizes = {name: array.nbytes for name, array in section.items()}
    if sizes != dict(entry.arrays):
        raise DamagedBlockError(entry.key)
    content, at = _unpacked(entry, compressed), 0
    for array in section.values():
        found = np.frombuffer(content, dtype=array.dtype, count=array.size, offset=at)
        array[...] = found.reshape(array.shape)
        at += array.nbytes


def numbers_in(
    entry: Entry, compressed: bytes, names: Sequence[str]
) -> dict[str, NDArray[np.float64]]:
    """The arrays ``names`` of a section, flat; ``DamagedBlockError`` where it is not whole."""
    content, at = _unpacked(entry, compressed), 0
    found: dict[str, NDArray[np.float64]] = {}
    for name, size in entry.arrays.items():
        if name in names:
            count = size // np.dtype(np.float64).itemsize
            found[name] = np.frombuffer(content, dtype=np.float64, count=count, offset=at)
        at += size
    if len(found) < len(names):
        raise DamagedBlockError(entry.key)
    return found


def _unpacked(entry: Entry, compressed: bytes) -> bytes:
    total = sum(entry.arrays.values())
    unpacking = zlib.decompressobj()
    try:
        content = unpacking.decompress(compressed, total + 1)
        content += unpacking.flush()
    except zlib.error as error:
        raise DamagedBlockError(entry.key) from error
    if len(content) != total or not unpacking.eof:
        raise DamagedBlockError(entry.key)
    return content
