"""tables.xlsx: read back by its XML, its numbers by other ways, and no text that can act."""

import time
import zipfile
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

import simulator
from simulator.report.kit.data import ReportData
from simulator.report.kit.spreadsheet import number_format, workbook_bytes
from simulator.report.workbook import render_workbook
from simulator.results.run import Run
from simulator.results.table import BARE, MONEY, Table, named
from simulator.settings import ReportSettings

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
PAYLOADS = (
    "=1+1",
    "+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    '=HYPERLINK("https://example.org","x")',
    "https://example.org/x",
    "{=1}",
    "</t></si><f>1</f>",
    "_x000D_=1",
)

Cells = list[list[str | float | None]]


class Read(NamedTuple):
    """What a reader of the file finds: values by sheet, and its raw parts."""

    sheets: Mapping[str, Cells]
    parts: Mapping[str, str]


def read(content: bytes) -> Read:
    """Sheets of an .xlsx file by the XML in it, nothing of the product used."""
    with zipfile.ZipFile(BytesIO(content)) as file:
        parts = {name: file.read(name).decode() for name in file.namelist()}
    shared: list[str] = []
    if "xl/sharedStrings.xml" in parts:
        for item in ElementTree.fromstring(parts["xl/sharedStrings.xml"]).iter(f"{MAIN}si"):
            shared.append("".join(text.text or "" for text in item.iter(f"{MAIN}t")))
    names = ElementTree.fromstring(parts["xl/workbook.xml"]).iter(f"{MAIN}sheet")
    sheets: dict[str, Cells] = {}
    for position, sheet in enumerate(names, start=1):
        root = ElementTree.fromstring(parts[f"xl/worksheets/sheet{position}.xml"])
        rows: Cells = []
        for row in root.iter(f"{MAIN}row"):
            cells: dict[int, str | float | None] = {}
            for cell in row.iter(f"{MAIN}c"):
                value = cell.find(f"{MAIN}v")
                text = value.text if value is not None else None
                column = _column(cell.attrib["r"])
                assert text is not None
                cells[column] = shared[int(text)] if cell.get("t") == "s" else float(text)
            rows.append([cells.get(i) for i in range(max(cells, default=-1) + 1)])
        sheets[sheet.attrib["name"]] = rows
    return Read(sheets, parts)


def _column(reference: str) -> int:
    number = 0
    for letter in reference.rstrip("0123456789"):
        number = 26 * number + ord(letter) - ord("A") + 1
    return number - 1


def records(rows: Cells) -> list[dict[str, str | float | None]]:
    """Rows under their header."""
    header = [str(cell) for cell in rows[0]]
    return [dict(zip(header, row + [None] * len(header), strict=False)) for row in rows[1:]]


@pytest.fixture(scope="module")
def outcome() -> Run:
    return simulator.stress_test(
        scenarios=["baseline", "downturn"],
        policies=["grace_period", "stricter_approval"],
        paths=6,
        months=5,
        runoff_months=8,
        borrowers=200,
        provision=["cas22", "china_minimum"],
    )


def _rendered(outcome: Run, title: str = "A test") -> bytes:
    data = ReportData(outcome)
    return render_workbook(data, ReportSettings(title=title))


@pytest.fixture(scope="module")
def content(outcome: Run) -> bytes:
    return _rendered(outcome)


@pytest.fixture(scope="module")
def book(content: bytes) -> Read:
    return read(content)


# --- form -----------------------------------------------------------------------------------


def test_the_same_results_give_the_same_bytes_whatever_the_clock(
    outcome: Run, content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "Pacific/Auckland")
    time.tzset()
    try:
        assert _rendered(outcome) == content
    finally:
        monkeypatch.undo()
        time.tzset()
    with zipfile.ZipFile(BytesIO(content)) as file:
        assert {info.date_time for info in file.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_no_text_becomes_a_formula_or_a_link() -> None:
    rows = tuple(((text, *PAYLOADS[1:])) for text in PAYLOADS)
    sheet = Table(tuple(map(named, PAYLOADS)), rows, title="Texts")
    found = read(workbook_bytes([sheet], PAYLOADS[0]))
    assert [row[0] for row in found.sheets["Texts"][1:]] == [
        " =1" if text == "\t=1" else text.replace("_x000D_", "_x005F_x000D_") for text in PAYLOADS
    ]
    page = found.parts["xl/worksheets/sheet1.xml"]
    assert "<f>" not in page
    assert "hyperlink" not in page.lower()
    assert not [name for name in found.parts if "rels" in name and "sheet" in name]


def test_a_text_that_looks_like_a_formula_is_marked_as_text() -> None:
    sheet = Table((named("Name"),), (("=1+1",), ("plain",)), title="Texts")
    found = read(workbook_bytes([sheet], "x"))
    page = ElementTree.fromstring(found.parts["xl/worksheets/sheet1.xml"])
    styles = ElementTree.fromstring(found.parts["xl/styles.xml"]).find(f"{MAIN}cellXfs")
    assert styles is not None
    marked = [
        styles[int(cell.get("s", "0"))].get("quotePrefix")
        for cell in page.iter(f"{MAIN}c")
        if cell.attrib["r"] != "A1"
    ]
    assert marked == ["1", None]


@given(
    st.text(max_size=40), st.floats(-1e300, 1e300) | st.sampled_from([float("nan"), float("inf")])
)
@hypothesis_settings(max_examples=40)
def test_any_text_and_any_number_make_a_file_that_reads_back(text: str, value: float) -> None:
    columns = (named("Name"), named("Number", MONEY))
    sheet = Table(columns, ((text, value),), currency="CNY", title="S")
    _, *rows = read(workbook_bytes([sheet], text)).sheets["S"]
    number = rows[0][1] if rows and len(rows[0]) > 1 else None
    # The format keeps 16 digits.
    assert number == (pytest.approx(value, rel=1e-15, abs=0) if np.isfinite(value) else None)


@pytest.mark.parametrize(
    ("unit", "is_change", "expected"),
    [
        ("1", False, "0.00%"),
        ("1", True, "+0.00%;-0.00%;0.00%"),
        ("1/year", False, '0.00%" a year"'),
        ("CNY", False, '#,##0" CNY"'),
        ("CNY/borrower", False, '#,##0" CNY/borrower"'),
        ("borrowers", True, '+#,##0.0" borrowers";-#,##0.0" borrowers";'),
        (BARE, False, "General"),
        ('x"&[Red]', False, '#,##0.0" xRed"'),
    ],
)
def test_the_format_of_a_number_names_its_unit(unit: str, is_change: bool, expected: str) -> None:
    assert number_format(unit, "CNY", is_change=is_change).startswith(expected)


def test_every_sheet_has_a_frozen_header_and_widths(book: Read) -> None:
    for position, (name, rows) in enumerate(book.sheets.items(), start=1):
        page = ElementTree.fromstring(book.parts[f"xl/worksheets/sheet{position}.xml"])
        pane = page.find(f".//{MAIN}pane")
        assert pane is not None, name
        assert (pane.get("state"), pane.get("ySplit")) == ("frozen", "1"), name
        widths = [float(c.attrib["width"]) for c in page.iter(f"{MAIN}col")]
        assert widths, name
        assert max(widths) < 62, name
        assert len(rows) > 1, name


def test_a_title_of_any_text_stays_text(outcome: Run) -> None:
    found = read(_rendered(outcome, '=cmd|"<x>'))
    assert found.sheets["About"][1][1] == '=cmd|"<x>'
    assert "<f>" not in "".join(text for name, text in found.parts.items() if "sheet" in name)


# --- numbers by another way -----------------------------------------------------------------


def test_key_figures_are_those_of_the_results(outcome: Run, book: Read) -> None:
    rate = outcome.dataset["overdue_rate"].sel(dpd=90).max("month")
    labels = {"Current policy": "status_quo", "Grace period": "grace_period"}
    labels["Stricter approval"] = "stricter_approval"
    rows = records(book.sheets["Key figures"])
    assert len(rows) == 2 * 3
    by_label = dict(
        zip(
            outcome.dataset["scenario_label"].values,
            outcome.dataset["scenario"].values,
            strict=True,
        )
    )
    for row in rows:
        place = {"scenario": by_label[row["Scenario"]]}
        found = rate.sel(policy=labels[str(row["Policy"])], **place)
        base = rate.sel(policy="status_quo", **place)
        assert row["Peak 90+ rate, mean"] == pytest.approx(float(found.mean()), rel=1e-12)
        change = row["Peak 90+ rate, change, mean"]
        if row["Policy"] == "Current policy":
            assert change is None
        else:
            assert change == pytest.approx(float((found - base).mean()), rel=1e-9, abs=1e-15)


def test_the_ranking_is_by_the_gain_in_value(outcome: Run, book: Read) -> None:
    weights = dict(
        zip(
            outcome.dataset["scenario"].values,
            outcome.dataset["scenario_weight"].values,
            strict=True,
        )
    )
    gains = {
        policy: sum(
            weights[row.scenario] * row.mean
            for row in outcome.summary
            if (row.metric, row.policy) == ("delta_value", policy)
        )
        for policy in ("grace_period", "stricter_approval")
    }
    rows = [r for r in records(book.sheets["Ranking"]) if r["Where"] == "All scenarios, by weight"]
    order = sorted(gains, key=lambda policy: -gains[policy])
    assert [row["Policy"] for row in rows] == [p.replace("_", " ").capitalize() for p in order]
    assert [row["Rank"] for row in rows] == [1.0, 2.0]
    for row, policy in zip(rows, order, strict=True):
        assert row["Value, mean"] == pytest.approx(gains[policy], rel=1e-9)


def test_provisions_are_those_of_each_rule_book(outcome: Run, book: Read) -> None:
    allowance = outcome.dataset["allowance"].isel(month=-1).mean("path")
    expected = sorted(float(value) for value in allowance.values.ravel())
    rows = records(book.sheets["Provisions"])
    found = sorted(float(str(row["Closing allowance, mean"])) for row in rows)
    assert found == pytest.approx(expected, rel=1e-12)
    grades = records(book.sheets["Grades"])
    shares: dict[tuple[object, ...], float] = {}
    for row in grades:
        place = (row["Provisioning standard"], row["Scenario"], row["Policy"])
        shares[place] = shares.get(place, 0.0) + float(str(row["Balance share, mean"]))
    assert len(shares) == len(rows)
    assert list(shares.values()) == pytest.approx([1.0] * len(shares), rel=1e-9)


def test_the_summary_holds_every_figure_without_month_in_full(outcome: Run, book: Read) -> None:
    expected = [row for row in outcome.summary if row.month is None]
    rows = records(book.sheets["Summary"])
    assert len(rows) == len(expected)
    for row, known in zip(rows, expected, strict=True):
        assert (row["Metric"], row["Unit"]) == (known.metric, known.unit)
        for name, value in (("Mean", known.mean), ("95 % low", known.ci_low)):
            assert row[name] == (pytest.approx(value, rel=1e-14) if np.isfinite(value) else None)


def test_every_metric_of_the_summary_is_defined(outcome: Run, book: Read) -> None:
    defined = {str(row["Metric"]) for row in records(book.sheets["Definitions"])}
    books = ("cas22", "china_minimum")
    for row in records(book.sheets["Summary"]):
        name = str(row["Metric"]).removeprefix("delta_")
        plain = name
        for prefix in ("peak_", "lowest_", "lifetime_", "closing_", "ever_"):
            plain = plain.removeprefix(prefix)
        forms = {name, plain}
        forms |= {f"{form.removesuffix(f'_{b}')}_BOOK" for form in (name, plain) for b in books}
        assert forms & defined, name


def test_the_configuration_stands_with_every_value(outcome: Run, book: Read) -> None:
    rows = {row[0]: row[1] for row in book.sheets["Configuration"][1:]}
    assert rows["run.paths"] == 6.0
    assert rows["run.seed"] == 20260101.0
    assert rows["book.jurisdiction"] == "cn"
    assert any(str(name).startswith("policy.grace_period.") for name in rows)


def test_a_run_of_one_policy_without_rule_books_has_a_workbook(tmp_path: Path) -> None:
    simulator.stress_test(
        scenarios=["baseline"],
        policies=[],
        paths=1,
        months=1,
        runoff_months=0,
        borrowers=50,
        provision=[],
        output=tmp_path,
    )
    sheets = read((tmp_path / "tables.xlsx").read_bytes()).sheets
    assert "Ranking" not in sheets
    assert "Provisions" not in sheets
    assert records(sheets["Key figures"])[0]["Peak 30+ rate, 95 % low"] is None


def test_every_variable_lies_in_memory_as_it_lies_in_the_file(outcome: Run) -> None:
    # Sums of another layout can differ in their last bit, and so could a report made again.
    for name, variable in outcome.dataset.variables.items():
        assert np.asarray(variable.values).flags.c_contiguous, name
