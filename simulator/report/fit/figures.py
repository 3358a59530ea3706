"""Figures of the fit report: parameters, their correlations, and what each set of panels holds."""

from collections.abc import Sequence
from typing import Final

import plotly.graph_objects as go

from simulator.report.fit.data import MEETS, MODEL, FitReport, as_year
from simulator.report.fit.panels import MOST_ROWS, Panel, Strand
from simulator.report.kit import style
from simulator.report.kit.language import name as said
from simulator.report.kit.language import tr
from simulator.report.kit.style import Frame, Grid, Sheet, axis
from simulator.report.kit.text import clean

SEEN: Final = 0
FITTED: Final = 1
"""Places in ``style.SERIES`` of what was seen and of the model; rivals take the next ones."""
_ROW_HEIGHT: Final = 24
_SEED_SIZE: Final = 4
_START_SYMBOL: Final = "line-ns"
_DIVERGING: Final = (
    (0.0, style.SERIES[2][0]),
    (0.5, style.HEAT[0][0]),
    (1.0, style.SERIES[1][0]),
)


def fit_panels(report: FitReport) -> list[Panel]:
    """A panel a target: what was seen with two sampling errors, the model with its band."""
    return [_fit_panel(report, target) for target in report.targets]


def _fit_panel(report: FitReport, target: str) -> Panel:
    numbers = report.numbers_of(target)
    title = clean(target, 60)
    if len(numbers) > MOST_ROWS and any(as_year(number.label) is None for number in numbers):
        worst = sorted(numbers, key=lambda number: -abs(number.z))[:MOST_ROWS]
        title = tr(
            "{target}: the {most} worst fitted of {n}", target=title, most=MOST_ROWS, n=len(numbers)
        )
        numbers = [number for number in numbers if number in worst]
    observed = [n.observed for n in numbers]
    simulated = [n.simulated for n in numbers]
    errors = [MEETS * n.sampling_se for n in numbers]
    bands = [n.half_band for n in numbers]
    seen = Strand(tr("Seen"), SEEN, observed, *_around(observed, errors), is_seen=True)
    model = Strand(tr("Model"), FITTED, simulated, *_around(simulated, bands))
    return Panel(title, [n.label for n in numbers], [model, seen])


def _around(centre: Sequence[float], half: Sequence[float]) -> tuple[list[float], list[float]]:
    """Lower and upper ends, cut to fractions where their middle is one."""
    low = [max(min(0.0, c), c - h) for c, h in zip(centre, half, strict=True)]
    return low, [min(max(1.0, c), c + h) for c, h in zip(centre, half, strict=True)]


def prediction_panels(report: FitReport) -> list[Panel]:
    """A panel a group of predictions, with intervals."""
    groups = dict.fromkeys(row.group for row in report.predictions)
    found = []
    for group in groups:
        rows = [row for row in report.predictions if row.group == group]
        strand = Strand(
            tr("Prediction"),
            FITTED,
            [row.value for row in rows],
            [row.low for row in rows],
            [row.high for row in rows],
        )
        found.append(Panel(group, [row.label for row in rows], [strand]))
    return found


def forecasters(report: FitReport) -> list[str]:
    """The model first, then its rivals, as they are coloured."""
    return [score.forecaster for score in report.scores()]


def backtest_panels(report: FitReport) -> list[Panel]:
    """A panel a backtest and target: what was seen, the model with its band, its rivals."""
    names = forecasters(report)
    found = []
    for group in dict.fromkeys(row.group for row in report.backtests):
        rows = [row for row in report.backtests if row.group == group]
        labels = list(dict.fromkeys(row.label for row in rows))
        seen = {row.label: row.seen for row in rows}
        strands = []
        for name in reversed(names):
            own = {row.label: row for row in rows if row.forecaster == name}
            if own:
                of = [own.get(label) for label in labels]
                banded = of if name == MODEL else []
                strands.append(
                    Strand(
                        said(name),
                        FITTED + names.index(name),
                        [row.value if row else None for row in of],
                        [row.low if row else None for row in banded],
                        [row.high if row else None for row in banded],
                    )
                )
        strands.append(Strand(tr("Seen"), SEEN, [seen[label] for label in labels], is_seen=True))
        first = rows[0]
        title = tr("{target}, {backtest}", target=first.target, backtest=first.backtest)
        found.append(Panel(title, labels, strands))
    return found


def parameter_figure(report: FitReport, frame: Frame) -> go.Figure:
    """Estimates with intervals between their bounds, and what share the data contribute."""
    names = [p.name for p in report.parameters]
    narrow = frame.width < 500
    grid = Grid(
        frame,
        2,
        1 if narrow else 2,
        _ROW_HEIGHT * len(names) + 10,
        left=132 if narrow else 190,
        gap_x=26,
        gap_y=78,
    )
    sheet = Sheet(grid)
    at = [-float(row) for row in range(len(names))]
    ticks = [style.plotly_text(clean(name, 26)) for name in names]
    rows: style.Settings = {"range": [-len(names) + 0.4, 0.6], "tickvals": at}
    sheet.add_panel(
        0,
        tr("Between its bounds"),
        axis(
            tr("Position on the scale of the search (%)"), range=[-4, 104], showgrid=True, nticks=6
        ),
        axis(ticktext=ticks) | rows,
    )
    sheet.add_panel(
        1,
        tr("Contribution of the data"),
        axis(tr("Share of information (%)"), range=[0, 104], showgrid=True, nticks=6),
        axis(ticktext=ticks, showticklabels=narrow) | rows,
    )
    for y, parameter in zip(at, report.parameters, strict=True):
        _add_parameter(sheet, y, parameter.place, parameter.place_start, parameter.place_by_seed)
    _add_information(sheet, report, at)
    return sheet.figure()


def _add_parameter(
    sheet: Sheet,
    y: float,
    place: tuple[float, float, float],
    start: float,
    seeds: Sequence[float],
) -> None:
    """Interval and estimate in the model's colour, the start as a bar, each seed as a small dot."""
    colour = style.SERIES[FITTED][0]
    middle, low, high = (round(100.0 * value, 3) for value in place)
    sheet.add_trace(
        0,
        type="scatter",
        x=[low, high],
        y=[y, y],
        mode="lines",
        line={"color": colour, "width": 4},
        hoverinfo="skip",
    )
    marks = (
        (
            [round(100.0 * seed, 3) for seed in seeds],
            "circle",
            _SEED_SIZE,
            style.MUTED[0],
            tr("one seed"),
        ),
        ([round(100.0 * start, 3)], _START_SYMBOL, 12, style.INK[0], tr("start")),
        ([middle], "circle", 9, colour, tr("estimate")),
    )
    for x, symbol, size, paint, name in marks:
        if x:
            sheet.add_trace(
                0,
                type="scatter",
                x=x,
                y=[y - 0.26 if size == _SEED_SIZE else y] * len(x),
                name=name,
                mode="markers",
                marker={
                    "symbol": symbol,
                    "size": size,
                    "color": paint,
                    "line": {"color": paint, "width": 2 if symbol == _START_SYMBOL else 0},
                },
                hovertemplate=tr("%{fullData.name}: %{x:.0f} % of the way<extra></extra>"),
            )


def _add_information(sheet: Sheet, report: FitReport, at: Sequence[float]) -> None:
    sheet.add_trace(
        1,
        type="bar",
        orientation="h",
        x=[round(100.0 * p.information, 2) for p in report.parameters],
        y=list(at),
        width=0.6,
        marker={
            "color": [
                style.SERIES[FITTED][0] if p.is_pinned else style.OTHER[0]
                for p in report.parameters
            ],
            "line": {"width": 0},
        },
        hovertemplate=tr("%{x:.0f} % from the data<extra></extra>"),
    )


def correlation_figure(report: FitReport, frame: Frame) -> go.Figure:
    """Correlations of the estimates' errors, a square each, with numbers where there is room."""
    names = [clean(p.name, 26 if frame.width > 500 else 14) for p in report.parameters]
    size = len(names)
    left = 190 if frame.width > 500 else 104
    side = min(frame.width - left - 16, 64 * size + 60)
    grid = Grid(
        frame,
        1,
        1,
        max(60, min(34 * size, 520)),
        left=left,
        right=frame.width - left - side,
        bottom=112,
    )
    sheet = Sheet(grid)
    at = list(range(size))
    ticks = [style.plotly_text(name) for name in names]
    sheet.add_panel(
        0,
        tr("Correlation of errors"),
        axis(tickvals=at, ticktext=ticks, tickangle=-40, range=[-0.5, size - 0.5]),
        axis(tickvals=at, ticktext=ticks, range=[size - 0.5, -0.5]),
    )
    cells = [[round(float(v), 3) for v in row] for row in report.correlations]
    room = side / max(1, size) > 34
    sheet.add_trace(
        0,
        type="heatmap",
        x=at,
        y=at,
        z=cells,
        zmin=-1,
        zmax=1,
        colorscale=[list(stop) for stop in _DIVERGING],
        showscale=False,
        xgap=2,
        ygap=2,
        text=[[f"{v:+.2f}" if room else "" for v in row] for row in cells],
        texttemplate="%{text}",
        textfont={"size": 11},
        hovertemplate="%{x}, %{y}: %{z:.2f}<extra></extra>",
    )
    return sheet.figure()
