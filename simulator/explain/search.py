"""The best setting of a policy: many settings beside each other in the run's worlds, few paths
first; finalists on another seed, whose figures alone are told.

Equations: docs/model.md, section 14.13.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from simulator.explain.emulate import command_of
from simulator.explain.scored_runs import figures_of
from simulator.explain.search_draws import Finalists, chosen, figures_in, share_first
from simulator.explain.search_figures import bounds_at, estimates, excess_of, gains_of
from simulator.explain.search_question import AT_ONCE, SearchQuestion
from simulator.explain.varied_runs import VariedRuns
from simulator.policies import Policy
from simulator.progress import Progress
from simulator.request import ExperimentRequest
from simulator.results.cases import outlooks_of
from simulator.results.estimate import Estimate
from simulator.results.metrics import metric_of
from simulator.results.search import (
    EndReached,
    FoundSetting,
    SearchAnswer,
    SearchedField,
    SearchRound,
)
from simulator.results.table import unit_in
from simulator.sensitivity.best import Plan, Round, Searched, Seen, at_ends, search
from simulator.simulated import Simulated
from simulator.simulating import simulate_request
from simulator.validation import UserError

F8 = NDArray[np.float64]

FRESH: Final = 7919
"""Added to the run's seed for the seed of the finalists."""


def searches(
    questions: Sequence[SearchQuestion],
    request: ExperimentRequest,
    simulated: Simulated,
    watch: Progress,
) -> tuple[SearchAnswer, ...]:
    """An answer to each question."""
    return tuple(_answer(question, request, simulated, watch) for question in questions)


@dataclass(frozen=True, slots=True)
class _Settings:
    """The settings of a question as the model of a search, on the first paths of the run."""

    question: SearchQuestion
    runs: VariedRuns

    def allowed(self, points: F8) -> F8:
        """The nearest points whose values the fields may take."""
        inputs = self.question.inputs
        snapped = [
            [one.share(one.value(float(share))) for one, share in zip(inputs, point, strict=True)]
            for point in points
        ]
        return np.array(snapped).reshape(points.shape)

    def values(self, point: F8) -> dict[str, float]:
        """Values of the fields at a point."""
        inputs = self.question.inputs
        return {one.name: one.value(float(t)) for one, t in zip(inputs, point, strict=True)}

    def look(self, points: F8, paths: int) -> Seen:
        """Gains and excesses on the first ``paths``, a few settings beside each other."""
        n_bounds = len(self.question.settings.subject_to)
        gain, excess = np.full(len(points), np.nan), np.full((len(points), n_bounds), np.nan)
        policies: dict[int, Policy] = {}
        for place, point in enumerate(points):
            try:
                policies[place] = self.question.policy_at(self.values(point))
            except UserError:
                continue
        places = list(policies)
        for first in range(0, len(places), AT_ONCE):
            mine = places[first : first + AT_ONCE]
            runs = self.runs.first(paths)
            dataset = runs.dataset({f"setting_{place}": policies[place] for place in mine})
            gain[mine] = estimates(dataset, gains_of(dataset, self.question)[1:]).mean
            excess[mine] = excess_of(dataset, self.question)[1:]
        return Seen(gain, excess)


def _answer(
    question: SearchQuestion, request: ExperimentRequest, simulated: Simulated, watch: Progress
) -> SearchAnswer:
    metrics = (question.metric, *question.settings.subject_to)
    runs = VariedRuns.of(request, simulated, question.scenarios, metrics, watch.advance)
    model = _Settings(question, runs)
    own = np.array([one.share(one.setting) for one in question.inputs])
    plan = Plan(
        question.settings.points,
        question.settings.paths,
        runs.run.paths,
        request.run.seed % 2**32,
        np.clip(own, 0.0, 1.0),
    )

    def told(look: Round) -> None:
        watch.finish()
        policies = look.settings + -(-look.settings // AT_ONCE)  # the current one beside each few
        total = policies * look.paths * len(question.scenarios)
        watch.start(total, f"searching {question.name}: settings")

    found = search(model, plan, told)
    watch.finish()
    return _Confirmed.of(question, model, found, watch).answer(found, simulated, watch)


@dataclass(frozen=True, slots=True)
class _Confirmed:
    """The finalists, the Pareto set and the policy's own setting on a fresh seed."""

    question: SearchQuestion
    request: ExperimentRequest
    model: _Settings
    points: F8
    n_finalists: int
    dataset: xr.Dataset

    @staticmethod
    def of(
        question: SearchQuestion, model: _Settings, found: Searched, watch: Progress
    ) -> "_Confirmed":
        """Simulated with another seed: other borrowers of a drawn book, and other paths."""
        pareto = found.pareto if question.settings.subject_to else found.pareto[:0]
        extra = [p for p in pareto if not (np.abs(found.finalists - p).max(axis=1) < 1e-9).any()]
        points = np.array([*found.finalists, *extra])
        runs = model.runs
        each = runs.run.draws_per_path
        run = runs.run.model_copy(
            update={
                "paths": -(-question.settings.confirm_paths // each) * each,
                "seed": (runs.run.seed + FRESH) % 2**63,
            }
        )
        policies: dict[str, Policy] = {"own": question.policy_at({})}
        policies |= {
            f"setting_{at}": question.policy_at(model.values(point))
            for at, point in enumerate(points)
        }
        request = replace(runs.small, run=run, policies=policies)
        output = simulate_request(request, _Named(watch, question.name)).output
        dataset = figures_of(output, outlooks_of(output), with_standards=runs.with_standards)
        return _Confirmed(question, request, model, points, len(found.finalists), dataset)

    def answer(self, found: Searched, simulated: Simulated, watch: Progress) -> SearchAnswer:
        """What the fresh seed tells."""
        settings, run = self._settings(), self.request.run
        own, tried = settings[0], settings[1:]
        order = sorted(
            range(self.n_finalists), key=lambda at: (not tried[at].keeps, -tried[at].gain)
        )
        finalists = tuple(tried[at] for at in order)
        best = finalists[0] if finalists[0].keeps else None
        share, draws = None, 0
        keeping = [at for at in order if tried[at].keeps]
        if best is not None:
            policies = [self.question.policy_at(tried[at].settings) for at in keeping]
            # The policy's own setting stands before those that were tried.
            seen = chosen(figures_in(self.dataset, self.question), [1 + at for at in keeping])
            finalists_kept = Finalists(policies, seen)
            share, draws = share_first(self.question, self.model.runs, finalists_kept, watch)
        metric, currency = metric_of(self.question.metric), simulated.output.book.currency
        request = self.model.runs.request
        return SearchAnswer(
            name=self.question.name,
            policy=self.question.settings.policy,
            maximise=self.question.metric,
            unit=unit_in(currency, "" if metric is None else metric.unit),
            scenario=self.question.settings.scenario,
            fields=tuple(_fields(self.question)),
            own=own,
            finalists=finalists,
            best=best,
            pareto=self._pareto(tried),
            at_ends=() if best is None else tuple(_ends(self.question, self.points[order[0]])),
            stays_first=share,
            draws=draws,
            rounds=tuple(SearchRound(settings=r.settings, paths=r.paths) for r in found.rounds),
            seed=request.run.seed,
            confirm_seed=run.seed,
            confirm_paths=run.paths,
            command=None if best is None else self._command(best),
        )

    def _settings(self) -> list[FoundSetting]:
        """The own setting and every point, with simultaneous intervals of the finalists."""
        gains = gains_of(self.dataset, self.question)[1:]
        found = estimates(self.dataset, gains, at_once=1 + self.n_finalists)
        over = estimates(self.dataset, gains - gains[:1], at_once=1 + self.n_finalists)
        bounds = bounds_at(self.dataset, self.question)[1:]
        values = [{one.name: one.setting for one in self.question.inputs}]
        values += [self.model.values(point) for point in self.points]
        return [
            FoundSetting(
                settings=values[at],
                gain=float(found.mean[at]),
                gain_ci=_ci(found.at(at)),
                over_own=float(over.mean[at]),
                over_own_ci=_ci(over.at(at)),
                bounds=bounds[at],
                keeps=all(bound.kept for bound in bounds[at]),
            )
            for at in range(len(values))
        ]

    def _pareto(self, tried: Sequence[FoundSetting]) -> tuple[FoundSetting, ...]:
        """Of which none is better in the gain and in every bound, by falling gain."""
        if not self.question.settings.subject_to:
            return ()
        beaten = partial(_is_beaten, tried)
        return tuple(sorted((one for one in tried if not beaten(one)), key=lambda one: -one.gain))

    def _command(self, best: FoundSetting) -> str:
        policy = self.question.settings.policy
        set_here = {f"policy.{policy}.{field}": value for field, value in best.settings.items()}
        base = command_of(self.model.runs.request.overrides, list(set_here))
        return " ".join((base, *(f"{key}={value:.12g}" for key, value in set_here.items())))


def _is_beaten(tried: Sequence[FoundSetting], one: FoundSetting) -> bool:
    """Whether another is at least as good in everything and better in something.

    By the mean of the gain and by the end of each bound that is held against its limit.
    """

    def measures(each: FoundSetting) -> F8:
        signs = (1.0 if bound.at_most is not None else -1.0 for bound in each.bounds)
        ends = [s * bound.end for s, bound in zip(signs, each.bounds, strict=True)]
        return np.array([-each.gain, *ends])

    mine = measures(one)
    return any(
        bool((measures(other) <= mine).all() and (measures(other) < mine).any()) for other in tried
    )


def _fields(question: SearchQuestion) -> list[SearchedField]:
    found = []
    for one in question.inputs:
        number = question.allowed[one.name]
        found.append(
            SearchedField(
                field=one.name,
                low=one.low,
                high=one.high,
                least=number.low,
                most=number.high,
                setting=one.setting,
                whole=one.whole,
            )
        )
    return found


def _ends(question: SearchQuestion, point: F8) -> list[EndReached]:
    """Fields of the best setting that lie at an end of their search."""
    found = []
    for place, upper in at_ends(point):
        one = question.inputs[place]
        number = question.allowed[one.name]
        more = one.high < number.high if upper else one.low > number.low
        found.append(
            EndReached(
                field=one.name,
                value=one.value(float(point[place])),
                end="highest" if upper else "lowest",
                allowed=more,
            )
        )
    return found


def _ci(found: Estimate[float]) -> tuple[float, float] | None:
    return (found.ci_low, found.ci_high) if found.has_interval else None


class _Named:
    """Progress of a run within a search."""

    def __init__(self, watch: Progress, name: str) -> None:
        self._watch = watch
        self._label = f"searching {name}: finalists on another seed"

    def start(self, total: int, label: str) -> None:
        """Begin a part."""
        self._watch.start(total, self._label)

    def advance(self, n: int = 1) -> None:
        """Some steps are done."""
        self._watch.advance(n)

    def finish(self) -> None:
        """The part is over."""
        self._watch.finish()

    def tell(self, text: str) -> None:
        """Nothing of a run within a search is told."""
