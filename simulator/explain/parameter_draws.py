"""The run again with parameters drawn from a fit, on its first paths: what their doubt brings.

Same borrowers as a lender sees them, same worlds' shocks and random numbers, so that only
parameters differ; what a lender cannot see is drawn anew under them. Definitions: docs/model.md,
section 14.11.
"""

from collections.abc import Iterator
from dataclasses import replace

from simulator.catalogue import catalogue
from simulator.explain.assumptions import with_changes
from simulator.explain.borrower_sampling import fewer_paths
from simulator.parameter_draws import ParameterDistribution
from simulator.progress import Progress
from simulator.request import ExperimentRequest
from simulator.results.inputs import SimulationOutput
from simulator.results.parameter_errors import Drawn
from simulator.simulated import Simulated
from simulator.simulating import simulate_request
from simulator.validation import UserError

_MOST_TRIES = 2
"""Draws made for each that is wanted, as a rule may forbid some."""


def drawn_of(request: ExperimentRequest, fit: ParameterDistribution) -> Drawn:
    """What is told of the draws of a run."""
    run = fewer_paths(request.run, request.run.draw_paths)
    assumed = tuple(
        name
        for name, spec in catalogue().items()
        if "assumption" in spec.source.lower() and name not in fit.names
    )
    return Drawn(fit.source, fit.names, run.draws, run.paths, assumed)


def with_drawn_parameters(
    request: ExperimentRequest, simulated: Simulated, fit: ParameterDistribution, watch: Progress
) -> Iterator[SimulationOutput]:
    """A finished simulation at the estimates, then of each draw, of every scenario and policy.

    Without provisioning standards, whose rates need the loans of many paths. A draw that a rule of
    the model forbids gives way to the next one; ``UserError`` where too few are left.
    """
    run = simulated.output.run
    few = fewer_paths(run, run.draw_paths).model_copy(
        update={"book_draws": 0, "parameter_draws": None, "tail": "plain", "precision": {}}
    )
    small = replace(request, run=few, provision={}, break_even={}, sections={})
    watch.start(run.draws + 1, "simulating draws of the parameters")
    # What a lender cannot see is drawn anew at the estimates too, so that they alone differ.
    yield replace(simulate_request(with_changes(small, {})).output, deviation=None)
    watch.advance(1)
    done = 0
    for changes in fit.draws(_MOST_TRIES * run.draws, run.seed):
        try:
            found = simulate_request(with_changes(small, changes)).output
        except UserError:
            continue
        done += 1
        watch.advance(1)
        yield replace(found, deviation=None)
        if done == run.draws:
            break
    watch.finish()
    if done < run.draws:
        raise UserError(
            f"run.parameter_draws: the model's rules forbid all but {done} of"
            f" {_MOST_TRIES * run.draws} draws of the fit; {run.draws} are wanted"
        )
