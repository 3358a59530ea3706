"""From targets to parameters: estimates, standard errors, and how well each target is met.

Simulated moments (McFadden 1989, Pakes and Pollard 1989): the parameters at which simulated
numbers, averaged over worlds, are closest to those seen, weighted by the inverse of their errors'
covariance. Two passes: the first guesses what the model cannot explain, the second estimates it
from the first one's misses (``discrepancy.py``).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from time import perf_counter
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from simulator.calibrate.discrepancy import SeriesDiscrepancy
from simulator.calibrate.evidence import Evidence, Simulated
from simulator.calibrate.identify import (
    CLEAR_MISS,
    information_shares,
    parameter_findings,
    target_findings,
)
from simulator.calibrate.scale import UNIFORM_SD, SearchScale, search_scale
from simulator.calibrate.search import MomentSource, Search, newton_step
from simulator.calibrate.settings import CalibrationSettings
from simulator.calibrate.weighing import (
    Discrepancy,
    Stack,
    discrepancy_covariance,
    estimate_discrepancies,
    guess_discrepancies,
    simulation_covariance,
    stack,
    whitener,
)
from simulator.experiment import Progress
from simulator.kernels.rng import uniforms
from simulator.vocabulary import Domain, Draw

F8 = NDArray[np.float64]

_AT_BOUND: Final = 0.005
_NEXT_TO_NOTHING: Final = 0.01
"""Precision of a coordinate (standard deviation 10) that keeps the errors of unidentified ones
finite."""
_MOST_REDRAWS: Final = 16
"""Draws of parameters made for each that is wanted."""
_FIRST_COLUMN: Final = 60_000
"""Columns of synthesis luck from here on belong to draws of parameters."""


@dataclass(frozen=True, slots=True)
class FitRow:
    """One number: seen, simulated, and their errors; fractions.

    ``z`` is simulated less observed over the errors of sampling and simulation together;
    ``discrepancy_sd`` is what the model is taken not to explain.
    """

    target: str
    label: str
    observed: float
    sampling_se: float
    simulated: float
    simulation_se: float
    discrepancy_sd: float
    z: float


@dataclass(frozen=True, slots=True)
class ParameterRow:
    """One parameter, in its own unit; ``prior_sd`` on the scale of its settings.

    ``ci_low`` and ``ci_high`` are normal on the search scale, ``se`` is their slope at the
    estimate. ``information`` is the share of what is known that comes from the data.
    ``simulation_se`` is the part of ``se`` that more worlds would remove.
    """

    name: str
    scale: str
    low: float
    high: float
    start: float
    estimate: float
    se: float
    ci_low: float
    ci_high: float
    prior_mean: float | None
    prior_sd: float | None
    prior_source: str
    information: float
    simulation_se: float


@dataclass(frozen=True, slots=True)
class Fit:
    """What the data say about p parameters by k numbers in S worlds.

    ``point`` (p,) and ``covariance`` (p, p) are on the search scale (0 to 1); ``slopes`` (k, p)
    are changes of the numbers per unit of it; ``worlds`` (S, k) the simulated numbers at the
    estimate; ``noise`` (k, k) the errors of sampling and simulation, ``whiten`` (k, k) the weights'
    root; ``seed_points`` (S, p) what each world alone would have given, to first order.
    ``chi2`` counts priors as observations.
    """

    scale: SearchScale
    numbers: Stack
    point: F8
    covariance: F8
    slopes: F8
    worlds: F8
    mean: F8
    noise: F8
    whiten: F8
    discrepancies: Mapping[str, Discrepancy]
    seed_points: F8
    chi2: float
    dof: int
    evaluations: int
    seconds: float
    level: float
    warnings: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the parameters."""
        return self.scale.names

    @property
    def estimate(self) -> dict[str, float]:
        """Estimates by name."""
        return self.scale.values(self.point)

    @property
    def correlation(self) -> F8:
        """Correlation of the estimates' errors on the search scale, (p, p)."""
        sd = np.sqrt(np.diag(self.covariance))
        matrix: F8 = self.covariance / np.outer(sd, sd)
        return matrix

    def seed_estimates(self) -> dict[str, F8]:
        """Estimates by name that each world alone would have given, (S,)."""
        natural = np.stack([self.scale.to_natural(point) for point in self.seed_points])
        return {name: natural[:, j] for j, name in enumerate(self.names)}

    def simulated(self) -> dict[str, Simulated]:
        """Simulated numbers at the estimate, by target."""
        return {n: Simulated(self.worlds[:, rows]) for n, rows in self.numbers.rows.items()}

    def deviations(self, target: str) -> F8:
        """Observed less simulated numbers of a target that are known."""
        rows = self.numbers.rows[target]
        difference: F8 = self.numbers.observed[rows] - self.mean[rows]
        return difference

    def noise_of(self, target: str) -> F8:
        """Covariance of the errors of sampling and simulation of a target's ``deviations``."""
        rows = self.numbers.rows[target]
        return self.noise[rows, rows]

    def rows(self) -> tuple[FitRow, ...]:
        """Every number, as in ``fit.csv``."""
        sampling = np.sqrt(np.diag(self.numbers.sampling))
        both = np.sqrt(np.diag(self.noise))
        model = np.sqrt(np.diag(discrepancy_covariance(self.numbers, self.discrepancies)))
        return tuple(
            FitRow(
                target=self.numbers.targets[i],
                label=self.numbers.labels[i],
                observed=float(self.numbers.observed[i]),
                sampling_se=float(sampling[i]),
                simulated=float(self.mean[i]),
                simulation_se=float(np.sqrt(max(0.0, both[i] ** 2 - sampling[i] ** 2))),
                discrepancy_sd=float(model[i]),
                z=float((self.mean[i] - self.numbers.observed[i]) / both[i]),
            )
            for i in range(self.mean.size)
        )

    def parameters(self) -> tuple[ParameterRow, ...]:
        """Every parameter, as in ``parameters.csv``."""
        sd = np.sqrt(np.diag(self.covariance))
        half = float(ndtri(0.5 + 0.5 * self.level)) * sd
        slope = self.scale.slopes(self.point)
        low, high = (self.scale.to_natural(self.point + sign * half) for sign in (-1.0, 1.0))
        shares = information_shares(self.covariance, self.scale.sd_before_data)
        luck = _error_of_mean(self.seed_points)
        return tuple(
            ParameterRow(
                name=c.name,
                scale=c.kind,
                low=c.low,
                high=c.high,
                start=c.start,
                estimate=c.to_natural(float(self.point[j])),
                se=float(slope[j] * sd[j]),
                ci_low=float(low[j]),
                ci_high=float(high[j]),
                prior_mean=c.prior_mean,
                prior_sd=c.prior_sd,
                prior_source=c.prior_source,
                information=float(shares[j]),
                simulation_se=float(slope[j] * luck[j]),
            )
            for j, c in enumerate(self.scale.coordinates)
        )

    def draws(self, n: int, seed: int) -> list[dict[str, float]]:
        """``n`` parameter sets by name: normal on the search scale, within the bounds.

        Draws beyond a bound are drawn again, so that errors which move together still do; after
        ``_MOST_REDRAWS`` tries as many as needed are clipped.
        """
        identities = np.arange(n * _MOST_REDRAWS, dtype=np.uint64)
        normal = np.stack(
            [
                ndtri(
                    uniforms(
                        seed, 0, identities, _FIRST_COLUMN + j, int(Draw.WORK), Domain.SYNTHESIS
                    )
                )
                for j in range(self.point.size)
            ]
        )
        values, vectors = np.linalg.eigh(self.covariance)
        root = vectors * np.sqrt(np.maximum(values, 0.0))
        points = self.point + (root @ normal).T
        inside = np.all((points >= 0.0) & (points <= 1.0), axis=1)
        chosen = np.concatenate([np.flatnonzero(inside), np.flatnonzero(~inside)])[:n]
        return [self.scale.values(points[row]) for row in chosen]


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
        search, point, slopes, whiten, settings, (*unknown, *_unsettled(settled, settings)), started
    )


def most_evaluations(settings: CalibrationSettings) -> int:
    """Points simulated at most, each in ``settings.seeds`` worlds."""
    p = len(settings.free)
    return 2 * settings.rounds * (1 + p) + 3 * (1 + 2 * p)


def _unsettled(settled: bool, settings: CalibrationSettings) -> tuple[str, ...]:
    if settled:
        return ()
    return (
        f"the search was cut short after {settings.rounds} rounds; calibration.rounds allows more",
    )


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
            *_missing(search),
            *_at_bounds(scale, point),
            *parameter_findings(scale.names, covariance, scale.sd_before_data, whiten @ slopes),
            *target_findings(*_misses_by_target(numbers, missed, noise, slopes, model)),
            *_persistent(numbers, missed, model),
        ),
    )


def _misses_by_target(
    numbers: Stack, missed: F8, noise: F8, slopes: F8, model: Mapping[str, Discrepancy]
) -> tuple[list[str], F8, F8]:
    """Names, misses in standard errors and slopes of all numbers, a series as one: its mean.

    The error of a series' mean holds what persists in it; that of other numbers is sampling and
    simulation only.
    """
    errors = noise + discrepancy_covariance(numbers, model)
    names: list[str] = []
    z: list[float] = []
    moves: list[F8] = []
    for name, rows in numbers.rows.items():
        if isinstance(model.get(name), SeriesDiscrepancy):
            names.append(name)
            z.append(float(missed[rows].mean() / np.sqrt(errors[rows, rows].mean())))
            moves.append(slopes[rows].mean(axis=0))
            continue
        names += numbers.names[rows]
        z += list(missed[rows] / np.sqrt(np.diag(noise)[rows]))
        moves += list(slopes[rows])
    return names, np.array(z), np.array(moves)


def _persistent(numbers: Stack, missed: F8, model: Mapping[str, Discrepancy]) -> tuple[str, ...]:
    """Sentences on series whose movements the model does not explain."""
    found = []
    for name, rows in numbers.rows.items():
        own = model.get(name)
        if not isinstance(own, SeriesDiscrepancy):
            continue
        sampling = float(np.sqrt(np.diag(numbers.sampling)[rows].mean()))
        off = float(np.sqrt(np.mean(missed[rows] ** 2)))
        if off > CLEAR_MISS * sampling:
            found.append(
                f"target {name}: the model is off by {off:.2%} (root mean square) where sampling"
                f" allows {sampling:.2%}; what it does not explain persists (autocorrelation"
                f" {own.persistence:.2f}), widens errors and is carried into predictions"
            )
    return tuple(found)


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


def _error_of_mean(seed_points: F8) -> F8:
    """Standard error of the mean over worlds, (p,); 0 with one world."""
    n = seed_points.shape[0]
    if n < 2:
        return np.zeros(seed_points.shape[1])
    error: F8 = seed_points.std(axis=0, ddof=1) / np.sqrt(n)
    return error


def _missing(search: Search) -> tuple[str, ...]:
    return tuple(
        f"target {name} had no value in {count} of {len(search.worlds)} simulated points"
        f" (nobody to count there); it counted as one standard error off"
        for name, count in search.missing.items()
    )


def _at_bounds(scale: SearchScale, point: F8) -> tuple[str, ...]:
    found: list[str] = []
    for coordinate, x in zip(scale.coordinates, point, strict=True):
        if x < _AT_BOUND or x > 1.0 - _AT_BOUND:
            side, bound = ("lower", coordinate.low) if x < 0.5 else ("upper", coordinate.high)
            found.append(
                f"parameter {coordinate.name} is at its {side} bound {bound:g}: its interval is"
                f" too narrow, and the data ask for more than the bound allows"
            )
    return tuple(found)
