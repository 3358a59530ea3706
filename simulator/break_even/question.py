"""Which field of which policy is varied, in which scenario, and what counts as paying."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from pydantic import BaseModel

from simulator.policies import Policy
from simulator.settings import BreakEvenSettings, RunSettings
from simulator.validation import UserError, check_known, clip, refuse
from simulator.varied_policy import NumberField, check_number, number_fields, with_number
from simulator.vocabulary import REFERENCE

LIFETIME: Final = "lifetime_"
VALUE: Final = "value"
GAINS: Final = (VALUE, "net_result", "result_before_losses", "net_loss", "credit_loss")
"""Metrics by which a policy can pay."""


@dataclass(frozen=True, slots=True)
class Question:
    """A checked ``BreakEvenSettings``: everything is named and inside its range."""

    name: str
    policy_name: str
    policy: BaseModel
    field: str
    low: float
    high: float
    setting: float
    """Value of the field in the run itself, perhaps outside of the bracket."""
    whole: bool
    """Whether the field takes whole numbers only."""
    scenario: str
    metric: str

    @property
    def gain_sign(self) -> float:
        """1 if more of the metric is better, -1 if less is."""
        from simulator.results.metrics import better  # slow to import, and mistakes come first

        return float(better(self.metric))

    def policy_at(self, value: float) -> Policy:
        """The policy with the field at ``value``; ``UserError`` where a rule forbids it."""
        what = f"break_even.{self.name}: policy.{self.policy_name}"
        return with_number(what, self.policy, self.field, round(value) if self.whole else value)


def ask(
    settings: Mapping[str, BreakEvenSettings],
    policies: Mapping[str, Policy],
    scenarios: Collection[str],
    run: RunSettings,
) -> tuple[Question, ...]:
    """The questions of a run, in order; a ``UserError`` holds every mistake.

    ``policies`` and ``scenarios`` are those of the run, scenarios in order.
    """
    questions: list[Question] = []
    mistakes: list[str] = []
    for name, wanted in settings.items():
        try:
            question = _question(name, wanted, policies, tuple(scenarios), run)
            _refuse_repetition(question, questions)
            questions.append(question)
        except UserError as error:
            mistakes.append(str(error))
    refuse(mistakes)
    return tuple(questions)


def _question(
    name: str,
    wanted: BreakEvenSettings,
    policies: Mapping[str, Policy],
    scenarios: tuple[str, ...],
    run: RunSettings,
) -> Question:
    owner = f"break_even.{name}"
    policy = _policy(owner, wanted.policy, policies)
    fields = number_fields(policy)
    check_known(f"{owner}.field of policy {wanted.policy}", fields, wanted.field)
    field = fields[wanted.field]
    low, high = _bracket(owner, wanted, field)
    scenario = scenarios[0] if wanted.scenario is None else wanted.scenario
    check_known(f"{owner}.scenario", scenarios, scenario)
    metric = _metric(owner, wanted.metric, run.has_runoff)
    question = Question(
        name,
        wanted.policy,
        policy,
        wanted.field,
        low,
        high,
        field.setting,
        field.whole,
        scenario,
        metric,
    )
    for end in (low, high):
        question.policy_at(end)
    return question


def _policy(owner: str, name: str, policies: Mapping[str, Policy]) -> BaseModel:
    others = [n for n in policies if n != REFERENCE]
    if not others:
        raise UserError(f"{owner}.policy: the run has no policy besides {REFERENCE}; got {name}")
    if name not in others:
        raise UserError(
            f"{owner}.policy must be one of the policies of the run ({', '.join(others)});"
            f" got {clip(name)}"
        )
    policy = policies[name]
    if not isinstance(policy, BaseModel):
        raise UserError(f"{owner}.policy {name} has no fields that can be set")
    return policy


def _bracket(owner: str, wanted: BreakEvenSettings, field: NumberField) -> tuple[float, float]:
    low = field.low if wanted.low is None else wanted.low
    high = field.high if wanted.high is None else wanted.high
    for key, end in (("low", low), ("high", high)):
        check_number(f"{owner}.{key}", field, end)
    if low >= high:
        raise UserError(f"{owner}.low must be below high ({high:g}); got {low:g}")
    return low, high


def _metric(owner: str, wanted: str | None, has_runoff: bool) -> str:
    metric = wanted or (VALUE if has_runoff else "net_result")
    sums = [name for name in GAINS if name != VALUE]
    allowed = [*sums, *((VALUE, *(f"{LIFETIME}{n}" for n in sums)) if has_runoff else ())]
    if (metric == VALUE or metric.startswith(LIFETIME)) and not has_runoff:
        raise UserError(f"{owner}.metric {clip(metric)} needs run.runoff_months of at least 1")
    check_known(f"{owner}.metric", allowed, metric)
    return metric


def _refuse_repetition(question: Question, others: list[Question]) -> None:
    """summary.csv tells answers apart by scenario, policy and field."""
    for other in others:
        if (other.scenario, other.policy_name, other.field) == (
            question.scenario,
            question.policy_name,
            question.field,
        ):
            raise UserError(
                f"break_even.{question.name} asks for the policy, field and scenario of"
                f" break_even.{other.name}; run them one at a time"
            )
