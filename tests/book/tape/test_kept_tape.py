"""A tape is read once, and again where its file or its settings have changed."""

from pathlib import Path

import numpy as np
import pytest

from simulator.book.tape import kept_tape
from simulator.settings import BookSettings
from tests import ROOT

LOANS = ROOT / "examples" / "loans_cn.csv"
MAPPING = str(ROOT / "examples" / "loans_cn.yaml")


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """One entry for each time that the file is read."""
    monkeypatch.setattr(kept_tape, "_kept", {})
    done: list[object] = []
    real = kept_tape.read_tape

    def counted(*arguments: object) -> object:
        done.append(arguments)
        return real(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(kept_tape, "read_tape", counted)
    return done


def _tape(path: Path, **more: object) -> kept_tape.Tape:
    settings = BookSettings(kind="tape", path=str(path), mapping=MAPPING, **more)  # type: ignore[arg-type]
    return kept_tape.tape_of(settings, str(path))


def test_a_tape_is_read_once_for_all_sizes_of_sample(reads: list[object]) -> None:
    first = _tape(LOANS)
    assert _tape(LOANS, borrowers=50) is first
    assert len(reads) == 1
    assert _tape(LOANS, rejected="drop") is not first
    assert len(reads) == 2


def test_a_changed_file_is_read_again(reads: list[object], tmp_path: Path) -> None:
    path = tmp_path / "loans.csv"
    path.write_bytes(LOANS.read_bytes())
    first = _tape(path)
    rows = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(rows[:-1]))
    assert _tape(path).n_loans == first.n_loans - 1
    assert len(reads) == 2


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_opening_a_book_leaves_the_kept_tape_as_it_is(
    reads: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    from simulator import stress_test

    before = {name: column.copy() for name, column in _tape(LOANS).numbers.items()}
    book = BookSettings(kind="tape", path=str(LOANS), mapping=MAPPING, borrowers=100)
    stress_test(book, scenarios=["baseline"], policies=[], paths=1, months=1, provision=[])
    after = _tape(LOANS).numbers
    assert len(reads) == 1
    assert all(np.array_equal(before[name], after[name], equal_nan=True) for name in before)
