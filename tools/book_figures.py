"""What the checks of the default book share: seeds, the flat economy, a run, a printed line."""

import argparse
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from math import isnan
from pathlib import Path

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from simulator import ScenarioSettings, stress_test
from simulator.results.run import Run
from simulator.settings import MacroDeviation

F8 = NDArray[np.float64]

SEEDS = (31_001, 31_002, 31_003)
"""None of them is used by a fit or a shipped run."""
FLAT: Mapping[str, float] = {
    "unemployment_rate": 0.052,
    "income_growth": 0.04,
    "inflation": 0.02,
    "policy_rate": 0.03,
    "credit_supply": 1.0,
    "competitor_rate": 0.18,
}
"""Rates, unemployment and supply constant; incomes and prices grow as people are used to."""
RAMP, HOLD = 6, 12
"""Months in which a shock ramps up, and in which it lasts."""


@dataclass(frozen=True, slots=True)
class Size:
    """How much is simulated in each part."""

    power: int = 50_000
    flat: int = 100_000
    responses: int = 20_000
    causes: int = 10_000
    paths: int = 10


@dataclass(frozen=True, slots=True)
class Line:
    """A figure with the band it should lie in."""

    what: str
    found: float
    low: float
    high: float

    @property
    def holds(self) -> bool:
        """Whether the figure lies in its band."""
        return bool(self.low <= self.found <= self.high)

    def __str__(self) -> str:
        """One line of the table."""
        mark = "ok " if self.holds else "-- " if isnan(self.found) else "NO "
        return f"{mark} {self.what:<62} {self.found:8.3f}   wanted {self.low:g} to {self.high:g}"


def asked_scale(program: str, about: str | None, argv: list[str] | None) -> float:
    """How large a check's books are, over what its bands are for."""
    parser = argparse.ArgumentParser(prog=program, description=about)
    parser.add_argument(
        "--scale", type=float, default=1.0, help="of the books, such as 0.1; the bands are for 1"
    )
    scale: float = parser.parse_args(argv).scale
    return scale


def print_lines(lines: Iterable[Line]) -> int:
    """Print every line as it is known; 1 where one is outside its band, else 0."""
    outside = 0
    for line in lines:
        print(line, flush=True)
        outside += not line.holds
    print(f"{outside} outside their bands")
    return 1 if outside else 0


def scenario(
    folder: Path, name: str, changes: Mapping[str, float], months: int = 24
) -> ScenarioSettings:
    """The flat economy with ``changes``, which ramp up over ``RAMP`` months and stay."""
    rows = [",".join(["month", *FLAT])]
    for month in range(1, months + 1):
        share = min(1.0, month / RAMP)
        values = [value + share * changes.get(key, 0.0) for key, value in FLAT.items()]
        rows.append(
            ",".join([f"{2026 + (month - 1) // 12}-{(month - 1) % 12 + 1:02d}", *map(repr, values)])
        )
    table = folder / f"{name}.csv"
    table.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return ScenarioSettings(
        label=name,
        narrative=f"Flat but for {name}.",
        table=str(table),
        opening=dict(FLAT),
        deviation=MacroDeviation(volatility=(0.0, 0.0, 0.0, 0.0)),
    )


def simulate(
    scenarios: Mapping[str, str | ScenarioSettings],
    borrowers: int | None,
    paths: int,
    **more: object,
) -> Run:
    """The current policy alone."""
    arguments: dict[str, object] = {
        "months": 24,
        "runoff_months": 0,
        "provision": (),
        "seed": SEEDS[0],
    } | more
    return stress_test(  # type: ignore[arg-type]
        scenarios=scenarios, policies=[], borrowers=borrowers, paths=paths, **arguments
    )


def monthly(dataset: xr.Dataset, name: str) -> F8:
    """Mean over paths of a figure by month, of the only scenario."""
    one = dataset.isel(scenario=0).sel(policy="status_quo")
    balance = one["balance"].sum("bucket")
    figures: dict[str, Callable[[], xr.DataArray]] = {
        "30+": lambda: one["overdue_rate"].sel(dpd=30),
        "90+": lambda: one["overdue_rate"].sel(dpd=90),
        "new 90+ loans": lambda: one["new_90"] / one["loans"].sum("bucket"),
        "charge-off": lambda: one["written_off"] / balance,
        "stage 2": lambda: one["balance_share_by_grade"].sel(provision="ifrs9", grade="stage_2"),
        "unemployed borrowers": lambda: one["unemployment_rate"],
    }
    found = figures[name]()
    return np.asarray(
        (found.mean("path") if "path" in found.dims else found).values, dtype=np.float64
    )
