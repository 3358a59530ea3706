"""Predictions with intervals: parameters, luck, and what the model is known to miss.

Each draw takes parameters from the fit's distribution and a world (book and luck) of its own, and
simulates once for each policy. A published series is of millions of accounts: the luck of a small
simulated book is taken out of it by a regression on the parameters over all draws. To its numbers
comes the discrepancy of the target that is continued, given how far the same draw misses the data:
a draw that is too low in the window is too low after it, less and less so. All numbers are
fractions.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final, Protocol
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from simulator.calibrate.carry import Misses, inherit
from simulator.calibrate.discrepancy import logit_slope
from simulator.calibrate.evidence import Evidence, Moments, Observation
from simulator.calibrate.fit import Fit
from simulator.calibrate.series import period_number, periods
from simulator.calibrate.settings import (
    CalibrationSettings,
    OutcomePrediction,
    OutcomeTarget,
    PanelPrediction,
    SeriesPrediction,
    SeriesTarget,
    Target,
)
from simulator.calibrate.spread import (
    balanced_normals,
    correlated,
    moved_to,
    summarised,
    without_luck,
)
from simulator.calibrate.targets import (
    group_counts,
    labels_of,
    simulated,
    simulated_series,
    simulated_unknown,
)
from simulator.calibrate.unexplained import Autoregressions, autoregressions
from simulator.catalogue import Parameters
from simulator.experiment import Progress
from simulator.validation import UserError
from simulator.vocabulary import REFERENCE

F8 = NDArray[np.float64]


DISCREPANCIES: Final = 8
"""Autoregressions that the deviations of one draw allow."""


class Worlds(Protocol):
    """Whatever simulates one world."""

    def observe(
        self, values: Mapping[str, float], seed: int, policy: str = REFERENCE, threads: int = 0
    ) -> Observation:
        """The world of ``seed`` with these parameters under a policy."""
        ...

    def seed_of(self, world: int) -> int:
        """Seed of world number ``world``; those from ``settings.seeds`` on saw no fit."""
        ...


@dataclass(frozen=True, slots=True)
class PredictionRow:
    """One predicted number, fractions; ``names`` stand in ``settings.prediction_columns``."""

    owner: str
    names: tuple[str, ...]
    label: str
    prediction: float
    ci_low: float
    ci_high: float


@dataclass(frozen=True, slots=True)
class _Draw:
    """Parameters and luck: their ``change`` (p,) from the estimate on the search scale.

    ``window`` is the world under the reference policy.
    """

    change: F8
    window: Observation
    noise_seed: int


class _Question(Protocol):
    """A prediction that was asked for: its policy, and what one draw answers."""

    @property
    def policy(self) -> str:
        """The policy whose world is read."""
        ...

    def outcomes(self, draw: _Draw, world: Observation) -> F8:
        """What may be seen in ``world`` if the draw is right, (m, k)."""
        ...


@dataclass(frozen=True, slots=True)
class _SeriesQuestion:
    item: SeriesPrediction
    target: SeriesTarget
    settings: CalibrationSettings
    seen: Moments
    allowed: Autoregressions

    @property
    def policy(self) -> str:
        return self.item.policy

    def outcomes(self, draw: _Draw, world: Observation) -> F8:
        """The model's values in the window and after it, (1, k + m): luck is still in them."""
        _, ahead = simulated_series(self.item.target, self.target, self.item.span, world)
        model = simulated(self.item.target, self.target, self.settings, draw.window)
        return np.concatenate([model, ahead])[None, :]

    def futures(self, values: F8, noise_seed: int) -> F8:
        """What may be seen after the window, (m, k), if the model's values are these."""
        model, ahead = np.split(values, [len(self.seen.labels)])
        labels = periods("predictions", self.item.span, self.target.frequency)
        # A period in which the model has no value says nothing of its deviation.
        deviations = np.nan_to_num(self.seen.values - model)
        positions = _positions(self.target, self.seen.labels)
        steps = (_positions(self.target, labels) - positions[-1]).astype(np.int64) - 1
        # What will be published errs as what was published.
        error = np.eye(steps.size) * float(np.diag(self.seen.covariance).mean())
        normals = balanced_normals(noise_seed, steps.size)
        level = float(np.abs(self.seen.values).mean())
        luck = (np.arange(DISCREPANCIES) + 0.5) / DISCREPANCIES
        outcomes = []
        for place, likely in enumerate(self.allowed.likely(deviations, luck, level)):
            mean, covariance = likely.forecast(
                deviations, int(steps.max()) + 1, self.seen.covariance, positions
            )
            own = covariance[np.ix_(steps, steps)] + error
            outcomes.append(ahead + mean[steps] + correlated(normals[place::DISCREPANCIES], own))
        together: F8 = np.maximum(0.0, np.concatenate(outcomes))
        return together


@dataclass(frozen=True, slots=True)
class _PanelQuestion:
    owner: str
    item: PanelPrediction
    settings: CalibrationSettings
    misses: Misses | None

    @property
    def policy(self) -> str:
        return REFERENCE

    def outcomes(self, draw: _Draw, world: Observation) -> F8:
        shares = simulated(self.owner, self.item.moments, self.settings, world)
        if self.misses is None:
            return shares[None, :]
        months = getattr(self.item.moments, "months", ())
        labels = labels_of(self.owner, self.item.moments)
        inherited = inherit(labels, months, self.misses.moved(draw.change))
        return inherited.apply(shares, balanced_normals(draw.noise_seed, shares.size))


@dataclass(frozen=True, slots=True)
class _OutcomeQuestion:
    item: OutcomePrediction
    target: OutcomeTarget
    misses: Misses

    @property
    def policy(self) -> str:
        return REFERENCE

    def outcomes(self, draw: _Draw, world: Observation) -> F8:
        labels, shares = simulated_unknown(self.item.target, self.target, world)
        inherited = inherit(labels, (), self.misses.moved(draw.change))
        return inherited.apply(shares, balanced_normals(draw.noise_seed, shares.size))


def predict(
    settings: CalibrationSettings,
    fit: Fit,
    evidence: Evidence,
    laboratory: Worlds,
    watch: Progress,
    workers: int = 1,
) -> tuple[PredictionRow, ...]:
    """Every number that ``settings.predictions`` ask for, in their order.

    The point of a series is the mean over draws, each of which starts from the data; that of shares
    and outcomes is the model's at the estimate: the mean over draws of a curved model drifts from
    what was fitted, and their draws are moved along. The interval holds a new outcome with
    chance ``settings.level``: the errors of the parameters, the luck of a book as large as the
    simulated one (the data panel's own size, where the book is that panel), and the discrepancy.
    Predictions of one target that differ by policy share draws, worlds and noise. ``workers``
    draws are simulated side by side. Raises ``UserError`` for what cannot be predicted.
    """
    if not settings.predictions:
        return ()
    questions = {
        owner: _question(owner, item, settings, fit, evidence)
        for owner, item in settings.predictions.items()
    }
    policies = policies_of(settings)
    seed = laboratory.seed_of(0)
    draws = fit.draws(settings.prediction_draws, seed)

    def answers(number: int) -> dict[str, F8]:
        worlds: dict[str, Observation] = {}
        for policy in policies:
            world = laboratory.seed_of(settings.seeds + number)
            worlds[policy] = laboratory.observe(draws[number], world, policy, _threads(workers))
            watch.advance(1)
        return {
            owner: question.outcomes(
                _Draw(
                    change=fit.scale.to_search(draws[number]) - fit.point,
                    window=worlds[REFERENCE],
                    noise_seed=crc32(f"{seed} {number} {_shared(owner, settings)}".encode()),
                ),
                worlds[question.policy],
            )
            for owner, question in questions.items()
        }

    curved = {o: q for o, q in questions.items() if not isinstance(q, _SeriesQuestion)}

    def at_estimate(number: int) -> dict[str, F8]:
        world = laboratory.seed_of(settings.seeds + number)
        observed = laboratory.observe(fit.estimate, world, REFERENCE, _threads(workers))
        watch.advance(1)
        draw = _Draw(np.zeros_like(fit.point), observed, crc32(f"{seed} {number}".encode()))
        return {owner: question.outcomes(draw, observed) for owner, question in curved.items()}

    watch.start(len(draws) * (len(policies) + bool(curved)), "predicting")
    with ThreadPoolExecutor(max_workers=workers) as pool:
        # The first alone: it may compile kernels.
        found = [answers(0), *pool.map(answers, range(1, len(draws)))]
        centres = list(pool.map(at_estimate, range(len(draws)))) if curved else []
    watch.finish()
    rows: list[PredictionRow] = []
    changes = np.stack([fit.scale.to_search(draw) - fit.point for draw in draws])
    for owner, question in questions.items():
        outcomes = np.stack([answer[owner] for answer in found])
        if owner in curved:
            outcomes = moved_to(outcomes, np.stack([centre[owner] for centre in centres]))
        if isinstance(question, _SeriesQuestion):
            smooth = without_luck(outcomes[:, 0, :], changes)
            outcomes = np.stack(
                [
                    question.futures(row, crc32(f"{seed} {n} {_shared(owner, settings)}".encode()))
                    for n, row in enumerate(smooth)
                ]
            )
        rows += _rows(owner, settings, outcomes)
    return tuple(rows)


def rehearse(
    settings: CalibrationSettings, evidence: Evidence, laboratory: Worlds, start: Parameters
) -> None:
    """Ask every prediction once, before a long fit; ``UserError`` for one that cannot be made."""
    worlds = {
        policy: laboratory.observe(start, laboratory.seed_of(0), policy)
        for policy in (policies_of(settings) if settings.predictions else ())
    }
    for owner, item in settings.predictions.items():
        for label in _labels(owner, settings):
            _names(owner, settings, label)
        if isinstance(item, PanelPrediction):
            simulated(owner, item.moments, settings, worlds[REFERENCE])
            continue
        target = settings.targets[item.target]
        if isinstance(item, OutcomePrediction) and isinstance(target, OutcomeTarget):
            simulated_unknown(item.target, target, worlds[REFERENCE])
        if isinstance(item, SeriesPrediction) and isinstance(target, SeriesTarget):
            simulated_series(item.target, target, item.span, worlds[item.policy])
            last = evidence[item.target].labels[-1]
            if _positions(target, item.span)[0] <= _positions(target, (last,))[0]:
                raise UserError(
                    f"calibration.predictions.{owner}.span must begin after the data of"
                    f" targets.{item.target} end ({last}); got {item.span[0]}"
                )


def policies_of(settings: CalibrationSettings) -> tuple[str, ...]:
    """Policies under which worlds are predicted, the reference first."""
    asked = [i.policy for i in settings.predictions.values() if isinstance(i, SeriesPrediction)]
    return tuple(dict.fromkeys((REFERENCE, *asked)))


def _threads(workers: int) -> int:
    """Threads of one simulation: one where several run side by side, else all (0)."""
    return 1 if workers > 1 else 0


def _positions(target: SeriesTarget, labels: Sequence[str]) -> F8:
    """Periods as numbers, (k,)."""
    numbers = [period_number(label, target.frequency) for label in labels]
    return np.array(numbers, dtype=np.float64)


def _shared(owner: str, settings: CalibrationSettings) -> str:
    """Predictions of one series share their noise, so that policies differ by themselves only."""
    item = settings.predictions[owner]
    return f"target {item.target}" if isinstance(item, SeriesPrediction) else f"own {owner}"


def _question(
    owner: str,
    item: SeriesPrediction | PanelPrediction | OutcomePrediction,
    settings: CalibrationSettings,
    fit: Fit,
    evidence: Evidence,
) -> _Question:
    """The question behind ``predictions.owner``; ``UserError`` if its target is of another kind."""
    if isinstance(item, PanelPrediction):
        misses = None if item.like is None else _misses(item.like, fit, evidence)
        return _PanelQuestion(owner, item, settings, misses)
    target = settings.targets[item.target]
    if isinstance(item, OutcomePrediction) and isinstance(target, OutcomeTarget):
        return _OutcomeQuestion(item, target, _misses(item.target, fit, evidence))
    if isinstance(item, SeriesPrediction) and isinstance(target, SeriesTarget):
        seen = evidence[item.target]
        allowed = autoregressions(_positions(target, seen.labels), seen.covariance)
        return _SeriesQuestion(item, target, settings, seen, allowed)
    raise _other_kind(owner, item, target)


def _other_kind(
    owner: str, item: SeriesPrediction | OutcomePrediction, target: Target
) -> UserError:
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


def _labels(owner: str, settings: CalibrationSettings) -> tuple[str, ...]:
    """Labels of a prediction's numbers, in the order of ``outcomes``."""
    item = settings.predictions[owner]
    if isinstance(item, PanelPrediction):
        return labels_of(owner, item.moments)
    target = settings.targets[item.target]
    if isinstance(item, OutcomePrediction) and isinstance(target, OutcomeTarget):
        counts = group_counts(item.target, target)
        return tuple(label for label, n in zip(counts.labels, counts.unknown, strict=True) if n > 0)
    if isinstance(item, SeriesPrediction) and isinstance(target, SeriesTarget):
        return periods(f"predictions.{owner}", item.span, target.frequency)
    raise _other_kind(owner, item, target)


def _names(owner: str, settings: CalibrationSettings, label: str) -> tuple[str, ...]:
    """What stands in the columns that name a number."""
    item, columns = settings.predictions[owner], settings.prediction_columns
    if isinstance(item, PanelPrediction):
        fields = {"item": f"{item.prefix}{label}"}
    elif isinstance(item, OutcomePrediction):
        fields = {"group": label, "item": label}
    else:
        fields = {
            "quarter": label,
            "month": label,
            "item": getattr(settings.targets[item.target], "column", item.target),
            "relief": item.label,
            "policy": item.policy,
        }
    lacking = [column for column in columns if column not in fields]
    if lacking:
        raise UserError(
            f"calibration.prediction_columns must be among {', '.join(fields)} for"
            f" predictions.{owner}; got {', '.join(lacking)}"
        )
    return tuple(fields[column] for column in columns)


def _rows(owner: str, settings: CalibrationSettings, outcomes: F8) -> list[PredictionRow]:
    """Rows of one prediction from its ``outcomes`` (n, m, k)."""
    middle, low, high = summarised(outcomes, settings.level)
    return [
        PredictionRow(
            owner=owner,
            names=_names(owner, settings, label),
            label=label,
            prediction=float(middle[i]),
            ci_low=float(low[i]),
            ci_high=float(high[i]),
        )
        for i, label in enumerate(_labels(owner, settings))
    ]
