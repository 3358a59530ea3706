"""The run again with its economy shifted towards large losses: what the far tail looks like.

The run's own paths are the pilot. Definitions: docs/model.md, section 14.10.
"""

from dataclasses import replace
from typing import Final

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from simulator.engine import simulate
from simulator.levers import LeverTable
from simulator.macro.paths import economy_normals, paths_of_normals
from simulator.macro.shifted import Shift, loss_shift, shock_loadings
from simulator.preparation import lever_tables, world_builders
from simulator.products import products_of
from simulator.progress import Progress
from simulator.request import ExperimentRequest
from simulator.results.compare import weighted
from simulator.results.dataset import dataset_by_path
from simulator.results.loss_distribution import losses
from simulator.results.tail_figures import ShiftedBlock
from simulator.settings import RunSettings
from simulator.simulated import Simulated

F8 = NDArray[np.float64]

_SEED: Final = 0xD1B54A32D192ED03
"""Added to the run's seed for the shifted paths, which have random numbers of their own."""
_SEEDS: Final = 2**63
PIECE: Final = 100
"""Paths simulated together, so that memory does not grow with their number."""


def shifted_tail(
    request: ExperimentRequest, simulated: Simulated, dataset: xr.Dataset, watch: Progress
) -> ShiftedBlock | None:
    """As many paths as the run has, with its economy shifted, under every scenario and policy.

    None where that is not asked for, or nothing of the economy moves losses.
    """
    output = simulated.output
    run = output.run
    shift = shift_of(simulated, dataset) if run.tail == "shifted" else None
    if shift is None:
        return None
    policies = request.all_policies
    watch.start(run.paths * len(simulated.drawn) * len(policies), "simulating shifted paths")
    lost, scores = [], [shift.along(normals_of(simulated, run)[1:])]
    with products_of(request.products):
        levers = lever_tables(replace(request, run=run), output.book)
        for piece in _pieces(run):
            shocks = normals_of(simulated, piece)
            shocks[1:] = shift.moved(shocks[1:])
            scores.append(shift.along(shocks[1:]))
            lost.append(_losses(request, simulated, levers, (piece, shocks), watch))
    watch.finish()
    weights = shift.weights(np.concatenate(scores), 0.5)
    by_path = np.repeat(weights, run.draws_per_path)
    return ShiftedBlock(np.concatenate(lost, axis=2), by_path[run.paths :], by_path[: run.paths])


def shift_of(simulated: Simulated, dataset: xr.Dataset) -> Shift | None:
    """The shift of the shocks towards large losses; None where nothing moves them.

    Losses under the current policy, of all scenarios by weight, from the run's own paths.
    """
    output = simulated.output
    horizon = output.run.timeline.horizon
    loadings = (
        shock_loadings(drawn.scenario.deviation, horizon) for drawn in simulated.drawn.values()
    )
    moving = next((each for each in loadings if len(each)), None)
    if moving is None:
        return None
    lost = weighted(dataset, losses(dataset))[output.policies.index(output.reference)]
    by_draw = lost.reshape(-1, output.run.draws_per_path).mean(axis=1)
    return loss_shift(normals_of(simulated, output.run)[1:], by_draw, moving)


def normals_of(simulated: Simulated, run: RunSettings) -> F8:
    """The shocks of a run's draws, (horizon + 1, n_variables, draws)."""
    return economy_normals(run.seed, run.macro_draws, simulated.output.run.timeline.horizon)


def _pieces(run: RunSettings) -> list[RunSettings]:
    """As many paths as ``run`` has in pieces, each with a seed of its own."""
    draws, most = run.macro_draws, max(PIECE // run.draws_per_path, 1)
    sizes = [min(most, draws - first) for first in range(0, draws, most)]
    return [
        run.model_copy(
            update={
                "paths": size * run.draws_per_path,
                "seed": (run.seed + (number + 1) * _SEED) % _SEEDS,
                "history_borrowers": 0,
            }
        )
        for number, size in enumerate(sizes)
    ]


def _losses(
    request: ExperimentRequest,
    simulated: Simulated,
    levers: dict[str, LeverTable],
    piece: tuple[RunSettings, F8],
    watch: Progress,
) -> F8:
    """What is lost, (scenario, policy, path), on paths of given shocks."""
    (run, shocks), output = piece, simulated.output
    drawn = {
        name: paths_of_normals(paths.scenario, shocks, run.draws_per_path)
        for name, paths in simulated.drawn.items()
    }
    worlds = world_builders(request, output.book, drawn)
    found = simulate(replace(simulated.packed, n_cells=0), worlds, levers, run, watch.advance)
    unemployment = {name: paths.by_path("unemployment_rate") for name, paths in drawn.items()}
    alone = replace(
        output,
        tallies=found.tallies,
        macro_unemployment=unemployment,
        run=run,
        provision={},
        cells=None,
        deviation=None,
    )
    return losses(dataset_by_path(alone, dict.fromkeys(drawn)))
