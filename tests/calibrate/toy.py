"""Laboratories whose numbers are formulas, so that estimates have closed forms."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from simulator.calibrate.data.moments import Moments, Simulated
from simulator.calibrate.estimate.fit import fit_parameters
from simulator.calibrate.estimate.fitted import Fit
from simulator.calibrate.settings import CalibrationSettings

F8 = NDArray[np.float64]

ROLLS = {"kind": "rolls", "panel": "a", "cells": ["C->2"], "months": ["2005-04"]}
PANEL = {
    "path": "none.csv",
    "columns": {"2005-04": "x", "2005-05": "y"},
    "codes": {0: 0},
}


def level(value: float = 0.1, sd: float = 0.01) -> dict[str, object]:
    return {
        "kind": "level",
        "measure": "overdue_rate_30",
        "value": value,
        "sd": sd,
        "source": "test",
    }


def series() -> dict[str, object]:
    return {
        "kind": "series",
        "measure": "overdue_rate_30",
        "path": "none.csv",
        "column": "x",
        "span": ["2000Q1", "2009Q4"],
    }


class Silent:
    def start(self, total: int, label: str) -> None:
        pass

    def advance(self, n: int) -> None:
        pass

    def finish(self) -> None:
        pass

    def tell(self, text: str) -> None:
        pass


def calibration(
    free: Mapping[str, object], targets: Mapping[str, object], **changes: object
) -> CalibrationSettings:
    base: dict[str, object] = {"label": "toy", "free": free, "targets": targets}
    return CalibrationSettings.model_validate(base | {"panels": {"a": PANEL}} | changes)


def seen(name: str, values: F8, covariance: F8, counted: bool = False) -> Moments:
    labels = tuple(f"n{i}" for i in range(values.size))
    counts = np.full(values.size, 1e9 if counted else 0.0)
    return Moments(name, labels, values, covariance, counts)


@dataclass
class Formulas:
    """``formulas`` by target of parameters by name, plus the same noise in every point."""

    formulas: Mapping[str, Callable[[Mapping[str, float]], F8]]
    noise: Mapping[str, F8] = field(default_factory=dict)
    """(worlds, k) by target."""
    asked: list[dict[str, float]] = field(default_factory=list)

    def moments(self, values: Mapping[str, float]) -> dict[str, Simulated]:
        self.asked.append(dict(values))
        return {
            name: Simulated(formula(values) + self.noise.get(name, np.zeros((1, 1))))
            for name, formula in self.formulas.items()
        }


def fitted(lab: Formulas, evidence: Mapping[str, Moments], settings: CalibrationSettings) -> Fit:
    return fit_parameters(lab, evidence, settings, Silent())
