"""Section 4.4: relief agreed with collectors or offered, re-plans and principal cuts."""

from simulator.vocabulary import Amortisation, Cause, Count, Draw, Flow
from tests.twin.bills import Bills, bill, rate_of
from tests.twin.diary import Grant
from tests.twin.state import Borrower, Loan, Month, annuity


def _affordable(loan: Loan, extension: int, share: float, income: float, month: Month) -> int:
    """The smallest extension that brings the instalment to ``share`` of income, or all of it."""
    if loan.kind is not Amortisation.ANNUITY or not share > 0.0:
        return extension
    for months in range(extension + 1):
        term = max(loan.remaining, 1) + months
        if annuity(loan.principal, rate_of(loan, month) / 12.0, term) <= share * income:
            month.happened["extension only as far as affordable"] += months < extension
            return months
    month.happened["no affordable extension"] += 1
    return extension


def _replan(
    loan: Loan, extension: int, cut: float, share: float, income: float, month: Month
) -> None:
    """Arrears are spread over a longer term, less ``cut``; no extension: only the cut."""
    if extension > 0:
        loan.bucket_before_relief = max(loan.bucket_before_relief, loan.bucket)
        loan.principal += loan.principal_overdue
        loan.interest_deferred += loan.interest_overdue
        loan.principal_overdue = loan.interest_overdue = 0.0
        loan.queue.clear()
        loan.spell = loan.opening_unpaid = loan.opening_spell = 0
        loan.cause = Cause.NONE
    loan.principal -= cut
    if extension > 0:
        more = _affordable(loan, extension, share, income, month)
        loan.remaining = max(loan.remaining, 1) + more
        loan.instalment = annuity(loan.principal, rate_of(loan, month) / 12.0, loan.remaining)
    elif cut > 0.0 and loan.kind is Amortisation.ANNUITY:
        term = max(loan.remaining, 1)
        loan.instalment = annuity(loan.principal, rate_of(loan, month) / 12.0, term)


def _grant(loan: Loan, borrower: Borrower, months: int, short: bool, month: Month) -> None:
    """Note a grant, before what it changes of the balance."""
    if month.book_lever("relief_is_record") > 0.0:
        borrower.late_until = month.t + int(month.parameters["record_late_months"])
        month.happened["relief on record"] += 1
    loan.relief_left = months
    loan.relief_uses += 1
    month.count(Count.RELIEF_GRANTED, loan.weight)
    month.count(Count.RELIEF_NO_NEED, 0.0 if short else loan.weight)
    cost_of_case = month.currency(month.parameters["relief_application_cost"])
    month.count(Count.RELIEF_COST, cost_of_case * loan.weight)
    if loan.again:
        return
    outcome = borrower.outcome
    if outcome.first_relief == 0:
        outcome.first_relief = month.t
    if outcome.first_relief == month.t:
        outcome.balance_relief += loan.balance
    outcome.last_relief = max(outcome.last_relief, month.t + months - 1)


def _agreed(loan: Loan, borrower: Borrower, short: bool, month: Month) -> bool:
    """New instalments agreed with a collector last month, unless relief is not to be had."""
    agreed, loan.agreed = loan.agreed, False
    uses = int(month.loan_lever("relief_max_uses", loan))
    extension = int(month.loan_lever("negotiated_extension_months", loan))
    if not agreed or loan.relief_left > 0 or loan.relief_uses >= uses:
        return False
    if extension < 1:
        month.happened["nothing left of an agreement"] += 1
        return False
    _grant(loan, borrower, 1, short, month)
    loan.due_share = loan.interest_share = 1.0
    loan.grant = Grant.REPLAN
    _replan(loan, extension, 0.0, 0.0, 0.0, month)
    month.happened["new instalments agreed"] += 1
    return True


def _asks(loan: Loan, borrower: Borrower, short: bool, month: Month) -> bool:
    """Whether relief is asked for and would be granted, budget apart."""
    uses = int(month.loan_lever("relief_max_uses", loan))
    age = month.t - loan.origination_month
    youngest = month.loan_lever("relief_min_months_on_book", loan)
    if loan.relief_left > 0 or loan.relief_uses >= uses:
        return False
    if age < youngest:
        month.happened["too young for relief"] += 1
        return False
    need = "need" if short else "no_need"
    chance = month.loan_lever(f"p_relief_if_{need}", loan)
    if loan.warned:
        chance = max(chance, month.care(f"warning_offer_if_{need}", borrower))
    luck = month.luck.borrower(borrower.id, month.t, Draw.RELIEF)
    if not luck < chance or int(month.loan_lever("relief_months", loan)) < 1:
        return False
    month.happened["takes the offer of a warning"] += loan.warned
    return True


def _offered(
    loan: Loan, borrower: Borrower, short: bool, income: float, service: float, month: Month
) -> bool:
    """Relief by the levers, while the budget lasts."""
    if not _asks(loan, borrower, short, month):
        return False
    months = int(month.loan_lever("relief_months", loan))
    extension = int(month.loan_lever("term_extension_months", loan))
    due_share = month.loan_lever("due_share", loan)
    interest_share = month.loan_lever("interest_share", loan)
    share = month.loan_lever("affordable_share", loan)
    owed = loan.principal + loan.principal_overdue
    most = owed if extension > 0 else loan.principal
    share_cut = month.loan_lever("principal_cut_share", loan)
    if loan.kind is Amortisation.REVOLVING:
        month.happened["line without a principal cut"] += share_cut > 0.0
        share_cut = 0.0
    cut = min(most, share_cut * owed)
    cost = loan.weight * ((1.0 - due_share) * service + cut)
    if month.relief_spent + cost > month.book_lever("relief_budget") * month.book_balance:
        return False
    month.relief_spent += cost
    _grant(loan, borrower, months, short, month)
    loan.due_share, loan.interest_share = due_share, interest_share
    loan.cut = cut
    loan.grant = Grant.REPLAN if extension > 0 else Grant.DEFERRAL
    month.flow(Flow.FORGIVEN, loan, cut)
    _replan(loan, extension, cut, share, income, month)
    month.happened["principal cut without re-plan"] += cut > 0.0 and extension == 0
    month.happened["principal cut with re-plan"] += cut > 0.0 and extension > 0
    return True


def relief(borrower: Borrower, short: bool, income: float, bills: Bills, month: Month) -> None:
    """Grants, and the bills that follow; ``short``: cash does not cover what is demanded."""
    for loan in borrower.open_loans():
        service = bills[loan.row].service
        if _agreed(loan, borrower, short, month) or _offered(
            loan, borrower, short, income, service, month
        ):
            bills[loan.row] = bill(loan, month)
