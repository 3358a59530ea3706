"""Lives of borrowers all alike, in worlds of one region."""

import numpy as np
from numpy.typing import NDArray

from simulator.catalogue import pack_parameters, parameters_from
from simulator.compounding import monthly_probability
from simulator.kernels.life_events import simulate_lives
from simulator.kernels.records import CHUNK, LifeColumns, PathKey, records
from simulator.macro import draw_macro_paths
from simulator.products import JURISDICTIONS
from simulator.settings import MacroDeviation
from simulator.shocks import World, build_world
from simulator.shocks.labour import type_unemployment
from simulator.vocabulary import Work, WorkerType, WorkState
from tests.conftest import run_settings, scenario_of

F8 = NDArray[np.float64]

DEVIATING = MacroDeviation()


def lives_of(
    columns: LifeColumns, world: World, path: int, parameters: dict[str, float], seed: int = 7
) -> tuple[NDArray[np.uint16], F8]:
    """Lives (horizon + 1, n) and unemployed (horizon + 1,) of one path."""
    horizon = world.months.shape[1] - 1
    life = np.zeros((horizon + 1, columns.id.size), dtype=np.uint16)
    simulate_lives(
        columns,
        records(world.months)[path],
        world.disaster[path],
        records(pack_parameters(parameters)),
        PathKey(np.uint64(seed), path, horizon, horizon),
        np.zeros((8, CHUNK)),
        life,
    )
    return life, ((life & 3) == WorkState.UNEMPLOYED).sum(axis=1).astype(np.float64)


def people(
    n: int,
    kind: Work,
    yearly_illness: float = 0.0,
    yearly_admissions: float = 0.0,
    worker: WorkerType = WorkerType.BETA,
) -> LifeColumns:
    """``n`` borrowers of one kind of work in the opening book."""
    return LifeColumns(
        id=np.arange(n, dtype=np.uint64) * np.uint64(2**61 - 1) + np.uint64(5),
        arrival_month=np.zeros(n, dtype=np.int16),
        region=np.zeros(n, dtype=np.uint8),
        work=np.full(n, kind, dtype=np.uint8),
        worker_type=np.full(n, worker, dtype=np.uint8),
        life=opening_lives(n, worker),
        p_ill_monthly=np.full(n, monthly_probability(yearly_illness)),
        p_admit_monthly=np.full(n, monthly_probability(yearly_admissions)),
        cut_risk=np.ones(n),
    )


def opening_lives(n: int, worker: WorkerType) -> NDArray[np.uint16]:
    """Out of work as often as the type is at an unemployment of 5 %, the others in work."""
    rate = type_unemployment(np.array([0.05]), parameters_from({}))
    out = np.arange(n) < np.round(n * rate[0, worker])
    return np.where(out, WorkState.UNEMPLOYED, WorkState.EMPLOYED).astype(np.uint16)


def world_of(
    columns: dict[str, object], horizon: int, paths: int = 1, deviation: MacroDeviation = DEVIATING
) -> tuple[World, F8]:
    """The world of a scenario of one region, and unemployment by path."""
    run = run_settings(months=horizon, paths=paths)
    macro = draw_macro_paths(scenario_of(columns, horizon, ("here",), deviation), run)
    parameters = parameters_from({})
    world = build_world(macro, 0, paths, parameters, JURISDICTIONS["cn"], ("here",))
    return world, macro.by_path("unemployment_rate")
