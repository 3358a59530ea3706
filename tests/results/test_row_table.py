"""Rows of a table of a run, as variables of results.nc and back."""

from math import inf

import xarray as xr

from simulator.results.estimate import Estimate
from simulator.results.underwriting import UNDERWRITING, UnderwritingRow, underwriting_text


def _row(group: str) -> UnderwritingRow:
    worth, per_loan = Estimate(5.0, 4.0, 6.5), Estimate(0.1, -0.2, 0.3)
    change = Estimate(1.0, 0.5, 1.5)
    numbers = (-inf, 300.0, 8.0, 6.0, 7.0, 0.2, 0.1, 0.05)
    return UnderwritingRow("baseline", "decile", group, *numbers, worth, per_loan, change)


def test_an_estimate_is_three_variables_and_comes_back_as_one() -> None:
    rows = (_row("1"), _row("2"))
    kept = UNDERWRITING.add_to(xr.Dataset(attrs={"currency": "CNY"}), rows)
    assert UNDERWRITING.rows_in(kept)[0][:11] == rows[0][:11]
    assert [row.value.ends for row in UNDERWRITING.rows_in(kept)] == [(5.0, 4.0, 6.5)] * 2
    assert kept["underwriting_change_ci_high"].values.tolist() == [1.5, 1.5]
    assert kept["underwriting_value_ci_low"].attrs == {
        "units": "CNY",
        "long_name": "lower end of its 95 % interval",
    }


def test_variables_are_the_columns_of_the_file() -> None:
    header = underwriting_text([_row("1")]).splitlines()[0].split(",")
    assert [f"underwriting_{name}" for name in header] == list(UNDERWRITING.variables)
