"""Numbers as lenders write them, and what decides between thousands and decimals."""

import numpy as np
import pyarrow as pa
import pytest

from simulator.reading.cells import CellRules, ColumnRule, as_numbers
from simulator.reading.decimal_mark import Marks
from simulator.reading.numerals import Unit


def read(cells: list[str], others: list[str] = [], delimiter: str = ",", unit: Unit | None = None):  # noqa: B006
    table = pa.table({"a": cells, "b": (others * len(cells))[: len(cells)] or cells})
    rule = ColumnRule("x", is_fraction=False, unit=unit)
    return as_numbers(table.column("a"), rule, CellRules(), Marks(delimiter, table))


@pytest.mark.parametrize(
    ("cell", "number"),
    [
        ("6'100.50", 6100.5), ("6\u2019100", 6100.0), ("12 500,50", 12500.5),
        ("12\u202f500.5", 12500.5), ("12,34,567", 1234567.0), ("1,23,456.78", 123456.78),
        ("(1,234.50)", -1234.5), ("(5)", -5.0), ("$(5.25)", -5.25), ("1,234.50-", -1234.5),
        ("-$5.25", -5.25), ("$-5.25", -5.25), ("€ 5.25", 5.25), ("5.25 €", 5.25),
        ("₹ 1,23,456.00", 123456.0), ("Rs. 75,000", 75000.0), ("CHF 6'100.50", 6100.5),
        ("R$ 5.25", 5.25), ("5.25 kr", 5.25), ("EUR 5.25", 5.25), ("5.25元", 5.25),
        ("\uff15\uff0e\uff12\uff15", 5.25), ("\u22125.25", -5.25), ("1.234.567", 1234567.0),
        ("1,234,567", 1234567.0), ("12.500,00", 12500.0), ("12,500.00", 12500.0),
    ],
)  # fmt: skip
def test_a_number_is_read_as_lenders_write_it(cell: str, number: float) -> None:
    found = read([cell])
    assert found.values.tolist() == [number]
    assert not found.troubles
    assert not found.words.any()


@pytest.mark.parametrize(
    ("cell", "unit", "number"),
    [
        (" 36 months", "months", 36.0), ("36期", "months", 36.0), ("36个月", "months", 36.0),
        ("3 years", "months", 36.0), ("3年", "months", 36.0), ("36m", "months", 36.0),
        ("90 days", "days", 90.0), ("90天", "days", 90.0), ("15th", "day", 15.0),
        ("每月15日", "day", 15.0), ("31号", "day", 31.0), ("35岁", "years", 35.0),
    ],
)  # fmt: skip
def test_a_unit_that_the_column_counts_may_stand_behind(
    cell: str, unit: Unit, number: float
) -> None:
    assert read([cell], unit=unit).values.tolist() == [number]


@pytest.mark.parametrize(
    ("cell", "unit"),
    [("36 months", None), ("36 months", "days"), ("52 weeks", "months"), ("12;5", None)],
)
def test_what_is_no_number_of_the_column_stays_a_word(cell: str, unit: Unit | None) -> None:
    assert read([cell], unit=unit).words.tolist() == [True]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_decimal_comma_anywhere_decides_for_the_file(delimiter: str) -> None:
    assert read(["12.500", "9.250"], ["7,5"], delimiter).values.tolist() == [12500.0, 9250.0]
    assert read(["1,234"], ["7,5"], delimiter).values.tolist() == [1.234]


def test_a_decimal_point_elsewhere_decides_for_points_and_semicolons_leave_commas_open() -> None:
    assert read(["12.500"], ["7.5"], ";").values.tolist() == [12.5]
    assert read(["1,234"], ["7.5"], ",").values.tolist() == [1234.0]
    assert read(["1,234"], ["7.5"], ";").troubles


def test_what_nothing_decides_is_asked_where_semicolons_stand() -> None:
    for cell in ("12.500", "1,234"):
        found = read([cell], delimiter=";")
        assert "may be thousands or decimals" in found.troubles[0].rule
    assert read(["12.500"], delimiter=",").values.tolist() == [12.5]


def test_the_own_cells_of_a_column_count_more_than_others() -> None:
    assert read(["12.500", "0.25"], ["7,5"], ";").values.tolist() == [12.5, 0.25]


def test_a_column_of_text_bears_no_witness() -> None:
    assert read(["12.500", "3.250"], ["7,5 or so"], ",").values.tolist() == [12.5, 3.25]


def test_numbers_of_a_typed_column_are_never_read_again() -> None:
    table = pa.table({"a": [12.5, 9.25], "b": ["7,5", "1,25"]})
    found = as_numbers(table.column("a"), ColumnRule("x"), CellRules(), Marks("", table))
    assert np.array_equal(found.values, [12.5, 9.25])
