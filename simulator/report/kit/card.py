"""A figure on the page with its choices, words and numbers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial

import plotly.graph_objects as go
from plotly.graph_objects import Figure as Figure

from simulator.report.kit.data import ReportData
from simulator.report.kit.language import tr
from simulator.report.kit.style import Frame
from simulator.results.table import Table

Draw = Callable[[Frame], Figure]


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
    table: Table
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
class Section:
    """A group of names and values that say where a page comes from."""

    title: str
    entries: tuple[tuple[str, str], ...]


def plain(
    key: str,
    title: str,
    caption: str,
    draw: Draw,
    table: Table,
    legend: tuple[tuple[str, str], ...] = (),
) -> FigureCard:
    """A figure without choices."""
    return FigureCard(key, title, caption, (Choice("", draw),), table, legend=legend)


def by_policy(data: ReportData, draw: Callable[..., go.Figure]) -> tuple[Choice, ...]:
    """A choice for each drawn policy, the reference first."""
    return tuple(
        Choice(data.policy_label(p), partial(draw, data, policy=p), {Axis.POLICY: p})
        for p in data.drawn_policies
    )
