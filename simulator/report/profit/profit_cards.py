"""The chapter on profit and capital: losses, the bridge, tables of policies."""

from dataclasses import dataclass
from functools import partial

from simulator.report.kit.card import Axis, Choice, FigureCard, plain
from simulator.report.kit.data import ReportData
from simulator.report.kit.language import tr
from simulator.report.kit.table import PolicyTable
from simulator.report.profit import bridge_words, loss_words, losses_over_time
from simulator.report.profit.bridge_figure import Bridge, bridge_figure
from simulator.report.profit.loss_figure import Losses, loss_figure, losses_of
from simulator.report.profit.value_table import value_caption, value_table
from simulator.report.provisions import allowance_words
from simulator.report.provisions.provision_cards import allowance_cards, bar_legend
from simulator.report.provisions.rule_books import provisions_of


@dataclass(frozen=True, slots=True)
class ProfitSection:
    """A title, a sentence, tables of policies (worst scenario first) and their caption."""

    title: str
    sentence: str
    tables: tuple[PolicyTable, ...]
    caption: str
    cards: tuple[FigureCard, ...]


def profit_section(data: ReportData) -> ProfitSection | None:
    """What this run's results tell of money; None when they tell nothing of it."""
    books, found = provisions_of(data), losses_of(data)
    cards = (_loss_card(found),) if found is not None else ()
    if books is None:
        return ProfitSection(tr("Loss distribution"), "", (), "", cards) if cards else None
    worst = data.worst_scenario()
    scenarios = (worst, *(s for s in data.scenarios if s != worst))
    return ProfitSection(
        title=tr("Provisions, profit and capital"),
        sentence=allowance_words.allowance_sentence(books),
        tables=tuple(value_table(books, scenario) for scenario in scenarios),
        caption=value_caption(books),
        cards=(*allowance_cards(books), *cards, _bridge_card(Bridge(data))),
    )


def _loss_card(found: Losses) -> FigureCard:
    data = found.data
    return FigureCard(
        "losses",
        tr("Loss distribution: expected loss, VaR, expected shortfall"),
        loss_words.loss_caption(found),
        tuple(
            Choice(
                data.policy_label(policy),
                partial(loss_figure, found, policy=policy),
                {Axis.POLICY: policy},
            )
            for policy in data.drawn_policies
        ),
        loss_words.loss_table(found),
        one_layout=True,
    )


def _bridge_card(bridge: Bridge) -> FigureCard:
    data = bridge.data
    worst = data.worst_scenario()
    return FigureCard(
        "profit",
        tr("Income statement bridge"),
        bridge_words.bridge_caption(bridge),
        tuple(
            Choice(
                data.scenario_label(scenario),
                partial(bridge_figure, bridge, scenario=scenario),
                {Axis.SCENARIO: scenario},
            )
            for scenario in (worst, *(s for s in data.scenarios if s != worst))
        ),
        bridge_words.bridge_table(bridge),
        legend=bar_legend(),
    )


def losses_so_far_cards(data: ReportData) -> list[FigureCard]:
    """How the net loss runs over the months, for results that tell it."""
    if not data.has_money:
        return []
    return [
        plain(
            "losses-so-far",
            tr("Net loss over time"),
            losses_over_time.losses_caption(data),
            partial(losses_over_time.losses_over_time, data),
            losses_over_time.losses_table(data),
        )
    ]
