"""What captions say of the allowance: both ends, the cliff between grades, peaks, breaches."""

import numpy as np
import pytest

from simulator.report.kit import style
from simulator.report.provisions.allowance_figures import coverage_figure, waterfall_figure
from simulator.report.provisions.allowance_words import (
    coverage_caption,
    fan_caption,
    waterfall_caption,
)
from simulator.report.provisions.rule_books import Provisions, provisions_of
from tests.report.money_runs import BOOKS, MINIMA, WORST, make_money_run
from tests.report.money_runs import row_of as _stat
from tests.report.stress_runs import Run, data_of


def test_the_caption_states_both_ends_and_the_cliff(books: Provisions) -> None:
    data = books.data
    own = data.dataset.sel(provision="cas22", scenario=WORST[0], policy=WORST[1])
    roll = own["roll_forward"].sum("grade").sel(line=["opening", "closing"])
    first = float(roll.sel(line="opening").isel(month=0))
    last = float(roll.sel(line="closing").isel(month=-1))
    text = waterfall_caption(books)
    assert text.startswith(
        "Under Epidemic and Current policy the allowance (Book cas22) rises from"
    )
    ends = (f"CNY\u00a0{end / 1e6:.2f}\u202fM" for end in (first, last))
    assert f"{' to '.join(ends)} in 24 months" in text
    totals = {
        grade: float(own["allowance_by_grade"].sel(grade=grade).sum())
        / float(own["balance_by_grade"].sel(grade=grade).sum())
        for grade in ("stage_1", "stage_2")
    }
    multiple = totals["stage_2"] / totals["stage_1"]
    assert multiple == pytest.approx(15.0)
    assert f"needs {multiple:.1f} times its allowance" in text
    assert "0.60\u202f% of balance in stage 1 and 9.0\u202f% in stage 2" in text


def test_one_grade_has_no_cliff() -> None:
    found = provisions_of(data_of(make_money_run(n_paths=3, n_months=4, books=("cecl",))))
    assert found is not None
    assert "no allowance changes by migration" in waterfall_caption(found)
    figure = waterfall_figure(found, style.NARROW, WORST)
    assert len([trace for trace in figure.data if trace.type == "bar"]) == 1


def test_the_fan_caption_states_the_peak_of_the_median(books: Provisions) -> None:
    own = books.data.dataset.sel(scenario=WORST[0], policy=WORST[1])
    for book in BOOKS:
        share = own["allowance"].sel(provision=book) / own["closing_balance"]
        median = share.transpose("path", "month").median("path").values
        at = int(median.argmax())
        told = f"Book {book} {100 * median[at]:.2f}\u202f% in month {at + 1}"
        assert told in fan_caption(books)


def test_the_probability_of_a_breach_is_that_of_the_summary(
    books: Provisions, money_run: Run
) -> None:
    row = _stat(money_run, "ever_breach_provisions_cas22")
    text = coverage_caption(books)
    assert 0.0 < row.mean < 1.0
    low, high = (f"{100 * v:.0f}" for v in (max(0.0, row.ci_low), min(1.0, row.ci_high)))
    assert (
        f"with probability {100 * row.mean:.0f}\u202f% (95 % interval {low} to {high}\u202f%)"
        " for provisions over loans required by Book cas22 (at least 2.5\u202f%)"
    ) in text
    assert "on every path for coverage required by Book cas22 (at least 150\u202f%)" in text
    shown = [t.text[0] for t in coverage_figure(books, style.WIDE, WORST).data if t.mode == "text"]
    assert f"  breach {100 * row.mean:.0f}\u202f%" in shown


def test_a_rule_book_without_minima_has_no_breach(money_run: Run) -> None:
    nothing = ("provision", [np.nan] * len(BOOKS))
    dataset = money_run.dataset.assign({f"minimum_{ratio}": nothing for ratio in MINIMA})
    found = provisions_of(data_of(money_run._replace(dataset=dataset)))
    assert found is not None
    assert coverage_caption(found).startswith("None of the provisioning standards sets a minimum.")
    shown = [t.text[0] for t in coverage_figure(found, style.WIDE, WORST).data if t.mode == "text"]
    assert set(shown) == {""}
