"""Files and arguments that try to do more than configure are refused before Hydra reads them."""

import os
import time
import zipfile
from pathlib import Path

import pytest

from simulator.cli.configuration.groups import is_list
from simulator.cli.run import main
from simulator.reading.plain_yaml import MAX_BYTES, MAX_DEPTH

SETTLED = ("book.donors=500", "book.burn_in_months=12")
SMALL = ("run=smoke", "book.borrowers=100", "run.threads=1", "run.months=3", *SETTLED)
SCENARIO = """\
# @package scenario.mine
label: Mine
narrative: A test.
source: assumption
weight: 1
table: baseline.csv
frequency: quarterly
"""
BOMB = "# @package scenario.mine\na: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n"
    for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)
HEADER = "# @package scenario.mine\n"

ATTACKS = {
    "target": ("scenario/mine", SCENARIO + "_target_: os.system\n", "_target_"),
    "target below": ("scenario/mine", SCENARIO + "opening: {_target_: os.getcwd}\n", "_target_"),
    "target in a policy": ("policy/mine", "# @package policy.mine\na: [_target_]\n", "_target_"),
    "environment": ("scenario/mine", SCENARIO + "x: ${oc.env:HOME}\n", "${}"),
    "environment, escaped": ("scenario/mine", SCENARIO + 'x: "\\x24{oc.env:HOME}"\n', "${}"),
    "environment in a run": ("run/mine", "start_month: ${oc.env:HOME}\n", "${}"),
    "decoding": ("run/mine", "paths: ${oc.decode:'3'}\n", "${}"),
    "nested interpolation": ("run/mine", "paths: ${${a}:HOME}\n", "${}"),
    "interpolation in a key": ("run/mine", "'${oc.env:HOME}': 1\n", "${}"),
    "reference in a scenario": ("scenario/mine", SCENARIO + "x: ${run.seed}\n", "not allowed"),
    "alias bomb": ("scenario/mine", BOMB, "aliases and anchors"),
    "anchor alone": ("scenario/mine", HEADER + "a: &x 1\n", "aliases and anchors"),
    "merge key": ("run/mine", "<<: {paths: 3}\n", "plain words"),
    "tag": ("run/mine", "paths: !!python/object/apply:os.getcwd []\n", "tags"),
    "global scenario": (
        "scenario/mine",
        "# @package _global_\nrun:\n  seed: 1\n",
        "'# @package scenario.mine'",
    ),
    "global run": ("run/mine", "# @package _global_\nbook: {}\n", "takes no @ header"),
    "header of another": ("policy/mine", "# @package policy.status_quo\na: 1\n", "policy.mine"),
    "no header": ("policy/mine", "months: 1\n", "must begin with"),
    "header after a blank": ("policy/mine", "\n  #@package _global_\na: 1\n", "must begin with"),
    "second header": ("policy/mine", "# @package policy.mine\n# @x y\na: 1\n", "must begin with"),
    "hydra key": ("run/mine", "hydra: {run: {dir: /tmp}}\n", "hydra:"),
    "hydra key in an experiment": (
        "experiment/mine",
        "# @package _global_\nhydra: {job: {chdir: true}}\n",
        "hydra:",
    ),
    "engine key in an experiment": (
        "experiment/mine",
        "# @package _global_\nengine: {kind: dask, scheduler: 'tcp://127.0.0.1:9'}\n",
        "keys of engine are typed on the command line",
    ),
    "engine of one's own": (
        "engine/mine",
        "kind: dask\nscheduler: 'tcp://127.0.0.1:9'\n",
        "keys of engine are typed on the command line",
    ),
    "unknown key in an experiment": (
        "experiment/mine",
        "# @package _global_\nmotor: {}\n",
        "must be one of",
    ),
    "hydra default": (
        "experiment/mine",
        "# @package _global_\ndefaults: [{override /hydra/launcher: basic}]\n",
        "override /GROUP",
    ),
    "default from elsewhere": (
        "experiment/mine",
        "# @package _global_\ndefaults: [{override /book: ../../secret}]\n",
        "must be one of",
    ),
    "defaults in a scenario": (
        "scenario/mine",
        HEADER + "defaults: [{/run@_global_.run: smoke}]\n",
        "defaults:",
    ),
    "too large": ("run/mine", "# " + "x" * MAX_BYTES + "\npaths: 1\n", "KiB"),
    "too deep": ("run/mine", "a: " + "[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1), "too deep"),
    "two documents": ("run/mine", "paths: 1\n---\npaths: 2\n", "more than one document"),
    "key twice": ("run/mine", "paths: 1\npaths: 2\n", "stands 2 times"),
    "not YAML": ("run/mine", "paths: [1\n", "is not YAML"),
    "a list": ("run/mine", "- 1\n", "keys and values"),
    "unsafe name": ("run/Mine-2", "paths: 1\n", "lower-case"),
    "name of a shipped file": ("run/smoke", "paths: 1\n", "exists already"),
}


@pytest.fixture
def own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def write(name: str, text: str) -> str:
        path = tmp_path / "own" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return "own"

    return write


def _choice(name: str) -> str:
    group, _, stem = name.partition("/")
    return f"{group}=[{stem}]" if is_list(group) else f"{group}={stem}"


@pytest.mark.parametrize("case", ATTACKS)
@pytest.mark.parametrize("way", ["option", "search path"])
def test_a_hostile_file_that_is_chosen_is_refused_by_name(case, way, own, capsys):
    name, text, fragment = ATTACKS[case]
    folder = own(f"{name}.yaml", text)
    asked = ["-cd", folder] if way == "option" else [f"hydra.searchpath=[{folder}]"]
    assert main([*asked, _choice(name), "--cfg", "job"]) == 2
    shown = capsys.readouterr()
    assert f"own/{name}.yaml" in shown.err
    assert fragment in shown.err
    assert len(shown.err.splitlines()) == 1
    assert shown.out == ""


@pytest.mark.parametrize("case", ATTACKS)
def test_a_hostile_file_that_nobody_chose_is_one_warning_and_changes_nothing(case, own, capsys):
    assert main(["--cfg", "job"]) == 0
    without = capsys.readouterr().out
    name, text, fragment = ATTACKS[case]
    assert main(["-cd", own(f"{name}.yaml", text), "--cfg", "job"]) == 0
    shown = capsys.readouterr()
    (line,) = shown.err.splitlines()
    assert line.startswith(f"warning: own/{name}.yaml: ")
    assert fragment in line
    assert shown.out == without


def test_a_hostile_file_that_an_experiment_chooses_is_refused(own, capsys):
    own("run/mine.yaml", "paths: ${oc.env:HOME}\n")
    text = "# @package _global_\ndefaults: [{override /run: mine}]\n"
    folder = own("experiment/mine.yaml", text)
    assert main(["-cd", folder, "experiment=mine", "--cfg", "job"]) == 2
    assert "own/run/mine.yaml: " in capsys.readouterr().err


@pytest.mark.parametrize("asked", ["run=smoke,mine", "run=glob(m*)"])
def test_a_hostile_file_that_a_sweep_may_reach_is_refused(asked, own, capsys):
    folder = own("run/mine.yaml", "paths: ${oc.env:HOME}\n")
    assert main(["-cd", folder, "-m", asked]) == 2
    assert "own/run/mine.yaml: " in capsys.readouterr().err


def _link_to_a_device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def _dangling(path: Path) -> None:
    path.symlink_to("nowhere")


def _loop(path: Path) -> None:
    path.symlink_to(path.name)


def _huge(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(100 * 1024 * 1024)


NO_FILES = {
    "device": (_link_to_a_device, "must be a file"),
    "dangling link": (_dangling, "must be a file"),
    "link to itself": (_loop, "must be a file"),
    "pipe": (os.mkfifo, "must be a file"),
    "folder": (Path.mkdir, "must be a file"),
    "100 MB": (_huge, "at most 64 KiB"),
}


@pytest.mark.parametrize("case", NO_FILES)
def test_what_is_no_small_file_is_refused_by_name_and_never_opened(case, own, capsys, tmp_path):
    make, fragment = NO_FILES[case]
    folder = own("scenario/plain.yaml", SCENARIO.replace("mine", "plain"))
    make(tmp_path / "own/scenario/mine.yaml")
    began = time.perf_counter()
    assert main(["-cd", folder, "scenario=[mine]", "--cfg", "job"]) == 2
    shown = capsys.readouterr().err
    assert "own/scenario/mine.yaml" in shown
    assert fragment in shown
    assert time.perf_counter() - began < 5


@pytest.mark.parametrize("case", ["device", "dangling link", "pipe", "folder"])
def test_a_macro_table_that_is_no_file_is_refused_by_name(case, own, capsys, tmp_path):
    folder = own("scenario/mine.yaml", SCENARIO.replace("baseline.csv", "odd.csv"))
    NO_FILES[case][0](tmp_path / "odd.csv")
    assert main([*SMALL, "-cd", folder, "scenario=[mine]", "hydra.run.dir=out"]) == 2
    shown = capsys.readouterr().err
    assert "odd.csv" in shown
    assert "Traceback" not in shown


def test_a_macro_table_of_100_mb_is_refused_by_name(own, capsys, tmp_path):
    folder = own("scenario/mine.yaml", SCENARIO.replace("baseline.csv", "odd.csv"))
    _huge(tmp_path / "odd.csv")
    assert main([*SMALL, "-cd", folder, "scenario=[mine]", "hydra.run.dir=out"]) == 2
    assert "odd.csv must be a CSV file; it holds zero bytes" in capsys.readouterr().err


def test_a_macro_table_of_a_million_rows_is_refused_by_name(own, capsys, tmp_path):
    folder = own("scenario/mine.yaml", SCENARIO.replace("baseline.csv", "odd.csv"))
    rows = "0.05,0.05,0.01,0.03\n" * 1_000_000
    (tmp_path / "odd.csv").write_text(
        f"unemployment_rate,income_growth,inflation,policy_rate\n{rows}", encoding="utf-8"
    )
    assert main([*SMALL, "-cd", folder, "scenario=[mine]", "hydra.run.dir=out"]) == 2
    shown = capsys.readouterr().err
    assert "odd.csv must have 1 to 1,200 rows below the header; got 1,000,000" in shown


@pytest.mark.parametrize(
    "key", ["run: {seed: 1}", "seed: 1", "engine: fast", "policy: {status_quo: {}}", "book: {}"]
)
def test_a_scenario_changes_nothing_but_the_world(key, own, capsys, tmp_path):
    folder = own("scenario/mine.yaml", SCENARIO + key + "\n")
    assert main(["-cd", folder, "scenario=[mine]", "hydra.run.dir=out"]) == 2
    shown = capsys.readouterr().err
    assert f"scenario.mine.{key.partition(':')[0]} is not a known key" in shown
    assert not (tmp_path / "out").exists()


LONG = "x" * 300
ESCAPES = {
    "scenario": (["scenario=[../../secret]"], "scenario must be one of"),
    "long scenario": ([f"scenario=[{LONG}]"], "scenario must be one of"),
    "policy": (["policy=../../secret"], "policy must be one of"),
    "long run": ([f"run={LONG}"], "run must be one of"),
    "long title": ([f"report.title={LONG}"], "report.title"),
    "long folder": ([f"hydra.run.dir={LONG}"], "output folder"),
    "long sweep": (["-m", f"hydra.sweep.dir={LONG}"], "output folder"),
    "long path": ([f"hydra.run.dir={'/'.join(['xx'] * 3000)}"], "output folder"),
    "table": (["scenario.downturn.table=../../secret.csv"], "scenario.downturn.table: no such"),
    "long table": ([f"scenario.downturn.table={LONG}"], "scenario.downturn.table: no such"),
    "job above": (["-m", "hydra.sweep.subdir=../../${hydra:job.num}"], "hydra.sweep.subdir"),
    "job elsewhere": (["-m", "hydra.sweep.subdir=/tmp/${hydra:job.num}"], "hydra.sweep.subdir"),
    "job by title": (
        ["-m", "report.title=../../x", "hydra.sweep.subdir=${report.title}${hydra:job.num}"],
        "hydra.sweep.subdir",
    ),
    "job by override": (
        ["-m", "hydra.sweep.subdir=${hydra:job.override_dirname}"],
        "hydra.sweep.subdir",
    ),
    "jobs in one folder": (["-m", "hydra.sweep.subdir=one"], "hydra.sweep.subdir"),
}


@pytest.mark.parametrize("case", ESCAPES)
def test_no_name_leads_out_of_the_output_folder(case, capsys, tmp_path, monkeypatch):
    inside = tmp_path / "a" / "b"
    inside.mkdir(parents=True)
    monkeypatch.chdir(inside)
    arguments, fragment = ESCAPES[case]
    folder = [] if "hydra." in " ".join(arguments) else ["hydra.run.dir=out"]
    assert main([*SMALL, *folder, *arguments]) == 2
    shown = capsys.readouterr().err
    assert fragment in shown
    assert "Traceback" not in shown
    assert max(map(len, shown.splitlines())) < 1000
    files = {path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file()}
    assert all(path.parts[:3] == ("a", "b", "out") for path in files)
    assert not {path for path in files if ".hydra" not in path.parts}


def test_a_hostile_label_and_title_are_only_text_in_every_file(own, capsys, tmp_path):
    script = "</script><script>alert(1)</script>"
    formula = '=HYPERLINK("http://x.invalid")'
    text = SCENARIO.replace("label: Mine", f"label: '{script}'").replace("A test.", f"'{formula}'")
    folder = own("scenario/mine.yaml", text.replace("source: assumption", f"source: '{script}'"))
    arguments = ["scenario=[mine]", "policy=[grace_period]", f"report.title='{formula}{script}'"]
    assert main([*SMALL, "-cd", folder, *arguments, "hydra.run.dir=out"]) == 0, (
        capsys.readouterr().err
    )
    page = (tmp_path / "out/report.html").read_text(encoding="utf-8")
    assert "alert(1)" in page
    assert "<script>alert" not in page
    with zipfile.ZipFile(tmp_path / "out/tables.xlsx") as book:
        sheets = [name for name in book.namelist() if name.startswith("xl/worksheets/sheet")]
        assert sheets
        assert not any(b"HYPERLINK" in book.read(name) for name in sheets)
        assert not any(b"<hyperlink " in book.read(name) for name in sheets)
    assert "\n=" not in (tmp_path / "out/summary.csv").read_text(encoding="utf-8")


@pytest.mark.parametrize("column", ["</script><script>alert(1)", '"=HYPERLINK(""http://x"")"'])
def test_a_hostile_column_is_refused_by_file(column, own, capsys, tmp_path):
    folder = own("scenario/mine.yaml", SCENARIO.replace("baseline.csv", "odd.csv"))
    (tmp_path / "odd.csv").write_text(f"{column}\n1\n", encoding="utf-8")
    assert main([*SMALL, "-cd", folder, "scenario=[mine]", "hydra.run.dir=out"]) == 2
    assert "odd.csv: column" in capsys.readouterr().err
    assert not (tmp_path / "out/report.html").exists()


@pytest.mark.parametrize("name", ["config.yaml", "hydra/launcher/basic.yaml"])
def test_a_users_folder_cannot_replace_the_machinery(name, own, capsys):
    own("run/mine.yaml", "paths: 1\n")
    assert main(["-cd", own(name, "a: 1\n"), "--cfg", "job"]) == 2
    assert "own/" in capsys.readouterr().err


def test_a_file_that_is_not_text_is_refused(own, capsys, tmp_path):
    folder = own("run/mine.yaml", "")
    (tmp_path / "own/run/mine.yaml").write_bytes(b"\xff\xfe\x00")
    assert main(["-cd", folder, "run=mine", "--cfg", "job"]) == 2
    assert "UTF-8" in capsys.readouterr().err


def test_the_other_yaml_ending_is_told_rather_than_ignored(own, capsys):
    assert main(["-cd", own("run/mine.yml", "paths: 1\n"), "run=mine", "--cfg", "job"]) == 2
    assert "must end in .yaml" in capsys.readouterr().err


def test_a_users_own_scenario_and_run_are_found(own, capsys):
    own("scenario/mine.yaml", SCENARIO)
    folder = own("run/mine.yaml", "paths: 3\n")
    assert main(["-cd", folder, "scenario=[mine]", "run=mine", "--cfg", "job"]) == 0
    shown = capsys.readouterr().out
    assert "label: Mine" in shown
    assert "paths: 3" in shown


ARGUMENTS = {
    "target": "hydra.launcher._target_=os.system",
    "target in a value": "policy.grace_period.kind={_target_:os.getcwd}",
    "environment": "report.title=${oc.env:HOME}",
    "decoding": "report.title=${oc.decode:HOME}",
    "environment in the folder": "hydra.run.dir=${oc.env:HOME}/x",
    "launcher": "hydra/launcher=../../x",
    "callback": "+hydra.callbacks.x.y=1",
    "environment of the job": "+hydra.job.env_set.LD_PRELOAD=x",
    "package": "run@hydra=smoke",
    "other main file": "--config-name=other",
    "pickled run": "--experimental-rerun=config.pickle",
    "abbreviated option": "--config-d=own",
}


@pytest.mark.parametrize("case", ARGUMENTS)
def test_a_hostile_argument_is_refused(case, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", "secret-home")
    assert main([ARGUMENTS[case]]) == 2
    shown = capsys.readouterr()
    assert "secret-home" not in shown.err + shown.out
    assert len(shown.err.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []
