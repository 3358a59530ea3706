"""Shares of accounts, and how sure of them the accounts make us: one form for data and model."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator.results.delinquency import share

B = NDArray[np.bool_]
F8 = NDArray[np.float64]
I2 = NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class Contributions:
    """What each account adds to k shares: how often it was at risk, and of these how often hit.

    ``hits`` and ``risks`` have shape (n_accounts, k); a share pooled over months may count an
    account several times.
    """

    labels: tuple[str, ...]
    hits: I2
    risks: I2

    def shares(self, weights: F8 | None = None) -> F8:
        """Hits over risks, (k,), each account with its weight; NaN where nobody was at risk."""
        each = np.ones(self.hits.shape[0]) if weights is None else weights
        return share(each @ self.hits, each @ self.risks)

    def counts(self) -> F8:
        """Account-months at risk behind each share, (k,)."""
        counts: F8 = self.risks.sum(axis=0, dtype=np.float64)
        return counts

    def influence(self) -> F8:
        """What each account moves each share by, (n_accounts, k).

        (hits - share * risks) / sum of risks: the linear part of a ratio of sums (delta method).
        Columns are scaled by sqrt(m / (m - 1)), m the accounts that were ever at risk, so that
        their squares add up to an unbiased variance for a plain share.
        """
        at_risk = (self.risks > 0).sum(axis=0)
        scale = np.sqrt(at_risk / np.maximum(at_risk - 1, 1))
        moved = (self.hits - np.nan_to_num(self.shares()) * self.risks) * scale
        influence: F8 = moved / np.maximum(self.counts(), 1.0)
        return influence


def stack(labels: Sequence[str], columns: Sequence[tuple[B | I2, B | I2]]) -> Contributions:
    """Contributions from (hits, risks) of each share, arrays of shape (n_accounts,)."""
    hits, risks = (np.stack(part, axis=1) for part in zip(*columns, strict=True))
    return Contributions(tuple(labels), hits.astype(np.int16), risks.astype(np.int16))


def covariance_of(parts: Sequence[Contributions]) -> F8:
    """Sampling covariance of all shares of ``parts``, which are of the same accounts in one order.

    Accounts are independent, months of one account need not be (clustered, closed form; no
    resampling). A share without any spread, 0 or 1 above all, would get the variance 0 and an
    infinite weight: it takes that of the Jeffreys estimate (hits + 1/2) / (risks + 1) instead.
    """
    moved = np.concatenate([part.influence() for part in parts], axis=1)
    hits = np.concatenate([part.hits.sum(axis=0, dtype=np.float64) for part in parts])
    risks = np.concatenate([part.counts() for part in parts])
    covariance: F8 = moved.T @ moved
    variance = np.diag(covariance)
    middle = (hits + 0.5) / (risks + 1.0)
    least = middle * (1.0 - middle) / (risks + 1.0)
    flat = variance <= np.finfo(np.float64).eps * least
    np.fill_diagonal(covariance, np.where(flat, least, variance))
    return covariance
