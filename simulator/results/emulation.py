"""Emulators of figures as JSON, in emulate.json and among the attributes of results.nc."""

import json
from collections.abc import Sequence
from typing import Final, Literal, NamedTuple

import numpy as np
import xarray as xr

from simulator.sensitivity.emulator import Design, Emulator
from simulator.validation import Frozen

EMULATE: Final = "emulate"
"""Attribute of results.nc: the emulators as JSON."""

Numbers = tuple[float, ...]


class EmulatedInput(Frozen):
    """A slider: its key on the command line, its ends, the run's setting, whether it is whole."""

    kind: Literal["severity", "field", "parameter"]
    name: str
    key: str
    low: float
    high: float
    setting: float
    whole: bool


class EmulatedFigure(Frozen):
    """A figure of the whole horizon: a quadratic in inputs of [0, 1], and what the run found.

    ``usual``: the run's mean over all its paths; ``simulated``: that of the points' paths at the
    run's setting. The figure at a point is the quadratic's plus usual - simulated. ``width``: half
    the band at leverage 0; ``covered``: share of points within the band that the other folds make.
    """

    metric: str
    unit: str
    better: int
    usual: float
    simulated: float
    coefficients: Numbers
    width: float
    covered: float


class EmulatorAnswer(Frozen):
    """Sliders for figures of a policy in a scenario; ``most`` and ``inverse`` as in ``Design``.

    ``points`` were simulated with ``paths`` paths each; ``refused``: points that a rule forbids.
    ``command`` makes the run again; keys of the inputs are added to check a point.
    """

    name: str
    policy: str
    scenario: str
    inputs: tuple[EmulatedInput, ...]
    terms: tuple[tuple[int, ...], ...]
    inverse: tuple[Numbers, ...]
    most: float
    figures: tuple[EmulatedFigure, ...]
    points: int
    paths: int
    refused: int
    command: str

    def told(self, figure: EmulatedFigure, values: Sequence[float]) -> "Told":
        """What the page says of ``figure`` at ``values`` of the inputs."""
        shares = [
            (value - one.low) / (one.high - one.low)
            for value, one in zip(values, self.inputs, strict=True)
        ]
        point = np.array([shares])
        design = Design(self.terms, np.array(self.inverse), self.most)
        emulator = Emulator(design, np.array(figure.coefficients), figure.width, figure.covered)
        mean = float(emulator(point)[0]) + figure.usual - figure.simulated
        half = float(emulator.half_band(point)[0])
        return Told(mean, mean - half, mean + half, bool(emulator.is_inside(point)[0]))


class Told(NamedTuple):
    """A figure with its band, and whether the point lies within the hull of simulated ones."""

    mean: float
    low: float
    high: float
    inside: bool


def emulate_text(answers: Sequence[EmulatorAnswer]) -> str:
    """emulate.json: a list of the emulators."""
    told = [answer.model_dump(mode="json") for answer in answers]
    return json.dumps(told, ensure_ascii=False, allow_nan=False) + "\n"


def with_emulators(dataset: xr.Dataset, answers: Sequence[EmulatorAnswer]) -> xr.Dataset:
    """``dataset`` with the emulators; itself without any."""
    return dataset.assign_attrs({EMULATE: emulate_text(answers)}) if answers else dataset


def stored_emulators(dataset: xr.Dataset) -> tuple[EmulatorAnswer, ...]:
    """The emulators in results.nc; none where nothing was asked."""
    found = json.loads(str(dataset.attrs.get(EMULATE, "[]")))
    return tuple(EmulatorAnswer.model_validate(item) for item in found)
