"""The chapter on provisions: the roll-forward, allowances and coverage."""

from collections.abc import Callable
from functools import partial

import plotly.graph_objects as go

from simulator.report.kit import waterfall
from simulator.report.kit.card import Axis, Choice, FigureCard
from simulator.report.kit.data import ReportData
from simulator.report.kit.language import listed, sentences, tr
from simulator.report.provisions import allowance_figures, allowance_words
from simulator.report.provisions.rule_books import Provisions


def allowance_cards(books: Provisions) -> list[FigureCard]:
    """The roll-forward of the allowance, and allowance and coverage over the months."""
    return [
        FigureCard(
            "allowance-roll",
            tr("From opening to closing allowance ({book})", book=books.label(books.accounting)),
            allowance_words.waterfall_caption(books),
            _by_place(books.data, partial(allowance_figures.waterfall_figure, books)),
            allowance_words.waterfall_table(books),
            one_layout=True,
            legend=bar_legend(),
        ),
        FigureCard(
            "coverage",
            tr("Allowance and coverage"),
            sentences(allowance_words.fan_caption(books), allowance_words.coverage_caption(books)),
            _by_place(books.data, partial(allowance_figures.coverage_figure, books)),
            allowance_words.coverage_table(books),
        ),
    ]


def bar_legend() -> tuple[tuple[str, str], ...]:
    """Colour class and meaning of each kind of bar."""
    return tuple((kind.key, tr(kind.name)) for kind in waterfall.BAR_KINDS)


def _by_place(data: ReportData, draw: Callable[..., go.Figure]) -> tuple[Choice, ...]:
    """A choice for each scenario and drawn policy, the worst scenario and the reference first."""
    return tuple(
        Choice(
            listed([data.scenario_label(scenario), data.policy_label(policy)]),
            partial(draw, place=(scenario, policy)),
            {Axis.SCENARIO: scenario, Axis.POLICY: policy},
        )
        for scenario, policy in data.places
    )
