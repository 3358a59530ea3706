"""Reverse stress: which likeliest combination of causes brings a figure to its limit.

The run's own paths and as many with causes beside the economy give a regression; its direction is
followed to the limit, and improved by slopes there. Equations: docs/model.md, section 14.7.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import sqrt
from typing import Final, NamedTuple

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from simulator.elementary import normal_cdf
from simulator.explain.reverse_question import LOOKS, MOST_EXPLORED, ReverseQuestion
from simulator.explain.reverse_scenario import DesignScenario, design_scenario, files_of
from simulator.explain.scored_runs import (
    EngineModel,
    Figure,
    ScoredRuns,
    figure_in,
    needs_standards,
    scale_of,
)
from simulator.macro.causes import ECONOMY, Causes
from simulator.macro.paths import economy_normals
from simulator.macro.severity import severity_of
from simulator.policies import levers_for
from simulator.progress import Progress
from simulator.request import ExperimentRequest
from simulator.results.cases import outlooks_of
from simulator.results.compare import statistics
from simulator.results.metrics import better
from simulator.results.reverse import (
    SURE,
    AtDistance,
    CauseSize,
    Ends,
    OtherMix,
    Outcome,
    ReverseAnswer,
    Score,
    WorstQuarter,
)
from simulator.results.reverse_indicators import indicators_of
from simulator.results.sampling import sampling_of
from simulator.results.summary import whole_figure
from simulator.reverse.search import Observed, Point, design_points, unit
from simulator.reverse.shares import Made, made_of, uncertain, with_spreads
from simulator.ridge import ridge
from simulator.simulated import Simulated

F8 = NDArray[np.float64]

ROUNDS: Final = 2
"""Improvements of a point (assumption; a third moves it by less than its error)."""
LADDER: Final = (1.0, 2.0, 3.0)
"""Distances at which the figure is told."""
Z: Final = 1.96
BEYOND: Final = "beyond 5 sd"


@dataclass(frozen=True, slots=True)
class Reversed:
    """An answer and the files of its scenario, by name within the run's folder."""

    answer: ReverseAnswer
    files: dict[str, str]


def reverse_stress(
    questions: Sequence[ReverseQuestion],
    request: ExperimentRequest,
    simulated: Simulated,
    dataset: xr.Dataset,
    watch: Progress,
) -> tuple[Reversed, ...]:
    """Answers to all ``questions`` about a finished run with ``dataset``, in their order."""
    return tuple(
        _Search.of(each, request, simulated, dataset, watch).answer() for each in questions
    )


class Usual(NamedTuple):
    """A figure in the run: its mean as summary.csv has it, its unit, and its paths."""

    mean: float
    unit: str
    figure: Figure


@dataclass(frozen=True, slots=True)
class _Search:
    """One question with what answers it; ``usual`` is the figure's mean in the run."""

    question: ReverseQuestion
    simulated: Simulated
    dataset: xr.Dataset
    watch: Progress
    model: EngineModel
    usual: Usual
    limit: float
    jurisdiction: str | None

    @staticmethod
    def of(
        question: ReverseQuestion,
        request: ExperimentRequest,
        simulated: Simulated,
        dataset: xr.Dataset,
        watch: Progress,
    ) -> "_Search":
        """Everything but the search."""
        output, settings = simulated.output, question.settings
        drawn = simulated.drawn[question.scenario]
        causes = Causes(drawn.scenario, request.run.months, question.economy, question.causes)
        levers = levers_for(
            request.all_policies[settings.policy],
            request.reference,
            output.book.segments,
            output.timeline.horizon,
        )
        runs = ScoredRuns(
            simulated.packed,
            output,
            request.parameters,
            levers,
            causes,
            settings.policy,
            outlooks_of(output),
            needs_standards(question.metric),
            watch.advance,
        )
        place = (
            list(request.scenarios).index(question.scenario),
            list(request.all_policies).index(settings.policy),
        )
        item = whole_figure(dataset, question.metric, f"{question.owner}.metric")
        mean = statistics(item, sampling_of(dataset)).at(*place, 0).mean
        usual = Usual(mean, item.unit, figure_in(dataset, question.metric, place))
        limit = settings.limit
        if limit is None:
            assert settings.times_scenario is not None
            limit = settings.times_scenario * mean
        worse = 1 if limit >= mean else -1
        worse = -better(question.metric) or worse
        paths = min(settings.paths, max(output.run.paths, 20))
        model = EngineModel(
            runs, question.metric, scale_of(limit, mean, worse), paths, output.run.seed
        )
        place_of = request.scenarios[question.scenario].jurisdiction
        return _Search(question, simulated, dataset, watch, model, usual, limit, place_of)

    @property
    def causes(self) -> Causes:
        """Scores and what they make."""
        return self.model.runs.causes

    @property
    def target(self) -> float:
        """Level of the limit."""
        return self.model.scale.level(self.limit)

    @property
    def names(self) -> tuple[str, ...]:
        """The cause that each score belongs to."""
        return tuple(place.cause for place in self.causes.places)

    def answer(self) -> Reversed:
        """The search itself, then what is told of its point."""
        settings, n = self.question.settings, self.model.n_paths
        label = f"reverse stress {self.question.name} (at most, about)"
        self.watch.start(self._explored + LOOKS * n, label)
        observed = self._observed()
        middle = self.model.figure(np.zeros(len(self.names)))
        if self.model.scale.level(middle.mean) >= self.target:
            found = self._told("already", None, middle)
            self.watch.finish()
            return found
        points = design_points(
            self.model,
            ridge(observed.scores, observed.levels).slopes,
            self.target,
            settings.furthest,
            observed=observed,
            rounds=ROUNDS,
        )
        point, *others = points
        outcome: Outcome = "reached" if point.reached else "beyond"
        point, figure, design = self._measured(point)
        found = self._told(outcome, point, figure, others, design)
        self.watch.finish()
        return found

    @property
    def _explored(self) -> int:
        return min(MOST_EXPLORED, max(self.simulated.output.run.paths, 20))

    def _observed(self) -> Observed:
        """Paths with causes drawn beside the economy's own, and the run's own where they serve."""
        output, n = self.simulated.output, self._explored
        normals = economy_normals(output.run.seed, n, output.timeline.horizon)
        scores = self.causes.scores_of(normals)
        random = np.random.default_rng(output.run.seed)
        for at, place in enumerate(self.causes.places):
            if place.cause != ECONOMY:
                drawn = random.standard_normal(n)
                # Below 0 most causes do nothing: only their own side tells of their slope.
                two_sided = self.causes.others[place.cause].two_sided
                scores[:, at] = drawn if two_sided else np.abs(drawn)
        dataset = self.model.runs.dataset(scores, normals)
        levels = self.model.scale.levels(figure_in(dataset, self.question.metric).by_path)
        if self.question.economy != 1.0:
            return Observed(scores, levels)
        own = self.causes.scores_of(
            economy_normals(output.run.seed, output.run.macro_draws, output.timeline.horizon)
        )
        own = np.repeat(own, output.run.draws_per_path, axis=0)
        return Observed(
            np.concatenate([scores, own]),
            np.concatenate([levels, self.model.scale.levels(self.usual.figure.by_path)]),
        )

    def _measured(self, point: Point) -> tuple[Point, Figure, xr.Dataset]:
        """The point put right by as many paths as the run has, its figure and results there."""
        n = max(self.simulated.output.run.paths, self.model.n_paths)
        n = min(n, MOST_EXPLORED)
        for correct in (point.reached, False):
            dataset = self.model.runs.dataset(np.repeat(point.scores[None], n, axis=0))
            figure = figure_in(dataset, self.question.metric)
            looked = self.model.looked(figure)
            point = replace(point, looked=looked)
            if not correct:
                break
            direction = unit(point.scores)
            slope = float((point.slopes.mean * direction).sum())
            if slope > 0.0:
                longer = (self.target - looked.level) / slope
                point = replace(point, scores=point.scores + longer * direction)
        return point, figure, dataset

    def _told(
        self,
        outcome: Outcome,
        point: Point | None,
        figure: Figure,
        others: Sequence[Point] = (),
        design: xr.Dataset | None = None,
    ) -> Reversed:
        """The answer at ``point``; None for the middle, which is past the limit already."""
        question, metric = self.question, self.question.metric
        scores = np.zeros(len(self.names)) if point is None else point.scores
        made = made_of(scores, self.names)
        ends = None if point is None else uncertain(point, self.target, self.names)
        place = design_scenario(question.name, self.causes, scores)
        told = self._narrative(made, scores)
        files = {} if point is None else files_of(place, told, self.jurisdiction)
        distance = made.distance
        answer = ReverseAnswer(
            name=question.name,
            metric=metric,
            unit=self.usual.unit,
            scenario=question.scenario,
            policy=question.settings.policy,
            limit=self.limit,
            usual=self.usual.mean,
            outcome=outcome,
            reached=figure.mean,
            reached_ci=_interval(figure),
            distance=distance,
            distance_ci=None if ends is None else (ends[0].distance, ends[1].distance),
            likelihood=None if distance > SURE or point is None else float(normal_cdf(-distance)),
            likelihood_words=BEYOND if distance > SURE else "",
            contributions=dict(made.shares),
            contributions_ci={}
            if ends is None
            else {name: (ends[0].shares[name], ends[1].shares[name]) for name in made.shares},
            half_spread=self._with_spread(point, 0.5),
            double_spread=self._with_spread(point, 2.0),
            at_distance=() if point is None else tuple(self._ladder(point)),
            causes=self._sizes(scores),
            scores=tuple(
                Score(**place._asdict(), score=float(score))
                for place, score in zip(self.causes.places, scores, strict=True)
            ),
            severity=_severity(place),
            indicators=()
            if design is None
            else indicators_of(self.dataset, design, self._place, self._economy(place)),
            other_points=tuple(_mix(made_of(p.scores, self.names)) for p in others),
            scenario_file=next(iter(files), None),
            command=f"python -m simulator --config-dir DIR/reverse scenario=[{place.name}]"
            if files
            else None,
            paths_simulated=self.model.runs.count[0],
        )
        return Reversed(answer, files)

    @property
    def _place(self) -> tuple[str, str]:
        return self.question.scenario, self.question.settings.policy

    def _economy(self, place: DesignScenario) -> dict[str, tuple[F8, F8]]:
        """Of each variable that moves: paths of the run (draws, months), and here (months,)."""
        drawn = self.simulated.drawn[self.question.scenario].by_draw
        here = place.scenario.central
        return {
            name: (drawn[name], here[name])
            for name in here
            if not np.array_equal(here[name], self.causes.scenario.central[name])
        }

    def _with_spread(self, point: Point | None, factor: float) -> OtherMix | None:
        """Had every cause beside the economy ``factor`` times its spread."""
        if point is None:
            return None
        factors = np.array([1.0 if name == ECONOMY else factor for name in self.names])
        return _mix(with_spreads(point, self.target, factors, self.names))

    def _ladder(self, point: Point) -> list[AtDistance]:
        direction = unit(point.scores)
        found = []
        for distance in LADDER:
            figure = self.model.figure(distance * direction)
            found.append(AtDistance(distance=distance, value=figure.mean, ci=_interval(figure)))
        return found

    def _sizes(self, scores: F8) -> dict[str, CauseSize]:
        """Each cause at the point."""
        found = {}
        if self.question.economy is not None:
            mine = [s for s, name in zip(scores, self.names, strict=True) if name == ECONOMY]
            found[ECONOMY] = CauseSize(
                score=sqrt(float(np.sum(np.square(mine)))),
                size=None,
                spread=self.question.economy,
                first_month=None,
                months=None,
            )
        for name, spec in self.question.causes.items():
            score = float(scores[self.names.index(name)])
            size = spec.spread * score
            if not spec.two_sided:
                size = 1.0 - (1.0 - spec.spread) ** max(score, 0.0)
            found[name] = CauseSize(
                score=score, size=size, spread=spec.spread, first_month=spec.first,
                months=spec.months,
            )  # fmt: skip
        return found

    def _sum(self, cause: str, scores: F8) -> float:
        return float(sum(s for s, own in zip(scores, self.names, strict=True) if own == cause))

    def _narrative(self, made: Made, scores: F8) -> str:
        ways = {"standards": " (tighter)" if self._sum("standards", scores) > 0 else " (easier)"}
        shares = ", ".join(
            f"{name}{ways.get(name, '')} {100 * share:.0f} %"
            for name, share in sorted(made.shares.items(), key=lambda item: -item[1])
            if share >= 0.005
        )
        return (
            f"The likeliest combination of causes that brings {self.question.metric} of"
            f" {self.question.scenario} under {self.question.settings.policy} to {self.limit:.6g}:"
            f" {made.distance:.2f} standard deviations away ({shares}). Likeliest is relative to"
            " the assumed spreads of causes."
        )


def _interval(figure: Figure) -> Ends:
    return figure.mean - Z * figure.se, figure.mean + Z * figure.se


def _mix(made: Made) -> OtherMix:
    return OtherMix(distance=made.distance, contributions=dict(made.shares))


def _severity(place: DesignScenario) -> tuple[WorstQuarter, ...]:
    return tuple(
        WorstQuarter(
            variable=item.variable,
            yardstick=item.yardstick,
            worst=item.worst,
            mean=item.mean,
            distance=item.distance,
            last_as_bad=item.last_as_bad,
        )
        for item in severity_of(place.scenario)
    )
