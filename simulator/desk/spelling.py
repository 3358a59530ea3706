"""Values that come back from a page, as the command line spells them.

Whatever is spelled here is a number, a switch, or a word of the schema or of the book, so that
nothing else can follow it on the command line.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from math import isfinite
from typing import Final

from simulator.cli.resume import quoted
from simulator.desk.fields import OfferedField
from simulator.validation import UserError, check_known, clip

Names = Mapping[str, Sequence[str]]
"""``regions``, ``products``, ``risk_bands`` -> those of the book."""
_PLAIN: Final = re.compile(
    r"(?!(?:true|false|null|nan|inf)$)[A-Za-z_]\w*", re.ASCII | re.IGNORECASE
)
"""Words that need no quotes."""
_NO_NAMES: Final[Names] = {}


def spelled(owner: str, field: OfferedField, value: object, names: Names = _NO_NAMES) -> str:
    """``value`` of ``field`` as the command line spells it.

    ``names`` are those of the book. Raises ``UserError`` for what the field does not allow.
    """
    key = f"{owner}.{field.key}"
    match field.kind:
        case "yes_no":
            return _switch(key, value)
        case "choice":
            return _word(key, field.choices, value)
        case "names":
            return f"[{','.join(_listed(key, field, value, names))}]"
        case "by_name":
            return f"{{{','.join(_numbers(key, field, value, names))}}}"
        case "rows":
            return f"[{','.join(_rules(key, field, value, names))}]"
        case _:
            return _number(key, field, value)


def _switch(key: str, value: object) -> str:
    if not isinstance(value, bool):
        raise UserError(f"{key} must be true or false; got {clip(value, 40)}")
    return "true" if value else "false"


def _word(key: str, known: Sequence[str], value: object) -> str:
    """One of the ``known`` words; in quotes where its characters need them."""
    text = value if isinstance(value, str) else clip(value, 40)
    check_known(key, known, text)
    return text if _PLAIN.fullmatch(text) else quoted(text)


def _known(field: OfferedField, names: Names) -> Sequence[str]:
    return field.choices or names.get(field.of, ())


def _listed(key: str, field: OfferedField, value: object, names: Names) -> Iterator[str]:
    known = _known(field, names)
    yield from dict.fromkeys(_word(key, known, each) for each in _list(key, field, value))


def _list(key: str, field: OfferedField, value: object) -> list[object]:
    if not isinstance(value, list):
        raise UserError(f"{key} must be a list; got {clip(value, 40)}")
    if field.most is not None and len(value) > field.most:
        raise UserError(f"{key} must have at most {field.most} entries; got {len(value)}")
    return value


def _mapping(key: str, value: object) -> dict[object, object]:
    if not isinstance(value, dict):
        raise UserError(f"{key} must hold keys and values; got {clip(value, 40)}")
    return value


def _numbers(key: str, field: OfferedField, value: object, names: Names) -> Iterator[str]:
    known, (number,) = _known(field, names), field.fields
    for word, amount in _mapping(key, value).items():
        found = _word(key, known, word)
        yield f"{found}:{_number(f'{key}.{word}', number, amount)}"


def _rules(key: str, field: OfferedField, value: object, names: Names) -> Iterator[str]:
    known = {below.key: below for below in field.fields}
    for place, rule in enumerate(_list(key, field, value)):
        parts = []
        for word, below in _mapping(f"{key}.{place}", rule).items():
            check_known(f"a key of {key}.{place}", known, str(word))
            text = spelled(f"{key}.{place}", known[str(word)], below, names)
            parts.append(f"{word}:{text}")
        yield f"{{{','.join(parts)}}}"


def _number(key: str, field: OfferedField, value: object) -> str:
    wanted = "a whole number" if field.kind == "whole" else "a number"
    if isinstance(value, bool) or not isinstance(value, int | float) or not _is_finite(value):
        raise UserError(f"{key} must be {wanted}; got {clip(value, 40)}")
    if field.kind == "whole" and value != int(value):
        raise UserError(f"{key} must be {wanted}; got {value:g}")
    number = int(value) if field.kind == "whole" else float(value)
    low, high = field.low, field.high
    if (low is not None and number < low) or (high is not None and number > high):
        raise UserError(f"{key} must be {_ends(low, high)}; got {number:g}")
    return repr(number)


def _is_finite(value: float) -> bool:
    try:
        return isfinite(value)
    except OverflowError:  # a whole number of hundreds of digits
        return False


def _ends(low: float | None, high: float | None) -> str:
    if low is not None and high is not None:
        return f"in [{low:g}, {high:g}]"
    return f"at least {low:g}" if low is not None else f"at most {high:g}"
