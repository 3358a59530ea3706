"""What a run takes by name: shipped books, scenarios, policies, or a user's own objects."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Final, NamedTuple, TypeVar

from pydantic import BaseModel

from simulator.policies import REFERENCE, Policy, build_policy, with_reference
from simulator.products import Product
from simulator.provision import RuleBook, build_rule_book
from simulator.settings import (
    AssumptionsSettings,
    BookSettings,
    BreakEvenSettings,
    ScenarioSettings,
)
from simulator.shipped import read_shipped
from simulator.validation import UserError, build, check_name, clip

T = TypeVar("T")

Scenarios = Iterable[str | ScenarioSettings] | Mapping[str, str | ScenarioSettings]
"""Scenarios by shipped name or as objects; a mapping gives them other names."""

Policies = Iterable[str | Policy] | Mapping[str, str | Policy]
"""Policies by shipped name or as objects; a mapping gives them other names."""

BreakEvens = Iterable[str | BreakEvenSettings] | Mapping[str, str | BreakEvenSettings]
"""Break-evens to find, by shipped name or as objects; a mapping gives them other names."""

RuleBooks = Iterable[str | RuleBook] | Mapping[str, str | RuleBook]
"""Rule books by shipped name or as objects; a mapping gives them other names."""

FITTED: Final = "cn_online_lender"
"""The set of parameters of the default run."""


class Lists(NamedTuple):
    """What a run takes several of, by name; products are the own ones."""

    scenario: dict[str, ScenarioSettings]
    policy: dict[str, Policy]
    provision: dict[str, RuleBook]
    break_even: dict[str, BreakEvenSettings]
    product: dict[str, Product]


def lists_of(
    scenarios: Scenarios,
    policies: Policies,
    provision: RuleBooks,
    break_even: BreakEvens,
    products: Iterable[Product],
) -> Lists:
    """Each by its name, the reference among the policies; ``UserError`` for what is not known."""
    chosen = _named("policy", policies, _policy, _policy_name, Policy)  # type: ignore[type-abstract]
    return Lists(
        _named("scenario", scenarios, scenario_of, _label_name, ScenarioSettings),
        with_reference(chosen, lambda own: own or _policy(REFERENCE)),
        _named("provision", provision, _rule_book, _label_name, RuleBook),  # type: ignore[type-abstract]
        _named("break_even", break_even, _question, _question_name, BreakEvenSettings),
        {product.name: product for product in products},
    )


def book_of(book: str | BookSettings, borrowers: int | None) -> tuple[str, BookSettings]:
    """Name and settings of a shipped book, or of the user's own, with as many borrowers."""
    if isinstance(book, str):
        name, settings = book, read_shipped("book", book)
    else:
        name, settings = book.kind, book.model_dump()
    if borrowers is not None:
        settings["borrowers"] = borrowers
    return name, build("book", BookSettings, settings)


def parameters_of(
    parameters: str | Mapping[str, float], over: str
) -> tuple[str, Mapping[str, object]]:
    """Name of the set, and what is changed against the catalogue."""
    if isinstance(parameters, str):
        if over != FITTED:
            raise UserError(
                f"over goes with values by name; got parameters={clip(parameters)},"
                f" over={clip(over)}"
            )
        return parameters, read_shipped("parameters", parameters)
    if not isinstance(parameters, Mapping):
        raise UserError(
            f"parameters must name a shipped set or be values by name; got {clip(parameters)}"
        )
    return over, {**read_shipped("parameters", over), **parameters}


def assumptions_of(found: str | AssumptionsSettings | None) -> dict[str, BaseModel]:
    """The section of the list that is tried; none without one."""
    if found is None:
        return {}
    if isinstance(found, str):
        found = build("assumptions", AssumptionsSettings, read_shipped("assumptions", found))
    return {"assumptions": found}


def scenario_of(name: str) -> ScenarioSettings:
    """A shipped scenario."""
    return build(f"scenario.{name}", ScenarioSettings, read_shipped("scenario", name))


def _policy(name: str) -> Policy:
    return build_policy(name, read_shipped("policy", name))


def _question(name: str) -> BreakEvenSettings:
    return build(f"break_even.{name}", BreakEvenSettings, read_shipped("break_even", name))


def _rule_book(name: str) -> RuleBook:
    return build_rule_book(name, read_shipped("provision", name))


def _label_name(labelled: ScenarioSettings | RuleBook) -> str:
    return re.sub(r"[^a-z0-9]+", "_", labelled.label.lower()).strip("_")


def _policy_name(policy: Policy) -> str:
    return policy.kind


def _question_name(question: BreakEvenSettings) -> str:
    return question.field.replace(".", "_")


_BUILDERS = {
    "policy": "; simulator.build_policy makes one of a mapping",
    "provision": "; simulator.provision.build_rule_book makes one of a mapping",
}


def _named(
    group: str,
    items: Iterable[str | T] | Mapping[str, str | T],
    read: Callable[[str], T],
    name_of: Callable[[T], str],
    kind: type[T],
) -> dict[str, T]:
    """Each item by its name, shipped ones read; a name that stands twice is refused."""
    if isinstance(items, str) or not isinstance(items, Iterable):
        raise UserError(f"{group} must be a list of names or objects; got {clip(items)}")
    if isinstance(items, Mapping):
        pairs = list(items.items())
    else:
        pairs = [(name_of(item) if isinstance(item, kind) else str(item), item) for item in items]
    found: dict[str, T] = {}
    for name, item in pairs:
        if not isinstance(item, (str, kind)):
            raise UserError(
                f"{group} {clip(name)} must be a shipped name or a {kind.__name__}; got"
                f" {type(item).__name__}{_BUILDERS.get(group, '')}"
            )
        if check_name(f"{group} name", name) in found:
            raise UserError(
                f"{group}: duplicate {name}; give own names with a mapping, {{'name': ...}}"
            )
        found[name] = read(item) if isinstance(item, str) else item
    return found
