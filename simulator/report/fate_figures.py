"""Who is saved, delayed or harmed by each policy, and which groups of borrowers those are."""

from collections.abc import Mapping, Sequence
from math import ceil, floor, log10, nan
from textwrap import wrap
from typing import Final, NamedTuple
from unicodedata import east_asian_width

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from scipy.special import stdtrit

from simulator.report import style
from simulator.report.data import ReportData, clean
from simulator.report.language import mark, name, tr
from simulator.report.style import Frame, Grid, Settings, Sheet, axis, axis_names
from simulator.results.intervals import CONFIDENCE
from simulator.results.ranking import Frontier
from simulator.vocabulary import Fate

F8 = NDArray[np.float64]

PER: Final = 1000.0
"""Borrowers that rates are given for."""
BAR: Final = 0.62
"""Thickness of a bar, of a row."""


class FateKind(NamedTuple):
    """How a fate is called (English, to be said) and drawn: right (1) or left (-1) of zero."""

    fate: Fate
    name: str
    colour: tuple[str, str]
    side: int


FIRST_90: Final = (
    FateKind(Fate.SAVED, mark("saved"), style.SERIES[3][:2], 1),
    FateKind(Fate.DELAYED, mark("delayed"), style.CAUSE_SERIES[5], 1),
    FateKind(Fate.CENSORED, mark("follow-up too short to tell"), style.OTHER, 1),
    FateKind(Fate.HARMED, mark("harmed"), style.SERIES[2][:2], -1),
    FateKind(Fate.HASTENED, mark("hastened"), style.CAUSE_SERIES[3], -1),
)
"""What a policy does to the first time at 90+ days past due; these exclude each other."""
FREE: Final = (
    FateKind(
        Fate.FREE_RIDER,
        mark("free riders: took relief, would not have been 30 days late without it"),
        style.CAUSE_SERIES[1],
        1,
    ),
)
LENDING: Final = (
    FateKind(Fate.REFUSED_GOOD, mark("no loan here: would have paid"), style.CAUSE_SERIES[6], -1),
    FateKind(Fate.REFUSED_BAD, mark("no loan here: would have defaulted"), style.SERIES[6][:2], 1),
)
PANELS: Final = (
    (mark("First time at 90+"), FIRST_90),
    (mark("Free riders"), FREE),
    (mark("No loan here"), LENDING),
)
FATE_KINDS: Final = tuple(kind for _, kinds in PANELS for kind in kinds)

TICK_WIDTH: Final = 20
"""Characters of a line of a group's name."""
TICK_SIZE: Final = 11.0
"""Pixels of the type of ticks: the width of a Chinese character, near twice that of others."""
GROUPS: Final = {
    "income_decile": mark("Income decile"),
    "age_band": mark("Age"),
    "region": mark("Region"),
    "product": mark("Product"),
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
    names = [name(clean(group, 24)) for group in data.dataset[dim].values]
    if dim == "income_decile":
        names[0] = tr("{group} (lowest)", group=names[0])
        names[-1] = tr("{group} (highest)", group=names[-1])
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


def bearing_figure(data: ReportData, frame: Frame, policy: str, dim: str) -> go.Figure:
    """Saved and, below it, harmed per 1,000 borrowers of each group of a dimension.

    A policy's dimensions share the range of their axis, so that a reader can compare them.
    """
    rates = group_rates(data, dim, policy)
    rows = -np.arange(len(rates.names), dtype=np.float64)
    ticks = [_tick(group) for group in rates.names]
    left = 24 + int(max(_width(line) for tick in ticks for line in tick))
    row_height = 34 if frame.width > 500 else 30
    grid = Grid(frame, 1, 1, row_height * len(rows) + 8, left=left)
    sheet = Sheet(grid)
    axes = (
        axis(
            per_borrowers(),
            range=_shared_range(data, policy),
            showgrid=True,
            nticks=8 if frame.width > 500 else 5,
            zeroline=True,
            zerolinecolor=style.MUTED[0],
            zerolinewidth=1.2,
        ),
        axis(
            range=[-len(rows) + 0.4, 0.6],
            tickvals=[float(r) for r in rows],
            ticktext=["<br>".join(style.plotly_text(line) for line in tick) for tick in ticks],
            showticklabels=True,
        ),
    )
    sheet.add_panel(0, tr(GROUPS[dim]), *axes)
    for kind, offset in zip(BEARING, (0.0, -BAR / 2), strict=True):
        _add_group_bars(sheet, kind, rates, offset, [data.policy_label(policy), tr(GROUPS[dim])])
    return sheet.figure()


def _shared_range(data: ReportData, policy: str) -> list[float]:
    """Rates from zero to the largest of any group of any dimension, with its interval."""
    ends = [
        (rates.rates[kind.fate], np.nan_to_num(rates.margins[kind.fate]), sign)
        for rates in (group_rates(data, dim, policy) for dim in group_dimensions(data))
        for kind in BEARING
        for sign in (1.0, -1.0)
    ]
    found = np.nan_to_num(np.concatenate([rate + sign * margin for rate, margin, sign in ends]))
    low, high = min(0.0, float(found.min())), max(0.0, float(found.max()))
    room = 0.04 * (high - low) or 1.0
    return [low - room if low < 0.0 else 0.0, high + room]


def _add_group_bars(
    sheet: Sheet, kind: FateKind, rates: GroupRates, offset: float, row: Sequence[str]
) -> None:
    """One fate of every group, half a row high, with its interval."""
    rows = range(len(rates.names))
    sheet.add_trace(
        0,
        type="bar",
        orientation="h",
        y=[-float(at) for at in rows],
        x=[round(float(v), 4) for v in np.nan_to_num(rates.rates[kind.fate])],
        width=BAR / 2,
        offset=offset,
        name=tr(kind.name),
        text=[style.plotly_text(_plain(group)) for group in rates.names],
        textposition="none",
        meta={"row": list(row)},
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


def _plain(group: str) -> str:
    return group.replace("_", " ")


def _tick(group: str) -> list[str]:
    """A group's name on at most two lines, so that it keeps to its row."""
    return wrap(_plain(group), TICK_WIDTH, max_lines=2, placeholder="\u2026") or [""]


def _width(line: str) -> float:
    """Width of a tick's line in pixels, roughly."""
    return sum(TICK_SIZE if east_asian_width(c) in "WF" else 0.58 * TICK_SIZE for c in line)
