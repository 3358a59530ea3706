"""Emulators: figures at points between the ends of their inputs, and the quadratics through them.

Equations: docs/model.md, section 14.12.
"""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from pydantic import BaseModel
from scipy.stats import qmc

from simulator.explain.assumptions import with_changes
from simulator.explain.emulate_question import EmulateQuestion
from simulator.explain.scored_runs import figure_in, figures_of
from simulator.explain.varied_runs import VariedRuns
from simulator.policies import Policy
from simulator.progress import Progress
from simulator.request import ExperimentRequest
from simulator.results.cases import known_outlooks, outlooks_of
from simulator.results.emulation import EmulatedFigure, EmulatedInput, EmulatorAnswer
from simulator.results.metrics import better, metric_of
from simulator.results.summary import SummaryRow
from simulator.results.table import unit_in
from simulator.sensitivity.emulator import fit_emulator, least_points
from simulator.simulated import Simulated
from simulator.simulating import simulate_request
from simulator.validation import UserError
from simulator.varied_policy import with_number
from simulator.vocabulary import REFERENCE

F8 = NDArray[np.float64]

_OWN_KEYS: Final = ("emulate=", "emulate.", "search=", "search.", "hydra.run.dir=", "run.resume=")
"""What a run that checks a point does not need."""


def emulators(
    questions: Sequence[EmulateQuestion],
    request: ExperimentRequest,
    simulated: Simulated,
    summary: Sequence[SummaryRow],
    watch: Progress,
) -> tuple[EmulatorAnswer, ...]:
    """An answer to each question; ``summary`` holds what the run itself found."""
    usual = {(r.scenario, r.policy, r.metric): r.mean for r in summary if r.month is None}
    found = []
    for question in questions:
        watch.start(
            (question.settings.points + 1) * _paths(question, simulated) * _n_policies(question),
            f"emulating {question.name}",
        )
        found.append(_answer(question, request, simulated, usual, watch))
        watch.finish()
    return tuple(found)


def _paths(question: EmulateQuestion, simulated: Simulated) -> int:
    return min(question.settings.paths, simulated.output.run.paths)


def _n_policies(question: EmulateQuestion) -> int:
    return 1 if question.settings.policy == REFERENCE else 2


def _answer(
    question: EmulateQuestion,
    request: ExperimentRequest,
    simulated: Simulated,
    usual: Mapping[tuple[str, str, str], float],
    watch: Progress,
) -> EmulatorAnswer:
    scenario, policy = question.scenario, question.settings.policy
    points = Points(
        question,
        VariedRuns.of(request, simulated, (scenario,), question.metrics, watch.advance).first(
            question.settings.paths
        ),
    )
    shares = design_of(question, request.run.seed)
    values = np.array([points.figures(point) for point in shares])
    known = np.isfinite(values).all(axis=1)
    if known.sum() < least_points(len(question.inputs)):
        raise UserError(
            f"emulate.{question.name}: rules of the policy forbid {(~known).sum()} of"
            f" {len(known)} points; choose narrower fields"
        )
    own = points.at_setting()
    currency = simulated.output.book.currency
    fits = [fit_emulator(shares[known], column[known]) for column in values.T]
    figures = []
    for metric, fit, simulated_mean in zip(question.metrics, fits, own, strict=True):
        found = metric_of(metric)
        figures.append(
            EmulatedFigure(
                metric=metric,
                unit=unit_in(currency, "" if found is None else found.unit),
                better=better(metric),
                usual=usual[scenario, policy, metric],
                simulated=float(simulated_mean),
                coefficients=tuple(fit.coefficients.tolist()),
                width=fit.width,
                covered=fit.covered,
            )
        )
    design = fits[0].design
    return EmulatorAnswer(
        name=question.name,
        policy=policy,
        scenario=scenario,
        inputs=tuple(
            EmulatedInput.model_validate(
                {name: getattr(one, name) for name in EmulatedInput.model_fields}
            )
            for one in question.inputs
        ),
        terms=design.terms,
        inverse=tuple(tuple(row) for row in design.inverse.tolist()),
        most=design.most,
        figures=tuple(figures),
        points=int(known.sum()),
        paths=points.runs.run.paths,
        refused=int((~known).sum()),
        command=command_of(request.overrides, [one.key for one in question.inputs]),
    )


def command_of(overrides: Sequence[str], keys: Sequence[str]) -> str:
    """The command of a run without its emulators, and without what it sets of ``keys``."""
    set_here = (f"{key}=" for key in keys)
    left_out = (*_OWN_KEYS, *set_here)
    kept = [word for word in overrides if not word.lstrip("+").startswith(left_out)]
    return shlex.join(("python", "-m", "simulator", *kept))


def design_of(question: EmulateQuestion, seed: int) -> F8:
    """Points of [0, 1], (n, d), where every value is one that its input may take."""
    n, d = question.settings.points, len(question.inputs)
    points = qmc.Sobol(d, rng=seed % 2**32).random_base2((n - 1).bit_length())[:n]
    for place, one in enumerate(question.inputs):
        points[:, place] = [one.share(one.value(float(share))) for share in points[:, place]]
    return np.asarray(points)


class Points:
    """The figures of a question at any point, on the first paths of the run."""

    def __init__(self, question: EmulateQuestion, runs: VariedRuns) -> None:
        self.question = question
        self.runs = runs

    def figures(self, shares: F8) -> F8:
        """Means of the figures at ``shares`` of the ranges; NaN where a rule forbids the point."""
        inputs = self.question.inputs
        return self._at(
            {one.key: one.value(float(t)) for one, t in zip(inputs, shares, strict=True)}
        )

    def at_setting(self) -> F8:
        """Means of the figures at the run's own setting."""
        return self._at({one.key: one.setting for one in self.question.inputs})

    def _at(self, values: Mapping[str, float]) -> F8:
        metrics = self.question.metrics
        try:
            dataset = self._dataset(values)
        except UserError:
            return np.full(len(metrics), np.nan)
        at = (0, dataset.sizes["policy"] - 1)
        return np.array([figure_in(dataset, metric, at).mean for metric in metrics])

    def _dataset(self, values: Mapping[str, float]) -> xr.Dataset:
        of = {
            kind: {one.name: values[one.key] for one in self.question.inputs if one.kind == kind}
            for kind in ("severity", "field", "parameter")
        }
        policies = self._policies(of["field"])
        severity = of["severity"].get("severity")
        if of["parameter"]:
            return self._made_anew(policies, severity, of["parameter"])
        drawn = None if severity is None else self.runs.economies(severity)
        return self.runs.dataset(policies, drawn)

    def _policies(self, fields: Mapping[str, float]) -> dict[str, Policy]:
        name = self.question.settings.policy
        if name == REFERENCE:
            return {}
        policy = self.runs.request.policies[name]
        for field, value in fields.items():
            assert isinstance(policy, BaseModel)
            policy = with_number(f"emulate.{self.question.name}", policy, field, value)
        return {name: policy}

    def _made_anew(
        self, policies: Mapping[str, Policy], severity: float | None, changes: Mapping[str, float]
    ) -> xr.Dataset:
        """With other parameters the book is built anew, with the observed loans of its opening."""
        request = replace(self.runs.small, policies=policies)
        if severity is not None:
            moved = {
                name: settings.model_copy(update={"severity": severity})
                for name, settings in request.scenarios.items()
            }
            request = replace(request, scenarios=moved)
        output = simulate_request(with_changes(request, changes)).output
        self.runs.advance(output.run.paths * len(output.policies))
        own = known_outlooks(outlooks_of(output), self.runs.outlooks)
        return figures_of(output, own, with_standards=self.runs.with_standards)
