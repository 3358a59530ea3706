"""How the product says no: one exception, one shape of message."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, Final, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, ValidationError, ValidationInfo, field_validator
from pydantic.fields import FieldInfo

T = TypeVar("T", bound=BaseModel)
NAME_PATTERN = re.compile(r"^[a-z][a-z0-9_]{0,62}$")


class UserError(ValueError):
    """A mistake of the user, told in a few lines: file or key, what is allowed, what was found."""


class Frozen(BaseModel):
    """Base of every settings object: frozen, no unknown fields, no NaN or infinity."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, strict=False)

    @field_validator("*", mode="before")
    @classmethod
    def _no_truth_value_for_a_number(cls, value: object, info: ValidationInfo) -> object:
        field = cls.model_fields[info.field_name or ""]
        if isinstance(value, bool) and field.annotation in (int, float):
            raise ValueError("must be a number")
        return value


def clip(text: object, width: int = 80) -> str:
    """``text`` on one line, at most ``width`` characters, safe to print."""
    shown = "".join(c if c.isprintable() else "?" for c in str(text))
    return shown if len(shown) <= width else shown[: width - 3] + "..."


def printable(text: str) -> str:
    """``text`` with blanks and line breaks, and a question mark for whatever steers a terminal."""
    return "".join(c if c.isprintable() or c in "\n\t" else "?" for c in text)


def refuse(mistakes: Sequence[str]) -> None:
    """Refuse all of ``mistakes`` at once, a line each; nothing happens without any."""
    if mistakes:
        raise UserError("\n".join(mistakes))


MOST_NAMED: Final = 60
"""Names that an error lists in full."""


def nearest(found: str, names: Iterable[str]) -> str:
    """The name most like ``found``, as a hint; empty where none is."""
    near = get_close_matches(found, list(names), n=1)
    return f" - did you mean {clip(near[0])}?" if near else ""


def unknown_choice(owner: str, allowed: Iterable[str], found: str) -> UserError:
    """The error for a name that is not among ``allowed``, with the nearest one as a hint.

    Of more than ``MOST_NAMED`` names the line holds the nearest alone.
    """
    names = sorted(allowed)
    shown = ", ".join(names)
    if len(names) > MOST_NAMED:
        closest = get_close_matches(found, names, n=5, cutoff=0.0)
        shown = f"{len(names)} names, the nearest {', '.join(closest)}"
    return UserError(f"{owner} must be one of {shown}; got {clip(found)}{nearest(found, names)}")


def check_known(owner: str, allowed: Collection[str], found: str) -> None:
    """Refuse ``found`` unless it is among ``allowed``."""
    if found not in allowed:
        raise unknown_choice(owner, allowed, found)


def check_name(owner: str, name: str) -> str:
    """``name`` if it is a safe identifier, else a ``UserError``."""
    if not NAME_PATTERN.match(name):
        raise UserError(
            f"{owner} must be lower-case letters, digits and underscores, at most 63 characters,"
            f" starting with a letter; got {clip(name)}"
        )
    return name


_ENDS: Final = {
    "greater_than_equal": "ge",
    "greater_than": "gt",
    "less_than_equal": "le",
    "less_than": "lt",
}
"""Errors of a range: the end that a value is beyond."""


def _range(ends: Mapping[str, object]) -> str:
    """``must be in [1, 60]`` from ``{"ge": 1, "le": 60}``; one end alone in words."""
    low = ends.get("ge", ends.get("gt"))
    high = ends.get("le", ends.get("lt"))
    if low is None or high is None:
        word = {"ge": "at least", "gt": "above", "le": "at most", "lt": "below"}
        key, value = next(iter(ends.items()))
        return f"must be {word[key]} {_plain(value)}"
    opened, closed = "[" if "ge" in ends else "(", "]" if "le" in ends else ")"
    return f"must be in {opened}{_plain(low)}, {_plain(high)}{closed}"


def _plain(number: object) -> str:
    return f"{number:.12g}" if isinstance(number, float) else str(number)


def _ends(model: type[BaseModel] | None, error: Mapping[str, Any]) -> dict[str, object]:
    """Ends of the range that the value of ``error`` is beyond, both where the field has both."""
    broken = _ENDS[str(error["type"])]
    limit = error["ctx"][broken]
    field: FieldInfo | None = None
    for word in error["loc"]:
        if model is not None and str(word) in model.model_fields:
            field = model.model_fields[str(word)]
            model = next(iter(_models(field.annotation)), None)
    known = [] if field is None else [field.metadata, *_metadata(field.annotation)]
    ranges = (
        {key: getattr(item, key) for item in items for key in _ENDS.values() if hasattr(item, key)}
        for items in known
    )
    return next((ends for ends in ranges if ends.get(broken) == limit), {broken: limit})


def _models(annotation: object) -> Iterator[type[BaseModel]]:
    """Models in an annotation such as ``tuple[Model, ...]``."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models(part)


def _metadata(annotation: object) -> Iterator[list[object]]:
    """Constraints in an annotation such as ``tuple[Annotated[int, Field(ge=1)], ...]``."""
    found = getattr(annotation, "__metadata__", ())
    yield [deep for item in found for deep in getattr(item, "metadata", [item])]
    for part in get_args(annotation):
        yield from _metadata(part)


def _allowed(error: Mapping[str, Any], model: type[BaseModel] | None) -> str:
    if error["type"] in _ENDS:
        return _range(_ends(model, error))
    message = str(error.get("msg", "is not valid"))
    message = message.removeprefix("Value error, ").removeprefix("Input ")
    if error.get("type") == "extra_forbidden":
        return "is not a known key"
    if error.get("type") in ("tuple_type", "list_type"):
        return "must be a list, such as [one,two]"
    return message[0].lower() + message[1:] if message else message


def _model_at(model: type[BaseModel], words: Sequence[object]) -> type[BaseModel]:
    """The model that the keys ``words`` lead to from ``model``, as far as they are known."""
    for word in words:
        field = model.model_fields.get(str(word))
        model = next(_models(field.annotation), model) if field is not None else model
    return model


def _near_literal(error: Mapping[str, Any]) -> str:
    """The nearest of the words that a field allows, as a hint."""
    if error["type"] != "literal_error":
        return ""
    allowed = re.findall(r"'([^']*)'", str(error["ctx"]["expected"]))
    return nearest(str(error["input"]), allowed)


def explain(owner: str, error: ValidationError, model: type[BaseModel] | None = None) -> UserError:
    """Every finding of a pydantic error as ``owner.field rule; got value``, one a line."""
    lines: list[str] = []
    for item in error.errors():
        cause = item.get("ctx", {}).get("error")
        if isinstance(cause, UserError):  # a validator's own lines, which name their fields
            lines.append(str(cause))
            continue
        path = ".".join(str(part) for part in item["loc"])
        key = f"{owner}.{path}" if path else owner
        rule = _allowed(item, model)
        line = rule if rule.startswith(f"{owner}.") else f"{key} {rule}"
        if item["type"] == "extra_forbidden" and model is not None:
            names = sorted(_model_at(model, item["loc"][:-1]).model_fields)
            line += nearest(str(item["loc"][-1]), names) or f" (known: {', '.join(names)})"
        elif item["type"] != "missing" and not (item["type"] == "value_error" and not path):
            line += f"; got {clip(item['input'])}{_near_literal(item)}"
        lines.append(line)
    return UserError("\n".join(lines))


def build(owner: str, model: type[T], values: object) -> T:
    """Validate ``values`` as ``model``; all mistakes at once in a ``UserError``."""
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise explain(owner, error, model) from None


def first_offender(
    source: str, ids: Sequence[object], bad: Sequence[bool], rule: str
) -> str | None:
    """``source: 3 rows have <rule> (first: id)`` or None when no row is bad."""
    rows = [i for i, flag in enumerate(bad) if flag]
    if not rows:
        return None
    noun = "row has" if len(rows) == 1 else "rows have"
    return f"{source}: {len(rows)} {noun} {rule} (first: {clip(ids[rows[0]], 40)})"
