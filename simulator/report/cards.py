"""What stands on the page: figures with their words and numbers, and the ranking's section."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from typing import Final

import plotly.graph_objects as go

from simulator.report import (
    captions,
    convergence_figure,
    course_figures,
    effect_figures,
    fate_figures,
    figures,
    ranking,
    remarks,
    tables,
    worth,
)
from simulator.report.data import ReportData
from simulator.report.fate_figures import BEARING, FateKind
from simulator.report.frontier_figure import frontier_figure
from simulator.report.language import listed, tr
from simulator.report.style import Frame
from simulator.results.ranking import Frontier

Draw = Callable[[Frame], go.Figure]
OVERDUE_FIRST: Final = (30, 90, 60, 1)
"""Days past due of the overdue rates, the one first that is shown before a reader chooses."""


class Axis(StrEnum):
    """What a reader chooses once for the whole page; every figure follows as far as it can."""

    SCENARIO = "scenario"
    POLICY = "policy"
    METRIC = "metric"
    SEGMENT = "segment"


ALL_SCENARIOS = ""
"""Place on the axis of scenarios: over all of them, by weight."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the drawings of a figure: its name, how to draw it, and when it is shown.

    ``at``: names (not labels) of the scenario, policy, metric or segment that it shows; the page
    draws the choice that agrees best with what the reader has chosen, the first one of equals.
    """

    name: str
    draw: Draw
    at: Mapping[Axis, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FigureCard:
    """A figure on the page: fixed id, words around it, how to draw it, its numbers."""

    key: str
    title: str
    caption: str
    choices: tuple[Choice, ...]
    table: tables.Table
    one_layout: bool = False
    """Whether all choices share the first one's layout, so that only their traces differ."""
    legend: tuple[tuple[str, str], ...] = ()
    """Colour class and meaning of what is drawn."""

    @property
    def description(self) -> str:
        """Text for readers who cannot see the figure."""
        return tr(
            "{title}. {caption} The numbers are in the table below the figure.",
            title=self.title,
            caption=self.caption,
        )


@dataclass(frozen=True, slots=True)
class WorthSection:
    """Which policy is worth it: rankings (the first over all scenarios), hardship, sentences."""

    rankings: list[ranking.Ranking]
    remarks: tuple[str, ...]
    lending: tables.Table | None
    hardship: str
    hardship_table: tables.Table | None
    hardship_details: tables.Table | None
    break_evens: tuple[str, ...]


def worth_section(data: ReportData) -> WorthSection:
    """Empty lists and texts for results that cannot tell, which the page then leaves out."""
    rest = data.frontiers[1:]
    return WorthSection(
        rankings=ranking.rankings(data),
        remarks=remarks.remarks(data),
        lending=worth.lending_table(data, data.frontiers[0]) if data.frontiers else None,
        hardship=worth.hardship_caption(data, data.frontiers[0]) if data.frontiers else "",
        hardship_table=worth.hardship_table(data, data.frontiers[:1]) if data.frontiers else None,
        hardship_details=worth.hardship_table(data, rest) if rest else None,
        break_evens=ranking.break_evens(data),
    )


def fate_class(kind: FateKind) -> str:
    """CSS class of the colour of a fate."""
    return f"fate-{kind.fate.name.lower().replace('_', '-')}"


def figure_cards(data: ReportData) -> list[FigureCard]:
    """Every figure of the page, in reading order."""
    cards = [*_worth_cards(data)]
    if data.alternatives:
        reference = data.policy_label(data.reference)
        cards.append(
            _plain(
                "effects",
                tr("What each policy changes against {reference}", reference=reference),
                captions.effects_caption(data),
                partial(effect_figures.policy_effects, data),
                tables.effects_table(data),
            )
        )
    return [*cards, *_course_cards(data), *_state_cards(data), *_convergence_cards(data)]


def _plain(key: str, title: str, caption: str, draw: Draw, table: tables.Table) -> FigureCard:
    return FigureCard(key, title, caption, (Choice("", draw),), table)


def _worth_cards(data: ReportData) -> list[FigureCard]:
    """Cost and loss avoided, fates, and who bears them, for results that tell them."""
    if data.overall is None:
        return []
    cards = [
        FigureCard(
            "frontier",
            tr("What each policy costs and what it avoids"),
            worth.frontier_caption(data, data.overall),
            _scenario_choices(data, frontier_figure),
            worth.frontier_table(data),
        ),
        FigureCard(
            "fates",
            tr("Whom each policy saves, delays and harms"),
            worth.fates_caption(data, data.overall),
            _scenario_choices(data, fate_figures.fates_figure),
            worth.fates_table(data),
            legend=tuple(
                (fate_class(kind), tr(kind.name))
                for _, kinds in fate_figures.shown_panels(data)
                for kind in kinds
            ),
        ),
    ]
    if fate_figures.group_dimensions(data):
        cards.append(_bearing_card(data))
    return cards


def _scenario_choices(
    data: ReportData, draw: Callable[[ReportData, Frame, Frontier], go.Figure]
) -> tuple[Choice, ...]:
    return tuple(
        Choice(
            ranking.capital(data.over(frontier)),
            lambda frame, frontier=frontier: draw(data, frame, frontier),  # type: ignore[misc]
            {Axis.SCENARIO: frontier.scenario or ALL_SCENARIOS},
        )
        for frontier in data.frontiers
    )


def _bearing_card(data: ReportData) -> FigureCard:
    drawn = [policy for policy in data.best_first if policy in data.drawn_policies]
    """A drawing for each policy and dimension of groups, the best policy first."""
    return FigureCard(
        "bearing",
        tr("Who bears a policy: saved and harmed by group"),
        worth.bearing_caption(data, data.best_first[0]),
        tuple(
            Choice(
                listed([data.policy_label(policy), tr(fate_figures.GROUPS[dim])]),
                partial(fate_figures.bearing_figure, data, policy=policy, dim=dim),
                {Axis.POLICY: policy, Axis.SEGMENT: dim},
            )
            for policy in drawn
            for dim in fate_figures.group_dimensions(data)
        ),
        worth.bearing_table(data),
        legend=tuple((fate_class(kind), tr(kind.name)) for kind in BEARING),
    )


def _course_cards(data: ReportData) -> list[FigureCard]:
    """How overdue rates and losses run over the months, and how vintages do."""
    cards = [
        FigureCard(
            "overdue",
            tr("Overdue balance over time"),
            captions.overdue_caption(data, 30),
            tuple(
                Choice(
                    tr("{dpd}+ days past due", dpd=dpd),
                    partial(figures.overdue_fan, data, dpd=dpd),
                    {Axis.METRIC: f"overdue_rate_{dpd}"},
                )
                for dpd in OVERDUE_FIRST
            ),
            tables.overdue_table(data, sorted(OVERDUE_FIRST)),
        )
    ]
    if course_figures.has_money(data):
        cards.append(
            _plain(
                "losses-so-far",
                tr("Net loss over time"),
                course_figures.losses_caption(data),
                partial(course_figures.losses_over_time, data),
                course_figures.losses_table(data),
            )
        )
    if course_figures.has_vintages(data):
        cards.append(
            FigureCard(
                "vintages",
                tr("Vintages: loans that were ever 90 days past due"),
                course_figures.vintage_caption(data),
                _by_policy(data, course_figures.vintage_curves),
                course_figures.vintage_table(data),
            )
        )
    return cards


def _by_policy(data: ReportData, draw: Callable[..., go.Figure]) -> tuple[Choice, ...]:
    """A choice for each drawn policy, the reference first."""
    return tuple(
        Choice(data.policy_label(p), partial(draw, data, policy=p), {Axis.POLICY: p})
        for p in data.drawn_policies
    )


def _state_cards(data: ReportData) -> list[FigureCard]:
    """Where balances go, why they are overdue, and unemployment."""
    return [
        FigureCard(
            "rolls",
            tr("Where a month takes a balance"),
            captions.roll_caption(data),
            _by_policy(data, figures.roll_rates),
            tables.roll_table(data),
        ),
        FigureCard(
            "causes",
            tr("Why balances are overdue"),
            captions.cause_caption(data),
            _by_policy(data, figures.overdue_by_cause),
            tables.cause_table(data),
        ),
        _plain(
            "unemployment",
            tr("Unemployment: the economy and the borrowers"),
            captions.unemployment_caption(data),
            partial(figures.unemployment, data),
            tables.unemployment_table(data),
        ),
    ]


def _convergence_cards(data: ReportData) -> list[FigureCard]:
    if not convergence_figure.can_converge(data):
        return []
    return [
        _plain(
            "convergence",
            tr("What more paths would change"),
            convergence_figure.convergence_caption(data),
            partial(convergence_figure.convergence_figure, data),
            convergence_figure.convergence_table(data),
        )
    ]
