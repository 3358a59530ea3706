"""The registry of metrics: their monthly, peak, total and difference rows follow from it.

A metric is a numerator and perhaps a denominator, both linear in the variables of results.nc;
so the same two functions serve a month, the sum of the reported months and the sum with the
run-off.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Flag
from typing import Final, NamedTuple

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from simulator.results.delinquency import share
from simulator.results.variables import FRACTION, MONEY, PATH_VARIABLES, unit_in
from simulator.units import MONTHS_PER_YEAR
from simulator.vocabulary import DPD_THRESHOLDS, CollectionStage, Flow

F8 = NDArray[np.float64]
Read = Callable[[str], F8]
"""The per-path view: a variable's name -> array (scenario, policy, path, month, ...)."""

MONTH_AXIS: Final = 3


class Whole(Flag):
    """Which figures of the whole horizon a metric has."""

    NONE = 0
    TOTAL = 1
    """Sum over the reported months; for a ratio the ratio of the sums."""
    PEAK = 2
    """Largest month of each path, as ``peak_NAME``."""
    REPORTED = 4
    """As ``TOTAL``, but never with the run-off, whose months the variables do not hold."""


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric of summary.csv; a missing denominator means that the numerator is the value."""

    name: str
    unit: str
    long_name: str
    whole: Whole
    numerator: Callable[[Read], F8]
    denominator: Callable[[Read], F8] | None = None

    def __call__(self, read: Read) -> F8:
        """Values (scenario, policy, path, month); NaN where the denominator is zero."""
        values = self.numerator(read)
        return values if self.denominator is None else share(values, self.denominator(read))


class MetricValues(NamedTuple):
    """Values of one metric, (scenario, policy, path, len(months)); month None: whole horizon.

    With ``per``, of the same shape, the metric is the ratio of the means over paths. A ``chance``
    is the share of paths whose value is 1.0, others being 0.0. Where all paths together make a
    part of each value (an estimated rate), ``spread`` of the same shape and mean is what the
    interval of the mean comes from; the quantiles are those of the values.
    """

    name: str
    unit: str
    long_name: str
    months: tuple[int | None, ...]
    values: F8
    per: F8 | None = None
    chance: bool = False
    spread: F8 | None = None

    def of_policies(self, keep: list[int]) -> "MetricValues":
        """The same of the policies at the positions ``keep``."""
        per, spread = (None if part is None else part[:, keep] for part in (self.per, self.spread))
        return self._replace(values=self.values[:, keep], per=per, spread=spread)


def _overdue(variable: str, column: int) -> Callable[[Read], F8]:
    return lambda read: read(variable)[..., column]


def _named(name: str) -> Callable[[Read], F8]:
    return lambda read: read(name)


def _overdue_balance(column: int) -> Callable[[Read], F8]:
    """Overdue balance; 0 where nothing is owed."""
    rate = _overdue("overdue_rate", column)
    return lambda read: np.nan_to_num(rate(read)) * read("closing_balance")


def _at_opening(read: Read) -> F8:
    """The balance at the start of month 1, in every month."""
    balance = read("opening_balance")
    return np.broadcast_to(balance[..., :1], balance.shape)


def _open_loans(read: Read) -> F8:
    return np.asarray(read("loans").sum(axis=-1))


def _of_stage(variable: str, stage: CollectionStage) -> Callable[[Read], F8]:
    return lambda read: read(variable)[..., stage]


def _complaint_cost(read: Read) -> F8:
    return np.asarray(read("collection_cost") - read("collection_cost_by_stage").sum(axis=-1))


def net_loss(read: Read) -> F8:
    """Written off or sold, less recoveries and sale prices; arrays as ``read`` has them."""
    return read("written_off") + read("sold") - read("recovered") - read("sale_price")


def _credit_loss(read: Read) -> F8:
    return net_loss(read) + read("allowance_90_change") - read("recoverable_change")


def net_result(read: Read) -> F8:
    """Accrued income after funding, credit losses and the costs that a policy moves."""
    income = read("interest_accrued") + read("penalty_accrued") + read("fees_accrued")
    income = income - read("forgiven") - read("funding_cost")
    costs = read("collection_cost") + read("relief_handling_cost") + read("underwriting_cost")
    costs = costs + read("acquisition_cost")
    return income - _credit_loss(read) - costs - read("programme_cost")


_MEANINGS: Final = {item.name: (item.unit, item.long_name) for item in PATH_VARIABLES}
_PLAIN_TOTALS: Final = (
    *(flow.name.lower() for flow in Flow),
    "recovered",
    "legal_recovered",
    "sale_price",
    "collection_cost",
    "programme_cost",
    "relief_cost",
    "relief_handling_cost",
    "underwriting_cost",
    "acquisition_cost",
    "funding_cost",
    "operating_cost",
    "allowance_90_change",
    "recoverable_change",
    "applicants",
    "approved",
    "declined",
    "first_disbursed",
    "repeat_applicants",
    "repeat_approved",
    "repeat_loans",
    "repeat_disbursed",
    "relief_granted",
    "warned",
    "promises",
    "promises_kept",
    "complaints",
    "contacts_blocked",
    "queue_unserved",
    "new_30",
    "new_90",
)
"""Flows of results.nc that are metrics as they stand."""


def _plain(name: str, whole: Whole) -> Metric:
    unit, long_name = _MEANINGS[name]
    return Metric(name, unit, long_name, whole, _named(name))


AMOUNT_THRESHOLDS: Final = (30, 90)
"""Days past due from which balances, too, stand in summary.csv."""

METRICS: Final = (
    *(
        Metric(
            f"overdue_rate_{dpd}",
            FRACTION,
            f"balance with days past due >= {dpd} over balance, month end",
            Whole.PEAK,
            _overdue("overdue_rate", column),
        )
        for column, dpd in enumerate(DPD_THRESHOLDS)
    ),
    *(
        Metric(
            f"overdue_rate_before_relief_{dpd}",
            FRACTION,
            f"the {dpd}+ rate with re-aged loans at their days past due before relief",
            Whole.PEAK,
            _overdue("overdue_rate_before_relief", column),
        )
        for column, dpd in enumerate(DPD_THRESHOLDS)
    ),
    *(
        Metric(
            f"overdue_balance_{dpd}",
            MONEY,
            f"balance with days past due >= {dpd}, month end",
            Whole.PEAK,
            _overdue_balance(DPD_THRESHOLDS.index(dpd)),
        )
        for dpd in AMOUNT_THRESHOLDS
    ),
    *(
        Metric(
            f"overdue_rate_over_opening_{dpd}",
            FRACTION,
            f"balance with days past due >= {dpd}, month end, over the opening balance",
            Whole.PEAK,
            _overdue_balance(DPD_THRESHOLDS.index(dpd)),
            _at_opening,
        )
        for dpd in AMOUNT_THRESHOLDS
    ),
    Metric(
        "first_day_overdue_rate",
        FRACTION,
        "instalments unpaid after their due day over instalments due",
        Whole.TOTAL | Whole.PEAK,
        _named("instalments_late"),
        _named("instalments_due"),
    ),
    Metric("balance", MONEY, "balance at month end", Whole.NONE, _named("closing_balance")),
    Metric("open_loans", "loans", "open loans at month end", Whole.NONE, _open_loans),
    *(_plain(name, Whole.TOTAL) for name in _PLAIN_TOTALS),
    *(
        Metric(
            f"collection_cost_{stage.name.lower()}",
            MONEY,
            f"collection_cost of the stage {stage.name.lower()}, effort and commissions",
            Whole.TOTAL,
            _of_stage("collection_cost_by_stage", stage),
        )
        for stage in CollectionStage
    ),
    Metric(
        "collection_cost_complaints",
        MONEY,
        "the rest of collection_cost: complaints about contacts",
        Whole.TOTAL,
        _complaint_cost,
    ),
    Metric(
        "net_loss",
        MONEY,
        "written_off + sold - recovered - sale_price",
        Whole.TOTAL,
        net_loss,
    ),
    Metric(
        "net_charge_off_rate",
        "1/year",
        "net_loss over the mean balance at the start of the months, a year",
        Whole.REPORTED,
        net_loss,
        lambda read: read("opening_balance") / MONTHS_PER_YEAR,
    ),
    Metric(
        "net_result",
        MONEY,
        "interest_accrued + penalty_accrued + fees_accrued - forgiven - funding_cost - net_loss"
        " - allowance_90_change + recoverable_change - collection_cost - relief_handling_cost"
        " - underwriting_cost - acquisition_cost - programme_cost; before operating cost and tax",
        Whole.TOTAL,
        net_result,
    ),
    Metric(
        "credit_loss",
        MONEY,
        "net_loss + allowance_90_change - recoverable_change",
        Whole.TOTAL,
        _credit_loss,
    ),
    Metric(
        "result_before_losses",
        MONEY,
        "net_result + credit_loss: income less every cost but losses",
        Whole.TOTAL,
        lambda read: net_result(read) + _credit_loss(read),
    ),
    Metric(
        "approval_rate",
        FRACTION,
        "approved, taken up or not, over applicants; new customers",
        Whole.TOTAL,
        _named("approved"),
        _named("applicants"),
    ),
    Metric(
        "repeat_share",
        FRACTION,
        "repeat_disbursed over repeat_disbursed + first_disbursed",
        Whole.TOTAL,
        _named("repeat_disbursed"),
        lambda read: read("repeat_disbursed") + read("first_disbursed"),
    ),
    Metric(
        "relief_rate",
        FRACTION,
        "loans under relief in the month over loans open at its start",
        Whole.PEAK,
        _named("relief_loans"),
        _named("opening_loans"),
    ),
    Metric(
        "contacts",
        "contacts",
        "contacts made, all stages",
        Whole.TOTAL,
        lambda read: read("contacts").sum(axis=-1),
    ),
    _plain("unemployment_rate", Whole.PEAK),
    _plain("macro_unemployment_rate", Whole.PEAK),
)
BY_NAME: Final = {metric.name: metric for metric in METRICS}


def monthly_view(dataset: xr.Dataset) -> Read:
    """Variables as stored, months 1..months."""
    return lambda name: np.asarray(dataset[name].values, dtype=np.float64)


def total_view(dataset: xr.Dataset) -> Read:
    """Variables summed over the reported months; the month axis has length 1."""
    monthly = monthly_view(dataset)
    return lambda name: monthly(name).sum(axis=MONTH_AXIS, keepdims=True)


def lifetime_view(dataset: xr.Dataset) -> Read:
    """Variables summed over the reported and the run-off months."""
    total, monthly = total_view(dataset), monthly_view(dataset)
    return lambda name: total(name) + np.expand_dims(monthly(f"runoff_{name}"), MONTH_AXIS)


def peak(values: F8) -> F8:
    """Largest month of each path, NaN left out; NaN when a path has no value at all."""
    highest = np.fmax.reduce(values, axis=MONTH_AXIS, keepdims=True)
    return np.asarray(highest)


def metric_values(
    dataset: xr.Dataset, metrics: tuple[Metric, ...] = METRICS
) -> Iterator[MetricValues]:
    """Every metric by month, then its peak, its total and its total with the run-off."""
    months = tuple(int(month) for month in dataset["month"].values)
    currency = str(dataset.attrs["currency"])
    by_month, total, lifetime = (
        view(dataset) for view in (monthly_view, total_view, lifetime_view)
    )
    for metric in metrics:
        unit, words = unit_in(currency, metric.unit), metric.long_name
        values = metric(by_month)
        yield MetricValues(metric.name, unit, words, months, values)
        if Whole.PEAK in metric.whole:
            yield MetricValues(
                f"peak_{metric.name}", unit, f"{words}; highest month", (None,), peak(values)
            )
        if metric.whole & (Whole.TOTAL | Whole.REPORTED):
            text = f"{words}; reported months together"
            yield MetricValues(metric.name, unit, text, (None,), metric(total))
        if Whole.TOTAL in metric.whole and int(dataset.attrs["runoff_months"]) > 0:
            text = f"{words}; reported and run-off months together"
            yield MetricValues(f"lifetime_{metric.name}", unit, text, (None,), metric(lifetime))


OVER_CURRENT_BALANCE: Final = {
    f"overdue_rate_over_current_balance_{dpd}": (
        dpd,
        f"balance with days past due >= {dpd} over the balance of the current policy, path by path",
    )
    for dpd in AMOUNT_THRESHOLDS
}
"""Overdue rates that a policy does not move by making the book larger or smaller alone."""


def over_current_balance(dataset: xr.Dataset) -> Iterator[MetricValues]:
    """``OVER_CURRENT_BALANCE`` of every policy, by month and its peak."""
    months = tuple(int(month) for month in dataset["month"].values)
    policies = [str(name) for name in dataset["policy"].values]
    at = policies.index(str(dataset.attrs["reference"]))
    read = monthly_view(dataset)
    balance = read("closing_balance")[:, at : at + 1]
    for name, (dpd, text) in OVER_CURRENT_BALANCE.items():
        values = share(BY_NAME[f"overdue_balance_{dpd}"](read), balance)
        yield MetricValues(name, FRACTION, text, months, values)
        text = f"{text}; highest month"
        yield MetricValues(f"peak_{name}", FRACTION, text, (None,), peak(values))
