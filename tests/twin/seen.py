"""Section 4.5: what a lender sees of a borrower's hardship, and how it comes to know of it."""

from simulator.vocabulary import Draw, Hardship
from tests.twin.life import hardship
from tests.twin.state import Borrower, Loan, Month


def seen_hardship(borrower: Borrower, month: Month) -> Hardship:
    """The hardship in the lender's files."""
    if borrower.hardship_known:
        return hardship(borrower, month)
    return Hardship.DISASTER if borrower.hit else Hardship.NONE


def _public(borrower: Borrower, month: Month) -> bool:
    luck = month.luck.borrower(borrower.id, 0, Draw.HARDSHIP_PUBLIC)
    return luck < month.parameters["hardship_public_share"]


def see(borrower: Borrower, short: bool, month: Month) -> None:
    """After early warning, before relief: does a hardship come to light?"""
    p, loans = month.parameters, borrower.open_loans()
    if hardship(borrower, month) is Hardship.NONE:
        month.happened["a known hardship ends"] += borrower.hardship_known
        borrower.hardship_known = False
    elif not borrower.hardship_known:

        def luck(draw: Draw) -> float:
            return month.luck.borrower(borrower.id, month.t, draw)

        ways = {
            "hardship public": _public(borrower, month),
            "hardship told": short and luck(Draw.HARDSHIP_ASK) < p["hardship_ask_share"],
            "hardship asked about": any(loan.opening_unpaid >= 1 for loan in loans)
            and luck(Draw.HARDSHIP_LEARN) < p["hardship_learn_in_arrears"],
            "hardship heard in a warning": any(loan.warned for loan in loans),
        }
        borrower.hardship_known = any(ways.values())
        month.happened.update({way: int(works) for way, works in ways.items()})
    _file(borrower, month)


def _file(borrower: Borrower, month: Month) -> None:
    """Put what is seen into the loans, whose cells it decides."""
    seen = seen_hardship(borrower, month)
    month.happened["disaster seen, another hardship hidden"] += (
        seen is Hardship.DISASTER and hardship(borrower, month) is not Hardship.DISASTER
    )
    for loan in borrower.loans:
        loan.hardship = seen


def show(borrower: Borrower, short: bool, month: Month) -> None:
    """Asking for relief shows a hidden hardship to those who grant it."""
    true, seen = hardship(borrower, month), seen_hardship(borrower, month)
    if true is seen:
        return
    luck = month.luck.borrower(borrower.id, month.t, Draw.RELIEF)
    for loan in borrower.open_loans():
        gets, would_get = (_chance(loan, h, borrower, short, month) for h in (true, seen))
        if loan.relief_left == 0 and luck < gets and (short or luck >= would_get):
            reason = "in need" if short else "without need"
            month.happened[f"hardship shown for relief {reason}"] += 1
            borrower.hardship_known = True
    if not borrower.hardship_known:
        takes = any(luck < _chance(a, seen, borrower, short, month) for a in borrower.open_loans())
        month.happened["hidden hardship, an offer for those without"] += takes
    _file(borrower, month)


def _chance(loan: Loan, cell: Hardship, borrower: Borrower, short: bool, month: Month) -> float:
    """q of a cell: the chance of relief, none where it lasts no month."""
    if month.loan_lever("relief_months", loan, cell) < 1.0:
        return 0.0
    need = "need" if short else "no_need"
    chance = month.loan_lever(f"p_relief_if_{need}", loan, cell)
    if loan.warned:
        chance = max(chance, month.care(f"warning_offer_if_{need}", borrower))
    return chance
