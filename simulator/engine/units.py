"""Work units: paths of a scenario, and the policies under which they are not known yet."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from simulator.settings import RunSettings

Spans = Sequence[tuple[int, int]]
"""Paths [first, last), none twice."""


class Unit(NamedTuple):
    """Paths [first, last) of a scenario, to be simulated under ``policies``."""

    scenario: str
    first: int
    last: int
    policies: tuple[str, ...]


def missing_units(
    scenario: str,
    policies: Iterable[str],
    found: Mapping[str, Spans],
    known: int,
    run: RunSettings,
) -> list[Unit]:
    """Units of all paths of ``run`` from ``known`` on; ``found``: what is there, by policy."""
    wanted = tuple(policies)
    ends = {end for spans in found.values() for span in spans for end in span}
    cuts = sorted({known, run.paths, *(end for end in ends if known < end < run.paths)})
    units: list[Unit] = []
    for start, end in pairwise(cuts):
        lacking = tuple(
            policy
            for policy in wanted
            if not any(first <= start and end <= last for first, last in found.get(policy, ()))
        )
        if lacking:
            units += [
                Unit(scenario, first, min(first + run.path_batch, end), lacking)
                for first in range(start, end, run.path_batch)
            ]
    return units
