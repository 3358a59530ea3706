"""Rows of a scenario table follow each other in time, also where ``frequency`` is said."""

from pathlib import Path

import pytest

from simulator.macro.scenario import Scenario
from simulator.validation import UserError
from tests.reading.kinds import scenario, written


def table(folder: Path, column: str, labels: list[str], **changes: object) -> Scenario:
    rows = "".join(f"{label},0.0{i}\n" for i, label in enumerate(labels))
    return scenario(written(folder, f"{column},inflation\n{rows}"), **changes)


@pytest.mark.parametrize(
    ("labels", "place"),
    [
        (["2008Q3", "2008Q2", "2008Q1"], "line 3: 2008Q2 follows 2008Q3"),
        (["2008Q1", "2008Q2", "2008Q2", "2008Q3"], "line 4: 2008Q2 follows 2008Q2"),
        (["2008Q1", "2008Q3", "2008Q2"], "line 3: 2008Q3 follows 2008Q1"),
        (["2008Q1", "2008Q2", "2009Q1"], "line 4: 2009Q1 follows 2008Q2"),
        (["2008-03-31", "2007-12-31"], "line 3: 2007-12-31 follows 2008-03-31"),
    ],
)
def test_rows_out_of_order_are_refused_with_the_first_of_them(
    labels: list[str], place: str, tmp_path: Path
) -> None:
    with pytest.raises(UserError) as caught:
        table(tmp_path, "date", labels, frequency="quarterly")
    words = "column date: rows must follow each other by one quarter, the oldest first"
    assert words in str(caught.value)
    assert str(caught.value).endswith(place)


def test_months_said_to_be_quarters_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"by one quarter, .*line 3: 2008-02 follows 2008-01"):
        table(tmp_path, "date", ["2008-01", "2008-02"], frequency="quarterly")


def test_numbers_that_count_rows_count_upward(tmp_path: Path) -> None:
    table(tmp_path, "month", ["1", "2", "3"], frequency="monthly")
    with pytest.raises(UserError, match=r"by 1, the oldest first; line 3: 2 follows 3"):
        table(tmp_path, "month", ["3", "2", "1"], frequency="monthly")


def test_labels_that_are_no_dates_tell_nothing(tmp_path: Path) -> None:
    table(tmp_path, "quarter", ["first", "second"], frequency="quarterly")


def test_what_steers_a_terminal_is_told_as_question_marks(tmp_path: Path) -> None:
    found = table(
        tmp_path,
        "month",
        ["1", "2"],
        frequency="monthly",
        label="\x1b[31mred",
        narrative="one\u202e two",
        source="\x07bell",
    )
    assert (found.label, found.narrative, found.source) == ("?[31mred", "one? two", "?bell")
