"""What the data tell about the parameters, and which targets cannot be met together.

Everything here is local: slopes of the simulated numbers at the estimate. Coordinates are those of
the search (0 to 1), p of them; k numbers are compared.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

F8 = NDArray[np.float64]

LEAST_INFORMATION: Final = 0.5
"""Share of what is known that must come from the data, else the parameter is named."""
_NOTHING: Final = 0.1
MOST_CORRELATION: Final = 0.95
CLEAR_MISS: Final = 3.3
"""Standard errors; about one in a thousand by chance."""
_MISS_OF_PARTNER: Final = 2.0
_SAME_DIRECTION: Final = 0.5
_MOST_MESSAGES: Final = 8
_LARGE_LOADING: Final = 0.4


@dataclass(frozen=True, slots=True)
class WeakDirection:
    """A combination of parameters that the data leave open.

    ``information`` is that of the data over that of priors and bounds; ``loadings`` (p,) have
    length 1, in units of what was known before.
    """

    information: float
    loadings: F8


def information_shares(covariance: F8, sd_before: F8) -> F8:
    """Share of what is known of each parameter that comes from the data, (p,), 0 to 1.

    ``covariance`` (p, p) after the data, ``sd_before`` (p,) from priors and bounds alone.
    """
    shares: F8 = np.clip(1.0 - np.diag(covariance) / sd_before**2, 0.0, 1.0)
    return np.round(shares, 12)  # nothing is nothing, not a rounding error


def weak_directions(whitened_slopes: F8, sd_before: F8) -> tuple[WeakDirection, ...]:
    """Directions in which the data tell less than was known before, weakest first.

    ``whitened_slopes``: slopes of the numbers in standard errors, (k, p).
    """
    scaled = whitened_slopes * sd_before
    eigenvalues, vectors = np.linalg.eigh(scaled.T @ scaled)
    return tuple(
        WeakDirection(max(0.0, float(value)), vector)
        for value, vector in zip(eigenvalues, vectors.T, strict=True)
        if value < 1.0
    )


def parameter_findings(
    names: Sequence[str], covariance: F8, sd_before: F8, whitened_slopes: F8
) -> tuple[str, ...]:
    """Sentences that name parameters which the data do not pin down, alone or in pairs."""
    shares = information_shares(covariance, sd_before)
    found = [
        f"parameter {name} is {_verdict(share)} identified: {share:.0%} of what is known of it"
        f" comes from the data, the rest from prior and bounds"
        for name, share in zip(names, shares, strict=True)
        if share < LEAST_INFORMATION
    ]
    sd = np.sqrt(np.maximum(np.diag(covariance), np.finfo(float).tiny))
    correlation = covariance / np.outer(sd, sd)
    for i in range(len(names)):
        for j in range(i + 1, len(names)):
            if abs(correlation[i, j]) > MOST_CORRELATION:
                found.append(
                    f"parameters {names[i]} and {names[j]} are poorly identified: their errors are"
                    f" correlated by {correlation[i, j]:+.2f}"
                )
    for direction in weak_directions(whitened_slopes, sd_before):
        large = np.flatnonzero(np.abs(direction.loadings) > _LARGE_LOADING)
        if large.size > 2:
            members = ", ".join(f"{direction.loadings[i]:+.2f} {names[int(i)]}" for i in large)
            found.append(f"the data leave one combination of parameters open: {members}")
    return tuple(found)


def _verdict(share: float) -> str:
    return "not" if share < _NOTHING else "weakly"


def target_findings(names: Sequence[str], z: F8, slopes: F8) -> tuple[str, ...]:
    """Sentences that name targets which are missed, in pairs where they contradict each other.

    ``names`` of the k numbers, ``z`` (k,) simulated less observed in standard errors of sampling
    and simulation, ``slopes`` (k, p). Two targets contradict each other when no parameter can mend
    one without harming the other: they are missed on opposite sides and move together, or on the
    same side and move against each other.
    """
    length = np.linalg.norm(slopes, axis=1)
    unit = slopes / np.where(length > 0.0, length, 1.0)[:, None]
    conflict = -np.sign(np.outer(z, z)) * (unit @ unit.T)
    told: set[int] = set()
    found: list[str] = []
    for i in np.argsort(-np.abs(z)):
        if abs(z[i]) <= CLEAR_MISS or int(i) in told:
            continue
        partner = _partner(int(i), z, conflict)
        told.add(int(i))
        if partner is None:
            found.append(
                f"target {names[i]} is missed by {z[i]:+.1f} standard errors: the model explains"
                f" it badly"
            )
            continue
        told.add(partner)
        found.append(
            f"targets {names[i]} and {names[partner]} contradict each other: the best"
            f" fit misses them by {z[i]:+.1f} and {z[partner]:+.1f} standard errors"
        )
    rest = len(found) - _MOST_MESSAGES
    if rest > 0:
        found = [*found[:_MOST_MESSAGES], f"{rest} more misses of targets: see fit.csv"]
    return tuple(found)


def _partner(row: int, z: F8, conflict: F8) -> int | None:
    """The worst missed target in conflict with ``row``, or None."""
    candidates = (conflict[row] > _SAME_DIRECTION) & (np.abs(z) > _MISS_OF_PARTNER)
    candidates[row] = False
    if not candidates.any():
        return None
    return int(np.argmax(np.where(candidates, np.abs(z), -1.0)))
