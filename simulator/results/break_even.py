"""Answers about break-evens as variables of results.nc, rows of summary.csv, and words."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from simulator.results.metric import MONTH_AXIS
from simulator.results.path_metrics import BY_NAME
from simulator.results.policy_run import PolicyRun
from simulator.results.summary import SummaryRow
from simulator.results.table import FRACTION, MONEY, unit_in
from simulator.results.variables import PATH_VARIABLES

F8 = NDArray[np.float64]


class Verdict(StrEnum):
    """Whether the mean gain changes its sign inside the bracket, else which sign is shown."""

    CROSSES = "crosses"
    PAYS_THROUGHOUT = "pays_throughout"
    NEVER_PAYS = "never_pays"
    UNDECIDED = "undecided"
    """No change of sign, but the gain's interval holds zero somewhere: too few paths to say."""


class GainPoint(NamedTuple):
    """Mean gain over paths, in money, at one value of a field, with its 95 % interval."""

    value: float
    mean: float
    ci_low: float
    ci_high: float


@dataclass(frozen=True, slots=True)
class BreakEven:
    """One answered question; ``value`` and its interval are NaN without a crossing.

    An end of the interval is NaN, too, where it lies outside of the bracket, and both are where
    the gains have no interval: with one macro draw. ``points`` are all values that were
    simulated, by rising value, both ends among them. The gain is the policy's metric less the
    reference's on the same paths, turned so that more is better. ``pays_below`` tells on which
    side of ``value`` the policy pays.
    """

    name: str
    policy: str
    field: str
    scenario: str
    metric: str
    low: float
    high: float
    verdict: Verdict
    value: float
    ci_low: float
    ci_high: float
    pays_below: bool | None
    points: tuple[GainPoint, ...]
    warnings: tuple[str, ...] = ()

    @property
    def has_interval(self) -> bool:
        """Whether the paths are enough for an interval at all."""
        return not math.isnan(self.points[0].ci_low)

    @property
    def summary_metric(self) -> str:
        """Name of its row in summary.csv."""
        return f"break_even_{self.field.replace('.', '_')}"


def whole_horizon(metric: str, policy_run: PolicyRun, last_month: int) -> F8:
    """A metric's figure of months 1 to ``last_month`` together, shape (paths,).

    It is that of summary.csv, without a dataset of everything else.
    """
    months = slice(1, last_month + 1)
    variables = {item.name: item for item in PATH_VARIABLES}

    def read(name: str) -> F8:
        monthly = variables[name].extract(policy_run)[None, None, :, months]
        return np.asarray(monthly.sum(axis=MONTH_AXIS, keepdims=True))

    return BY_NAME[metric](read)[0, 0, :, 0]


@dataclass(frozen=True, slots=True)
class BreakEvenVariable:
    """A variable [break_even] of results.nc."""

    name: str
    long_name: str
    extract: Callable[[BreakEven], float | str]


VARIABLES: Final = (
    BreakEvenVariable(
        "value", "value at which the policy stops or begins to pay", lambda b: b.value
    ),
    BreakEvenVariable(
        "ci_low",
        "lower end of its 95 % interval; missing if outside of the bracket or not known",
        lambda b: b.ci_low,
    ),
    BreakEvenVariable(
        "ci_high",
        "upper end of its 95 % interval; missing if outside of the bracket or not known",
        lambda b: b.ci_high,
    ),
    BreakEvenVariable("low", "lower end of the bracket", lambda b: b.low),
    BreakEvenVariable("high", "upper end of the bracket", lambda b: b.high),
    BreakEvenVariable(
        "verdict",
        "crosses, pays_throughout or never_pays in the bracket; undecided with too few paths",
        lambda b: b.verdict.value,
    ),
    BreakEvenVariable(
        "pays_side",
        "where the policy pays: below or above the value, or empty without one",
        lambda b: "" if b.pays_below is None else "below" if b.pays_below else "above",
    ),
    BreakEvenVariable("policy", "policy that was varied", lambda b: b.policy),
    BreakEvenVariable("field", "field of the policy that was varied", lambda b: b.field),
    BreakEvenVariable("scenario", "scenario in which it was varied", lambda b: b.scenario),
    BreakEvenVariable("metric", "metric whose gain crosses zero", lambda b: b.metric),
)
"""Each stands as ``break_even_NAME``."""

POINT_VARIABLES: Final = (
    ("point_value", FRACTION, "value of the field that was simulated"),
    ("gain", MONEY, "mean gain of the policy at the value, against the current policy"),
    ("gain_ci_low", MONEY, "lower end of the gain's 95 % interval"),
    ("gain_ci_high", MONEY, "upper end of the gain's 95 % interval"),
)
"""Variables [break_even, break_even_point], by rising value, NaN behind the last point; each
stands as ``break_even_NAME``, in the order of ``GainPoint``."""


def with_break_evens(dataset: xr.Dataset, found: Sequence[BreakEven]) -> xr.Dataset:
    """``dataset`` with the answers; itself when nothing was asked."""
    if not found:
        return dataset
    variables: dict[str, xr.Variable] = {}
    for item in VARIABLES:
        values = np.array([item.extract(answer) for answer in found])
        variables[f"break_even_{item.name}"] = _variable(
            ("break_even",), values, FRACTION, item.long_name
        )
    points = np.full((len(GainPoint._fields), len(found), _most_points(found)), np.nan)
    for row, answer in enumerate(found):
        points[:, row, : len(answer.points)] = np.array(answer.points).T
    currency = str(dataset.attrs["currency"])
    for (name, unit, meaning), values in zip(POINT_VARIABLES, points, strict=True):
        variables[f"break_even_{name}"] = _variable(
            ("break_even", "break_even_point"), values, unit_in(currency, unit), meaning
        )
    names = _variable(
        ("break_even",), np.array([b.name for b in found]), FRACTION, "name of the question"
    )
    return dataset.assign(variables).assign_coords(break_even=names)


def stored_break_evens(dataset: xr.Dataset, told: Mapping[str, object]) -> tuple[BreakEven, ...]:
    """The answers in results.nc; ``told``: what the manifest has of each, its warnings too."""
    if "break_even" not in dataset.dims:
        return ()
    found = []
    for at, name in enumerate(dataset["break_even"].values.tolist()):
        row = dataset.isel(break_even=at)
        here = {item.name: row[f"break_even_{item.name}"].item() for item in VARIABLES}
        side, entry = here.pop("pays_side"), told.get(name)
        here["pays_below"] = side == "below" if side else None
        here["verdict"] = Verdict(here["verdict"])
        points = np.stack([row[f"break_even_{part}"].values for part, _, _ in POINT_VARIABLES])
        known = points[:, np.isfinite(points[0])].T.tolist()
        warnings = entry["warnings"] if isinstance(entry, Mapping) else ()
        found.append(
            BreakEven(
                name=name,
                points=tuple(GainPoint(*point) for point in known),
                warnings=tuple(warnings),
                **here,
            )
        )
    return tuple(found)


def _most_points(found: Sequence[BreakEven]) -> int:
    return max(len(answer.points) for answer in found)


def _variable(
    dims: tuple[str, ...], values: NDArray[np.generic], unit: str, long_name: str
) -> xr.Variable:
    return xr.Variable(dims, values, {"units": unit, "long_name": long_name})


def break_even_rows(found: Sequence[BreakEven]) -> list[SummaryRow]:
    """A row of summary.csv for each answer.

    Numbers are empty without a crossing, and so is an end of the interval that lies outside of
    the bracket or is not known.
    """
    return [
        SummaryRow(
            scenario=answer.scenario,
            policy=answer.policy,
            metric=answer.summary_metric,
            month=None,
            mean=answer.value,
            ci_low=answer.ci_low,
            ci_high=answer.ci_high,
            p05=math.nan,
            p50=math.nan,
            p95=math.nan,
            unit=FRACTION,
        )
        for answer in found
    ]


def break_even_manifest(found: Sequence[BreakEven]) -> dict[str, object]:
    """The answers by name as JSON content; null for a number that does not exist."""
    return {
        answer.name: {
            **{item.name: _plain(item.extract(answer)) for item in VARIABLES},
            "gain_at_low": _plain(answer.points[0].mean),
            "gain_at_high": _plain(answer.points[-1].mean),
            "values_simulated": len(answer.points),
            "warnings": list(answer.warnings),
        }
        for answer in found
    }


def _plain(value: float | str) -> float | str | None:
    return None if isinstance(value, float) and math.isnan(value) else value
