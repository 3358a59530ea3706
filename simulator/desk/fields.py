"""Fields of settings that a page may offer, from their class; what comes back is checked by it."""

from collections.abc import Iterator, Mapping
from math import isfinite
from typing import Final, Literal, NamedTuple, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from simulator.field_texts import bounds_of, field_meanings, without_none
from simulator.policies import kind_model
from simulator.policies.combination import MEMBERS
from simulator.report.kit.language import name
from simulator.report.kit.setting_words import plain
from simulator.validation import UserError, clip

Value = bool | int | float | str
"""What a field of a page may hold."""
Kind = Literal["whole", "number", "yes_no", "choice"]
_KINDS: Final[dict[object, Kind]] = {bool: "yes_no", int: "whole", float: "number"}


class OfferedField(NamedTuple):
    """One field; ``low`` and ``high`` are None where it has no such end.

    ``value`` is the setting that holds without a change; None only where the field may be empty.
    """

    key: str
    """Its place below the policy: ``months``, ``members.NAME.months``."""
    member: str
    """Title of the member of a combination; empty for a field of the policy itself."""
    label: str
    meaning: str
    kind: Kind
    low: float | None
    high: float | None
    choices: tuple[str, ...]
    value: Value | None


def fields_of(settings: Mapping[str, object], before: str = "") -> Iterator[OfferedField]:
    """Every number, switch and choice of the policy that ``settings`` describe, in words.

    Lists and texts are left to files and the command line: a page offers nothing that is free
    text. ``before`` is the place of a member, such as ``members.care_programme.``.
    """
    model = kind_model(f"{before}kind", settings.get("kind"))
    yield from offered(model, settings, before)
    members = settings.get(MEMBERS)
    for member, below in members.items() if isinstance(members, Mapping) else ():
        for field in fields_of(below, f"{before}{MEMBERS}.{member}."):
            yield field._replace(member=plain(member))


def offered(
    model: type[BaseModel], settings: Mapping[str, object], before: str = ""
) -> Iterator[OfferedField]:
    """Fields of ``model`` that a page can show, with the values of ``settings``."""
    meanings = field_meanings(model)
    for key, field in model.model_fields.items():
        annotation, may_be_empty = without_none(field)
        choices = _choices(annotation)
        kind: Kind | None = "choice" if choices else _KINDS.get(annotation)
        value = settings.get(key, field.get_default(call_default_factory=True, validated_data={}))
        if key == "kind" or kind is None or (value is None and not may_be_empty):
            continue
        ends = bounds_of(field)
        yield OfferedField(
            key=f"{before}{key}",
            member="",
            label=plain(key),
            meaning=name(meanings.get(key, "")),
            kind=kind,
            low=ends.get("ge"),
            high=ends.get("le"),
            choices=choices,
            value=_plain(field, value),
        )


def _choices(annotation: object) -> tuple[str, ...]:
    """Words of a ``Literal`` of plain words; none of any other type."""
    words = get_args(annotation) if get_origin(annotation) is Literal else ()
    return words if all(isinstance(w, str) and w.isidentifier() for w in words) else ()


def _plain(field: FieldInfo, value: object) -> Value | None:
    """A value as the page gets it: a float stays one where the file says 1."""
    if without_none(field)[0] is float and isinstance(value, int):
        return float(value)
    assert value is None or isinstance(value, Value)
    return value


def spelled(owner: str, field: OfferedField, value: object) -> str:
    """``value`` as the command line spells it; ``UserError`` where the field does not allow it.

    Whatever comes back from here is a number, a switch or a word of the schema, so that nothing
    else can follow it on the command line.
    """
    found = f"; got {clip(value, 40)}"
    if field.kind == "yes_no":
        if not isinstance(value, bool):
            raise UserError(f"{owner}.{field.key} must be true or false{found}")
        return "true" if value else "false"
    if field.kind == "choice":
        if value not in field.choices:
            raise UserError(f"{owner}.{field.key} must be one of {', '.join(field.choices)}{found}")
        return str(value)
    return _spelled_number(owner, field, value)


def _spelled_number(owner: str, field: OfferedField, value: object) -> str:
    wanted = "a whole number" if field.kind == "whole" else "a number"
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        raise UserError(f"{owner}.{field.key} must be {wanted}; got {clip(value, 40)}")
    if field.kind == "whole" and value != int(value):
        raise UserError(f"{owner}.{field.key} must be {wanted}; got {value:g}")
    number = int(value) if field.kind == "whole" else float(value)
    low, high = field.low, field.high
    if (low is not None and number < low) or (high is not None and number > high):
        ends = f"in [{low:g}, {high:g}]" if low is not None and high is not None else "in range"
        raise UserError(f"{owner}.{field.key} must be {ends}; got {number:g}")
    return repr(number)
