"""Answers of reverse stress as JSON, in reverse.json and among the attributes of results.nc."""

import json
from collections.abc import Mapping, Sequence
from typing import Final, Literal

import xarray as xr

from simulator.validation import Frozen

REVERSE: Final = "reverse"
"""Attribute of results.nc: the answers as JSON."""
SURE: Final = 5.0
"""Standard deviations beyond which nothing is said of a probability."""

Ends = tuple[float, float]
Outcome = Literal["reached", "beyond", "already"]


class OtherMix(Frozen):
    """Another distance with its shares: for other spreads, or of another point."""

    distance: float
    contributions: dict[str, float]


class AtDistance(Frozen):
    """The figure at a distance in the direction of the point, with its 95 % interval."""

    distance: float
    value: float
    ci: Ends


class Indicator(Frozen):
    """What shows early: usual mean in the scenario, here, and how far apart.

    ``distance``: in standard deviations of the scenario's paths; None where they do not differ.
    """

    name: str
    month: int
    unit: str
    usual: float
    here: float
    distance: float | None


class WorstQuarter(Frozen):
    """A variable's worst quarter at the point, against history or the model's own yardstick."""

    variable: str
    yardstick: Literal["history", "model"]
    worst: float
    mean: float
    distance: float | None
    last_as_bad: str | None


class CauseSize(Frozen):
    """What a cause is at the point: its score, its size there, its assumed spread and time.

    The economy has no size of its own: its path is told by ``severity``.
    """

    score: float
    size: float | None
    spread: float
    first_month: int | None
    months: int | None


class Score(Frozen):
    """One of the independent standard normal numbers that make the point.

    ``part``: of the economy, which equal part of the reported months, from 0.
    """

    cause: str
    variable: str
    part: int
    score: float


class ReverseAnswer(Frozen):
    """The likeliest combination of causes that brings a figure to its limit.

    ``outcome``: reached; beyond, where even ``distance`` leaves the figure short of the limit; or
    already, where the scenario's middle is past it. ``reached``: the simulated figure there.
    ``contributions``: shares of each cause in the squared distance, which add up to 1.
    ``likelihood``: chance of a point at least as far in that direction, by the assumed spreads;
    None beyond 5 standard deviations.
    """

    name: str
    metric: str
    unit: str
    scenario: str
    policy: str
    limit: float
    usual: float
    outcome: Outcome
    reached: float
    reached_ci: Ends
    distance: float
    distance_ci: Ends | None
    likelihood: float | None
    likelihood_words: str
    contributions: dict[str, float]
    contributions_ci: dict[str, Ends]
    half_spread: OtherMix | None
    double_spread: OtherMix | None
    at_distance: tuple[AtDistance, ...]
    causes: dict[str, CauseSize]
    scores: tuple[Score, ...]
    severity: tuple[WorstQuarter, ...]
    indicators: tuple[Indicator, ...]
    other_points: tuple[OtherMix, ...]
    scenario_file: str | None
    command: str | None
    paths_simulated: int


def reverse_text(answers: Sequence[ReverseAnswer]) -> str:
    """reverse.json: a list of the answers."""
    told = [answer.model_dump(mode="json") for answer in answers]
    return json.dumps(told, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def with_reverse(dataset: xr.Dataset, answers: Sequence[ReverseAnswer]) -> xr.Dataset:
    """``dataset`` with the answers; itself without any."""
    return dataset.assign_attrs({REVERSE: reverse_text(answers)}) if answers else dataset


def stored_reverse(dataset: xr.Dataset) -> tuple[ReverseAnswer, ...]:
    """The answers in results.nc; none where nothing was asked."""
    found = json.loads(str(dataset.attrs.get(REVERSE, "[]")))
    return tuple(ReverseAnswer.model_validate(item) for item in found)


def largest(contributions: Mapping[str, float]) -> list[str]:
    """Causes by falling share, those without any left out."""
    return sorted((c for c, s in contributions.items() if s > 0.0), key=lambda c: -contributions[c])
