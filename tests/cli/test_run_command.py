"""One run and a sweep: the files they write, and what they tell meanwhile."""

import csv

import pytest

from simulator.cli.run import main
from simulator.cli.sweep import SWEEP_COLUMNS, JobRecord, write_sweep
from simulator.cli.terminal.progress import LineProgress
from tests.cli.small_runs import SMALL
from tests.cli.summary_rows import summary_row as _row

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


def test_a_sweep_has_a_row_for_every_job_even_a_failed_one(tmp_path):
    code = main(
        [
            *SMALL,
            "-m",
            "scenario=[baseline]",
            "policy=[grace_period]",
            "policy.grace_period.months=1,1000,2",
            "hydra.sweep.dir=sweep",
        ]
    )
    assert code == 2
    rows = _rows(tmp_path / "sweep" / "sweep.csv")
    assert tuple(rows[0]) == SWEEP_COLUMNS
    assert {(row["job"], row["status"]) for row in rows} == {
        ("0", "ok"),
        ("1", "failed"),
        ("2", "ok"),
    }
    (failed,) = (row for row in rows if row["status"] == "failed")
    assert "policy.grace_period.months" in failed["error"]
    assert "policy.grace_period.months=1000" in failed["overrides"]
    assert all(row["month"] == "" for row in rows)
    assert not (tmp_path / "sweep" / "1" / "summary.csv").exists()


def test_the_sweep_table_holds_no_formula_and_no_monthly_row(tmp_path):
    rows = (_row("=HYPERLINK(1)", "net_loss", -5.0), _row("a", "net_loss", 1.0, month=2))
    path = write_sweep(
        tmp_path, [JobRecord(1, "", "@SUM(1)\nsecond", ()), JobRecord(0, "-x", "", rows)]
    )
    first, second = _rows(path)
    assert (first["job"], first["overrides"], first["policy"]) == ("0", "'-x", "'=HYPERLINK(1)")
    assert first["mean"] == "-5.0"
    assert second["error"] == "'@SUM(1) / second"
    assert [p.name for p in tmp_path.iterdir()] == ["sweep.csv"]


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
