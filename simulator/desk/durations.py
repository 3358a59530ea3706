"""How long a command is likely to take as a whole: as long as the quickest one of its size took."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final

from simulator.desk.records import Record

_NO_WORK: Final = ("hydra.run.dir", "report.language", "run.seed")
"""Arguments that change no time."""
_VALUES: Final = ("policy.", "scenario.")
"""Beginnings of arguments with values of policies and scenarios."""
_COUNTED: Final = ("policy", "scenario")
"""Arguments of which the number of names counts."""


def usual_seconds(record: Record, others: Iterable[Record | None]) -> float | None:
    """Seconds that a command of the size of ``record`` took, whole; None where none is known."""
    if record.kind != "run" or record.began != record.started:
        return None
    size = _size(record)
    found = [
        other.seconds
        for other in others
        if other is not None and other.seconds is not None and _size(other) == size
    ]
    return min(found, default=None)


def _size(record: Record) -> Counter[str]:
    return Counter(_parts(record))


def _parts(record: Record) -> Iterator[str]:
    """Arguments that decide how much there is to do."""
    for text in record.arguments:
        key, _, value = text.partition("=")
        if key in _NO_WORK or key.startswith(_VALUES):
            continue
        yield f"{key}={value.count(',')}" if key in _COUNTED else text
