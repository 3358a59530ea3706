"""Puts borrowers and loans from any source into one sorted, checked ``Book``."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.book import segments as s
from simulator.book.impute import Finances, Obligations, Person
from simulator.book.reconciliation import Reconciliation
from simulator.book.schedule import I8, Opening, Terms, instalments_made
from simulator.book.schema import F8, U8, Book, Borrowers, Loans, Rejected
from simulator.products import Jurisdiction, Product
from simulator.units import monthly_rate
from simulator.validation import UserError
from simulator.vocabulary import Amortisation

MOST_LOANS: Final = 200
"""Loans of a customer that are counted."""


class LoanColumns(NamedTuple):
    """Loans of a part, in any order; arrays of shape (n_loans,)."""

    id: U8
    borrower_id: U8
    product: I8
    """Index into the book's products."""
    band: I8
    """Index into the book's risk bands."""
    origination_month: I8
    term_months: I8
    remaining_months: I8
    due_day: I8
    annual_rate: F8
    limit: F8
    n_unpaid: I8
    months_overdue: I8
    """Months overdue so far; at least ``n_unpaid``."""
    usual_principal: F8
    """What a line is drawn to again."""
    opening: Opening
    charges: F8
    """Penalty interest and fees that are owed."""


class OpeningState(NamedTuple):
    """What a borrower's life and purse are at the opening; named as in ``schema.Borrowers``."""

    life: NDArray[np.integer]
    savings_at_opening: F8
    months_short: NDArray[np.integer]
    other_missed: NDArray[np.integer]
    refusing: NDArray[np.integer]
    hardship_known: NDArray[np.integer]
    cut_off: NDArray[np.integer]
    last_ended: NDArray[np.integer]
    closed_until: NDArray[np.integer]
    late_until: NDArray[np.integer]
    loans_had: NDArray[np.integer]


def fresh_state(finances: Finances) -> OpeningState:
    """In work, healthy, with the usual savings and no record, as an applicant is."""
    nothing = np.zeros(finances.savings.size, dtype=np.int64)
    return OpeningState(nothing, finances.savings, *(nothing,) * (len(OpeningState._fields) - 2))


@dataclass(frozen=True, slots=True)
class Part:
    """Borrowers of one kind (opening book or applicants) with their loans."""

    ids: U8
    arrival_month: I8
    weight: F8
    person: Person
    finances: Finances
    loans: LoanColumns
    state: OpeningState
    arrives_at: F8 | None = None
    """Of applicants; None for those who are there."""


@dataclass(frozen=True, slots=True)
class Frame:
    """What a book is besides its rows."""

    name: str
    law: Jurisdiction
    products: tuple[Product, ...]
    regions: tuple[str, ...]
    bands: tuple[str, ...]
    imputed_columns: tuple[str, ...] = ()
    input_sha256: str = ""
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    reconciliation: Reconciliation | None = None
    rejected: tuple[Rejected, ...] = ()
    as_of: date | None = None


def assemble(frame: Frame, parts: Sequence[Part]) -> Book:
    """The book of ``parts``: borrowers by id, loans by (borrower, id), whatever the order given.

    A borrower or loan id that stands twice is a ``UserError``.
    """
    borrowers = _borrowers(parts)
    loans, labels = _loans(frame, parts, borrowers)
    return Book(
        name=frame.name,
        jurisdiction=frame.law,
        products=frame.products,
        regions=frame.regions,
        segments=s.segment_names(frame.regions, frame.products, frame.bands),
        borrowers=borrowers,
        loans=loans,
        n_opening_borrowers=int(np.count_nonzero(borrowers.arrival_month == 0)),
        vintage_labels=labels,
        imputed_columns=frame.imputed_columns,
        input_sha256=frame.input_sha256,
        notes=frame.notes,
        warnings=frame.warnings,
        reconciliation=frame.reconciliation,
        rejected=frame.rejected,
        as_of=frame.as_of,
    )


def _borrowers(parts: Sequence[Part]) -> Borrowers:
    ids = np.concatenate([p.ids for p in parts])
    order = np.argsort(ids, kind="stable")
    ids = ids[order]
    _refuse_twins(ids, "borrower")

    def column(name: str) -> F8:
        return np.concatenate([_field(p, name) for p in parts])[order]

    income, age = column("income"), column("age")
    arrival_month = np.concatenate([p.arrival_month for p in parts])[order].astype(np.int16)
    owners = np.concatenate([p.loans.borrower_id for p in parts])
    n_loans = np.bincount(np.searchsorted(ids, owners), minlength=ids.size)
    open_now = np.where(arrival_month == 0, np.minimum(n_loans, MOST_LOANS), 0)
    return Borrowers(
        id=ids,
        arrival_month=arrival_month,
        weight=np.concatenate([p.weight for p in parts])[order],
        age=age,
        region=column("region").astype(np.uint8),
        work=column("work").astype(np.uint8),
        worker_type=column("worker_type").astype(np.uint8),
        income=income,
        own_service=column("own_service"),
        stated_income=column("stated_income"),
        essential=column("essential"),
        discretionary=column("discretionary"),
        overspender=column("overspender").astype(np.uint8),
        savings=column("savings"),
        other_debt=column("other_debt"),
        platforms=column("platforms").astype(np.uint8),
        pays_others_first=column("pays_others_first").astype(np.uint8),
        p_forget=column("p_forget"),
        p_channel_failure=column("p_channel_failure"),
        p_misunderstand=column("p_misunderstand"),
        refusal_weight=column("refusal_weight"),
        illness_incidence=column("illness_incidence"),
        unemployment_insured=column("unemployment_insured").astype(np.uint8),
        medical_insured=column("medical_insured").astype(np.uint8),
        life=column("life").astype(np.uint16),
        savings_at_opening=column("savings_at_opening"),
        months_short=column("months_short").astype(np.uint8),
        other_missed=column("other_missed").astype(np.uint8),
        refusing=column("refusing").astype(np.uint8),
        hardship_known=column("hardship_known").astype(np.uint8),
        cut_off=column("cut_off").astype(np.uint8),
        last_ended=column("last_ended").astype(np.int16),
        arrives_at=np.concatenate([_arrives_at(p) for p in parts])[order],
        closed_until=column("closed_until").astype(np.int16),
        late_until=column("late_until").astype(np.int16),
        loans_had=np.maximum(column("loans_had"), open_now).astype(np.uint8),
        true_risk=column("true_risk"),
        score=column("score"),
        income_decile=s.income_decile(income, arrival_month == 0),
        age_band=s.age_band(age),
    )


def _arrives_at(part: Part) -> F8:
    return np.zeros(part.ids.size) if part.arrives_at is None else part.arrives_at


def _field(part: Part, name: str) -> F8:
    owners = (part.person, part.finances, part.state)
    column: F8 = next(getattr(owner, name) for owner in owners if name in owner._fields)
    return column


def _loans(
    frame: Frame, parts: Sequence[Part], borrowers: Borrowers
) -> tuple[Loans, tuple[str, ...]]:
    joined = _joined([p.loans for p in parts])
    opening = joined.opening
    row = np.searchsorted(borrowers.id, joined.borrower_id)
    _refuse_twins(np.sort(joined.id), "loan")
    order = np.lexsort((joined.id, row))
    row = row[order]
    product = joined.product[order]
    month = joined.origination_month[order]
    made = borrowers.arrival_month[row] >= 0
    vintage, labels = s.vintages(month, made)
    kinds = np.array([int(p.amortisation) for p in frame.products], dtype=np.uint8)
    segment = s.segment_index(
        borrowers.region[row], product, joined.band[order], len(frame.products), len(frame.bands)
    )
    loans = Loans(
        id=joined.id[order],
        borrower=row.astype(np.int32),
        product=product.astype(np.uint8),
        kind=kinds[product],
        origination_month=month.astype(np.int16),
        term_months=joined.term_months[order].astype(np.int16),
        remaining_months=joined.remaining_months[order].astype(np.int16),
        due_day=joined.due_day[order].astype(np.uint8),
        annual_rate=joined.annual_rate[order],
        limit=joined.limit[order],
        principal=opening.principal[order],
        usual_principal=joined.usual_principal[order],
        n_unpaid=joined.n_unpaid[order].astype(np.int16),
        months_overdue=joined.months_overdue[order].astype(np.int16),
        principal_overdue=opening.principal_overdue[order],
        interest_overdue=opening.interest_overdue[order],
        penalty=joined.charges[order],
        fees=np.zeros(row.size),
        segment=segment,
        vintage=vintage,
    )
    return loans, labels


def _joined(tables: Sequence[LoanColumns]) -> LoanColumns:
    """The rows of all tables, one after the other."""
    names = [n for n in LoanColumns._fields if n != "opening"]
    columns = {n: np.concatenate([getattr(t, n) for t in tables]) for n in names}
    states = zip(*(t.opening for t in tables), strict=True)
    return LoanColumns(**columns, opening=Opening(*(np.concatenate(c) for c in states)))


def _refuse_twins(ordered: U8, what: str) -> None:
    twins = np.flatnonzero(ordered[1:] == ordered[:-1])
    if twins.size:
        raise UserError(f"book: {twins.size + 1} rows share the {what} id {ordered[twins[0]]}")


def obligations(ids: U8, products: Sequence[Product], loans: LoanColumns) -> Obligations:
    """What ``loans`` asked of each of ``ids`` when they were made, and their bullet principal.

    Spending is what they left then: it does not grow as a loan is paid off or falls overdue. A
    line counts as it is usually used.
    """
    kinds = np.array([int(p.amortisation) for p in products])[loans.product]
    terms = Terms(
        kind=kinds,
        term_months=loans.term_months,
        monthly_rate=monthly_rate(loans.annual_rate),
        min_payment_share=np.array([p.min_payment_share for p in products])[loans.product],
    )
    due = instalments_made(terms, loans.limit, loans.usual_principal)
    bullet = np.where(kinds == Amortisation.BULLET, loans.limit, 0.0)
    return Obligations(
        service=_owed_by(ids, loans.borrower_id, due),
        bullet_principal=_owed_by(ids, loans.borrower_id, bullet),
    )


def _owed_by(ids: U8, loans_borrower: U8, amount: F8) -> F8:
    """Sum of a loan column over the loans of each of ``ids``; shape of ``ids``.

    Loans are added in order of amount, so that the order of rows cannot change a bit.
    """
    by_id = np.argsort(ids, kind="stable")
    order = np.lexsort((amount, loans_borrower))
    place = by_id[np.searchsorted(ids, loans_borrower[order], sorter=by_id)]
    return np.bincount(place, weights=amount[order], minlength=ids.size).astype(np.float64)
