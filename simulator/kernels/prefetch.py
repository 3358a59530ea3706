"""Ask for a record's cache lines before they are needed.

A month walks through the live borrowers in order of rows, with gaps, and each one's record says
where its loans are: the processor cannot guess the next lines, so it would wait for them. A hint
changes no result.
"""

from llvmlite import ir
from numba import config
from numba.core import cgutils, types
from numba.extending import intrinsic

PERSON_AHEAD = 12
"""Borrowers ahead of the one at hand whose records are asked for."""
LOAN_AHEAD = 5
"""Borrowers ahead whose loans are asked for: their records have arrived by then."""
_LINE = 64  # bytes
_READ, _KEEP, _DATA = 0, 3, 1
"""LLVM's words: a read, to be kept in all caches, of data."""


def _asked_ahead(_typing_context, array, index):
    """Typing and code of ``prefetch``; ``array`` of one dimension, ``index`` within it."""

    def generate(context, builder, signature, arguments):
        kind = signature.args[0]
        data = context.make_array(kind)(context, builder, arguments[0]).data
        word, flag, byte = ir.IntType(64), ir.IntType(32), ir.IntType(8).as_pointer()
        size = kind.dtype.size
        row = context.cast(builder, arguments[1], signature.args[1], types.intp)
        start = builder.gep(builder.bitcast(data, byte), [builder.mul(row, word(size))])
        ask = cgutils.get_or_insert_function(
            builder.module,
            ir.FunctionType(ir.VoidType(), [byte, flag, flag, flag]),
            "llvm.prefetch.p0",
        )
        for line in range(0, size, _LINE):
            at = builder.gep(start, [word(line)])
            builder.call(ask, [at, flag(_READ), flag(_KEEP), flag(_DATA)])
        return context.get_dummy_value()

    return types.void(array, index), generate


def _no_hint(array, index):
    """Without the compiler there is nobody to ask."""


prefetch = _no_hint if config.DISABLE_JIT else intrinsic(_asked_ahead)
"""``prefetch(array, index)``: a hint that the record ``array[index]`` is needed soon."""
