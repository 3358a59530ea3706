"""Metrics of the same borrowers under two policies: fates, burdens and the ratios of them.

Figures of the whole horizon, run-off included, without month. Fates are differences to the
reference already, so that only burdens have ``delta_`` rows.
"""

from collections.abc import Callable, Iterator
from typing import Final

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from simulator.results.compare import paired_difference
from simulator.results.metric import HIGHER, LOWER, Metric, MetricValues, Span, whole_values
from simulator.results.path_metrics import BY_NAME, lifetime_view, monthly_view, total_view
from simulator.results.table import FRACTION, MONEY
from simulator.vocabulary import FOLLOW_UP_MONTHS, Burden, Fate

F8 = NDArray[np.float64]

_RATIO: Final = (
    "ratio of the means over paths, interval by the delta method; empty unless the 95 % interval"
    " of the lower part lies above 0"
)


def _column(variable: str, kind: Fate | Burden) -> Callable[[xr.Dataset], F8]:
    return lambda dataset: monthly_view(dataset)(variable)[..., kind]


def net_saved(fates: F8) -> F8:
    """Borrowers saved less borrowers harmed, from ``fates`` (..., fate); their shape without it."""
    return fates[..., Fate.SAVED] - fates[..., Fate.HARMED]


def cost_of_policy(dataset: xr.Dataset) -> F8:
    """What a policy costs besides losses, against the reference; (scenario, policy, path).

    Minus the paired difference of ``result_before_losses``, with the run-off where there is one.
    """
    view = lifetime_view if int(dataset.attrs["runoff_months"]) > 0 else total_view
    result = BY_NAME["result_before_losses"](view(dataset))[..., 0]
    policies = [str(name) for name in dataset["policy"].values]
    return -paired_difference(result, policies.index(str(dataset.attrs["reference"])))


_THERE: Final = "at the first 90+ under the current policy"
_HERE: Final = "at the first 90+"
_GRANTED: Final = "when relief was first granted"
_BOOK: Final = "principal as in the book"
_WITHIN: Final = f"to the horizon or, with relief, within {FOLLOW_UP_MONTHS} months after it ends"

_FATE_METRICS: Final = {
    Fate.SAVED: (
        "saved",
        f"90+ days past due under the current policy, not here, {_WITHIN}",
        _THERE,
    ),
    Fate.DELAYED: ("delayed", "90+ later than under the current policy", _THERE),
    Fate.HASTENED: ("hastened", "90+ earlier than under the current policy", _THERE),
    Fate.HARMED: ("harmed", f"90+ here only, {_WITHIN}", _HERE),
    Fate.CENSORED: (
        "censored",
        f"90+ under the current policy only, with less than {FOLLOW_UP_MONTHS} months of follow-up"
        " after relief",
        _THERE,
    ),
    Fate.RELIEVED: ("relieved", "took relief", _GRANTED),
    Fate.FREE_RIDER: (
        "free_riders",
        "relief taken without need: never 30+ under the current policy",
        _GRANTED,
    ),
    Fate.REFUSED_GOOD: (
        "refused_good",
        "a loan under the current policy only, never 90+ there",
        _BOOK,
    ),
    Fate.REFUSED_BAD: (
        "refused_bad",
        "a loan under the current policy only, 90+ there",
        _THERE,
    ),
    Fate.ADMITTED_GOOD: ("admitted_good", "a loan here only, never 90+", _BOOK),
    Fate.ADMITTED_BAD: ("admitted_bad", "a loan here only, 90+", _HERE),
    Fate.LAPSED: (
        "lapsed",
        f"of the saved, those 90+ here later than {FOLLOW_UP_MONTHS} months after relief ended",
        _THERE,
    ),
    Fate.HARMED_LATER: (
        "harmed_later",
        f"90+ here only, later than {FOLLOW_UP_MONTHS} months after relief ended; not among harmed",
        _HERE,
    ),
}
"""Name, who they are, and which balance counts."""

_GOOD: Final = {
    Fate.SAVED: HIGHER,
    Fate.DELAYED: HIGHER,
    Fate.HASTENED: LOWER,
    Fate.HARMED: LOWER,
    Fate.FREE_RIDER: LOWER,
    Fate.REFUSED_GOOD: LOWER,
    Fate.REFUSED_BAD: HIGHER,
    Fate.ADMITTED_GOOD: HIGHER,
    Fate.ADMITTED_BAD: LOWER,
    Fate.LAPSED: LOWER,
    Fate.HARMED_LATER: LOWER,
}
"""Which way is better for borrowers and lender; the others say how sure the saved are."""

_BURDEN_METRICS: Final = {
    Burden.OVERDUE_MONTHS: (
        "overdue_borrower_months",
        "borrower-months",
        "months of borrowers with a loan overdue at month end",
    ),
    Burden.CONTACTS: ("borrower_contacts", "contacts", "contacts with borrowers"),
    Burden.COMPLAINTS: ("borrower_complaints", "complaints", "complaints of borrowers"),
}

FATE_METRICS: Final = (
    *(
        Metric(
            name,
            "borrowers",
            f"borrowers: {who}",
            Span.WHOLE,
            _column("fates", fate),
            better=_GOOD.get(fate, 0),
        )
        for fate, (name, who, _) in _FATE_METRICS.items()
    ),
    *(
        Metric(
            f"{name}_balance",
            MONEY,
            f"balance of {name}, {when}",
            Span.WHOLE,
            _column("fate_balance", fate),
            better=_GOOD.get(fate, 0),
        )
        for fate, (name, _, when) in _FATE_METRICS.items()
    ),
    Metric(
        "kicked_can_index",
        FRACTION,
        "re-default after relief: borrowers that are 30+ within"
        f" {FOLLOW_UP_MONTHS} months after it, over all kept below 30+ by it; {_RATIO}",
        Span.WHOLE,
        _column("fates", Fate.RETURNED),
        _column("fates", Fate.PREVENTED),
        LOWER,
    ),
    Metric(
        "free_rider_share",
        FRACTION,
        f"free_riders over relieved; {_RATIO}",
        Span.WHOLE,
        _column("fates", Fate.FREE_RIDER),
        _column("fates", Fate.RELIEVED),
        LOWER,
    ),
)
"""Against the reference on the same path; the reference's own are zero, relief apart."""

BURDEN_METRICS: Final = tuple(
    Metric(name, unit, words, Span.WHOLE, _column("burdens", burden), better=LOWER)
    for burden, (name, unit, words) in _BURDEN_METRICS.items()
)

COST_PER_SAVED: Final = Metric(
    "cost_per_saved",
    f"{MONEY}/borrower",
    "fall of result_before_losses against the current policy (lifetime_ where there are run-off"
    f" months) over net saved, which is saved - harmed; {_RATIO}; no row for the current policy",
    Span.WHOLE,
    cost_of_policy,
    lambda dataset: net_saved(monthly_view(dataset)("fates")),
    LOWER,
)


def fate_values(dataset: xr.Dataset) -> Iterator[MetricValues]:
    """Every metric that is a difference to the reference in itself."""
    return (whole_values(metric, dataset) for metric in FATE_METRICS)


def burden_values(dataset: xr.Dataset) -> Iterator[MetricValues]:
    """Every metric of hardship, each policy's own."""
    return (whole_values(metric, dataset) for metric in BURDEN_METRICS)
