"""The runs in the desk's folder: which there are, how each stands, and which of its files show."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, NamedTuple

from simulator.block_names import blocks_in
from simulator.cli.exits import EXIT_INTERRUPTED, EXIT_TERMINATED
from simulator.desk.asked import TAPE
from simulator.desk.durations import usual_seconds
from simulator.desk.messages import said
from simulator.desk.records import (
    UNSEEN,
    Record,
    log_tail,
    progress_in,
    read_record,
    seconds_since,
)
from simulator.report.kit.language import listed
from simulator.report.kit.setting_words import title_of
from simulator.results.files import (
    COMPARISON_NAME,
    MANIFEST_NAME,
    REPORT_NAME,
    RESULTS_NAME,
    UNDERWRITING_PAGE,
    WORKBOOK_NAME,
)
from simulator.results.run_folder import is_whole
from simulator.validation import UserError

MOST_RUNS: Final = 200
"""That a page lists, the newest first."""
SHOWN: Final = (REPORT_NAME, COMPARISON_NAME, UNDERWRITING_PAGE, WORKBOOK_NAME)
"""Files that the desk gives out."""
_STOPPED: Final = (None, UNSEEN, -9, EXIT_INTERRUPTED, EXIT_TERMINATED)
"""Exit codes of a command that somebody has ended."""
_NAME: Final = re.compile(r"[A-Za-z0-9][\w.-]{0,99}", re.ASCII)
_LOG_CHARACTERS: Final = 4_000


class Place(NamedTuple):
    """A folder of runs."""

    root: Path

    def folders(self) -> list[Path]:
        """Folders of runs and comparisons, the newest first; no link is followed."""
        if not self.root.is_dir():
            return []
        found = [p for p in self.root.iterdir() if _NAME.fullmatch(p.name) and _is_run(p)]
        return sorted(found, key=lambda p: p.name, reverse=True)[:MOST_RUNS]

    def folder(self, name: str) -> Path:
        """The run ``name``; ``UserError`` for whatever else a name may spell."""
        if _NAME.fullmatch(name) is None or not _is_run(self.root / name):
            raise UserError("there is no such run")
        return self.root / name

    def file(self, run: str, name: str) -> Path:
        """A file that the desk gives out; ``UserError`` where it is none, or a link."""
        path = self.folder(run) / name
        if name not in SHOWN or path.is_symlink() or not path.is_file():
            raise UserError("there is no such file")
        return path


def _is_run(path: Path) -> bool:
    if path.is_symlink() or not path.is_dir():
        return False
    return (path / MANIFEST_NAME).is_file() or read_record(path) is not None


def row(folder: Path, running: Path | None) -> dict[str, Any]:
    """A run as the page lists it."""
    record, facts = read_record(folder), _facts(folder)
    if record is not None and f"book={TAPE}" in record.arguments:
        facts.pop("words", None)  # the title has the name of its file
    state = _state(folder, record, running)
    comparison = record is not None and record.kind == "comparison"
    return {
        "id": folder.name,
        "kind": "comparison" if comparison else "run",
        "title": record.title if record is not None else "",
        "about": facts,
        "state": state,
        "started": record.started if record is not None else facts.get("started", ""),
        "command": record.command if record is not None else "",
        "files": [n for n in SHOWN if (folder / n).is_file()] if state != "running" else [],
        "blocks": blocks_in(folder),
        "trouble": _trouble(folder) if state == "failed" else "",
        "can_go_on": state in ("stopped", "failed") and not comparison and _has_more(folder),
        "can_compare": not comparison and state != "running" and (folder / RESULTS_NAME).is_file(),
    }


def _trouble(folder: Path) -> str:
    """The error with which a command ended, as it told it."""
    _, found, told = log_tail(folder).rpartition("error: ")
    return said(told.strip()[:_LOG_CHARACTERS]) if found else ""


def _has_more(folder: Path) -> bool:
    return is_whole(folder) or blocks_in(folder) > 0


def _state(folder: Path, record: Record | None, running: Path | None) -> str:
    """``running``, ``done``, ``stopped`` or ``failed``."""
    if folder == running:
        return "running"
    if record is None or record.code == 0 or _ended_well_unseen(folder, record):
        return "done"
    return "stopped" if record.cancelled or record.code in _STOPPED else "failed"


def _ended_well_unseen(folder: Path, record: Record) -> bool:
    """Whether results came after the start of a command whose end no desk has seen, all in place.

    The desk was killed meanwhile.
    """
    if record.cancelled or record.code != UNSEEN or is_whole(folder):
        return False
    with suppress(OSError, ValueError):
        began = datetime.fromisoformat(record.began or record.started).timestamp()
        return (folder / MANIFEST_NAME).stat().st_mtime > began
    return False


def job(folder: Path, folders: Sequence[Path]) -> dict[str, Any]:
    """How far the command in ``folder`` is; ``usual``: seconds that one like it took, if known."""
    log, record = log_tail(folder), read_record(folder)
    progress = progress_in(log)
    return {
        "seconds": 0.0 if record is None else seconds_since(record.began),
        "usual": None if record is None else usual_seconds(record, map(read_record, folders)),
        "id": folder.name,
        "command": record.command if record is not None else "",
        "cancelled": record is not None and record.cancelled,
        "progress": progress._asdict() if progress is not None else None,
        "log": log[-_LOG_CHARACTERS:],
    }


def _facts(folder: Path) -> dict[str, Any]:
    """Book, scenarios and policies of a finished run, in words."""
    file = folder / MANIFEST_NAME
    with suppress(OSError):
        facts = _read(str(file), file.stat().st_mtime_ns)
        return {**facts, "words": " · ".join(_words(facts))}
    return {}


def _words(facts: dict[str, Any]) -> Iterator[str]:
    for key in ("book", "scenarios", "policies"):
        names = facts.get(key, [])
        yield listed([title_of(name) for name in names])


def _book(manifest: Mapping[str, Any]) -> str:
    """The shipped book that was named, else what kind of book it is."""
    named = (str(text).partition("book=") for text in manifest.get("overrides", ()))
    chosen = [value for before, sign, value in named if sign and not before]
    return chosen[-1] if chosen else str(manifest["book"]["name"])


@lru_cache(maxsize=2 * MOST_RUNS)
def _read(file: str, _time: int) -> dict[str, Any]:
    with suppress(OSError, ValueError, AttributeError, TypeError, KeyError):
        found = json.loads(Path(file).read_text(encoding="utf-8"))
        return {
            "book": [_book(found)],
            "scenarios": [str(name) for name in found["scenarios"]],
            "policies": [str(n) for n in found["policies"] if n != found["reference"]],
            "started": str(found.get("started") or ""),
        }
    return {}
