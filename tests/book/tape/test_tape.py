"""Loan tapes: what is read, what is imputed, and one clear message for every mistake."""

import hashlib
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pa_parquet
import pytest

from simulator.book import Book, build_book
from simulator.book.tape.columns import TAPE_COLUMNS
from simulator.catalogue import parameters_from
from simulator.settings import BookSettings, RunSettings
from simulator.units import end_of_month_dpd, unpaid_instalments
from simulator.validation import UserError
from simulator.vocabulary import Work

RUN = RunSettings(months=6, paths=1)
Columns = dict[str, list[object]]

MINIMAL: Columns = {
    "loan_id": ["L1", "L2", "L3", "L4"],
    "borrower_id": ["ann", "bob", "bob", "cy"],
    "product": ["cash_loan", "credit_line", "equal_principal_loan", "micro_business_loan"],
    "annual_rate": [0.18, 0.16, 0.12, 0.12],
    "term_months": [12, 600, 24, 6],
    "remaining_months": [6, 590, 20, 2],
    "principal": [5150.0, 3000.0, 10000.0, 8000.0],
    "original_principal": [10000.0, 8000.0, 12000.0, 8000.0],
    "due_day": [5, 28, 1, 15],
}


def write(folder: Path, changes: Columns | None = None, name: str = "loans.csv") -> Path:
    table = pa.table(MINIMAL | (changes or {}))
    path = folder / name
    if path.suffix == ".parquet":
        pa_parquet.write_table(table, path)
    else:
        pa_csv.write_csv(table, path)
    return path


def read(path: Path, **settings: object) -> Book:
    values = {"kind": "tape", "path": str(path)}
    return build_book(BookSettings.model_validate(values | settings), RUN)


def message(folder: Path, changes: Columns | None = None) -> str:
    with pytest.raises(UserError) as caught:
        read(write(folder, changes))
    return str(caught.value)


def text_message(folder: Path, text: str | bytes, name: str = "loans.csv") -> str:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(UserError) as caught:
        read(path)
    return str(caught.value)


def hashed(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")


def loan(book: Book, text: str) -> int:
    return int(np.flatnonzero(book.loans.id == np.uint64(hashed(text)))[0])


def assert_same_books(left: Book, right: Book) -> None:
    for a, b in zip((*left.borrowers, *left.loans), (*right.borrowers, *right.loans), strict=True):
        np.testing.assert_array_equal(a, b)
    assert left.segments == right.segments
    assert left.vintage_labels == right.vintage_labels


# --- Reading ---------------------------------------------------------------------------------


def test_known_columns_arrive_unchanged(tmp_path: Path) -> None:
    book = read(write(tmp_path, {"monthly_income": [6000, 4000, 4000, 9000.5]}))
    assert book.n_opening_borrowers == 3
    for row, text in enumerate(MINIMAL["loan_id"]):
        at = loan(book, str(text))
        assert book.loans.annual_rate[at] == MINIMAL["annual_rate"][row]
        assert book.loans.limit[at] == MINIMAL["original_principal"][row]
        assert book.loans.principal[at] == pytest.approx(MINIMAL["principal"][row], rel=1e-12)
        assert book.loans.due_day[at] == MINIMAL["due_day"][row]
        owner = book.loans.borrower[at]
        assert book.borrowers.id[owner] == hashed(str(MINIMAL["borrower_id"][row]))
    assert book.borrowers.income[book.loans.borrower[loan(book, "L4")]] == 9000.5
    assert book.loans.origination_month[loan(book, "L1")] == -6


def test_row_order_never_matters(tmp_path: Path) -> None:
    changes: Columns = {"dpd": [40, 0, 3, 0], "score": [700.0, 500, 500, 610], "age": [20] * 4}
    new = {"applicants_monthly_share": 0.5, "new_lending": "replace"}
    forward = read(write(tmp_path, changes), **new)
    columns = {k: v[::-1] for k, v in (MINIMAL | changes).items()}
    backward = read(write(tmp_path, columns, "back.csv"), **new)
    assert_same_books(forward, backward)


def test_column_order_never_matters(tmp_path: Path) -> None:
    path = tmp_path / "turned.csv"
    pa_csv.write_csv(pa.table(dict(reversed(MINIMAL.items()))), path)
    assert_same_books(read(write(tmp_path)), read(path))


def test_parquet_and_csv_give_the_same_book(tmp_path: Path) -> None:
    changes: Columns = {"dpd": [40, 0, None, 0], "region": ["east", "west", "west", None]}
    assert_same_books(
        read(write(tmp_path, changes)), read(write(tmp_path, changes, "loans.parquet"))
    )


def test_whole_number_ids_are_the_same_in_csv_and_parquet(tmp_path: Path) -> None:
    changes: Columns = {"loan_id": [11, 12, 13, 14], "borrower_id": [1.0, 2.0, 2.0, 3.0]}
    assert_same_books(
        read(write(tmp_path, changes | {"borrower_id": [1, 2, 2, 3]})),
        read(write(tmp_path, changes, "loans.parquet")),
    )


def test_removing_a_borrower_changes_no_other(tmp_path: Path) -> None:
    whole = read(write(tmp_path))
    part = read(write(tmp_path, {k: v[:3] for k, v in MINIMAL.items()}, "part.csv"))
    row = np.searchsorted(whole.borrowers.id, part.borrowers.id)
    for name in part.borrowers._fields:
        if name != "income_decile":
            ours, theirs = getattr(part.borrowers, name), getattr(whole.borrowers, name)
            np.testing.assert_array_equal(ours, theirs[row], err_msg=name)


def test_absent_and_empty_cells_are_imputed_and_listed(tmp_path: Path) -> None:
    book = read(write(tmp_path, {"savings": [100.0, None, None, 0.0], "age": [30, 40, 40, 50]}))
    assert "savings" in book.imputed_columns
    assert "score" in book.imputed_columns
    assert "true_risk" in book.imputed_columns
    assert "age" not in book.imputed_columns
    ann, cy = (book.loans.borrower[loan(book, x)] for x in ("L1", "L4"))
    assert book.borrowers.savings[ann] == 100.0
    assert book.borrowers.savings[cy] == 0.0
    assert np.isfinite(book.borrowers.savings).all()
    assert any("every loan is taken as current" in n for n in book.notes)


def test_imputed_risk_follows_a_known_score(tmp_path: Path) -> None:
    n = 4000
    columns: Columns = {
        "loan_id": list(range(n)),
        "borrower_id": list(range(n)),
        "score": [450.0 if i % 2 else 750.0 for i in range(n)],
    }
    columns |= {k: [v[0]] * n for k, v in MINIMAL.items() if k not in columns}
    people = read(write(tmp_path, columns)).borrowers
    # Given the score's z, true risk is normal with mean rho z and variance 1 - rho^2.
    rho = parameters_from({})["score_risk_correlation"]
    spread = np.sqrt(1 - rho**2)
    for score, z in ((450.0, 1.5), (750.0, -1.5)):
        risk = people.true_risk[people.score == score]
        assert abs(risk.mean() - rho * z) < 4.5 * spread / np.sqrt(risk.size)
        assert abs(risk.std() - spread) < 4.5 * spread / np.sqrt(2 * risk.size)


def test_imputed_income_carries_the_loan(tmp_path: Path) -> None:
    changes: Columns = {"principal": [90000.0, 3000.0, 10000.0, 8000.0]}
    changes["original_principal"] = [170000.0, 8000.0, 12000.0, 8000.0]
    book = read(write(tmp_path, changes))
    i = 0.18 / 12
    instalment = 170000 * i / (1 - (1 + i) ** -12)  # as the loan was made
    income = book.borrowers.income[book.loans.borrower[loan(book, "L1")]]
    assert income == pytest.approx(instalment / 0.4, rel=1e-12)


def test_own_regions_replace_those_of_the_settings(tmp_path: Path) -> None:
    book = read(write(tmp_path, {"region": ["south", "east", "east", "south"]}))
    assert book.regions == ("east", "south")
    assert read(write(tmp_path, {"region": ["west"] * 4})).regions[0] == "east"


def test_work_and_products_are_read_by_name(tmp_path: Path) -> None:
    book = read(write(tmp_path, {"work": ["gig", "formal", "formal", "self_employed"]}))
    works = [book.borrowers.work[book.loans.borrower[loan(book, x)]] for x in ("L1", "L2", "L4")]
    assert works == [Work.GIG, Work.FORMAL, Work.SELF_EMPLOYED]
    names = [p.name for p in book.products]
    assert names[book.loans.product[loan(book, "L2")]] == "credit_line"


def test_applicants_carry_the_mean_weight_of_the_tape(tmp_path: Path) -> None:
    path = write(tmp_path, {"weight": [10.0, 20.0, 20.0, 60.0]})
    book = read(path, applicants_monthly_share=0.34, new_lending="replace")
    new = book.borrowers.arrival_month > 0
    assert new.sum() == RUN.months
    np.testing.assert_allclose(book.borrowers.weight[new], 30.0)


# --- Arrears ---------------------------------------------------------------------------------


def test_unpaid_instalments_come_back_from_every_month_end_dpd() -> None:
    for due_day in range(1, 29):
        for n in range(1, 16):
            dpd = np.array([float(end_of_month_dpd(n, due_day))])
            assert unpaid_instalments(dpd, np.array([float(due_day)]))[0] == n


def test_unpaid_instalments_are_nearest_and_never_none_when_overdue() -> None:
    for due_day in (1, 15, 28):
        for dpd in range(1, 421):
            n = int(unpaid_instalments(np.array([float(dpd)]), np.array([float(due_day)]))[0])
            gaps = [abs(end_of_month_dpd(k, due_day) - dpd) for k in range(1, 17)]
            assert gaps[n - 1] == min(gaps)
    assert unpaid_instalments(np.array([0.0]), np.array([28.0]))[0] == 0


def test_outstanding_principal_splits_by_the_schedule(tmp_path: Path) -> None:
    i, term, remaining, n = 0.18 / 12, 12, 6, 2
    instalment = 10000 * i / (1 - (1 + i) ** -term)
    balance = [10000.0]
    for _ in range(term):
        balance.append(balance[-1] * (1 + i) - instalment)
    paid = term - remaining - n
    outstanding = balance[paid]
    changes: Columns = {"principal": [outstanding, 3000.0, 10000.0, 8000.0]}
    book = read(write(tmp_path, changes | {"dpd": [55, 0, 0, 0]}))
    at = loan(book, "L1")
    assert book.loans.n_unpaid[at] == n
    assert book.loans.principal[at] == pytest.approx(balance[paid + n], rel=1e-9)
    assert book.loans.principal_overdue[at] == pytest.approx(outstanding - balance[paid + n])
    interest = sum(balance[paid + k] * i for k in range(n))
    assert book.loans.interest_overdue[at] == pytest.approx(interest, rel=1e-9)


def test_arrears_past_maturity_are_all_overdue(tmp_path: Path) -> None:
    changes: Columns = {"remaining_months": [0, 590, 20, 2], "dpd": [85, 0, 0, 0]}
    book = read(write(tmp_path, changes))
    at = loan(book, "L1")
    assert book.loans.principal[at] == 0.0
    assert book.loans.principal_overdue[at] == pytest.approx(5150.0, rel=1e-12)


def test_loans_past_their_write_off_age_are_announced(tmp_path: Path) -> None:
    changes: Columns = {"remaining_months": [1, 590, 20, 2], "dpd": [300, 0, 0, 0]}
    changes["principal"] = [9900.0, 3000.0, 10000.0, 8000.0]
    book = read(write(tmp_path, changes))
    assert any(n.startswith("1 loans are past their write-off age") for n in book.notes)


# --- Mistakes --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("column", "cells", "expected"),
    [
        ("annual_rate", [18, 0.1, 16, 0.1], "2 rows have annual_rate > 1 - 18 % must be 0.18"),
        ("annual_rate", [-0.1, 0.1, 0.1, 0.1], "1 row has annual_rate < 0"),
        ("annual_rate", [0.1, float("nan"), 0.1, 0.1], "1 row has annual_rate = NaN"),
        ("principal", [float("inf"), 1.0, 1.0, 1.0], "1 row has infinite principal"),
        ("principal", [-1.0, -2.0, 5.0, 5.0], "2 rows have principal < 0"),
        ("principal", [None, 1.0, 1.0, 1.0], "1 row has an empty principal"),
        ("principal", ["1", "two", "3", "4"], "1 row has no number in principal"),
        ("principal", [20000.0, 1.0, 1.0, 1.0], "1 row has principal > original_principal"),
        ("original_principal", [0.0, 9e3, 2e4, 2e4], "1 row has original_principal < 0.01"),
        ("due_day", [0, 1, 2, 3], "1 row has due_day < 1"),
        ("due_day", [32, 40, 2, 3], "2 rows have due_day > 31"),
        ("due_day", [1.5, 1, 2, 3], "1 row has no whole number in due_day"),
        ("dpd", [421, 0, 0, 0], "1 row has dpd > 420"),
        ("dpd", [-3, 0, 0, 0], "1 row has dpd < 0"),
        ("dpd", [400, 0, 0, 0], "1 row has dpd of more instalments than have fallen due"),
        ("remaining_months", [13, 590, 20, 2], "1 row has remaining_months > term_months"),
        ("remaining_months", [0, 590, 20, 2], "1 row has remaining_months = 0 and a balance"),
        ("term_months", [0, 600, 24, 6], "1 row has term_months < 1"),
        ("loan_id", ["a", "a", "a", "b"], "2 rows have a loan_id that stood before"),
        ("loan_id", ["a", "", "c", "b"], "1 row has an empty loan_id"),
        ("borrower_id", ["", "x", "y", "z"], "1 row has an empty borrower_id"),
        ("product", ["loan", "credit_line"] * 2, "2 rows have a product not among cash_loan"),
        (
            "work",
            ["boss", "gig", "gig", "gig"],
            "1 row has a work not among formal, self_employed",
        ),
        ("monthly_income", [0, 5000, 5000, 6000], "1 row has monthly_income = 0"),
        ("score", [1001, 1, 1, 2], "1 row has score > 1000"),
        ("age", [15, 30, 30, 40], "1 row has age < 16"),
        ("age", [20, 30, 31, 40], "1 row has another age than the borrower's first row"),
        ("weight", [0.0, 1, 1, 1], "1 row has weight = 0"),
        ("savings", [float("nan"), 1, 1, 1], "1 row has savings = NaN"),
    ],
)
def test_each_mistake_gives_one_clear_line(
    tmp_path: Path, column: str, cells: list[object], expected: str
) -> None:
    lines = message(tmp_path, {column: cells}).splitlines()
    assert len(lines) == 1
    assert lines[0].startswith(f"loans.csv: {expected}")
    assert "(first: " in lines[0]


def test_first_offender_is_named(tmp_path: Path) -> None:
    text = message(tmp_path, {"annual_rate": [0.1, 0.1, 18, 20]})
    assert text.endswith("(first: loan_id L3, line 4)")


def test_all_findings_come_at_once(tmp_path: Path) -> None:
    text = message(
        tmp_path,
        {"annual_rate": [18] * 4, "due_day": [32] * 4, "dpd": [-1] * 4, "incme": [1] * 4},
    )
    assert len(text.splitlines()) == 4
    assert "incme is not a known column" in text


def test_missing_columns_are_named_together(tmp_path: Path) -> None:
    text = text_message(tmp_path, "loan_id,product\n1,cash_loan\n")
    assert text.startswith("loans.csv: missing columns annual_rate, term_months, remaining_months")
    assert len(text.splitlines()) == 1


def test_unknown_column_gets_the_nearest_name(tmp_path: Path) -> None:
    assert "- did you mean monthly_income?" in message(tmp_path, {"month_income": [1] * 4})


def test_column_that_stands_twice_is_refused(tmp_path: Path) -> None:
    header = ",".join([*MINIMAL, "dpd", "dpd"])
    row = ",".join([*(str(v[0]) for v in MINIMAL.values()), "0", "0"])
    assert "column dpd stands 2 times" in text_message(tmp_path, f"{header}\n{row}\n")


@pytest.mark.parametrize(
    ("text", "name", "expected"),
    [
        ("", "loans.csv", "is empty"),
        (",".join(MINIMAL) + "\n", "loans.csv", "has a header but no rows"),
        (b"\x89PNG\r\n\x1a\n\xff\xfe\x00", "loans.csv", "must be a CSV file"),
        ("no parquet", "loans.parquet", "must be a whole Parquet file"),
        ("x", "loans.xls", "must end in .csv or .parquet, .csv.gz or .xlsx; got loans.xls"),
    ],
)
def test_file_that_is_no_tape_is_refused(
    tmp_path: Path, text: str | bytes, name: str, expected: str
) -> None:
    found = text_message(tmp_path, text, name)
    assert found.startswith("book.path ")
    assert expected in found
    assert len(found.splitlines()) == 1


def test_missing_file_and_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="does not exist"):
        read(tmp_path / "nowhere.csv")
    with pytest.raises(UserError, match="got a folder"):
        read(tmp_path)


def test_required_columns_are_those_of_the_contract() -> None:
    assert [c.name for c in TAPE_COLUMNS if c.required] == list(MINIMAL)
