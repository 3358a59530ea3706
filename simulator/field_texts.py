"""What the fields of a settings object mean and may be, in words, from the class itself."""

import ast
import inspect
import textwrap
from functools import cache
from itertools import pairwise
from types import NoneType, UnionType
from typing import Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo


@cache
def field_meanings(model: type[BaseModel]) -> dict[str, str]:
    """The text under each field of ``model`` and of its parents, on one line."""
    found: dict[str, str] = {}
    for owner in reversed(model.__mro__):
        if not issubclass(owner, BaseModel) or owner is BaseModel:
            continue
        body = ast.parse(textwrap.dedent(inspect.getsource(owner))).body[0]
        statements = body.body if isinstance(body, ast.ClassDef) else []
        for field, text in pairwise(statements):
            if (
                isinstance(field, ast.AnnAssign)
                and isinstance(field.target, ast.Name)
                and isinstance(text, ast.Expr)
                and isinstance(text.value, ast.Constant)
            ):
                found[field.target.id] = " ".join(str(text.value.value).split())
    return found


def without_none(field: FieldInfo) -> tuple[object, bool]:
    """Type of a field apart from None, and whether it may be None."""
    annotation: object = field.annotation
    options = [a for a in get_args(annotation) if a is not NoneType]
    if get_origin(annotation) in (Union, UnionType) and len(options) == 1:
        return options[0], True
    return annotation, False


def bounds_of(field: FieldInfo) -> dict[str, float]:
    """Lowest (``ge``) and highest (``le``) allowed value of a field, as far as it has them."""
    annotation, _ = without_none(field)
    parts = [*field.metadata]
    for item in getattr(annotation, "__metadata__", ()):
        parts += getattr(item, "metadata", ())
    return {name: getattr(p, name) for p in parts for name in ("ge", "le") if hasattr(p, name)}


def allowed_values(field: FieldInfo, quote: str = "") -> str:
    """Bounds, choices (each in ``quote``) or type of a field in words."""
    annotation, _ = without_none(field)
    bounds = bounds_of(field)
    if get_origin(annotation) is Literal:
        return ", ".join(f"{quote}{choice}{quote}" for choice in get_args(annotation))
    if "ge" in bounds and "le" in bounds:
        return f"{bounds['ge']:g} to {bounds['le']:g}"
    origin = get_origin(annotation)
    if origin is tuple:
        return "list"
    return "mapping" if origin is not None else ""


def file_comment(text: str) -> str:
    """What the comment says that opens a shipped file, below its ``@package`` line; one line."""
    lines: list[str] = []
    for line in text.splitlines():
        if not line.startswith("#"):
            break
        if not line.startswith("# @package"):
            lines.append(line.removeprefix("#").strip())
    return " ".join(line for line in lines if line)
