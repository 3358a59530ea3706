"""The catalogue of model parameters: each once, with unit, range, default and source.

``catalogue.csv`` is the only place where these numbers stand. Validation
(``parameters.NAME`` on the command line), the packed record that kernels read and the table in
``docs/model.md`` are generated from it. A source that begins with *assumption* is one.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.resources import files
from io import StringIO

import numpy as np
from numpy.typing import NDArray

from simulator.validation import clip, refuse, unknown_choice
from simulator.vocabulary import Work, WorkerType

Parameters = Mapping[str, float]
"""Value of every parameter of the catalogue, by name."""


@dataclass(frozen=True, slots=True)
class ParameterSpec:
    """One row of the catalogue; ``low`` and ``high`` bound the allowed closed range."""

    name: str
    group: str
    unit: str
    low: float
    high: float
    default: float
    meaning: str
    source: str


@cache
def catalogue() -> dict[str, ParameterSpec]:
    """Every parameter by name, in the order of the file."""
    text = files("simulator").joinpath("catalogue.csv").read_text(encoding="utf-8")
    return {
        row["name"]: ParameterSpec(
            name=row["name"],
            group=row["group"],
            unit=row["unit"],
            low=float(row["low"]),
            high=float(row["high"]),
            default=float(row["default"]),
            meaning=row["meaning"],
            source=row["source"],
        )
        for row in csv.DictReader(StringIO(text))
    }


def parameters_from(overrides: Mapping[str, object]) -> dict[str, float]:
    """The catalogue's defaults with ``overrides``; a ``UserError`` names every bad key."""
    known = catalogue()
    findings: list[str] = []
    values = {name: spec.default for name, spec in known.items()}
    for name, value in overrides.items():
        if name not in known:
            findings.append(str(unknown_choice("parameters key", known, name)))
            continue
        spec = known[name]
        allowed = f"a number in [{spec.low:g}, {spec.high:g}] {spec.unit}"
        if isinstance(value, bool) or not isinstance(value, int | float):
            findings.append(f"parameters.{name} must be {allowed}; got {clip(value)}")
        elif not spec.low <= value <= spec.high:
            found = f"{value:g}" if isinstance(value, float) else clip(value)
            findings.append(f"parameters.{name} must be {allowed}; got {found}")
        else:
            values[name] = float(value)
    refuse(findings)
    return values


def parameters_hash(parameters: Parameters) -> str:
    """SHA-256 of the values of all parameters: equal for equal sets."""
    text = "\n".join(f"{name}={value:.12g}" for name, value in sorted(parameters.items()))
    return sha256(text.encode()).hexdigest()


def parameter_dtype() -> np.dtype[np.void]:
    """Dtype of the packed record of all parameters, as kernels read it."""
    return np.dtype([(name, np.float64) for name in catalogue()])


def by_work(parameters: Parameters, prefix: str) -> NDArray[np.float64]:
    """``<prefix>_formal``, ``_self_employed``, ``_gig`` in the order of ``Work``, (3,)."""
    return np.array([parameters[f"{prefix}_{kind.name.lower()}"] for kind in Work])


def by_worker_type(parameters: Parameters, prefix: str) -> NDArray[np.float64]:
    """``<prefix>_alpha``, ``_beta``, ``_gamma`` in the order of ``WorkerType``, (3,)."""
    return np.array([parameters[f"{prefix}_{kind.name.lower()}"] for kind in WorkerType])


def worker_shares(parameters: Parameters) -> NDArray[np.float64]:
    """Shares of the labour force by ``WorkerType``, (3,); they sum to 1."""
    weights = by_worker_type(parameters, "worker_share")
    shares: NDArray[np.float64] = weights / weights.sum()
    return shares


def pack_parameters(parameters: Parameters) -> NDArray[np.void]:
    """``parameters`` as a record array of shape (1,)."""
    return np.array([tuple(parameters[name] for name in catalogue())], dtype=parameter_dtype())
