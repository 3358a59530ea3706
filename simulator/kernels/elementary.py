"""exp, log, powers and the normal distribution with one order of operations on every machine.

A processor's or a system's library rounds these as it likes, so that the last bits of results
would hang on where a run was made. Here they are sums and products of doubles alone, without
branches but for the quantile, so that loops over them vectorise. Errors against exact values,
over the whole range (``tests/kernels/test_elementary.py``): exp, expm1, log, log1p within 2 units
in the last place; ``power`` within ``2 + 3 |y log x|`` units; the normal functions within 1e-13.

Sources: argument reduction as in Tang, "Table-driven implementation of the exponential function",
ACM TOMS 15 (1989), and of log by s = f / (2 + f) as in textbooks; series by Taylor. Quantiles:
Wichura, "The percentage points of the normal distribution", Applied Statistics 37 (1988), AS 241.
Distribution: Hart's approximation in West, "Better approximations to cumulative normal
functions", Wilmott (2005).
"""

import math
import struct
from typing import Final

from llvmlite import ir
from numba import config, types
from numba.extending import intrinsic

from simulator.kernels.jit import scalar

_LOG2_E: Final = 1.4426950408889634
_LN2_HIGH: Final = 0.6931471803691238
"""32 bits of log 2, so that its product with a binary exponent is exact."""
_LN2_LOW: Final = 1.9082149292705877e-10
_ROUND: Final = 1.5 * 2.0**52
"""Added to a number and taken off again: rounds it to a whole one."""
_BIAS: Final = 1023
_MANTISSA: Final = (1 << 52) - 1
_ONE: Final = _BIAS << 52
"""Bits of 1.0."""
_SQRT2: Final = 1.4142135623730951
_LEAST_NORMAL: Final = 2.2250738585072014e-308
_FAR: Final = 1400.0
"""Beyond this exp is 0 or infinite."""
_SQRT_2PI: Final = 2.5066282746310002
_HART_ENDS: Final = 7.07106781186547


def _reinterpret(source, target, word):
    """An intrinsic that reads the bits of a ``source`` as a ``target``."""

    def typed(_typing_context, number):
        def generate(_context, builder, _signature, arguments):
            return builder.bitcast(arguments[0], word)

        return target(source), generate

    return intrinsic(typed)


def _plain_bits(x):
    """Bits of a float, without the compiler."""
    return struct.unpack("<q", struct.pack("<d", x))[0]


def _plain_float(bits):
    """A float of these bits, without the compiler."""
    return struct.unpack("<d", struct.pack("<q", bits))[0]


_bits = (
    _plain_bits if config.DISABLE_JIT else _reinterpret(types.float64, types.int64, ir.IntType(64))
)
_float = (
    _plain_float
    if config.DISABLE_JIT
    else _reinterpret(types.int64, types.float64, ir.DoubleType())
)


@scalar
def _whole(x):
    """The whole number nearest to ``x``, below 2^51, as a float."""
    return (x + _ROUND) - _ROUND


@scalar
def _two_to(k):
    """2^k of a whole float between -1022 and 1023."""
    return _float((int(k) + _BIAS) << 52)


@scalar
def _expm1_near_0(r):
    """exp(r) - 1 for |r| <= log(2) / 2: Taylor to the thirteenth power."""
    q = 1.0 / 479001600.0 + r * (1.0 / 6227020800.0)
    q = 1.0 / 39916800.0 + r * q
    q = 1.0 / 3628800.0 + r * q
    q = 1.0 / 362880.0 + r * q
    q = 1.0 / 40320.0 + r * q
    q = 1.0 / 5040.0 + r * q
    q = 1.0 / 720.0 + r * q
    q = 1.0 / 120.0 + r * q
    q = 1.0 / 24.0 + r * q
    q = 1.0 / 6.0 + r * q
    q = 0.5 + r * q
    return r + r * r * q


@scalar
def exp(x):
    """e to the power of ``x``."""
    inside = _FAR if x > _FAR else x
    inside = -_FAR if x < -_FAR else inside
    k = _whole(inside * _LOG2_E)
    r = (inside - k * _LN2_HIGH) - k * _LN2_LOW
    half = _whole(0.5 * k)
    half = half if half < 1023.0 else 1023.0
    half = half if half > -1022.0 else -1022.0
    rest = k - half
    rest = rest if rest < 1023.0 else 1023.0
    rest = rest if rest > -1022.0 else -1022.0
    return (1.0 + _expm1_near_0(r)) * _two_to(half) * _two_to(rest)


@scalar
def expm1(x):
    """exp(x) - 1, exact near 0; ``x`` below 700."""
    inside = -50.0 if x < -50.0 else x
    k = _whole(inside * _LOG2_E)
    r = (inside - k * _LN2_HIGH) - k * _LN2_LOW
    power_of_two = _two_to(k)
    return power_of_two * _expm1_near_0(r) + (power_of_two - 1.0)


@scalar
def log(x):
    """Natural logarithm; minus infinity of 0, NaN below."""
    is_small = x < _LEAST_NORMAL
    bits = _bits(x * 2.0**54 if is_small else x)
    k = float((bits >> 52) - _BIAS) - (54.0 if is_small else 0.0)
    m = _float((bits & _MANTISSA) | _ONE)
    is_large = m > _SQRT2
    k = k + 1.0 if is_large else k
    f = (0.5 * m if is_large else m) - 1.0
    s = f / (2.0 + f)
    z = s * s
    q = 2.0 / 19.0 + z * (2.0 / 21.0)
    q = 2.0 / 17.0 + z * q
    q = 2.0 / 15.0 + z * q
    q = 2.0 / 13.0 + z * q
    q = 2.0 / 11.0 + z * q
    q = 2.0 / 9.0 + z * q
    q = 2.0 / 7.0 + z * q
    q = 2.0 / 5.0 + z * q
    q = z * (2.0 / 3.0 + z * q)
    square = 0.5 * f * f
    found = k * _LN2_HIGH - ((square - (s * (square + q) + k * _LN2_LOW)) - f)
    found = found if x < math.inf else x
    found = found if x > 0.0 else -math.inf
    return found if x >= 0.0 else math.nan


@scalar
def log1p(x):
    """log(1 + x), exact near 0; minus infinity of -1."""
    whole = 1.0 + x
    lost = (x - (whole - 1.0)) / whole
    return log(whole) + (lost if whole > 0.0 and whole < math.inf else 0.0)


@scalar
def power(x, y):
    """``x`` to the power of ``y``; ``x`` >= 0."""
    return 1.0 if y == 0.0 else exp(y * log(x))


@scalar
def logistic(x):
    """1 / (1 + exp(-x))."""
    return 1.0 / (1.0 + exp(-x))


@scalar
def log_odds(p):
    """log(p / (1 - p)) of a share; infinite at its ends."""
    return log(p) - log1p(-p)


@scalar
def _polynomial(x, c7, c6, c5, c4, c3, c2, c1, c0):
    """c7 x^7 + ... + c0, from the highest power down."""
    return ((((((c7 * x + c6) * x + c5) * x + c4) * x + c3) * x + c2) * x + c1) * x + c0


@scalar
def normal_cdf(x):
    """Chance that a standard normal number is at most ``x``."""
    z = abs(x)
    above = _polynomial(
        z,
        0.0,
        0.0352624965998911,
        0.700383064443688,
        6.37396220353165,
        33.912866078383,
        112.079291497871,
        221.213596169931,
        220.206867912376,
    )
    below = _polynomial(
        z,
        0.0883883476483184,
        1.75566716318264,
        16.064177579207,
        86.7807322029461,
        296.564248779674,
        637.333633378831,
        793.826512519948,
        440.413735824752,
    )
    far = z + 1.0 / (z + 2.0 / (z + 3.0 / (z + 4.0 / (z + 0.65))))
    tail = exp(-0.5 * z * z)
    tail = tail * above / below if z < _HART_ENDS else tail / (far * _SQRT_2PI)
    return 1.0 - tail if x > 0.0 else tail


@scalar
def _quantile_inside(q):
    """Normal quantile of 0.5 + ``q``, |q| <= 0.425."""
    r = 0.180625 - q * q
    above = _polynomial(
        r,
        2509.0809287301226727,
        33430.575583588128105,
        67265.770927008700853,
        45921.953931549871457,
        13731.693765509461125,
        1971.5909503065514427,
        133.14166789178437745,
        3.387132872796366608,
    )
    below = _polynomial(
        r,
        5226.495278852545925,
        28729.085735721942674,
        39307.89580009271061,
        21213.794301586595867,
        5394.1960214247511077,
        687.1870074920579083,
        42.313330701600911252,
        1.0,
    )
    return q * above / below


@scalar
def _quantile_outside(r):
    """Distance from 0 of a normal quantile; r = sqrt(-log(tail)) from 1.6 to 5."""
    r = r - 1.6
    above = _polynomial(
        r,
        7.7454501427834140764e-4,
        0.0227238449892691845833,
        0.24178072517745061177,
        1.27045825245236838258,
        3.64784832476320460504,
        5.7694972214606914055,
        4.6303378461565452959,
        1.42343711074968357734,
    )
    below = _polynomial(
        r,
        1.05075007164441684324e-9,
        5.475938084995344946e-4,
        0.0151986665636164571966,
        0.14810397642748007459,
        0.68976733498510000455,
        1.6763848301838038494,
        2.05319162663775882187,
        1.0,
    )
    return above / below


@scalar
def _quantile_far_outside(r):
    """As ``_quantile_outside``, r beyond 5."""
    r = r - 5.0
    above = _polynomial(
        r,
        2.01033439929228813265e-7,
        2.71155556874348757815e-5,
        0.0012426609473880784386,
        0.026532189526576123093,
        0.29656057182850489123,
        1.7848265399172913358,
        5.4637849111641143699,
        6.6579046435011037772,
    )
    below = _polynomial(
        r,
        2.04426310338993978564e-15,
        1.4215117583164458887e-7,
        1.8463183175100546818e-5,
        7.868691311456132591e-4,
        0.0148753612908506148525,
        0.13692988092273580531,
        0.59983220655588793769,
        1.0,
    )
    return above / below


@scalar
def normal_quantile(p):
    """The normal number with chance ``p`` at or below it; infinite at 0 and 1, NaN beyond."""
    q = p - 0.5
    if abs(q) <= 0.425:
        return _quantile_inside(q)
    tail = p if q < 0.0 else 1.0 - p
    if tail <= 0.0:
        return math.copysign(math.inf, q) if tail == 0.0 else math.nan
    r = math.sqrt(-log(tail))
    z = _quantile_outside(r) if r <= 5.0 else _quantile_far_outside(r)
    return -z if q < 0.0 else z
