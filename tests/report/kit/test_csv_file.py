"""A figure's numbers as CSV: not rounded, with their intervals, and never a formula."""

import csv
from io import StringIO

from simulator.report.kit.csv_file import BYTE_ORDER_MARK, csv_text
from simulator.report.kit.language import speaking
from simulator.report.kit.numbers import NONE, Scale, missing, percent
from simulator.report.kit.table import Table

SCALE = Scale("CNY M", 1e6, 2)


def read(table: Table) -> list[list[str]]:
    text = csv_text(table)
    assert text.startswith(BYTE_ORDER_MARK)
    return list(csv.reader(StringIO(text.removeprefix(BYTE_ORDER_MARK))))


def test_a_column_with_intervals_becomes_three_of_unrounded_numbers() -> None:
    net = SCALE.spanned(-1_234_567.0, -2e6, 3e6)
    table = Table(("Policy", "Net (CNY M)"), (("a", net), ("b", SCALE.text(5e5)), ("c", NONE)))
    assert read(table) == [
        ["Policy", "Net (CNY M)", "Net (CNY M), low", "Net (CNY M), high"],
        ["a", "-1.234567", "-2", "3"],
        ["b", "0.5", "", ""],
        ["c", "", "", ""],
    ]


def test_a_column_without_intervals_stays_one() -> None:
    table = Table(("Month", "Rate (%)"), (("1", percent(0.071234567)), ("2", missing())))
    assert read(table) == [["Month", "Rate (%)"], ["1", "7.1234567"], ["2", ""]]


def test_texts_cannot_become_formulas_or_break_lines() -> None:
    table = Table(("=1+1",), (("@SUM(A1)",), ('a",\n"b',), (NONE,)))
    assert read(table) == [["'=1+1"], ["'@SUM(A1)"], ['a", "b'], [NONE]]


def test_titles_of_intervals_are_in_the_language_of_the_page() -> None:
    table = Table(("x",), ((SCALE.spanned(1.0, 0.0, 2.0),),))
    with speaking("zh"):
        assert read(table)[0] == ["x", "x\uff08\u4e0b\u9650\uff09", "x\uff08\u4e0a\u9650\uff09"]
