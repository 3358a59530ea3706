"""Intervals with the doubt of fitted parameters: losses of every scenario and policy, in bars."""

from collections.abc import Iterator

import plotly.graph_objects as go

from simulator.report.kit import style
from simulator.report.kit.card import FigureCard, plain
from simulator.report.kit.data import ReportData
from simulator.report.kit.language import mark, sentences, tr
from simulator.report.kit.numbers import money_scale, number
from simulator.report.kit.style import Frame, Grid, Sheet, axis
from simulator.report.kit.table import POLICY, SCENARIO
from simulator.results.estimate import Estimate
from simulator.results.parameter_errors import drawn_in
from simulator.results.table import MONEY, Column, Table, texts

_ROW = 24
"""Pixels of a row."""


def total_interval_cards(data: ReportData) -> list[FigureCard]:
    """How sure losses are when parameters are in doubt, too; for runs that drew them."""
    if not data.has_totals or not list(_rows(data)):
        return []
    return [
        plain(
            "total-intervals",
            tr("Intervals with the doubt of parameters"),
            total_caption(data),
            lambda frame: total_figure(data, frame),
            total_table(data),
        )
    ]


def _metric(data: ReportData) -> tuple[str, str]:
    return data.with_runoff("credit_loss", tr("Credit loss"))


def _rows(
    data: ReportData,
) -> Iterator[tuple[tuple[str, str], Estimate[float], Estimate[float]]]:
    """Every drawn scenario and policy with its inner and its outer interval."""
    metric, _ = _metric(data)
    for place in data.places:
        stat, total = data.stat(*place, metric), data.total_of(*place, metric)
        if stat is not None and total is not None:
            yield place, stat, total


def total_figure(data: ReportData, frame: Frame) -> go.Figure:
    """A dot a scenario and policy, with its inner (thick) and its outer bar."""
    rows = list(_rows(data))
    scale = money_scale(data.currency, [v for *_, total in rows for v in total.ends])
    left = min(320, frame.width // 2)
    sheet = Sheet(Grid(frame, 1, 1, _ROW * len(rows) + 12, left=left, right=20))
    names = [
        style.plotly_text(f"{data.scenario_label(s, 20)}, {data.policy_label(p, 20)}")
        for (s, p), *_ in rows
    ]
    places = list(range(len(rows)))[::-1]
    title = f"{_metric(data)[1]} ({scale.unit})"
    label = axis(tickvals=places, ticktext=names, range=[-0.7, len(rows) - 0.3])
    sheet.add_panel(0, title, axis(title, showgrid=True, nticks=6), label)
    for height, ((scenario, policy), stat, total) in zip(places, rows, strict=True):
        colour = style.series(data.policy_number(policy))[0]
        for found, width in ((total, style.OUTER), (stat, style.INNER)):
            sheet.add_trace(
                0,
                type="scatter",
                x=[round(end / scale.divisor, 6) for end in (found.ci_low, found.ci_high)],
                y=[height, height],
                mode="lines",
                line={"color": colour, "width": width},
                hoverinfo="skip",
            )
        sheet.add_trace(
            0,
            type="scatter",
            x=[round(stat.mean / scale.divisor, 6)],
            y=[height],
            mode="markers",
            marker={"color": colour, "size": 8},
            meta={"row": list(data.row(scenario, policy))},
            hovertemplate=f"%{{x:.3~f}} {style.plotly_text(scale.unit)}<extra></extra>",
        )
    return sheet.figure()


def total_caption(data: ReportData) -> str:
    """What both bars are, and whose parameters were drawn."""
    drawn = drawn_in(data.dataset)
    if drawn is None:
        return ""
    return sentences(
        tr(
            "Inner bar: 95 % interval of the mean over paths and borrowers; outer bar: with the"
            " doubt of {n} parameters of a fit ({source}), from {draws} draws.",
            n=len(drawn.names),
            source=style.plotly_text(drawn.source),
            draws=number(drawn.draws, 0),
        ),
        tr(
            "{n} parameters are left at values that are assumptions; their doubt is in no"
            " interval, and the limits of this page name them.",
            n=len(drawn.assumed),
        ),
    )


def total_table(data: ReportData) -> Table:
    """Both intervals of every scenario and policy."""
    rows = tuple((*data.row(*place), stat, total) for place, stat, total in _rows(data))
    title = _metric(data)[1]
    columns = (
        Column(mark("{title}: inner interval ({unit})"), MONEY, said={"title": title}),
        Column(mark("{title}: total interval ({unit})"), MONEY, said={"title": title}),
    )
    names = texts(SCENARIO, POLICY)
    return Table((*names, *columns), rows, n_names=2, currency=data.currency)


def parameters_left(data: ReportData) -> Iterator[str]:
    """Names of the drawn parameters, and of those left at an assumption; none without draws."""
    drawn = drawn_in(data.dataset)
    if drawn is None:
        return
    yield tr("Drawn from the fit: {names}.", names=", ".join(drawn.names))
    yield tr("Left at an assumption: {names}.", names=", ".join(drawn.assumed))
