"""How a command ends: its exit code, and what it says on stderr."""

import io
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

from simulator.validation import UserError, clip

EXIT_OK = 0
EXIT_DEFECT = 1
EXIT_MISTAKE = 2
EXIT_INTERRUPTED = 130
EXIT_TERMINATED = 143

Asked = TypeVar("Asked")
"""What a command's words spell."""


class _Terminated(KeyboardInterrupt):
    """SIGTERM came; it is cleaned up after as Ctrl-C is."""


class Shown(SystemExit):
    """The text that a command prints instead of working: its help, or the version."""


@contextmanager
def _terminable() -> Iterator[None]:
    """SIGTERM raises in the main thread, so that unfinished files are removed; else it just kills.

    Where another handler stands already (a server's, a notebook's), it stays.
    """
    ours = (
        hasattr(signal, "SIGTERM")
        and threading.current_thread() is threading.main_thread()
        and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    )
    if ours:
        signal.signal(signal.SIGTERM, _terminate)
    try:
        yield
    finally:
        if ours:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _terminate(_number: int, _frame: object) -> None:
    raise _Terminated


def concluded(
    read: Callable[[Sequence[str]], Asked],
    answer: Callable[[Asked], int],
    argv: Sequence[str] | None,
    when_interrupted: Callable[[], str],
) -> int:
    """Exit code of ``answer`` to what ``argv`` (default: the process's own) spells.

    ``read`` spells it out; trouble in either is told.
    """
    words = sys.argv[1:] if argv is None else argv
    return ended(lambda: answer(read(words)), when_interrupted)


def ended(work: Callable[[], int], when_interrupted: Callable[[], str]) -> int:
    """Exit code of ``work``, which reads its own arguments; trouble is told."""
    _show_what_can_be_shown()
    try:
        with _terminable():
            code = _shown_or_done(work)
        sys.stdout.flush()
        return code
    except _Terminated:
        print(f"\nended by SIGTERM; {when_interrupted()}", file=sys.stderr)
        return EXIT_TERMINATED
    except KeyboardInterrupt:
        print(f"\ninterrupted; {when_interrupted()}", file=sys.stderr)
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
        return EXIT_DEFECT
    except Exception as error:
        message, code = told(error)
        tell(message)
        return code


def _shown_or_done(work: Callable[[], int]) -> int:
    try:
        return work()
    except Shown as shown:
        print(shown, end="")
        return EXIT_OK


def _show_what_can_be_shown() -> None:
    """A terminal without Unicode (an old code page) gets question marks, not an error."""
    for stream in (sys.stdout, sys.stderr):
        encoding = (getattr(stream, "encoding", None) or "utf-8").lower().replace("-", "")
        if isinstance(stream, io.TextIOWrapper) and encoding not in ("utf8", "utf16"):
            stream.reconfigure(errors="replace")


def attempted(work: Callable[[], None]) -> int:
    """Exit code of a job that a framework calls; trouble is told and goes no further."""
    try:
        work()
    except Exception as error:
        message, code = told(error)
        tell(message)
        return code
    return EXIT_OK


def told(error: Exception) -> tuple[str, int]:
    """What to say about ``error``, and the exit code."""
    if isinstance(error, UserError):
        return str(error), EXIT_MISTAKE
    if isinstance(error, OSError):
        return f"files: {trouble(error)}", EXIT_MISTAKE
    if isinstance(error, MemoryError):
        return (
            "not enough memory; fewer run.paths, policies, scenarios or provision standards need"
            " less, and so do lower book.borrowers or run.threads",
            EXIT_MISTAKE,
        )
    return _defect(error), EXIT_DEFECT


def tell(message: str) -> None:
    """Print ``message`` as an error, its further lines below the first."""
    first, *rest = message.splitlines() or [""]
    print("\n".join([f"error: {first}", *(f"       {line}" for line in rest)]), file=sys.stderr)


def trouble(error: OSError) -> str:
    """File and reason of a failure of the file system."""
    where = f"{clip(error.filename, 200)}: " if error.filename else ""
    return f"{where}{error.strerror or clip(error)}"


def _defect(error: Exception) -> str:
    if os.environ.get("LOANSTRESS_DEBUG") == "1":
        traceback.print_exception(error, file=sys.stderr)
    what = clip(f"{type(error).__name__}: {error}", 300)
    return f"internal error, please report it: {what} (LOANSTRESS_DEBUG=1 shows more)"
