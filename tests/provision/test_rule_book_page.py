"""The page on provisions explains every field, and its example works."""

import re

import pytest
import yaml
from pydantic import BaseModel

from simulator.provision import (
    RULE_BOOK_KINDS,
    Band,
    Minima,
    Overlay,
    SignificantIncrease,
    build_rule_book,
)
from tests import ROOT

PARTS: tuple[type[BaseModel], ...] = (
    *RULE_BOOK_KINDS.values(),
    SignificantIncrease,
    Minima,
    Overlay,
    Band,
)


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.__name__)
def test_the_page_on_provisions_explains_every_field(part):
    page = (ROOT / "docs" / "provisions.md").read_text(encoding="utf-8")
    explained = set(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE))
    assert set(part.model_fields) <= explained


def test_the_example_of_the_page_is_a_rule_book():
    page = (ROOT / "docs" / "provisions.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"^```yaml\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    book = build_rule_book("own", yaml.safe_load(example))
    assert book.overlays[0].until == "2026-12"
