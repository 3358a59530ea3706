"""How figures look: palette, type, line styles, the grid of small panels."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

SANS = (
    "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'Helvetica Neue', Arial,"
    " 'Noto Sans CJK SC', 'PingFang SC', 'Microsoft YaHei', sans-serif"
)

BORDERS = {"solid": "solid", "dot": "dotted"}
"""CSS border style of a dash in the page's keys; the others are dashed."""

# Light colour, dark colour, dash. After Okabe and Ito; the reference is a neutral ink.
SERIES = (
    ("#3d4450", "#d3d8e0", "solid"),
    ("#0072b2", "#58b4ea", "solid"),
    ("#bd4b00", "#f59a57", "dash"),
    ("#00795a", "#3fcf9f", "dot"),
    ("#a8437f", "#e69cc4", "dashdot"),
    ("#8a6d00", "#e0c04d", "longdash"),
    ("#5b4fb3", "#b3a9f5", "longdashdot"),
)
CAUSE_SERIES = (
    ("#1f5f8b", "#4f9fd4"),
    ("#6aaed6", "#9fd0ef"),
    ("#d98032", "#e79a55"),
    ("#f2c06b", "#f0cf8c"),
    ("#2f8f74", "#4fbd9c"),
    ("#9ccfbd", "#b4dccd"),
    ("#a85d8e", "#cf8fb8"),
)
OTHER = ("#b9bec6", "#6a7280")
INK = ("#1d232c", "#e8ebf0")
MUTED = ("#5d6673", "#a4adba")
GRID = ("#e4e7ec", "#303845")
PAPER = ("#ffffff", "#171c24")
HEAT = (
    ("#f5f7fa", "#1e2530"),
    ("#d3e4f2", "#223a52"),
    ("#a3cae7", "#265580"),
    ("#2b78b3", "#6fb4e6"),
    ("#0a3d6b", "#c4e4fa"),
)
HEAT_STOPS = (0.0, 0.06, 0.28, 0.42, 1.0)
"""Few shades of middling lightness, where neither dark nor light text reads well."""
CLEAR = "rgba(0,0,0,0)"
BAND_OPACITY = 0.16
INNER, OUTER = 4.0, 2.0
"""Widths of a bar of a 95 % interval of the mean, and of that with the doubt of parameters."""
RANGE_OPACITY = 0.55
LINE_HEIGHT = 14
END_LABEL_WIDTH = 18

Settings = dict[str, object]
"""Keywords of a Plotly object."""


def soft(colour: str, opacity: float = BAND_OPACITY) -> str:
    """A hexadecimal colour made translucent."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity:g})"


def series(position: int) -> tuple[str, str]:
    """Colour and dash of the policy at ``position`` (0 is the reference)."""
    if position == 0:
        return SERIES[0][0], SERIES[0][2]
    turn, place = divmod(position - 1, len(SERIES) - 1)
    colour = SERIES[1 + place][0]
    dash = SERIES[1 + (place + turn) % (len(SERIES) - 1)][2]
    return colour, dash


def dark_colours() -> dict[str, str]:
    """Light colour -> dark colour; the page's script swaps them."""
    pairs: list[tuple[str, str]] = [(light, dark) for light, dark, _ in SERIES]
    pairs += [*CAUSE_SERIES, OTHER, INK, MUTED, GRID, PAPER, *HEAT]
    swaps = dict(pairs)
    for opacity in (BAND_OPACITY, RANGE_OPACITY):
        swaps |= {soft(light, opacity): soft(dark, opacity) for light, dark in pairs}
    return swaps


def plotly_text(text: str) -> str:
    """``text`` as Plotly must get it: its small HTML subset sees no tag and no entity."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


@dataclass(frozen=True, slots=True)
class Frame:
    """Width (pixels) that a figure is laid out for."""

    width: int


WIDE = Frame(1040)
MEDIUM = Frame(690)
NARROW = Frame(348)
FRAMES = {"wide": WIDE, "medium": MEDIUM, "narrow": NARROW}
"""Widths that every figure is laid out for; the page's script picks, paper takes ``medium``."""


@dataclass(frozen=True, slots=True)
class Grid:
    """Small panels in rows, read like text; sizes in pixels."""

    frame: Frame
    n_panels: int
    columns: int
    panel_height: int
    left: int = 52
    right: int = 16
    top: int = 34
    bottom: int = 46
    gap_x: int = 40
    gap_y: int = 64

    @property
    def rows(self) -> int:
        """Number of rows."""
        return -(-self.n_panels // self.columns)

    @property
    def height(self) -> int:
        """Height of the figure."""
        inner = self.rows * self.panel_height + (self.rows - 1) * self.gap_y
        return self.top + inner + self.bottom

    @property
    def panel_width(self) -> float:
        """Width of one panel at the width that the frame is laid out for."""
        inner = self.frame.width - self.left - self.right
        return (inner - (self.columns - 1) * self.gap_x) / self.columns

    def place(self, panel: int) -> tuple[tuple[float, float], tuple[float, float]]:
        """Domains (x, y) of a panel as fractions of the plotting area."""
        row, column = divmod(panel, self.columns)
        inner_x = self.frame.width - self.left - self.right
        inner_y = self.height - self.top - self.bottom
        x0 = column * (self.panel_width + self.gap_x) / inner_x
        top = row * (self.panel_height + self.gap_y) / inner_y
        height = self.panel_height / inner_y
        return (x0, min(1.0, x0 + self.panel_width / inner_x)), (
            max(0.0, 1 - top - height),
            1 - top,
        )

    def is_left(self, panel: int) -> bool:
        """Whether the panel begins a row."""
        return panel % self.columns == 0

    def is_last_in_column(self, panel: int) -> bool:
        """Whether no panel stands below."""
        return panel + self.columns >= self.n_panels

    def ends_row(self, panel: int) -> bool:
        """Whether nothing stands to the right."""
        return panel % self.columns == self.columns - 1 or panel == self.n_panels - 1


def columns_for(frame: Frame, n_panels: int, least_width: int, most: int) -> int:
    """Columns so that a panel is at least ``least_width`` pixels wide."""
    return max(1, min(n_panels, most, frame.width // least_width))


def axis_names(panel: int) -> tuple[str, str]:
    """References of a panel's axes: ``x``, ``y``, then ``x2``, ``y2`` ..."""
    return ("x", "y") if panel == 0 else (f"x{panel + 1}", f"y{panel + 1}")


def axis(title: str | None = None, **more: object) -> Settings:
    """An axis in the page's style: quiet grid, no zoom, title in the muted colour."""
    settings: Settings = {
        "fixedrange": True,
        "showgrid": False,
        "zeroline": False,
        "ticks": "",
        "tickfont": {"size": 11, "color": MUTED[0]},
        "gridcolor": GRID[0],
        "automargin": False,
    }
    if title is not None:
        settings["title"] = {
            "text": title,
            "font": {"size": 11, "color": MUTED[0]},
            "standoff": 8,
        }
    return settings | more


def spread(positions: Sequence[float], least_gap: float) -> list[float]:
    """``positions`` moved as little as needed to stand ``least_gap`` apart, order kept."""
    order = np.argsort(np.asarray(positions, dtype=np.float64), kind="stable")
    blocks: list[tuple[float, list[int]]] = []
    for index in (int(i) for i in order):
        blocks.append((float(positions[index]), [index]))
        while len(blocks) > 1:
            (below, first), (above, second) = blocks[-2:]
            needed = least_gap * (len(first) + len(second)) / 2
            if above - below >= needed - 1e-12:
                break
            merged = (below * len(first) + above * len(second)) / (len(first) + len(second))
            blocks[-2:] = [(merged, first + second)]
    out = [0.0] * len(positions)
    for centre, members in blocks:
        for place, index in enumerate(members):
            out[index] = centre + (place - (len(members) - 1) / 2) * least_gap
    return out


def clip_label(text: str, width: int) -> str:
    """``text`` in at most ``width`` characters."""
    return text if len(text) <= width else text[: width - 1].rstrip() + "\u2026"


class Sheet:
    """A figure in the making: panels, traces and labels, checked by Plotly once at the end."""

    def __init__(self, grid: Grid) -> None:
        self.grid = grid
        self._traces: list[Settings] = []
        self._labels: list[Settings] = []
        self._axes: Settings = {}

    def add_panel(self, panel: int, title: str, x_axis: Settings, y_axis: Settings) -> None:
        """Place the axes of a panel and its title (untrusted text) above it."""
        x_domain, y_domain = self.grid.place(panel)
        x_name, y_name = axis_names(panel)
        self._axes[f"xaxis{x_name[1:]}"] = x_axis | {"domain": list(x_domain), "anchor": y_name}
        self._axes[f"yaxis{y_name[1:]}"] = y_axis | {"domain": list(y_domain), "anchor": x_name}
        fits = max(8, int(self.grid.panel_width / 7.2))
        self.add_label(
            clip_label(title, fits),
            INK[0],
            x=x_domain[0],
            y=y_domain[1],
            xref="paper",
            yref="paper",
            yanchor="bottom",
            yshift=8,
            font={"size": 13, "weight": 600, "color": INK[0]},
        )

    def add_trace(self, panel: int, **settings: object) -> None:
        """A trace on the axes of ``panel``."""
        x_name, y_name = axis_names(panel)
        self._traces.append(settings | {"xaxis": x_name, "yaxis": y_name})

    def add_label(self, text: str, colour: str, **place: object) -> None:
        """Untrusted text at a place, left-aligned, without an arrow."""
        label: Settings = {
            "text": plotly_text(text),
            "xanchor": "left",
            "yanchor": "middle",
            "showarrow": False,
            "font": {"size": 11, "color": colour},
        }
        self._labels.append(label | place)

    def add_end_labels(
        self,
        panel: int,
        top: float,
        ends: Sequence[tuple[str, float, str]],
        *,
        key: bool = False,
    ) -> None:
        """Direct labels (text, height, colour) to the right of a panel, kept apart.

        Heights are in data units of an axis from 0 to ``top``. With ``key`` the colour stands in a
        small square before text in the page's ink, for colours too light to read.
        """
        x_name, y_name = axis_names(panel)
        gap = top * LINE_HEIGHT / self.grid.panel_height
        known = [end for end in ends if not np.isnan(end[1])]
        heights = spread([y for _, y, _ in known], gap)
        for (text, _, colour), y in zip(known, heights, strict=True):
            place = {"x": 1.0, "y": y, "xref": f"{x_name} domain", "yref": y_name}
            shown = clip_label(text, END_LABEL_WIDTH)
            if key:
                self.add_label("\u25a0", colour, **place, xshift=5)
                self.add_label(shown, INK[0], **place, xshift=17)
            else:
                self.add_label(shown, colour, **place, xshift=6)

    def figure(self) -> go.Figure:
        """The finished figure in the page's type, margins and colours.

        Plotly does not look at it once more, which took a third of a page's time: tests do.
        """
        grid = self.grid
        layout: Settings = {
            "template": go.layout.Template(),
            "height": grid.height,
            "margin": {"l": grid.left, "r": grid.right, "t": grid.top, "b": grid.bottom, "pad": 0},
            "paper_bgcolor": CLEAR,
            "plot_bgcolor": CLEAR,
            "font": {"family": SANS, "size": 12, "color": INK[0]},
            "hoverlabel": {
                "bgcolor": PAPER[0],
                "bordercolor": MUTED[0],
                "font": {"color": INK[0]},
                "align": "left",
            },
            "hovermode": "closest",
            "dragmode": False,
            "showlegend": False,
            "annotations": self._labels,
        }
        return go.Figure(data=self._traces, layout=layout | self._axes, _validate=False)
