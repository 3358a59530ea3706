"""Kernels compiled, or loaded, before the first number is wanted."""

from collections.abc import Mapping
from threading import Event

from simulator.engine.simulate import simulate
from simulator.engine.unit_work import WorldBuilder
from simulator.levers import LeverTable
from simulator.packing import Packed
from simulator.settings import RunSettings

_compiled = Event()
"""Set once this process has all kernels."""


def compile_kernels(
    packed: Packed,
    worlds: Mapping[str, WorldBuilder],
    levers: Mapping[str, LeverTable],
    run: RunSettings,
) -> None:
    """Load or compile all kernels by one path of one policy.

    Later calls of a process find them compiled and do nothing.
    """
    if _compiled.is_set():
        return
    tiny = run.model_copy(update={"paths": 1, "path_batch": 1, "threads": 1, "draws_per_path": 1})
    scenario, policy = next(iter(worlds)), next(iter(levers))
    simulate(packed, {scenario: worlds[scenario]}, {policy: levers[policy]}, tiny)
    _compiled.set()
