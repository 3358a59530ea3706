"""Loan files as they come: each is read with at most one question, to the figures that it holds."""

from pathlib import Path

import pytest
import yaml

from simulator.book.tape.inspection import Inspection, inspect
from simulator.book.tape.reader import Tape, read_tape
from simulator.cli.terminal.tape import tape_lines
from simulator.validation import UserError
from tests.book.tape.formats import FORMS, MONTHLY, Form


def laid(folder: Path, form: Form) -> str | tuple[str, ...]:
    for name, content in form.content.items():
        (folder / name).write_bytes(content)
    names = tuple(str(folder / name) for name in form.content)
    return names[0] if len(names) == 1 else names


def proposed(found: Inspection) -> dict[str, object]:
    return yaml.safe_load(found.proposal.text) or {}


def asked(found: Inspection) -> list[str]:
    return [line for line in found.proposal.text.splitlines() if line.startswith("# To decide")]


def answered(folder: Path, form: Form) -> Tape:
    path = laid(folder, form)
    found = inspect(path, None, None)
    assert len(asked(found)) == form.questions <= 1
    assert found.can_run == (form.questions == 0)
    return read_tape(path, {**proposed(found), **form.answer})


@pytest.mark.parametrize("kind", FORMS)
def test_a_file_is_read_with_at_most_one_question(kind: str, tmp_path: Path) -> None:
    form = FORMS[kind]
    tape = answered(tmp_path, form)
    assert tuple(tape.numbers["principal"].tolist()) == form.principal
    assert tuple(tape.numbers["annual_rate"].tolist()) == pytest.approx(form.rate, abs=1e-12)
    assert tuple(tape.numbers["remaining_months"].tolist()) == form.remaining
    if form.due_day:
        assert tuple(tape.numbers["due_day"].tolist()) == form.due_day


@pytest.mark.parametrize("kind", ["Lending Club", "notes of a Chinese bank", "German", "workbook"])
def test_titles_and_totals_are_told_and_refused_until_they_are_said(
    kind: str, tmp_path: Path
) -> None:
    path = laid(tmp_path, FORMS[kind])
    with pytest.raises(UserError, match=r"seem to be totals or remarks .*say footer_rows: "):
        read_tape(path)
    found = inspect(path, None, None)
    content = proposed(found)
    assert {"header_row", "footer_rows"} <= set(content)
    assert "# Found: the header seems to be on line" in found.proposal.text
    del content["footer_rows"]
    with pytest.raises(UserError, match=r"say footer_rows: "):
        read_tape(path, content)


def test_several_files_are_one_tape_by_list_and_by_pattern(tmp_path: Path) -> None:
    form = FORMS["packed, a file a month"]
    names = laid(tmp_path, form)
    listed, pattern = read_tape(names), read_tape(str(tmp_path / "t_*.csv.gz"))
    assert listed.numbers["principal"].tolist() == pattern.numbers["principal"].tolist()
    assert listed.sha256 == pattern.sha256
    assert any("t_2.csv.gz: 1 rows (SHA-256 " in note for note in listed.notes)


def test_several_files_say_which_of_them_is_wrong(tmp_path: Path) -> None:
    head, row = MONTHLY.format(1).splitlines()
    (tmp_path / "a.csv").write_text(f"{head}\n{row}\n")
    (tmp_path / "b.csv").write_text(f"{head}\n{row}\n")
    with pytest.raises(UserError, match=r"stood before \(first: loan_id 1, b\.csv line 2\)"):
        read_tape(str(tmp_path / "*.csv"))
    (tmp_path / "b.csv").write_text(f"{head.replace('dpd', 'days')}\n{row}\n")
    with pytest.raises(UserError, match=r"b\.csv lacks the column dpd, unlike a\.csv"):
        read_tape(str(tmp_path / "*.csv"))
    with pytest.raises(UserError, match="no file fits the pattern"):
        read_tape(str(tmp_path / "c*.csv"))
    with pytest.raises(UserError, match="twice"):
        read_tape((str(tmp_path / "a.csv"), str(tmp_path / "a.csv")))


def test_the_columns_of_files_may_stand_in_another_order(tmp_path: Path) -> None:
    head, row = MONTHLY.format(1).splitlines()
    (tmp_path / "a.csv").write_text(f"{head}\n{row}\n")
    turned = [",".join(reversed(line.split(","))) for line in MONTHLY.format(2).splitlines()]
    (tmp_path / "b.csv").write_text("\n".join(turned) + "\n")
    assert read_tape(str(tmp_path / "*.csv")).numbers["principal"].tolist() == [5000.0, 5000.0]


def test_recognised_columns_come_first_however_many_others_there_are(tmp_path: Path) -> None:
    head, row = MONTHLY.format(1).splitlines()
    others = [f"x{i}" for i in range(90)]
    path = tmp_path / "t.csv"
    path.write_text(
        ",".join([*others, head.replace("annual_rate", "int_rate")])
        + "\n"
        + ",".join(["0"] * 90 + [row.replace("0.18", "18")])
        + "\n"
    )
    found = inspect(str(path), None, None)
    shown = [line.split()[0] for line in tape_lines(found) if line]
    assert shown.index("loan_id") < shown.index("dpd") < shown.index("x0")
    assert proposed(found)["percent"] == ["annual_rate"]
    assert found.can_run


def test_nothing_is_asked_that_dates_and_ages_give(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(
        "loan_id,borrower_id,product,annual_rate,term_months,principal,original_principal,"
        "origination_date,snapshot_date,dpd\n"
        "1,1,cash_loan,0.18,24,5000,10000,2025-01-10,2025-12-31,0\n"
    )
    assert asked(inspect(str(path), None, None)) == []
    path.write_text(
        "loan_id,borrower_id,product,annual_rate,term_months,mob,original_principal,"
        "principal repaid,first due date,dpd\n1,1,cash_loan,0.18,24,11,10000,4000,2025-02-10,0\n"
    )
    found = inspect(str(path), None, None)
    assert asked(found) == []
    tape = read_tape(str(path))
    got = {n: tape.numbers[n].tolist() for n in ("principal", "remaining_months", "due_day")}
    assert got == {"principal": [6000.0], "remaining_months": [13.0], "due_day": [10.0]}


def test_instalment_loans_without_a_balance_are_repaid_and_undrawn_lines_stay(
    tmp_path: Path,
) -> None:
    head, row = MONTHLY.format(1).splitlines()
    none = row.replace("5000", "0").replace("1,1,", "2,2,")
    line = none.replace("2,2,", "3,3,").replace("cash_loan", "credit_line")
    path = tmp_path / "t.csv"
    path.write_text("\n".join([head, row, none, line]) + "\n")
    tape = read_tape(str(path))
    assert tape.numbers["principal"].tolist() == [5000.0, 0.0]
    assert any("1 instalment loans leave: their principal is 0" in n for n in tape.notes)
    path.write_text("\n".join([head, none]) + "\n")
    with pytest.raises(UserError, match="every loan has principal = 0"):
        read_tape(str(path))


def test_na_is_missing_in_text_and_numbers_and_is_counted_so(tmp_path: Path) -> None:
    head, row = MONTHLY.format(1).splitlines()
    path = tmp_path / "t.csv"
    rows = [row + ",NA,600", row.replace("1,1", "2,2") + ",east,NA"]
    path.write_text("\n".join([head + ",region,score", *rows]) + "\n")
    lines = {
        line.split()[0]: line.split() for line in tape_lines(inspect(str(path), None, None)) if line
    }
    assert lines["score"][3:5] == ["1", "1"]
    assert lines["region"][3:5] == ["1", "1"]


@pytest.mark.parametrize(
    ("days", "form"),
    [
        (("03/04/2024", "25/04/2024"), "%d/%m/%Y"),
        (("03-04-2024", "04-25-2024"), "%m-%d-%Y"),
        (("03.04.24", "25.04.24"), "%d.%m.%y"),
        (("Mar-24", "Apr-24"), "%b-%y"),
        (("03/04/2024 00:00:00", "25/04/2024 12:00:00 AM"), "%d/%m/%Y"),
        (("03/04/2024", "05/04/2024"), None),
    ],
)
def test_a_day_above_12_decides_the_form_of_dates_else_it_is_asked(
    days: tuple[str, str], form: str | None, tmp_path: Path
) -> None:
    head, row = MONTHLY.format(1).splitlines()
    path = tmp_path / "t.csv"
    rows = [f"{row},{days[0]}", f"{row.replace('1,1', '2,2')},{days[1]}"]
    path.write_text("\n".join([f"{head},origination_date", *rows]) + "\n")
    with pytest.raises(UserError, match="date_format in the mapping says another form: '%"):
        read_tape(str(path))
    found = inspect(str(path), None, None)
    assert proposed(found).get("date_format") == form
    assert len(asked(found)) == (form is None)
    assert found.can_run == (form is not None)


def test_what_a_terminal_would_turn_around_is_spelled_in_the_proposal(tmp_path: Path) -> None:
    head, row = MONTHLY.format(1).splitlines()
    path = tmp_path / "t.csv"
    path.write_text(f"{head},\u202eevil\u202c\n{row},1\n", "utf-8")
    found = inspect(str(path), None, None)
    assert all(char.isprintable() for line in tape_lines(found) for char in line)
    assert proposed(found)["ignore"] == ["\u202eevil\u202c"]
