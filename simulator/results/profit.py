"""Metrics of profit and capital of the reported months, from the income statement."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Final

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from simulator.results.delinquency import share
from simulator.results.income_statement import (
    COST_LINES,
    Statement,
    accounting_book,
    has_rule_books,
    statement,
)
from simulator.results.metrics import MONTH_AXIS, MetricValues
from simulator.results.outcomes import WHOLE_HORIZON
from simulator.results.variables import FRACTION, MONEY, unit_in
from simulator.units import MONTHS_PER_YEAR

F8 = NDArray[np.float64]


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


def _ratio_at_constant_balance(books: Statement) -> F8:
    return share(books.equity, books.opening_risk_weighted_assets)


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
    """One metric; ``extract`` gives (scenario, policy, path, months), for ``WHOLE`` one month.

    With ``per``, of the same shape, the metric is the ratio of the two on each path, its total
    that of their sums.
    """

    name: str
    unit: str
    long_name: str
    span: Span
    extract: Callable[[Statement], F8]
    chance: bool = False
    per: Callable[[Statement], F8] | None = None

    def __call__(self, books: Statement) -> F8:
        """Values by month, for ``WHOLE`` of all months; NaN where ``per`` is zero."""
        values = self.extract(books)
        return values if self.per is None else share(values, self.per(books))

    def total(self, books: Statement) -> F8:
        """The flow of the reported months together, (scenario, policy, path, 1)."""
        values = books.total(self.extract(books))
        return values if self.per is None else share(values, books.total(self.per(books)))


_RATIO: Final = "ratio of the means over paths, quantiles of its linear form"
_EVER: Final = "paths on which the equity of a month is below"

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
        f"income - {' - '.join(COST_LINES)} - provision_charge of the first provisioning standard",
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
        "payout",
        MONEY,
        "paid out of the net_income of the month, as far as equity stays at capital_target of"
        " risk-weighted assets",
        Span.FLOW,
        lambda books: books.payout,
    ),
    ProfitMetric(
        "equity",
        MONEY,
        "opening_capital_ratio of risk-weighted assets at the opening + net_income - payout so far,"
        " month end",
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
        "capital_ratio_constant_balance",
        FRACTION,
        "equity over risk-weighted assets at the opening: as if balance and allowance had stayed",
        Span.STOCK,
        _ratio_at_constant_balance,
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
        "return_on_assets",
        "1/year",
        "net_income over the mean balance at the start of the months, a year",
        Span.FLOW,
        lambda books: books.net_income,
        per=lambda books: books.balance_years,
    ),
    ProfitMetric(
        "return_on_equity",
        "1/year",
        f"net_income a year over the mean equity at the start of the months; {_RATIO}",
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
            found[metric.name] = xr.Variable(dims, metric(books), about)
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
        spread = None if wide is None or metric.chance else metric(wide)
        span = WHOLE_HORIZON if metric.span is Span.WHOLE else months
        monthly = MetricValues(
            metric.name, unit, words, span, metric(books), chance=metric.chance, spread=spread
        )
        yield monthly
        if metric.span is Span.FLOW:
            yield monthly._replace(
                long_name=f"{words}; reported months together",
                months=WHOLE_HORIZON,
                values=metric.total(books),
                spread=None if wide is None else metric.total(wide),
            )
