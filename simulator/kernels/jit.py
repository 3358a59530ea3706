"""How kernels are compiled, said once.

``scalar`` functions take numbers and records and are always inlined; ``loop`` functions go over
arrays, release the interpreter lock and are kept in the disk cache. An array that is passed to a
function costs two atomic operations, a record none: so loops are called once a chunk of borrowers
and hand records to scalar functions. Neither uses fast
maths; a division by zero gives inf or nan as in NumPy, since inputs are validated before.
Set ``NUMBA_DISABLE_JIT=1`` to step through all of them in a debugger.
"""

from numba import njit

from simulator.kernels.cache import KernelCache

scalar = njit(error_model="numpy", nogil=True, forceinline=True)


def loop(function):
    """``function`` compiled on its first call, or loaded from what an earlier process compiled."""
    kernel = njit(error_model="numpy", nogil=True)(function)
    if kernel is not function:  # the compiler is switched on
        kernel._cache = KernelCache(function)
    return kernel
