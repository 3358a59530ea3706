"""docs/policies.md from the classes and files of policies: ``python -m tools.policies_page``."""

import inspect
from collections.abc import Iterator, Sequence

from pydantic.fields import FieldInfo

from simulator.field_texts import allowed_values, field_meanings, file_comment
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
            text = path.read_text(encoding="utf-8")
            kind = next(
                line.split(":")[1].strip() for line in text.splitlines() if line.startswith("kind:")
            )
            yield f"`{path.stem}`", f"`{kind}`", file_comment(text)

    return f"## Shipped policies\n\n{_table(('policy', 'kind', 'what it is'), rows())}"


def _kinds_section() -> str:
    """Every class with its fields."""
    parts = ["## Kinds and their fields\n"]
    for kind, model in POLICY_KINDS.items():
        meanings = field_meanings(model)
        rows = (
            (f"`{name}`", _default(field), allowed_values(field, "`"), meanings.get(name, ""))
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


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "to be given"
    value = field.get_default(call_default_factory=True, validated_data={})
    if value is None or value == () or value == {}:
        return ""
    return f"{value:g}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    path = ROOT / "docs" / "policies.md"
    path.write_text(policies_markdown(), encoding="utf-8")
