"""Section 12.1: which loans turn bad in their first year, and how well the score tells them."""

from collections.abc import Iterator
from math import sqrt

from simulator.score_words import Judged, ScorePower
from simulator.vocabulary import LoanStatus
from tests.twin.state import Borrower, Loan, Month

Sides = dict[int, tuple[float, float]]
"""Weights of a borrower's bad and good loans, by place of the borrower."""


def judge_month(
    owned: list[tuple[Loan, Borrower]], month: Month, bad: dict[int, int], last: int
) -> None:
    """Note in ``bad``, by row, what this month makes bad (2), or bad before relief (1)."""
    for loan, borrower in owned:
        ended = loan.status in (LoanStatus.WRITTEN_OFF, LoanStatus.SOLD)
        if loan.again:
            turns = loan.unpaid >= 4 or ended
            if turns and not loan.turned_bad and month.t - loan.origination_month <= 12:
                in_time = loan.origination_month + 12 <= last
                month.sums.repeat_judged[0, loan.asked_segment, 1] += loan.weight * in_time
            loan.turned_bad = loan.turned_bad or turns
            continue
        if not 1 <= month.t - borrower.arrival_month <= 12 or loan.unpaid == 0:
            continue
        if ended or loan.unpaid >= 4:
            bad[loan.row] = 2
        elif loan.unpaid + loan.bucket_before_relief >= 4:
            bad[loan.row] = max(1, bad.get(loan.row, 0))


def _is_judged(loan: Loan, borrower: Borrower, opening_unpaid: dict[int, int], last: int) -> bool:
    if borrower.arrival_month == 0:
        return opening_unpaid[loan.row] == 0 and last >= 12
    booked = loan.status not in (LoanStatus.PENDING, LoanStatus.REFUSED)
    return booked and borrower.arrival_month > 0 and borrower.arrival_month + 12 <= last


def by_segment(
    borrowers: list[Borrower], opening_unpaid: dict[int, int], bad: dict[int, int], last: int
) -> Iterator[tuple[Judged, int, float, float]]:
    """Each judged loan once for each way to judge: its segment, its weight, and that if bad."""
    for borrower in borrowers:
        for loan in borrower.book_loans:
            if _is_judged(loan, borrower, opening_unpaid, last):
                standard, before = (
                    (Judged.NEW, Judged.NEW_BEFORE_RELIEF)
                    if borrower.arrival_month > 0
                    else (Judged.OPENING, Judged.OPENING_BEFORE_RELIEF)
                )
                for judged, least in ((standard, 2), (before, 1)):
                    is_bad = bad.get(loan.row, 0) >= least
                    yield judged, loan.segment, loan.weight, loan.weight if is_bad else 0.0


def power(
    borrowers: list[Borrower], opening_unpaid: dict[int, int], bad: dict[int, int], last: int
) -> dict[Judged, dict[ScorePower, float]]:
    """Everything that is told of the score, pair by pair of a bad and a good loan."""
    found = {}
    for judged in Judged:
        new = judged in (Judged.NEW, Judged.NEW_BEFORE_RELIEF)
        least = 1 if judged in (Judged.OPENING_BEFORE_RELIEF, Judged.NEW_BEFORE_RELIEF) else 2
        sides: Sides = {}
        for place, borrower in enumerate(borrowers):
            if (borrower.arrival_month > 0) == new:
                mine = [
                    x for x in borrower.book_loans if _is_judged(x, borrower, opening_unpaid, last)
                ]
                n_bad = sum(bad.get(loan.row, 0) >= least for loan in mine)
                weight = borrower.weight
                sides[place] = (weight * n_bad, weight * (len(mine) - n_bad))
        found[judged] = _power(borrowers, sides)
    return found


def _power(borrowers: list[Borrower], sides: Sides) -> dict[ScorePower, float]:
    all_bad = sum(b for b, _ in sides.values())
    all_good = sum(g for _, g in sides.values())
    told = {ScorePower.LOANS: all_bad + all_good, ScorePower.BAD_LOANS: all_bad}
    if all_bad == 0.0 or all_good == 0.0:
        return told

    def above(mine: float, other: float) -> float:
        return 1.0 if other > mine else 0.5 if other == mine else 0.0

    scores = {place: borrowers[place].score for place in sides}
    as_bad = {
        i: sum(g * above(scores[i], scores[j]) for j, (_, g) in sides.items()) / all_good
        for i in sides
    }
    as_good = {
        j: sum(b * above(scores[i], scores[j]) for i, (b, _) in sides.items()) / all_bad
        for j in sides
    }
    area = sum(b * as_bad[i] for i, (b, _) in sides.items()) / all_bad
    variance = sum(
        (b / all_bad * (as_bad[i] - area) + g / all_good * (as_good[i] - area)) ** 2
        for i, (b, g) in sides.items()
    )
    steps = []
    for score in sorted(set(scores.values())):
        low = sum(b for i, (b, _) in sides.items() if scores[i] <= score) / all_bad
        high = sum(g for i, (_, g) in sides.items() if scores[i] <= score) / all_good
        steps.append((abs(low - high), low, high))
    widest, low, high = max(steps, key=lambda step: step[0])
    bad_squares = sum(b * b for b, _ in sides.values()) / all_bad**2
    good_squares = sum(g * g for _, g in sides.values()) / all_good**2
    return told | {
        ScorePower.GINI: 2.0 * area - 1.0,
        ScorePower.GINI_VARIANCE: (2.0 * sqrt(variance)) ** 2,
        ScorePower.KS: widest,
        ScorePower.KS_VARIANCE: low * (1.0 - low) * bad_squares
        + high * (1.0 - high) * good_squares,
    }
