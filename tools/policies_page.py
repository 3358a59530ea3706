"""docs/policies.md from the classes and files of policies: ``python -m tools.policies_page``."""

import ast
import inspect
import textwrap
from collections.abc import Iterator, Sequence
from itertools import pairwise
from types import NoneType, UnionType
from typing import Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from simulator.lever_fields import (
    BOOK_LEVERS,
    CAPACITY_MULTIPLIERS,
    CUSTOMER_LEVERS,
    INTENSITIES,
    LOAN_LEVERS,
    UNDERWRITING_LEVERS,
    LeverField,
)
from simulator.policies import POLICY_KINDS
from simulator.shipped import shipped_folders
from tools import ROOT
from tools.markdown import table

_HEAD = """# Policies

A policy is a validated object that edits the lever table; a file in `configs/policy` sets one.
Policies combine by the rule of each lever, in any order (`kind: combination`). This page is
written by `python -m tools.policies_page`; how to add one:
[add-a-policy.md](add-a-policy.md); what the levers do: [model.md](model.md), sections 4 to 9. A
number without a source is an assumption. Unless said otherwise, an empty list means all.
"""

_LEVER_TABLES: tuple[tuple[str, Sequence[LeverField]], ...] = (
    (
        "By month, class of segments, bucket and seen hardship of a loan",
        (*LOAN_LEVERS, *INTENSITIES),
    ),
    ("By month and class, for every customer", CUSTOMER_LEVERS),
    ("By month and class, for applicants", UNDERWRITING_LEVERS),
    ("One value a policy", (*BOOK_LEVERS, *CAPACITY_MULTIPLIERS)),
)


def policies_markdown() -> str:
    """The whole of docs/policies.md; a test compares the two."""
    sections = [_HEAD, _files_section(), _kinds_section(), _levers_section()]
    return "\n".join(sections)


def _table(head: Sequence[str], rows: Iterator[Sequence[str]]) -> str:
    return "\n".join(table(head, rows)[1:])


def _files_section() -> str:
    """Every shipped file with its kind and the comment that says what it is."""

    def rows() -> Iterator[Sequence[str]]:
        for path in sorted((shipped_folders()[0] / "policy").glob("*.yaml")):
            lines = path.read_text(encoding="utf-8").splitlines()
            comments = []
            for line in lines[1:]:
                if not line.startswith("#"):
                    break
                comments.append(line.removeprefix("#").strip())
            kind = next(line.split(":")[1].strip() for line in lines if line.startswith("kind:"))
            yield f"`{path.stem}`", f"`{kind}`", " ".join(comments)

    return f"## Shipped policies\n\n{_table(('policy', 'kind', 'what it is'), rows())}"


def _kinds_section() -> str:
    """Every class with its fields."""
    parts = ["## Kinds and their fields\n"]
    for kind, model in POLICY_KINDS.items():
        meanings = field_meanings(model)
        rows = (
            (f"`{name}`", _default(field), _allowed(field), meanings.get(name, ""))
            for name, field in model.model_fields.items()
            if name != "kind"
        )
        text = " ".join((inspect.getdoc(model) or "").split())
        table = _table(("field", "default", "allowed", "meaning"), rows)
        parts.append(f"### `{kind}`\n\n{text}\n\n{table}")
    return "\n".join(parts)


def _levers_section() -> str:
    """Every lever with its range and how edits combine."""
    parts = ["## Levers\n"]
    for title, fields in _LEVER_TABLES:
        rows = (
            (f"`{f.name}`", f.meaning, f"{f.base:g}", f"{f.low:g} to {f.high:g}", f.combine.value)
            for f in fields
        )
        head = ("lever", "meaning", "base", "range", "edits combine by")
        parts.append(f"**{title}**\n\n{_table(head, rows)}")
    return "\n".join(parts)


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


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "to be given"
    value = field.get_default(call_default_factory=True, validated_data={})
    if value is None or value == () or value == {}:
        return ""
    return f"{value:g}" if isinstance(value, float) else str(value)


def _allowed(field: FieldInfo) -> str:
    """Bounds, choices or type of a field in words."""
    bounds = {name: getattr(item, name) for item in field.metadata for name in ("ge", "le")
              if hasattr(item, name)}  # fmt: skip
    annotation = field.annotation
    options = [a for a in get_args(annotation) if a is not NoneType]
    if get_origin(annotation) in (Union, UnionType) and len(options) == 1:
        annotation = options[0]
        for item in getattr(annotation, "__metadata__", ()):
            for extra in getattr(item, "metadata", ()):
                bounds |= {n: getattr(extra, n) for n in ("ge", "le") if hasattr(extra, n)}
    if get_origin(annotation) is Literal:
        return ", ".join(f"`{choice}`" for choice in get_args(annotation))
    if "ge" in bounds and "le" in bounds:
        return f"{bounds['ge']:g} to {bounds['le']:g}"
    origin = get_origin(annotation)
    if origin is tuple:
        return "list"
    return "mapping" if origin is not None else ""


if __name__ == "__main__":
    path = ROOT / "docs" / "policies.md"
    path.write_text(policies_markdown(), encoding="utf-8")
