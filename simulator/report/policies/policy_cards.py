"""The chapter on policies: ranking, cost and loss avoided, outcomes, effects, convergence."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import plotly.graph_objects as go

from simulator.report.kit import outcome_kinds, phrases
from simulator.report.kit.card import ALL_SCENARIOS, Axis, Choice, FigureCard, plain
from simulator.report.kit.data import ReportData
from simulator.report.kit.language import listed, tr
from simulator.report.kit.outcome_kinds import BEARING, fate_class
from simulator.report.kit.style import Frame
from simulator.report.kit.table import PolicyTable
from simulator.report.policies import (
    break_evens,
    convergence,
    effects,
    frontier_words,
    group_figures,
    group_words,
    hardship,
    outcome_figures,
    outcome_words,
    ranking,
    remarks,
)
from simulator.report.policies.frontier_figure import frontier_figure
from simulator.results.ranking import Frontier
from simulator.results.table import Table


@dataclass(frozen=True, slots=True)
class RankingSection:
    """Which policy is worth it: rankings (the first over all scenarios), hardship, sentences."""

    rankings: list[PolicyTable]
    remarks: tuple[str, ...]
    lending: Table | None
    hardship: str
    hardship_table: Table | None
    hardship_details: Table | None
    break_evens: tuple[str, ...]


def ranking_section(data: ReportData, further: tuple[str, ...]) -> RankingSection:
    """Empty lists and texts for results that cannot tell, which the page then leaves out.

    ``further``: sentences that have no room on the first screen; they end the remarks.
    """
    rest = data.frontiers[1:]
    return RankingSection(
        rankings=ranking.rankings(data),
        remarks=remarks.remarks(data, further),
        lending=outcome_words.lending_table(data, data.frontiers[0]) if data.frontiers else None,
        hardship=hardship.hardship_caption(data, data.frontiers[0]) if data.frontiers else "",
        hardship_table=hardship.hardship_table(data, data.frontiers[:1])
        if data.frontiers
        else None,
        hardship_details=hardship.hardship_table(data, rest) if rest else None,
        break_evens=break_evens.break_evens(data),
    )


def outcome_cards(data: ReportData) -> list[FigureCard]:
    """Cost and loss avoided, fates, and who bears them, for results that tell them."""
    if data.overall is None:
        return []
    cards = [
        FigureCard(
            "frontier",
            tr("Cost and loss avoided by policy"),
            frontier_words.frontier_caption(data, data.overall),
            _scenario_choices(data, frontier_figure),
            frontier_words.frontier_table(data),
        ),
        FigureCard(
            "fates",
            tr("Borrower outcomes against the current policy"),
            outcome_words.fates_caption(data, data.overall),
            _scenario_choices(data, outcome_figures.fates_figure),
            outcome_words.fates_table(data),
            legend=tuple(
                (fate_class(kind), tr(kind.name))
                for _, kinds in outcome_figures.shown_panels(data)
                for kind in kinds
            ),
        ),
    ]
    if group_figures.group_dimensions(data):
        cards.append(_bearing_card(data))
    return cards


def _scenario_choices(
    data: ReportData, draw: Callable[[ReportData, Frame, Frontier], go.Figure]
) -> tuple[Choice, ...]:
    return tuple(
        Choice(
            phrases.capital(data.where(frontier.scenario)),
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
        tr("Impact by borrower group"),
        group_words.bearing_caption(data, data.best_first[0]),
        tuple(
            Choice(
                listed([data.policy_label(policy), tr(outcome_kinds.GROUPS[dim])]),
                partial(group_figures.bearing_figure, data, policy=policy, dim=dim),
                {Axis.POLICY: policy, Axis.SEGMENT: dim},
            )
            for policy in drawn
            for dim in group_figures.group_dimensions(data)
        ),
        group_words.bearing_table(data),
        legend=tuple((fate_class(kind), tr(kind.name)) for kind in BEARING),
    )


def effects_cards(data: ReportData) -> list[FigureCard]:
    """What each policy changes, where there is more than the reference."""
    if not data.alternatives:
        return []
    reference = data.policy_label(data.reference)
    return [
        plain(
            "effects",
            tr("Change by policy against {reference}", reference=reference),
            effects.effects_caption(data),
            partial(effects.policy_effects, data),
            effects.effects_table(data),
        )
    ]


def convergence_cards(data: ReportData) -> list[FigureCard]:
    """How much more paths would change, for runs that can tell."""
    if not convergence.can_converge(data):
        return []
    return [
        plain(
            "convergence",
            tr("Monte Carlo convergence"),
            convergence.convergence_caption(data),
            partial(convergence.convergence_figure, data),
            convergence.convergence_table(data),
        )
    ]
