"""The registry: every row of a run is a metric's, with a direction that one place holds."""

import pytest

from simulator import stress_test
from simulator.results.metric import HIGHER, LOWER
from simulator.results.metrics import (
    OF_STANDARDS,
    REGISTRY,
    WITHOUT_STANDARD,
    better,
    metric_of,
)
from simulator.results.profit import PROFIT_METRICS
from simulator.results.provisions.metrics import PROVISION_METRICS


def test_a_name_stands_once() -> None:
    names = [m.name for m in (*PROVISION_METRICS, *WITHOUT_STANDARD, *PROFIT_METRICS)]
    assert len(set(names)) == len(names)
    assert set(REGISTRY) == {*names, *(m.name for m in OF_STANDARDS)}


def test_every_row_of_a_run_is_a_metric_of_its_unit() -> None:
    outcome = stress_test(
        scenarios=["baseline"], policies=["grace_period"], paths=2, months=3, borrowers=150
    )
    currency = str(outcome.dataset.attrs["currency"])
    assert {"delta_value", "ever_breach_capital"} <= {row.metric for row in outcome.summary}
    for row in outcome.summary:
        if row.metric.startswith("roll_forward_"):
            continue
        metric = metric_of(row.metric)
        assert metric is not None, row.metric
        assert row.unit == metric.unit.replace("currency", currency), row.metric


@pytest.mark.parametrize(
    ("row", "name", "direction"),
    [
        ("delta_peak_overdue_balance_90", "overdue_balance_90", LOWER),
        ("delta_lifetime_net_loss", "net_loss", LOWER),
        ("value", "value", HIGHER),
        ("delta_allowance_cas22", "allowance", LOWER),
        ("allowance_90_change", "allowance_90_change", LOWER),
        ("lowest_booked_coverage_ratio_my_book", "booked_coverage_ratio", 0),
        ("delta_lowest_capital_ratio", "capital_ratio", HIGHER),
        ("ever_breach_capital", "breach_capital", LOWER),
        ("coverage_cas22_stage_2", "coverage", 0),
        ("balance", "balance", 0),
        ("harmed", "harmed", LOWER),
    ],
)
def test_a_row_finds_its_metric_and_direction(row: str, name: str, direction: int) -> None:
    metric = metric_of(row)
    assert metric is not None
    assert metric.name == name
    assert better(row) == direction


def test_a_row_that_is_no_metric_has_no_direction() -> None:
    assert metric_of("break_even_take_up") is None
    assert better("roll_forward_cas22_closing") == 0
