"""Workbooks, packed files, titles and totals: what is found, what is asked, what is refused."""

import gzip
import io
import zipfile
from contextlib import suppress
from datetime import date
from pathlib import Path

import openpyxl
import pytest

from simulator.reading import table_file, workbook
from simulator.reading.columns import numbers, open_table
from simulator.reading.layout import Layout
from simulator.reading.table_file import confirmed, open_source
from simulator.validation import UserError

ROWS = "a,b,c\n1,2,3\n4,5,6\n"


def laid(folder: Path, content: bytes | str, name: str = "t.csv") -> str:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return str(path)


def saved(folder: Path, sheets: dict[str, list[list[object]]], name: str = "t.xlsx") -> str:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book.save(folder / name)
    return str(folder / name)


def refused(path: str, layout: Layout = Layout()) -> str:  # noqa: B008
    with pytest.raises(UserError) as caught:
        open_source("book.path", path, layout)
    assert "\n" not in str(caught.value)
    return str(caught.value)


# --- titles and totals -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("above", "row"),
    [
        ("Loan tape of December\n", 2),
        ("Loan tape, December\n\nAs of;2025-12-31\n", 4),
        ("\n\nLoan tape;;\n", 4),
        ("sep=,\nLoan tape\n", 3),
    ],
)
@pytest.mark.parametrize(
    ("below", "count"), [("Total,,7\n", 1), (",,\n合计,,9\n", 2), ("\nSource: core bank\n\n", 1)]
)
def test_titles_and_totals_are_found_told_and_left_out_once_said(
    above: str, row: int, below: str, count: int, tmp_path: Path
) -> None:
    path = laid(tmp_path, above + ROWS + below)
    found = open_source("book.path", path)
    assert found.found == Layout(header_row=row, footer_rows=count)
    assert found.names == ("a", "b", "c")
    assert found.table.num_rows == 2
    assert len(found.unsaid) == len(found.findings) == 2
    assert confirmed(found).findings == ()
    said = open_source("book.path", path, Layout(header_row=row, footer_rows=count))
    assert said.table == found.table
    assert said.findings == ()
    assert any("at the end left out, as footer_rows says" in note for note in said.notes)
    assert said.line(1) == f"line {row + 2}"
    with pytest.raises(UserError, match="the header seems to be on line"):
        open_table("targets.x.path", Path(path))


def test_what_was_said_is_taken_at_its_word(tmp_path: Path) -> None:
    path = laid(tmp_path, ROWS + "Total,,7\n")
    kept = open_source("book.path", path, Layout(footer_rows=0))
    assert kept.table.num_rows == 3
    assert kept.findings == ()
    assert "has no rows below line 9" in refused(path, Layout(header_row=9))
    assert "has no rows above the last 7" in refused(path, Layout(footer_rows=7))


@pytest.mark.parametrize(
    "text", ["a,b,c\n1,2,3\n", "x,y\nTotal,2\nSource: x,3\n", "a,b,c\n1,2,3\nTotally,2,3\nx\n"]
)
def test_rows_of_a_table_are_no_titles_and_no_totals(text: str, tmp_path: Path) -> None:
    assert open_source("book.path", laid(tmp_path, text)).found == Layout()


def test_the_delimiter_is_that_of_the_rows_below_a_title(tmp_path: Path) -> None:
    text = "Loans, of 31, December\n" + ROWS.replace(",", ";")
    found = open_source("book.path", laid(tmp_path, text))
    assert found.delimiter == ";"
    assert found.names == ("a", "b", "c")


# --- packed files ----------------------------------------------------------------------------


def test_a_packed_file_is_read_like_the_plain_one(tmp_path: Path) -> None:
    plain = open_source("book.path", laid(tmp_path, ROWS))
    packed = open_source("book.path", laid(tmp_path, gzip.compress(ROWS.encode()), "t.csv.gz"))
    assert packed.table == plain.table
    assert packed.line(1) == "line 3"


def test_a_packed_file_has_a_limit_and_must_be_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bomb = gzip.compress(b"a,b\n" + b"1,2\n" * 1_000_000)
    assert "must be a whole gzip file" in refused(laid(tmp_path, bomb[:-9], "cut.csv.gz"))
    assert "must be a whole gzip file" in refused(laid(tmp_path, b"a,b\n1,2\n", "no.csv.gz"))
    assert "is empty" in refused(laid(tmp_path, gzip.compress(b""), "none.csv.gz"))
    assert "must end in .csv" in refused(laid(tmp_path, bomb, "t.parquet.gz"))
    monkeypatch.setattr(table_file, "MAX_CSV_BYTES", 1 << 20)
    assert "must unpack to at most 1 MiB" in refused(laid(tmp_path, bomb, "bomb.csv.gz"))


# --- workbooks -------------------------------------------------------------------------------


def test_a_workbook_gives_numbers_days_and_text_as_they_are_stored(tmp_path: Path) -> None:
    rows: list[list[object]] = [
        ["id", "rate", "amount", "day", "mixed", "flag"],
        ["A", 0.125, 12.5, date(2025, 3, 31), 12.125, True],
        ["B", 0.25, 1234.125, date(2025, 4, 30), "7,5", False],
    ]
    source = open_source("book.path", saved(tmp_path, {"Loans": rows}))
    assert source.names == ("id", "rate", "amount", "day", "mixed", "flag")
    assert numbers(source, "amount", range(2)).values.tolist() == [12.5, 1234.125]
    assert source.table.column("c3").to_pylist() == ["2025-03-31", "2025-04-30"]
    assert source.table.column("c4").to_pylist() == ["12.1250", "7,5"]
    assert source.table.column("c5").to_pylist() == ["1", "0"]
    assert source.line(1) == "row 3"


def test_titles_and_totals_of_a_sheet_are_found_too(tmp_path: Path) -> None:
    rows: list[list[object]] = [
        ["Tape"], [], ["a", "b", "c"], [1, 2, 3], [], [4, 5, 6], ["Total", None, 9],
    ]  # fmt: skip
    path = saved(tmp_path, {"Loans": rows})
    found = open_source("book.path", path)
    assert found.found == Layout(header_row=3, footer_rows=1)
    assert found.table.num_rows == 2
    assert found.line(1) == "row 6"
    said = open_source("book.path", path, Layout(header_row=3, footer_rows=1))
    assert said.findings == ()


def test_of_several_sheets_with_rows_one_must_be_said(tmp_path: Path) -> None:
    rows: list[list[object]] = [["a", "b"], [1, 2]]
    path = saved(tmp_path, {"Cover": [["Invented"]], "Q1": rows, "Q2": rows})
    assert "has 2 sheets with rows (Q1, Q2); say which in the mapping, as sheet: Q1" in refused(
        path
    )
    assert "has no sheet Q3; it has Cover, Q1, Q2" in refused(path, Layout(sheet="Q3"))
    assert open_source("book.path", path, Layout(sheet="Q2")).table.num_rows == 1


def test_a_formula_is_never_computed_and_one_without_a_value_is_refused(tmp_path: Path) -> None:
    path = saved(tmp_path, {"Loans": [["a", "b"], [1, "=1+1"]]})
    assert "formula without a stored value (first: row 2, column 2)" in refused(path)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"x", "must be a whole .xlsx workbook"),
        (b"PK\x03\x04" + b"\0" * 40, "must be a whole .xlsx workbook"),
    ],
)
def test_a_broken_workbook_is_refused_in_one_line(
    content: bytes, words: str, tmp_path: Path
) -> None:
    assert words in refused(laid(tmp_path, content, "t.xlsx"))


def part(folder: Path, content: bytes) -> str:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/worksheets/sheet1.xml", content)
    return laid(folder, file.getvalue(), "t.xlsx")


def test_a_workbook_that_unpacks_too_far_or_declares_entities_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "must not declare entities" in refused(part(tmp_path, b'<!DOCTYPE x [<!ENTITY a "b">]>'))
    assert "must be a whole .xlsx workbook" in refused(part(tmp_path, b"<worksheet/>"))
    monkeypatch.setattr(workbook, "MAX_UNPACKED_BYTES", 1 << 20)
    assert "must unpack to at most 1 MiB" in refused(part(tmp_path, b" " * (4 << 20)))


def test_without_its_library_a_workbook_is_refused_with_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = saved(tmp_path, {"Loans": [["a", "b"], [1, 2]]})
    monkeypatch.setitem(__import__("sys").modules, "openpyxl", None)
    assert "reading .xlsx needs openpyxl: pip install 'loanstress[xlsx]'" in refused(path)


@pytest.mark.parametrize(
    ("text", "layout"),
    [
        (b'"', Layout()),
        (b'\n"\n', Layout()),
        (b';,|\rx: y z7,5\nx("sep=(\n\r7,5(\r(;a,b,c\n1,2,3\n\t', Layout(header_row=3)),
        (b"\n \n", Layout()),
    ],
)
def test_bytes_that_are_hardly_a_table_are_read_or_refused(
    text: bytes, layout: Layout, tmp_path: Path
) -> None:
    with suppress(UserError):
        open_source("book.path", laid(tmp_path, text), layout)


def test_a_blank_row_is_no_header_of_a_sheet(tmp_path: Path) -> None:
    path = saved(tmp_path, {"Loans": [["a", "b"], [], [1, 2]]})
    assert "is empty; it must have a header" in refused(path, Layout(header_row=2))
