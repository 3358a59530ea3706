"""Which policy's best setting is looked for, by which figure and bounds, checked before a run."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from pydantic import BaseModel

from simulator.explain.asked import checked
from simulator.explain.moved_inputs import Moved, moved_fields
from simulator.explain.whole_metric import CHANGE, whole_metric
from simulator.policies import Policy
from simulator.request import ExperimentRequest
from simulator.settings import SearchQuestions, SearchSettings
from simulator.validation import UserError, check_known
from simulator.varied_policy import NumberField, number_fields, with_number
from simulator.vocabulary import REFERENCE

SECTION: Final = "search"
DRAW_PATHS: Final = 16
"""Of each draw of assumptions."""
DRAW_BORROWERS: Final = 1_000
"""Of the book of a draw of assumptions, at most."""
AT_ONCE: Final = 16
"""Settings that are simulated beside each other."""


@dataclass(frozen=True, slots=True)
class SearchQuestion:
    """A checked ``SearchSettings``; ``scenarios`` are those that are simulated."""

    name: str
    settings: SearchSettings
    policy: BaseModel
    metric: str
    scenarios: tuple[str, ...]
    inputs: tuple[Moved, ...]

    @property
    def owner(self) -> str:
        """What a mistake begins with."""
        return f"{SECTION}.{self.name}"

    @property
    def allowed(self) -> Mapping[str, NumberField]:
        """Every number of the policy with its range."""
        return number_fields(self.policy)

    def policy_at(self, values: Mapping[str, float]) -> Policy:
        """The policy with other values of its fields; ``UserError`` where a rule forbids them."""
        found: Policy | BaseModel = self.policy
        for field, value in values.items():
            assert isinstance(found, BaseModel)
            found = with_number(f"{self.owner}: policy.{self.settings.policy}", found, field, value)
        assert isinstance(found, Policy)
        return found


def ask_searches(request: ExperimentRequest) -> tuple[SearchQuestion, ...]:
    """The questions of a run, in their order; a ``UserError`` holds every mistake."""
    return checked(request, SECTION, SearchQuestions, _question)


def _question(name: str, wanted: SearchSettings, request: ExperimentRequest) -> SearchQuestion:
    owner = f"{SECTION}.{name}"
    others = tuple(each for each in request.all_policies if each != REFERENCE)
    if not others:
        raise UserError(f"{owner}.policy: the run has no policy besides {REFERENCE}")
    check_known(f"{owner}.policy", others, wanted.policy)
    policy = request.policies[wanted.policy]
    if not isinstance(policy, BaseModel):
        raise UserError(f"{owner}.policy {wanted.policy} has no fields that can be set")
    scenarios = tuple(request.scenarios)
    if wanted.scenario is not None:
        check_known(f"{owner}.scenario", scenarios, wanted.scenario)
        if not wanted.subject_to:  # bounds are of every scenario
            scenarios = (wanted.scenario,)
    for bound in wanted.subject_to:
        whole_metric(
            f"{owner}.subject_to", bound.removeprefix(CHANGE), request.run, request.provision
        )
    return SearchQuestion(
        name,
        wanted,
        policy,
        _maximised(owner, wanted.maximise, request),
        scenarios,
        moved_fields(owner, wanted.policy, policy, wanted.fields),
    )


def _maximised(owner: str, wanted: str | None, request: ExperimentRequest) -> str:
    from simulator.results.metrics import better  # slow to import, and mistakes come first

    if wanted is None:
        return "value" if request.run.has_runoff else "net_result"
    metric = wanted.removeprefix(CHANGE)
    whole_metric(owner, metric, request.run, request.provision)
    if metric == "value" and not request.run.has_runoff:
        raise UserError(f"{owner}.maximise value needs run.runoff_months of at least 1")
    if better(metric) <= 0:
        raise UserError(
            f"{owner}.maximise must be a figure of which more is better, such as value or"
            f" net_result; a bound of another goes to {owner}.subject_to; got {wanted}"
        )
    return metric
