"""The shipped US cohort is its file, completed."""

import csv

import numpy as np
import pyarrow.csv as pa_csv
import pytest

from simulator.book import Book, build_book
from simulator.book import distributions as d
from simulator.validation import UserError
from tests import ROOT
from tests.book.books import RUN, assert_rows_agree, config

TAPE_2016 = ROOT / "simulator" / "book" / "shipped" / "data" / "lending_club_2016q1.csv"


@pytest.fixture(scope="module")
def american() -> Book:
    return build_book(config("lending_club_2016q1"), RUN)


def raw_american() -> list[dict[str, str]]:
    path = TAPE_2016
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_american_sizes_and_totals_equal_the_file(american: Book) -> None:
    raw = raw_american()
    assert american.n_loans == american.n_opening_borrowers == len(raw) == 9857
    total = sum(float(r["funded_amnt"]) for r in raw)
    assert american.loans.principal.sum() == pytest.approx(total, rel=1e-12)
    rates = sorted(float(r["int_rate"]) / 100 for r in raw)
    np.testing.assert_allclose(np.sort(american.loans.annual_rate), rates, rtol=1e-12)
    long = sum(r["term"] == "term_60" for r in raw)
    assert int((american.loans.term_months == 60).sum()) == long
    bands = np.array(american.segments.risk_band)[american.loans.segment]
    for grade in "ABCDEFG":
        assert (bands == grade).sum() == sum(r["sub_grade"][0] == grade for r in raw)


def test_american_loans_are_a_fresh_current_cohort(american: Book) -> None:
    loans = american.loans
    assert american.vintage_labels == ("Q0",)
    assert american.currency == "USD"
    assert not loans.origination_month.any()
    assert not loans.n_unpaid.any()
    np.testing.assert_array_equal(loans.remaining_months, loans.term_months)
    assert not american.borrowers.arrival_month.any()


def test_american_incomes_have_a_floor_and_carry_the_loan(american: Book) -> None:
    people, loans = american.borrowers, american.loans
    i = loans.annual_rate / 12
    instalment = loans.limit * i / (1 - (1 + i) ** -loans.term_months.astype(float))
    assert people.income.min() >= d.US_INCOME_FLOOR
    assert np.all(instalment <= d.US_MAX_INSTALMENT_SHARE * people.income[loans.borrower] * 1.001)
    assert np.all(people.stated_income >= people.income)
    stated = sorted(float(r["annual_inc"]) * d.US_NET_OF_GROSS / 12 for r in raw_american())
    assert np.median(people.stated_income) == pytest.approx(np.median(stated), rel=1e-9)


def test_american_outcome_column_is_not_read(
    american: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = pa_csv.read_csv(TAPE_2016)
    monkeypatch.setattr(pa_csv, "read_csv", lambda path: whole.drop_columns(["outcome"]))
    assert_rows_agree(american, build_book(config("lending_club_2016q1"), RUN))


def test_american_regions_are_the_states(american: Book) -> None:
    states = {"AZ", "CO", "ID", "MT", "NV", "NM", "UT", "WY", "AK", "CA", "HI", "OR", "WA"}
    westerners = sum(r["addr_state"] in states for r in raw_american())
    west = american.regions.index("west")
    assert int((american.borrowers.region == west).sum()) == westerners


def test_american_book_refuses_applicants_and_other_countries() -> None:
    with pytest.raises(ValueError, match=r"book\.applicants_monthly_share is not read"):
        config("lending_club_2016q1", applicants_monthly_share=0.1)
    with pytest.raises(UserError, match="jurisdiction must be us"):
        build_book(config("lending_club_2016q1", jurisdiction="cn"), RUN)
