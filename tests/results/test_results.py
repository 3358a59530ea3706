"""Results from hand-made tallies with known answers, against closed forms and scipy."""

import json
import resource
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import netCDF4
import numpy as np
import pytest
import xarray as xr
from scipy import stats

from simulator.book.schema import Book, Borrowers, Loans
from simulator.kernels.pairing import group_slices
from simulator.kernels.tally import HISTORY_DTYPE, MAX_MOB, Tallies, allocate_tallies
from simulator.levers import SegmentNames
from simulator.products import JURISDICTIONS, PRODUCTS
from simulator.results.checks import CheckResult, money_identity_error, run_checks
from simulator.results.compare import MAIN_METRICS, compare
from simulator.results.dataset import PATH_DIMS, to_dataset
from simulator.results.delinquency import observed_months_on_book
from simulator.results.dictionary import dictionary_markdown
from simulator.results.files import (
    FILE_NAMES,
    MANIFEST_NAME,
    RESULTS_NAME,
    SUMMARY_NAME,
    remove_results,
)
from simulator.results.history import history_table
from simulator.results.inputs import ScenarioInfo, SimulationOutput
from simulator.results.intervals import over_paths
from simulator.results.manifest import RunFacts, build_manifest, live_borrower_months
from simulator.results.metrics import BY_NAME, METRICS
from simulator.results.over_paths import STATISTIC_SUFFIXES, STATISTIC_VARIABLES
from simulator.results.recoveries import recoveries
from simulator.results.store import (
    read_results,
    safe_text,
    write_files,
    write_results,
    write_summary,
)
from simulator.results.summary import SummaryRow, summarise
from simulator.results.variables import PATH_VARIABLES
from simulator.settings import RunSettings
from simulator.validation import UserError
from simulator.vocabulary import (
    FLOW_SIGNS,
    N_BURDENS,
    N_FATES,
    Burden,
    Cause,
    CollectionStage,
    Count,
    Fate,
    Flow,
    LoanStatus,
)
from tests import ROOT

N_SEGMENTS = 2
PRODUCT_LIST = (PRODUCTS["cash_loan"], PRODUCTS["credit_line"])
REGIONS = ("east", "west")


def small_book() -> Book:
    """Three opening loans (12, 3 and 1 months old) and one applicant of month 2."""
    n = 4

    def column(kind: type, *values: float) -> np.ndarray:
        return np.array(values or (0,) * n, dtype=kind)

    people = {name: column(np.float64) for name in Borrowers._fields}
    people |= {"arrival_month": column(np.int16, 0, 0, 0, 2), "weight": column(float, 2, 2, 2, 2)}
    loans = {name: column(np.float64) for name in Loans._fields}
    loans |= {
        "id": column(np.uint64, 1, 2, 3, 4),
        "origination_month": column(np.int16, -12, -3, -1, 2),
        "vintage": column(np.int16, 0, 1, 1, 2),
    }
    return Book(
        name="hand-made",
        jurisdiction=JURISDICTIONS["cn"],
        products=PRODUCT_LIST,
        regions=REGIONS,
        segments=SegmentNames(("east", "west"), ("cash_loan", "credit_line"), ("A", "B")),
        borrowers=Borrowers(**people),
        loans=Loans(**loans),
        n_opening_borrowers=3,
        vintage_labels=("Q-4", "Q-1", "Q+1"),
        notes=("注释",),
    )


def random_tallies(seed: int, paths: int, horizon: int) -> Tallies:
    """Tallies that obey every identity, with random sizes; month 0 holds stocks only."""
    draw = np.random.default_rng(seed)
    tallies = allocate_tallies(paths, horizon, N_SEGMENTS, len(PRODUCT_LIST), 3, len(REGIONS))
    months = (paths, horizon + 1)
    balance = draw.uniform(1.0, 100.0, (*months, 8))
    balance[..., 0] += 1000.0
    total = balance.sum(axis=-1)
    tallies.balance[:] = balance
    tallies.balance_before_relief[:] = balance
    tallies.loans[:] = balance / 10.0
    tallies.flows[:, 1:] = draw.uniform(0.0, 50.0, (paths, horizon, 11))
    counts = tallies.counts
    counts[:, 1:] = draw.uniform(1.0, 5.0, (paths, horizon, counts.shape[2]))
    counts[..., Count.CLOSING_BALANCE] = total
    counts[:, 1:, Count.OPENING_BALANCE] = total[:, :-1]
    counts[..., Count.UNEMPLOYED] = 0.3
    signed = tallies.flows[:, 1:] * np.array(FLOW_SIGNS)
    gap = total[:, 1:] - total[:, :-1] - signed.sum(axis=-1)
    tallies.flows[:, 1:, Flow.DISBURSED] += np.maximum(gap, 0.0)
    tallies.flows[:, 1:, Flow.PRINCIPAL_PAID] += np.maximum(-gap, 0.0)
    tallies.roll[:, 1:, :, 0] = balance[:, :-1]
    tallies.cause_balance[..., Cause.JOB_LOSS] = 0.25 * balance[..., 1:].sum(axis=-1)
    tallies.cause_balance[..., Cause.FORGOT] = 0.75 * balance[..., 1:].sum(axis=-1)
    for cut in (tallies.by_segment, tallies.by_age, tallies.by_income):
        groups = cut.shape[2]
        cut[..., 0] = total[..., None] / groups
        cut[..., 1] = balance[..., 2:].sum(axis=-1)[..., None] / groups
        cut[..., 2] = balance[..., 4:].sum(axis=-1)[..., None] / groups
    tallies.written_off_by_product[..., 0] = tallies.flows[..., Flow.WRITTEN_OFF]
    tallies.vintage_loans[:] = 10.0
    tallies.vintage_first_90[:, :, 1:4] = 1.0
    spread_over_groups(tallies.burdens, draw.uniform(1.0, 90.0, (paths, N_BURDENS)))
    fates = np.zeros((paths, N_FATES, 2))
    for fate, size in ((Fate.COMPARED, 90.0), (Fate.RELIEVED, 30.0), (Fate.FREE_RIDER, 10.0)):
        fates[:, fate] = draw.uniform(0.5 * size, size, (paths, 2))
    spread_over_groups(tallies.fates, fates)
    return tallies


def spread_over_groups(sums: np.ndarray, whole: np.ndarray) -> None:
    """Fill fates or burdens (paths, groups, ...) so that groups of a kind are alike."""
    for groups in group_slices(len(REGIONS), len(PRODUCT_LIST)).values():
        sums[:, groups] = whole[:, None] / (groups.stop - groups.start)


def output_of(
    tallies: dict[str, Tallies],
    *,
    months: int,
    luck_replicates: int = 1,
    scenarios: tuple[str, ...] = ("baseline",),
) -> SimulationOutput:
    """The same tallies by policy under every scenario."""
    paths, n_months = next(iter(tallies.values())).flows.shape[:2]
    run = RunSettings(
        paths=paths,
        months=months,
        runoff_months=n_months - 1 - months,
        luck_replicates=luck_replicates,
        seed=7,
    )
    return SimulationOutput(
        tallies={(s, name): value for s in scenarios for name, value in tallies.items()},
        macro_unemployment={s: np.full((paths, n_months), 0.05) for s in scenarios},
        book=small_book(),
        timeline=run.timeline,
        scenarios=tuple(ScenarioInfo(s, s.title(), 1.0) for s in scenarios),
        policies=tuple(tallies),
        run=run,
        configuration={"run": {"seed": 7}, "note": "灾害"},
    )


def zero_tallies(paths: int, horizon: int) -> Tallies:
    return allocate_tallies(paths, horizon, N_SEGMENTS, len(PRODUCT_LIST), 3, len(REGIONS))


def rows_of(dataset: xr.Dataset, metric: str, policy: str = "status_quo") -> list[SummaryRow]:
    return among(summarise(dataset), metric, policy)


def among(rows: list[SummaryRow], metric: str, policy: str = "status_quo") -> list[SummaryRow]:
    return [r for r in rows if r.metric == metric and r.policy == policy]


# Statistics over paths


def test_interval_is_students_t() -> None:
    values = np.random.default_rng(1).normal(size=(40, 3))
    found = over_paths(values, 1)
    for k in range(3):
        low, high = stats.t.interval(0.95, 39, values[:, k].mean(), stats.sem(values[:, k], ddof=1))
        assert found.ci_low[k] == pytest.approx(low, rel=1e-12)
        assert found.ci_high[k] == pytest.approx(high, rel=1e-12)
    np.testing.assert_allclose(found.p05, np.quantile(values, 0.05, axis=0), rtol=1e-12)
    np.testing.assert_allclose(found.p95, np.quantile(values, 0.95, axis=0), rtol=1e-12)


def test_luck_replicates_are_clusters_of_their_macro_draw() -> None:
    draw = np.random.default_rng(2)
    values = (draw.normal(size=(12, 1)) + 0.1 * draw.normal(size=(12, 5))).reshape(60)
    found = over_paths(values, 5)
    means = values.reshape(12, 5).mean(axis=1)
    low, high = stats.t.interval(0.95, 11, means.mean(), stats.sem(means, ddof=1))
    assert found.ci_low == pytest.approx(low, rel=1e-12)
    assert found.ci_high == pytest.approx(high, rel=1e-12)
    assert found.se > 1.5 * over_paths(values, 1).se


def test_one_macro_draw_has_no_interval_but_a_mean_and_quantiles() -> None:
    found = over_paths(np.array([1.0, 2.0, 3.0]), 3)
    assert np.isnan(found.ci_low)
    assert np.isnan(found.ci_high)
    assert (found.mean, found.p50) == (2.0, 2.0)


def test_missing_values_are_left_out_of_every_statistic() -> None:
    values = np.array([[1.0, np.nan], [np.nan, np.nan], [4.0, np.nan], [9.0, 2.0]])
    found = over_paths(values, 1)
    present = np.array([1.0, 4.0, 9.0])
    assert found.mean[0] == pytest.approx(present.mean())
    assert found.se[0] == pytest.approx(stats.sem(present, ddof=1))
    assert found.p05[0] == pytest.approx(np.quantile(present, 0.05))
    assert (found.mean[1], found.p95[1]) == (2.0, 2.0)
    assert np.isnan(found.se[1])


def test_nothing_present_gives_missing_statistics() -> None:
    assert all(np.isnan(x).all() for x in over_paths(np.full((5, 2), np.nan), 1))


def test_chunks_change_no_statistic(monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.random.default_rng(3).normal(size=(10, 7, 5))
    whole = over_paths(values, 2)
    monkeypatch.setattr("simulator.results.intervals._CHUNK", 40)
    for left, right in zip(whole, over_paths(values, 2), strict=True):
        np.testing.assert_array_equal(left, right)


# Recoveries


def test_recoveries_equal_their_closed_form() -> None:
    horizon = 30
    written_off = np.random.default_rng(4).uniform(0, 100, (3, horizon + 1, 2))
    found = recoveries(written_off, PRODUCT_LIST)
    expected = np.zeros((3, horizon + 1))
    for column, product in enumerate(PRODUCT_LIST):
        half = product.recovery_half_life_months
        for month in range(horizon + 1):
            for earlier in range(month):
                k = month - earlier
                curve = 2 ** (-(k - 1) / half) - 2 ** (-k / half)
                amount = written_off[:, earlier, column]
                expected[:, month] += product.recovery_share * curve * amount
    np.testing.assert_allclose(found.monthly, expected, rtol=1e-11)
    lifetime = (written_off * [p.recovery_share for p in PRODUCT_LIST]).sum(axis=(1, 2))
    later = found.outstanding[:, -1]
    np.testing.assert_allclose(found.monthly.sum(axis=1) + later, lifetime, rtol=1e-12)


def test_what_is_still_expected_from_write_offs_is_an_asset_until_it_is_paid() -> None:
    tallies = random_tallies(31, 4, 6)
    dataset = to_dataset(output_of({"status_quo": tallies}, months=4))
    rise = dataset["recoverable_change"]
    assert rise.dims == (*PATH_DIMS, "month")
    later = rise.sum("month") + dataset["runoff_recoverable_change"]
    np.testing.assert_allclose(later, dataset["recoverable_after_horizon"], rtol=1e-12)
    share = np.array([product.recovery_share for product in PRODUCT_LIST])
    promised = (tallies.written_off_by_product[:, 1:5] * share).sum(axis=-1)
    paid = dataset["recovered"] - dataset["legal_recovered"]
    np.testing.assert_allclose((rise + paid)[0, 0], promised, rtol=1e-12)


def test_a_sale_for_what_a_write_off_would_bring_later_changes_no_loss() -> None:
    """Whichever month the money comes in: the horizon does not favour selling."""
    kept, sold = zero_tallies(paths=3, horizon=2), zero_tallies(paths=3, horizon=2)
    kept.flows[:, 1, Flow.WRITTEN_OFF] = 100.0
    kept.written_off_by_product[:, 1, 0] = 100.0
    sold.flows[:, 1, Flow.SOLD] = 100.0
    sold.counts[:, 1, Count.SALE_PRICE] = 100.0 * PRODUCT_LIST[0].recovery_share
    dataset = to_dataset(output_of({"status_quo": kept, "sale": sold}, months=2))
    for metric in ("delta_credit_loss", "delta_net_result"):
        assert rows_of(dataset, metric, "sale")[-1].mean == pytest.approx(0.0, abs=1e-9)
    assert rows_of(dataset, "delta_net_loss", "sale")[-1].mean < -1.0


# Overdue rates, rolls, causes, vintages


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


def test_unemployment_counts_every_opening_borrower() -> None:
    dataset = to_dataset(output_of({"status_quo": random_tallies(8, 2, 2)}, months=2))
    assert dataset["unemployment_rate"].values == pytest.approx(0.3 / 6.0)
    assert dataset["macro_unemployment_rate"].values == pytest.approx(0.05)


# Dataset


def test_dimensions_follow_the_contract() -> None:
    output = output_of(
        {"status_quo": random_tallies(9, 4, 3), "other": random_tallies(10, 4, 3)},
        months=3,
        scenarios=("baseline", "downturn"),
    )
    dataset = to_dataset(output)
    assert dataset["balance"].dims == (*PATH_DIMS, "month", "bucket")
    assert dataset["overdue_rate"].dims == (*PATH_DIMS, "month", "dpd")
    assert dataset["dpd"].values.tolist() == [1, 30, 60, 90]
    assert dataset["month"].values.tolist() == [1, 2, 3]
    for name in ("opening_balance", "closing_balance", "macro_unemployment_rate"):
        assert dataset[name].dims == (*PATH_DIMS, "month")
    for flow in Flow:
        assert dataset[flow.name.lower()].dims == (*PATH_DIMS, "month")
    assert dataset["roll_balance"].dims == (
        "scenario",
        "policy",
        "month",
        "from_bucket",
        "to_bucket",
    )
    assert not any({"path", "segment"} <= set(v.dims) for v in dataset.data_vars.values())
    assert dataset["scenario_weight"].values.tolist() == [0.5, 0.5]


def test_opening_stocks_are_those_of_month_zero() -> None:
    tallies = random_tallies(11, 3, 2)
    dataset = to_dataset(output_of({"status_quo": tallies}, months=2))
    np.testing.assert_array_equal(dataset["balance_at_opening"][0, 0], tallies.balance[:, 0])
    np.testing.assert_array_equal(dataset["balance"][0, 0], tallies.balance[:, 1:])


def test_contacts_are_those_of_their_stage_whatever_its_number() -> None:
    tallies = random_tallies(30, 2, 2)
    dataset = to_dataset(output_of({"status_quo": tallies}, months=2))
    assert dataset["stage"].values.tolist() == [stage.name.lower() for stage in CollectionStage]
    for stage in CollectionStage:
        made = tallies.counts[:, 1:, Count[f"CONTACT_{stage.name}"]]
        found = dataset["contacts"].sel(stage=stage.name.lower())
        np.testing.assert_array_equal(found[0, 0], made)


def test_runoff_is_kept_apart_and_in_lifetime_totals() -> None:
    tallies = random_tallies(12, 5, 6)
    dataset = to_dataset(output_of({"status_quo": tallies}, months=4))
    assert dataset.sizes["month"] == 4
    lost = tallies.flows[..., Flow.WRITTEN_OFF]
    np.testing.assert_allclose(dataset["runoff_written_off"][0, 0], lost[:, 5:].sum(axis=1))
    *_, total = rows_of(dataset, "written_off")
    (lifetime,) = rows_of(dataset, "lifetime_written_off")
    assert total.mean == pytest.approx(lost[:, 1:5].sum(axis=1).mean())
    assert lifetime.mean == pytest.approx(lost.sum(axis=1).mean())
    without = to_dataset(output_of({"status_quo": tallies}, months=6))
    assert not [name for name in without.data_vars if str(name).startswith("runoff_")]


def test_shapes_that_disagree_are_refused() -> None:
    output = output_of({"status_quo": zero_tallies(2, 3)}, months=3)
    with pytest.raises(ValueError, match="tallies"):
        replace(output, tallies={("baseline", "status_quo"): zero_tallies(2, 4)})
    with pytest.raises(ValueError, match="reference"):
        replace(output, reference="absent")


# Summary and comparison


def test_losses_and_results_add_up_from_their_parts() -> None:
    tallies = random_tallies(13, 8, 5)
    dataset = to_dataset(output_of({"status_quo": tallies}, months=5))
    rows = summarise(dataset)

    def total(name: str) -> float:
        return among(rows, name)[-1].mean

    loss = total("written_off") + total("sold") - total("recovered") - total("sale_price")
    assert total("net_loss") == pytest.approx(loss)
    income = total("interest_accrued") + total("penalty_accrued") + total("fees_accrued")
    income -= total("forgiven") + total("funding_cost")
    costs = total("collection_cost") + total("relief_handling_cost") + total("underwriting_cost")
    costs += total("programme_cost")
    allowance = total("allowance_90_change")
    lost = loss + allowance - dataset["recoverable_after_horizon"].mean().item()
    assert total("net_result") == pytest.approx(income - lost - costs)
    assert total("credit_loss") == pytest.approx(lost)
    assert total("result_before_losses") == pytest.approx(income - costs)
    court = tallies.counts[:, 1:, Count.LEGAL_RECOVERED].sum(axis=1).mean()
    curve = recoveries(tallies.written_off_by_product, PRODUCT_LIST).monthly[:, 1:].sum(axis=1)
    assert total("legal_recovered") == pytest.approx(court)
    assert total("recovered") == pytest.approx(curve.mean() + court)
    over_90 = tallies.balance[:, :, 4:].sum(axis=-1)
    assert allowance == pytest.approx(0.9 * (over_90[:, -1] - over_90[:, 0]).mean())
    opening = tallies.counts[:, 1:, Count.OPENING_BALANCE].sum(axis=1).mean()
    assert total("funding_cost") == pytest.approx(0.05 / 12 * opening)
    assert total("relief_cost") == pytest.approx(total("relief_handling_cost") + total("forgiven"))


def test_paired_interval_is_that_of_differences_and_narrower_than_unpaired() -> None:
    base, other = random_tallies(14, 50, 2), random_tallies(14, 50, 2)
    noise = np.random.default_rng(15).normal(0.0, 0.5, 50)
    other.flows[:, 1, Flow.WRITTEN_OFF] += 10.0 + noise
    dataset = to_dataset(output_of({"status_quo": base, "other": other}, months=2))
    delta = rows_of(dataset, "delta_written_off", "other")[0]
    gap = (other.flows - base.flows)[:, 1, Flow.WRITTEN_OFF]
    low, high = stats.t.interval(0.95, 49, gap.mean(), stats.sem(gap, ddof=1))
    assert (delta.ci_low, delta.ci_high) == pytest.approx((low, high))
    alone = rows_of(dataset, "written_off", "other")[0]
    assert delta.ci_high - delta.ci_low < 0.1 * (alone.ci_high - alone.ci_low)
    assert rows_of(dataset, "delta_written_off", "status_quo") == []


def test_same_luck_and_same_outcome_give_a_difference_of_exactly_zero() -> None:
    tallies = random_tallies(16, 5, 3)
    dataset = to_dataset(output_of({"status_quo": tallies, "other": tallies}, months=3))
    deltas = [r for r in summarise(dataset) if r.metric.startswith("delta_")]
    deltas = [r for r in deltas if not r.metric.startswith("delta_loss_es")]  # beyond 16 paths
    assert deltas
    assert all(r.mean == r.ci_low == r.ci_high == r.p05 == r.p95 == 0.0 for r in deltas)


def test_compare_says_what_the_summary_says() -> None:
    output = output_of(
        {"other": random_tallies(17, 9, 3), "status_quo": random_tallies(18, 9, 3)}, months=3
    )
    dataset = to_dataset(output)
    found, rows = compare(dataset, "status_quo"), summarise(dataset)
    assert found["policy"].values.tolist() == ["other"]
    for name in MAIN_METRICS:
        monthly = [r for r in among(rows, f"delta_{name}", "other") if r.month is not None]
        assert found[f"delta_{name}"].values.ravel().tolist() == [r.mean for r in monthly]
        assert found[f"delta_{name}_ci_low"].values.ravel().tolist() == [r.ci_low for r in monthly]
    (peak,) = among(rows, "delta_peak_overdue_rate_30", "other")
    assert found["delta_peak_overdue_rate_30"].item() == peak.mean
    *_, total = among(rows, "delta_net_loss", "other")
    assert found["total_delta_net_loss"].item() == total.mean
    assert all({"units", "long_name"} <= set(v.attrs) for v in found.data_vars.values())


def test_an_unknown_reference_is_named_with_what_is_allowed() -> None:
    dataset = to_dataset(output_of({"status_quo": zero_tallies(2, 1)}, months=1))
    with pytest.raises(UserError, match="reference must be one of status_quo; got statusquo"):
        compare(dataset, "statusquo")


def test_summary_has_the_metrics_of_the_contract_and_no_duplicate() -> None:
    rows = summarise(to_dataset(output_of({"status_quo": random_tallies(19, 3, 2)}, months=2)))
    names = {r.metric for r in rows}
    overdue = {f"overdue_rate_{k}" for k in (1, 30, 60, 90)}
    wanted = overdue | {f"peak_{name}" for name in overdue}
    wanted |= {
        "first_day_overdue_rate",
        "balance",
        "open_loans",
        "written_off",
        "net_loss",
        "recovered",
        "approval_rate",
        "relief_rate",
        "collection_cost",
        "unemployment_rate",
    }
    assert wanted <= names
    keys = [(r.scenario, r.policy, r.metric, r.month) for r in rows]
    assert len(keys) == len(set(keys))
    assert len(BY_NAME) == len(METRICS)
    assert {r.unit for r in rows if r.metric == "net_loss"} == {"CNY"}


def test_one_path_has_a_mean_and_no_interval(tmp_path: Path) -> None:
    dataset = to_dataset(output_of({"status_quo": random_tallies(28, 1, 1)}, months=1))
    (row, _) = rows_of(dataset, "net_loss")
    assert np.isnan([row.ci_low, row.ci_high]).all()
    assert row.mean == row.p05 == row.p50 == row.p95
    write_summary(tmp_path / SUMMARY_NAME, [row])
    cells = (tmp_path / SUMMARY_NAME).read_text().splitlines()[1].split(",")
    assert cells[5:7] == ["", ""]


# Checks and manifest


def test_every_check_passes_on_tallies_that_obey_the_identities() -> None:
    results = run_checks(output_of({"status_quo": random_tallies(20, 4, 5)}, months=5))
    assert [c.name for c in results if not c.passed] == []


@pytest.mark.parametrize(
    ("field", "where", "broken"),
    [
        ("flows", (2, 3, Flow.FORGIVEN), "money_identity"),
        ("counts", (2, 3, Count.OPENING_BALANCE), "continuity"),
        ("balance", (2, 3, 0), "buckets"),
        ("roll", (2, 3, 1, 8), "rolls"),
        ("cause_balance", (2, 3, Cause.ILLNESS), "causes"),
        ("by_age", (2, 3, 1, 0), "cuts"),
        ("fates", (2, 0, Fate.RETURNED, 0), "fates"),
        ("fates", (2, 0, Fate.DELAYED, 0), "reference_fates"),
        ("fates", (2, 4, Fate.COMPARED, 1), "fate_cuts"),
        ("burdens", (2, 0, Burden.CONTACTS), "fate_cuts"),
    ],
)
def test_a_broken_sum_is_caught_by_its_check(field: str, where: tuple, broken: str) -> None:
    tallies = random_tallies(21, 4, 5)
    getattr(tallies, field)[where] += 1e-3
    output = output_of({"status_quo": tallies}, months=5)
    assert broken in {c.name for c in run_checks(output) if not c.passed}


def test_destinations_may_lack_what_a_new_plan_forgave_and_no_more() -> None:
    tallies = random_tallies(29, 2, 3)
    tallies.flows[0, 2, Flow.FORGIVEN] += 5.0
    tallies.flows[0, 2, Flow.DISBURSED] += 5.0
    tallies.roll[0, 2, 0, 0] -= 5.0
    output = output_of({"status_quo": tallies}, months=3)
    assert [c.name for c in run_checks(output) if not c.passed] == []
    tallies.roll[0, 2, 0, 0] -= 1.01 * tallies.flows[0, 2, Flow.FORGIVEN]
    assert [c.name for c in run_checks(output) if not c.passed] == ["rolls"]


@pytest.mark.parametrize("bad", [-1.0, np.nan, np.inf])
def test_negative_and_missing_tallies_are_caught(bad: float) -> None:
    tallies = random_tallies(22, 2, 2)
    tallies.loans[0, 1, 0] = bad
    results = {c.name: c for c in run_checks(output_of({"status_quo": tallies}, months=2))}
    assert not results["no_negatives"].passed


def test_identity_error_is_relative_to_the_money_moved() -> None:
    tallies = zero_tallies(1, 1)
    tallies.flows[0, 1, Flow.DISBURSED] = 200.0
    tallies.counts[0, 1, Count.CLOSING_BALANCE] = 199.0
    assert money_identity_error(tallies) == pytest.approx(1 / 200)


def facts(checks: list[CheckResult]) -> RunFacts:
    return RunFacts(("run.paths=4",), 2.0, 1, checks)


def test_manifest_is_plain_json_with_throughput_and_checks() -> None:
    output = output_of({"status_quo": random_tallies(23, 4, 3)}, months=3)
    bad = CheckResult("x", "y", float("inf"), 1e-9, False)
    manifest = build_manifest(output, facts([bad]))
    text = json.dumps(manifest, allow_nan=False)
    assert json.loads(text)["checks"][0]["value"] is None
    assert manifest["checks_passed"] is False
    live = output.tallies["baseline", "status_quo"].counts[..., Count.LIVE_BORROWERS].sum()
    assert live_borrower_months(output) == pytest.approx(live / 2.0)
    assert manifest["live_borrower_months_per_second"] == pytest.approx(live / 4.0)


# Files


def written(folder: Path) -> SimulationOutput:
    output = output_of(
        {"status_quo": random_tallies(24, 4, 3), "other": random_tallies(25, 4, 3)}, months=3
    )
    dataset = to_dataset(output)
    manifest = build_manifest(output, facts(run_checks(output)))
    write_results(folder, dataset, summarise(dataset), manifest, {"report.html": "<p>好</p>"})
    return output


def test_what_is_written_is_read_back_equal(tmp_path: Path) -> None:
    output = written(tmp_path / "run")
    names = {p.name for p in (tmp_path / "run").iterdir()}
    assert names == {RESULTS_NAME, SUMMARY_NAME, MANIFEST_NAME, "report.html"}
    dataset, rows, manifest = read_results(tmp_path / "run")
    expected = to_dataset(output)
    xr.testing.assert_identical(dataset.drop_encoding(), expected)
    assert dataset.attrs["configuration"] == json.dumps(
        output.configuration, sort_keys=True, ensure_ascii=False
    )
    assert repr(rows) == repr(summarise(expected))
    assert repr(rows) == repr(summarise(dataset))
    assert manifest["checks_passed"] is True
    assert manifest["book"]["notes"] == ["注释"]


def test_every_stored_variable_has_unit_and_meaning_and_is_not_compressed(tmp_path: Path) -> None:
    written(tmp_path)
    with netCDF4.Dataset(tmp_path / RESULTS_NAME) as file:
        for name, variable in file.variables.items():
            assert {"units", "long_name"} <= set(variable.ncattrs()), name
            assert not (variable.filters() or {}).get("zlib"), name
        assert {"schema_version", "currency", "start_date", "reference", "configuration"} <= set(
            file.ncattrs()
        )


def test_a_failing_write_leaves_nothing_under_any_name(tmp_path: Path) -> None:
    output = written(tmp_path)
    dataset = to_dataset(output)
    with pytest.raises(ValueError, match="JSON compliant"):
        write_results(tmp_path / "new", dataset, summarise(dataset), {"x": float("nan")})
    assert not (tmp_path / "new").exists()

    def fail(path: Path) -> None:
        path.write_text("half")
        raise OSError(28, "No space left on device")

    def fine(path: Path) -> None:
        path.write_text("whole")

    with pytest.raises(UserError, match=r"summary\.csv: cannot be written: No space left"):
        write_files(tmp_path, {RESULTS_NAME: fine, SUMMARY_NAME: fail, MANIFEST_NAME: fine})
    assert {p.name for p in tmp_path.iterdir()} == {"report.html"}


def test_a_rename_that_fails_takes_the_others_back(tmp_path: Path) -> None:
    (tmp_path / SUMMARY_NAME).mkdir()
    (tmp_path / SUMMARY_NAME / "in_the_way").touch()

    def fine(path: Path) -> None:
        path.write_text("whole")

    with pytest.raises(UserError, match=SUMMARY_NAME):
        write_files(tmp_path, {RESULTS_NAME: fine, SUMMARY_NAME: fine})
    assert [p.name for p in tmp_path.iterdir()] == [SUMMARY_NAME]


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="cannot be written") as caught:
        written(tmp_path / "file")
    assert "\n" not in str(caught.value)


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs a folder nobody can write")
def test_a_read_only_folder_is_one_line() -> None:
    with pytest.raises(UserError, match=r"^/proc/self/results\.nc: cannot be written") as caught:
        written(Path("/proc/self"))
    assert "\n" not in str(caught.value)


_FULL_DISK = """
import resource, sys
from pathlib import Path
sys.path.insert(0, "tests")
from tests.results.test_results import written
from simulator.validation import UserError
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
try:
    written(Path(sys.argv[1]))
except UserError as error:
    print(error)
    sys.exit(3)
"""


@pytest.mark.skipif(not hasattr(resource, "RLIMIT_FSIZE"), reason="needs a limit on file sizes")
def test_a_full_disk_is_one_line_and_leaves_nothing(tmp_path: Path) -> None:
    root = ROOT
    command = [sys.executable, "-c", _FULL_DISK, str(tmp_path)]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 3, done.stderr
    assert "results.nc: cannot be written" in done.stdout
    assert "disk full" in done.stdout
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_reading_an_unfinished_run_says_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"results\.nc is missing"):
        read_results(tmp_path)


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_text_that_a_spreadsheet_would_run_is_neutralised(start: str) -> None:
    assert safe_text(f"{start}HYPERLINK(1)") == f"'{start}HYPERLINK(1)"


def test_numbers_are_left_alone_and_missing_ones_empty(tmp_path: Path) -> None:
    path = tmp_path / SUMMARY_NAME
    row = SummaryRow("=1+1", "b", "c", None, -0.1, np.nan, 1e-17, 1.0, 2.0, 3.0, "1")
    write_summary(path, [row])
    assert path.read_text().splitlines() == [
        "scenario,policy,metric,month,mean,ci_low,ci_high,p05,p50,p95,unit",
        "'=1+1,b,c,,-0.1,,1e-17,1.0,2.0,3.0,1",
    ]


def test_a_long_configuration_fits_the_file(tmp_path: Path) -> None:
    tallies = {"status_quo": random_tallies(26, 2, 1)}
    output = replace(output_of(tallies, months=1), configuration={"long": "x" * 300_000})
    dataset = to_dataset(output)
    write_results(tmp_path, dataset, [], {})
    assert len(read_results(tmp_path).dataset.attrs["configuration"]) > 300_000


# Dictionary


def test_dictionary_in_the_documentation_matches_the_code() -> None:
    text = (ROOT / "docs" / "results.md").read_text(encoding="utf-8")
    assert text.endswith(dictionary_markdown()), (
        "run: python -m simulator.results.dictionary docs/results.md"
    )


def test_dictionary_names_every_variable_of_a_dataset() -> None:
    dataset = to_dataset(output_of({"status_quo": random_tallies(27, 2, 3)}, months=2))
    text = dictionary_markdown()
    statistic = {
        f"{v.name}{suffix}": v.name for v in STATISTIC_VARIABLES for suffix in STATISTIC_SUFFIXES
    }
    for name in dataset.variables:
        assert f"`{statistic.get(str(name), str(name))}`" in text
    assert {v.name for v in PATH_VARIABLES} <= set(dataset.data_vars)


# History of a sample


def test_a_history_has_a_row_for_each_run_loan_and_month() -> None:
    records = np.zeros((3, 2), dtype=HISTORY_DTYPE)
    records["balance"] = np.arange(6.0).reshape(3, 2)
    records["status"] = int(LoanStatus.OPEN)
    records["cause"][2, 1] = int(Cause.ILLNESS)
    ids = np.array([7, 2**63 + 1], dtype=np.uint64)
    runs = {("baseline", "status_quo"): records, ("baseline", "other"): records}
    table = history_table(runs, ids, ids + np.uint64(1)).to_pydict()
    assert len(table["month"]) == 2 * 3 * 2
    last = {name: column[5] for name, column in table.items()}
    assert last["scenario"] == "baseline"
    assert last["policy"] == "status_quo"
    assert (last["month"], last["balance"], last["status"]) == (2, 5.0, "open")
    assert last["cause"] == "illness"
    assert (last["borrower_id"], last["loan_id"]) == (2**63 + 1, 2**63 + 2)


def test_an_earlier_runs_files_go_before_a_new_run_begins(tmp_path: Path) -> None:
    for name in (*FILE_NAMES, "notes.txt"):
        (tmp_path / name).write_text("earlier")
    remove_results(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]
    remove_results(tmp_path / "absent")
