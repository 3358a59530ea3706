"""A run that was interrupted goes on from its blocks, with the numbers of one that was not."""

import json
import os
import shutil
from pathlib import Path

import pytest
import xarray as xr

from simulator.block_names import BLOCKS, COMMAND_NAME, blocks_in
from simulator.cli.app import main
from simulator.cli.arguments import read_arguments
from simulator.cli.resume import noted, resumed
from simulator.needs import Place
from simulator.validation import UserError
from tests.cli.repeats import Repeats
from tests.cli.small_runs import SETTLED, assert_same_bytes

SMALL = (
    *("run=smoke", "run.paths=12", "run.months=3", "run.threads=2", "book.borrowers=100"),
    *("scenario=[baseline,downturn]", "policy=[grace_period]", "report.enabled=false"),
    *("assumptions=null", *SETTLED),
)
BLOCKS_OF_A_RUN = 12


def _results(folder: Path) -> xr.Dataset:
    return xr.load_dataset(folder / "results.nc", engine="netcdf4")


def _blocks(folder: Path) -> tuple[int, int]:
    """How many were taken, and how many made."""
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    return manifest["blocks_reused"], manifest["blocks_made"]


def _error(told: str) -> str:
    (line,) = (line for line in told.splitlines() if line.startswith("error: "))
    return line


# --- kill -9 ---------------------------------------------------------------------------------


def _killed_and_resumed(folder: Path, kills: int) -> None:
    """Kill a run at ``kills`` moments spread over it, and go on each time."""
    repeats = Repeats(SMALL, f"hydra.run.dir={folder}")
    whole = repeats.run(f"hydra.run.dir={folder}")  # every block is there
    plain = _results(folder)
    shutil.rmtree(folder)
    whole = repeats.run(f"hydra.run.dir={folder}")
    for kill in range(kills):
        shutil.rmtree(folder)
        repeats.run(f"hydra.run.dir={folder}", after=whole * (kill + 0.5) / kills)
        left = blocks_in(folder)
        if left:
            repeats.run(f"run.resume={folder}")
        else:
            repeats.run(f"hydra.run.dir={folder}")
        assert _blocks(folder) == (left, BLOCKS_OF_A_RUN - left)
        assert_same_bytes(_results(folder), plain)
    repeats.end()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs processes that can be forked")
def test_five_killed_runs_go_on(tmp_path):
    _killed_and_resumed(tmp_path / "out", 5)


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs processes that can be forked")
def test_fifty_killed_runs_go_on(tmp_path):
    _killed_and_resumed(tmp_path / "out", 50)


# --- what is kept ------------------------------------------------------------------------------


def test_more_paths_and_policies_cost_what_is_missing(elsewhere):
    folder = elsewhere / "out"
    assert main([*SMALL, "hydra.run.dir=out"]) == 0
    assert _blocks(folder) == (0, BLOCKS_OF_A_RUN)
    assert main(["run.resume=out", "run.paths=14", "scenario.downturn.weight=0.9"]) == 0
    assert _blocks(folder) == (BLOCKS_OF_A_RUN, 2)
    words = [word for word in SMALL if not word.startswith("policy")]
    words += ["run.paths=14", "policy=[grace_period,care_programme]"]
    assert main([*words, "hydra.run.dir=out"]) == 0
    assert _blocks(folder) == (BLOCKS_OF_A_RUN + 2, BLOCKS_OF_A_RUN + 2)
    grown = _results(folder)
    assert main([*words, "hydra.run.dir=fresh"]) == 0
    assert_same_bytes(grown, _results(elsewhere / "fresh"))


def test_blocks_go_with_a_run_that_ended_well_where_none_are_wanted(elsewhere):
    assert main([*SMALL, "run.keep_blocks=false", "hydra.run.dir=out"]) == 0
    assert not (elsewhere / "out" / BLOCKS).exists()
    assert _blocks(elsewhere / "out") == (0, BLOCKS_OF_A_RUN)


def test_an_interrupted_run_names_what_is_kept_and_goes_on(elsewhere, monkeypatch, capsys):
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("simulator.conclusion.to_dataset", interrupt)
        assert main([*SMALL, "run.keep_blocks=false", "hydra.run.dir=out"]) == 130
    kept = f"interrupted; {BLOCKS_OF_A_RUN} blocks of paths are kept: run.resume=out goes on"
    assert capsys.readouterr().err.splitlines()[-1] == kept
    assert main(["run.resume=out"]) == 0
    assert f"{BLOCKS_OF_A_RUN} blocks of paths were there, 0 were made" in capsys.readouterr().err
    assert _blocks(elsewhere / "out") == (BLOCKS_OF_A_RUN, 0)
    assert not (elsewhere / "out" / BLOCKS).exists()


# --- arguments ---------------------------------------------------------------------------------


def test_what_is_typed_wins_and_nothing_of_hydra_comes_from_the_file(tmp_path):
    (tmp_path / BLOCKS).mkdir()
    (tmp_path / BLOCKS / "x.block").touch()
    with noted(tmp_path, ["run.paths=4", "~policy", "hydra.run.dir=there", "run.seed=3"]):
        pass
    typed = read_arguments([f"run.resume={tmp_path}", "run.seed=9", "policy=[]"])
    assert resumed(typed).overrides == (
        *("run.paths=4", "run.seed=9", "policy=[]", f"hydra.run.dir='{tmp_path}'"),
    )
    plain = read_arguments(["run.seed=9"])
    assert resumed(plain) is plain


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["run.resume=none"], "none must be the folder of a run whose blocks are there"),
        (["run.resume=here", "hydra.run.dir=there"], "leave hydra.run.dir out"),
        (["run.resume=here", "run.resume=there"], "names one folder of one run"),
        (["-m", "run.resume=here"], "names one folder of one run"),
    ],
)
def test_where_there_is_nothing_to_go_on_with(words, error, elsewhere, capsys):
    assert main(words) == 2
    assert error in _error(capsys.readouterr().err)
    assert list(elsewhere.iterdir()) == []


@pytest.mark.parametrize("content", ["[", "{}", "[1]", '{"arguments": [1]}'])
def test_a_damaged_note_of_the_command_is_refused(content, elsewhere, capsys):
    (elsewhere / "out" / BLOCKS).mkdir(parents=True)
    (elsewhere / "out" / BLOCKS / COMMAND_NAME).write_text(content)
    assert main(["run.resume=out"]) == 2
    assert "cannot be read; give the whole command again" in _error(capsys.readouterr().err)


def test_a_quoted_folder_may_have_blanks(elsewhere):
    with pytest.raises(UserError, match="my run must be the folder"):
        resumed(read_arguments(["run.resume='my run'"]))


def test_blocks_without_a_note_ask_for_the_whole_command(elsewhere, capsys):
    (elsewhere / "out" / BLOCKS).mkdir(parents=True)
    (elsewhere / "out" / BLOCKS / "x.block").touch()
    assert main(["run.resume=out"]) == 2
    assert "no command is noted in out; give the whole command" in _error(capsys.readouterr().err)


def test_files_are_looked_for_where_the_run_was_started(tmp_path, monkeypatch, capsys):
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
    monkeypatch.chdir(tmp_path / "one")
    (tmp_path / "out" / BLOCKS).mkdir(parents=True)
    (tmp_path / "out" / BLOCKS / "x.block").touch()
    with noted(tmp_path / "out", ["book=tape", "book.path=tape.csv"]):
        pass
    monkeypatch.chdir(tmp_path / "other")
    assert main([f"run.resume={tmp_path / 'out'}"]) == 2
    error = _error(capsys.readouterr().err)
    assert f"was started in {tmp_path / 'one'}" in error
    assert "(book.path=tape.csv); go there first" in error


def test_a_full_disk_leaves_the_note_as_it_was(tmp_path, monkeypatch):
    (tmp_path / BLOCKS).mkdir()
    (tmp_path / BLOCKS / "x.block").touch()
    with noted(tmp_path, ["run.seed=1"]):
        pass
    before = (tmp_path / BLOCKS / COMMAND_NAME).read_bytes()

    def full(*_: object) -> None:
        raise OSError("no room")

    monkeypatch.setattr(Path, "write_bytes", full)
    with noted(tmp_path, ["run.seed=2"]):
        pass
    assert (tmp_path / BLOCKS / COMMAND_NAME).read_bytes() == before


# --- memory ----------------------------------------------------------------------------------


def test_a_run_whose_sums_stay_in_blocks_has_the_same_files(elsewhere, monkeypatch, capsys):
    words = [*(word for word in SMALL if not word.startswith("report")), "provision=[cas22]"]
    assert main([*words, "hydra.run.dir=plain"]) == 0
    place = Place(in_blocks=True, room=1 << 20)
    monkeypatch.setattr("simulator.needs._place", lambda needs, *_: (place, needs.lean))
    capsys.readouterr()
    assert main([*words, "run.keep_blocks=false", "hydra.run.dir=lean"]) == 0
    assert "they stay in the blocks and are read again" in capsys.readouterr().err
    plain, lean = elsewhere / "plain", elsewhere / "lean"
    assert not (lean / BLOCKS).exists()
    assert_same_bytes(_results(lean), _results(plain))
    assert (lean / "summary.csv").read_bytes() == (plain / "summary.csv").read_bytes()
    assert {file.name for file in lean.iterdir()} == {file.name for file in plain.iterdir()} - {
        BLOCKS
    }
