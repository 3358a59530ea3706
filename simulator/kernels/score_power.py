"""How well the application score separates loans that turn bad in their first year from others.

Definitions: docs/model.md, section 12.1. Borrowers are read once in the order of rows, to leave
their good and bad loans at their ranks; the rest reads ranks in their order.
"""

from simulator.kernels.jit import loop, scalar
from simulator.kernels.tally import FIRST_90
from simulator.score_words import PERFORMANCE_MONTHS, Applicant, Judged, ScorePower
from simulator.vocabulary import Exit, Flag, LoanStatus

BAD = 1
BAD_BEFORE_RELIEF = 2
_JUDGED, _BAD = int(Applicant.JUDGED), int(Applicant.BAD)
_ENDED_BADLY = int(Exit.WRITTEN_OFF)
"""Destinations from here on are write-off and sale."""


@scalar
def judge_month(t, loan, state, to):
    """Bits that an overdue month adds to a loan; ``to``: its bucket at month end, or ``Exit``."""
    if t - max(0, loan.origination_month) > PERFORMANCE_MONTHS:
        return 0
    if to >= _ENDED_BADLY or state.n_unpaid >= FIRST_90:
        return BAD | BAD_BEFORE_RELIEF
    return BAD_BEFORE_RELIEF if state.n_unpaid + state.old_bucket >= FIRST_90 else 0


@scalar
def band_of(score, floors):
    """Risk band of a score, 0 the best; ``floors``: lowest scores of all but the worst."""
    band = 0
    while band < floors.size and score < floors[band]:
        band += 1
    return band


@scalar
def application_segment(segment, score, floors):
    """The segment that a loan would have by the application score; ``floors``: of ``band_of``."""
    n_bands = floors.size + 1
    return segment // n_bands * n_bands + band_of(score, floors)


@scalar
def _is_followed(booked, horizon):
    """Whether a loan booked in this month has a first year within the horizon."""
    return booked + PERFORMANCE_MONTHS <= horizon


@scalar
def count_repeat(t, segment, heads, key, repeat_judged):
    """Count a loan that is granted again, in the segment of the application score."""
    if _is_followed(t, key.horizon):
        repeat_judged[segment, 0] += heads


@scalar
def judge_repeat(t, loan, state, to, segment, heads, key, repeat_judged):
    """Count a loan granted again that turns bad this month, before its marks are turned."""
    if t - loan.origination_month > PERFORMANCE_MONTHS or state.marks & Flag.EVER_90:
        return
    is_bad = to >= _ENDED_BADLY or state.n_unpaid >= FIRST_90
    if is_bad and _is_followed(loan.origination_month, key.horizon):
        repeat_judged[segment, 1] += heads


@scalar
def _is_judged(person, opening, state, horizon):
    """Whether a loan has a first year here: not overdue at the opening, or booked in time."""
    if person.arrival_month == 0:
        return opening.n_unpaid == 0 and horizon >= PERFORMANCE_MONTHS
    booked = state.status != LoanStatus.PENDING and state.status != LoanStatus.REFUSED
    return booked and person.arrival_month > 0 and _is_followed(person.arrival_month, horizon)


@loop
def _count_loans(key, book, s, by_segment, applicants):
    """Good and bad loans of each borrower, in ``s.judged``; both by segment and by score."""
    people, openings, states, judged = book.people, book.openings, s.loans, s.judged
    judged[:] = 0
    for b in range(people.size):
        person, rank = people[b], book.rank_of[b]
        for row in range(person.first_loan, person.first_loan + person.n_loans):
            if _is_judged(person, openings[row], states[row], key.horizon):
                is_bad, was_bad = s.bad[row] & BAD > 0, s.bad[row] & BAD_BEFORE_RELIEF > 0
                judged[rank, 0 if is_bad else 1] += 1
                judged[rank, 2 if was_bad else 3] += 1
                which = Judged.OPENING if person.arrival_month == 0 else Judged.NEW
                before = which + Judged.OPENING_BEFORE_RELIEF
                segment, heads = book.loans[row].segment, person.heads
                by_segment[which, segment, 0] += heads
                by_segment[before, segment, 0] += heads
                by_segment[which, segment, 1] += heads if is_bad else 0
                by_segment[before, segment, 1] += heads if was_bad else 0
                if applicants.shape[0] > 0 and which == Judged.NEW:
                    cell = book.score_cell[b]
                    applicants[cell, _JUDGED] += heads
                    applicants[cell, _BAD] += heads if is_bad else 0


@loop
def _power(start, stop, column, ranks, judged, out):
    """Fill ``out`` (N_SCORE_POWER,) from the borrowers ``ranks[start:stop]``.

    ``column``: of the bad loans in ``judged``; the good ones follow. Equal scores are one step of
    both distributions: a pair of them counts half. Without a bad or without a good loan there is
    nothing to tell, and only the loans are counted.
    """
    all_bad = all_good = bad_squares = good_squares = 0.0
    for at in range(start, stop):
        weight = ranks[at].weight
        bad, good = weight * judged[at, column], weight * judged[at, column + 1]
        all_bad += bad
        all_good += good
        bad_squares += bad * bad
        good_squares += good * good
    out[ScorePower.LOANS] = all_bad + all_good
    out[ScorePower.BAD_LOANS] = all_bad
    if all_bad <= 0.0 or all_good <= 0.0:
        return
    area = squares = crossed = shares = 0.0
    bad_below = good_below = 0.0
    widest = ks_variance = 0.0
    at = start
    while at < stop:
        score = ranks[at].score
        end, bad_here, good_here = at, 0.0, 0.0
        while end < stop and ranks[end].score == score:
            bad_here += ranks[end].weight * judged[end, column]
            good_here += ranks[end].weight * judged[end, column + 1]
            end += 1
        if bad_here > 0.0 or good_here > 0.0:
            bad_beats = (all_good - good_below - 0.5 * good_here) / all_good
            good_beats = (bad_below + 0.5 * bad_here) / all_bad
            area += bad_here * bad_beats
            for place in range(at, end):
                bad = ranks[place].weight * judged[place, column] / all_bad
                good = ranks[place].weight * judged[place, column + 1] / all_good
                share = bad + good
                own = bad * bad_beats + good * good_beats
                squares += own * own
                crossed += own * share
                shares += share * share
            bad_below += bad_here
            good_below += good_here
            low, high = bad_below / all_bad, good_below / all_good
            if abs(low - high) > widest:
                widest = abs(low - high)
                ks_variance = low * (1.0 - low) * bad_squares / (all_bad * all_bad) + high * (
                    1.0 - high
                ) * good_squares / (all_good * all_good)
        at = end
    area /= all_bad
    out[ScorePower.GINI] = 2.0 * area - 1.0
    out[ScorePower.GINI_VARIANCE] = 4.0 * (squares - 2.0 * area * crossed + area * area * shares)
    out[ScorePower.KS] = widest
    out[ScorePower.KS_VARIANCE] = ks_variance


@loop
def judge_score(key, book, s, out, by_segment, applicants):
    """Fill ``out`` (N_JUDGED, N_SCORE_POWER) at the end of a path, and loans by segment, score."""
    _count_loans(key, book, s, by_segment, applicants)
    ranks, judged = book.ranks, s.judged
    n_opening, n = book.first_applicant[1], ranks.size
    _power(0, n_opening, 0, ranks, judged, out[Judged.OPENING])
    _power(n_opening, n, 0, ranks, judged, out[Judged.NEW])
    _power(0, n_opening, 2, ranks, judged, out[Judged.OPENING_BEFORE_RELIEF])
    _power(n_opening, n, 2, ranks, judged, out[Judged.NEW_BEFORE_RELIEF])
