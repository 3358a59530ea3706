"""Fields of settings that a page may offer, from their class."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Final, Literal, NamedTuple, get_args, get_origin

from pydantic import BaseModel, JsonValue
from pydantic.fields import FieldInfo

from simulator.field_texts import bounds_of, field_meanings, without_none
from simulator.policies import kind_model
from simulator.policies.combination import MEMBERS
from simulator.report.kit.language import name
from simulator.report.kit.setting_words import plain

Kind = Literal["whole", "number", "yes_no", "choice", "names", "by_name", "rows"]
"""A number, a switch, one of some words; a list of words, a number for each of some words, a list
of rules that have fields themselves."""
_KINDS: Final[dict[object, Kind]] = {bool: "yes_no", int: "whole", float: "number"}
OF_THE_BOOK: Final = {
    "regions": "regions",
    "products": "products",
    "risk_bands": "risk_bands",
    "annual_rate_add": "risk_bands",
}
"""Fields whose words are names of the book -> which of them."""


class OfferedField(NamedTuple):
    """One field; ``low`` and ``high`` are None where it has no such end.

    ``value`` is the setting that holds without a change; None only where the field may be empty.
    ``fields`` are those of a rule of ``rows``; of ``by_name`` the one number, without a key.
    """

    key: str
    """Its place below the policy: ``months``, ``members.NAME.months``."""
    kind: Kind
    member: str = ""
    """Title of the member of a combination; empty for a field of the policy itself."""
    label: str = ""
    meaning: str = ""
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    """Words that the schema knows."""
    of: str = ""
    """Which names of the book its words are, where the schema knows none."""
    fields: tuple["OfferedField", ...] = ()
    most: int | None = None
    """Entries of a list."""
    value: JsonValue = None


def fields_of(settings: Mapping[str, object], before: str = "") -> Iterator[OfferedField]:
    """Every field of the policy that ``settings`` describe, in words.

    No field is free text: words are those of the schema or of the book. ``before`` is the place of
    a member, such as ``members.care_programme.``.
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
        shape, may_be_empty = _shape(key, field), without_none(field)[1]
        if key == "kind" or shape is None:
            continue
        value = settings.get(key, _default(field, shape))
        if value is None and not may_be_empty:
            continue
        yield shape._replace(
            key=f"{before}{key}",
            label=plain(key),
            meaning=name(meanings.get(key, "")).replace("`", ""),
            value=_as_shown(shape, value),
        )


def _shape(key: str, field: FieldInfo) -> OfferedField | None:
    """What can be set in a field of this type; None where a page has nothing for it."""
    annotation = _bare(without_none(field)[0])
    words, parts = _words(annotation), get_args(annotation)
    if words:
        return OfferedField(key, "choice", choices=words)
    if annotation in _KINDS:
        ends = bounds_of(field)
        return OfferedField(key, _KINDS[annotation], low=ends.get("ge"), high=ends.get("le"))
    origin, most = get_origin(annotation), _most(field)
    if origin is tuple and parts[1:] == (...,):
        return _list(key, parts[0], most)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        number = _shape("", FieldInfo.from_annotation(parts[1]))
        names = _named(key, "by_name", parts[0], most)
        if names is not None and number is not None and number.kind in ("whole", "number"):
            return names._replace(fields=(number,))
    return None


def _list(key: str, item: object, most: int | None) -> OfferedField | None:
    if isinstance(item, type) and issubclass(item, BaseModel):
        return OfferedField(key, "rows", fields=tuple(offered(item, {})), most=most)
    return _named(key, "names", item, most)


def _named(key: str, kind: Kind, item: object, most: int | None) -> OfferedField | None:
    """A field of words that the schema knows, or the book."""
    words, of = _words(item), OF_THE_BOOK.get(key, "")
    if not words and not (item is str and of):
        return None
    return OfferedField(key, kind, choices=words, of="" if words else of, most=most)


def _bare(annotation: Any) -> Any:
    """A type without its constraints."""
    return get_args(annotation)[0] if get_origin(annotation) is Annotated else annotation


def _words(annotation: object) -> tuple[str, ...]:
    """Words of a ``Literal`` of plain words; none of any other type."""
    words = get_args(annotation) if get_origin(annotation) is Literal else ()
    return words if all(isinstance(w, str) and w.isidentifier() for w in words) else ()


def _most(field: FieldInfo) -> int | None:
    return next((m.max_length for m in field.metadata if hasattr(m, "max_length")), None)


def _default(field: FieldInfo, shape: OfferedField) -> object:
    """What holds where nothing is set; of a field that must be set the first that it may be."""
    if not field.is_required():
        return field.get_default(call_default_factory=True, validated_data={})
    return shape.choices[0] if shape.kind == "choice" else shape.low


def _as_shown(shape: OfferedField, value: object) -> JsonValue:
    """A value as the page gets it: a float stays one where the file says 1; rules are whole."""
    if shape.kind == "number" and isinstance(value, int):
        return float(value)
    if shape.kind == "by_name":
        assert isinstance(value, Mapping)
        return {str(k): _as_shown(shape.fields[0], each) for k, each in value.items()}
    if shape.kind == "names":
        assert isinstance(value, Sequence)
        return [str(each) for each in value]
    if shape.kind == "rows":
        assert isinstance(value, Sequence)
        return [_rule_as_shown(shape, each) for each in value]
    assert value is None or isinstance(value, bool | int | float | str)
    return value


def _rule_as_shown(shape: OfferedField, rule: Mapping[str, object]) -> JsonValue:
    return {f.key: _as_shown(f, rule.get(f.key, f.value)) for f in shape.fields}
