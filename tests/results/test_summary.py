"""Rows of the summary: parts add up, names of the contract, one path alone."""

from pathlib import Path

import numpy as np
import pytest

from simulator.results.dataset import to_dataset
from simulator.results.files import SUMMARY_NAME
from simulator.results.path_metrics import BY_NAME, METRICS
from simulator.results.recoveries import recoveries
from simulator.results.store import write_summary
from simulator.results.summary import summarise
from simulator.vocabulary import Count
from tests.results.outputs import PRODUCT_LIST, among, output_of, random_tallies, rows_of


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
    costs += total("acquisition_cost") + total("programme_cost")
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
