"""Folders with odd names, and arguments that stand twice: refused in one clear line."""

import os
from pathlib import Path

import pytest

from simulator.cli.configuration.folders import check_place, find_folders, shown
from simulator.cli.run import main
from simulator.validation import UserError


@pytest.mark.skipif(os.name != "posix", reason="names as POSIX allows them")
@pytest.mark.parametrize(
    ("name", "words"),
    [
        (b"a\\b", "must not hold a backslash"),
        (b"x${now}", "must not hold ${"),
        (b"y${oc.env:HOME}z", "must not hold ${"),
        (b"no\xff\xfe", "must not have a name that is not text in UTF-8"),
    ],
)
def test_a_folder_that_libraries_would_take_for_another_is_refused_before_anything_is_written(
    name: bytes,
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    folder = Path(os.fsdecode(os.path.join(os.fsencode(tmp_path), name)))
    folder.mkdir()
    monkeypatch.chdir(folder)
    assert main(["run=smoke"]) == 2
    told = capfd.readouterr().err
    assert f"error: the folder that the command is called in {words}" in told
    assert len(told.strip().splitlines()) == 1
    assert list(folder.iterdir()) == []


def test_backslashes_part_folders_where_the_system_has_them_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(UserError, match="backslash"):
        check_place("hydra.run.dir", Path("/a\\b"))
    monkeypatch.setattr(os, "sep", "\\")
    check_place("hydra.run.dir", Path("/a\\b"))


def test_paths_are_shown_without_what_steers_a_terminal(tmp_path: Path) -> None:
    assert shown(Path("/x/\x1b[31m\u202e")) == "/x/?[31m?"
    with pytest.raises(UserError) as caught:
        find_folders(["/x/\x1b[31m"])
    assert "/x/?[31m" in str(caught.value)


def test_a_choice_that_stands_twice_is_refused_with_how_to_take_both(
    capfd: pytest.CaptureFixture[str],
) -> None:
    assert main(["scenario=[baseline]", "scenario=[downturn]"]) == 2
    told = capfd.readouterr().err
    assert "scenario is given 2 times: scenario=[baseline] and scenario=[downturn]" in told
    assert "one run takes several as scenario=[baseline,downturn]" in told
    assert main(["book=tape", "book=cn_online"]) == 2
    assert "book is given 2 times: book=tape and book=cn_online; give it once" in (
        capfd.readouterr().err
    )
