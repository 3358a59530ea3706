"""The elementary functions over arrays: each fills ``out`` from ``x``, both of shape (n,)."""

from simulator.kernels import elementary
from simulator.kernels.jit import loop


@loop
def fill_exp(x, out):
    """``elementary.exp`` of each number."""
    for k in range(x.size):
        out[k] = elementary.exp(x[k])


@loop
def fill_expm1(x, out):
    """``elementary.expm1`` of each number."""
    for k in range(x.size):
        out[k] = elementary.expm1(x[k])


@loop
def fill_log(x, out):
    """``elementary.log`` of each number."""
    for k in range(x.size):
        out[k] = elementary.log(x[k])


@loop
def fill_log1p(x, out):
    """``elementary.log1p`` of each number."""
    for k in range(x.size):
        out[k] = elementary.log1p(x[k])


@loop
def fill_logistic(x, out):
    """``elementary.logistic`` of each number."""
    for k in range(x.size):
        out[k] = elementary.logistic(x[k])


@loop
def fill_log_odds(x, out):
    """``elementary.log_odds`` of each number."""
    for k in range(x.size):
        out[k] = elementary.log_odds(x[k])


@loop
def fill_normal_cdf(x, out):
    """``elementary.normal_cdf`` of each number."""
    for k in range(x.size):
        out[k] = elementary.normal_cdf(x[k])


@loop
def fill_normal_quantile(x, out):
    """``elementary.normal_quantile`` of each number."""
    for k in range(x.size):
        out[k] = elementary.normal_quantile(x[k])


@loop
def fill_power(x, y, out):
    """``elementary.power`` of each pair."""
    for k in range(x.size):
        out[k] = elementary.power(x[k], y[k])
