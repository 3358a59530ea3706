"""Runs at the same time, in the same folder, killed or failing: the old results or the new."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml

import simulator
from simulator import load
from simulator.cli.app import main
from simulator.results.files import FILE_NAMES, MANIFEST_NAME
from simulator.results.holding import held
from simulator.results.run_folder import check_whole, finish, is_unfinished
from simulator.validation import UserError
from tests.cli.repeats import REPOSITORY, Repeats

SMALL = (
    "run=smoke",
    "book.borrowers=100",
    "book.donors=500",
    "book.burn_in_months=12",
    "run.months=3",
    "run.threads=1",
    "scenario=[baseline]",
    "policy=[grace_period]",
)
DATA = (*SMALL, "report.enabled=false")


def _errors(told: str) -> list[str]:
    return [line for line in told.splitlines() if line.startswith("error: ")]


# --- at the same time ---------------------------------------------------------------------


def test_runs_that_begin_at_the_same_moment_have_a_folder_each(elsewhere):
    moment = "hydra.run.dir='out/${now:%Y}'"
    started = [
        subprocess.Popen(
            [sys.executable, "-m", "simulator", *DATA, f"run.seed={seed}", moment],
            env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        for seed in (1, 2, 3)
    ]
    told = [process.communicate()[0] for process in started]
    assert [process.returncode for process in started] == [0, 0, 0]
    places = [re.findall(r"Written to out/(\S+)", text)[-1] for text in told]
    assert sorted(re.sub(r"^\d{4}", "Y", place) for place in places) == ["Y", "Y_2", "Y_3"]
    assert [_seeds(elsewhere / "out" / place) for place in places] == [{1}, {2}, {3}]


def test_a_default_folder_goes_where_nothing_was_written(elsewhere, capsys):
    assert main([*DATA, "scenario.baseline.table=none.csv"]) == 2
    assert list((elsewhere / "outputs").iterdir()) == []
    assert "none.csv" in capsys.readouterr().err


def test_a_second_run_is_refused_with_the_owner_and_changes_nothing(elsewhere, capsys):
    assert main([*DATA, "hydra.run.dir=out"]) == 0
    before = _contents(elsewhere / "out")
    with held(elsewhere / "out"):
        capsys.readouterr()
        assert main([*DATA, "run.seed=7", "hydra.run.dir=out"]) == 2
        (error,) = _errors(capsys.readouterr().err)
        assert f"in use by process {os.getpid()} on " in error
        assert "choose another hydra.run.dir" in error
        assert main(["report", "out"]) == 2
        assert main(["report", "out", "--output", "page.html"]) == 0
        assert before.items() <= _contents(elsewhere / "out").items()
    assert _contents(elsewhere / "out") == before


def test_a_second_sweep_is_refused_before_it_writes(elsewhere, capsys):
    with held(elsewhere / "sweep"):
        capsys.readouterr()
        assert main([*DATA, "-m", "run.seed=1,2", "hydra.sweep.dir=sweep"]) == 2
        assert "in use by process" in _errors(capsys.readouterr().err)[0]
        assert not (elsewhere / "sweep" / "multirun.yaml").exists()


def test_a_sweep_writes_each_job_in_a_folder_of_its_own(elsewhere):
    assert main([*DATA, "-m", "run.seed=1,2", "hydra.sweep.dir=sweep"]) == 0
    folder = elsewhere / "sweep"
    assert {path.name for path in folder.iterdir()} == {
        "0",
        "1",
        ".jobs",
        "multirun.yaml",
        "sweep.csv",
    }
    assert [_seeds(folder / job) for job in ("0", "1")] == [{1}, {2}]


def test_no_name_of_the_folder_in_between_is_left(elsewhere, capsys):
    assert main([*SMALL, "hydra.run.dir=out"]) == 0
    told = capsys.readouterr()
    assert ".next" not in told.out + told.err
    for path in (elsewhere / "out").rglob("*"):
        assert path.is_dir() or b"/.next" not in path.read_bytes(), path


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="needs ids of users")
def test_the_folder_of_another_machine_is_freed_by_the_command_that_is_named(elsewhere, capsys):
    (elsewhere / "out").mkdir()
    owner = elsewhere / "out" / ".owner.json"
    owner.write_text(json.dumps({"host": "far", "pid": 7, "start": "1999-01-01"}), "utf-8")
    assert main([*DATA, "hydra.run.dir=out"]) == 2
    (error,) = _errors(capsys.readouterr().err)
    assert "in use by process 7 on far since 1999-01-01" in error
    removal = error.rpartition("if that process has ended: ")[2]
    subprocess.run(removal, shell=True, check=True)
    assert main([*DATA, "hydra.run.dir=out"]) == 0


# --- what fails ---------------------------------------------------------------------------


@contextmanager
def _failing(monkeypatch: pytest.MonkeyPatch, place: str, error: type[Exception]) -> Iterator[None]:
    def fail(*_: object, **__: object) -> None:
        raise error("of a page")

    with monkeypatch.context() as patch:
        patch.setattr(place, fail)
        yield


@pytest.mark.parametrize("error", [KeyError, UserError])
def test_a_failed_page_keeps_the_data_and_names_the_command(error, elsewhere, monkeypatch, capsys):
    with _failing(monkeypatch, "simulator.report.report_files.report_pages", error):
        assert main([*SMALL, "hydra.run.dir=out"]) == 1
    told = capsys.readouterr()
    assert "the data are whole; loanstress report out makes the report again" in told.err
    assert "Written to out" in told.out
    stored = load(elsewhere / "out")
    assert stored.manifest["checks_passed"] is True
    names = {path.name for path in (elsewhere / "out").iterdir()}
    assert names == {"results.nc", "summary.csv", MANIFEST_NAME, ".hydra", "blocks"}
    assert main(["report", "out"]) == 0
    _check(elsewhere / "out")
    assert {"report.html", "tables.xlsx"} <= set(_hashes(elsewhere / "out"))


def test_a_failed_explanation_keeps_the_data_and_the_others(elsewhere, monkeypatch, capsys):
    with _failing(monkeypatch, "simulator.conclusion.explain_underwriting", ZeroDivisionError):
        assert (
            main([*SMALL, "explain.underwriting=true", "run.runoff_months=2", "hydra.run.dir=out"])
            == 1
        )
    assert "ZeroDivisionError: of a page" in capsys.readouterr().err
    _check(elsewhere / "out")
    stored = load(elsewhere / "out")
    assert stored.manifest["failed"] == {"underwriting": "ZeroDivisionError: of a page"}
    assert {"report.html", "tables.xlsx"} <= set(_hashes(elsewhere / "out"))
    assert main(["report", "out"]) == 0


@pytest.mark.parametrize(
    ("name", "place", "words"),
    [
        ("parameters", "with_drawn_parameters", ("run.parameter_draws=cn_online_lender",)),
        ("tail", "shifted_tail", ("run.tail=shifted",)),
    ],
)
def test_failed_draws_beside_a_run_keep_the_data(
    name, place, words, elsewhere, monkeypatch, capsys
):
    with _failing(monkeypatch, f"simulator.conclusion.{place}", ZeroDivisionError):
        assert main([*SMALL, *words, "hydra.run.dir=out"]) == 1
    assert "the data are whole" in capsys.readouterr().err
    _check(elsewhere / "out")
    assert load(elsewhere / "out").manifest["failed"] == {name: "ZeroDivisionError: of a page"}


def test_failed_trials_of_assumptions_keep_the_data(elsewhere, monkeypatch, capsys):
    with _failing(monkeypatch, "simulator.conclusion.try_assumptions", ZeroDivisionError):
        assert main([*SMALL, "hydra.run.dir=out"]) == 1
    assert "the data are whole" in capsys.readouterr().err
    _check(elsewhere / "out")
    assert main(["report", "out"]) == 0


def test_a_notebook_keeps_the_data_of_a_failed_page(tmp_path, monkeypatch):
    place = "simulator.report.report_files.report_pages"
    small = {"scenarios": ["baseline"], "policies": [], "paths": 2, "months": 2}
    with (
        _failing(monkeypatch, place, KeyError),
        pytest.warns(RuntimeWarning, match="the data are whole, loanstress report DIR"),
    ):
        simulator.stress_test(**small, borrowers=100, output=tmp_path)
    assert load(tmp_path).manifest["checks_passed"] is True


def test_a_run_that_fails_leaves_the_earlier_results(elsewhere, monkeypatch, capsys):
    assert main([*DATA, "hydra.run.dir=out"]) == 0
    before = _contents(elsewhere / "out")
    with _failing(monkeypatch, "simulator.conclusion.to_dataset", MemoryError):
        assert main([*DATA, "run.seed=7", "hydra.run.dir=out"]) == 2
    (error,) = _errors(capsys.readouterr().err)
    assert "not enough memory; fewer run.paths, policies, scenarios or provision" in error
    after = _contents(elsewhere / "out")
    assert before.items() - after.items() == {
        (place, text) for place, text in before.items() if place.endswith("command.json")
    }
    assert {Path(place).parent.name for place in after.keys() - before.keys()} == {"blocks"}


def test_a_scenario_whose_cap_takes_all_income_has_its_page(elsewhere):
    rows = ["quarter,unemployment_rate,rate_cap", "2026 Q1,0.05,0", "2026 Q2,0.05,0"]
    (elsewhere / "mine" / "_macro").mkdir(parents=True)
    (elsewhere / "mine" / "_macro" / "capped.csv").write_text("\n".join(rows), "utf-8")
    told = ["# @package scenario.capped", "label: Capped", "weight: 1.0", "table: capped.csv"]
    told += ["narrative: All income is capped.", "source: assumption", "frequency: quarterly"]
    told += ["opening: {unemployment_rate: 0.05, rate_cap: 0.0}"]
    (elsewhere / "mine" / "scenario").mkdir()
    (elsewhere / "mine" / "scenario" / "capped.yaml").write_text("\n".join(told), "utf-8")
    small = [word for word in SMALL if not word.startswith("scenario")]
    words = ["--config-dir", "mine", "scenario=[capped]", "hydra.run.dir=out"]
    assert main([*small, *words]) == 0
    assert (elsewhere / "out" / "report.html").is_file()


def test_a_tape_of_which_nothing_is_owed_is_refused_before_it_is_simulated(elsewhere, capsys):
    header = "loan_id,borrower_id,product,annual_rate,term_months,remaining_months,principal"
    header += ",original_principal,due_day,dpd,monthly_income"
    rows = [f"{n},{n},credit_line,0.18,600,600,0,10000,5,0,8200" for n in range(1, 9)]
    (elsewhere / "zero.csv").write_text("\n".join([header, *rows]), "utf-8")
    small = ["run=smoke", "run.threads=1", "scenario=[baseline]", "policy=[grace_period]"]
    assert main([*small, "book=tape", "book.path=zero.csv", "hydra.run.dir=out"]) == 2
    (error,) = _errors(capsys.readouterr().err)
    assert "the opening balance must be above 0" in error
    assert _contents(elsewhere / "out") == {}


def test_a_repeat_leaves_no_file_that_is_not_its_own(elsewhere):
    assert main([*SMALL, "hydra.run.dir=out"]) == 0
    (elsewhere / "out" / "notes.txt").touch()
    assert main([*DATA, "run.seed=7", "hydra.run.dir=out"]) == 0
    names = {path.name for path in (elsewhere / "out").iterdir()}
    assert names == {"results.nc", "summary.csv", MANIFEST_NAME, ".hydra", "blocks", "notes.txt"}


# --- kill -9 ------------------------------------------------------------------------------


def _killed_often(words: Sequence[str], folder: Path, kills: int) -> None:
    repeats = Repeats([*words, f"hydra.run.dir={folder}"], "run.seed=1")
    assert _seeds(folder) == {1}
    whole = repeats.run("run.seed=2")
    old = _seeds(folder)
    assert old == {2}
    for kill in range(kills):
        new = {kill + 3}
        repeats.run(f"run.seed={kill + 3}", after=whole * (kill + 0.5) / kills)
        if is_unfinished(folder):
            with pytest.raises(UserError, match="loanstress finish"):
                load(folder)
            assert finish(folder)
            assert _seeds(folder) == new
        assert _seeds(folder) in (old, new)
        old = _seeds(folder)
        _check(folder)
    repeats.end()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs processes that can be forked")
def test_a_killed_repeat_leaves_the_old_results_or_the_new(tmp_path):
    _killed_often(DATA, tmp_path / "out", 5)


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs processes that can be forked")
def test_thirty_kills_leave_the_old_results_or_the_new(tmp_path):
    _killed_often(SMALL, tmp_path / "out", 30)


def _seeds(folder: Path) -> set[int]:
    """Seeds of manifest, results and configuration; a mix has several."""
    stored = load(folder)
    configuration = json.loads(stored.dataset.attrs["configuration"])
    composed = yaml.safe_load((folder / ".hydra" / "config.yaml").read_text("utf-8"))
    return {
        json.loads((folder / "manifest.json").read_text("utf-8"))["seed"],
        configuration["run"]["seed"],
        composed["run"]["seed"],
    }


def _hashes(folder: Path) -> dict[str, str]:
    found: dict[str, str] = json.loads((folder / MANIFEST_NAME).read_text("utf-8"))[
        "outputs_sha256"
    ]
    return found


def _check(folder: Path) -> None:
    """Every file of a run is named by the manifest, with its hash."""
    names = _hashes(folder)
    check_whole(folder, tuple(names))
    there = {path.name for path in folder.iterdir()} & set(FILE_NAMES)
    assert there == {*names, MANIFEST_NAME}


def _contents(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
