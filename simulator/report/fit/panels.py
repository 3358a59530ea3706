"""Two kinds of small panels of the fit report: lines over time, and dots beside names."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Final

import plotly.graph_objects as go

from simulator.report.fit.data import as_year
from simulator.report.kit import style
from simulator.report.kit.language import tr
from simulator.report.kit.style import Frame, Grid, Sheet, axis
from simulator.report.kit.text import clean

MOST_PANELS: Final = 12
MOST_ROWS: Final = 28
"""Names in a panel of dots; a panel with more shows those it was given first."""
_ROW_HEIGHT: Final = 19
_NAME_LENGTH: Final = 24
_SHORT_YEARS: Final = 3.5
"""Years of an axis up to which its seven ticks would lie less than a year apart."""
_MOST_DATES: Final = 4
"""Dates under a short axis."""


@dataclass(frozen=True, slots=True)
class Strand:
    """One line or column of dots: fractions, None where there is none; ``colour`` of ``SERIES``."""

    name: str
    colour: int
    values: Sequence[float | None]
    low: Sequence[float | None] = ()
    high: Sequence[float | None] = ()
    is_seen: bool = False
    """Seen, not simulated: filled dots."""


@dataclass(frozen=True, slots=True)
class Panel:
    """A panel: its title, the names or dates of its numbers, what is drawn."""

    title: str
    labels: Sequence[str]
    strands: Sequence[Strand]

    @property
    def is_dated(self) -> bool:
        """Whether every label is a date, so that lines make sense."""
        return len(self.labels) > 1 and all(as_year(label) is not None for label in self.labels)


def _percent(values: Sequence[float | None]) -> list[float | None]:
    return [None if v is None or not isfinite(v) else round(100.0 * v, 5) for v in values]


def _ends(panels: Sequence[Panel]) -> list[float]:
    return [
        v
        for panel in panels
        for strand in panel.strands
        for v in _percent([*strand.values, *strand.low, *strand.high])
        if v is not None
    ]


def _span(panels: Sequence[Panel]) -> list[float]:
    """An axis of percent that holds zero and every number of ``panels``."""
    ends = _ends(panels)
    low, high = min(0.0, *ends, 0.0), max(0.0, *ends, 0.0)
    room = 0.06 * (high - low) or 1.0
    return [low - room if low < 0 else 0.0, high + room]


def line_panels(panels: Sequence[Panel], frame: Frame) -> go.Figure:
    """Percent over time, a panel each, with bands; every panel has its own height of axis."""
    shown = panels[:MOST_PANELS]
    columns = style.columns_for(frame, len(shown), 330, 2)
    grid = Grid(frame, len(shown), columns, 210, left=46, gap_x=58, gap_y=66)
    sheet = Sheet(grid)
    for place, panel in enumerate(shown):
        years = [year for label in panel.labels if (year := as_year(label)) is not None]
        room = 0.02 * (max(years) - min(years)) + 0.05
        axes = (
            axis(
                tr("Year") if grid.is_last_in_column(place) else None,
                range=[min(years) - room, max(years) + room],
                **_year_ticks(years, panel.labels),
            ),
            axis(
                "%" if grid.is_left(place) else None, range=_span([panel]), showgrid=True, nticks=5
            ),
        )
        sheet.add_panel(place, clean(panel.title, 60), *axes)
        for strand in panel.strands:
            _add_line(sheet, place, years, panel.labels, strand)
    return sheet.figure()


def _year_ticks(years: Sequence[float], labels: Sequence[str]) -> style.Settings:
    """Whole years on a long axis; on a short one, which would repeat them, some of its dates."""
    if max(years) - min(years) > _SHORT_YEARS:
        return {"tickformat": "d", "nticks": 7}
    dates = sorted(set(zip(years, labels, strict=True)))
    shown = dates[:: -(-len(dates) // _MOST_DATES)]
    return {
        "tickvals": [year for year, _ in shown],
        "ticktext": [style.plotly_text(clean(label, 12)) for _, label in shown],
    }


def _add_line(
    sheet: Sheet, place: int, years: Sequence[float], labels: Sequence[str], strand: Strand
) -> None:
    colour, _, dash = style.SERIES[strand.colour % len(style.SERIES)]
    banded = [
        (x, low, high)
        for x, low, high in zip(years, _percent(strand.low), _percent(strand.high), strict=False)
        if low is not None and high is not None
    ]
    if banded:
        sheet.add_trace(
            place,
            type="scatter",
            x=[b[0] for b in banded] + [b[0] for b in reversed(banded)],
            y=[b[1] for b in banded] + [b[2] for b in reversed(banded)],
            fill="toself",
            fillcolor=style.soft(colour),
            line={"width": 0, "color": style.CLEAR},
            mode="lines",
            hoverinfo="skip",
        )
    sheet.add_trace(
        place,
        type="scatter",
        x=list(years),
        y=_percent(strand.values),
        name=style.plotly_text(clean(strand.name, 40)),
        text=[style.plotly_text(clean(label, 12)) for label in labels],
        mode="lines+markers" if strand.is_seen else "lines",
        marker={"size": 4, "color": colour},
        line={"color": colour, "dash": dash, "width": 1.8},
        hovertemplate=tr("%{fullData.name}<br>%{text}: %{y:.2f} %<extra></extra>"),
    )


def dot_panels(panels: Sequence[Panel], frame: Frame) -> go.Figure:
    """Percent beside names, a panel each, with intervals; a row a name."""
    shown = panels[:MOST_PANELS]
    rows = max(min(len(panel.labels), MOST_ROWS) for panel in shown)
    left = 158 if frame.width > 500 else 128
    columns = style.columns_for(frame, len(shown), 460, 2)
    height = _ROW_HEIGHT * rows + 8
    grid = Grid(frame, len(shown), columns, height, left=left, gap_x=left + 14, gap_y=72)
    sheet = Sheet(grid)
    for place, panel in enumerate(shown):
        labels = panel.labels[:MOST_ROWS]
        at = [-float(row) for row in range(len(labels))]
        axes = (
            axis("%", range=_span([panel]), showgrid=True, nticks=6),
            axis(
                range=[-rows + 0.3, 0.7],
                tickvals=at,
                ticktext=[style.plotly_text(clean(label, _NAME_LENGTH)) for label in labels],
            ),
        )
        sheet.add_panel(place, clean(panel.title, 60), *axes)
        step = 0.5 / max(1, len(panel.strands))
        for number, strand in enumerate(panel.strands):
            shift = step * (number - (len(panel.strands) - 1) / 2.0)
            _add_dots(sheet, place, [y - shift for y in at], labels, strand)
    return sheet.figure()


def _add_dots(
    sheet: Sheet, place: int, at: Sequence[float], labels: Sequence[str], strand: Strand
) -> None:
    """Dots (filled if seen, open if simulated) with their intervals as thin lines."""
    colour = style.SERIES[strand.colour % len(style.SERIES)][0]
    x: list[float | None] = []
    y: list[float | None] = []
    lows, highs = _percent(strand.low), _percent(strand.high)
    for height, low, high in zip(at, lows, highs, strict=False):
        if low is not None and high is not None:
            x += [low, high, None]
            y += [height, height, None]
    if x:
        sheet.add_trace(
            place,
            type="scatter",
            x=x,
            y=y,
            mode="lines",
            line={"color": colour, "width": 1.6},
            hoverinfo="skip",
        )
    sheet.add_trace(
        place,
        type="scatter",
        x=_percent(strand.values[: len(at)]),
        y=list(at),
        name=style.plotly_text(clean(strand.name, 40)),
        text=[style.plotly_text(clean(label, 60)) for label in labels],
        mode="markers",
        marker={
            "size": 7,
            "symbol": "circle" if strand.is_seen else "diamond",
            "color": colour if strand.is_seen else style.PAPER[0],
            "line": {"color": colour, "width": 1.8},
        },
        hovertemplate=tr("%{fullData.name}<br>%{text}: %{x:.2f} %<extra></extra>"),
    )
