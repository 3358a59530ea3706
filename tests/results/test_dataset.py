"""Dimensions, stocks, contacts and run-off of the dataset of a run."""

from dataclasses import replace

import numpy as np
import pytest

from simulator.results.by_path import PATH_DIMS
from simulator.results.dataset import to_dataset
from simulator.vocabulary import CollectionStage, Count, Flow
from tests.results.outputs import output_of, random_tallies, rows_of, zero_tallies


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
