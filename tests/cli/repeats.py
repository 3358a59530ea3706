"""Runs again and again, each in a process of its own that may be killed at any moment."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import simulator

REPOSITORY = Path(simulator.__file__).parent.parent

PROGRAM = """\
    import os, sys, time
    from pathlib import Path
    from simulator.cli.run import main

    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)

    def slowed(name):
        real = getattr(Path, name)

        def slow(*given, **named):
            time.sleep(0.05)
            return real(*given, **named)

        setattr(Path, name, slow)

    slowed("replace")
    slowed("unlink")
    assert main(sys.argv[1:]) == 0
    print("ready", file=answers)
    for line in sys.stdin:
        process = os.fork()
        if process == 0:
            os._exit(main(line.split()))
        print(process, file=answers)
        os.waitpid(process, 0)
        print("ended", file=answers)
"""
"""Loads all kernels once; then a process of its own for each line of arguments."""


class Repeats:
    """Runs with ``words`` in common, each in a process of its own that may be killed."""

    def __init__(self, words: Sequence[str], *first: str) -> None:
        """Starts them; ``first``: further words of a run that loads all kernels."""
        self._words = words
        self._parent = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(PROGRAM), *words, *first],
            env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self._answer() == "ready"

    def run(self, *words: str, after: float | None = None) -> float:
        """Seconds of a run with further ``words``, killed ``after`` so many of them."""
        assert self._parent.stdin is not None
        print(*self._words, *words, file=self._parent.stdin, flush=True)
        process, began = int(self._answer()), time.perf_counter()
        if after is not None:
            time.sleep(after)
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        assert self._answer() == "ended"
        return time.perf_counter() - began

    def end(self) -> None:
        """No further run."""
        self._parent.communicate()

    def _answer(self) -> str:
        assert self._parent.stdout is not None
        return self._parent.stdout.readline().strip()
