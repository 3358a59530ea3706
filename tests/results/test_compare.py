"""Policies against the reference, path by path under the same luck."""

import numpy as np
import pytest
import xarray as xr
from scipy import stats

from simulator.results.compare import reference_index
from simulator.results.dataset import to_dataset
from simulator.results.summary import differences, summarise
from simulator.validation import UserError
from simulator.vocabulary import Flow
from tests.results.outputs import output_of, random_tallies, rows_of, zero_tallies


def difference(dataset, metric, policies, scenario=None):
    """One metric under one scenario, or over all by weight."""
    (found,) = differences(dataset, policies, (scenario,), metric)
    return found.estimate


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


def test_a_difference_of_two_policies_is_what_the_summary_says() -> None:
    output = output_of(
        {"other": random_tallies(17, 9, 3), "status_quo": random_tallies(18, 9, 3)}, months=3
    )
    dataset = to_dataset(output)
    rows = [r for r in summarise(dataset) if r.month is None and r.metric.startswith("delta_")]
    assert {"delta_peak_overdue_rate_30", "delta_net_loss"} <= {row.metric for row in rows}
    for row in rows:
        name = row.metric.removeprefix("delta_")
        if not name.startswith("loss_es"):  # all paths together make it
            found = difference(dataset, name, ("other", "status_quo"), row.scenario)
            np.testing.assert_equal(found.ends, row.estimate.ends, err_msg=name)
    with pytest.raises(UserError, match=r"metric must be one of .*; got peak_overdue_rat - did"):
        difference(dataset, "peak_overdue_rat", ("other", "status_quo"))


def test_an_unknown_reference_is_named_with_what_is_allowed() -> None:
    dataset = to_dataset(output_of({"status_quo": zero_tallies(2, 1)}, months=1))
    with pytest.raises(UserError, match="reference must be one of status_quo; got statusquo"):
        reference_index(dataset, "statusquo")


def test_any_two_policies_are_compared_path_by_path_in_a_scenario_or_by_weight() -> None:
    values = np.random.default_rng(19).normal(5.0, 1.0, (2, 3, 40))
    values[:, 2] = values[:, 1] + np.array([[0.1], [0.3]])
    dataset = xr.Dataset(
        {
            "worth": (("scenario", "policy", "path"), values),
            "scenario_weight": ("scenario", [0.25, 0.75]),
        },
        coords={"scenario": ["calm", "storm"], "policy": ["status_quo", "a", "b"]},
        attrs={"draws_per_path": 1},
    )
    alone = difference(dataset, "worth", ("b", "a"), "storm")
    assert alone.ends == pytest.approx((0.3, 0.3, 0.3))
    assert difference(dataset, "worth", ("b", "a")).mean == pytest.approx(0.25 * 0.1 + 0.75 * 0.3)
    gap = values[0, 1] - values[0, 0]
    low, high = stats.t.interval(0.95, 39, gap.mean(), stats.sem(gap, ddof=1))
    found = difference(dataset, "worth", ("a", "status_quo"), "calm")
    assert found.ends == pytest.approx((gap.mean(), low, high))
