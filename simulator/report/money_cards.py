"""The section on money: allowances of the rule books, losses over paths, profit and capital."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import plotly.graph_objects as go

from simulator.report import allowance_figures, allowance_words, bars, profit_words
from simulator.report.cards import Axis, Choice, FigureCard
from simulator.report.data import ReportData
from simulator.report.language import listed, sentences, tr
from simulator.report.money_data import Provisions, provisions_of
from simulator.report.profit_figure import Bridge, bridge_figure
from simulator.report.ranking import Ranking
from simulator.report.tail_figure import Losses, loss_figure, losses_of
from simulator.report.value_table import value_caption, value_table


@dataclass(frozen=True, slots=True)
class MoneySection:
    """A title, a sentence, tables of policies (worst scenario first) and their caption."""

    title: str
    sentence: str
    tables: tuple[Ranking, ...]
    caption: str
    cards: tuple[FigureCard, ...]


def money_section(data: ReportData) -> MoneySection | None:
    """What this run's results tell of money; None when they tell nothing of it."""
    books, found = provisions_of(data), losses_of(data)
    cards = (_loss_card(found),) if found is not None else ()
    if books is None:
        return MoneySection(tr("Losses over paths"), "", (), "", cards) if cards else None
    worst = data.worst_scenario()
    scenarios = (worst, *(s for s in data.scenarios if s != worst))
    return MoneySection(
        title=tr("Allowances, profit and capital"),
        sentence=allowance_words.allowance_sentence(books),
        tables=tuple(value_table(books, scenario) for scenario in scenarios),
        caption=value_caption(books),
        cards=(*_allowance_cards(books), *cards, _bridge_card(Bridge(data))),
    )


def _allowance_cards(books: Provisions) -> list[FigureCard]:
    return [
        FigureCard(
            "allowance-roll",
            tr("From opening to closing allowance ({book})", book=books.label(books.accounting)),
            allowance_words.waterfall_caption(books),
            _by_place(books.data, partial(allowance_figures.waterfall_figure, books)),
            allowance_words.waterfall_table(books),
            one_layout=True,
            legend=_bar_legend(),
        ),
        FigureCard(
            "coverage",
            tr("Allowance and coverage"),
            sentences(allowance_words.fan_caption(books), allowance_words.coverage_caption(books)),
            _by_place(books.data, partial(allowance_figures.coverage_figure, books)),
            allowance_words.coverage_table(books),
        ),
    ]


def _bar_legend() -> tuple[tuple[str, str], ...]:
    return tuple((kind.key, tr(kind.name)) for kind in bars.BAR_KINDS)


def _by_place(data: ReportData, draw: Callable[..., go.Figure]) -> tuple[Choice, ...]:
    """A choice for each scenario and drawn policy, the worst scenario and the reference first."""
    return tuple(
        Choice(
            listed([data.scenario_label(scenario), data.policy_label(policy)]),
            partial(draw, place=(scenario, policy)),
            {Axis.SCENARIO: scenario, Axis.POLICY: policy},
        )
        for scenario, policy in allowance_figures.places(data)
    )


def _loss_card(found: Losses) -> FigureCard:
    data = found.data
    return FigureCard(
        "losses",
        tr("Losses over paths, and what the worst ones come to"),
        profit_words.loss_caption(found),
        tuple(
            Choice(
                data.policy_label(policy),
                partial(loss_figure, found, policy=policy),
                {Axis.POLICY: policy},
            )
            for policy in data.drawn_policies
        ),
        profit_words.loss_table(found),
        one_layout=True,
    )


def _bridge_card(bridge: Bridge) -> FigureCard:
    data = bridge.data
    worst = data.worst_scenario()
    return FigureCard(
        "profit",
        tr("From income to net income, and what each policy changes"),
        profit_words.bridge_caption(bridge),
        tuple(
            Choice(
                data.scenario_label(scenario),
                partial(bridge_figure, bridge, scenario=scenario),
                {Axis.SCENARIO: scenario},
            )
            for scenario in (worst, *(s for s in data.scenarios if s != worst))
        ),
        profit_words.bridge_table(bridge),
        legend=_bar_legend(),
    )
