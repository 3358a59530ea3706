"""Profit and capital of the reported months, under the run's first rule book of provisions.

    income = interest + penalty interest + fees accrued - claims forgiven
    profit before tax = income - funding, operating, collection, relief handling, underwriting and
                        programme cost - provision charge
    tax = tax rate on the profit of each calendar year, less losses carried forward
    equity = opening equity + net income so far: nothing is paid out and none is raised

The whole balance bears the cost of funding, as if equity earned nothing (assumption, on the safe
side). The provision charge is the rule book's: it holds write-offs, sales and recoveries already.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Final

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from simulator.catalogue import Parameters
from simulator.results.compare import PATH_AXIS
from simulator.results.delinquency import share
from simulator.results.intervals import linear_ratio
from simulator.results.loss_distribution import opening_balance
from simulator.results.metrics import MONTH_AXIS, MetricValues, monthly_view
from simulator.results.outcomes import WHOLE_HORIZON
from simulator.results.provisions.metrics import BookView
from simulator.results.variables import FRACTION, MONEY, unit_in
from simulator.units import MONTHS_PER_YEAR

F8 = NDArray[np.float64]

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


@dataclass(frozen=True, slots=True)
class Statement:
    """Income statement and capital, each (scenario, policy, path, month) unless said.

    ``opening_equity``: (scenario, policy, path, 1); ``exposure``: balance less allowance at month
    end; ``balance_years``: opening balance over 12, the base of yearly rates.
    """

    income: F8
    costs: F8
    provision_charge: F8
    tax: F8
    opening_equity: F8
    exposure: F8
    balance_years: F8
    parameters: Parameters
    luck_replicates: int

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
        return self.opening_equity + np.cumsum(self.net_income, axis=MONTH_AXIS)

    @property
    def mean_equity(self) -> F8:
        """Mean of the equity at the months' starts, (scenario, policy, path, 1)."""
        starts = np.concatenate((self.opening_equity, self.equity[..., :-1]), axis=MONTH_AXIS)
        return np.asarray(starts.mean(axis=MONTH_AXIS, keepdims=True))

    @property
    def risk_weighted_assets(self) -> F8:
        """Exposure times the risk weight, at month end."""
        return self.parameters["risk_weight"] * self.exposure

    def total(self, values: F8) -> F8:
        """Sum over the reported months, the month axis kept."""
        return np.asarray(values.sum(axis=MONTH_AXIS, keepdims=True))

    def ratio(self, part: F8, whole: F8) -> F8:
        """Numbers by path whose mean is the ratio of the means of ``part`` and ``whole``.

        As ``intervals.linear_ratio``, on the path axis.
        """
        upper, lower = (np.moveaxis(values, PATH_AXIS, 0) for values in (part, whole))
        return np.moveaxis(linear_ratio(upper, lower, self.luck_replicates), 0, PATH_AXIS)

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
    charge, allowance = book("provision_charge"), book("allowance")
    if influence:
        charge, allowance = charge + book.influence_on_charge(), book("allowance_spread")
    months = dataset["date"].dt.month.values.astype(np.int64)
    return Statement(
        income=income,
        costs=costs,
        provision_charge=charge,
        tax=yearly_tax(income - costs - charge, months, parameters["tax_rate"]),
        opening_equity=parameters["opening_equity_share"] * opening_balance(dataset)[..., None],
        exposure=read("closing_balance") - allowance,
        balance_years=read("opening_balance") / MONTHS_PER_YEAR,
        parameters=parameters,
        luck_replicates=int(dataset.attrs["luck_replicates"]),
    )


def _yearly_return(books: Statement) -> F8:
    years = books.income.shape[MONTH_AXIS] / MONTHS_PER_YEAR
    return books.ratio(books.total(books.net_income) / years, books.mean_equity)


def _yearly_income(books: Statement) -> F8:
    return books.ratio(books.total(books.income), books.total(books.balance_years))


def _break_even_price(books: Statement) -> F8:
    needed = books.total(books.income - books.profit_before_tax)
    return books.ratio(needed, books.total(books.balance_years))


def _capital_ratio(books: Statement) -> F8:
    return share(books.equity, books.risk_weighted_assets)


def _leverage_ratio(books: Statement) -> F8:
    return share(books.equity, books.exposure)


def _breach_capital(books: Statement) -> F8:
    return books.below_minimum("capital_minimum", books.risk_weighted_assets)


def _breach_leverage(books: Statement) -> F8:
    return books.below_minimum("leverage_minimum", books.exposure)


def _lowest(extract: Callable[[Statement], F8]) -> Callable[[Statement], F8]:
    """Smallest month of each path, NaN left out."""
    return lambda books: np.asarray(np.fmin.reduce(extract(books), axis=MONTH_AXIS, keepdims=True))


def _ever(extract: Callable[[Statement], F8]) -> Callable[[Statement], F8]:
    """Whether any month of each path is 1."""
    return lambda books: np.asarray(extract(books).max(axis=MONTH_AXIS, keepdims=True))


class Span(Enum):
    """For which spans of time a metric of profit and capital stands."""

    FLOW = "month, total"
    STOCK = "month"
    WHOLE = "whole"


@dataclass(frozen=True, slots=True)
class ProfitMetric:
    """One metric; ``extract`` gives (scenario, policy, path, months), for ``WHOLE`` one month."""

    name: str
    unit: str
    long_name: str
    span: Span
    extract: Callable[[Statement], F8]
    chance: bool = False


_RATIO: Final = "ratio of the means over paths, quantiles of its linear form"
_EVER: Final = "paths on which a month's equity is below"

PROFIT_METRICS: Final = (
    ProfitMetric(
        "income",
        MONEY,
        "interest_accrued + penalty_accrued + fees_accrued - forgiven",
        Span.FLOW,
        lambda books: books.income,
    ),
    ProfitMetric(
        "profit_before_tax",
        MONEY,
        f"income - {' - '.join(COST_LINES)} - provision_charge of the first rule book",
        Span.FLOW,
        lambda books: books.profit_before_tax,
    ),
    ProfitMetric(
        "tax",
        MONEY,
        "tax_rate on the profit of a calendar year, less losses carried forward",
        Span.FLOW,
        lambda books: books.tax,
    ),
    ProfitMetric(
        "net_income", MONEY, "profit_before_tax - tax", Span.FLOW, lambda books: books.net_income
    ),
    ProfitMetric(
        "equity",
        MONEY,
        "opening_equity_share of the opening balance + net_income so far, month end",
        Span.STOCK,
        lambda books: books.equity,
    ),
    ProfitMetric(
        "capital_ratio",
        FRACTION,
        "equity over risk-weighted assets: risk_weight of the balance less allowance",
        Span.STOCK,
        _capital_ratio,
    ),
    ProfitMetric(
        "leverage_ratio",
        FRACTION,
        "equity over the balance less allowance",
        Span.STOCK,
        _leverage_ratio,
    ),
    ProfitMetric(
        "lowest_capital_ratio",
        FRACTION,
        "lowest month of capital_ratio",
        Span.WHOLE,
        _lowest(_capital_ratio),
    ),
    ProfitMetric(
        "lowest_leverage_ratio",
        FRACTION,
        "lowest month of leverage_ratio",
        Span.WHOLE,
        _lowest(_leverage_ratio),
    ),
    ProfitMetric(
        "breach_capital",
        FRACTION,
        "share of paths on which equity is below capital_minimum of risk-weighted assets",
        Span.STOCK,
        _breach_capital,
        chance=True,
    ),
    ProfitMetric(
        "breach_leverage",
        FRACTION,
        "share of paths on which equity is below leverage_minimum of the balance less allowance",
        Span.STOCK,
        _breach_leverage,
        chance=True,
    ),
    ProfitMetric(
        "ever_breach_capital",
        FRACTION,
        f"share of {_EVER} capital_minimum of risk-weighted assets",
        Span.WHOLE,
        _ever(_breach_capital),
        chance=True,
    ),
    ProfitMetric(
        "ever_breach_leverage",
        FRACTION,
        f"share of {_EVER} leverage_minimum of the balance less allowance",
        Span.WHOLE,
        _ever(_breach_leverage),
        chance=True,
    ),
    ProfitMetric(
        "return_on_equity",
        "1/year",
        f"net_income a year over the mean equity at the months' starts; {_RATIO}",
        Span.WHOLE,
        _yearly_return,
    ),
    ProfitMetric(
        "income_rate",
        "1/year",
        f"income over the balance, a year; {_RATIO}",
        Span.WHOLE,
        _yearly_income,
    ),
    ProfitMetric(
        "break_even_price",
        "1/year",
        "income_rate at which profit_before_tax would be 0, all else (borrowers' behaviour and the"
        f" provision charge included) unchanged; {_RATIO}",
        Span.WHOLE,
        _break_even_price,
    ),
)
"""Only in runs with rule books; each with a difference to the reference."""


def is_monthly(metric: ProfitMetric) -> bool:
    """Whether results.nc keeps the metric by path and month."""
    return metric.span is not Span.WHOLE and not metric.chance


def profit_variables(dataset: xr.Dataset) -> dict[str, xr.Variable]:
    """Monthly profit and capital by path, as results.nc keeps them; nothing without rule books."""
    if not has_rule_books(dataset):
        return {}
    books = statement(dataset)
    found = {}
    for metric in PROFIT_METRICS:
        if is_monthly(metric):
            unit = unit_in(str(dataset.attrs["currency"]), metric.unit)
            about = {"units": unit, "long_name": f"{metric.long_name}; by path"}
            dims = ("scenario", "policy", "path", "month")
            found[metric.name] = xr.Variable(dims, metric.extract(books), about)
    return found


def profit_values(dataset: xr.Dataset) -> Iterator[MetricValues]:
    """Profit and capital on each path; nothing without rule books."""
    if not has_rule_books(dataset):
        return
    books = statement(dataset)
    wide = statement(dataset, influence=True) if "allowance_spread" in dataset else None
    months = tuple(int(month) for month in dataset["month"].values)
    currency, under = str(dataset.attrs["currency"]), f"under {accounting_book(dataset)}"
    for metric in PROFIT_METRICS:
        unit, words = unit_in(currency, metric.unit), f"{metric.long_name}; {under}"
        values = metric.extract(books)
        spread = None if wide is None or metric.chance else metric.extract(wide)
        span = WHOLE_HORIZON if metric.span is Span.WHOLE else months
        monthly = MetricValues(
            metric.name, unit, words, span, values, chance=metric.chance, spread=spread
        )
        yield monthly
        if metric.span is Span.FLOW:
            yield monthly._replace(
                long_name=f"{words}; reported months together",
                months=WHOLE_HORIZON,
                values=books.total(values),
                spread=None if spread is None else books.total(spread),
            )
