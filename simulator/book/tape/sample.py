"""A stratified sample of a tape's borrowers, whole with all their loans, weighted to the totals.

Strata are product x days past due x score band (region where no scores are known). Within a
stratum borrowers are put into groups of like balance, and one of each group, drawn by the uniforms
of their ids in proportion to weight, stands for the group: weights keep the number of borrowers
exactly and balances nearly.
"""

from dataclasses import replace
from typing import Final, NamedTuple

import numpy as np

from simulator.book.draws import Column, Draws
from simulator.book.schema import F8, U8
from simulator.book.segments import risk_band
from simulator.book.tape.reader import Tape
from simulator.elementary import log
from simulator.reading.cells import I8, Texts

LEAST_PER_STRATUM: Final = 10
"""Borrowers that a small stratum sends, where the sample has room (assumption)."""
BUCKET_EDGES: Final = (1, 31, 61, 91, 121, 151, 181)
"""Days past due at which a bucket begins."""


class Frame(NamedTuple):
    """Borrowers to draw from; arrays of shape (n,), in any order."""

    id: U8
    weight: F8
    balance: F8
    n_loans: I8
    strata: tuple[I8, ...]
    """Codes of the strata's parts, the most important first."""


class Sample(NamedTuple):
    """Who was drawn, for how many each stands, and how near the totals come."""

    rows: I8
    """Rows of the frame, ascending."""
    weight: F8
    n_strata: int
    n_parts: int
    loans_gap: float
    """Weighted loans of the sample over all loans, less 1."""
    balance_gap: float
    worst_balance_gap: float
    """Largest gap of a stratum's balance, over all of the balance."""


def bucket(dpd: F8) -> I8:
    """0 for current, then one for each 30 days."""
    return np.searchsorted(np.array(BUCKET_EDGES), np.nan_to_num(dpd), side="right").astype(
        np.int64
    )


def band_or_region(score: F8 | None, region: I8 | None) -> tuple[str, I8] | None:
    """Last part of the strata and its name: score bands where scores are known, else regions."""
    if score is not None and not np.isnan(score).all():
        band = np.where(np.isnan(score), -1, risk_band(np.nan_to_num(score)))
        return "score band", band
    return None if region is None else ("region", region)


def draw_sample(frame: Frame, size: int, seed: int) -> Sample:
    """About ``size`` (never more) of the borrowers of ``frame``; the same for any order of rows."""
    stratum, n_parts = _strata(frame, size)
    counts = np.bincount(stratum)
    wanted = _allocate(counts, size)
    # The first of a race whose speeds are the weights: who wins is drawn in proportion to weight.
    arrival = -log(Draws(seed, frame.id).uniform(Column.SAMPLE)) / frame.weight
    group = _groups(frame, stratum, counts, wanted)
    order = np.lexsort((frame.id, arrival, group))
    first = np.r_[True, group[order][1:] != group[order][:-1]]
    chosen = order[first]
    total = _sums(group, frame.weight, frame.id)
    rows = np.sort(chosen)
    weight = total[group[rows]]
    return Sample(rows, weight, counts.size, n_parts, *_gaps(frame, stratum, rows, weight))


def _strata(frame: Frame, size: int) -> tuple[I8, int]:
    """Stratum of each borrower from as many parts as leave two borrowers a stratum."""
    for n_parts in range(len(frame.strata), 0, -1):
        code = np.zeros(frame.id.size, dtype=np.int64)
        for part in frame.strata[:n_parts]:
            low, high = int(part.min(initial=0)), int(part.max(initial=0))
            code = code * (high - low + 1) + part - low
        _, stratum = np.unique(code, return_inverse=True)
        stratum = stratum.astype(np.int64)
        if 2 * (stratum.max(initial=0) + 1) <= size:
            return stratum, n_parts
    return np.zeros(frame.id.size, dtype=np.int64), 0


def _allocate(counts: I8, size: int) -> I8:
    """Borrowers of each stratum: in proportion, but some of each; sums to ``size``."""
    least = np.minimum(counts, max(1, min(LEAST_PER_STRATUM, size // (2 * counts.size))))
    rest, room = size - int(least.sum()), counts - least
    if rest <= 0 or not room.sum():
        return least
    share = rest * room / room.sum()
    wanted = np.floor(share).astype(np.int64)
    left = rest - int(wanted.sum())
    by_part = np.lexsort((np.arange(counts.size), wanted - share))
    by_part = by_part[(room - wanted)[by_part] > 0]
    wanted[by_part[:left]] += 1
    total: I8 = least + np.minimum(wanted, room)
    return total


def _groups(frame: Frame, stratum: I8, counts: I8, wanted: I8) -> I8:
    """Group of each borrower: runs of like balance, as many in a stratum as it sends."""
    order = np.lexsort((frame.id, frame.balance, stratum))
    start = np.cumsum(counts) - counts
    s = stratum[order]
    place = np.arange(order.size) - start[s]
    before = np.cumsum(wanted) - wanted
    group = np.empty(order.size, dtype=np.int64)
    group[order] = before[s] + place * wanted[s] // counts[s]
    return group


def _sums(group: I8, weight: F8, ids: U8) -> F8:
    """Sum of the weights of each group, added in the order of ids."""
    order = np.argsort(ids, kind="stable")
    return np.bincount(group[order], weights=weight[order]).astype(np.float64)


def _gaps(frame: Frame, stratum: I8, rows: I8, weight: F8) -> tuple[float, float, float]:
    def gap(whole: F8, drawn: F8) -> float:
        return float(drawn.sum() / whole.sum() - 1.0) if whole.sum() > 0 else 0.0

    loans = frame.n_loans * frame.weight
    balance = frame.balance * frame.weight
    drawn = frame.balance[rows] * weight
    n = int(stratum.max(initial=0)) + 1
    apart = np.bincount(stratum[rows], drawn, n) - np.bincount(stratum, balance, n)
    worst = float(np.abs(apart).max() / balance.sum()) if balance.sum() > 0 else 0.0
    return gap(loans, frame.n_loans[rows] * weight), gap(balance, drawn), worst


def sample_tape(tape: Tape, size: int, seed: int) -> tuple[Tape, tuple[str, ...]]:
    """The tape, or a weighted sample of ``size`` of its borrowers, and what to say of it.

    ``size`` 0, or as many as there are, takes all.
    """
    if size <= 0:
        return tape, ()
    owner_id = tape.ids("borrower_id")
    ids, first, owner = np.unique(owner_id, return_index=True, return_inverse=True)
    if size >= ids.size:
        return tape, ()
    loan_id, balance = tape.ids("loan_id"), tape.numbers["principal"]
    order = np.lexsort((loan_id, balance, owner))
    sums = np.bincount(owner[order], weights=balance[order]).astype(np.float64)
    largest = order[np.r_[owner[order][1:] != owner[order][:-1], True]]
    worst = np.zeros(ids.size, dtype=np.int64)
    np.maximum.at(worst, owner, bucket(tape.numbers.get("dpd", np.zeros(tape.n_loans))))
    score, region = tape.numbers.get("score"), tape.texts.get("region")
    last = band_or_region(
        None if score is None else score[first],
        None if region is None else _ranks(region)[first],
    )
    parts = {"product": _ranks(tape.texts["product"])[largest], "days past due": worst}
    parts |= {} if last is None else dict([last])
    frame = Frame(
        id=ids,
        weight=tape.weight[first],
        balance=sums,
        n_loans=np.bincount(owner),
        strata=tuple(parts.values()),
    )
    drawn = draw_sample(frame, size, seed)
    weight = np.zeros(ids.size)
    weight[drawn.rows] = drawn.weight
    rows = np.flatnonzero(weight[owner] > 0)
    kinds = " x ".join(list(parts)[: drawn.n_parts]) or "one for all"
    note = (
        f"A stratified sample of {drawn.rows.size:,} of {ids.size:,} borrowers, whole with their"
        f" loans, in {drawn.n_strata} strata ({kinds}); weights keep"
        f" the number of borrowers. Weighted loans {drawn.loans_gap:+.2%} of the tape's, balance"
        f" {drawn.balance_gap:+.2%}; the largest gap of a stratum is"
        f" {drawn.worst_balance_gap:.2%} of the balance."
    )
    return _rows_of(tape, rows, weight[owner][rows]), (note,)


def _ranks(texts: Texts) -> I8:
    """Place of each row's name in the alphabet, which no order of rows changes."""
    words = texts.words
    place = np.empty(len(words), dtype=np.int64)
    place[sorted(range(len(words)), key=words.__getitem__)] = np.arange(len(words))
    return place[texts.codes]


def _rows_of(tape: Tape, rows: I8, weight: F8) -> Tape:
    """Some rows, with new weights."""
    months, instalment = tape.months_overdue, tape.instalment
    return replace(
        tape,
        numbers={n: c[rows] for n, c in tape.numbers.items()} | {"weight": weight},
        texts={n: c.take(rows) for n, c in tape.texts.items()},
        months_overdue=None if months is None else months[rows],
        instalment=None if instalment is None else instalment[rows],
    )
