"""One verdict: what the terminal says last is what the page says first, in every experiment."""

from html import unescape
from pathlib import Path

import pytest

from simulator.cli.run import main
from simulator.shipped import shipped_folders
from tests.cli.small_runs import SETTLED
from tests.report.page_outline import Outline

SIZE = ("run.paths=3", "run.months=4", "run.runoff_months=14", "assumptions=null", *SETTLED)
EXPERIMENTS = sorted(p.stem for p in (shipped_folders()[0] / "experiment").glob("*.yaml"))


def _same_verdict(
    words: list[str], folder: Path, capsys: pytest.CaptureFixture[str]
) -> tuple[str, str]:
    assert main([*words, f"hydra.run.dir={folder}"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    page = (folder / "report.html").read_text(encoding="utf-8")
    lead = page.partition('<p class="lead" data-fixed>')[2].partition("</p>")[0]
    return " ".join(unescape(lead).split()), shown


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_terminal_ends_with_the_verdict_of_the_page(
    language: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["scenario=[downturn]", "policy=[grace_period]", "book.borrowers=200", *SIZE]
    lead, shown = _same_verdict([*words, f"report.language={language}"], tmp_path, capsys)
    assert len(lead) > 20
    assert "".join(lead.split()) in "".join(shown.split())
    assert Outline((tmp_path / "report.html").read_text(encoding="utf-8")).text


@pytest.mark.slow
@pytest.mark.parametrize("name", EXPERIMENTS)
def test_every_shipped_experiment_has_one_verdict(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lead, shown = _same_verdict([f"experiment={name}", *SIZE], tmp_path, capsys)
    assert len(lead) > 20
    assert "".join(lead.split()) in "".join(shown.split())
