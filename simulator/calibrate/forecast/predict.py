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
from dataclasses import dataclass, replace
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from simulator.calibrate.data.moments import Evidence, Observation
from simulator.calibrate.data.targets import (
    labels_of,
    simulated,
    simulated_series,
    simulated_unknown,
)
from simulator.calibrate.estimate.fitted import Fit
from simulator.calibrate.forecast.definitions import owner_of, with_alternatives
from simulator.calibrate.forecast.prediction_interval import moved_to, summarised
from simulator.calibrate.forecast.questions import (
    Question,
    other_kind,
    question_of,
    unknown_groups,
)
from simulator.calibrate.forecast.worlds import Worlds
from simulator.calibrate.settings import (
    CalibrationSettings,
    OutcomePrediction,
    OutcomeTarget,
    PanelPrediction,
    SeriesPrediction,
    SeriesTarget,
)
from simulator.catalogue import Parameters
from simulator.progress import Progress
from simulator.reading.periods import period_places, periods
from simulator.validation import UserError
from simulator.vocabulary import REFERENCE

F8 = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class PredictionRow:
    """One predicted number, fractions; ``names`` stand in ``settings.prediction_columns``."""

    owner: str
    names: tuple[str, ...]
    label: str
    prediction: float
    ci_low: float
    ci_high: float


def predict(
    settings: CalibrationSettings,
    fit: Fit,
    evidence: Evidence,
    moment_simulator: Worlds,
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
    asked, settings = settings, with_alternatives(settings)
    questions = {
        owner: question_of(owner, item, settings, fit, evidence)
        for owner, item in settings.predictions.items()
    }
    seed = moment_simulator.seed_of(0)
    draws = fit.draws(settings.prediction_draws, seed)
    centred = {owner: question for owner, question in questions.items() if question.centred}
    watch.start(len(draws) * (len(policies_of(settings)) + bool(centred)), "predicting")
    numbers = _simulated(
        questions, draws, policies_of(settings), settings, moment_simulator, watch, workers
    )
    at_estimate = [fit.estimate] * len(draws)
    centres = _simulated(
        centred, at_estimate, (REFERENCE,), settings, moment_simulator, watch, workers
    )
    watch.finish()

    changes = np.stack([fit.scale.to_search(draw) - fit.point for draw in draws])
    rows: list[PredictionRow] = []
    for owner, question in questions.items():
        shared = _shared(owner, settings)
        noise = [crc32(f"{seed} {n} {shared}".encode()) for n in range(len(draws))]
        outcomes = question.outcomes(numbers[owner], changes, noise)
        if owner in centres:
            noise = [crc32(f"{seed} {n}".encode()) for n in range(len(draws))]
            still = question.outcomes(centres[owner], np.zeros_like(changes), noise)
            outcomes = moved_to(outcomes, still)
        rows += _rows(owner, settings, outcomes)
    return with_doubt(rows, asked)


def with_doubt(
    rows: Sequence[PredictionRow], settings: CalibrationSettings
) -> tuple[PredictionRow, ...]:
    """Rows of ``settings`` widened as it says, with intervals that hold every definition.

    ``rows`` are those of ``with_alternatives``: other definitions follow the one that is meant.
    """
    k = settings.widening
    found: dict[tuple[str, str], PredictionRow] = {}
    for row in rows:
        low = max(0.0, row.prediction - k * (row.prediction - row.ci_low))
        high = min(1.0, row.prediction + k * (row.ci_high - row.prediction))
        key = (owner_of(row.owner), row.label)
        main = found.setdefault(key, replace(row, ci_low=low, ci_high=high))
        found[key] = replace(main, ci_low=min(main.ci_low, low), ci_high=max(main.ci_high, high))
    return tuple(found.values())


def _simulated(
    questions: Mapping[str, Question],
    draws: Sequence[Parameters],
    policies: Sequence[str],
    settings: CalibrationSettings,
    moment_simulator: Worlds,
    watch: Progress,
    workers: int,
) -> dict[str, F8]:
    """The model's numbers (n, k) of each question; draw number n has a world of its own."""
    if not questions:
        return {}

    def answers(number: int) -> dict[str, F8]:
        worlds: dict[str, Observation] = {}
        for policy in policies:
            world = moment_simulator.seed_of(settings.seeds + number)
            worlds[policy] = moment_simulator.observe(
                draws[number], world, policy, _threads(workers)
            )
            watch.advance(1)
        return {
            owner: question.numbers(worlds[REFERENCE], worlds[question.policy])
            for owner, question in questions.items()
        }

    with ThreadPoolExecutor(max_workers=workers) as pool:
        # The first alone: it may compile kernels.
        found = [answers(0), *pool.map(answers, range(1, len(draws)))]
    return {owner: np.stack([answer[owner] for answer in found]) for owner in questions}


def rehearse(
    settings: CalibrationSettings, evidence: Evidence, moment_simulator: Worlds, start: Parameters
) -> None:
    """Ask every prediction once, before a long fit; ``UserError`` for one that cannot be made."""
    worlds = {
        policy: moment_simulator.observe(start, moment_simulator.seed_of(0), policy)
        for policy in (policies_of(settings) if settings.predictions else ())
    }
    for owner, item in settings.predictions.items():
        for label in _labels(owner, settings):
            names_of(owner, settings, label)
        if isinstance(item, PanelPrediction):
            simulated(owner, item.moments, settings, worlds[REFERENCE])
            continue
        target = settings.targets[item.target]
        if isinstance(item, OutcomePrediction) and isinstance(target, OutcomeTarget):
            simulated_unknown(item.target, target, worlds[REFERENCE])
        if isinstance(item, SeriesPrediction) and isinstance(target, SeriesTarget):
            simulated_series(item.target, target, item.span, worlds[item.policy])
            last = evidence[item.target].labels[-1]
            begins, ended = period_places((item.span[0], last), target.frequency)
            if begins <= ended:
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


def _shared(owner: str, settings: CalibrationSettings) -> str:
    """Predictions of one series share their noise, so that policies differ by themselves only."""
    item = settings.predictions[owner]
    return f"target {item.target}" if isinstance(item, SeriesPrediction) else f"own {owner}"


def _labels(owner: str, settings: CalibrationSettings) -> tuple[str, ...]:
    """Labels of a prediction's numbers, in the order of ``outcomes``."""
    item = settings.predictions[owner]
    if isinstance(item, PanelPrediction):
        return labels_of(owner, item.moments)
    target = settings.targets[item.target]
    if isinstance(item, OutcomePrediction) and isinstance(target, OutcomeTarget):
        return unknown_groups(item.target, target)
    if isinstance(item, SeriesPrediction) and isinstance(target, SeriesTarget):
        return periods(f"predictions.{owner}", item.span, target.frequency)
    raise other_kind(owner, item, target)


def names_of(owner: str, settings: CalibrationSettings, label: str) -> tuple[str, ...]:
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
            "age": getattr(settings.targets[item.target], "column", item.target),
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
            names=names_of(owner, settings, label),
            label=label,
            prediction=float(middle[i]),
            ci_low=float(low[i]),
            ci_high=float(high[i]),
        )
        for i, label in enumerate(_labels(owner, settings))
    ]
