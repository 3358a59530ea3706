"""The section on money: allowances of the rule books, losses over paths, profit and capital."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import plotly.graph_objects as go

from simulator.report import allowance_figures, allowance_words, bars, profit_words
from simulator.report.cards import Axis, Choice, FigureCard
from simulator.report.data import ReportData
from simulator.report.money_data import Provisions, provisions_of
from simulator.report.profit_figure import Bridge, bridge_figure
from simulator.report.ranking import Ranking
from simulator.report.tail_figure import Losses, loss_figure, losses_of
from simulator.report.value_table import value_caption, value_table

BAR_LEGEND = tuple((kind.key, kind.name) for kind in bars.BAR_KINDS)


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
    cards = tuple(_loss_cards(found)) if found is not None else ()
    if books is None:
        return MoneySection("Losses over paths", "", (), "", cards) if cards else None
    worst = data.worst_scenario()
    scenarios = (worst, *(s for s in data.scenarios if s != worst))
    return MoneySection(
        title="Allowances, profit and capital",
        sentence=allowance_words.allowance_sentence(books),
        tables=tuple(value_table(books, scenario) for scenario in scenarios),
        caption=value_caption(books),
        cards=(*_allowance_cards(books), *cards, _bridge_card(Bridge(data))),
    )


def _allowance_cards(books: Provisions) -> list[FigureCard]:
    data = books.data
    return [
        FigureCard(
            "allowance-roll",
            f"From opening to closing allowance ({books.label(books.accounting)})",
            allowance_words.waterfall_caption(books),
            tuple(
                Choice(
                    f"{data.scenario_label(place[0])}, {data.policy_label(place[1])}",
                    partial(allowance_figures.waterfall_figure, books, place=place),
                    {Axis.SCENARIO: place[0], Axis.POLICY: place[1]},
                )
                for place in allowance_figures.places(data)
            ),
            allowance_words.waterfall_table(books),
            one_layout=True,
            legend=BAR_LEGEND,
        ),
        FigureCard(
            "allowance-fan",
            "Allowance over the months, by rule book",
            allowance_words.fan_caption(books),
            _by_policy(data, partial(allowance_figures.allowance_fan, books)),
            allowance_words.fan_table(books),
        ),
        FigureCard(
            "coverage",
            "Coverage and provisions on the books against their minima",
            allowance_words.coverage_caption(books),
            _by_policy(data, partial(allowance_figures.coverage_figure, books)),
            allowance_words.coverage_table(books),
            one_layout=True,
        ),
    ]


def _by_policy(data: ReportData, draw: Callable[..., go.Figure]) -> tuple[Choice, ...]:
    """A choice for each drawn policy, the reference first."""
    return tuple(
        Choice(data.policy_label(policy), partial(draw, policy=policy), {Axis.POLICY: policy})
        for policy in data.drawn_policies
    )


def _loss_cards(found: Losses) -> list[FigureCard]:
    return [
        FigureCard(
            "losses",
            "Losses over paths, and what the worst ones come to",
            profit_words.loss_caption(found),
            _by_policy(found.data, partial(loss_figure, found)),
            profit_words.loss_table(found),
            one_layout=True,
        )
    ]


def _bridge_card(bridge: Bridge) -> FigureCard:
    data = bridge.data
    worst = data.worst_scenario()
    return FigureCard(
        "profit",
        "From income to net income, and what each policy changes",
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
        legend=BAR_LEGEND,
    )
