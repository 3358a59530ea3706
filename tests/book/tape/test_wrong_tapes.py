"""Every wrong tape or mapping is refused at once, in words that help, and leaves nothing behind."""

import time
from contextlib import suppress
from pathlib import Path

import pyarrow.parquet as pa_parquet
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simulator.book.tape.inspection import inspect
from simulator.book.tape.mapping import read_mapping
from simulator.book.tape.reader import Tape, read_tape
from simulator.cli.run import main
from simulator.cli.tape import main as look
from simulator.validation import UserError
from tests.book.tape.wrong_tapes import GOOD, WRONG, Wrong, parquet

SECONDS = 5.0
EXAMPLES = 340
"""Of each of three fuzzers."""


def lay(folder: Path, wrong: Wrong) -> tuple[Path, str | None, str | None]:
    """The case's files: tape, mapping, panel."""
    tape = folder / wrong.name
    tape.write_bytes(wrong.tape if isinstance(wrong.tape, bytes) else wrong.tape.encode())
    mapping = panel = None
    if wrong.mapping is not None:
        mapping = folder / "m.yaml"
        mapping.write_text(wrong.mapping, encoding="utf-8")
    if wrong.panel is not None:
        panel = folder / "p.csv"
        panel.write_text(wrong.panel, encoding="utf-8")
    return tape, mapping and str(mapping), panel and str(panel)


def test_there_are_many_wrong_tapes() -> None:
    assert len(WRONG) >= 50


def test_the_tape_that_wrong_ones_are_made_of_is_right(tmp_path: Path) -> None:
    tape, _, _ = lay(tmp_path, Wrong((), GOOD))
    assert read_tape(str(tape)).n_loans == 2
    (tmp_path / "good.parquet").write_bytes(parquet({}))
    assert read_tape(str(tmp_path / "good.parquet")).n_loans == 1


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_tape_is_refused_in_words(case: str, tmp_path: Path) -> None:
    wrong = WRONG[case]
    tape, mapping, panel = lay(tmp_path, wrong)
    before = sorted(tmp_path.iterdir())
    began = time.perf_counter()
    with pytest.raises(UserError) as caught:
        read_tape(str(tape), mapping, panel, ("east", "central", "west", "northeast"))
    assert time.perf_counter() - began < SECONDS
    text = str(caught.value)
    for words in wrong.says:
        assert words in text
    assert any(name in text for name in (tape.name, "m.yaml", "p.csv"))
    assert len(text.splitlines()) <= 41
    assert max(len(line) for line in text.splitlines()) < 600
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize("case", ["rate of 18", "mapping: alias bomb", "truncated Parquet"])
def test_the_command_says_what_is_wrong_without_a_traceback(
    case: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    tape, mapping, _ = lay(tmp_path, WRONG[case])
    words = ["book=tape", f"book.path={tape}", "run=smoke", "hydra.run.dir=out"]
    code = main([*words, *([f"book.mapping={mapping}"] if mapping else [])])
    told = capsys.readouterr().err
    assert code == 2
    assert "Traceback" not in told
    assert WRONG[case].says[0] in told
    assert not (tmp_path / "out" / "results.nc").exists()
    code = look([str(tape), "--write-mapping", "new.yaml", *(["-m", mapping] if mapping else [])])
    captured = capsys.readouterr()
    assert code in (0, 2)
    assert "Traceback" not in captured.err + captured.out


def test_many_findings_are_bounded(tmp_path: Path) -> None:
    header = ",".join(f"column_{i}" for i in range(900))
    tape, _, _ = lay(tmp_path, Wrong((), f"{header}\n{','.join(['1'] * 900)}\n"))
    with pytest.raises(UserError) as caught:
        read_tape(str(tape))
    assert len(str(caught.value).splitlines()) <= 41
    assert "888 further columns are not known" in str(caught.value)


def test_names_that_look_like_formulas_or_markup_stay_text(tmp_path: Path) -> None:
    names = ("=HYPERLINK(1)", "<script>x</script>")
    text = GOOD.replace("L1", names[0]).replace("ann,", f"{names[1]},")
    tape, _, _ = lay(tmp_path, Wrong((), text))
    found = read_tape(str(tape)).texts
    assert names[0] in found["loan_id"].words
    assert names[1] in found["borrower_id"].words


# --- fuzz ------------------------------------------------------------------------------------

FUZZ = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    derandomize=True,
    database=None,
)
PARQUET = parquet({})
WORDS = st.sampled_from(
    ["", "nan", "-inf", "1e999", "18%", "1,234", "1.234,5", '"', "\0", "=1+1", "合同", "\n", ";",
     "\t", "99999999999999999999", "2026-02-30", "20260230", "M99", "é", "\ufeff", "_target_",
     "${x}"]
)  # fmt: skip


def refuse_or_read(path: Path, mapping: str | None = None) -> Tape | None:
    """Looking and reading end well or in a ``UserError``; anything else fails the test."""
    with suppress(UserError):
        inspect(str(path), mapping, None)
    with suppress(UserError):
        return read_tape(str(path), mapping)
    return None


@st.composite
def mutated(draw: st.DrawFn, original: bytes) -> bytes:
    """``original`` with a few bytes changed, cut or inserted."""
    data = bytearray(original)
    for _ in range(draw(st.integers(1, 6))):
        place = draw(st.integers(0, max(0, len(data) - 1)))
        piece = draw(st.one_of(st.binary(max_size=4), WORDS.map(lambda w: w.encode())))
        data[place : place + draw(st.integers(0, 8))] = piece
    return bytes(data)


@FUZZ
@given(data=st.one_of(st.binary(max_size=200), mutated(GOOD.encode()), mutated(PARQUET)))
def test_random_and_mutated_bytes_never_escape(data: bytes, tmp_path: Path) -> None:
    for name in ("x.csv", "x.parquet"):
        path = tmp_path / name
        path.write_bytes(data)
        refuse_or_read(path)


@FUZZ
@given(
    cells=st.lists(
        st.lists(st.one_of(WORDS, st.text(max_size=8)), min_size=11, max_size=11),
        min_size=1,
        max_size=3,
    ),
    delimiter=st.sampled_from(",;\t|"),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "gb18030"]),
)
def test_random_tables_never_escape(
    cells: list[list[str]], delimiter: str, encoding: str, tmp_path: Path
) -> None:
    header = GOOD.splitlines()[0].replace(",", delimiter)
    rows = "\n".join(delimiter.join(row) for row in cells)
    path = tmp_path / "t.csv"
    path.write_bytes(f"{header}\n{rows}\n".encode(encoding, "replace"))
    refuse_or_read(path)


KEYS = st.sampled_from(
    ["columns", "ignore", "constants", "values", "percent", "scale", "date_format", "snapshot_date",
     "missing", "decimal", "encoding", "delimiter", "raise_limits", "x", "product", "dpd", "L1"]
)  # fmt: skip
YAML = st.recursive(
    st.one_of(WORDS, KEYS, st.integers(), st.floats(), st.booleans(), st.none()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=3)),
    max_leaves=8,
)


@FUZZ
@given(data=st.one_of(st.text(max_size=80).map(str.encode), YAML.map(lambda v: repr(v).encode())))
def test_random_mappings_never_escape(data: bytes, tmp_path: Path) -> None:
    path, tape = tmp_path / "m.yaml", tmp_path / "t.csv"
    path.write_bytes(data)
    tape.write_text(GOOD, encoding="utf-8")
    with suppress(UserError):
        read_mapping(str(path))
    refuse_or_read(tape, str(path))


def test_a_parquet_of_odd_types_is_refused_in_words(tmp_path: Path) -> None:
    table = pa_parquet.read_table
    for value in ([b"\xff"], [True], [None], [{"a": 1}], [[1]]):
        for column in ("loan_id", "product", "annual_rate", "due_day"):
            path = tmp_path / "odd.parquet"
            path.write_bytes(parquet({column: value}))
            assert table(path).num_rows == 1
            refuse_or_read(path)
