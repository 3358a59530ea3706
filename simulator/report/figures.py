"""The figures, one a function: results in, a Plotly figure for one width out."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from simulator.report import style
from simulator.report.data import Array, Fan, ReportData, clean
from simulator.report.language import mark, name, tr
from simulator.report.macro_words import history
from simulator.report.style import Frame, Grid, Settings, Sheet, axis

MONTH_TITLE = mark("Month of the run")
MOST_BANDS = 3
"""Policies that may have a band each; of more only the reference and the best one have."""
LABEL_ROOM = 132
CAUSE_WORDS = {
    "wont_pay": mark("Won't pay"),
    "at_opening": mark("Late at opening"),
    "platform_cutoff": mark("Platform cut-off"),
    "chose_other_lender": mark("Paid others first"),
    "did_not_understand": mark("Misunderstood"),
    "other": mark("Other causes"),
}
"""Names of causes that differ from their key."""
N_CAUSES_SHOWN = len(style.CAUSE_SERIES)


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


def _percent_fan(
    data: ReportData, variable: str, scenario: str, policy: str, dpd: int | None = None
) -> Fan:
    fan = data.fan(variable, scenario, policy, dpd)
    return Fan(100.0 * fan.low, 100.0 * fan.median, 100.0 * fan.high)


def axis_top(highest: Sequence[Array]) -> float:
    """Upper end of an axis that holds all of ``highest``; 1 when they are all zero or NaN."""
    largest = max((float(np.nanmax(h)) for h in highest if not np.isnan(h).all()), default=0.0)
    return 1.06 * largest if largest > 0 else 1.0


def scenario_grid(data: ReportData, frame: Frame, panel_height: int = 230) -> Grid:
    """A panel a scenario, with room for names of lines to the right."""
    columns = style.columns_for(frame, len(data.scenarios), 220, 3)
    right = LABEL_ROOM if frame.width > 500 else 104
    return Grid(frame, len(data.scenarios), columns, panel_height, right=right, gap_x=22, gap_y=58)


def overdue_fan(data: ReportData, frame: Frame, dpd: int) -> go.Figure:
    """Overdue rate ``dpd``+ by month: median and 5-95 % band of policies, a panel a scenario."""
    fans = {
        (s, p): _percent_fan(data, "overdue_rate", s, p, dpd)
        for s in data.scenarios
        for p in data.drawn_policies
    }
    title = tr("Balance {dpd}+ days past due (% of balance)", dpd=dpd)
    return policy_fans(data, frame, fans, title)


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
    grid = scenario_grid(data, frame)
    sheet = Sheet(grid)
    few = len(data.drawn_policies) <= MOST_BANDS
    banded = data.drawn_policies if few else (data.reference, data.best_first[0])
    top = axis_top([fan.high if p in banded else fan.median for (_, p), fan in fans.items()])
    for panel, scenario in enumerate(data.scenarios):
        axes = (month_axis(data, grid, panel), value_axis(grid, panel, title, top))
        sheet.add_panel(panel, data.scenario_label(scenario), *axes)
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
        if grid.ends_row(panel):
            sheet.add_end_labels(panel, top, ends)
    return sheet.figure()


def _roll_text(share: float) -> str:
    if np.isnan(share) or share == 0.0:
        return ""
    return "<0.1" if share < 0.0005 else f"{100.0 * share:.1f}" if share < 0.995 else "100"


def state_label(state: str) -> str:
    """A bucket, or where a loan goes, as a reader writes it (untrusted text)."""
    return name(clean(state.replace("_", " "), 40))


def roll_rates(data: ReportData, frame: Frame, policy: str) -> go.Figure:
    """Where a bucket's balance is a month later under ``policy``, a panel a scenario."""
    rates = {s: data.roll_rates(s, policy) for s in data.scenarios}
    sources, targets = data.roll_names()
    rolled = np.nansum([np.nan_to_num(r) for r in rates.values()], axis=0)
    used = [j for j in range(len(targets)) if rolled[:, j].any()]
    held = [i for i in range(len(sources)) if rolled[i].any()]
    columns = style.columns_for(frame, len(data.scenarios), 320, 3)
    height = 30 * max(1, len(held))
    grid = Grid(frame, len(data.scenarios), columns, height, left=58, gap_x=26, gap_y=96, bottom=64)
    sheet = Sheet(grid)
    names = [style.plotly_text(state_label(targets[j])).replace(" ", "<br>") for j in used]
    rows = [style.plotly_text(sources[i]) for i in held]
    small = {"size": 10, "color": style.MUTED[0]}
    for panel, scenario in enumerate(data.scenarios):
        axes = (
            axis(tr("State a month later (%)"), tickangle=0, tickfont=small),
            axis(
                tr("Bucket at the month's start") if grid.is_left(panel) else None,
                autorange="reversed",
                showticklabels=grid.is_left(panel),
            ),
        )
        sheet.add_panel(panel, data.scenario_label(scenario), *axes)
        shares = rates[scenario][np.ix_(held, used)]
        sheet.add_trace(
            panel,
            type="heatmap",
            x=names,
            y=rows,
            z=[listed_values(100.0 * row, 2) for row in shares],
            text=[[style.plotly_text(_roll_text(float(v))) for v in row] for row in shares],
            texttemplate="%{text}",
            textfont={"size": 9.5},
            colorscale=[
                [stop, colour[0]] for stop, colour in zip(style.HEAT_STOPS, style.HEAT, strict=True)
            ],
            zmin=0,
            zmax=100,
            showscale=False,
            xgap=2,
            ygap=2,
            meta={"row": [data.scenario_label(scenario)]},
            hovertemplate=tr("%{y} to %{x}: %{z:.2f} %<extra></extra>"),
        )
    return sheet.figure()


def cause_label(cause: str) -> str:
    """A cause as a reader writes it (names outside the vocabulary: untrusted text)."""
    if cause in CAUSE_WORDS:
        return tr(CAUSE_WORDS[cause])
    return name(clean(cause.replace("_", " ").capitalize(), 40))


def cause_shares(data: ReportData, policy: str) -> tuple[list[str], dict[str, Array]]:
    """The causes shown and their share of the balance (%) by scenario, under ``policy``.

    Shares are of shape (causes, months). The causes that are largest under the reference, in their
    order; what is not among them is summed as ``other``.
    """
    usual = [100.0 * data.overdue_by_cause(s, data.reference).T for s in data.scenarios]
    shares = {s: 100.0 * data.overdue_by_cause(s, policy).T for s in data.scenarios}
    names = data.causes()
    weight = np.asarray(sum(s.sum(axis=1) for s in usual))
    seen = np.asarray(sum(s.sum(axis=1) for s in shares.values())) + weight
    order = [int(i) for i in np.argsort(-weight, kind="stable") if seen[i] > 0]
    shown, rest = order[:N_CAUSES_SHOWN], order[N_CAUSES_SHOWN:]
    out = {s: v[shown] for s, v in shares.items()}
    if rest:
        out = {s: np.vstack([out[s], shares[s][rest].sum(axis=0)]) for s in out}
    return [names[i] for i in shown] + (["other"] if rest else []), out


def overdue_by_cause(data: ReportData, frame: Frame, policy: str) -> go.Figure:
    """Overdue balance by cause of the spell, stacked, under ``policy``; a panel a scenario."""
    causes, shares = cause_shares(data, policy)
    grid = scenario_grid(data, frame, 250)
    sheet = Sheet(grid)
    top = axis_top([s.sum(axis=0) for s in shares.values() if s.size])
    shown = data.drawn()
    for panel, scenario in enumerate(data.scenarios):
        axes = (
            month_axis(data, grid, panel),
            value_axis(grid, panel, tr("Overdue balance (% of balance)"), top),
        )
        sheet.add_panel(panel, data.scenario_label(scenario), *axes)
        base, ends = 0.0, []
        for position, cause in enumerate(causes):
            colours = (*style.CAUSE_SERIES, style.OTHER)
            colour = style.OTHER[0] if cause == "other" else colours[position][0]
            values = shares[scenario][position]
            label = cause_label(cause)
            sheet.add_trace(
                panel,
                type="scatter",
                x=[float(m) for m in data.months[shown]],
                y=listed_values(values[shown], 4),
                name=style.plotly_text(label),
                mode=line_mode(data),
                line={"width": 0.8, "color": style.PAPER[0]},
                fillcolor=colour,
                stackgroup=f"panel{panel}",
                meta={"row": [data.scenario_label(scenario)]},
                hovertemplate=tr("%{fullData.name}<br>month %{x}: %{y:.2f} %<extra></extra>"),
            )
            ends.append((label, base + float(values[-1]) / 2, colour))
            base += float(values[-1])
        if grid.ends_row(panel):
            sheet.add_end_labels(panel, top, ends, key=True)
    return sheet.figure()


def _add_history(sheet: Sheet, panel: int, months: Array, values: Array) -> None:
    if months.size:
        sheet.add_trace(
            panel,
            type="scatter",
            x=[float(m) for m in months],
            y=listed_values(values),
            name=tr("Observed"),
            mode="lines",
            line={"color": style.MUTED[0], "width": 1.4},
            hovertemplate=tr("Observed<br>month %{x}: %{y:.2f} %<extra></extra>"),
        )


def unemployment(data: ReportData, frame: Frame) -> go.Figure:
    """Unemployment of borrowers and of the economy's paths, after what was observed before.

    A panel a scenario; months up to 0 are history, where the results hold any.
    """
    grid = scenario_grid(data, frame)
    sheet = Sheet(grid)
    fans = {
        s: (
            _percent_fan(data, "unemployment_rate", s, data.reference),
            _percent_fan(data, "macro_unemployment_rate", s, data.reference),
        )
        for s in data.scenarios
    }
    before = {s: history(data, s) for s in data.scenarios}
    seen = [values for _, values in before.values() if values.size]
    top = axis_top([*(fan.high for pair in fans.values() for fan in pair), *seen])
    first = min((float(months[0]) for months, _ in before.values() if months.size), default=None)
    colour = style.SERIES[1][0]
    shown = data.drawn()
    for panel, scenario in enumerate(data.scenarios):
        borrowers, economy = fans[scenario]
        across = month_axis(data, grid, panel)
        if first is not None:
            across |= {
                "range": [first, float(data.months[-1])],
                "dtick": 12 if first > -100.0 else 60,
            }
        sheet.add_panel(
            panel,
            data.scenario_label(scenario),
            across,
            value_axis(grid, panel, tr("Unemployment rate (%)"), top),
        )
        _add_history(sheet, panel, *before[scenario])
        broad = {"color": style.soft(colour, style.RANGE_OPACITY), "width": 5}
        add_fan(sheet, data, panel, (borrowers, tr("Borrowers"), colour, broad))
        sheet.add_trace(
            panel,
            type="scatter",
            x=[float(m) for m in data.months[shown]],
            y=listed_values(economy.median[shown]),
            name=tr("Economy"),
            mode=line_mode(data),
            line={"color": style.INK[0], "dash": "dash", "width": 1.6},
            hovertemplate=tr("Economy, median path<br>month %{x}: %{y:.2f} %<extra></extra>"),
        )
        if grid.ends_row(panel):
            ends = [
                (tr("Borrowers"), float(borrowers.median[-1]), colour),
                (tr("Economy"), float(economy.median[-1]), style.INK[0]),
            ]
            sheet.add_end_labels(panel, top, ends)
    return sheet.figure()
