"""Profit and capital: identities of the income statement, tax, breaches, break-even price."""

import json
import re

import numpy as np
import pytest
import xarray as xr
from numpy.typing import NDArray

from simulator.catalogue import catalogue, parameters_from
from simulator.results.compare import statistics
from simulator.results.dataset import to_dataset
from simulator.results.income_statement import (
    accounting_book,
    has_rule_books,
    parameters_of,
    payouts,
    statement,
    yearly_tax,
)
from simulator.results.intervals import ratio_over_paths
from simulator.results.metric import MetricValues, Span
from simulator.results.path_metrics import BY_NAME, metric_values, monthly_view, total_view
from simulator.results.profit import PROFIT_METRICS, profit_values
from simulator.results.sampling import Draws, Sampling
from simulator.vocabulary import CollectionStage
from tests import ROOT
from tests.results.outputs import output_of, random_tallies

F8 = NDArray[np.float64]
MONTHS, PATHS = 15, 8
POLICIES = ("status_quo", "care")
TOTAL, MONTHLY = (None,), tuple(range(1, MONTHS + 1))


def without_rule_books(draws_per_path: int = 1) -> xr.Dataset:
    tallies = {name: random_tallies(seed, PATHS, MONTHS) for seed, name in enumerate(POLICIES)}
    return to_dataset(output_of(tallies, months=MONTHS, draws_per_path=draws_per_path))


def with_rule_books(draws_per_path: int = 1, charge: float = 60.0) -> xr.Dataset:
    """Two rule books; the charge of the first has the mean ``charge`` a month."""
    dataset = without_rule_books(draws_per_path)
    luck = np.random.default_rng(21)
    dims = ("scenario", "policy", "provision", "path", "month")
    shape = (1, len(POLICIES), 2, PATHS, MONTHS)
    return dataset.assign(
        provision_charge=(dims, luck.normal(charge, 20.0, shape)),
        allowance=(dims, luck.uniform(20.0, 60.0, shape)),
        allowance_at_opening=(dims[:-1], luck.uniform(20.0, 60.0, shape[:-1])),
    ).assign_coords(provision=["cas22", "cecl"])


def values_of(dataset: xr.Dataset) -> dict[tuple[str, bool], MetricValues]:
    """By name and whether the figure is of the whole horizon."""
    return {(item.name, item.months == TOTAL): item for item in profit_values(dataset)}


# Income statement


def test_without_rule_books_there_is_no_profit() -> None:
    dataset = without_rule_books()
    assert not has_rule_books(dataset)
    assert list(profit_values(dataset)) == []


def test_profit_is_the_result_before_losses_less_operating_cost_and_provisions() -> None:
    dataset = with_rule_books()
    read = monthly_view(dataset)
    first_book = dataset["provision_charge"].sel(provision="cas22").values
    expected = BY_NAME["result_before_losses"](read) - read("operating_cost") - first_book
    profit = values_of(dataset)["profit_before_tax", False]
    np.testing.assert_allclose(profit.values, expected, rtol=1e-12)
    assert accounting_book(dataset) == "cas22"
    assert profit.long_name.endswith("under cas22")


def test_net_income_is_the_sum_of_its_lines() -> None:
    dataset = with_rule_books()
    found = {name: item.values for (name, whole), item in values_of(dataset).items() if not whole}
    lines = {name: dataset[name].values for name in dataset if dataset[name].ndim == 4}
    costs = (
        lines["funding_cost"]
        + lines["operating_cost"]
        + dataset["collection_cost_by_stage"].values.sum(axis=-1)
        + (lines["collection_cost"] - dataset["collection_cost_by_stage"].values.sum(axis=-1))
        + lines["relief_cost"]
        - lines["forgiven"]
        + lines["underwriting_cost"]
        + lines["acquisition_cost"]
        + lines["programme_cost"]
    )
    accrued = lines["interest_accrued"] + lines["penalty_accrued"] + lines["fees_accrued"]
    provisions = dataset["provision_charge"].values[:, :, 0]
    expected = accrued - lines["forgiven"] - costs - provisions - found["tax"]
    np.testing.assert_allclose(found["net_income"], expected, rtol=1e-12)
    for name in ("income", "profit_before_tax", "tax", "net_income"):
        total = values_of(dataset)[name, True].values[..., 0]
        np.testing.assert_allclose(total, found[name].sum(axis=-1), rtol=1e-12)


@pytest.mark.parametrize("charge", [20.0, 60.0])
def test_equity_rolls_with_what_is_kept_of_net_income_from_its_opening(charge: float) -> None:
    dataset = with_rule_books(charge=charge)
    found = values_of(dataset)
    equity, net_income, payout = (
        found[name, False].values for name in ("equity", "net_income", "payout")
    )
    kept = net_income - payout
    assets = dataset["balance_at_opening"].values.sum(axis=-1)
    assets = 0.75 * (assets - dataset["allowance_at_opening"].values[:, :, 0])
    np.testing.assert_allclose(equity[..., 0] - 0.13 * assets, kept[..., 0])
    np.testing.assert_allclose(np.diff(equity, axis=-1), kept[..., 1:])
    np.testing.assert_allclose(found["payout", True].values[..., 0], payout.sum(axis=-1))


def test_collection_cost_by_stage_and_complaints_add_up() -> None:
    dataset = without_rule_books()
    read = total_view(dataset)
    stages = [BY_NAME[f"collection_cost_{stage.name.lower()}"](read) for stage in CollectionStage]
    complaints = BY_NAME["collection_cost_complaints"](read)
    np.testing.assert_allclose(sum(stages) + complaints, read("collection_cost"))


def test_operating_cost_is_so_much_a_loan_and_so_much_of_its_balance() -> None:
    dataset = without_rule_books()
    p = parameters_from({})
    of_loans = p["operating_cost_monthly"] * 5.0 * dataset["opening_loans"].values
    of_balance = p["operating_cost_rate"] / 12.0 * dataset["opening_balance"].values
    np.testing.assert_allclose(dataset["operating_cost"].values, of_loans + of_balance)


def test_the_results_carry_every_parameter() -> None:
    assert parameters_of(without_rule_books()) == parameters_from({})


# Tax

JANUARY = np.arange(36) % 12 + 1


def tax(*yearly_profit: float, months: NDArray[np.int64] = JANUARY) -> list[float]:
    """Tax of each year on profit that comes evenly over its months, at 25 %."""
    monthly = np.repeat(np.array(yearly_profit) / 12.0, 12)
    found = yearly_tax(monthly, months[: monthly.size], 0.25)
    return [float(year.sum()) for year in found.reshape(-1, 12)]


def test_losses_are_carried_forward_and_not_back() -> None:
    assert tax(120.0, -60.0, 100.0) == pytest.approx([30.0, 0.0, 10.0])
    assert tax(-60.0, 40.0, 60.0) == pytest.approx([0.0, 0.0, 10.0])
    assert tax(-60.0, -40.0, 60.0) == pytest.approx([0.0, 0.0, 0.0])


def test_tax_within_a_year_follows_the_profit_of_the_year() -> None:
    """Six good months and six bad ones leave nothing to tax, if they lie in one year."""
    profit = np.repeat([10.0, -10.0], 6)
    assert yearly_tax(profit, np.arange(1, 13), 0.25).sum() == pytest.approx(0.0, abs=1e-12)
    july_first = np.array([7, 8, 9, 10, 11, 12, 1, 2, 3, 4, 5, 6])
    assert yearly_tax(profit, july_first, 0.25).sum() == pytest.approx(0.25 * 60.0)


def test_years_are_those_of_the_calendar_of_the_run() -> None:
    dataset = with_rule_books(charge=100.0)
    books = statement(dataset)
    expected = np.zeros_like(books.tax)
    dates = dataset["date"].dt.month.values
    for path in np.ndindex(books.tax.shape[:3]):
        paid = carried = year_so_far = 0.0
        for month, profit in enumerate(books.profit_before_tax[path]):
            year_so_far += profit
            due = 0.25 * max(0.0, year_so_far - carried)
            expected[(*path, month)] = due - paid
            paid = due
            if dates[month] == 12:
                carried = max(0.0, carried - year_so_far)
                paid = year_so_far = 0.0
    np.testing.assert_allclose(books.tax, expected, atol=1e-9)
    assert (books.profit_before_tax.sum(axis=-1) < 0.0).any()
    assert (books.tax < 0.0).any()


# Capital


def test_payouts_follow_their_closed_form_month_by_month() -> None:
    """A table of four months by hand: opening equity 13, target 12 but 20 in the third month.

    Path 0: 13 + 0.5 is 1.5 above the target, all profit is paid; then a loss of 2 pays nothing;
    then profit of 3 leaves 14 below 20; then profit of 1 leaves 15, 3 above 12: 1 is paid.
    Path 1: profit of 4 leaves 17, 5 above: 4 is paid; a loss leaves 11; profit of 9 leaves 20, at
    the target: nothing; a profit of 0 pays nothing, although 8 lie above.
    """
    net_income = np.array([[0.5, -2.0, 3.0, 1.0], [4.0, -2.0, 9.0, 0.0]])
    target = np.array([[12.0, 12.0, 20.0, 12.0]] * 2)
    found = payouts(net_income, np.array([13.0, 13.0]), target)
    np.testing.assert_array_equal(found.payout, [[0.5, 0.0, 0.0, 1.0], [4.0, 0.0, 0.0, 0.0]])
    part = payouts(np.array([5.0, 5.0]), np.array(10.0), np.array([12.0, 13.0]))
    np.testing.assert_array_equal(part.payout, [3.0, 4.0])
    np.testing.assert_array_equal(part.limit, [2, 2])


def test_a_payout_leaves_the_target_and_comes_from_its_months_profit() -> None:
    dataset = with_rule_books(charge=40.0)
    books = statement(dataset)
    target = 0.125 * books.risk_weighted_assets
    paid = books.payout > 0.0
    for limit in (0, 1, 2):
        assert (books.payout_limit == limit).any()
    np.testing.assert_array_equal(paid, books.payout_limit > 0)
    assert (books.payout <= np.maximum(books.net_income, 0.0)).all()
    assert (books.equity >= target * (1.0 - 1e-12))[paid].all()
    at_target = books.payout_limit == 2
    np.testing.assert_allclose(books.equity[at_target], target[at_target])
    assert not books.payout[books.net_income <= 0.0].any()


def test_payouts_agree_with_a_loop_over_paths() -> None:
    books = statement(with_rule_books(charge=40.0))
    target = 0.125 * books.risk_weighted_assets
    for path in np.ndindex(books.payout.shape[:3]):
        equity = float(books.opening_equity[path][0])
        for month, profit in enumerate(books.net_income[path]):
            before = equity + profit
            payout = min(max(0.0, profit), max(0.0, before - target[(*path, month)]))
            assert books.payout[(*path, month)] == pytest.approx(payout, abs=1e-9)
            equity = before - payout


@pytest.mark.parametrize("ratio", [0.13, 0.2])
def test_the_capital_ratio_of_the_opening_is_the_parameter(ratio: float) -> None:
    dataset = with_rule_books()
    parameters = {**parameters_of(dataset), "opening_capital_ratio": ratio}
    dataset.attrs["parameters"] = json.dumps(parameters)
    books = statement(dataset)
    net_loans = dataset["balance_at_opening"].values.sum(axis=-1)
    net_loans = net_loans - dataset["allowance_at_opening"].values[:, :, 0]
    opening = books.opening_equity[..., 0] / (0.75 * net_loans)
    np.testing.assert_allclose(opening, ratio, rtol=1e-15)
    still = values_of(dataset)["capital_ratio_constant_balance", False].values
    np.testing.assert_allclose(still, books.equity / (0.75 * net_loans[..., None]))


def test_the_error_of_allowances_keeps_the_regime_of_each_payout() -> None:
    dataset = with_rule_books(charge=40.0)
    luck = np.random.default_rng(5)
    spread = dataset["allowance"] + luck.normal(0.0, 30.0, dataset["allowance"].shape)
    dataset = dataset.assign(
        allowance_spread=spread,
        allowance_spread_at_opening=dataset["allowance_at_opening"],
    )
    plain, wide = statement(dataset), statement(dataset, influence=True)
    np.testing.assert_array_equal(wide.payout_limit, plain.payout_limit)
    target = 0.125 * wide.risk_weighted_assets
    limit = plain.payout_limit
    assert not wide.payout[limit == 0].any()
    np.testing.assert_array_equal(wide.payout[limit == 1], wide.net_income[limit == 1])
    np.testing.assert_allclose(wide.equity[limit == 2], target[limit == 2])


# Rates of return


def test_return_on_assets_times_balance_is_income() -> None:
    dataset = with_rule_books()
    found = values_of(dataset)
    balance = dataset["opening_balance"].values
    by_month = found["return_on_assets", False].values * balance / 12.0
    np.testing.assert_allclose(by_month, found["net_income", False].values)
    mean = balance.mean(axis=-1, keepdims=True)
    whole = found["return_on_assets", True].values * mean * MONTHS / 12.0
    np.testing.assert_allclose(whole, found["net_income", True].values)


def test_the_net_charge_off_rate_needs_no_rule_books() -> None:
    dataset = without_rule_books()
    rows = {(m.name, m.months == TOTAL): m for m in metric_values(dataset)}
    lost = (dataset["written_off"] + dataset["sold"]).values
    lost = lost - (dataset["recovered"] + dataset["sale_price"]).values
    balance = dataset["opening_balance"].values
    monthly, whole = (rows["net_charge_off_rate", of_all] for of_all in (False, True))
    np.testing.assert_allclose(monthly.values, 12.0 * lost / balance)
    mean = 12.0 * lost.mean(axis=-1) / balance.mean(axis=-1)
    np.testing.assert_allclose(whole.values[..., 0], mean)
    assert monthly.unit == whole.unit == "1/year"


def test_ratios_and_breaches_follow_from_equity() -> None:
    dataset = with_rule_books(charge=75.0)
    found = {name: item.values for (name, whole), item in values_of(dataset).items() if not whole}
    net_loans = dataset["closing_balance"].values - dataset["allowance"].values[:, :, 0]
    np.testing.assert_allclose(found["leverage_ratio"], found["equity"] / net_loans)
    np.testing.assert_allclose(found["capital_ratio"], found["equity"] / (0.75 * net_loans))
    whole = {name: item.values for (name, of_all), item in values_of(dataset).items() if of_all}
    for kind, minimum in (("capital", 0.105), ("leverage", 0.04)):
        below = found[f"{kind}_ratio"] < minimum
        assert 0 < below.sum() < below.size
        np.testing.assert_array_equal(found[f"breach_{kind}"], below)
        np.testing.assert_array_equal(whole[f"ever_breach_{kind}"][..., 0], below.any(axis=-1))
        lowest = found[f"{kind}_ratio"].min(axis=-1)
        np.testing.assert_array_equal(whole[f"lowest_{kind}_ratio"][..., 0], lowest)


def test_a_breach_is_a_chance_with_an_interval_inside_its_range() -> None:
    for (name, _), item in values_of(with_rule_books(charge=-400.0)).items():
        assert item.chance == ("breach" in name)
        if item.chance:
            found = statistics(item, Sampling(1))
            assert not found.mean.any()
            assert not found.ci_low.any()
            np.testing.assert_allclose(found.ci_high, 1.0 - 0.025 ** (1.0 / PATHS))


# Ratios over paths


@pytest.mark.parametrize("draws_per_path", [1, 2])
def test_return_on_equity_and_its_interval_are_those_of_a_ratio(draws_per_path: int) -> None:
    dataset = with_rule_books(draws_per_path, charge=30.0)
    books = statement(dataset)
    net_income, equity = (np.moveaxis(x, 2, 0) for x in (books.net_income, books.equity))
    opening = np.moveaxis(books.opening_equity, 2, 0)[..., 0]
    starts = [opening, *(equity[..., month] for month in range(MONTHS - 1))]
    yearly = net_income.sum(axis=-1) * 12.0 / MONTHS
    expected = ratio_over_paths(yearly, np.mean(starts, axis=0), Draws(draws_per_path))
    item = values_of(dataset)["return_on_equity", True]
    found = statistics(item, Sampling(draws_per_path))
    for name in ("mean", "se", "ci_low", "ci_high"):
        np.testing.assert_allclose(getattr(found, name)[..., 0], getattr(expected, name))
    assert item.unit == "1/year"


def test_a_return_on_equity_that_may_be_gone_is_missing() -> None:
    dataset = with_rule_books(charge=1000.0)
    assert np.isnan(values_of(dataset)["return_on_equity", True].values).all()


def test_at_the_break_even_price_profit_is_zero() -> None:
    """By recomputation: the same run with its income rate moved to that price."""
    dataset = with_rule_books()
    found = values_of(dataset)
    price, rate = (
        found[name, True].values.mean(axis=2, keepdims=True)
        for name in ("break_even_price", "income_rate")
    )
    moved = dataset["interest_accrued"] + (price - rate) * dataset["opening_balance"] / 12.0
    again = values_of(dataset.assign(interest_accrued=moved))
    profit = again["profit_before_tax", True].values
    size = np.abs(found["income", True].values).mean()
    assert abs(found["profit_before_tax", True].values.mean(axis=2)).min() > 1e-3 * size
    np.testing.assert_allclose(profit.mean(axis=2), 0.0, atol=1e-9 * size)
    np.testing.assert_allclose(again["income_rate", True].values.mean(axis=2), price[:, :, 0])


# The file of costs

COSTS = ROOT / "configs" / "parameters" / "default.yaml"


def test_the_file_of_costs_shows_the_defaults_of_the_catalogue() -> None:
    text = COSTS.read_text(encoding="utf-8")
    shown = dict(re.findall(r"^# ([a-z_0-9]+): ([0-9.]+)(?:  |$)", text, re.MULTILINE))
    assert len(shown) == len(re.findall(r"^# [a-z_0-9]+: ", text, re.MULTILINE)) > 15
    assert parameters_from({name: float(value) for name, value in shown.items()}) == (
        parameters_from({})
    )
    capital = {x.name for x in catalogue().values() if x.group == "Profit and capital"}
    assert capital <= shown.keys()


# The registry


def test_every_metric_has_its_spans_and_unit() -> None:
    found = values_of(with_rule_books())
    shape = (1, len(POLICIES), PATHS)
    for metric in PROFIT_METRICS:
        assert ((metric.name, False) in found) == (metric.span is not Span.WHOLE)
        sums = bool(metric.span & (Span.WHOLE | Span.TOTAL))
        assert ((metric.name, True) in found) == sums
        assert ((f"lowest_{metric.name}", True) in found) == (Span.LOWEST in metric.span)
        assert ((f"ever_{metric.name}", True) in found) == (Span.EVER in metric.span)
    for (_, whole), item in found.items():
        assert item.months == (TOTAL if whole else MONTHLY)
        assert item.values.shape == (*shape, len(item.months))
        assert item.unit in ("CNY", "1", "1/year")
    names = [metric.name for metric in PROFIT_METRICS]
    assert len(set(names)) == len(names)
