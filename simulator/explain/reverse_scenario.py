"""The scenario of a design point, as an object and as files that can be run."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import yaml
from numpy.typing import NDArray

from simulator.macro.causes import Causes
from simulator.macro.scenario import Scenario
from simulator.macro.variables import DEVIATING_VARIABLES, disaster_column
from simulator.results.files import REVERSE_FOLDER
from simulator.settings import MacroDeviation

F8 = NDArray[np.float64]

PREFIX: Final = "reverse_"
STILL: Final = MacroDeviation(volatility=(0.0, 0.0, 0.0, 0.0))
"""Paths differ by borrowers' draws alone."""
_SEVERITY_OF: Final = (*DEVIATING_VARIABLES, "credit_supply")


@dataclass(frozen=True, slots=True)
class DesignScenario:
    """What happens at a design point."""

    name: str
    scenario: Scenario


def design_scenario(question: str, causes: Causes, scores: F8) -> DesignScenario:
    """The path of every variable at ``scores`` (d,), with the scenario's own yardsticks."""
    drawn, own = causes.paths(scores[None]), causes.scenario
    central = {name: values[0].copy() for name, values in drawn.by_draw.items()}
    driven = tuple(
        name
        for name in _SEVERITY_OF
        if name in own.driven or (causes.economy is not None and name in DEVIATING_VARIABLES)
        or not np.array_equal(central[name], own.central[name])
    )  # fmt: skip
    scenario = replace(
        own, central=central, disaster=causes.disaster(scores[None])[0], driven=driven
    )
    return DesignScenario(f"{PREFIX}{question}"[:63], scenario)


def files_of(place: DesignScenario, narrative: str, jurisdiction: str | None) -> dict[str, str]:
    """The scenario's YAML and its table of months, by name within a run's folder."""
    scenario, name = place.scenario, place.name
    columns = dict(scenario.central)
    regions = zip(scenario.regions, scenario.disaster.T, strict=True)
    columns |= {disaster_column(region): chance for region, chance in regions}
    moving = {
        column: values
        for column, values in columns.items()
        if column != "unemployment_weeks" or np.any(values)
    }
    settings = {
        "label": f"Reverse stress: {name.removeprefix(PREFIX).replace('_', ' ')}"[:80],
        "narrative": narrative[:2000],
        "source": "assumption: search by the simulator (docs/model.md, section 14.7)",
        "jurisdiction": jurisdiction,
        "weight": 1.0,
        "table": f"{name}.csv",
        "frequency": "monthly",
        "start_month": scenario.start_month,
        "opening": {column: float(values[0]) for column, values in moving.items()},
        "growth": scenario.growth,
        "deviation": STILL.model_dump(mode="json", include={"volatility"}),
    }
    body = yaml.safe_dump(settings, sort_keys=False, allow_unicode=True, width=96)
    return {
        f"{REVERSE_FOLDER}/scenario/{name}.yaml": f"# @package scenario.{name}\n{body}",
        f"{REVERSE_FOLDER}/_macro/{name}.csv": _table(scenario.start_month, moving),
    }


def _table(start: str, columns: dict[str, F8]) -> str:
    """A row a month from month 1 on, every digit."""
    first = np.datetime64(start, "M")
    n = len(next(iter(columns.values())))
    lines = [",".join(("month", *columns))]
    for month in range(1, n):
        cells = (repr(float(values[month])) for values in columns.values())
        lines.append(",".join((str(first + (month - 1)), *cells)))
    return "\n".join(lines) + "\n"
