"""One policy in the worlds of given scores: the engine as the function that a search asks.

Path p has the luck of path p of the run, whatever the scores, so two looks differ by their scores
alone (common random numbers).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from math import log, sqrt
from typing import Final, NamedTuple

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from simulator.catalogue import Parameters
from simulator.engine import simulate
from simulator.kernels.tally import Tallies
from simulator.levers import LeverTable
from simulator.macro.causes import Causes
from simulator.packing import Packed
from simulator.results.cases import Outlooks
from simulator.results.dataset import dataset_by_path, to_dataset
from simulator.results.inputs import SimulationOutput
from simulator.results.metrics import OF_STANDARDS, metric_of
from simulator.results.profit import PROFIT_METRICS
from simulator.results.summary import whole_figure
from simulator.reverse.search import Looked, Slopes
from simulator.ridge import resampled as resampled_slopes
from simulator.ridge import ridge
from simulator.settings import RunSettings
from simulator.shocks import World, build_world

F8 = NDArray[np.float64]

STEP: Final = 0.5
"""Standard deviations that slopes look to either side, in each score (assumption)."""
RESAMPLES: Final = 200
NO_PENALTY: Final = 1e-9
"""Slopes are not drawn anywhere, so that their scatter is all that is not known of them."""
_LEAST: Final = 1e-3
"""Of the usual size: a loss at or below 0 on a path counts as so much."""


class Figure(NamedTuple):
    """A figure of each path, (n,); of a ratio its linear form, whose mean is the ratio's."""

    by_path: F8

    @property
    def mean(self) -> float:
        """Over the paths."""
        return float(self.by_path.mean())

    @property
    def se(self) -> float:
        """Standard error of the mean; 0 of one path."""
        n = self.by_path.size
        return float(self.by_path.std(ddof=1)) / sqrt(n) if n > 1 else 0.0


@dataclass(frozen=True, slots=True)
class Scale:
    """How bad a figure is: the logarithm of a loss, else the figure in units of its limit.

    ``worse``: 1 where more is worse, -1 where less is; ``unit``: above 0.
    """

    worse: int
    unit: float
    logarithmic: bool

    def level(self, figure: float) -> float:
        """How bad ``figure`` is."""
        if self.logarithmic:
            return self.worse * log(max(figure, _LEAST * self.unit) / self.unit)
        return self.worse * figure / self.unit

    def levels(self, figures: F8) -> F8:
        """The same of many."""
        return np.array([self.level(float(one)) for one in figures])

    def slope(self, figure: float) -> float:
        """Change of the level with the figure."""
        size = max(figure, _LEAST * self.unit) if self.logarithmic else self.unit
        return self.worse / size


def scale_of(limit: float, usual: float, worse: int) -> Scale:
    """The scale of a figure with that limit and usual mean."""
    unit = abs(limit) or abs(usual) or 1.0
    return Scale(worse, unit, logarithmic=limit > 0.0 and usual > 0.0 and worse > 0)


@dataclass(frozen=True, slots=True)
class ScoredRuns:
    """What is simulated again: one scenario and policy of a finished run.

    ``with_standards``: whether the figure needs provisioning standards; ``count`` holds the number
    of simulated paths.
    """

    packed: Packed
    output: SimulationOutput
    parameters: Parameters
    levers: LeverTable
    causes: Causes
    policy: str
    outlooks: Outlooks
    with_standards: bool
    advance: Callable[[int], None]
    count: list[int] = field(default_factory=lambda: [0])

    def dataset(self, scores: F8, normals: F8 | None = None) -> xr.Dataset:
        """Results of as many paths as ``scores`` (n, d) has rows; ``normals`` as in ``Causes``."""
        drawn = self.causes.paths(scores, normals)
        disaster = self.causes.disaster(scores)
        book, name = self.output.book, self.causes.scenario.name

        def world(first: int, last: int) -> World:
            found = build_world(
                drawn, first, last, self.parameters, book.jurisdiction, book.regions
            )
            return found._replace(disaster=disaster[first:last])

        run = self.output.run.model_copy(
            update={"paths": len(scores), "draws_per_path": 1, "history_borrowers": 0}
        )
        packed = self.packed if self.with_standards else replace(self.packed, n_cells=0)
        found = simulate(packed, {name: world}, {self.policy: self.levers}, run, self.advance)
        self.count[0] += len(scores)
        unemployment = {name: drawn.by_path("unemployment_rate")}
        alone = output_alone(self.output, found.tallies, run, unemployment)
        return figures_of(alone, self.outlooks, with_standards=self.with_standards)


def needs_standards(metric: str) -> bool:
    """Whether a figure needs provisioning standards."""
    return metric_of(metric) in (*OF_STANDARDS, *PROFIT_METRICS)


def output_alone(
    output: SimulationOutput,
    tallies: Mapping[tuple[str, str], Tallies],
    run: RunSettings,
    unemployment: Mapping[str, F8],
) -> SimulationOutput:
    """What results read of ``tallies`` of one policy, simulated beside a run's ``output``.

    ``unemployment`` by scenario, (paths, horizon + 1).
    """
    ((policy,), scenarios) = {policy for _, policy in tallies}, {name for name, _ in tallies}
    return replace(
        output,
        tallies=tallies,
        macro_unemployment=unemployment,
        timeline=replace(output.timeline, runoff_months=run.timeline.runoff_months),
        scenarios=tuple(s for s in output.scenarios if s.name in scenarios),
        policies=(policy,),
        reference=policy,
        run=run,
        deviation=None,
    )


def figures_of(output: SimulationOutput, outlooks: Outlooks, *, with_standards: bool) -> xr.Dataset:
    """A dataset with every figure, those of provisioning standards where they are wanted."""
    if with_standards:
        return to_dataset(output)
    return dataset_by_path(replace(output, provision={}, cells=None), outlooks)


def figure_in(dataset: xr.Dataset, metric: str, at: tuple[int, int] = (0, 0)) -> Figure:
    """The figure of the scenario and policy at ``at`` of ``dataset``."""
    item = whole_figure(dataset, metric, "reverse: metric")
    values = item.values[at[0], at[1], :, 0]
    if item.per is None:
        return Figure(values)
    per = item.per[at[0], at[1], :, 0]
    ratio = float(values.mean() / per.mean())
    return Figure(ratio + (values - ratio * per) / float(per.mean()))


@dataclass(frozen=True, slots=True)
class EngineModel:
    """``ScoredRuns`` as the model of a search; ``n_paths`` of each look, and pairs of slopes."""

    runs: ScoredRuns
    metric: str
    scale: Scale
    n_paths: int
    seed: int
    precision: float = 1e-3
    rounds: list[int] = field(default_factory=lambda: [0])

    def figure(self, scores: F8, n_paths: int = 0) -> Figure:
        """The figure with every path at ``scores`` (d,)."""
        rows = np.repeat(scores[None], n_paths or self.n_paths, axis=0)
        return figure_in(self.runs.dataset(rows), self.metric)

    def look(self, scores: F8) -> Looked:
        """The level of the mean at ``scores``, and its error."""
        return self.looked(self.figure(scores))

    def looked(self, figure: Figure) -> Looked:
        """Level and error of a figure."""
        mean = figure.mean
        return Looked(self.scale.level(mean), abs(self.scale.slope(mean)) * figure.se)

    def slopes(self, scores: F8, about: F8) -> Slopes:
        """By pairs of paths with common random numbers, at ``scores`` plus and minus own steps.

        The steps are orthogonal, so that as many pairs as scores tell of all of them.
        """
        n, d = max(self.n_paths, scores.size + 10), scores.size
        self.rounds[0] += 1
        random = np.random.default_rng((self.seed, self.rounds[0]))
        steps = STEP * sqrt(n) * np.linalg.qr(random.standard_normal((n, d)))[0]
        up, down = (
            figure_in(self.runs.dataset(scores + side * steps), self.metric) for side in (1.0, -1.0)
        )
        mean = (up.mean + down.mean) / 2.0
        change = self.scale.slope(mean) * (up.by_path - down.by_path) / 2.0
        fit = ridge(steps, change, about, NO_PENALTY)
        return Slopes(fit.slopes, resampled_slopes(steps, change, about, NO_PENALTY, RESAMPLES))
