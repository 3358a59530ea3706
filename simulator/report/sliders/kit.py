"""What both kinds of sliders share: a slider, numbers as text, scales for the script."""

from base64 import b64encode
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator.report.kit.numbers import Scale

F8 = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Slider:
    """An input of the page: id, label, ends, step and the run's value; ``price`` tells the script
    which one it is, ``place`` of several."""

    key: str
    label: str
    low: float
    high: float
    step: float
    value: float
    price: str = ""
    place: int = 0


def packed(values: F8) -> str:
    """Every bit of ``values`` in row order: doubles, the least byte first, as base64."""
    return b64encode(np.ascontiguousarray(values, dtype="<f8").tobytes()).decode()


def upper(square: F8) -> F8:
    """The upper triangle of a symmetric matrix, row by row."""
    return np.asarray(square[np.triu_indices(len(square))])


def scale_data(scale: Scale) -> dict[str, object]:
    """A scale as the script writes with it; four digits where it has no decimals of its own."""
    decimals = 3 if scale.decimals is None else scale.decimals
    return {"divisor": scale.divisor, "decimals": decimals, "form": scale.form}
