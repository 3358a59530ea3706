"""Whether planted parameters are found again: points of the design as if they were the data."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulator.calibrate.data.moments import Evidence, Moments
from simulator.calibrate.data.targets import observed
from simulator.calibrate.estimate.fit import fit_parameters
from simulator.calibrate.estimate.parameter_transform import ParameterTransform
from simulator.calibrate.forecast.responses.simulate import HEADLINE, Responses
from simulator.calibrate.forecast.responses.surface import emulator
from simulator.calibrate.settings import CalibrationSettings, LevelTarget
from simulator.progress import Silent

F8 = NDArray[np.float64]

PLANTED: Final = 5
"""Worlds that are planted, each with its own book and luck."""


@dataclass(frozen=True, slots=True)
class Recovered:
    """One parameter of one planted world, on the search scale."""

    world: int
    parameter: str
    planted: float
    estimate: float
    sd: float

    @property
    def z(self) -> float:
        """Estimate less planted, in standard errors."""
        return (self.estimate - self.planted) / self.sd


def planted_recovery(
    settings: CalibrationSettings, scale: ParameterTransform, responses: Responses
) -> tuple[Recovered, ...]:
    """Estimates from the ``PLANTED`` design points nearest to the priors' means.

    Each is taken out of the design, and its simulated numbers (of a world of its own) stand where
    the data did; errors of publication are the data's, and the luck of the planted world's own
    book counts as one.
    """
    distance = np.square((responses.points - scale.prior_mean) / scale.sd_before_data).sum(axis=1)
    found: list[Recovered] = []
    evidence = observed(settings)
    for world in np.argsort(distance)[:PLANTED]:
        others = np.arange(len(responses.points)) != world
        rest = Responses(
            responses.points[others],
            responses.labels,
            {key: values[others] for key, values in responses.values.items()},
        )
        seen = _planted(settings, evidence, responses, int(world))
        labels = {name: moments.labels for name, moments in seen.items()}
        fit = fit_parameters(emulator(scale, rest, labels), seen, settings, Silent())
        sd = np.sqrt(np.diag(fit.covariance))
        found += [
            Recovered(
                int(world),
                name,
                float(responses.points[world, j]),
                float(fit.point[j]),
                float(sd[j]),
            )
            for j, name in enumerate(scale.names)
        ]
    return tuple(found)


def _planted(
    settings: CalibrationSettings, evidence: Evidence, responses: Responses, world: int
) -> Mapping[str, Moments]:
    """The numbers of a design point in the place of those that were seen."""
    planted: dict[str, Moments] = {}
    for name, seen in evidence.items():
        place = {label: i for i, label in enumerate(responses.labels[name])}
        rows = [place[label] for label in seen.labels]
        values = responses.values[name, HEADLINE][world, rows]
        if isinstance(settings.targets[name], LevelTarget):
            planted[name] = replace(seen, values=values)
            continue
        luck = float(np.square(np.diff(values)).mean()) / 2.0
        noise = seen.covariance + np.eye(values.size) * luck
        planted[name] = replace(seen, values=values, covariance=noise)
    return planted
