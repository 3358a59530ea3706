"""The chapter on the opening book: both sides of the manifest in figures, hostile or not."""

from pathlib import Path

import pytest

from simulator.report.inputs.opening_book import OpeningBook, opening_book
from simulator.report.kit.language import speaking
from simulator.report.kit.table import PageTable
from tests.report.page_outline import Outline
from tests.report.stress_runs import PAYLOADS, Run, data_of, make_run, write

LINES: list[object] = [
    {"measure": "loans", "part": "", "tape": 477.0, "model": 477.0, "gap_points": 0.0},
    {"measure": "balance", "part": "", "tape": 3.07e6, "model": 3.07e6, "gap_points": 0.0},
    {"measure": "balance", "part": "M7", "tape": 0.0, "model": 0.0, "gap_points": 0.0},
    {"measure": "overdue", "part": "90+", "tape": 0.1, "model": 0.08, "gap_points": -2.0},
    {"measure": "annual_rate", "part": "", "tape": None, "model": 0.18, "gap_points": None},
]
FOUND: dict[str, object] = {
    "lines": LINES,
    "imputed_share_of_balance": {"savings": 1.0, "score": 0.25},
    "left_out": [
        {"reason": "closed or written off by their status", "loans": 12, "balance": 5000.0}
    ],
    "is_sample": False,
}
WARNING = "t.csv: borrower_id A1 has 40 of 50 loans"


def with_book(**changes: object) -> Run:
    run = make_run(("baseline",), ("status_quo",), 4, 6)
    book = {"reconciliation": FOUND, "warnings": [WARNING], "rejected": []} | changes
    return run._replace(manifest={**run.manifest, "book": book})


def chapter(**changes: object) -> OpeningBook:
    found = opening_book(data_of(with_book(**changes)))
    assert found is not None
    return found


def test_both_sides_and_their_gap_stand_in_a_row() -> None:
    rows = {row[:2]: row[2:] for row in PageTable(chapter().table).rows}
    assert rows["Loans", ""] == ("477", "477", "0.00")
    late = [cell.replace("\u202f", " ") for cell in rows["Balance overdue", "90+"]]
    assert late == ["10.00 %", "8.00 %", "\u22122.00"]
    assert rows["Weighted rate a year", ""][0] == "n/a"
    assert ("Balance", "M7") not in rows


def test_what_is_imputed_left_out_and_warned_of_is_said() -> None:
    found = chapter(rejected=[{"rule": "x", "rows": 3, "balance": 900.0, "first": []}])
    text = " ".join(found.remarks)
    assert "Imputed for all of the balance: savings." in text
    assert "score 25.0" in text
    assert "12 loans" in text.replace("\u202f", " ")
    assert "3 rows" in text
    assert found.warnings == (WARNING,)


def test_the_chapter_speaks_chinese() -> None:
    with speaking("zh"):
        found = chapter()
        assert PageTable(found.table).header[3] == "模型期初"
    assert found.warnings == ("t.csv：borrower_id A1名下有40笔贷款（共50笔）",)


def test_a_book_without_a_source_has_no_chapter() -> None:
    assert opening_book(data_of(with_book(reconciliation=None))) is None
    assert opening_book(data_of(make_run(("baseline",), ("status_quo",), 4, 6))) is None


@pytest.mark.parametrize("odd", [[], "x", 3, {"lines": "x"}, {"lines": [3, {"measure": "x"}]}])
def test_an_edited_manifest_gives_no_chapter(odd: object) -> None:
    assert opening_book(data_of(with_book(reconciliation=odd))) is None


def test_no_text_of_a_manifest_becomes_markup(tmp_path: Path) -> None:
    lines = [{**LINES[3], "part": text} for text in PAYLOADS]  # type: ignore[dict-item]
    found = FOUND | {"lines": lines, "left_out": [{"reason": t, "loans": 1} for t in PAYLOADS]}
    text = write(with_book(reconciliation=found, warnings=list(PAYLOADS)), tmp_path / "r.html")
    assert "img" not in {tag for tag, _ in Outline(text).tags}
    assert "<script>alert" not in text
    assert "Opening book: source and model" in text
