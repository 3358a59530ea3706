"""Files and arguments that try to do more than configure are refused before Hydra reads them."""

import pytest

from simulator.__main__ import main
from simulator.plain_yaml import MAX_BYTES, MAX_DEPTH

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
        "# @package _global_\nengine: {}\n",
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


@pytest.mark.parametrize("case", ATTACKS)
@pytest.mark.parametrize("way", ["option", "search path"])
def test_a_hostile_file_is_refused_by_name_although_nobody_chose_it(case, way, own, capsys):
    name, text, fragment = ATTACKS[case]
    folder = own(f"{name}.yaml", text)
    asked = ["-cd", folder] if way == "option" else [f"hydra.searchpath=[{folder}]"]
    assert main([*asked, "--cfg", "job"]) == 2
    shown = capsys.readouterr()
    assert f"own/{name}.yaml" in shown.err
    assert fragment in shown.err
    assert len(shown.err.splitlines()) == 1
    assert shown.out == ""


@pytest.mark.parametrize("name", ["config.yaml", "hydra/launcher/basic.yaml"])
def test_a_users_folder_cannot_replace_the_machinery(name, own, capsys):
    own("run/mine.yaml", "paths: 1\n")
    assert main(["-cd", own(name, "a: 1\n"), "--cfg", "job"]) == 2
    assert "own/" in capsys.readouterr().err


def test_a_file_that_is_not_text_is_refused(own, capsys, tmp_path):
    folder = own("run/mine.yaml", "")
    (tmp_path / "own/run/mine.yaml").write_bytes(b"\xff\xfe\x00")
    assert main(["-cd", folder, "--cfg", "job"]) == 2
    assert "UTF-8" in capsys.readouterr().err


def test_the_other_yaml_ending_is_told_rather_than_ignored(own, capsys):
    assert main(["-cd", own("run/mine.yml", "paths: 1\n"), "--cfg", "job"]) == 2
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
