"""The shipped US book: 9,857 real instalment loans of 2016, opened as one fresh cohort.

Real: amount, term, rate, sub-grade, state, stated income, credit history. Assumed: how these map
to net income, debt elsewhere, platforms and latent risk (``distributions.py``); the rest is
imputed. The column ``outcome`` is not read.
"""

from dataclasses import replace
from datetime import date
from importlib.resources import as_file, files
from math import sqrt
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv

from simulator.book import distributions as d
from simulator.book.assemble import Frame, LoanColumns, Part, assemble, fresh_state, obligations
from simulator.book.draws import Column, Draws
from simulator.book.impute import Imputation, Known, impute_finances, impute_person, overstatement
from simulator.book.reconciliation import Reconciliation, Side, reconcile
from simulator.book.schedule import I8, Opening
from simulator.book.schema import F8, U8, Book
from simulator.book.segments import hash_texts
from simulator.book.synthesize import due_days, rules_of
from simulator.book.tape.loans import model_side
from simulator.book.tape.opening import DRAWN_FINANCES
from simulator.catalogue import Parameters
from simulator.elementary import log1p
from simulator.products import PRODUCTS
from simulator.reading.table_file import file_sha256
from simulator.settings import BookSettings, RunSettings
from simulator.units import MONTHS_PER_YEAR
from simulator.validation import UserError
from simulator.vocabulary import Work

GRADES: Final = ("A", "B", "C", "D", "E", "F", "G")
SUB_GRADES_PER_GRADE: Final = 5
STATES: Final = {
    "northeast": "CT ME MA NH RI VT NJ NY PA",
    "midwest": "IL IN MI OH WI IA KS MN MO NE ND SD",
    "south": "DE DC FL GA MD NC SC VA WV AL KY MS TN AR LA OK TX",
    "west": "AZ CO ID MT NV NM UT WY AK CA HI OR WA",
}
"""Census regions of the United States (Census Bureau)."""
AS_OF: Final = date(2016, 3, 31)
PRODUCT: Final = "us_personal_loan"
IMPUTED: Final = (
    "age",
    "work",
    "monthly_income",
    *DRAWN_FINANCES,
)


def lending_club_book(settings: BookSettings, run: RunSettings, parameters: Parameters) -> Book:
    """All loans of the file, originated at the opening and current; no applicants.

    Raises ``UserError`` if the settings ask for another country.
    """
    if settings.jurisdiction != "us":
        raise UserError(f"book.jurisdiction must be us here; got {settings.jurisdiction}")
    with as_file(files("simulator").joinpath("book/shipped/data/lending_club_2016q1.csv")) as path:
        table = pa_csv.read_csv(path)
        digest = file_sha256(path)
    rules = rules_of(settings, parameters)
    rules = replace(rules, region_names=tuple(STATES), region_shares=_equal_shares())
    cohort = _cohort(table, run.seed, rules)
    frame = Frame(
        name="lending_club",
        law=rules.law,
        products=(PRODUCTS[PRODUCT],),
        regions=tuple(STATES),
        bands=GRADES,
        imputed_columns=IMPUTED,
        input_sha256=digest,
        as_of=AS_OF,
        notes=("Real US loans of 2016 Q1 (modeldata 1.1.0, MIT), opened as one fresh cohort.",),
        reconciliation=_reconciled(table, cohort),
    )
    return assemble(frame, [cohort])


def _reconciled(table: pa.Table, cohort: Part) -> Reconciliation:
    """The file's amounts, rates and grades beside what opens; its loans are all current."""
    amount, grade = _number(table, "funded_amnt"), _sub_grade(table) // SUB_GRADES_PER_GRADE
    theirs = Side(
        id=cohort.ids,
        weight=np.ones(amount.size),
        balance=amount,
        bucket=np.zeros(amount.size, dtype=np.int64),
        annual_rate=_number(table, "int_rate") / 100.0,
        instalment=np.full(amount.size, np.nan),
        band=grade,
    )
    ours = model_side(cohort.loans, cohort.weight, cohort.loans.band, (PRODUCTS[PRODUCT],))
    unknown = np.array([e == "emp_unk" for e in table["emp_length"].to_pylist()])
    imputed = dict.fromkeys(IMPUTED, 1.0) | {"work": float(amount[unknown].sum() / amount.sum())}
    return reconcile(theirs, ours, imputed, GRADES)


def _equal_shares() -> tuple[float, ...]:
    return (1.0 / len(STATES),) * len(STATES)


def _number(table: pa.Table, name: str) -> F8:
    return np.asarray(table[name].to_numpy(), dtype=np.float64)


def _sub_grade(table: pa.Table) -> I8:
    """0 for A1 to 34 for G5."""
    codes = table["sub_grade"].to_pylist()
    return np.array(
        [GRADES.index(c[0]) * SUB_GRADES_PER_GRADE + int(c[1]) - 1 for c in codes], dtype=np.int64
    )


def _cohort(table: pa.Table, seed: int, rules: Imputation) -> Part:
    ids = hash_texts([str(i) for i in table["loan_id"].to_pylist()], "loan_id")
    draws = Draws(seed, ids)
    loans = _loans(table, ids, seed)
    owed = obligations(ids, (PRODUCTS[PRODUCT],), loans)
    known = _known(table, draws, owed.service, rules.traits)
    nobody = np.zeros(ids.size, dtype=bool)
    person = impute_person(draws, known, rules, nobody, np.zeros(ids.size))
    finances = impute_finances(draws, known, rules, person, owed)
    state = fresh_state(finances)
    month, weight = np.zeros(ids.size, dtype=np.int64), np.ones(ids.size)
    return Part(ids, month, weight, person, finances, loans, state)


def _loans(table: pa.Table, ids: U8, seed: int) -> LoanColumns:
    term = np.array([int(t.removeprefix("term_")) for t in table["term"].to_pylist()])
    amount, nothing = _number(table, "funded_amnt"), np.zeros(ids.size)
    current = np.zeros(ids.size, dtype=np.int64)
    return LoanColumns(
        id=ids,
        borrower_id=ids,
        product=current,
        band=_sub_grade(table) // SUB_GRADES_PER_GRADE,
        origination_month=current,
        term_months=term,
        remaining_months=term,
        due_day=due_days(Draws(seed, ids)),
        annual_rate=_number(table, "int_rate") / 100.0,
        limit=amount,
        n_unpaid=current,
        months_overdue=current,
        usual_principal=amount,
        opening=Opening(amount, nothing, nothing),
        charges=nothing,
    )


def _known(table: pa.Table, draws: Draws, service: F8, traits: Parameters) -> Known:
    """What the file says about borrowers, in the schema's words."""
    verified = table["verification_status"].to_pylist()
    share = np.array([d.US_OVERSTATED_SHARE[v] for v in verified])
    overstates = draws.uniform(Column.OVERSTATES) < share
    stated = d.US_NET_OF_GROSS * _number(table, "annual_inc") / MONTHS_PER_YEAR
    least = np.maximum(d.US_INCOME_FLOOR, service / d.US_MAX_INSTALMENT_SHARE)
    income = np.maximum(stated / (1.0 + overstatement(draws, overstates)), least)
    states = {s: float(i) for i, group in enumerate(STATES.values()) for s in group.split()}
    score: F8 = d.US_SCORE_TOP - d.US_SCORE_STEP * _sub_grade(table).astype(np.float64)
    cards = _number(table, "revol_util") / 100.0
    debt = d.US_SHORT_DEBT_OF_INSTALMENT * _number(table, "total_bal_il")
    debt = debt + np.minimum(cards, 1.0) * d.US_CARD_LIMIT_MONTHS * income
    employed = np.array([e != "emp_unk" for e in table["emp_length"].to_pylist()])
    return {
        "score": score,
        "true_risk": _true_risk(
            table, draws, (d.SCORE_MEAN - score) / d.SCORE_SD, traits["score_risk_correlation"]
        ),
        "region": np.array([states[s] for s in table["addr_state"].to_pylist()]),
        "work": np.where(employed, float(Work.FORMAL), np.nan),
        "income": income,
        "stated_income": np.maximum(stated, income),
        "other_debt": np.minimum(debt, d.OTHER_DEBT_MAX_MONTHS * income),
        "platforms": np.minimum(_number(table, "open_il_24m") + (cards > 0), 6.0),
    }


def _true_risk(table: pa.Table, draws: Draws, score_z: F8, rho: float) -> F8:
    """Latent risk given the grade and, beyond it, the bureau's delinquencies and inquiries."""
    w = d.US_BUREAU_WEIGHTS
    bureau = (
        w["delinq_2yrs"] * (log1p(_number(table, "delinq_2yrs")) - d.US_LOG_DELINQ_MEAN)
        + w["inq_last_6mths"] * (log1p(_number(table, "inq_last_6mths")) - d.US_LOG_INQ_MEAN)
        + w["revol_util"]
        * (_number(table, "revol_util") - d.US_UTILISATION_MEAN)
        / d.US_UTILISATION_SD
    )
    own = min(d.US_BUREAU_LOADING, sqrt(1.0 - rho**2))
    noise = sqrt(max(0.0, 1.0 - rho**2 - own**2))
    risk: F8 = rho * score_z + own * bureau + noise * draws.normal(Column.TRUE_RISK)
    return risk
