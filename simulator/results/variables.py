"""The dictionary of results.nc: every variable once, with unit, meaning and where it comes from."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulator.catalogue import Parameters
from simulator.kernels.tally import FIRST_90, Tallies
from simulator.results import overdue
from simulator.units import monthly_simple
from simulator.vocabulary import Count, Flow, Stage

F8 = NDArray[np.float64]

MONEY: Final = "currency"
"""Unit of money in this dictionary; files carry the book's currency code instead."""
FRACTION: Final = "1"


@dataclass(frozen=True, slots=True)
class Cell:
    """One scenario under one policy: its tallies and what was derived from them.

    ``recovered`` and ``macro_unemployment`` have shape (paths, horizon + 1);
    ``opening_borrowers`` is a weighted number; ``observed`` has shape (vintage, mob).
    """

    tallies: Tallies
    recovered: F8
    recoverable_later: F8
    macro_unemployment: F8
    opening_borrowers: float
    observed: NDArray[np.bool_]
    parameters: Parameters

    def flow(self, flow: Flow) -> F8:
        """One flow, shape (paths, horizon + 1)."""
        return self.tallies.flows[..., flow]

    def count(self, count: Count) -> F8:
        """One count, shape (paths, horizon + 1)."""
        return self.tallies.counts[..., count]

    def funding_cost(self) -> F8:
        """Cost of funding the balance of each month's start, shape (paths, horizon + 1)."""
        rate = monthly_simple(self.parameters["funding_annual_rate"])
        return rate * self.count(Count.OPENING_BALANCE)

    def allowance_change(self) -> F8:
        """Rise of the allowance against balance over 90 days past due, (paths, horizon + 1)."""
        stock = self.tallies.balance[..., FIRST_90:].sum(axis=-1)
        rise: F8 = np.diff(stock, axis=1, prepend=stock[:, :1])
        return self.parameters["allowance_on_90"] * rise

    @property
    def closing(self) -> F8:
        """Balance at month end, shape (paths, horizon + 1)."""
        return self.count(Count.CLOSING_BALANCE)


class Kind(Enum):
    """How a monthly variable adds up over months."""

    STOCK = "stock"
    FLOW = "flow"
    RATE = "rate"


@dataclass(frozen=True, slots=True)
class PathVariable:
    """A variable [scenario, policy, path, month, *dims]; ``extract`` gives (paths, months, *dims)
    for months 0..horizon.
    """

    name: str
    unit: str
    long_name: str
    kind: Kind
    extract: Callable[[Cell], F8]
    dims: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StatisticVariable:
    """A variable over paths [scenario, policy, *dims], as mean, ``_se``, ``_p05/_p50/_p95``.

    ``extract`` gives (paths, *dims), with months 0..horizon where ``month`` is among them.
    """

    name: str
    unit: str
    long_name: str
    dims: tuple[str, ...]
    extract: Callable[[Cell], F8]


_FLOW_MEANINGS: Final = {
    Flow.DISBURSED: "new loans and drawings on lines paid out",
    Flow.INTEREST_ACCRUED: "interest accrued, waived interest included",
    Flow.PENALTY_ACCRUED: "penalty interest accrued",
    Flow.FEES_ACCRUED: "late fees charged",
    Flow.PRINCIPAL_PAID: "principal paid, prepayments included",
    Flow.INTEREST_PAID: "interest paid",
    Flow.PENALTY_PAID: "penalty interest paid",
    Flow.FEES_PAID: "fees paid",
    Flow.FORGIVEN: "claims forgiven: interest waived under relief",
    Flow.WRITTEN_OFF: "balance written off, accrued receivables included",
    Flow.SOLD: "balance of debts sold",
}

_COUNTS: Final = (
    (
        "opening_balance",
        MONEY,
        "balance at the month's start",
        Kind.STOCK,
        Count.OPENING_BALANCE,
    ),
    ("closing_balance", MONEY, "balance at month end", Kind.STOCK, Count.CLOSING_BALANCE),
    ("opening_loans", "loans", "open loans at the month's start", Kind.STOCK, Count.OPENING_LOANS),
    (
        "live_borrowers",
        "borrowers",
        "borrowers with an open loan at the month's start",
        Kind.STOCK,
        Count.LIVE_BORROWERS,
    ),
    (
        "instalments_due",
        "instalments",
        "instalments that fell due",
        Kind.FLOW,
        Count.INSTALMENTS_DUE,
    ),
    (
        "instalments_late",
        "instalments",
        "of these, unpaid after their due day",
        Kind.FLOW,
        Count.INSTALMENTS_LATE,
    ),
    ("applicants", "applicants", "applications decided", Kind.FLOW, Count.APPLICANTS),
    ("approved", "applicants", "of these, approved and disbursed", Kind.FLOW, Count.APPROVED),
    ("relief_granted", "loans", "relief newly granted", Kind.FLOW, Count.RELIEF_GRANTED),
    (
        "relief_no_need",
        "loans",
        "of these, granted although cash was not short",
        Kind.FLOW,
        Count.RELIEF_NO_NEED,
    ),
    ("relief_loans", "loans", "loans under relief in the month", Kind.STOCK, Count.RELIEF_LOANS),
    ("complaints", "complaints", "complaints about contacts", Kind.FLOW, Count.COMPLAINTS),
    (
        "queue_unserved",
        "contacts",
        "planned contacts not made for want of capacity",
        Kind.FLOW,
        Count.QUEUE_UNSERVED,
    ),
    ("collection_cost", MONEY, "cost of contacts", Kind.FLOW, Count.COLLECTION_COST),
    (
        "underwriting_cost",
        MONEY,
        "cost of deciding applications",
        Kind.FLOW,
        Count.UNDERWRITING_COST,
    ),
    (
        "relief_handling_cost",
        MONEY,
        "cost of handling relief, without the interest waived",
        Kind.FLOW,
        Count.RELIEF_COST,
    ),
    ("sale_price", MONEY, "price received for sold debts", Kind.FLOW, Count.SALE_PRICE),
)


def _flow_variable(flow: Flow) -> PathVariable:
    return PathVariable(
        flow.name.lower(),
        MONEY,
        f"{_FLOW_MEANINGS[flow]}, in the month",
        Kind.FLOW,
        lambda cell: cell.flow(flow),
    )


def _count_variable(name: str, unit: str, long_name: str, kind: Kind, count: Count) -> PathVariable:
    return PathVariable(name, unit, long_name, kind, lambda cell: cell.count(count))


def _contacts(cell: Cell) -> F8:
    return cell.tallies.counts[..., Count.CONTACT_REMINDER : Count.CONTACT_REMINDER + len(Stage)]


PATH_VARIABLES: Final = (
    PathVariable(
        "balance",
        MONEY,
        "balance by bucket at month end",
        Kind.STOCK,
        lambda cell: cell.tallies.balance,
        ("bucket",),
    ),
    PathVariable(
        "loans",
        "loans",
        "open loans by bucket at month end",
        Kind.STOCK,
        lambda cell: cell.tallies.loans,
        ("bucket",),
    ),
    PathVariable(
        "overdue_rate",
        FRACTION,
        "balance with days past due >= dpd over balance, month end",
        Kind.RATE,
        lambda cell: overdue.overdue_rates(cell.tallies.balance, cell.tallies.balance.sum(axis=-1)),
        ("dpd",),
    ),
    PathVariable(
        "overdue_rate_before_relief",
        FRACTION,
        "the overdue rate with re-aged loans at their days past due before relief",
        Kind.RATE,
        lambda cell: overdue.overdue_rates(
            cell.tallies.balance_before_relief, cell.tallies.balance.sum(axis=-1)
        ),
        ("dpd",),
    ),
    PathVariable(
        "first_day_overdue_rate",
        FRACTION,
        "instalments unpaid after their due day over instalments due",
        Kind.RATE,
        lambda cell: overdue.share(
            cell.count(Count.INSTALMENTS_LATE), cell.count(Count.INSTALMENTS_DUE)
        ),
    ),
    *(_flow_variable(flow) for flow in Flow),
    *(_count_variable(*row) for row in _COUNTS),
    PathVariable(
        "contacts",
        "contacts",
        "contacts made by stage",
        Kind.FLOW,
        _contacts,
        ("stage",),
    ),
    PathVariable(
        "funding_cost",
        MONEY,
        "cost of funding the balance of the month's start (parameter funding_annual_rate)",
        Kind.FLOW,
        Cell.funding_cost,
    ),
    PathVariable(
        "allowance_90_change",
        MONEY,
        "rise of the allowance on balance over 90 days past due (parameter allowance_on_90)",
        Kind.FLOW,
        Cell.allowance_change,
    ),
    PathVariable(
        "recovered",
        MONEY,
        "recovered from earlier write-offs, without sale prices",
        Kind.FLOW,
        lambda cell: cell.recovered,
    ),
    PathVariable(
        "relief_cost",
        MONEY,
        "cost of relief: handling and the interest waived",
        Kind.FLOW,
        lambda cell: cell.count(Count.RELIEF_COST) + cell.flow(Flow.FORGIVEN),
    ),
    PathVariable(
        "unemployment_rate",
        FRACTION,
        "opening borrowers without work over opening borrowers, closed accounts included",
        Kind.RATE,
        lambda cell: cell.count(Count.UNEMPLOYED) / cell.opening_borrowers,
    ),
    PathVariable(
        "macro_unemployment_rate",
        FRACTION,
        "unemployment rate of the economy on this path",
        Kind.RATE,
        lambda cell: cell.macro_unemployment,
    ),
)

OPENING_VARIABLES: Final = (
    "balance",
    "loans",
    "overdue_rate",
    "overdue_rate_before_relief",
    "unemployment_rate",
    "macro_unemployment_rate",
)
"""Path variables that are also given at month 0, as ``NAME_at_opening`` without ``month``."""


def _cut_variables(dim: str, noun: str, cut: Callable[[Tallies], F8]) -> list[StatisticVariable]:
    """Balance and the 30+ and 90+ rates by one margin."""
    dims = ("month", dim)
    return [
        StatisticVariable(
            f"balance_by_{dim}",
            MONEY,
            f"balance by {noun}, month end",
            dims,
            lambda cell: cut(cell.tallies)[..., 0],
        ),
        StatisticVariable(
            f"overdue_rate_30_by_{dim}",
            FRACTION,
            f"balance 30 or more days past due over balance, within the {noun}",
            dims,
            lambda cell: overdue.cut_overdue_rate(cut(cell.tallies), "balance_30"),
        ),
        StatisticVariable(
            f"overdue_rate_90_by_{dim}",
            FRACTION,
            f"balance 90 or more days past due over balance, within the {noun}",
            dims,
            lambda cell: overdue.cut_overdue_rate(cut(cell.tallies), "balance_90"),
        ),
    ]


STATISTIC_VARIABLES: Final = (
    StatisticVariable(
        "roll_balance",
        MONEY,
        "opening balance of the bucket by where its loans are a month later",
        ("month", "from_bucket", "to_bucket"),
        lambda cell: cell.tallies.roll,
    ),
    StatisticVariable(
        "roll_rate",
        FRACTION,
        "share of the bucket's opening balance by where its loans are a month later",
        ("month", "from_bucket", "to_bucket"),
        lambda cell: overdue.roll_rates(cell.tallies.roll),
    ),
    StatisticVariable(
        "overdue_by_cause",
        FRACTION,
        "balance 1 or more days past due, by cause of the spell, over total balance",
        ("month", "cause"),
        lambda cell: overdue.overdue_by_cause(cell.tallies.cause_balance, cell.closing),
    ),
    StatisticVariable(
        "vintage_ever_90",
        FRACTION,
        "cumulative share of the vintage's loans that first came to 90 days past due in the run",
        ("vintage", "mob"),
        lambda cell: overdue.ever_90(
            cell.tallies.vintage_first_90, cell.tallies.vintage_loans, cell.observed
        ),
    ),
    *_cut_variables("segment", "segment", lambda tallies: tallies.by_segment),
    *_cut_variables("age_band", "age band", lambda tallies: tallies.by_age),
    *_cut_variables("income_decile", "income decile", lambda tallies: tallies.by_income),
)

STATISTIC_SUFFIXES: Final = {
    "": "mean over paths",
    "_se": "standard error of the mean over paths",
    "_p05": "5 % quantile over paths",
    "_p50": "median over paths",
    "_p95": "95 % quantile over paths",
}


def unit_in(currency: str, unit: str) -> str:
    """``unit`` with the placeholder for money replaced by the currency code."""
    return currency if unit == MONEY else unit
