"""Variables of results.nc over paths: everything too large to keep on each path."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulator.kernels.pairing import GROUP_KINDS, group_slices
from simulator.kernels.tally import Tallies
from simulator.results import delinquency
from simulator.results.policy_run import PolicyRun
from simulator.results.table import FRACTION, MONEY
from simulator.results.variables import BURDEN_UNITS

F8 = NDArray[np.float64]

_NOUNS: Final = {
    "segment": "segment",
    "age_band": "age band",
    "income_decile": "income decile",
    "region": "region",
    "product": "product",
}
"""What a margin is called in a sentence."""


@dataclass(frozen=True, slots=True)
class StatisticVariable:
    """A variable over paths [scenario, policy, *dims], as mean, ``_se``, ``_p05/_p50/_p95``.

    ``extract`` gives (paths, *dims), with months 0..horizon where ``month`` is among them, from
    the arrays ``reads`` of tallies.
    """

    name: str
    unit: str
    long_name: str
    dims: tuple[str, ...]
    extract: Callable[[PolicyRun], F8]
    reads: tuple[str, ...] = ("stocks",)


def _cut_variables(dim: str, cut: Callable[[Tallies], F8]) -> list[StatisticVariable]:
    """Balance and the 30+ and 90+ rates by one margin."""
    noun, dims = _NOUNS[dim], ("month", dim)
    return [
        StatisticVariable(
            f"balance_by_{dim}",
            MONEY,
            f"balance by {noun}, month end",
            dims,
            lambda policy_run: cut(policy_run.tallies)[..., 0],
        ),
        StatisticVariable(
            f"overdue_rate_30_by_{dim}",
            FRACTION,
            f"balance 30 or more days past due over balance, within the {noun}",
            dims,
            lambda policy_run: delinquency.cut_overdue_rate(cut(policy_run.tallies), "balance_30"),
        ),
        StatisticVariable(
            f"overdue_rate_90_by_{dim}",
            FRACTION,
            f"balance 90 or more days past due over balance, within the {noun}",
            dims,
            lambda policy_run: delinquency.cut_overdue_rate(cut(policy_run.tallies), "balance_90"),
        ),
    ]


def groups_of(tallies: Tallies, kind: str) -> slice:
    """Groups of one of ``pairing.GROUP_KINDS`` among those of ``fates`` and ``burdens``."""
    n_products = tallies.written_off_by_product.shape[-1]
    others = group_slices(0, n_products)[GROUP_KINDS[-1]].stop
    return group_slices(tallies.fates.shape[1] - others, n_products)[kind]


def _group_variables(dim: str) -> list[StatisticVariable]:
    """Fates and burdens by one margin."""
    noun = _NOUNS[dim]
    return [
        StatisticVariable(
            f"fates_by_{dim}",
            "borrowers",
            f"borrowers by {noun} and by outcome against the current policy, to the horizon",
            (dim, "fate"),
            lambda policy_run: policy_run.tallies.fates[
                :, groups_of(policy_run.tallies, dim), :, 0
            ],
            ("fates",),
        ),
        StatisticVariable(
            f"burdens_by_{dim}",
            BURDEN_UNITS,
            f"hardship by {noun} to the horizon: months with a loan overdue, contacts, complaints",
            (dim, "burden"),
            lambda policy_run: policy_run.tallies.burdens[:, groups_of(policy_run.tallies, dim)],
            ("burdens",),
        ),
    ]


STATISTIC_VARIABLES: Final = (
    StatisticVariable(
        "roll_balance",
        MONEY,
        "opening balance of the bucket by where its loans are a month later",
        ("month", "from_bucket", "to_bucket"),
        lambda policy_run: policy_run.tallies.roll,
        ("roll",),
    ),
    StatisticVariable(
        "roll_rate",
        FRACTION,
        "share of the opening balance of the bucket by the state of its loans a month later",
        ("month", "from_bucket", "to_bucket"),
        lambda policy_run: delinquency.roll_rates(policy_run.tallies.roll),
        ("roll",),
    ),
    StatisticVariable(
        "overdue_by_cause",
        FRACTION,
        "balance 1 or more days past due, by cause of the spell, over total balance",
        ("month", "cause"),
        lambda policy_run: delinquency.overdue_by_cause(
            policy_run.tallies.cause_balance, policy_run.closing
        ),
        ("stocks", "counts"),
    ),
    StatisticVariable(
        "vintage_ever_90",
        FRACTION,
        "cumulative share of the loans of the vintage first 90 days past due in the run",
        ("vintage", "mob"),
        lambda policy_run: delinquency.ever_90(
            policy_run.tallies.vintage_first_90,
            policy_run.tallies.vintage_loans,
            policy_run.observed,
        ),
        ("vintage_first_90", "vintage_loans"),
    ),
    *_cut_variables("segment", lambda tallies: tallies.by_segment),
    *_cut_variables("age_band", lambda tallies: tallies.by_age),
    *_cut_variables("income_decile", lambda tallies: tallies.by_income),
    *(item for dim in GROUP_KINDS[1:] for item in _group_variables(dim)),
)

STATISTIC_SUFFIXES: Final = {
    "": "mean over paths",
    "_se": "standard error of the mean over paths",
    "_p05": "5 % quantile over paths",
    "_p50": "median over paths",
    "_p95": "95 % quantile over paths",
}
