"""Answers of searches as JSON, in search.json and among the attributes of results.nc."""

import json
from collections.abc import Sequence
from typing import Final, Literal

import xarray as xr

from simulator.validation import Frozen

SEARCH: Final = "search"
"""Attribute of results.nc: the answers as JSON."""

Ends = tuple[float, float]


class SearchedField(Frozen):
    """A number of the policy that was looked for: ends of the search, ends that are allowed, the
    run's own setting."""

    field: str
    low: float
    high: float
    least: float
    most: float
    setting: float
    whole: bool


class FoundBound(Frozen):
    """A bound in the scenario where it is nearest to be broken: mean, and the end that is held
    against the limit."""

    metric: str
    unit: str
    at_most: float | None
    at_least: float | None
    scenario: str
    mean: float
    end: float
    kept: bool


class FoundSetting(Frozen):
    """A setting on the fresh seed: what it gains against the current policy, and against the
    policy's own setting, with 95 % intervals (None: one draw has none).

    ``keeps``: whether it keeps every bound.
    """

    settings: dict[str, float]
    gain: float
    gain_ci: Ends | None
    over_own: float
    over_own_ci: Ends | None
    bounds: tuple[FoundBound, ...]
    keeps: bool


class EndReached(Frozen):
    """A field of the best setting at an end of its search; ``allowed``: whether more is allowed."""

    field: str
    value: float
    end: Literal["lowest", "highest"]
    allowed: bool


class SearchRound(Frozen):
    """A look of the search: settings, and paths of each."""

    settings: int
    paths: int


class SearchAnswer(Frozen):
    """The best setting of a policy, by figures of a fresh seed alone.

    ``finalists``: best first, those that keep every bound before others. ``best``: whether the
    first keeps all. ``pareto``: settings of which none is better in gain and every bound.
    ``stays_first``: share of ``draws`` of the assumptions in which the best keeps every bound and
    has the largest gain of the finalists that do; None without draws.
    """

    name: str
    policy: str
    maximise: str
    unit: str
    scenario: str | None
    fields: tuple[SearchedField, ...]
    own: FoundSetting
    finalists: tuple[FoundSetting, ...]
    best: FoundSetting | None
    pareto: tuple[FoundSetting, ...]
    at_ends: tuple[EndReached, ...]
    stays_first: float | None
    draws: int
    rounds: tuple[SearchRound, ...]
    seed: int
    confirm_seed: int
    confirm_paths: int
    command: str | None


def search_text(answers: Sequence[SearchAnswer]) -> str:
    """search.json: a list of the answers."""
    told = [answer.model_dump(mode="json") for answer in answers]
    return json.dumps(told, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def with_searches(dataset: xr.Dataset, answers: Sequence[SearchAnswer]) -> xr.Dataset:
    """``dataset`` with the answers; itself without any."""
    return dataset.assign_attrs({SEARCH: search_text(answers)}) if answers else dataset


def stored_searches(dataset: xr.Dataset) -> tuple[SearchAnswer, ...]:
    """The answers in results.nc; none where nothing was asked."""
    found = json.loads(str(dataset.attrs.get(SEARCH, "[]")))
    return tuple(SearchAnswer.model_validate(item) for item in found)
