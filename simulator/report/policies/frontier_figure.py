"""Cost against loss avoided: a point a policy, the frontier and the line of break-even."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from simulator.report.kit import style
from simulator.report.kit.data import ReportData
from simulator.report.kit.label_placement import HEIGHT, Box, Spot, place_labels, text_width
from simulator.report.kit.language import mark, tr
from simulator.report.kit.numbers import Scale, money_scale
from simulator.report.kit.style import Frame, Grid, Settings, Sheet, axis, axis_names
from simulator.report.policies.outcome_figures import place_label
from simulator.results.estimate import Estimate
from simulator.results.ranking import Frontier, Standing

F8 = NDArray[np.float64]

NEAR_SHARES: Final = (0.75, 0.6, 0.45)
"""Shares of the policies, those nearest to the reference, that may get a panel of their own."""

NEAR_LARGEST: Final = 0.4
"""They get it if they fill no more than this share of the whole picture in both directions."""

LEAST_FOR_NEAR: Final = 6

ROOM: Final = 0.1
"""Empty border of a panel, as a share of its side."""

INTERVAL_ROOM: Final = 0.25
"""By how much of its side intervals may widen a panel; longer ones run off its edge."""

LABEL_WIDTH: Final = 26

PAYS, PAYS_NOT = mark("loss avoided exceeds cost"), mark("cost exceeds loss avoided")


class Window(NamedTuple):
    """What a panel shows, in units of the axes."""

    x: tuple[float, float]
    y: tuple[float, float]

    def holds(self, point: tuple[float, float]) -> bool:
        """Whether a point lies inside."""
        return self.x[0] <= point[0] <= self.x[1] and self.y[0] <= point[1] <= self.y[1]


def frontier_values(frontier: Frontier) -> list[float]:
    """Numbers that share one unit of money: cost, loss avoided, net and worth of a frontier."""
    return [
        v
        for s in frontier.standings
        for e in (s.cost, s.loss_avoided, s.net, s.worth)
        for v in e.ends
    ]


def frontier_scale(data: ReportData, frontier: Frontier) -> Scale:
    """One unit of money for cost, loss avoided and net of a frontier."""
    return money_scale(data.currency, frontier_values(frontier), digits=4)


def frontier_figure(data: ReportData, frame: Frame, frontier: Frontier) -> go.Figure:
    """Every policy at its cost and the loss it avoids, with intervals; dominated ones hollow.

    Where most policies stand close to the reference, a second panel shows them larger.
    """
    scale = frontier_scale(data, frontier)
    points = [_point(s, scale) for s in frontier.standings]
    windows = _windows(points, frontier.standings, scale)
    columns = style.columns_for(frame, len(windows), 330, 2)
    grid = Grid(
        frame,
        len(windows),
        columns,
        panel_height=400 if frame.width > 500 else 330,
        left=64,
        gap_x=78,
        gap_y=88,
        bottom=52,
    )
    sheet = Sheet(grid)
    for panel, window in enumerate(windows):
        titles = (
            tr("Cost ({unit})", unit=scale.unit),
            tr("Loss avoided ({unit})", unit=scale.unit),
        )
        axes = (
            _axis(titles[0], window.x, nticks=6),
            _axis(titles[1], window.y, nticks=7),
        )
        sheet.add_panel(panel, _panel_title(data, points, windows, panel), *axes)
        _add_lines(sheet, panel, frontier, window, scale)
        for dominated in (True, False):
            _add_points(sheet, data, panel, frontier, (scale, dominated))
        _add_reference(sheet, data, panel)
        inner = windows[1] if panel == 0 and len(windows) > 1 else None
        if inner is not None:
            _add_outline(sheet, panel, inner)
        size = (grid.panel_width, float(grid.panel_height))
        _add_labels(sheet, data, _View(panel, window, inner, size), frontier, scale)
    return sheet.figure()


def _point(standing: Standing, scale: Scale) -> tuple[float, float]:
    return standing.cost.mean / scale.divisor, standing.loss_avoided.mean / scale.divisor


def _axis(title: str, shown: tuple[float, float], nticks: int) -> Settings:
    return axis(
        title,
        range=list(shown),
        nticks=nticks,
        showgrid=True,
        zeroline=True,
        zerolinecolor=style.MUTED[0],
        zerolinewidth=1,
    )


def _windows(
    points: Sequence[tuple[float, float]], standings: Sequence[Standing], scale: Scale
) -> list[Window]:
    """All policies, and those near the reference where they would crowd there."""
    all_points = np.array([(0.0, 0.0), *points])
    ends = np.array([_ends(s.cost, s.loss_avoided, scale) for s in standings]).reshape(-1, 2)
    whole = _window(all_points, ends)
    if len(points) < LEAST_FOR_NEAR:
        return [whole]
    sides = np.maximum(np.ptp(all_points, axis=0), 1e-12)
    distance = np.abs(all_points / sides).max(axis=1)
    order = np.argsort(distance, kind="stable")
    groups = (order[: 1 + int(np.ceil(share * len(points)))] for share in NEAR_SHARES)
    near = next((g for g in groups if _is_crowd(all_points[g], sides)), None)
    if near is None:
        return [whole]
    policies = near[near > 0] - 1
    near_ends = ends.reshape(-1, 2, 2)[policies].reshape(-1, 2)
    return [whole, _window(all_points[near], near_ends)]


def _is_crowd(points: F8, sides: F8) -> bool:
    return bool((np.ptp(points, axis=0) <= NEAR_LARGEST * sides).all())


def _ends(
    cost: Estimate[float], avoided: Estimate[float], scale: Scale
) -> list[tuple[float, float]]:
    return [
        (cost.ci_low / scale.divisor, avoided.ci_low / scale.divisor),
        (cost.ci_high / scale.divisor, avoided.ci_high / scale.divisor),
    ]


def _window(points: F8, ends: F8) -> Window:
    """The hull of ``points``, with the ends of intervals as far as they widen it little."""
    low, high = points.min(axis=0), points.max(axis=0)
    side = np.maximum(high - low, 1e-9)
    known = ends[~np.isnan(ends).any(axis=1)]
    if len(known):
        low = np.minimum(low, np.maximum(known.min(axis=0), low - INTERVAL_ROOM * side))
        high = np.maximum(high, np.minimum(known.max(axis=0), high + INTERVAL_ROOM * side))
    side = np.where(high - low > 0, high - low, 1.0)
    low, high = low - ROOM * side, high + ROOM * side
    return Window((float(low[0]), float(high[0])), (float(low[1]), float(high[1])))


def _panel_title(
    data: ReportData,
    points: Sequence[tuple[float, float]],
    windows: Sequence[Window],
    panel: int,
) -> str:
    if panel == 0:
        return tr("All {n} policies", n=len(points)) if len(points) > 1 else tr("The policy")
    inside = sum(1 for point in points if windows[1].holds(point))
    return tr("{n} nearest to {policy}", n=inside, policy=data.policy_label(data.reference, 24))


def _add_lines(sheet: Sheet, panel: int, frontier: Frontier, window: Window, scale: Scale) -> None:
    """The diagonal where loss avoided equals cost, and the steps of the frontier."""
    ends = [min(window.x[0], window.y[0]), max(window.x[1], window.y[1])]
    sheet.add_trace(
        panel,
        type="scatter",
        x=ends,
        y=ends,
        mode="lines",
        line={"color": style.MUTED[0], "width": 1.2, "dash": "dot"},
        hoverinfo="skip",
    )
    steps = _steps(frontier, window, scale)
    if steps:
        sheet.add_trace(
            panel,
            type="scatter",
            x=[x for x, _ in steps],
            y=[y for _, y in steps],
            mode="lines",
            line={
                "color": style.soft(style.SERIES[1][0], style.RANGE_OPACITY),
                "width": 2,
            },
            hoverinfo="skip",
        )


def _steps(frontier: Frontier, window: Window, scale: Scale) -> list[tuple[float, float]]:
    """Corners of the frontier: what is avoided at most for each cost, up to the right edge."""
    best = [(c / scale.divisor, a / scale.divisor) for c, a in frontier.efficient()]
    corners = []
    for (x, y), (right, _) in pairwise([*best, (max(window.x[1], best[-1][0]), 0.0)]):
        corners += [(x, y), (right, y)]
    return corners


def _add_points(
    sheet: Sheet,
    data: ReportData,
    panel: int,
    frontier: Frontier,
    shown: tuple[Scale, bool],
) -> None:
    """The policies that are dominated (hollow), or those that are not (filled)."""
    scale, dominated = shown
    chosen = [s for s in frontier.standings if (s.dominated_by is not None) == dominated]
    if not chosen:
        return
    colour = style.MUTED[0] if dominated else style.SERIES[1][0]
    names = [f"{s.rank} {data.policy_label(s.policy)}" for s in chosen]
    sheet.add_trace(
        panel,
        type="scatter",
        x=[s.cost.mean / scale.divisor for s in chosen],
        y=[s.loss_avoided.mean / scale.divisor for s in chosen],
        error_x=_bars([s.cost for s in chosen], scale, colour),
        error_y=_bars([s.loss_avoided for s in chosen], scale, colour),
        text=[style.plotly_text(name) for name in names],
        customdata=[
            [
                scale.full(s.net.mean, signed=True),
                scale.full(s.cost.mean),
                scale.full(s.loss_avoided.mean),
            ]
            for s in chosen
        ],
        mode="markers",
        marker={
            "color": style.PAPER[0] if dominated else colour,
            "size": 9,
            "line": {"color": colour, "width": 2},
        },
        meta={"row": [place_label(data, frontier)]},
        hovertemplate=tr(
            "%{text}<br>net %{customdata[0]}<br>cost %{customdata[1]}"
            "<br>loss avoided %{customdata[2]}<extra></extra>"
        ),
    )


def _bars(estimates: Sequence[Estimate[float]], scale: Scale, colour: str) -> Settings:
    """Interval bars of either length; none where there is no interval."""

    def lengths(ends: Sequence[float]) -> list[float]:
        return [0.0 if np.isnan(v) else max(0.0, v / scale.divisor) for v in ends]

    return {
        "type": "data",
        "symmetric": False,
        "array": lengths([e.ci_high - e.mean for e in estimates]),
        "arrayminus": lengths([e.mean - e.ci_low for e in estimates]),
        "color": style.soft(colour, style.RANGE_OPACITY),
        "thickness": 1.2,
        "width": 0,
    }


def _add_reference(sheet: Sheet, data: ReportData, panel: int) -> None:
    label = data.policy_label(data.reference)
    sheet.add_trace(
        panel,
        type="scatter",
        x=[0.0],
        y=[0.0],
        text=[style.plotly_text(label)],
        mode="markers",
        marker={"color": style.INK[0], "size": 10, "symbol": "diamond"},
        hovertemplate=tr("%{text}<br>reference<extra></extra>"),
    )


def _add_outline(sheet: Sheet, panel: int, inner: Window) -> None:
    """The part of the panel that the next one shows larger."""
    (left, right), (bottom, top) = inner
    sheet.add_trace(
        panel,
        type="scatter",
        x=[left, right, right, left, left],
        y=[bottom, bottom, top, top, bottom],
        mode="lines",
        line={"color": style.MUTED[0], "width": 1},
        hoverinfo="skip",
    )


class _View(NamedTuple):
    """A panel with its window, and the window of the panel that shows a part of it larger."""

    panel: int
    window: Window
    inner: Window | None
    size: tuple[float, float]

    def pixels(self, point: tuple[float, float]) -> tuple[float, float]:
        """Where a point lies in the panel, from its lower left corner."""
        (left, right), (bottom, top) = self.window
        across, up = (point[0] - left) / (right - left), (point[1] - bottom) / (top - bottom)
        return across * self.size[0], up * self.size[1]

    def labels(self, point: tuple[float, float]) -> bool:
        """Whether a point gets its label here, rather than nowhere or in the larger panel."""
        return self.window.holds(point) and not (self.inner and self.inner.holds(point))


def _add_labels(
    sheet: Sheet, data: ReportData, view: _View, frontier: Frontier, scale: Scale
) -> None:
    """Rank and name beside each point, the rank alone where a name would cover something."""
    taken = _add_corner_notes(sheet, view.panel, view.size)
    x_zero, y_zero = view.pixels((0.0, 0.0))
    taken += [Box(0.0, y_zero, view.size[0], y_zero), Box(x_zero, 0.0, x_zero, view.size[1])]
    steps = [view.pixels(corner) for corner in _steps(frontier, view.window, scale)]
    taken += [
        Box(min(x0, x1) - 1, min(y0, y1) - 1, max(x0, x1) + 1, max(y0, y1) + 1)
        for (x0, y0), (x1, y1) in pairwise(steps)
    ]
    if view.inner is not None:
        (left, right), (bottom, top) = view.inner
        taken.append(Box(*view.pixels((left, bottom)), *view.pixels((right, top))))
    reference = data.policy_label(data.reference, LABEL_WIDTH)
    entries = [((0.0, 0.0), (reference, tr("reference")), style.INK[0])]
    for standing in frontier.standings:
        name = f"{standing.rank} {data.policy_label(standing.policy, LABEL_WIDTH)}"
        colour = style.MUTED[0] if standing.dominated_by else style.SERIES[1][0]
        entries.append((_point(standing, scale), (name, str(standing.rank)), colour))
    entries = [entry for entry in entries if view.labels(entry[0])]
    places = [view.pixels(point) for point, *_ in entries]
    spots = place_labels(places, [texts for _, texts, _ in entries], Box(0, 0, *view.size), taken)
    for (point, _, colour), spot in zip(entries, spots, strict=True):
        _add_label(sheet, view.panel, point, spot, colour)


def _add_label(
    sheet: Sheet, panel: int, point: tuple[float, float], spot: Spot, colour: str
) -> None:
    """One label, joined to its point by a line where it stands far off."""
    x_name, y_name = axis_names(panel)
    place: Settings = {"x": point[0], "y": point[1], "xref": x_name, "yref": y_name}
    place["xanchor"] = spot.anchor
    if spot.needs_leader:
        place |= {"showarrow": True, "arrowhead": 0, "arrowwidth": 1.1, "arrowcolor": colour}
        place |= {"ax": spot.dx, "ay": -spot.dy, "standoff": 4}
    else:
        place |= {"xshift": spot.dx, "yshift": spot.dy}
    sheet.add_label(spot.text, colour, **place)


def _add_corner_notes(sheet: Sheet, panel: int, size: tuple[float, float]) -> list[Box]:
    """What the two sides of the diagonal mean, in the corners; returns what they cover."""
    x_name, y_name = axis_names(panel)
    width, height = size
    pays, pays_not = tr(PAYS), tr(PAYS_NOT)
    axes = {"xref": f"{x_name} domain", "yref": f"{y_name} domain"}
    font = {"size": 11, "color": style.MUTED[0], "style": "italic"}
    sheet.add_label(pays, style.MUTED[0], x=0.0, y=1.0, xshift=4, yshift=-10, font=font, **axes)
    sheet.add_label(
        pays_not,
        style.MUTED[0],
        x=1.0,
        y=0.0,
        xshift=-4,
        yshift=10,
        xanchor="right",
        font=font,
        **axes,
    )
    return [
        Box(0.0, height - HEIGHT - 6, text_width(pays) + 8, height),
        Box(width - text_width(pays_not) - 8, 0.0, width, HEIGHT + 6),
    ]
