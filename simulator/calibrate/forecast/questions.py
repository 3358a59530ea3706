"""What a prediction asks of simulated worlds, and what may be seen if their draws are right."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from simulator.calibrate.data.moments import Evidence, Moments, Observation
from simulator.calibrate.data.targets import (
    group_counts,
    labels_of,
    simulated,
    simulated_series,
    simulated_unknown,
)
from simulator.calibrate.estimate.discrepancy import logit_slope
from simulator.calibrate.estimate.fitted import Fit
from simulator.calibrate.estimate.residual_autoregression import Autoregressions, autoregressions
from simulator.calibrate.forecast.prediction_interval import balanced_normals, without_luck
from simulator.calibrate.forecast.residual_carryover import Misses, inherit
from simulator.calibrate.forecast.series_futures import Window
from simulator.calibrate.settings import (
    CalibrationSettings,
    OutcomePrediction,
    OutcomeTarget,
    PanelPrediction,
    SeriesPrediction,
    SeriesTarget,
    Target,
)
from simulator.reading.periods import period_places, periods
from simulator.validation import UserError
from simulator.vocabulary import REFERENCE

F8 = NDArray[np.float64]


class Question(Protocol):
    """A prediction that was asked for, over n draws of parameters (p of them) and luck."""

    @property
    def policy(self) -> str:
        """The policy whose world is read."""
        ...

    @property
    def centred(self) -> bool:
        """Whether the point is the model's at the estimate, and the draws are moved along."""
        ...

    def numbers(self, reference: Observation, world: Observation) -> F8:
        """The model's numbers of one draw, (k,); ``reference`` is its world without the policy."""
        ...

    def outcomes(self, numbers: F8, changes: F8, noise: Sequence[int]) -> F8:
        """What may be seen if each draw is right, (n, m, j).

        ``numbers`` (n, k); ``changes`` (n, p) from the estimate on the search scale; ``noise``
        holds a seed for each draw.
        """
        ...


@dataclass(frozen=True, slots=True)
class _SeriesQuestion:
    item: SeriesPrediction
    target: SeriesTarget
    settings: CalibrationSettings
    seen: Moments
    allowed: Autoregressions

    centred: bool = False

    @property
    def policy(self) -> str:
        return self.item.policy

    def numbers(self, reference: Observation, world: Observation) -> F8:
        """In the window, then after it."""
        _, ahead = simulated_series(self.item.target, self.target, self.item.span, world)
        model = simulated(self.item.target, self.target, self.settings, reference)
        return np.concatenate([model, ahead])

    def outcomes(self, numbers: F8, changes: F8, noise: Sequence[int]) -> F8:
        smooth = without_luck(numbers, changes)
        return np.stack([self._futures(row, seed) for row, seed in zip(smooth, noise, strict=True)])

    def _futures(self, values: F8, noise_seed: int) -> F8:
        """What may be seen after the window, (m, k), if the model's values are these."""
        model, ahead = np.split(values, [len(self.seen.labels)])
        labels = periods("predictions", self.item.span, self.target.frequency)
        window = Window.of(self.seen, self.allowed, self.target.frequency)
        return window.futures(model, ahead, window.steps(labels), noise_seed)


@dataclass(frozen=True, slots=True)
class _PanelQuestion:
    owner: str
    item: PanelPrediction
    settings: CalibrationSettings
    misses: Misses | None

    policy: str = REFERENCE
    centred: bool = True

    def numbers(self, reference: Observation, world: Observation) -> F8:
        return simulated(self.owner, self.item.moments, self.settings, world)

    def outcomes(self, numbers: F8, changes: F8, noise: Sequence[int]) -> F8:
        if self.misses is None:
            return numbers[:, None, :]
        months = getattr(self.item.moments, "months", ())
        labels = labels_of(self.owner, self.item.moments)
        return _inherited(numbers, changes, noise, labels, months, self.misses)


@dataclass(frozen=True, slots=True)
class _OutcomeQuestion:
    item: OutcomePrediction
    target: OutcomeTarget
    misses: Misses

    policy: str = REFERENCE
    centred: bool = True

    def numbers(self, reference: Observation, world: Observation) -> F8:
        return simulated_unknown(self.item.target, self.target, world)[1]

    def outcomes(self, numbers: F8, changes: F8, noise: Sequence[int]) -> F8:
        labels = unknown_groups(self.item.target, self.target)
        return _inherited(numbers, changes, noise, labels, (), self.misses)


def _inherited(
    shares: F8,
    changes: F8,
    noise: Sequence[int],
    labels: Sequence[str],
    months: Sequence[str],
    misses: Misses,
) -> F8:
    """``shares`` (n, k) with what their cells inherit from a target's misses, (n, m, k)."""
    return np.stack(
        [
            inherit(labels, months, misses.moved(change)).apply(
                row, balanced_normals(seed, row.size)
            )
            for row, change, seed in zip(shares, changes, noise, strict=True)
        ]
    )


def unknown_groups(name: str, target: OutcomeTarget) -> tuple[str, ...]:
    """Groups that have loans whose outcome is not known."""
    counts = group_counts(name, target)
    return tuple(label for label, n in zip(counts.labels, counts.unknown, strict=True) if n > 0)


def question_of(
    owner: str,
    item: SeriesPrediction | PanelPrediction | OutcomePrediction,
    settings: CalibrationSettings,
    fit: Fit,
    evidence: Evidence,
) -> Question:
    """The question behind ``predictions.owner``; ``UserError`` if its target is of another kind."""
    if isinstance(item, PanelPrediction):
        misses = None if item.like is None else _misses(item.like, fit, evidence)
        return _PanelQuestion(owner, item, settings, misses)
    target = settings.targets[item.target]
    if isinstance(item, OutcomePrediction) and isinstance(target, OutcomeTarget):
        return _OutcomeQuestion(item, target, _misses(item.target, fit, evidence))
    if isinstance(item, SeriesPrediction) and isinstance(target, SeriesTarget):
        seen = evidence[item.target]
        allowed = autoregressions(period_places(seen.labels, target.frequency), seen.covariance)
        return _SeriesQuestion(item, target, settings, seen, allowed)
    raise other_kind(owner, item, target)


def other_kind(owner: str, item: SeriesPrediction | OutcomePrediction, target: Target) -> UserError:
    """A prediction of one kind that names a target of another."""
    return UserError(
        f"calibration.predictions.{owner}.target must name a target of kind {item.kind}; got"
        f" {item.target}, of kind {target.kind}"
    )


def _misses(name: str, fit: Fit, evidence: Evidence) -> Misses:
    """How far the fit misses the target ``name``, over all of its labels."""
    seen, discrepancy = evidence[name], fit.discrepancies.get(name, 0.0)
    kept, rows = fit.numbers.kept[name], fit.numbers.rows[name]
    size = len(seen.labels)
    simulated_shares, variance = np.full(size, np.nan), np.zeros(size)
    slopes = np.zeros((size, fit.point.size))
    simulated_shares[kept] = fit.mean[rows]
    error = np.diag(fit.noise - fit.numbers.sampling)[rows]
    variance[kept] = np.maximum(0.0, error)
    slopes[kept] = fit.slopes[rows] / logit_slope(fit.mean[rows])[:, None]
    return Misses(
        seen=seen,
        simulated=simulated_shares,
        simulation_variance=variance,
        slopes=slopes,
        discrepancy=discrepancy if isinstance(discrepancy, float) else 0.0,
    )
