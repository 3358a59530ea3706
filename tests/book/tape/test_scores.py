"""Scores of other scales: recognised, declared or asked about; bad ones must be the low ones."""

from pathlib import Path

import numpy as np
import pytest

from simulator.book.tape.inspection import inspect
from simulator.book.tape.scores import (
    codes_of_nothing,
    on_the_models_scale,
    recognise,
    runs_backwards,
)
from tests.book.tape.small_tapes import asked, one_in_ten, open_tape, write_tape

N = 100
FICO = [660 + i % 41 for i in range(N)]
US = {"product": "us_personal_loan"}


def scores(book: object) -> list[float]:
    return sorted(book.borrowers.score)  # type: ignore[attr-defined]


@pytest.mark.parametrize("header", ["credit_score", "FICO", "fico_score", "Vantage Score"])
def test_fico_is_rescaled(header: str, tmp_path: Path) -> None:
    book = open_tape(write_tape(tmp_path, **US, **{header: FICO}), jurisdiction="us")
    expected = sorted(600 + 100 * (s - 714) / 90 for s in FICO)
    assert scores(book) == pytest.approx(expected)
    assert any("read as FICO" in note for note in book.notes)


def test_zhima_is_rescaled(tmp_path: Path) -> None:
    book = open_tape(write_tape(tmp_path, 芝麻分=690))
    assert scores(book) == pytest.approx([700.0] * N)


def test_scores_up_to_a_hundred_take_the_books_mean_and_spread(tmp_path: Path) -> None:
    book = open_tape(write_tape(tmp_path, score=[50 + i % 40 for i in range(N)]))
    assert np.mean(scores(book)) == pytest.approx(600)
    assert np.std(scores(book)) == pytest.approx(100)


@pytest.mark.parametrize("cells", [FICO, [800 + i for i in range(N)], [0.01] * N, [-3, 3] * 50])
def test_a_scale_that_nobody_knows_is_asked_about(cells: list[float], tmp_path: Path) -> None:
    path = write_tape(tmp_path, score=cells)
    assert "score_scale" in asked(path)
    assert len(asked(path).splitlines()) == 1
    for scale in ("own", "ranks", {"mean": 500, "spread": 100}):
        found = scores(open_tape(path, {"score_scale": scale}))
        assert 0 <= found[0] <= found[-1] <= 1000


def test_the_models_own_scale_stays_as_it_is(tmp_path: Path) -> None:
    cells = [450 + 3 * i for i in range(N)]
    assert scores(open_tape(write_tape(tmp_path, score=cells))) == cells
    path = write_tape(tmp_path, credit_score=FICO)
    assert scores(open_tape(path, {"score_scale": "model"})) == sorted(FICO)


def test_ranks_and_own_scales_in_numbers() -> None:
    score = np.array([1.0, 2.0, np.nan, 3.0])
    ranks = on_the_models_scale(score, "ranks", None)
    assert ranks[1] == pytest.approx(600)
    assert ranks[0] + ranks[3] == pytest.approx(1200)
    assert np.isnan(ranks[2])
    turned = on_the_models_scale(score, "own", "lower_is_better")
    assert turned[0] > turned[1] > turned[3]


def test_a_score_that_fico_has_not_is_refused(tmp_path: Path) -> None:
    assert "outside 300-850" in asked(write_tape(tmp_path, **US, fico=[290, *FICO[1:]]))


def test_a_zero_in_fico_is_imputed(tmp_path: Path) -> None:
    book = open_tape(write_tape(tmp_path, **US, fico=[0, *FICO[1:]]), jurisdiction="us")
    assert book.reconciliation is not None
    assert book.reconciliation.imputed["score"] == pytest.approx(0.01)


def test_scores_that_run_backwards_are_asked_about(tmp_path: Path) -> None:
    cells = [700 if i % 10 == 0 else 520 + i for i in range(N)]
    path = write_tape(tmp_path, score=cells, dpd=one_in_ten(45, 0))
    assert "score_direction: lower_is_better" in asked(path)
    turned = open_tape(path, {"score_direction": "lower_is_better"})
    late = turned.loans.borrower[turned.loans.n_unpaid > 0]
    assert set(turned.borrowers.score[late]) == {300.0}
    kept = open_tape(path, {"score_direction": "higher_is_better"})
    assert scores(kept) == sorted(cells)


def test_noise_does_not_run_backwards() -> None:
    late = np.arange(400) % 10 == 0
    even = np.arange(400.0) % 7
    assert runs_backwards(even, late) is None
    assert runs_backwards(np.where(late, 9.0, even), late) == 1.0


def test_few_scores_tell_no_scale() -> None:
    assert recognise("score", np.array([700.0, 710.0]), "cn").scale == "model"


@pytest.mark.parametrize("code", [0, 9999, -1])
def test_a_code_far_from_all_scores_is_no_score(code: int, tmp_path: Path) -> None:
    path = write_tape(tmp_path, **US, FICO=[code, *FICO[1:]])
    found = inspect(str(path), None, None)
    assert found.tape is not None
    assert np.isnan(found.tape.numbers["score"]).tolist() == [True] + [False] * (N - 1)
    assert "no score" in " ".join(found.warnings)


def test_a_low_score_among_low_scores_is_one() -> None:
    assert not codes_of_nothing(np.arange(0.0, 100.0)).any()


@pytest.mark.parametrize("header", ["FICO_8", "VantageScore 3.0", "芝麻信用"])
def test_scores_are_recognised_under_their_usual_headers(header: str, tmp_path: Path) -> None:
    found = inspect(str(write_tape(tmp_path, **{header: FICO})), None, None)
    assert found.tape is not None
    assert "score" in found.tape.numbers
