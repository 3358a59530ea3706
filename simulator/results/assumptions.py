"""What a run says when an assumption is another: changes of worth, and which one turns the sign."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Final

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from simulator.results.table import FRACTION, MONEY, csv_text, unit_in

F8 = NDArray[np.float64]

ENDS: Final = ("low", "high")
EVERYWHERE: Final = "all"
"""Place of the weighted worth; the others are scenarios."""
PAIR: Final = "pair"
SURE: Final = 2.0
"""Standard errors from which a change is told from noise."""
LEAST_MOVE: Final = 1e-3
"""Share of a worth from which on an assumption counts for it."""
_DIMS: Final = ("assumption", "assumption_end", "assumption_policy", "assumption_place")
NUMBERS: Final = {
    "assumption_change": (_DIMS, MONEY, "change of worth at the end of its range"),
    "assumption_change_se": (_DIMS, MONEY, "standard error of that change"),
    "assumption_value": (
        ("assumption", "assumption_point"),
        FRACTION,
        "its first parameter at the low end, as in the run, at the high end",
    ),
}
"""Variables of results.nc where assumptions were tried: dimensions, unit, meaning."""
TEXTS: Final = {
    "assumption_kind": "assumption, fitted (moved along the fit's draws) or the worst pair",
    "assumption_parameter": "its first parameter",
    "assumption_source": "where its range comes from",
}


@dataclass(frozen=True, slots=True)
class Trial:
    """One assumption: ``values`` (low, base, high) of each parameter that moves with it.

    The worst pair has two names in one, and its number at the low end.
    """

    name: str
    kind: str
    values: Mapping[str, tuple[float, float, float]]
    source: str


@dataclass(frozen=True, slots=True)
class Tried:
    """Changes of worth against the run's own assumptions, in money of the run's book.

    ``change`` and ``se`` are (assumption, end, policy, place); places are ``EVERYWHERE`` and then
    the scenarios.
    """

    trials: tuple[Trial, ...]
    policies: tuple[str, ...]
    places: tuple[str, ...]
    change: F8
    se: F8


@dataclass(frozen=True, slots=True)
class Bar:
    """An assumption's bar for a policy: its worth at both ends, and whether that is noise."""

    name: str
    kind: str
    parameter: str
    values: tuple[float, float, float]
    """Low, base, high of its first parameter."""
    low: float
    high: float
    base: float
    least: float
    """Lowest end of both worths less ``SURE`` errors of the change; NaN where one is not known."""
    noise: bool

    @property
    def width(self) -> float:
        """Distance between the worths at both ends and at the base."""
        ends = [v for v in (self.low, self.high, self.base) if isfinite(v)]
        return max(ends) - min(ends)

    @property
    def unknown(self) -> bool:
        """Whether a worth at an end of its range is not known."""
        return not (isfinite(self.low) and (isfinite(self.high) or self.kind == PAIR))

    @property
    def moves(self) -> bool:
        """Whether it moves the worth at all: by a thousandth of it, or to what is not known."""
        if self.unknown:
            return True
        change = max(abs(self.low - self.base), abs(self.high - self.base))
        return change > LEAST_MOVE * abs(self.base)

    @property
    def overturns(self) -> bool:
        """Whether a worth above 0 is not shown to stay so at both ends."""
        return self.base > 0.0 and self.moves and not self.least > 0.0

    @property
    def turning(self) -> float | None:
        """Value of the parameter at which the worth is 0, on a straight line; None without one."""
        if self.noise:
            return None
        for value, worth in ((self.values[0], self.low), (self.values[2], self.high)):
            if self.base * worth < 0.0:
                share = self.base / (self.base - worth)
                return self.values[1] + share * (value - self.values[1])
        return None


def with_tried(dataset: xr.Dataset, tried: Tried | None) -> xr.Dataset:
    """``dataset`` with what was tried; itself when nothing was."""
    if tried is None:
        return dataset
    firsts = [next(iter(trial.values.items())) for trial in tried.trials]
    values = {
        "assumption_change": tried.change,
        "assumption_change_se": tried.se,
        "assumption_value": np.array([numbers for _, numbers in firsts]),
    }
    currency = str(dataset.attrs["currency"])
    texts = {
        "assumption_kind": [t.kind for t in tried.trials],
        "assumption_parameter": [name for name, _ in firsts],
        "assumption_source": [t.source for t in tried.trials],
    }
    found = {
        name: _variable(dims, values[name], unit_in(currency, unit), meaning)
        for name, (dims, unit, meaning) in NUMBERS.items()
    } | {
        name: _variable(("assumption",), np.array(texts[name]), FRACTION, meaning)
        for name, meaning in TEXTS.items()
    }
    return dataset.assign(found).assign_coords(
        assumption=[t.name for t in tried.trials],
        assumption_end=list(ENDS),
        assumption_point=["low", "base", "high"],
        assumption_policy=list(tried.policies),
        assumption_place=list(tried.places),
    )


def _variable(
    dims: tuple[str, ...], values: NDArray[np.generic], unit: str, text: str
) -> xr.Variable:
    return xr.Variable(dims, values, {"units": unit, "long_name": text})


def bars(dataset: xr.Dataset, policy: str, place: str, worth: float) -> tuple[Bar, ...]:
    """Bars of a policy whose worth at a place is ``worth``, the widest first; none if untried."""
    if "assumption_change" not in dataset or policy not in dataset["assumption_policy"].values:
        return ()
    chosen = {"assumption_policy": policy, "assumption_place": place}
    change = dataset["assumption_change"].sel(chosen).transpose("assumption", ...).values
    se = dataset["assumption_change_se"].sel(chosen).transpose("assumption", ...).values
    found = []
    for i, name in enumerate(dataset["assumption"].values):
        of = dataset.isel(assumption=i)
        sure = np.abs(change[i]) > SURE * se[i]
        found.append(
            Bar(
                name=str(name),
                kind=str(of["assumption_kind"].values),
                parameter=str(of["assumption_parameter"].values),
                values=tuple(float(v) for v in of["assumption_value"].values),  # type: ignore[arg-type]
                low=worth + float(change[i, 0]),
                high=worth + float(change[i, 1]),
                base=worth,
                least=worth + float(np.min(change[i] - SURE * se[i])),
                noise=not bool(sure.any()),
            )
        )
    return tuple(sorted(found, key=lambda bar: -bar.width))


def moving(found: Sequence[Bar]) -> tuple[Bar, ...]:
    """Bars that count for a verdict: those of single assumptions that move the worth."""
    return tuple(bar for bar in found if bar.kind != PAIR and bar.moves)


def assumptions_text(tried: Tried, defaults: Mapping[str, float]) -> str:
    """assumptions.csv: every parameter of every assumption, and its effect on each policy."""
    head = ("assumption", "kind", "parameter", "value", "default", "low", "high", "source")
    effect = ("policy", "place", "change_low", "se_low", "change_high", "se_high")
    rows: list[Sequence[str | float]] = []
    for i, trial in enumerate(tried.trials):
        for parameter, (low, base, high) in trial.values.items():
            default = defaults.get(parameter, 1.0)  # a factor on a policy's own number
            first = (trial.name, trial.kind, parameter, base, default, low, high, trial.source)
            for p, policy in enumerate(tried.policies):
                for s, place in enumerate(tried.places):
                    pairs = ((tried.change[i, e, p, s], tried.se[i, e, p, s]) for e in range(2))
                    cells = (float(v) for pair in pairs for v in pair)
                    rows.append((*first, policy, place, *cells))
    return csv_text((*head, *effect), rows, ".10g")
