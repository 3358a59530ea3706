"""Cells: situations and groups that share expected losses and a grade under every rule book.

Pooling, and why: docs/provisions.md.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.levers import SegmentNames
from simulator.products import Product
from simulator.provision.rule_book import Milestones, RuleBook, check_weights, family_of
from simulator.situation import (
    MAX_MILESTONES,
    MAX_OBSERVATIONS,
    N_SITUATIONS,
    UNPAID_CAP,
    Situation,
    situation_of,
)
from simulator.validation import UserError
from simulator.vocabulary import Forbearance

U1 = NDArray[np.uint8]
U2 = NDArray[np.uint16]

ANY: Final = "any"
NONE: Final = "none"
AFTER_DEFAULT: Final = "after default"
RUNNING: Final = "relief"
FORBORNE: Final = "forborne"
OBSERVED: Final = "observed"
MARKED: Final = "marked"
WARNED: Final = "warned"
TECHNICAL: Final = "technical"
NEVER: Final = 255
"""A milestone that no loan reaches; fills the arrays."""

_UNPAID_CLASSES: Final = (
    (0, 0),
    (1, 1),
    (2, 2),
    (3, 3),
    (4, 4),
    (5, 6),
    (7, 9),
    (10, 12),
    (13, 13),
)
"""Unpaid instalments that share expected losses (pooling: assumption)."""


@dataclass(frozen=True, slots=True)
class RiskCell:
    """One cell; what is pooled is None or ``any``."""

    name: str
    unpaid: tuple[int, int]
    """Fewest and most unpaid instalments; 13 means 13 or more."""
    hardship: bool | None
    relief: str
    """``none``, ``relief`` (runs, without a mark), ``forborne`` (with one), ``observed`` (after
    it), ``marked`` (both), ``warned``, ``technical`` or ``any``."""
    memory: str
    """``none``, ``after default`` (one is remembered) or ``any``."""
    family: str
    """Name of the product, or its family where products are pooled."""
    band: str
    grades: tuple[int, ...]
    """Index of the static grade under each rule book, in their order."""
    origins: tuple[int, ...]
    """Cells of clean, current loans without hardship of the same product and band; all of the
    family's where products and bands are pooled. Their chance of default at month 0 is that at
    origination."""
    pool: str
    """Cells with the same pool lend each other strength."""


@dataclass(frozen=True, slots=True)
class RiskCellTable:
    """What kernels read to find a loan's cell, and what the cells are."""

    cell_of: U2
    """Cell, shape (``N_SITUATIONS``, n_groups)."""
    group_of_segment: U2
    """Group (product and risk band) of each segment, shape (n_segments,)."""
    observation_milestones: U1
    """Months after relief, rising, shape (``MAX_OBSERVATIONS``,); unused ones are ``NEVER``."""
    cure_milestones: U1
    """Clean months after a default, rising, shape (``MAX_MILESTONES``,), likewise."""
    default_unpaid: int
    technical_days: int
    watch_months: int
    """Month ends that a loan counts as warned after a call."""
    cells: tuple[RiskCell, ...]


class _Group(NamedTuple):
    product: str
    band: str
    family: str


class _Key(NamedTuple):
    """What the members of a cell have in common."""

    unpaid: tuple[int, int]
    memory: str
    relief: str
    hardship: bool | None
    family: str
    band: str
    grades: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Run:
    """What the rule books of a run have in common."""

    books: Mapping[str, RuleBook]
    milestones: Milestones
    default_unpaid: int
    technical_days: int
    watch_months: int


def build_risk_cells(
    books: Mapping[str, RuleBook], segments: SegmentNames, products: Sequence[Product]
) -> RiskCellTable:
    """The cells that ``books`` need together; ``UserError`` where they cannot share a run."""
    run = _common(books)
    groups, group_of_segment = _groups(segments, products)
    keys = _keys(groups, run)
    numbers: dict[_Key, int] = {}
    cell_of = np.array(
        [[numbers.setdefault(key, len(numbers)) for key in row] for row in keys], dtype=np.uint16
    )
    return RiskCellTable(
        cell_of=cell_of,
        group_of_segment=group_of_segment,
        observation_milestones=_padded(run.milestones.observation, MAX_OBSERVATIONS),
        cure_milestones=_padded(run.milestones.cure, MAX_MILESTONES),
        default_unpaid=run.default_unpaid,
        technical_days=run.technical_days,
        watch_months=run.watch_months,
        cells=_cells(tuple(numbers), _spans(cell_of, len(numbers)), groups, run),
    )


def check_books(books: Mapping[str, RuleBook], scenarios: Collection[str]) -> None:
    """Refuse rule books that cannot share a run with each other or with ``scenarios``."""
    if books:
        _common(books)
    for name, book in books.items():
        check_weights(name, book, scenarios)


def _common(books: Mapping[str, RuleBook]) -> _Run:
    same = {
        "default_dpd": {name: book.default_dpd for name, book in books.items()},
        "technical_days": {
            name: book.excused_days for name, book in books.items() if book.excused_days is not None
        },
        "early_warning_months": {
            name: book.watch_months for name, book in books.items() if book.watch_months is not None
        },
    }
    for field, values in same.items():
        if len(set(values.values())) > 1:
            found = ", ".join(f"{value} in {name}" for name, value in values.items())
            raise UserError(
                f"provision: standards of one run must have the same {field}; got {found}"
            )
    own = [book.milestones for book in books.values()]
    return _Run(
        books=books,
        milestones=Milestones(
            _union("lengths of observation", MAX_OBSERVATIONS, [m.observation for m in own]),
            _union("lengths of cure and probation", MAX_MILESTONES, [m.cure for m in own]),
        ),
        default_unpaid=next(iter(books.values())).default_unpaid,
        technical_days=next(iter(same["technical_days"].values()), 0),
        watch_months=next(iter(same["early_warning_months"].values()), 0),
    )


def _union(what: str, most: int, months: Sequence[tuple[int, ...]]) -> tuple[int, ...]:
    found = tuple(sorted({month for own in months for month in own}))
    if len(found) > most:
        raise UserError(
            f"provision: standards of one run may have at most {most} different {what};"
            f" got {', '.join(map(str, found))} months"
        )
    return found


def _padded(months: tuple[int, ...], size: int) -> U1:
    return np.array([*months, *[NEVER] * (size - len(months))], dtype=np.uint8)


def _groups(segments: SegmentNames, products: Sequence[Product]) -> tuple[tuple[_Group, ...], U2]:
    """Product x risk band in the order of the segments, and the group of each segment."""
    families = {product.name: family_of(product) for product in products}
    pairs = list(zip(segments.product, segments.risk_band, strict=True))
    numbers = {pair: number for number, pair in enumerate(dict.fromkeys(pairs))}
    groups = tuple(_Group(product, band, families[product]) for product, band in numbers)
    return groups, np.array([numbers[pair] for pair in pairs], dtype=np.uint16)


def _keys(groups: Sequence[_Group], run: _Run) -> list[list[_Key]]:
    """Key of each group's loans in every situation; most situations look like another."""
    of_seen: dict[Situation, list[_Key]] = {}
    found = []
    for code in range(N_SITUATIONS):
        seen = _without_what_has_ended(situation_of(code), run.milestones)
        if seen not in of_seen:
            of_seen[seen] = _keys_of(seen, groups, run)
        found.append(of_seen[seen])
    return found


def _keys_of(seen: Situation, groups: Sequence[_Group], run: _Run) -> list[_Key]:
    """Key of each group's loans in a situation of which nothing has ended."""
    unpaid, memory, relief, hardship = _state(seen, run.default_unpaid)
    pooled = {
        family: _Key(unpaid, memory, relief, hardship, family, ANY, _grades(seen, family, run))
        for family in {group.family for group in groups}
    }
    if unpaid != (0, 0) or memory != NONE or relief != NONE:
        return [pooled[group.family] for group in groups]
    return [pooled[g.family]._replace(family=g.product, band=g.band) for g in groups]


def _grades(situation: Situation, family: str, run: _Run) -> tuple[int, ...]:
    return tuple(book.grade_of(situation, family, run.milestones) for book in run.books.values())


def _without_what_has_ended(situation: Situation, milestones: Milestones) -> Situation:
    """``situation`` without marks and memories that the run's last milestone ends."""
    if situation.relief_phase > len(milestones.observation):
        situation = situation._replace(forbearance=Forbearance.NONE, relief_phase=0)
    if situation.memory > len(milestones.cure):
        situation = situation._replace(memory=0)
    return situation


def _state(
    situation: Situation, default_unpaid: int
) -> tuple[tuple[int, int], str, str, bool | None]:
    """What decides expected losses: unpaid instalments, memory, relief, hardship."""
    unpaid = situation.unpaid
    low, high = next(c for c in _UNPAID_CLASSES if c[0] <= unpaid <= c[1])
    if unpaid >= default_unpaid:
        return (max(low, default_unpaid), high), ANY, ANY, None
    if situation.memory:
        overdue = (1, default_unpaid - 1)
        return (overdue if unpaid else (0, 0)), AFTER_DEFAULT, ANY, None
    relief = _relief(situation)
    hardship = situation.hardship if relief == NONE else None
    return (low, min(high, default_unpaid - 1)), NONE, relief, hardship


def _relief(situation: Situation) -> str:
    """The first that applies; phases of marked relief are told apart on current loans only."""
    is_current = situation.unpaid == 0
    if situation.forbearance is not Forbearance.NONE:
        if not is_current:
            return MARKED
        return FORBORNE if situation.relief_phase == 0 else OBSERVED
    if situation.technical and situation.unpaid == 1:
        return TECHNICAL
    if situation.unmarked_relief and is_current:
        return RUNNING
    return WARNED if situation.warned and situation.unpaid <= 1 else NONE


def _spans(cell_of: U2, n_cells: int) -> list[tuple[int, int]]:
    """Fewest and most unpaid instalments among the situations of each cell."""
    unpaid = np.array([situation_of(code).unpaid for code in range(N_SITUATIONS)])
    fewest, most = np.full(n_cells, UNPAID_CAP), np.zeros(n_cells, dtype=int)
    for column in cell_of.T:
        np.minimum.at(fewest, column, unpaid)
        np.maximum.at(most, column, unpaid)
    return [(int(low), int(high)) for low, high in zip(fewest, most, strict=True)]


def _cells(
    keys: Sequence[_Key],
    spans: Sequence[tuple[int, int]],
    groups: Sequence[_Group],
    run: _Run,
) -> tuple[RiskCell, ...]:
    clean = {
        (key.family, key.band): number
        for number, key in enumerate(keys)
        if key.band != ANY and key.hardship is False
    }
    names = _names(keys, spans, run)
    return tuple(
        RiskCell(
            name=name,
            unpaid=span,
            hardship=key.hardship,
            relief=key.relief,
            memory=key.memory,
            family=key.family,
            band=key.band,
            grades=key.grades,
            origins=tuple(
                clean[g.product, g.band]
                for g in groups
                if (key.family, key.band) in ((g.product, g.band), (g.family, ANY))
            ),
            pool=_words(key, key.unpaid),
        )
        for key, span, name in zip(keys, spans, names, strict=True)
    )


def _words(key: _Key, span: tuple[int, int]) -> str:
    """A cell without its loans' family: ``M0 hardship``, ``M1-3 after default``."""
    low, high = span
    months = f"M{low}" if low == high else f"M{low}-{high}"
    if high == UNPAID_CAP:
        months = f"M{low}+"
    marks = [word for word in (key.memory, key.relief) if word not in (NONE, ANY)]
    return " ".join([months, *marks, *(["hardship"] if key.hardship else [])])


def _names(keys: Sequence[_Key], spans: Sequence[tuple[int, int]], run: _Run) -> list[str]:
    """A readable name of each cell; grades are added where it would stand twice."""
    short = [
        f"{_words(key, span)} {key.family}" + ("" if key.band == ANY else f"/{key.band}")
        for key, span in zip(keys, spans, strict=True)
    ]
    often = Counter(short)
    grades = [
        ", ".join(book.grades[g] for book, g in zip(run.books.values(), key.grades, strict=True))
        for key in keys
    ]
    return [
        f"{name} ({graded})" if often[name] > 1 else name
        for name, graded in zip(short, grades, strict=True)
    ]
