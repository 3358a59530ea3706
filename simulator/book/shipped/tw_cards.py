"""The shipped Taiwanese book: 15,000 real card accounts as they stood at the end of April 2005.

Real: limit, age, the April bill and the April status. Assumed: how they map to a lender's score,
the age of the account and the start of a spell that runs already (constants below); the rest is
imputed. Columns after April are never read: they are what calibration looks at.
"""

from datetime import date
from importlib.resources import as_file, files
from typing import Final, NamedTuple

import numpy as np
import pyarrow.csv as pa_csv

from simulator.book import distributions as d
from simulator.book.assemble import Frame, LoanColumns, Part, assemble, obligations
from simulator.book.donors import DonorSource, Situation
from simulator.book.draws import Column, Draws
from simulator.book.hidden import hidden_of, people_behind
from simulator.book.impute import Imputation
from simulator.book.reconciliation import NO_BAND, Reconciliation, Side, reconcile
from simulator.book.schedule import I8, Opening, Terms, open_loans
from simulator.book.schema import F8, U8, Book
from simulator.book.segments import hash_texts, risk_band
from simulator.book.synthesize import due_days, rules_of
from simulator.book.tape.loans import model_side
from simulator.book.tape.opening import DRAWN_FINANCES
from simulator.catalogue import Parameters
from simulator.elementary import log1p
from simulator.products import PRODUCTS
from simulator.reading.table_file import file_sha256
from simulator.settings import BookSettings, RunSettings
from simulator.units import monthly_rate
from simulator.validation import UserError

FILE: Final = "uci_cards_half_a_2005_04_to_07.csv"
COLUMNS: Final = ("id", "limit_bal", "age", "status_2005_04", "bill_2005_04")
"""All that is read of the file."""
AS_OF: Final = date(2005, 4, 30)
PRODUCT: Final = "tw_credit_card"
FIRST_OVERDUE_STATUS: Final = 2
"""Status of an account with one unpaid instalment; 1 hardly occurs in these months."""
REVOLVES: Final = 0
"""Status of an account that paid at least the minimum and owes the rest; less is paid in full
(-1) or not used (-2)."""

SCORE_PAID_IN_FULL: Final = 660.0
"""Usual score of an account that was paid in full or not used (assumption)."""
SCORE_REVOLVES: Final = 590.0
"""Usual score of a revolving account that uses half of its limit (assumption)."""
SCORE_LOSS_BY_USE: Final = 60.0
"""Loss of a revolving account's score from no use to full use of the limit (assumption)."""
SCORE_OVERDUE: Final = 480.0
"""Usual score of an overdue account (assumption)."""
SCORE_SPREAD: Final = 84.0
"""Standard deviation of scores around these: all else that a lender knows (assumption; scores of
the whole book then spread by about 100, as the scale wants)."""

LIMIT_MAX_INCOMES: Final = 10.0
"""Largest limit over monthly income (assumption): imputed income is at least the limit over it."""
ACCOUNT_AGE_MONTHS: Final = 24
"""Age of every account; the file is silent (assumption: past the months of misunderstanding)."""
LONGER_SPELL_MEAN: Final = 3.0
"""Months by which the other spells are longer: geometric, this mean, at least 1 (assumption)."""

IMPUTED: Final = (
    "score",
    "region",
    "work",
    "monthly_income",
    *DRAWN_FINANCES,
)


class Accounts(NamedTuple):
    """What the file says in April; arrays of shape (n,), money in TWD."""

    ids: U8
    age: F8
    limit: F8
    """As granted, or the bill where that is more."""
    bill: F8
    """Owed at the end of April; 0 where the account was in credit."""
    status: I8
    n_unpaid: I8


def tw_cards_book(
    settings: BookSettings,
    run: RunSettings,
    parameters: Parameters,
    donors: DonorSource | None = None,
) -> Book:
    """All accounts of the file with their April status at month 0; no applicants.

    What the file does not tell is that of ``donors`` in the same situation.

    Raises ``UserError`` if the settings ask for another country.
    """
    if settings.jurisdiction != "tw":
        raise UserError(f"book.jurisdiction must be tw here; got {settings.jurisdiction}")
    rules = rules_of(settings, parameters)
    with as_file(files("simulator").joinpath(f"book/shipped/data/{FILE}")) as path:
        accounts = _read(str(path))
        digest = file_sha256(path)
    people = None if donors is None else donors(settings).customers
    opening = _opening(accounts, run.seed, rules, people)
    frame = Frame(
        name="tw_cards",
        law=rules.law,
        products=(PRODUCTS[PRODUCT],),
        regions=rules.region_names,
        bands=d.RISK_BANDS,
        imputed_columns=IMPUTED,
        input_sha256=digest,
        as_of=AS_OF,
        notes=(
            "Real Taiwanese card accounts at the end of April 2005 (UCI data set 350, Yeh and Lien"
            " 2009, CC BY 4.0).",
            f"{np.count_nonzero(accounts.bill == 0.0)} accounts owe nothing at the opening;"
            " only new use of the limit can make them overdue.",
        ),
        reconciliation=_reconciled(accounts, opening),
    )
    return assemble(frame, [opening])


def _reconciled(accounts: Accounts, opening: Part) -> Reconciliation:
    """The file's bills and statuses beside what opens; a bill holds the interest that is due."""
    unknown = np.full(accounts.bill.size, np.nan)
    theirs = Side(
        id=accounts.ids,
        weight=np.ones(accounts.bill.size),
        balance=accounts.bill,
        bucket=np.maximum(accounts.status - (FIRST_OVERDUE_STATUS - 1), 0),
        annual_rate=unknown,
        instalment=unknown,
        band=np.full(accounts.bill.size, NO_BAND),
    )
    loans = opening.loans
    ours = model_side(loans, opening.weight, loans.band, (PRODUCTS[PRODUCT],))
    ours = ours._replace(balance=ours.balance + loans.opening.interest_overdue)
    return reconcile(theirs, ours, dict.fromkeys(IMPUTED, 1.0), d.RISK_BANDS)


def _read(path: str) -> Accounts:
    options = pa_csv.ConvertOptions(include_columns=list(COLUMNS))
    table = pa_csv.read_csv(path, convert_options=options)
    limit, age, status, bill = (table[name].to_numpy() for name in COLUMNS[1:])
    owed = np.maximum(bill.astype(np.float64), 0.0)
    return Accounts(
        ids=hash_texts([str(i) for i in table["id"].to_pylist()], "id"),
        age=age.astype(np.float64),
        limit=np.maximum(limit.astype(np.float64), owed),
        bill=owed,
        status=status,
        n_unpaid=np.maximum(status - (FIRST_OVERDUE_STATUS - 1), 0),
    )


def _opening(accounts: Accounts, seed: int, rules: Imputation, donors: Book | None) -> Part:
    ids = accounts.ids
    draws = Draws(seed, ids)
    known: dict[str, F8] = {"age": accounts.age, "score": _score(draws, accounts)}
    loans = _loans(accounts, draws, known["score"], rules)
    owed = obligations(ids, (PRODUCTS[PRODUCT],), loans)
    least_income = np.maximum(
        owed.service / d.IMPUTED_MAX_BURDEN, accounts.limit / LIMIT_MAX_INCOMES
    )
    hidden = None
    if donors is not None:
        situation = Situation(
            n_unpaid=loans.n_unpaid,
            extra_months=loans.months_overdue - loans.n_unpaid,
            product=loans.product,
            n_loans=np.ones_like(loans.product),
            age_months=-loans.origination_month,
            score=known["score"],
            income=np.full(ids.size, np.nan),
        )
        hidden = hidden_of(donors, situation, [PRODUCT], draws)
    people = people_behind(draws, known, rules, owed, least_income, hidden)
    month, weight = np.zeros(ids.size, dtype=np.int64), np.ones(ids.size)
    return Part(ids, month, weight, loans=loans, **people._asdict())


def _score(draws: Draws, accounts: Accounts) -> F8:
    """The lender's score: what April tells, and a spread for what the file does not."""
    use = accounts.bill / accounts.limit
    usual = np.select(
        [accounts.n_unpaid > 0, accounts.status >= REVOLVES],
        [SCORE_OVERDUE, SCORE_REVOLVES - SCORE_LOSS_BY_USE * (use - 0.5)],
        SCORE_PAID_IN_FULL,
    )
    return np.clip(usual + SCORE_SPREAD * draws.normal(Column.SCORE), 0.0, 1000.0)


def _loans(accounts: Accounts, draws: Draws, score: F8, rules: Imputation) -> LoanColumns:
    product, band = PRODUCTS[PRODUCT], risk_band(score)
    everywhere, whole = np.ones(band.size, dtype=np.int64), np.ones(band.size)
    term = everywhere * max(product.terms_months)
    rate = np.minimum(product.annual_rate + product.risk_price * band, rules.law.all_in_rate_cap)
    due_day = due_days(draws)
    terms = Terms(
        kind=everywhere * int(product.amortisation),
        term_months=term,
        monthly_rate=monthly_rate(rate),
        min_payment_share=whole * product.min_payment_share,
    )
    one = open_loans(
        terms,
        whole,
        term - ACCOUNT_AGE_MONTHS,
        accounts.n_unpaid,
        due_day,
        whole * product.accrual_stop_dpd,
    )
    return LoanColumns(
        id=accounts.ids,
        borrower_id=accounts.ids,
        product=everywhere * 0,
        band=band,
        origination_month=everywhere * -ACCOUNT_AGE_MONTHS,
        term_months=term,
        remaining_months=term - ACCOUNT_AGE_MONTHS,
        due_day=due_day,
        annual_rate=rate,
        limit=accounts.limit,
        n_unpaid=accounts.n_unpaid,
        months_overdue=months_overdue(draws, accounts.n_unpaid, rules.traits),
        usual_principal=accounts.bill,
        opening=_shared_out(accounts.bill, one),
        charges=np.zeros_like(rate),
    )


def _shared_out(bill: F8, one: Opening) -> Opening:
    """Each bill divided as the parts of ``one``, which are those of some other balance."""
    scale = bill / (one.principal + one.principal_overdue + one.interest_overdue)
    return Opening(*(part * scale for part in one))


def months_overdue(draws: Draws, n_unpaid: I8, traits: Parameters) -> I8:
    """Months since each account was last current, at least its unpaid instalments; shape (n,).

    The file's first month cannot show it: a share of spells is as short as can be, the others are
    longer by a geometric number of months, none longer than the account is old.
    """
    u = draws.uniform(Column.OPENING_SPELL)
    shortest = traits["opening_new_spell_share"]
    left = np.clip((u - shortest) / max(1.0 - shortest, 1e-9), 0.0, 1.0 - 1e-12)
    longer = 1 + np.floor(log1p(-left) / log1p(-1.0 / LONGER_SPELL_MEAN)).astype(np.int64)
    extra = np.where(u < shortest, 0, longer)
    spell: I8 = np.where(n_unpaid > 0, np.minimum(n_unpaid + extra, ACCOUNT_AGE_MONTHS), 0)
    return spell
