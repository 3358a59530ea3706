"""Loss distribution: expected loss, value at risk, expected shortfall, share of the economy."""

from math import floor, log10
from typing import Final, NamedTuple

import numpy as np
import plotly.graph_objects as go

from simulator.report.kit import style
from simulator.report.kit.data import ReportData
from simulator.report.kit.label_placement import text_width
from simulator.report.kit.language import tr
from simulator.report.kit.numbers import percent, rate_decimals
from simulator.report.kit.statistics import Array
from simulator.report.kit.style import Frame, Grid, Sheet, axis
from simulator.results.loss_distribution import LEVELS, losses, opening_balance

MOST_BINS: Final = 40

HEAD: Final = 1.75
"""Height of a panel over its highest bar: room for the names of lines."""

LUCK_ROW: Final = 1.66


class Mark(NamedTuple):
    """A line in the distribution: its name, where it stands (share of balance), its look."""

    name: str
    at: float
    colour: str
    dash: str


class Losses:
    """Losses of the whole horizon over the opening balance, of every scenario and policy."""

    def __init__(self, data: ReportData) -> None:
        self.data = data
        opening = opening_balance(data.dataset)
        found = np.full_like(opening, np.nan)
        np.divide(losses(data.dataset), opening, out=found, where=opening > 0)
        self._values = found
        self.places = data.places
        shown = np.concatenate([self.of(place) for place in self.places])
        shown = shown[np.isfinite(shown)]
        low, high = float(shown.min(initial=np.inf)), float(shown.max(initial=-np.inf))
        marks = [mark.at for place in self.places for mark in self.marks(place)]
        self.low, self.high = min([low, *marks]), max([high, *marks])
        self.width = (self.high - self.low) / self.n_bins or max(abs(self.high), 1e-6) / 10.0

    @property
    def horizon(self) -> str:
        """The months that losses cover: ``24 months and 12 of run-off``."""
        months = len(self.data.months)
        runoff = int(self.data.dataset.attrs["runoff_months"])
        if runoff:
            return tr("{n} months and {runoff} of run-off", n=months, runoff=runoff)
        return tr("{n} months", n=months)

    @property
    def n_bins(self) -> int:
        """Bars of a panel: about the root of the paths."""
        return int(np.clip(2 * np.sqrt(self.data.n_paths), 1, MOST_BINS))

    def of(self, place: tuple[str, str]) -> Array:
        """Loss over opening balance of every path."""
        scenario, policy = place
        values = self._values[self.data.scenarios.index(scenario), self.data.position(policy)]
        return np.asarray(values, dtype=np.float64)

    def shares(self, place: tuple[str, str]) -> tuple[Array, Array]:
        """Middles of the bars and the share of paths in each; empty ones left out."""
        values = self.of(place)
        values = values[np.isfinite(values)]
        bins = np.floor((values - self.low) / self.width + 1e-9).astype(np.int64)
        found, counts = np.unique(np.clip(bins, 0, self.n_bins - 1), return_counts=True)
        middles = np.asarray(self.low + (found + 0.5) * self.width, dtype=np.float64)
        return middles, counts / max(1, values.size)

    def marks(self, place: tuple[str, str]) -> list[Mark]:
        """Lines of expected loss, value at risk and expected shortfall that the paths carry."""
        marks = []
        stat = self.data.stat(*place, "expected_loss_of_balance")
        if stat is not None:
            marks.append(Mark(tr("expected"), stat.mean, style.INK[0], "solid"))
        for number, (label, level) in enumerate(LEVELS.items(), start=1):
            for name, words, dash in (("var", "VaR", "dash"), ("es", "ES", "dot")):
                stat = self.data.stat(*place, f"loss_{name}_{label}_of_balance")
                if stat is not None:
                    colour = style.SERIES[number][0]
                    marks.append(Mark(measure_words(words, level), stat.mean, colour, dash))
        return sorted(marks, key=lambda mark: mark.at)


def measure_words(measure: str, level: float) -> str:
    """``VaR 95 %``."""
    return tr("{measure} {level} %", measure=measure, level=f"{100 * level:g}")


def losses_of(data: ReportData) -> Losses | None:
    """The losses of a run, or None where its results do not tell them."""
    place = (data.worst_scenario(), data.reference)
    if data.stat(*place, "expected_loss_of_balance") is None:
        return None
    return Losses(data)


def loss_figure(found: Losses, frame: Frame, policy: str) -> go.Figure:
    """Loss over opening balance: bars of the share of paths, lines of what they tell."""
    data = found.data
    columns = style.columns_for(frame, len(data.scenarios), 330, 3)
    grid = Grid(frame, len(data.scenarios), columns, 250, left=44, gap_x=34, gap_y=84)
    sheet = Sheet(grid)
    tallest = max(float(found.shares(place)[1].max(initial=0.0)) for place in found.places) or 1.0
    room = text_width(tr("expected") + " 00.00 %") + 14
    side = (found.high - found.low or found.width) / max(0.2, 1.0 - room / grid.panel_width)
    runoff = int(data.dataset.attrs["runoff_months"])
    months = f"{len(data.months)}{f' + {runoff}' if runoff else ''}"
    title = tr("Loss in {months} months (% of opening balance)", months=months)
    shown = [100.0 * (found.low - 0.03 * side), 100.0 * (found.low + side)]
    for panel, scenario in enumerate(data.scenarios):
        last = grid.is_last_in_column(panel)
        axes = (
            axis(title if last else None, range=shown, nticks=6),
            axis(
                tr("Paths (%)") if grid.is_left(panel) else None,
                range=[0.0, 100.0 * tallest * HEAD],
                tickvals=round_ticks(100.0 * tallest),
                tickformat="~g",
                showgrid=True,
                showticklabels=grid.is_left(panel),
            ),
        )
        sheet.add_panel(panel, data.scenario_label(scenario), *axes)
        _add_distribution(sheet, found, panel, (scenario, policy))
        _add_marks(sheet, found, panel, (scenario, policy), 100.0 * tallest)
    return sheet.figure()


def round_ticks(top: float) -> list[float]:
    """Zero and up to four multiples of a round step, up to ``top`` (above zero)."""
    size = 10.0 ** floor(log10(top / 4.0))
    step = next(m * size for m in (1.0, 2.0, 5.0, 10.0) if top < 5.0 * m * size)
    return [round(k * step, 12) for k in range(int(top / step + 1e-9) + 1)]


def _add_distribution(sheet: Sheet, found: Losses, panel: int, place: tuple[str, str]) -> None:
    middles, shares = found.shares(place)
    sheet.add_trace(
        panel,
        type="bar",
        x=[round(100.0 * float(v), 5) for v in middles],
        y=[round(100.0 * float(v), 3) for v in shares],
        width=round(92.0 * found.width, 6),
        marker={"color": style.OTHER[0], "line": {"width": 0}},
        meta={"row": list(found.data.row(*place))},
        hovertemplate=tr("around %{x:.2f} %: %{y:.1f} % of paths<extra></extra>"),
    )


def _add_marks(
    sheet: Sheet, found: Losses, panel: int, place: tuple[str, str], tallest: float
) -> None:
    """Lines, the smallest loss the tallest, so that no name crosses a line; and whose luck."""
    marks = found.marks(place)
    decimals = rate_decimals([mark.at for mark in marks])
    steps = np.linspace(1.52, 1.08, max(2, len(marks)))
    for mark, step in zip(marks, steps, strict=False):
        at, top = round(100.0 * mark.at, 5), round(float(step) * tallest, 5)
        sheet.add_trace(
            panel,
            type="scatter",
            x=[at, at],
            y=[0.0, top],
            mode="lines",
            line={"color": mark.colour, "dash": mark.dash, "width": 1.8},
            hoverinfo="skip",
        )
        _add_text(sheet, panel, (at, top), f"{mark.name} {percent(mark.at, decimals)}", mark.colour)
    luck = found.data.stat(*place, "loss_share_economy")
    if luck is not None:
        economy, borrowers = percent(luck.mean, 0), percent(1.0 - luck.mean, 0)
        said = {"economy": economy, "borrowers": borrowers}
        text = tr("Variance: systematic {economy}, idiosyncratic {borrowers}", **said)
        corner = (100.0 * found.low, LUCK_ROW * tallest)
        _add_text(sheet, panel, corner, text, style.MUTED[0])


def _add_text(sheet: Sheet, panel: int, at: tuple[float, float], text: str, colour: str) -> None:
    sheet.add_trace(
        panel,
        type="scatter",
        x=[at[0]],
        y=[at[1]],
        text=[f" {text}"],
        mode="text",
        textposition="middle right",
        textfont={"size": 11, "color": colour},
        hoverinfo="skip",
        cliponaxis=False,
    )
