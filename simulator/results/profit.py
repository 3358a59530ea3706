"""Metrics of profit and capital of the reported months, from the income statement."""

from collections.abc import Iterator
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


_MONTHS: Final = Span.MONTH
_FLOW: Final = Span.MONTH | Span.TOTAL

_RATIO: Final = "ratio of the means over paths, quantiles of its linear form"

PROFIT_METRICS: Final[tuple[Metric[Statement], ...]] = (
    Metric(
        "income",
        MONEY,
        "interest_accrued + penalty_accrued + fees_accrued - forgiven",
        _FLOW,
        lambda books: books.income,
        better=HIGHER,
    ),
    Metric(
        "profit_before_tax",
        MONEY,
        f"income - {' - '.join(COST_LINES)} - provision_charge of the first provisioning standard",
        _FLOW,
        lambda books: books.profit_before_tax,
        better=HIGHER,
    ),
    Metric(
        "tax",
        MONEY,
        "tax_rate on the profit of a calendar year, less losses carried forward",
        _FLOW,
        lambda books: books.tax,
    ),
    Metric(
        "net_income",
        MONEY,
        "profit_before_tax - tax",
        _FLOW,
        lambda books: books.net_income,
        better=HIGHER,
    ),
    Metric(
        "payout",
        MONEY,
        "paid out of the net_income of the month, as far as equity stays at capital_target of"
        " risk-weighted assets",
        _FLOW,
        lambda books: books.payout,
    ),
    Metric(
        "equity",
        MONEY,
        "opening_capital_ratio of risk-weighted assets at the opening + net_income - payout so far,"
        " month end",
        _MONTHS,
        lambda books: books.equity,
    ),
    Metric(
        "capital_ratio",
        FRACTION,
        "equity over risk-weighted assets: risk_weight of the balance less allowance",
        _MONTHS | Span.LOWEST,
        _capital_ratio,
        better=HIGHER,
    ),
    Metric(
        "capital_ratio_constant_balance",
        FRACTION,
        "equity over risk-weighted assets at the opening: as if balance and allowance had stayed",
        _MONTHS,
        _ratio_at_constant_balance,
        better=HIGHER,
    ),
    Metric(
        "leverage_ratio",
        FRACTION,
        "equity over the balance less allowance",
        _MONTHS | Span.LOWEST,
        _leverage_ratio,
        better=HIGHER,
    ),
    Metric(
        "breach_capital",
        FRACTION,
        "share of paths on which equity is below capital_minimum of risk-weighted assets",
        _MONTHS | Span.EVER,
        _breach_capital,
        better=LOWER,
    ),
    Metric(
        "breach_leverage",
        FRACTION,
        "share of paths on which equity is below leverage_minimum of the balance less allowance",
        _MONTHS | Span.EVER,
        _breach_leverage,
        better=LOWER,
    ),
    Metric(
        "return_on_assets",
        "1/year",
        "net_income over the mean balance at the start of the months, a year",
        _FLOW,
        lambda books: books.net_income,
        lambda books: books.balance_years,
        HIGHER,
    ),
    Metric(
        "return_on_equity",
        "1/year",
        f"net_income a year over the mean equity at the start of the months; {_RATIO}",
        Span.WHOLE,
        _yearly_return,
        better=HIGHER,
    ),
    Metric(
        "income_rate",
        "1/year",
        f"income over the balance, a year; {_RATIO}",
        Span.WHOLE,
        _yearly_income,
        better=HIGHER,
    ),
    Metric(
        "break_even_price",
        "1/year",
        "income_rate at which profit_before_tax would be 0, all else (borrowers' behaviour and the"
        f" provision charge included) unchanged; {_RATIO}",
        Span.WHOLE,
        _break_even_price,
    ),
)
"""Only in runs with rule books; each with a difference to the reference."""


def is_monthly(metric: Metric[Statement]) -> bool:
    """Whether results.nc keeps the metric by path and month."""
    return metric.span is not Span.WHOLE and Span.EVER not in metric.span


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
        chance = Span.EVER in metric.span
        spread = None if wide is None or chance else metric(wide)
        span = WHOLE_HORIZON if metric.span is Span.WHOLE else months
        monthly = MetricValues(
            metric.name, unit, words, span, metric(books), chance=chance, spread=spread
        )
        yield monthly
        yield from monthly.further(metric.span)
        if Span.TOTAL in metric.span:
            whole, wider = (
                None if view is None else _total(metric, view) for view in (books, wide)
            )
            assert whole is not None
            yield monthly._replace(
                long_name=f"{words}; reported months together",
                months=WHOLE_HORIZON,
                values=whole,
                spread=wider,
            )


def _total(metric: Metric[Statement], books: Statement) -> F8:
    """The reported months together, (scenario, policy, path, 1); of a ratio that of the sums."""
    values = books.total(metric.upper(books))
    return values if metric.bottom is None else share(values, books.total(metric.bottom(books)))
