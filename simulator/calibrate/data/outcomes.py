"""A column of loan outcomes: shares of bad ones by group, in the file and in a simulated book."""

import re
from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator.book.segments import hash_texts
from simulator.calibrate.data.files import UNKNOWN, open_data
from simulator.calibrate.data.moments import Observation
from simulator.calibrate.data.ratios import Contributions, stack
from simulator.calibrate.settings import OutcomeTarget
from simulator.reading.columns import texts
from simulator.reading.table_file import Source
from simulator.validation import UserError, clip

B = NDArray[np.bool_]
F8 = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Loans of a file: ids, whether the outcome is known and bad, and their groups.

    Arrays of shape (n_loans,) in the file's order. ``groups`` maps each label (``all``, a grade, a
    term in months) to its loans. A loan whose cell holds another word is neither known nor
    ``empty``.
    """

    ids: NDArray[np.uint64]
    known: B
    empty: B
    bad: B
    groups: dict[str, B]
    warnings: tuple[str, ...] = ()

    def labels(self, loans: B) -> tuple[str, ...]:
        """Groups that hold at least one of ``loans``."""
        return tuple(label for label, group in self.groups.items() if (group & loans).any())

    def shares_of(self, bad: B, loans: B) -> Contributions:
        """Of ``loans``, those that are ``bad``, by group."""
        labels = self.labels(loans)
        groups = [self.groups[label] & loans for label in labels]
        return stack(labels, [(group & bad, group) for group in groups])


def read_outcomes(owner: str, target: OutcomeTarget) -> Outcomes:
    """The loans of the target's file; other words than good, bad and empty are a warning.

    ``UserError`` for a file or column that is missing, an id that is empty or stands twice, a
    term without a number, and a file without any known outcome.
    """
    source = open_data(owner, target.path)
    names, words = (texts(source, c, UNKNOWN) for c in (target.id_column, target.column))
    twice = [name for name, times in Counter(names).items() if times > 1 or not name]
    if twice:
        raise UserError(
            f"{target.path}: {owner} column {target.id_column} must have an id of its own in every"
            f" row; {len(twice)} ids do not (first: {clip(twice[0], 40) or 'empty'})"
        )
    word = np.array(words)
    known = np.isin(word, [target.bad, target.good])
    if not known.any():
        raise UserError(
            f"{target.path}: {owner} column {target.column} must hold {target.good} or"
            f" {target.bad} somewhere; got {clip(', '.join(sorted(set(words))[:5]), 80)}"
        )
    groups = {"all": np.ones(len(names), dtype=bool)} if "all" in target.groups else {}
    if "grade" in target.groups:
        grades = texts(source, target.grade_column, UNKNOWN)
        groups |= _by_name(np.array([cell[:1].upper() for cell in grades]))
    if "term" in target.groups:
        groups |= _by_name(_terms(owner, source, target.term_column))
    others = Counter(text for text in words if text and text not in (target.bad, target.good))
    left_out = (
        f"{target.path}: {owner} column {target.column} has {times} times {clip(text, 40)}, which"
        f" is neither {target.good} nor {target.bad}; left out"
        for text, times in sorted(others.items())
    )
    ids = hash_texts(names, target.id_column)
    warnings = (*source.notes, *left_out)
    return Outcomes(ids, known, word == "", word == target.bad, groups, warnings)


def _by_name(cells: NDArray[np.generic]) -> dict[str, B]:
    """Loans of each value, ascending; the empty text is no group."""
    return {str(name): cells == name for name in np.unique(cells) if str(name)}


def _terms(owner: str, source: Source, column: str) -> NDArray[np.int64]:
    """The number in each cell, such as 36 of ``term_36``."""
    cells = texts(source, column, UNKNOWN)
    found = [re.search(r"\d+", cell) for cell in cells]
    if None in found:
        row = found.index(None)
        raise UserError(
            f"{source.name}: {owner} column {column} must hold a number of months;"
            f" got {clip(cells[row], 40) or 'nothing'} in {source.line(row)}"
        )
    return np.array([int(match[0]) for match in found if match])


def simulated_shares(
    owner: str, target: OutcomeTarget, outcomes: Outcomes, loans: B, observation: Observation
) -> Contributions:
    """Of ``loans`` of the file, those that the simulation ends badly, by group.

    Bad is so many unpaid instalments at some month end up to the horizon of outcomes, or written
    off by then. ``UserError`` if the run is shorter or its book lacks loans of the file.
    """
    unpaid, written_off, ids = observation.unpaid, observation.written_off, observation.loan_ids
    if unpaid is None or written_off is None or ids is None:
        raise ValueError(f"{owner}: outcomes need an observation with accounts")
    horizon = observation.timeline.horizon
    if target.horizon_months > horizon:
        raise UserError(
            f"{owner}.horizon_months must be in [1, {horizon}], the months of the run; got"
            f" {target.horizon_months}"
        )
    order = np.argsort(ids)
    at = order[np.minimum(np.searchsorted(ids, outcomes.ids, sorter=order), ids.size - 1)]
    lacking = loans & (ids[at] != outcomes.ids)
    if lacking.any():
        raise UserError(
            f"{owner}.path {clip(target.path)}: the book {observation.book.name} lacks"
            f" {int(lacking.sum())} of its loans; the book must be made of the same file"
        )
    last = target.horizon_months
    bad = (unpaid[: last + 1] >= target.least_unpaid).any(axis=0) | written_off[last]
    return outcomes.shares_of(bad[at], loans)
