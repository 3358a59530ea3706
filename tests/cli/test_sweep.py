"""A sweep: one table by any launcher, every mistake first, nothing run twice."""

import csv
import json
from pathlib import Path

import pytest

from simulator.cli import job_records
from simulator.cli.app import main
from simulator.cli.configuration.hydra_app import Job
from simulator.cli.configuration.sweep_jobs import SweepPlan
from simulator.cli.job_records import (
    LOST,
    JobRecord,
    columns,
    forget_others,
    record_of,
    seconds_left,
    write_record,
    write_sweep,
)
from simulator.results.store import write_summary
from simulator.results.summary import SummaryRow
from tests.cli.small_runs import SMALL

SWEPT = (
    *(*SMALL, "run.months=3", "scenario=[baseline]", "policy=[grace_period]", "-m"),
    *("policy.grace_period.months=1,2", "run.seed=1,2", "hydra.sweep.dir=sweep"),
)


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _row(policy: str, metric: str, mean: float, month: int | None = None) -> SummaryRow:
    return SummaryRow("s", policy, metric, month, mean, mean, mean, mean, mean, mean, "1")


def _written(sweep: Path, record: JobRecord, rows: list[SummaryRow]) -> None:
    (sweep / record.folder).mkdir(parents=True)
    write_summary(sweep / record.folder / "summary.csv", rows)
    write_record(sweep, record)


# --- the table -------------------------------------------------------------------------------


def test_the_table_has_a_column_a_key_no_formula_and_no_month(tmp_path):
    rows = [_row("=HYPERLINK(1)", "net_loss", -5.0), _row("a", "net_loss", 1.0, month=2)]
    _written(tmp_path, JobRecord(0, "-x", ("1", "[a,b]"), "jobs/0"), rows)
    write_record(tmp_path, JobRecord(1, "y", ("2", "c"), error="@SUM(1)\nsecond", code=2))
    path, records = write_sweep(tmp_path, 3, ("run.seed", "policy"))
    first, second, third = _rows(path)
    assert tuple(first) == columns(("run.seed", "policy"))
    assert first["swept_policy"] == "[a,b]"
    assert (first["job"], first["run.seed"], first["overrides"]) == ("0", "1", "'-x")
    assert first["mean"] == "-5.0"
    with path.open(encoding="utf-8", newline="") as file:
        cells = list(csv.reader(file))[1]
    assert cells[7] == "'=HYPERLINK(1)"
    assert second["error"] == "'@SUM(1) / second"
    assert second["mean"] == ""
    assert (third["status"], third["error"]) == ("failed", LOST)
    assert [record.code for record in records] == [0, 2, 1]


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"job": 1}', '{"job": 0, "values": 3}'])
def test_a_damaged_record_is_none(content, tmp_path):
    (tmp_path / job_records.RECORDS).mkdir()
    (tmp_path / job_records.RECORDS / "0.json").write_text(content)
    assert record_of(tmp_path, 0) is None


def test_the_time_left_is_that_of_jobs_that_were_run(tmp_path):
    assert seconds_left(tmp_path, 4, 1) is None
    write_record(tmp_path, JobRecord(0, "", seconds=0.0))
    assert seconds_left(tmp_path, 4, 1) is None
    write_record(tmp_path, JobRecord(1, "", seconds=30.0))
    assert seconds_left(tmp_path, 4, 1) == 60.0
    assert seconds_left(tmp_path, 4, 2) == 30.0


def test_of_many_jobs_every_value_is_composed_once_before():
    jobs = tuple((f"a={a}", f"++b.c={b}") for a in range(10) for b in range(20))
    plan = SweepPlan(jobs, ("a", "b.c"))
    assert plan.values(21) == ("1", "1")
    assert len(plan.samples(500)) == 200
    few = plan.samples(50)
    assert len(few) == 29
    assert {text for job in few for text in job} == {text for job in jobs for text in job}


@pytest.mark.parametrize(("parallel", "jobs", "at_once"), [(1, 5, 1), (4, 3, 3), (0, 6, 6)])
def test_jobs_at_once(parallel, jobs, at_once):
    assert Job(0, (), None, Path(), Path(), parallel).at_once(jobs) == at_once


# --- whole sweeps ------------------------------------------------------------------------------


def test_a_sweep_has_one_table_and_no_pages_and_goes_on_where_it_ended(elsewhere, capsys):
    assert main([*SWEPT]) == 0
    sweep = elsewhere / "sweep"
    rows = _rows(sweep / "sweep.csv")
    assert tuple(rows[0])[:3] == ("job", "policy.grace_period.months", "run.seed")
    swept = {(row["job"], row["policy.grace_period.months"], row["run.seed"]) for row in rows}
    assert swept == {("0", "1", "1"), ("1", "1", "2"), ("2", "2", "1"), ("3", "2", "2")}
    assert all(row["month"] == "" and row["status"] == "ok" for row in rows)
    files = {path.name for path in (sweep / "0").iterdir()}
    assert files == {".hydra", "manifest.json", "results.nc", "summary.csv"}
    told = capsys.readouterr().err
    assert "job 1 of 4: " in told
    assert " left: " in told
    before = (sweep / "sweep.csv").read_bytes()
    made = {job: (sweep / job / "manifest.json").read_bytes() for job in "0123"}
    (sweep / "2" / "summary.csv").write_text("changed")
    assert main([*SWEPT]) == 0
    assert capsys.readouterr().err.count("its results are there") == 3
    assert (sweep / "sweep.csv").read_bytes() == before
    changed = {j for j in made if (sweep / j / "manifest.json").read_bytes() != made[j]}
    assert changed == {"2"}


@pytest.mark.parametrize("launcher", ["joblib", "submitit_local"])
def test_another_launcher_gives_the_same_table(launcher, elsewhere):
    few = [word for word in SWEPT if not word.startswith(("run.seed", "run.threads"))]
    assert main([*few]) == 0
    expected = (elsewhere / "sweep" / "sweep.csv").read_text("utf-8")
    words = [*few[:-1], "hydra.sweep.dir=other", f"hydra/launcher={launcher}"]
    words += ["hydra.launcher.n_jobs=2"] if launcher == "joblib" else []
    assert main(words) == 0
    assert (elsewhere / "other" / "sweep.csv").read_text("utf-8") == expected


def test_what_is_asked_for_later_and_what_is_gone_is_made(elsewhere, capsys):
    few = [word for word in SWEPT if not word.startswith("policy.grace")]
    assert main(few) == 0
    assert main([*few, "report.workbook=false"]) == 0
    assert "its results are there" not in capsys.readouterr().err
    assert (elsewhere / "sweep" / "0" / "report.html").is_file()
    (elsewhere / "sweep" / "1" / "results.nc").unlink()
    assert main([*few, "report.workbook=false"]) == 0
    assert capsys.readouterr().err.count("its results are there") == 1
    assert (elsewhere / "sweep" / "1" / "results.nc").is_file()


def test_records_of_other_jobs_and_of_failed_ones_are_forgotten(tmp_path):
    records = (
        JobRecord(0, "", token="a"),
        JobRecord(1, "", token="b", code=1),
        JobRecord(2, "", token="x"),
        JobRecord(3, "", token="d"),
    )
    for record in records:
        write_record(tmp_path, record)
    forget_others(tmp_path, ["a", "b", "c"])
    assert [record_of(tmp_path, job) is not None for job in range(4)] == [True, False, False, False]


def test_a_launcher_that_gives_up_leaves_the_table(elsewhere, monkeypatch, capsys):
    from simulator.cli.configuration import hydra_app

    real = hydra_app._call_hydra

    def give_up(*given: object) -> None:
        real(*given)
        (elsewhere / "sweep" / job_records.RECORDS / "1.json").unlink()
        raise RuntimeError("a worker\nwas killed")

    monkeypatch.setattr(hydra_app, "_call_hydra", give_up)
    few = [word for word in SWEPT if not word.startswith("policy.grace")]
    assert main(few) == 1
    told = capsys.readouterr().err
    assert "the launcher ended before its jobs (RuntimeError: a worker was killed)" in told
    rows = _rows(elsewhere / "sweep" / "sweep.csv")
    assert {(row["job"], row["status"]) for row in rows} == {("0", "ok"), ("1", "failed")}


def test_all_values_are_checked_before_the_first_job(elsewhere, capsys):
    words = [word.replace("months=1,2", "months=1,1000") for word in SWEPT]
    assert main([*words, "policy.grace_period.deferred_share=2"]) == 2
    told = capsys.readouterr().err
    assert "policy.grace_period.months" in told
    assert "policy.grace_period.deferred_share" in told
    assert list(elsewhere.iterdir()) == []


def test_a_job_that_fails_has_a_row_and_the_code_and_is_run_again(elsewhere, monkeypatch):
    from simulator.cli import running

    real = running.run_told

    def fail(request, output):
        if request.run.seed == 2:
            raise ZeroDivisionError("of a test")
        return real(request, output)

    few = [word for word in SWEPT if not word.startswith("policy.grace")]
    with monkeypatch.context() as patch:
        patch.setattr(running, "run_told", fail)
        assert main(few) == 1
    rows = _rows(elsewhere / "sweep" / "sweep.csv")
    (failed,) = (row for row in rows if row["status"] == "failed")
    assert (failed["job"], failed["run.seed"]) == ("1", "2")
    assert "ZeroDivisionError: of a test" in failed["error"]
    assert main(few) == 0
    assert {row["status"] for row in _rows(elsewhere / "sweep" / "sweep.csv")} == {"ok"}


def test_what_is_typed_is_kept_and_threads_are_shared(elsewhere):
    few = [word for word in SWEPT if not word.startswith(("run.threads", "run.seed", "policy.g"))]
    words = [*few[:-1], "run.seed=1", "hydra.sweep.dir=sweep", "report.workbook=false"]
    assert main([*words, "run.keep_blocks=true"]) == 0
    files = {path.name for path in (elsewhere / "sweep" / "0").iterdir()}
    assert {"report.html", "blocks"} <= files


def test_an_interrupted_sweep_names_what_is_done(elsewhere, monkeypatch, capsys):
    from simulator.cli import running

    real = running.run_told

    def stop(request, output):
        if request.run.seed == 2:
            raise KeyboardInterrupt
        return real(request, output)

    few = [word for word in SWEPT if not word.startswith("policy.grace")]
    monkeypatch.setattr(running, "run_told", stop)
    assert main(few) == 130
    told = capsys.readouterr().err.splitlines()[-1]
    assert told.startswith("interrupted; 1 of 2 jobs are done: the same command with")
    assert told.endswith("hydra.sweep.dir=sweep goes on")
    assert not (elsewhere / "sweep" / "sweep.csv").exists()
    records = [path.name for path in (elsewhere / "sweep" / job_records.RECORDS).iterdir()]
    assert records == ["0.json"]
    identity = json.loads((elsewhere / "sweep" / job_records.RECORDS / "0.json").read_text())
    assert len(identity["identity"]) == 64


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["-m", "hydra/launcher=ray"], "must be one of basic, joblib, submitit_local"),
        (["hydra/launcher=joblib"], "is read with --multirun only"),
        (["-m", "hydra.launcher.setup=[rm]"], "hydra.launcher.setup"),
        (["-m", "hydra.launcher.n_jobs=2"], "is read with hydra/launcher=joblib"),
        (
            ["-m", "hydra/launcher=joblib", "hydra.launcher.nodes=2"],
            "is read with hydra/launcher=submitit_local or submitit_slurm",
        ),
        (["-m", "hydra.launcher._target_=os.system"], "hydra.launcher._target_"),
    ],
)
def test_a_launcher_is_one_that_is_known_and_runs_nothing_else(words, error, elsewhere, capsys):
    assert main(words) == 2
    assert error in capsys.readouterr().err
    assert list(elsewhere.iterdir()) == []


def test_a_launcher_that_is_not_installed_names_the_extra(elsewhere, capsys, monkeypatch):
    from simulator.cli.configuration import overrides

    monkeypatch.setattr(overrides, "find_spec", lambda name: None)
    assert main(["-m", "hydra/launcher=joblib"]) == 2
    assert "pip install 'loanstress[sweep]'" in capsys.readouterr().err
