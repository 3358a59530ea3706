"""Policies are data: every file builds, names every field, and says what it is."""

from pathlib import Path

import numpy as np
import pytest

from simulator.lever_fields import ALL_FIELDS
from simulator.policies import POLICY_KINDS, Policy, build_policy
from tests.policies.policy_tables import FILES, content, every_file, table_of


@every_file
def test_every_file_builds_a_policy(file: Path) -> None:
    policy = build_policy(file.stem, content(file))
    assert isinstance(policy, Policy)
    assert policy.kind in POLICY_KINDS
    for edit in policy.edits():
        field = ALL_FIELDS[edit.lever]
        assert field.low <= edit.amount <= field.high, edit.lever
    assert np.isfinite(table_of(policy).book["relief_budget"]).all()


@every_file
def test_every_field_of_the_class_stands_in_the_file(file: Path) -> None:
    settings = content(file)
    fields = POLICY_KINDS[str(settings["kind"])].model_fields
    assert set(settings) == set(fields)


def test_every_kind_has_a_file() -> None:
    assert {content(file)["kind"] for file in FILES} == set(POLICY_KINDS)


@every_file
def test_the_second_line_of_a_file_says_what_it_is(file: Path) -> None:
    header, comment, *_ = file.read_text(encoding="utf-8").splitlines()
    assert header == f"# @package policy.{file.stem}"
    assert comment.startswith("# ")


NEUTRAL_KINDS = {"prevention", "classified_collections"}
"""Kinds that do nothing unless asked; every practice of theirs is a file."""


@pytest.mark.parametrize("kind", sorted(POLICY_KINDS.keys() - NEUTRAL_KINDS - {"combination"}))
def test_the_file_named_after_a_kind_holds_its_defaults(kind: str) -> None:
    file = next(f for f in FILES if f.stem == kind)
    defaults = build_policy(kind, {"kind": kind})
    assert build_policy(kind, content(file)) == defaults
