"""Section 9.1: the lender's record of its customers, and those who come back."""

from math import inf

from simulator.book.distributions import BAND_CUT_POINTS
from simulator.vocabulary import Amortisation, Draw, LoanStatus
from tests.twin.household import idle_month
from tests.twin.lender import decide_again
from tests.twin.state import Borrower, Loan, Month

ROUND = 2**64


def _finalised(z: int) -> int:
    """SplitMix64's last steps, in plain integers."""
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 % ROUND
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB % ROUND
    return z ^ (z >> 31)


def _later_id(borrower: Borrower, place: int, month: Month) -> int:
    step = (256 * month.t + place + 1) * 0x9E3779B97F4A7C15
    return _finalised((borrower.id + step) % ROUND)


def record(borrower: Borrower, loans: list[Loan], month: Month) -> None:
    """What a month end writes into the record; ``loans`` were open at the month's start."""
    p = month.parameters
    for loan in loans:
        if loan.status in (LoanStatus.WRITTEN_OFF, LoanStatus.SOLD):
            borrower.closed_until = inf
        elif loan.unpaid >= 4 and borrower.closed_until < inf:
            borrower.closed_until = month.t + int(p["record_closed_months"])
        if loan.unpaid >= 2:
            borrower.late_until = month.t + int(p["record_late_months"])


def _to_ask_for(borrower: Borrower) -> list[Loan]:
    return [
        loan
        for loan in borrower.loans
        if loan.status is LoanStatus.PAID_OFF and loan.kind is not Amortisation.REVOLVING
    ]


def becomes_dormant(borrower: Borrower, month: Month) -> bool:
    """Whether a borrower who was live this month is a dormant customer at its end."""
    if borrower.open_loans() or borrower.closed_until == inf or not _to_ask_for(borrower):
        return False
    borrower.last_ended = month.t
    borrower.refusing = borrower.hardship_known = False
    return True


def lives_on(dormant: list[Borrower], month: Month) -> None:
    """Step (b) of the dormant."""
    for borrower in dormant:
        idle = month.t - borrower.last_ended
        if month.t <= month.months and idle <= month.parameters["return_memory_months"]:
            idle_month(borrower, month)


def _score(borrower: Borrower, month: Month) -> float:
    p = month.parameters
    score = borrower.score + p["behaviour_points"] * min(
        borrower.loans_had, int(p["behaviour_loans"])
    )
    if month.t <= borrower.late_until:
        month.happened["a late record lowers the score"] += 1
        score -= p["behaviour_late_points"]
    return score


def _asks(borrower: Borrower, month: Month) -> bool:
    p = month.parameters
    if month.t <= borrower.last_ended:
        return False
    if month.t <= borrower.closed_until:
        month.happened["a closed record"] += 1
        return False
    halvings = (month.t - borrower.last_ended - 1) / p["return_half_life_months"]
    hazard = p["return_monthly"] * 0.5**halvings
    return month.luck.borrower(borrower.id, month.t, Draw.RETURN) < hazard


def _band(score: float) -> int:
    return sum(score < floor for floor in BAND_CUT_POINTS)


def _another(old: Loan, place: int, borrower: Borrower, score: float, month: Month) -> Loan:
    """The loan that is asked for in place of ``old``, at the list's price."""
    band = _band(score)
    segment = old.segment // 5 * 5 + band
    listed = old.product.annual_rate + old.product.risk_price * band
    return Loan(
        row=old.row,
        id=_later_id(borrower, place, month),
        product=old.product,
        product_row=old.product_row,
        write_off_dpd=old.write_off_dpd,
        kind=old.kind,
        origination_month=month.t,
        term_months=old.term_months,
        due_day=old.due_day,
        base_rate=min(listed, month.law.all_in_rate_cap),
        limit=old.asked_limit,
        opening_principal=old.asked_limit,
        usual_principal=old.usual_principal,
        segment=segment,
        asked_segment=old.segment // 5 * 5 + _band(borrower.score),
        asked_limit=old.asked_limit,
        lever_class=int(month.levers.class_of_segment[segment]),
        vintage=month.vintage,
        weight=old.weight,
        again=True,
    )


def welcome_back(
    dormant: list[Borrower], overdue_30: float, last_month: int, month: Month
) -> list[Borrower]:
    """Decide those who ask again; who is dormant still. ``last_month``: horizon of the judged."""
    kept = []
    for borrower in dormant:
        idle = month.t - borrower.last_ended
        if idle > month.parameters["return_memory_months"]:
            month.happened["a customer forgotten"] += 1
            continue
        if not (_asks(borrower, month) and _granted(borrower, overdue_30, last_month, month)):
            kept.append(borrower)
    return kept


def _granted(borrower: Borrower, overdue_30: float, last_month: int, month: Month) -> bool:
    score, granted = _score(borrower, month), False
    for place, old in enumerate(borrower.loans):
        if old not in _to_ask_for(borrower):
            continue
        loan = _another(old, place, borrower, score, month)
        if decide_again(loan, borrower, score, overdue_30, month):
            borrower.loans[place] = loan
            granted = True
            month.happened["a loan granted again"] += 1
            if month.t + 12 <= last_month:
                month.sums.repeat_judged[0, loan.asked_segment, 0] += loan.weight
    return granted
