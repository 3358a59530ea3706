"""Metrics about rule books in the summary: intervals, grades, breaches, differences."""

from collections.abc import Sequence

import numpy as np
import pytest

from simulator.results.dataset import to_dataset
from simulator.results.intervals import over_paths, ratio_over_paths
from simulator.results.provisions.metrics import provision_values
from simulator.results.sampling import Draws
from simulator.results.summary import SummaryRow, summarise
from tests.results.provisions.loans_by_hand import BOOKS, MONTHS, books_of, dataset_of, run_of


def summary_row(rows: Sequence[SummaryRow], metric: str, month: int | None) -> SummaryRow:
    (found,) = [row for row in rows if (row.metric, row.month) == (metric, month)]
    return found


def test_the_summary_takes_its_intervals_from_the_spread() -> None:
    dataset = dataset_of((1, 2), "weighted").isel(scenario=[0])
    rows, values = summarise(dataset), dataset.isel(scenario=0, policy=0).sel(provision="life")
    allowance, spread = values["allowance"].values, values["allowance_spread"].values
    below = values["impaired_balance"].values
    row = summary_row(rows, "allowance_life", 5)
    own, wide = over_paths(allowance, Draws(1)), over_paths(spread, Draws(1))
    assert row.mean == pytest.approx(own.mean[4])
    assert row.ci_high - row.mean == pytest.approx(wide.ci_high[4] - wide.mean[4])
    assert (row.p05, row.p95) == (own.p05[4], own.p95[4])
    row = summary_row(rows, "coverage_ratio_life", 5)
    wide = ratio_over_paths(spread, below, Draws(1))
    assert row.mean == pytest.approx(allowance[:, 4].sum() / below[:, 4].sum())
    assert (row.ci_low, row.ci_high) == pytest.approx((wide.ci_low[4], wide.ci_high[4]))
    row = summary_row(rows, "provision_charge_life", None)
    influence = spread - allowance
    opening = values["allowance_spread_at_opening"] - values["allowance_at_opening"]
    total = values["provision_charge"].sum("month").values + influence[:, -1] - opening.values
    wide = over_paths(total, Draws(1))
    assert row.ci_high - row.ci_low == pytest.approx(wide.ci_high - wide.ci_low)


def test_every_grade_has_rows_and_only_of_its_own_rule_book() -> None:
    dataset = dataset_of()
    rows = summarise(dataset)
    grades = {r.metric.removeprefix("coverage_") for r in rows if r.metric.startswith("coverage_")}
    grades -= {f"ratio_{book}" for book in BOOKS}
    own = {f"{name}_{grade}" for name, book in books_of().items() for grade in book.grades}
    assert grades == own
    row = summary_row(rows, "allowance_stages_stage_2", 6)
    found = dataset["allowance_by_grade"].sel(provision="stages", grade="stage_2", month=6)
    assert row.mean == float(found[0, 0])
    parts = [summary_row(rows, f"balance_share_stages_stage_{n}", 6).mean for n in (1, 2, 3)]
    assert sum(parts) == pytest.approx(1.0)
    assert np.isnan(dataset["allowance_by_grade"].sel(provision="life", grade="loss")).all()


def test_breaches_are_shares_of_paths_below_the_minimum() -> None:
    minima = {"coverage_ratio": 0.55, "provisions_over_loans": 0.2}
    output = run_of((1,), ("status_quo", "care"), minima=minima)
    dataset = to_dataset(output)
    for name, ratio, whole in (
        ("breach_coverage", "coverage_ratio", dataset["impaired_balance"]),
        ("breach_provisions", "provisions_over_loans", dataset["closing_balance"]),
    ):
        booked = dataset["allowance"].isel(provision=0, drop=True)
        below = booked < minima[ratio] * whole
        below = below.sel(provision="life") if "provision" in below.dims else below
        values = {(v.name, len(v.months)): v for v in provision_values(dataset)}
        monthly = values[f"{name}_life", MONTHS]
        assert monthly.chance
        expected = below.transpose("scenario", "policy", "path", "month").astype(float)
        np.testing.assert_array_equal(monthly.values, expected)
        ever = values[f"ever_{name}_life", 1].values[..., 0]
        np.testing.assert_array_equal(ever, expected.max("month"))
    without = {v.name for v in provision_values(dataset_of())}
    assert not {name for name in without if "breach" in name and "classes" not in name}


def test_differences_of_ratios_are_ratios_of_means_apart() -> None:
    dataset = to_dataset(run_of((1,), ("status_quo", "care")))
    rows = summarise(dataset)
    for metric in ("provisions_over_loans_stages", "coverage_ratio_stages", "impaired_ratio_life"):
        ours, theirs = (
            row.mean
            for p in ("care", "status_quo")
            for row in rows
            if (row.metric, row.month, row.policy) == (metric, 8, p)
        )
        row = summary_row(rows, f"delta_{metric}", 8)
        assert row.mean == pytest.approx(ours - theirs)
        assert row.ci_low < row.mean < row.ci_high
