"""What a policy is worth: after-tax cash less the return that owners ask for the capital tied up.

Equations: docs/model.md, section 14. No accounting standard enters.
"""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from simulator.catalogue import Parameters
from simulator.elementary import power
from simulator.kernels.tally import Tallies
from simulator.linear import solved
from simulator.outlook import BALANCE, GAIN, N_OUTLOOKS, OUTLOOKS_OF_BUCKET
from simulator.path_windows import windows
from simulator.results.inputs import SimulationOutput
from simulator.results.metric import HIGHER, Metric, MetricValues, Span, whole_values
from simulator.results.net_present_value import CASH_COSTS, RECEIVED, cash_flow
from simulator.results.path_metrics import monthly_view
from simulator.results.policy_run import PolicyRun
from simulator.results.table import MONEY
from simulator.results.variables import WholeVariable
from simulator.units import MONTHS_PER_YEAR, monthly_rate
from simulator.vocabulary import Count, Flow

F8 = NDArray[np.float64]

SPREAD: Final = "_spread"
"""Ends the name of a variable that the interval of a mean comes from (``results.value_spread``)."""
_ENDLESS: Final = 1.0 - 1e-9
"""Share of a discounted balance that stays a month after month, from which its sum has no end."""
MUCH_LEFT: Final = 0.1
"""Share of the balance left after the run-off from which it is said (assumption)."""


class Rates(NamedTuple):
    """Monthly rates of the value: ``v`` discounts a month; ``charge`` is on a month's balance."""

    v: float
    charge: float
    tax: float


def rates_of(parameters: Parameters) -> Rates:
    """Funding after tax discounts; capital costs what owners ask beyond it."""
    after_tax = parameters["funding_annual_rate"] * (1.0 - parameters["tax_rate"])
    capital = parameters["capital_target"] * parameters["risk_weight"]
    return Rates(
        v=1.0 / (1.0 + monthly_rate(after_tax)),
        charge=(parameters["cost_of_equity"] - after_tax) / MONTHS_PER_YEAR * capital,
        tax=parameters["tax_rate"],
    )


class _Chain(NamedTuple):
    """By product and outlook: gain of a month and shares that move on, of one unit of balance."""

    gain: F8
    moves: F8


def _chain(tallies: Sequence[Tallies], v: float) -> _Chain | None:
    """What loans brought and became in the run-off; None where by that they would never end."""
    brought = np.sum([t.brought for t in tallies], axis=0)
    moved = np.sum([t.passed_on for t in tallies], axis=0)
    balance, gain, passed_on = brought[..., BALANCE], brought[..., GAIN], moved
    shape = (N_OUTLOOKS // OUTLOOKS_OF_BUCKET, OUTLOOKS_OF_BUCKET)

    def of_bucket(sums: F8, axis: int) -> F8:
        """Sums of all outlooks of a bucket, for each of them; ``axis`` of the outlooks."""
        last = np.moveaxis(sums, axis, -1)
        whole = last.reshape(*last.shape[:-1], *shape).sum(axis=-1, keepdims=True)
        spread = np.broadcast_to(whole, (*whole.shape[:-1], shape[1])).reshape(last.shape)
        return np.moveaxis(spread, -1, axis)

    for wider in (lambda x: x, lambda x: np.broadcast_to(x.sum(axis=0, keepdims=True), x.shape)):
        unseen = balance <= 0.0
        of_all = wider(of_bucket(brought, 1))
        balance = np.where(unseen, of_all[..., BALANCE], balance)
        gain = np.where(unseen, of_all[..., GAIN], gain)
        passed_on = np.where(unseen[..., None], wider(of_bucket(moved, 1)), passed_on)
    unit = np.where(balance > 0.0, balance, 1.0)
    gain, moves = gain / unit, passed_on / unit[..., None]
    if np.abs(np.linalg.eigvals(v * moves)).max() >= _ENDLESS:
        return None
    return _Chain(gain, moves)


def outlook_values(tallies: Sequence[Tallies], v: float) -> F8 | None:
    """Value at a month end of one unit of balance by outlook, (n_products, N_OUTLOOKS).

    From what loans brought in the run-off, all ``tallies`` (of a scenario's policies) together. An
    outlook that was not seen takes what was seen of its product and bucket, else of its bucket;
    where nothing was, it is worth nothing. None where the run-off was too short: by what was seen,
    loans would never end.
    """
    chain = _chain(tallies, v)
    if chain is None:
        return None
    systems = np.eye(N_OUTLOOKS) - v * chain.moves
    each = zip(systems, v * chain.gain, strict=True)
    return np.array([solved(a, b[:, None])[:, 0] for a, b in each])


def balances_to_come(tallies: Sequence[Tallies], left: F8, v: float) -> F8 | None:
    """Discounted balances by outlook over the month ends to come, of ``left`` now, this included.

    ``left`` and they: (k, n_products, N_OUTLOOKS). None as that of ``outlook_values``.
    """
    chain = _chain(tallies, v)
    if chain is None:
        return None
    systems = np.eye(N_OUTLOOKS) - v * chain.moves
    each = zip(systems, np.moveaxis(left, 1, 0), strict=True)
    return np.moveaxis(np.array([solved(a.T, b.T).T for a, b in each]), 0, 1)


def value_warnings(output: SimulationOutput) -> list[str]:
    """What a reader must know of the run-off: too short to value what is left, or much left."""
    months, horizon = output.timeline.months, output.timeline.horizon
    if horizon == months:
        return []
    cure = "run.runoff_months=null takes as many as the book needs"
    found = []
    for scenario in (s.name for s in output.scenarios):
        words = f"value: {scenario}: {horizon - months} months of run-off"
        if outlook_values(output.over_paths(scenario), rates_of(output.parameters).v) is None:
            found.append(f"{words} are too few to estimate the value left: no value; {cure}")
            continue
        shares = {name: _left(output, (scenario, name)) for name in output.policies}
        most = max(shares, key=lambda name: shares[name])
        if shares[most] > MUCH_LEFT:
            found.append(
                f"{words} leave {shares[most]:.0%} of the balance under {most}, worth what such"
                f" loans brought until then; {cure}"
            )
    return found


def _left(output: SimulationOutput, pair: tuple[str, str]) -> float:
    """Share of the balance after the reported months that is left after the last one."""
    months, last, first = output.timeline.months, 0.0, 0.0
    for _, tallies in windows(output.tallies, pair, ("stocks",)):
        first += float(tallies.balance[:, months].sum())
        last += float(tallies.balance[:, -1].sum())
    return last / max(first, 1e-9)


def value_left(policy_run: PolicyRun) -> F8:
    """Value at the opening of what is left after the last month, shape (paths,)."""
    tallies, rates = policy_run.tallies, rates_of(policy_run.parameters)
    if policy_run.outlook_values is None:
        return np.full(tallies.flows.shape[0], np.nan)
    loans = (tallies.left * policy_run.outlook_values).sum(axis=(1, 2))
    expected = policy_run.recoveries.value_left(1.0 / rates.v - 1.0)
    horizon = tallies.flows.shape[1] - 1
    left: F8 = rates.v**horizon * (loans + (1.0 - rates.tax) * expected)
    return left


def value(policy_run: PolicyRun) -> F8:
    """Value of all cash after tax and the charge for capital, with what is left; (paths,)."""
    gain, rates = gains(policy_run), rates_of(policy_run.parameters)
    factors = power(rates.v, np.arange(1, gain.shape[1] + 1))
    found: F8 = (gain * factors).sum(axis=1) + value_left(policy_run)
    return found


def taxable_income(policy_run: PolicyRun) -> F8:
    """What tax is levied on, with full offset of losses, by month, (paths, horizon + 1)."""
    tallies = policy_run.tallies
    lost = policy_run.flow(Flow.WRITTEN_OFF) + policy_run.flow(Flow.SOLD)
    lost = lost - policy_run.count(Count.SALE_PRICE) - policy_run.recovered()
    costs = tallies.counts[..., CASH_COSTS].sum(axis=-1) + policy_run.operating_cost()
    found: F8 = tallies.flows[..., RECEIVED].sum(axis=-1) - costs - lost
    return found


def gains(policy_run: PolicyRun) -> F8:
    """Cash of each month from the first, after tax and the charge for capital, (paths, horizon)."""
    rates = rates_of(policy_run.parameters)
    tax = rates.tax * taxable_income(policy_run)
    charge = rates.charge * policy_run.count(Count.CLOSING_BALANCE)[:, :-1]
    return np.asarray((cash_flow(policy_run) - tax)[:, 1:] - charge)


VALUE_VARIABLES: Final = (
    WholeVariable(
        "value",
        MONEY,
        "value at the opening of all cash in less all cash out, run-off included, after tax and"
        " after the return that owners ask for the capital that the balance ties up, discounted at"
        " the cost of funding after tax; with what is left then (value_left)",
        value,
    ),
    WholeVariable(
        "value_left",
        MONEY,
        "part of value that is left after the last simulated month: by product, bucket, relief and"
        " remaining term what such loans brought in the run-off, all policies together",
        value_left,
    ),
)
"""Only with a run-off, without which nothing is known of what is left."""


def _metric(item: WholeVariable) -> Metric[xr.Dataset]:
    def read(dataset: xr.Dataset) -> F8:
        return monthly_view(dataset)(item.name)

    better = HIGHER if item.extract is value else 0
    return Metric(item.name, item.unit, item.long_name, Span.WHOLE, read, better=better)


VALUE_METRICS: Final = tuple(_metric(item) for item in VALUE_VARIABLES)


def value_values(dataset: xr.Dataset) -> Iterator[MetricValues]:
    """Value on each path, each policy's own; nothing without a run-off."""
    if "value" in dataset:
        for metric in VALUE_METRICS:
            found, name = whole_values(metric, dataset), f"{metric.name}{SPREAD}"
            if name in dataset:
                found = found._replace(spread=np.asarray(dataset[name].values)[..., None])
            yield found
