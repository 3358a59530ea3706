"""Which figures are to be emulated over which settings, checked before a run begins."""

from dataclasses import dataclass
from typing import Final

from simulator.catalogue import catalogue
from simulator.explain.asked import checked
from simulator.explain.moved_inputs import Moved, moved_fields
from simulator.explain.whole_metric import CHANGE, whole_metric
from simulator.request import ExperimentRequest
from simulator.sensitivity.emulator import least_points
from simulator.settings import EmulateQuestions, EmulateSettings
from simulator.validation import UserError, check_known
from simulator.vocabulary import REFERENCE

SECTION: Final = "emulate"


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
    return checked(request, SECTION, EmulateQuestions, _question)


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
