"""The old name of a key works on the command line, in a file and in Python, with a notice."""

import pytest

from simulator import stress_test
from simulator.cli.arguments import read_arguments
from simulator.cli.configuration import renamed
from simulator.cli.configuration.hydra_app import checked, compose_validated
from simulator.validation import UserError


@pytest.fixture(autouse=True)
def _untold(monkeypatch):
    monkeypatch.setattr(renamed, "_told", set())


def _run_settings(*words):
    folders, arguments = checked(read_arguments(words))
    inputs, plain = compose_validated(arguments, folders)
    assert plain["run"]["draws_per_path"] == inputs.run.draws_per_path
    return inputs.run


def test_on_the_command_line(capsys):
    assert _run_settings("run.luck_replicates=4").draws_per_path == 4
    told = capsys.readouterr().err
    assert told == "notice: run.luck_replicates is now run.draws_per_path; write the new name\n"


def test_a_mistake_names_the_new_key():
    with pytest.raises(UserError, match=r"run\.draws_per_path must be in \[1, 10000\]; got 0"):
        _run_settings("run.luck_replicates=0")


def test_in_a_file_told_once(tmp_path, capsys):
    (tmp_path / "experiment").mkdir()
    file = tmp_path / "experiment" / "mine.yaml"
    file.write_text("# @package _global_\nrun:\n  luck_replicates: 5\n", encoding="utf-8")
    words = ("--config-dir", str(tmp_path), "experiment=mine")
    assert _run_settings(*words).draws_per_path == 5
    assert _run_settings(*words).draws_per_path == 5
    assert capsys.readouterr().err.count("notice:") == 1
    with pytest.raises(UserError, match="got both, 5 and 2: keep draws_per_path"):
        _run_settings(*words, "run.draws_per_path=2")


def test_in_python():
    with (
        pytest.warns(FutureWarning, match="luck_replicates is now draws_per_path"),
        pytest.raises(UserError, match=r"run\.draws_per_path must divide run\.paths; got 3 and 4"),
    ):
        stress_test(paths=4, luck_replicates=3)
