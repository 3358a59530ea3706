"""What would turn the verdict, as a figure: the bars of the first screen, drawn by Plotly."""

from math import isfinite
from typing import Final

import plotly.graph_objects as go

from simulator.report.headline.tornado import label, shown_bars, turns
from simulator.report.kit.data import ReportData
from simulator.report.kit.language import tr
from simulator.report.kit.numbers import Scale, money_scale
from simulator.report.kit.style import (
    INK,
    MUTED,
    OTHER,
    SERIES,
    Frame,
    Grid,
    Sheet,
    axis,
    clip_label,
    plotly_text,
)
from simulator.results.assumptions import Bar

_ROW: Final = 26
"""Pixels of a bar with its gap."""
_LETTER: Final = 6.4
"""Pixels of a letter of a label."""


def tornado_figure(data: ReportData, frame: Frame) -> go.Figure | None:
    """Worth of the leading policy at both ends of each assumption; None where none was tried."""
    case, shown = data.decision.leading, shown_bars(data)
    if case is None or not shown:
        return None
    ends = [v for bar in shown for v in (bar.low, bar.high, bar.base) if isfinite(v)]
    scale = money_scale(data.currency, ends)
    left = min(360, frame.width // 3)
    grid = Grid(frame, 1, 1, _ROW * len(shown) + 12, left=left, right=20)
    sheet = Sheet(grid)
    title = tr("Change of {measure} ({unit})", measure=data.measure()[1].lower(), unit=scale.unit)
    heading = tr(
        "Assumptions that reverse the result: {title} of {policy} {where}",
        title=data.measure()[1].lower(),
        policy=data.policy_label(case.policy),
        where=data.where(),
    )
    names = [plotly_text(clip_label(label(bar.name), int(left / _LETTER))) for bar in shown]
    places = list(range(len(shown)))[::-1]
    sheet.add_panel(
        0,
        heading,
        axis(title, showgrid=True),
        axis(tickvals=places, ticktext=names, range=[-0.7, len(shown) - 0.3]),
    )
    sheet.add_trace(
        0,
        type="bar",
        orientation="h",
        y=places,
        base=[_span(bar)[0] / scale.divisor for bar in shown],
        x=[(_span(bar)[1] - _span(bar)[0]) / scale.divisor for bar in shown],
        marker={"color": [_colour(bar, case.worth.sign) for bar in shown]},
        width=0.6,
        hovertext=[_told(bar, scale) for bar in shown],
        hoverinfo="text",
    )
    for value, colour, dash in ((case.worth.mean, INK[0], "solid"), (0.0, MUTED[0], "dot")):
        sheet.add_trace(
            0,
            type="scatter",
            mode="lines",
            x=[value / scale.divisor] * 2,
            y=[-0.7, len(shown) - 0.3],
            line={"color": colour, "width": 1, "dash": dash},
            hoverinfo="skip",
        )
    return sheet.figure()


def _span(bar: Bar) -> tuple[float, float]:
    """Lowest and highest of its known worths."""
    known = [v for v in (bar.low, bar.high, bar.base) if isfinite(v)]
    return min(known), max(known)


def _colour(bar: Bar, sign: int) -> str:
    """Of noise, of an assumption that turns the sign, of the others."""
    if bar.noise:
        return OTHER[0]
    return SERIES[2][0] if turns(bar, sign) else SERIES[1][0]


def _told(bar: Bar, scale: Scale) -> str:
    low, high = (scale.full(v, signed=True) if isfinite(v) else "" for v in (bar.low, bar.high))
    return plotly_text(f"{label(bar.name)}: {low} / {high}")
