"""One run: the files that it writes, and what it tells meanwhile."""

import csv

import pytest

from simulator.cli.run import main
from simulator.cli.terminal.progress import LineProgress
from tests.cli.small_runs import SMALL

pytestmark = pytest.mark.usefixtures("elsewhere")


def _rows(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_one_run_writes_its_files_and_answers_the_question(capsys, tmp_path):
    assert main([*SMALL, "scenario=[downturn]", "policy=[grace_period]", "hydra.run.dir=out"]) == 0
    shown = capsys.readouterr()
    written = {path.name for path in (tmp_path / "out").iterdir()}
    assert {"results.nc", "summary.csv", "report.html", "manifest.json", ".hydra"} <= written
    policies = {row["policy"] for row in _rows(tmp_path / "out" / "summary.csv")}
    assert policies == {"status_quo", "grace_period"}
    assert "Scenario downturn" in shown.out
    assert "grace_period" in shown.out
    assert "Written to out" in shown.out


def test_lines_replace_the_bar_where_there_is_no_terminal(capsys):
    progress = LineProgress()
    progress.start(3, "simulating")
    for _ in range(3):
        progress.advance()
    progress.finish()
    assert capsys.readouterr().err.splitlines() == [
        "simulating: 0/3",
        "simulating: 3/3 after 0 s",
    ]


def test_a_failed_check_is_said_and_ends_with_another_code(capsys, tmp_path, monkeypatch):
    monkeypatch.setattr("simulator.results.checks.TOLERANCE", -1.0)
    assert main([*SMALL, f"hydra.run.dir={tmp_path / 'run'}"]) == 1
    told = capsys.readouterr().err
    assert "error: the check money_identity failed (closing balance" in told
    assert (tmp_path / "run" / "results.nc").exists()
