"""Monte Carlo convergence: running means and intervals of what the best policy changes."""

from dataclasses import dataclass
from math import ceil
from typing import Final

import numpy as np
import plotly.graph_objects as go

from simulator.report.kit import style
from simulator.report.kit.data import ReportData
from simulator.report.kit.language import mark, sentences, tr
from simulator.report.kit.numbers import Scale, money_scale, number, points_scale
from simulator.report.kit.statistics import Array
from simulator.report.kit.style import Frame, Grid, Sheet, axis
from simulator.results.decision import worths
from simulator.results.estimate import Estimate
from simulator.results.intervals import over_paths
from simulator.results.path_metrics import net_loss
from simulator.results.sampling import Sampling, sampling_of
from simulator.results.table import BARE, FRACTION, MONEY, Cell, Column, Row, Table, texts

CURVE_POINTS: Final = 60


@dataclass(frozen=True, slots=True)
class Convergence:
    """A difference's running mean and 95 % interval over the first n paths, in ``scale``'s unit."""

    title: str
    scale: Scale
    differences: Array
    of_money: bool
    n_paths: Array
    mean: Array
    low: Array
    high: Array

    @property
    def margin(self) -> float:
        """Half the width of the last interval, in shown units."""
        return float(self.high[-1] - self.low[-1]) / 2.0

    def margin_text(self, currency: str) -> str:
        """That half width in a unit of its own."""
        margin = self.margin * self.scale.divisor
        scale = money_scale(currency, [margin], 2) if self.of_money else points_scale([margin])
        return scale.full(margin)


def convergences(data: ReportData) -> list[Convergence]:
    """What the best policy changes in the worst scenario, by the number of paths so far."""
    scenario, best, reference = data.worst_scenario(), data.best_first[0], data.reference

    def peak(policy: str) -> Array:
        rates: Array = data.by_path("overdue_rate", scenario, policy, 90).max(axis=1)
        return rates

    def loss(policy: str) -> Array:
        losses: Array = net_loss(lambda name: data.by_path(name, scenario, policy)).sum(axis=1)
        return losses

    peaks, losses = (of(best) - of(reference) for of in (peak, loss))
    title, worth = data.measure()[1], worths(data.dataset)[1]
    worth = worth[data.scenarios.index(scenario), data.position(best)]
    sampling = sampling_of(data.dataset)
    return [
        _running(tr("Peak 90+ rate"), peaks, "", sampling),
        _running(tr("Net loss of the reported months"), losses, data.currency, sampling),
        _running(title, worth, data.currency, sampling),
    ]


def _running(title: str, difference: Array, currency: str, sampling: Sampling) -> Convergence:
    """Running means over ever more draws of the economy; of money unless ``currency`` is empty."""
    of_money = bool(currency)
    scale = money_scale(currency, difference) if of_money else points_scale(difference)
    replicates = sampling.replicates
    draws = difference.size // replicates
    counts = np.unique(np.linspace(2, draws, min(CURVE_POINTS, draws - 1)).round()).astype(int)
    parts = [over_paths(difference[: n * replicates], sampling.first(n).whole) for n in counts]
    mean, low, high = (
        np.array([float(getattr(p, name)) for p in parts]) / scale.divisor
        for name in ("mean", "ci_low", "ci_high")
    )
    return Convergence(
        title, scale, difference, of_money, counts.astype(np.float64) * replicates, mean, low, high
    )


def can_converge(data: ReportData) -> bool:
    """Whether there are enough draws of the economy and a policy to compare."""
    return bool(data.alternatives) and data.n_draws > 2 and data.has_money


def convergence_figure(data: ReportData, frame: Frame) -> go.Figure:
    """The running mean of three differences and its 95 % interval, a panel each."""
    found = convergences(data)
    columns = style.columns_for(frame, len(found), 300, 3)
    grid = Grid(frame, len(found), columns, 210, left=64, right=20, gap_x=74, gap_y=76)
    sheet = Sheet(grid)
    colour = style.series(data.policy_number(data.best_first[0]))[0]
    for panel, item in enumerate(found):
        unit = item.scale.unit
        axes = (
            axis(
                tr("Paths"),
                range=[0.0, float(item.n_paths[-1])],
                nticks=6,
                showline=True,
                linecolor=style.MUTED[0],
            ),
            axis(
                tr("Change ({unit})", unit=unit),
                showgrid=True,
                nticks=5,
                zeroline=True,
                zerolinecolor=style.MUTED[0],
                range=_range(item),
            ),
        )
        sheet.add_panel(panel, item.title, *axes)
        x = [float(n) for n in item.n_paths]
        sheet.add_trace(
            panel,
            type="scatter",
            x=x + x[::-1],
            y=[round(float(v), 5) for v in (*item.high, *item.low[::-1])],
            mode="lines",
            line={"width": 0},
            fill="toself",
            fillcolor=style.soft(colour),
            hoverinfo="skip",
        )
        sheet.add_trace(
            panel,
            type="scatter",
            x=x,
            y=[round(float(v), 5) for v in item.mean],
            mode="lines",
            line={"color": colour, "width": 2.2},
            meta={"row": [item.title]},
            hovertemplate=tr("after %{x} paths: %{y:.3~f} UNIT<extra></extra>").replace(
                "UNIT", style.plotly_text(unit)
            ),
        )
    return sheet.figure()


def _range(item: Convergence) -> list[float]:
    """An axis for zero, the last interval and most of the earlier ones."""
    settled = slice(len(item.mean) // 8, None)
    low = min(0.0, float(np.nanmin(item.low[settled])))
    high = max(0.0, float(np.nanmax(item.high[settled])))
    room = 0.06 * (high - low) or 1.0
    return [low - room, high + room]


def convergence_caption(data: ReportData) -> str:
    """How wide the last intervals are and how many paths would halve or settle them."""
    parts = []
    for item in convergences(data):
        margin = item.margin_text(data.currency)
        if item.low[-1] <= 0.0 <= item.high[-1] and item.mean[-1]:
            times = (item.margin / abs(float(item.mean[-1]))) ** 2
            needed = ceil(times * float(item.n_paths[-1]))
            parts.append(
                tr(
                    "{title}: ±{margin}, not significant; at this mean about {n} paths are needed.",
                    title=item.title,
                    margin=margin,
                    n=number(needed, 0),
                )
            )
        else:
            parts.append(tr("{title}: ±{margin}.", title=item.title, margin=margin))
    closing = tr(
        "Four times as many paths, {n}, halve these intervals; the shaded band is the 95 %"
        " interval of the mean over the paths so far, for {policy} against {reference} under"
        " {scenario}.",
        n=number(4.0 * data.n_paths, 0),
        policy=data.policy_label(data.best_first[0]),
        reference=data.policy_label(data.reference),
        scenario=data.scenario_label(data.worst_scenario()),
    )
    return sentences(*parts, closing)


def convergence_table(data: ReportData) -> Table:
    """Running means with their intervals."""
    rows: list[Row] = []
    for item in convergences(data):
        step = max(1, len(item.mean) // 20)
        chosen = sorted({*range(0, len(item.mean), step), len(item.mean) - 1})
        unit = MONEY if item.of_money else FRACTION
        for i in chosen:
            ends = (float(v[i]) * item.scale.divisor for v in (item.mean, item.low, item.high))
            cell = Cell(Estimate(*ends), unit=unit, like=item.differences.tolist())
            rows.append((item.title, number(item.n_paths[i], 0), item.scale.unit, cell))
    names = texts(mark("Measure"), mark("Paths"), mark("Unit"))
    change = Column(mark("Change"), BARE, note="{unit}", is_change=True)
    return Table((*names, change), tuple(rows), n_names=2, currency=data.currency)
