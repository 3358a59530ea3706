"""What runs paths: work units on threads, blocks that outlive the process, sums over all paths.

A work unit is (scenario, block of paths): the reference and all policies run inside it on the
same lives, so that they can be compared borrower by borrower. Paths write their own slices and
sums over paths are exact, so results are bitwise equal for any number of threads, any block size
and whatever was found in blocks of an earlier run.
"""

from simulator.engine.paths import recarray_levers, simulate_block, states_at
from simulator.engine.scratch import Scratch, scratch_bytes
from simulator.engine.simulate import Runner, simulate
from simulator.engine.simulation import Simulation
from simulator.engine.store import BlockStore
from simulator.engine.threads import thread_count
from simulator.engine.unit_work import WorldBuilder
from simulator.engine.warm_up import compile_kernels

__all__ = [
    "BlockStore",
    "Runner",
    "Scratch",
    "Simulation",
    "WorldBuilder",
    "compile_kernels",
    "recarray_levers",
    "scratch_bytes",
    "simulate",
    "simulate_block",
    "states_at",
    "thread_count",
]
