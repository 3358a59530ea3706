"""From income to net income under the reference, and what each policy changes of every line."""

from collections.abc import Mapping
from typing import Final

import numpy as np
import plotly.graph_objects as go

from simulator.report import bars
from simulator.report.data import Array, ReportData, Stat, optional
from simulator.report.numbers import Scale, money_scale
from simulator.report.style import Frame, Sheet
from simulator.results.intervals import over_paths
from simulator.results.metrics import monthly_view
from simulator.results.profit import COST_LINES, statement

COST_WORDS: Final = {
    "funding_cost": "Funding",
    "operating_cost": "Operating cost",
    "collection_cost": "Collections",
    "relief_handling_cost": "Relief handling",
    "underwriting_cost": "Underwriting",
    "programme_cost": "Programmes",
}
"""Lines of cost that differ from their key."""
INCOME, CHARGE, TAX, NET = "Income", "Provision charge", "Tax", "Net income"


class Bridge:
    """Lines from income to net income of the reported months: money, costs negative."""

    def __init__(self, data: ReportData) -> None:
        self.data = data
        books, read = statement(data.dataset), monthly_view(data.dataset)
        lines: dict[str, Array] = {INCOME: books.income}
        for name in COST_LINES:
            lines[COST_WORDS.get(name, name)] = -read(name)
        lines |= {CHARGE: -books.provision_charge, TAX: -books.tax, NET: books.net_income}
        self._lines: Mapping[str, Array] = {
            name: values.sum(axis=3) for name, values in lines.items() if np.any(values)
        }
        self.names = tuple(self._lines)
        self._replicates = int(data.dataset.attrs["luck_replicates"])

    def stat(self, scenario: str, policy: str, line: str, *, change: bool = False) -> Stat:
        """A line's mean over paths with its interval; with ``change`` less the reference's."""
        values = self._lines[line][self.data.scenarios.index(scenario)]
        shown = values[self.data.position(policy)]
        if change:
            shown = shown - values[self.data.position(self.data.reference)]
        found = over_paths(shown, self._replicates)
        low, high = optional(float(found.ci_low)), optional(float(found.ci_high))
        return Stat(float(found.mean), low, high, float(found.p05), float(found.p95))

    def stats(self, scenario: str, policy: str) -> list[Stat]:
        """Every line: the reference's own, another policy's change."""
        change = policy != self.data.reference
        return [self.stat(scenario, policy, line, change=change) for line in self.names]

    def scales(self, scenario: str) -> tuple[Scale, Scale]:
        """Units of the reference's lines and of the changes."""
        data = self.data
        own = [stat.mean for stat in self.stats(scenario, data.reference)]
        found = (self.stats(scenario, p) for p in data.drawn_policies[1:])
        rest = [v for stats in found for stat in stats for v in stat.values()]
        return money_scale(data.currency, own), money_scale(data.currency, rest)


def bridge_figure(bridge: Bridge, frame: Frame, scenario: str) -> go.Figure:
    """A waterfall of the reference, then for each policy its change of every line."""
    data, names = bridge.data, bridge.names
    drawn = data.drawn_policies
    narrow = frame.width < 500
    grid = bars.row_grid(frame, len(drawn), len(names), 4, least=150 if narrow else 220)
    sheet = Sheet(grid)
    own_scale, change_scale = bridge.scales(scenario)
    found = {p: _bars(bridge, scenario, p) for p in drawn}
    changes = [found[p].ends() for p in drawn[1:]]
    for panel, policy in enumerate(drawn):
        reference = policy == data.reference
        scale = own_scale if reference else change_scale
        ends = found[policy].ends() if reference else np.concatenate(changes)
        room = 52.0 / grid.panel_width if reference else 0.04
        unit = scale.unit if reference else f"Change ({scale.unit})"
        title = data.policy_label(policy)
        axes = bars.row_axes(unit, len(names), bars.span_of(ends, scale, room))
        sheet.add_panel(panel, title, *axes)
        bars.add_bars(sheet, panel, names, found[policy], scale, numbers=reference)
        if grid.is_left(panel):
            bars.add_row_names(sheet, panel, names)
    return sheet.figure()


def _bars(bridge: Bridge, scenario: str, policy: str) -> bars.Bars:
    stats = bridge.stats(scenario, policy)
    means = np.array([stat.mean for stat in stats])
    if policy == bridge.data.reference:
        levels = [name in (INCOME, NET) for name in bridge.names]
        return bars.waterfall([float(v) for v in means], levels)
    reach = np.array([s.ci_high - s.mean if s.ci_high is not None else np.nan for s in stats])
    levels = [name == NET for name in bridge.names]
    return bars.changes(means, reach, levels)
