"""What makes a figure: waterfalls over groups of causes, or over the parts of a scenario."""

from collections.abc import Sequence
from functools import partial
from math import isnan
from typing import Final

import plotly.graph_objects as go

from simulator.report.kit import waterfall
from simulator.report.kit.card import Axis, Choice, FigureCard
from simulator.report.kit.data import ReportData
from simulator.report.kit.language import listed, mark, tr
from simulator.report.kit.numbers import Scale, money_scale, percent, rate_scale
from simulator.report.kit.style import Frame, Sheet
from simulator.report.kit.table import SCENARIO
from simulator.report.kit.text import clean
from simulator.report.reverse.reverse_words import words
from simulator.results.cause_shares import END, NEW_90, START, CausePart
from simulator.results.estimate import Estimate
from simulator.results.table import BARE, FRACTION, MONEY, Cell, Column, Row, Table, texts

LEVELS: Final = (START, END)
GROUP_WORDS: Final = {
    "opening_arrears": mark("arrears at the opening"),
    "work": mark("work"),
    "illness": mark("illness"),
    "disaster_and_epidemic": mark("disaster and epidemic"),
    "platforms_and_spending": mark("platforms and spending"),
    "attention": mark("attention"),
    "will_not_pay": mark("refusal"),
    "unemployment": mark("unemployment"),
    "income": mark("income"),
    "prices": mark("prices"),
    "rates": mark("rates"),
    "rules_and_willingness": mark("rules and willingness"),
    "growth_of_applicants": mark("growth of applicants"),
    "book": mark("book"),
    "parameters": mark("parameters"),
    "scenario": mark("scenario"),
    "policy": mark("policy"),
    START: mark("without any of them"),
    END: mark("with all of them"),
}
N_NAMED: Final = 3


def group_words(data: ReportData, part: CausePart) -> str:
    """A row of a waterfall as a reader writes it; of two scenarios the ends are their labels."""
    if part.against and part.group in LEVELS:
        return against_words(data, part) if part.group == START else _own_words(data, part)
    if part.group in GROUP_WORDS:
        return tr(GROUP_WORDS[part.group])
    return words(part.group)


def against_words(data: ReportData, part: CausePart) -> str:
    """The scenario or the earlier run that a figure is compared with."""
    if part.against in data.scenarios:
        return data.scenario_label(part.against)
    return tr("run {folder}", folder=clean(part.against, 60))


def _own_words(data: ReportData, part: CausePart) -> str:
    """The scenario itself, or this run."""
    return data.scenario_label(part.scenario) if part.against in data.scenarios else tr("this run")


def waterfall_cards(data: ReportData) -> list[FigureCard]:
    """Causes of the explained figure, then parts of scenarios; those that the run tells."""
    causes = [p for p in data.run.cause_parts if not p.against and p.metric != NEW_90]
    parts = [p for p in data.run.cause_parts if p.against]
    cards = []
    if causes:
        title = tr("{metric} by cause", metric=_metric(causes[0]))
        cards.append(_card(data, "loss-by-cause", title, causes))
    if parts:
        title = tr(
            "{metric}: difference to {scenario} by part",
            metric=_metric(parts[0]),
            scenario=against_words(data, parts[0]),
        )
        cards.append(_card(data, "scenario-parts", title, parts))
    return cards


def _metric(part: CausePart) -> str:
    said = words(part.metric)
    return said[:1].upper() + said[1:]


def _card(data: ReportData, key: str, title: str, rows: Sequence[CausePart]) -> FigureCard:
    scenarios = list(dict.fromkeys(row.scenario for row in rows))
    by_scenario = {s: [row for row in rows if row.scenario == s] for s in scenarios}
    return FigureCard(
        key,
        title,
        " ".join(waterfall_sentence(data, mine) for mine in by_scenario.values()),
        tuple(
            Choice(
                data.scenario_label(scenario),
                partial(_figure, data, mine),
                {Axis.SCENARIO: scenario},
            )
            for scenario, mine in by_scenario.items()
        ),
        _table(data, rows),
    )


def scale_of(data: ReportData, rows: Sequence[CausePart]) -> Scale:
    """Of all amounts of a figure."""
    amounts = [row.amount for row in rows]
    if rows[0].unit == data.currency:
        return money_scale(data.currency, amounts)
    return rate_scale(amounts) if rows[0].unit in ("1", "1/year") else Scale(rows[0].unit, 1, None)


def waterfall_sentence(data: ReportData, rows: Sequence[CausePart]) -> str:
    """Both ends and the largest parts of one scenario."""
    scale, start, end = scale_of(data, rows), rows[0], rows[-1]
    parts = sorted(rows[1:-1], key=lambda row: -abs(row.amount))
    leading = listed([_step(data, part, scale) for part in parts[:N_NAMED]])
    said = {
        "scenario": data.scenario_label(end.scenario),
        "metric": words(end.metric),
        "start": scale.full(start.amount),
        "end": scale.full(end.amount),
        "parts": leading or tr("nothing"),
    }
    if end.against and end.against not in data.scenarios:
        return tr(
            "Under {scenario}, {metric} goes from {start} in the {other} to {end}: {parts}.",
            other=against_words(data, end),
            **said,
        )
    if end.against:
        return tr(
            "From {other} to {scenario}, {metric} goes from {start} to {end}: {parts}.",
            other=data.scenario_label(end.against),
            **said,
        )
    return tr(
        "Under {scenario}, {metric} is {end}, {start} of it without any of these causes: {parts}.",
        **said,
    )


def _step(data: ReportData, part: CausePart, scale: Scale) -> str:
    """A part with its amount, and its share where that is known."""
    said = {"part": group_words(data, part), "amount": scale.full(part.amount, signed=True)}
    if isnan(part.share):
        return tr("{part} {amount}", **said)
    return tr("{part} {amount} ({share})", share=percent(part.share, 0), **said)


def _figure(data: ReportData, rows: Sequence[CausePart], frame: Frame) -> go.Figure:
    """One waterfall."""
    names = [group_words(data, row) for row in rows]
    scale = scale_of(data, rows)
    grid = waterfall.row_grid(frame, 1, len(rows), 1, least=220)
    sheet = Sheet(grid)
    bars = waterfall.waterfall([row.amount for row in rows], [row.group in LEVELS for row in rows])
    room = 64.0 / grid.panel_width
    axes = waterfall.row_axes(scale.unit, len(rows), waterfall.span_of(bars.ends(), scale, room))
    title = data.scenario_label(rows[-1].scenario)
    sheet.add_panel(0, title, *axes)
    waterfall.add_bars(sheet, 0, names, bars, scale, row=(title,))
    waterfall.add_row_names(sheet, 0, names)
    return sheet.figure()


def _table(data: ReportData, rows: Sequence[CausePart]) -> Table:
    """Amounts and shares with intervals; labels beside where they tell it."""
    money = rows[0].unit == data.currency
    unit = MONEY if money else FRACTION if rows[0].unit == "1" else BARE
    lines: list[Row] = []
    for row in rows:
        share = None if isnan(row.share) else Estimate(row.share, row.ci_low, row.ci_high)
        amount = Estimate(row.amount, row.amount_ci_low, row.amount_ci_high)
        lines.append(
            (data.scenario_label(row.scenario), group_words(data, row), Cell(amount), share)
        )
    columns = (
        *texts(SCENARIO, mark("Cause or part")),
        Column(mark("Amount ({unit})"), unit),
        Column(mark("Share of what all add"), FRACTION, decimals=1),
    )
    return Table(columns, lines, n_names=2, currency=data.currency)
