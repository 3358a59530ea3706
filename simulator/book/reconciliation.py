"""What a source of loans says beside what the model opens: counts, balances, rates, imputed shares.

Numbers only; terminal, manifest and report write them in their own words.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.vocabulary import (
    BUCKETS,
    DAYS_PER_MONTH,
    DPD_FIRST_BUCKETS,
    DPD_THRESHOLDS,
    N_BUCKETS,
)

F8 = NDArray[np.float64]
I8 = NDArray[np.int64]
U8 = NDArray[np.uint64]
B = NDArray[np.bool_]

TOLERANCE_POINTS: Final = 0.1
"""Gap, in percentage points, from which a reader is warned."""
NO_BAND: Final = -1
_EDGES: Final = (1, *(DAYS_PER_MONTH * k for k in range(1, N_BUCKETS - 1)))
"""Days past due at which a bucket begins: a loan 30 days past due counts as 30+, so in M2."""


class Side(NamedTuple):
    """Opening loans as one side counts them; arrays of shape (n_loans,), money."""

    id: U8
    weight: F8
    """Real loans that a row stands for."""
    balance: F8
    """Principal outstanding, overdue principal included."""
    bucket: I8
    """Index into ``vocabulary.BUCKETS``."""
    annual_rate: F8
    """NaN where it is not told."""
    instalment: F8
    """Next scheduled one; NaN where it is not told."""
    band: I8
    """Risk band of the score; ``NO_BAND`` where there is no score."""


class Line(NamedTuple):
    """One quantity on both sides; ``gap_points`` is None where they cannot be compared.

    Loans, balance and instalment are amounts, and their gap is a share of the tape's; the others
    are fractions, of loans, of balance or a year.
    """

    measure: str
    part: str
    """Bucket, threshold or band; empty for the whole."""
    tape: float | None
    model: float
    gap_points: float | None


class LeftOut(NamedTuple):
    """Loans of the file that do not open."""

    reason: str
    loans: int
    balance: float


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """Both sides, what was left out before, and the imputed share of balance by column."""

    lines: tuple[Line, ...]
    imputed: Mapping[str, float]
    left_out: tuple[LeftOut, ...] = ()
    is_sample: bool = False

    @property
    def gaps(self) -> tuple[Line, ...]:
        """Lines whose gap a reader is warned of."""
        return tuple(
            line
            for line in self.lines
            if line.gap_points is not None and abs(line.gap_points) > TOLERANCE_POINTS
        )

    def line(self, measure: str, part: str = "") -> Line:
        """The line of a quantity; ``KeyError`` where there is none."""
        return {(line.measure, line.part): line for line in self.lines}[measure, part]

    def plain(self) -> dict[str, object]:
        """As the manifest keeps it."""
        return {
            "lines": [line._asdict() for line in self.lines],
            "imputed_share_of_balance": dict(self.imputed),
            "left_out": [item._asdict() for item in self.left_out],
            "is_sample": self.is_sample,
        }


AMOUNTS: Final = ("loans", "balance", "instalment")


def bucket_of_days(dpd: F8) -> I8:
    """Bucket of days past due (n,), to the day; NaN counts as current."""
    return np.searchsorted(np.array(_EDGES), np.nan_to_num(dpd), side="right").astype(np.int64)


def reconcile(
    tape: Side,
    model: Side,
    imputed: Mapping[str, float],
    bands: Sequence[str],
    left_out: Sequence[LeftOut] = (),
    *,
    is_sample: bool = False,
) -> Reconciliation:
    """Every quantity of ``tape`` beside the ``model``'s, whose loans are those of the tape or some
    of them."""
    lines = (
        *_amounts(tape, model),
        *_overdue(tape, model),
        _rate(tape, model),
        *_instalment(tape, model),
        *_bands(tape, model, bands),
    )
    return Reconciliation(lines, imputed, tuple(left_out), is_sample)


def warning_of(found: Reconciliation) -> str:
    """One line on every gap; empty where there is none."""
    if not found.gaps:
        return ""
    what = "a sample of the tape opens" if found.is_sample else "the book opens"
    gaps = "; ".join(
        f"{line.measure.replace('_', ' ')}{f' {line.part}' if line.part else ''}"
        f" {said(line, line.tape)} on the tape, {said(line, line.model)} in the model"
        for line in found.gaps
    )
    return (
        f"book: {what} otherwise than its tape says by more than {TOLERANCE_POINTS} points: {gaps}"
    )


def said(line: Line, value: float | None) -> str:
    """A value of ``line`` in figures: an amount, or a percentage."""
    if value is None:
        return "-"
    whole = line.measure in AMOUNTS and not line.part
    return f"{value:,.0f}" if whole else f"{value:.2%}"


def _gap(measure: str, tape: float, model: float, *, amount: bool) -> float | None:
    if amount:
        return 100.0 * (model / tape - 1.0) if tape else None if model else 0.0
    return 100.0 * (model - tape)


def _line(measure: str, part: str, tape: float, model: float, *, amount: bool = False) -> Line:
    return Line(measure, part, tape, model, _gap(measure, tape, model, amount=amount))


def _amounts(tape: Side, model: Side) -> Iterator[Line]:
    """Loans and balance, of all and as shares by bucket."""
    for measure in ("loans", "balance"):
        ours, theirs = _amount(model, measure), _amount(tape, measure)
        yield _line(measure, "", float(theirs.sum()), float(ours.sum()), amount=True)
        shares = [_shares(s.bucket, a, N_BUCKETS) for s, a in ((tape, theirs), (model, ours))]
        for place, bucket in enumerate(BUCKETS):
            yield _line(measure, bucket, float(shares[0][place]), float(shares[1][place]))


def _amount(side: Side, measure: str) -> F8:
    return side.weight * side.balance if measure == "balance" else side.weight


def _shares(code: I8, amount: F8, n: int) -> F8:
    """Shares of ``amount`` by ``code`` in [0, n); zeros where there is nothing."""
    sums = np.bincount(code, weights=amount, minlength=n)[:n]
    shares: F8 = np.divide(sums, sums.sum(), out=np.zeros(n), where=sums.sum() > 0)
    return shares


def _overdue(tape: Side, model: Side) -> Iterator[Line]:
    for days, first in zip(DPD_THRESHOLDS, DPD_FIRST_BUCKETS, strict=True):
        theirs, ours = (
            float(_shares(s.bucket, _amount(s, "balance"), N_BUCKETS)[first:].sum())
            for s in (tape, model)
        )
        yield _line("overdue", f"{days}+", theirs, ours)


def _rate(tape: Side, model: Side) -> Line:
    """Rate weighted by balance; a source without rates tells none."""
    theirs, ours = (
        float(np.average(s.annual_rate, weights=_amount(s, "balance")))
        if _amount(s, "balance").any()
        else 0.0
        for s in (tape, model)
    )
    if np.isnan(theirs):
        return Line("annual_rate", "", None, ours, None)
    return _line("annual_rate", "", theirs, ours)


def _instalment(tape: Side, model: Side) -> Iterator[Line]:
    """Instalments of the loans whose instalment both sides tell."""
    told = np.isfinite(tape.instalment) & (tape.instalment > 0)
    due = np.isfinite(model.instalment)
    if not told.any():
        return
    both = np.intersect1d(tape.id[told], model.id[due])
    theirs, ours = (
        float((s.weight * s.instalment)[np.isin(s.id, both)].sum()) for s in (tape, model)
    )
    if theirs > 0:
        yield _line("instalment", "", theirs, ours, amount=True)


def _bands(tape: Side, model: Side, bands: Sequence[str]) -> Iterator[Line]:
    """Shares of balance by band of the loans whose score the tape tells."""
    scored = tape.band != NO_BAND
    if not scored.any():
        return
    every = np.ones(model.id.size, dtype=bool)
    same = every if scored.all() else np.isin(model.id, tape.id[scored])
    theirs = _shares(tape.band[scored], _amount(tape, "balance")[scored], len(bands))
    ours = _shares(model.band[same], _amount(model, "balance")[same], len(bands))
    for place, band in enumerate(bands):
        yield _line("score_band", band, float(theirs[place]), float(ours[place]))
