"""Finished runs that are reported again, and an empty folder to work in."""

from pathlib import Path

import pytest

from simulator.cli.run import main as run_main

BASE = (
    "run=smoke",
    "book.borrowers=200",
    "book.donors=500",
    "book.burn_in_months=12",
    "run.threads=1",
    "scenario=[baseline,downturn]",
    "policy=[grace_period]",
)


@pytest.fixture(scope="package")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with rule books, a break-even and a title of its own."""
    folder = tmp_path_factory.mktemp("runs") / "base"
    words = [*BASE, "break_even=[moral_hazard]", "report.title='A title: 100 %'"]
    assert run_main([*words, f"hydra.run.dir={folder}"]) == 0
    return folder


@pytest.fixture(scope="package")
def longer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same borrowers and luck; a longer grace period, no rule books."""
    folder = tmp_path_factory.mktemp("runs") / "longer_grace"
    words = [*BASE, "provision=[]", "policy.grace_period.months=6", "report.enabled=false"]
    assert run_main([*words, f"hydra.run.dir={folder}"]) == 0
    return folder


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path
