"""``python -m simulator.report DIR --images``: figures as pictures, or one line that says why."""

import shutil
import sys
from pathlib import Path

import pytest

from simulator.cli.report import main
from simulator.cli.run import main as run_main

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
STARTS = {"png": b"\x89PNG\r\n", "svg": b"<svg"}


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "base"
    words = ("run=smoke", "book.borrowers=200", "run.threads=1", "scenario=[baseline]")
    assert run_main([*words, "provision=[]", f"hydra.run.dir={folder}"]) == 0
    return folder


@pytest.mark.parametrize("wanted", STARTS)
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning")
def test_every_figure_becomes_a_picture(finished: Path, tmp_path: Path, wanted: str) -> None:
    pytest.importorskip("kaleido", reason="no kaleido")
    if not any(map(shutil.which, BROWSERS)):
        pytest.skip("no Chromium")
    folder = tmp_path / "run"
    shutil.copytree(finished, folder)
    assert main([str(folder), "--images", wanted]) == 0
    page = (folder / "report.html").read_text(encoding="utf-8")
    pictures = sorted((folder / "figures").iterdir())
    assert len(pictures) == page.count('class="plot"') > 4
    for picture in pictures:
        assert picture.suffix == f".{wanted}"
        assert picture.read_bytes().startswith(STARTS[wanted])


def test_without_the_extra_one_line_says_what_to_install(
    finished: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setitem(sys.modules, "kaleido", None)
    shutil.copy(finished / "results.nc", tmp_path)
    assert main([str(tmp_path), "--images", "svg"]) == 2
    assert "pip install 'loanstress[static]'" in capfd.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["results.nc"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--images", "gif"], "--images must be one of png, svg; got gif"),
        (["--language", "fr"], "--language must be one of en, zh; got fr"),
        (["more", "--images", "png"], "--images is for one folder"),
    ],
)
def test_a_wrong_option_gets_one_line(
    finished: Path, words: list[str], message: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main([str(finished), *words]) == 2
    line = capfd.readouterr().err.splitlines()
    assert len(line) == 1
    assert message in line[0]
