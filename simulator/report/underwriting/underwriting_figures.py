"""Drawings and sentences of the page on underwriting."""

from collections.abc import Iterable, Mapping, Sequence
from math import isnan

import plotly.graph_objects as go

from simulator.report.kit import style
from simulator.report.kit.language import sentences, tr
from simulator.report.kit.numbers import Scale, money_scale
from simulator.report.kit.style import Frame, Grid, Settings, Sheet, axis
from simulator.results.underwriting import DECILES, STEP, UnderwritingRow, best_cutoff

Rows = Sequence[UnderwritingRow]
Labels = Mapping[str, str]


def _grid(frame: Frame, n: int) -> Grid:
    return Grid(frame, n, style.columns_for(frame, n, 260, 3), 230, left=64, gap_x=22, gap_y=58)


def _axes(
    grid: Grid, panel: int, across: str, up: str, ends: tuple[float, float]
) -> tuple[Settings, Settings]:
    left, (low, high) = grid.is_left(panel), ends
    room = 0.06 * max(high - low, 1e-9)
    x_axis = axis(
        across if grid.is_last_in_column(panel) else None,
        showline=True,
        linecolor=style.MUTED[0],
        linewidth=1,
        nticks=10,
    )
    y_axis = axis(
        up if left else None,
        range=[low - room, high + room],
        showgrid=True,
        zeroline=True,
        zerolinecolor=style.MUTED[0],
        nticks=6,
        showticklabels=left,
    )
    return x_axis, y_axis


def _ends(values: Iterable[float], divisor: float) -> tuple[float, float]:
    """Lowest and highest of 0 and the known values."""
    known = [v / divisor for v in values if not isnan(v)]
    return min(0.0, *known, 0.0), max(0.0, *known, 0.0)


def by_decile(rows: Rows, labels: Labels, scale: Scale, frame: Frame) -> go.Figure:
    """Value of a first loan by tenth of the score, with intervals; a panel a scenario."""
    grid, unit = _grid(frame, len(labels)), scale.divisor
    sheet = Sheet(grid)
    reach = [v for r in rows for v in (r.value_per_loan.ci_low, r.value_per_loan.ci_high)]
    ends, title = _ends(reach, unit), tr("Value of a loan ({unit})", unit=scale.unit)
    colour = style.series(1)[0]
    for panel, (scenario, label) in enumerate(labels.items()):
        mine = [r for r in rows if r.scenario == scenario and not isnan(r.value_per_loan.mean)]
        sheet.add_panel(panel, label, *_axes(grid, panel, tr("Tenth of the score"), title, ends))
        above = [(r.value_per_loan.ci_high - r.value_per_loan.mean) / unit for r in mine]
        below = [(r.value_per_loan.mean - r.value_per_loan.ci_low) / unit for r in mine]
        sheet.add_trace(
            panel,
            type="scatter",
            mode="markers",
            x=[int(r.group) for r in mine],
            y=[r.value_per_loan.mean / unit for r in mine],
            marker={"size": 7, "color": colour},
            error_y={
                "type": "data",
                "symmetric": False,
                "array": above,
                "arrayminus": below,
                "color": colour,
                "thickness": 1.5,
                "width": 4,
            },
            hoverinfo="x+y",
        )
    return sheet.figure()


def by_cutoff(cutoff: float, rows: Rows, labels: Labels, scale: Scale, frame: Frame) -> go.Figure:
    """Value of a cut-off less that of the current one; a panel a scenario."""
    grid, unit = _grid(frame, len(labels)), scale.divisor
    sheet = Sheet(grid)
    ends = _ends((r.change.mean for r in rows), unit)
    title = tr("Value against the current cut-off ({unit})", unit=scale.unit)
    colour = style.series(1)[0]
    for panel, (scenario, label) in enumerate(labels.items()):
        mine = [r for r in rows if r.scenario == scenario and not isnan(r.change.mean)]
        sheet.add_panel(panel, label, *_axes(grid, panel, tr("Cut-off"), title, ends))
        scores = [r.low for r in mine]
        upper, lower = (
            [v / unit for v in side]
            for side in ([r.change.ci_high for r in mine], [r.change.ci_low for r in mine])
        )
        quiet: Settings = {"type": "scatter", "mode": "lines"}
        sheet.add_trace(
            panel,
            **quiet,
            x=scores + scores[::-1],
            y=upper + lower[::-1],
            line={"width": 0},
            fill="toself",
            fillcolor=style.soft(colour),
            hoverinfo="skip",
        )
        sheet.add_trace(
            panel,
            **quiet,
            x=scores,
            y=[r.change.mean / unit for r in mine],
            line={"color": colour, "width": 2.2},
            hoverinfo="x+y",
        )
        sheet.add_trace(
            panel,
            **quiet,
            x=[cutoff, cutoff],
            y=list(ends),
            line={"color": style.SERIES[0][0], "width": 1.2, "dash": "dot"},
            hoverinfo="x",
        )
    return sheet.figure()


def decile_words(currency: str, rows: Rows, labels: Labels) -> str:
    """What the worst, and the fifth, tenth of the scores is worth in each scenario."""
    chosen = [r for r in rows if r.kind == "decile" and r.group in ("1", str(DECILES // 2))]
    scale = money_scale(currency, [r.value_per_loan.mean for r in chosen])
    parts = []
    for scenario, label in labels.items():
        worst, middle = (r for r in chosen if r.scenario == scenario)
        parts.append(
            tr(
                "Under {scenario} a loan to the tenth with the lowest scores is worth {worst}"
                " ({span}), one to the fifth tenth {middle}.",
                scenario=label,
                worst=scale.full(worst.value_per_loan.mean),
                span=scale.span(worst.value_per_loan.ci_low, worst.value_per_loan.ci_high),
                middle=scale.full(middle.value_per_loan.mean),
            )
        )
    return sentences(*parts)


def cutoff_words(currency: str, cutoff: float, rows: Rows, labels: Labels) -> list[str]:
    """The best cut-off of each scenario beside the current one."""
    out = []
    for scenario, label in labels.items():
        best = best_cutoff(rows, scenario)
        if best is None:
            out.append(tr("Under {scenario} there is no value: see the warnings.", scenario=label))
            continue
        scale = money_scale(currency, [best.change.mean])
        out.append(
            tr(
                "Under {scenario} value is largest with a cut-off of {best}, against {now} today:"
                " {change} more ({span}), in steps of {step} points.",
                scenario=label,
                best=best.group,
                now=f"{cutoff:g}",
                change=scale.full(best.change.mean),
                span=scale.span(best.change.ci_low, best.change.ci_high),
                step=f"{STEP:g}",
            )
        )
    return out
