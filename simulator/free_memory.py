"""Memory that this process has, and may still take: of the machine, its container, its limits."""

import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

_GROUPS: Final = Path("/sys/fs/cgroup")
_PROCESS: Final = Path("/proc/self")
_KIB: Final = 1024
_SIZES: Final = {"MB": 10**6, "GB": 10**9, "MiB": 1 << 20, "GiB": 1 << 30}


def bytes_of(text: str) -> int:
    """The size ``text``, such as ``4GB``; ``ValueError`` where it is none."""
    found = re.fullmatch(r"([0-9]{1,6}(?:\.[0-9]{1,3})?) ?(MB|GB|MiB|GiB)", text)
    if found is None:
        raise ValueError("must be a size such as 4GB or 500MB")
    number, unit = found.groups()
    return int(float(number) * _SIZES[unit])


def free_memory() -> int | None:
    """Bytes, the least of what machine, container and limits leave; None where nothing is known.

    Memory that only caches files counts as free. Linux tells all three; other systems nothing.
    """
    found = [*_of_machine(), *_of_groups(), *_of_limits()]
    return max(0, min(found)) if found else None


def taken_memory() -> int:
    """Bytes that this process has in memory; 0 where that is not told."""
    for line in _lines(_PROCESS / "status"):
        name, _, rest = line.partition(":")
        if name == "VmRSS":
            return _KIB * int(rest.split()[0])
    return 0


def _of_machine() -> Iterator[int]:
    with suppress(OSError, ValueError, KeyError):
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        table = {name: int(rest.split()[0]) for name, _, rest in (s.partition(":") for s in lines)}
        yield _KIB * (table["MemAvailable"] + table["SwapFree"])


def _of_groups() -> Iterator[int]:
    """Of each control group that this process is in, up to the root: version 2, else 1."""
    for line in _lines(_PROCESS / "cgroup"):
        number, _, rest = line.partition(":")
        controllers, _, place = rest.partition(":")
        if number == "0":
            names = ("memory.max", "memory.current", "inactive_file")
            yield from _of_folders(_GROUPS, place, names)
        elif "memory" in controllers.split(","):
            names = ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
            yield from _of_folders(_GROUPS / "memory", place, names)


def _of_folders(root: Path, place: str, names: tuple[str, str, str]) -> Iterator[int]:
    most, used, cached = names
    folder = root / place.strip("/")
    for parent in (folder, *folder.parents):
        if parent != root and root not in parent.parents:
            return
        with suppress(OSError, ValueError):  # "max" is no number: no limit
            limit = int((parent / most).read_text(encoding="ascii"))
            taken = int((parent / used).read_text(encoding="ascii"))
            stat = dict(line.split() for line in _lines(parent / "memory.stat"))
            yield limit - taken + int(stat.get(cached, 0))


def _of_limits() -> Iterator[int]:
    """Of the address space (``ulimit -v``)."""
    try:
        import resource
    except ImportError:  # Windows
        return
    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    for line in _lines(_PROCESS / "status") if limit != resource.RLIM_INFINITY else ():
        name, _, rest = line.partition(":")
        if name == "VmSize":
            yield limit - _KIB * int(rest.split()[0])


def _lines(path: Path) -> list[str]:
    with suppress(OSError):
        return path.read_text(encoding="utf-8").splitlines()
    return []
