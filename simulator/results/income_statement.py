"""Income statement and capital of the reported months, under the run's first rule book.

    income = interest + penalty interest + fees accrued - claims forgiven
    profit before tax = income - funding, operating, collection, relief handling, underwriting,
                        acquisition and programme cost - provision charge
    tax = tax rate on the profit of each calendar year, less losses carried forward
    opening equity = opening capital ratio * risk weight * (opening balance - opening allowance)
    payout = the month's net income, as far as equity stays at the target of month-end assets
    equity = opening equity + net income so far - payouts so far: none is raised

The whole balance bears the cost of funding, as if equity earned nothing (assumption, on the safe
side). The provision charge is the rule book's: it holds write-offs, sales and recoveries already.
"""

import json
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from simulator.catalogue import Parameters
from simulator.results.compare import PATH_AXIS
from simulator.results.intervals import linear_ratio
from simulator.results.loss_distribution import opening_balance
from simulator.results.metric import MONTH_AXIS
from simulator.results.path_metrics import monthly_view
from simulator.results.provisions.metrics import BookView
from simulator.results.provisions.variables import OPENING_SUFFIX
from simulator.units import MONTHS_PER_YEAR

F8 = NDArray[np.float64]
I1 = NDArray[np.int8]

_DECEMBER: Final = 12
INCOME_LINES: Final = {
    "interest_accrued": 1.0,
    "penalty_accrued": 1.0,
    "fees_accrued": 1.0,
    "forgiven": -1.0,
}
COST_LINES: Final = (
    "funding_cost",
    "operating_cost",
    "collection_cost",
    "relief_handling_cost",
    "underwriting_cost",
    "acquisition_cost",
    "programme_cost",
)
"""Variables of results.nc that make up profit before the provision charge and tax."""


def has_rule_books(dataset: xr.Dataset) -> bool:
    """Whether the run chose rule books of provisions, without which there is no profit here."""
    return "provision_charge" in dataset


def accounting_book(dataset: xr.Dataset) -> str:
    """Name of the rule book that the income statement follows: the run's first."""
    return str(dataset["provision"].values[0])


def parameters_of(dataset: xr.Dataset) -> Parameters:
    """Every parameter of the catalogue as the run used it."""
    found: dict[str, float] = json.loads(str(dataset.attrs["parameters"]))
    return found


def yearly_tax(profit: F8, calendar_month: NDArray[np.int64], tax_rate: float) -> F8:
    """Tax of each month on ``profit`` (..., month), of the same shape; ``calendar_month`` 1..12.

    Within a calendar year tax follows the profit of the year so far, so that it may be paid back;
    a loss at the year's end is carried forward and not back.
    """
    so_far = np.cumsum(profit, axis=-1)
    taxed = np.zeros_like(so_far)
    highest = np.zeros(so_far.shape[:-1])
    for month in range(so_far.shape[-1]):
        taxed[..., month] = np.maximum(highest, so_far[..., month])
        if calendar_month[month] == _DECEMBER:
            highest = taxed[..., month]
    return tax_rate * np.diff(taxed, axis=-1, prepend=0.0)


class Payouts(NamedTuple):
    """Payout of each month and what limits it, both (..., month).

    ``limit``: 0 nothing is paid, 1 the month's net income, 2 the equity above the target.
    """

    payout: F8
    limit: I1


def payouts(
    net_income: F8, opening_equity: F8, target_equity: F8, limit: I1 | None = None
) -> Payouts:
    """What is paid out of each month's profit, so far as equity stays at its target.

    Parameters
    ----------
    net_income, target_equity : money, (..., month); the target is that of the month's end.
    opening_equity : money, (...).
    limit : what limits each payout, (..., month), where it is known: then payouts are linear in
        the amounts, as the error of estimated allowances needs it. None finds it.

    Returns
    -------
    Payouts
        ``payout`` = min(max(0, net income), max(0, equity before it - target)).
    """
    found = np.empty_like(net_income)
    binding = np.zeros(net_income.shape, dtype=np.int8) if limit is None else limit
    equity = opening_equity
    for month in range(net_income.shape[-1]):
        profit = net_income[..., month]
        above = equity + profit - target_equity[..., month]
        if limit is None:
            smaller = np.where(profit <= above, 1, 2)
            binding[..., month] = np.where(np.minimum(profit, above) > 0.0, smaller, 0)
        paid = np.choose(binding[..., month], (np.zeros_like(profit), profit, above))
        found[..., month] = paid
        equity = equity + profit - paid
    return Payouts(found, binding)


@dataclass(frozen=True, slots=True)
class Statement:
    """Income statement and capital in money, each (scenario, policy, path, month) unless said.

    ``opening_equity``, ``opening_exposure``: (scenario, policy, path, 1); ``exposure``: balance
    less allowance at month end; ``balance_years``: the month's opening balance over 12, the base
    of yearly rates; ``payout_limit``: as in ``Payouts``.
    """

    income: F8
    costs: F8
    provision_charge: F8
    tax: F8
    payout: F8
    payout_limit: I1
    opening_equity: F8
    opening_exposure: F8
    exposure: F8
    balance_years: F8
    parameters: Parameters
    draws_per_path: int

    @property
    def profit_before_tax(self) -> F8:
        """Income less costs and the provision charge."""
        return self.income - self.costs - self.provision_charge

    @property
    def net_income(self) -> F8:
        """Profit after tax."""
        return self.profit_before_tax - self.tax

    @property
    def equity(self) -> F8:
        """Equity at month end."""
        return self.opening_equity + np.cumsum(self.net_income - self.payout, axis=MONTH_AXIS)

    @property
    def mean_equity(self) -> F8:
        """Mean of the equity at the months' starts, (scenario, policy, path, 1)."""
        starts = np.concatenate((self.opening_equity, self.equity[..., :-1]), axis=MONTH_AXIS)
        return np.asarray(starts.mean(axis=MONTH_AXIS, keepdims=True))

    @property
    def risk_weighted_assets(self) -> F8:
        """Exposure times the risk weight, at month end."""
        return self.parameters["risk_weight"] * self.exposure

    @property
    def opening_risk_weighted_assets(self) -> F8:
        """The same at the opening, (scenario, policy, path, 1)."""
        return self.parameters["risk_weight"] * self.opening_exposure

    def total(self, values: F8) -> F8:
        """Sum over the reported months, the month axis kept."""
        return np.asarray(values.sum(axis=MONTH_AXIS, keepdims=True))

    def ratio(self, part: F8, whole: F8) -> F8:
        """Numbers by path whose mean is the ratio of the means of ``part`` and ``whole``.

        As ``intervals.linear_ratio``, on the path axis.
        """
        upper, lower = (np.moveaxis(values, PATH_AXIS, 0) for values in (part, whole))
        return np.moveaxis(linear_ratio(upper, lower, self.draws_per_path), 0, PATH_AXIS)

    def below_minimum(self, minimum: str, assets: F8) -> F8:
        """1.0 where equity is below the parameter ``minimum`` times ``assets``, else 0.0."""
        return (self.equity < self.parameters[minimum] * assets).astype(np.float64)


def statement(dataset: xr.Dataset, influence: bool = False) -> Statement:
    """The income statement of every path; the run must have rule books.

    With ``influence`` allowances are those whose scatter tells the error of their mean: all paths
    together make their rates (``allowance_spread``).
    """
    read, parameters = monthly_view(dataset), parameters_of(dataset)
    book = BookView(dataset, accounting_book(dataset))
    lines = (sign * read(name) for name, sign in INCOME_LINES.items())
    income: F8 = np.add.reduce(list(lines))
    costs: F8 = np.add.reduce([read(name) for name in COST_LINES])
    allowance = "allowance_spread" if influence else "allowance"
    charge = book("provision_charge")
    if influence:
        charge = charge + book.influence_on_charge()
    months = dataset["date"].dt.month.values.astype(np.int64)
    tax = yearly_tax(income - costs - charge, months, parameters["tax_rate"])
    exposure = read("closing_balance") - book(allowance)
    opening_exposure = opening_balance(dataset) - book(allowance + OPENING_SUFFIX)
    opening_assets = parameters["risk_weight"] * opening_exposure
    opening_equity = parameters["opening_capital_ratio"] * opening_assets
    paid = payouts(
        income - costs - charge - tax,
        opening_equity,
        parameters["capital_target"] * parameters["risk_weight"] * exposure,
        statement(dataset).payout_limit if influence else None,
    )
    return Statement(
        income=income,
        costs=costs,
        provision_charge=charge,
        tax=tax,
        payout=paid.payout,
        payout_limit=paid.limit,
        opening_equity=opening_equity[..., None],
        opening_exposure=opening_exposure[..., None],
        exposure=exposure,
        balance_years=read("opening_balance") / MONTHS_PER_YEAR,
        parameters=parameters,
        draws_per_path=int(dataset.attrs["draws_per_path"]),
    )
