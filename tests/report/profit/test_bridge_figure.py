"""The bridge from income to net income."""

import numpy as np
import pytest

from simulator.report.kit import style
from simulator.report.profit.bridge_figure import Bridge, bridge_figure
from tests.report.stress_runs import POLICIES


def test_the_bridge_adds_up_to_net_income(bridge: Bridge) -> None:
    for policy in POLICIES:
        change = policy != "status_quo"
        *parts, net = (
            bridge.stat("epidemic", policy, line, change=change).mean for line in bridge.names
        )
        assert sum(parts) == pytest.approx(net, rel=1e-9)
    assert "Programmes" not in bridge.names  # nothing was paid for any
    figure = bridge_figure(bridge, style.WIDE, "epidemic")
    own = next(t for t in figure.data if t.type == "bar")
    assert own.base[-2] + own.x[-2] == pytest.approx(own.x[-1], rel=1e-3)


def test_a_change_of_profit_is_paired_by_path(bridge: Bridge) -> None:
    charge = bridge.data.dataset["provision_charge"].sel(scenario="epidemic", provision="cas22")
    change = -(charge.sel(policy="grace_period") - charge.sel(policy="status_quo")).sum("month")
    spread = bridge.data.dataset["allowance_spread"] - bridge.data.dataset["allowance"]
    spread = spread.sel(scenario="epidemic", provision="cas22").isel(month=-1, drop=True)
    spread = change - (spread.sel(policy="grace_period") - spread.sel(policy="status_quo"))
    stat = bridge.stat("epidemic", "grace_period", "Provision charge", change=True)
    assert stat.mean == pytest.approx(float(change.mean()))
    error = float(spread.std(ddof=1)) / np.sqrt(change.size)  # rates are estimated too
    assert stat.ci_high is not None
    assert stat.ci_high - stat.mean == pytest.approx(1.984217 * error, rel=1e-5)  # t, 99 dof
