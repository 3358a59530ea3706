"""The tape of a book, read once however often it is opened: trials of assumptions open it anew."""

from pathlib import Path
from threading import Lock
from typing import Final

from simulator.book.tape.reader import Tape, read_tape
from simulator.reading.named_files import Paths, named_files
from simulator.settings import BookSettings

_READ: Final = {
    "mapping",
    "panel",
    "regions",
    "jurisdiction",
    "rejected",
    "rejected_share",
}
"""Settings that the reading of a tape depends on, beside its files."""
_Stamp = tuple[str, int, int]
_Key = tuple[Paths, str, tuple[_Stamp | None, ...]]
_kept: dict[_Key, Tape] = {}
"""The last tape read."""
_ONE_AT_A_TIME: Final = Lock()


def tape_of(settings: BookSettings, path: Paths) -> Tape:
    """The tape at ``path``; the last one again where neither settings nor files have changed.

    Not to be changed by who gets it. ``UserError`` as ``read_tape``.
    """
    others = [file for file in (settings.mapping, settings.panel) if isinstance(file, str)]
    stamps = tuple(map(_stamp, [*named_files("book.path", path), *others]))
    key = path, settings.model_dump_json(include=_READ), stamps
    with _ONE_AT_A_TIME:
        if key not in _kept:
            _kept.clear()
            _kept[key] = read_tape(
                path,
                settings.mapping,
                settings.panel,
                settings.regions,
                settings.jurisdiction,
                settings.most_rejected,
            )
        return _kept[key]


def _stamp(file: str) -> _Stamp | None:
    """Name, time and size of a file; None where there is none, which the reader says."""
    try:
        found = Path(file).stat()
    except (OSError, ValueError):
        return None
    return file, found.st_mtime_ns, found.st_size
