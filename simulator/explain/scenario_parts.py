"""Which part of a scenario makes its difference to another one: exact Shapley over its parts.

Both share their luck, so a mixture takes each part's variables from one of the two, path by path.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulator.explain.cause_question import check_causes
from simulator.explain.coalitions import Coalitions
from simulator.macro import MacroPaths
from simulator.progress import Progress
from simulator.request import ExperimentRequest
from simulator.results.cause_shares import CausePart, Explained, waterfall_rows
from simulator.shocks import build_world
from simulator.simulated import Simulated

F8 = NDArray[np.float64]

DISASTER: Final = "disaster"
GROWTH: Final = "growth_of_applicants"
PARTS: Final[Mapping[str, tuple[str, ...]]] = {
    "unemployment": ("unemployment_rate", "unemployment_weeks"),
    "income": ("income_growth",),
    "prices": ("inflation",),
    "rates": ("policy_rate", "competitor_rate"),
    "platforms": ("credit_supply",),
    "standards": ("lending_standards",),
    "epidemic": ("epidemic",),
    DISASTER: (),
    "rules_and_willingness": ("rate_cap", "collection_allowed", "willingness_shift"),
    GROWTH: (),
}
"""Macro variables of each part; disasters and the growth of applicants are no such variables."""


def explain_scenarios(
    request: ExperimentRequest, simulated: Simulated, watch: Progress
) -> tuple[CausePart, ...]:
    """Waterfalls from ``explain.against`` to every other scenario; none unless it is asked."""
    settings = check_causes(request)
    if settings.against is None or request.earlier is not None:
        return ()
    coalitions = Coalitions.of(request, simulated, settings)
    base = simulated.drawn[settings.against]
    rows: list[CausePart] = []
    for name, drawn in simulated.drawn.items():
        if name == settings.against:
            continue
        parts = differing(base, drawn)
        n_coalitions = 2 ** len(parts)
        watch.start(n_coalitions * coalitions.run.paths, f"explaining {name}")
        values = np.zeros((n_coalitions, coalitions.run.paths))
        for on in range(n_coalitions):
            chosen = [part for place, part in enumerate(parts) if on >> place & 1]
            world = partial(
                build_world,
                mixed(base, drawn, chosen),
                parameters=request.parameters,
                jurisdiction=simulated.output.book.jurisdiction,
                regions=simulated.output.book.regions,
            )
            found = coalitions.simulated({name: world}, watch.advance)
            values[on] = coalitions.figures(found.tallies)[name]
        watch.finish()
        size = request.run.draws_per_path
        what = Explained(name, coalitions.metric, coalitions.unit, size, settings.against)
        rows += waterfall_rows(what, parts, values)
    return tuple(rows)


def differing(base: MacroPaths, drawn: MacroPaths) -> tuple[str, ...]:
    """Parts in which two scenarios differ on any path; a part that is alike adds 0 exactly."""
    found = []
    for part, variables in PARTS.items():
        differs = any(
            not np.array_equal(base.by_draw[name], drawn.by_draw[name]) for name in variables
        )
        if part == DISASTER:
            differs = not np.array_equal(base.scenario.disaster, drawn.scenario.disaster)
        if part == GROWTH:
            differs = base.scenario.growth != drawn.scenario.growth
        if differs:
            found.append(part)
    return tuple(found)


def mixed(base: MacroPaths, drawn: MacroPaths, chosen: list[str]) -> MacroPaths:
    """Paths with the ``chosen`` parts of ``drawn`` and all others of ``base``."""
    by_draw = dict(base.by_draw)
    for part in chosen:
        by_draw |= {name: drawn.by_draw[name] for name in PARTS[part]}
    scenario = replace(
        drawn.scenario,
        disaster=(drawn if DISASTER in chosen else base).scenario.disaster,
        growth=(drawn if GROWTH in chosen else base).scenario.growth,
    )
    return replace(drawn, scenario=scenario, by_draw=by_draw)
