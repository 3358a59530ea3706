"""Overdue rates, rolls, causes and vintages on hand-made tallies with known answers."""

import numpy as np
import pytest

from simulator.kernels.tally import MAX_MOB
from simulator.results.dataset import to_dataset
from simulator.results.delinquency import observed_months_on_book
from simulator.vocabulary import Count
from tests.results.outputs import output_of, random_tallies, rows_of, small_book, zero_tallies


def test_overdue_rates_peak_and_ratio_of_sums_on_known_numbers() -> None:
    tallies = zero_tallies(paths=2, horizon=3)
    tallies.balance[:, :, 0] = 60.0
    tallies.balance[:, :, 1] = 20.0
    tallies.balance[:, :, 4] = 20.0
    tallies.balance[1, 2] = [0, 0, 0, 0, 0, 0, 0, 50]
    tallies.counts[..., Count.CLOSING_BALANCE] = tallies.balance.sum(axis=-1)
    tallies.counts[0, 1:, Count.APPLICANTS] = [10, 0, 30]
    tallies.counts[0, 1:, Count.APPROVED] = [5, 0, 3]
    dataset = to_dataset(output_of({"status_quo": tallies}, months=3))

    monthly = rows_of(dataset, "overdue_rate_30")
    assert [r.month for r in monthly] == [1, 2, 3]
    assert [r.mean for r in monthly] == pytest.approx([0.2, 0.6, 0.2])
    (peak,) = rows_of(dataset, "peak_overdue_rate_30")
    assert peak.month is None
    assert peak.mean == pytest.approx((0.2 + 1.0) / 2)
    *by_month, whole = rows_of(dataset, "approval_rate")
    assert [r.mean for r in by_month] == pytest.approx([0.5, np.nan, 0.1], nan_ok=True)
    assert whole.mean == pytest.approx(8 / 40)
    assert np.isnan(whole.ci_low)
    rates = dataset["overdue_rate"].sel(dpd=1)
    assert rates.values.ravel() == pytest.approx([0.4, 0.4, 0.4, 0.4, 1.0, 0.4])


def test_an_empty_book_has_missing_rates_and_no_warning() -> None:
    dataset = to_dataset(output_of({"status_quo": zero_tallies(3, 2)}, months=2))
    (peak,) = rows_of(dataset, "peak_overdue_rate_1")
    assert np.isnan(peak.mean)
    assert rows_of(dataset, "net_loss")[-1].mean == 0.0


def test_rolls_of_a_bucket_sum_to_one_and_causes_to_the_overdue_rate() -> None:
    dataset = to_dataset(output_of({"status_quo": random_tallies(5, 6, 4)}, months=4))
    np.testing.assert_allclose(dataset["roll_rate"].sum("to_bucket"), 1.0)
    np.testing.assert_allclose(
        dataset["overdue_by_cause"].sum("cause"),
        dataset["overdue_rate"].sel(dpd=1).mean("path"),
    )
    assert float(dataset["overdue_by_cause"].sel(cause="illness").max()) == 0.0


def test_cuts_repeat_the_rates_of_the_book_when_groups_are_alike() -> None:
    dataset = to_dataset(output_of({"status_quo": random_tallies(6, 5, 3)}, months=3))
    for dim in ("segment", "age_band", "income_decile"):
        for dpd in (30, 90):
            cut = dataset[f"overdue_rate_{dpd}_by_{dim}"]
            book = dataset["overdue_rate"].sel(dpd=dpd).mean("path")
            np.testing.assert_allclose(cut, book.expand_dims({dim: cut.sizes[dim]}, axis=-1))


def test_vintage_curves_stop_where_nobody_looks() -> None:
    observed = observed_months_on_book(small_book(), horizon=6)
    ages = [(int(np.argmax(row)), int(row.sum()) + int(np.argmax(row)) - 1) for row in observed]
    assert ages == [(12, 18), (1, 7), (0, 4)]
    dataset = to_dataset(output_of({"status_quo": random_tallies(7, 4, 6)}, months=4))
    curve = dataset["vintage_ever_90"].isel(scenario=0, policy=0).sel(vintage="Q+1")
    assert curve.values[:5] == pytest.approx([0.0, 0.1, 0.2, 0.3, 0.3])
    assert np.isnan(curve.values[5:]).all()


def test_vintages_older_than_the_curve_lose_its_last_point() -> None:
    assert not observed_months_on_book(small_book(), horizon=100)[:, MAX_MOB].any()


def test_unemployment_counts_borrowers_with_an_open_loan() -> None:
    tallies = random_tallies(8, 2, 2)
    dataset = to_dataset(output_of({"status_quo": tallies}, months=2))
    out, live = (tallies.counts[:, 1:, c] for c in (Count.UNEMPLOYED, Count.LIVE_BORROWERS))
    np.testing.assert_allclose(dataset["unemployment_rate"].values[0, 0], out / live)
    assert dataset["macro_unemployment_rate"].values == pytest.approx(0.05)
