"""Net loss over time: figure, caption, table."""

from functools import partial

import numpy as np
import plotly.graph_objects as go

from simulator.report.kit.data import ReportData
from simulator.report.kit.fans import policy_fans
from simulator.report.kit.language import mark, tr
from simulator.report.kit.numbers import Scale, money_scale
from simulator.report.kit.statistics import Fan, fan_of
from simulator.report.kit.style import Frame
from simulator.report.kit.table import month_table
from simulator.results.path_metrics import net_loss
from simulator.results.table import MONEY, Column, Table


def loss_fan(data: ReportData, scenario: str, policy: str) -> Fan:
    """Net loss from the first month up to each month, over paths (money)."""
    losses = net_loss(lambda name: data.by_path(name, scenario, policy))
    return fan_of(np.cumsum(losses, axis=1))


def _loss_scale(data: ReportData) -> Scale:
    return money_scale(data.currency, _highest(data))


def _highest(data: ReportData) -> list[float]:
    """The upper end of each band that is drawn."""
    fans = [loss_fan(data, s, p) for s in data.scenarios for p in data.drawn_policies]
    return [float(np.nanmax(fan.high)) for fan in fans]


def losses_over_time(data: ReportData, frame: Frame) -> go.Figure:
    """Cumulative net loss by month: median and 5-95 % band of policies, a panel a scenario."""
    scale = _loss_scale(data)
    fans = {
        (s, p): loss_fan(data, s, p).each(lambda values: values / scale.divisor)
        for s in data.scenarios
        for p in data.drawn_policies
    }
    title = tr("Net loss so far ({unit})", unit=scale.unit)
    return policy_fans(data, frame, fans, title, scale.unit)


def losses_caption(data: ReportData) -> str:
    """What has been lost by the last month in the worst scenario, and under which policy least."""
    scenario, scale = data.worst_scenario(), _loss_scale(data)
    last = {p: float(loss_fan(data, scenario, p).median[-1]) for p in data.policies}
    least = min(last, key=lambda p: last[p])
    return tr(
        "Under {scenario} the median path has lost {loss} net of recoveries by month {month}"
        " under {reference}; least under {policy}, {least}. Later losses are not in the figure.",
        scenario=data.scenario_label(scenario),
        reference=data.policy_label(data.reference),
        loss=scale.full(last[data.reference]),
        month=f"{data.months[-1]:.0f}",
        policy=data.policy_label(least),
        least=scale.full(last[least]),
    )


def losses_table(data: ReportData) -> Table:
    """Cumulative net loss, a row a scenario, policy and month."""
    column = Column(mark("Net loss so far ({unit})"), MONEY, like=_highest(data))
    return month_table(data, [column], [partial(loss_fan, data)])
