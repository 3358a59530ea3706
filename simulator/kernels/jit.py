"""How kernels are compiled, said once.

``scalar`` functions take numbers and records and are inlined by the optimiser; ``loop`` functions
go over arrays, release the interpreter lock and are kept in the disk cache. Neither uses fast
maths; a division by zero gives inf or nan as in NumPy, since inputs are validated before.
Set ``NUMBA_DISABLE_JIT=1`` to step through all of them in a debugger.
"""

from numba import njit

scalar = njit(error_model="numpy", nogil=True, forceinline=True)
loop = njit(error_model="numpy", nogil=True, cache=True)
