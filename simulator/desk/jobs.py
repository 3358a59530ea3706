"""One command at a time, as a child process with a list of arguments."""

import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Final, Literal

from simulator.block_names import BLOCKS
from simulator.cli.resume import KEY
from simulator.cli.terminal.progress import LINE_SECONDS
from simulator.desk.asked import path_value
from simulator.desk.records import (
    LOG,
    PRIVATE,
    RECORD,
    UNSEEN,
    Record,
    ended,
    log_tail,
    now,
    progress_in,
    read_record,
    write_record,
)
from simulator.report.kit.language import LANGUAGES, speaking
from simulator.report.kit.run_messages import run_message
from simulator.results.holding import holder
from simulator.results.run_folder import is_whole, new_folder, replacing
from simulator.settling import COMPILING
from simulator.validation import UserError

PATIENCE_SECONDS: Final = 10.0
"""After SIGTERM; a command that has not ended by then is killed. Its folder bears that."""
COMPILER_SECONDS: Final = 1.0
"""The same while kernels are compiled: the compiler hears no signal for minutes, and nothing is
lost, as each kernel is kept whole or not at all."""
PROGRAM: Final = (sys.executable, "-m", "simulator")


WordsFor = Callable[[Path], Sequence[str]]


class BusyError(UserError):
    """A command runs already."""


class Jobs:
    """The desk's commands; their folders lie in ``root``."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._folder: Path | None = None

    def adopt(self, folders: Sequence[Path]) -> None:
        """After a start of the desk: the command of an earlier desk that still runs is watched.

        The others whose end nobody saw have ended.
        """
        for folder in folders:
            record = read_record(folder)
            if record is None or record.code is not None:
                continue
            if holder(folder) is not None and self._folder is None:
                self._folder = folder
            else:
                write_record(folder, record.model_copy(update={"code": UNSEEN}))

    def running(self) -> Path | None:
        """The folder whose command runs."""
        with self._lock:
            return self._running()

    def _running(self) -> Path | None:
        if self._folder is None or self._process is not None:
            return self._folder
        if holder(self._folder) is None:  # of an earlier desk, ended meanwhile
            _ended(self._folder, UNSEEN)
            self._folder = None
        return self._folder

    def start(self, kind: Literal["run", "comparison"], title: str, words_for: WordsFor) -> Path:
        """Start a command in a new folder, which is returned; ``BusyError`` where one runs.

        ``words_for`` gives the arguments of a command whose folder is known.
        """
        with self._lock:
            self._refuse_second()
            end = "" if kind == "run" else f"_{kind}"
            folder = new_folder(self.root, f"{datetime.now():%Y-%m-%d_%H-%M-%S}{end}")
            words = tuple(words_for(folder))
            when = now()
            record = Record(kind=kind, title=title, arguments=words, started=when, began=when)
            self._start(folder, words, record)
            return folder

    def go_on(self, folder: Path) -> None:
        """Go on with an interrupted run: from its blocks, or by putting whole results in place."""
        with self._lock:
            self._refuse_second()
            record = read_record(folder)
            if record is None or record.kind != "run":
                raise UserError(f"{folder.name}: was not started from a desk; go on in a terminal")
            path = str(folder)
            command = ("finish", path) if is_whole(folder) else (f"{KEY}={path_value(path)}",)
            again = record.model_copy(update={"code": None, "cancelled": False, "began": now()})
            self._start(folder, command, again)

    def cancel(self, folder: Path) -> None:
        """SIGTERM to the command that runs in ``folder``; none runs there: nothing happens."""
        with self._lock:
            if self._running() != folder:
                return
            record = read_record(folder)
            if record is not None:
                write_record(folder, record.model_copy(update={"cancelled": True}))
            if self._process is not None:
                self._process.terminate()
                timer = threading.Timer(_patience(folder), _kill, (self._process,))
                timer.daemon = True
                timer.start()
            else:
                pid = holder(folder)
                if pid is not None:
                    os.kill(pid, signal.SIGTERM)

    def discard(self, folder: Path) -> None:
        """Remove what an interrupted or killed run has left; results that are whole stay."""
        with self._lock:
            if self._running() == folder:
                raise BusyError(f"{folder.name}: runs; cancel it first")
            record = read_record(folder)
            if record is None or record.code == 0:
                raise UserError(f"{folder.name}: has nothing that was left unfinished from a desk")
            with replacing(folder):  # results that are not whole go with it
                shutil.rmtree(folder / BLOCKS, ignore_errors=True)
                for name in (LOG, RECORD):
                    (folder / name).unlink(missing_ok=True)
            with suppress(OSError):  # with files of the user's own it stays
                folder.rmdir()

    def end(self) -> None:
        """The desk closes: its command ends as after Ctrl-C, and can go on later."""
        process, folder = self._process, self._folder
        if process is None or folder is None:
            return
        process.terminate()
        try:
            process.wait(_patience(folder))
        except subprocess.TimeoutExpired:
            _kill(process)

    def _refuse_second(self) -> None:
        folder = self._running()
        if folder is not None:
            raise BusyError(f"{folder.name} runs; one run at a time")

    def _start(self, folder: Path, command: Sequence[str], record: Record) -> None:
        """Start the program, never a shell, and watch it."""
        write_record(folder, record)
        descriptor = os.open(folder / LOG, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE)
        try:
            process = subprocess.Popen(
                [*PROGRAM, *command],
                stdin=subprocess.DEVNULL,
                stdout=descriptor,
                stderr=subprocess.STDOUT,
                env={
                    **os.environ,
                    LINE_SECONDS: "1",
                    "PYTHONIOENCODING": "utf-8",
                    "COLUMNS": "120",
                },
                start_new_session=True,
            )
        finally:
            os.close(descriptor)
        self._process, self._folder = process, folder
        threading.Thread(target=self._watch, args=(process, folder), daemon=True).start()

    def _watch(self, process: "subprocess.Popen[bytes]", folder: Path) -> None:
        code = process.wait()
        with self._lock:
            _ended(folder, code)
            self._process = self._folder = None


def _ended(folder: Path, code: int) -> None:
    """Note the exit code of the command in ``folder``."""
    record = read_record(folder)
    if record is not None:
        with suppress(OSError):
            write_record(folder, ended(record, code))


def _patience(folder: Path) -> float:
    """Seconds that the command in ``folder`` has to end."""
    progress = progress_in(log_tail(folder))
    compiles = progress is not None and progress.label in _compiling_labels()
    return COMPILER_SECONDS if compiles else PATIENCE_SECONDS


@cache
def _compiling_labels() -> frozenset[str]:
    """What a line of progress calls it, in every language."""
    found = set()
    for code in LANGUAGES:
        with speaking(code):
            found.add(run_message(COMPILING))
    return frozenset(found)


def _kill(process: "subprocess.Popen[bytes]") -> None:
    if process.poll() is None:
        process.kill()
