"""What the caption says of profit and of the policy that raises it most."""

import numpy as np

from simulator.report.kit import style
from simulator.report.profit.bridge_figure import INCOME, Bridge, bridge_figure
from simulator.report.profit.bridge_words import bridge_caption
from simulator.results.income_statement import INCOME_LINES
from simulator.results.summary import SummaryRow
from tests.report.money_runs import WORST, make_money_run
from tests.report.stress_runs import POLICIES, Run, data_of


def test_the_bridge_caption_names_the_best_policy_and_why(bridge: Bridge) -> None:
    text = bridge_caption(bridge)
    net = bridge.stat("epidemic", "status_quo", "Net income")
    assert f"Current policy earns CNY\u00a0{net.mean / 1e6:.1f}\u202fM (95 % interval" in text
    best = max(
        POLICIES[1:],
        key=lambda p: bridge.stat("epidemic", p, "Net income", change=True).mean,
    )
    assert best == "stricter_approval"
    assert "Stricter approval raises it most, by +CNY" in text
    assert "mostly by \u201cprovision charge\u201d" in text


def test_a_net_income_around_zero_is_neither_earned_nor_lost() -> None:
    run = make_money_run(n_paths=40)
    charge = run.dataset["provision_charge"].copy()
    net = Bridge(data_of(run)).stat("epidemic", "status_quo", "Net income").mean
    luck = np.random.default_rng(4).normal(0.0, 4.0e7, (40, 1)) / 24
    charge[:] = charge.values + (net / 0.75 / 24 + luck)
    rows = [
        SummaryRow(*WORST, "break_even_price", None, 0.14, 0.13, 0.15, *(np.nan,) * 3, "1/year"),
        SummaryRow(*WORST, "income_rate", None, 0.125, 0.12, 0.13, *(np.nan,) * 3, "1/year"),
    ]
    dataset = run.dataset.assign(provision_charge=charge)
    text = bridge_caption(Bridge(data_of(Run(dataset, [*run.rows, *rows], run.manifest))))
    assert "after tax in 24 months, not significant: income of" in text
    told = "an income of 14.0\u202f% (95 % interval 13.0 to 15.0) of balance a year; it has 12.5"
    assert f"It breaks even before tax at {told}" in text


def test_profit_that_cannot_be_told_from_zero_is_said_so() -> None:
    run = make_money_run(n_paths=40)
    charge = run.dataset["provision_charge"].copy()
    luck = np.random.default_rng(3).normal(0.0, 3.0e6, (3, 2, 3, 40, 24))
    charge[:, 1:] = charge[:, :1].values + luck
    dataset = run.dataset.assign(provision_charge=charge)
    text = bridge_caption(Bridge(data_of(run._replace(dataset=dataset))))
    assert "No policy raises it significantly" in text
    assert "is not significant" in text


def test_a_run_without_income_is_told_as_it_is() -> None:
    run = make_money_run(n_paths=4)
    nothing = {name: 0.0 * run.dataset[name] for name in INCOME_LINES}
    bridge = Bridge(data_of(run._replace(dataset=run.dataset.assign(nothing))))
    assert bridge.names[0] == INCOME
    assert "Current policy loses" in bridge_caption(bridge)
    assert "income of CNY\u00a00" in bridge_caption(bridge)
    assert bridge_figure(bridge, style.WIDE, "epidemic").data
