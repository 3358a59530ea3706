"""The report of a calibration: plain numbers in, one offline HTML file out."""

from collections.abc import Sequence
from functools import partial

from simulator.report.fit import figures, tables, words
from simulator.report.fit.data import FitReport, Predicted
from simulator.report.fit.panels import MOST_PANELS, Panel, dot_panels, line_panels
from simulator.report.kit.card import FigureCard, Section, plain
from simulator.report.kit.language import mark, sentences, speaking, tr
from simulator.report.kit.page_shell import page_text
from simulator.report.kit.run_messages import run_message
from simulator.report.kit.text import clean, harmless

_SEEN_AND_MODEL = (("series-0", mark("seen")), ("series-1", mark("model")))
_MOST_WARNINGS = 40


def render_fit(report: FitReport) -> str:
    """The report of a calibration as the text of one HTML file that loads nothing from anywhere."""
    with speaking(report.language):
        cards = figure_cards(report)
        return page_text(
            "fit.html.j2",
            cards,
            {},
            title=clean(report.label, 120),
            facts=[clean(fact, 120) for fact in report.facts],
            headline=words.headline(report),
            support=words.support(report),
            warnings=[clean(run_message(text), 600) for text in report.warnings[:_MOST_WARNINGS]],
            more_warnings=max(0, len(report.warnings) - _MOST_WARNINGS),
            story=[clean(part, 4000) for part in report.story.split("\n\n") if part.strip()],
            level=f"{100.0 * report.level:.0f}",
            parameters=tables.parameter_lines(report),
            targets=tables.target_table(report),
            scores=tables.score_table(report) if report.backtests else None,
            cards=cards,
            provenance=[
                Section(
                    clean(title, 80),
                    tuple((clean(name, 80), clean(value, 600)) for name, value in entries),
                )
                for title, entries in report.provenance
            ],
            configuration=harmless(report.configuration),
        )


def figure_cards(report: FitReport) -> list[FigureCard]:
    """Every figure of the page, in reading order; eight at most."""
    return [
        *_fit_cards(report),
        plain(
            "fit-parameters",
            tr("Information in the data by parameter"),
            words.parameter_caption(report),
            partial(figures.parameter_figure, report),
            tables.parameter_table(report),
        ),
        *_correlation_cards(report),
        *_backtest_cards(report),
        *_prediction_cards(report),
    ]


def _fit_cards(report: FitReport) -> list[FigureCard]:
    """Series and other targets, each in a figure of its own."""
    panels = dict(zip(report.targets, figures.fit_panels(report), strict=True))
    dated = [target for target, panel in panels.items() if panel.is_dated]
    others = [target for target in panels if target not in dated]
    return [
        plain(
            key,
            title,
            sentences(words.fit_caption(report, targets), _left_out(targets)),
            partial(draw, [panels[target] for target in targets]),
            tables.fit_table(report, targets),
            tuple((colour, tr(words)) for colour, words in _SEEN_AND_MODEL),
        )
        for key, title, targets, draw in (
            ("fit-series", tr("Model and history"), dated, line_panels),
            ("fit-numbers", tr("Model and observations"), others, dot_panels),
        )
        if targets
    ]


def _left_out(panels: Sequence[object]) -> str:
    if len(panels) <= MOST_PANELS:
        return ""
    return tr("Shown: the first {most} of {n}; the table has all.", most=MOST_PANELS, n=len(panels))


def _correlation_cards(report: FitReport) -> list[FigureCard]:
    if len(report.parameters) < 2:
        return []
    return [
        plain(
            "fit-correlations",
            tr("Correlation of parameter estimates"),
            words.correlation_caption(report),
            partial(figures.correlation_figure, report),
            tables.correlation_table(report),
        )
    ]


def _backtest_cards(report: FitReport) -> list[FigureCard]:
    """Forecasts of what was held back; over time if any of them is."""
    panels = figures.backtest_panels(report)
    if not panels:
        return []
    dated = [panel for panel in panels if panel.is_dated]
    shown, draw = (dated, line_panels) if dated else (panels, dot_panels)
    named = [
        (f"series-{figures.FITTED + place}", clean(words.forecaster_name(name), 40))
        for place, name in enumerate(figures.forecasters(report))
    ]
    return [
        plain(
            "fit-backtest",
            tr("Backtest: months not used in the fit"),
            sentences(words.backtest_caption(report), _left_out(shown)),
            partial(draw, shown),
            tables.backtest_table(report),
            (("series-0", tr("seen")), *named),
        )
    ]


def _prediction_cards(report: FitReport) -> list[FigureCard]:
    panels = figures.prediction_panels(report)
    dated = [panel for panel in panels if panel.is_dated]
    others = [panel for panel in panels if not panel.is_dated]
    return [
        plain(
            key,
            title,
            sentences(words.prediction_caption(report, rows), _left_out(chosen)),
            partial(draw, chosen),
            tables.prediction_table(rows),
            (("series-1", tr("prediction")),),
        )
        for key, title, chosen, draw in (
            ("fit-fans", tr("Predictions over time"), dated, line_panels),
            ("fit-items", tr("Predictions"), others, dot_panels),
        )
        if (rows := _rows_of(report, chosen))
    ]


def _rows_of(report: FitReport, panels: Sequence[Panel]) -> list[Predicted]:
    groups = {panel.title for panel in panels}
    return [row for row in report.predictions if row.group in groups]
