"""The cases that are timed: the shipped book, baseline scenario and three policies."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

import numpy as np
import yaml
from numpy.typing import NDArray

from simulator.book import Book, build_book
from simulator.catalogue import parameters_from
from simulator.engine import Simulation, WorldBuilder, compile_kernels, simulate
from simulator.levers import LeverTable
from simulator.macro import draw_macro_paths, load_scenario
from simulator.macro.variables import DISASTER, MACRO_VARIABLES
from simulator.packing import Packed, pack
from simulator.policies import REFERENCE, build_policy, levers_for
from simulator.settings import BookSettings, RunSettings, ScenarioSettings
from simulator.settling import Calm, donor_source
from simulator.shocks import build_world
from simulator.shocks.world import World
from simulator.vocabulary import Count

ROOT = Path(__file__).resolve().parent.parent
POLICIES = ("status_quo", "grace_period", "stricter_approval")
SCENARIO = "baseline"
MONTHS = 24


@dataclass(frozen=True, slots=True)
class Case:
    """A book, its packed arrays and the levers of each policy, ready to simulate."""

    book: Book
    packed: Packed
    levers: dict[str, LeverTable]
    parameters: dict[str, float]

    def run(self, paths: int, threads: int = 1, seed: int = 20260101) -> RunSettings:
        """Settings of a run of the case; one path is one work unit."""
        return RunSettings(paths=paths, months=MONTHS, threads=threads, seed=seed, path_batch=1)

    def world_builder(self, run: RunSettings) -> WorldBuilder:
        """Hazards by block of paths; the economy's paths are drawn here, once."""
        start, regions = run.start_month, self.book.regions
        settings = ScenarioSettings(**_yaml("scenarios/scenario", SCENARIO))
        folders = (ROOT / "scenarios" / "_macro",)
        scenario = load_scenario(SCENARIO, settings, MONTHS, regions, start, folders)
        return partial(
            build_world,
            draw_macro_paths(scenario, run),
            parameters=self.parameters,
            jurisdiction=self.book.jurisdiction,
            regions=regions,
        )

    def prepare(
        self, run: RunSettings, policies: tuple[str, ...] = POLICIES
    ) -> Callable[[], Simulation]:
        """A call that simulates the policies on shared lives; all else is done before."""
        levers = {name: self.levers[name] for name in policies}
        return partial(simulate, self.packed, {SCENARIO: self.world_builder(run)}, levers, run)

    def compile(self) -> None:
        """Load or compile the kernels, so that no timing includes it."""
        run = self.run(1)
        compile_kernels(self.packed, {SCENARIO: self.world_builder(run)}, self.levers, run)


def _yaml(folder: str, name: str) -> dict[str, object]:
    text = (ROOT / folder / f"{name}.yaml").read_text(encoding="utf-8")
    settings: dict[str, object] = yaml.safe_load(text)
    return settings


FEW = 20
"""Borrowers below which a case may be simulated without the compiler, its opening too."""


@cache
def shipped_case(borrowers: int) -> Case:
    """The shipped synthetic book at a size, with the default parameters."""
    few = {"donors": 50, "burn_in_months": 6} if borrowers < FEW else {}
    settings = BookSettings(**(_yaml("configs/book", "cn_online") | {"borrowers": borrowers} | few))
    economy = {n: v.default for n, v in MACRO_VARIABLES.items() if n != DISASTER}
    parameters = parameters_from({})
    reference = build_policy(REFERENCE, _yaml("configs/policy", REFERENCE))
    calm = Calm(economy, parameters, reference)
    book = build_book(
        settings, RunSettings(months=MONTHS), parameters, donor_source(lambda regions: calm)
    )
    policies = {name: build_policy(name, _yaml("configs/policy", name)) for name in POLICIES}
    levers = {n: levers_for(p, reference, book.segments, MONTHS) for n, p in policies.items()}
    return Case(book, pack(book, parameters), levers, parameters)


def total(simulation: Simulation, count: Count) -> float:
    """Sum of a count over scenarios, policies, paths and months."""
    return float(sum(t.counts[:, 1:, count].sum() for t in simulation.tallies.values()))


def lives_of(case: Case, run: RunSettings, path: int) -> tuple[NDArray[np.uint16], World]:
    """Lives of a path, (months + 1, n_borrowers), and its world."""
    from simulator.kernels.life_events import simulate_lives
    from simulator.kernels.records import CHUNK, PathKey, records

    world = case.world_builder(run)(path, path + 1)
    life = np.zeros((MONTHS + 1, case.packed.lives.id.size), dtype=np.uint16)
    key = PathKey(np.uint64(run.seed), path, MONTHS, MONTHS)
    simulate_lives(
        case.packed.lives,
        records(world.months)[0],
        world.disaster[0],
        case.packed.params,
        key,
        np.zeros((8, CHUNK)),
        life,
    )
    return life, world
