"""Work units on the threads of this process."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from threading import Event
from typing import TypeVar

from simulator.settings import RunSettings

Unit = TypeVar("Unit")


def thread_count(run: RunSettings) -> int:
    """Worker threads of a run: as set, or the processors that this process may use."""
    return run.threads or processors()


def processors() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def run_units(
    units: Sequence[Unit],
    unit: Callable[[Unit], None],
    threads: int,
    stop: Event,
) -> None:
    """Run work units on threads; the first failure or an interrupt stops the others."""
    with ThreadPoolExecutor(max_workers=threads) as pool:
        pending = {pool.submit(unit, item) for item in units}
        try:
            while pending:
                done, pending = wait(pending, timeout=0.2, return_when=FIRST_COMPLETED)
                for future in done:
                    future.result()
        except BaseException:
            stop.set()
            for future in pending:
                future.cancel()
            raise
