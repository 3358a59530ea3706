"""What policies change against the reference: paired differences as figure, caption, table."""

from collections.abc import Iterator, Sequence
from math import nan

import plotly.graph_objects as go

from simulator.report.delinquency.re_ageing import before_relief, re_aged
from simulator.report.kit import style
from simulator.report.kit.data import ReportData
from simulator.report.kit.language import listed, mark, sentences, tr
from simulator.report.kit.metrics import effect_metrics
from simulator.report.kit.numbers import money_scale, points_scale
from simulator.report.kit.phrases import drawn_sentence, one_draw
from simulator.report.kit.style import Frame, Grid, Sheet, axis, axis_names
from simulator.report.kit.table import POLICY, SCENARIO, WITH_UNIT
from simulator.results.estimate import Estimate
from simulator.results.table import FRACTION, Cell, Column, Table, Value, texts


def effects_table(data: ReportData) -> Table:
    """The paired differences behind the comparison."""
    metrics = effect_metrics(data)
    columns = (
        Column(WITH_UNIT, unit, said={"title": title}, is_change=True) for _, title, unit in metrics
    )
    rows = (
        (*data.row(s, p), *(_change(data, (s, p), metric) for metric, *_ in metrics))
        for s in data.scenarios
        for p in data.alternatives
    )
    names = texts(SCENARIO, POLICY)
    return Table((*names, *columns), tuple(rows), n_names=2, currency=data.currency)


def _change(data: ReportData, place: tuple[str, str], metric: str) -> Value:
    """The difference of a metric, and that before relief where it is another."""
    stat = data.stat(*place, f"delta_{metric}")
    before = before_relief(data, *place, metric)
    if before is None or before == stat:
        return nan if stat is None else stat
    return Cell(stat, mark("{number}; before relief {before}"), {"before": before})


def effects_caption(data: ReportData) -> str:
    """How many of the differences can be told from zero."""
    stats = [
        data.stat(s, p, f"delta_{metric}")
        for metric, *_ in effect_metrics(data)
        for s in data.scenarios
        for p in data.alternatives
    ]
    known = [stat for stat in stats if stat is not None]
    if data.n_draws == 1:
        seen = tr(
            "{n} differences on {seen}; none has an interval.", n=len(known), seen=one_draw(data)
        )
        return sentences(seen, drawn_sentence(data))
    same = sum(1 for stat in known if stat.is_zero)
    told = tr(
        "{n} of {known} differences from {reference} are significant (filled dots).",
        n=sum(1 for stat in known if stat.sign),
        known=len(known),
        reference=data.policy_label(data.reference),
    )
    return sentences(
        told,
        tr("{n} are exactly zero.", n=same) if same else "",
        tr("Thick bar: 95 % interval of the mean; thin line: 90 % of paths."),
        tr("The bar of middle width adds the doubt of fitted parameters.")
        if data.has_totals
        else "",
        _re_aged_sentence(data),
        drawn_sentence(data),
    )


def _re_aged_sentence(data: ReportData) -> str:
    """Whose overdue rates fall by re-ageing alone, in any scenario."""
    found = [
        data.policy_label(p)
        for p in data.drawn_policies[1:]
        if any(
            re_aged(data, s, p, metric)
            for s in data.scenarios
            for metric, *_ in effect_metrics(data)
        )
    ]
    if not found:
        return ""
    return tr(
        "Re-aged: under {policies} an overdue rate falls as re-planned loans count as current;"
        " the rate before relief, in the table, does not fall significantly.",
        policies=listed(found),
    )


def _effect_rows(data: ReportData) -> Iterator[tuple[str, str | None]]:
    """Rows of the comparison from the top: a scenario's heading, then its policies."""
    for scenario in data.scenarios:
        yield scenario, None
        for policy in data.drawn_policies[1:]:
            yield scenario, policy


def _add_effect(
    sheet: Sheet,
    data: ReportData,
    panel: int,
    point: tuple[float, str, str],
    shown: tuple[Estimate[float], Estimate[float] | None, float, str],
) -> None:
    """One dot with its 95 % interval (thick) and the 5-95 % range of paths (thin).

    Between them, where it is known, the interval with the doubt of parameters.
    """
    height, scenario, policy = point
    stat, total, divisor, unit = shown
    colour, _ = style.series(data.policy_number(policy))
    bars = [(stat.p05, stat.p95, 1.2, style.soft(colour, style.RANGE_OPACITY))]
    if total is not None:
        bars.append((total.ci_low, total.ci_high, style.OUTER, colour))
    for low, high, width, paint in (*bars, (stat.ci_low, stat.ci_high, style.INNER, colour)):
        if low is not None and high is not None and data.n_paths > 1:
            ends = [round(low / divisor, 6), round(high / divisor, 6)]
            sheet.add_trace(
                panel,
                type="scatter",
                x=ends,
                y=[height, height],
                line={"color": paint, "width": width},
                mode="lines",
                hoverinfo="skip",
            )
    label = f"{data.policy_label(policy)}, {data.scenario_label(scenario)}"
    sheet.add_trace(
        panel,
        type="scatter",
        x=[round(stat.mean / divisor, 6)],
        y=[height],
        name=style.plotly_text(label),
        mode="markers",
        marker={
            "color": colour if stat.sign or not stat.has_interval else style.PAPER[0],
            "size": 8,
            "line": {"color": colour, "width": 2},
        },
        meta={"row": [data.scenario_label(scenario), data.policy_label(policy)]},
        hovertemplate=f"%{{fullData.name}}<br>%{{x:.3~f}} {unit}<extra></extra>",
    )


def _effect_range(ends: Sequence[float | None], divisor: float) -> list[float]:
    """An axis that holds zero and all ``ends``, with room for the dots."""
    shown = [v / divisor for v in ends if v is not None]
    low, high = min(0.0, *shown, 0.0), max(0.0, *shown, 0.0)
    room = 0.06 * (high - low) or 1.0
    return [low - room, high + room]


def _effect_labels(sheet: Sheet, data: ReportData, panel: int) -> None:
    """Row names to the left of a panel: scenarios in the text colour, policies in their own."""
    x_name, y_name = axis_names(panel)
    for row, (scenario, policy) in enumerate(_effect_rows(data)):
        heading = policy is None
        text = data.scenario_label(scenario, 26) if heading else data.policy_label(policy or "", 24)
        colour = style.INK[0] if heading else style.series(data.policy_number(policy or ""))[0]
        sheet.add_label(
            text,
            colour,
            x=0.0,
            y=-row,
            xref=f"{x_name} domain",
            yref=y_name,
            xshift=-sheet.grid.left + (0 if heading else 10),
            font={"size": 12, "weight": 600 if heading else 400, "color": colour},
        )


def policy_effects(data: ReportData, frame: Frame) -> go.Figure:
    """Paired differences against the reference with 95 % intervals, a panel a metric."""
    rows, metrics = list(_effect_rows(data)), effect_metrics(data)
    columns = style.columns_for(frame, len(metrics), 240, 4)
    left = 168 if frame.width > 500 else 146
    grid = Grid(frame, len(metrics), columns, 23 * len(rows) + 10, left=left, gap_x=26, gap_y=76)
    sheet = Sheet(grid)
    for panel, (metric, title, unit_of) in enumerate(metrics):
        found = [
            (-row, s, p, data.stat(s, p, f"delta_{metric}"))
            for row, (s, p) in enumerate(rows)
            if p is not None
        ]
        stats = [stat for *_, stat in found if stat is not None]
        totals = [data.total_of(s, p, f"delta_{metric}") for _, s, p, _ in found]
        ends = [v for s in stats for v in (*s.ends, s.p05, s.p95)]
        ends += [v for total in totals if total is not None for v in total.ends]
        scale = money_scale(data.currency, ends)
        is_rate = unit_of == FRACTION
        divisor, unit = (0.01, points_scale(ends).unit) if is_rate else (scale.divisor, scale.unit)
        axes = (
            axis(
                tr("Change ({unit})", unit=unit),
                showgrid=True,
                nticks=5,
                range=_effect_range(ends, divisor),
                zeroline=True,
                zerolinecolor=style.MUTED[0],
                zerolinewidth=1.2,
            ),
            axis(range=[-len(rows) + 0.4, 0.6], showticklabels=False),
        )
        sheet.add_panel(panel, title, *axes)
        if grid.is_left(panel):
            _effect_labels(sheet, data, panel)
        for height, scenario, policy, stat in found:
            if stat is not None:
                total = data.total_of(scenario, policy, f"delta_{metric}")
                shown = (stat, total, divisor, unit)
                _add_effect(sheet, data, panel, (height, scenario, policy), shown)
    return sheet.figure()
