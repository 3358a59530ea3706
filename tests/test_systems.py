"""What Windows and macOS lack is not called there; bounds and pins of dependencies agree."""

import io
import os
import re
import signal
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from simulator.cli import exits
from simulator.cli.configuration.folders import find_folders
from simulator.kernels import cache
from simulator.reading.named_files import with_home
from simulator.results.store import _sync, write_files
from simulator.validation import UserError
from tools.lowest_versions import pins

ROOT = Path(__file__).parent.parent


def test_no_folder_is_synced_where_none_can_be_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced = []
    monkeypatch.setattr(os, "fsync", synced.append)
    _sync(tmp_path)
    assert len(synced) == 1
    monkeypatch.delattr(os, "O_DIRECTORY")
    _sync(tmp_path)
    assert len(synced) == 1
    write_files(tmp_path / "run", {"a": lambda path: path.write_text("x", "utf-8")})
    assert len(synced) == 2  # the file alone
    assert (tmp_path / "run" / "a").read_text("utf-8") == "x"


def test_files_are_opened_for_writing_to_be_synced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a").write_text("x", "utf-8")
    flags = []
    before = os.open
    monkeypatch.setattr(os, "open", lambda path, flag: flags.append(flag) or before(path, flag))
    _sync(tmp_path / "a")
    assert flags == [os.O_RDWR]


def test_kernels_are_kept_where_no_user_has_a_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.delattr(os, "getuid")
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path))
    monkeypatch.setenv("USERNAME", "ann")
    assert cache._base_folder() == tmp_path / "loanstress"
    assert cache._shared_folder().name == "loanstress-ann"


def test_a_user_without_home_and_entry_runs_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_home() -> Path:
        raise RuntimeError("Could not determine home directory.")

    for name in ("NUMBA_CACHE_DIR", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(Path, "home", no_home)
    monkeypatch.setattr(cache.tempfile, "gettempdir", lambda: str(tmp_path))
    cache.cache_folder.cache_clear()
    assert cache.cache_folder().is_relative_to(tmp_path)
    cache.cache_folder.cache_clear()
    monkeypatch.setattr(Path, "expanduser", no_home)
    assert with_home("~/mine") in (Path("~/mine"), Path(os.environ.get("HOME", "~")) / "mine")


def test_the_home_of_nobody_is_a_folder_that_is_missing() -> None:
    with pytest.raises(UserError, match=r"must be folders; got ~nobody_of_this_name/x"):
        find_folders(["~nobody_of_this_name/x"])


def test_a_system_without_the_signal_runs_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(signal, "SIGTERM")
    assert exits.ended(lambda: 0, lambda: "") == 0


def test_a_terminal_without_unicode_gets_question_marks(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="cp1252"))

    def work() -> int:
        print("年利率 \u2500")
        return 0

    assert exits.ended(work, lambda: "") == 0
    assert raw.getvalue().strip() == b"??? ?"


def test_the_public_workflow_runs_on_three_systems() -> None:
    flow = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text("utf-8"))
    systems = flow["jobs"]["systems"]["strategy"]["matrix"]["os"]
    assert systems == ["ubuntu-latest", "windows-latest", "macos-latest"]
    assert "untested until a public run" in (ROOT / "README.md").read_text("utf-8")


def release(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version.split("post")[0]))


def test_what_was_tested_is_no_older_than_the_lower_bounds() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    tested = {}
    for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines():
        if not line.startswith("#"):
            name, _, version = line.partition("==")
            tested[name.lower()] = version
    for pin in pins(project):
        name, _, lowest = pin.partition("==")
        assert release(tested[name.lower()]) >= release(lowest), pin


def test_a_dependency_without_a_lower_bound_is_told() -> None:
    project = {"project": {"dependencies": ["numpy"], "optional-dependencies": {"xlsx": []}}}
    with pytest.raises(ValueError, match="numpy has no lower bound"):
        pins(project)
