"""A slow, plain-Python implementation of docs/model.md: the oracle for the compiled kernels."""

from tests.twin.fates import burdens_by_group, fates_by_group
from tests.twin.run import TwinResult, simulate_twin
from tests.twin.sight import Rules, Seen, look

__all__ = [
    "Rules",
    "Seen",
    "TwinResult",
    "burdens_by_group",
    "fates_by_group",
    "look",
    "simulate_twin",
]
