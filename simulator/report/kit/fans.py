"""Lines and bands over the months: axes, a median with its band, a panel a scenario."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from simulator.report.kit import style
from simulator.report.kit.data import ReportData
from simulator.report.kit.language import mark, tr
from simulator.report.kit.statistics import Array, Fan
from simulator.report.kit.style import Frame, Grid, Settings, Sheet, axis

MONTH_TITLE = mark("Month of the run")

MOST_BANDS = 3
"""Policies that may have a band each; of more only the reference and the best one have."""

LABEL_ROOM = 132


def listed_values(values: Array, decimals: int = 3) -> list[float | None]:
    """``values`` for a trace: rounded, None where one is missing."""
    return [None if np.isnan(v) else round(float(v), decimals) for v in values]


def line_mode(data: ReportData) -> str:
    """Lines, with markers where a run has but one month."""
    return "lines" if len(data.months) > 1 else "lines+markers"


def month_axis(data: ReportData, grid: Grid, panel: int) -> Settings:
    """The months of the run along a panel, with a title below the last one of a column."""
    last = grid.is_last_in_column(panel)
    months = data.months
    room = 0.5 if len(months) == 1 else 0.0
    step = next(s for s in (1, 2, 3, 6, 12, 24, 60, 120) if len(months) / s <= 9 or s == 120)
    return axis(
        tr(MONTH_TITLE) if last else None,
        range=[float(months[0]) - room, float(months[-1]) + room],
        tick0=0,
        dtick=step,
        showline=True,
        linecolor=style.MUTED[0],
        linewidth=1,
    )


def value_axis(grid: Grid, panel: int, title: str, top: float) -> Settings:
    """Values from 0 to ``top``, with numbers and a title at the first panel of a row."""
    left = grid.is_left(panel)
    return axis(
        title if left else None, range=[0.0, top], showgrid=True, nticks=6, showticklabels=left
    )


def add_fan(
    sheet: Sheet,
    data: ReportData,
    panel: int,
    drawn: tuple[Fan, str, str, Settings],
    *,
    band: bool = True,
    unit: str = "%",
    rows: Sequence[str] = (),
) -> None:
    """A median and, unless ``band`` is false, its translucent 5-95 % band.

    ``drawn`` is fan (in ``unit``), label, colour and line; ``rows`` names the rows of the figure's
    table that it comes from.
    """
    fan, label, colour, line = drawn
    shown = data.drawn()
    months = [float(m) for m in data.months[shown]]
    low, median, high = (listed_values(v[shown]) for v in (fan.low, fan.median, fan.high))
    if data.n_paths > 1 and band:
        sheet.add_trace(
            panel,
            type="scatter",
            x=months + months[::-1],
            y=high + low[::-1],
            mode="lines",
            line={"width": 0},
            fill="toself",
            fillcolor=style.soft(colour),
            hoverinfo="skip",
        )
    sheet.add_trace(
        panel,
        type="scatter",
        x=months,
        y=median,
        customdata=[list(pair) for pair in zip(low, high, strict=True)],
        name=style.plotly_text(label),
        mode=line_mode(data),
        line=line,
        meta={"row": list(rows)},
        hovertemplate=tr(
            "%{fullData.name}<br>month %{x}: %{y:.2f} UNIT"
            "<br>5-95: %{customdata[0]:.2f} to %{customdata[1]:.2f} UNIT<extra></extra>"
        ).replace("UNIT", style.plotly_text(unit)),
    )


def percent_fan(
    data: ReportData, variable: str, scenario: str, policy: str, dpd: int | None = None
) -> Fan:
    """Median and band of a rate in percent."""
    return data.fan(variable, scenario, policy, dpd).percent


def axis_top(highest: Sequence[Array]) -> float:
    """Upper end of an axis that holds all of ``highest``; 1 when they are all zero or NaN."""
    largest = max((float(np.nanmax(h)) for h in highest if not np.isnan(h).all()), default=0.0)
    return 1.06 * largest if largest > 0 else 1.0


def scenario_grid(data: ReportData, frame: Frame, panel_height: int = 230) -> Grid:
    """A panel a scenario, with room for names of lines to the right."""
    columns = style.columns_for(frame, len(data.scenarios), 220, 3)
    right = LABEL_ROOM if frame.width > 500 else 104
    return Grid(frame, len(data.scenarios), columns, panel_height, right=right, gap_x=22, gap_y=58)


def scenario_panels(
    data: ReportData,
    frame: Frame,
    titled: tuple[str, float],
    draw: Callable[[Sheet, int, str], list[tuple[str, float, str]]],
    *,
    across: Callable[[ReportData, Grid, int], Settings] = month_axis,
    panel_height: int = 230,
    key: bool = False,
) -> go.Figure:
    """A panel a scenario with what ``draw`` draws there, which gives the labels of its lines' ends.

    ``titled``: title and upper end of the vertical axes; ``across``: the other axis of a panel;
    ``key`` as in ``Sheet.add_end_labels``.
    """
    grid = scenario_grid(data, frame, panel_height)
    sheet = Sheet(grid)
    for panel, scenario in enumerate(data.scenarios):
        axes = across(data, grid, panel), value_axis(grid, panel, *titled)
        sheet.add_panel(panel, data.scenario_label(scenario), *axes)
        ends = draw(sheet, panel, scenario)
        if grid.ends_row(panel):
            sheet.add_end_labels(panel, titled[1], ends, key=key)
    return sheet.figure()


def policy_fans(
    data: ReportData,
    frame: Frame,
    fans: Mapping[tuple[str, str], Fan],
    title: str,
    unit: str = "%",
) -> go.Figure:
    """Medians and 5-95 % bands of the drawn policies by month, a panel a scenario.

    ``fans``, in ``unit``, by scenario and policy; ``title`` is that of the vertical axes.
    """
    few = len(data.drawn_policies) <= MOST_BANDS
    banded = data.drawn_policies if few else (data.reference, data.best_first[0])
    top = axis_top([fan.high if p in banded else fan.median for (_, p), fan in fans.items()])

    def draw(sheet: Sheet, panel: int, scenario: str) -> list[tuple[str, float, str]]:
        ends = []
        for policy in data.drawn_policies:
            label, fan = data.policy_label(policy), fans[scenario, policy]
            colour, dash = style.series(data.policy_number(policy))
            line: Settings = {"color": colour, "dash": dash, "width": 2.2}
            add_fan(
                sheet,
                data,
                panel,
                (fan, label, colour, line),
                band=policy in banded,
                unit=unit,
                rows=(data.scenario_label(scenario), label),
            )
            ends.append((label, float(fan.median[-1]), colour))
        return ends

    return scenario_panels(data, frame, (title, top), draw)
