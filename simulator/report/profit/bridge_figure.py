"""Income statement bridge: from income to net income, and what each policy changes."""

from typing import Final

import numpy as np
import plotly.graph_objects as go
import xarray as xr

from simulator.report.kit import waterfall
from simulator.report.kit.data import ReportData
from simulator.report.kit.language import mark, tr
from simulator.report.kit.numbers import Scale, money_scale
from simulator.report.kit.statistics import Array
from simulator.report.kit.style import Frame, Sheet
from simulator.results.estimate import Estimate
from simulator.results.income_statement import COST_LINES, statement
from simulator.results.intervals import around, over_paths
from simulator.results.path_metrics import monthly_view
from simulator.results.sampling import sampling_of

COST_WORDS: Final = {
    "funding_cost": mark("Funding"),
    "operating_cost": mark("Operating cost"),
    "collection_cost": mark("Collections"),
    "relief_handling_cost": mark("Relief handling"),
    "underwriting_cost": mark("Underwriting"),
    "acquisition_cost": mark("Acquisition"),
    "programme_cost": mark("Programmes"),
}
"""Lines of cost that differ from their key; like all lines in English, to be said."""

INCOME, CHARGE = mark("Income"), mark("Provision charge")

TAX, NET = mark("Tax"), mark("Net income")


class Bridge:
    """Lines from income to net income of the reported months: money, costs negative."""

    def __init__(self, data: ReportData) -> None:
        self.data = data
        self._lines = _lines(data.dataset, influence=False)
        self._spreads = self._lines | _lines(
            data.dataset, influence="allowance_spread" in data.dataset
        )
        self.names = tuple(self._lines)
        self._draws = sampling_of(data.dataset).whole

    def stat(
        self, scenario: str, policy: str, line: str, *, change: bool = False
    ) -> Estimate[float]:
        """A line's mean over paths with its interval; with ``change`` less the reference's."""
        at = self.data.scenarios.index(scenario), self.data.position(policy)
        shown, spread = self._lines[line][at], self._spreads[line][at]
        if change:
            own = at[0], self.data.position(self.data.reference)
            shown, spread = shown - self._lines[line][own], spread - self._spreads[line][own]
        return over_paths(around(spread, shown), self._draws).at()

    def stats(self, scenario: str, policy: str) -> list[Estimate[float]]:
        """Every line: the reference's own, another policy's change."""
        change = policy != self.data.reference
        return [self.stat(scenario, policy, line, change=change) for line in self.names]

    def scales(self, scenario: str) -> tuple[Scale, Scale]:
        """Units of the reference's lines and of the changes."""
        data = self.data
        own = [stat.mean for stat in self.stats(scenario, data.reference)]
        found = (self.stats(scenario, p) for p in data.drawn_policies[1:])
        rest = [v for stats in found for stat in stats for v in stat.ends]
        return money_scale(data.currency, own), money_scale(data.currency, rest)


def _lines(dataset: xr.Dataset, *, influence: bool) -> dict[str, Array]:
    """Income, net income and lines that hold money between them, as ``statement`` has them.

    Each (scenario, policy, path).
    """
    books, read = statement(dataset, influence), monthly_view(dataset)
    lines: dict[str, Array] = {INCOME: books.income}
    lines |= {COST_WORDS.get(name, name): -read(name) for name in COST_LINES}
    lines |= {CHARGE: -books.provision_charge, TAX: -books.tax, NET: books.net_income}
    return {
        name: values.sum(axis=3)
        for name, values in lines.items()
        if name in (INCOME, NET) or np.any(values)
    }


def bridge_figure(bridge: Bridge, frame: Frame, scenario: str) -> go.Figure:
    """A waterfall of the reference, then for each policy its change of every line."""
    data, names = bridge.data, bridge.names
    drawn = data.drawn_policies
    titles = [tr(line) for line in names]
    grid = waterfall.row_grid(frame, len(drawn), len(names), 4, least=220)
    sheet = Sheet(grid)
    own_scale, change_scale = bridge.scales(scenario)
    found = {p: _bars(bridge, scenario, p) for p in drawn}
    changes = [found[p].ends() for p in drawn[1:]]
    for panel, policy in enumerate(drawn):
        reference = policy == data.reference
        scale = own_scale if reference else change_scale
        ends = found[policy].ends() if reference else np.concatenate(changes)
        room = 52.0 / grid.panel_width if reference else 0.04
        unit = scale.unit if reference else tr("Change ({unit})", unit=scale.unit)
        title = data.policy_label(policy)
        axes = waterfall.row_axes(unit, len(names), waterfall.span_of(ends, scale, room))
        sheet.add_panel(panel, title, *axes)
        row = (data.scenario_label(scenario), title)
        waterfall.add_bars(sheet, panel, titles, found[policy], scale, row=row, numbers=reference)
        if grid.is_left(panel):
            waterfall.add_row_names(sheet, panel, titles)
    return sheet.figure()


def _bars(bridge: Bridge, scenario: str, policy: str) -> waterfall.Bars:
    stats = bridge.stats(scenario, policy)
    means = np.array([stat.mean for stat in stats])
    if policy == bridge.data.reference:
        levels = [name in (INCOME, NET) for name in bridge.names]
        return waterfall.waterfall([float(v) for v in means], levels)
    reach = np.array([s.ci_high - s.mean if s.ci_high is not None else np.nan for s in stats])
    levels = [name == NET for name in bridge.names]
    return waterfall.changes(means, reach, levels)
