"""Tail of the loss distribution against closed forms, and its intervals by how often they hold."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from simulator.results.dataset import to_dataset
from simulator.results.estimate import Estimate
from simulator.results.intervals import share_over_paths
from simulator.results.loss_distribution import (
    LEVELS,
    TAIL_METRICS,
    TailRow,
    economy_share,
    expected_shortfall,
    loss_values,
    losses,
    paths_at,
    paths_needed,
    share_of_halves,
    shortfall_difference,
    value_at_risk,
)
from simulator.results.path_metrics import BY_NAME, lifetime_view
from simulator.results.tail_figures import tail_rows
from tests.results.outputs import output_of, random_tallies

F8 = NDArray[np.float64]
REPETITIONS = 300
COVERAGE = (0.90, 0.98)
"""What a 95 % interval may hold in 300 repetitions: 4 standard errors of 1.3 % on either side."""


def holds(found: Estimate[float], truth: float) -> bool:
    return found.ci_low <= truth <= found.ci_high


def coverage(intervals: list[Estimate[float]], truth: float) -> float:
    assert len(intervals) == REPETITIONS
    return float(np.mean([holds(found, truth) for found in intervals]))


# Quantile and shortfall

NORMAL_AT, NORMAL_BEYOND = stats.norm.ppf(0.95), stats.norm.pdf(stats.norm.ppf(0.95)) / 0.05
EXPONENTIAL_AT = -np.log(0.05)
CLOSED_FORMS = {
    "normal": (stats.norm(), NORMAL_AT, NORMAL_BEYOND),
    "exponential": (stats.expon(), EXPONENTIAL_AT, EXPONENTIAL_AT + 1.0),
}


@pytest.mark.parametrize("shape", CLOSED_FORMS)
def test_intervals_hold_the_truth_as_often_as_they_say(shape: str) -> None:
    law, at, beyond = CLOSED_FORMS[shape]
    draws = law.rvs((REPETITIONS, 1000), random_state=np.random.default_rng(11))
    low, high = COVERAGE
    assert low <= coverage([value_at_risk(loss, 0.95, 1) for loss in draws], at) <= high
    assert low <= coverage([expected_shortfall(loss, 0.95, 1) for loss in draws], beyond) <= high


def one_factor(repetitions: int, draws: int, replicates: int, share: float) -> F8:
    """Normal losses with mean 0 and variance 1, of which ``share`` is common to a draw."""
    luck = np.random.default_rng(12)
    common = luck.normal(size=(repetitions, draws, 1))
    own = luck.normal(size=(repetitions, draws, replicates))
    values = np.sqrt(share) * common + np.sqrt(1.0 - share) * own
    return np.asarray(values.reshape(repetitions, draws * replicates))


def test_intervals_hold_when_paths_share_their_economy() -> None:
    """Independent paths would give far too narrow intervals."""
    runs = one_factor(REPETITIONS, 300, 5, 0.7)
    low, high = COVERAGE
    at_risk = [value_at_risk(loss, 0.9, 5) for loss in runs]
    assert low <= coverage(at_risk, stats.norm.ppf(0.9)) <= high
    beyond = stats.norm.pdf(stats.norm.ppf(0.9)) / 0.1
    shortfall = [expected_shortfall(loss, 0.9, 5) for loss in runs]
    assert low <= coverage(shortfall, beyond) <= high
    naive = [value_at_risk(loss, 0.9, 1) for loss in runs]
    assert coverage(naive, stats.norm.ppf(0.9)) < low


def test_value_at_risk_is_the_order_statistic_and_shortfall_the_mean_beyond() -> None:
    loss = np.random.default_rng(13).permutation(np.arange(1.0, 401.0))
    assert value_at_risk(loss, 0.95, 1).mean == 380.0
    assert expected_shortfall(loss, 0.95, 1).mean == pytest.approx(np.arange(381, 401).mean())
    moved = expected_shortfall(3.0 * loss + 7.0, 0.95, 1)
    still = expected_shortfall(loss, 0.95, 1)
    np.testing.assert_allclose(moved.ends, 3.0 * np.array(still.ends) + 7.0)


def test_shortfall_of_a_quantile_between_paths_is_still_the_closed_form_integral() -> None:
    """ES = integral of the empirical quantile over the worst 1 - level, ties included."""
    loss = np.random.default_rng(14).poisson(3.0, 1003).astype(float)
    grid = (np.arange(200_000) + 0.5) / 200_000 * 0.1 + 0.9
    expected = np.quantile(loss, grid, method="inverted_cdf").mean()
    assert expected_shortfall(loss, 0.9, 1).mean == pytest.approx(expected, rel=1e-4)


def test_paired_shortfalls_differ_by_a_constant_exactly() -> None:
    loss = np.random.default_rng(15).gamma(2.0, size=500)
    found = shortfall_difference(loss + 4.0, loss, 0.95, 1)
    np.testing.assert_allclose(found.ends, (4.0, 4.0, 4.0), rtol=1e-12)


def test_the_interval_of_a_paired_shortfall_holds_the_truth() -> None:
    """Losses cut by a fifth, with noise of their own: the difference is a fifth of the ES."""
    luck = np.random.default_rng(16)
    loss = luck.exponential(size=(REPETITIONS, 1000))
    found = [shortfall_difference(0.8 * item, item, 0.95, 1) for item in loss]
    low, high = COVERAGE
    assert low <= coverage(found, -0.2 * (EXPONENTIAL_AT + 1.0)) <= high


# What paths can carry


@pytest.mark.parametrize(
    ("paths", "carried"),
    [(99, ()), (100, ("95",)), (500, ("95", "99")), (5_000, ("95", "99", "999"))],
)
def test_a_level_needs_five_paths_beyond_it(paths: int, carried: tuple[str, ...]) -> None:
    loss = np.random.default_rng(17).normal(size=paths)
    for label, level in LEVELS.items():
        for estimate in (value_at_risk, expected_shortfall):
            assert np.isnan(estimate(loss, level, 1).ends).any() == (label not in carried)


def test_the_paths_that_a_level_needs_are_enough_when_paths_are_independent() -> None:
    loss = np.random.default_rng(18).normal(size=100)
    assert [paths_needed(loss, level, 1) for level in LEVELS.values()] == [100, 500, 5_000]


def test_replicates_of_one_economy_count_once_when_borrowers_do_not_matter() -> None:
    """600 paths of 60 economies with nothing else to tell them apart are 60 paths."""
    loss = np.repeat(np.random.default_rng(19).normal(size=60), 10)
    assert paths_at(loss, 0.9, 10) == pytest.approx(60.0)
    assert np.isnan(value_at_risk(loss, 0.95, 10).mean)
    assert paths_needed(loss, 0.95, 10) == 1000
    assert paths_at(np.ones(8), 0.5, 8) == 1.0


def test_replicates_without_a_common_economy_lose_little() -> None:
    loss = one_factor(1, 400, 5, 0.0)[0]
    error = np.sqrt(2.0 / 399)  # of a variance over 400 draws, which the design effect is
    assert paths_at(loss, 0.9, 5) >= 2000 / (1.0 + 5.0 * error)


# Chances


@pytest.mark.parametrize("hits", [0, 1, 17, 59, 60])
def test_the_interval_of_a_chance_is_the_exact_binomial_one(hits: int) -> None:
    found = share_over_paths((np.arange(60) < hits).astype(float), 1)
    exact = stats.binomtest(hits, 60).proportion_ci(0.95, "exact")
    assert found.mean == pytest.approx(hits / 60)
    np.testing.assert_allclose((found.ci_low, found.ci_high), exact, atol=1e-12)


def test_the_interval_of_a_chance_counts_economies_when_only_they_matter() -> None:
    alike = share_over_paths(np.repeat(np.arange(30) < 6, 8).astype(float), 8)
    exact = stats.binomtest(6, 30).proportion_ci(0.95, "exact")
    np.testing.assert_allclose((alike.ci_low, alike.ci_high), exact)
    never = share_over_paths(np.zeros(240), 8)
    assert never.ci_high == pytest.approx(1.0 - 0.025 ** (1.0 / 30.0))


# Luck of the economy and of borrowers


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9])
def test_the_share_of_the_economy_is_recovered_with_its_interval(share: float) -> None:
    found = [economy_share(loss, 4) for loss in one_factor(REPETITIONS, 50, 4, share)]
    assert 0.93 <= np.mean([holds(item, share) for item in found]) <= 1.0
    if share:
        low, high = COVERAGE
        assert low <= coverage(found, share) <= high
        means = np.array([item.mean for item in found])
        # The estimator is biased by less than one part in the number of draws.
        error = means.std(ddof=1) / np.sqrt(REPETITIONS)
        assert abs(means.mean() - share) <= 5 * error + share / 50


def test_the_share_of_the_economy_by_hand() -> None:
    """Draws (1, 3) and (5, 7): between 2 * 8 = 16, within 2; (16 - 2) / (16 + 2) = 7/9."""
    found = economy_share(np.array([1.0, 3.0, 5.0, 7.0]), 2)
    assert found.mean == pytest.approx(7.0 / 9.0)
    assert 0.0 <= found.ci_low <= found.mean <= found.ci_high <= 1.0


def test_the_share_of_the_economy_at_its_ends() -> None:
    all_economy = np.repeat(np.arange(5.0), 3)
    assert economy_share(all_economy, 3).ends == (1.0, 1.0, 1.0)
    assert economy_share(np.tile(np.arange(3.0), 5), 3).mean == 0.0
    for loss, replicates in ((np.arange(6.0), 1), (np.arange(6.0), 6), (np.ones(6), 2)):
        assert np.isnan(economy_share(loss, replicates).ends).all()


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_halves_of_the_book_recover_the_share_of_the_economy(share: float) -> None:
    """Losses of two halves with a common part; intervals hold the truth as often as they say."""
    rng = np.random.default_rng(7)
    economy = rng.normal(size=(REPETITIONS, 200)) * np.sqrt(share) / 2.0
    own = rng.normal(size=(2, REPETITIONS, 200)) * np.sqrt((1.0 - share) / 2.0)
    found = [share_of_halves(*halves) for halves in (economy + own).swapaxes(0, 1)]
    inside = np.mean([f.ci_low <= share <= f.ci_high for f in found])
    assert 0.90 < inside < 0.98
    assert np.mean([f.mean for f in found]) == pytest.approx(share, abs=0.02)


def test_halves_that_never_vary_have_no_share() -> None:
    assert np.isnan(share_of_halves(np.ones(9), np.arange(9.0)).ends).all()
    assert np.isnan(share_of_halves(np.arange(3.0), np.arange(3.0)).ends).all()


# From results.nc


def by_name(rows: list[TailRow], policy: str) -> dict[str, Estimate[float]]:
    found = [row for row in rows if row.policy == policy]
    assert len({row.metric for row in found}) == len(found)
    return {row.metric: row.estimate for row in found}


def test_rows_are_the_figures_of_the_losses_in_the_results() -> None:
    tallies = {name: random_tallies(seed, 400, 4) for seed, name in enumerate(("status_quo", "b"))}
    dataset = to_dataset(output_of(tallies, months=3, draws_per_path=2))
    found = by_name(tail_rows(dataset), "b")
    loss = losses(dataset)
    np.testing.assert_array_equal(loss, BY_NAME["credit_loss"](lifetime_view(dataset))[..., 0])
    assert found["loss_var_95"] == value_at_risk(loss[0, 1], 0.95, 2)
    assert found["loss_es_95"] == expected_shortfall(loss[0, 1], 0.95, 2)
    assert found["delta_loss_es_95"] == shortfall_difference(loss[0, 1], loss[0, 0], 0.95, 2)
    opening = float(dataset["balance_at_opening"].values[0, 1, 0].sum())
    expected = np.array(found["loss_es_95"].ends) / opening
    np.testing.assert_allclose(found["loss_es_95_of_balance"].ends, expected)
    shares = found["loss_share_economy"].mean, found["loss_share_borrowers"].mean
    assert sum(shares) == pytest.approx(1.0)
    assert np.isnan(found["loss_var_999"].mean)
    assert found["paths_needed_loss_var_999"].mean >= 5_000
    assert "paths_needed_loss_var_95" not in found


def test_the_reference_has_no_difference_and_one_replicate_shares_by_halves() -> None:
    tallies = {name: random_tallies(3, 40, 4) for name in ("status_quo", "b")}
    rows = tail_rows(to_dataset(output_of(tallies, months=4)))
    assert not any(name.startswith("delta_") for name in by_name(rows, "status_quo"))
    shares = [row.estimate.mean for row in rows if row.metric.startswith("loss_share_")]
    assert len(shares) == 4
    assert shares[0] + shares[1] == pytest.approx(1.0)
    known = {metric.name for metric in TAIL_METRICS}
    assert {row.metric.removeprefix("delta_") for row in rows} <= known
    units = {row.metric: row.unit for row in rows}
    assert (units["loss_var_95"], units["loss_var_95_of_balance"]) == ("CNY", "1")
    assert units["paths_needed_loss_var_95"] == "paths"


def test_the_expected_loss_is_the_mean_of_the_same_losses() -> None:
    dataset = to_dataset(output_of({"status_quo": random_tallies(4, 6, 5)}, months=3))
    money, of_balance = loss_values(dataset)
    np.testing.assert_array_equal(money.values[..., 0], losses(dataset))
    opening = dataset["balance_at_opening"].values.sum(axis=-1)
    np.testing.assert_allclose(of_balance.values[..., 0], losses(dataset) / opening)
    assert (money.unit, of_balance.unit) == ("CNY", "1")
