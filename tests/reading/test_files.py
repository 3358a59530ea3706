"""Encodings, delimiters, decimal commas, limits, mistakes: the same in every kind of file."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pa_parquet
import pytest

from simulator.reading import table_file
from simulator.validation import UserError
from tests.book.tape.wrong_tapes import HEADER, ROW
from tests.reading.kinds import OPEN, open_scenario, open_series, same, scenario, written

SHARES = "说明,date,share\n上月,2008-01,5.25\n本月,2008-02,4.125\n"
PANEL = "说明,id,date,share\n一,A1,0,1.0\n二,A2,1,0.0\n"
STATUSES = "loan_id,月份,dpd\nL1,2008-02,25.0\nL1,2008-03,25.0\nL2,2008-03,0.0\n"
TAPE = f"{HEADER}\n{ROW}\nL2,安,credit_line,0.1625,600,590,3000.5,8000,28,0,west\n"
TEXTS = {
    "tape": TAPE,
    "panel": STATUSES,
    "panel of accounts": PANEL,
    "series": SHARES,
    "scenario table": SHARES,
    "history": SHARES,
}


def laid(folder: Path, text: bytes, name: str = "own.csv") -> Path:
    path = folder / name
    path.write_bytes(text)
    return path


def refusal(kind: str, path: Path) -> str:
    with pytest.raises(UserError) as caught:
        OPEN[kind](path)
    return str(caught.value)


@pytest.mark.parametrize("kind", OPEN)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "gb18030"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_every_encoding_and_delimiter_gives_the_same_numbers(
    kind: str, encoding: str, delimiter: str, tmp_path: Path
) -> None:
    text = TEXTS[kind]
    plain = OPEN[kind](written(tmp_path, text, "plain.csv"))
    turned = laid(tmp_path, text.replace(",", delimiter).encode(encoding))
    assert same(OPEN[kind](turned), plain)
    if delimiter != ",":
        commas = text.replace(",", delimiter).replace(".", ",")
        assert same(OPEN[kind](laid(tmp_path, commas.encode(encoding))), plain)


@pytest.mark.parametrize("kind", OPEN)
@pytest.mark.parametrize(
    ("text", "name", "words"),
    [
        (b"", "own.csv", "own.csv is empty; it must have a header and at least one row"),
        (b"\n\n", "own.csv", "own.csv is empty; it must have a header and at least one row"),
        (b"a,b\n", "own.csv", "own.csv has a header but no rows"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "own.csv", "own.csv must be a CSV file; it holds zero"),
        (b'"a,b\n1,2\n', "own.csv", "a quoted cell is never closed"),
        (b"a\n" + b"x" * (2 << 20), "own.csv", "own.csv must have lines of at most 1 MiB; line 2"),
        (b",".join([b"c"] * 1001) + b"\n1\n", "own.csv", "at most 1,000 columns; got 1,001"),
        (b"x", "own.xls", "own.xls must end in .csv or .parquet, .csv.gz or .xlsx"),
        (b"x", "own.parquet", "own.parquet must be a whole Parquet file"),
    ],
)
def test_a_file_that_cannot_be_a_table_gets_the_same_line(
    kind: str, text: bytes, name: str, words: str, tmp_path: Path
) -> None:
    found = refusal(kind, laid(tmp_path, text, name))
    assert words in found
    assert "\n" not in found


@pytest.mark.parametrize("kind", OPEN)
def test_a_row_of_another_length_is_told_with_its_line(kind: str, tmp_path: Path) -> None:
    path = written(tmp_path, TEXTS[kind] + "x\n")
    line = path.read_text("utf-8").count("\n")
    words = f"1 row has another number of cells than the header's .*first: line {line}, 1 cells"
    with pytest.raises(UserError, match=words):
        OPEN[kind](path)


@pytest.mark.parametrize("kind", ["tape", "panel of accounts", "series", "scenario table"])
def test_so_many_cells_are_refused(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table_file, "MAX_CELLS", 3)
    found = refusal(kind, written(tmp_path, "a,b\n1,2\n1,2\n"))
    assert "own.csv must have at most 3 cells; got" in found
    pa_parquet.write_table(pa.table({"a": [1, 2], "b": [1, 2]}), tmp_path / "own.parquet")
    assert "own.parquet must have at most 3 cells; got 4" in refusal(kind, tmp_path / "own.parquet")


@pytest.mark.parametrize("kind", ["series", "scenario table", "history"])
def test_a_cell_is_told_with_file_column_line_and_what_it_holds(kind: str, tmp_path: Path) -> None:
    found = refusal(kind, written(tmp_path, SHARES.replace("4.125", "many")))
    assert "own.csv, column share: 1 row has n" in found
    assert found.endswith("(first: line 3: many)")
    assert "\n" not in found


@pytest.mark.parametrize("kind", ["series", "scenario table", "history"])
def test_percent_signs_are_hundredths_and_stand_in_every_row_or_none(
    kind: str, tmp_path: Path
) -> None:
    plain = OPEN[kind](written(tmp_path, SHARES, "plain.csv"))
    signs = written(tmp_path, SHARES.replace("5.25", "5.25%").replace("4.125", "4.125 %"))
    np.testing.assert_allclose(np.asarray(OPEN[kind](signs)), np.asarray(plain), rtol=1e-15)
    found = refusal(kind, written(tmp_path, SHARES.replace("5.25", "5.25%")))
    assert "1 row has cells in share without a percent sign" in found


@pytest.mark.parametrize("kind", ["series", "scenario table", "history"])
def test_what_may_be_thousands_or_decimals_is_refused(kind: str, tmp_path: Path) -> None:
    text = SHARES.replace(",", ";").replace("5.25", "5,250").replace("4.125", "4,125")
    found = refusal(kind, written(tmp_path, text))
    assert "2 rows have a share that may be thousands or decimals (5,250)" in found
    assert "or write a decimal point" in found
    one = written(tmp_path, text.replace("5,250", "5,25"))  # one cell decides for its column
    assert same(OPEN[kind](one), OPEN[kind](written(tmp_path, SHARES, "plain.csv")))


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_a_comma_behind_a_zero_is_a_decimal_comma(delimiter: str, tmp_path: Path) -> None:
    text = "date,inflation\n2008-04,0.052\n2008-05,0.051\n".replace(",", delimiter)
    found = scenario(written(tmp_path, text.replace(".", ",")))
    assert found.central["inflation"][1:3].tolist() == [0.052, 0.051]


def test_parquet_is_read_to_the_bit(tmp_path: Path) -> None:
    shares = np.random.default_rng(3).uniform(0, 9, 2)
    dates = pa.array(["2008-01-31", "2008-02-29"]).cast(pa.date32())
    table = pa.table({"date": dates, "share": shares})
    pa_parquet.write_table(table, tmp_path / "own.parquet")
    assert same(open_scenario(tmp_path / "own.parquet"), shares / 100)
    assert same(open_series(tmp_path / "own.parquet"), shares * 0.01)
    odd = pa.table({"date": dates, "share": [[1.0], [2.0]]})
    pa_parquet.write_table(odd, tmp_path / "odd.parquet")
    found = refusal("series", tmp_path / "odd.parquet")
    assert "targets.x.path odd.parquet: column share must hold numbers" in found


def test_a_guessed_encoding_is_said_of_a_table_and_a_series(tmp_path: Path) -> None:
    text = SHARES.replace("上月", "Müller").replace("本月", "à la façade").replace("说明", "Notiz")
    path = laid(tmp_path, text.encode("cp1252"))
    notes = scenario(path, columns={"inflation": "share"}, percent=True).notes
    assert "The encoding of own.csv was taken as cp125" in notes[0]
    assert notes[0].startswith("scenario.own: ")


def test_a_column_that_stands_twice_matters_only_where_it_is_read(tmp_path: Path) -> None:
    path = written(tmp_path, "date,share,x,x\n2008-01,1,2,3\n")
    for kind in ("series", "scenario table", "history"):
        assert np.size(OPEN[kind](path)) > 0
    twice = written(tmp_path, "date,share,share\n2008-01,1,2\n")
    for kind in ("series", "scenario table", "history"):
        words = "own.csv needs the column share once; duplicate, 2 times in"
        assert words in refusal(kind, twice)
