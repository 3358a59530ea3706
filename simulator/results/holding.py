"""A folder is held by one process at a time, by the system's lock and by a file that names it."""

import json
import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from filelock import BaseFileLock, FileLock, Timeout

from simulator.validation import UserError, clip

_LOCK: Final = ".lock"
_OWNER: Final = ".owner.json"
_TRIES: Final = 20
"""At a lock whose file goes just as it is taken; each needs another process that ends just then."""


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Hold ``folder`` while its results are made; a second process is refused with the owner.

    The system's lock ends with its process. Where there are no locks, or another machine holds the
    folder, a file stands for it, which is never taken for stale.
    """
    owner = folder / _OWNER
    with told(folder):
        folder.mkdir(parents=True, exist_ok=True)
    lock = _locked(folder, owner)
    try:
        _own(folder, owner, locked=lock is not None)
        try:
            yield
        finally:
            with suppress(OSError):
                owner.unlink()
    finally:
        if lock is not None:
            _unlock(lock, folder)


def _locked(folder: Path, owner: Path) -> BaseFileLock | None:
    """The system's lock of ``folder``; None where there are none."""
    path = folder / _LOCK
    for _ in range(_TRIES):
        system = FileLock(path, fallback_to_soft=False)
        try:
            path.touch()
            opened = _identity(path)
            system.acquire(timeout=0)
            if opened is not None and opened == _identity(path):
                return system
        except Timeout:
            break
        except (OSError, NotImplementedError):
            return None
        system.release()  # of a file that its owner has removed since: nobody else sees this lock
    raise UserError(f"{clip(folder, 200)}: {_in_use(owner)}")


def _unlock(lock: BaseFileLock, folder: Path) -> None:
    """Remove the file while it is held, so that who waits for it can tell, and let go."""
    with suppress(OSError):
        (folder / _LOCK).unlink()
    lock.release()


def _identity(path: Path) -> tuple[int, int] | None:
    """What tells a file from another that took its name; None where there is none."""
    with suppress(FileNotFoundError):
        found = path.stat()
        return found.st_ino, found.st_dev
    return None


def holder(folder: Path) -> int | None:
    """Process of this machine that holds ``folder``; None where nobody does, or another machine."""
    found = _owner_in(folder / _OWNER)
    pid = (found or {}).get("pid")
    if not found or found.get("host") != socket.gethostname() or not isinstance(pid, int):
        return None
    try:
        system = _locked(folder, folder / _OWNER)
    except UserError:
        return pid
    if system is None:  # no lock of ours says anything: only a process that is gone has let go
        return None if _ended({**found, "locked": False}) else pid
    _unlock(system, folder)
    return None


def _own(folder: Path, owner: Path, *, locked: bool) -> None:
    """Write who holds the folder; ``UserError`` where somebody else may.

    The file is made exclusively, so that of two processes with a lock each (one was unlinked as
    the other came) one is refused.
    """
    found = _owner_in(owner)
    if found is not None:
        if not (locked and _ended(found)):
            raise UserError(
                f"{clip(folder, 200)}: {_in_use(owner)}; if that process has ended: rm"
                f" {clip(owner, 200)}"
            )
        with told(owner):
            owner.unlink(missing_ok=True)
    text = json.dumps(
        {
            "host": socket.gethostname(),
            "pid": os.getpid(),
            "start": datetime.now(UTC).isoformat(timespec="seconds"),
            "locked": locked,
        }
    )
    try:
        with told(owner), owner.open("x", encoding="utf-8") as file:
            file.write(text)
    except UserError as error:
        if isinstance(error.__cause__, FileExistsError):
            raise UserError(f"{clip(folder, 200)}: {_in_use(owner)}") from None
        with suppress(OSError):
            owner.unlink()
        raise


def _owner_in(owner: Path) -> dict[str, object] | None:
    try:
        found = json.loads(owner.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _ended(owner: Mapping[str, object]) -> bool:
    """Whether the process of an owner's file is of this machine and gone.

    Who asks holds the system's lock: an owner that held it too is gone, whoever has its number now.
    """
    pid = owner.get("pid")
    if owner.get("host") != socket.gethostname() or not isinstance(pid, int) or pid <= 0:
        return False
    if owner.get("locked") is True or os.name != "posix" or pid == os.getpid():
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False


def _in_use(owner: Path) -> str:
    found = _owner_in(owner) or {}
    who, host, start = (clip(found.get(key, "?"), 60) for key in ("pid", "host", "start"))
    return f"in use by process {who} on {host} since {start}; choose another hydra.run.dir"


@contextmanager
def told(path: Path) -> Iterator[None]:
    """What the system says about ``path``, as one line for the user."""
    try:
        yield
    except OSError as error:
        reason = clip(error.strerror or error, 200)
        raise UserError(
            f"{clip(path, 300)}: the output folder must be one that can be written; got {reason}"
        ) from error
