"""From the composed configuration, as plain values, to validated objects."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from simulator.break_even.question import ask
from simulator.catalogue import parameters_from
from simulator.cli.folders import GROUPS, OPTIONAL_GROUPS, ConfigFolders
from simulator.policies import Policy, build_policy
from simulator.provision import RuleBook, build_rule_book, check_books
from simulator.settings import (
    BookSettings,
    BreakEvenSettings,
    ReportSettings,
    RunSettings,
    ScenarioSettings,
)
from simulator.validation import UserError, build, clip, unknown_choice
from simulator.vocabulary import REFERENCE

if TYPE_CHECKING:
    from simulator.experiment import ExperimentRequest


@dataclass(frozen=True, slots=True)
class Inputs:
    """Everything that a run needs, checked."""

    book: BookSettings
    scenarios: dict[str, ScenarioSettings]
    policies: dict[str, Policy]
    run: RunSettings
    report: ReportSettings
    parameters: dict[str, float]
    break_even: dict[str, BreakEvenSettings]
    provision: dict[str, RuleBook]


def request_from(
    inputs: Inputs,
    book_name: str,
    folders: ConfigFolders,
    configuration: Mapping[str, object],
    overrides: tuple[str, ...],
) -> "ExperimentRequest":
    """What a run is asked to do; imports the simulator."""
    from simulator.experiment import ExperimentRequest

    return ExperimentRequest(
        book=inputs.book,
        book_name=book_name,
        scenarios=inputs.scenarios,
        policies=inputs.policies,
        run=inputs.run,
        report=inputs.report,
        parameters=inputs.parameters,
        break_even=inputs.break_even,
        provision=inputs.provision,
        table_folders=folders.table_folders,
        configuration=configuration,
        overrides=overrides,
    )


def _mapping(owner: str, value: object) -> dict[str, object]:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise UserError(f"{owner} must hold keys and values; got {clip(value)}")
    return {str(key): item for key, item in value.items()}


def add_reference(config: Mapping[str, object], folders: ConfigFolders) -> dict[str, object]:
    """``config`` with ``status_quo`` as the first policy, from its file when it was absent."""
    policies = _mapping("policy", config.get("policy"))
    file = folders.choices("policy")[REFERENCE]
    shipped = _mapping(f"policy.{REFERENCE}", yaml.safe_load(file.read_text(encoding="utf-8")))
    own = _mapping(f"policy.{REFERENCE}", policies.pop(REFERENCE, None))
    return {**config, "policy": {REFERENCE: {**shipped, **own}, **policies}}


class _Findings:
    """Collects the mistakes of every part, so that one answer tells them all."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def __enter__(self) -> "_Findings":
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> bool:
        if isinstance(error, UserError):
            self.lines.append(str(error))
            return True
        return False


def read_inputs(config: Mapping[str, object], chosen: Mapping[str, tuple[str, ...]]) -> Inputs:
    """Validate ``config``; ``chosen`` names the files chosen in each list group.

    A ``UserError`` holds every mistake of every part.
    """
    findings = _Findings()
    scenarios: dict[str, ScenarioSettings] = {}
    policies: dict[str, Policy] = {}
    break_even: dict[str, BreakEvenSettings] = {}
    provision: dict[str, RuleBook] = {}
    for key in config:
        with findings:
            if key not in GROUPS:
                raise unknown_choice("a key's group", GROUPS, str(key))
    with findings:
        book = _book(config)
    with findings:
        run = build("run", RunSettings, _mapping("run", config.get("run")))
    with findings:
        report = build("report", ReportSettings, _mapping("report", config.get("report")))
    with findings:
        parameters = parameters_from(_mapping("parameters", config.get("parameters")))
    for name, value in _entries("scenario", config, chosen, findings).items():
        with findings:
            owner = f"scenario.{name}"
            scenarios[name] = build(owner, ScenarioSettings, _mapping(owner, value))
    for name, value in _entries("policy", config, chosen, findings).items():
        with findings:
            policies[name] = build_policy(name, _mapping(f"policy.{name}", value))
    for name, value in _entries("provision", config, chosen, findings).items():
        with findings:
            provision[name] = build_rule_book(name, _mapping(f"provision.{name}", value))
    for name, value in _entries("break_even", config, chosen, findings).items():
        with findings:
            owner = f"break_even.{name}"
            break_even[name] = build(owner, BreakEvenSettings, _mapping(owner, value))
    if not findings.lines:
        with findings:
            check_books(provision, tuple(scenarios))
    if findings.lines:
        raise UserError("\n".join(findings.lines))
    ask(break_even, policies, tuple(scenarios), run)
    return Inputs(book, scenarios, policies, run, report, parameters, break_even, provision)


def _book(config: Mapping[str, object]) -> BookSettings:
    settings = build("book", BookSettings, _mapping("book", config.get("book")))
    if settings.path and not Path(settings.path).is_file():
        raise UserError(f"book.path must be a file; got {clip(settings.path, 200)}")
    return settings


def _entries(
    group: str,
    config: Mapping[str, object],
    chosen: Mapping[str, tuple[str, ...]],
    findings: _Findings,
) -> dict[str, object]:
    """Entries of a list group; a key given for one that was not chosen is a mistake."""
    found: dict[str, object] = {}
    with findings:
        found = _mapping(group, config.get(group))
        if not found and group not in OPTIONAL_GROUPS:
            raise UserError(f"{group} must name at least one choice")
        for name in list(found):
            if name != REFERENCE and name not in chosen.get(group, ()):
                del found[name]
                selected = ",".join((*chosen.get(group, ()), name))
                raise UserError(
                    f"{group}.{name} is set, but {name} is not among the run's choices;"
                    f" add it: {group}=[{selected}]"
                )
    return found
