"""Variables of results.nc on each path: each once, with unit, meaning and where it comes from."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import partial
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulator.results import delinquency
from simulator.results.policy_run import PolicyRun
from simulator.results.table import FRACTION, MONEY
from simulator.vocabulary import CollectionStage, Count, Flow

F8 = NDArray[np.float64]

BURDEN_UNITS: Final = "borrower-months, contacts, complaints"
"""Units of the three burdens, in their order."""


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
    extract: Callable[[PolicyRun], F8]
    dims: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WholeVariable:
    """A variable [scenario, policy, path, *dims] of the whole horizon, run-off included.

    ``extract`` gives (paths, *dims).
    """

    name: str
    unit: str
    long_name: str
    extract: Callable[[PolicyRun], F8]
    dims: tuple[str, ...] = ()


_FLOW_MEANINGS: Final = {
    Flow.DISBURSED: "new loans and drawings on lines paid out",
    Flow.INTEREST_ACCRUED: "interest accrued, waived interest included",
    Flow.PENALTY_ACCRUED: "penalty interest accrued",
    Flow.FEES_ACCRUED: "late fees charged",
    Flow.PRINCIPAL_PAID: "principal paid, prepayments included",
    Flow.INTEREST_PAID: "interest paid",
    Flow.PENALTY_PAID: "penalty interest paid",
    Flow.FEES_PAID: "fees paid",
    Flow.FORGIVEN: "claims forgiven: interest waived under relief, principal cut on a re-plan",
    Flow.WRITTEN_OFF: "balance written off, accrued receivables included",
    Flow.SOLD: "balance of debts sold",
}

_COUNTED_STOCKS: Final = {
    Count.OPENING_BALANCE: (MONEY, "balance at the start of the month"),
    Count.CLOSING_BALANCE: (MONEY, "balance at month end"),
    Count.OPENING_LOANS: ("loans", "open loans at the start of the month"),
    Count.LIVE_BORROWERS: ("borrowers", "borrowers with an open loan at the start of the month"),
    Count.RELIEF_LOANS: ("loans", "loans under relief in the month"),
}
"""Unit and meaning of counts that stand at a moment; they do not add up over months."""

_COUNTED_FLOWS: Final = {
    Count.INSTALMENTS_DUE: ("instalments", "instalments that fell due"),
    Count.INSTALMENTS_LATE: ("instalments", "of these, unpaid after their due day"),
    Count.APPLICANTS: ("applicants", "applications of new customers decided"),
    Count.APPROVED: ("applicants", "of these, offered a loan, taken up or not"),
    Count.DECLINED: ("applicants", "of the approved, left without taking the loan up"),
    Count.FIRST_DISBURSED: (MONEY, "paid out on new customers' loans, first drawings included"),
    Count.REPEAT_APPLICANTS: ("applicants", "applications of customers who came back, decided"),
    Count.REPEAT_APPROVED: ("applicants", "of these, offered a loan, taken up or not"),
    Count.REPEAT_LOANS: ("loans", "loans granted to customers who came back"),
    Count.REPEAT_DISBURSED: (MONEY, "paid out on loans of customers who came back"),
    Count.RELIEF_GRANTED: ("loans", "relief newly granted"),
    Count.RELIEF_NO_NEED: ("loans", "of these, granted although cash was not short"),
    Count.WARNING_TARGETS: (
        "loans",
        "loans scored before the due day with later payment difficulty",
    ),
    Count.WARNED: ("contacts", "early-warning calls made before the due day"),
    Count.WARNED_RIGHTLY: ("contacts", "of these, to borrowers with later payment difficulty"),
    Count.PROMISES: ("loans", "promises to pay made to collectors"),
    Count.PROMISES_KEPT: ("loans", "promises of the month before that were kept"),
    Count.NEW_30: ("loans", "loans first 30 or more days past due in the run, at month end"),
    Count.NEW_90: ("loans", "loans first 90 or more days past due in the run, at month end"),
    Count.COMPLAINTS: ("complaints", "complaints about contacts"),
    Count.CONTACTS_BLOCKED: ("contacts", "contacts that quiet hours or the contact cap forbade"),
    Count.QUEUE_UNSERVED: ("contacts", "planned contacts not made for want of capacity"),
    Count.COLLECTION_COST: (MONEY, "cost of contacts: effort, commissions and complaints"),
    Count.PROGRAMME_COST: (MONEY, "cost of early-warning calls, due-day reminders and programmes"),
    Count.UNDERWRITING_COST: (MONEY, "cost of deciding applications"),
    Count.ACQUISITION_COST: (MONEY, "cost of winning customers, at their first booking"),
    Count.SALE_PRICE: (MONEY, "price received for sold debts"),
    Count.LEGAL_RECOVERED: (MONEY, "won in court on loans written off before"),
    Count.LOST_EVEN: (
        MONEY,
        "balance written off or sold of borrowers with an even permanent id: half of them, by lot",
    ),
}
"""Unit and meaning of counts of what happened in the month."""


def _flow_variable(flow: Flow) -> PathVariable:
    return PathVariable(
        flow.name.lower(),
        MONEY,
        f"{_FLOW_MEANINGS[flow]}, in the month",
        Kind.FLOW,
        lambda policy_run: policy_run.flow(flow),
    )


def _count_variables(counts: Mapping[Count, tuple[str, str]], kind: Kind) -> list[PathVariable]:
    """Counts as they were tallied, under their own names."""
    return [
        PathVariable(
            count.name.lower(), unit, long_name, kind, partial(PolicyRun.count, count=count)
        )
        for count, (unit, long_name) in counts.items()
    ]


_CONTACT_COUNTS: Final = [Count[f"CONTACT_{stage.name}"] for stage in CollectionStage]
_COST_COUNTS: Final = [Count[f"COST_{stage.name}"] for stage in CollectionStage]


PATH_VARIABLES: Final = (
    PathVariable(
        "balance",
        MONEY,
        "balance by bucket at month end",
        Kind.STOCK,
        lambda policy_run: policy_run.tallies.balance,
        ("bucket",),
    ),
    PathVariable(
        "loans",
        "loans",
        "open loans by bucket at month end",
        Kind.STOCK,
        lambda policy_run: policy_run.tallies.loans,
        ("bucket",),
    ),
    PathVariable(
        "overdue_rate",
        FRACTION,
        "balance with days past due >= dpd over balance, month end",
        Kind.RATE,
        lambda policy_run: delinquency.overdue_rates(
            policy_run.tallies.balance, policy_run.tallies.balance.sum(axis=-1)
        ),
        ("dpd",),
    ),
    PathVariable(
        "overdue_rate_before_relief",
        FRACTION,
        "the overdue rate with re-aged loans at their days past due before relief",
        Kind.RATE,
        lambda policy_run: delinquency.overdue_rates(
            policy_run.tallies.balance_before_relief, policy_run.tallies.balance.sum(axis=-1)
        ),
        ("dpd",),
    ),
    PathVariable(
        "first_day_overdue_rate",
        FRACTION,
        "instalments unpaid after their due day over instalments due",
        Kind.RATE,
        lambda policy_run: delinquency.share(
            policy_run.count(Count.INSTALMENTS_LATE), policy_run.count(Count.INSTALMENTS_DUE)
        ),
    ),
    *(_flow_variable(flow) for flow in Flow),
    *_count_variables(_COUNTED_STOCKS, Kind.STOCK),
    *_count_variables(_COUNTED_FLOWS, Kind.FLOW),
    PathVariable(
        "contacts",
        "contacts",
        "contacts made by stage, warning calls and reminders before the due day included",
        Kind.FLOW,
        lambda policy_run: policy_run.tallies.counts[..., _CONTACT_COUNTS],
        ("stage",),
    ),
    PathVariable(
        "collection_cost_by_stage",
        MONEY,
        "collection_cost by stage, effort and commissions; complaints are the rest",
        Kind.FLOW,
        lambda policy_run: policy_run.tallies.counts[..., _COST_COUNTS],
        ("stage",),
    ),
    PathVariable(
        "funding_cost",
        MONEY,
        "cost of funding the balance at the start of the month (parameter funding_annual_rate)",
        Kind.FLOW,
        PolicyRun.funding_cost,
    ),
    PathVariable(
        "operating_cost",
        MONEY,
        "cost of keeping the loans at the start of the month (parameters operating_cost_monthly for"
        " a loan, operating_cost_rate of its balance)",
        Kind.FLOW,
        PolicyRun.operating_cost,
    ),
    PathVariable(
        "allowance_90_change",
        MONEY,
        "rise of the allowance on balance over 90 days past due (parameter allowance_on_90)",
        Kind.FLOW,
        PolicyRun.allowance_change,
    ),
    PathVariable(
        "recovered",
        MONEY,
        "recovered from earlier write-offs, won in court included, without sale prices",
        Kind.FLOW,
        PolicyRun.recovered,
    ),
    PathVariable(
        "recoverable_change",
        MONEY,
        "rise of the recoveries still expected from write-offs so far, an asset (by the products'"
        " curves, without what courts may bring)",
        Kind.FLOW,
        PolicyRun.recoverable_change,
    ),
    PathVariable(
        "relief_handling_cost",
        MONEY,
        "cost of handling relief, without what is forgiven",
        Kind.FLOW,
        lambda policy_run: policy_run.count(Count.RELIEF_COST),
    ),
    PathVariable(
        "relief_cost",
        MONEY,
        "cost of relief: handling and what is forgiven",
        Kind.FLOW,
        lambda policy_run: policy_run.count(Count.RELIEF_COST) + policy_run.flow(Flow.FORGIVEN),
    ),
    PathVariable(
        "unemployment_rate",
        FRACTION,
        "borrowers without work over borrowers with an open loan at the start of the month",
        Kind.RATE,
        lambda policy_run: delinquency.share(
            policy_run.count(Count.UNEMPLOYED), policy_run.count(Count.LIVE_BORROWERS)
        ),
    ),
    PathVariable(
        "macro_unemployment_rate",
        FRACTION,
        "unemployment rate of the economy on this path",
        Kind.RATE,
        lambda policy_run: policy_run.macro_unemployment,
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


WHOLE_VARIABLES: Final = (
    WholeVariable(
        "fates",
        "borrowers",
        "borrowers by outcome against the current policy on the same path, to the horizon",
        lambda policy_run: policy_run.tallies.fates[:, 0, :, 0],
        ("fate",),
    ),
    WholeVariable(
        "fate_balance",
        MONEY,
        "balance of the borrowers of each outcome, at its event",
        lambda policy_run: policy_run.tallies.fates[:, 0, :, 1],
        ("fate",),
    ),
    WholeVariable(
        "burdens",
        BURDEN_UNITS,
        "hardship of borrowers to the horizon: months with a loan overdue, contacts, complaints",
        lambda policy_run: policy_run.tallies.burdens[:, 0],
        ("burden",),
    ),
)
"""Whole-book figures of borrowers to the horizon; docs/model.md, section 12."""
