"""The command as a user meets it: help, one run, a sweep, every mistake, interruption."""

import csv
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

import simulator
from simulator.cli.configuration.folders import find_folders
from simulator.cli.configuration.groups import TABLE
from simulator.cli.run import main
from simulator.cli.sweep import SWEEP_COLUMNS, JobRecord, write_sweep
from simulator.cli.terminal.closing import answer, closing_table, verdict, with_interval
from simulator.cli.terminal.progress import LineProgress
from simulator.results.summary import SummaryRow

NAN = float("nan")
SMALL = ("run=smoke", "book.borrowers=200", "run.threads=1")
REPOSITORY = Path(simulator.__file__).parent.parent


def _command(*arguments: str, cwd: Path, path: Path = REPOSITORY) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(path)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _rows(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


# --- help ---------------------------------------------------------------------------------


def test_help_names_every_group_and_choice_quickly(tmp_path, capsys):
    began = time.perf_counter()
    done = _command("-m", "simulator", "--help", cwd=tmp_path)
    with capsys.disabled():
        print(f"[--help took {time.perf_counter() - began:.2f} s] ", end="")
    assert done.returncode == 0
    assert done.stderr == ""
    folders = find_folders()
    for group in TABLE:
        assert f"\n  {group} " in done.stdout
        for name in folders.choices(group):
            assert name in done.stdout
    assert done.stdout.count("python -m simulator") >= 4


def test_help_loads_none_of_the_heavy_modules(tmp_path):
    done = _command("-X", "importtime", "-m", "simulator", "--help", cwd=tmp_path)
    loaded = {line.split("|")[-1].strip().split(".")[0] for line in done.stderr.splitlines()}
    assert "yaml" in loaded
    assert loaded.isdisjoint({"numba", "xarray", "hydra", "omegaconf", "plotly", "numpy", "scipy"})


def test_version_is_one_line(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("loanstress ")


def test_a_wheel_without_checkout_finds_its_folders(tmp_path):
    installed = tmp_path / "site"
    shutil.copytree(
        REPOSITORY / "simulator", installed / "simulator", ignore=shutil.ignore_patterns("__pyc*")
    )
    for name in ("configs", "scenarios"):
        shutil.copytree(REPOSITORY / name, installed / "simulator" / "_shipped" / name)
    done = _command("-m", "simulator", "--cfg", "job", cwd=tmp_path, path=installed)
    assert done.returncode == 0, done.stderr
    assert "grace_period" in done.stdout


def test_cfg_and_info_still_work(capsys, tmp_path):
    assert main(["--cfg", "job", "--package", "run", "run.paths=7"]) == 0
    assert "paths: 7" in capsys.readouterr().out
    done = _command("-m", "simulator", "--info", "searchpath", cwd=tmp_path)
    assert done.returncode == 0
    assert "scenarios" in done.stdout


# --- mistakes -----------------------------------------------------------------------------

MISTAKES = {
    "unknown option": (["--foo"], ["--foo", "options are", "--multirun"]),
    "two modes": (["-m", "--cfg", "job"], ["only one of"]),
    "no value": (["run.paths"], ["run.paths", "KEY=VALUE"]),
    "other letters": (
        ["book.path=/x/\u8d37\u6b3e.csv"],
        ["cannot be read", "inner quotes", "book.path='\"/x/\u8d37\u6b3e.csv\"'"],
    ),
    "other letters in a key": (["\u8d37=3"], ["arguments are KEY=VALUE"]),
    "other letters in inner quotes": (
        ["book=tape", 'book.path="/x/\u8d37\u6b3e.csv"'],
        ["book.path must be a file; got /x/\u8d37\u6b3e.csv"],
    ),
    "unknown group": (["runs.paths=3"], ["one of", "got runs", "did you mean run?"]),
    "unknown key": (["run.pathz=3"], ["key of run", "got pathz", "did you mean paths?"]),
    "unknown book key": (["book.borowers=3"], ["key of book", "did you mean borrowers?"]),
    "unknown scenario": (
        ["scenario=[baseline,downtrun]"],
        ["scenario must be one of", "epidemic", "got downtrun", "did you mean downturn?"],
    ),
    "unknown policy": (
        ["policy=[grace_perod]"],
        ["policy must be one of", "got grace_perod", "did you mean grace_period?"],
    ),
    "unknown policy in a key": (
        ["policy.grace_perod.months=3"],
        ["policy.grace_perod.months", "did you mean grace_period?"],
    ),
    "unknown policy key": (
        ["policy.grace_period.month=3"],
        ["policy.grace_period.month", "months"],
    ),
    "unknown book": (["book=cn_onlin"], ["book must be one of", "did you mean cn_online?"]),
    "unknown run": (["run=smok"], ["run must be one of default, smoke", "got smok"]),
    "unknown experiment": (["experiment=fed"], ["experiment must be one of", "got fed"]),
    "unknown parameter": (["parameters.findingrate=1"], ["did you mean finding_rate?"]),
    "unknown scenario key": (["scenario.downturn.seed=3"], ["scenario.downturn", "got seed"]),
    "unknown hydra key": (["hydra.verbose=true"], ["hydra.run.dir", "got hydra.verbose"]),
    "policy not chosen": (
        ["policy=[grace_period]", "policy.stricter_approval.kind=x"],
        ["stricter_approval is not among", "policy=[grace_period,stricter_approval]"],
    ),
    "no scenario": (["scenario=[]"], ["scenario must name at least one", "baseline"]),
    "scenario twice": (["scenario=[downturn,downturn]"], ["downturn stands more than once"]),
    "group removed": (["~scenario"], ["scenario cannot be removed"]),
    "two books": (["book=[cn_online,tape]"], ["book takes one name"]),
    "path as a choice": (["scenario=../baseline"], ["scenario must be one of"]),
    "wrong type": (["run.paths=abc"], ["run.paths", "integer", "got abc"]),
    "truth for number": (["run.paths=true"], ["run.paths", "number", "got True"]),
    "fraction for integer": (["run.months=1.5"], ["run.months", "integer", "got 1.5"]),
    "too small": (["run.months=0"], ["run.months", "greater than or equal to 1", "got 0"]),
    "too large": (["run.months=601"], ["run.months", "600", "got 601"]),
    "not a number": (["run.paths=nan"], ["run.paths", "finite", "got nan"]),
    "parameter not a number": (["parameters.finding_rate=nan"], ["finding_rate", "[0.01, 0.95]"]),
    "parameter out of range": (["parameters.finding_rate=2"], ["[0.01, 0.95]", "got 2"]),
    "policy out of range": (["policy.grace_period.months=0"], ["policy.grace_period.months", "0"]),
    "scenario out of range": (
        ["scenario.downturn.weight=2"],
        ["scenario.downturn.weight", "got 2"],
    ),
    "cross rule": (["run.luck_replicates=7"], ["run.luck_replicates must divide run.paths"]),
    "tape without path": (["book=tape"], ["book.path"]),
    "missing file": (["book=tape", "book.path=nowhere.csv"], ["book.path", "got nowhere.csv"]),
    "sweep without -m": (["run.paths=1,2"], ["--multirun"]),
    "list without brackets": (["policy=status_quo,grace_period"], ["[status_quo,grace_period]"]),
    "config dir missing": (["--config-dir", "nowhere"], ["folders", "got nowhere"]),
    "config dir without groups": (["--config-dir", "."], ["must hold one of the folders", "book"]),
    "unknown break-even": (
        ["break_even=[moral_hazrd]"],
        ["break_even must be one of", "did you mean moral_hazard?"],
    ),
    "unknown break-even key": (
        ["break_even.take_up.hi=1"],
        ["key of break_even.take_up", "got hi"],
    ),
    "break-even not chosen": (
        ["break_even.take_up.high=1"],
        ["take_up is not among", "break_even=[take_up]"],
    ),
    "break-even of a policy not chosen": (
        ["policy=[stricter_approval]", "break_even=[moral_hazard]"],
        ["break_even.moral_hazard.policy", "(stricter_approval)", "got grace_period"],
    ),
    "break-even of an unknown field": (
        ["break_even=[take_up]", "break_even.take_up.field=take_up_if_no_ned"],
        ["break_even.take_up.field", "did you mean take_up_if_no_need?"],
    ),
    "break-even outside of the range": (
        ["break_even=[moral_hazard]", "break_even.moral_hazard.high=5"],
        ["break_even.moral_hazard.high must be a number in [0.25, 4]; got 5"],
    ),
    "unknown rule book": (
        ["provision=[cas2]"],
        ["provision must be one of cas22, cecl, china_minimum, ifrs9; got cas2", "mean cas22?"],
    ),
    "unknown key of a rule book": (
        ["provision.cas22.cure_month=3"],
        ["provision.cas22.cure_month is not a known key", "did you mean cure_months?"],
    ),
    "rule books that disagree": (
        ["provision=[cas22,cecl]", "provision.cecl.default_dpd=60"],
        ["provision: rule books of one run must have the same default_dpd; got 90 in cas22, 60"],
    ),
    "weight of a scenario that is not run": (
        ["scenario=[downturn]", "provision.cas22.scenario_weights={baseline: 1}"],
        ["cas22.scenario_weights must name scenarios of the run (downturn); got baseline"],
    ),
    "several at once": (
        ["run.months=0", "parameters.finding_rate=2", "scenario.downturn.weight=-1"],
        ["run.months", "parameters.finding_rate", "scenario.downturn.weight"],
    ),
}


@pytest.mark.parametrize("case", MISTAKES)
def test_a_mistake_gets_one_clear_answer_and_leaves_nothing(case, capsys, tmp_path):
    arguments, fragments = MISTAKES[case]
    assert main(arguments) == 2
    shown = capsys.readouterr()
    for fragment in fragments:
        assert fragment in shown.err
    assert shown.err.startswith("error: ")
    assert "Traceback" not in shown.err
    assert len(shown.err.splitlines()) <= 4
    assert shown.out == ""
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("folder", ["taken", "taken/below"])
def test_an_unusable_output_folder_is_one_line(folder, capsys, tmp_path):
    (tmp_path / "taken").write_text("a file", encoding="utf-8")
    for arguments in ([f"hydra.run.dir={folder}"], ["-m", f"hydra.sweep.dir={folder}"]):
        assert main(arguments) == 2
        message = capsys.readouterr().err
        assert "output folder" in message
        assert "taken" in message
        assert len(message.splitlines()) == 1


def _failing(error):
    def run(*_):
        raise error

    return run


@pytest.mark.parametrize(
    ("error", "code", "fragment"),
    [
        (RuntimeError("boom"), 1, "please report"),
        (MemoryError(), 2, "not enough memory"),
        (OSError(28, "No space left on device", "results.nc"), 2, "No space left on device"),
        (KeyboardInterrupt(), 130, "interrupted"),
    ],
    ids=["defect", "memory", "disk", "interruption"],
)
def test_trouble_while_running_has_its_own_exit_code(error, code, fragment, capsys, monkeypatch):
    monkeypatch.setattr("simulator.experiment.run_experiment", _failing(error))
    assert main([*SMALL, "hydra.run.dir=out"]) == code
    message = capsys.readouterr().err
    assert fragment in message
    assert "Traceback" not in message


def test_the_traceback_of_a_defect_is_shown_on_request(capsys, monkeypatch):
    monkeypatch.setattr("simulator.experiment.run_experiment", _failing(RuntimeError("boom")))
    monkeypatch.setenv("LOANSTRESS_DEBUG", "1")
    assert main([*SMALL, "hydra.run.dir=out"]) == 1
    assert "Traceback" in capsys.readouterr().err


# --- runs ---------------------------------------------------------------------------------


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


# --- the pieces ---------------------------------------------------------------------------


def _row(policy, metric, mean, low=NAN, high=NAN, unit="CNY", month=None):
    return SummaryRow("downturn", policy, metric, month, mean, low, high, NAN, NAN, NAN, unit)


@pytest.mark.parametrize(
    ("low", "high", "word"),
    [(1, 3, "better"), (-3, -1, "worse"), (-1, 1, "not distinguishable"), (0, 0, "no difference")],
)
def test_the_verdict_comes_from_the_interval(low, high, word):
    assert verdict(_row("a", "delta_net_result", 0.5 * (low + high), low, high)) == word


def test_one_path_gives_no_verdict():
    assert verdict(_row("a", "delta_net_result", 5.0)) == "not known (one path)"


def _comparison(**intervals):
    return {
        ("downturn", policy, "delta_net_result"): _row(
            policy, "delta_net_result", (low + high) / 2, low, high
        )
        for policy, (low, high) in intervals.items()
    }


def test_the_answer_names_the_best_policy_only_if_it_is_surely_better():
    rows = _comparison(a=(1e5, 3e5), b=(4e6, 6e6), c=(-1e9, 9e9))
    assert answer("downturn", ["status_quo", "a", "b", "c"], rows).startswith("downturn: b, ")
    rows = _comparison(a=(-1, 3))
    assert "no policy is surely better" in answer("downturn", ["status_quo", "a"], rows)
    rows = _comparison(a=(0, 0))
    assert answer("downturn", ["a"], rows) == "downturn: no policy changes the net result"
    rows = _comparison(a=(-3, -1))
    assert "every other policy costs more" in answer("downturn", ["status_quo", "a"], rows)


def test_the_closing_table_shows_rates_and_money_with_intervals(capsys):
    closing_table(
        [
            _row("status_quo", "peak_overdue_rate_30", 0.05, unit="1"),
            _row("a", "peak_overdue_rate_30", 0.04, unit="1"),
            _row("a", "delta_peak_overdue_rate_30", -0.01, -0.012, -0.008, unit="1"),
            _row("status_quo", "net_loss", 2e6),
            _row("a", "delta_net_loss", -1.5e5, -2e5, -1e5),
            _row("a", "delta_net_result", 2.5e6, 2e6, 3e6),
            _row("a", "delta_net_result", 9e9, 8e9, 1e10, month=3),
        ]
    )
    shown = capsys.readouterr().out
    for cell in ("5.00%", "-1.00 [-1.20, -0.80]", "-150 [-200, -100]", "better", "in k CNY"):
        assert cell in shown
    assert "+2,500 [+2,000, +3,000]" in shown
    assert "downturn: a, net result +2.50 [+2.00, +3.00] M CNY" in shown


@pytest.mark.parametrize(
    ("mean", "low", "high", "shown"),
    [
        (0.0, -12.4, 15.0, "+0.00 [-12.4, +15.0]"),
        (-5_678_000, -6e6, -9e5, "-5.68 [-6.00, -0.90] M"),
        (123_456, NAN, NAN, "+123 k"),
        (0.0, 0.0, 0.0, "no difference"),
        (0.0, NAN, NAN, "+0.00"),
        (2e9, 1e9, 3e9, "+2.00 [+1.00, +3.00] bn"),
    ],
)
def test_an_amount_and_its_interval_share_one_scale(mean, low, high, shown):
    assert with_interval(_row("a", "delta_net_result", mean, low, high)) == shown


LOSS_PUT_OFF = (
    _row("status_quo", "net_loss", 2e6),
    _row("a", "delta_net_loss", -1.5e5, -2e5, -1e5),
    _row("a", "delta_net_result", 2.5e6, 2e6, 3e6),
)
LOSS_THAT_CAME_LATER = (
    _row("status_quo", "lifetime_net_loss", 4e6),
    _row("status_quo", "lifetime_net_result", 9e6),
    _row("a", "delta_lifetime_net_loss", 7e5, 6e5, 8e5),
    _row("a", "delta_lifetime_net_result", -5e5, -6e5, -4e5),
)


def test_the_closing_table_says_that_later_losses_are_outside(capsys):
    closing_table(LOSS_PUT_OFF)
    shown = capsys.readouterr().out
    assert "downturn: a, net result +2.50" in shown
    assert "Losses after the last month are outside; run.runoff_months=18 brings them in" in shown
    assert "with run-off" not in shown


def test_the_closing_table_reads_amounts_with_the_runoff_where_there_is_one(capsys):
    closing_table([*LOSS_PUT_OFF, *LOSS_THAT_CAME_LATER])
    shown = capsys.readouterr().out
    assert shown.count("with run-off") == 3
    assert "+700 [+600, +800]" in shown
    assert "amounts in k" in shown
    assert "-500 [-600, -400]" in shown
    assert "every other policy costs more" in shown
    assert "better  " not in shown
    assert "2.50" not in shown
    assert "runoff_months=12" not in shown


@pytest.mark.parametrize(("change", "told"), [(-6.0, True), (-5.0, False), (6.0, False)])
def test_a_smaller_closing_balance_is_told(change, told, capsys):
    closing_table(
        [
            *LOSS_PUT_OFF,
            _row("status_quo", "balance", 1.0, month=1),
            _row("a", "delta_balance", -0.9, month=1),
            _row("status_quo", "balance", 100.0, month=2),
            _row("a", "delta_balance", change, month=2),
        ]
    )
    shown = capsys.readouterr().out
    assert ("a: closing balance 6% below status_quo's, so its overdue rates" in shown) is told


def test_the_closing_table_fits_eighty_columns(capsys, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "80")
    closing_table(
        [
            _row("stricter_approval", "peak_overdue_rate_30", 0.04, unit="1"),
            _row("stricter_approval", "delta_peak_overdue_rate_30", -0.1, -0.456, 0.789, unit="1"),
            _row("stricter_approval", "delta_net_loss", -123e6, -456e6, 789e6),
            _row("stricter_approval", "delta_net_result", -123e6, -456e6, 789e6),
        ]
    )
    shown = capsys.readouterr().out
    assert "stricter_approval" in shown
    assert "not distinguishable" in shown
    assert shown.count("[-456, +789]") == 2
    assert "amounts in M" in shown
    assert "[-45.6, +78.9]" in shown


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


@pytest.mark.parametrize(("mean", "told"), [(0.0, True), (1e-6, False)])
def test_the_closing_table_says_when_a_policy_changes_nothing(capsys, mean, told):
    closing_table(
        [
            _row("status_quo", "net_loss", 2e6),
            _row("a", "delta_net_loss", 0.0, 0.0, 0.0),
            _row("a", "delta_net_result", mean, mean, mean),
        ]
    )
    assert ("a: changes nothing here" in capsys.readouterr().out) is told
