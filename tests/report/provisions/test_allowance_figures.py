"""Figures of the allowance: roll-forward, share of the balance, coverage against minima."""

import numpy as np
import pytest

from simulator.report.kit import style
from simulator.report.provisions.allowance_figures import (
    coverage_figure,
    line_word,
    used_lines,
    waterfall_figure,
)
from simulator.report.provisions.allowance_words import coverage_caption, waterfall_table
from simulator.report.provisions.rule_books import Provisions
from tests.report.money_runs import GRADES, WORST


def test_the_waterfall_runs_from_the_opening_to_the_closing_allowance(books: Provisions) -> None:
    data = books.data
    figure = waterfall_figure(books, style.WIDE, WORST)
    roll = data.dataset["roll_forward"].sel(
        provision="cas22", scenario=WORST[0], policy=WORST[1], grade=list(GRADES["cas22"])
    )
    bars = [trace for trace in figure.data if trace.type == "bar"]
    assert len(bars) == 4  # all and three stages
    divisor = 1.0e6
    lines = list(bars[0].text)
    for trace, part in zip(bars, (roll.sum("grade"), *roll.transpose("grade", ...)), strict=True):
        x, base = np.array(trace.x), np.array(trace.base)
        opening = float(part.sel(line="opening").isel(month=0)) / divisor
        closing = float(part.sel(line="closing").isel(month=-1)) / divisor
        assert x[lines.index("Opening")] == pytest.approx(opening, rel=1e-4)
        assert x[-1] == pytest.approx(closing, rel=1e-4)
        assert base[-2] + x[-2] == pytest.approx(closing, rel=1e-3)
        whole = trace is bars[0]  # between grades nothing leaves the whole
        moved = 0.0 if whole else float(part.sel(line="transfer_out").sum("month")) / divisor
        assert x[lines.index("Moved out")] == pytest.approx(moved, rel=1e-4, abs=1e-9)


def test_unused_lines_are_left_out(books: Provisions) -> None:
    assert "sold" not in used_lines(books)
    assert "overlay" not in used_lines(books)
    assert line_word(used_lines(books)[0]) == "Opening"
    assert len(waterfall_table(books).rows) == len(books.data.places) * len(used_lines(books))


def test_no_grade_runs_below_zero_on_its_way(books: Provisions) -> None:
    for place in books.data.places:
        figure = waterfall_figure(books, style.WIDE, place)
        for trace in (t for t in figure.data if t.type == "bar"):
            reached = np.array(trace.base) + np.array(trace.x)
            assert min(*trace.base, *reached) > -1e-4


def test_fan_lines_are_quantiles_of_allowance_over_balance(books: Provisions) -> None:
    figure = coverage_figure(books, style.WIDE, ("baseline", "grace_period"))
    line = next(t for t in figure.data if t.name == "Book china_minimum")
    own = books.data.dataset.sel(scenario="baseline", policy="grace_period")
    paths = own["allowance"].sel(provision="china_minimum") / own["closing_balance"]
    expected = 100.0 * np.quantile(paths.transpose("path", "month").values, (0.05, 0.5, 0.95), 0)
    np.testing.assert_allclose(line.y, expected[1], atol=5.1e-4)
    np.testing.assert_allclose(np.array(line.customdata), expected[[0, 2]].T, atol=5.1e-4)
    assert "minimum 2.5\u202f%" in [a.text for a in figure.layout.annotations]


def test_coverage_dots_are_medians_of_the_lowest_month(books: Provisions) -> None:
    figure = coverage_figure(books, style.WIDE, WORST)
    own = books.data.dataset.sel(scenario=WORST[0], policy=WORST[1], provision="cas22")
    dots = [t for t in figure.data if t.name == "Book cas22, Epidemic"]
    for dot, below in zip(dots, ("impaired_balance", "closing_balance"), strict=True):
        ratio = (own["allowance"] / own[below]).transpose("path", "month").values
        expected = 100.0 * np.median(ratio.min(axis=1))
        assert dot.x[0] == pytest.approx(expected, abs=1e-3)
        assert float(dot.customdata[0]) == pytest.approx(expected, abs=0.051)


def test_minima_are_held_against_the_allowance_of_the_accounting_book(books: Provisions) -> None:
    own = books.data.dataset.sel(scenario=WORST[0], policy=WORST[1])
    booked, late = own["allowance"].sel(provision="cas22"), own["impaired_balance"]
    lowest = (booked / late.sel(provision="china_minimum")).min("month").median("path")
    figure = coverage_figure(books, style.WIDE, WORST)
    dot = next(t for t in figure.data if t.name == "Book china_minimum, Epidemic")
    assert float(dot.customdata[0]) == pytest.approx(100.0 * float(lowest), abs=0.051)
    assert "Minimum requirements apply to the booked allowance (Book cas22)" in coverage_caption(
        books
    )
