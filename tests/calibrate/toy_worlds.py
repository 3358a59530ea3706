"""Worlds whose numbers are formulas plus luck: what predictions and backtests are tested in."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from simulator.calibrate.data.moments import Observation, Simulated
from simulator.calibrate.data.targets import simulated
from simulator.calibrate.settings import CalibrationSettings
from simulator.catalogue import parameters_from
from simulator.kernels.tally import allocate_tallies
from simulator.timeline import Timeline
from simulator.vocabulary import REFERENCE
from tests.conftest import small_book

F8 = NDArray[np.float64]
Rates = Callable[[Mapping[str, float], str], F8]
"""Parameters and policy to the 30+ rate of months 0..horizon."""
THIRTY = 2
"""First bucket that counts as 30+."""


def series_file(path: Path, first_year: int, rates: F8) -> str:
    """A CSV of quarterly ``rates`` (fractions), written in percent."""
    lines = ["date,rate"]
    for quarter, rate in enumerate(rates):
        year, q = divmod(quarter, 4)
        lines.append(f"{first_year + year}-{3 * q + 1:02d}-01,{100 * float(rate)!r}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(path)


@dataclass
class SeriesWorlds:
    """Simulated moments of one overdue rate: a formula of parameters plus luck of each world."""

    settings: CalibrationSettings
    start: str
    rates: Rates
    luck: float = 0.0
    asked: list[tuple[tuple[float, ...], int, str]] = field(default_factory=list)

    def seed_of(self, world: int) -> int:
        return 100 + 1000 * world

    def observe(
        self, values: Mapping[str, float], seed: int, policy: str = REFERENCE, threads: int = 0
    ) -> Observation:
        self.asked.append((tuple(values.values()), seed, policy))
        rates = self.rates(values, policy)
        horizon = rates.size - 1
        luck = np.random.default_rng(seed).standard_normal(rates.size)
        late = np.clip(rates + self.luck * luck, 0.0, 1.0)
        tallies = allocate_tallies(1, horizon, 1, 1, 1, 1)
        tallies.balance[0, :, 0] = 1.0 - late
        tallies.balance[0, :, THIRTY] = late
        timeline = Timeline(self.start, horizon)
        return Observation(small_book(20), timeline, tallies, parameters_from({}))

    def moments(self, values: Mapping[str, float]) -> dict[str, Simulated]:
        worlds = [self.observe(values, self.seed_of(k)) for k in range(self.settings.seeds)]
        return {
            name: Simulated(
                np.stack([simulated(name, target, self.settings, world) for world in worlds])
            )
            for name, target in self.settings.targets.items()
        }


@dataclass
class PanelWorlds:
    """Simulated moments of accounts that move between current, one and two or more unpaid.

    ``rolls`` of parameters: the matrix (3, 3) of steps from state to state.
    """

    settings: CalibrationSettings
    start: str
    rolls: Callable[[Mapping[str, float]], F8]
    months: int = 6
    accounts: int = 400

    def seed_of(self, world: int) -> int:
        return 100 + 1000 * world

    def observe(
        self, values: Mapping[str, float], seed: int, policy: str = REFERENCE, threads: int = 0
    ) -> Observation:
        book = small_book(self.accounts)
        ids = book.loans.id
        unpaid = chain(self.rolls(values), ids.size, self.months, seed)
        tallies = allocate_tallies(1, self.months, 1, 1, 1, 1)
        return Observation(
            book,
            Timeline(self.start, self.months),
            tallies,
            parameters_from({}),
            unpaid,
            np.zeros(unpaid.shape, dtype=np.bool_),
            ids,
        )

    def moments(self, values: Mapping[str, float]) -> dict[str, Simulated]:
        worlds = [self.observe(values, self.seed_of(k)) for k in range(self.settings.seeds)]
        return {
            name: Simulated(
                np.stack([simulated(name, target, self.settings, world) for world in worlds])
            )
            for name, target in self.settings.targets.items()
        }


def chain(rolls: F8, accounts: int, months: int, seed: int) -> NDArray[np.int16]:
    """Unpaid instalments of a Markov chain that starts with 70, 20 and 10 %, (months + 1, n)."""
    rng = np.random.default_rng(seed)
    states = np.empty((months + 1, accounts), dtype=np.int16)
    states[0] = np.searchsorted([0.7, 0.9], rng.random(accounts), side="right")
    upper = rolls.cumsum(axis=1)
    for month in range(months):
        luck = rng.random(accounts)
        states[month + 1] = (luck[:, None] > upper[states[month], :2]).sum(axis=1)
    return states


def panel_file(path: Path, states: NDArray[np.int16], months: Sequence[str]) -> str:
    """A CSV of statuses, one row an account; ``states`` (months, n)."""
    lines = [",".join(["id", *months])]
    lines += [
        ",".join([str(i + 1), *(str(int(s)) for s in states[:, i])]) for i in range(states.shape[1])
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(path)
