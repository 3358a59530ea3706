"""A book from a loan tape: CSV or Parquet, one row a loan, missing columns imputed."""

from dataclasses import replace
from typing import Final

import numpy as np

from simulator.book import distributions as d
from simulator.book.assemble import Frame, LoanColumns, Part, assemble, obligations
from simulator.book.impute import Draws, Imputation, Known, impute_finances, impute_person
from simulator.book.schedule import I8, Terms, monthly_rate, open_loans, share_outstanding
from simulator.book.schema import F8, U8, Book, write_off_age
from simulator.book.segments import check_regions, hash_texts, risk_band
from simulator.book.synthesize import Menu, applicants, menu_of, rules_of
from simulator.book.tape_columns import TAPE_COLUMNS
from simulator.book.tape_file import WORK_NAMES, Tape, read_tape, unpaid_instalments
from simulator.catalogue import Parameters
from simulator.settings import BookSettings, RunSettings
from simulator.validation import UserError
from simulator.vocabulary import DAYS_PER_MONTH, MAX_UNPAID

ALWAYS_DRAWN: Final = (
    "true_risk",
    "pays_others_first",
    "p_channel_failure",
    "p_misunderstand",
    "refusal_weight",
    "illness_incidence",
)
"""Columns that no tape brings."""
DRAWN_FINANCES: Final = (
    "savings",
    "other_debt",
    "platforms",
    "essential",
    "discretionary",
    "overspender",
    "p_forget",
    "due_day",
    "unemployment_insured",
    "medical_insured",
    *ALWAYS_DRAWN,
)
"""Columns that the shipped data sets do not bring either."""
SCHEMA_NAME: Final = {"monthly_income": "income"}


def tape_book(settings: BookSettings, run: RunSettings, parameters: Parameters) -> Book:
    """The book of the tape at ``settings.path``, with the run's applicants.

    Raises ``UserError`` with every finding at once.
    """
    if settings.path is None:
        raise UserError("book.path must name the tape's file when book.kind is tape; got null")
    tape = read_tape(settings.path)
    menu = menu_of(settings, tape.texts["product"])
    rules = _with_regions(tape, rules_of(settings, parameters))
    opening = _opening(tape, run.seed, menu, rules)
    parts = [opening]
    for part in applicants(settings, run, menu, rules, opening.ids.size):
        parts.append(replace(part, weight=np.full(part.ids.size, opening.weight.mean())))
    frame = Frame(
        name="tape",
        law=rules.law,
        products=menu.products,
        regions=rules.region_names,
        bands=d.RISK_BANDS,
        imputed_columns=_imputed(tape),
        input_sha256=tape.sha256,
        notes=_notes(tape, menu, rules, opening.loans),
    )
    return assemble(frame, parts)


def _with_regions(tape: Tape, rules: Imputation) -> Imputation:
    """The regions of the settings if they cover the tape, else the tape's own with its shares."""
    names = [r for r in tape.texts.get("region", []) if r]
    if set(names) <= set(rules.region_names):
        return rules
    own = check_regions("column region", sorted(set(names)))
    shares = tuple(names.count(r) / len(names) for r in own)
    return replace(rules, region_names=own, region_shares=shares)


def _opening(tape: Tape, seed: int, menu: Menu, rules: Imputation) -> Part:
    loan_ids = hash_texts(tape.texts["loan_id"], "loan_id")
    borrower_ids = hash_texts(tape.texts["borrower_id"], "borrower_id")
    order = np.lexsort((loan_ids, borrower_ids))
    ids, first = np.unique(borrower_ids[order], return_index=True)
    rows = order[first]
    known = _known(tape, rows, rules)
    draws = Draws(seed, ids)
    loans = _loans(tape, menu, loan_ids, borrower_ids)
    owed = obligations(ids, menu.products, loans)
    person = impute_person(
        draws, known, rules, owed.bullet_principal > 0, owed.service / d.IMPUTED_MAX_BURDEN
    )
    weight = tape.numbers.get("weight", np.ones(loan_ids.size))[rows]
    return Part(
        ids=ids,
        arrival_month=np.zeros(ids.size, dtype=np.int64),
        weight=np.where(np.isnan(weight), 1.0, weight),
        person=person,
        finances=impute_finances(draws, known, rules, person, owed),
        loans=loans._replace(band=_bands(ids, person.score, loans.borrower_id)),
    )


def _bands(ids: U8, score: F8, loans_borrower: U8) -> I8:
    return risk_band(score)[np.searchsorted(ids, loans_borrower)]


def _known(tape: Tape, rows: I8, rules: Imputation) -> Known:
    """Borrower columns of the tape under their names in the schema, one row a borrower."""
    known: dict[str, F8] = {}
    for spec in TAPE_COLUMNS:
        if spec.of_borrower and spec.name in tape.numbers and spec.name != "weight":
            known[SCHEMA_NAME.get(spec.name, spec.name)] = tape.numbers[spec.name][rows]
    codes: dict[str, dict[str, float]] = {
        "region": {name: float(i) for i, name in enumerate(rules.region_names)},
        "work": {name: float(work) for name, work in WORK_NAMES.items()},
    }
    for name, code in codes.items():
        if name in tape.texts:
            column = tape.texts[name]
            known[name] = np.array([code.get(column[row], np.nan) for row in rows])
    return known


def _loans(tape: Tape, menu: Menu, loan_ids: U8, borrower_ids: U8) -> LoanColumns:
    """Loans at the state that the tape shows; the band is filled in when scores are known.

    Outstanding principal is split by the schedule: the part of the unpaid instalments is overdue,
    the rest not yet due.
    """
    names = [p.name for p in menu.products]
    product = np.array([names.index(p) for p in tape.texts["product"]], dtype=np.int64)
    whole = {
        name: tape.numbers[name].astype(np.int64)
        for name in ("term_months", "remaining_months", "due_day")
    }
    term, due_day = whole["term_months"], whole["due_day"]
    remaining = np.minimum(whole["remaining_months"], term)
    dpd = np.nan_to_num(tape.numbers.get("dpd", np.zeros(product.size)))
    n_unpaid = np.minimum(unpaid_instalments(dpd, tape.numbers["due_day"]), MAX_UNPAID - 1)
    terms = Terms(
        kind=menu.column("amortisation")[product].astype(np.int64),
        term_months=term,
        monthly_rate=monthly_rate(tape.numbers["annual_rate"]),
        min_payment_share=menu.column("min_payment_share")[product],
    )
    left = share_outstanding(terms, np.minimum(remaining + n_unpaid, term))
    principal = tape.numbers["principal"]
    scaled = np.divide(principal, left, out=np.zeros_like(principal), where=left > 0)
    stop = menu.column("accrual_stop_dpd")[product]
    return LoanColumns(
        id=loan_ids,
        borrower_id=borrower_ids,
        product=product,
        band=np.zeros_like(product),
        origination_month=remaining - term,
        term_months=term,
        remaining_months=remaining,
        due_day=due_day,
        annual_rate=tape.numbers["annual_rate"],
        limit=tape.numbers["original_principal"],
        n_unpaid=n_unpaid,
        months_overdue=n_unpaid,
        opening=open_loans(terms, scaled, remaining, n_unpaid, due_day, stop),
    )


def _imputed(tape: Tape) -> tuple[str, ...]:
    """Optional columns that are absent or have empty cells, and those no tape brings."""
    names = []
    for spec in TAPE_COLUMNS:
        texts, numbers = tape.texts.get(spec.name), tape.numbers.get(spec.name)
        absent = texts is None and numbers is None
        gaps = (texts is not None and "" in texts) or (
            numbers is not None and bool(np.isnan(numbers).any())
        )
        if absent or gaps:
            names.append(spec.name)
    return (*names, *ALWAYS_DRAWN)


def _notes(tape: Tape, menu: Menu, rules: Imputation, loans: LoanColumns) -> tuple[str, ...]:
    notes = []
    if "dpd" not in tape.numbers:
        notes.append("The tape has no dpd: every loan is taken as current.")
    oldest = np.array([write_off_age(p, rules.law) for p in menu.products])[loans.product]
    dpd = loans.n_unpaid * DAYS_PER_MONTH - loans.due_day
    late = int(np.count_nonzero(dpd > oldest))
    if late:
        notes.append(f"{late} loans are past their write-off age and leave in month 1.")
    return tuple(notes)
