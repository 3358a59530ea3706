"""How far a call of a notebook is: on stderr, where it is asked for."""

from collections.abc import Iterator
from contextlib import contextmanager

from simulator.cli.terminal.progress import make_progress
from simulator.progress import Progress, Silent


@contextmanager
def watching(progress: bool | Progress) -> Iterator[Progress]:
    """What is told meanwhile: lines or a bar (True), nothing (False), or a user's object."""
    watch = _watch(progress)
    try:
        yield watch
    finally:
        watch.finish()


def _watch(progress: bool | Progress) -> Progress:
    if isinstance(progress, bool):
        return make_progress() if progress else Silent()
    return progress
