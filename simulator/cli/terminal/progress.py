"""How far a command is, on stderr: a bar on a terminal, lines elsewhere."""

import os
import sys
import threading
import time
from types import TracebackType
from typing import Final

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.progress import Progress as RichDisplay

from simulator.progress import Progress
from simulator.report.kit.language import tr
from simulator.report.kit.run_messages import run_message
from simulator.validation import clip

LINE_SECONDS: Final = "LOANSTRESS_LINE_SECONDS"
"""Environment: seconds between two lines, for who reads them on."""
_LINE_EVERY_SECONDS = 5.0
_TELL_EVERY_SECONDS = 2.0


class BarProgress:
    """A bar that redraws itself."""

    def __init__(self) -> None:
        self._display = RichDisplay(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
        )
        self._task: TaskID | None = None

    def start(self, total: int, label: str) -> None:
        """Begin ``total`` units of work."""
        self._task = self._display.add_task(run_message(label), total=total)
        self._display.start()

    def advance(self, n: int = 1) -> None:
        """``n`` more units are done."""
        if self._task is not None:
            self._display.advance(self._task, n)

    def finish(self) -> None:
        """The work has ended, well or not."""
        self._display.stop()

    def tell(self, text: str) -> None:
        """A line of its own."""
        tell_line(text)


class LineProgress:
    """A plain line every few seconds, for logs and pipes: also where a step takes long."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._label = self._words = ""
        self._total = self._done = 0
        self._began = self._told = 0.0
        self._over: threading.Event | None = None
        self._every = _line_seconds()

    def start(self, total: int, label: str) -> None:
        """Begin ``total`` units of work."""
        with self._lock:
            self._label, self._total, self._done = run_message(label), total, 0
            self._words = tr("{label}: {done}/{total} after {seconds} s")
            self._began = self._told = time.monotonic()
        print(f"{self._label}: 0/{total}", file=sys.stderr, flush=True)
        if self._over is None:
            self._over = threading.Event()
            threading.Thread(target=self._tell_often, args=(self._over,), daemon=True).start()

    def advance(self, n: int = 1) -> None:
        """``n`` more units are done."""
        with self._lock:
            self._done += n
            if self._done >= self._total:
                self._tell(time.monotonic())
        self._tell_when_due()

    def finish(self) -> None:
        """The work has ended, well or not."""
        if self._over is not None:
            self._over.set()
            self._over = None

    def tell(self, text: str) -> None:
        """A line of its own."""
        tell_line(text)

    def _tell_often(self, over: threading.Event) -> None:
        while not over.wait(min(self._every, _TELL_EVERY_SECONDS)):
            self._tell_when_due()

    def _tell_when_due(self) -> None:
        with self._lock:
            now = time.monotonic()
            if now - self._told >= self._every and self._done < self._total:
                self._tell(now)

    def _tell(self, now: float) -> None:
        self._told = now
        line = self._words.format(
            label=self._label,
            done=self._done,
            total=self._total,
            seconds=f"{now - self._began:.0f}",
        )
        print(line, file=sys.stderr, flush=True)


def _line_seconds() -> float:
    """Seconds between two lines: the environment's, if it names a positive number."""
    text = os.environ.get(LINE_SECONDS, "")
    return float(text) if text.isascii() and text.isdecimal() and int(text) else _LINE_EVERY_SECONDS


def tell_line(text: str) -> None:
    """``text`` of a run in the language that is spoken, safe to print."""
    print(clip(run_message(text), 300), file=sys.stderr, flush=True)


def make_progress() -> Progress:
    """A bar on a terminal, lines elsewhere."""
    return BarProgress() if sys.stderr.isatty() else LineProgress()


class Waiting:
    """Says every two seconds what goes on; silent where it is quick."""

    def __init__(self, label: str) -> None:
        self._label = label
        self._done = threading.Event()
        self._began = time.monotonic()
        self._thread = threading.Thread(target=self._tell, daemon=True)

    def __enter__(self) -> "Waiting":
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._done.set()
        self._thread.join()

    def _tell(self) -> None:
        while not self._done.wait(_TELL_EVERY_SECONDS):
            seconds = time.monotonic() - self._began
            print(f"{self._label}: {seconds:.0f} s", file=sys.stderr, flush=True)
