"""Answers questions by simulating the varied policy on the run's own paths.

Only the varied policy is simulated: the reference's figures are the run's, and so is the gain at
the policy's own setting. Luck depends on no policy, so the pairs are those of a joint run.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulator.break_even.question import LIFETIME, VALUE, Question
from simulator.break_even.search import (
    GainCurve,
    find_crossing,
    most_refinements,
    scan_values,
)
from simulator.engine import WorldBuilder, simulate
from simulator.kernels.tally import Tallies
from simulator.packing import Packed
from simulator.policies import Policy, levers_for
from simulator.results.break_even import BreakEven, whole_horizon
from simulator.results.cases import cases_of
from simulator.results.inputs import SimulationOutput
from simulator.results.policy_run import PolicyRun
from simulator.results.value import outlook_values, rates_of
from simulator.results.value import value as value_of

F8 = NDArray[np.float64]

_READ: Final = ("flows", "counts", "stocks", "written_off_by_product", "left")
"""Arrays of tallies that figures come from."""


@dataclass(frozen=True, slots=True)
class FinishedRun:
    """What a search needs of the run that it follows."""

    packed: Packed
    worlds: Mapping[str, WorldBuilder]
    reference: Policy
    output: SimulationOutput


def answer(
    question: Question,
    finished: FinishedRun,
    start: Callable[[int, str], None],
    advance: Callable[[int], None],
) -> BreakEven:
    """Search the bracket of ``question``; ``advance`` is told of each simulated path.

    ``start`` is told of two parts: the scan, then the narrowing, whose length is estimated.
    """
    question, warnings = _with_known_metric(question, finished.output)
    low, high, paths = question.low, question.high, finished.output.run.paths
    values = scan_values(low, high, whole=question.whole)
    label = f"searching break-even of {question.name}"
    start(paths * sum(value != question.setting for value in values), label)
    curve = GainCurve(_gains(question, finished, advance), finished.output.sampling.whole)
    if low <= question.setting <= high:
        values.append(question.setting)
    for value in values:
        curve.at(value)
    left = most_refinements(low, high, curve.points())
    if left:
        start(paths * left, f"{label}: value and interval (at most, about)")
    crossing = find_crossing(curve, low, high)
    return BreakEven(
        name=question.name,
        policy=question.policy_name,
        field=question.field,
        scenario=question.scenario,
        metric=question.metric,
        low=low,
        high=high,
        verdict=crossing.verdict,
        value=crossing.value,
        ci_low=crossing.ci_low,
        ci_high=crossing.ci_high,
        pays_below=crossing.pays_below,
        points=tuple(curve.points()),
        warnings=(*warnings, *crossing.warnings),
    )


def _with_known_metric(
    question: Question, output: SimulationOutput
) -> tuple[Question, tuple[str, ...]]:
    """The question by net result, and why, where the run-off was too short for a value."""
    if question.metric != VALUE or _outlook(question, output) is not None:
        return question, ()
    metric = f"{LIFETIME}net_result"
    told = f"the run-off is too short for a value: by {metric.replace('_', ' ')}"
    return replace(question, metric=metric), (told,)


def _outlook(question: Question, output: SimulationOutput) -> F8 | None:
    """Value of what is left, by the policies of the finished run; None where it tells none."""
    return outlook_values(output.over_paths(question.scenario), rates_of(output.parameters).v)


def _gains(
    question: Question, finished: FinishedRun, advance: Callable[[int], None]
) -> Callable[[float], F8]:
    """The gain on every path, shape (paths,), at a value of the field.

    A field of whole numbers has its gains interpolated between them, path by path.
    """
    output = finished.output
    reference = _figure(question, output, _alone(output, question.scenario, output.reference))

    @cache
    def simulated(value: float) -> F8:
        own = _alone(output, question.scenario, question.policy_name)
        if value != question.setting:
            own = replace(own, tallies=_varied(question, finished, value, advance))
        return question.gain_sign * (_figure(question, output, own) - reference)

    def interpolated(value: float) -> F8:
        below = math.floor(value)
        share = value - below
        if share == 0.0:
            return simulated(float(below))
        return (1.0 - share) * simulated(float(below)) + share * simulated(float(below + 1))

    return interpolated if question.whole else simulated


def _varied(
    question: Question, finished: FinishedRun, value: float, advance: Callable[[int], None]
) -> Mapping[tuple[str, str], Tallies]:
    """Tallies of the policy with its field at ``value``, in the question's scenario."""
    output, scenario, name = finished.output, question.scenario, question.policy_name
    run = output.run.model_copy(update={"history_borrowers": 0})
    levers = levers_for(
        question.policy_at(value),
        finished.reference,
        output.book.segments,
        run.timeline.horizon,
    )
    worlds = {scenario: finished.worlds[scenario]}
    packed = replace(finished.packed, n_cells=0)  # no metric of a search needs rule books
    return simulate(packed, worlds, {name: levers}, run, advance).tallies


def _alone(output: SimulationOutput, scenario: str, policy: str) -> SimulationOutput:
    """One scenario under one policy of ``output``."""
    scenarios = tuple(s for s in output.scenarios if s.name == scenario)
    return replace(output, scenarios=scenarios, policies=(policy,), reference=policy)


def _figure(question: Question, output: SimulationOutput, alone: SimulationOutput) -> F8:
    """The question's metric on every path of ``alone``, (paths,), read a window at a time."""
    ((case,),) = cases_of(alone, {question.scenario: _outlook(question, output)})
    return np.concatenate(
        [_of_paths(question, policy_run, output) for _, policy_run in case.windows(_READ)]
    )


def _of_paths(question: Question, policy_run: PolicyRun, output: SimulationOutput) -> F8:
    if question.metric == VALUE:
        return value_of(policy_run)
    lifetime = question.metric.startswith(LIFETIME)
    last_month = output.timeline.horizon if lifetime else output.timeline.months
    return whole_horizon(question.metric.removeprefix(LIFETIME), policy_run, last_month)
