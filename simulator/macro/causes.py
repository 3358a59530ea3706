"""Causes of a bad outcome as independent standard normal scores, and the worlds that they make.

The economy's scores are parts of the shocks of its own deviations, those of other causes move a
macro variable over a stated time. Equations: docs/model.md, section 14.7.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.elementary import power
from simulator.macro.paths import MacroPaths, paths_of_normals
from simulator.macro.scenario import Scenario
from simulator.macro.variables import DEVIATING_VARIABLES, DISASTER, MACRO_VARIABLES

F8 = NDArray[np.float64]

ECONOMY: Final = "economy"
N_PARTS: Final = 4
"""Equal parts of the reported months in each of which an economic variable has one score
(assumption)."""


class CauseSpec(NamedTuple):
    """A cause beside the economy: the variable that it moves, its spread and its time.

    ``spread``: size at one standard deviation; ``first`` and ``months``: when it lasts, after which
    it fades as the variable does past a table's end. All are assumptions; the spread of standards
    is measured in the US. ``two_sided``: whether it may help as well as hurt.
    """

    variable: str
    spread: float
    first: int
    months: int
    two_sided: bool = False


CAUSES: Final[Mapping[str, CauseSpec]] = {
    "epidemic": CauseSpec("epidemic", 0.3, 4, 9),
    "platforms": CauseSpec("credit_supply", 0.25, 4, 12),
    "disaster": CauseSpec(DISASTER, 0.03, 4, 1),
    "willingness": CauseSpec("willingness_shift", 0.1, 4, 12, two_sided=True),
    "standards": CauseSpec("lending_standards", 0.035, 4, 12, two_sided=True),
    "conduct": CauseSpec("collection_allowed", 0.25, 4, 12),
}
"""Epidemic: intensity; platforms: share of their lending that stops; disaster: share of borrowers
hit; willingness: log of the factor on refusals; standards: net share of lenders that are less
willing than usual, which moves at once: its spread is that of the change over four quarters in the
Federal Reserve's survey of loan officers, 1982 Q2 to 2024 Q4, each answer half as heavy after two
years (docs/model.md, section 14.7; that lenders elsewhere move as much: assumption); conduct: share
of collection contacts beyond reminders that is forbidden."""
FACTORS: Final = (ECONOMY, *CAUSES)


class Place(NamedTuple):
    """What a score belongs to: its cause, and of the economy's the variable and the part."""

    cause: str
    variable: str
    part: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Causes:
    """Chosen causes of one scenario, each with its spread and time.

    ``months``: the reported ones, in whose parts the economy has its scores; ``economy``: spread of
    its scores over that of the scenario's own deviations, None where the economy is left alone.
    """

    scenario: Scenario
    months: int
    economy: float | None
    others: Mapping[str, CauseSpec]

    @property
    def places(self) -> tuple[Place, ...]:
        """What each of the d scores belongs to, in their order."""
        found = [Place(name, spec.variable) for name, spec in self.others.items()]
        if self.economy is None:
            return tuple(found)
        parts = range(len(self._parts()))
        return (*(Place(ECONOMY, v, k) for v in DEVIATING_VARIABLES for k in parts), *found)

    def _parts(self) -> list[range]:
        """Months of each part, from month 1 on."""
        ends = np.linspace(0, self.months, min(N_PARTS, self.months) + 1).round().astype(int)
        return [range(first + 1, last + 1) for first, last in pairwise(ends)]

    def scores_of(self, normals: F8) -> F8:
        """Scores (n, d) of paths of the economy alone; ``normals`` as ``economy_normals`` has."""
        found = np.zeros((normals.shape[2], len(self.places)))
        for at, place in enumerate(self.places):
            if place.cause == ECONOMY:
                months = self._parts()[place.part]
                shocks = normals[months.start : months.stop, self._index(place)]
                found[:, at] = shocks.sum(axis=0) / np.sqrt(len(months))
        return found

    def paths(self, scores: F8, normals: F8 | None = None) -> MacroPaths:
        """The paths (n draws) of ``scores`` (n, d).

        With ``normals`` (horizon + 1, n_variables, n) the economy is theirs, and its scores are
        not read; without, it has no other shocks than those of its scores.
        """
        shocks = self._shocks(scores) if normals is None else normals
        drawn = paths_of_normals(self.scenario, shocks * (self.economy or 0.0))
        by_draw = dict(drawn.by_draw)
        for at, place in enumerate(self.places):
            if place.cause != ECONOMY and place.variable != DISASTER:
                spec = self.others[place.cause]
                by_draw[place.variable] = _moved(
                    spec, by_draw[place.variable], scores[:, at, None] * self._profile(spec)
                )
        return replace(drawn, by_draw=by_draw)

    def disaster(self, scores: F8) -> F8:
        """Probability of being hit by draw, month and region, (n, horizon + 1, n_regions)."""
        chance = np.repeat(self.scenario.disaster[None], len(scores), axis=0)
        for at, place in enumerate(self.places):
            if place.variable == DISASTER:
                spec = self.others[place.cause]
                sizes = scores[:, at, None] * self._profile(spec)
                chance = _moved(spec, chance, sizes[:, :, None])
        return chance

    def loadings(self) -> F8:
        """Shocks of the economy, month by month, over its scores, (months * variables, d)."""
        each = np.eye(len(self.places))
        return self._shocks(each).reshape(-1, len(self.places))

    def _shocks(self, scores: F8) -> F8:
        """Shocks of the economy's scores alone, (horizon + 1, n_variables, n)."""
        horizon = self.scenario.horizon
        shocks = np.zeros((horizon + 1, len(DEVIATING_VARIABLES), len(scores)))
        for at, place in enumerate(self.places):
            if place.cause == ECONOMY:
                months = self._parts()[place.part]
                shocks[months.start : months.stop, self._index(place)] += scores[:, at] / np.sqrt(
                    len(months)
                )
        return shocks

    def _index(self, place: Place) -> int:
        return DEVIATING_VARIABLES.index(place.variable)

    def _profile(self, spec: CauseSpec) -> F8:
        """Share of a cause's size in each month, (horizon + 1,)."""
        months = np.arange(self.scenario.horizon + 1)
        profile = ((months >= spec.first) & (months < spec.first + spec.months)).astype(np.float64)
        variable = MACRO_VARIABLES[spec.variable]
        if spec.variable == DISASTER or variable.long_run is None:
            return profile
        since = np.maximum(months - (spec.first + spec.months - 1), 0)
        fading = power(0.5, since / variable.half_life_months)
        found: F8 = np.where(months >= spec.first, fading, 0.0)
        return found


def _moved(spec: CauseSpec, values: F8, sizes: F8) -> F8:
    """``values`` of a cause's variable, moved by ``sizes`` standard deviations.

    No value leaves its range, and no cause makes things better than the scenario has them, but for
    those of two sides.
    """
    variable = MACRO_VARIABLES[spec.variable]
    if spec.two_sided:
        found = values + spec.spread * sizes
        return np.asarray(np.clip(found, variable.low, variable.high))
    left = power(1.0 - spec.spread, np.maximum(sizes, 0.0))
    if spec.variable in ("credit_supply", "collection_allowed"):
        return np.asarray(values * left)
    return np.asarray(1.0 - (1.0 - values) * left)


def chosen_causes(
    factors: Sequence[str],
    spreads: Mapping[str, float],
    times: Mapping[str, tuple[int, int]],
) -> dict[str, CauseSpec]:
    """The causes beside the economy among ``factors``, with what the user says of them."""
    found = {}
    for name, spec in CAUSES.items():
        if name in factors:
            first, months = times.get(name, (spec.first, spec.months))
            found[name] = spec._replace(
                spread=spreads.get(name, spec.spread), first=first, months=months
            )
    return found
