"""The twin's main loop: one path of one scenario and policy, month by month."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator.book.schema import Book
from simulator.catalogue import Parameters
from simulator.kernels.records import OUTCOME_DTYPE
from simulator.kernels.tally import HISTORY_DTYPE, Tallies, allocate_tallies
from simulator.levers import LeverTable
from simulator.shocks.world import World
from simulator.vocabulary import Cause, Count, Exit, LoanStatus, WorkState
from tests.twin.bills import Bills, rate_of
from tests.twin.collecting import contacts
from tests.twin.customers import becomes_dormant, lives_on, record, welcome_back
from tests.twin.diary import Diary, Entry, Grant
from tests.twin.history import record_history
from tests.twin.household import household_month, opening_intent
from tests.twin.ledger import ledger_month
from tests.twin.lender import comes, decide
from tests.twin.life import live
from tests.twin.luck import Luck
from tests.twin.population import population
from tests.twin.run_off import add_run_off
from tests.twin.score import by_segment, judge_month, power
from tests.twin.seen import seen_hardship
from tests.twin.state import Borrower, Loan, Month
from tests.twin.worth import add_worth, judge_applicants

Sums = NDArray[np.float64]
DESTINATION = {
    LoanStatus.PAID_OFF: Exit.PAID_OFF,
    LoanStatus.WRITTEN_OFF: Exit.WRITTEN_OFF,
    LoanStatus.SOLD: Exit.SOLD,
}


@dataclass(frozen=True, slots=True)
class TwinResult:
    """One path: ``history`` of shape (horizon + 1, n_loans), and its sums (P = 1).

    ``outcomes``: records of OUTCOME_DTYPE in the book's order of borrowers. ``happened``: how
    often flags and mechanisms that leave no sum of their own occurred. ``diaries``: of every loan
    that was ever open.
    """

    history: NDArray[np.void]
    tallies: Tallies
    outcomes: NDArray[np.void]
    happened: Counter[str]
    diaries: list[Diary]


def _diary(loan: Loan, borrower: Borrower) -> Diary:
    product = loan.product
    return Diary(
        loan.weight,
        loan.segment,
        loan.product_row,
        product.recovery_share,
        product.recovery_half_life_months,
        borrower.score_cell if borrower.arrival_month > 0 else -1,
    )


def _write_diaries(borrowers: list[Borrower], diaries: dict[int, Diary], month: Month) -> None:
    """The month of every loan that was open in it or at its end, by id of the loan."""
    for borrower in borrowers:
        for loan in borrower.loans:
            known = diaries.get(loan.id)
            if known is None and loan.open:
                known = diaries[loan.id] = _diary(loan, borrower)
            if known is None or (known.entries and not known.entries[-1].open):
                continue
            known.entries.append(
                Entry(
                    month=month.t,
                    status=loan.status,
                    unpaid=loan.unpaid,
                    dpd=loan.dpd,
                    cause=loan.cause,
                    relief_left=loan.relief_left,
                    hardship=seen_hardship(borrower, month),
                    warned=loan.warned,
                    grant=loan.grant,
                    balance=loan.balance if loan.open else loan.exit_balance,
                    opening=loan.opening_balance - loan.cut,
                    paid=loan.paid,
                    interest=loan.interest_received,
                    relief_uses=loan.relief_uses,
                    remaining=loan.remaining,
                    cost=loan.cost,
                    drawn=loan.drawn,
                    price=loan.price,
                    discount=1.0 / (1.0 + min(rate_of(loan, month), month["rate_cap"]) / 12.0),
                )
            )
            known.court = loan.court


def _stocks(borrowers: list[Borrower], month: Month) -> None:
    """Month-end stocks: balances, loans and cuts."""
    sums, t = month.sums, month.t
    for borrower in borrowers:
        for loan in borrower.open_loans():
            balance, bucket = loan.weight * loan.balance, loan.bucket
            month.count(Count.OPEN_LOANS, loan.weight)
            month.count(Count.CLOSING_BALANCE, balance)
            sums.balance[0, t, bucket] += balance
            sums.loans[0, t, bucket] += loan.weight
            sums.balance_before_relief[0, t, max(bucket, loan.bucket_before_relief)] += balance
            if bucket >= 1:
                sums.cause_balance[0, t, loan.cause] += balance
            measures = (balance, balance * (loan.dpd >= 30), balance * (loan.dpd >= 90))
            sums.by_segment[0, t, loan.segment] += measures
            sums.by_age[0, t, borrower.age_band] += measures
            sums.by_income[0, t, borrower.income_decile] += measures


def _count_live(borrowers: list[Borrower], month: Month) -> None:
    for borrower in borrowers:
        month.count(Count.LIVE_BORROWERS, borrower.weight)
        if borrower.work_state is WorkState.UNEMPLOYED:
            month.count(Count.UNEMPLOYED, borrower.weight)


def _open_month(borrowers: list[Borrower], month: Month) -> list[Borrower]:
    """Note what stands at the month's start; the live borrowers."""
    live_borrowers = [b for b in borrowers if b.open_loans()]
    for borrower in borrowers:
        for loan in borrower.loans:
            loan.paid = loan.payment = loan.able = loan.cut = loan.efforts = 0.0
            loan.contacts = 0.0
            loan.in_question = loan.warned = loan.helped = loan.keeps_promise = False
            loan.promised, loan.promises = loan.promises, False
            loan.cost = loan.drawn = loan.interest_received = 0.0
            loan.grant = Grant.NONE
    _count_live(live_borrowers, month)
    for borrower in live_borrowers:
        for loan in borrower.open_loans():
            loan.opening_balance = loan.balance
            loan.opening_bucket = loan.bucket
            loan.opening_unpaid = loan.unpaid
            loan.opening_spell = loan.spell
            month.count(Count.OPENING_BALANCE, loan.weight * loan.balance)
            month.count(Count.OPENING_LOANS, loan.weight)
    return live_borrowers


def _count_instalments(loans: list[Loan], bills: Bills, month: Month) -> None:
    """Between the households and the contacts: who does not pay by the due day unasked."""
    for loan in loans:
        due = bills[loan.row]
        if due.in_relief:
            month.count(Count.RELIEF_LOANS, loan.weight)
        if due.due > 0.0:
            month.count(Count.INSTALMENTS_DUE, loan.weight)
            if loan.reason is not Cause.NONE:
                month.count(Count.INSTALMENTS_LATE, loan.weight)


def _outcomes(borrowers: list[Borrower]) -> NDArray[np.void]:
    found = np.zeros(len(borrowers), dtype=OUTCOME_DTYPE)
    for row, borrower in enumerate(borrowers):
        for name in OUTCOME_DTYPE.names or ():
            found[name][row] = getattr(borrower.outcome, name)
    return found


def _overdue_30(sums: Tallies, t: int) -> float:
    balance = sums.balance[0, t]
    total = float(balance.sum())
    return float(balance[2:].sum()) / total if total > 0.0 else 0.0


def _step(
    borrowers: list[Borrower],
    dormant: list[Borrower],
    month: Month,
    horizon: int,
    bad: dict[int, int],
) -> list[Borrower]:
    """One simulated month: sections 3 to 9 in the order of section 1; who is dormant after it."""
    months = month.months
    for borrower in borrowers:
        live(borrower, month)
    live_borrowers = _open_month(borrowers, month)
    fixed = month.currency(month.book_lever("fixed_cost"))
    staff = 1.0
    if month.t > months:
        open_before = float(month.sums.counts[0, month.t - 1, Count.OPEN_LOANS])
        staff = min(1.0, open_before / month.book_loans)
    month.count(Count.PROGRAMME_COST, staff * month.per_1000_loans(fixed))
    bills: Bills = {}
    live_borrowers = sorted(live_borrowers, key=lambda b: b.place)
    for borrower in live_borrowers:
        bills |= household_month(borrower, month)
    lives_on(dormant, month)
    in_order = sorted(live_borrowers, key=lambda b: borrowers.index(b))
    by_borrower = [(b, b.open_loans()) for b in live_borrowers]
    owned = [(loan, b) for b in in_order for loan in b.open_loans()]
    _count_instalments([loan for loan, _ in owned], bills, month)
    contacts(owned, bills, month)
    for borrower in live_borrowers:
        ledger_month(borrower, bills, month)
    judge_month(owned, month, bad, horizon)
    for borrower, loans in by_borrower:
        record(borrower, loans, month)
    for loan, _ in owned:
        end = DESTINATION.get(loan.status, loan.bucket)
        month.sums.roll[0, month.t, loan.opening_bucket, int(end)] += loan.weight * (
            loan.opening_balance - loan.cut
        )
    lends_again = month.lends_until > 0 and month.parameters["return_monthly"] > 0.0
    if lends_again and month.t <= months:
        dormant = dormant + [b for b in live_borrowers if becomes_dormant(b, month)]
    if month.t <= months:
        overdue_30 = _overdue_30(month.sums, month.t - 1)
        if month.t <= month.lends_until:
            dormant = welcome_back(dormant, overdue_30, horizon, month)
        for borrower in borrowers:
            if borrower.arrival_month == month.t and comes(borrower, month):
                for loan in borrower.loans:
                    decide(loan, borrower, overdue_30, month)
    return dormant


def _quarter(month: int) -> int:
    return (month - 1) // 3 + 1


def simulate_twin(
    book: Book,
    world: World,
    path_row: int,
    path: int,
    levers: LeverTable,
    parameters: Parameters,
    seed: int,
    months: int,
    runoff_months: int,
    edges: Sequence[float] = (),
) -> TwinResult:
    """One path, month by month, for every borrower and loan of ``book``.

    ``path_row`` is the path's row in ``world``, ``path`` its number in the draw; with ``edges``
    of cells of the score new customers are summed by them.
    """
    horizon = months + runoff_months
    sums = allocate_tallies(
        1,
        horizon,
        len(book.segments.region),
        len(book.products),
        len(book.vintage_labels),
        len(book.regions),
        score_cells=len(edges) + 1 if edges else 0,
    )
    history = np.zeros((horizon + 1, book.n_loans), dtype=HISTORY_DTYPE)
    borrowers, loans = population(book, levers, edges)
    diaries: dict[int, Diary] = {}
    luck = Luck(seed, path)
    happened: Counter[str] = Counter()
    book_balance = book_loans = 0.0
    opening_unpaid = {loan.row: loan.unpaid for loan in loans}
    bad: dict[int, int] = {}
    for loan in loans:
        if loan.open:
            sums.vintage_loans[0, loan.vintage] += loan.weight
            book_balance += loan.weight * loan.balance
            book_loans += loan.weight
    last_arrival = max(b.arrival_month for b in borrowers)
    dormant = [b for b in borrowers if b.arrival_month < 0 and last_arrival > 0]
    made = [loan for b in borrowers if b.arrival_month >= 0 for loan in b.loans]
    oldest = _quarter(made[0].origination_month) - made[0].vintage
    for t in range(horizon + 1):
        month = Month(
            t=t,
            months=months,
            world=world.months[path_row, t],
            disaster=world.disaster[path_row, t],
            levers=levers,
            parameters=parameters,
            luck=luck,
            law=book.jurisdiction,
            sums=sums,
            book_balance=book_balance,
            book_loans=book_loans,
            vintage=_quarter(t) - oldest,
            lends_until=max(0, last_arrival),
            happened=happened,
        )
        if t == 0:
            for borrower in borrowers:
                live(borrower, month)
                opening_intent(borrower, month)
            _count_live([b for b in borrowers if b.open_loans()], month)
        else:
            dormant = _step(borrowers, dormant, month, horizon, bad)
        _stocks(borrowers, month)
        record_history(borrowers, month, history[t])
        _write_diaries(borrowers, diaries, month)
    for judged, told in power(borrowers, opening_unpaid, bad, horizon).items():
        for measure, number in told.items():
            sums.score_power[0, judged, measure] = number
    if edges:
        judge_applicants(borrowers, bad, horizon, sums)
        money = book.jurisdiction.reference_money
        add_worth(list(diaries.values()), horizon, parameters, money, sums)
    for judged, segment, loans, turned in by_segment(borrowers, opening_unpaid, bad, horizon):
        sums.judged[0, judged, segment] += loans, turned
    found = list(diaries.values())
    money = book.jurisdiction.reference_money
    add_run_off(found, months, horizon, parameters, money, sums)
    return TwinResult(history, sums, _outcomes(borrowers), happened, found)
