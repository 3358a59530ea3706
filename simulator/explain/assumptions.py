"""What would turn the verdict: small runs of the same request, one assumption moved at a time.

Same borrowers and paths in all of them, so that differences have little noise. A synthetic book
keeps the observed loans of its opening, and only what a lender cannot see is drawn anew.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel

from simulator.catalogue import catalogue
from simulator.engine import thread_count
from simulator.explain.assumption_list import OF_POLICY, SECTION, list_for, made_for
from simulator.policies import Policy
from simulator.progress import Progress
from simulator.request import ExperimentRequest
from simulator.results.assumptions import ENDS, EVERYWHERE, PAIR, SURE, Trial, Tried
from simulator.results.cases import policy_runs_of
from simulator.results.decision import VALUE, Decision
from simulator.results.intervals import over_paths
from simulator.results.sampling import Draws
from simulator.results.value import value
from simulator.settings import AssumptionsSettings
from simulator.simulated import Simulated
from simulator.simulating import simulate_request
from simulator.validation import UserError
from simulator.varied_policy import number_fields, with_number
from simulator.vocabulary import REFERENCE

F8 = NDArray[np.float64]
T = TypeVar("T")

MOST_POLICIES: Final = 3
"""Policies that are tried, the best first."""
SIZE: Final = 24 * 3 * 4 * 48
"""Paths x scenarios x policies x months of a small run at most (two minutes on two cores)."""
LEAST_PATHS: Final = 8
_ANY: Final = next(iter(catalogue()))
"""A parameter whose own value, named as the opening's, has hidden states drawn anew."""


def try_assumptions(
    request: ExperimentRequest, simulated: Simulated, decision: Decision, watch: Progress
) -> Tried | None:
    """Changes of worth by assumption; None where nothing is listed, or no value is known."""
    settings = request.section(SECTION, AssumptionsSettings)
    if not settings.tried or decision.measure != VALUE or not decision.cases:
        return None
    trials = tuple(trials_of(request, settings))
    small = _small(request, simulated, decision, settings)
    watch.start(2 * len(trials) + 2, "trying assumptions")
    places_of = [(i, end) for i in range(len(trials)) for end in range(len(ENDS))]
    base, *others = all_worths(small, [{}, *(_at(trials[i], end) for i, end in places_of)], watch)
    policies = tuple(name for name in small.all_policies if name != REFERENCE)
    places = (EVERYWHERE, *request.scenarios)
    shape = (len(trials) + 1, len(ENDS), len(policies), len(places))
    change, se = np.full(shape, np.nan), np.full(shape, np.nan)
    for place, found in zip(places_of, others, strict=True):
        change[place], se[place] = _against(base, found, decision.opening)
    pair = _worst_pair(trials, change[:-1, :, 0, 0], se[:-1, :, 0, 0])
    if pair is not None:
        trials = (*trials, pair)
        (found,) = all_worths(small, [_at(pair, 0)], watch)
        change[-1, 0], se[-1, 0] = _against(base, found, decision.opening)
    watch.finish()
    n = len(trials)
    return Tried(trials, policies, places, change[:n], se[:n])


def without_assumptions(request: ExperimentRequest) -> ExperimentRequest:
    """The request with nothing to try: what a sweep runs, unless it asks for a list."""
    rest = {name: item for name, item in request.sections.items() if name != SECTION}
    return replace(request, sections=rest)


def list_warnings(request: ExperimentRequest, tried: Tried | None) -> tuple[str, ...]:
    """That the list was made for other parameters, where so."""
    settings = request.section(SECTION, AssumptionsSettings)
    if tried is None or made_for(settings, request):
        return ()
    other = list_for(request)
    cure = "loanstress screen makes a list for them"
    cure = cure if other is None else f"assumptions={other} was made for them"
    return (
        "assumptions: the list was made for other parameters; the same relative ranges around the"
        f" run's own were tried; {cure}",
    )


@dataclass(frozen=True, slots=True)
class Worths:
    """Worth, (policy, place, path) in money, and the opening balance of the small book."""

    worth: F8
    opening: float


def with_changes(request: ExperimentRequest, changes: Mapping[str, float]) -> ExperimentRequest:
    """The request with other parameters; the opening's observed loans stay.

    A change of ``policy.FIELD`` is a factor on that number of every policy that has it. Without any
    change hidden states are drawn anew too, so that differences are those of the change alone.
    """
    factors = {n.removeprefix(OF_POLICY): f for n, f in changes.items() if n.startswith(OF_POLICY)}
    changes = {name: v for name, v in changes.items() if not name.startswith(OF_POLICY)}
    policies = {n: _varied(n, policy, factors) for n, policy in request.policies.items()}
    request, book = replace(request, policies=policies), request.book
    if book.kind == "synthetic" and book.opening_overdue:
        kept = {name: request.parameters[name] for name in (_ANY, *changes)}
        book = book.model_copy(update={"opening_parameters": {**kept, **book.opening_parameters}})
    return replace(request, book=book, parameters={**request.parameters, **changes})


def worths(request: ExperimentRequest, changes: Mapping[str, float]) -> Worths:
    """Worth of ``with_changes``, simulated."""
    output = simulate_request(with_changes(request, changes)).output
    values = np.array([[value(one) for one in row] for row in policy_runs_of(output)])
    own = values[:, 1:] - values[:, :1]
    weighted = np.tensordot(output.scenario_weights(), own, axes=(0, 0))
    found = np.concatenate([weighted[None], own]).transpose(1, 0, 2)
    tallies = output.tallies[output.scenarios[0].name, output.reference]
    return Worths(found, float(tallies.balance[:, 0].sum(axis=-1).mean()))


def all_worths(
    request: ExperimentRequest, changes: Sequence[Mapping[str, float]], watch: Progress
) -> list[Worths | None]:
    """``worths`` at each of ``changes``, side by side; None where a rule forbids the change."""
    return side_by_side(request, changes, worths, watch)


def side_by_side(
    request: ExperimentRequest,
    changes: Sequence[Mapping[str, float]],
    ask: Callable[[ExperimentRequest, Mapping[str, float]], T],
    watch: Progress,
) -> list[T | None]:
    """``ask`` of the request at each of ``changes``, on the run's processors.

    None where a rule forbids the change: the finished run that asks is not lost for it.
    """
    alone = replace(request, run=request.run.model_copy(update={"threads": 1}))

    def one_or_none(change: Mapping[str, float]) -> T | None:
        try:
            return ask(alone, change)
        except UserError:
            return None

    found: list[T | None] = []
    pool = ThreadPoolExecutor(thread_count(request.run))
    try:
        for one in pool.map(one_or_none, changes):
            found.append(one)
            watch.advance(1)
    finally:
        pool.shutdown(cancel_futures=True)
    return found


def _varied(name: str, policy: Policy, factors: Mapping[str, float]) -> Policy:
    """A policy with its own numbers multiplied, members' too, within their ranges."""
    for wanted, factor in factors.items():
        fields = number_fields(policy) if isinstance(policy, BaseModel) else {}
        for field, number in fields.items():
            if field.rpartition(".")[2] == wanted and isinstance(policy, BaseModel):
                value = min(max(factor * number.setting, number.low), number.high)
                policy = with_number(f"policy.{name}", policy, field, value)
    return policy


def _against(
    base: Worths | None, found: Worths | None, opening: float
) -> tuple[F8 | float, F8 | float]:
    """Mean change of worth and its error, (policy, place), in money of the whole book; else NaN."""
    if base is None or found is None:
        return np.nan, np.nan
    factor = opening / base.opening
    told = over_paths(np.moveaxis(factor * (found.worth - base.worth), 2, 0), Draws(1))
    return told.mean, told.se


def _small(
    request: ExperimentRequest,
    simulated: Simulated,
    decision: Decision,
    settings: AssumptionsSettings,
) -> ExperimentRequest:
    """The request with fewer borrowers and paths, its best policies, no provisioning standards."""
    chosen = [case.policy for case in decision.cases[:MOST_POLICIES]]
    timeline = simulated.output.timeline
    cells = len(request.scenarios) * (1 + len(chosen)) * timeline.horizon
    paths = max(LEAST_PATHS, min(settings.paths, request.run.paths, SIZE // cells))
    run = request.run.model_copy(
        update={
            "paths": paths,
            "draws_per_path": 1,
            "runoff_months": timeline.runoff_months,
            "history_borrowers": 0,
            "book_draws": 0,
        }
    )
    size = settings.borrowers
    if request.book.borrowers:
        size = min(size, request.book.borrowers)
    return replace(
        request,
        book=request.book.model_copy(update={"borrowers": size}),
        run=run,
        policies={name: request.policies[name] for name in (*_reference(request), *chosen)},
        provision={},
        break_even={},
        sections={},
    )


def _reference(request: ExperimentRequest) -> tuple[str, ...]:
    """The current policy's name, where the request sets it."""
    return tuple(name for name in list(request.all_policies)[:1] if name in request.policies)


def trials_of(request: ExperimentRequest, settings: AssumptionsSettings) -> Iterator[Trial]:
    """The listed assumptions around the run's own parameters.

    Made for other values, the same relative range around the run's own one is tried.
    """
    own, specs, same = request.parameters, catalogue(), made_for(settings, request)
    for name, item in settings.tried.items():
        values = {}
        for parameter, (low, base, high) in item.values.items():
            if parameter.startswith(OF_POLICY):
                values[parameter] = (low, base, high)
                continue
            spec, here = specs[parameter], own[parameter]
            factor = 1.0 if same or base == 0.0 else here / base
            ends = (min(max(factor * end, spec.low), spec.high) for end in (low, high))
            values[parameter] = (next(ends), here, next(ends))
        yield Trial(name, item.kind, values, item.source)


def _at(trial: Trial, end: int) -> dict[str, float]:
    """Parameters of a trial at its low (0) or high (1) end."""
    return {name: values[2 * end] for name, values in trial.values.items()}


def _worst_pair(trials: tuple[Trial, ...], change: F8, se: F8) -> Trial | None:
    """The two ends that cost the leading policy most, of two assumptions, moved together."""
    harm = np.where(change < -SURE * se, change, 0.0)
    worst = np.argsort(harm.min(axis=1))[:2]
    if len(worst) < 2 or not (harm[worst].min(axis=1) < 0.0).all():
        return None
    values: dict[str, tuple[float, float, float]] = {}
    for i in worst:
        end = int(harm[i].argmin())
        for name, (low, base, high) in trials[i].values.items():
            values[name] = ((low, high)[end], base, np.nan)
    for i in worst:  # each keeps its own end, where a fit moves the other's parameter with it
        name, (low, base, high) = next(iter(trials[i].values.items()))
        values[name] = ((low, high)[int(harm[i].argmin())], base, np.nan)
    first, second = (trials[i].name for i in worst)
    return Trial(f"{first} + {second}", PAIR, values, "the two worst ends together")
