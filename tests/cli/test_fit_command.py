"""The command ``python -m simulator.calibrate`` as a user meets it."""

import os
import re
import shlex
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

import simulator
from simulator.calibrate.estimate.fitted import ParameterRow
from simulator.calibrate.settings import LevelTarget, RollTarget
from simulator.calibrate.store import parameters_yaml
from simulator.cli.configuration.calibration import (
    PREDICTION_KINDS,
    TARGET_KINDS,
    check_calibration_key,
    read_calibration,
)
from simulator.cli.configuration.folders import find_folders
from simulator.cli.configuration.groups import TABLE
from simulator.cli.fit import main
from simulator.cli.run import main as run
from simulator.cli.terminal.fit import tell_fit
from simulator.report.fit.data import FittedNumber
from simulator.validation import UserError

REPOSITORY = Path(simulator.__file__).parent.parent
TINY = """\
label: Tiny
free:
  finding_rate: {low: 0.1, high: 0.5}
panels:
  cards:
    path: cards.csv
    columns: {2005-04: APR, 2005-05: MAY, 2005-06: JUN}
    codes: {-1: 0, 0: 0, 1: 1, 2: 2, 3: 3}
targets:
  rolls: {kind: rolls, panel: cards, cells: ["0->1", "1->0"], months: [2005-04]}
  losses:
    {kind: level, measure: charge_off_annualised, value: 0.04, sd: 0.01, source: a test}
predictions:
  ahead:
    kind: panel
    moments: {kind: shares, panel: cards, states: ["1"], months: [2005-06]}
"""
EXPERIMENT = """\
# @package _global_
defaults:
  - override /scenario: [baseline]
  - override /calibration: tiny

calibration:
  seeds: 3
"""
SETTLED = ("book.donors=500", "book.burn_in_months=12")
SMALL = ("run=smoke", "book.borrowers=200", *SETTLED, "scenario=[baseline]")


@pytest.fixture(autouse=True)
def own(tmp_path, monkeypatch):
    """A folder of the user's with one calibration and an experiment that chooses it."""
    monkeypatch.chdir(tmp_path)
    for name, text in (("calibration/tiny", TINY), ("experiment/tiny_case", EXPERIMENT)):
        path = tmp_path / "own" / f"{name}.yaml"
        path.parent.mkdir(parents=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path


def _asked(*arguments: str) -> list[str]:
    return ["--config-dir", "own", *arguments]


def test_help_tells_its_keys_and_every_choice_within_a_second_or_two(tmp_path):
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "simulator.calibrate", "--help"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert time.perf_counter() - began < 10.0
    assert done.returncode == 0
    for group in TABLE:
        assert f"\n  {group} " in done.stdout
    assert "calibration.seeds" in done.stdout
    assert "python -m simulator.calibrate" in done.stdout
    loaded = {line.split("|")[-1].strip().split(".")[0] for line in done.stderr.splitlines()}
    assert loaded.isdisjoint({"numba", "xarray", "hydra", "omegaconf", "plotly", "numpy", "scipy"})


def test_version_is_one_line(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("loanstress ")


def test_an_experiment_chooses_a_calibration_and_sets_its_keys(capsys):
    asked = _asked("experiment=tiny_case", "calibration.rounds=4", "--cfg", "job")
    for command in (main, run):
        assert command([*asked, "--package", "calibration"]) == 0
        shown = yaml.safe_load(capsys.readouterr().out)
        assert (shown["label"], shown["seeds"], shown["rounds"]) == ("Tiny", 3, 4)
        assert shown["panels"]["cards"]["codes"][-1] == 0


def test_a_simulation_ignores_the_calibration_of_its_set_up(capsys, tmp_path):
    from simulator.cli.arguments import read_arguments
    from simulator.cli.configuration.hydra_app import checked, compose_validated

    folders, arguments = checked(read_arguments(_asked("experiment=tiny_case")))
    inputs, plain = compose_validated(arguments, folders)
    assert list(inputs.scenarios) == ["baseline"]
    assert not hasattr(inputs, "calibration")
    assert read_calibration(plain["calibration"]).seeds == 3


def test_none_can_be_chosen_over_an_experiments_calibration(capsys):
    assert main(_asked("experiment=tiny_case", "calibration=null")) == 2
    assert "calibration must be chosen" in capsys.readouterr().err


def test_a_calibration_without_targets_is_told_what_it_lacks(own, capsys):
    file = own / "own" / "calibration" / "tiny.yaml"
    file.write_text("label: Tiny\nfree:\n  finding_rate: {}\n", encoding="utf-8")
    assert main(_asked("experiment=tiny_case")) == 2
    assert "calibration.targets field required" in capsys.readouterr().err


MISTAKES = {
    "nothing chosen": ([], ["calibration must be chosen, with calibration=NAME", "tiny"]),
    "keys alone": (["calibration.seeds=2"], ["calibration must be chosen"]),
    "unknown choice": (["calibration=tny"], ["calibration must be one of", "did you mean tiny?"]),
    "two": (["calibration=[tiny]"], ["calibration takes one name"]),
    "a sweep": (["-m", "calibration=tiny"], ["takes no --multirun", "hydra.run.dir"]),
    "a choice that sweeps": (["calibration.seeds=1,2"], ["is a sweep"]),
    "several histories": (
        ["calibration=tiny", "scenario=[baseline,downturn]"],
        ["one history", "scenario=[NAME]", "baseline, downturn"],
    ),
    "unknown key": (["calibration.seed=2"], ["a key of calibration", "did you mean seeds?"]),
    "unknown parameter": (
        ["calibration.free.finding_rat.low=0.2"],
        ["calibration.free.finding_rat", "did you mean finding_rate?"],
    ),
    "unknown key of a parameter": (
        ["calibration.free.finding_rate.lo=0.2"],
        ["a key of calibration.free.finding_rate", "did you mean low?"],
    ),
    "unknown key of a panel": (
        ["calibration.panels.cards.pth=x"],
        ["a key of calibration.panels.cards", "did you mean path?"],
    ),
    "outside of the catalogue": (
        ["calibration=tiny", "scenario=[baseline]", "calibration.free.finding_rate.low=-1"],
        ["calibration.free.finding_rate.low must be in [0.01, 0.95]", "got -1"],
    ),
    "unknown kind": (
        ["calibration=tiny", "scenario=[baseline]", "calibration.targets.rolls.kind=roll"],
        ["calibration.targets.rolls.kind must be one of", "did you mean rolls?"],
    ),
    "unknown key of a target": (
        ["calibration=tiny", "scenario=[baseline]", "calibration.targets.rolls.month=[2005-04]"],
        ["calibration.targets.rolls.month is not a known key", "did you mean months?"],
    ),
    "a panel that is not there": (
        ["calibration=tiny", "scenario=[baseline]", "calibration.targets.rolls.panel=crds"],
        ["calibration.targets.rolls.panel must name one of panels; got crds"],
    ),
    "several at once": (
        [
            "calibration=tiny",
            "scenario=[baseline]",
            "calibration.targets.losses.sd=0",
            "calibration.free.finding_rate.scale=cubic",
        ],
        ["calibration.targets.losses.sd", "calibration.free.finding_rate.scale", "got cubic"],
    ),
}


@pytest.mark.parametrize("case", MISTAKES)
def test_a_mistake_gets_one_clear_answer_and_leaves_nothing(case, capsys, tmp_path):
    arguments, fragments = MISTAKES[case]
    assert main(_asked(*arguments)) == 2
    shown = capsys.readouterr()
    for fragment in fragments:
        assert fragment in shown.err
    assert shown.err.startswith("error: ")
    assert len(shown.err.splitlines()) <= 3
    assert shown.out == ""
    assert [path.name for path in tmp_path.iterdir()] == ["own"]


def test_a_moment_of_a_prediction_is_checked_by_its_kind():
    content = yaml.safe_load(TINY)
    content["predictions"]["ahead"]["moments"]["kind"] = "share"
    with pytest.raises(UserError, match=r"predictions\.ahead\.moments\.kind must be one of"):
        read_calibration(content)
    content["predictions"]["ahead"]["moments"] |= {"kind": "shares", "state": ["1"]}
    with pytest.raises(UserError, match=r"moments\.state is not a known key - did you mean state"):
        read_calibration(content)


def test_every_kind_of_target_and_prediction_is_known_by_its_name():
    for kinds in (TARGET_KINDS, PREDICTION_KINDS):
        for name, model in kinds.items():
            assert model.model_fields["kind"].annotation.__args__ == (name,)
    read = read_calibration(yaml.safe_load(TINY)).targets
    assert isinstance(read["rolls"], RollTarget)
    assert isinstance(read["losses"], LevelTarget)


def test_a_key_of_a_target_waits_for_its_kind():
    check_calibration_key(["targets", "rolls", "anything"])
    check_calibration_key(["free", "finding_rate", "low"])


def _failing(error):
    def calibrate(*_):
        raise error

    return calibrate


@pytest.mark.parametrize(
    ("error", "code", "fragments"),
    [
        (KeyboardInterrupt(), 130, ["interrupted", "same command with hydra.run.dir=out"]),
        (UserError("targets.rolls: no"), 2, ["error: targets.rolls: no"]),
        (RuntimeError("boom"), 1, ["please report", "boom"]),
    ],
    ids=["interruption", "mistake", "defect"],
)
def test_trouble_while_calibrating_has_its_own_exit_code(
    error, code, fragments, capsys, monkeypatch
):
    monkeypatch.setattr("simulator.calibrate.calibration.calibrate", _failing(error))
    assert main(_asked(*SMALL, "calibration=tiny", "hydra.run.dir=out")) == code
    message = capsys.readouterr().err
    for fragment in fragments:
        assert fragment in message
    assert "Traceback" not in message


# --- the end of a calibration ---------------------------------------------------------------


@dataclass(frozen=True)
class _Finished:
    """A fit with one parameter and two targets."""

    level: float = 0.9

    def parameters(self) -> tuple[ParameterRow, ...]:
        row = ParameterRow(
            name="finding_rate",
            scale="linear",
            low=0.1,
            high=0.5,
            start=0.28,
            estimate=0.3123,
            se=0.012,
            ci_low=0.29,
            ci_high=0.33,
            prior_mean=None,
            prior_sd=None,
            prior_source="",
            information=0.97,
            simulation_se=0.001,
        )
        return (row,)

    def rows(self) -> tuple[FittedNumber, ...]:
        z = {"rolls": (3.0, -4.0), "losses": (0.5,)}
        return tuple(
            FittedNumber(target, f"cell {i}", 0.02, 0.001, 0.021, 0.0, 0.0, value)
            for target, values in z.items()
            for i, value in enumerate(values)
        )


def test_the_terminal_tells_parameters_fit_warnings_and_how_to_use_them(capsys, tmp_path):
    tell_fit(_Finished(), ["two\nlines", "another"], tmp_path / "out", "tiny")
    shown = capsys.readouterr()
    assert shown.err.splitlines() == ["warning: two lines", "warning: another"]
    lines = {line.split()[0]: line.split() for line in shown.out.splitlines() if line.split()}
    assert lines["finding_rate"][1:] == ["0.3123", "0.012", "0.29", "to", "0.33", "97%"]
    assert lines["rolls"][1:] == ["2", "0", "3.54"]  # root of (9 + 16) / 2
    assert lines["losses"][1:] == ["1", "1", "0.50"]
    assert "Written to out" in shown.out
    assert lines["use"][2:6] == ["python", "-m", "simulator", "parameters=tiny"]


def test_the_way_to_use_the_parameters_works_as_told(tmp_path, capsys):
    folder = tmp_path / "mine" / "parameters"
    folder.mkdir(parents=True)
    fitted = {"finding_rate": (0.3123, "0.29 to 0.33")}
    text = parameters_yaml("Tiny", "A test.", "the command", fitted, {})
    (folder / "tiny.yaml").write_text(text, encoding="utf-8")
    told = ["--config-dir", "mine", "parameters=tiny"]
    assert run([*told, "--cfg", "job", "--package", "parameters"]) == 0
    shown = yaml.safe_load(capsys.readouterr().out)
    assert shown["finding_rate"] == 0.3123


def test_the_calibrations_shipped_are_read():
    folders = find_folders()
    for path in folders.choices("calibration").values():
        read_calibration(yaml.safe_load(path.read_text(encoding="utf-8")))


# --- the page -------------------------------------------------------------------------------

PAGE = (REPOSITORY / "docs" / "calibration.md").read_text(encoding="utf-8")
FILE = re.compile(r"\*\*`mine/(?P<file>[^`]+)`\*\*.*?^```yaml\n(?P<text>.*?)^```$", re.S | re.M)
BLOCK = re.compile(r"^```yaml\n(.*?)^```$", re.S | re.M)


def test_the_yaml_of_the_page_is_read_with_a_target_of_every_kind():
    example, *others = [yaml.safe_load(text) for text in BLOCK.findall(PAGE)]
    assert read_calibration(example).label
    for part in others:
        example |= {key: value for key, value in part.items() if key not in ("defaults", "run")}
    settings = read_calibration(example)
    assert {target.kind for target in settings.targets.values()} == set(TARGET_KINDS)
    assert {item.kind for item in settings.predictions.values()} == set(PREDICTION_KINDS)
    assert settings.backtests


def test_the_files_of_the_page_make_a_set_up(tmp_path, capsys):
    for found in FILE.finditer(PAGE):
        path = tmp_path / "mine" / found["file"]
        path.parent.mkdir(parents=True)
        path.write_text(found["text"], encoding="utf-8")
    commands = [line for line in PAGE.splitlines() if line.startswith("python -m simulator")]
    asked = [shlex.split(line)[3:] for line in commands if "experiment=my_loans" in line]
    assert len(asked) == 2
    for arguments in asked:
        assert main([*arguments, "--cfg", "job", "--package", "calibration"]) == 0
        shown = yaml.safe_load(capsys.readouterr().out)
        assert read_calibration(shown).targets["rolls"].kind == "rolls"
