"""From the composed configuration, as plain values, to validated objects."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, cast

import yaml

from simulator.break_even.question import ask
from simulator.cli.configuration.folders import ConfigFolders
from simulator.cli.configuration.groups import PRODUCT, TABLE, Group
from simulator.cli.configuration.names import keyed
from simulator.policies import Policy, with_reference
from simulator.products import Product
from simulator.provision import RuleBook, check_books
from simulator.settings import (
    BookSettings,
    BreakEvenSettings,
    ReportSettings,
    RunSettings,
    ScenarioSettings,
)
from simulator.shipped import fitted_books
from simulator.validation import UserError, check_known, refuse
from simulator.vocabulary import REFERENCE

if TYPE_CHECKING:
    from simulator.request import ExperimentRequest


@dataclass(frozen=True, slots=True)
class Inputs:
    """Everything that a run needs, checked; ``sections`` are groups without a field here."""

    book: BookSettings
    products: dict[str, Product]
    scenarios: dict[str, ScenarioSettings]
    policies: dict[str, Policy]
    run: RunSettings
    report: ReportSettings
    parameters: dict[str, float]
    break_even: dict[str, BreakEvenSettings]
    provision: dict[str, RuleBook]
    sections: Mapping[str, object]


class Chosen(NamedTuple):
    """Names of the files that were chosen in groups of one."""

    book: str
    parameters: str
    calibration: str


def request_from(
    inputs: Inputs,
    chosen: Chosen,
    folders: ConfigFolders,
    configuration: Mapping[str, object],
    overrides: tuple[str, ...],
) -> "ExperimentRequest":
    """What a run is asked to do; imports the simulator."""
    from simulator.request import ExperimentRequest

    return ExperimentRequest(
        book=inputs.book,
        book_name=chosen.book,
        products=inputs.products,
        scenarios=inputs.scenarios,
        policies=inputs.policies,
        run=inputs.run,
        report=inputs.report,
        parameters=inputs.parameters,
        parameters_name=chosen.parameters,
        fitted_books=fitted_books(chosen.parameters),
        break_even=inputs.break_even,
        provision=inputs.provision,
        sections=inputs.sections,
        table_folders=folders.table_folders,
        configuration={
            group: found
            for group, found in configuration.items()
            if group not in TABLE or not TABLE[group].typed_only
        },
        overrides=overrides,
    )


def add_reference(config: Mapping[str, object], folders: ConfigFolders) -> dict[str, object]:
    """``config`` with ``status_quo`` as the first policy, from its file when it was absent."""
    policies = keyed("policy", config.get("policy"))
    file = folders.choices("policy")[REFERENCE]
    shipped = keyed(f"policy.{REFERENCE}", yaml.safe_load(file.read_text(encoding="utf-8")))
    return {
        **config,
        "policy": with_reference(
            policies, lambda own: {**shipped, **keyed(f"policy.{REFERENCE}", own)}
        ),
    }


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
    for key in config:
        with findings:
            check_known("a key's group", TABLE, str(key))
    with findings:
        _check_products(config)
    parts: dict[str, object] = {}
    for group in sorted(TABLE.values(), key=lambda group: group.is_list):
        if not group.in_a_run:
            continue
        with findings:
            if group.is_list:
                parts[group.name] = _list(group, config, chosen, findings)
            else:
                values = keyed(group.name, config.get(group.name))
                parts[group.name] = group.entry(group.name, values)
    refuse(findings.lines)
    inputs = Inputs(
        book=cast(BookSettings, parts.pop("book")),
        products=cast(dict[str, Product], parts.pop(PRODUCT)),
        scenarios=cast(dict[str, ScenarioSettings], parts.pop("scenario")),
        policies=cast(dict[str, Policy], parts.pop("policy")),
        run=cast(RunSettings, parts.pop("run")),
        report=cast(ReportSettings, parts.pop("report")),
        parameters=cast(dict[str, float], parts.pop("parameters")),
        break_even=cast(dict[str, BreakEvenSettings], parts.pop("break_even")),
        provision=cast(dict[str, RuleBook], parts.pop("provision")),
        sections=parts,
    )
    check_books(inputs.provision, tuple(inputs.scenarios))
    ask(inputs.break_even, inputs.policies, tuple(inputs.scenarios), inputs.run)
    return inputs


def _check_products(config: Mapping[str, object]) -> None:
    """Refuse a product of the book that no file describes, whatever else is wrong."""
    named = keyed("book", config.get("book")).get("products")
    for name in named if isinstance(named, Mapping) else ():
        check_known("book.products", keyed(PRODUCT, config.get(PRODUCT)), str(name))


def _list(
    group: Group,
    config: Mapping[str, object],
    chosen: Mapping[str, tuple[str, ...]],
    findings: _Findings,
) -> dict[str, object]:
    """Entries of a list group, each as a run takes it."""
    found: dict[str, object] = {}
    for name, value in _entries(group, config, chosen, findings).items():
        with findings:
            found[name] = group.entry(name, keyed(f"{group.name}.{name}", value))
    return found


def _entries(
    group: Group,
    config: Mapping[str, object],
    chosen: Mapping[str, tuple[str, ...]],
    findings: _Findings,
) -> dict[str, object]:
    """Plain entries of a list group; a key given for one that was not chosen is a mistake."""
    found: dict[str, object] = {}
    names = chosen.get(group.name, ())
    with findings:
        found = keyed(group.name, config.get(group.name))
        if not found and not group.may_be_empty:
            raise UserError(f"{group.name} must name at least one choice")
        for name in list(found):
            if name != REFERENCE and name not in names:
                del found[name]
                selected = ",".join((*names, name))
                raise UserError(
                    f"{group.name}.{name} is set, but {name} is not a choice of the run;"
                    f" add it: {group.name}=[{selected}]"
                )
    return found
