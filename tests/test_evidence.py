"""The mechanisms reproduce the direction of published evidence with default parameters."""

from collections.abc import Callable

import pytest

from tests import ROOT
from tools.evidence import FINDINGS, Finding, Size, first_day_lateness_cures, page

SMALL = Size(borrowers=2_000, paths=16)


@pytest.mark.parametrize("measure", FINDINGS, ids=lambda measure: measure.__name__)
def test_a_published_direction_is_reproduced(measure: Callable[[Size], Finding]) -> None:
    finding = measure(SMALL)
    assert finding.agrees, f"{finding.practice}: {finding.measured}"


def test_the_page_holds_every_finding_and_agrees_with_all() -> None:
    text = (ROOT / "docs" / "evidence.md").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| ") and "---" not in line]
    assert len(rows) == 1 + len(FINDINGS)
    assert "**no**" not in text


def test_a_finding_against_the_evidence_is_marked() -> None:
    finding = first_day_lateness_cures(Size(borrowers=300, paths=4))
    against = Finding(
        finding.practice,
        finding.published,
        finding.source,
        finding.measured,
        finding.estimate,
        -finding.expected_sign,
    )
    assert not against.agrees
    assert "**no**" in page([against], SMALL)
