"""The shipped Taiwanese card accounts: April as in the file, nothing of later months."""

import csv
from importlib.resources import files
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pytest
import yaml

from simulator.book import Book, build_book
from simulator.book import distributions as d
from simulator.book.draws import Draws
from simulator.book.segments import hash_texts, mix_ids
from simulator.book.shipped import tw_cards as cards
from simulator.catalogue import parameters_from
from simulator.settings import BookSettings, RunSettings
from simulator.validation import UserError
from tests import ROOT

DATA = Path(str(files("simulator"))) / "book" / "shipped" / "data" / cards.FILE
RUN = RunSettings(months=3, paths=1)
SIGMAS = 4.5
DEFAULTS = parameters_from({})


def config(**changes: object) -> BookSettings:
    values = yaml.safe_load((ROOT / "configs" / "book" / "tw_cards.yaml").read_text("utf-8"))
    return BookSettings.model_validate(values | changes)


@pytest.fixture(scope="module")
def book() -> Book:
    return build_book(config(), RUN)


@pytest.fixture(scope="module")
def raw() -> list[dict[str, str]]:
    """Rows of the file in the order of the book's loans."""
    with DATA.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    ids = hash_texts([r["id"] for r in rows], "id")
    return [rows[i] for i in np.argsort(ids)]


def numbers(rows: list[dict[str, str]], name: str) -> np.ndarray:
    return np.array([float(r[name]) for r in rows])


def balance(book: Book) -> np.ndarray:
    loans = book.loans
    return loans.principal + loans.principal_overdue + loans.interest_overdue


def assert_same(left: Book, right: Book) -> None:
    """All columns agree bit for bit."""
    pairs = (left.borrowers, right.borrowers), (left.loans, right.loans)
    for a, b in pairs:
        for name in a._fields:
            np.testing.assert_array_equal(getattr(a, name), getattr(b, name), err_msg=name)


def rewrite(folder: Path, table: pa.Table, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the book read ``table`` instead of the shipped file."""
    path, read = folder / "cards.csv", pa_csv.read_csv
    pa_csv.write_csv(table, path)
    monkeypatch.setattr(
        pa_csv, "read_csv", lambda _, convert_options: read(path, convert_options=convert_options)
    )


# --- April as in the file --------------------------------------------------------------------


def test_opening_buckets_count_as_in_the_file(book: Book) -> None:
    counts = np.bincount(np.minimum(book.loans.n_unpaid, 3), minlength=4)
    assert counts.tolist() == [13454, 1376, 104, 66]


def test_every_account_has_its_own_april_status(book: Book, raw: list[dict[str, str]]) -> None:
    status = numbers(raw, "status_2005_04")
    unpaid = np.where(status >= 2, status - 1, 0)
    np.testing.assert_array_equal(book.loans.n_unpaid, unpaid)


def test_balances_are_the_bills_to_the_cent(book: Book, raw: list[dict[str, str]]) -> None:
    owed = np.maximum(numbers(raw, "bill_2005_04"), 0.0)
    np.testing.assert_allclose(balance(book), owed, rtol=0, atol=0.005)


def test_overdue_part_is_the_missed_minimum_payments(book: Book) -> None:
    loans, item = book.loans, book.products[0]
    kept = (1.0 - item.min_payment_share) ** loans.n_unpaid
    whole = loans.principal + loans.principal_overdue
    np.testing.assert_allclose(loans.principal, kept * whole, rtol=1e-12, atol=1e-9)
    one = loans.n_unpaid == 1
    interest = (whole * loans.annual_rate / 12)[one]
    np.testing.assert_allclose(loans.interest_overdue[one], interest, rtol=1e-12, atol=1e-9)
    current = loans.n_unpaid == 0
    assert not loans.principal_overdue[current].any()
    assert not loans.interest_overdue[current].any()


def test_limits_are_the_files_or_the_bill_if_that_is_more(
    book: Book, raw: list[dict[str, str]]
) -> None:
    limit, bill = numbers(raw, "limit_bal"), numbers(raw, "bill_2005_04")
    np.testing.assert_array_equal(book.loans.limit, np.maximum(limit, bill))
    np.testing.assert_array_equal(book.borrowers.age, numbers(raw, "age"))


def test_incomes_are_plausible_for_limit_and_instalment(book: Book) -> None:
    income, loans, item = book.borrowers.income, book.loans, book.products[0]
    least = loans.limit / cards.LIMIT_MAX_INCOMES
    due = loans.principal * (item.min_payment_share + loans.annual_rate / 12)
    assert np.all(income >= least * (1 - 1e-12))
    assert np.all(income >= due / d.IMPUTED_MAX_BURDEN * (1 - 1e-12))


def test_scores_fall_with_the_status_and_keep_the_scale(
    book: Book, raw: list[dict[str, str]]
) -> None:
    status, score = numbers(raw, "status_2005_04"), book.borrowers.score
    for accounts, expected in (
        (status < 0, cards.SCORE_PAID_IN_FULL),
        (status >= 2, cards.SCORE_OVERDUE),
    ):
        error = cards.SCORE_SPREAD / np.sqrt(accounts.sum())
        assert abs(score[accounts].mean() - expected) < SIGMAS * error
    # The class scores are a free choice; that mean and spread stay near the scale's is not.
    assert score.mean() == pytest.approx(d.SCORE_MEAN, abs=0.1 * d.SCORE_SD)
    assert score.std() == pytest.approx(d.SCORE_SD, rel=0.05)


# --- How long spells have lasted -------------------------------------------------------------


def test_spells_are_as_short_or_longer_as_stated() -> None:
    n = 60_000
    unpaid = np.ones(n, dtype=np.int64)
    spell = cards.months_overdue(Draws(1, mix_ids(np.arange(n, dtype=np.uint64))), unpaid, DEFAULTS)
    share, mean = DEFAULTS["opening_new_spell_share"], cards.LONGER_SPELL_MEAN
    short = int((spell == 1).sum())
    assert abs(short - n * share) < SIGMAS * np.sqrt(n * share * (1 - share))
    longer = spell[spell > 1] - 1
    sd = np.sqrt(mean * (mean - 1))
    # The cut at the account's age takes less than 1e-3 of a month.
    assert abs(longer.mean() - mean) < SIGMAS * sd / np.sqrt(longer.size) + 1e-3


def test_spells_last_at_least_their_unpaid_instalments(book: Book) -> None:
    loans = book.loans
    overdue = loans.n_unpaid > 0
    assert np.all(loans.months_overdue[overdue] >= loans.n_unpaid[overdue])
    assert np.all(loans.months_overdue[overdue] <= -loans.origination_month[overdue])
    assert not loans.months_overdue[~overdue].any()


# --- What must not matter --------------------------------------------------------------------


def test_order_of_rows_does_not_matter(
    book: Book, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = pa_csv.read_csv(DATA)
    rewrite(tmp_path, table.take(np.arange(table.num_rows)[::-1]), monkeypatch)
    assert_same(book, build_book(config(), RUN))


def test_months_after_april_are_not_read(
    book: Book, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = pa_csv.read_csv(DATA)
    for place, name in enumerate(table.column_names):
        if name.endswith(("_05", "_06", "_07")):
            scrambled = pa.array(table[name].to_numpy()[::-1])
            table = table.set_column(place, name, scrambled)
    rewrite(tmp_path, table, monkeypatch)
    assert_same(book, build_book(config(), RUN))


def test_a_missing_account_changes_no_other(
    book: Book, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rewrite(tmp_path, pa_csv.read_csv(DATA).slice(1), monkeypatch)
    fewer = build_book(config(), RUN)
    row = np.searchsorted(book.borrowers.id, fewer.borrowers.id)
    for name in fewer.borrowers._fields:
        if name != "income_decile":  # a rank among all, for reporting only
            ours, theirs = getattr(fewer.borrowers, name), getattr(book.borrowers, name)
            np.testing.assert_array_equal(ours, theirs[row], err_msg=name)


def test_another_seed_keeps_the_file_and_draws_the_rest_anew(book: Book) -> None:
    other = build_book(config(), RunSettings(months=3, paths=1, seed=7))
    np.testing.assert_array_equal(book.borrowers.id, other.borrowers.id)
    np.testing.assert_array_equal(book.loans.n_unpaid, other.loans.n_unpaid)
    np.testing.assert_allclose(balance(book), balance(other), rtol=1e-12, atol=1e-9)
    overdue = book.loans.n_unpaid > 0
    assert np.mean((book.loans.months_overdue == other.loans.months_overdue)[overdue]) < 0.5
    assert np.mean(book.borrowers.savings == other.borrowers.savings) < 0.01


def test_book_refuses_applicants_and_other_countries() -> None:
    with pytest.raises(ValueError, match=r"book\.applicants_monthly_share is not read"):
        config(applicants_monthly_share=0.1)
    with pytest.raises(ValueError, match=r"book\.new_lending must be none"):
        config(new_lending="replace")
    with pytest.raises(UserError, match="jurisdiction must be tw"):
        build_book(config(jurisdiction="us"), RUN)
