"""The folder of a run: held by one process at a time, its results replaced whole or not at all.

A run writes into ``.next`` inside its folder, where an earlier run's results stay as they are.
When everything is on the disk the earlier manifest goes, the files take its place and the new
manifest comes last. So a folder holds the old results, or the new, or says how it is finished.
"""

import json
import os
import shutil
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from hashlib import file_digest
from pathlib import Path
from typing import Final

from filelock import BaseFileLock, FileLock, Timeout

from simulator.results.files import FILE_NAMES, MANIFEST_NAME
from simulator.validation import UserError, clip

NEXT: Final = ".next"
"""Folder of results that are not yet whole."""
CONFIGURATION: Final = ".hydra"
"""Folder of the composed configuration, which is replaced with the files."""
HASHES: Final = "outputs_sha256"
"""Key of the manifest: SHA-256 of every other file by name."""
_LOCK: Final = ".lock"
_OWNER: Final = ".owner.json"
FINISH: Final = "loanstress finish"


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Hold ``folder`` while its results are made; a second process is refused with the owner.

    The system's lock ends with its process. Where there are no locks, or another machine holds the
    folder, a file stands for it, which is never taken for stale.
    """
    with _told(folder):
        folder.mkdir(parents=True, exist_ok=True)
    owner = folder / _OWNER
    lock: BaseFileLock | None = FileLock(folder / _LOCK)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise UserError(f"{clip(folder, 200)}: {_in_use(owner)}") from None
    except (OSError, NotImplementedError):
        lock = None
    try:
        _own(folder, owner, locked=lock is not None)
        yield
    finally:
        if _mine(owner):
            owner.unlink(missing_ok=True)
        if lock is not None:
            lock.release()
            with suppress(OSError):
                (folder / _LOCK).unlink()


def new_folder(parent: Path, name: str) -> Path:
    """A folder ``name`` in ``parent`` that did not exist; a number follows where it did."""
    with _told(parent):
        parent.mkdir(parents=True, exist_ok=True)
        for number in range(1, 10_000):
            found = parent / (name if number == 1 else f"{name}_{number}")
            with suppress(FileExistsError):
                found.mkdir()
                return found
    raise UserError(f"{clip(parent / name, 200)}: too many folders of this name")


def _own(folder: Path, owner: Path, *, locked: bool) -> None:
    """Write who holds the folder; ``UserError`` where somebody else may."""
    found = _owner_in(owner)
    if found is not None and not (locked and _ended(found)):
        raise UserError(
            f"{clip(folder, 200)}: {_in_use(owner)}; if that process has ended: rm"
            f" {clip(owner, 200)}"
        )
    text = json.dumps(
        {
            "host": socket.gethostname(),
            "pid": os.getpid(),
            "start": datetime.now(UTC).isoformat(timespec="seconds"),
        }
    )
    with _told(owner), owner.open("w" if locked else "x", encoding="utf-8") as file:
        file.write(text)


def _owner_in(owner: Path) -> dict[str, object] | None:
    try:
        found = json.loads(owner.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _ended(owner: Mapping[str, object]) -> bool:
    """Whether the process of an owner's file is of this machine and gone."""
    pid = owner.get("pid")
    if owner.get("host") != socket.gethostname() or not isinstance(pid, int) or pid <= 0:
        return False
    if os.name != "posix" or pid == os.getpid():
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False


def _mine(owner: Path) -> bool:
    found = _owner_in(owner) or {}
    return (found.get("host"), found.get("pid")) == (socket.gethostname(), os.getpid())


def _in_use(owner: Path) -> str:
    found = _owner_in(owner) or {}
    who, host, start = (clip(found.get(key, "?"), 60) for key in ("pid", "host", "start"))
    return f"in use by process {who} on {host} since {start}; choose another hydra.run.dir"


def next_of(folder: Path) -> Path:
    """An empty ``.next`` of ``folder``, which the caller holds."""
    following = folder / NEXT
    with _told(following):
        shutil.rmtree(following, ignore_errors=True)
        following.mkdir(parents=True)
    return following


def commit(folder: Path) -> None:
    """Put the whole results in ``.next`` in place of what ``folder`` has.

    May be repeated after it was interrupted. The configuration beside them comes with them.
    """
    following = folder / NEXT
    with _told(folder):
        manifest = json.loads((following / MANIFEST_NAME).read_text(encoding="utf-8"))
        names = [name for name in manifest[HASHES] if name in FILE_NAMES]
        (folder / MANIFEST_NAME).unlink(missing_ok=True)
        _sync(folder)
        for name in set(FILE_NAMES) - {MANIFEST_NAME, *names}:
            (folder / name).unlink(missing_ok=True)
        for name in names:
            if (following / name).exists():
                (following / name).replace(folder / name)
        if (following / CONFIGURATION).is_dir():
            shutil.rmtree(folder / CONFIGURATION, ignore_errors=True)
            (following / CONFIGURATION).replace(folder / CONFIGURATION)
        _sync(folder)
        (following / MANIFEST_NAME).replace(folder / MANIFEST_NAME)
        _sync(folder)
        shutil.rmtree(following, ignore_errors=True)


def finish(folder: Path) -> bool:
    """Put whole results that were not yet in place there; whether there were any."""
    if not is_unfinished(folder):
        return False
    with held(folder):
        commit(folder)
    return True


def is_unfinished(folder: Path) -> bool:
    """Whether the exchange of results was interrupted."""
    return (folder / NEXT / MANIFEST_NAME).is_file() and not (folder / MANIFEST_NAME).exists()


def check_whole(folder: Path, names: tuple[str, ...]) -> None:
    """Refuse a folder whose results are being exchanged, or whose files are another run's.

    ``names`` are the files that will be read; without a manifest nothing is known of them.
    """
    shown = clip(folder, 200)
    if is_unfinished(folder):
        raise UserError(
            f"{shown}: an exchange of results was interrupted; {FINISH} {shown} ends it"
        )
    try:
        manifest = json.loads((folder / MANIFEST_NAME).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return
    except (OSError, ValueError):
        raise UserError(f"{shown}: {MANIFEST_NAME} cannot be read; run it again") from None
    hashes = manifest.get(HASHES) if isinstance(manifest, Mapping) else None
    for name in names:
        wanted = hashes.get(name) if isinstance(hashes, Mapping) else None
        if wanted is not None and sha256_of(folder / name) != wanted:
            raise UserError(
                f"{shown}: {name} is not the one that {MANIFEST_NAME} names: it was changed after"
                " the run, or comes from another; run it again"
            )


def sha256_of(path: Path) -> str | None:
    """SHA-256 of a file; None where there is none."""
    try:
        with path.open("rb") as file:
            return file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        return None


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """What the system says about ``path``, as one line for the user."""
    try:
        yield
    except OSError as error:
        reason = clip(error.strerror or error, 200)
        raise UserError(f"{clip(path, 300)}: cannot be written: {reason}") from error


def _sync(folder: Path) -> None:
    """Have the system put what ``folder`` lists on the disk, where it can."""
    sync: Callable[[int], None] = getattr(os, "fsync", lambda _: None)
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            sync(descriptor)
        finally:
            os.close(descriptor)
