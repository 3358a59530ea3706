"""How often the best setting stays first when assumptions are drawn: small runs of finalists."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Final

import numpy as np

from simulator.explain.assumption_list import OF_POLICY, SECTION
from simulator.explain.assumptions import side_by_side, trials_of, with_changes
from simulator.explain.scored_runs import figures_of
from simulator.explain.search_figures import gains_of
from simulator.explain.search_question import SearchQuestion
from simulator.explain.varied_runs import VariedRuns
from simulator.policies import Policy
from simulator.progress import Progress
from simulator.request import ExperimentRequest
from simulator.results.assumptions import Trial
from simulator.results.cases import outlooks_of
from simulator.settings import AssumptionsSettings
from simulator.simulating import simulate_request

MOST_BORROWERS: Final = 1_000
LEAST_DONORS: Final = 2_000
DONORS_EACH: Final = 4
"""Settled donors of a small book, for each borrower (assumption), as of sensitivity."""
PATHS: Final = 16
"""Of each draw."""


def share_first(
    question: SearchQuestion, runs: VariedRuns, policies: Sequence[Policy], watch: Progress
) -> tuple[float | None, int]:
    """Share of draws in which the first of ``policies`` gains most, and how many draws there were.

    Each draw moves every listed assumption of the run over its range, evenly and on its own, but
    for what the search itself sets.
    """
    settings = runs.request.section(SECTION, AssumptionsSettings)
    searched = {f"{OF_POLICY}{one.name.rpartition('.')[2]}" for one in question.inputs}
    trials = [t for t in trials_of(runs.request, settings) if not searched & set(t.values)]
    n = question.settings.parameter_draws
    if not (trials and n and len(policies) > 1):
        return None, 0
    random = np.random.default_rng((runs.run.seed + 1) % 2**63)
    changes = [_drawn(trials, random.random(len(trials)).tolist()) for _ in range(n)]
    watch.start(n, f"searching {question.name}: draws of assumptions")
    ask = partial(_is_first, question)
    found = side_by_side(_small(runs, policies), changes, ask, watch)
    watch.finish()
    known = [one for one in found if one is not None]
    return (float(np.mean(known)) if known else None), len(known)


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
    size = min(MOST_BORROWERS, book.borrowers or MOST_BORROWERS)
    donors = min(book.donors, max(LEAST_DONORS, DONORS_EACH * size))
    return replace(
        runs.first(PATHS).small,
        book=book.model_copy(update={"borrowers": size, "donors": donors}),
        policies={f"setting_{at}": policy for at, policy in enumerate(policies)},
    )


def _is_first(
    question: SearchQuestion, request: ExperimentRequest, changes: Mapping[str, float]
) -> bool:
    output = simulate_request(with_changes(request, changes)).output
    standards = bool(request.provision)
    dataset = figures_of(output, outlooks_of(output), with_standards=standards)
    return int(gains_of(dataset, question)[1:].mean(axis=1).argmax()) == 0
