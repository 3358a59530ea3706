"""Fates in results: ratios with intervals, the dataset, the summary, cost per borrower saved."""

import numpy as np
import pytest
import xarray as xr
from numpy.typing import NDArray
from scipy import stats

from simulator.kernels.pairing import GROUP_KINDS
from simulator.kernels.tally import Tallies
from simulator.results.dataset import PATH_DIMS, SCHEMA_VERSION, to_dataset
from simulator.results.intervals import ratio_over_paths
from simulator.results.outcomes import BURDEN_METRICS, COST_PER_SAVED, FATE_METRICS
from simulator.results.over_paths import STATISTIC_SUFFIXES
from simulator.results.sampling import Draws
from simulator.results.summary import summarise
from simulator.vocabulary import N_FATES, Fate
from tests.results.outputs import (
    PRODUCT_LIST,
    REGIONS,
    among,
    output_of,
    random_tallies,
    rows_of,
    spread_over_groups,
)

F8 = NDArray[np.float64]
Outcomes = NDArray[np.void]

# Ratios over paths


def brute_force_ratio(top: F8, below: F8, replicates: int) -> tuple[float, float, float]:
    """Ratio of means and its interval by the delta method on means over macro draws."""
    x, y = (values.reshape(-1, replicates).mean(axis=1) for values in (top, below))
    draws = x.size
    mean_x, mean_y = sum(x) / draws, sum(y) / draws
    var_x = sum((a - mean_x) ** 2 for a in x) / (draws - 1) / draws
    var_y = sum((b - mean_y) ** 2 for b in y) / (draws - 1) / draws
    both = sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y, strict=True))
    covariance = both / (draws - 1) / draws
    slope_x, slope_y = 1 / mean_y, -mean_x / mean_y**2
    variance = slope_x**2 * var_x + slope_y**2 * var_y + 2 * slope_x * slope_y * covariance
    margin = stats.t.ppf(0.975, draws - 1) * np.sqrt(variance)
    return mean_x / mean_y, mean_x / mean_y - margin, mean_x / mean_y + margin


@pytest.mark.parametrize("replicates", [1, 4])
def test_the_interval_of_a_ratio_is_that_of_the_delta_method(replicates: int) -> None:
    draw = np.random.default_rng(10)
    below = draw.poisson(2.0, (60, 2)).astype(float)
    top = draw.normal(2.0, 1.0, (60, 2)) * below + draw.normal(0.0, 1.0, (60, 2))
    assert (below == 0.0).any()
    found = ratio_over_paths(top, below, Draws(replicates))
    for k in range(2):
        expected = brute_force_ratio(top[:, k], below[:, k], replicates)
        assert (found.mean[k], found.ci_low[k], found.ci_high[k]) == pytest.approx(expected)
        own = top[below[:, k] > 0, k] / below[below[:, k] > 0, k]
        assert found.p50[k] == pytest.approx(np.median(own))


NO_DENOMINATOR: dict[str, tuple[F8, int]] = {
    "nothing": (np.zeros(4), 1),
    "less than nothing": (np.array([-3.0, -4.0, -3.0, -4.0]), 1),
    "its interval holds zero": (np.array([4.0, 0.0, 1.0, -1.0]), 1),
    "one draw of the economy, and a path with nothing": (np.array([4.0, 0.0, 4.0, 5.0]), 4),
}


@pytest.mark.parametrize("case", NO_DENOMINATOR)
def test_a_ratio_is_missing_unless_its_denominator_is_told_from_zero(case: str) -> None:
    below, replicates = NO_DENOMINATOR[case]
    found = ratio_over_paths(np.ones(4), below, Draws(replicates))
    assert all(np.isnan(x).all() for x in found.parts())


def test_a_ratio_of_one_draw_of_the_economy_has_no_interval() -> None:
    found = ratio_over_paths(np.full(4, 9.0), np.array([4.0, 5.0, 4.0, 5.0]), Draws(4))
    assert found.mean == 2.0
    assert np.isnan([found.se, found.ci_low, found.ci_high]).all()


def test_a_ratio_of_constants_is_exact() -> None:
    found = ratio_over_paths(np.full(4, 6.0), np.full(4, 3.0), Draws(1))
    assert (*found.ends, found.se) == (2.0, 2.0, 2.0, 0.0)


# Dataset and summary


def with_fates(tallies: Tallies, seed: int) -> Tallies:
    """``tallies`` with as much of every fate as the checks allow, some paths without any."""
    draw = np.random.default_rng(seed)
    paths = tallies.fates.shape[0]
    fates = np.zeros((paths, N_FATES, 2))
    fates[:] = draw.integers(0, 5, (paths, N_FATES, 2))
    fates[:, Fate.COMPARED] += 100.0
    fates[:, Fate.RELIEVED] += 20.0
    fates[:, Fate.PREVENTED] += 5.0 + fates[:, Fate.RETURNED]
    fates[:, Fate.SAVED] += 10.0 + fates[:, Fate.LAPSED]
    spread_over_groups(tallies.fates, fates)
    return tallies


def finished(months: int = 4, horizon: int = 4, paths: int = 12, replicates: int = 3) -> xr.Dataset:
    """A dataset of a reference and another policy with fates of its own."""
    tallies = {
        "status_quo": random_tallies(40, paths, horizon),
        "other": with_fates(random_tallies(41, paths, horizon), 42),
    }
    return to_dataset(output_of(tallies, months=months, draws_per_path=replicates))


def test_the_dataset_holds_fates_of_the_book_by_path_and_of_groups_over_paths() -> None:
    dataset = finished()
    assert dataset.attrs["schema_version"] == SCHEMA_VERSION == "1.8"
    assert dataset["fate"].values.tolist() == [fate.name.lower() for fate in Fate]
    assert dataset["burden"].values.tolist() == ["overdue_months", "contacts", "complaints"]
    assert dataset["region"].values.tolist() == list(REGIONS)
    assert dataset["product"].values.tolist() == [product.name for product in PRODUCT_LIST]
    assert dataset["fates"].dims == dataset["fate_balance"].dims == (*PATH_DIMS, "fate")
    assert dataset["burdens"].dims == (*PATH_DIMS, "burden")
    assert (dataset["fates"].units, dataset["fate_balance"].units) == ("borrowers", "CNY")
    for kind in GROUP_KINDS[1:]:
        for name, last in (("fates", "fate"), ("burdens", "burden")):
            for suffix in STATISTIC_SUFFIXES:
                found = dataset[f"{name}_by_{kind}{suffix}"]
                assert found.dims == ("scenario", "policy", kind, last)
                assert {"units", "long_name"} <= set(found.attrs)
            np.testing.assert_allclose(
                dataset[f"{name}_by_{kind}"].sum(kind), dataset[name].mean("path")
            )
    assert not any({"path", "region"} <= set(v.dims) for v in dataset.data_vars.values())


def test_the_summary_tells_each_fate_once_and_differences_of_burdens_only() -> None:
    dataset = finished()
    rows = summarise(dataset)
    for policy in ("status_quo", "other"):
        for metric in (*FATE_METRICS, *BURDEN_METRICS):
            (row,) = among(rows, metric.name, policy)
            assert row.month is None
    names = {row.metric for row in rows}
    assert {f"delta_{metric.name}" for metric in BURDEN_METRICS} <= names
    assert not {f"delta_{metric.name}" for metric in (*FATE_METRICS, COST_PER_SAVED)} & names
    assert among(rows, COST_PER_SAVED.name, "status_quo") == []
    units = {row.metric: row.unit for row in rows}
    assert (units["saved"], units["saved_balance"]) == ("borrowers", "CNY")
    assert (units["kicked_can_index"], units["cost_per_saved"]) == ("1", "CNY/borrower")
    assert units["overdue_borrower_months"] == "borrower-months"
    (saved,) = among(rows, "saved", "other")
    assert saved.mean == dataset["fates"].sel(policy="other", fate="saved").mean().item()
    months, gap = dataset["burdens"].sel(burden="overdue_months"), "delta_overdue_borrower_months"
    (delta,) = among(rows, gap, "other")
    expected = months.sel(policy="other") - months.sel(policy="status_quo")
    assert delta.mean == pytest.approx(expected.mean().item())


@pytest.mark.parametrize(
    ("metric", "part", "whole"),
    [
        ("kicked_can_index", "returned", "prevented"),
        ("free_rider_share", "free_rider", "relieved"),
    ],
)
def test_an_index_is_the_ratio_of_means_with_its_interval(
    metric: str, part: str, whole: str
) -> None:
    dataset = finished()
    fates = dataset["fates"].sel(scenario="baseline", policy="other")
    (row,) = rows_of(dataset, metric, "other")
    expected = brute_force_ratio(fates.sel(fate=part).values, fates.sel(fate=whole).values, 3)
    assert (row.mean, row.ci_low, row.ci_high) == pytest.approx(expected)
    (own,) = rows_of(dataset, "kicked_can_index")
    assert np.isnan(own.mean)


@pytest.mark.parametrize("months", [4, 2])
def test_the_cost_of_a_borrower_saved_covers_the_run_off(months: int) -> None:
    dataset = finished(months=months)
    rows = summarise(dataset)
    prefix = "lifetime_" if months < 4 else ""
    result = among(rows, f"delta_{prefix}result_before_losses", "other")[-1].mean
    (row,) = among(rows, "cost_per_saved", "other")
    saved, harmed = (among(rows, name, "other")[0].mean for name in ("saved", "harmed"))
    assert row.mean == pytest.approx(-result / (saved - harmed))
    assert row.ci_low < row.mean < row.ci_high


def test_a_policy_that_harms_as_many_as_it_saves_has_no_cost_of_a_borrower_saved() -> None:
    tallies = random_tallies(44, 6, 2), with_fates(random_tallies(45, 6, 2), 46)
    tallies[1].fates[:, :, Fate.HARMED] = tallies[1].fates[:, :, Fate.SAVED]
    dataset = to_dataset(
        output_of(dict(zip(("status_quo", "even"), tallies, strict=True)), months=2)
    )
    (row,) = rows_of(dataset, "cost_per_saved", "even")
    assert np.isnan([row.mean, row.ci_low, row.p50]).all()


def test_a_policy_that_saves_nobody_has_no_cost_of_a_borrower_saved() -> None:
    tallies = random_tallies(43, 6, 2)
    dataset = to_dataset(output_of({"status_quo": tallies, "same": tallies}, months=2))
    (row,) = rows_of(dataset, "cost_per_saved", "same")
    assert np.isnan([row.mean, row.ci_low, row.p50]).all()
