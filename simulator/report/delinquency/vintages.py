"""Vintages, loans that were ever 90 days past due by age: figure, caption, table."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import plotly.graph_objects as go

from simulator.report.kit import style
from simulator.report.kit.data import ReportData
from simulator.report.kit.fans import axis_top, scenario_panels
from simulator.report.kit.language import mark, sentences, tr
from simulator.report.kit.numbers import rate_scale
from simulator.report.kit.statistics import Array
from simulator.report.kit.style import Frame, Grid, Settings, Sheet, axis
from simulator.report.kit.table import POLICY, SCENARIO
from simulator.results.table import FRACTION, Column, Row, Table, texts

MOST_VINTAGES: Final = 5
"""Vintages that a panel draws, so that each line can be told (the newest that have a year)."""

LEAST_AGE: Final = 12
"""Months on book that a vintage must be readable for to be drawn, where any is."""


@dataclass(frozen=True, slots=True)
class Curve:
    """A vintage under a scenario and policy: months on book and share that was ever 90+ (%)."""

    vintage: str
    ages: Array
    share: Array


def curves(data: ReportData, scenario: str, policy: str) -> list[Curve]:
    """The vintages that are drawn, oldest first: the newest that can be read for a year."""
    place = {"scenario": scenario, "policy": policy}
    values = data.picked("vintage_ever_90", ("vintage", "mob"), place)
    ages = np.asarray(data.dataset["mob"].values, dtype=np.float64)
    out = []
    for label, row in zip(data.dataset["vintage"].values, values, strict=True):
        known = ~np.isnan(row)
        if known.sum() > 1 and ages[known][0] == 0:
            out.append(Curve(str(label), ages[known], 100.0 * row[known]))
    long = [c for c in out if c.ages[-1] >= LEAST_AGE] or out
    return long[:MOST_VINTAGES]


def has_vintages(data: ReportData) -> bool:
    """Whether new loans are watched from their first month in the results."""
    if "vintage_ever_90" not in data.dataset:
        return False
    return any(curves(data, s, data.reference) for s in data.scenarios)


def vintage_curves(data: ReportData, frame: Frame, policy: str) -> go.Figure:
    """Share of a vintage's loans that was ever 90+ by months on book, a panel a scenario."""
    everything = [
        c for s in data.scenarios for p in data.drawn_policies for c in curves(data, s, p)
    ]
    top = axis_top([c.share for c in everything])
    longest = max((float(c.ages[-1]) for c in everything), default=1.0)

    def across(_: ReportData, grid: Grid, panel: int) -> Settings:
        return axis(
            tr("Months on book") if grid.is_last_in_column(panel) else None,
            range=[0.0, longest],
            dtick=6 if longest > 9 else 1,
            showline=True,
            linecolor=style.MUTED[0],
        )

    def draw(sheet: Sheet, panel: int, scenario: str) -> list[tuple[str, float, str]]:
        ends = []
        for place, curve in enumerate(curves(data, scenario, policy)):
            colour, dash = style.series(1 + place)
            sheet.add_trace(
                panel,
                type="scatter",
                x=[float(a) for a in curve.ages],
                y=[round(float(v), 4) for v in curve.share],
                name=style.plotly_text(curve.vintage),
                mode="lines",
                line={"color": colour, "dash": dash, "width": 2.0},
                meta={"row": [data.scenario_label(scenario), data.policy_label(policy)]},
                hovertemplate=tr(
                    "%{fullData.name}<br>%{x} months on book: %{y:.2f} %<extra></extra>"
                ),
            )
            ends.append((curve.vintage, float(curve.share[-1]), colour))
        return ends

    title = tr("Ever 90+ days past due (% of loans)")
    return scenario_panels(data, frame, (title, top), draw, across=across)


def vintage_caption(data: ReportData) -> str:
    """How the newest drawn vintage compares with the first one at the same age."""
    scenario = data.worst_scenario()
    found = curves(data, scenario, data.reference)
    scale = rate_scale((), 1)
    if len(found) < 2:
        told = ""
    else:
        first, last = found[0], found[-1]
        age = min(float(first.ages[-1]), float(last.ages[-1]))
        told = tr(
            "Under {scenario} and {reference}, after {age} months on book {first} of the loans of"
            " {one} and {last} of those of {other} have been 90 days past due.",
            scenario=data.scenario_label(scenario),
            reference=data.policy_label(data.reference),
            age=f"{age:.0f}",
            first=scale.full(float(np.interp(age, first.ages, first.share)) / 100.0),
            last=scale.full(float(np.interp(age, last.ages, last.share)) / 100.0),
            one=first.vintage,
            other=last.vintage,
        )
    known = tr(
        "Q0 is the quarter of the opening, Q+1 the next one. Only vintages that are in the run"
        " from their first month are shown; run-off months count."
    )
    return sentences(told, known)


def vintage_table(data: ReportData) -> Table:
    """The curves that are drawn, at every third month on book."""
    rows: list[Row] = []
    for scenario in data.scenarios:
        for policy in data.drawn_policies:
            for curve in curves(data, scenario, policy):
                for age, share in zip(curve.ages, curve.share, strict=True):
                    if age % 3 == 0:
                        names = (*data.row(scenario, policy), curve.vintage)
                        rows.append((*names, f"{age:.0f}", share / 100.0))
    columns = texts(SCENARIO, POLICY, mark("Vintage"), mark("Months on book"))
    ever = Column(mark("Ever 90+ ({unit})"), FRACTION, decimals=2)
    return Table((*columns, ever), tuple(rows), n_names=4)
