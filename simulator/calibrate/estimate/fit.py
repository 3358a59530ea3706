"""From targets to parameters: estimates, standard errors, and how well each target is met.

Simulated moments (McFadden 1989, Pakes and Pollard 1989): the parameters at which simulated
numbers, averaged over worlds, are closest to those seen, weighted by the inverse of their errors'
covariance. Two passes: the first guesses what the model cannot explain, the second estimates it
from the first one's misses (``discrepancy.py``).
"""

from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from simulator.calibrate.data.moments import Evidence
from simulator.calibrate.estimate.findings import (
    at_bounds,
    misses_by_target,
    missing,
    persistent,
    unsettled,
)
from simulator.calibrate.estimate.fitted import Fit
from simulator.calibrate.estimate.identification import parameter_findings, target_findings
from simulator.calibrate.estimate.parameter_transform import parameter_transform
from simulator.calibrate.estimate.search import MomentSource, Search, newton_step
from simulator.calibrate.estimate.standard_errors import covariance_of_estimate, points_by_seed
from simulator.calibrate.estimate.weighting_matrix import (
    discrepancy_covariance,
    estimate_discrepancies,
    guess_discrepancies,
    simulation_covariance,
    stack,
    whitener,
)
from simulator.calibrate.settings import CalibrationSettings
from simulator.progress import Progress

F8 = NDArray[np.float64]


def fit_parameters(
    source: MomentSource,
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
    scale = parameter_transform(settings.free)
    numbers, unknown = stack(evidence, settings.targets, joint)
    search = Search(source, scale, numbers, settings.step)
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
    covariance = covariance_of_estimate(slopes, whiten, errors, scale.prior_precision, left)
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
        seed_points=points_by_seed(search, point, slopes, whiten),
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
