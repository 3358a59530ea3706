"""Tapes that were read wrongly without a word: each opens right, warns, or is asked about."""

from pathlib import Path

import numpy as np
import pytest

from simulator.book.tape.arrears import opening_arrears
from simulator.book.tape.inspection import inspect
from simulator.cli.tape import main as look
from simulator.units import days_past_due
from tests.book.tape.small_tapes import (
    asked,
    one_in_ten,
    open_tape,
    overdue,
    weighted_rate,
    write_tape,
)

# --- statuses --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("odd", "usual"),
    [
        ("01", "00"),
        ("30-59", "0-29"),
        ("30-59 days", "< 30 days"),
        ("[30,60)", "[0,30)"),
        ("正常(逾期45天)", "正常"),
        ("Current [45 dpd]", "Current"),
        ("逾期31-60天", "正常"),
        ("M2", "N"),
        ("30", "C"),
        ("30", "0"),
    ],
)
def test_a_tenth_of_the_balance_is_thirty_days_past_due(
    odd: str, usual: str, tmp_path: Path
) -> None:
    if "," in odd:
        odd, usual = f'"{odd}"', f'"{usual}"'
    book = open_tape(write_tape(tmp_path, status=one_in_ten(odd, usual)), STATUS_N)
    assert overdue(book, 2) == pytest.approx(0.1)
    assert overdue(book, 1) == pytest.approx(0.1)
    assert overdue(book, 3) == 0.0
    assert not book.warnings


@pytest.mark.parametrize(
    ("odd", "usual", "unpaid"),
    [
        ("逾期30天以内", "正常", 1),
        ("less than 30 days late", "Current", 1),
        ("In Grace Period", "M1", 0),
        ("1-2 months in arrears", "Performing", 2),
        ("3+ payments past due", "Current", 3),
    ],
)
def test_words_for_late_loans_say_how_late(
    odd: str, usual: str, unpaid: int, tmp_path: Path
) -> None:
    book = open_tape(write_tape(tmp_path, status=one_in_ten(odd, usual)))
    assert np.mean(book.loans.n_unpaid == unpaid) == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("odd", "usual"),
    [("0-29", "Current"), ("逾期2-3期", "正常"), ("Current (was 60 days late)", "Current")],
)
def test_a_status_that_may_mean_two_things_stays_a_question_beside_the_proposal(
    odd: str, usual: str, tmp_path: Path
) -> None:
    found = inspect(str(write_tape(tmp_path, status=one_in_ten(odd, usual))), None, None)
    assert found.tape is None
    assert "values.status" in found.wrong


def test_a_bucket_of_months_is_not_one_of_days(tmp_path: Path) -> None:
    words = one_in_ten("Arrears 1-3 months", "Performing")
    book = open_tape(write_tape(tmp_path, status=words))
    assert overdue(book, 3) == pytest.approx(0.1)
    assert "Arrears 1-3 months as M3" in " ".join(book.warnings)


def test_nothing_is_asked_that_the_column_explains(tmp_path: Path) -> None:
    words = ["C", "C", "C", "C", "C", "30", "60", "90", "120+", "CO"] * 10
    found = inspect(str(write_tape(tmp_path, status=words)), None, None)
    assert not found.proposal.open_questions
    assert found.tape is not None
    assert found.tape.n_loans == 90


@pytest.mark.parametrize("header", ["Current Loan Delinquency Status", "loan_delinquency_status"])
def test_the_trades_own_header_says_what_its_codes_count(header: str, tmp_path: Path) -> None:
    path = write_tape(tmp_path, without=["dpd"], **{header: one_in_ten("1", "0")})
    assert overdue(open_tape(path), 2) == pytest.approx(0.1)


STATUS_N: dict[str, object] = {"values": {"status": {"N": "M0"}}}


def test_digits_beside_n_count_instalments(tmp_path: Path) -> None:
    book = open_tape(write_tape(tmp_path, status=one_in_ten("2", "N")))
    assert overdue(book, 2) == pytest.approx(0.1)
    assert overdue(book, 3) == 0.0


@pytest.mark.parametrize(("odd", "usual"), [("2", "1"), ("1", "0"), ("02", "01")])
def test_bare_numbers_are_asked_about_and_one_key_answers(
    odd: str, usual: str, tmp_path: Path
) -> None:
    path = write_tape(tmp_path, status=one_in_ten(odd, usual))
    text = asked(path)
    assert "status_codes: instalments" in text
    assert len(text.splitlines()) == 1
    assert not inspect(str(path), None, None).can_run
    counted = open_tape(path, {"status_codes": "instalments"})
    days = open_tape(path, {"status_codes": "thirty_days"})
    assert overdue(counted, int(odd)) == overdue(days, int(odd) + 1) == pytest.approx(0.1)
    own = open_tape(path, {"values": {"status": {odd: "31-60", usual: 0}}})
    assert overdue(own, 2) == overdue(own, 1) == pytest.approx(0.1)


def test_a_column_that_says_that_it_counts_instalments_is_not_asked_about(tmp_path: Path) -> None:
    path = write_tape(tmp_path, without=["dpd"], 连续逾期期数=one_in_ten(2, 0))
    book = open_tape(path, {"columns": {"连续逾期期数": "status"}})
    assert overdue(book, 2) == pytest.approx(0.1)


def test_a_bucket_from_zero_beside_current_is_asked_about(tmp_path: Path) -> None:
    assert "1 day past due" in asked(write_tape(tmp_path, status=one_in_ten("0-29", "current")))


def test_brackets_that_nobody_knows_are_not_dropped(tmp_path: Path) -> None:
    text = asked(write_tape(tmp_path, status=one_in_ten("正常(X)", "正常")))
    assert "got 正常(X)" in text


def test_brackets_may_close_a_loan(tmp_path: Path) -> None:
    book = open_tape(write_tape(tmp_path, status=one_in_ten("逾期45天(已结清)", "正常")))
    assert book.loans.id.size == 90
    assert book.reconciliation is not None
    assert [(x.loans, x.balance) for x in book.reconciliation.left_out] == [(10, 50000.0)]


@pytest.mark.parametrize("usual", ["0-29", "00", "< 30 days"])
def test_days_inside_the_first_bucket_contradict_no_status(usual: str, tmp_path: Path) -> None:
    late, days = ("01" if usual == "00" else "30-59"), [45, 12, *[0] * 8] * 10
    book = open_tape(write_tape(tmp_path, status=one_in_ten(late, usual), dpd=days))
    assert overdue(book, 2) == pytest.approx(0.1)
    assert overdue(book, 1) == pytest.approx(0.2)
    assert "status of current" in asked(
        write_tape(tmp_path, status=one_in_ten(late, usual), dpd=45)
    )


def test_numbers_of_days_are_read_to_the_day_where_declared(tmp_path: Path) -> None:
    path = write_tape(tmp_path, status=one_in_ten(45, 0))
    assert "status_codes: instalments" in asked(path)
    assert overdue(open_tape(path, {"status_codes": "days"}), 2) == pytest.approx(0.1)


def test_a_wide_bucket_warns(tmp_path: Path) -> None:
    book = open_tape(write_tape(tmp_path, status=one_in_ten("Late (31-120 days)", "Current")))
    assert overdue(book, 2) == pytest.approx(0.1)
    assert "spans several buckets" in book.warnings[0]


# --- days past due ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dpd", "day"), [(91, 1), (90, 1), (30, 1), (31, 28), (45, 15), (1, 28), (420, 1), (62, 28)]
)
def test_days_past_due_are_kept_to_the_day(dpd: int, day: int, tmp_path: Path) -> None:
    columns = {"dpd": one_in_ten(dpd, 0), "due_day": one_in_ten(day, 15)}
    book = open_tape(write_tape(tmp_path, remaining_months=9, **columns))
    late = book.loans.n_unpaid > 0
    found = days_past_due(book.loans.n_unpaid.astype(int), book.loans.due_day.astype(int))
    assert set(found[late]) == {float(dpd)}
    assert late.sum() == 10
    for first, threshold in enumerate((1, 30, 60, 90), start=1):
        assert overdue(book, first) == pytest.approx(0.1 if dpd >= threshold else 0.0)
    assert bool(book.warnings) == (dpd == 1)  # it may be a flag


def test_an_overdue_loan_keeps_its_place_in_the_schedule() -> None:
    dpd = np.arange(1.0, 421.0)
    for day in (1, 15, 28):
        due = np.full(dpd.size, float(day))
        remaining = np.full(dpd.size, 9)
        found = opening_arrears(dpd, due, remaining, np.ones(dpd.size, dtype=bool))
        exact = days_past_due(found.n_unpaid, found.due_day)
        np.testing.assert_array_equal(exact, dpd)
        counted = np.maximum(np.floor((dpd + day) / 30 + 0.5), 1)
        np.testing.assert_array_equal(found.n_unpaid + found.remaining_months, 9 + counted)


@pytest.mark.parametrize(
    ("snapshot", "day", "dpd"), [("2025-12-15", 20, 25), ("2025-12-15", 10, 5)]
)
def test_a_tape_of_the_fifteenth_is_no_month_end(
    snapshot: str, day: int, dpd: int, tmp_path: Path
) -> None:
    path = write_tape(tmp_path, dpd=one_in_ten(dpd, 0), due_day=day, snapshot_date=snapshot)
    book = open_tape(path)
    late = book.loans.n_unpaid > 0
    assert set(book.loans.n_unpaid[late]) == {1}
    assert set(30 - book.loans.due_day[late].astype(int)) == {dpd}
    assert (book.loans.remaining_months == 12).all()
    assert any("no month's end" in note for note in book.notes)


def test_a_tape_without_arrears_warns(tmp_path: Path) -> None:
    book = open_tape(write_tape(tmp_path, without=["dpd"]))
    assert "every loan is taken as current" in book.warnings[0]


# --- units -----------------------------------------------------------------------------------


def test_one_rate_in_percent_is_read_as_the_others_and_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_tape(tmp_path, annual_rate=[18, *[0.18] * 99])
    book = open_tape(path)
    assert weighted_rate(book) == pytest.approx(0.18)
    assert "18 was read as 0.18" in book.warnings[0]
    assert "loan_id 1, line 2" in book.warnings[0]
    assert look([str(path)]) == 0
    assert "loan_id 1, line 2" in capsys.readouterr().err
    assert "percent" not in inspect(str(path), None, None).proposal.text


def test_one_fraction_among_percent_is_read_as_the_others(tmp_path: Path) -> None:
    path = write_tape(tmp_path, annual_rate=[0.18, *[18] * 99])
    book = open_tape(path, {"percent": ["annual_rate"]})
    assert weighted_rate(book) == pytest.approx(0.18)
    assert len(book.warnings) == 1


def test_a_low_rate_is_no_outlier(tmp_path: Path) -> None:
    path = write_tape(tmp_path, annual_rate=[0.99, *[18] * 99])
    book = open_tape(path, {"percent": ["annual_rate"]})
    assert book.loans.annual_rate.min() == pytest.approx(0.0099)


def test_a_column_of_both_units_is_refused(tmp_path: Path) -> None:
    path = write_tape(tmp_path, annual_rate=one_in_ten(18, 0.18))
    assert "annual_rate > 1" in asked(path)
    assert "mixes percent and fractions" in asked(
        write_tape(tmp_path, annual_rate=one_in_ten(0.18, 18)), {"percent": ["annual_rate"]}
    )


def test_a_years_income_is_asked_about_and_divided(tmp_path: Path) -> None:
    columns = {"product": "us_personal_loan", "income": 54000}
    path = write_tape(tmp_path, without=["monthly_income"], **columns)
    text = asked(path, jurisdiction="us")
    assert "income_period: annual" in text
    assert "12 times" in text
    annual = open_tape(path, {"income_period": "annual"}, jurisdiction="us")
    assert set(annual.borrowers.income) == {4500.0}
    monthly = open_tape(path, {"income_period": "monthly"}, jurisdiction="us")
    assert set(monthly.borrowers.income) == {54000.0}


@pytest.mark.parametrize("header", ["annual_inc", "年收入", "Annual Income"])
def test_a_header_that_says_annual_needs_no_answer(header: str, tmp_path: Path) -> None:
    path = write_tape(tmp_path, without=["monthly_income"], **{header: 96000})
    assert set(open_tape(path).borrowers.income) == {8000.0}


# --- ids -------------------------------------------------------------------------------------


def test_a_constant_borrower_is_not_one_borrower(tmp_path: Path) -> None:
    book = open_tape(
        write_tape(tmp_path, without=["borrower_id"]), {"constants": {"borrower_id": "A1"}}
    )
    assert book.n_opening_borrowers == 100
    assert "constant" in book.warnings[0]


@pytest.mark.parametrize("gone", ["borrower_id", "loan_id"])
def test_one_column_serves_loan_and_borrower(gone: str, tmp_path: Path) -> None:
    path = write_tape(tmp_path, without=[gone])
    book = open_tape(path)
    assert book.n_opening_borrowers == book.loans.id.size == 100
    assert "To decide" not in inspect(str(path), None, None).proposal.text


def test_a_column_with_one_borrower_for_most_loans_warns(tmp_path: Path) -> None:
    owners = ["A1"] * 90 + [f"B{i}" for i in range(10)]
    warnings = open_tape(write_tape(tmp_path, borrower_id=owners)).warnings
    assert "borrower_id A1 has 90 of 100 loans" in warnings[0]


def test_months_of_a_panel_are_no_further_loans(tmp_path: Path) -> None:
    months = [f"2024-{m:02}" for m in range(1, 13)] + [f"2025-{m:02}" for m in range(1, 13)]
    n = len(months)
    book = open_tape(write_tape(tmp_path, n, loan_id="L1", borrower_id="A1", month=months))
    assert book.loans.id.size == 1
    assert not book.warnings
