"""Allowance, losses and profit of a simulated run, in figures, tables and captions."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from simulator.notebook import stress_test
from simulator.report.kit import style
from simulator.report.kit.data import ReportData
from simulator.report.kit.numbers import Scale, money_scale
from simulator.report.kit.table import PageTable
from simulator.report.page import figure_cards
from simulator.report.profit.bridge_figure import Bridge, bridge_figure
from simulator.report.profit.bridge_words import bridge_caption, bridge_table
from simulator.report.profit.loss_figure import Losses
from simulator.report.provisions.rule_books import provisions_of
from simulator.results.summary import SummaryRow
from tests.report.page_outline import assert_small


def test_a_real_run_closes_its_allowance_and_its_profit(tmp_path: Path) -> None:
    outcome = stress_test(
        scenarios=["baseline", "downturn"],
        policies=["grace_period"],
        paths=4,
        months=6,
        runoff_months=6,
        borrowers=150,
        output=tmp_path,
    )
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert_small(text)
    data = ReportData(outcome)
    found = provisions_of(data)
    assert found is not None
    assert [found.label(book) for book in found.books] == ["CAS 22", "CECL", "China five-tier"]
    assert found.minimum("cecl", "coverage_ratio") is None
    for place in data.places:
        roll = found.roll(place)
        closing = roll.total("closing")
        assert roll.values[:-1].sum() == pytest.approx(closing, rel=1e-9)
        needed = found.needed(place)
        assert needed is not None
        assert needed.mean == pytest.approx(closing, rel=1e-9)
    book = Bridge(data)
    _assert_bridge_agrees(book)
    for scenario in data.scenarios:
        net = _mean(outcome.summary, scenario, "net_income")
        assert book.stat(scenario, "status_quo", "Net income").mean == pytest.approx(net)
        loss = _mean(outcome.summary, scenario, "expected_loss_of_balance")
        assert Losses(data).of((scenario, "status_quo")).mean() == pytest.approx(loss)
    assert figure_cards(data)[0].key == "frontier"


def _assert_bridge_agrees(book: Bridge) -> None:
    """Figure, table and caption have the intervals of summary.csv."""
    data, known = book.data, {"Provision charge": "provision_charge_cas22", "Tax": "tax"}
    for line, metric in {**known, "Net income": "net_income"}.items():
        if line not in book.names:
            continue
        sign = 1.0 if line == "Net income" else -1.0
        for scenario in data.scenarios:
            for policy in data.policies:
                change = policy != data.reference
                row = data.stat(scenario, policy, f"delta_{metric}" if change else metric)
                assert row is not None
                stat = book.stat(scenario, policy, line, change=change)
                ends = sorted(sign * end for end in (row.ci_low or 0.0, row.ci_high or 0.0))
                shown = (stat.mean, stat.ci_low, stat.ci_high)
                assert shown == pytest.approx((sign * row.mean, *ends), rel=1e-6, abs=1e-3)
    worst, policy = data.worst_scenario(), data.alternatives[0]
    row = data.stat(worst, policy, "delta_net_income")
    assert row is not None
    assert row.ci_low is not None
    assert row.ci_high is not None
    margin = row.ci_high - row.mean
    scale = book.scales(worst)[1]
    figure = bridge_figure(book, style.WIDE, worst)
    bars = [trace for trace in figure.data if trace.type == "bar"]
    assert bars[1].error_x.array[-1] == pytest.approx(margin / scale.divisor, rel=1e-3, abs=1e-5)
    assert scale_of(book, worst, policy).span(row.ci_low, row.ci_high) in _table_row(book, worst)
    span = money_scale(data.currency, row.ends).span(row.ci_low, row.ci_high)
    assert span in bridge_caption(book)


def scale_of(book: Bridge, scenario: str, policy: str) -> Scale:
    """The unit of a policy's row in the table."""
    stats = book.stats(scenario, policy)
    return money_scale(book.data.currency, [v for stat in stats for v in stat.ends])


def _table_row(book: Bridge, scenario: str) -> str:
    """Net income of the first policy in the table."""
    place = (book.data.scenario_label(scenario), book.data.policy_label(book.data.alternatives[0]))
    return next(row[-1] for row in PageTable(bridge_table(book)).rows if row[:2] == place)


def _mean(rows: Sequence[SummaryRow], scenario: str, metric: str) -> float:
    """Mean of the whole horizon under the reference."""
    (found,) = (
        row.mean
        for row in rows
        if (row.scenario, row.policy, row.metric) == (scenario, "status_quo", metric)
        and row.month is None
    )
    return found
