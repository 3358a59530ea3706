"""What each target weighs: errors of the data, of the simulation and of the model, as matrices.

All targets stand one under another, k numbers in all. Numbers of one target err together, and so
do targets counted on the same accounts, where their joint covariance is given.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import block_diag, cholesky, solve_triangular

from simulator.calibrate.data.moments import Evidence, Simulated
from simulator.calibrate.estimate.discrepancy import (
    GUESSED_LOGIT_SD,
    SeriesDiscrepancy,
    estimate_logit_variance,
    estimate_series,
    guess_series,
    logit_slope,
)
from simulator.calibrate.settings import LevelTarget, SeriesTarget, Target
from simulator.reading.periods import period_places
from simulator.validation import UserError

F8 = NDArray[np.float64]
Discrepancy = SeriesDiscrepancy | float
"""Of one target: an autoregression of a series, else a variance in log-odds (0: none)."""

LEAST_SD: Final = 1e-5
"""Standard error of a number that is published without one (assumption)."""
_LEAST_EIGENVALUE: Final = 0.005
"""Of a correlation matrix: shares that sum to 1 carry no number twice, and a bootstrap's smallest
eigenvalues are noise."""


@dataclass(frozen=True, slots=True)
class StackedTargets:
    """All numbers seen, one under another; arrays of shape (k,), ``sampling`` (k, k).

    ``rows`` are each target's rows of the stack, ``kept`` the places of these numbers among the
    target's labels (numbers that are not known are left out), ``counted`` the targets whose
    numbers all come from counted accounts.
    """

    targets: tuple[str, ...]
    labels: tuple[str, ...]
    observed: F8
    sampling: F8
    rows: Mapping[str, slice]
    kept: Mapping[str, NDArray[np.int64]]
    counted: frozenset[str]
    kinds: Mapping[str, Target]

    @property
    def names(self) -> tuple[str, ...]:
        """``target (label)`` of every row."""
        return tuple(f"{t} ({lab})" for t, lab in zip(self.targets, self.labels, strict=True))

    def positions(self, target: str) -> F8:
        """Steps along a series of the target's rows: periods of the calendar."""
        kind = self.kinds[target]
        if not isinstance(kind, SeriesTarget):
            return self.kept[target].astype(np.float64)
        places = period_places(self.labels[self.rows[target]], kind.frequency)
        steps: F8 = places - places[0]
        return steps


def stack(
    evidence: Evidence, targets: Mapping[str, Target], joint: F8 | None = None
) -> tuple[StackedTargets, tuple[str, ...]]:
    """All numbers of ``evidence``, and warnings that name those that are not known.

    ``joint``: covariance of all of them, in the order of ``evidence``; None takes targets as
    independent of each other.
    """
    names: list[str] = []
    labels: list[str] = []
    rows: dict[str, slice] = {}
    kept: dict[str, NDArray[np.int64]] = {}
    warnings: list[str] = []
    for name, seen in evidence.items():
        known = np.flatnonzero(np.isfinite(seen.values))
        if known.size < len(seen.labels):
            lost = ", ".join(lab for i, lab in enumerate(seen.labels) if i not in known)
            warnings.append(f"target {name}: no value seen for {lost}; left out")
        rows[name] = slice(len(names), len(names) + known.size)
        kept[name] = known
        names += [name] * known.size
        labels += [seen.labels[i] for i in known]
    if not names:
        raise UserError("calibration.targets: none of them has a value that is known")
    everything = StackedTargets(
        targets=tuple(names),
        labels=tuple(labels),
        observed=_joined([seen.values for seen in evidence.values()], kept),
        sampling=_sampling(evidence, kept, joint),
        rows=rows,
        kept=kept,
        counted=frozenset(n for n, seen in evidence.items() if np.all(seen.counts[kept[n]] > 0)),
        kinds=targets,
    )
    return everything, tuple(warnings)


def _joined(parts: list[F8], kept: Mapping[str, NDArray[np.int64]]) -> F8:
    return np.concatenate([part[at] for part, at in zip(parts, kept.values(), strict=True)])


def _sampling(evidence: Evidence, kept: Mapping[str, NDArray[np.int64]], joint: F8 | None) -> F8:
    """Covariance of the known numbers' sampling errors, (k, k)."""
    covariance = block_diag(*(m.covariance for m in evidence.values())) if joint is None else joint
    sizes = [len(seen.labels) for seen in evidence.values()]
    starts = np.concatenate([[0], np.cumsum(sizes)])[:-1]
    known = np.concatenate([at + start for at, start in zip(kept.values(), starts, strict=True)])
    counts = _joined([seen.counts for seen in evidence.values()], kept)
    return _floored(covariance[np.ix_(known, known)], counts)


def _floored(covariance: F8, counts: F8) -> F8:
    """A share of n accounts that was never seen is known to about 1 / n, not exactly."""
    least = np.where(counts > 0, 1.0 / (counts + 2.0), LEAST_SD)
    lift = np.maximum(0.0, least**2 - np.diag(covariance))
    floored: F8 = covariance + np.diag(lift)
    return floored


def by_world(everything: StackedTargets, moments: Mapping[str, Simulated]) -> F8:
    """Simulated values of the stack's rows, (worlds, k)."""
    parts = [moments[name].by_world[:, kept] for name, kept in everything.kept.items()]
    return np.concatenate(parts, axis=1)


def simulation_covariance(everything: StackedTargets, worlds: F8) -> F8:
    """Error of the mean over ``worlds`` (worlds, k), (k, k).

    Targets that count accounts err as the data do, up to a factor for the number of accounts:
    few worlds suffice to estimate it. For others, deviations of the worlds, halfway drawn to
    independence. With one world counted targets err like the data, others are taken as exact.
    """
    n, k = worlds.shape
    spread = np.nan_to_num(np.cov(worlds, rowvar=False)).reshape(k, k) if n > 1 else None
    like_data, other = np.zeros(k), np.zeros((k, k))
    for name, rows in everything.rows.items():
        sampling = np.diag(everything.sampling)[rows]
        if name in everything.counted and sampling.size:
            own = sampling if spread is None else np.diag(spread)[rows]
            like_data[rows] = np.sqrt(np.mean(own / sampling))
        elif spread is not None:
            block = spread[rows, rows]
            other[rows, rows] = 0.5 * block + 0.5 * np.diag(np.diag(block))
    covariance: F8 = (everything.sampling * np.outer(like_data, like_data) + other) / n
    return covariance


def guess_discrepancies(everything: StackedTargets) -> dict[str, Discrepancy]:
    """Discrepancies assumed before anything has been fitted."""
    found: dict[str, Discrepancy] = {}
    for name, rows in everything.rows.items():
        match everything.kinds[name]:
            case SeriesTarget():
                found[name] = guess_series(everything.observed[rows])
            case LevelTarget():
                found[name] = 0.0
            case _:
                found[name] = GUESSED_LOGIT_SD**2
    return found


def estimate_discrepancies(
    everything: StackedTargets, deviations: F8, noise: F8
) -> dict[str, Discrepancy]:
    """Discrepancies that ``deviations`` (observed less simulated, (k,)) show beyond ``noise``."""
    found: dict[str, Discrepancy] = {}
    for name, rows in everything.rows.items():
        if rows.start == rows.stop:
            continue
        block = noise[rows, rows]
        match everything.kinds[name]:
            case SeriesTarget():
                at = everything.positions(name)
                level = float(np.abs(everything.observed[rows]).mean())
                found[name] = estimate_series(deviations[rows], block, at, level)
            case LevelTarget():
                found[name] = 0.0
            case _:
                found[name] = estimate_logit_variance(
                    deviations[rows], np.diag(block), everything.observed[rows]
                )
    return found


def discrepancy_covariance(everything: StackedTargets, found: Mapping[str, Discrepancy]) -> F8:
    """Covariance of what the model does not explain, (k, k)."""
    blocks: list[F8] = []
    for name, rows in everything.rows.items():
        size = rows.stop - rows.start
        match found.get(name, 0.0):
            case SeriesDiscrepancy() as series:
                blocks.append(series.covariance(everything.positions(name)))
            case variance if size:
                blocks.append(np.diag(variance * logit_slope(everything.observed[rows]) ** 2))
            case _:
                blocks.append(np.zeros((0, 0)))
    covariance: F8 = block_diag(*blocks)
    return covariance


def whitener(covariance: F8) -> F8:
    """Matrix V with V covariance V' = 1, (k, k); nearly singular directions count little."""
    sd = np.sqrt(np.diag(covariance))
    eigenvalues, vectors = np.linalg.eigh(covariance / np.outer(sd, sd))
    lifted = (vectors * np.maximum(eigenvalues, _LEAST_EIGENVALUE)) @ vectors.T
    lower = cholesky(lifted * np.outer(sd, sd), lower=True)
    inverse: F8 = solve_triangular(lower, np.eye(sd.size), lower=True)
    return inverse
