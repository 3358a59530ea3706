"""Roll rates, the monthly transition matrix: figure, caption, table."""

import numpy as np
import plotly.graph_objects as go

from simulator.report.kit import style
from simulator.report.kit.data import ReportData
from simulator.report.kit.fans import listed_values
from simulator.report.kit.language import clauses, mark, name, tr
from simulator.report.kit.numbers import percent
from simulator.report.kit.phrases import under
from simulator.report.kit.style import Frame, Grid, Sheet, axis
from simulator.report.kit.table import POLICY, SCENARIO, WITH_UNIT
from simulator.report.kit.text import clean
from simulator.results.table import FRACTION, Column, Row, Table, texts


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
                tr("Bucket at the start of the month") if grid.is_left(panel) else None,
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


def roll_table(data: ReportData) -> Table:
    """Roll rates in percent, a row a scenario, policy and bucket."""
    sources, targets = data.roll_names()
    rows: list[Row] = []
    for place in data.all_places:
        rates = data.roll_rates(*place)
        for i, source in enumerate(sources):
            cells = ("" if np.isnan(share) else float(share) for share in rates[i])
            rows.append((*data.row(*place), state_label(source), *cells))
    columns = (
        Column(WITH_UNIT, FRACTION, said={"title": state_label(t)}, decimals=2) for t in targets
    )
    names = texts(SCENARIO, POLICY, mark("Bucket"))
    return Table((*names, *columns), tuple(rows), n_names=3)


def roll_caption(data: ReportData) -> str:
    """Cure and roll-on of the first bucket, and the cure of a late one."""
    scenario = data.worst_scenario()
    rates = data.roll_rates(scenario, data.reference)
    names, _ = data.roll_names()
    parts = [
        tr(
            "{cured} of {bucket} is current again a month later and {worse} rolls to a worse"
            " bucket",
            cured=percent(rates[i, 0]),
            bucket=names[i],
            worse=percent(rates[i, i + 1]),
        )
        for i in (1, 3)
        if i < len(names) and not np.isnan(rates[i, 0])
    ]
    if not parts:
        return tr("No balance was overdue.")
    return tr(
        "Under {scenario} and {reference}, {parts}. Blank cells: no balance.",
        **under(data, scenario),
        parts=clauses(parts),
    )
