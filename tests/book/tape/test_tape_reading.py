"""Any lender's tape: encodings, delimiters, units, dates, statuses, panels, samples."""

from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pa_parquet
import pytest

from simulator.book import Book, build_book
from simulator.book.segments import mix_ids
from simulator.book.tape.reader import Tape, read_tape
from simulator.book.tape.sample import Frame as SampleFrame
from simulator.book.tape.sample import draw_sample
from simulator.book.tape.statuses import unpaid_of
from simulator.cli.run import main
from simulator.cli.tape import main as look
from simulator.settings import BookSettings, RunSettings
from simulator.validation import UserError
from tests.book.tape.wrong_tapes import GOOD

CHINESE = """\
合同号,借款人,产品名称,年利率,期限,剩余期数,剩余本金,放款金额,还款日,逾期天数,所在地区
A1,1,现金贷,18%,12,6,"5,150.00","10,000",5,0,广东省
A2,2,循环额度,16%,,,"3,000.00","8,000",28,12,四川
A3,2,等额本金,12%,24,20,"10,000.00","\uffe512,000",1,0,四川
"""
REGIONS = ("east", "central", "west", "northeast")
RUN = RunSettings(months=1, paths=1)
DATED = """\
loan_id,borrower_id,product,annual_rate,principal,original_principal,origination_date,maturity_date
A,x,cash_loan,0.1,500,1000,{0},{1}
"""


def tape(folder: Path, text: str | bytes, mapping: object = None, name: str = "t.csv") -> Tape:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_tape(str(path), mapping, regions=REGIONS)  # type: ignore[arg-type]


def values(found: Tape, name: str) -> list[float]:
    return found.numbers[name].tolist()


def words(found: Tape, name: str) -> list[str]:
    texts = found.texts[name]
    return [texts.words[code] for code in texts.codes]


def same(left: Tape, right: Tape) -> None:
    assert left.numbers.keys() == right.numbers.keys()
    for name, column in left.numbers.items():
        np.testing.assert_array_equal(column, right.numbers[name])
    for name in left.texts:
        assert words(left, name) == words(right, name)


# --- files and words -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gb18030", "gbk"]
)
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_every_encoding_and_delimiter_gives_the_same_tape(
    encoding: str, delimiter: str, tmp_path: Path
) -> None:
    plain = tape(tmp_path, CHINESE)
    quoted = CHINESE.split('"')
    turned = '"'.join(p.replace(",", delimiter) if i % 2 == 0 else p for i, p in enumerate(quoted))
    assert plain.n_loans == 3
    mapping = {"decimal": "."} if delimiter == ";" else None  # 10,000 could be ten
    same(plain, tape(tmp_path, turned.encode(encoding), mapping, "other.csv"))


def test_a_western_encoding_is_guessed_and_said(tmp_path: Path) -> None:
    text = GOOD.replace("ann,", "Müller,").replace("bob,", "Besançon à la carte,")
    found = tape(tmp_path, text.encode("cp1252"))
    assert words(found, "borrower_id") == ["Müller", "Besançon à la carte"]
    assert any("encoding of t.csv was taken as cp125" in n for n in found.notes)


def test_usual_chinese_words_need_no_mapping(tmp_path: Path) -> None:
    found = tape(tmp_path, CHINESE)
    assert values(found, "annual_rate") == [0.18, 0.16, 0.12]
    assert values(found, "principal") == [5150.0, 3000.0, 10000.0]
    assert values(found, "original_principal") == [10000.0, 8000.0, 12000.0]
    assert values(found, "term_months") == [12.0, 600.0, 24.0]
    assert words(found, "product") == ["cash_loan", "credit_line", "equal_principal_loan"]
    assert words(found, "region") == ["east", "west", "west"]
    assert any("percent sign" in note for note in found.notes)


def test_percent_and_scale_are_converted_only_when_declared(tmp_path: Path) -> None:
    text = GOOD.replace("0.18", "18").replace("0.16", "16")
    with pytest.raises(UserError, match=r"18 % must be 0\.18"):
        tape(tmp_path, text)
    found = tape(tmp_path, text, {"percent": ["annual_rate"], "scale": {"principal": 0.5}})
    assert values(found, "annual_rate") == [0.18, 0.16]
    assert values(found, "principal") == [2575.0, 1500.0]


def test_decimal_commas_are_read_where_declared_or_unmistakable(tmp_path: Path) -> None:
    text = GOOD.replace(",", ";").replace("0.18", "0,18").replace("0.16", "0,16")
    assert values(tape(tmp_path, text), "annual_rate") == [0.18, 0.16]
    text = text.replace("5150", "5.150").replace("3000", "3.000")
    found = tape(tmp_path, text, {"decimal": ","})
    assert values(found, "principal") == [5150.0, 3000.0]


def test_constants_and_ignored_columns(tmp_path: Path) -> None:
    text = GOOD.replace("product", "desk")
    mapping = {"ignore": ["desk"], "constants": {"product": "cash_loan"}}
    assert words(tape(tmp_path, text, mapping), "product") == ["cash_loan"] * 2


def test_a_balance_over_its_limit_raises_the_limit_when_asked(tmp_path: Path) -> None:
    found = tape(tmp_path, GOOD.replace("3000", "9000"), {"raise_limits": True})
    assert values(found, "original_principal") == [10000.0, 9000.0]


# --- dates -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("2025-12-05", "2026-12-05"),
        ("20251205", "20261205"),
        ("2025/12/5", "2026年12月5日"),
        ("45996", "46361"),
        ("2025-12-05 00:00:00", "2026-12-05T00:00:00Z"),
    ],
)
def test_dates_give_term_remaining_months_and_due_day(
    first: str, last: str, tmp_path: Path
) -> None:
    found = tape(tmp_path, DATED.format(first, last), {"snapshot_date": date(2026, 6, 30)})
    assert values(found, "term_months") == [12.0]
    assert values(found, "remaining_months") == [6.0]  # 5 July to 5 December
    assert values(found, "due_day") == [5.0]
    assert found.snapshot == date(2026, 6, 30)


def test_a_loan_due_on_the_last_day_has_paid_that_month(tmp_path: Path) -> None:
    text = DATED.format("2025-12-31", "2026-12-31")
    at_end = tape(tmp_path, text, {"snapshot_date": date(2026, 6, 30)})
    before = tape(tmp_path, text, {"snapshot_date": date(2026, 6, 29)})
    assert values(at_end, "remaining_months") == [6.0]
    assert values(before, "remaining_months") == [7.0]
    assert values(at_end, "due_day") == [28.0]


def test_a_date_format_is_taken_at_its_word(tmp_path: Path) -> None:
    mapping = {"date_format": "%d/%m/%Y", "snapshot_date": "2026-06-30"}
    found = tape(tmp_path, DATED.format("05/12/2025", "05/12/2026"), mapping)
    assert values(found, "term_months") == [12.0]


# --- statuses and panels ---------------------------------------------------------------------


def test_statuses_are_unpaid_instalments() -> None:
    given = {"0": 0, "M0": 0, "M1": 1, "m7+": 7, "2": 2, "1-30": 1, "30-59 days": 2, "90+": 4}
    assert {word: unpaid_of(word) for word in given} == given
    assert unpaid_of("16") is None
    assert unpaid_of("late") is None


def test_a_status_gives_days_past_due_and_closed_loans_leave(tmp_path: Path) -> None:
    text = GOOD.replace("dpd", "状态").replace(",5,0,", ",5,M2,").replace(",28,0,", ",28,结清,")
    found = tape(tmp_path, text)
    assert words(found, "loan_id") == ["L1"]
    assert values(found, "dpd") == [55.0]
    assert any("1 loans, with a balance of 3,000, leave" in n for n in found.notes)


def panel_text() -> str:
    """Three loans over four months: a spell of three, a new one, a cured one."""
    head = GOOD.splitlines()[0] + ",month\n"
    row = "{0},{0},cash_loan,0.1,24,12,500,1000,5,{1},east,2026-0{2}\n"
    dpd = {"old": (0, 25, 55, 55), "new": (0, 0, 0, 25), "cured": (25, 25, 0, 0)}
    rows = [row.format(n, d, m + 1) for n, days in dpd.items() for m, d in enumerate(days)]
    return head + "".join(sorted(rows, key=lambda r: r[-8:])) + row.format("gone", 0, 2)


def test_a_panel_opens_at_its_last_month_with_the_spells_that_run(tmp_path: Path) -> None:
    found = tape(tmp_path, panel_text())
    assert found.months_overdue is not None
    spells = dict(zip(words(found, "loan_id"), found.months_overdue.tolist(), strict=True))
    assert spells == {"old": 3, "new": 1, "cured": 0}
    assert found.snapshot == date(2026, 4, 30)
    settings = BookSettings(kind="tape", path=str(tmp_path / "t.csv"), applicants_monthly_share=0)
    loans = build_book(settings, RUN).loans
    assert sorted(loans.months_overdue.tolist()) == [0, 1, 3]
    assert sorted(loans.n_unpaid.tolist()) == [0, 1, 2]


def test_a_panel_beside_the_tape_gives_spells_and_days(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text(
        "合同号,月份,逾期天数\nL1,202602,25\nL1,202603,25\nL1,202601,0\nL2,202603,0\n", "utf-8"
    )
    text = GOOD.replace(",0,east", ",east").replace(",0,west", ",west").replace(",dpd", "")
    (tmp_path / "t.csv").write_text(text, "utf-8")
    found = read_tape(str(tmp_path / "t.csv"), panel=str(tmp_path / "p.csv"))
    assert values(found, "dpd") == [25.0, 0.0]
    assert found.months_overdue is not None
    assert found.months_overdue.tolist() == [2, 0]


# --- samples ---------------------------------------------------------------------------------


def write_large(
    path: Path, n: int = 6000, *, backwards: bool = False, weight: bool = False
) -> Path:
    place = np.arange(n)[::-1] if backwards else np.arange(n)
    owner = place * 2 // 3
    remaining = 1 + place % 11
    table = {
        "loan_id": [f"L{i}" for i in place],
        "borrower_id": [f"B{i}" for i in owner],
        "product": np.where(place % 3 > 0, "cash_loan", "equal_principal_loan"),
        "annual_rate": 0.12 + 0.0 * place,
        "term_months": np.full(n, 12),
        "remaining_months": remaining,
        "principal": (1000.0 + (place * 7919) % 9973) * remaining / 12,
        "original_principal": 1000.0 + (place * 7919) % 9973,
        "due_day": 1 + place % 28,
        "dpd": np.where((place % 41 == 0) & (remaining < 11), 20, 0),
        "score": 400.0 + owner * 37 % 401,
    } | ({"weight": 1.0 + owner % 5} if weight else {})
    pa_parquet.write_table(pa.table(table), path)
    return path


def sampled(path: Path, borrowers: int = 500) -> Book:
    settings = BookSettings(
        kind="tape", path=str(path), borrowers=borrowers, applicants_monthly_share=0
    )
    return build_book(settings, RUN)


def weighted(book: Book) -> tuple[float, float, float]:
    """Borrowers, loans and balance that a book stands for."""
    weight = book.borrowers.weight
    owner = weight[book.loans.borrower]
    owed = book.loans.principal + book.loans.principal_overdue
    return float(weight.sum()), float(owner.sum()), float((owed * owner).sum())


@pytest.mark.parametrize("weight", [False, True])
def test_a_sample_keeps_the_totals(weight: bool, tmp_path: Path) -> None:
    path = write_large(tmp_path / "t.parquet", weight=weight)
    whole, part = sampled(path, 0), sampled(path)
    assert part.n_opening_borrowers == 500
    people, loans, balance = (b / a for a, b in zip(weighted(whole), weighted(part), strict=True))
    assert people == pytest.approx(1.0, abs=1e-12)
    # Groups of like balance differ little within; 500 of them leave well under 1 % in the total.
    assert loans == pytest.approx(1.0, abs=0.03)
    assert balance == pytest.approx(1.0, abs=0.03)
    assert any("stratified sample of 500 of 4,000 borrowers" in note for note in part.notes)


def test_a_sample_takes_borrowers_whole(tmp_path: Path) -> None:
    path = write_large(tmp_path / "t.parquet")
    whole, part = sampled(path, 0), sampled(path)
    count = dict(
        zip(whole.borrowers.id.tolist(), np.bincount(whole.loans.borrower).tolist(), strict=True)
    )
    drawn = np.bincount(part.loans.borrower).tolist()
    assert drawn == [count[i] for i in part.borrowers.id.tolist()]


def test_the_sample_is_the_same_for_any_order_of_rows(tmp_path: Path) -> None:
    forward = sampled(write_large(tmp_path / "a.parquet"))
    backward = sampled(write_large(tmp_path / "b.parquet", backwards=True))
    pairs = zip(
        (*forward.borrowers, *forward.loans), (*backward.borrowers, *backward.loans), strict=True
    )
    for a, b in pairs:
        np.testing.assert_array_equal(a, b)


def test_null_and_zero_borrowers_take_all_and_a_synthetic_book_needs_some(tmp_path: Path) -> None:
    path = str(write_large(tmp_path / "t.parquet", 30))
    for borrowers in (None, 0, 1000):
        settings = BookSettings.model_validate(
            {"kind": "tape", "path": path, "borrowers": borrowers}
        )
        assert build_book(settings, RUN).n_opening_borrowers == 20
    with pytest.raises(ValueError, match="at least 1"):
        BookSettings(borrowers=0)
    assert BookSettings.model_validate({"borrowers": None}).borrowers == 10_000


def test_heavier_borrowers_are_drawn_more_often() -> None:
    n = 20_000
    ids = mix_ids(np.arange(n, dtype=np.uint64))
    weight = np.where(np.arange(n) % 2 == 0, 3.0, 1.0)
    level = np.ones(n)
    one = np.ones(n, dtype=np.int64)
    drawn = draw_sample(SampleFrame(ids, weight, level, one, (one,)), n // 20, seed=5)
    share = float(np.mean(weight[drawn.rows] == 3.0))
    # One of a group of 20, ten of weight 3 and ten of weight 1: 30 / 40 on average.
    assert abs(share - 0.75) < 4.5 * np.sqrt(0.75 * 0.25 / drawn.rows.size)
    assert drawn.weight.sum() == pytest.approx(weight.sum(), rel=1e-12)


# --- the command -----------------------------------------------------------------------------


def test_the_command_proposes_a_mapping_that_reads_the_tape(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = CHINESE.replace("年利率", "年利率(%)").replace("%,", ",").replace("所在地区", "备注")
    path, written = tmp_path / "t.csv", tmp_path / "m.yaml"
    path.write_bytes(text.encode("gb18030"))
    assert look([str(path), "--write-mapping", str(written)]) == 0
    told = capsys.readouterr().out
    assert "gb18030" in told
    assert "The tape can be run: 3 loans of 2 borrowers" in told
    assert "Imputed" in told
    found = read_tape(str(path), str(written))
    assert values(found, "annual_rate") == [0.18, 0.16, 0.12]
    assert look([str(path), "--write-mapping", str(written)]) == 2
    assert "exists already" in capsys.readouterr().err


def test_the_command_says_what_only_a_reader_can_decide(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "t.csv"
    path.write_text(GOOD.replace("cash_loan", "Turbo"), "utf-8")
    assert look([str(path)]) == 2
    assert "to decide: values.product of Turbo" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [[], ["a.csv", "b.csv"], ["nowhere.csv"], ["--wrong"]])
def test_mistakes_at_the_command_are_told_in_a_line(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert look(arguments) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1
    assert look(["--help"]) == 0
    assert "loanstress tape FILE" in capsys.readouterr().out


def test_a_mapping_may_stand_in_a_book_of_ones_own_or_on_the_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = GOOD.replace("0.18", "18").replace("0.16", "16").replace("region", "备注")
    (tmp_path / "t.csv").write_text(text, "utf-8")
    (tmp_path / "mine" / "book").mkdir(parents=True)
    own = "kind: tape\npath: t.csv\nmapping:\n  ignore: [备注]\n  percent: [annual_rate]\n"
    own += "second_loan_share: 0.0\napplicants_monthly_share: 0.0\n"
    (tmp_path / "mine" / "book" / "own.yaml").write_text(own, "utf-8")
    small = ["run=smoke", "run.paths=2", "run.months=2", "scenario=[baseline]"]
    small = [*small, "policy=[grace_period]", "report.enabled=false"]
    assert main(["--config-dir", "mine", "book=own", *small, "hydra.run.dir=a"]) == 0
    there = ["book=tape", "book.path=t.csv", "book.mapping={ignore:['备注'],percent:[annual_rate]}"]
    assert main([*there, *small, "hydra.run.dir=b"]) == 0
    one, other = (Path(d, "summary.csv").read_bytes() for d in "ab")
    assert one == other
