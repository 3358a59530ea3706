"""Metrics of the variables by path: by month, peak, and total with and without the run-off.

Top and bottom of each are linear in the variables of results.nc; so the same two functions serve
a month, the sum of the reported months and the sum with the run-off.
"""

from collections.abc import Callable, Iterator
from typing import Final

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from simulator.results.delinquency import share
from simulator.results.metric import (
    HIGHER,
    LOWER,
    MONTH_AXIS,
    WHOLE_HORIZON,
    Metric,
    MetricValues,
    Span,
)
from simulator.results.table import FRACTION, MONEY, unit_in
from simulator.results.variables import PATH_VARIABLES
from simulator.units import MONTHS_PER_YEAR
from simulator.vocabulary import DPD_THRESHOLDS, CollectionStage, Flow

F8 = NDArray[np.float64]
Read = Callable[[str], F8]
"""The per-path view: a variable's name -> array (scenario, policy, path, month, ...)."""

_MONTHS: Final = Span.MONTH
_PEAK: Final = Span.MONTH | Span.PEAK
_SUM: Final = Span.MONTH | Span.TOTAL | Span.LIFETIME


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
"""Flows of results.nc that are metrics as they are."""
_HARMS: Final = frozenset(
    {"written_off", "forgiven", "new_30", "new_90", "complaints", "allowance_90_change"}
    | {name for name in _PLAIN_TOTALS if name.endswith("_cost")}
)
_GAINS: Final = frozenset({"recovered", "legal_recovered", "sale_price", "recoverable_change"})


def _plain(name: str, span: Span) -> Metric[Read]:
    unit, long_name = _MEANINGS[name]
    better = LOWER if name in _HARMS else HIGHER if name in _GAINS else 0
    return Metric(name, unit, long_name, span, _named(name), better=better)


AMOUNT_THRESHOLDS: Final = (30, 90)
"""Days past due from which balances, too, stand in summary.csv."""

METRICS: Final = (
    *(
        Metric(
            f"overdue_rate_{dpd}",
            FRACTION,
            f"balance with days past due >= {dpd} over balance, month end",
            _PEAK,
            _overdue("overdue_rate", column),
            better=LOWER,
        )
        for column, dpd in enumerate(DPD_THRESHOLDS)
    ),
    *(
        Metric(
            f"overdue_rate_before_relief_{dpd}",
            FRACTION,
            f"the {dpd}+ rate with re-aged loans at their days past due before relief",
            _PEAK,
            _overdue("overdue_rate_before_relief", column),
            better=LOWER,
        )
        for column, dpd in enumerate(DPD_THRESHOLDS)
    ),
    *(
        Metric(
            f"overdue_balance_{dpd}",
            MONEY,
            f"balance with days past due >= {dpd}, month end",
            _PEAK,
            _overdue_balance(DPD_THRESHOLDS.index(dpd)),
            better=LOWER,
        )
        for dpd in AMOUNT_THRESHOLDS
    ),
    *(
        Metric(
            f"overdue_rate_over_opening_{dpd}",
            FRACTION,
            f"balance with days past due >= {dpd}, month end, over the opening balance",
            _PEAK,
            _overdue_balance(DPD_THRESHOLDS.index(dpd)),
            _at_opening,
            LOWER,
        )
        for dpd in AMOUNT_THRESHOLDS
    ),
    Metric(
        "first_day_overdue_rate",
        FRACTION,
        "instalments unpaid after their due day over instalments due",
        _SUM | Span.PEAK,
        _named("instalments_late"),
        _named("instalments_due"),
        LOWER,
    ),
    Metric("balance", MONEY, "balance at month end", _MONTHS, _named("closing_balance")),
    Metric("open_loans", "loans", "open loans at month end", _MONTHS, _open_loans),
    *(_plain(name, _SUM) for name in _PLAIN_TOTALS),
    *(
        Metric(
            f"collection_cost_{stage.name.lower()}",
            MONEY,
            f"collection_cost of the stage {stage.name.lower()}, effort and commissions",
            _SUM,
            _of_stage("collection_cost_by_stage", stage),
            better=LOWER,
        )
        for stage in CollectionStage
    ),
    Metric(
        "collection_cost_complaints",
        MONEY,
        "the rest of collection_cost: complaints about contacts",
        _SUM,
        _complaint_cost,
        better=LOWER,
    ),
    Metric(
        "net_loss",
        MONEY,
        "written_off + sold - recovered - sale_price",
        _SUM,
        net_loss,
        better=LOWER,
    ),
    Metric(
        "net_charge_off_rate",
        "1/year",
        "net_loss over the mean balance at the start of the months, a year",
        Span.MONTH | Span.TOTAL,
        net_loss,
        lambda read: read("opening_balance") / MONTHS_PER_YEAR,
        LOWER,
    ),
    Metric(
        "net_result",
        MONEY,
        "interest_accrued + penalty_accrued + fees_accrued - forgiven - funding_cost - net_loss"
        " - allowance_90_change + recoverable_change - collection_cost - relief_handling_cost"
        " - underwriting_cost - acquisition_cost - programme_cost; before operating cost and tax",
        _SUM,
        net_result,
        better=HIGHER,
    ),
    Metric(
        "credit_loss",
        MONEY,
        "net_loss + allowance_90_change - recoverable_change",
        _SUM,
        _credit_loss,
        better=LOWER,
    ),
    Metric(
        "result_before_losses",
        MONEY,
        "net_result + credit_loss: income less every cost but losses",
        _SUM,
        lambda read: net_result(read) + _credit_loss(read),
        better=HIGHER,
    ),
    Metric(
        "approval_rate",
        FRACTION,
        "approved, taken up or not, over applicants; new customers",
        _SUM,
        _named("approved"),
        _named("applicants"),
    ),
    Metric(
        "repeat_share",
        FRACTION,
        "repeat_disbursed over repeat_disbursed + first_disbursed",
        _SUM,
        _named("repeat_disbursed"),
        lambda read: read("repeat_disbursed") + read("first_disbursed"),
    ),
    Metric(
        "relief_rate",
        FRACTION,
        "loans under relief in the month over loans open at its start",
        _PEAK,
        _named("relief_loans"),
        _named("opening_loans"),
    ),
    Metric(
        "contacts",
        "contacts",
        "contacts made, all stages",
        _SUM,
        lambda read: read("contacts").sum(axis=-1),
    ),
    _plain("unemployment_rate", _PEAK),
    _plain("macro_unemployment_rate", _PEAK),
)
BY_NAME: Final = {metric.name: metric for metric in METRICS}


def monthly_view(dataset: xr.Dataset) -> Read:
    """Variables as stored, months 1..months."""
    return lambda name: np.asarray(dataset.variables[name].values, dtype=np.float64)


def total_view(dataset: xr.Dataset) -> Read:
    """Variables summed over the reported months; the month axis has length 1."""
    monthly = monthly_view(dataset)
    return lambda name: monthly(name).sum(axis=MONTH_AXIS, keepdims=True)


def lifetime_view(dataset: xr.Dataset) -> Read:
    """Variables summed over the reported and the run-off months."""
    total, monthly = total_view(dataset), monthly_view(dataset)
    return lambda name: total(name) + np.expand_dims(monthly(f"runoff_{name}"), MONTH_AXIS)


def metric_values(
    dataset: xr.Dataset, metrics: tuple[Metric[Read], ...] = METRICS
) -> Iterator[MetricValues]:
    """Every metric by month, then its peak, its total and its total with the run-off."""
    months = tuple(int(month) for month in dataset["month"].values)
    currency, runoff = str(dataset.attrs["currency"]), int(dataset.attrs["runoff_months"])
    by_month, total, lifetime = (
        view(dataset) for view in (monthly_view, total_view, lifetime_view)
    )
    for metric in metrics:
        unit, words = unit_in(currency, metric.unit), metric.long_name
        monthly = MetricValues(metric.name, unit, words, months, metric(by_month))
        yield monthly
        yield from monthly.further(metric.span)
        if Span.TOTAL in metric.span:
            text = f"{words}; reported months together"
            yield MetricValues(metric.name, unit, text, WHOLE_HORIZON, metric(total))
        if Span.LIFETIME in metric.span and runoff > 0:
            text = f"{words}; reported and run-off months together"
            name = f"lifetime_{metric.name}"
            yield MetricValues(name, unit, text, WHOLE_HORIZON, metric(lifetime))


def _over_current(dpd: int) -> Callable[[xr.Dataset], F8]:
    def values(dataset: xr.Dataset) -> F8:
        policies = [str(name) for name in dataset["policy"].values]
        at = policies.index(str(dataset.attrs["reference"]))
        read = monthly_view(dataset)
        balance = read("closing_balance")[:, at : at + 1]
        return share(BY_NAME[f"overdue_balance_{dpd}"](read), balance)

    return values


OVER_CURRENT_BALANCE: Final = tuple(
    Metric(
        f"overdue_rate_over_current_balance_{dpd}",
        FRACTION,
        f"balance with days past due >= {dpd} over the balance of the current policy, path by path",
        _PEAK,
        _over_current(dpd),
        better=LOWER,
    )
    for dpd in AMOUNT_THRESHOLDS
)
"""Overdue rates that a policy does not move by making the book larger or smaller alone."""


def over_current_balance(dataset: xr.Dataset) -> Iterator[MetricValues]:
    """``OVER_CURRENT_BALANCE`` of every policy, by month and its peak."""
    months = tuple(int(month) for month in dataset["month"].values)
    for metric in OVER_CURRENT_BALANCE:
        monthly = MetricValues(metric.name, FRACTION, metric.long_name, months, metric(dataset))
        yield monthly
        yield from monthly.further(metric.span)
