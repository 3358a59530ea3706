"""Cases of a run: a scenario under a policy, whose paths are read a window at a time."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from simulator.kernels.tally import PER_PATH, Tallies
from simulator.path_windows import over_paths_of, paths_of, window_of, windows
from simulator.results.delinquency import observed_months_on_book
from simulator.results.inputs import SimulationOutput
from simulator.results.policy_run import PolicyRun
from simulator.results.recoveries import recoveries
from simulator.results.value import outlook_values, rates_of

F8 = NDArray[np.float64]
Outlooks = Mapping[str, F8 | None]


@dataclass(frozen=True)
class Case:
    """One scenario under one policy of ``output``.

    ``observed`` and ``outlook`` are those of ``PolicyRun``.
    """

    output: SimulationOutput
    scenario: str
    policy: str
    observed: NDArray[np.bool_]
    outlook: F8 | None

    @cached_property
    def n_paths(self) -> int:
        """Number of its paths."""
        return paths_of(self.output.tallies, self.pair)

    @property
    def pair(self) -> tuple[str, str]:
        """Scenario and policy."""
        return self.scenario, self.policy

    def windows(self, names: Sequence[str] = PER_PATH) -> Iterator[tuple[slice, PolicyRun]]:
        """All paths in their order: where a window of them is, and what the policy did there.

        ``names``: arrays of tallies that are needed, as in ``path_windows``.
        """
        for at, tallies in self.tallies(names):
            yield at, self._policy_run(tallies, at)

    def tallies(self, names: Sequence[str] = PER_PATH) -> Iterator[tuple[slice, Tallies]]:
        """All paths in their order: where a window of them is, and its tallies."""
        return windows(self.output.tallies, self.pair, names)

    def over_paths(self) -> Tallies:
        """Sums over paths."""
        return over_paths_of(self.output.tallies, self.pair)

    def first(self, n_paths: int) -> PolicyRun:
        """What the policy did on the first paths; on none for the shapes alone."""
        tallies = window_of(self.output.tallies, self.pair, 0, n_paths)
        return self._policy_run(tallies, slice(0, n_paths))

    def _policy_run(self, tallies: Tallies, at: slice) -> PolicyRun:
        output = self.output
        return PolicyRun(
            tallies=tallies,
            recoveries=recoveries(tallies.written_off_by_product, output.book.products),
            macro_unemployment=output.macro_unemployment[self.scenario][at],
            opening_borrowers=output.opening_borrowers,
            observed=self.observed,
            parameters=output.parameters,
            reference_money=output.book.jurisdiction.reference_money,
            outlook_values=self.outlook,
        )


def cases_of(output: SimulationOutput, outlooks: Outlooks | None = None) -> list[list[Case]]:
    """Cases by scenario (outer) and policy (inner).

    ``outlooks``: what a unit of balance left is worth in each scenario; None: the run's own.
    """
    worth = outlooks_of(output) if outlooks is None else outlooks
    observed = observed_months_on_book(output.book, output.timeline.horizon)
    return [
        [
            Case(output, scenario.name, policy, observed, worth[scenario.name])
            for policy in output.policies
        ]
        for scenario in output.scenarios
    ]


def policy_runs_of(output: SimulationOutput) -> list[list[PolicyRun]]:
    """Every case with all its paths at once, by scenario (outer) and policy (inner)."""
    return [[case.first(case.n_paths) for case in row] for row in cases_of(output)]


def outlooks_of(output: SimulationOutput) -> Outlooks:
    """What a unit of balance left is worth in each scenario; None without a run-off."""
    if not output.timeline.runoff_months:
        return {scenario.name: None for scenario in output.scenarios}
    return {
        scenario.name: outlook_values(
            output.over_paths(scenario.name), rates_of(output.parameters).v
        )
        for scenario in output.scenarios
    }


def known_outlooks(own: Outlooks, others: Outlooks) -> Outlooks:
    """``own``, and those of ``others`` where a run has too few loans to tell them."""
    return {name: others.get(name) if found is None else found for name, found in own.items()}
