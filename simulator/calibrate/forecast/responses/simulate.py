"""Simulates the design: every number that a fit or a prediction asks for, at every point."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.calibrate.data.moments import Observation
from simulator.calibrate.data.series import read_series
from simulator.calibrate.data.targets import labels_of, simulated, simulated_series
from simulator.calibrate.estimate.parameter_transform import ParameterTransform
from simulator.calibrate.forecast.responses.design import design_points
from simulator.calibrate.forecast.worlds import Worlds
from simulator.calibrate.settings import CalibrationSettings, SeriesPrediction, SeriesTarget
from simulator.progress import Progress
from simulator.reading.periods import period_number, period_text
from simulator.vocabulary import REFERENCE

F8 = NDArray[np.float64]

FILE_NAME: Final = "responses.npz"
"""The stored answers in a calibration's folder."""


class Variant(NamedTuple):
    """A world that the same parameters live in: a policy, and whose standards come after the fit.

    ``standards``: ``predicted`` from unemployment, or ``actual``.
    """

    policy: str
    standards: str


HEADLINE: Final = Variant(REFERENCE, "predicted")
"""What is fitted and what forecasts are by default."""


@dataclass(frozen=True, slots=True)
class Responses:
    """Answers at the points (n, p) of a design, on the search scale.

    ``labels`` of each target: those of its data, then the later periods up to the last that is
    predicted; ``values`` (n, k) fractions by target and variant, NaN where a point was not
    simulated in that variant.
    """

    points: F8
    labels: Mapping[str, tuple[str, ...]]
    values: Mapping[tuple[str, Variant], F8]

    def variants(self) -> tuple[Variant, ...]:
        """All of them, the headline first."""
        return tuple(dict.fromkeys(variant for _, variant in self.values))


def variants_of(settings: CalibrationSettings) -> tuple[Variant, ...]:
    """Worlds that the predictions ask for, the headline first."""
    asked = [
        Variant(item.policy, item.standards)
        for item in settings.predictions.values()
        if isinstance(item, SeriesPrediction)
    ]
    return tuple(dict.fromkeys((HEADLINE, *asked)))


def all_labels(settings: CalibrationSettings) -> dict[str, tuple[str, ...]]:
    """Labels of each target's numbers: data, then every later period that is predicted."""
    found: dict[str, tuple[str, ...]] = {}
    for name, target in settings.targets.items():
        if not isinstance(target, SeriesTarget):
            found[name] = labels_of(name, target)
            continue
        whole = target.model_copy(update={"masked": ()})
        seen = read_series(f"targets.{name}", whole).labels
        ends = [
            item.span[1]
            for item in settings.predictions.values()
            if isinstance(item, SeriesPrediction) and item.target == name
        ]
        last = max((period_number(end, target.frequency) for end in ends), default=0)
        later = range(period_number(seen[-1], target.frequency) + 1, last + 1)
        found[name] = (*seen, *(period_text(n, target.frequency) for n in later))
    return found


def simulate_responses(
    settings: CalibrationSettings,
    scale: ParameterTransform,
    worlds: Mapping[str, Worlds],
    watch: Progress,
) -> Responses:
    """The answers of ``settings.design`` points; each has a world (book and luck) of its own.

    ``worlds``: by the standards of the months after the fit. Variants beside the headline take
    the first ``settings.variant_points`` points: they share worlds, so that few tell the
    difference.
    """
    simulator = worlds[HEADLINE.standards]
    points = design_points(scale, settings.design, simulator.seed_of(0))
    labels = all_labels(settings)
    variants = variants_of(settings)
    asked = {v: len(points) if v == HEADLINE else settings.variant_points for v in variants}
    watch.start(sum(min(n, len(points)) for n in asked.values()), "simulating the design")
    values = {
        (name, variant): np.full((len(points), len(labels[name])), np.nan)
        for variant in variants
        for name in settings.targets
    }
    for number, point in enumerate(points):
        for variant in (v for v in variants if number < asked[v]):
            world = worlds[variant.standards].observe(
                scale.values(point), simulator.seed_of(number), variant.policy
            )
            for name in settings.targets:
                values[name, variant][number] = _numbers(name, settings, labels[name], world)
            watch.advance(1)
    watch.finish()
    return Responses(points, labels, values)


def responses_of(
    settings: CalibrationSettings,
    scale: ParameterTransform,
    worlds: Mapping[str, Worlds],
    folder: Path | None,
    key: str,
    watch: Progress,
) -> Responses:
    """Those stored in ``folder`` if they answer the same questions; else they are simulated.

    ``key``: of all that decides a world's numbers but the free parameters and the seed.
    """
    file = None if folder is None else folder / FILE_NAME
    if file is not None and file.is_file():
        stored, stored_key = read_responses(file)
        points = design_points(scale, settings.design, worlds[HEADLINE.standards].seed_of(0))
        same = stored.points.shape == points.shape and np.allclose(stored.points, points)
        asked = (all_labels(settings), variants_of(settings), key)
        if same and (stored.labels, stored.variants(), stored_key) == asked:
            return stored
    found = simulate_responses(settings, scale, worlds, watch)
    if file is not None:
        store_responses(file, found, key)
    return found


def _numbers(
    name: str, settings: CalibrationSettings, labels: tuple[str, ...], world: Observation
) -> F8:
    """One target's numbers in one world, (k,)."""
    target = settings.targets[name]
    if not isinstance(target, SeriesTarget):
        return simulated(name, target, settings, world)
    return simulated_series(name, target, (labels[0], labels[-1]), world)[1]


def store_responses(file: Path, responses: Responses, key: str) -> None:
    """Write ``responses`` as a compressed archive of plain arrays."""
    arrays: dict[str, NDArray[np.generic]] = {"points": responses.points, "key": np.array(key)}
    for name, labels in responses.labels.items():
        arrays[f"labels/{name}"] = np.array(labels)
    for (name, variant), values in responses.values.items():
        arrays[f"values/{name}/{variant.policy}/{variant.standards}"] = values
    with file.open("wb") as out:
        np.savez_compressed(out, **arrays)  # type: ignore[arg-type]


def read_responses(file: Path) -> tuple[Responses, str]:
    """What ``store_responses`` wrote, and its key."""
    labels: dict[str, tuple[str, ...]] = {}
    values: dict[tuple[str, Variant], F8] = {}
    with np.load(file, allow_pickle=False) as stored:
        for key in stored.files:
            kind, _, rest = key.partition("/")
            if kind == "labels":
                labels[rest] = tuple(str(label) for label in stored[key])
            elif kind == "values":
                name, policy, standards = rest.rsplit("/", 2)
                values[name, Variant(policy, standards)] = stored[key]
        return Responses(stored["points"], labels, values), str(stored["key"])
