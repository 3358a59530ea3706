"""A book from a loan tape: CSV or Parquet, one row a loan, missing columns imputed."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from simulator.book import distributions as d
from simulator.book.assemble import Frame, LoanColumns, Part, assemble, obligations
from simulator.book.donors import (
    BOTH_OPEN,
    DonorSource,
    Settled,
    Situation,
    lending_that_keeps,
    resampled_dormant,
    worst_loans,
)
from simulator.book.draws import Draws
from simulator.book.hidden import hidden_of, people_behind
from simulator.book.impute import Imputation, Known
from simulator.book.reconciliation import warning_of
from simulator.book.schedule import I8
from simulator.book.schema import F8, U8, Book, write_off_age
from simulator.book.segments import check_regions, risk_band
from simulator.book.synthesize import Menu, applicants, menu_of, rules_of
from simulator.book.tape.checks import WORK_NAMES
from simulator.book.tape.columns import TAPE_COLUMNS
from simulator.book.tape.kept_tape import tape_of
from simulator.book.tape.loans import loans_of, model_side, reconciled
from simulator.book.tape.reader import Tape
from simulator.book.tape.sample import sample_tape
from simulator.catalogue import Parameters
from simulator.products import PRODUCTS
from simulator.reading.cells import Texts
from simulator.reading.periods import next_month
from simulator.settings import BookSettings, RunSettings
from simulator.units import days_past_due
from simulator.validation import UserError
from simulator.vocabulary import Amortisation

ALWAYS_DRAWN: Final = (
    "true_risk",
    "worker_type",
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


def tape_book(
    settings: BookSettings,
    run: RunSettings,
    parameters: Parameters,
    donors: DonorSource | None = None,
    growth: float = 0.0,
) -> Book:
    """The book of the tape at ``settings.path``, with the run's applicants.

    What the tape does not tell of its borrowers is that of ``donors`` in the same situation;
    without donors, that of borrowers who have just been let in.

    Raises ``UserError`` with every finding at once.
    """
    if settings.path is None:
        raise UserError("book.path must name the file of the tape when book.kind is tape; got null")
    tape = tape_of(settings, settings.path)
    settings = _replacing(settings, tape)
    menu = menu_of(settings, tape.texts["product"].words)
    rules = _with_regions(tape, rules_of(settings, parameters))
    sample, told = sample_tape(tape, settings.borrowers, run.seed)
    ask = None if donors is None else _asking(settings, menu, rules, donors)
    opening, settled = _opening(sample, run.seed, menu, rules, ask)
    others = applicants(settings, run, menu, rules, opening.ids.size, growth)
    if others and settled is not None:
        others.append(resampled_dormant(settled, opening.ids.size, run.seed, menu.products))
    owner = np.searchsorted(opening.ids, opening.loans.borrower_id)
    model = model_side(opening.loans, opening.weight[owner], opening.loans.band, menu.products)
    found = reconciled(tape, model, is_sample=sample is not tape)
    mean = opening.weight.mean()
    parts = [opening, *(replace(part, weight=np.full(part.ids.size, mean)) for part in others)]
    frame = Frame(
        name="tape",
        law=rules.law,
        products=menu.products,
        regions=rules.region_names,
        bands=d.RISK_BANDS,
        imputed_columns=imputed_columns(tape),
        input_sha256=tape.sha256,
        as_of=tape.snapshot,
        notes=(*_notes(tape, menu, rules, opening.loans, run), *told),
        warnings=tuple(w for w in (*tape.warnings, warning_of(found)) if w),
        reconciliation=found,
        rejected=tape.rejected,
    )
    return assemble(frame, parts)


def _replacing(settings: BookSettings, tape: Tape) -> BookSettings:
    """``settings`` with the new lending that keeps the tape's mix and number of loans.

    Only of what the settings leave open.
    """
    if settings.new_lending == "none":
        return settings
    held = _counts(tape.texts["product"])
    total = sum(held.values())
    products, applicants_share = lending_that_keeps(
        {PRODUCTS[name]: n / total for name, n in held.items()}
    )
    changes: dict[str, object] = {} if settings.products else {"products": products}
    if settings.applicants_monthly_share is None:
        changes["applicants_monthly_share"] = applicants_share
    return settings.model_copy(update=changes)


def regions_of(tape: Tape, usual: Sequence[str]) -> tuple[str, ...]:
    """The ``usual`` regions if they cover the tape, else the tape's own."""
    counts = _by_region(tape)
    if set(counts) <= set(usual):
        return tuple(usual)
    return check_regions("column region", sorted(counts))


def _with_regions(tape: Tape, rules: Imputation) -> Imputation:
    """The regions of the settings if they cover the tape, else the tape's own with its shares."""
    own, counts = regions_of(tape, rules.region_names), _by_region(tape)
    if own == rules.region_names:
        return rules
    total = sum(counts.values())
    shares = tuple(counts[name] / total for name in own)
    return replace(rules, region_names=own, region_shares=shares)


def _by_region(tape: Tape) -> dict[str, int]:
    region = tape.texts.get("region")
    return {} if region is None else _counts(region)


def _counts(texts: Texts) -> dict[str, int]:
    """Rows of each name that is not empty."""
    counts = np.bincount(texts.codes, minlength=len(texts.names))
    return {w: int(n) for w, n in zip(texts.words, counts, strict=True) if w and n}


def _asking(
    settings: BookSettings, menu: Menu, rules: Imputation, donors: DonorSource
) -> Callable[[F8, float], Settled]:
    """What gives donors for a book with these shares of products, and of customers with two."""

    def ask(shares: F8, two: float) -> Settled:
        stock = {p: float(s) for p, s in zip(menu.products, shares, strict=True) if s > 0}
        products, applicants_share = lending_that_keeps(stock)
        return donors(
            settings.model_copy(
                update={
                    "products": products,
                    "second_loan_share": two,
                    "new_lending": "replace",
                    "applicants_monthly_share": applicants_share,
                    "regions": rules.region_names,
                    "region_shares": rules.region_shares,
                }
            )
        )

    return ask


def _opening(
    tape: Tape,
    seed: int,
    menu: Menu,
    rules: Imputation,
    ask: Callable[[F8, float], Settled] | None,
) -> tuple[Part, Settled | None]:
    """The tape's borrowers, and the settled book from which their hidden states are."""
    loans = loans_of(tape, menu)
    order = np.lexsort((loans.id, loans.borrower_id))
    ids, first = np.unique(loans.borrower_id[order], return_index=True)
    rows = order[first]
    known = _known(tape, rows, rules)
    draws = Draws(seed, ids)
    hidden, settled = None, None
    if ask is not None:
        shares = np.bincount(loans.product, minlength=len(menu.products)) / loans.id.size
        both = float(np.mean(np.bincount(np.searchsorted(ids, loans.borrower_id)) > 1))
        two = min(1.0, both / BOTH_OPEN)
        names = [p.name for p in menu.products]
        settled, situation = ask(shares, two), _situation(tape, menu, ids, known, loans)
        hidden = hidden_of(settled.customers, situation, names, draws)
        lines = menu.column("amortisation")[loans.product] == Amortisation.REVOLVING
        usual = hidden.usually_drawn(loans, np.searchsorted(ids, loans.borrower_id), lines)
        loans = loans._replace(usual_principal=usual)
    owed = obligations(ids, menu.products, loans)
    least_income = owed.service / d.IMPUTED_MAX_BURDEN
    people = people_behind(draws, known, rules, owed, least_income, hidden)
    part = Part(
        ids=ids,
        arrival_month=np.zeros(ids.size, dtype=np.int64),
        weight=tape.weight[rows],
        loans=loans._replace(band=_bands(ids, people.person.score, loans.borrower_id)),
        **people._asdict(),
    )
    return part, settled


def _situation(tape: Tape, menu: Menu, ids: U8, known: Known, loans: LoanColumns) -> Situation:
    """What the tape tells of each borrower's loan that is furthest behind.

    A line without a term tells nothing of its age.
    """
    lines = menu.column("amortisation") == Amortisation.REVOLVING
    owner = np.searchsorted(ids, loans.borrower_id)
    worst = worst_loans(owner, ids.size, loans.n_unpaid, loans.opening.principal, loans.id)
    unpaid = loans.n_unpaid[worst]
    extra = loans.months_overdue[worst] - unpaid
    untold = (loans.term_months == loans.remaining_months) & lines[loans.product]
    return Situation(
        n_unpaid=unpaid,
        extra_months=extra if tape.months_overdue is not None else np.full_like(extra, -1),
        product=loans.product[worst],
        n_loans=np.bincount(owner, minlength=ids.size),
        age_months=np.where(untold[worst], -1, -loans.origination_month[worst]),
        score=known.get("score", np.full(ids.size, np.nan)),
        income=known.get("income", np.full(ids.size, np.nan)),
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
            numbers = np.array([code.get(word, np.nan) for word in column.words])
            known[name] = numbers[column.codes[rows]]
    return known


def imputed_columns(tape: Tape) -> tuple[str, ...]:
    """Optional columns that are absent or have empty cells, and those no tape brings."""
    names = []
    for spec in TAPE_COLUMNS:
        texts, numbers = tape.texts.get(spec.name), tape.numbers.get(spec.name)
        absent = texts is None and numbers is None
        gaps = (texts is not None and bool(texts.equal("").any())) or (
            numbers is not None and bool(np.isnan(numbers).any())
        )
        if absent or gaps:
            names.append(spec.name)
    return (*names, *ALWAYS_DRAWN)


def _notes(
    tape: Tape, menu: Menu, rules: Imputation, loans: LoanColumns, run: RunSettings
) -> tuple[str, ...]:
    notes = list(tape.notes)
    if "dpd" not in tape.numbers:
        notes.append("The tape has no dpd: every loan is taken as current.")
    if tape.snapshot is not None and next_month(str(tape.snapshot)) != run.start_month:
        notes.append(
            f"The tape is of {tape.snapshot}, but month 1 of the run is {run.start_month}:"
            f" run.start_month={next_month(str(tape.snapshot))} would follow on."
        )
    oldest = np.array([write_off_age(p, rules.law) for p in menu.products])[loans.product]
    dpd = days_past_due(loans.n_unpaid, loans.due_day)
    late = int(np.count_nonzero(dpd > oldest))
    if late:
        notes.append(f"{late} loans are past their write-off age and leave in month 1.")
    return tuple(notes)
