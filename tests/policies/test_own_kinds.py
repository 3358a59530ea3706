"""Policies of a user's own: by a file on the command line, a package or an object, never a YAML."""

import json
import textwrap
from collections.abc import Sequence
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Literal

import pytest

from simulator.cli.app import main
from simulator.levers import Edit
from simulator.notebook import stress_test
from simulator.policies import POLICY_KINDS, build_policy, kinds, own_kinds
from simulator.policies.base import Share, Window
from simulator.policies.own_kinds import kinds_in_file, kinds_of_files
from simulator.validation import UserError
from tests.cli.small_runs import SMALL

CODE = """
from typing import Literal
from simulator.policies.base import Share, Window

class Quiet(Window):
    kind: Literal["quiet"] = "quiet"
    share: Share = 0.5

    def edits(self):
        return (self.edit("intensity_human_call", self.share),)
"""
YAML = "# @package policy.quiet\n# Fewer calls.\nkind: quiet\nshare: 0.25\n"


class Loud(Window):
    """More calls (assumption)."""

    kind: Literal["loud"] = "loud"
    share: Share = 1.0

    def edits(self) -> Sequence[Edit]:
        return (self.edit("intensity_human_call", self.share),)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine" / "policy").mkdir(parents=True)
    (tmp_path / "mine" / "policy" / "quiet.yaml").write_text(YAML, encoding="utf-8")
    (tmp_path / "quiet.py").write_text(CODE, encoding="utf-8")
    return tmp_path


def test_a_file_on_the_command_line_brings_its_kind_and_nothing_stays(folder, capsys):
    words = ["-cd", "mine", "policy=[quiet]", "scenario=[baseline]", "report.enabled=false"]
    assert main([*words, "hydra.run.dir=out"]) == 2
    assert "policy.quiet.kind must be one of" in capsys.readouterr().err
    small = [*SMALL, "run.paths=2", "run.months=2", "hydra.run.dir=out"]
    assert main([*words, "--policy-path", "quiet.py", *small]) == 0
    code = json.loads((folder / "out" / "manifest.json").read_text("utf-8"))["policy_code"]
    assert code["quiet"]["source"] == "quiet.py"
    assert len(code["quiet"]["sha256"]) == 64
    assert "quiet" not in kinds()
    assert not (folder / "__pycache__").exists()


@pytest.mark.parametrize(
    "words",
    [
        ["policy_path=quiet.py"],
        ["policy.quiet.path=quiet.py"],
        ["-m", "policy.quiet.kind=quiet,quiet.py"],
        ["experiment=bad"],
        ["-cd", "mine", "policy=[named]"],
    ],
)
def test_no_key_yaml_experiment_or_sweep_names_a_file(folder, words, capsys):
    (folder / "mine" / "experiment").mkdir()
    text = "# @package _global_\npolicy_path: quiet.py\n"
    (folder / "mine" / "experiment" / "bad.yaml").write_text(text, encoding="utf-8")
    text = YAML.replace("policy.quiet", "policy.named").replace("kind: quiet", "kind: quiet.Quiet")
    (folder / "mine" / "policy" / "named.yaml").write_text(text, encoding="utf-8")
    (folder / "quiet.py").write_text("open('ran', 'w').close()\n" + CODE, encoding="utf-8")
    more = [] if "-cd" in words else ["-cd", "mine", "policy=[quiet]"]
    assert main([*more, *words, "run=smoke"]) == 2
    assert not (folder / "ran").exists()
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("code", "answer"),
    [
        ("x = 1\n", "defines no policy"),
        ("def f(:\n", "line 1: SyntaxError"),
        ("x = 1\n\nboom\n", "line 3: NameError: name 'boom' is not defined"),
        ("raise SystemExit(0)\n", "line 1: SystemExit"),
        (CODE.replace('"quiet"', '"grace_period"'), "the kind grace_period exists already"),
        (CODE.replace('Literal["quiet"] = "quiet"', "str"), "Quiet.kind must be a name"),
        (CODE.replace("def edits", "def edit_s"), "must have a method edits()"),
        (CODE + "\nclass Other(Quiet):\n    pass\n", "two classes have the kind quiet"),
        (CODE.replace("intensity_human_call", "intensity_humn_call"), "did you mean intensity_hum"),
        (CODE.replace("self.share)", "1 / 0)"), "line 10: ZeroDivisionError"),
        (CODE.replace("return (self", "return (3, self"), "must return edits"),
        (CODE.replace("self.share)", "self.share, buckets=(9,))"), "buckets must be in [0, 7]"),
        ("raise ValueError('\\x1b[31mred')\n", "line 1: ValueError: ?[31mred"),
    ],
)
def test_a_mistake_in_the_file_is_one_clear_line(folder, code, answer, capsys):
    (folder / "quiet.py").write_text(textwrap.dedent(code), encoding="utf-8")
    words = ["-cd", "mine", "policy=[quiet]", "scenario=[baseline]", "run=smoke"]
    assert main([*words, "--policy-path", "quiet.py", "hydra.run.dir=out"]) == 2
    told = capsys.readouterr().err
    assert answer in told
    assert len(told.splitlines()) == 1
    assert not (folder / "out").exists()


@pytest.mark.parametrize("path", ["none.py", "mine", "mine/policy/quiet.yaml"])
def test_what_is_no_python_file_is_refused(folder, path):
    with pytest.raises(UserError, match="must be a Python file"):
        kinds_in_file(path)


def test_a_kind_without_a_file_of_settings_is_told_what_to_write(folder, capsys):
    assert main(["policy=[quiet]", "--policy-path", "quiet.py", "hydra.run.dir=out"]) == 2
    assert (
        "DIR/policy/quiet.yaml with the lines '# @package policy.quiet'" in capsys.readouterr().err
    )


def test_members_of_a_combination_may_be_own_kinds_and_are_recorded(folder):
    with kinds_of_files(["quiet.py"], POLICY_KINDS):
        both = {"kind": "combination", "members": {"calm": {"kind": "quiet"}}}
        found = own_kinds.origins({"both": build_policy("both", both)})
    assert found["both.members.calm"]["source"] == "quiet.py"


def test_an_installed_package_offers_a_kind_by_an_entry_point(monkeypatch):
    entry = EntryPoint("loud", "tests.policies.test_own_kinds:Loud", own_kinds.GROUP)
    monkeypatch.setattr(own_kinds, "entry_points", lambda group: [entry])
    policy = build_policy("mine", {"kind": "loud", "share": 0.5})
    assert policy.share == 0.5
    (found,) = own_kinds.origins({"mine": policy}).values()
    assert found["by"] == "entry point"
    assert len(found["sha256"]) == 64
    bad = EntryPoint("other", "tests.policies.test_own_kinds:Loud", own_kinds.GROUP)
    monkeypatch.setattr(own_kinds, "entry_points", lambda group: [bad])
    with pytest.raises(UserError, match="its kind must be its name; got loud"):
        build_policy("mine", {"kind": "other"})
    gone = EntryPoint("gone", "tests.policies.nowhere:Loud", own_kinds.GROUP)
    monkeypatch.setattr(own_kinds, "entry_points", lambda group: [gone])
    with pytest.raises(UserError, match="the policy gone of the installed package"):
        build_policy("mine", {"kind": "gone"})


def test_a_call_takes_an_object_and_records_its_source():
    outcome = stress_test(
        scenarios=["baseline"],
        policies={"loud": Loud(share=0.9)},
        paths=2,
        months=2,
        runoff_months=0,
        borrowers=60,
        provision=[],
    )
    code = outcome.manifest["policy_code"]["loud"]
    assert (code["by"], code["kind"]) == ("python", "loud")
    assert code["source"].endswith("Loud")
