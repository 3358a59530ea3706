"""From targets to parameters: estimates, standard errors, and how well each target is met.

Simulated moments (McFadden 1989, Pakes and Pollard 1989): the parameters at which simulated
numbers, averaged over worlds, are closest to those seen, weighted by the inverse of their errors'
covariance. Two passes: the first guesses what the model cannot explain, the second estimates it
from the first one's misses (``discrepancy.py``).
"""

from time import perf_counter
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulator.calibrate.evidence import Evidence
from simulator.calibrate.findings import (
    at_bounds,
    misses_by_target,
    missing,
    persistent,
    unsettled,
)
from simulator.calibrate.fitted import Fit
from simulator.calibrate.identify import parameter_findings, target_findings
from simulator.calibrate.scale import UNIFORM_SD, search_scale
from simulator.calibrate.search import MomentSource, Search, newton_step
from simulator.calibrate.settings import CalibrationSettings
from simulator.calibrate.weighing import (
    discrepancy_covariance,
    estimate_discrepancies,
    guess_discrepancies,
    simulation_covariance,
    stack,
    whitener,
)
from simulator.progress import Progress

F8 = NDArray[np.float64]

_NEXT_TO_NOTHING: Final = 0.01
"""Precision of a coordinate (standard deviation 10) that keeps the errors of unidentified ones
finite."""


def fit_parameters(
    lab: MomentSource,
    evidence: Evidence,
    settings: CalibrationSettings,
    watch: Progress,
    joint: F8 | None = None,
) -> Fit:
    """Fit ``settings.free`` to ``evidence``; ``watch`` is told of each simulated point.

    ``joint`` is the covariance of all numbers of ``evidence`` in its order (None: targets are
    independent of each other). Raises ``UserError`` for anything that the user can mend.
    """
    started = perf_counter()
    scale = search_scale(settings.free)
    numbers, unknown = stack(evidence, settings.targets, joint)
    search = Search(lab, scale, numbers, settings.step)
    search.at(scale.start)  # before the bar: the first point may compile kernels, with its own
    search.watch = watch
    watch.start(most_evaluations(settings), "fitting (at most so many points)")
    guess = numbers.sampling + discrepancy_covariance(numbers, guess_discrepancies(numbers))
    first, _ = search.descend(whitener(guess), settings.rounds)

    noise = numbers.sampling + simulation_covariance(numbers, search.at(first))
    missed = -search.misses(first, np.zeros(numbers.observed.size))
    model = estimate_discrepancies(numbers, missed, noise)
    whiten = whitener(noise + discrepancy_covariance(numbers, model))
    _, settled = search.descend(whiten, settings.rounds)
    point, slopes = search.polish(whiten)
    watch.finish()
    return _conclude(
        search, point, slopes, whiten, settings, (*unknown, *unsettled(settled, settings)), started
    )


def most_evaluations(settings: CalibrationSettings) -> int:
    """Points simulated at most, each in ``settings.seeds`` worlds."""
    p = len(settings.free)
    return 2 * settings.rounds * (1 + p) + 3 * (1 + 2 * p)


def _conclude(
    search: Search,
    point: F8,
    slopes: F8,
    whiten: F8,
    settings: CalibrationSettings,
    warnings: tuple[str, ...],
    started: float,
) -> Fit:
    """Errors, fit and findings at the estimate."""
    numbers, scale = search.numbers, search.scale
    worlds, nothing = search.at(point), np.zeros(numbers.observed.size)
    noise = numbers.sampling + simulation_covariance(numbers, worlds)
    missed = search.misses(point, nothing)
    model = estimate_discrepancies(numbers, -missed, noise)
    residuals = search.residuals(point, whiten)
    left = newton_step(point, whiten @ slopes, residuals, scale)
    errors = noise + discrepancy_covariance(numbers, model)
    covariance = _covariance(slopes, whiten, errors, scale.prior_precision, left)
    n_priors = int(np.count_nonzero(scale.prior_precision))
    return Fit(
        scale=scale,
        numbers=numbers,
        point=point,
        covariance=covariance,
        slopes=slopes,
        worlds=worlds,
        mean=numbers.observed + missed,
        noise=noise,
        whiten=whiten,
        discrepancies=model,
        seed_points=_by_seed(search, point, slopes, whiten),
        chi2=float(np.sum(residuals**2)),
        dof=max(0, numbers.observed.size + n_priors - point.size),
        evaluations=len(search.worlds),
        seconds=perf_counter() - started,
        level=settings.level,
        warnings=(
            *warnings,
            *missing(search),
            *at_bounds(scale, point),
            *parameter_findings(scale.names, covariance, scale.sd_before_data, whiten @ slopes),
            *target_findings(*misses_by_target(numbers, missed, noise, slopes, model)),
            *persistent(numbers, missed, model),
        ),
    )


def _covariance(slopes: F8, whiten: F8, errors: F8, prior_precision: F8, left: F8) -> F8:
    """Covariance of the estimate on the search scale, (p, p).

    A sandwich: ``errors`` (k, k) are what the numbers' errors turned out to be, ``whiten`` the root
    of the weights. Where slopes would still move the estimate by ``left`` (p,), it is uncertain
    along that step as well, up to a doubled variance. A direction without information is as
    uncertain as the bounds leave it.
    """
    known = np.diag(prior_precision + _NEXT_TO_NOTHING)
    weighted = whiten @ slopes
    inverse = np.linalg.inv(weighted.T @ weighted + known)
    middle = weighted.T @ (whiten @ errors @ whiten.T) @ weighted + known
    wide = inverse @ middle @ inverse
    spread = np.sqrt(np.diag(wide))
    unsettled = np.clip(left, -spread, spread)
    wide += np.outer(unsettled, unsettled)
    shrink = np.minimum(1.0, UNIFORM_SD / np.sqrt(np.diag(wide)))
    covariance: F8 = wide * np.outer(shrink, shrink)
    return 0.5 * (covariance + covariance.T)


def _by_seed(search: Search, point: F8, slopes: F8, whiten: F8) -> F8:
    """One Gauss-Newton step from the estimate with each world's own numbers, (S, p)."""
    worlds = search.at(point)
    own = np.where(np.isfinite(worlds), worlds, search.mean(point))
    missed = np.nan_to_num(own - search.numbers.observed)
    prior = search.residuals(point, whiten)[worlds.shape[1] :]
    steps = [
        newton_step(point, whiten @ slopes, np.concatenate([whiten @ row, prior]), search.scale)
        for row in missed
    ]
    return point + np.stack(steps)
