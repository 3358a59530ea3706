"""The levers: everything management can do, each once, with its range and how edits combine.

Every field has one combination rule, which is commutative and associative, so policies combine
in any order. The records that kernels read have these names as fields; ``intensity_`` and
``capacity_multiplier_`` levers are folded into efforts and capacities when a table is built.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

import numpy as np

from simulator.vocabulary import CollectionStage, Priority

UNLIMITED: Final = 1e9
"""A capacity, cap or budget that never binds."""


class Combine(Enum):
    """How several edits of one field, and the base, combine."""

    MIN = "min"
    MAX = "max"
    ADD = "add"
    MULTIPLY = "multiply"


@dataclass(frozen=True, slots=True)
class LeverField:
    """Name, meaning, base value, allowed range and combination rule of one lever."""

    name: str
    meaning: str
    base: float
    low: float
    high: float
    combine: Combine


COLLECTION_STAGE_NAMES: Final = tuple(stage.name.lower() for stage in CollectionStage)
"""Names of the collection stages as they end the ``effort_`` and ``capacity_`` levers."""

_M = Combine
_F = LeverField


def _by_stage(
    prefix: str, meaning: str, base: float, low: float, high: float, combine: Combine
) -> tuple[LeverField, ...]:
    return tuple(
        _F(f"{prefix}_{s}", meaning.format(s), base, low, high, combine)
        for s in COLLECTION_STAGE_NAMES
    )


_EFFORTS = _by_stage("effort", "probability that a {} is attempted this month", 0, 0, 1, _M.ADD)
INTENSITIES: Final = _by_stage(
    "intensity", "effort of a {} over what it was", 1, 0, 10, _M.MULTIPLY
)
"""By the same cells as loan levers; each multiplies the effort of its stage."""

LOAN_LEVERS: Final = (
    _F(
        "p_relief_if_need",
        "probability that relief is asked for and granted, if cash is short",
        0,
        0,
        1,
        _M.MAX,
    ),
    _F("p_relief_if_no_need", "the same, if cash is not short", 0, 0, 1, _M.MAX),
    _F("relief_months", "months that granted relief lasts", 0, 0, 60, _M.MAX),
    _F("due_share", "share of the instalment that stays due under relief", 1, 0, 1, _M.MIN),
    _F("interest_share", "share of the interest that is charged under relief", 1, 0, 1, _M.MIN),
    _F(
        "term_extension_months",
        "re-plan: months added to the remaining term, arrears spread",
        0,
        0,
        120,
        _M.MAX,
    ),
    _F(
        "affordable_share",
        "re-plan: no more months than bring the instalment to this share of income; 0: all",
        0,
        0,
        1,
        _M.MAX,
    ),
    _F("principal_cut_share", "share of the principal forgiven with relief", 0, 0, 1, _M.MAX),
    _F("relief_max_uses", "times that a loan may get relief", 0, 0, 60, _M.MAX),
    _F("relief_min_months_on_book", "youngest loan that may get relief", 600, 0, 600, _M.MIN),
    *_EFFORTS,
    _F(
        "promise_share",
        "probability that a borrower who is reached by a person and does not pay promises to pay"
        " next month",
        0,
        0,
        1,
        _M.MAX,
    ),
    _F(
        "negotiated_share",
        "probability that a borrower who is reached by a person and short of cash agrees to a new"
        " plan",
        0,
        0,
        1,
        _M.MAX,
    ),
    _F("negotiated_extension_months", "months that a negotiated plan adds", 0, 0, 120, _M.MAX),
    _F(
        "line_multiplier",
        "limit of a revolving line over its contract limit; 0 freezes it",
        1,
        0,
        3,
        _M.MULTIPLY,
    ),
)
"""By month, class, bucket at the month's start and the hardship that the lender sees."""

CUSTOMER_LEVERS: Final = (
    _F("forget_factor", "factor on the probability to forget a due day", 1, 0, 10, _M.MULTIPLY),
    _F("channel_factor", "failures of the payment channel over today's", 1, 0, 10, _M.MULTIPLY),
    _F("misunderstand_factor", "misunderstood terms over today's", 1, 0, 10, _M.MULTIPLY),
    _F("due_reminder", "probability of a reminder before the due day", 0, 0, 1, _M.ADD),
    _F(
        "due_reminder_effect",
        "probability that a reminder read before the due day is heeded",
        0,
        0,
        1,
        _M.MAX,
    ),
    _F(
        "autopay_share",
        "share of borrowers who paid by hand and pay automatically by now",
        0,
        0,
        1,
        _M.MAX,
    ),
    _F("education_share", "share of borrowers whom education reaches", 0, 0, 1, _M.MAX),
    _F("education_ramp", "part of its full effect that education has by now", 0, 0, 1, _M.MAX),
    _F(
        "prevention_cost",
        "cost per open loan and month, in reference money",
        0,
        0,
        1000,
        _M.ADD,
    ),
    _F("warning_recall", "share of coming troubles that the early warning sees", 0, 0, 1, _M.MAX),
    _F("warning_false_alarm", "share of quiet loans that it flags", 0, 0, 1, _M.MAX),
    _F(
        "warning_offer_if_need",
        "probability that a warned borrower who is short takes the relief offered",
        0,
        0,
        1,
        _M.MAX,
    ),
    _F("warning_offer_if_no_need", "the same, of one who is not short", 0, 0, 1, _M.MAX),
)
"""By month and class: what reaches every customer, overdue or not."""

UNDERWRITING_LEVERS: Final = (
    _F("score_cutoff", "lowest score approved", 0, 0, 1000, _M.MAX),
    _F("debt_service_cap", "largest debt service over stated income", 10, 0, 10, _M.MIN),
    _F("platform_cap", "largest number of other platforms", 100, 0, 100, _M.MIN),
    _F("amount_multiplier", "amount granted over amount asked", 1, 0, 3, _M.MULTIPLY),
    _F("price_add", "yearly rate added to new loans", 0, -0.5, 0.5, _M.ADD),
    _F(
        "income_verified_share",
        "share of the overstatement of income that is found out",
        0,
        0,
        1,
        _M.MAX,
    ),
    _F(
        "application_cost_multiplier",
        "cost of deciding an application, over the catalogue's",
        1,
        0,
        100,
        _M.MULTIPLY,
    ),
    _F("decision_days", "days that a decision takes longer", 0, 0, 60, _M.ADD),
    _F(
        "score_signal_share",
        "share of the noise of the score that better data remove",
        0,
        0,
        1,
        _M.MAX,
    ),
    _F("interest_free_months", "first months of a new loan without interest", 0, 0, 60, _M.MAX),
)
"""By month and class, for applicants."""

CAPACITY_MULTIPLIERS: Final = (
    *_by_stage("capacity_multiplier", "staff of the {} stage over today's", 1, 0, 100, _M.MULTIPLY),
)
"""One value a policy; each multiplies the capacity of its stage."""

BOOK_LEVERS: Final = (
    *_by_stage(
        "capacity",
        "{} contacts a month per 1,000 opening loans",
        UNLIMITED,
        0,
        UNLIMITED,
        _M.MIN,
    ),
    _F(
        "capacity_warning",
        "calls before the due day, a month per 1,000 opening loans",
        UNLIMITED,
        0,
        UNLIMITED,
        _M.MIN,
    ),
    *_by_stage(
        "day_shift", "days by which the {} comes later (earlier if < 0)", 0, -29, 29, _M.ADD
    ),
    _F(
        "call_hours_share",
        "share of the wanted calls that fall outside quiet hours",
        1,
        0,
        1,
        _M.MIN,
    ),
    _F(
        "contact_cap",
        "expected AI, human, field and agency contacts a loan may get in a month",
        UNLIMITED,
        0,
        UNLIMITED,
        _M.MIN,
    ),
    _F(
        "fixed_cost",
        "cost of staff and programmes a month, in reference money per 1,000 opening loans",
        0,
        0,
        1e6,
        _M.ADD,
    ),
    _F(
        "relief_budget",
        "deferred instalments a month over opening balance",
        UNLIMITED,
        0,
        UNLIMITED,
        _M.MIN,
    ),
    _F(
        "contact_priority",
        "Priority of limited collectors",
        float(Priority.OLDEST_FIRST),
        0,
        float(max(Priority)),
        _M.MAX,
    ),
    _F("sale_dpd", "debts older than this are sold at month end", UNLIMITED, 30, UNLIMITED, _M.MIN),
    _F("sale_price_share", "price of a sold debt over its balance", 0, 0, 1, _M.MAX),
    _F(
        "tighten_trigger",
        "30+ rate of last month above which the score cut-off rises",
        1,
        0,
        1,
        _M.MIN,
    ),
    _F(
        "tighten_slope",
        "points of cut-off per unit of 30+ rate above the trigger",
        0,
        0,
        1e5,
        _M.MAX,
    ),
    _F(
        "refusal_after_relief",
        "refusal of those who ever had relief, over others'",
        1,
        0,
        20,
        _M.MULTIPLY,
    ),
    _F(
        "relief_is_record",
        "1: relief counts as a late record of the customer, as 30 days past due do",
        0,
        0,
        1,
        _M.MAX,
    ),
)
"""One value a policy."""


def _dtype(fields: Sequence[LeverField]) -> np.dtype[np.void]:
    return np.dtype([(f.name, np.float64) for f in fields])


LOAN_LEVER_DTYPE: Final = _dtype(LOAN_LEVERS)
CUSTOMER_LEVER_DTYPE: Final = _dtype(CUSTOMER_LEVERS)
UNDERWRITING_DTYPE: Final = _dtype(UNDERWRITING_LEVERS)
BOOK_LEVER_DTYPE: Final = _dtype(BOOK_LEVERS)
ALL_FIELDS: Final = {
    f.name: f
    for f in (
        *LOAN_LEVERS,
        *INTENSITIES,
        *CUSTOMER_LEVERS,
        *UNDERWRITING_LEVERS,
        *BOOK_LEVERS,
        *CAPACITY_MULTIPLIERS,
    )
}
