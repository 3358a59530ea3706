"""Variables of results.nc that each path has, filled a window of paths at a time."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from simulator.path_windows import scratch_of
from simulator.results.cases import Case
from simulator.results.money_lines import VALUE_PARTS
from simulator.results.net_present_value import NET_PRESENT_VALUES
from simulator.results.on_disk import Allocate, At, InMemory, Numbers, Scratch
from simulator.results.policy_run import PolicyRun
from simulator.results.score_power import SCORE_VARIABLES
from simulator.results.table import MONEY, unit_in
from simulator.results.value import VALUE_VARIABLES
from simulator.results.variables import (
    OPENING_VARIABLES,
    PATH_VARIABLES,
    WHOLE_VARIABLES,
    Kind,
    PathVariable,
    WholeVariable,
)

F8 = NDArray[np.float64]
Variables = dict[str, xr.Variable]

CELL_DIMS: Final = ("scenario", "policy")
PATH_DIMS: Final = (*CELL_DIMS, "path")

RECOVERABLE: Final = WholeVariable(
    "recoverable_after_horizon",
    MONEY,
    "recoveries still expected after the last simulated month, from write-offs until then: the sum"
    " of recoverable_change, run-off included; money won in court after that month is not counted",
    lambda policy_run: policy_run.recoveries.outstanding[:, -1],
)


_READ: Final = (
    *("flows", "counts", "stocks", "written_off_by_product"),
    *("fates", "burdens", "score_power", "left"),
)
"""Arrays of tallies that the variables of each path come from."""


def variables_by_path(cases: Sequence[Sequence[Case]]) -> Variables:
    """Every variable of each path that no provisioning standard enters.

    ``cases`` by scenario (outer) and policy (inner).
    """
    output = cases[0][0].output
    scratch = scratch_of(output.tallies)
    filling = _Filling(
        (len(cases), len(cases[0]), output.run.paths),
        output.book.currency,
        output.timeline.months,
        InMemory if scratch is None else Scratch(scratch).allocate,
    )
    worth = (*VALUE_VARIABLES, *VALUE_PARTS) if output.timeline.runoff_months else ()
    whole = (RECOVERABLE, *WHOLE_VARIABLES, *NET_PRESENT_VALUES, *worth, *SCORE_VARIABLES)
    for scenario, row in enumerate(cases):
        for policy, case in enumerate(row):
            for paths, policy_run in case.windows(_READ):
                at = scenario, policy, paths
                for item in PATH_VARIABLES:
                    filling.monthly(at, item, policy_run)
                for other in whole:
                    filling.put(at, other.name, other, other.extract(policy_run), other.dims)
    return filling.variables()


@dataclass(frozen=True, slots=True)
class _Filling:
    """Variables of all paths, each begun when its first numbers come."""

    shape: tuple[int, int, int]
    currency: str
    months: int
    allocate: Allocate
    _numbers: dict[str, tuple[Numbers, tuple[str, ...], dict[str, str]]] = field(
        default_factory=dict
    )

    def variables(self) -> Variables:
        """All of them, once they are full."""
        return {
            name: numbers.variable((*PATH_DIMS, *dims), attributes)
            for name, (numbers, dims, attributes) in self._numbers.items()
        }

    def monthly(self, at: At, item: PathVariable, policy_run: PolicyRun) -> None:
        """A monthly variable, its opening value and its sum over the run-off where it has one."""
        full, months = np.ascontiguousarray(item.extract(policy_run)), self.months
        self.put(at, item.name, item, full[:, 1 : months + 1], ("month", *item.dims))
        if item.name in OPENING_VARIABLES:
            self.put(at, f"{item.name}_at_opening", item, full[:, 0], item.dims, "at the opening")
        if item.kind is Kind.FLOW and full.shape[1] > months + 1:
            total = full[:, months + 1 :].sum(axis=1)
            words = "sum over the run-off months"
            self.put(at, f"runoff_{item.name}", item, total, item.dims, words)

    def put(
        self,
        at: At,
        name: str,
        item: PathVariable | WholeVariable,
        values: F8,
        dims: tuple[str, ...],
        words: str = "",
    ) -> None:
        """Put in ``values`` (paths of the window, *dims) of the variable ``name``."""
        if name not in self._numbers:
            meaning = f"{item.long_name}; {words}" if words else item.long_name
            attributes = {"units": unit_in(self.currency, item.unit), "long_name": meaning}
            numbers = self.allocate((*self.shape, *values.shape[1:]))
            self._numbers[name] = numbers, dims, attributes
        self._numbers[name][0].put(at, values)
