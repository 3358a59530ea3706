"""Lines of money that the value of a policy is a sum of, so that it can be priced anew.

The value is linear in four monthly lines at given rates: docs/model.md, section 14.12.
"""

from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.elementary import power
from simulator.results.net_present_value import cash_flow
from simulator.results.over_paths import StatisticVariable
from simulator.results.policy_run import PolicyRun
from simulator.results.sampling import SIMULATED_MONTH
from simulator.results.table import MONEY
from simulator.results.value import rates_of, taxable_income
from simulator.results.variables import WholeVariable
from simulator.vocabulary import Count

F8 = NDArray[np.float64]


class Line(NamedTuple):
    """A monthly line: its name, what it is, and its money by path and month 1.., (paths, T)."""

    name: str
    meaning: str
    monthly: Callable[[PolicyRun], F8]


LINES: Final = (
    Line(
        "cash",
        "cash in less cash out, before operating cost, funding and tax",
        lambda run: (cash_flow(run) + run.operating_cost())[:, 1:],
    ),
    Line(
        "taxable",
        "what tax is levied on with full offset of losses, before operating cost",
        lambda run: (taxable_income(run) + run.operating_cost())[:, 1:],
    ),
    Line("operating", "operating cost", lambda run: run.operating_cost()[:, 1:]),
    Line(
        "balance",
        "balance at the start of the month, which ties up capital",
        lambda run: run.count(Count.CLOSING_BALANCE)[:, :-1],
    ),
)


def _monthly(line: Line) -> StatisticVariable:
    return StatisticVariable(
        f"line_{line.name}",
        MONEY,
        f"{line.meaning}; by simulated month from the first, run-off included",
        (SIMULATED_MONTH,),
        line.monthly,
        ("flows", "counts", "written_off_by_product"),
    )


def _discounted(line: Line) -> WholeVariable:
    def extract(run: PolicyRun) -> F8:
        monthly = line.monthly(run)
        factors = power(rates_of(run.parameters).v, np.arange(1, monthly.shape[1] + 1))
        return np.asarray((monthly * factors).sum(axis=1))

    return WholeVariable(
        f"value_{line.name}",
        MONEY,
        f"part of value: {line.meaning}; discounted at the cost of funding after tax",
        extract,
    )


LINE_VARIABLES: Final = tuple(map(_monthly, LINES))
"""Means over paths by month; the value is linear in them."""
VALUE_PARTS: Final = tuple(map(_discounted, LINES))
"""Of each path: value = cash - operating - tax_rate * (taxable - operating) - charge * balance
+ value_left."""
