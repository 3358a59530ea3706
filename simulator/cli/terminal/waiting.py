"""A line on stderr every two seconds while work goes on."""

import sys
import threading
import time
from types import TracebackType
from typing import Final

EVERY_SECONDS: Final = 2.0


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
        while not self._done.wait(EVERY_SECONDS):
            seconds = time.monotonic() - self._began
            print(f"{self._label}: {seconds:.0f} s", file=sys.stderr, flush=True)
