"""Tail of weighted losses: value at risk and expected shortfall of a mixture of scenarios, and of
draws of the economy of which some were shifted towards large losses.

Equations: docs/model.md, section 14.10. All functions take arrays of what each path lost.
"""

from dataclasses import dataclass
from functools import cached_property
from math import ceil, nan
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv, stdtrit

from simulator.results.estimate import Estimate
from simulator.results.intervals import CONFIDENCE

F8 = NDArray[np.float64]

LEAST_TAIL_PATHS: Final = 5
"""Independent paths that must lie beyond a level for it to be estimated (assumption)."""
LEAST_FOR_INTERVAL: Final = 20
"""Effective paths beyond a level below which a weighted figure has no interval (assumption)."""
MISSING: Final = Estimate(nan)
_LOWER, _UPPER = 0.5 - CONFIDENCE / 2.0, 0.5 + CONFIDENCE / 2.0
_ROUNDING: Final = 1e-12


@dataclass(frozen=True, eq=False)
class WeightedLosses:
    """What is lost on each draw of the economy, and how much each draw counts.

    ``values`` (draws, k): the k losses of a draw, of its replicates under each scenario; ``shares``
    (k,) of them, adding up to 1. ``weights`` (draws,): density of the draw in the world over that
    with which it was drawn, mean 1 in expectation. ``blocks`` (draws,): number of the block of
    draws that it belongs to, each of which was drawn from one distribution.
    """

    values: F8
    shares: F8
    weights: F8
    blocks: NDArray[np.int64]

    @staticmethod
    def plain(values: F8, shares: F8) -> "WeightedLosses":
        """Of draws from the world itself, which count alike."""
        n_draws = len(values)
        return WeightedLosses(values, shares, np.ones(n_draws), np.zeros(n_draws, dtype=np.int64))

    @property
    def n_draws(self) -> int:
        """Number of draws of the economy."""
        return len(self.weights)

    @cached_property
    def _ordered(self) -> tuple[F8, F8]:
        """Losses, the largest first, and the probability of those before each."""
        masses = (self.weights[:, None] * self.shares / self.n_draws).ravel()
        order = np.argsort(-self.values.ravel(), kind="stable")
        before = np.cumsum(masses[order]) - masses[order]
        return self.values.ravel()[order], before

    def quantile(self, beyond: float) -> float:
        """Smallest loss that is exceeded with a probability of at most ``beyond``."""
        ordered, before = self._ordered
        last = int(np.searchsorted(before, beyond + _ROUNDING, side="right")) - 1
        return float(ordered[max(last, 0)])

    def per_draw(self, figures: F8) -> F8:
        """``figures`` (draws, k) of each loss as weighted numbers by draw, whose mean is theirs."""
        return np.asarray(self.weights * (figures * self.shares).sum(axis=1))

    def error(self, by_draw: F8) -> float:
        """Standard error of the mean of ``by_draw`` (draws,), block by block; NaN with one draw.

        Each block is a sample of its own, so that its mean's scatter around the whole is none.
        Source: Cochran 1977, Sampling Techniques, section 5.3 (stratified sampling).
        """
        total = 0.0
        for block in np.unique(self.blocks):
            own = by_draw[self.blocks == block]
            total += own.size * float(own.var(ddof=1)) if own.size > 1 else nan
        return float(np.sqrt(total)) / self.n_draws

    def effective_beyond(self, level: float) -> float:
        """Effective draws beyond the quantile at ``level``: as many that count alike.

        Source: Kish 1965, Survey Sampling, section 11.7.
        """
        found = self.per_draw((self.values > self.quantile(1.0 - level)).astype(np.float64))
        squares = float((found**2).sum())
        return float(found.sum()) ** 2 / squares if squares > 0.0 else 0.0


def can_tell(losses: WeightedLosses, level: float) -> bool:
    """Whether enough draws lie beyond ``level`` for a figure."""
    return losses.effective_beyond(level) >= LEAST_TAIL_PATHS - 1e-9


def draws_needed(losses: WeightedLosses, level: float) -> int:
    """About how many draws, drawn alike, ``level`` needs for a figure; where none is beyond, as if
    they counted alike."""
    found = losses.effective_beyond(level) or losses.n_draws * (1.0 - level)
    return ceil(losses.n_draws * LEAST_TAIL_PATHS / found - 1e-6)


def value_at_risk(losses: WeightedLosses, level: float) -> Estimate[float]:
    """Quantile at ``level``, with the interval between two quantiles.

    These are exceeded with the probabilities at the ends of the exact binomial interval of the
    probability beyond, for as many independent draws as have its error. Source: Woodruff 1952;
    Korn and Graubard 1998 (effective sample size in a binomial interval); Glynn 1996 (quantiles
    by importance sampling).
    """
    if not can_tell(losses, level):
        return MISSING
    beyond = 1.0 - level
    found = losses.quantile(beyond)
    error = losses.error(losses.per_draw((losses.values > found).astype(np.float64)))
    if losses.effective_beyond(level) < LEAST_FOR_INTERVAL - 1e-9 or not error > 0.0:
        return Estimate(found)
    size = beyond * level / error**2
    hits, misses = size * beyond, size * level
    least = float(betaincinv(hits, misses + 1.0, _LOWER))
    most = float(betaincinv(hits + 1.0, misses, _UPPER))
    return Estimate(found, losses.quantile(most), losses.quantile(least), error)


def shortfall_values(losses: WeightedLosses, level: float) -> F8:
    """Numbers (draws,) whose mean is the expected shortfall, and whose scatter is its error.

    VaR + w max(0, loss - VaR) / (1 - level); the influence of VaR itself cancels.
    Source: Rockafellar and Uryasev 2000.
    """
    at = losses.quantile(1.0 - level)
    return at + losses.per_draw(np.maximum(losses.values - at, 0.0)) / (1.0 - level)


def expected_shortfall(losses: WeightedLosses, level: float) -> Estimate[float]:
    """Mean of the worst 1 - ``level``, with Student's interval."""
    if not can_tell(losses, level):
        return MISSING
    return _mean(losses, shortfall_values(losses, level), losses.effective_beyond(level))


def shortfall_difference(
    losses: WeightedLosses, other: WeightedLosses, level: float
) -> Estimate[float]:
    """Expected shortfall of ``losses`` less that of ``other`` on the same draws."""
    if not (can_tell(losses, level) and can_tell(other, level)):
        return MISSING
    change = shortfall_values(losses, level) - shortfall_values(other, level)
    tail = min(each.effective_beyond(level) for each in (losses, other))
    return _mean(losses, change, tail)


def _mean(losses: WeightedLosses, by_draw: F8, tail: float) -> Estimate[float]:
    """Mean of ``by_draw`` (draws,); ``tail`` draws beyond the level tell of its scatter."""
    mean, error = float(by_draw.mean()), losses.error(by_draw)
    if tail < LEAST_FOR_INTERVAL - 1e-9:
        return Estimate(mean)
    margin = float(stdtrit(min(losses.n_draws, tail) - 1.0, _UPPER)) * error
    return Estimate(mean, mean - margin, mean + margin, error)
