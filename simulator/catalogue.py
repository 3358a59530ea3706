"""The catalogue of model parameters: each once, with unit, range, default and source.

``catalogue.csv`` is the only place where these numbers stand. Validation
(``parameters.NAME`` on the command line), the packed record that kernels read and the table in
``docs/model.md`` are generated from it. A source that begins with *assumption* is one.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from simulator.validation import UserError, clip, unknown_choice

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
    with files("simulator").joinpath("catalogue.csv").open(encoding="utf-8", newline="") as file:
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
            for row in csv.DictReader(file)
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
        if isinstance(value, bool) or not isinstance(value, int | float):
            findings.append(f"parameters.{name} must be a number; got {clip(value)}")
        elif not spec.low <= float(value) <= spec.high:
            findings.append(
                f"parameters.{name} must be in [{spec.low:g}, {spec.high:g}] {spec.unit};"
                f" got {value:g}"
            )
        else:
            values[name] = float(value)
    if findings:
        raise UserError("\n".join(findings))
    return values


def parameter_dtype() -> np.dtype[np.void]:
    """Dtype of the packed record of all parameters, as kernels read it."""
    return np.dtype([(name, np.float64) for name in catalogue()])


def pack_parameters(parameters: Parameters) -> NDArray[np.void]:
    """``parameters`` as a record array of shape (1,)."""
    return np.array([tuple(parameters[name] for name in catalogue())], dtype=parameter_dtype())


def catalogue_markdown() -> str:
    """The catalogue as Markdown; ``docs/model.md`` holds a copy that a test compares."""
    lines: list[str] = []
    group = ""
    for spec in catalogue().values():
        if spec.group != group:
            group = spec.group
            lines += [
                "",
                f"**{group}**",
                "",
                "| parameter | unit | range | default | meaning | source |",
                "|---|---|---|---|---|---|",
            ]
        lines.append(
            f"| `{spec.name}` | {spec.unit} | {spec.low:g} to {spec.high:g} | {spec.default:g} |"
            f" {spec.meaning} | {spec.source} |"
        )
    return "\n".join(lines[1:])
