"""Rows that break a rule: refused by default, or left out, counted and listed up to a share."""

import csv
from io import StringIO
from pathlib import Path

import pytest

from simulator.cli.tape import main as look
from simulator.results.rejected import rejected_text
from simulator.settings import BookSettings
from tests.book.tape.small_tapes import asked, open_tape, write_tape

DROP = {"rejected": "drop", "rejected_share": 0.05}


def tape(folder: Path) -> Path:
    """100 loans, of which four break rules of every stage: cells, ranges, columns, borrowers."""
    return write_tape(
        folder,
        principal=["many", -5, 20000, *[5000] * 97],
        due_day=[15, 99, *[15] * 98],
        borrower_id=[*range(1, 100), 99],
        age=[*[40] * 99, 41],
    )


def test_a_rule_that_is_broken_refuses_by_default(tmp_path: Path) -> None:
    assert "no number in principal" in asked(tape(tmp_path))


def test_rows_that_break_a_rule_are_left_out_and_listed(tmp_path: Path) -> None:
    book = open_tape(tape(tmp_path), **DROP)
    assert book.loans.id.size == 96
    found = {r.rule.split(";")[0]: (r.rows, r.balance) for r in book.rejected}
    assert found == {
        "no number in principal": (1, 0.0),
        "principal < 0": (1, -5.0),
        "principal > original_principal": (1, 20000.0),
        "another age than the borrower's first row": (1, 5000.0),
    }
    assert book.rejected[0].first == ("loan_id 1, line 2",)
    assert "4 rows (4.00% of all" in book.warnings[0]
    assert "rejected.csv" in book.warnings[0]
    assert book.reconciliation is not None
    assert book.reconciliation.left_out[0].loans == 4
    assert not book.reconciliation.gaps


def test_rows_kept_open_as_they_would_alone(tmp_path: Path) -> None:
    mixed = open_tape(tape(tmp_path), **DROP)
    alone = open_tape(write_tape(tmp_path, age=40), **DROP)
    kept = {int(i): p for i, p in zip(alone.loans.id, alone.loans.principal, strict=True)}
    assert all(
        kept[int(i)] == p for i, p in zip(mixed.loans.id, mixed.loans.principal, strict=True)
    )
    assert not alone.rejected


def test_above_the_stated_share_it_refuses(tmp_path: Path) -> None:
    text = asked(tape(tmp_path), **DROP | {"rejected_share": 0.03})
    assert "4 of 100 rows (4.0%" in text
    assert "rejected_share 3.0%" in text
    assert "1 row has no number in principal" in text
    assert asked(tape(tmp_path), rejected="drop")


def test_the_share_counts_balance_too(tmp_path: Path) -> None:
    path = write_tape(tmp_path, principal=[9e5, *[5000] * 99])
    assert "break a rule" in asked(path, **DROP)


def test_a_file_without_a_good_row_is_refused(tmp_path: Path) -> None:
    path = write_tape(tmp_path, principal=-1)
    assert "100 of 100 rows" in asked(path, rejected="drop", rejected_share=1.0)


def test_missing_columns_and_questions_are_never_dropped(tmp_path: Path) -> None:
    assert "missing column" in asked(write_tape(tmp_path, without=["due_day"]), **DROP)
    assert "status_codes" in asked(write_tape(tmp_path, status=[2, *[1] * 99]), **DROP)


def test_the_list_is_a_csv_without_formulas(tmp_path: Path) -> None:
    ids = ['"=cmd|x"', *range(2, 101)]
    path = write_tape(tmp_path, loan_id=ids, principal=[-1, *[5000] * 99])
    rows = list(csv.DictReader(StringIO(rejected_text(open_tape(path, **DROP).rejected))))
    assert rows == [
        {
            "rule": "principal < 0",
            "rows": "1",
            "balance": "-1.00",
            "first": "loan_id =cmd|x, line 2",
        }
    ]


def test_the_command_leaves_out_what_the_run_would(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = str(tape(tmp_path))
    assert look([path]) == 2
    assert look([path, "--rejected", "drop", "--rejected-share", "0.05"]) == 0
    said = capsys.readouterr()
    assert "Left out: 4 loans" in said.out
    assert "4 rows (4.00% of all" in said.err
    assert look([path, "--rejected", "drop", "--rejected-share", "2"]) == 2
    assert look([path, "--rejected-share", "0.1"]) == 2
    assert look([path, "--rejected", "some"]) == 2


def test_only_a_tape_has_rows_to_reject() -> None:
    with pytest.raises(
        ValueError, match=r"book\.rejected is not read when book\.kind is synthetic"
    ):
        BookSettings(rejected="drop")
