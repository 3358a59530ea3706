"""Published series: calendar periods, units, and one clear line for every mistake."""

from pathlib import Path

import numpy as np
import pytest

from simulator.calibrate.data.series import read_series
from simulator.calibrate.settings import SeriesTarget
from simulator.reading.periods import (
    month_number,
    month_text,
    months_between,
    next_month,
    period_months,
    periods,
)
from simulator.validation import UserError

CSV = "date,share\n2007-10-01,5.0\n2008-01-01,4.0\n2008Q2,\n2008-07-01,3.5\n"


def target(path: Path | str, **changes: object) -> SeriesTarget:
    values: dict[str, object] = {
        "kind": "series",
        "measure": "overdue_rate_30",
        "path": str(path),
        "column": "share",
        "span": ("2008Q1", "2008Q4"),
    }
    return SeriesTarget.model_validate(values | changes)


def written(folder: Path, text: str = CSV) -> Path:
    path = folder / "series.csv"
    path.write_text(text, encoding="utf-8")
    return path


def message(path: Path | str, **changes: object) -> str:
    with pytest.raises(UserError) as caught:
        read_series("targets.delinquency", target(path, **changes))
    return str(caught.value)


def test_months_and_quarters_cross_the_turn_of_the_year() -> None:
    assert next_month("2007-12") == "2008-01"
    assert next_month("2008-01", -1) == "2007-12"
    assert months_between("2007-11", "2008-02") == ("2007-11", "2007-12", "2008-01", "2008-02")
    assert months_between("2008-02", "2008-01") == ()
    assert periods("x", ("2007Q4", "2008-02"), "quarterly") == ("2007Q4", "2008Q1")
    assert periods("x", ("2007-12", "2008-01"), "monthly") == ("2007-12", "2008-01")
    assert period_months("2008Q1", "quarterly") == ("2008-01", "2008-03")
    assert period_months("2008-05", "monthly") == ("2008-05", "2008-05")


def test_every_month_of_a_century_survives_the_round_trip() -> None:
    for number in range(12 * 1950, 12 * 2050):
        assert month_number(month_text(number)) == number


def test_a_series_is_cut_to_its_span_in_fractions_and_says_what_is_lacking(tmp_path: Path) -> None:
    series = read_series("targets.delinquency", target(written(tmp_path)))
    assert series.labels == ("2008Q1", "2008Q3")
    assert series.values == pytest.approx([0.04, 0.035])
    assert len(series.warnings) == 1
    assert "lacks 2008Q2, 2008Q4" in series.warnings[0]


def test_fractions_stay_fractions(tmp_path: Path) -> None:
    series = read_series("t", target(written(tmp_path), percent=False, span=("2008Q1", "2008Q1")))
    assert series.values == pytest.approx([4.0])


def test_months_are_read_by_month(tmp_path: Path) -> None:
    path = written(tmp_path, "date,share\n2008-01-01,1\n2008-02-01,2\n")
    series = read_series(
        "t", target(path, frequency="monthly", span=("2008-01", "2008-02"), percent=False)
    )
    assert series.labels == ("2008-01", "2008-02")
    assert series.values == pytest.approx([1.0, 2.0])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("date,share\n2008-13-01,1\n", "series.csv, column date, line 2: 2008-13-01 is no month"),
        (
            "date,share\n2008Q1,one\n",
            "1 row has neither a finite number nor an empty cell (first: line 2: one)",
        ),
        (
            "date,share\n2008Q1,inf\n",
            "neither a finite number nor an empty cell (first: line 2: inf)",
        ),
        (
            "date,share\n2008-01-01,1\n2008-02-01,2\n",
            "column date, line 3: duplicate period 2008Q1",
        ),
        ("date,share\n1999Q1,1\n", "2008Q1 to 2008Q4 has no value in column share; the file has 1"),
        ("date,shares\n2008Q1,1\n", "needs the column share once; got date, shares"),
        ("date,share\n", "has a header but no rows; it must have at least one"),
        ("", "series.csv is empty; it must have a header and at least one row"),
    ],
)
def test_a_mistake_in_the_file_is_named(tmp_path: Path, text: str, words: str) -> None:
    found = message(written(tmp_path, text))
    assert words in found
    assert "targets.delinquency" in found
    assert "\n" not in found


def test_a_span_that_is_none_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path)
    assert "must end at or after its start" in message(path, span=("2008Q2", "2008Q1"))
    assert "two quarterly dates as 2008Q1; soon is no month" in message(path, span=("soon", "2009"))
    assert "dates as 2008-01" in message(path, frequency="monthly", span=("2008Q1", "2008Q2"))


def test_a_missing_file_names_the_shipped_ones() -> None:
    found = message("no_such.csv")
    assert "targets.delinquency.path must be a CSV file or one of the shipped" in found
    assert "us_card_delinquency_1991_2007.csv" in found


def test_the_shipped_series_are_whole_and_plausible() -> None:
    old = target(
        "us_card_delinquency_1991_2007.csv",
        column="card_balance_30dpd_pct",
        span=("1991Q1", "2007Q4"),
    )
    series = read_series("t", old)
    assert (len(series.labels), series.warnings) == (17 * 4, ())
    assert series.values[[0, -1]] == pytest.approx([0.0526, 0.046])
    for column, first in (
        ("balance_30dpd_pct", 0.0318),
        ("balance_60dpd_pct", 0.0225),
        ("net_charge_off_annualised_pct", 0.0455),
    ):
        recent = target(
            "us_large_bank_cards_2012_2019.csv", column=column, span=("2012Q3", "2019Q4")
        )
        series = read_series("t", recent)
        assert (len(series.labels), series.warnings) == (30, ())
        assert series.values[0] == pytest.approx(first)
        assert np.all((series.values > 0.01) & (series.values < 0.06))
