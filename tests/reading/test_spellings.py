"""Months, quarters and days: one table of spellings, the same month in every kind of file."""

from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.reading.periods import (
    day_number,
    month_number,
    months_of,
    period_number,
    period_text,
    quarter_name,
    read_label,
)
from simulator.validation import UserError
from tests.reading.kinds import MONTH_OF, scenario, written

MONTHS = (
    "2008-03", "2008-3", "200803", "2008/03", "2008/3", "2008.03", "2008年3月", "2008年03月",
    "2008年 3月", "Mar 2008", "March 2008", "mar-2008", "Mar. 2008", "2008 Mar", "2008-MAR",
)  # fmt: skip
DAYS = (
    "2008-03-31", "20080331", "2008/3/31", "2008.03.31", "2008年3月31日", "2008年 3月 31日",
    "2008-03-31 00:00:00", "2008-03-31T12:30:00.5Z", "31 Mar 2008", "31-Mar-2008",
    "31 March 2008", "Mar 31, 2008", "March 31 2008", "39538",
)  # fmt: skip
QUARTERS = (
    "2008Q1", "2008 Q1", "2008-Q1", "2008/Q1", "2008q1", "Q1 2008", "Q1-2008", "1Q2008", "1Q 2008",
    "2008 1季度", "2008年1季度", "2008年第1季度", "2008年第一季度", "2008年一季度", "2008年Q1",
)  # fmt: skip
ANY_ORDER = ("03/04/2008", "31/12/2008", "3-4-08", "01.02.03", "31 12 2008", "Mar-08", "Mar 08")
NONE = (
    "2008-13", "2008-00", "200813", "2008-02-30", "20080230", "2008Q5", "2008Q0", "Q1", "soon",
    "2008-1-1-1", "Marble 2008", "12008", "99999", "080331", "2008-03-31-", "二〇〇八年三月",
)  # fmt: skip
WITH_QUARTERS = ("series", "scenario table", "history")


@pytest.mark.parametrize("kind", MONTH_OF)
@pytest.mark.parametrize("label", [*MONTHS, *DAYS])
def test_every_spelling_is_the_same_month_in_every_kind_of_file(
    kind: str, label: str, tmp_path: Path
) -> None:
    assert MONTH_OF[kind](tmp_path, label) == "2008-03"


@pytest.mark.parametrize("label", QUARTERS)
def test_every_spelling_of_a_quarter_is_the_same_quarter(label: str, tmp_path: Path) -> None:
    assert period_text(period_number(label, "quarterly"), "quarterly") == "2008Q1"
    for kind in ("scenario table", "history"):
        assert MONTH_OF[kind](tmp_path, label) == "2008-01"


@pytest.mark.parametrize("kind", ["tape", "panel"])
def test_a_quarter_is_no_date_of_a_tape(kind: str, tmp_path: Path) -> None:
    """Instalments follow from days and months; a quarter leaves up to two of them open."""
    with pytest.raises(UserError, match=r"no date as YYYY-MM-DD.* got 2008 Q1; date_format"):
        MONTH_OF[kind](tmp_path, "2008 Q1")


@pytest.mark.parametrize("kind", MONTH_OF)
@pytest.mark.parametrize("label", ANY_ORDER)
def test_a_date_in_any_order_is_refused_in_one_line(kind: str, label: str, tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        MONTH_OF[kind](tmp_path, label)
    found, *others = str(caught.value).splitlines()  # a panel also misses the month
    assert len(others) == (kind == "panel")
    assert "own.csv" in found
    assert label in found or kind == "history"
    assert "the year first" in found or "date_format in the mapping says another form" in found


@pytest.mark.parametrize("label", [*ANY_ORDER, *NONE])
def test_what_is_no_date_stays_none(label: str) -> None:
    assert read_label(label) is None
    assert day_number(label) is None
    with pytest.raises(ValueError, match="is no month as 2008-01"):
        month_number(label)


@pytest.mark.parametrize("column", ["month", "quarter"])
def test_a_date_in_any_order_is_refused_whatever_its_column_is_called(
    column: str, tmp_path: Path
) -> None:
    path = written(tmp_path, f"{column},inflation\n31/03/2008,0\n30/06/2008,0\n")
    with pytest.raises(UserError, match=r"column .* of own.csv does not tell it; .*31/03/2008"):
        scenario(path)


def test_a_label_says_how_long_it_is() -> None:
    given = {"2008": 12, "2008年": 12, "2008Q2": 3, "2008-04": 1, "2008-04-30": 0, "39568": 0}
    assert {text: label.months for text in given if (label := read_label(text))} == given
    assert month_number("2008Q2", 3) == month_number("2008-04")
    assert day_number("2008Q2") is None
    assert months_of(["2008Q1", "2008"]) is None
    with pytest.raises(ValueError, match="2008Q2 is no month"):
        month_number("2008Q2")


def test_a_date_format_is_taken_at_its_word() -> None:
    wanted = day_number("2008-04-03")
    assert day_number("03/04/2008", "%d/%m/%Y") == wanted
    assert day_number("2008-04-03", "%d/%m/%Y") is None


def test_a_day_within_a_quarter_stands_for_it_in_a_history(tmp_path: Path) -> None:
    table = written(tmp_path, "quarter,inflation\n2008 Q3,0.01\n", "table.csv")
    for ends in (
        "2007-12-31,2008-03-31,2008-06-30",
        "2007Q4,2008Q1,2008Q2",
        "2007/10,2008/1,2008/4",
    ):
        rows = "".join(f"{end},0.01\n" for end in ends.split(","))
        past = written(tmp_path, f"date,inflation\n{rows}")
        found = scenario(table, "2008-07", history=str(past)).history
        assert found is not None
        assert found.months_per_row == 3
        assert [str(month) for month in found.first_months] == ["2007-10", "2008-01", "2008-04"]


@given(st.dates(date(1900, 1, 1), date(2199, 12, 31)))
def test_writing_and_reading_are_inverses(day: date) -> None:
    number = month_number(str(day))
    assert number == 12 * day.year + day.month - 1
    assert day_number(str(day)) == (day - date(1970, 1, 1)).days
    assert period_number(period_text(number, "monthly"), "monthly") == number
    assert period_number(period_text(number // 3, "quarterly"), "quarterly") == number // 3
    quarter = quarter_name(np.datetime64(day, "M"))
    assert period_number(quarter, "quarterly") == number // 3
