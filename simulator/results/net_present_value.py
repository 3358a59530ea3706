"""The old value of a policy, kept for one version beside ``value``: cash at a discount rate."""

from collections.abc import Iterator
from typing import Final

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from simulator.elementary import power
from simulator.kernels.tally import FIRST_90
from simulator.results.metric import HIGHER, Metric, MetricValues, Span, whole_values
from simulator.results.path_metrics import monthly_view
from simulator.results.policy_run import PolicyRun
from simulator.results.table import MONEY
from simulator.results.variables import WholeVariable
from simulator.units import monthly_rate
from simulator.vocabulary import Count, Flow

F8 = NDArray[np.float64]

RECEIVED: Final = (Flow.INTEREST_PAID, Flow.PENALTY_PAID, Flow.FEES_PAID)
PAID: Final = (Flow.PRINCIPAL_PAID, *RECEIVED)
CASH_COSTS: Final = (
    Count.COLLECTION_COST,
    Count.PROGRAMME_COST,
    Count.RELIEF_COST,
    Count.UNDERWRITING_COST,
    Count.ACQUISITION_COST,
)


def cash_flow(policy_run: PolicyRun) -> F8:
    """Cash that the lender gets less what it pays out, by month, shape (paths, horizon + 1).

    Before funding, which discounting stands for, and before tax.
    """
    received = policy_run.tallies.flows[..., PAID].sum(axis=-1) + policy_run.recovered()
    costs = policy_run.tallies.counts[..., CASH_COSTS].sum(axis=-1) + policy_run.operating_cost()
    cash: F8 = (
        received + policy_run.count(Count.SALE_PRICE) - policy_run.flow(Flow.DISBURSED) - costs
    )
    return cash


def terminal_value(policy_run: PolicyRun) -> F8:
    """What is left at the end of the last simulated month, shape (paths,).

    Balance less the allowance on balance over 90 days past due (parameter allowance_on_90), and
    the value of recoveries still expected from write-offs by the products' curves.
    """
    rate = monthly_rate(policy_run.parameters["discount_annual_rate"])
    last = policy_run.tallies.balance[:, -1]
    lost = policy_run.parameters["allowance_on_90"] * last[:, FIRST_90:].sum(axis=-1)
    value: F8 = last.sum(axis=-1) - lost + policy_run.recoveries.value_left(rate)
    return value


def present_value(cash: F8, terminal: F8, monthly_rate: float) -> F8:
    """Value at month 0 of ``cash`` (paths, months 0..T) and of ``terminal`` (paths,) at T.

    Cash of month t counts at its end, with (1 + monthly_rate)^-t; month 0 is past and left out.
    """
    factors = power(1.0 + monthly_rate, -np.arange(cash.shape[1]))
    value: F8 = (cash[:, 1:] * factors[1:]).sum(axis=1) + terminal * factors[-1]
    return value


def net_present_value(policy_run: PolicyRun) -> F8:
    """Present value of all cash at the parameter discount_annual_rate, shape (paths,)."""
    rate = monthly_rate(policy_run.parameters["discount_annual_rate"])
    return present_value(cash_flow(policy_run), terminal_value(policy_run), rate)


def net_present_value_left(policy_run: PolicyRun) -> F8:
    """The part of the net present value that is left after the last simulated month, (paths,)."""
    rate = monthly_rate(policy_run.parameters["discount_annual_rate"])
    discount = (1.0 + rate) ** -(policy_run.tallies.flows.shape[1] - 1)
    return np.asarray(terminal_value(policy_run) * discount)


NET_PRESENT_VALUES: Final = (
    WholeVariable(
        "net_present_value",
        MONEY,
        "old measure, replaced by value: value at the opening of the lender's cash to the horizon,"
        " run-off included, and of what is left then: balance less the allowance on 90+ and"
        " recoveries still expected; after operating cost and all others, before funding, which"
        " discounting at discount_annual_rate stands for, and before tax",
        net_present_value,
    ),
    WholeVariable(
        "net_present_value_left",
        MONEY,
        "old measure, replaced by value_left: part of net_present_value that is left after the last"
        " simulated month; its balance is valued without losses to come, so a policy whose value"
        " rests on it needs more run-off",
        net_present_value_left,
    ),
)

NET_PRESENT_VALUE: Final[Metric[xr.Dataset]] = Metric(
    "net_present_value",
    MONEY,
    NET_PRESENT_VALUES[0].long_name
    + "; its difference to the current policy is the whole value of a policy",
    Span.WHOLE,
    lambda dataset: monthly_view(dataset)("net_present_value"),
    better=HIGHER,
)
NET_PRESENT_VALUE_LEFT: Final[Metric[xr.Dataset]] = Metric(
    "net_present_value_left",
    MONEY,
    NET_PRESENT_VALUES[1].long_name,
    Span.WHOLE,
    lambda dataset: monthly_view(dataset)("net_present_value_left"),
)


def net_present_value_values(dataset: xr.Dataset) -> Iterator[MetricValues]:
    """The net present value on each path, each policy's own."""
    yield whole_values(NET_PRESENT_VALUE, dataset)
    yield whole_values(NET_PRESENT_VALUE_LEFT, dataset)
