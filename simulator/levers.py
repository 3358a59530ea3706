"""The lever table: everything management can do to a loan in a month, and how edits combine.

A policy is a list of ``Edit``s on a base table. Every field has one combination rule, which is
commutative and associative, so policies combine in any order. The compiled kernels read the
packed records that ``build_levers`` returns.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.validation import UserError
from simulator.vocabulary import N_BUCKETS, N_STAGES, Hardship, Priority

MAX_CLASSES = 32


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


_M = Combine
_EFFORTS = tuple(
    LeverField(f"effort_{s}", f"chance that a {s} is attempted this month", 0.0, 0, 1, _M.ADD)
    for s in ("reminder", "ai_call", "human_call", "field_visit", "legal")
)

LOAN_LEVERS = (
    LeverField(
        "p_relief_if_need",
        "chance that relief is asked for and granted, if cash is short",
        0.0,
        0,
        1,
        _M.MAX,
    ),
    LeverField("p_relief_if_no_need", "the same, if cash is not short", 0.0, 0, 1, _M.MAX),
    LeverField("relief_months", "months that granted relief lasts", 0.0, 0, 60, _M.MAX),
    LeverField(
        "due_share", "share of the instalment that stays due under relief", 1.0, 0, 1, _M.MIN
    ),
    LeverField(
        "interest_share", "share of the interest that is charged under relief", 1.0, 0, 1, _M.MIN
    ),
    LeverField(
        "term_extension_months",
        "re-plan: months added to the remaining term, arrears spread",
        0.0,
        0,
        120,
        _M.MAX,
    ),
    LeverField("relief_max_uses", "times that a loan may get relief", 0.0, 0, 60, _M.MAX),
    *_EFFORTS,
    LeverField(
        "line_multiplier",
        "limit of a revolving line over its contract limit",
        1.0,
        0,
        3,
        _M.MULTIPLY,
    ),
)
"""By month, class, bucket at the month's start and hardship."""

UNDERWRITING_LEVERS = (
    LeverField("score_cutoff", "lowest score approved", 0.0, 0, 1000, _M.MAX),
    LeverField("debt_service_cap", "largest debt service over stated income", 10.0, 0, 10, _M.MIN),
    LeverField("platform_cap", "largest number of other platforms", 100.0, 0, 100, _M.MIN),
    LeverField("amount_multiplier", "amount granted over amount asked", 1.0, 0, 3, _M.MULTIPLY),
    LeverField("price_add", "yearly rate added to new loans", 0.0, -0.5, 0.5, _M.ADD),
    LeverField(
        "income_verified_share",
        "share of the overstatement of income that is found out",
        0.0,
        0,
        1,
        _M.MAX,
    ),
    LeverField(
        "application_cost_multiplier",
        "cost of deciding an application, over the catalogue's",
        1.0,
        0,
        100,
        _M.MULTIPLY,
    ),
)
"""By month and class, for applicants."""

BOOK_LEVERS = (
    *(
        LeverField(
            f"capacity_{s}", f"{s} contacts a month per 1,000 opening loans", 1e9, 0, 1e9, _M.MIN
        )
        for s in ("reminder", "ai_call", "human_call", "field_visit", "legal")
    ),
    LeverField(
        "relief_budget", "deferred instalments a month over opening balance", 1e9, 0, 1e9, _M.MIN
    ),
    LeverField(
        "contact_priority",
        "Priority of limited collectors",
        float(Priority.OLDEST_FIRST),
        0,
        1,
        _M.MAX,
    ),
    LeverField("sale_dpd", "debts older than this are sold at month end", 1e9, 30, 1e9, _M.MIN),
    LeverField("sale_price_share", "price of a sold debt over its balance", 0.05, 0, 1, _M.MAX),
    LeverField(
        "tighten_trigger",
        "30+ rate of last month above which the score cut-off rises",
        1.0,
        0,
        1,
        _M.MIN,
    ),
    LeverField(
        "tighten_slope",
        "points of cut-off per unit of 30+ rate above the trigger",
        0.0,
        0,
        1e5,
        _M.MAX,
    ),
    LeverField(
        "refusal_after_relief",
        "refusal of those who ever had relief, over others'",
        1.0,
        0,
        20,
        _M.MULTIPLY,
    ),
)
"""One value a policy."""


def _dtype(fields: Sequence[LeverField]) -> np.dtype[np.void]:
    return np.dtype([(f.name, np.float64) for f in fields])


LOAN_LEVER_DTYPE = _dtype(LOAN_LEVERS)
UNDERWRITING_DTYPE = _dtype(UNDERWRITING_LEVERS)
BOOK_LEVER_DTYPE = _dtype(BOOK_LEVERS)
ALL_FIELDS = {f.name: f for f in (*LOAN_LEVERS, *UNDERWRITING_LEVERS, *BOOK_LEVERS)}


@dataclass(frozen=True, slots=True)
class Target:
    """Where an edit applies; an empty tuple means everywhere."""

    regions: tuple[str, ...] = ()
    products: tuple[str, ...] = ()
    risk_bands: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Edit:
    """One value of one lever for some months, segments, buckets and hardships.

    ``first_month`` and ``last_month`` are inclusive; None means to the end of the run.
    """

    lever: str
    amount: float
    first_month: int = 1
    last_month: int | None = None
    target: Target = field(default_factory=Target)
    buckets: tuple[int, ...] = ()
    hardships: tuple[Hardship, ...] = ()


@dataclass(frozen=True, slots=True)
class SegmentNames:
    """Region, product and risk band of every segment, each of length n_segments."""

    region: tuple[str, ...]
    product: tuple[str, ...]
    risk_band: tuple[str, ...]

    def mask(self, target: Target) -> NDArray[np.bool_]:
        """Segments that ``target`` covers, shape (n_segments,); unknown names are refused."""
        mask = np.ones(len(self.region), dtype=bool)
        for kind, wanted, names in (
            ("region", target.regions, self.region),
            ("product", target.products, self.product),
            ("risk band", target.risk_bands, self.risk_band),
        ):
            unknown = set(wanted) - set(names)
            if unknown:
                raise UserError(
                    f"policy target: {kind} must be among {', '.join(sorted(set(names)))};"
                    f" got {', '.join(sorted(unknown))}"
                )
            if wanted:
                mask &= np.isin(np.array(names), wanted)
        return mask


class LeverTable(NamedTuple):
    """Packed levers of one policy, as kernels read them.

    ``loan``: records of shape (horizon + 1, n_classes, N_BUCKETS, n_hardships);
    ``underwriting``: (horizon + 1, n_classes); ``book``: (1,);
    ``class_of_segment``: uint8 of shape (n_segments,). Month 0 is unused.
    """

    loan: NDArray[np.void]
    underwriting: NDArray[np.void]
    book: NDArray[np.void]
    class_of_segment: NDArray[np.uint8]


def _classes(
    edits: Sequence[Edit], segments: SegmentNames
) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Class of each segment, and which edits reach which class (n_edits, n_classes)."""
    masks = np.array([segments.mask(e.target) for e in edits], dtype=bool)
    masks = masks.reshape(len(edits), len(segments.region))
    reach, class_of = np.unique(masks, axis=1, return_inverse=True)
    if reach.shape[1] > MAX_CLASSES:
        raise UserError(
            f"policy targets split the book into {reach.shape[1]} classes; at most {MAX_CLASSES}"
        )
    return class_of.reshape(-1).astype(np.uint8), reach


def build_levers(edits: Sequence[Edit], segments: SegmentNames, horizon: int) -> LeverTable:
    """The packed table of a policy: base values combined with every edit, clipped to range."""
    ordered = sorted(edits, key=repr)
    class_of, reach = _classes(ordered, segments)
    n_classes = max(1, reach.shape[1])
    shape = (horizon + 1, n_classes, N_BUCKETS, len(Hardship))
    loan = np.empty(shape, dtype=LOAN_LEVER_DTYPE)
    underwriting = np.empty(shape[:2], dtype=UNDERWRITING_DTYPE)
    book = np.empty(1, dtype=BOOK_LEVER_DTYPE)
    for table in (loan, underwriting, book):
        for name in table.dtype.names or ():
            table[name] = ALL_FIELDS[name].base
    for index, edit in enumerate(ordered):
        lever = ALL_FIELDS[edit.lever]
        last = horizon if edit.last_month is None else min(edit.last_month, horizon)
        months = np.arange(edit.first_month, last + 1)
        classes = np.flatnonzero(reach[index])
        buckets = np.array(edit.buckets or range(N_BUCKETS))
        hardships = np.array(edit.hardships or tuple(Hardship), dtype=np.int64)
        if edit.lever in LOAN_LEVER_DTYPE.fields:  # type: ignore[operator]
            where = np.ix_(months, classes, buckets, hardships)
            loan[edit.lever][where] = _combined(lever, loan[edit.lever][where], edit.amount)
        elif edit.lever in UNDERWRITING_DTYPE.fields:  # type: ignore[operator]
            cells = np.ix_(months, classes)
            old = underwriting[edit.lever][cells]
            underwriting[edit.lever][cells] = _combined(lever, old, edit.amount)
        else:
            book[edit.lever] = _combined(lever, book[edit.lever], edit.amount)
    for table in (loan, underwriting, book):
        for name in table.dtype.names or ():
            table[name] = np.clip(table[name], ALL_FIELDS[name].low, ALL_FIELDS[name].high)
    return LeverTable(loan, underwriting, book, class_of)


def _combined(lever: LeverField, old: NDArray[np.float64], amount: float) -> NDArray[np.float64]:
    match lever.combine:
        case Combine.MIN:
            return np.minimum(old, amount)
        case Combine.MAX:
            return np.maximum(old, amount)
        case Combine.ADD:
            return old + amount
        case Combine.MULTIPLY:
            return old * amount


def stage_names() -> tuple[str, ...]:
    """Names of the collection stages as they end the ``effort_`` and ``capacity_`` levers."""
    return tuple(f.name.removeprefix("effort_") for f in _EFFORTS)[:N_STAGES]
