"""Settings of a run as a notebook holds them: to read, to change a key, to run again."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any, Final, NamedTuple

from pydantic import BaseModel

from loanstress.frames import is_gone
from simulator.catalogue import parameters_from
from simulator.cli.configuration.folders import find_folders
from simulator.cli.configuration.groups import PRODUCT, TABLE
from simulator.cli.configuration.names import check_parameter
from simulator.cli.configuration.stored import stored_request, told_product
from simulator.policies import Policy, kinds
from simulator.products import Product
from simulator.request import ExperimentRequest
from simulator.validation import UserError, build, check_known, clip

_FIELDS: Final = {
    "scenario": "scenarios",
    "policy": "policies",
    "product": "products",
    "provision": "provision",
    "break_even": "break_even",
    "book": "book",
    "run": "run",
    "report": "report",
}
"""Field of a request that holds a group; of other groups it holds sections."""


class Settings(Mapping[str, Any]):
    """The whole configuration of a run, by group, as ``manifest.json`` has it.

    Parameters
    ----------
    configuration : mapping of str to mapping
        Group -> keys and values; money in the book's currency, rates as fractions.
    request : ExperimentRequest or None
        What was run, where this process ran it; else it is made from ``configuration``.

    References
    ----------
    docs/policies.md (fields of policies); docs/model.md, section 15 (parameters).
    """

    def __init__(
        self, configuration: Mapping[str, Any], request: ExperimentRequest | None = None
    ) -> None:
        self._configuration = configuration
        self._request = request

    def __getitem__(self, group: str) -> Any:
        return self._configuration[group]

    def __iter__(self) -> Iterator[str]:
        return iter(self._configuration)

    def __len__(self) -> int:
        return len(self._configuration)

    def __repr__(self) -> str:
        """A line for each group."""
        told = (f"  {group}: {clip(value, 100)}" for group, value in self._configuration.items())
        return "\n".join(("Settings", *told))

    @cached_property
    def request(self) -> ExperimentRequest:
        """What a run of these settings is asked to do.

        Raises
        ------
        UserError
            Where a file of the book or a table of a scenario is not there any more, or a policy
            was a Python object of another session.
        """
        return self._request or request_of(self._configuration)

    def changed(self, changes: Mapping[str, object]) -> "Settings":
        """The same settings with other values.

        Parameters
        ----------
        changes : mapping of str to object
            Key as on the command line (``policy.grace_period.months``, ``run.paths``,
            ``parameters.finding_rate``) -> value.

        Returns
        -------
        Settings
            New ones; these stay as they are.

        Raises
        ------
        UserError
            For a key that these settings do not have, or a value beyond its range.

        References
        ----------
        docs/policies.md (fields of policies); docs/model.md, section 15 (parameters).
        """
        request = changed_request(self.request, changes)
        return Settings(request.configuration, request)


def request_of(configuration: Mapping[str, Any]) -> ExperimentRequest:
    """The request of a stored run's configuration, by the command's own checks."""
    config = {
        str(group): value
        for group, value in configuration.items()
        if group in TABLE and not TABLE[group].typed_only
    }
    tables = {f"scenario.{n}.table": s["table"] for n, s in config.get("scenario", {}).items()}
    for key, path in {"book.path": config.get("book", {}).get("path"), **tables}.items():
        if is_gone(path):
            raise UserError(
                f"{key} was a DataFrame of a session that has ended: call stress_test with it again"
                " and take the settings of that run"
            )
    return stored_request(configuration, find_folders())


class _Place(NamedTuple):
    """What is rebuilt at once: an entry of a list group, or a whole group (``name`` empty)."""

    group: str
    name: str


def changed_request(request: ExperimentRequest, changes: Mapping[str, object]) -> ExperimentRequest:
    """``request`` with other values by key; a ``UserError`` names what is wrong with one.

    Keys of one group are checked together, so that two values may only be right with each other.
    """
    places: dict[_Place, dict[str, object]] = {}
    for key, value in changes.items():
        places.setdefault(_place(key), {})[key] = value
    for place, values in places.items():
        if place.group == "parameters":
            request = _with_parameters(request, values)
        elif place.name:
            request = _with_entry(request, place, values)
        else:
            request = _with_group(request, place.group, values)
    return request


def _place(key: str) -> _Place:
    """Where a key belongs; ``UserError`` where it is none."""
    group, *words = key.split(".")
    check_known(f"{clip(key)}: its group", [*_FIELDS, *_sections(), "parameters"], group)
    several = TABLE[group].is_list
    if not words or not all(words) or (several and len(words) < 2):
        form = "GROUP.NAME.KEY" if several else "GROUP.KEY"
        raise UserError(f"{clip(key)} must be {form}, as policy.grace_period.months or run.paths")
    return _Place(group, words[0] if several else "")


def _sections() -> list[str]:
    """Groups without a field of a request."""
    known = {*_FIELDS, "parameters"}
    return [name for name, group in TABLE.items() if group.in_a_run and name not in known]


def _with_parameters(
    request: ExperimentRequest, changes: Mapping[str, object]
) -> ExperimentRequest:
    """Other values of parameters."""
    named = {key.partition(".")[2]: value for key, value in changes.items()}
    for name in named:
        check_parameter("parameters", name)
    values = parameters_from({**request.parameters, **named})
    return _told(replace(request, parameters=values), "parameters", named)


def _with_entry(
    request: ExperimentRequest, place: _Place, changes: Mapping[str, object]
) -> ExperimentRequest:
    """One entry of a list group with other values."""
    group, name = place
    field, key = _FIELDS[group], clip(next(iter(changes)))
    entries: Mapping[str, object] = (
        request.all_policies if group == "policy" else getattr(request, field)
    )
    check_known(f"{key}: {group}", entries, name)
    entry = entries[name]
    if not isinstance(entry, BaseModel):
        raise UserError(f"{key}: {name} is a Python function, which has no keys to set")
    values = _changed(entry.model_dump(exclude={"name"} if group == PRODUCT else None), changes, 2)
    if isinstance(entry, Policy) and kinds().get(entry.kind) is not type(entry):
        found: object = build(f"policy.{name}", type(entry), values)
    else:
        found = TABLE[group].entry(name, values)
    told = told_product(found) if isinstance(found, Product) else _plain(found)
    return _told(_with_field(request, field, {**entries, name: found}), group, {name: told})


def _with_group(
    request: ExperimentRequest, group: str, changes: Mapping[str, object]
) -> ExperimentRequest:
    """A group of one, or a section, with other values."""
    model = TABLE[group].model
    assert model is not None
    own = getattr(request, _FIELDS[group]) if group in _FIELDS else request.sections.get(group)
    values = own.model_dump() if isinstance(own, BaseModel) else model()().model_dump()
    found = TABLE[group].entry(group, _changed(values, changes, 1))
    assert isinstance(found, BaseModel)
    told = found.model_dump(mode="json")
    if group in _FIELDS:
        return _told(_with_field(request, _FIELDS[group], found), group, told)
    return _told(replace(request, sections={**request.sections, group: found}), group, told)


def _changed(
    values: dict[str, object], changes: Mapping[str, object], skipped: int
) -> dict[str, object]:
    """``values`` with ``changes`` at their keys, of which the first ``skipped`` words lead here."""
    for key, value in changes.items():
        values = _placed(key, values, key.split(".")[skipped:], value)
    return values


def _with_field(request: ExperimentRequest, field: str, value: object) -> ExperimentRequest:
    changes: dict[str, Any] = {field: value}
    return replace(request, **changes)


def _placed(
    key: str, values: Mapping[str, object], words: list[str], value: object
) -> dict[str, object]:
    """``values`` with ``value`` at the place that ``words`` lead to."""
    first, *deeper = words
    if not deeper:
        return {**values, first: value}
    inner = values.get(first)
    if not isinstance(inner, Mapping):
        raise UserError(f"{clip(key)}: {clip(first)} holds no keys")
    return {**values, first: _placed(key, inner, deeper, value)}


def _told(
    request: ExperimentRequest, group: str, entries: Mapping[str, object]
) -> ExperimentRequest:
    """``request`` whose configuration tells ``entries`` of ``group``."""
    before = request.configuration.get(group)
    kept = before if isinstance(before, Mapping) else {}
    return replace(request, configuration={**request.configuration, group: {**kept, **entries}})


def _plain(item: object) -> object:
    return item.model_dump(mode="json") if isinstance(item, BaseModel) else repr(item)
