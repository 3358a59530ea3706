"""What the results layer needs from a finished run, checked once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulator.book.schema import Book
from simulator.catalogue import Parameters, parameters_from
from simulator.kernels.tally import Tallies
from simulator.macro.history import MacroHistory
from simulator.macro.severity import VariableSeverity
from simulator.path_windows import over_paths_of, paths_of
from simulator.provision import RiskCellTable, RuleBook
from simulator.results.sampling import Sampling
from simulator.settings import DecisionSettings, RunSettings
from simulator.timeline import Timeline
from simulator.vocabulary import REFERENCE

F8 = NDArray[np.float64]

MIXTURE: Final = "all"
"""Name of all scenarios by weight among those of figures."""
OTHER_OPENING: Final = "opens in another economy than"
"""In a scenario's warning where it does."""


@dataclass(frozen=True, slots=True)
class ScenarioInfo:
    """One scenario for readers: label, probability weight (>= 0), story, source, warnings.

    ``central``: the path of ``SHOWN_VARIABLES``, (horizon + 1,) each from month 0 on;
    ``history``: what was observed before; ``notes``: which variables keep their defaults.
    """

    name: str
    label: str
    weight: float
    narrative: str = ""
    source: str = ""
    table_sha256: str = ""
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    central: Mapping[str, F8] = field(default_factory=dict)
    history: MacroHistory | None = None
    severity: tuple[VariableSeverity, ...] = ()


@dataclass(frozen=True, slots=True)
class SimulationOutput:
    """Tallies of all paths of every scenario and policy, with what names and explains them.

    ``tallies[scenario, policy]`` holds ``run.paths`` paths and ``timeline.horizon + 1`` months;
    ``macro_unemployment[scenario]`` has shape (paths, horizon + 1), fractions;
    ``configuration`` must be plain JSON content; ``cells`` are None without rule books
    (``provision``), else the tallies' cells. Raises ``ValueError`` when shapes disagree.
    """

    tallies: Mapping[tuple[str, str], Tallies]
    macro_unemployment: Mapping[str, F8]
    book: Book
    timeline: Timeline
    scenarios: tuple[ScenarioInfo, ...]
    policies: tuple[str, ...]
    run: RunSettings
    parameters: Parameters = field(default_factory=lambda: parameters_from({}))
    provision: Mapping[str, RuleBook] = field(default_factory=dict)
    cells: RiskCellTable | None = None
    configuration: Mapping[str, object] = field(default_factory=dict)
    reference: str = REFERENCE
    decision: DecisionSettings = field(default_factory=DecisionSettings)
    warnings: tuple[str, ...] = ()
    """What belongs to another lender, country or time than the book."""
    deviation: F8 | None = None
    """Unemployment's in the first scenario in which it deviates, (macro draws, horizon), on the
    logit scale; None: nothing is known of the draws."""

    def __post_init__(self) -> None:
        if self.reference not in self.policies:
            raise ValueError(f"reference {self.reference} is not among {self.policies}")
        months = (self.run.paths, self.timeline.horizon + 1)
        for scenario in self.scenarios:
            found = self.macro_unemployment[scenario.name].shape
            if found != months:
                raise ValueError(f"macro_unemployment[{scenario.name}]: {found}, not {months}")
            for policy in self.policies:
                pair = scenario.name, policy
                n_months = over_paths_of(self.tallies, pair).flows.shape[1]
                found = paths_of(self.tallies, pair), n_months
                if found != months:
                    raise ValueError(f"tallies[{scenario.name}, {policy}]: {found}, not {months}")

    @property
    def sampling(self) -> Sampling:
        """How the paths were drawn, and what is known of them where means are adjusted."""
        return Sampling(self.run.draws_per_path, self.deviation if self.run.adjust else None)

    def over_paths(self, scenario: str) -> list[Tallies]:
        """Sums over the paths of ``scenario`` by policy."""
        return [over_paths_of(self.tallies, (scenario, policy)) for policy in self.policies]

    @property
    def opening_borrowers(self) -> float:
        """Weighted number of borrowers of the opening book."""
        borrowers = self.book.borrowers
        return float(borrowers.weight[borrowers.arrival_month == 0].sum())

    def scenario_weights(self) -> F8:
        """Weights that sum to 1, shape (n_scenarios,); equal ones when all are zero."""
        weights = np.array([s.weight for s in self.scenarios], dtype=np.float64)
        total = weights.sum()
        return weights / total if total > 0 else np.full(weights.size, 1.0 / weights.size)
