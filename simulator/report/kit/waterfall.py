"""Horizontal waterfalls and changes: rows from the top, a panel a subject, numbers beside bars."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from simulator.report.kit import style
from simulator.report.kit.language import mark
from simulator.report.kit.numbers import Scale
from simulator.report.kit.statistics import Array
from simulator.report.kit.style import Frame, Grid, Settings, Sheet, axis, axis_names

BAR: Final = 0.64
"""Thickness of a bar, of a row."""

ROW_HEIGHT: Final = 21


class BarKind(NamedTuple):
    """What a bar stands for (English, to be said), its colours (light, dark), its CSS class."""

    key: str
    name: str
    colour: tuple[str, str]


LEVEL: Final = BarKind("bar-level", mark("level"), style.SERIES[0][:2])

RISE: Final = BarKind("bar-rise", mark("adds"), style.CAUSE_SERIES[0])

FALL: Final = BarKind("bar-fall", mark("takes away"), style.CAUSE_SERIES[1])

BAR_KINDS: Final = (LEVEL, RISE, FALL)


class Bars(NamedTuple):
    """Rows of one panel: where each bar begins, its size, which stand for levels; margins."""

    begin: Array
    size: Array
    levels: tuple[bool, ...]
    margins: Array | None = None

    def ends(self) -> Array:
        """Both ends of every bar and of its interval."""
        reach = self.begin + self.size
        wide = np.zeros_like(reach) if self.margins is None else np.nan_to_num(self.margins)
        return np.concatenate((self.begin, reach - wide, reach + wide))


def waterfall(values: Sequence[float], levels: Sequence[bool]) -> Bars:
    """Bars that each begin where the one above ended; ``levels`` begin at zero."""
    begin, size, reached = np.zeros(len(values)), np.asarray(values, dtype=np.float64), 0.0
    for row, (value, level) in enumerate(zip(values, levels, strict=True)):
        begin[row] = 0.0 if level else reached
        reached = value if level else reached + value
    return Bars(begin, size, tuple(levels))


def changes(values: Array, margins: Array | None, levels: Sequence[bool]) -> Bars:
    """Bars from zero; ``levels`` are drawn as results."""
    return Bars(np.zeros_like(values), values, tuple(levels), margins)


def add_bars(
    sheet: Sheet,
    panel: int,
    names: Sequence[str],
    bars: Bars,
    scale: Scale,
    *,
    row: Sequence[str],
    numbers: bool = True,
) -> None:
    """The bars of one panel and, with ``numbers``, their sizes to the right of them.

    ``row``: names of the table's rows that the bars belong to.
    """
    rows = [-float(row) for row in range(len(names))]
    texts = [
        scale.text(float(v), signed=not level)
        for v, level in zip(bars.size, bars.levels, strict=True)
    ]
    trace: Settings = {
        "type": "bar",
        "orientation": "h",
        "y": rows,
        "x": _shown(bars.size, scale),
        "base": _shown(bars.begin, scale),
        "width": BAR,
        "offset": -BAR / 2,
        "text": [style.plotly_text(name) for name in names],
        "textposition": "none",
        "customdata": texts,
        "meta": {"row": list(row)},
        "marker": {"color": _colours(bars), "line": {"width": 0}},
        "hovertemplate": f"%{{text}}: %{{customdata}} {scale.unit}<extra></extra>",
    }
    if bars.margins is not None:
        trace["error_x"] = {
            "type": "data",
            "array": _shown(np.nan_to_num(bars.margins), scale),
            "color": style.MUTED[0],
            "thickness": 1.2,
            "width": 0,
        }
    sheet.add_trace(panel, **trace)
    if numbers:
        right = np.maximum(bars.begin, bars.begin + bars.size)
        sheet.add_trace(
            panel,
            type="scatter",
            x=_shown(right, scale),
            y=rows,
            text=[f" {text}" if size else "" for text, size in zip(texts, bars.size, strict=True)],
            mode="text",
            textposition="middle right",
            textfont={"size": 10.5, "color": style.MUTED[0]},
            hoverinfo="skip",
            cliponaxis=False,
        )


def _colours(bars: Bars) -> list[str]:
    kinds = (
        LEVEL if level else RISE if size >= 0 else FALL
        for level, size in zip(bars.levels, bars.size, strict=True)
    )
    return [kind.colour[0] for kind in kinds]


def _shown(values: Array, scale: Scale) -> list[float]:
    return [round(float(v) / scale.divisor, 6) for v in values]


def row_grid(frame: Frame, n_panels: int, n_rows: int, columns: int, least: int) -> Grid:
    """A grid with room for the names of rows at the left of every line of panels."""
    fit = style.columns_for(frame, n_panels, least, columns)
    left = 128 if frame.width > 500 else 112
    height = ROW_HEIGHT * n_rows + 8
    return Grid(frame, n_panels, fit, height, left=left, gap_x=22, gap_y=76)


def row_axes(unit: str, n_rows: int, shown: tuple[float, float]) -> tuple[Settings, Settings]:
    """Axes of a panel of rows: the values' from ``shown``, and that of the rows without ticks."""
    return (
        axis(
            unit,
            range=list(shown),
            showgrid=True,
            nticks=5,
            zeroline=True,
            zerolinecolor=style.MUTED[0],
            zerolinewidth=1.2,
        ),
        axis(range=[-n_rows + 0.4, 0.6], showticklabels=False),
    )


def span_of(ends: Array, scale: Scale, room: float) -> tuple[float, float]:
    """A range that holds zero and ``ends``, with ``room`` (share of it) to the right."""
    finite = ends[np.isfinite(ends)] / scale.divisor
    low, high = min(0.0, float(finite.min(initial=0.0))), max(0.0, float(finite.max(initial=0.0)))
    side = (high - low) or 1.0
    return low - (0.03 * side if low < 0 else 0.0), high + room * side


def add_row_names(sheet: Sheet, panel: int, names: Sequence[str]) -> None:
    """Names (untrusted text) of the rows, to the left of a panel."""
    x_name, y_name = axis_names(panel)
    fits = int((sheet.grid.left - 10) / 6.2)
    for row, name in enumerate(names):
        sheet.add_label(
            style.clip_label(name, fits),
            style.INK[0],
            x=0.0,
            y=-row,
            xref=f"{x_name} domain",
            yref=y_name,
            xshift=-sheet.grid.left,
            font={"size": 12, "color": style.INK[0]},
        )
