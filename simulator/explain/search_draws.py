"""How often the best setting stays first when assumptions are drawn: small runs of finalists.

What a draw changes in the small runs is added to the figures of the fresh seed, as in the trials
of assumptions, so that few paths do for it (common random numbers).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final, NamedTuple

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from simulator.explain.assumption_list import OF_POLICY, SECTION
from simulator.explain.assumptions import side_by_side, trials_of, with_changes
from simulator.explain.scored_runs import figures_of
from simulator.explain.search_figures import BoundCells, bound_cells, estimates, gains_of
from simulator.explain.search_question import DRAW_BORROWERS, DRAW_PATHS, SearchQuestion
from simulator.explain.varied_runs import VariedRuns
from simulator.policies import Policy
from simulator.progress import Progress
from simulator.request import ExperimentRequest
from simulator.results.assumptions import Trial
from simulator.results.cases import outlooks_of
from simulator.results.loss_distribution import opening_balance
from simulator.settings import AssumptionsSettings
from simulator.simulating import simulate_request

F8 = NDArray[np.float64]

LEAST_DONORS: Final = 2_000
DONORS_EACH: Final = 4
"""Settled donors of a small book, for each borrower (assumption), as of sensitivity."""
_RATES: Final = ("1", "fraction a year", "days", "months")
"""Units of figures that do not grow with the book."""


class Figures(NamedTuple):
    """Gains of settings, (n,), and their bounds; ``opening``: balance of the book at the opening.

    The first policy of ``bounds`` is the current one.
    """

    gains: F8
    bounds: list[BoundCells]
    opening: float


@dataclass(frozen=True, slots=True)
class Finalists:
    """Settings that keep every bound, best first, and what the fresh seed told of them."""

    policies: Sequence[Policy]
    told: Figures


def figures_in(dataset: xr.Dataset, question: SearchQuestion) -> Figures:
    """Of every policy but the current one."""
    gains = estimates(dataset, gains_of(dataset, question)[1:]).mean
    opening = float(opening_balance(dataset)[0, 0].mean())
    return Figures(gains, bound_cells(dataset, question), opening)


def chosen(found: Figures, places: Sequence[int]) -> Figures:
    """Those of the settings at ``places``."""
    rows = [0, *(1 + place for place in places)]
    bounds = [cells._replace(mean=cells.mean[rows], end=cells.end[rows]) for cells in found.bounds]
    return Figures(found.gains[list(places)], bounds, found.opening)


def share_first(
    question: SearchQuestion, runs: VariedRuns, finalists: Finalists, watch: Progress
) -> tuple[float | None, int]:
    """Share of draws in which the first finalist keeps every bound and gains most of those that
    do, and how many draws there were.

    Each draw moves every listed assumption of the run over its range, evenly and on its own, but
    for what the search itself sets.
    """
    settings = runs.request.section(SECTION, AssumptionsSettings)
    searched = {f"{OF_POLICY}{one.name.rpartition('.')[2]}" for one in question.inputs}
    trials = [t for t in trials_of(runs.request, settings) if not searched & set(t.values)]
    n = question.settings.parameter_draws
    may_change = len(finalists.policies) > 1 or bool(question.settings.subject_to)
    if not (trials and n and may_change):
        return None, 0
    random = np.random.default_rng((runs.run.seed + 1) % 2**63)
    changes = [_drawn(trials, random.random(len(trials)).tolist()) for _ in range(n)]
    watch.start(n + 1, f"searching {question.name}: draws of assumptions")
    small, ask = _small(runs, finalists.policies), partial(_figures, question)
    base, *others = side_by_side(small, [{}, *changes], ask, watch)
    watch.finish()
    if base is None:
        return None, 0
    known = [stays_first(finalists.told, base, one) for one in others if one is not None]
    return (float(np.mean(known)) if known else None), len(known)


def stays_first(told: Figures, base: Figures, moved: Figures) -> bool:
    """Whether the first setting keeps every bound and gains most of those that do.

    ``base`` and ``moved``: small runs as in the run and with a draw of the assumptions.
    """
    scale = told.opening / base.opening
    gains = told.gains + scale * (moved.gains - base.gains)
    keeps = np.ones(gains.size, dtype=bool)
    for here, before, after in zip(told.bounds, base.bounds, moved.bounds, strict=True):
        factor = 1.0 if here.unit in _RATES else scale
        end = here.end + factor * (after.mean - before.mean)
        keeps &= (here.sign * (end[1:] - here.limit) <= 0.0).all(axis=1)
    return bool(keeps[0] and gains[0] >= gains[keeps].max())


def _drawn(trials: Sequence[Trial], shares: Sequence[float]) -> Mapping[str, float]:
    """Every assumption at a share of its range, the run's own value in the middle."""
    found = {}
    for trial, share in zip(trials, shares, strict=True):
        for name, (low, base, high) in trial.values.items():
            found[name] = float(np.interp(share, (0.0, 0.5, 1.0), (low, base, high)))
    return found


def _small(runs: VariedRuns, policies: Sequence[Policy]) -> ExperimentRequest:
    """Few borrowers and paths, the finalists beside the current policy."""
    book = runs.request.book
    size = min(DRAW_BORROWERS, book.borrowers or DRAW_BORROWERS)
    donors = min(book.donors, max(LEAST_DONORS, DONORS_EACH * size))
    return replace(
        runs.first(DRAW_PATHS).small,
        book=book.model_copy(update={"borrowers": size, "donors": donors}),
        policies={f"setting_{at}": policy for at, policy in enumerate(policies)},
    )


def _figures(
    question: SearchQuestion, request: ExperimentRequest, changes: Mapping[str, float]
) -> Figures:
    output = simulate_request(with_changes(request, changes)).output
    standards = bool(request.provision)
    dataset = figures_of(output, outlooks_of(output), with_standards=standards)
    return figures_in(dataset, question)
