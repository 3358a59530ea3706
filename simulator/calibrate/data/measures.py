"""The measures of published series and levels, from a simulated world's tallies.

Each is a ratio formed on every path and then averaged over paths. Stocks are read at a month end;
flows are sums over a window of months.
"""

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulator.calibrate.data.moments import Observation
from simulator.calibrate.settings import LevelTarget, Measure, VintageTarget
from simulator.kernels.tally import MAX_MOB, Tallies
from simulator.reading.periods import Frequency, month_number, month_text, period_months
from simulator.results.delinquency import observed_months_on_book, overdue_rates, share
from simulator.results.recoveries import recoveries
from simulator.score_words import Judged, ScorePower
from simulator.timeline import Timeline
from simulator.units import MONTHS_PER_YEAR
from simulator.validation import UserError
from simulator.vocabulary import DPD_THRESHOLDS, Cause, Count, Flow

F8 = NDArray[np.float64]

STOCKS: Final[Mapping[str, int]] = {
    f"overdue_rate_{dpd}": column for column, dpd in enumerate(DPD_THRESHOLDS)
}
"""Measures at a month end, with their column in ``overdue_rates``; the others are flows."""


ACCOUNT_MEASURES: Final = ("flow_into_90_year",)
"""Series that are read from accounts, by the age of their borrowers."""
INCOME_SHOCKS: Final = (
    Cause.JOB_LOSS,
    Cause.ILLNESS,
    Cause.EPIDEMIC_CLOSURE,
    Cause.PAY_CUT,
    Cause.REVENUE_LOSS,
)
"""Causes that take income."""

POWERS: Final[Mapping[str, int]] = {
    "score_gini_opening": Judged.OPENING,
    "score_gini_new": Judged.NEW,
}
"""Measures of the application score's power, by which loans judge it."""


def month_row(owner: str, timeline: Timeline, month: str, first_row: int = 0) -> int:
    """Row in arrays of months 0..horizon of a calendar month; row 0 is before the start.

    ``UserError`` if it comes before ``first_row`` or after the horizon.
    """
    before = month_number(timeline.start) - 1
    row = month_number(month) - before
    if not first_row <= row <= timeline.horizon:
        raise UserError(
            f"{owner} needs the month {month}; the run covers"
            f" {month_text(before + first_row)} to {month_text(before + timeline.horizon)}"
        )
    return row


def over_paths(values: F8) -> F8:
    """Mean over paths (the first axis) that have the ratio; NaN where none has."""
    known = np.isfinite(values)
    return share(np.where(known, values, 0.0).sum(axis=0), known.sum(axis=0, dtype=np.float64))


def stock_rates(measure: str, tallies: Tallies) -> F8:
    """A stock measure at every month end, (paths, horizon + 1), fractions."""
    rates = overdue_rates(tallies.balance, tallies.balance.sum(axis=-1))
    return np.asarray(rates[..., STOCKS[measure]])


def flow_rate(measure: str, observation: Observation, first: int, last: int) -> F8:
    """A flow measure over months ``first`` to ``last``, (paths,), fractions.

    Charge-offs are balances written off or sold; net of recoveries and sale prices, as in
    ``net_loss`` of summary.csv. Over the mean of the balances at the months' starts, a year.
    """
    tallies = observation.tallies

    def total(monthly: F8) -> F8:
        return np.asarray(monthly[:, first : last + 1].sum(axis=1))

    def flow(kind: Flow) -> F8:
        return total(tallies.flows[..., kind])

    def count(kind: Count) -> F8:
        return total(tallies.counts[..., kind])

    if measure == "first_day_overdue_rate":
        return share(count(Count.INSTALMENTS_LATE), count(Count.INSTALMENTS_DUE))
    by_curve = recoveries(tallies.written_off_by_product, observation.book.products).monthly
    recovered = total(by_curve) + count(Count.LEGAL_RECOVERED)
    if measure == "recovery_rate":
        return share(recovered, flow(Flow.WRITTEN_OFF))
    charged_off = flow(Flow.WRITTEN_OFF) + flow(Flow.SOLD)
    if measure == "net_charge_off_annualised":
        charged_off = charged_off - recovered - count(Count.SALE_PRICE)
    return MONTHS_PER_YEAR * share(charged_off, count(Count.OPENING_BALANCE))


def series_values(
    owner: str,
    measure: Measure,
    frequency: Frequency,
    labels: tuple[str, ...],
    observation: Observation,
) -> F8:
    """The measure in each period: a stock at its last month end, a flow over it; (k,)."""
    windows = [period_months(label, frequency) for label in labels]
    timeline = observation.timeline
    last = [month_row(owner, timeline, end) for _, end in windows]
    if measure in STOCKS:
        return over_paths(stock_rates(measure, observation.tallies)[:, last])
    first = [month_row(owner, timeline, begin, first_row=1) for begin, _ in windows]
    by_period = [flow_rate(measure, observation, *rows) for rows in zip(first, last, strict=True)]
    return over_paths(np.stack(by_period, axis=1))


def level_value(owner: str, target: LevelTarget, observation: Observation) -> F8:
    """Mean of a stock's month ends, or a flow over the whole span; shape (1,)."""
    first, last = target.months
    horizon = observation.timeline.horizon
    if not 1 <= first <= last <= horizon:
        raise UserError(
            f"{owner}.months must be two ascending months in [1, {horizon}]; got {first}, {last}"
        )
    tallies = observation.tallies
    if target.measure in POWERS:
        return over_paths(tallies.score_power[:, [POWERS[target.measure]], ScorePower.GINI])
    if target.measure == "income_shock_share":
        causes = tallies.new_90_by_cause[:, first : last + 1].sum(axis=1)
        return over_paths(share(causes[:, INCOME_SHOCKS].sum(axis=1), causes.sum(axis=1))[:, None])
    if target.measure == "repeat_share":
        again, new = (
            tallies.counts[:, first : last + 1, count].sum(axis=1, keepdims=True)
            for count in (Count.REPEAT_DISBURSED, Count.FIRST_DISBURSED)
        )
        return over_paths(share(again, again + new))
    if target.measure in STOCKS:
        monthly = stock_rates(target.measure, tallies)[:, first : last + 1]
        known = np.isfinite(monthly)
        means = share(np.where(known, monthly, 0.0).sum(axis=1), known.sum(axis=1, dtype=float))
        return over_paths(means[:, None])
    return over_paths(flow_rate(target.measure, observation, first, last)[:, None])


def vintage_values(owner: str, target: VintageTarget, observation: Observation) -> F8:
    """Share of new loans that were ever 90+ by months on book, (k,).

    New loans are the quarters of origination that hold no loan older than the opening; each
    counts as far as its youngest loan is observed, and quarters are pooled by loans.
    """
    book, tallies = observation.book, observation.tallies
    oldest = np.zeros(len(book.vintage_labels), dtype=np.int64)
    np.minimum.at(oldest, book.loans.vintage, book.loans.origination_month)
    observed = observed_months_on_book(book, observation.timeline.horizon)
    observed &= (oldest == 0)[:, None]
    values = []
    for month in target.values:
        vintages = observed[:, month] if 0 <= month <= MAX_MOB else np.zeros(oldest.size, bool)
        if not vintages.any():
            raise UserError(
                f"{owner}.values: no new loan is observed for {month} months on book in this run"
            )
        ever = tallies.vintage_first_90[:, vintages, : month + 1].sum(axis=(1, 2))
        values.append(share(ever, tallies.vintage_loans[:, vintages].sum(axis=1)))
    return over_paths(np.stack(values, axis=1))
