"""Which figures are to be emulated over which settings, checked before a run begins."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from pydantic import BaseModel

from simulator.catalogue import catalogue
from simulator.explain.asked import questions_of
from simulator.explain.whole_metric import whole_metric
from simulator.request import ExperimentRequest
from simulator.sensitivity.emulator import least_points
from simulator.settings import EmulateQuestions, EmulateSettings
from simulator.validation import UserError, check_known, refuse
from simulator.varied_policy import NumberField, check_number, number_fields, with_number
from simulator.vocabulary import REFERENCE

SECTION: Final = "emulate"
CHANGE: Final = "delta_"


@dataclass(frozen=True, slots=True)
class Moved:
    """An input between its ends; ``key`` is that of the command line."""

    kind: str
    """severity, field or parameter"""
    name: str
    key: str
    low: float
    high: float
    setting: float
    whole: bool = False

    def value(self, share: float) -> float:
        """The value at ``share`` of the range, a whole one where the input takes no other."""
        found = self.low + share * (self.high - self.low)
        return float(round(found)) if self.whole else found

    def share(self, value: float) -> float:
        """Where ``value`` lies in the range."""
        return (value - self.low) / (self.high - self.low)


@dataclass(frozen=True, slots=True)
class EmulateQuestion:
    """A checked ``EmulateSettings``."""

    name: str
    settings: EmulateSettings
    scenario: str
    metrics: tuple[str, ...]
    inputs: tuple[Moved, ...]


def ask_emulators(request: ExperimentRequest) -> tuple[EmulateQuestion, ...]:
    """The questions of a run, in their order; a ``UserError`` holds every mistake."""
    questions: list[EmulateQuestion] = []
    mistakes: list[str] = []
    for name, wanted in questions_of(request, SECTION, EmulateQuestions).items():
        try:
            questions.append(_question(name, wanted, request))
        except UserError as error:
            mistakes.append(str(error))
    refuse(mistakes)
    return tuple(questions)


def _question(name: str, wanted: EmulateSettings, request: ExperimentRequest) -> EmulateQuestion:
    owner, scenarios = f"{SECTION}.{name}", tuple(request.scenarios)
    check_known(f"{owner}.policy", tuple(request.all_policies), wanted.policy)
    scenario = scenarios[0] if wanted.scenario is None else wanted.scenario
    check_known(f"{owner}.scenario", scenarios, scenario)
    least = least_points(wanted.n_inputs)
    if wanted.points < least:
        raise UserError(
            f"{owner}.points must be at least {least} for {wanted.n_inputs} inputs;"
            f" got {wanted.points}"
        )
    inputs = (
        *_severity(scenario, wanted, request),
        *_fields(owner, wanted, request),
        *_parameters(owner, wanted, request),
    )
    return EmulateQuestion(name, wanted, scenario, _metrics(owner, wanted, request), inputs)


def _severity(
    scenario: str, wanted: EmulateSettings, request: ExperimentRequest
) -> tuple[Moved, ...]:
    if wanted.severity is None:
        return ()
    low, high = wanted.severity
    most = 5.0
    if low < 0.0 or high > most:
        raise UserError(f"{SECTION}: severity must lie in [0, {most:g}]; got {low:g} and {high:g}")
    setting = request.scenarios[scenario].severity
    return (Moved("severity", "severity", f"scenario.{scenario}.severity", low, high, setting),)


def _fields(owner: str, wanted: EmulateSettings, request: ExperimentRequest) -> tuple[Moved, ...]:
    if not wanted.fields:
        return ()
    if wanted.policy == REFERENCE:
        raise UserError(f"{owner}.fields: those of {REFERENCE} are not moved; name another policy")
    policy = request.policies[wanted.policy]
    return moved_fields(owner, wanted.policy, policy, wanted.fields)


def moved_fields(
    owner: str, name: str, policy: object, wanted: Mapping[str, tuple[float, float] | None]
) -> tuple[Moved, ...]:
    """Numbers of a policy with the ends between which they move, None: all that is allowed."""
    if not isinstance(policy, BaseModel):
        raise UserError(f"{owner}.policy {name} has no fields that can be set")
    known = number_fields(policy)
    found = []
    for field, ends in wanted.items():
        check_known(f"{owner}.fields of policy {name}", known, field)
        low, high = _ends_of(f"{owner}.fields.{field}", known[field], ends)
        number = known[field]
        key = f"policy.{name}.{field}"
        found.append(Moved("field", field, key, low, high, number.setting, number.whole))
        for end in (low, high):
            value = round(end) if number.whole else end
            with_number(f"{owner}: policy.{name}", policy, field, value)
    return tuple(found)


def _ends_of(
    owner: str, number: NumberField, ends: tuple[float, float] | None
) -> tuple[float, float]:
    low, high = (number.low, number.high) if ends is None else ends
    for end in (low, high):
        check_number(owner, number, end)
    return low, high


def _parameters(
    owner: str, wanted: EmulateSettings, request: ExperimentRequest
) -> tuple[Moved, ...]:
    known, found = catalogue(), []
    for name, (low, high) in wanted.parameters.items():
        check_known(f"{owner}.parameters", known, name)
        spec = known[name]
        for end in (low, high):
            if not spec.low <= end <= spec.high:
                raise UserError(
                    f"{owner}.parameters.{name} must be in [{spec.low:g}, {spec.high:g}];"
                    f" got {end:g}"
                )
        found.append(
            Moved("parameter", name, f"parameters.{name}", low, high, request.parameters[name])
        )
    return tuple(found)


def _metrics(owner: str, wanted: EmulateSettings, request: ExperimentRequest) -> tuple[str, ...]:
    run = request.run
    if not wanted.metrics:
        loss = whole_metric(owner, None, run, request.provision)
        gain = "value" if run.has_runoff else "net_result"
        return (loss,) if wanted.policy == REFERENCE else (f"{CHANGE}{gain}", loss)
    for metric in wanted.metrics:
        whole_metric(owner, metric.removeprefix(CHANGE), run, request.provision)
        if metric.startswith(CHANGE) and wanted.policy == REFERENCE:
            raise UserError(f"{owner}.metrics {metric} needs a policy beside {REFERENCE}")
    return wanted.metrics
