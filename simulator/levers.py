"""The lever table: a policy's edits, packed as the compiled kernels read them.

A policy is a list of ``Edit``s on a base table; the levers and how their edits combine stand in
``lever_fields.py``.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.lever_fields import (
    ALL_FIELDS,
    BOOK_LEVER_DTYPE,
    CAPACITY_MULTIPLIERS,
    CUSTOMER_LEVER_DTYPE,
    INTENSITIES,
    LOAN_LEVER_DTYPE,
    UNDERWRITING_DTYPE,
    Combine,
    LeverField,
)
from simulator.validation import UserError
from simulator.vocabulary import MAX_CLASSES, N_BUCKETS, Hardship


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
                    f"its {kind} must be among {', '.join(sorted(set(names)))};"
                    f" got {', '.join(sorted(unknown))}"
                )
            if wanted:
                mask &= np.isin(np.array(names), wanted)
        return mask


class LeverTable(NamedTuple):
    """Packed levers of one policy, as kernels read them.

    ``loan``: records of shape (horizon + 1, n_classes, N_BUCKETS, n_hardships);
    ``customer`` and ``underwriting``: (horizon + 1, n_classes); ``book``: (1,);
    ``class_of_segment``: uint8 of shape (n_segments,). Month 0 is unused.
    """

    loan: NDArray[np.void]
    customer: NDArray[np.void]
    underwriting: NDArray[np.void]
    book: NDArray[np.void]
    class_of_segment: NDArray[np.uint8]


_INTENSITY_DTYPE = np.dtype([(f.name, np.float64) for f in INTENSITIES])
_STAFF_DTYPE = np.dtype([(f.name, np.float64) for f in CAPACITY_MULTIPLIERS])


def _classes(
    edits: Sequence[Edit], segments: SegmentNames
) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Class of each segment, and which edits reach which class (n_edits, n_classes)."""
    masks = np.array([segments.mask(e.target) for e in edits], dtype=bool)
    masks = masks.reshape(len(edits), len(segments.region))
    reach, class_of = np.unique(masks, axis=1, return_inverse=True)
    if reach.shape[1] > MAX_CLASSES:
        raise UserError(
            f"its targets split the book into {reach.shape[1]} classes; at most {MAX_CLASSES}"
        )
    return class_of.reshape(-1).astype(np.uint8), reach


def build_levers(edits: Sequence[Edit], segments: SegmentNames, horizon: int) -> LeverTable:
    """The packed table of a policy: base values combined with every edit, clipped to range."""
    ordered = sorted(edits, key=repr)
    class_of, reach = _classes(ordered, segments)
    by_month = (horizon + 1, max(1, reach.shape[1]))
    cells = (*by_month, N_BUCKETS, len(Hardship))
    loan, customer, underwriting, book, intensity, staff = tables = (
        _base(LOAN_LEVER_DTYPE, cells),
        _base(CUSTOMER_LEVER_DTYPE, by_month),
        _base(UNDERWRITING_DTYPE, by_month),
        _base(BOOK_LEVER_DTYPE, (1,)),
        _base(_INTENSITY_DTYPE, cells),
        _base(_STAFF_DTYPE, (1,)),
    )
    table_of = {name: table for table in tables for name in table.dtype.names or ()}
    for index, edit in enumerate(ordered):
        column = table_of[edit.lever][edit.lever]
        where = _where(edit, np.flatnonzero(reach[index]), horizon, column.ndim)
        column[where] = _combined(ALL_FIELDS[edit.lever], column[where], edit.amount)
    for lever in INTENSITIES:
        loan[lever.name.replace("intensity", "effort")] *= intensity[lever.name]
    for lever in CAPACITY_MULTIPLIERS:
        book[lever.name.replace("_multiplier", "")] *= staff[lever.name]
    for table in tables:
        for name in table.dtype.names or ():
            table[name] = np.clip(table[name], ALL_FIELDS[name].low, ALL_FIELDS[name].high)
    return LeverTable(loan, customer, underwriting, book, class_of)


def _base(dtype: np.dtype[np.void], shape: tuple[int, ...]) -> NDArray[np.void]:
    """A table with every lever at its base value."""
    table = np.empty(shape, dtype=dtype)
    for name in dtype.names or ():
        table[name] = ALL_FIELDS[name].base
    return table


def _where(
    edit: Edit, classes: NDArray[np.intp], horizon: int, n_dims: int
) -> tuple[NDArray[np.intp], ...] | slice:
    """Cells of a table of ``n_dims`` dimensions that an edit covers."""
    if n_dims == 1:
        return slice(None)
    last = horizon if edit.last_month is None else min(edit.last_month, horizon)
    months = np.arange(edit.first_month, last + 1)
    if n_dims == 2:
        return np.ix_(months, classes)
    buckets = np.array(edit.buckets or range(N_BUCKETS))
    hardships = np.array(edit.hardships or tuple(Hardship), dtype=np.int64)
    return np.ix_(months, classes, buckets, hardships)


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
