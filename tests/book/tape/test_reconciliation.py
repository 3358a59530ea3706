"""What a source says beside what opens: every shipped book agrees, and a gap is said aloud."""

import csv
from pathlib import Path

import numpy as np
import pytest
import yaml

from simulator.book import Book, build_book
from simulator.book.reconciliation import (
    NO_BAND,
    TOLERANCE_POINTS,
    Reconciliation,
    Side,
    bucket_of_days,
    reconcile,
    warning_of,
)
from simulator.cli.tape import main as look
from simulator.vocabulary import DPD_FIRST_BUCKETS, DPD_THRESHOLDS
from tests import ROOT
from tests.book.books import RUN, config
from tests.book.tape.small_tapes import one_in_ten, open_tape, write_tape

EXAMPLE = ROOT / "examples" / "loans_cn.csv"
MAPPING = ROOT / "examples" / "loans_cn.yaml"


def found(book: Book) -> Reconciliation:
    assert book.reconciliation is not None
    return book.reconciliation


def example(**settings: object) -> Book:
    mapping = yaml.safe_load(MAPPING.read_text("utf-8"))
    return open_tape(EXAMPLE, mapping, **settings)


@pytest.mark.parametrize("name", ["tw_cards", "lending_club_2016q1"])
def test_a_shipped_book_opens_as_its_file_says(name: str) -> None:
    book = build_book(config(name), RUN)
    gaps = [line.gap_points for line in found(book).lines if line.gap_points is not None]
    assert max(map(abs, gaps)) < TOLERANCE_POINTS
    assert not book.warnings
    owed = book.loans.principal + book.loans.principal_overdue + book.loans.interest_overdue
    assert found(book).line("balance").model == pytest.approx(float(owed.sum()))


def test_the_example_opens_as_its_cells_say() -> None:
    """The tape's side again from the file, without the code that reads tapes."""
    book = example()
    with EXAMPLE.open(encoding="gb18030", newline="") as file:
        rows = list(csv.DictReader(file))
    owed = np.array([float(r["剩余本金"].replace(",", "")) for r in rows])
    dpd = np.array([float(r["逾期天数"] or 0) for r in rows])
    rate = np.array([float(r["年利率(%)"]) / 100 for r in rows])
    balance = book.loans.principal + book.loans.principal_overdue
    for days, first in zip(DPD_THRESHOLDS, DPD_FIRST_BUCKETS, strict=True):
        line = found(book).line("overdue", f"{days}+")
        assert line.tape == pytest.approx(owed[dpd >= days].sum() / owed.sum())
        late = book.loans.n_unpaid >= first
        assert line.model == pytest.approx(float(balance[late].sum() / balance.sum()))
    assert found(book).line("annual_rate").tape == pytest.approx(np.average(rate, weights=owed))
    assert found(book).line("loans").tape == len(rows)
    assert not found(book).gaps
    assert not book.warnings


def test_a_sample_says_what_it_misses(tmp_path: Path) -> None:
    book = example(borrowers=30)
    assert found(book).is_sample
    assert found(book).line("loans").tape == 477
    assert "a sample of the tape opens otherwise" in book.warnings[0]


def test_instalments_are_compared_where_the_tape_tells_them(tmp_path: Path) -> None:
    i = 0.18 / 12
    due = 5000 * i / (1 - (1 + i) ** -12)
    right = open_tape(write_tape(tmp_path, 月供=f"{due:.6f}"))
    line = found(right).line("instalment")
    assert line.gap_points == pytest.approx(0.0, abs=1e-4)
    wrong = open_tape(write_tape(tmp_path, 月供=f"{1.1 * due:.2f}"))
    assert "instalment" in wrong.warnings[0]


def test_the_imputed_share_is_of_the_balance(tmp_path: Path) -> None:
    path = write_tape(tmp_path, savings=one_in_ten("", 100), principal=one_in_ten(9000, 1000))
    imputed = found(open_tape(path)).imputed
    assert imputed["savings"] == pytest.approx(0.5)
    assert imputed["score"] == 1.0
    assert "monthly_income" not in imputed


def side(**changes: object) -> Side:
    n = 4
    base = Side(
        id=np.arange(n, dtype=np.uint64),
        weight=np.ones(n),
        balance=np.full(n, 100.0),
        bucket=np.zeros(n, dtype=np.int64),
        annual_rate=np.full(n, 0.1),
        instalment=np.full(n, np.nan),
        band=np.full(n, NO_BAND),
    )
    return base._replace(**changes)  # type: ignore[arg-type]


def test_every_gap_is_in_the_warning() -> None:
    model = side(bucket=np.array([0, 0, 0, 2]), annual_rate=np.full(4, 0.12))
    text = warning_of(reconcile(side(), model, {}, ("A",)))
    assert "balance M2 0.00% on the tape, 25.00% in the model" in text
    assert "overdue 30+" in text
    assert "annual rate 10.00% on the tape, 12.00%" in text
    assert warning_of(reconcile(side(), side(), {}, ("A",))) == ""


def test_buckets_of_days_agree_with_the_thresholds() -> None:
    days = np.array([np.nan, 0, 1, 29, 30, 59, 60, 89, 90, 179, 180, 400])
    assert bucket_of_days(days).tolist() == [0, 0, 1, 1, 2, 2, 3, 3, 4, 6, 7, 7]


def test_the_command_shows_both_sides(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert look([str(write_tape(tmp_path, dpd=one_in_ten(45, 0)))]) == 0
    out = capsys.readouterr().out
    assert "Model at the opening" in out
    row = next(
        line for line in out.splitlines() if line.split()[:3] == ["Balance", "overdue", "30+"]
    )
    assert row.split()[-3:] == ["10.00%", "10.00%", "+0.00"]
    assert "Imputed: for all of the balance" in out
