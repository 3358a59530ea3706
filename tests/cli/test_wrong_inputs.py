"""Every wrong input gets one clear answer at once: where, what is allowed, and exit code 2."""

import time
from collections import Counter
from pathlib import Path

import pytest

from simulator.cli.app import main
from tests.cli.wrong_inputs import WRONG

SECONDS = 5.0
QUICK = ("book.borrowers=50",)


def test_there_are_at_least_forty_different_ones():
    assert len(WRONG) >= 40
    assert max(Counter((w.arguments, *w.files.items()) for w in WRONG.values()).values()) == 1


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_input_is_refused_at_once_and_leaves_nothing(case, tmp_path, monkeypatch, capsys):
    wrong = WRONG[case]
    monkeypatch.chdir(tmp_path)
    for name, text in wrong.files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    before = _files(tmp_path)
    arguments = list(wrong.arguments)
    if not wrong.command:
        given = {word.partition("=")[0] for word in arguments}
        arguments += [word for word in QUICK if word.partition("=")[0] not in given]
        arguments += [] if given & {"hydra.run.dir", "-m", "--cfg"} else ["hydra.run.dir=out"]
    began = time.perf_counter()
    assert main([wrong.command, *arguments] if wrong.command else arguments) == 2
    seconds = time.perf_counter() - began
    shown = capsys.readouterr()
    for part in wrong.answer:
        assert part in shown.err
    assert "Traceback" not in shown.err
    assert "please report it" not in shown.err
    assert sum(line.startswith("error: ") for line in shown.err.splitlines()) == 1
    assert shown.out == ""
    assert seconds < SECONDS
    assert {path for path in _files(tmp_path) - before if ".hydra" not in path.parts} == set()


def _files(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if path.is_file()}
