"""The book check tells what is inside its bands, and every figure of it can be computed."""

import math

import pytest

from tools.book_check import STEADY, Line, Size, flat_lines, lines, scenario


def test_a_line_holds_inside_its_band_only():
    assert Line("x", 1.0, 1.0, 2.0).holds
    assert not Line("x", 2.1, 1.0, 2.0).holds
    assert not Line("x", math.nan, 1.0, 2.0).holds
    assert str(Line("x", 2.1, 1.0, 2.0)).startswith("NO ")


def test_a_shock_ramps_up_over_six_months_and_stays(tmp_path):
    table = scenario(tmp_path, "shock", {"unemployment_rate": 0.06}, months=8).table
    rows = [row.split(",") for row in (tmp_path / "shock.csv").read_text().splitlines()]
    assert str(tmp_path / "shock.csv") == table
    at = rows[0].index("unemployment_rate")
    found = [float(row[at]) for row in rows[1:]]
    wanted = [0.062, 0.072, 0.082, 0.092, 0.102, 0.112, 0.112, 0.112]
    assert all(math.isclose(x, y) for x, y in zip(found, wanted, strict=True))


@pytest.mark.slow
def test_every_figure_of_a_small_check_is_a_number(tmp_path):
    found = list(lines(Size(1500, 1500, 1500, 6000, 4), tmp_path))
    assert len({line.what for line in found}) == len(found)
    assert all(math.isfinite(line.found) for line in found)


def test_figures_of_a_flat_economy_are_numbers(tmp_path):
    found = list(flat_lines(Size(flat=1500, paths=2), tmp_path))
    assert {name for name in STEADY for line in found if f": {name}," in line.what} == set(STEADY)
    assert all(math.isfinite(line.found) for line in found)
