"""The loans of a tape at the state that it shows, and both sides of what it says and what opens."""

from collections.abc import Sequence

import numpy as np

from simulator.book.assemble import LoanColumns
from simulator.book.distributions import RISK_BANDS
from simulator.book.reconciliation import (
    NO_BAND,
    Reconciliation,
    Side,
    bucket_of_days,
    reconcile,
)
from simulator.book.schedule import I8, Terms, first_instalment_share, open_loans, share_outstanding
from simulator.book.schema import F8, U8
from simulator.book.segments import risk_band
from simulator.book.synthesize import Menu
from simulator.book.tape.arrears import opening_arrears, spell_months
from simulator.book.tape.columns import TAPE_COLUMNS
from simulator.book.tape.reader import Tape
from simulator.products import Product
from simulator.units import monthly_rate
from simulator.vocabulary import N_BUCKETS, Amortisation


def loans_of(tape: Tape, menu: Menu) -> LoanColumns:
    """Loans at the state that the tape shows; the band is filled in when scores are known.

    Outstanding principal is split by the schedule: the part of the unpaid instalments is overdue,
    the rest not yet due.
    """
    places = {p.name: i for i, p in enumerate(menu.products)}
    products = tape.texts["product"]
    product = np.array([places.get(w, -1) for w in products.words], dtype=np.int64)[products.codes]
    whole = {
        name: tape.numbers[name].astype(np.int64) for name in ("term_months", "remaining_months")
    }
    term, kind = whole["term_months"], menu.column("amortisation")[product].astype(np.int64)
    told = np.minimum(whole["remaining_months"], term)
    dpd = tape.numbers.get("dpd", np.zeros(product.size))
    n_unpaid, due_day, remaining = opening_arrears(
        dpd, tape.numbers["due_day"], told, kind != Amortisation.REVOLVING
    )
    terms = Terms(
        kind=kind,
        term_months=term,
        monthly_rate=monthly_rate(tape.numbers["annual_rate"]),
        min_payment_share=menu.column("min_payment_share")[product],
    )
    left = share_outstanding(terms, np.minimum(remaining + n_unpaid, term))
    principal = tape.numbers["principal"]
    scaled = np.divide(principal, left, out=np.zeros_like(principal), where=left > 0)
    stop = menu.column("accrual_stop_dpd")[product]
    opening = open_loans(terms, scaled, remaining, n_unpaid, due_day, stop)
    return LoanColumns(
        id=tape.ids("loan_id"),
        borrower_id=tape.ids("borrower_id"),
        product=product,
        band=np.zeros_like(product),
        origination_month=told - term,
        term_months=term,
        remaining_months=remaining,
        due_day=due_day,
        annual_rate=tape.numbers["annual_rate"],
        limit=tape.numbers["original_principal"],
        n_unpaid=n_unpaid,
        months_overdue=spell_months(n_unpaid, tape.months_overdue),
        usual_principal=principal,
        opening=opening,
        charges=np.zeros_like(principal),
    )


def tape_side(tape: Tape, ids: U8) -> Side:
    """What the tape says of loans with these ``ids``, in its own days past due and instalments."""
    nothing = np.full(tape.n_loans, np.nan)
    return Side(
        id=ids,
        weight=tape.weight,
        balance=tape.numbers["principal"],
        bucket=bucket_of_days(tape.numbers.get("dpd", nothing)),
        annual_rate=tape.numbers["annual_rate"],
        instalment=nothing if tape.instalment is None else tape.instalment,
        band=band_of(tape.numbers.get("score", nothing)),
    )


def model_side(loans: LoanColumns, weight: F8, band: I8, products: Sequence[Product]) -> Side:
    """What opens: ``loans`` with the weight and band of each; lines tell no instalment."""
    kind = np.array([int(p.amortisation) for p in products])[loans.product]
    terms = Terms(
        kind=kind,
        term_months=loans.term_months,
        monthly_rate=monthly_rate(loans.annual_rate),
        min_payment_share=np.array([p.min_payment_share for p in products])[loans.product],
    )
    due = loans.opening.principal * first_instalment_share(terms, loans.remaining_months)
    scheduled = (kind != Amortisation.REVOLVING) & (loans.remaining_months > 0)
    return Side(
        id=loans.id,
        weight=weight,
        balance=loans.opening.principal + loans.opening.principal_overdue,
        bucket=np.minimum(loans.n_unpaid, N_BUCKETS - 1),
        annual_rate=loans.annual_rate,
        instalment=np.where(scheduled, due, np.nan),
        band=band,
    )


def reconciled(tape: Tape, model: Side, *, is_sample: bool = False) -> Reconciliation:
    """The tape beside the ``model``'s side of it, or of a sample."""
    return reconcile(
        tape_side(tape, tape.ids("loan_id") if is_sample else model.id),
        model,
        imputed_shares(tape),
        RISK_BANDS,
        tape.left_out,
        is_sample=is_sample,
    )


def looked_at(tape: Tape, menu: Menu) -> Reconciliation:
    """The tape beside what its loans would open as, before anything is drawn."""
    score = tape.numbers.get("score", np.full(tape.n_loans, np.nan))
    loans = loans_of(tape, menu)
    return reconciled(tape, model_side(loans, tape.weight, band_of(score), menu.products))


def band_of(score: F8) -> I8:
    """Risk band of each known score, else ``NO_BAND``."""
    return np.where(np.isnan(score), NO_BAND, risk_band(np.nan_to_num(score)))


def imputed_shares(tape: Tape) -> dict[str, float]:
    """Share of the balance whose cell of a column is imputed, by column that a tape may bring."""
    owed = tape.weight * tape.numbers["principal"]
    total, found = float(owed.sum()), {}
    for spec in TAPE_COLUMNS:
        if spec.required or spec.name in ("weight", "dpd"):
            continue
        texts, numbers = tape.texts.get(spec.name), tape.numbers.get(spec.name)
        empty = np.ones(tape.n_loans, dtype=bool)
        if texts is not None:
            empty = texts.equal("")
        elif numbers is not None:
            empty = np.isnan(numbers)
        share = float(owed[empty].sum()) / total if total > 0 else float(empty.mean())
        if share > 0:
            found[spec.name] = share
    return found
