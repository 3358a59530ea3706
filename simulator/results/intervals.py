"""Mean, interval and quantiles over paths; one place for missing values and for clusters."""

from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Final

import numpy as np
from scipy.special import betaincinv, stdtrit

from simulator.results.estimate import F8, Estimate
from simulator.results.sampling import Draws, Sampling

CONFIDENCE: Final = 0.95
QUANTILES: Final = {"p05": 0.05, "p50": 0.5, "p95": 0.95}
_CHUNK: Final = 1_000_000
"""Numbers worked on at once; bounds scratch memory, changes no result."""
FEW_DRAWS: Final = 10
"""Draws of the economy below which correlations are taken as 0."""
_SAMPLES: Final = 20_000
"""Drawn to find the width of simultaneous intervals; the chance is then known to 0.2 %."""


def over_paths(values: F8, draws: Draws) -> Estimate[F8]:
    """Statistics of ``values``, shape (paths, ...), over the first axis; NaN is left out.

    Each of the shape of one path's values; NaN where no path has one, and error and interval also
    where fewer than two macro draws have.

    Paths of one macro draw are correlated, so the standard error is that of means over macro
    draws: sqrt(G / (G - 1) * sum_g (sum of deviations in g)^2) / N, which for equal clusters is
    the usual one of G cluster means. The interval is Student's t with G - 1 degrees of freedom.
    Source: Liang and Zeger 1986 (cluster-robust variance of a mean).

    Where something is known of the draws, and every path has a value, the mean is the intercept of
    the least squares of the draws' means on 1 and the q controls, with its textbook error and
    G - q - 1 degrees of freedom. Quantiles are those of the values.
    Source: Lavenberg and Welch 1981 (control variates with estimated coefficients).
    """
    n_paths, shape = values.shape[0], values.shape[1:]
    flat = values.reshape(n_paths, -1)
    out = np.empty((len(fields(Estimate)), flat.shape[1]), dtype=np.float64)
    width = max(1, _CHUNK // max(1, n_paths))
    for first in range(0, flat.shape[1], width):
        block = slice(first, first + width)
        columns = flat[:, block]
        if columns.shape[1] == 1:  # a column alone would be summed in another order
            columns = np.repeat(columns, 2, axis=1)
        mean, se, dof = _mean_and_error(columns, draws)
        margin = stdtrit(np.where(dof > 0, dof, np.nan), 0.5 + CONFIDENCE / 2.0) * se
        out[:4, block] = np.stack((mean, mean - margin, mean + margin, se))[:, : out[0, block].size]
        out[4:, block] = _quantiles(flat[:, block])
    return Estimate(*out.reshape(-1, *shape))


def t_width(draws: Draws, n_paths: int) -> float:
    """Half the width of an interval over the standard error of a mean over all ``n_paths``.

    NaN where there is none: with fewer than two macro draws.
    """
    dof = dof_of(draws, n_paths)
    return float(stdtrit(dof, 0.5 + CONFIDENCE / 2.0)) if dof > 0 else float("nan")


def dof_of(draws: Draws, n_paths: int) -> int:
    """Degrees of freedom of the error of a mean over all ``n_paths``."""
    return n_paths // draws.replicates - 1 - draws.n_controls


def over_months(
    values: F8, months: Sequence[int | None], sampling: Sampling, month_axis: int = -1
) -> Estimate[F8]:
    """As ``over_paths`` of ``values`` (paths, ..., months, ...), each month with its own controls.

    ``month_axis`` is that of ``months`` in ``values``; a month None is the whole horizon.
    """
    if sampling.deviation is None or all(month is None for month in months):
        return over_paths(values, sampling.whole)
    by_month = np.moveaxis(values, month_axis, 0)
    axis = month_axis if month_axis < 0 else month_axis - 1
    found = [over_paths(x, sampling.of(month)) for x, month in zip(by_month, months, strict=True)]
    parts = zip(*(estimate.parts() for estimate in found), strict=True)
    return Estimate(*(np.stack(part, axis=axis) for part in parts))


def simultaneous(values: F8, draws: Draws) -> Estimate[F8]:
    """As ``over_paths`` of ``values`` (paths, k), with intervals that hold all k at once.

    The width is that of the largest of k correlated Student's t: means and variances of normal
    draws with the correlation of ``values`` over macro draws, given what is known of these.
    Columns without any scatter add nothing. Source: Hothorn, Bretz and Westfall 2008, Simultaneous
    inference in general parametric models (max-t); Bartlett 1933 (factor of a Wishart matrix).
    With few draws the correlation is not known: below ``FEW_DRAWS`` the width is at least that of
    independent columns (Sidak 1967).
    """
    found = over_paths(values, draws)
    sums = values.reshape(-1, draws.replicates, values.shape[1]).sum(axis=1)
    deviation, _ = _explained(sums - sums.mean(axis=0), draws)
    size = np.sqrt((deviation**2).sum(axis=0))
    moving = np.isfinite(size) & (size > 1e-12 * np.abs(sums).max(axis=0, initial=0.0))
    n = np.count_nonzero(moving)
    if len(sums) < 2 or n < 2:
        return found
    dof = len(sums) - 1 - draws.n_controls
    largest = _largest_t(deviation[:, moving] / size[moving], dof)
    if len(sums) < FEW_DRAWS:
        largest = max(largest, float(stdtrit(dof, 0.5 + 0.5 * CONFIDENCE ** (1.0 / n))))
    width = largest * found.se
    return replace(found, ci_low=found.mean - width, ci_high=found.mean + width)


def _largest_t(directions: F8, dof: int) -> float:
    """Quantile at ``CONFIDENCE`` of the largest |t| of columns (draws, k) of length 1."""
    _, stretch, turn = np.linalg.svd(directions, full_matrices=False)
    kept = stretch > 1e-9
    factor = (stretch[kept, None] * turn[kept]).T
    rank = factor.shape[1]
    random = np.random.default_rng(20260101)
    least = float(stdtrit(dof, 0.5 + CONFIDENCE / 2.0))
    largest = np.empty(_SAMPLES)
    step = max(1, _CHUNK // factor.size)
    for first in range(0, _SAMPLES, step):
        here = slice(first, min(first + step, _SAMPLES))
        n = here.stop - here.start
        wishart = np.tril(random.standard_normal((n, rank, rank)), -1)
        squares = random.chisquare(dof - np.arange(rank), (n, rank))
        wishart[:, np.arange(rank), np.arange(rank)] = np.sqrt(squares)
        spread = np.sqrt(((factor @ wishart) ** 2).sum(axis=2) / dof)
        means = random.standard_normal((n, rank)) @ factor.T
        largest[here] = (np.abs(means) / spread).max(axis=1)
    return max(least, float(np.quantile(largest, CONFIDENCE)))


def ratio_over_paths(numerator: F8, denominator: F8, draws: Draws) -> Estimate[F8]:
    """Ratio of the means of two arrays of shape (paths, ...), which must not hold NaN.

    A path's own ratio may not exist, so it is not averaged: mean and interval are those of the
    ``linear_ratio``. Quantiles are over the paths whose denominator is above zero.
    Source: Cochran 1977, Sampling Techniques, section 2.11.
    """
    found = over_paths(linear_ratio(numerator, denominator, draws.replicates), draws)
    own = own_ratios(numerator, denominator)
    return with_quantiles(found, np.where(np.isnan(found.mean), np.nan, own))


def own_ratios(numerator: F8, denominator: F8) -> F8:
    """The ratio of each path; NaN where the denominator is not above zero."""
    own = np.full(denominator.shape, np.nan)
    np.divide(numerator, denominator, out=own, where=denominator > 0.0)
    return own


def linear_ratio(numerator: F8, denominator: F8, replicates: int) -> F8:
    """Numbers by path, (paths, ...), whose mean is the ratio of the means of the two.

    R + (numerator - R * denominator) / mean of the denominator: their error is that of the ratio
    by the delta method, and the error of paired differences that of a difference of two ratios.
    NaN where the interval of the denominator's mean is not above zero: the ratio may then have
    either sign and any size, and the delta method fails.
    """
    size = _size(denominator, replicates)
    ratio = numerator.mean(axis=0) / size
    return np.asarray(ratio + (numerator - ratio * denominator) / size)


def _size(denominator: F8, replicates: int) -> F8:
    """Mean of a denominator that may divide; NaN where its interval is not above zero.

    Without an interval, which a single draw of the economy does not have, every path must be.
    """
    below = over_paths(denominator, Draws(replicates))
    alone = np.isnan(below.ci_low) & (denominator > 0.0).all(axis=0)
    return np.where((below.ci_low > 0.0) | alone, below.mean, np.nan)


def with_quantiles(found: Estimate[F8], values: F8) -> Estimate[F8]:
    """``found`` with the quantiles of ``values`` (paths, ...)."""
    quantiles = _quantiles(values.reshape(len(values), -1)).reshape(-1, *values.shape[1:])
    return replace(found, **dict(zip(QUANTILES, quantiles, strict=True)))


def around(spread: F8, values: F8) -> F8:
    """``spread`` moved so that its mean is that of ``values``, both (paths, ...); NaN left out.

    All paths together make a part of each value (an estimated rate), so that the scatter of
    ``values`` over paths promises too much; ``spread`` has that of their mean.
    """
    return np.asarray(spread + (_mean(values) - _mean(spread)))


def _mean(values: F8) -> F8:
    """Mean over the first axis of what is not NaN; NaN where nothing is."""
    valid = ~np.isnan(values)
    n_valid = valid.sum(axis=0)
    total = np.where(valid, values, 0.0).sum(axis=0)
    mean: F8 = np.divide(total, n_valid, out=np.full(n_valid.shape, np.nan), where=n_valid > 0)
    return mean


def share_over_paths(indicator: F8, draws_per_path: int) -> Estimate[F8]:
    """Share of paths on which ``indicator`` (paths, ...) is 1.0, else 0.0; it may not hold NaN.

    The interval is the exact binomial one for the effective number of paths: it lies in 0..1 and
    tells of chances that happened on no path. Without a path that differs, draws of the economy
    count. Source: Clopper and Pearson 1934; Korn and Graubard 1998 (effective sample size).
    """
    found = over_paths(indicator, Draws(draws_per_path))
    size = effective_paths(indicator, draws_per_path)
    hits, misses = found.mean * size, (1.0 - found.mean) * size
    low = np.where(hits > 0.0, betaincinv(hits, misses + 1.0, 0.5 - CONFIDENCE / 2.0), 0.0)
    high = np.where(misses > 0.0, betaincinv(hits + 1.0, misses, 0.5 + CONFIDENCE / 2.0), 1.0)
    return replace(found, ci_low=low, ci_high=high)


def effective_paths(indicator: F8, draws_per_path: int) -> F8:
    """Independent paths that tell as much about the mean of a 0/1 ``indicator`` (paths, ...).

    Paths over the design effect: the variance of the mean over macro draws against that over
    independent paths, at least 1 and at most the replicates (which it is where it is unknown).
    Source: Kish 1965, Survey Sampling, section 8.2.
    """
    n_paths = indicator.shape[0]
    found = over_paths(indicator, Draws(draws_per_path))
    mean, se = found.mean, found.se
    independent = mean * (1.0 - mean) / n_paths
    known = (independent > 0.0) & ~np.isnan(se)
    effect = np.full(mean.shape, float(draws_per_path))
    np.divide(se**2, independent, out=effect, where=known)
    return np.asarray(n_paths / np.clip(effect, 1.0, float(draws_per_path)))


def _mean_and_error(values: F8, draws: Draws) -> tuple[F8, F8, F8]:
    """Mean, standard error and degrees of freedom, each of shape (columns,)."""
    valid = ~np.isnan(values)
    n_valid, mean = valid.sum(axis=0), _mean(values)
    clusters = (-1, draws.replicates, values.shape[1])
    deviation = np.where(valid, values - mean, 0.0).reshape(clusters).sum(axis=1)
    n_draws = valid.reshape(clusters).any(axis=1).sum(axis=0).astype(np.float64)
    dof = n_draws - 1.0
    enough = np.where(dof > 0.0, dof, np.nan)
    se = np.sqrt((deviation**2).sum(axis=0) * n_draws / enough) / np.maximum(n_valid, 1)
    if draws.found is not None:
        whole = n_valid == len(values)
        rest, off = _explained(deviation[:, whole] / draws.replicates, draws)
        left = len(rest) - 1.0 - draws.n_controls
        scale = (1.0 / len(rest) + (draws.found**2).sum()) / left
        mean[whole] -= off
        se[whole] = np.sqrt((rest**2).sum(axis=0) * scale)
        dof[whole] = left
    return mean, se, dof


def _explained(deviation: F8, draws: Draws) -> tuple[F8, F8]:
    """What controls leave of ``deviation`` (draws, columns), and how far the mean is off.

    Deviations are from the plain mean, so that a figure without scatter keeps it to the bit.
    """
    rest, off = deviation, np.zeros(deviation.shape[1])
    if draws.directions is not None and draws.found is not None:
        for direction, found in zip(draws.directions.T, draws.found, strict=True):
            slope = (direction[:, None] * deviation).sum(axis=0)
            rest, off = rest - direction[:, None] * slope, off + found * slope
    return rest, off


def _quantiles(values: F8) -> F8:
    """``QUANTILES`` of each column by linear interpolation, shape (3, columns)."""
    ordered = np.sort(values, axis=0)  # NaN goes to the end
    n_valid = np.count_nonzero(~np.isnan(ordered), axis=0)
    out = np.empty((len(QUANTILES), values.shape[1]), dtype=np.float64)
    for row, probability in enumerate(QUANTILES.values()):
        position = np.maximum(n_valid - 1, 0) * probability
        low = np.floor(position).astype(np.int64)
        high = np.minimum(low + 1, np.maximum(n_valid - 1, 0))
        below = np.take_along_axis(ordered, low[None], axis=0)[0]
        above = np.take_along_axis(ordered, high[None], axis=0)[0]
        out[row] = below + (position - low) * (above - below)
    return out
