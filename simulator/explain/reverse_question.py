"""Reverse stress: which figure is to reach which limit, in which scenario, by which causes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from simulator.explain.asked import checked
from simulator.explain.whole_metric import whole_metric
from simulator.macro.causes import ECONOMY, CauseSpec, chosen_causes
from simulator.request import ExperimentRequest
from simulator.settings import ReverseQuestions, ReverseSettings
from simulator.validation import UserError, check_known

SECTION: Final = "reverse"
LEAST_PATHS: Final = 10
"""Of a run, to tell how a figure hangs on the economy (assumption)."""
MOST_EXPLORED: Final = 200
"""Paths of the regression that begins a search, and of the point that is told."""
LOOKS: Final = 48
"""Looks of a search, about: so many times ``paths`` of a question are simulated."""


@dataclass(frozen=True, slots=True)
class ReverseQuestion:
    """A checked ``ReverseSettings``: everything is named and inside its range.

    ``economy``: spread of the economy over the scenario's own, None where it is left alone.
    """

    name: str
    settings: ReverseSettings
    metric: str
    scenario: str
    economy: float | None
    causes: Mapping[str, CauseSpec]

    @property
    def owner(self) -> str:
        """What a mistake begins with."""
        return f"{SECTION}.{self.name}"


def ask_reverse(request: ExperimentRequest) -> tuple[ReverseQuestion, ...]:
    """The questions of a run, in their order; a ``UserError`` holds every mistake."""
    return checked(request, SECTION, ReverseQuestions, _question)


def _question(name: str, wanted: ReverseSettings, request: ExperimentRequest) -> ReverseQuestion:
    owner, scenarios = f"{SECTION}.{name}", tuple(request.scenarios)
    check_known(f"{owner}.policy", tuple(request.all_policies), wanted.policy)
    scenario = scenarios[0] if wanted.scenario is None else wanted.scenario
    check_known(f"{owner}.scenario", scenarios, scenario)
    if request.run.paths < LEAST_PATHS:
        raise UserError(
            f"{owner} needs run.paths of at least {LEAST_PATHS}; got {request.run.paths}"
        )
    return ReverseQuestion(
        name,
        wanted,
        whole_metric(owner, wanted.metric, request.run, request.provision),
        scenario,
        wanted.spread.get(ECONOMY, 1.0) if ECONOMY in wanted.factors else None,
        chosen_causes(
            wanted.factors,
            {str(name): size for name, size in wanted.spread.items()},
            {str(name): when for name, when in wanted.timing.items()},
        ),
    )
