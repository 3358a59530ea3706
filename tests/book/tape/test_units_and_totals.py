"""Units that headers tell, totals, and days past due beside other columns."""

from pathlib import Path

import pytest

from simulator.book.tape.inspection import inspect
from tests.book.tape.small_tapes import (
    asked,
    one_in_ten,
    open_tape,
    overdue,
    write_tape,
)

# --- units ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "cell", "column", "value"),
    [
        ("贷款余额_万元", 0.5, "principal", 5000.0),
        ("Balance ('000)", 5, "principal", 5000.0),
        ("Balance (USD k)", 5, "principal", 5000.0),
        ("Balance (cents)", 500000, "principal", 5000.0),
        ("年收入万元", 12, "monthly_income", 10000.0),
        ("Term (years)", 2, "term_months", 24.0),
        ("Interest rate (bps)", 1800, "annual_rate", 0.18),
        ("月利率(‰)", 15, "annual_rate", 0.18),
        ("monthly_rate", 0.015, "annual_rate", 0.18),
    ],
)
def test_units_in_headers_count(
    header: str, cell: float, column: str, value: float, tmp_path: Path
) -> None:
    path = write_tape(tmp_path, without=[column], **{header: cell})
    found = inspect(str(path), None, None)
    assert found.tape is not None
    assert found.tape.numbers[column][0] == pytest.approx(value)


def test_a_term_of_days_is_not_one_of_months(tmp_path: Path) -> None:
    path = write_tape(tmp_path, without=["term_months"], **{"期限(天)": 90})
    assert "counts months" in asked(path)


def test_amounts_with_three_decimals_throughout_are_asked_about(tmp_path: Path) -> None:
    path = write_tape(tmp_path, principal="12.500", original_principal="20.000")
    assert "principal that may be thousands or decimals (12.500)" in asked(path)
    mapping: dict[str, object] = {"decimal": "."}
    assert open_tape(path, mapping).loans.principal.sum() == pytest.approx(1250.0)


def test_fractions_under_a_header_of_percent_are_told(tmp_path: Path) -> None:
    path = write_tape(tmp_path, without=["annual_rate"], **{"rate (%)": 0.9})
    assert "0.9 was read as 90.0000%" in " ".join(open_tape(path).warnings)


def test_rates_too_low_for_a_year_are_told(tmp_path: Path) -> None:
    assert "if it is a month's" in " ".join(
        open_tape(write_tape(tmp_path, annual_rate=0.015)).warnings
    )


def test_incomes_in_ten_thousands_are_asked_about(tmp_path: Path) -> None:
    assert "declare its unit" in asked(write_tape(tmp_path, monthly_income=0.8))


def test_a_constant_column_makes_no_borrower_of_all_loans(tmp_path: Path) -> None:
    book = open_tape(write_tape(tmp_path, borrower_id="A1"))
    assert book.borrowers.id.size == 100
    assert "in every row" in " ".join(book.warnings)


def test_rows_that_tell_no_arrears_are_told(tmp_path: Path) -> None:
    book = open_tape(write_tape(tmp_path, dpd=one_in_ten("45", "")))
    assert "90 of 100 rows tell no arrears" in " ".join(book.warnings)


# --- days past due beside a status, ids without cells, totals ----------------------------------


def test_a_status_that_says_nothing_is_left_to_the_days_past_due(tmp_path: Path) -> None:
    path = write_tape(
        tmp_path, dpd=one_in_ten("45", "0"), status=one_in_ten("ARRE", "PERF"), principal=5000
    )
    found = inspect(str(path), None, None)
    assert not found.proposal.open_questions
    assert found.tape is not None
    assert "status ARRE, PERF says nothing of arrears" in " ".join(found.warnings)
    assert overdue(open_tape(path), 2) == pytest.approx(0.1)


def test_it_is_asked_where_days_past_due_are_not_known(tmp_path: Path) -> None:
    path = write_tape(tmp_path, dpd=one_in_ten("", "0"), status=one_in_ten("ARRE", "PERF"))
    assert "10 rows have a status that is no number" in asked(path)


def test_a_column_of_borrowers_without_a_cell_is_none(tmp_path: Path) -> None:
    assert open_tape(write_tape(tmp_path, borrower_id="")).borrowers.id.size == 100


@pytest.mark.parametrize("label", ["合计", "Total", "Grand total:"])
def test_a_total_that_fills_every_cell_is_no_loan(label: str, tmp_path: Path) -> None:
    path = write_tape(tmp_path)
    cells = path.read_text(encoding="utf-8").splitlines()[-1].split(",")
    with path.open("a", encoding="utf-8") as file:
        file.write(",".join([label, *cells[1:]]) + "\n")
    assert "footer_rows: 1" in asked(path)


def test_two_currencies_are_not_added_up(tmp_path: Path) -> None:
    path = write_tape(tmp_path, principal=one_in_ten("€5000", "$5000"))
    assert "10 rows have principal in € beside $" in asked(path)


def test_months_in_arrears_are_asked_about(tmp_path: Path) -> None:
    path = write_tape(tmp_path, without=["dpd"], **{"Months in arrears": one_in_ten("2", "0")})
    assert "status_codes" in asked(path)


def test_months_on_book_may_name_their_unit(tmp_path: Path) -> None:
    path = write_tape(tmp_path, without=["remaining_months"], 账龄="12个月")
    assert open_tape(path).loans.remaining_months.max() == 12


@pytest.mark.parametrize(("late", "told"), [(1, True), (2, False)])
def test_days_of_0_and_1_alone_may_be_a_flag(late: int, told: bool, tmp_path: Path) -> None:
    found = inspect(str(write_tape(tmp_path, dpd=one_in_ten(late, 0))), None, None)
    assert found.can_run
    assert any("a flag of arrears" in warning for warning in found.warnings) is told
