"""One table on every face: page, figure's CSV, workbook, file of results, terminal."""

import csv
from dataclasses import replace
from io import StringIO
from math import nan

import pytest

from simulator.cli.terminal.table import console, drawn
from simulator.report.kit.language import speaking
from simulator.report.kit.numbers import NONE
from simulator.report.kit.spreadsheet import workbook_bytes
from simulator.report.kit.table import BYTE_ORDER_MARK, PageTable
from simulator.results.estimate import Estimate
from simulator.results.table import (
    FRACTION,
    MONEY,
    Cell,
    Column,
    Row,
    Table,
    csv_text,
    named,
    texts,
)
from tests.report.test_workbook import read as read_workbook

NET = Estimate(-1_234_567.0, -2e6, 3e6)


def of(*rows: Row, unit: str = MONEY) -> Table:
    columns = (named("Policy"), Column("Net ({unit})", unit))
    return Table(columns, rows, currency="CNY", title="Net")


def read(table: Table) -> list[list[str]]:
    text = PageTable(table).csv
    assert text.startswith(BYTE_ORDER_MARK)
    return list(csv.reader(StringIO(text.removeprefix(BYTE_ORDER_MARK))))


def test_a_column_with_intervals_becomes_three_of_unrounded_numbers() -> None:
    assert read(of(("a", NET), ("b", 5e5), ("c", None), ("d", nan))) == [
        ["Policy", "Net (CNY M)", "Net (CNY M), low", "Net (CNY M), high"],
        ["a", "-1.234567", "-2", "3"],
        ["b", "0.5", "", ""],
        ["c", "", "", ""],
        ["d", "", "", ""],
    ]


def test_a_column_without_intervals_stays_one() -> None:
    table = of(("1", 0.071234567), ("2", Estimate(nan)), unit=FRACTION)
    assert read(table) == [["Policy", "Net (%)"], ["1", "7.1234567"], ["2", ""]]


def test_texts_cannot_become_formulas_or_break_lines() -> None:
    table = Table((named("=1+1"),), (("@SUM(A1)",), ('a",\n"b',), (NONE,)))
    assert read(table) == [["'=1+1"], ["'@SUM(A1)"], ['a", "b'], [NONE]]


def test_a_name_of_the_data_is_no_message() -> None:
    table = Table((named("{unit} {x}", MONEY),), ((1.0,),), currency="CNY")
    assert PageTable(table).header == ("{unit} {x}",)


def test_titles_of_intervals_are_in_the_language_of_the_page() -> None:
    table = Table((named("x", FRACTION),), ((Estimate(1.0, 0.0, 2.0),),))
    with speaking("zh"):
        assert read(table)[0] == ["x", "x\uff08\u4e0b\u9650\uff09", "x\uff08\u4e0a\u9650\uff09"]


def test_money_that_carries_its_unit_is_saved_as_it_is() -> None:
    table = Table((named("Cost", MONEY),), ((2500.0,), (3.0,)), currency="CNY")
    assert PageTable(table).rows[0] == ("CNY\u00a02.50\u202fk",)
    assert read(table) == [["Cost"], ["2500"], ["3"]]


def test_what_means_nothing_is_told_apart_from_what_is_not_known() -> None:
    table = of(("a", None), ("b", nan), ("c", Estimate(0.0, 0.0, 0.0)))
    assert [row[1] for row in PageTable(table).rows] == [NONE, "n/a", "0.0"]
    change = Table(
        (Column("Change ({unit})", MONEY, is_change=True),), ((Estimate(0.0, 0.0, 0.0),),)
    )
    assert PageTable(change).rows == (("no difference",),)


@pytest.mark.parametrize(
    ("better", "estimate", "expected"),
    [
        (1, Estimate(2.0, 1.0, 3.0), "better"),
        (-1, Estimate(2.0, 1.0, 3.0), "worse"),
        (1, Estimate(2.0, -1.0, 3.0), "unclear"),
        (1, Estimate(0.0, 0.0, 0.0), "same"),
        (1, Estimate(2.0), "single"),
        (0, Estimate(2.0, 1.0, 3.0), ""),
        (0, Estimate(2.0, -1.0, 3.0), "unclear"),
        (None, Estimate(2.0, -1.0, 3.0), ""),
    ],
)
def test_a_cell_is_judged_by_its_interval(
    better: int | None, estimate: Estimate[float], expected: str
) -> None:
    column = Column("Net", MONEY, "{unit}", is_change=True, better=better)
    table = Table((*texts("Policy"), column), (("a", estimate),), currency="CNY")
    (row,) = PageTable(table).judged
    assert (row.names, row.cells[0].verdict) == (["a"], expected)


def test_a_row_may_have_a_unit_and_a_scale_of_its_own() -> None:
    column = Column("Source", "count")
    rows = (
        (Cell(0.5, unit=FRACTION, decimals=2),),
        (Cell(2e6, unit=MONEY),),
        (Cell(7.0, decimals=0),),
    )
    table = Table((column,), rows, currency="CNY")
    shown = [row[0] for row in PageTable(table).rows]
    assert shown == ["50.00\u202f%", "CNY\u00a02.00\u202fM", "7"]


def test_one_table_has_the_same_numbers_on_every_face(capsys: pytest.CaptureFixture[str]) -> None:
    table = of(("a", NET), ("b", Estimate(2.5e6, 2e6, 3e6)))
    page, *_ = PageTable(table).rows
    assert page == ("a", "\u22121.23 (\u22122.00 to 3.00)")
    _, *saved = read(table)
    assert [float(v) for v in saved[0][1:]] == [-1.234567, -2.0, 3.0]
    _, sheet, _ = read_workbook(workbook_bytes([table], "x")).sheets["Net"]
    assert sheet == ["a", *NET.ends]
    file = csv_text(("policy", "net"), table.rows).splitlines()  # type: ignore[arg-type]
    assert file[:2] == ["policy,net,net_ci_low,net_ci_high", "a,-1234567.0,-2000000.0,3000000.0"]
    console(100).print(drawn(replace(table, title="")))
    assert "a -1,234,567 [-2,000,000, 3,000,000]" in " ".join(capsys.readouterr().out.split())
