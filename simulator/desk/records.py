"""What the desk notes in the folder of a run, so that nothing is lost when page or desk closes."""

import json
import os
import re
import shlex
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal, NamedTuple

from pydantic import ValidationError

from simulator.validation import Frozen

RECORD: Final = "desk.json"
LOG: Final = "desk.log"
"""What the command said, both streams."""
_PROGRESS: Final = re.compile(r"(?m)^(.+?)\s?[:\uff1a] ?([\d,]+)/([\d,]+)(?:[^\d\n]+(\d+))?.*$")
_TAIL_BYTES: Final = 16_384
PRIVATE: Final = 0o600
UNSEEN: Final = -1
"""Exit code of a command whose end nobody saw."""


class Record(Frozen):
    """A command that the desk has started in this folder."""

    kind: Literal["run", "comparison"]
    title: str
    arguments: tuple[str, ...]
    """Of the first start; one that goes on names the folder alone."""
    started: str
    began: str = ""
    """Start of the command that runs now, or ran last."""
    seconds: float | None = None
    """What the whole took, where it ended well in one go."""
    code: int | None = None
    """Exit code; None while it runs, and where nobody saw it end."""
    cancelled: bool = False

    @property
    def command(self) -> str:
        """The command line as a terminal takes it."""
        return shlex.join(["loanstress", *self.arguments])


class Progress(NamedTuple):
    """Where the command is: ``done`` of ``total`` steps of a part after ``seconds``."""

    label: str
    done: int
    total: int
    seconds: int


def ended(record: Record, code: int) -> Record:
    """``record`` of a command that has just ended with ``code``."""
    in_one_go = code == 0 and record.began == record.started
    return record.model_copy(
        update={"code": code, "seconds": seconds_since(record.began) if in_one_go else None}
    )


def seconds_since(when: str) -> float:
    """Seconds since ``when``, as ``now`` tells it; 0 where that cannot be read."""
    with suppress(ValueError, TypeError):
        return max(0.0, (datetime.now(UTC) - datetime.fromisoformat(when)).total_seconds())
    return 0.0


def now() -> str:
    """The time, UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def write_private(file: Path, text: str) -> None:
    """Write ``file`` whole, for this user alone."""
    part = file.with_name(f".{file.name}.part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE)
    with os.fdopen(descriptor, "w", encoding="utf-8") as out:
        out.write(text)
    part.replace(file)


def write_record(folder: Path, record: Record) -> None:
    """Note ``record`` in the folder of its run."""
    write_private(folder / RECORD, record.model_dump_json(indent=1))


def read_record(folder: Path) -> Record | None:
    """The record of a folder; None where there is none that can be read."""
    with suppress(OSError, ValidationError, ValueError):
        return Record.model_validate(json.loads((folder / RECORD).read_text(encoding="utf-8")))
    return None


def log_tail(folder: Path) -> str:
    """The last lines that the command said."""
    with suppress(OSError), (folder / LOG).open("rb") as file:
        file.seek(0, os.SEEK_END)
        file.seek(max(0, file.tell() - _TAIL_BYTES))
        return file.read().decode("utf-8", "replace")
    return ""


def progress_in(log: str) -> Progress | None:
    """The last line of progress in ``log``, of a terminal without a bar."""
    found = _PROGRESS.findall(log)
    if not found:
        return None
    label, done, total, seconds = found[-1]
    return Progress(label, _number(done), _number(total), _number(seconds or "0"))


def _number(text: str) -> int:
    return int(text.replace(",", ""))
