"""What the fields of a settings object mean and may be, in words, from the class itself."""

import ast
import inspect
import textwrap
from itertools import pairwise
from types import NoneType, UnionType
from typing import Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo


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


def allowed_values(field: FieldInfo, quote: str = "") -> str:
    """Bounds, choices (each in ``quote``) or type of a field in words."""
    bounds = {
        name: getattr(item, name)
        for item in field.metadata
        for name in ("ge", "le")
        if hasattr(item, name)
    }
    annotation = field.annotation
    options = [a for a in get_args(annotation) if a is not NoneType]
    if get_origin(annotation) in (Union, UnionType) and len(options) == 1:
        annotation = options[0]
        for item in getattr(annotation, "__metadata__", ()):
            for extra in getattr(item, "metadata", ()):
                bounds |= {n: getattr(extra, n) for n in ("ge", "le") if hasattr(extra, n)}
    if get_origin(annotation) is Literal:
        return ", ".join(f"{quote}{choice}{quote}" for choice in get_args(annotation))
    if "ge" in bounds and "le" in bounds:
        return f"{bounds['ge']:g} to {bounds['le']:g}"
    origin = get_origin(annotation)
    if origin is tuple:
        return "list"
    return "mapping" if origin is not None else ""
