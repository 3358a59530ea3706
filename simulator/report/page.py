"""Assembles the page: results in, one offline HTML file out."""

from collections.abc import Sequence

from simulator.report import about_the_run
from simulator.report.delinquency.delinquency_cards import overdue_cards, state_cards, vintage_cards
from simulator.report.headline import headline_table
from simulator.report.headline.first_screen import first_screen
from simulator.report.headline.support import further
from simulator.report.inputs.opening_book import opening_book
from simulator.report.kit import selectors
from simulator.report.kit.card import FigureCard
from simulator.report.kit.data import ReportData
from simulator.report.kit.language import name
from simulator.report.kit.page_shell import page_text
from simulator.report.kit.text import clean
from simulator.report.policies.best_settings import best_settings
from simulator.report.policies.policy_cards import (
    convergence_cards,
    effects_cards,
    outcome_cards,
    ranking_section,
)
from simulator.report.policies.total_intervals import total_interval_cards
from simulator.report.profit.profit_cards import ProfitSection, losses_so_far_cards, profit_section
from simulator.report.reverse.cause_waterfall import waterfall_cards
from simulator.report.reverse.reverse_section import reverse_section
from simulator.report.sliders.what_if import what_if


def render(data: ReportData, title: str) -> str:
    """The whole page as text."""
    cards, money, sliders = figure_cards(data), profit_section(data), what_if(data)
    return page_text(
        "page.html.j2",
        _all(cards, money),
        selectors.names_of(data),
        further=("sliders.js",) if sliders else (),
        what_if=sliders,
        title=clean(name(title), 120),
        screen=first_screen(data),
        worth=ranking_section(data, further(data)),
        reverse=reverse_section(data),
        best=best_settings(data),
        drawn_note=data.drawn_note(),
        headline=headline_table.headline_table(data),
        reference=data.policy_label(data.reference),
        cards=cards,
        money=money,
        opening=opening_book(data),
        scenarios=about_the_run.scenario_cards(data),
        policies=about_the_run.policy_cards(data),
        rule_books=about_the_run.rule_book_cards(data),
        limits=about_the_run.limits(data),
        provenance=about_the_run.sections(data),
        configuration=about_the_run.configuration_text(data),
    )


def figure_cards(data: ReportData) -> list[FigureCard]:
    """Every figure of the page, in reading order."""
    return [
        *outcome_cards(data),
        *waterfall_cards(data),
        *effects_cards(data),
        *total_interval_cards(data),
        *overdue_cards(data),
        *losses_so_far_cards(data),
        *vintage_cards(data),
        *state_cards(data),
        *convergence_cards(data),
    ]


def _all(cards: Sequence[FigureCard], money: ProfitSection | None) -> list[FigureCard]:
    return [*cards, *(money.cards if money else ())]


def all_cards(data: ReportData) -> list[FigureCard]:
    """Every figure of the page in its order."""
    return _all(figure_cards(data), profit_section(data))
