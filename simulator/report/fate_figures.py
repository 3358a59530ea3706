"""Who is saved, delayed or harmed by each policy, and which groups of borrowers those are."""

from collections.abc import Mapping, Sequence
from math import ceil, floor, log10, nan
from textwrap import wrap
from typing import Final, NamedTuple

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from scipy.special import stdtrit

from simulator.report import style
from simulator.report.data import ReportData, clean
from simulator.report.style import Frame, Grid, Settings, Sheet, axis, axis_names
from simulator.results.frontier import Frontier
from simulator.results.intervals import CONFIDENCE
from simulator.vocabulary import Fate

F8 = NDArray[np.float64]

PER: Final = 1000.0
"""Borrowers that rates are given for."""
BAR: Final = 0.62
"""Thickness of a bar, of a row."""


class FateKind(NamedTuple):
    """How a fate is drawn: to the right (1) or left (-1) of zero."""

    fate: Fate
    name: str
    colour: tuple[str, str]
    side: int


FIRST_90: Final = (
    FateKind(Fate.SAVED, "saved", style.SERIES[3][:2], 1),
    FateKind(Fate.DELAYED, "delayed", style.CAUSE_SERIES[5], 1),
    FateKind(Fate.CENSORED, "follow-up too short to tell", style.OTHER, 1),
    FateKind(Fate.HARMED, "harmed", style.SERIES[2][:2], -1),
    FateKind(Fate.HASTENED, "hastened", style.CAUSE_SERIES[3], -1),
)
"""What a policy does to the first time at 90+ days past due; these exclude each other."""
FREE: Final = (
    FateKind(
        Fate.FREE_RIDER,
        "free riders: took relief, would not have been 30 days late without it",
        style.CAUSE_SERIES[1],
        1,
    ),
)
LENDING: Final = (
    FateKind(Fate.REFUSED_GOOD, "no loan here: would have paid", style.CAUSE_SERIES[6], -1),
    FateKind(Fate.REFUSED_BAD, "no loan here: would have defaulted", style.SERIES[6][:2], 1),
)
PANELS: Final = (
    ("First time at 90+", FIRST_90),
    ("Free riders", FREE),
    ("No loan here", LENDING),
)
FATE_KINDS: Final = tuple(kind for _, kinds in PANELS for kind in kinds)

TICK_WIDTH: Final = 14
"""Characters of a line of a group's name."""
GROUPS: Final = {
    "income_decile": "Income decile",
    "age_band": "Age",
    "region": "Region",
    "product": "Product",
}
"""Dimensions by which the results tell who bears a policy."""
BEARING: Final = (FIRST_90[0], FIRST_90[3])


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
            names = [data.policy_label(s.policy) for s in standings]
            _add_bars(sheet, panel, kind, (rows, ends[kind.side], size), names)
            ends[kind.side] = ends[kind.side] + kind.side * size
        rows_axis = axis(range=[-len(standings) + 0.4, 0.6], showticklabels=False)
        sheet.add_panel(panel, title, _rate_axis(ends[-1].min(), ends[1].max()), rows_axis)
        if grid.is_left(panel):
            _add_row_names(sheet, data, panel, [(s.rank, s.policy) for s in standings])
    return sheet.figure()


def _rate_axis(low: float, high: float) -> Settings:
    """An axis from ``low`` to ``high`` whose ticks have no sign: the side tells the meaning."""
    room = 0.04 * (high - low) or 1.0
    size = 10.0 ** floor(log10(max(high - low, 1e-6) / 4))
    step = next(m * size for m in (1, 2, 5, 10) if (high - low) / (m * size) <= 5)
    ticks = [k * step for k in range(ceil(low / step), int(high / step) + 1)]
    return axis(
        f"Per {PER:,.0f} borrowers",
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
    names: Sequence[str],
) -> None:
    """Horizontal bars (rows, where they begin, size) of one fate, on its side of zero."""
    rows, begin, size = bars
    sheet.add_trace(
        panel,
        type="bar",
        orientation="h",
        y=[float(r) for r in rows],
        x=[round(kind.side * float(v), 4) for v in size],
        base=[round(float(b), 4) for b in begin],
        width=BAR,
        offset=-BAR / 2,
        name=kind.name,
        text=[style.plotly_text(name) for name in names],
        textposition="none",
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


class GroupRates(NamedTuple):
    """Saved and harmed per 1,000 borrowers of each group, and half their intervals (or NaN)."""

    names: tuple[str, ...]
    rates: Mapping[Fate, F8]
    margins: Mapping[Fate, F8]


def group_dimensions(data: ReportData) -> tuple[str, ...]:
    """Dimensions by which this run's results give fates."""
    return tuple(dim for dim in GROUPS if f"fates_by_{dim}" in data.dataset)


def group_rates(data: ReportData, dim: str, policy: str) -> GroupRates:
    """Rates by group over all scenarios by weight, NaN for a group without borrowers.

    The margin of a weighted mean is the weighted margin: exact when scenarios share their luck
    fully, as they nearly do, and too wide otherwise.
    """
    at = data.position(policy)
    names = [clean(name, 24) for name in data.dataset[dim].values]
    if dim == "income_decile":
        names[0], names[-1] = f"{names[0]} (lowest)", f"{names[-1]} (highest)"
    means = data.by_weight(f"fates_by_{dim}", dim, "fate")[at]
    errors = data.by_weight(f"fates_by_{dim}_se", dim, "fate")[at]
    borrowers = means[:, Fate.COMPARED]
    per = PER / np.where(borrowers > 0, borrowers, np.nan)
    quantile = float(stdtrit(data.n_draws - 1, 0.5 + CONFIDENCE / 2)) if data.n_draws > 1 else nan
    return GroupRates(
        tuple(names),
        {kind.fate: per * means[:, kind.fate] for kind in BEARING},
        {kind.fate: per * quantile * errors[:, kind.fate] for kind in BEARING},
    )


def bearing_figure(data: ReportData, frame: Frame, policy: str) -> go.Figure:
    """Saved and, below it, harmed per 1,000 borrowers of each group; a panel a dimension."""
    dims = group_dimensions(data)
    found = {dim: group_rates(data, dim, policy) for dim in dims}
    most = max(len(rates.names) for rates in found.values())
    columns = style.columns_for(frame, len(dims), 250, 4)
    row_height = 24 if frame.width > 500 else 18
    grid = Grid(frame, len(dims), columns, row_height * most + 8, left=96, gap_x=106, gap_y=84)
    sheet = Sheet(grid)
    for panel, dim in enumerate(dims):
        rates = found[dim]
        rows = -np.arange(len(rates.names), dtype=np.float64)
        axes = (
            axis(
                f"Per {PER:,.0f} borrowers",
                showgrid=True,
                nticks=5,
                **({"matches": "x"} if panel else {}),
                zeroline=True,
                zerolinecolor=style.MUTED[0],
                zerolinewidth=1.2,
            ),
            axis(
                range=[-most + 0.4, 0.6],
                tickvals=[float(r) for r in rows],
                ticktext=[_tick(name) for name in rates.names],
                showticklabels=True,
            ),
        )
        sheet.add_panel(panel, GROUPS[dim], *axes)
        for kind, offset in zip(BEARING, (0.0, -BAR / 2), strict=True):
            _add_group_bars(sheet, panel, kind, rates, offset)
    return sheet.figure()


def _add_group_bars(
    sheet: Sheet, panel: int, kind: FateKind, rates: GroupRates, offset: float
) -> None:
    """One fate of every group, half a row high, with its interval."""
    rows = range(len(rates.names))
    sheet.add_trace(
        panel,
        type="bar",
        orientation="h",
        y=[-float(row) for row in rows],
        x=[round(float(v), 4) for v in np.nan_to_num(rates.rates[kind.fate])],
        width=BAR / 2,
        offset=offset,
        name=kind.name,
        text=[style.plotly_text(_plain(name)) for name in rates.names],
        textposition="none",
        marker={"color": kind.colour[0], "line": {"width": 0}},
        error_x={
            "type": "data",
            "array": [round(float(m), 4) for m in np.nan_to_num(rates.margins[kind.fate])],
            "color": style.MUTED[0],
            "thickness": 1.2,
            "width": 0,
        },
        hovertemplate="%{text}<br>%{fullData.name}: %{x:.2f}<extra></extra>",
    )


def _plain(name: str) -> str:
    return name.replace("_", " ")


def _tick(name: str) -> str:
    """A group's name on at most two lines."""
    lines = wrap(_plain(name), TICK_WIDTH, max_lines=2, placeholder="\u2026")
    return "<br>".join(style.plotly_text(line) for line in lines)
