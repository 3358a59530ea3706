"""Who is saved, delayed or harmed by each policy."""

from collections.abc import Sequence
from math import ceil, floor, log10
from typing import Final

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from simulator.report.kit import style
from simulator.report.kit.data import ReportData
from simulator.report.kit.language import tr
from simulator.report.kit.outcome_kinds import PANELS, PER, FateKind
from simulator.report.kit.style import Frame, Grid, Settings, Sheet, axis, axis_names
from simulator.results.ranking import Frontier

F8 = NDArray[np.float64]

BAR: Final = 0.62
"""Thickness of a bar, of a row."""


def shown_panels(data: ReportData) -> tuple[tuple[str, tuple[FateKind, ...]], ...]:
    """Panels that show anybody in any scenario; the first always stands."""
    return PANELS[:1] + tuple(
        (title, kinds)
        for title, kinds in PANELS[1:]
        if any(s.fate(k.fate).mean > 0 for f in data.frontiers for s in f.standings for k in kinds)
    )


def fates_figure(data: ReportData, frame: Frame, frontier: Frontier) -> go.Figure:
    """One row a policy, best first: borrowers saved, delayed, harmed ..., per 1,000."""
    panels = shown_panels(data)
    standings = frontier.standings
    columns = style.columns_for(frame, len(panels), 230, 3)
    left = 200 if frame.width > 900 else 150 if frame.width > 500 else 146
    height = 21 * len(standings) + 8
    grid = Grid(frame, len(panels), columns, height, left=left, gap_x=26, gap_y=80)
    sheet = Sheet(grid)
    for panel, (title, kinds) in enumerate(panels):
        ends = {1: np.zeros(len(standings)), -1: np.zeros(len(standings))}
        for kind in kinds:
            means = np.array([s.fate(kind.fate).mean for s in standings])
            size = PER * means / max(frontier.compared, 1e-9)
            rows = -np.arange(len(standings), dtype=np.float64)
            bars = (rows, ends[kind.side], size)
            _add_bars(sheet, panel, kind, bars, _row_names(data, frontier))
            ends[kind.side] = ends[kind.side] + kind.side * size
        rows_axis = axis(range=[-len(standings) + 0.4, 0.6], showticklabels=False)
        sheet.add_panel(panel, tr(title), _rate_axis(ends[-1].min(), ends[1].max()), rows_axis)
        if grid.is_left(panel):
            _add_row_names(sheet, data, panel, [(s.rank, s.policy) for s in standings])
    return sheet.figure()


def _row_names(data: ReportData, frontier: Frontier) -> tuple[str, list[str]]:
    """Names in the table: of the frontier's rows, and of each policy among them."""
    return place_label(data, frontier), [data.policy_label(s.policy) for s in frontier.standings]


def place_label(data: ReportData, frontier: Frontier) -> str:
    """Where a frontier holds, as rows of tables are called."""
    if frontier.scenario is None:
        return tr("All, by weight")
    return data.scenario_label(frontier.scenario)


def per_borrowers() -> str:
    """Unit of rates."""
    return tr("Per {number} borrowers", number=f"{PER:,.0f}")


def _rate_axis(low: float, high: float) -> Settings:
    """An axis from ``low`` to ``high`` whose ticks have no sign: the side tells the meaning."""
    room = 0.04 * (high - low) or 1.0
    size = 10.0 ** floor(log10(max(high - low, 1e-6) / 4))
    step = next(m * size for m in (1, 2, 5, 10) if (high - low) / (m * size) <= 5)
    ticks = [k * step for k in range(ceil(low / step), int(high / step) + 1)]
    return axis(
        per_borrowers(),
        range=[low - room, high + room],
        tickvals=ticks,
        ticktext=[f"{abs(tick):g}" for tick in ticks],
        showgrid=True,
        zeroline=True,
        zerolinecolor=style.MUTED[0],
        zerolinewidth=1.2,
    )


def _add_bars(
    sheet: Sheet,
    panel: int,
    kind: FateKind,
    bars: tuple[F8, F8, F8],
    named: tuple[str, Sequence[str]],
) -> None:
    """Horizontal bars (rows, where they begin, size) of one fate, on its side of zero."""
    (rows, begin, size), (place, names) = bars, named
    sheet.add_trace(
        panel,
        type="bar",
        orientation="h",
        y=[float(r) for r in rows],
        x=[round(kind.side * float(v), 4) for v in size],
        base=[round(float(b), 4) for b in begin],
        width=BAR,
        offset=-BAR / 2,
        name=tr(kind.name),
        text=[style.plotly_text(policy) for policy in names],
        textposition="none",
        meta={"row": [place]},
        customdata=[f"{v:.2f}" for v in size],
        marker={"color": kind.colour[0], "line": {"width": 0}},
        hovertemplate="%{text}<br>%{fullData.name}: %{customdata}<extra></extra>",
    )


def _add_row_names(
    sheet: Sheet, data: ReportData, panel: int, rows: Sequence[tuple[int, str]]
) -> None:
    """Rank and name of each policy to the left of a panel."""
    x_name, y_name = axis_names(panel)
    fits = int((sheet.grid.left - 26) / 6.4)
    for row, (rank, policy) in enumerate(rows):
        for text, shift in ((str(rank), 0), (data.policy_label(policy, fits), 22)):
            sheet.add_label(
                text,
                style.INK[0] if shift else style.MUTED[0],
                x=0.0,
                y=-row,
                xref=f"{x_name} domain",
                yref=y_name,
                xshift=-sheet.grid.left + shift,
                font={"size": 12, "color": style.INK[0] if shift else style.MUTED[0]},
            )
