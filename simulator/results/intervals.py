"""Mean, interval and quantiles over paths; one place for missing values and for clusters."""

from dataclasses import fields, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv, stdtrit

from simulator.results.estimate import F8, Estimate

CONFIDENCE: Final = 0.95
QUANTILES: Final = {"p05": 0.05, "p50": 0.5, "p95": 0.95}
_CHUNK: Final = 4_000_000
"""Numbers worked on at once; bounds scratch memory, changes no result."""
FEW_DRAWS: Final = 10
"""Draws of the economy below which correlations are taken as 0."""
_SAMPLES: Final = 20_000
"""Drawn to find the width of simultaneous intervals; the chance is then known to 0.2 %."""


def over_paths(values: F8, draws_per_path: int) -> Estimate[F8]:
    """Statistics of ``values``, shape (paths, ...), over the first axis; NaN is left out.

    Each of the shape of one path's values; NaN where no path has one, and error and interval also
    where fewer than two macro draws have.

    Paths of one macro draw are correlated, so the standard error is that of means over macro
    draws: sqrt(G / (G - 1) * sum_g (sum of deviations in g)^2) / N, which for equal clusters is
    the usual one of G cluster means. The interval is Student's t with G - 1 degrees of freedom.
    Source: Liang and Zeger 1986 (cluster-robust variance of a mean).
    """
    n_paths, shape = values.shape[0], values.shape[1:]
    flat = values.reshape(n_paths, -1)
    out = np.empty((len(fields(Estimate)), flat.shape[1]), dtype=np.float64)
    width = max(1, _CHUNK // max(1, n_paths))
    for first in range(0, flat.shape[1], width):
        block = slice(first, first + width)
        mean, se, n_draws = _mean_and_error(flat[:, block], draws_per_path)
        dof = np.where(n_draws > 1, n_draws - 1.0, np.nan)
        margin = stdtrit(dof, 0.5 + CONFIDENCE / 2.0) * se
        out[:4, block] = mean, mean - margin, mean + margin, se
        out[4:, block] = _quantiles(flat[:, block])
    return Estimate(*out.reshape(-1, *shape))


def simultaneous(values: F8, draws_per_path: int) -> Estimate[F8]:
    """As ``over_paths`` of ``values`` (paths, k), with intervals that hold all k at once.

    The width is that of the largest of k correlated Student's t: means and variances of normal
    draws with the correlation of ``values`` over macro draws. Columns without any scatter add
    nothing. Source: Hothorn, Bretz and Westfall 2008, Simultaneous inference in general
    parametric models (max-t); Bartlett 1933 (factor of a Wishart matrix).
    With few draws the correlation is not known: below ``FEW_DRAWS`` the width is at least that of
    independent columns (Sidak 1967).
    """
    found = over_paths(values, draws_per_path)
    sums = values.reshape(-1, draws_per_path, values.shape[1]).sum(axis=1)
    deviation = sums - sums.mean(axis=0)
    size = np.sqrt((deviation**2).sum(axis=0))
    moving = np.isfinite(size) & (size > 1e-12 * np.abs(sums).max(axis=0, initial=0.0))
    n = np.count_nonzero(moving)
    if len(sums) < 2 or n < 2:
        return found
    dof = len(sums) - 1
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


def ratio_over_paths(numerator: F8, denominator: F8, draws_per_path: int) -> Estimate[F8]:
    """Ratio of the means of two arrays of shape (paths, ...), which must not hold NaN.

    A path's own ratio may not exist, so it is not averaged. The standard error is that of the mean
    of ``numerator - ratio * denominator``, over the denominator's mean: the delta method, over
    macro draws as in ``over_paths``. NaN where the interval of the denominator's mean is not above
    zero: the ratio may then have either sign and any size, and the delta method fails. Quantiles
    are over the paths whose denominator is above zero.
    Source: Cochran 1977, Sampling Techniques, section 2.11.
    """
    size = _size(denominator, draws_per_path)
    ratio = numerator.mean(axis=0) / size
    residual = over_paths(numerator - ratio * denominator, draws_per_path)
    se = residual.se / size
    margin = (residual.ci_high - residual.mean) / size
    own = np.full(denominator.shape, np.nan)
    np.divide(numerator, denominator, out=own, where=(denominator > 0.0) & ~np.isnan(size))
    spread = over_paths(own, draws_per_path)
    return replace(spread, mean=ratio, ci_low=ratio - margin, ci_high=ratio + margin, se=se)


def linear_ratio(numerator: F8, denominator: F8, draws_per_path: int) -> F8:
    """Numbers by path, (paths, ...), whose mean is the ratio of the means of the two.

    R + (numerator - R * denominator) / mean of the denominator: their error is that of
    ``ratio_over_paths``, and the error of paired differences that of a difference of two ratios.
    NaN where the interval of the denominator's mean is not above zero.
    """
    size = _size(denominator, draws_per_path)
    ratio = numerator.mean(axis=0) / size
    return np.asarray(ratio + (numerator - ratio * denominator) / size)


def _size(denominator: F8, draws_per_path: int) -> F8:
    """Mean of a denominator that may divide; NaN where its interval is not above zero.

    Without an interval, which a single draw of the economy does not have, every path must be.
    """
    below = over_paths(denominator, draws_per_path)
    alone = np.isnan(below.ci_low) & (denominator > 0.0).all(axis=0)
    return np.where((below.ci_low > 0.0) | alone, below.mean, np.nan)


def with_spread(found: Estimate[F8], spread: Estimate[F8]) -> Estimate[F8]:
    """``found`` with the error and the width of the interval of ``spread``, around its own mean."""
    return replace(
        found,
        se=spread.se,
        ci_low=found.mean + spread.ci_low - spread.mean,
        ci_high=found.mean + spread.ci_high - spread.mean,
    )


def share_over_paths(indicator: F8, draws_per_path: int) -> Estimate[F8]:
    """Share of paths on which ``indicator`` (paths, ...) is 1.0, else 0.0; it may not hold NaN.

    The interval is the exact binomial one for the effective number of paths: it lies in 0..1 and
    tells of chances that happened on no path. Without a path that differs, draws of the economy
    count. Source: Clopper and Pearson 1934; Korn and Graubard 1998 (effective sample size).
    """
    found = over_paths(indicator, draws_per_path)
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
    found = over_paths(indicator, draws_per_path)
    mean, se = found.mean, found.se
    independent = mean * (1.0 - mean) / n_paths
    known = (independent > 0.0) & ~np.isnan(se)
    effect = np.full(mean.shape, float(draws_per_path))
    np.divide(se**2, independent, out=effect, where=known)
    return np.asarray(n_paths / np.clip(effect, 1.0, float(draws_per_path)))


def _mean_and_error(values: F8, draws_per_path: int) -> tuple[F8, F8, NDArray[np.int64]]:
    """Mean, clustered standard error and macro draws with a value, each of shape (columns,)."""
    valid = ~np.isnan(values)
    n_valid = valid.sum(axis=0)
    total = np.where(valid, values, 0.0).sum(axis=0)
    mean = np.divide(total, n_valid, out=np.full(n_valid.shape, np.nan), where=n_valid > 0)
    clusters = (-1, draws_per_path, values.shape[1])
    deviation = np.where(valid, values - mean, 0.0).reshape(clusters).sum(axis=1)
    n_draws = valid.reshape(clusters).any(axis=1).sum(axis=0)
    enough = n_draws > 1
    draws, paths = np.where(enough, n_draws, 2), np.maximum(n_valid, 1)
    se = np.sqrt((deviation**2).sum(axis=0) * draws / (draws - 1.0)) / paths
    return mean, np.where(enough, se, np.nan), n_draws


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
